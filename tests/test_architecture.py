"""utils.architecture against Keras: its shapes, its parameters, and the pixels that its gradients reach."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from keras import layers

from utils.architecture import architecture, layer_table, receptive_field, with_commas
from utils.graph import without_weights
from utils.interpret import input_gradient
from utils.models import alexnet, googlenet, lenet5, lenet5_1998, resnet34, resnet50, resnet_small, vgg16, zfnet


@pytest.fixture(scope="module", autouse=True)
def keras_on_the_cpu():
    """A GPU may round float32 products to fewer digits than the comparisons allow."""
    with tf.device("CPU:0"):
        yield


def refuses(function, *fragments):
    """The call raises a ValueError whose message holds every fragment."""
    with pytest.raises(ValueError) as error:
        function()
    for fragment in fragments:
        assert fragment in str(error.value)


# Receptive fields


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
        (
            lambda: [
                layers.Conv2D(1, 3, strides=2, padding="same"),
                layers.Conv2D(1, 3, strides=2, padding="same"),
                layers.Conv2D(1, 3, padding="same"),
            ],
            15,
        ),
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


# The table


def small_network():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(6, 3, strides=2, padding="same", groups=2, use_bias=False, name="grouped"),
            layers.Flatten(name="flatten"),
            layers.Dense(10, name="dense"),
        ]
    )


def test_layer_table_counted_by_hand():
    table = layer_table(small_network())
    assert table.columns.tolist() == ["layer", "type", "output shape", "parameters", "multiply-adds", "receptive field"]
    assert table.to_numpy().tolist() == [
        ["conv", "Conv2D", (6, 6, 4), 4 * 28, 36 * 4 * 27, 3],
        ["norm", "BatchNormalization", (6, 6, 4), 16, 0, 3],
        ["pool", "MaxPooling2D", (3, 3, 4), 0, 0, 4],
        ["grouped", "Conv2D", (2, 2, 6), 6 * 18, 4 * 6 * 18, 8],
        ["flatten", "Flatten", (24,), 0, 0, "all"],
        ["dense", "Dense", (10,), 250, 240, "all"],
    ]
    assert table["receptive field"].tolist() == [3, 3, 4, 8, "all", "all"]
    assert table["parameters"].dtype == table["multiply-adds"].dtype == np.int64


def test_multiply_adds_of_depthwise_and_separable_layers():
    parts = [layers.DepthwiseConv2D(3, depth_multiplier=2), layers.SeparableConv2D(5, 3, strides=2)]
    table = layer_table(chain(*parts, size=9))
    assert table["multiply-adds"].tolist() == [49 * 2 * 9, 9 * (2 * 9 + 2 * 5)]


def test_multiply_adds_are_unknown_without_an_image_size():
    table = layer_table(chain(layers.Conv2D(2, 3), layers.ReLU(), size=None))
    assert table["multiply-adds"].tolist() == [None, 0]
    assert table["receptive field"].tolist() == [3, 3]
    assert table["output shape"].tolist() == [(None, None, 2)] * 2


def branched_model():
    image = keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(image)
    y = layers.Conv2D(4, (5, 3), padding="same", name="branch")(x)
    x = layers.Add(name="sum")([x, y])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, layers.Dense(3, name="scores")(x))


@pytest.mark.parametrize("build", [small_network, branched_model])
def test_parameters_of_the_table_add_up_to_the_model(build):
    model = build()
    table = layer_table(model)
    assert table["layer"].tolist() == [layer.name for layer in model.layers]
    assert table["parameters"].sum() == model.count_params()
    assert table["output shape"].tolist() == [tuple(layer.output.shape[1:]) for layer in model.layers]


def test_layer_table_of_a_branched_model():
    table = layer_table(branched_model()).set_index("layer")
    assert table["receptive field"].to_dict() == {
        "image": 1,
        "stem": 3,
        "branch": (7, 5),
        "sum": (7, 5),
        "mean": "all",
        "scores": "all",
    }


def test_architecture_of_alexnet():
    table = architecture(alexnet)
    assert table.index.tolist() == [
        "conv1",
        "pool1",
        "conv2",
        "pool2",
        "conv3",
        "conv4",
        "conv5",
        "pool5",
        "fc6",
        "fc7",
        "fc8",
    ]
    three, pooled = "3 × 3", "3 × 3, stride 2"
    assert table["window"].tolist() == [
        "11 × 11, stride 4",
        pooled,
        "5 × 5",
        pooled,
        three,
        three,
        three,
        pooled,
        "",
        "",
        "",
    ]
    assert table["parameters"].sum() == 60_965_224
    assert table.loc["pool5", "output shape"] == (6, 6, 256)
    assert list(table) == ["window", "output shape", "parameters", "multiply-adds", "receptive field"]


class AskingForShapes(layers.Layer):
    def call(self, x):
        return x + 1


def test_architecture_makes_no_weights_now_or_later():
    built = []

    def build():
        built.append(small_network())
        return built[0]

    architecture(build)
    AskingForShapes()(keras.Input((3,)))  # for which Keras opens a scope of its own
    with keras.StatelessScope():
        pass
    assert built[0].weights and all(weight._value is None for weight in built[0].weights)


@pytest.mark.parametrize("build", [None, "vgg16", keras.Sequential([keras.Input((4, 4, 1)), layers.ReLU()])], ids=type)
def test_architecture_asks_for_a_function(build):
    refuses(lambda: architecture(build), "build must be a function", repr(build))


def test_numbers_with_commas():
    table = with_commas(pd.DataFrame({"n": [1234567, 12], "shape": [(1000,), (3, 4)], "share": [1234.5, 0.25]}))
    assert table.to_dict("list") == {"n": ["1,234,567", "12"], "shape": [(1000,), (3, 4)], "share": [1234.5, 0.25]}


# Models that are refused


@pytest.mark.parametrize("function", [receptive_field, layer_table])
@pytest.mark.parametrize("model", [None, "vgg16", 3, layers.Conv2D(1, 3)], ids=str)
def test_what_is_no_model_is_refused(function, model):
    refuses(lambda: function(model), "model must be a Keras model", repr(model), "keras.Input(shape=...)")


@pytest.mark.parametrize("function", [receptive_field, layer_table])
def test_a_model_that_is_not_built_is_refused(function):
    model = keras.Sequential([layers.Conv2D(1, 3)])
    refuses(
        lambda: function(model),
        "model must be a Keras model whose input shape is known",
        model.name,
        "keras.Input(shape=...)",
    )


@pytest.mark.parametrize("layer", ["conv9", 0, ["conv"], layers.ReLU()], ids=str)
def test_an_unknown_layer_is_refused_with_the_names_of_the_layers(layer):
    refuses(
        lambda: receptive_field(small_network(), layer),
        "layer must be",
        repr(layer),
        "conv, norm, pool, grouped, flatten, dense",
    )


def test_a_layer_without_an_image_is_refused():
    for layer in ("flatten", "dense"):
        refuses(lambda: receptive_field(small_network(), layer), f"layer '{layer}' has no spatial axes")


def test_a_model_without_images_is_refused_but_has_a_table():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(2)])
    refuses(lambda: receptive_field(model), "model must read images of shape (height, width, channels)", model.name)
    assert layer_table(model)["receptive field"].tolist() == ["all"]


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
    with pytest.raises(ValueError, match=layer.name):
        receptive_field(model)


def test_a_map_scaled_by_something_that_sees_the_whole_image_is_refused():
    x = keras.Input((8, 8, 4))
    summary = layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(x, layers.Multiply(name="excite")([x, summary]))
    with pytest.raises(ValueError, match="sees the whole image"):
        layer_table(model)
