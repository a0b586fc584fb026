"""EfficientNet-Lite0: the EfficientNet-B0 of Tan and Le 2019 (arXiv:1905.11946), simplified by Google for phones.

Names are those of keras.applications: stem_conv; the blocks 1a, 2a, 2b, ... 7a, with layers such as
block2a_expand_conv, block2a_dwconv, block2a_project_conv and block2b_add; top_conv, avg_pool, predictions.
Each convolution is followed by its normalisation, such as block2a_expand_bn.
"""

import keras
from keras import layers

from utils.models.common import check_image, check_top, without_top
from utils.validation import integer
from utils.weights import imagenet_tensors, set_weights

# Table 1, stages 2 to 8: expansion, kernel size, filters, number of blocks, strides of the first of them
STAGES = {
    1: (1, 3, 16, 1, 1),
    2: (6, 3, 24, 2, 2),
    3: (6, 5, 40, 2, 2),
    4: (6, 3, 80, 3, 2),
    5: (6, 5, 112, 3, 1),
    6: (6, 5, 192, 4, 2),
    7: (6, 3, 320, 1, 1),
}

INITIALIZER = keras.initializers.VarianceScaling(2, mode="fan_out", distribution="truncated_normal")
EPSILON = 1e-3


def efficientnet_lite0(
    include_top=True,
    weights="imagenet",
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnet_lite0",
):
    """Build EfficientNet-Lite0, which names 75.1 % of ImageNet's images correctly; 4,652,008 trainable parameters.

    It has sixteen inverted residual blocks. "Lite" omits the squeeze-and-excitation of Table 1, which is slow on
    phones, and replaces Swish by ReLU6, min(max(x, 0), 6). There is no dropout.

    Args:
        weights: "imagenet" for those learned on ImageNet, which come with a package, or None for random ones.
        input_shape: (height, width, channels), at least 32 x 32. ImageNet's weights need three channels, and were
            learned on 224 x 224 pixels.
        include_top, pooling, classes, classifier_activation, name: As in keras.applications. ImageNet has 1000 classes.

    Returns:
        A Keras model of `utils.pretrained.preprocess_input(images)`. With the top it gives (batch, classes)
        probabilities, see `utils.pretrained.decode_predictions`; without, (batch, height / 32, width / 32, 1280)
        maps, or with pooling="avg" their 1280 means.

    Raises:
        ValueError: For an image too small, classes below 1, unknown words, and for other channels or classes than those
            of the weights.
        ModuleNotFoundError: Without the package of the weights.
        RuntimeError: If its file is damaged.

    Source: Table 1 of arXiv:1905.11946; github.com/tensorflow/tpu, models/official/efficientnet/lite.
    Introduced in notebook 00.
    """
    classes = check_top(include_top, pooling, classes, classifier_activation)
    input_shape = check_image(input_shape, smallest=32)
    _check_weights(weights, input_shape, classes if include_top else 1000)
    image = keras.Input(input_shape, name="image")
    x = _convolution(image, 32, 3, "stem", strides=2)
    for stage, (expansion, kernel_size, filters, blocks, strides) in STAGES.items():
        for letter in "abcd"[:blocks]:
            options = dict(kernel_size=kernel_size, strides=strides if letter == "a" else 1, expansion=expansion)
            x = inverted_residual_block(x, filters, **options, name=f"block{stage}{letter}")
    x = _convolution(x, 1280, 1, "top")
    if include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = without_top(x, pooling)
    model = keras.Model(image, x, name=name)
    if weights == "imagenet":
        set_weights(model, imagenet_tensors())
    return model


def _check_weights(weights, input_shape, classes):
    """Raise ValueError unless these weights fit the images and the classes."""
    if weights not in ("imagenet", None):
        raise ValueError(f'weights must be "imagenet" or None, got {weights!r}')
    if weights and input_shape[2] != 3:
        raise ValueError(
            f"input_shape must be (height, width, 3) for these weights, got {input_shape!r}; "
            "stack a grey image three times"
        )
    if weights and classes != 1000:
        raise ValueError(
            f"classes must be 1000 for these weights, got {classes}; give weights=None, or include_top=False and a "
            "classifier of your own"
        )


def inverted_residual_block(x, filters, *, kernel_size=3, strides=1, expansion=6, name="block"):
    """Apply 1 x 1, depthwise, 1 x 1 convolutions, with many maps in the middle and few at both ends.

    There is no activation after the last. The input is added to the result if both have the same shape.

    Args:
        x: A Keras tensor (batch, height, width, channels).
        filters: Maps at the end.
        kernel_size, strides: Of the depthwise convolution, ints.
        expansion: The middle has expansion * channels maps; with 1 the first convolution is left out.
        name: Start of the names of all layers.

    Returns:
        A Keras tensor.

    Raises:
        ValueError: For filters, strides, kernel_size or expansion below 1.

    Source: Sandler et al. 2018, arXiv:1801.04381, section 3.3 and Table 1.
    """
    channels = x.shape[-1]
    filters, strides = integer("filters", filters, 1), integer("strides", strides, 1)
    kernel_size, expansion = integer("kernel_size", kernel_size, 1), integer("expansion", expansion, 1)
    y = x
    if expansion > 1:
        y = _convolution(y, expansion * channels, 1, f"{name}_expand")
    y = layers.DepthwiseConv2D(
        kernel_size, strides, "same", use_bias=False, depthwise_initializer=INITIALIZER, name=f"{name}_dwconv"
    )(y)
    y = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(y)
    y = layers.ReLU(6, name=f"{name}_activation")(y)
    y = _convolution(y, filters, 1, f"{name}_project", activation=False)
    if strides > 1 or channels != filters:
        return y
    return layers.Add(name=f"{name}_add")([x, y])


def _convolution(x, filters, kernel_size, name, strides=1, activation=True):
    """Apply a convolution, its normalisation and, unless activation=False, ReLU6."""
    x = layers.Conv2D(
        filters, kernel_size, strides, "same", use_bias=False, kernel_initializer=INITIALIZER, name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)
    return layers.ReLU(6, name=f"{name}_activation")(x) if activation else x
