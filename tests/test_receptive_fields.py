"""The receptive fields of utils.architecture against the pixels that gradients reach, and those that change a unit."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from keras import layers

from tests.helpers import refuses
from tests.networks import photos
from utils.architecture import layer_table, receptive_field, receptive_windows
from utils.graph import without_weights
from utils.interpret import feature_maps, input_gradient
from utils.models import alexnet, googlenet, lenet5, lenet5_1998, resnet34, resnet50, resnet_small, vgg16, zfnet

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")


def seen_by_a_unit(model, images=1):
    """Rows and columns of the box of input pixels with a gradient to the central unit of the last map.

    All weights are made positive, so that no two paths cancel. Maximum pooling passes the gradient to one pixel
    of each window only, and so needs several random images, whose pixels are united.
    """
    generator = np.random.default_rng(0)
    model.set_weights([generator.uniform(0.5, 1.5, weight.shape) for weight in model.get_weights()])
    x = tf.constant(generator.uniform(0.5, 1.5, (images, *model.input_shape[1:])), "float32")

    # tf.function leaves out the gradients of the weights, which nobody asks for: on a CPU, TensorFlow 2.21 can crash
    # in that of a 1 x 1 kernel with a stride.
    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x)
            unit = tf.reduce_sum(y[:, y.shape[1] // 2, y.shape[2] // 2])
        return tape.gradient(unit, x)

    seen = gradient().numpy().any(axis=(0, 3))
    boxes = [np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0)]
    for box, n in zip(boxes, seen.shape):
        assert 0 < box[0] and box[-1] < n - 1, "the border cuts the region; take a larger image"
    return tuple(int(box[-1] - box[0] + 1) for box in boxes)


def check_field(model, expected, images=1):
    """`expected`, worked out by hand, is the receptive field, and the gradient sees the same."""
    assert receptive_field(model) == expected
    assert seen_by_a_unit(model, images) == (expected if isinstance(expected, tuple) else (expected, expected))


def chain(*parts, size=41):
    return keras.Sequential([keras.Input((size, size, 1)), *parts])


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_three_3x3_layers_see_7x7(padding):
    check_field(chain(*[layers.Conv2D(2, 3, padding=padding, activation="relu") for _ in range(3)]), 7)


@pytest.mark.parametrize(
    "parts, expected",
    [
        (lambda: [layers.Conv2D(1, 1)], 1),
        (lambda: [layers.Conv2D(1, 3, strides=2), layers.Conv2D(1, 3)], 7),
        (lambda: [layers.Conv2D(1, 3, strides, padding="same") for strides in (2, 2, 1)], 15),
        (lambda: [layers.Conv2D(1, 3, dilation_rate=2), layers.Conv2D(1, 3, dilation_rate=4)], 13),
        (lambda: [layers.Conv2D(1, 3), layers.AveragePooling2D(2), layers.Conv2D(1, 3)], 8),
        (lambda: [layers.AveragePooling2D(3, 2, "same"), layers.Conv2D(1, 5, padding="same")], 11),
        (lambda: [layers.ZeroPadding2D(2), layers.Conv2D(1, 5, strides=2), layers.Conv2D(1, 2)], 7),
        (lambda: [layers.ZeroPadding2D(((1, 0), (3, 2))), layers.Conv2D(1, 3)], 3),
        (lambda: [layers.DepthwiseConv2D(3, depth_multiplier=2), layers.SeparableConv2D(2, 3)], 5),
        (lambda: [layers.Conv2D(2, 3), layers.BatchNormalization(), layers.ReLU(), layers.Conv2D(2, 3)], 5),
        (lambda: [layers.Conv2D(1, (3, 5))], (3, 5)),
        (lambda: [layers.Conv2D(1, (1, 3), strides=(1, 2)), layers.Conv2D(1, 3, dilation_rate=(2, 1))], (5, 7)),
        (lambda: [layers.AveragePooling2D((2, 1)), layers.Conv2D(1, 3, padding="same")], (6, 3)),
    ],
)
def test_receptive_field_of_a_chain(parts, expected):
    check_field(chain(*parts()), expected)


def test_receptive_field_through_maximum_pooling():
    check_field(chain(layers.Conv2D(1, 3), layers.MaxPooling2D(2), layers.Conv2D(1, 3)), 8, images=200)


def test_receptive_field_of_an_inception_block():
    image = keras.Input((21, 21, 1))
    x = layers.Conv2D(2, 3, padding="same")(image)
    wide = layers.Conv2D(2, 5, padding="same")(layers.Conv2D(2, 1)(x))
    pooled = layers.Conv2D(2, 1)(layers.AveragePooling2D(3, 1, "same")(x))
    model = keras.Model(image, layers.Concatenate()([layers.Conv2D(2, 1)(x), pooled, wide]))
    check_field(model, 7)


@pytest.mark.parametrize("add", [lambda a, b: layers.Add()([a, b]), lambda a, b: a + b], ids=["layer", "operator"])
def test_receptive_field_of_a_residual_block(add):
    image = keras.Input((21, 21, 2))
    x = layers.Conv2D(2, 3, padding="same")(image / 255.0)
    y = layers.Conv2D(2, 3, padding="same")(layers.Conv2D(2, 3, padding="same")(x))
    model = keras.Model(image, layers.Conv2D(2, 3)(add(x, y)))
    check_field(model, 9)


@pytest.mark.parametrize("size", [21, None])
def test_branches_that_look_to_different_sides_are_united(size):
    # The zero of a 2 x 2 kernel stands after the input: two such layers see 3 pixels from their own place on, the
    # 3 x 3 kernel also sees one before it.
    image = keras.Input((size, size, 1))
    x = layers.Conv2D(1, 2, padding="same")(layers.Conv2D(1, 2, padding="same")(image))
    model = keras.Model(image, layers.Add()([x, layers.Conv2D(1, 3, padding="same")(image)]))
    assert receptive_field(model) == 4
    if size:
        assert seen_by_a_unit(model) == (4, 4)


def test_zeropadding2d_moves_what_a_branch_sees():
    image = keras.Input((21, 21, 1))
    above = layers.Conv2D(1, 3)(layers.ZeroPadding2D(((2, 0), (2, 0)))(image))  # two pixels before its own place
    below = layers.Conv2D(1, 2, padding="same")(image)  # and one after
    check_field(keras.Model(image, layers.Add()([above, below])), 4)


@pytest.mark.parametrize("size", [40, None])
def test_an_unknown_size_counts_as_a_multiple_of_the_stride(size):
    image = keras.Input((size, size, 1))
    x = layers.Conv2D(1, 2, strides=2, padding="same")(image)
    for _ in range(2):
        x = layers.Conv2D(1, 2, padding="same")(x)  # sees pixels 0 to 5 from its own place
    y = layers.Conv2D(1, 5, strides=2, padding="same")(image)  # pixels -1 to 3
    model = keras.Model(image, layers.Add()([x, y]))
    assert receptive_field(model) == 7
    if size:
        assert seen_by_a_unit(model) == (7, 7)


# One layer: its kernel, its dilation (left out with a stride), and whether it is a convolution or a pooling.
random_layers = st.tuples(st.tuples(st.integers(1, 4), st.integers(1, 4)), st.integers(1, 2), st.booleans())


def add_layer(x, stride, kernel, dilation, pooling):
    if pooling:
        return layers.AveragePooling2D(kernel, stride, "same")(x)
    return layers.Conv2D(1, kernel, stride, "same", dilation_rate=dilation if stride == 1 else 1)(x)


@settings(max_examples=25)
@given(
    size=st.tuples(st.integers(60, 64), st.integers(60, 64)),
    steps=st.lists(st.tuples(st.integers(1, 2), random_layers, random_layers), min_size=1, max_size=2),
    last=random_layers,
)
def test_receptive_field_is_where_the_gradient_is(size, steps, last):
    """Two branches with equal strides are united, and one more layer follows."""
    image = left = right = keras.Input((*size, 1))
    for stride, left_layer, right_layer in steps:
        left, right = add_layer(left, stride, *left_layer), add_layer(right, stride, *right_layer)
    model = keras.Model(image, add_layer(layers.Concatenate()([left, right]), 1, *last))
    rows, columns = seen_by_a_unit(model)
    assert receptive_field(model) == (rows if rows == columns else (rows, columns))


def thin(layer):
    """The layer with as few maps as its shape allows, and with mean instead of maximum pooling.

    It sees the same pixels, costs little, and its gradient reaches every pixel of a window.
    """
    config = layer.get_config()
    if isinstance(layer, layers.MaxPooling2D):
        return layers.AveragePooling2D.from_config(config)
    if "filters" in config:
        config["filters"] = 2
    return type(layer).from_config(config)


# The network, an image in which the central unit of the layer sees no border, the layer, and what it sees: for AlexNet,
# VGG-16 and ResNet-50 the numbers of Araujo et al. 2019, for the others worked out by hand.
NETWORKS = [
    (lenet5, 32, "S4", 16),
    (lenet5_1998, 32, "S4", 16),
    (alexnet, 259, "pool5", 195),
    (zfnet, 245, "pool5", 171),
    (vgg16, 256, "conv5_3", 196),
    (vgg16, 288, "pool5", 212),
    (googlenet, 800, "inception_5b_5x5", 715),
    (lambda **size: googlenet(auxiliary=True, **size), 544, "softmax1_conv", 427),
    (resnet34, 960, "conv5_3", 899),
    (resnet50, 544, "conv5_3", 483),
    (lambda **size: resnet_small(14, **size), 96, "conv4_2", 53),
    (lambda **size: resnet_small(20, residual=False, **size), 128, "conv4_3", 81),
]


@pytest.mark.parametrize("network, size, layer, expected", NETWORKS, ids=lambda value: getattr(value, "__name__", None))
def test_receptive_fields_of_the_networks_are_where_the_gradient_is(network, size, layer, expected):
    with without_weights():
        full = network(input_shape=(size, size, 3)) if size > 32 else network()
    assert receptive_field(full, layer) == expected
    spatial = keras.Model(full.inputs, full.get_layer(layer).output)
    model = keras.models.clone_model(spatial, clone_function=thin if size > 32 else None)
    assert receptive_field(model) == expected
    for weight in model.trainable_weights:
        if weight.name in ("kernel", "coefficient"):  # positive, so that no two paths cancel
            weight.assign(np.random.default_rng(0).uniform(0.5, 1.5, weight.shape) / np.prod(weight.shape[:-1]))
    x = np.random.default_rng(0).uniform(0.5, 1.5, model.input_shape[1:])
    seen = np.abs(input_gradient(model, x, (model.output_shape[1] // 2, model.output_shape[2] // 2, 0))).sum(axis=2) > 0
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    assert 0 < rows[0] and rows[-1] < size - 1, "the border cuts the region; take a larger image"
    assert rows[-1] - rows[0] + 1 == columns[-1] - columns[0] + 1 == expected


def test_receptive_field_takes_the_last_layer_with_an_image():
    model = chain(layers.Conv2D(1, 3), layers.Conv2D(1, 3), layers.Flatten(), layers.Dense(2))
    assert receptive_field(model) == receptive_field(model, model.layers[1].name) == 5


def test_models_built_in_other_ways():
    added = keras.Sequential([keras.Input((9, 9, 1))])
    for _ in range(3):
        added.add(layers.Conv2D(1, 3))
    built = keras.Sequential([layers.Conv2D(1, 3), layers.Conv2D(1, 3)])
    built.build((None, 9, 9, 1))
    assert receptive_field(added) == 7
    assert receptive_field(built) == 5
    # Layers that also belong to another model
    assert receptive_field(keras.Sequential([keras.Input((9, 9, 1)), *added.layers[:2]])) == 5
    assert receptive_field(keras.Model(built.inputs, built.layers[0].output)) == 3
    assert receptive_field(added) == 7


# Windows


def test_windows_hold_the_pixels_that_change_the_unit():
    """Change one pixel at a time: each unit changes for pixels in its window only, and for the rim of the window.

    At the border of the image, the rim may be what layers further up read from their own padding.
    """
    image = keras.Input((26, 21, 1))
    x = layers.Conv2D(2, 3, (2, 1), "same", name="c1")(image)
    x = layers.Add()([layers.Conv2D(2, 1)(x), layers.DepthwiseConv2D((3, 4), padding="same")(x)])
    x = layers.ReLU()(layers.MaxPooling2D(2)(x))
    model = keras.Model(image, layers.Conv2D(1, (1, 2), name="c2")(x))
    model.set_weights([np.abs(w) + 0.1 for w in model.get_weights()])  # no unit is off and no two paths cancel
    windows = receptive_windows(model, "c2")
    (picture,) = photos(model, 1) ** 2
    changed = np.repeat(picture[None], 26 * 21, axis=0)
    for pixel in range(26 * 21):
        changed[pixel, pixel // 21, pixel % 21] += 50
    maps = feature_maps(model, np.concatenate([picture[None], changed]), "c2")["c2"][..., 0]
    moved = (np.abs(maps[1:] - maps[0]) > 1e-3).reshape(26, 21, *windows.shape[:2])
    inside = 0
    for unit in np.ndindex(windows.shape[:2]):
        top, bottom, left, right = windows[unit]
        assert np.count_nonzero(moved[top:bottom, left:right, *unit]) == np.count_nonzero(moved[..., *unit]) > 0
        if top > 0 and left > 0 and bottom < 26 and right < 21:
            rows, columns = np.nonzero(moved[..., *unit])
            assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (top, bottom, left, right), unit
            inside += 1
    assert inside > 10


def test_windows_need_the_size_of_the_image():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3, name="conv")])
    refuses(lambda: receptive_windows(model, "conv"), "size of the images")


def test_a_unit_in_the_padding_sees_nothing():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.ZeroPadding2D(3), layers.Conv2D(1, 2, name="conv")])
    windows = receptive_windows(model, "conv")
    top, bottom, left, right = windows[0, 4]
    assert (bottom - top, left, right) == (0, 1, 3)
    top, bottom, left, right = windows[4, 8]
    assert (top, bottom, right - left) == (1, 3, 0)


# What is refused


def shared_layer(image):
    layer = layers.Conv2D(2, 3, padding="same", name="odd")
    return layer(layer(image))


@pytest.mark.parametrize(
    "odd",
    [
        shared_layer,
        keras.Sequential([keras.Input((9, 9, 2)), layers.Conv2D(2, 3, padding="same")], name="odd"),
        layers.UpSampling2D(name="odd"),
        layers.Cropping2D(1, name="odd"),
        layers.Conv2DTranspose(2, 3, padding="same", name="odd"),
        layers.GlobalAveragePooling2D(keepdims=True, name="odd"),
        lambda image: layers.Concatenate(axis=1, name="odd")([image, image]),
        lambda image: keras.ops.conv(image, np.ones((3, 3, 2, 2), "float32"), padding="same"),
        lambda image: keras.ops.max_pool(image, 2, 1, padding="same"),
        lambda image: keras.ops.max_pool(image, (2, 2), 1, padding="same"),
    ],
    ids=["shared", "model", "upsampling", "cropping", "transpose", "global", "concatenate", "conv", "pool", "pair"],
)
@pytest.mark.parametrize("function", [receptive_field, layer_table])
def test_layers_whose_receptive_field_is_unknown_are_refused(function, odd):
    image = keras.Input((9, 9, 2))
    model = keras.Model(image, layers.ReLU()(odd(image)))
    refuses(lambda: function(model), "layer '", "its receptive field is not known", "build the model without it")


@pytest.mark.parametrize(
    "layer",
    [
        layers.Permute((2, 1, 3)),
        layers.TimeDistributed(layers.Conv1D(2, 3)),
        layers.GroupNormalization(2),
        layers.Softmax(axis=(1, 2)),
        layers.LayerNormalization(axis=(1, 2, 3)),
        layers.Conv2D(4, 3, data_format="channels_first"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_that_mix_pixels_in_their_own_way_are_refused(layer):
    model = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, (3, 1)), layer])
    refuses(lambda: receptive_field(model), layer.name)


def test_a_map_scaled_by_something_that_sees_the_whole_image_is_refused():
    x = keras.Input((8, 8, 4))
    summary = layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(x, layers.Multiply(name="excite")([x, summary]))
    refuses(lambda: layer_table(model), "sees the whole image")
