"""Residual networks of He, Zhang, Ren and Sun 2015 (arXiv:1512.03385): ResNet-18, -34 and -50, and the small family.

Names follow Table 1: conv3_2 is the second block of the stage conv3_x. Its convolutions are conv3_2_a and conv3_2_b
(and conv3_2_c), each followed by its normalisation, such as conv3_2_a_norm; conv3_2_shortcut is what runs past them,
if it is not the identity, conv3_2_add the sum, and conv3_2 itself the ReLU that ends the block.
"""

import contextlib
import re

import keras
import numpy as np
from keras import layers, ops

from utils.models.common import check_activation, check_classes, check_image, check_top, without_top
from utils.validation import choice, integer

# A batch of a short training counts: 0.1 of it goes into the statistics, where Keras' own default takes 0.01.
MOMENTUM, EPSILON = 0.9, 1e-5


def resnet18(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    use_bias=False,
    name="resnet18",
):
    """ResNet-18: eight blocks of two 3 x 3 convolutions, 11,689,512 trainable parameters.

    input_shape: (height, width, channels), at least 32 x 32. The other arguments are those of keras.applications;
        use_bias adds a bias to every convolution, which the normalisation after it makes superfluous.
    Returns a Keras model. Raises ValueError for an image too small, classes below 1, an unknown pooling or activation.
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
    use_bias=False,
    name="resnet34",
):
    """ResNet-34: sixteen blocks of two 3 x 3 convolutions, 21,797,672 trainable parameters. All else as in `resnet18`.

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
    use_bias=True,
    name="resnet50",
):
    """ResNet-50: sixteen bottlenecks of three convolutions, 25,636,712 parameters, as keras.applications.ResNet50.

    use_bias=False leaves 25,557,032 trainable ones, as torchvision counts. All else as in `resnet18`.
    Source: Table 1 of arXiv:1512.03385. Introduced in notebook 08.
    """
    return _resnet(
        (3, 4, 6, 3),
        bottleneck_block,
        include_top,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        use_bias,
        name,
    )


def _resnet(blocks, block, include_top, input_shape, pooling, classes, classifier_activation, use_bias, name):
    """Table 1 from top to bottom; `blocks` says how many of them each stage has, `block` makes one."""
    check_top(include_top, pooling, classes, classifier_activation)
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
    x = layers.GlobalAveragePooling2D(name="average_pool")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="fc")(x)
    return keras.Model(image, x, name=name)


def resnet_small(
    depth=20,
    residual=True,
    input_shape=(32, 32, 3),
    classes=10,
    filters=16,
    normalization=True,
    classifier_activation="softmax",
    name=None,
):
    """A network for small images with `depth` layers of weights, plain or residual, otherwise the same.

    depth: 6n + 2, that is 8, 14, 20, ...: one convolution, three stages of n blocks with two convolutions each (the
        stages have filters, 2 * filters and 4 * filters maps, each half as large as those before), one dense layer.
    residual: with shortcuts, or plain. The shortcuts have no weights, so both networks have equally many.
    input_shape: (height, width, channels), at least 4 x 4. normalization: batch normalisation after each convolution.
    name: "resnet20" or "plain20" (for depth=20) if left out.
    Returns a Keras model. Raises ValueError for another depth, an image too small, classes or filters below 1, and an
    unknown activation.
    Source: section 4.2 of arXiv:1512.03385, with its option A. Introduced in notebook 08.
    """
    depth, filters = integer("depth", depth, 8), integer("filters", filters, 1)
    if depth % 6 != 2:
        below = depth - (depth - 2) % 6
        raise ValueError(f"depth must be 6n + 2, got {depth}; the nearest such depths are {below} and {below + 6}")
    check_classes(classes)
    check_activation("classifier_activation", classifier_activation)
    shortcut = "padding" if residual else None

    image = keras.Input(check_image(input_shape, smallest=4), name="image")
    x = _conv(image, filters, 3, normalization=normalization, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)
    for stage in (2, 3, 4):
        for number in range(1, (depth - 2) // 6 + 1):
            strides = 2 if stage > 2 and number == 1 else 1
            x = residual_block(
                x, filters * 2 ** (stage - 2), strides, shortcut, normalization, name=f"conv{stage}_{number}"
            )
    x = layers.GlobalAveragePooling2D(name="average_pool")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="fc")(x)
    return keras.Model(image, x, name=name or f"{'resnet' if residual else 'plain'}{depth}")


def residual_block(x, filters, strides=1, shortcut="projection", normalization=True, use_bias=False, name="block"):
    """Two 3 x 3 convolutions and a way past them: ReLU(F(x) + x).

    x: a Keras tensor (batch, height, width, channels), not negative. strides: of the first convolution.
    shortcut: where the block changes the shape of x, "projection" passes it through a 1 x 1 convolution (option B)
        and "padding" leaves out pixels and adds maps of zeros (option A); None makes a plain block, ReLU(F(x)).
    normalization: batch normalisation after each convolution. name: of the last layer, and the start of all others.
    Returns a Keras tensor. Raises ValueError for filters or strides below 1, an unknown shortcut, and fewer filters
    than channels with "padding".
    Source: Fig. 2 and section 3.3 of arXiv:1512.03385. Introduced in notebook 08.
    """
    filters, strides = integer("filters", filters, 1), integer("strides", strides, 1)
    y = _conv(x, filters, 3, strides, use_bias, normalization, name=f"{name}_a")
    y = layers.ReLU(name=f"{name}_a_relu")(y)
    y = _conv(y, filters, 3, 1, use_bias, normalization, name=f"{name}_b")
    if shortcut is not None:
        past = _shortcut(x, filters, strides, shortcut, normalization, use_bias, name)
        y = layers.Add(name=f"{name}_add")([past, y])
    return layers.ReLU(name=name)(y)


def bottleneck_block(x, filters, strides=1, use_bias=True, name="block"):
    """1 x 1, 3 x 3, 1 x 1 convolutions with filters, filters and 4 * filters maps, and a shortcut past them.

    x: a Keras tensor (batch, height, width, channels). strides: of the first convolution. name: as in `residual_block`.
    Returns a Keras tensor. Raises ValueError for filters or strides below 1.
    Source: Fig. 5 of arXiv:1512.03385. Introduced in notebook 08.
    """
    filters, strides = integer("filters", filters, 1), integer("strides", strides, 1)
    y = _conv(x, filters, 1, strides, use_bias, name=f"{name}_a")
    y = layers.ReLU(name=f"{name}_a_relu")(y)
    y = _conv(y, filters, 3, 1, use_bias, name=f"{name}_b")
    y = layers.ReLU(name=f"{name}_b_relu")(y)
    y = _conv(y, 4 * filters, 1, 1, use_bias, name=f"{name}_c")
    y = layers.Add(name=f"{name}_add")([_shortcut(x, 4 * filters, strides, "projection", True, use_bias, name), y])
    return layers.ReLU(name=name)(y)


def _conv(x, filters, kernel_size, strides=1, use_bias=False, normalization=True, name=None):
    """A convolution with He's initial weights, and its normalisation; without one it has a bias."""
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


def _shortcut(x, filters, strides, shortcut, normalization, use_bias, name):
    shortcut = choice("shortcut", shortcut, ("projection", "padding"))
    if strides == 1 and x.shape[-1] == filters:
        return x
    if shortcut == "projection":
        return _conv(x, filters, 1, strides, use_bias, normalization, name=f"{name}_shortcut")
    x = layers.MaxPooling2D(1, strides, name=f"{name}_subsample")(x)  # the largest of one pixel: every other pixel
    return PadChannels(filters, name=f"{name}_shortcut")(x)


@keras.saving.register_keras_serializable(package="utils.models")
class PadChannels(layers.Layer):
    """Adds maps of zeros after the others: (batch, height, width, channels) becomes (batch, height, width, filters).

    Raises ValueError for fewer filters than channels.
    Source: option A in section 3.3 of arXiv:1512.03385. Introduced in notebook 08.
    """

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


def removable_blocks(model):
    """Names of the blocks of a network of this module that `without_block` can take out, in order.

    These are the blocks whose output has the shape of their input.
    model: made by `resnet_small`, `resnet18`, `resnet34` or `resnet50`. Returns a list of str.
    Introduced in notebook 08.
    """
    by_name = {layer.name: layer for layer in model.layers}
    return [
        name
        for name, layer in by_name.items()
        if f"{name}_a" in by_name and by_name[f"{name}_a"].input.shape == layer.output.shape
    ]


def name_in_keras(layer):
    """The name that keras.applications gives to a layer of `resnet50`: conv3_2_b_norm here is conv3_block2_2_bn there.

    layer: name of a layer with weights. Returns a str.
    Raises ValueError for a name that is not one of a convolution, a normalisation or the last dense layer.
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


@contextlib.contextmanager
def without_block(model, block):
    """Within `with without_block(model, block):` one block of the network passes its input on unchanged.

    In a residual block the last normalisation multiplies by zero, so that only the shortcut is left (without
    normalisation: the last kernel is zero). In a plain block each convolution copies its input. Afterwards all weights
    are as before.
    model: made by `resnet_small`, `resnet18`, `resnet34` or `resnet50`; it is for predictions: training would fill the
    block again. block: one of `removable_blocks(model)`, or None to leave all as it is.
    Raises ValueError for a block that changes the shape of its input, with the names of those that do not.
    Source: the experiment of Veit et al. 2016, arXiv:1605.06431. Introduced in notebook 08.
    """
    removable = removable_blocks(model)
    if block is not None and block not in removable:
        raise ValueError(
            f"block must be one that keeps the shape of its input, got {block!r}; "
            f"this model has: {', '.join(removable) or 'none'}"
        )
    layers_of_block = [] if block is None else [layer for layer in model.layers if layer.name.startswith(f"{block}_")]
    before = [layer.get_weights() for layer in layers_of_block]
    try:
        if block is not None:
            _pass_on(model, block)
        yield model
    finally:
        for layer, weights in zip(layers_of_block, before):
            layer.set_weights(weights)


def _pass_on(model, block):
    """Set the weights of a block so that it passes on its input."""
    by_name = {layer.name: layer for layer in model.layers}
    names = [f"{block}_{letter}" for letter in "abc" if f"{block}_{letter}" in by_name]
    if f"{block}_add" in by_name:
        last = by_name.get(f"{names[-1]}_norm") or by_name[names[-1]]
        scale, shift, *statistics = last.get_weights()  # gamma and beta, or the kernel and its bias
        last.set_weights([0 * scale, 0 * shift, *statistics])
        return
    for name in names:
        conv, norm = by_name[name], by_name.get(f"{name}_norm")
        kernel = np.zeros(conv.kernel.shape)
        kernel[1, 1] = np.eye(len(kernel[1, 1]))
        conv.set_weights([kernel, *(0 * bias for bias in conv.get_weights()[1:])])
        if norm:
            gamma, beta, mean, variance = norm.get_weights()
            norm.set_weights([1 + 0 * gamma, 0 * beta, 0 * mean, 1 - norm.epsilon + 0 * variance])
