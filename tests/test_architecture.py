"""utils.architecture against Keras: its shapes and its parameters."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from tests.helpers import refuses
from utils.architecture import architecture, layer_table, receptive_field, with_commas
from utils.models import alexnet

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
    table = layer_table(keras.Sequential([keras.Input((9, 9, 1)), *parts]))
    assert table["multiply-adds"].tolist() == [49 * 2 * 9, 9 * (2 * 9 + 2 * 5)]


def test_multiply_adds_are_unknown_without_an_image_size():
    table = layer_table(keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 3), layers.ReLU()]))
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
    fields = dict(image=1, stem=3, branch=(7, 5), sum=(7, 5), mean="all", scores="all")
    assert table["receptive field"].to_dict() == fields


def test_architecture_of_alexnet():
    table = architecture(alexnet)
    names = "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5 fc6 fc7 fc8"
    assert table.index.tolist() == names.split()
    pooled = "3 × 3, stride 2"
    windows = ["11 × 11, stride 4", pooled, "5 × 5", pooled, *["3 × 3"] * 3, pooled, "", "", ""]
    assert table["window"].tolist() == windows
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
    unknown = "model must be a Keras model whose input shape is known"
    refuses(lambda: function(model), unknown, model.name, "keras.Input(shape=...)")


@pytest.mark.parametrize("layer", ["conv9", 0, ["conv"], layers.ReLU()], ids=str)
def test_an_unknown_layer_is_refused_with_the_names_of_the_layers(layer):
    names = "conv, norm, pool, grouped, flatten, dense"
    refuses(lambda: receptive_field(small_network(), layer), "layer must be", repr(layer), names)


def test_a_layer_without_an_image_is_refused():
    for layer in ("flatten", "dense"):
        refuses(lambda: receptive_field(small_network(), layer), f"layer '{layer}' has no spatial axes")


def test_a_model_without_images_is_refused_but_has_a_table():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(2)])
    refuses(lambda: receptive_field(model), "model must read images of shape (height, width, channels)", model.name)
    assert layer_table(model)["receptive field"].tolist() == ["all"]
