"""EfficientNet-Lite0: the EfficientNet-B0 of Tan and Le 2019 (arXiv:1905.11946), simplified by Google for phones.

Names are those of keras.applications: stem_conv; the blocks 1a, 2a, 2b, ... 7a, with layers such as
block2a_expand_conv, block2a_dwconv, block2a_project_conv and block2b_add; top_conv, avg_pool, predictions.
Each convolution is followed by its normalisation, such as block2a_expand_bn.
"""

import keras
from keras import layers

from utils.models.common import check_image, check_top, without_top
from utils.validation import integer

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
BLOCKS = [f"block{stage}{letter}" for stage, (*_, blocks, _) in STAGES.items() for letter in "abcd"[:blocks]]

INITIALIZER = keras.initializers.VarianceScaling(2, mode="fan_out", distribution="truncated_normal")
EPSILON = 1e-3


def efficientnet_lite0(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="efficientnet_lite0",
):
    """EfficientNet-Lite0 with random weights: sixteen inverted residual blocks, 4,652,008 trainable parameters.

    "Lite" leaves out what phones compute slowly: the squeeze-and-excitation of Table 1, and Swish, for which ReLU6
    stands, min(max(x, 0), 6). The dropout of its training is left out here as well.
    input_shape: (height, width, channels), at least 32 x 32. The other arguments are those of keras.applications.
    Returns a Keras model. Raises ValueError for an image too small, classes below 1, an unknown pooling or activation.
    Source: Table 1 of arXiv:1905.11946; github.com/tensorflow/tpu, models/official/efficientnet/lite.
    Introduced in notebook 00.
    """
    check_top(include_top, pooling, classes, classifier_activation)
    image = keras.Input(check_image(input_shape, smallest=32), name="image")
    x = _convolution(image, 32, 3, "stem", strides=2)
    for stage, (expansion, kernel_size, filters, blocks, strides) in STAGES.items():
        for letter in "abcd"[:blocks]:
            x = inverted_residual_block(
                x, filters, kernel_size, strides if letter == "a" else 1, expansion, name=f"block{stage}{letter}"
            )
    x = _convolution(x, 1280, 1, "top")
    if not include_top:
        return keras.Model(image, without_top(x, pooling), name=name)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    return keras.Model(image, x, name=name)


def inverted_residual_block(x, filters, kernel_size=3, strides=1, expansion=6, name="block"):
    """1 x 1, depthwise, 1 x 1: many maps in the middle, few at both ends, and no activation after the last.

    The input is added to the result if both have the same shape.
    x: a Keras tensor (batch, height, width, channels). filters, kernel_size, strides: ints; expansion: the maps in the
        middle are expansion * channels, and with 1 the first convolution is left out.
    Returns a Keras tensor. Raises ValueError for filters, strides, kernel_size or expansion below 1.
    Source: Sandler et al. 2018, arXiv:1801.04381, section 3.3 and Table 1. Introduced in notebook 00.
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
    """A convolution, its normalisation and, if asked for, ReLU6."""
    x = layers.Conv2D(
        filters, kernel_size, strides, "same", use_bias=False, kernel_initializer=INITIALIZER, name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)
    return layers.ReLU(6, name=f"{name}_activation")(x) if activation else x
