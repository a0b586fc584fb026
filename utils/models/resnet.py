"""Residual networks of He, Zhang, Ren and Sun 2015 (arXiv:1512.03385): ResNet-18, -34 and -50, and the small family.

Names follow Table 1: conv3_2 is the second block of the stage conv3_x. Its convolutions are conv3_2_a and conv3_2_b
(and conv3_2_c), each followed by its normalisation, such as conv3_2_a_norm; conv3_2_shortcut is what runs past them,
if it is not the identity, conv3_2_add the sum, and conv3_2 itself the ReLU that ends the block.
"""

import re

import keras
from keras import layers, ops

from utils.models.common import check_activation, check_image, check_top, without_top
from utils.validation import choice, integer

# In short trainings the running averages must adapt fast: each batch contributes 0.1, Keras' default is 0.01.
MOMENTUM, EPSILON = 0.9, 1e-5


def resnet18(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet18",
    *,
    use_bias=False,
):
    """Build ResNet-18: eight blocks of two 3 x 3 convolutions, 11,689,512 trainable parameters.

    Args:
        input_shape: (height, width, channels), at least 32 x 32.
        use_bias: Add a bias to every convolution, which the normalisation after it makes superfluous.
        include_top, pooling, classes, classifier_activation, name: As in keras.applications.

    Returns:
        A Keras model from images (batch, height, width, channels) to probabilities (batch, classes).

    Raises:
        ValueError: For an image too small, classes below 1, an unknown pooling or activation.

    Source: Table 1 of arXiv:1512.03385, with projections where a block changes its shape (option B, as in
    torchvision). Introduced in notebook 08.
    """
    return _resnet(
        (2, 2, 2, 2), residual_block, include_top, input_shape, pooling, classes, classifier_activation, use_bias, name
    )


def resnet34(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet34",
    *,
    use_bias=False,
):
    """Build ResNet-34: sixteen blocks of two 3 x 3 convolutions, 21,797,672 trainable parameters.

    Arguments, result and errors are those of `resnet18`.

    Source: Table 1 of arXiv:1512.03385. Introduced in notebook 08.
    """
    return _resnet(
        (3, 4, 6, 3), residual_block, include_top, input_shape, pooling, classes, classifier_activation, use_bias, name
    )


def resnet50(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="resnet50",
    *,
    use_bias=True,
):
    """Build ResNet-50: sixteen bottlenecks of three convolutions, 25,636,712 parameters as in keras.applications.

    Arguments, result and errors are those of `resnet18`. use_bias=False leaves 25,557,032 trainable parameters, as
    torchvision counts.

    Source: Table 1 of arXiv:1512.03385. Introduced in notebook 08.
    """
    blocks = (3, 4, 6, 3)
    return _resnet(
        blocks, bottleneck_block, include_top, input_shape, pooling, classes, classifier_activation, use_bias, name
    )


def _resnet(blocks, block, include_top, input_shape, pooling, classes, classifier_activation, use_bias, name):
    """Follow Table 1 from top to bottom: `blocks` holds the number of blocks of each stage, `block` builds one."""
    classes = check_top(include_top, pooling, classes, classifier_activation)
    image = keras.Input(check_image(input_shape, smallest=32), name="image")
    x = _conv(image, 64, 7, strides=2, use_bias=use_bias, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)
    x = layers.ZeroPadding2D(1, name="pool1_padding")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, filters in enumerate((64, 128, 256, 512), start=2):
        for number in range(1, blocks[stage - 2] + 1):
            strides = 2 if stage > 2 and number == 1 else 1
            x = block(x, filters, strides, use_bias=use_bias, name=f"conv{stage}_{number}")
    if not include_top:
        return keras.Model(image, without_top(x, pooling), name=name)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="fc")(x)
    return keras.Model(image, x, name=name)


def resnet_small(
    depth=20,
    input_shape=(32, 32, 3),
    classes=10,
    classifier_activation="softmax",
    name=None,
    *,
    residual=True,
    filters=16,
    normalization=True,
):
    """Build a network for small images with `depth` layers of weights, plain or residual, otherwise the same.

    Args:
        depth: 6n + 2, that is 8, 14, 20, ...: one convolution, three stages of n blocks with two convolutions each
            (the stages have filters, 2 * filters and 4 * filters maps, each half as large as those before), one dense
            layer.
        input_shape: (height, width, channels), at least 4 x 4.
        classes, classifier_activation: As in keras.applications.
        name: Of the model; by default "resnet20" or "plain20" for depth=20.
        residual: With shortcuts, or plain. The shortcuts have no weights, so both networks have equally many.
        filters: Maps of the first stage.
        normalization: Batch normalisation after each convolution.

    Returns:
        A Keras model from images (batch, height, width, channels) to probabilities (batch, classes).

    Raises:
        ValueError: For another depth, an image too small, classes or filters below 1, and an unknown activation.

    Source: section 4.2 of arXiv:1512.03385, with its option A. Introduced in notebook 08.
    """
    depth, filters = integer("depth", depth, 8), integer("filters", filters, 1)
    if depth % 6 != 2:
        below = depth - (depth - 2) % 6
        raise ValueError(f"depth must be 6n + 2, got {depth}; the nearest such depths are {below} and {below + 6}")
    classes = integer("classes", classes, 1)
    check_activation("classifier_activation", classifier_activation)
    shortcut = "padding" if residual else None

    image = keras.Input(check_image(input_shape, smallest=4), name="image")
    x = _conv(image, filters, 3, normalization=normalization, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)
    for stage in (2, 3, 4):
        for number in range(1, (depth - 2) // 6 + 1):
            strides = 2 if stage > 2 and number == 1 else 1
            name_of_block, options = f"conv{stage}_{number}", dict(shortcut=shortcut, normalization=normalization)
            x = residual_block(x, filters * 2 ** (stage - 2), strides, **options, name=name_of_block)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="fc")(x)
    return keras.Model(image, x, name=name or f"{'resnet' if residual else 'plain'}{depth}")


def resnet_schedule(steps, learning_rate=0.1, warmup_steps=0):
    """Return the learning rate that trained ResNets on CIFAR-10: divided by 10 after 1/2 and 3/4 of the steps.

    On ImageNet the paper divides whenever the error stops falling: keras.callbacks.ReduceLROnPlateau(factor=0.1) does
    that, with a number instead of this schedule as the learning rate.
    The paper's weight decay of 0.0001 is part of the loss, kernel_regularizer=keras.regularizers.L2(0.5e-4) (half,
    because Keras adds the whole square). SGD(weight_decay=0.0001) is less: it bypasses the momentum of 0.9, and so
    shrinks the weights ten times as slowly.

    Args:
        steps: All updates of the training, epochs * batches per epoch (64,000 in the paper).
        learning_rate: The first one.
        warmup_steps: Updates at the start with a tenth of the learning rate (about 400 in the paper, for 110 layers
            only).

    Returns:
        A Keras schedule, for `keras.optimizers.SGD(..., momentum=0.9)`.

    Raises:
        ValueError: For less than 4 steps, and for a warm-up that is longer than the first half.

    Source: He et al. 2015, arXiv:1512.03385, sections 3.4 and 4.2. Introduced in notebook 08.
    """
    steps, warmup_steps = integer("steps", steps, 4), integer("warmup_steps", warmup_steps, 0)
    if warmup_steps >= steps // 2:
        raise ValueError(f"warmup_steps must be below half of the {steps} steps, got {warmup_steps}")
    ends = [steps // 2, steps * 3 // 4]
    rates = [learning_rate, learning_rate / 10, learning_rate / 100]
    if warmup_steps:
        ends, rates = [warmup_steps, *ends], [learning_rate / 10, *rates]
    return keras.optimizers.schedules.PiecewiseConstantDecay([end - 1 for end in ends], rates)  # steps count from 0


def residual_block(x, filters, strides=1, *, shortcut="projection", normalization=True, use_bias=False, name="block"):
    """Apply two 3 x 3 convolutions and add their input to the result: ReLU(F(x) + x).

    Args:
        x: A Keras tensor (batch, height, width, channels), not negative.
        filters: Of both convolutions.
        strides: Of the first convolution.
        shortcut: Where the block changes the shape of x, "projection" passes it through a 1 x 1 convolution (option
            B) and "padding" leaves out pixels and adds maps of zeros (option A); None makes a plain block, ReLU(F(x)).
        normalization: Batch normalisation after each convolution.
        use_bias: Add a bias to each convolution; without normalisation there always is one.
        name: Of the last layer, and the start of all others.

    Returns:
        A Keras tensor.

    Raises:
        ValueError: For filters or strides below 1, an unknown shortcut, and fewer filters than channels with
            "padding".

    Source: Fig. 2 and section 3.3 of arXiv:1512.03385. Introduced in notebook 08.
    """
    filters, strides = integer("filters", filters, 1), integer("strides", strides, 1)
    y = _conv(x, filters, 3, strides, use_bias, normalization, name=f"{name}_a")
    y = layers.ReLU(name=f"{name}_a_relu")(y)
    y = _conv(y, filters, 3, 1, use_bias, normalization, name=f"{name}_b")
    if shortcut is not None:
        past = _shortcut(x, filters, strides, shortcut, normalization, use_bias=use_bias, name=name)
        y = layers.Add(name=f"{name}_add")([past, y])
    return layers.ReLU(name=name)(y)


def bottleneck_block(x, filters, strides=1, *, use_bias=True, name="block"):
    """Apply 1 x 1, 3 x 3, 1 x 1 convolutions with filters, filters and 4 * filters maps, and a shortcut past them.

    Args:
        x: A Keras tensor (batch, height, width, channels).
        filters: Of the first two convolutions.
        strides: Of the first convolution.
        use_bias, name: As in `residual_block`.

    Returns:
        A Keras tensor.

    Raises:
        ValueError: For filters or strides below 1.

    Source: Fig. 5 of arXiv:1512.03385.
    """
    filters, strides = integer("filters", filters, 1), integer("strides", strides, 1)
    y = _conv(x, filters, 1, strides, use_bias, name=f"{name}_a")
    y = layers.ReLU(name=f"{name}_a_relu")(y)
    y = _conv(y, filters, 3, 1, use_bias, name=f"{name}_b")
    y = layers.ReLU(name=f"{name}_b_relu")(y)
    y = _conv(y, 4 * filters, 1, 1, use_bias, name=f"{name}_c")
    y = layers.Add(name=f"{name}_add")([_shortcut(x, 4 * filters, strides, use_bias=use_bias, name=name), y])
    return layers.ReLU(name=name)(y)


def _conv(x, filters, kernel_size, strides=1, use_bias=False, normalization=True, name=None):
    """Apply a convolution with He's initial weights, and its normalisation; without one it has a bias."""
    padding = "same"
    if strides > 1 and kernel_size > 1:  # "same" would not centre the windows on the pixels that the shortcut takes
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_padding")(x)
        padding = "valid"
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides,
        padding,
        use_bias=use_bias or not normalization,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    if not normalization:
        return x
    return layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{name}_norm")(x)


def _shortcut(x, filters, strides, shortcut="projection", normalization=True, *, use_bias, name):
    shortcut = choice("shortcut", shortcut, ("projection", "padding"))
    if strides == 1 and x.shape[-1] == filters:
        return x
    if shortcut == "projection":
        return _conv(x, filters, 1, strides, use_bias, normalization, name=f"{name}_shortcut")
    x = layers.MaxPooling2D(1, strides, name=f"{name}_subsample")(x)  # the largest of one pixel: every other pixel
    return PadChannels(filters, name=f"{name}_shortcut")(x)


@keras.saving.register_keras_serializable(package="utils.models")
class PadChannels(layers.Layer):
    """Append maps of zeros: (batch, height, width, channels) becomes (batch, height, width, filters).

    Raises:
        ValueError: For fewer filters than channels.

    Source: option A in section 3.3 of arXiv:1512.03385.
    """

    sees = "pixel"  # for utils.fields

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape):
        if self.filters < input_shape[-1]:
            raise ValueError(
                f"filters={self.filters} is less than the {input_shape[-1]} channels of the input, and zeros can only "
                'add maps; use more filters, or shortcut="projection"'
            )

    def call(self, x):
        return ops.pad(x, ((0, 0), (0, 0), (0, 0), (0, self.filters - x.shape[-1])))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


def name_in_keras(layer):
    """Return the name in keras.applications of a layer of `resnet50`: conv3_2_b_norm is conv3_block2_2_bn there.

    Args:
        layer: Name of a layer with weights.

    Returns:
        A str.

    Raises:
        ValueError: For a name that is not one of a convolution, a normalisation or the last dense layer.

    Introduced in notebook 08.
    """
    if layer == "fc":
        return "predictions"
    parts = re.fullmatch(r"(conv[1-5])(?:_(\d+)_(shortcut|a|b|c))?(_norm)?", layer)
    if not parts:
        raise ValueError(f"layer must be one with weights, such as 'conv3_2_b_norm' or 'fc', got {layer!r}")
    stage, block, place, norm = parts.groups()
    number = f"_block{block}_{['shortcut', 'a', 'b', 'c'].index(place)}" if block else ""
    return f"{stage}{number}_{'bn' if norm else 'conv'}"
