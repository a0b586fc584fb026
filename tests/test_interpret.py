"""Looking into networks: every answer against one found another way."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from utils import interpret
from utils.architecture import receptive_windows
from utils.convolution import conv2d, pool2d
from utils.deconvnet import RULES, deconvnet, pool_with_switches, unpool
from utils.graph import up_to
from utils.interpret import Patch, feature_maps, first_filters, input_gradient, to_picture, top_patches

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def keras_on_the_cpu():
    """A GPU may round float32 products to fewer digits than the comparisons allow."""
    import tensorflow as tf  # not at the top, because the test of JAX imports from this file, too

    with tf.device("CPU:0"):
        yield


class LocalResponseNormalization(layers.Layer):
    """Every value divided by (1 + the sum of the squares of all maps there) to the power 0.75."""

    def call(self, x):
        return x / (1 + keras.ops.sum(x**2, axis=-1, keepdims=True)) ** 0.75


def plain():
    """Convolutions with the activation inside, overlapping pooling, dense layers."""
    return keras.Sequential(
        [
            keras.Input((13, 12, 3)),
            layers.Conv2D(6, 3, activation="relu", name="c1"),
            layers.MaxPooling2D(3, 2, name="p1"),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="c2"),
            layers.MaxPooling2D(2, padding="same", name="p2"),
            layers.Flatten(name="flat"),
            layers.Dense(7, activation="relu", name="f3"),
            layers.Dense(4, activation="softmax", name="scores"),
        ]
    )


def inception():
    """Four branches, one of them with pooling, and response normalisation."""
    image = keras.Input((11, 10, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(image)
    x = LocalResponseNormalization(name="lrn")(x)
    branches = [
        layers.Conv2D(3, 1, activation="relu", name="1x1")(x),
        layers.Conv2D(3, 3, padding="same", activation="relu", name="3x3")(layers.Conv2D(2, 1, name="reduce_3x3")(x)),
        layers.Conv2D(2, 5, padding="same", activation="relu", name="5x5")(layers.Conv2D(2, 1, name="reduce_5x5")(x)),
        layers.Conv2D(2, 1, activation="relu", name="project")(layers.MaxPooling2D(3, 1, "same", name="pool")(x)),
    ]
    x = layers.Concatenate(name="concat")(branches)
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    return keras.Model(image, layers.Dense(3, name="scores")(x))


def residual():
    """Batch normalisation, a projection shortcut, zero padding, ReLU as layers."""
    image = keras.Input((9, 9, 2))
    x = layers.ZeroPadding2D(((1, 0), (0, 2)), name="pad")(image)
    x = layers.ReLU(name="relu1")(layers.BatchNormalization(name="bn1")(layers.Conv2D(4, 3, 2, name="conv1")(x)))
    y = layers.Conv2D(6, 3, 2, "same", use_bias=False, name="conv2")(x)
    y = layers.Activation("relu", name="relu2")(layers.BatchNormalization(name="bn2")(y))
    y = layers.BatchNormalization(name="bn3")(layers.Conv2D(6, 3, padding="same", name="conv3")(y))
    shortcut = layers.Conv2D(6, 1, 2, name="shortcut")(x)
    x = layers.ReLU(name="relu3")(layers.Add(name="add")([shortcut, y]))
    x = layers.Dropout(0.5, name="dropout")(layers.Flatten(name="flat")(x))
    return keras.Model(image, layers.Dense(3, name="scores")(x))


def unusual():
    """Groups, depthwise and separable convolutions, dilation, other activations, operations, a model inside."""
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 3, 2, activation="relu")], name="inner")
    relu = layers.ReLU(name="twice")
    image = keras.Input((16, 16, 2))
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu6", name="depthwise")(image)
    x = relu(layers.Conv2D(4, 3, groups=2, padding="same", name="groups")(x))
    x = layers.AveragePooling2D(2, name="average")(x)
    x = keras.ops.relu(x - 0.1) + x
    x = relu(layers.SeparableConv2D(4, 3, dilation_rate=2, padding="same", activation="tanh", name="separable")(x))
    x = inner(x)
    x = layers.LeakyReLU(0.1, name="leaky")(layers.Conv2D(3, 2, activation="sigmoid", name="sigmoid")(x))
    return keras.Model(image, layers.GlobalMaxPooling2D(name="max")(x))


def small():
    """What is quickly built on every backend."""
    image = keras.Input((9, 9, 3))
    start = dict(activation="relu", kernel_initializer="zeros")
    x = layers.Conv2D(4, 3, **start)(image)
    x = LocalResponseNormalization()(layers.MaxPooling2D(2)(x))
    branches = [layers.Conv2D(2, 1, **start)(x), layers.Conv2D(3, 3, padding="same", **start)(x)]
    return keras.Model(image, layers.Concatenate(name="concat")(branches))


def with_weights(model):
    """The model with weights of both signs that keep the size of the signal; scales and variances are positive."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "kernel" in weight.name:
            inputs = np.prod(weight.shape[:2] if "depthwise" in weight.path else weight.shape[:-1])
            weight.assign(rng.normal(0, np.sqrt(2 / inputs), weight.shape))
        else:
            low = 0.5 if weight.name in ("gamma", "moving_variance") else -0.2
            weight.assign(rng.uniform(low, low + 0.6, weight.shape))
    return model


@pytest.fixture(scope="module")
def models():
    return {build.__name__: with_weights(build()) for build in (plain, inception, residual, unusual)}


def photos(model, n=3, seed=1):
    return np.random.default_rng(seed).normal(size=(n, *model.input_shape[1:])).astype("float32")


def outputs(model, images, name):
    """The output of a layer, as Keras finds it."""
    return np.asarray(keras.Model(model.inputs[0], model.get_layer(name).output)(images))


# Gradient of an output


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Conv2D(3, 3, strides=2, name="conv")])


def test_the_gradient_of_a_convolution_is_its_kernel_in_place(model):
    kernel = model.get_layer("conv").get_weights()[0]
    gradient = input_gradient(model, np.zeros((8, 8, 2)), (1, 2, 0))
    expected = np.zeros((8, 8, 2))
    expected[2:5, 4:7] = kernel[..., 0]
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_it_predicts_small_changes(model):
    rng = np.random.default_rng(0)
    image, change = rng.normal(size=(2, 8, 8, 2))
    kernel, bias = model.get_layer("conv").get_weights()
    gradient = input_gradient(model, image, (0, 0, 1))
    before, after = (conv2d(x, kernel, bias, strides=2)[0, 0, 1] for x in (image, image + change))
    assert np.sum(gradient * change) == pytest.approx(after - before, rel=1e-4)


@pytest.mark.parametrize(
    "image, unit, word",
    [
        (np.zeros((8, 8)), (0, 0, 0), "image"),
        (np.zeros((8, 9, 2)), (0, 0, 0), "image"),
        (np.full((8, 8, 2), np.nan), (0, 0, 0), "image"),
        ([[1], [1, 2]], (0, 0, 0), "image"),
        (np.zeros((8, 8, 2)), (0, 0), "unit"),
        (np.zeros((8, 8, 2)), (0, 3, 0), "unit"),
        (np.zeros((8, 8, 2)), (0, 0, 0.5), "unit"),
    ],
)
def test_bad_input_is_named(model, image, unit, word):
    with pytest.raises(ValueError, match=word):
        input_gradient(model, image, unit)


def test_an_int_names_one_of_a_list_of_scores():
    scores = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3, name="scores")])
    kernel = scores.get_layer("scores").get_weights()[0]
    np.testing.assert_allclose(input_gradient(scores, np.zeros((2, 2, 1)), 1).ravel(), kernel[:, 1], atol=1e-6)


# Feature maps


@pytest.mark.parametrize("name", ["plain", "inception", "residual", "unusual"])
def test_feature_maps_are_the_outputs_of_the_layers(models, name, monkeypatch):
    model = models[name]
    images = photos(model, 5)
    monkeypatch.setattr(interpret, "BATCH", 2 * images[0].size)  # three batches, the last one smaller
    maps = feature_maps(model, images)
    spatial = [layer for layer in model.layers if len(layer.output.shape) == 4]
    assert set(maps) == {layer.name for layer in spatial} - {"twice", model.layers[0].name} | (
        {"c1"} if name == "plain" else set()
    )
    for layer, stack in maps.items():
        np.testing.assert_allclose(stack, outputs(model, images, layer), atol=1e-5, err_msg=layer)


def test_layers_come_in_the_order_of_computation_or_as_asked(models):
    images = photos(models["plain"])
    assert list(feature_maps(models["plain"], images)) == ["c1", "p1", "c2", "p2"]
    chosen = feature_maps(models["plain"], images, ["scores", "c1"])
    assert list(chosen) == ["scores", "c1"]
    assert chosen["scores"].shape == (3, 4)
    assert list(feature_maps(models["plain"], images, "p2")) == ["p2"]


def test_bytes_are_images_too(models):
    images = np.random.default_rng(0).integers(0, 256, (2, 13, 12, 3), dtype="uint8")
    maps = feature_maps(models["plain"], images, "c2")["c2"]
    np.testing.assert_allclose(maps, outputs(models["plain"], images.astype("float32"), "c2"), rtol=1e-5)


def test_a_part_of_a_model_leads_to_the_layers_asked_for(models):
    part = up_to(models["plain"], ["p1", "f3"])
    assert [tuple(output.shape[1:]) for output in part.outputs] == [(5, 4, 6), (7,)]
    assert part.get_layer("c1") is models["plain"].get_layer("c1")
    assert up_to(models["plain"], "c2").output_shape == (None, 5, 4, 5)
    with pytest.raises(ValueError, match="model must be"):
        up_to(keras.Sequential([layers.Conv2D(1, 3, name="c1")]), "c1")


# Filters as pictures


def test_first_filters_keep_signs_and_proportions(models):
    kernel = models["plain"].get_layer("c1").get_weights()[0]
    pictures = first_filters(models["plain"])
    assert pictures.shape == (6, 3, 3, 3)
    largest = np.abs(kernel).max()
    for k in range(6):
        np.testing.assert_allclose((pictures[k] - 0.5) * 2 * largest, kernel[..., k], atol=1e-6)
    assert pictures.min() == 0 or pictures.max() == 1


def test_filters_of_two_channels_are_no_pictures(models):
    with pytest.raises(ValueError, match="'conv1' read 2 channels"):
        first_filters(models["residual"])


def test_a_model_without_convolution_has_no_filters():
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(name="flat")])
    with pytest.raises(ValueError, match=r"Conv2D.*flat"):
        first_filters(model)


def test_pictures_of_signals():
    np.testing.assert_allclose(to_picture([[-1.0, 0.0], [0.5, 0.25]]), [[0, 0.5], [0.75, 0.625]])
    np.testing.assert_allclose(to_picture([[0, 1], [4, 2]]), [[0.5, 0.625], [1, 0.75]])
    np.testing.assert_array_equal(to_picture(np.zeros((2, 3, 3))), np.full((2, 3, 3), 0.5))
    coloured = to_picture(np.array([[[1.0, -4.0, 2.0]]]))
    np.testing.assert_allclose(coloured, [[[0.625, 0, 0.75]]])
    with pytest.raises(ValueError, match="signal"):
        to_picture(np.zeros((2, 2, 2, 3)))


# Strongest patches


@pytest.mark.parametrize("name, layer", [("plain", "c2"), ("inception", "concat"), ("residual", "relu3")])
def test_top_patches_are_those_of_a_search_through_everything(models, name, layer, monkeypatch):
    model = models[name]
    images = photos(model, 20)
    monkeypatch.setattr(interpret, "BATCH", 7 * images[0].size)
    maps = outputs(model, images, layer)
    patches = top_patches(model, images, layer, count=4)
    assert list(patches) == list(range(maps.shape[-1]))
    known = feature_maps(model, images, layer)[layer]
    assert top_patches(model, images, layer, count=2, filters=[1], maps=known) == {1: patches[1][:2]}
    for f, found in patches.items():
        best = sorted(((maps[n, ..., f].max(), n) for n in range(20)), key=lambda pair: (-pair[0], pair[1]))[:4]
        assert [patch.image for patch in found] == [n for _, n in best]
        for patch, (value, n) in zip(found, best):
            assert patch.value == pytest.approx(value, rel=1e-5)
            assert maps[n, *patch.position, f] == maps[n, ..., f].max()
            assert patch.window == tuple(receptive_windows(up_to(model, layer), layer)[patch.position])


def test_a_patch_cuts_what_the_unit_sees(models):
    model = models["plain"]
    images = photos(model)
    patches = top_patches(model, images, "c1", filters=[2])
    assert list(patches) == [2]
    assert len(patches[2]) == 3  # there are no more images
    kernel, bias = model.get_layer("c1").get_weights()
    for patch in patches[2]:
        cut = patch.cut(images[patch.image])
        assert patch.value == pytest.approx(np.sum(cut * kernel[..., 2]) + bias[2], rel=1e-4)


def test_a_dense_unit_sees_the_whole_image(models):
    model = models["plain"]
    images = photos(model)
    (patch, *_) = top_patches(model, images, "scores", count=1, filters=[1])[1]
    scores = outputs(model, images, "scores")[:, 1]
    assert patch == Patch(int(scores.argmax()), (0, 0), pytest.approx(scores.max()), (0, 13, 0, 12))
    np.testing.assert_array_equal(patch.cut(images[patch.image]), images[patch.image])


def test_equal_images_come_in_their_order(models):
    images = np.repeat(photos(models["plain"], 1), 5, axis=0)
    for patches in top_patches(models["plain"], images, "p2", count=3).values():
        assert [patch.image for patch in patches] == [0, 1, 2]


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
    with pytest.raises(ValueError, match="size of the images"):
        receptive_windows(model, "conv")


def test_a_unit_in_the_padding_sees_nothing():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.ZeroPadding2D(3), layers.Conv2D(1, 2, name="conv")])
    top, bottom, left, right = receptive_windows(model, "conv")[0, 4]
    assert (bottom - top, left, right) == (0, 1, 3)


# Switches


@pytest.mark.parametrize("size, strides", [(2, None), (3, 2), ((2, 3), (3, 1)), (2, 3)])
def test_pooling_with_switches_is_pooling(size, strides):
    x = np.random.default_rng(0).normal(size=(9, 8))
    pooled, switches = pool_with_switches(x, size, strides)
    np.testing.assert_array_equal(pooled, pool2d(x, size, strides))
    np.testing.assert_array_equal(x.ravel()[switches], pooled)


def test_unpooling_by_hand():
    x = np.array([[1, 3, 2, 2], [0, 3, 2, 5], [4, 0, 0, 0], [0, 1, 0, 0]])
    pooled, switches = pool_with_switches(x)
    assert pooled.tolist() == [[3, 5], [4, 0]]
    assert switches.tolist() == [[1, 7], [8, 10]]  # the first of two threes, the first of four zeros
    back = unpool([[10, 20], [30, 40]], switches, x.shape)
    assert back.tolist() == [[0, 10, 0, 0], [0, 0, 0, 20], [30, 0, 40, 0], [0, 0, 0, 0]]


def test_values_of_overlapping_windows_add_up():
    pooled, switches = pool_with_switches([[0, 0, 0, 0, 0], [0, 0, 9, 0, 0], [0, 0, 0, 0, 0]], 3, 1)
    assert unpool(pooled, switches, (3, 5)).tolist() == [[0] * 5, [0, 0, 27, 0, 0], [0] * 5]


@pytest.mark.parametrize("size, strides", [(2, None), (3, 2)])
def test_deconvnet_unpools_with_the_switches(size, strides):
    """Ties included: a map after a ReLU is full of zeros."""
    rng = np.random.default_rng(0)
    image = np.maximum(rng.normal(-1.5, size=(9, 9, 1)), 0)
    model = keras.Sequential([keras.Input((9, 9, 1)), layers.MaxPooling2D(size, strides, name="pool")])
    pooled, switches = pool_with_switches(image[..., 0], size, strides)
    assert np.any(pooled == 0)
    for unit in np.ndindex(pooled.shape):
        signal = np.zeros_like(pooled)
        signal[unit] = 1
        projection = deconvnet(model, image, "pool", 0, unit, rule="gradient")
        np.testing.assert_array_equal(projection[..., 0], unpool(signal, switches, (9, 9)))


# Deconvnet


def transposed(signal, kernel, pad=0):
    """A transposed convolution of stride 1 by hand: the signal with zeros around it, filters flipped, roles swapped."""
    full = conv2d(signal, kernel[::-1, ::-1].swapaxes(2, 3), padding=kernel.shape[0] - 1)
    return full[pad : full.shape[0] - pad, pad : full.shape[1] - pad]


def unpooled(signal, maps, *pool):
    columns = [
        unpool(signal[..., k], pool_with_switches(maps[..., k], *pool)[1], maps.shape[:2]) for k in range(maps.shape[2])
    ]
    return np.stack(columns, axis=-1)


def rectified(signal, maps, rule):
    """The way back through the ReLU that made `maps`."""
    if rule in ("deconvnet", "guided"):
        signal = np.maximum(signal, 0)
    return signal if rule == "deconvnet" else signal * (maps > 0)


@pytest.mark.parametrize("rule", RULES)
def test_deconvnet_written_out_in_numpy(models, rule):
    model = models["plain"]
    (k1, b1), (k2, b2) = (model.get_layer(name).get_weights() for name in ("c1", "c2"))
    images = photos(model, 4)
    found = np.array([deconvnet(model, images, "c2", f, rule=rule) for f in range(5)])
    assert np.count_nonzero(found.any(axis=(2, 3, 4))) > 10
    for n, image in enumerate(images.astype(float)):
        c1 = np.maximum(conv2d(image, k1, b1), 0)
        c2 = np.maximum(conv2d(pool2d(c1, 3, 2), k2, b2, padding="same"), 0)
        for f in range(5):
            unit = np.unravel_index(c2[..., f].argmax(), c2.shape[:2])
            signal = np.zeros_like(c2)
            signal[(*unit, f)] = 1 if rule == "gradient" else c2[(*unit, f)]
            signal = transposed(rectified(signal, c2, rule), k2, pad=1)
            signal = transposed(rectified(unpooled(signal, c1, 3, 2), c1, rule), k1)
            np.testing.assert_allclose(found[f, n], signal, atol=1e-4)


@pytest.mark.parametrize("rule", RULES)
def test_signals_of_branches_add_up(rule):
    """A shortcut around a convolution, written out in NumPy."""
    image = keras.Input((6, 7, 2))
    a = layers.Conv2D(3, 3, activation="relu", use_bias=False, name="a")(image)
    b = layers.Conv2D(3, 3, padding="same", use_bias=False, name="b")(a)
    model = with_weights(keras.Model(image, layers.ReLU(name="sum")(layers.Add()([a, b]))))
    (kernel_a,), (kernel_b,) = (model.get_layer(name).get_weights() for name in "ab")
    (x,) = photos(model, 1).astype(float)
    a = np.maximum(conv2d(x, kernel_a), 0)
    maps = np.maximum(a + conv2d(a, kernel_b, padding="same"), 0)
    for f in range(3):
        signal = np.zeros_like(maps)
        signal[2, 1, f] = 1 if rule == "gradient" else maps[2, 1, f]
        signal = rectified(signal, maps, rule)
        expected = transposed(rectified(signal + transposed(signal, kernel_b, pad=1), a, rule), kernel_a)
        np.testing.assert_allclose(deconvnet(model, x, "sum", f, (2, 1), rule), expected, atol=1e-5)


def gradient_by_tensorflow(model, image, layer, unit):
    import tensorflow as tf

    part = keras.Model(model.inputs[0], model.get_layer(layer).output)

    @tf.function
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = part(x)[(0, *unit)]
        return tape.gradient(y, x)

    return gradient(tf.constant(image[None]))[0].numpy()


def compare_with_automatic_differentiation(model, layer, count=2):
    """For the strongest units of the strongest maps."""
    (image,) = photos(model, 1)
    maps = outputs(model, image[None], layer)[0]
    for f in np.argsort(maps.max(axis=tuple(range(maps.ndim - 1))))[-count:]:
        unit = np.unravel_index(maps[..., f].argmax(), maps.shape[:-1])
        expected = gradient_by_tensorflow(model, image, layer, (*unit, f))
        scale = np.abs(expected).max()
        assert scale > 0
        projection = deconvnet(model, image, layer, f, rule="gradient")
        np.testing.assert_allclose(projection / scale, expected / scale, atol=1e-5)


@pytest.mark.parametrize(
    "name, layer",
    [
        ("plain", "p2"),
        ("plain", "scores"),
        ("inception", "concat"),
        ("inception", "scores"),
        ("residual", "relu3"),
        ("residual", "scores"),
        ("unusual", "leaky"),
        ("unusual", "max"),
    ],
)
def test_the_gradient_rule_is_automatic_differentiation(models, name, layer):
    compare_with_automatic_differentiation(models[name], layer)


def test_mobilenet_with_its_limited_relus():
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNet((64, 64, 3), alpha=0.25, weights=None, classes=5)
    compare_with_automatic_differentiation(model, "predictions", count=1)
    image = 5 * photos(model, 1)[0]
    first = feature_maps(model, image[None], "conv1_relu")["conv1_relu"]
    assert np.any(first == 6)
    limited = int(first.max((0, 1, 2)).argmax())
    assert not np.any(deconvnet(model, image, "conv1_relu", limited, rule="guided"))
    assert np.any(deconvnet(model, image, "conv1_relu", limited))


@pytest.mark.parametrize("form", ["inside", "layer", "activation", "operation", "layer inside", "limited", "model"])
def test_a_relu_is_found_in_every_form(form):
    """All forms give one picture, and not that of the gradient. (The limit of the last form is out of reach.)"""
    image = keras.Input((6, 6, 1))
    inside = {"inside": "relu", "layer inside": layers.ReLU()}.get(form)
    x = layers.Conv2D(3, 3, activation=inside, name="conv")(image)
    after = {
        "layer": layers.ReLU(),
        "activation": layers.Activation("relu"),
        "operation": keras.ops.relu,
        "limited": layers.ReLU(1e6),
        "model": keras.Sequential([keras.Input((4, 4, 3)), layers.ReLU()]),
    }.get(form)
    x = after(x) if after else x
    model = with_weights(keras.Model(image, layers.Conv2D(1, 4, name="top")(x)))
    (k1, b1), (k2, b2) = (model.get_layer(name).get_weights() for name in ("conv", "top"))
    (x,) = photos(model, 1)
    value = (conv2d(np.maximum(conv2d(x, k1, b1), 0), k2, b2))[0, 0, 0]
    expected = transposed(np.maximum(value * k2[..., 0], 0), k1)
    np.testing.assert_allclose(deconvnet(model, x, "top", 0), expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(deconvnet(model, x, "top", 0, rule="gradient") * value, expected, atol=1e-2)


def test_a_leaky_relu_is_differentiated():
    for leaky in (layers.LeakyReLU(0.2), layers.ReLU(negative_slope=0.2)):
        model = keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(2, 3), leaky, layers.Conv2D(1, 3, name="top")])
        (x,) = photos(with_weights(model), 1)
        value = feature_maps(model, x[None], "top")["top"].item()
        expected = value * deconvnet(model, x, "top", 0, rule="gradient")
        np.testing.assert_allclose(deconvnet(model, x, "top", 0), expected, rtol=1e-4, atol=1e-6)


def test_response_normalisation_is_skipped_by_deconvnet_only(models):
    def build(*between):
        return keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(3, 3, name="conv"), *between])

    normalised, bare = with_weights(build(LocalResponseNormalization(name="lrn"))), with_weights(build())
    (x,) = photos(bare, 1)
    before, after = (feature_maps(m, x[None], m.layers[-1].name)[m.layers[-1].name] for m in (bare, normalised))
    pictures = {rule: deconvnet(normalised, x, "lrn", 1, (2, 0), rule) for rule in RULES}
    without = deconvnet(bare, x, "conv", 1, (2, 0)) / before[0, 2, 0, 1]
    np.testing.assert_allclose(pictures["deconvnet"], after[0, 2, 0, 1] * without, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(pictures["guided"], after[0, 2, 0, 1] * pictures["gradient"], rtol=1e-4, atol=1e-6)
    assert not np.allclose(pictures["guided"], pictures["deconvnet"], atol=1e-3)


@pytest.mark.parametrize("strides, padding, size", [(1, "valid", 7), (2, "valid", 7), (1, "same", 7), (2, "same", 8)])
def test_the_way_back_through_a_convolution_is_conv_transpose(strides, padding, size):
    model = keras.Sequential([keras.Input((size, size, 2)), layers.Conv2D(3, 3, strides, padding, name="conv")])
    kernel = with_weights(model).get_layer("conv").get_weights()[0]
    (image,) = photos(model, 1)
    signal = feature_maps(model, image[None], "conv")["conv"]
    signal[...] = signal * (np.arange(signal.size).reshape(signal.shape) == 25)
    _, row, column, f = np.argwhere(signal)[0]
    expected = keras.ops.conv_transpose(signal, kernel, strides, padding)
    np.testing.assert_allclose(deconvnet(model, image, "conv", f, (row, column)), expected[0], atol=1e-5)


def test_a_batch_holds_the_projections_of_its_images(models):
    model = models["residual"]
    images = photos(model, 4)
    maps = outputs(model, images, "relu1")[..., 2]
    strongest = [np.unravel_index(m.argmax(), m.shape) for m in maps]
    assert len(set(strongest)) > 1
    single = [deconvnet(model, x, "relu1", 2, unit) for x, unit in zip(images, strongest)]
    np.testing.assert_allclose(deconvnet(model, images, "relu1", 2), single, atol=1e-6)
    np.testing.assert_allclose(deconvnet(model, images, "relu1", 2, strongest), single, atol=1e-6)
    np.testing.assert_allclose(deconvnet(model, images, "relu1", np.int64(2), strongest[0])[0], single[0], atol=1e-6)
    assert np.any(single)


def test_patches_name_the_units_that_deconvnet_takes(models):
    model = models["plain"]
    images = photos(model, 6)
    strongest = int(outputs(model, images, "c2").max((0, 1, 2)).argmax())
    patches = top_patches(model, images, "c2", count=3)[strongest]
    chosen = images[[patch.image for patch in patches]]
    by_position = deconvnet(model, chosen, "c2", strongest, [patch.position for patch in patches])
    np.testing.assert_array_equal(by_position, deconvnet(model, chosen, "c2", strongest))
    for patch, projection in zip(patches, by_position):
        assert np.any(patch.cut(projection))
        patch.cut(projection)[...] = 0
        assert not np.any(projection)  # nothing outside the window


def test_the_model_is_left_as_it_was(models):
    for model in (models["plain"], models["unusual"]):
        before = [getattr(layer, "activation", None) for layer in model.layers]
        images = photos(model)
        scores, weights = np.asarray(model(images)), model.get_weights()
        deconvnet(model, images[0], model.layers[-1].name, 0)
        assert [getattr(layer, "activation", None) for layer in model.layers] == before
        np.testing.assert_array_equal(model(images), scores)
        for old, new in zip(weights, model.get_weights()):
            np.testing.assert_array_equal(old, new)


class Lopsided(layers.Layer):
    """A layer of one's own: no get_config, a weight, and its activation in the middle."""

    def __init__(self, activation, table):
        super().__init__(name="own")
        self.activation, self.table = activation, table

    def build(self, shape):
        self.scale = self.add_weight(name="kernel", shape=shape[-1:])

    def call(self, x):
        return 2 * self.activation(x * self.scale)


def test_a_layer_that_keras_cannot_copy_follows_the_rule_too():
    image = keras.Input((5, 5, 1))
    own = Lopsided(keras.activations.relu, np.zeros(3))
    model = with_weights(keras.Model(image, layers.Conv2D(1, 3, name="top")(own(layers.Conv2D(2, 3)(image)))))
    twin = keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(2, 3), layers.DepthwiseConv2D(1, use_bias=False)])
    for layer in (layers.ReLU(), layers.DepthwiseConv2D(1, use_bias=False), layers.Conv2D(1, 3, name="top")):
        twin.add(layer)
    (kernel, bias, scale, top, top_bias), two = model.get_weights(), np.full((1, 1, 2, 1), 2.0)
    twin.set_weights([kernel, bias, scale.reshape(1, 1, 2, 1), two, top, top_bias])
    (x,) = photos(model, 1)
    for rule in RULES:
        expected = deconvnet(twin, x, "top", 0, rule=rule)
        assert np.any(expected)
        np.testing.assert_allclose(deconvnet(model, x, "top", 0, rule=rule), expected, atol=1e-5)
    assert own.activation is keras.activations.relu


def test_no_weights_are_copied_and_nothing_is_added_to_the_model(models, monkeypatch):
    model = models["plain"]

    def refuse(*_, **__):
        raise AssertionError("a weight was made")

    monkeypatch.setattr(layers.Layer, "add_weight", refuse)
    calls = [len(layer._inbound_nodes) for layer in model.layers]
    for rule in RULES:
        deconvnet(model, photos(model)[0], "scores", 0, rule=rule)
    assert [len(layer._inbound_nodes) for layer in model.layers] == calls


def test_a_backend_without_a_way_back_is_refused(models, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ValueError, match="tensorflow or jax backend, got 'torch'"):
        input_gradient(models["plain"], np.zeros((13, 12, 3)), 0)


def test_an_unknown_operation_still_leaves_the_model_as_it_was(monkeypatch):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 3, activation="relu", name="conv")])
    conv = model.get_layer("conv")

    def fail(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr("utils.deconvnet._rectify_back", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        deconvnet(model, np.ones((4, 4, 1)), "conv", 0)
    assert conv.activation is keras.activations.relu


def test_tensorflow_has_nothing_to_complain_about(models, caplog, monkeypatch):
    """Such as functions compiled again and again, of which it warns twice in a process: here it has not warned yet."""
    compiler = importlib.import_module("tensorflow.python.eager.polymorphic_function.polymorphic_function")
    fresh = type(compiler._frequent_tracing_detector_manager)()
    monkeypatch.setattr(compiler, "_frequent_tracing_detector_manager", fresh)
    images = photos(models["plain"])
    logger = importlib.import_module("tensorflow").get_logger()
    logger.addHandler(caplog.handler)
    try:
        for f in range(5):
            for rule in RULES:
                deconvnet(models["plain"], images, "c2", f, rule=rule)
            feature_maps(models["plain"], images)
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.records == []


JAX = """
import sys
import numpy as np
import keras
from test_interpret import RULES, deconvnet, feature_maps, input_gradient, photos, small, top_patches, with_weights
assert keras.backend.backend() == "jax"
images = photos(model := with_weights(small()))
np.savez(
    sys.argv[1],
    **{rule: deconvnet(model, images, "concat", 1, rule=rule) for rule in RULES},
    maps=feature_maps(model, images, "concat")["concat"],
    windows=[patch.window for patch in top_patches(model, images, "concat")[1]],
    derivative=input_gradient(model, images[0], (1, 2, 0)),
)
"""


def test_jax_finds_the_same(tmp_path):
    model = with_weights(small())
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
    }
    command = [sys.executable, "-c", JAX, str(tmp_path / "found.npz")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "found.npz")
    images = photos(model)
    expected = {rule: deconvnet(model, images, "concat", 1, rule=rule) for rule in RULES}
    expected["maps"] = feature_maps(model, images, "concat")["concat"]
    expected["windows"] = [patch.window for patch in top_patches(model, images, "concat")[1]]
    expected["derivative"] = input_gradient(model, images[0], (1, 2, 0))
    assert set(found) == set(expected)
    for name in found:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-4, err_msg=name)
        assert np.any(found[name])


# Bad input

GOOD = dict(image=np.zeros((13, 12, 3)), layer="c2", filter_index=0)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(layer="c9"), ["layer must be", "'c9'", "c1, p1, c2"]),
        (dict(layer=2), ["layer must be", "2"]),
        (dict(filter_index=5), ["filter_index must be below 5", "'c2'"]),
        (dict(filter_index=-1), ["filter_index must be at least 0"]),
        (dict(filter_index=[1, 2]), ["filter_index must be a whole number"]),
        (dict(position=(0, 4)), ["position must lie inside", "5 x 4", "(0, 4)"]),
        (dict(position=3), ["position must be (row, column)"]),
        (dict(position=[(0, 0), (1, 1)]), ["for each of 1 images"]),
        (dict(position=(0, -1)), ["position must be at least 0"]),
        (dict(position=(0.0, 1)), ["position must be a whole number"]),
        (dict(position=[]), ["position must be"]),
        (dict(rule="backprop"), ["rule must be", "'backprop'", "guided"]),
        (dict(image=np.zeros((13, 12))), ["image must have shape"]),
        (dict(image=np.zeros((12, 13, 3))), ["(12, 13, 3)", "(13, 12, 3)"]),
        (dict(image=np.full((13, 12, 3), np.inf)), ["image contains"]),
    ],
)
def test_deconvnet_refuses(models, wrong, words):
    with pytest.raises(ValueError) as error:
        deconvnet(models["plain"], **(GOOD | wrong))
    for word in words:
        assert word in str(error.value)


def test_feature_maps_and_patches_refuse(models):
    model, images = models["unusual"], photos(models["unusual"])
    with pytest.raises(ValueError, match=r"layer must be .*'conv'.*depthwise, groups"):
        feature_maps(model, images, ["groups", "conv"])
    with pytest.raises(ValueError, match="layers must name at least one layer"):
        feature_maps(model, images, [])
    with pytest.raises(ValueError, match="'twice' is used 2 times"):
        feature_maps(model, images, "twice")
    with pytest.raises(ValueError, match="images must have shape"):
        feature_maps(model, images[0])
    with pytest.raises(ValueError, match="images must have the size"):
        feature_maps(model, images[:, 1:])
    with pytest.raises(ValueError, match="count must be at least 1"):
        top_patches(model, images, "groups", count=0)
    with pytest.raises(ValueError, match="filter must be below 4"):
        top_patches(model, images, "groups", filters=[0, 4])
    with pytest.raises(ValueError, match="maps must be what layer 'groups' makes"):
        top_patches(model, images, "groups", maps=np.zeros((len(images), 2, 2, 4)))


def test_models_of_other_kinds_are_refused():
    two = keras.Model([a := keras.Input((4, 4, 1)), b := keras.Input((4, 4, 1))], layers.Add()([a, b]))
    unknown = keras.Sequential([layers.Conv2D(1, 3)])
    for model in (two, unknown, "model"):
        with pytest.raises(ValueError, match="model must be"):
            feature_maps(model, np.zeros((1, 4, 4, 1)))
    with pytest.raises(ValueError, match="model must be"):
        first_filters(unknown)
    first = keras.Sequential([keras.Input((3, 4, 4)), layers.Conv2D(1, 3, data_format="channels_first", name="conv")])
    with pytest.raises(ValueError, match="'conv' puts the channels first"):
        feature_maps(first, np.zeros((1, 3, 4, 4)))
    series = keras.Sequential([keras.Input((8, 2)), layers.Conv1D(3, 3, name="conv")])
    with pytest.raises(ValueError, match="the model reads"):
        feature_maps(series, np.zeros((1, 8, 2, 1)))
    tokens = keras.Sequential([keras.Input((4, 4, 2)), layers.Reshape((16, 2), name="tokens")])
    for call in (deconvnet, lambda *a: top_patches(*a[:-1], filters=[a[-1]])):
        with pytest.raises(ValueError, match="layer 'tokens' must make maps"):
            call(tokens, np.zeros((1, 4, 4, 2)), "tokens", 0)


@pytest.mark.parametrize(
    "call, word",
    [
        (lambda: pool_with_switches(np.zeros((2, 2, 1))), "x must have shape"),
        (lambda: pool_with_switches(np.zeros((2, 2)), 3), "pool_size"),
        (lambda: pool_with_switches(np.zeros((2, 2)), 2, 0), "strides"),
        (lambda: unpool([[1.0]], [[0, 1]], (2, 2)), "shape of pooled"),
        (lambda: unpool([[1.0]], [[4]], (2, 2)), "switches must be numbers of pixels"),
        (lambda: unpool([[1.0]], [[-1]], (2, 2)), "switches must be numbers of pixels"),
        (lambda: unpool([[1.0]], [[0.0]], (2, 2)), "switches must be numbers of pixels"),
        (lambda: unpool([[1.0]], [[0]], (2, 2, 1)), "shape must be"),
    ],
)
def test_bad_switches_are_refused(call, word):
    with pytest.raises(ValueError, match=word):
        call()
