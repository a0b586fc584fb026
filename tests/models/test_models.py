"""What all networks share: counts of their papers, outputs of keras.applications, saving, arguments, bad input."""

import gc
import inspect
import re
import sys

import keras
import numpy as np
import pytest

from tests.helpers import refuses
from tests.networks import SMALL, fill, full, outputs, photos, trainable, unbuilt
from utils import models
from utils.architecture import layer_table
from utils.graph import without_weights
from utils.models import (
    alexnet,
    efficientnet_lite0,
    googlenet,
    lenet5,
    lenet5_1998,
    lenet_1998,
    resnet18,
    resnet34,
    resnet50,
    resnet_small,
    vgg16,
    zfnet,
)
from utils.models.resnet import name_in_keras


@pytest.fixture
def free_memory():
    yield
    gc.collect()


# Sizes and counts

PIXELS = {"alexnet": (227, 3), "lenet5": (32, 1), "lenet5_1998": (32, 1), "resnet_small": (32, 3)}  # others: 224


@pytest.mark.parametrize("name", models.__all__)
def test_a_network_reads_images_of_the_size_in_its_paper(name):
    pixels, channels = PIXELS.get(name, (224, 3))
    default = inspect.signature(getattr(models, name)).parameters["input_shape"].default
    assert default == (pixels, pixels, channels)


@pytest.mark.parametrize(
    "network, arguments, total, in_training",
    [
        # LeCun et al. 1998, doi:10.1109/5.726791, section II-B; 840 fixed numbers of the output on top
        (lenet5_1998, {}, 60_840, 60_000),
        (lenet5, {}, 61_706, 61_706),
        # Caffe's bvlc_alexnet, which keeps the two groups of the paper; and the same without groups
        (alexnet, {}, 60_965_224, 60_965_224),
        (alexnet, {"groups": 1}, 62_378_344, 62_378_344),
        # github.com/osmr/imgclsmob, table of ImageNet models
        (zfnet, {}, 62_357_608, 62_357_608),
        # keras.applications.VGG16
        (vgg16, {}, 138_357_544, 138_357_544),
        # Caffe's bvlc_googlenet as counted by netscope; with the auxiliary heads 2 * (1 x 1, 1024, 1000) more
        (googlenet, {}, 6_998_552, 6_998_552),
        (googlenet, {"auxiliary": True}, 13_378_280, 13_378_280),
        # trainable: torchvision.models; total with biases: keras.applications.ResNet50
        (resnet18, {}, 11_699_112, 11_689_512),
        (resnet34, {}, 21_814_696, 21_797_672),
        (resnet50, {}, 25_636_712, 25_583_592),
        (resnet50, {"use_bias": False}, 25_610_152, 25_557_032),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_parameters_of_the_full_networks(network, arguments, total, in_training):
    model = unbuilt(network, **arguments) if arguments else full(network)
    assert (model.count_params(), trainable(model)) == (total, in_training)
    assert layer_table(model)["parameters"].sum() == total


@pytest.mark.parametrize(
    "network, billions",  # Table 1 of arXiv:1512.03385; arXiv:1409.4842 says 1.5 billion
    [(resnet18, 1.8), (resnet34, 3.6), (resnet50, 3.8), (googlenet, 1.5)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_multiply_adds_are_those_of_the_papers(network, billions):
    total = layer_table(full(network))["multiply-adds"].sum() / 1e9
    assert billions - 0.01 <= total < billions + 0.1


@pytest.mark.parametrize(
    "network, sizes",
    [
        (alexnet, {"conv1": 55, "pool1": 27, "conv2": 27, "pool2": 13, "conv3": 13, "conv5": 13, "pool5": 6}),
        (zfnet, {"conv1": 110, "pool1": 55, "conv2": 26, "pool2": 13, "conv3": 13, "conv5": 13, "pool5": 6}),
        (vgg16, {"conv1_2": 224, "conv2_2": 112, "conv3_3": 56, "conv4_3": 28, "conv5_3": 14, "pool5": 7}),
        (googlenet, {"conv1": 112, "pool1": 56, "conv2": 56, "inception_3a": 28, "inception_4e": 14, "pool4": 7}),
        (resnet50, {"conv1": 112, "pool1": 56, "conv2_3": 56, "conv3_4": 28, "conv4_6": 14, "conv5_3": 7}),
        (resnet34, {"conv1": 112, "pool1": 56, "conv2_3": 56, "conv3_4": 28, "conv4_6": 14, "conv5_3": 7}),
        (lenet5, {"C1": 28, "S2": 14, "C3": 10, "S4": 5, "C5": 1}),
        (lenet5_1998, {"C1": 28, "S2": 14, "C3": 10, "S4": 5, "C5": 1}),
        (resnet_small, {"conv1": 32, "conv2_3": 32, "conv3_1": 16, "conv4_3": 8}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_sizes_of_the_maps_are_those_of_the_papers(network, sizes):
    model = full(network)
    assert {name: model.get_layer(name).output.shape[1] for name in sizes} == sizes


# Outputs against other implementations


def names_in_keras(name):
    """The name that keras.applications gives to a layer of ours."""
    rules = [
        (r"fc6", "fc1"), (r"fc7", "fc2"), (r"fc8|fc", "predictions"),
        (r"conv1", "conv1_conv"), (r"conv1_norm", "conv1_bn"),
        (r"conv(\d)_(\d)_shortcut", r"conv\1_block\2_0_conv"), (r"conv(\d)_(\d)_shortcut_norm", r"conv\1_block\2_0_bn"),
        *((rf"conv(\d)_(\d)_{letter}", rf"conv\1_block\2_{i}_conv") for i, letter in enumerate("abc", start=1)),
        *((rf"conv(\d)_(\d)_{letter}_norm", rf"conv\1_block\2_{i}_bn") for i, letter in enumerate("abc", start=1)),
        (r"conv(\d)_(\d)", r"block\1_conv\2"),
    ]  # fmt: skip
    (result,) = {re.sub(f"^(?:{ours})$", theirs, name) for ours, theirs in rules if re.fullmatch(ours, name)}
    return result


@pytest.mark.parametrize("ours, theirs", [(vgg16, "VGG16"), (resnet50, "ResNet50")], ids=["vgg16", "resnet50"])
@pytest.mark.parametrize(
    "arguments",
    [{"input_shape": (50, 64, 3), "include_top": False}, {"input_shape": (32, 32, 3), "classes": 7}],
    ids=["maps", "classes"],
)
def test_outputs_are_those_of_keras_applications(ours, theirs, arguments, free_memory):
    reference = fill(getattr(keras.applications, theirs)(weights=None, **arguments))
    model = ours(**arguments)
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(reference.get_layer(names_in_keras(layer.name)).get_weights())
    assert model.count_params() == reference.count_params()
    x = photos(model)
    ((y,), (expected,)) = outputs(model, x), outputs(reference, x)
    assert y.shape == expected.shape and np.abs(expected).max() > 0.1
    np.testing.assert_allclose(y, expected, atol=1e-4, rtol=1e-4)


def test_name_in_keras_of_every_layer_with_weights():
    with without_weights():
        named = [layer.name for layer in resnet50().layers if layer.weights]
    assert [name_in_keras(name) for name in named] == [names_in_keras(name) for name in named]
    for other in ("conv3_2_add", "conv6", "conv3_2", "conv1_relu", ""):
        refuses(lambda: name_in_keras(other), "with weights")


# Saving


@pytest.mark.parametrize(
    "build, loss",
    [
        (SMALL["lenet5_1998"], lenet_1998.rbf_loss),
        (SMALL["alexnet"], "sparse_categorical_crossentropy"),
        (SMALL["resnet_small"], "sparse_categorical_crossentropy"),
    ],
    ids=["lenet5_1998", "alexnet", "resnet_small"],
)
def test_a_saved_network_comes_back(build, loss, tmp_path, free_memory):
    model = fill(build())
    model.compile("sgd", loss)
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    x = photos(model)
    np.testing.assert_array_equal(*outputs(loaded, x), *outputs(model, x))
    assert loaded.get_compile_config() == model.get_compile_config()


# Bad input


def random_lite0(**arguments):
    return efficientnet_lite0(weights=None, **arguments)


IMAGENET = {efficientnet_lite0: 32, alexnet: 67, zfnet: 53}  # the smallest image; the first one has learned ImageNet
IMAGENET |= dict.fromkeys([random_lite0, googlenet, resnet18, resnet34, resnet50, vgg16], 32)


@pytest.mark.parametrize("network", IMAGENET, ids=lambda network: network.__name__)
def test_bad_arguments_of_the_imagenet_networks(network):
    smallest = IMAGENET[network]
    for shape in ((smallest - 1, 300, 3), (300, smallest - 1, 3)):
        refuses(lambda: network(input_shape=shape), "input_shape", str(shape), f"at least {smallest}", "resize")
    for shape in ((224, 224), 224, None, "224", (224, 224, 3, 1)):
        refuses(lambda: network(input_shape=shape), "input_shape must be (height, width, channels)", repr(shape))
    refuses(lambda: network(input_shape=(224, 224, 0)), "input_shape must be at least 1, got 0")
    refuses(lambda: network(input_shape=(224, None, 3)), "input_shape must be a whole number, got None")
    for classes in (0, -1):
        refuses(lambda: network(classes=classes), f"classes must be at least 1, got {classes}")
    refuses(lambda: network(classes=2.5), "classes must be a whole number, got 2.5")
    refuses(lambda: network(pooling="mean"), "pooling must be", '"avg" or "max"', "'mean'")
    refuses(lambda: network(include_top=None), "include_top must be True or False", "None")
    refuses(lambda: network(classifier_activation="sofmax"), "classifier_activation must be", "'sofmax'", '"softmax"')


@pytest.mark.parametrize(
    "network", [each for each in IMAGENET if each is not efficientnet_lite0], ids=lambda network: network.__name__
)
def test_the_smallest_image_does(network):
    model = unbuilt(network, include_top=False, input_shape=(IMAGENET[network], IMAGENET[network] + 1, 3))
    assert model.output_shape[1] == 1
    pooled = unbuilt(network, include_top=False, input_shape=(IMAGENET[network],) * 2 + (1,), pooling="avg")
    assert pooled.output_shape == (None, model.output_shape[-1])


@pytest.mark.parametrize(
    "network, smallest, arguments",
    [(alexnet, 67, {}), (zfnet, 53, {}), (vgg16, 32, {}), (googlenet, 65, {"auxiliary": True})],
    ids=["alexnet", "zfnet", "vgg16", "googlenet"],
)
def test_a_smaller_image_would_not_do(network, smallest, arguments, monkeypatch):
    monkeypatch.setattr(sys.modules[network.__module__], "check_image", lambda input_shape, smallest: input_shape)

    def smallest_map(size):
        try:
            model = unbuilt(network, input_shape=(size, size, 3), **arguments)
        except ValueError as error:  # of Keras, some versions of which give maps without a pixel instead
            return 0 if re.search(r"negative|Computed output size|dimension", str(error)) else str(error)
        return min(min(layer.output.shape[1:]) for layer in model.layers)

    assert smallest_map(smallest) > 0
    assert smallest_map(smallest - 1) <= 0


KERAS_ORDER = ["include_top", "weights", "input_shape", "pooling", "classes", "classifier_activation", "name"]


@pytest.mark.parametrize("network", [getattr(models, name) for name in models.__all__], ids=models.__all__)
def test_arguments_come_in_the_order_of_keras_applications(network):
    """So that a call with positions means the same there and here; what Keras does not have needs its name."""
    parameters = inspect.signature(network).parameters.values()
    positional = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert [name for name in KERAS_ORDER if name in positional] == [name for name in positional if name != "depth"]
    of_keras = [name for name in inspect.signature(keras.applications.ResNet50).parameters if name != "input_tensor"]
    assert of_keras == KERAS_ORDER
    if network in IMAGENET:
        assert set(positional) >= set(KERAS_ORDER) - {"weights"}
