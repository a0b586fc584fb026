"""The networks: counts of their papers, outputs of independent implementations, every backend, bad input."""

import functools
import gc
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest
from keras import layers

from utils import models
from utils.architecture import layer_table
from utils.convolution import conv2d, pool2d
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
from utils.models.block_removal import removable_blocks, without_block
from utils.models.common import LocalResponseNormalization
from utils.models.googlenet import inception_module
from utils.models.resnet import PadChannels, bottleneck_block, name_in_keras, residual_block, resnet_schedule

ROOT = Path(__file__).parents[1]


def refuses(function, *fragments):
    """The call raises a ValueError whose message holds every fragment."""
    with pytest.raises(ValueError) as error:
        function()
    for fragment in fragments:
        assert fragment in str(error.value)


def unbuilt(network, **arguments):
    """The network with the shapes of its weights, but without memory for them."""
    with without_weights():
        return network(**arguments)


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def fill(model, seed=0):
    """Random weights, the same on every backend, with which numbers neither grow nor fade from layer to layer."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.name == "kernel":
            value = rng.standard_normal(weight.shape, "float32") * np.sqrt(2 / np.prod(weight.shape[:-1]))
        elif weight.name in ("gamma", "moving_variance", "coefficient"):
            value = rng.uniform(0.5, 1.5, weight.shape)
        elif weight.name in ("bias", "beta", "moving_mean"):
            value = 0.1 * rng.standard_normal(weight.shape)
        else:
            assert weight.name == "codes", weight.path  # fixed
            continue
        weight.assign(value)
    return model


def pixels(model, batch=2, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, (batch, *model.input_shape[1:])).astype("float32")


def outputs(model, x):
    """The outputs one by one, computed without compiling anything first."""
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(model(x))]


@functools.cache
def full(network):
    """The network as in its paper, without memory for its weights."""
    return unbuilt(network)


@pytest.fixture
def free_memory():
    yield
    gc.collect()


# Counts


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
    assert len({layer.name for layer in model.layers}) == len(model.layers)


@pytest.mark.parametrize("depth, millions", [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_parameters_of_the_small_networks_as_in_table_6(depth, millions):
    residual, plain = (unbuilt(resnet_small, depth=depth, residual=way) for way in (True, False))
    assert trainable(residual) / 1e6 == pytest.approx(millions, abs=0.05 if depth == 110 else 0.005)
    assert [w.shape for w in residual.weights] == [w.shape for w in plain.weights]
    convolutions = [layer for layer in residual.layers if isinstance(layer, layers.Conv2D)]
    assert len(convolutions) + 1 == depth
    assert (residual.name, plain.name) == (f"resnet{depth}", f"plain{depth}")


@pytest.mark.parametrize(
    "network, billions",  # Table 1 of arXiv:1512.03385; arXiv:1409.4842 says 1.5 billion
    [(resnet18, 1.8), (resnet34, 3.6), (resnet50, 3.8), (googlenet, 1.5)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_multiply_adds_are_those_of_the_papers(network, billions):
    total = layer_table(full(network))["multiply-adds"].sum() / 1e9
    assert billions - 0.01 <= total < billions + 0.1


def test_connections_of_the_paper():
    table = lenet_1998.count_connections(lenet5_1998()).set_index("layer")
    assert table["connections"].to_dict() == {
        "C1": 122_304, "S2": 5_880, "C3": 151_600, "S4": 2_000, "C5": 48_120, "F6": 10_164, "output": 840,
    }  # fmt: skip
    assert table["parameters"].to_dict() == {
        "C1": 156, "S2": 12, "C3": 1_516, "S4": 32, "C5": 48_120, "F6": 10_164, "output": 0,
    }  # fmt: skip
    assert table["connections"].sum() == 340_908


def test_connections_of_the_textbook_network():
    table = lenet_1998.count_connections(lenet5((28, 28, 1))).set_index("layer")
    assert table.loc["S2"].tolist() == [14 * 14 * 6 * 4, 0]
    assert table.loc["C3"].tolist() == [10 * 10 * 16 * 151, 2_416]
    assert table.loc["output"].tolist() == [850, 850]
    assert table["parameters"].sum() == 61_706


def test_connections_of_other_networks_are_refused():
    refuses(lambda: lenet_1998.count_connections(resnet_small(8)), "conv1_norm", "BatchNormalization", "lenet5_1998")


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


def test_maps_of_the_inception_modules_as_in_table_1():
    model = full(googlenet)
    depths = [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    names = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]
    assert [model.get_layer(f"inception_{name}").output.shape[-1] for name in names] == depths


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


@pytest.mark.parametrize(
    "ours, theirs",
    [(vgg16, "VGG16"), (resnet50, "ResNet50")],
    ids=["vgg16", "resnet50"],
)
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
    x = pixels(model)
    ((y,), (expected,)) = outputs(model, x), outputs(reference, x)
    assert y.shape == expected.shape and np.abs(expected).max() > 0.1
    np.testing.assert_allclose(y, expected, atol=1e-4, rtol=1e-4)


def test_name_in_keras_of_every_layer_with_weights():
    with without_weights():
        named = [layer.name for layer in resnet50().layers if layer.weights]
    assert [name_in_keras(name) for name in named] == [names_in_keras(name) for name in named]
    for other in ("conv3_2_add", "conv6", "conv3_2", "conv1_relu", ""):
        with pytest.raises(ValueError, match="with weights"):
            name_in_keras(other)


def squash(a):
    return 1.7159 * np.tanh(2 / 3 * a)


def test_lenet5_1998_written_out():
    """The network by hand: every map of C3 on its own, from the maps that the paper's Table I gives it."""
    read = [
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5], [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5],
        [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5], [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5],
    ]  # fmt: skip
    model = fill(lenet5_1998())
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = pixels(model, 1)[0]

    def sums(maps):
        return sum(maps[i::2, j::2] for i in (0, 1) for j in (0, 1))

    c1 = squash(conv2d(x, *weights["C1"]))
    s2 = squash(sums(c1) * weights["S2"][0] + weights["S2"][1])
    full = np.asarray(model.get_layer("C3").full_kernel())
    c3 = squash(np.stack([
        conv2d(s2[..., maps], full[:, :, maps, k : k + 1])[..., 0] + weights["C3"][1][k] for k, maps in enumerate(read)
    ], axis=-1))  # fmt: skip
    s4 = squash(sums(c3) * weights["S4"][0] + weights["S4"][1])
    c5 = squash(conv2d(s4, *weights["C5"]))
    f6 = squash(c5.ravel() @ weights["F6"][0] + weights["F6"][1])
    distances = [sum((a - b) ** 2 for a, b in zip(f6, code)) for code in lenet_1998.BITMAPS.reshape(10, 84)]
    (y,) = outputs(model, x[None])
    np.testing.assert_allclose(y[0], distances, rtol=1e-4)
    # No kernel is lost, and nothing stands where the table has no X
    assert np.count_nonzero(full) == weights["C3"][0].size == 1_500
    np.testing.assert_allclose(np.sort(full[full != 0]), np.sort(weights["C3"][0].ravel()))


def test_initial_weights_of_lenet5_1998_depend_on_the_number_of_inputs():
    keras.utils.set_random_seed(0)
    model = lenet5_1998()
    full = np.abs(np.asarray(model.get_layer("C3").full_kernel()))
    for maps, largest in zip(lenet_1998.CONNECTIONS.sum(axis=0), full.max(axis=(0, 1, 2))):
        assert 0.8 < largest * 25 * maps / 2.4 <= 1
    for name, inputs in {"C1": 25, "S2": 4, "S4": 4, "C5": 400, "F6": 120}.items():
        assert 0.5 < np.abs(model.get_layer(name).get_weights()[0]).max() * inputs / 2.4 <= 1


def test_squashing_function_keeps_one():
    np.testing.assert_allclose(lenet_1998.scaled_tanh(np.array([-1.0, 0.0, 1.0])), [-1, 0, 1], atol=1e-4)


def test_bitmaps_are_ten_different_digits():
    assert lenet_1998.BITMAPS.shape == (10, 12, 7)
    assert set(lenet_1998.BITMAPS.ravel()) == {-1, 1}
    codes = lenet_1998.BITMAPS.reshape(10, 84)
    different = (84 - codes @ codes.T) // 2
    assert (different + 84 * np.eye(10) >= 14).all()
    assert lenet_1998.BITMAPS[1, 8].tolist() == [-1, -1, -1, 1, 1, -1, -1]  # the stem of the 1


def test_rbf_loss_is_equation_9():
    rng = np.random.default_rng(0)
    distances, right = rng.uniform(0, 20, (6, 10)), rng.integers(0, 10, 6)
    for j in (0.1, 5.0):
        expected = [y[d] + np.log(np.exp(-j) + np.exp(-y).sum()) for y, d in zip(distances, right)]
        np.testing.assert_allclose(lenet_1998.rbf_loss(right, distances, j), expected, rtol=1e-5)
        np.testing.assert_allclose(lenet_1998.rbf_loss(right[:, None], distances, j), expected, rtol=1e-5)
    far = np.asarray(lenet_1998.rbf_loss([0], 1e4 * np.ones((1, 10))))  # no overflow, and no -inf
    np.testing.assert_allclose(far, 1e4 - 0.1, rtol=1e-5)


def test_rbf_accuracy_counts_the_smallest_distance():
    distances = np.array([[3.0, 1, 2], [0, 5, 5], [4, 4, 1]])
    assert np.asarray(lenet_1998.rbf_accuracy([[1], [1], [2]], distances)).tolist() == [1, 0, 1]
    assert np.asarray(lenet_1998.rbf_accuracy([1, 1, 2], distances)).tolist() == [1, 0, 1]


def test_lenet5_1998_learns_to_read_digits():
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    images = np.kron(images.reshape(-1, 8, 8), np.ones((1, 3, 3)))[..., None] / 16
    images = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0))) * 1.275 - 0.1  # 28 x 28
    keras.utils.set_random_seed(0)
    model = lenet5_1998((28, 28, 1))
    model.compile(keras.optimizers.Adam(4e-3), lenet_1998.rbf_loss, metrics=[lenet_1998.rbf_accuracy])
    model.fit(images[:1200], digits[:1200], batch_size=32, epochs=3, verbose=0)
    loss, accuracy = model.evaluate(images[1200:], digits[1200:], verbose=0)
    assert accuracy > 0.85 and loss < 25
    (distances,) = outputs(model, images[1200:])
    assert accuracy == pytest.approx(np.mean(distances.argmin(axis=1) == digits[1200:]), abs=1e-6)
    np.testing.assert_array_equal(model.get_layer("output").get_weights()[0], lenet_1998.BITMAPS.reshape(10, 84))


def test_lenet5_pads_28_to_32():
    small, large = fill(lenet5((28, 28, 2), classes=3)), fill(lenet5((32, 32, 2), classes=3))
    x = pixels(small)
    np.testing.assert_allclose(*outputs(small, x), *outputs(large, np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))))
    assert small.get_layer("padding").output.shape[1:] == (32, 32, 2)


def test_lenet5_in_its_modern_form():
    model = fill(lenet5(activation="relu", pool="max", classifier_activation=None))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = pixels(model, 1)[0]
    for name in ("C1", "S2", "C3", "S4", "C5"):
        x = pool2d(x, 2) if name[0] == "S" else np.maximum(conv2d(x, *weights[name]), 0)
    x = np.maximum(x.ravel() @ weights["F6"][0] + weights["F6"][1], 0)
    (y,) = outputs(model, pixels(model, 1))
    np.testing.assert_allclose(y[0], x @ weights["output"][0] + weights["output"][1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("maps", [1, 3, 5, 12])
def test_local_response_normalization_written_out(maps):
    a = np.random.default_rng(0).normal(scale=30, size=(2, 3, 4, maps))
    for n, k, alpha, beta in ((5, 2, 1e-4, 0.75), (3, 1, 0.1, 0.5), (1, 1, 0.01, 1)):
        expected = np.empty_like(a)
        for i in range(maps):
            total = sum(a[..., j] ** 2 for j in range(max(0, i - n // 2), min(maps - 1, i + n // 2) + 1))
            expected[..., i] = a[..., i] / (k + alpha * total) ** beta
        y = LocalResponseNormalization(k, n, alpha, beta)(a)
        np.testing.assert_allclose(y, expected, rtol=1e-4)


def test_local_response_normalization_is_that_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    a = np.random.default_rng(0).normal(scale=30, size=(2, 3, 4, 12)).astype("float32")
    expected = tf.nn.local_response_normalization(a, depth_radius=2, bias=2, alpha=1e-4, beta=0.75)
    np.testing.assert_allclose(LocalResponseNormalization()(a), expected, rtol=1e-5)
    refuses(lambda: LocalResponseNormalization(n=4), "n must be odd", "got 4", "take 3 or 5")


def test_groups_of_alexnet_do_not_see_each_other():
    model = fill(alexnet(include_top=False, input_shape=(67, 67, 3)))
    two = keras.Model(model.get_layer("pool1").output, model.get_layer("conv2").output)
    x = np.abs(pixels(two))
    changed = x.copy()
    changed[..., 48:] += 1  # the maps of the second group
    difference = np.abs(outputs(two, changed)[0] - outputs(two, x)[0]).max(axis=(0, 1, 2))
    assert (difference[:128] == 0).all() and (difference[128:] > 0).any()


def test_initial_weights_of_alexnet():
    model = alexnet(include_top=False, input_shape=(67, 67, 3), groups=1)
    for name, bias in {"conv1": 0, "conv2": 1, "conv3": 0, "conv4": 1, "conv5": 1}.items():
        kernel, biases = model.get_layer(name).get_weights()
        assert kernel.std() == pytest.approx(0.01, rel=0.02) and (biases == bias).all()


def test_inception_module_written_out():
    image = keras.Input((9, 8, 5))
    model = fill(keras.Model(image, inception_module(image, 2, 3, 4, 2, 3, 6, name="module")))
    x = pixels(model, 1)[0]
    weights = {layer.name: layer.get_weights() for layer in model.layers}

    def conv(x, name):
        return np.maximum(conv2d(x, *weights[name], padding="same"), 0)

    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    pooled = np.max([padded[i : i + 9, j : j + 8] for i in range(3) for j in range(3)], axis=0)
    branches = [
        conv(x, "module_1x1"),
        conv(conv(x, "module_3x3_reduce"), "module_3x3"),
        conv(conv(x, "module_5x5_reduce"), "module_5x5"),
        conv(pooled, "module_pool_proj"),
    ]
    (y,) = outputs(model, x[None])
    np.testing.assert_allclose(y[0], np.concatenate(branches, axis=-1), rtol=1e-4, atol=1e-5)
    assert [weights[f"module_{branch}"][0].shape for branch in ("1x1", "3x3", "5x5", "pool_proj")] == [
        (1, 1, 5, 2), (3, 3, 3, 4), (5, 5, 2, 3), (1, 1, 5, 6)]  # fmt: skip


def test_auxiliary_heads_leave_the_network_as_it_is():
    alone = fill(googlenet(input_shape=(65, 65, 3), classes=4))
    model = googlenet(input_shape=(65, 65, 3), classes=4, auxiliary=True)
    for layer in alone.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())
    assert model.output_names == ["softmax2", "softmax0", "softmax1"]
    x = pixels(model)
    main, *heads = outputs(model, x)
    np.testing.assert_allclose(main, *outputs(alone, x), rtol=1e-5)
    assert [head.shape for head in heads] == [(2, 4), (2, 4)]
    inputs = {name: model.get_layer(f"{name}_pool").input for name in ("softmax0", "softmax1")}
    assert inputs["softmax0"] is model.get_layer("inception_4a").output
    assert inputs["softmax1"] is model.get_layer("inception_4d").output


@pytest.mark.parametrize("strides, filters", [(1, 3), (1, 4), (2, 4)])
@pytest.mark.parametrize("shortcut", ["projection", "padding", None])
def test_residual_block_written_out(strides, filters, shortcut):
    image = keras.Input((7, 6, 3))
    block = residual_block(image, filters, strides, shortcut=shortcut, normalization=False, name="block")
    model = fill(keras.Model(image, block))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = pixels(model, 1)[0]
    y = np.maximum(conv2d(x, *weights["block_a"], strides=strides, padding=1), 0)
    y = conv2d(y, *weights["block_b"], padding=1)
    past = 0
    if shortcut and (strides, filters) == (1, 3):
        past = x
    elif shortcut == "projection":
        past = conv2d(x, *weights["block_shortcut"], strides=strides)
    elif shortcut == "padding":
        past = np.concatenate([x, 0 * x[..., : filters - 3]], axis=-1)[::strides, ::strides]
    np.testing.assert_allclose(outputs(model, x[None])[0][0], np.maximum(y + past, 0), rtol=1e-4, atol=1e-5)


def test_every_convolution_of_a_residual_network_is_normalised_and_initialised():
    model = resnet_small(14, filters=32)
    names = {layer.name for layer in model.layers}
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            assert f"{layer.name}_norm" in names and not layer.use_bias
            kernel = layer.get_weights()[0]  # He et al. 2015, arXiv:1502.01852: variance 2 / inputs
            assert kernel.var() == pytest.approx(2 / np.prod(kernel.shape[:-1]), rel=0.1)
    bare = resnet_small(14, normalization=False)
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in bare.layers)
    assert all(layer.use_bias for layer in bare.layers if isinstance(layer, layers.Conv2D))


@pytest.mark.parametrize("pooling, reduce", [("avg", np.mean), ("max", np.max), ("AVG", np.mean)])
def test_pooling_instead_of_the_top(pooling, reduce):
    options = dict(include_top=False, input_shape=(99, 67, 3))
    maps, pooled = fill(alexnet(**options)), fill(alexnet(**options, pooling=pooling))
    x = pixels(maps)
    np.testing.assert_allclose(outputs(pooled, x)[0], reduce(outputs(maps, x)[0], axis=(1, 2)), rtol=1e-5, atol=1e-6)


# Removing a block


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("normalization", [True, False])
def test_a_removed_block_passes_its_input_on(residual, normalization):
    model = fill(resnet_small(14, (8, 8, 3), residual=residual, filters=4, normalization=normalization))
    before = model.get_weights()
    x = pixels(model)
    removable = removable_blocks(model)
    assert removable == ["conv2_1", "conv2_2", "conv3_2", "conv4_2"]
    for block in removable:
        maps = keras.Model(model.inputs, [model.get_layer(f"{block}_a").input, model.get_layer(block).output])
        with without_block(model, block) as same:
            assert same is model
            entering, leaving = outputs(maps, x)
            changed = [w.path for w, old in zip(model.weights, before) if not np.array_equal(w, old)]
        assert entering.max() > 0.01
        np.testing.assert_allclose(leaving, entering, atol=1e-6)
        assert changed and all(path.startswith(f"{block}_") for path in changed)
        assert all(np.array_equal(new, old) for new, old in zip(model.get_weights(), before, strict=True))


def test_a_block_comes_back_after_an_error_too():
    model = fill(resnet_small(8, (8, 8, 3), filters=4))
    before = model.get_weights()
    with pytest.raises(ZeroDivisionError), without_block(model, "conv2_1"):
        assert not np.array_equal(model.get_layer("conv2_1_b_norm").gamma, before[0])
        raise ZeroDivisionError
    with without_block(model, None):
        assert all(np.array_equal(new, old) for new, old in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize("network, blocks", [
    (resnet18, ["conv2_1", "conv2_2", "conv3_2", "conv4_2", "conv5_2"]),
    (resnet50, ["conv2_2", "conv2_3", *(f"conv3_{i}" for i in (2, 3, 4)), *(f"conv4_{i}" for i in range(2, 7)),
                "conv5_2", "conv5_3"]),
], ids=["resnet18", "resnet50"])  # fmt: skip
def test_blocks_of_the_large_networks(network, blocks):
    assert removable_blocks(full(network)) == blocks


def test_a_bottleneck_can_be_removed():
    image = keras.Input((4, 4, 8))
    model = fill(keras.Model(image, bottleneck_block(layers.ReLU()(image), 2, name="conv2_1")))
    x = pixels(model)
    with without_block(model, "conv2_1"):
        np.testing.assert_allclose(outputs(model, x)[0], np.maximum(x, 0), atol=1e-6)
    assert np.abs(outputs(model, x)[0] - np.maximum(x, 0)).max() > 0.1


def test_blocks_that_change_the_shape_are_refused():
    model = resnet_small(14, input_shape=(8, 8, 3), filters=2)
    for block in ("conv3_1", "conv4_1", "conv9_1", 1):
        refuses(
            lambda: without_block(model, block).__enter__(),
            "block must be",
            repr(block),
            "conv2_1, conv2_2, conv3_2, conv4_2",
        )
    refuses(without_block(lenet5(), "C1").__enter__, "block must be", "'C1'", "none")


# The learning rate of residual networks


def rates(schedule, steps):
    return np.array([float(keras.ops.convert_to_numpy(schedule(step))) for step in range(steps)])


def test_the_schedule_divides_by_ten_at_a_half_and_at_three_quarters():
    np.testing.assert_allclose(rates(resnet_schedule(12), 15), [0.1] * 6 + [0.01] * 3 + [0.001] * 6, rtol=1e-6)


def test_the_schedule_of_the_paper():
    schedule = resnet_schedule(64_000, warmup_steps=400)
    at = {step: float(keras.ops.convert_to_numpy(schedule(step))) for step in (0, 399, 400, 31_999, 32_000, 47_999)}
    assert at == pytest.approx({0: 0.01, 399: 0.01, 400: 0.1, 31_999: 0.1, 32_000: 0.01, 47_999: 0.01}, rel=1e-6)
    assert float(keras.ops.convert_to_numpy(schedule(48_000))) == pytest.approx(0.001, rel=1e-6)


def test_the_optimizer_makes_as_many_steps_with_each_rate_as_the_schedule_says():
    """With a gradient that is always 1, a weight moves by the learning rate."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="dense")])
    model.compile(keras.optimizers.SGD(resnet_schedule(8, 1.0)), lambda y, prediction: prediction)
    weight = model.get_layer("dense").kernel
    path = [float(weight.numpy()[0, 0])]
    for _ in range(8):
        model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
        path.append(float(weight.numpy()[0, 0]))
    np.testing.assert_allclose(-np.diff(path), [1] * 4 + [0.1] * 2 + [0.01] * 2, atol=1e-6)


@pytest.mark.parametrize(
    "settings, word", [({"steps": 3}, "steps"), ({"steps": 10.0}, "steps"), ({"steps": 8, "warmup_steps": 4}, "warmup")]
)
def test_bad_input_of_the_schedule_is_named(settings, word):
    with pytest.raises(ValueError, match=word):
        resnet_schedule(**settings)


# Every network, small: outputs and a training step on every backend

SMALL = {
    "lenet5": lambda: lenet5((28, 28, 1)),
    "lenet5_1998": lambda: lenet5_1998((28, 28, 1)),
    "alexnet": lambda: alexnet(include_top=False, input_shape=(67, 67, 3), pooling="avg"),
    "zfnet": lambda: zfnet(include_top=False, input_shape=(53, 53, 3), pooling="avg"),
    "vgg16": lambda: vgg16(include_top=False, input_shape=(32, 32, 3), pooling="avg"),
    "googlenet": lambda: googlenet(input_shape=(65, 65, 3), classes=10, auxiliary=True),
    "resnet18": lambda: resnet18(input_shape=(32, 32, 3), classes=10),
    "resnet50": lambda: resnet50(input_shape=(32, 32, 3), classes=10),
    "resnet_small": lambda: resnet_small(14, input_shape=(16, 16, 3)),
    "plain_small": lambda: resnet_small(8, residual=False, input_shape=(15, 16, 3), normalization=False),
}
LOSSES = {"lenet5_1998": lenet_1998.rbf_loss}  # the others: cross-entropy


def run(path):
    """Write the outputs of every network for the same weights and pixels, and let each make a training step."""
    found = {}
    gc.collect()
    gc.freeze()  # so that the collections below need not search through all modules again
    for name, build in SMALL.items():
        # Drawing initial weights that `fill` replaces is half of the time on JAX.
        with mock.patch.object(
            keras.initializers.VarianceScaling, "__call__", lambda self, shape, **_: np.zeros(shape)
        ):
            model = fill(build())
        x = pixels(model)
        found.update({f"{name} output {i}": y for i, y in enumerate(keras.tree.flatten(model.predict_on_batch(x)))})
        before = {weight.path: weight.numpy() for weight in model.trainable_weights}
        layer_names = {layer.name for layer in model.layers}
        model.compile(keras.optimizers.SGD(0.01), LOSSES.get(name, "sparse_categorical_crossentropy"))
        loss = model.train_on_batch(x, [np.array([3, 7])] * len(model.outputs))
        assert np.isfinite(loss).all(), (name, loss)
        for weight in model.trainable_weights:
            value = weight.numpy()
            assert np.isfinite(value).all(), (name, weight.path)
            # a bias in front of batch normalisation has no gradient, only rounding errors, and not always those
            idle = weight.path.endswith("/bias") and f"{weight.path.removesuffix('/bias')}_norm" in layer_names
            assert idle or not np.array_equal(value, before[weight.path]), (name, weight.path)
        del model, before
        gc.collect()
    gc.unfreeze()
    np.savez(path, **found)


@pytest.fixture(scope="module")
def on_jax(tmp_path_factory):
    """The outputs on Keras' JAX backend, computed in a process of its own while this one goes on."""
    path = tmp_path_factory.mktemp("jax") / "outputs.npz"
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiling is most of the work
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
    }
    code = f"import test_models; test_models.run({str(path)!r})"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        yield lambda: process.communicate()[0], path
        process.kill()


def test_all_networks_run_and_train_on_this_backend_and_on_jax(on_jax, tmp_path):
    pytest.importorskip("jax")
    run(tmp_path / "outputs.npz")
    wait, path = on_jax
    messages = wait()
    assert path.exists(), messages
    with np.load(tmp_path / "outputs.npz") as here, np.load(path) as there:
        assert set(here) == set(there) and len(here) == len(SMALL) + 2
        for name in here:
            assert np.ptp(here[name]) > 1e-3, name
            np.testing.assert_allclose(there[name], here[name], rtol=1e-3, atol=1e-4, err_msg=name)


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
    x = pixels(model)
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
    unbuilt(network, input_shape=(smallest, smallest, 3), **arguments)
    with pytest.raises(ValueError, match=r"negative|Computed output size|dimension"):
        unbuilt(network, input_shape=(smallest - 1, smallest - 1, 3), **arguments)


def test_bad_arguments_of_googlenet():
    refuses(lambda: googlenet(include_top=False, auxiliary=True), "auxiliary=True", "include_top=False")
    refuses(lambda: googlenet(input_shape=(64, 64, 3), auxiliary=True), "at least 65")
    refuses(lambda: inception_module(keras.Input((8, 8, 3)), 1, 0, 1, 1, 1, 1), "filters must be at least 1, got 0")


@pytest.mark.parametrize("groups", [3, 64, 0, 1.5, None])
def test_groups_that_do_not_divide_are_refused(groups):
    refuses(lambda: alexnet(groups=groups), "groups", str(groups))


@pytest.mark.parametrize("network", [lenet5, lenet5_1998], ids=lambda network: network.__name__)
def test_bad_arguments_of_the_lenets(network):
    for shape in ((27, 27, 1), (30, 30, 1), (28, 32, 1), (64, 64, 3)):
        refuses(lambda: network(shape), f"input_shape={shape}", "32 x 32 or 28 x 28", "resize")
    refuses(lambda: network((32, 32)), "input_shape must be (height, width, channels)", "(32, 32)")
    refuses(lambda: network(classes=0), "classes must be at least 1, got 0")


def test_further_bad_arguments_of_the_lenets():
    refuses(lambda: lenet5_1998(classes=11), "classes must be at most 10", "got 11")
    refuses(lambda: lenet5(pool="min"), "pool must be", '"average" or "max"', "'min'")
    refuses(lambda: lenet5(activation="rely"), "activation must be", "'rely'", '"relu"')
    refuses(lambda: lenet5(classifier_activation=3), "classifier_activation must be", "3")


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


@pytest.mark.parametrize("depth, near", [(9, "8 and 14"), (18, "14 and 20"), (21, "20 and 26"), (55, "50 and 56")])
def test_depths_that_are_not_6n_plus_2_are_refused(depth, near):
    refuses(lambda: resnet_small(depth), "depth must be 6n + 2", f"got {depth}", near)


def test_bad_arguments_of_the_small_networks():
    refuses(lambda: resnet_small(2), "depth must be at least 8, got 2")
    refuses(lambda: resnet_small(20.0), "depth must be a whole number, got 20.0")
    refuses(lambda: resnet_small(filters=0), "filters must be at least 1, got 0")
    refuses(lambda: resnet_small(input_shape=(3, 8, 3)), "(3, 8, 3)", "at least 4")
    refuses(lambda: resnet_small(classes=0), "classes must be at least 1, got 0")
    refuses(lambda: resnet_small(classifier_activation="x"), "classifier_activation must be", "'x'")


def test_bad_arguments_of_the_blocks():
    x = keras.Input((8, 8, 4))
    refuses(lambda: residual_block(x, 4, shortcut="none"), "shortcut must be", "'none'", '"projection" or "padding"')
    refuses(lambda: residual_block(x, 0), "filters must be at least 1, got 0")
    refuses(lambda: residual_block(x, 4, strides=0), "strides must be at least 1, got 0")
    refuses(lambda: residual_block(x, 3, shortcut="padding"), "filters=3", "4 channels", "projection")
    refuses(lambda: bottleneck_block(x, 4, strides=0), "strides must be at least 1, got 0")
    refuses(lambda: PadChannels(2)(x), "filters=2", "4 channels")
