"""The way back through a network: by hand, by automatic differentiation, and what it refuses."""

import importlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests import networks
from tests.helpers import refuses
from tests.networks import fill, filled, inception, output_of, photos, plain, residual, unusual
from utils.convolution import conv2d, pool2d
from utils.deconvnet import RULES, deconvnet, pool_with_switches, unpool
from utils.interpret import feature_maps, top_patches

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")


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
def test_deconvnet_written_out_in_numpy(rule):
    model = filled(plain)
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
    model = fill(keras.Model(image, layers.ReLU(name="sum")(layers.Add()([a, b]))))
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
    maps = output_of(layer, model, image[None])[0]
    for f in np.argsort(maps.max(axis=tuple(range(maps.ndim - 1))))[-count:]:
        unit = np.unravel_index(maps[..., f].argmax(), maps.shape[:-1])
        expected = gradient_by_tensorflow(model, image, layer, (*unit, f))
        scale = np.abs(expected).max()
        assert scale > 0
        projection = deconvnet(model, image, layer, f, rule="gradient")
        np.testing.assert_allclose(projection / scale, expected / scale, atol=1e-5)


@pytest.mark.parametrize(
    "build, layer",
    [
        (plain, "p2"),
        (plain, "scores"),
        (inception, "concat"),
        (inception, "scores"),
        (residual, "relu3"),
        (residual, "scores"),
        (unusual, "leaky"),
        (unusual, "max"),
    ],
)
def test_the_gradient_rule_is_automatic_differentiation(build, layer):
    compare_with_automatic_differentiation(filled(build), layer)


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
    model = fill(keras.Model(image, layers.Conv2D(1, 4, name="top")(x)))
    (k1, b1), (k2, b2) = (model.get_layer(name).get_weights() for name in ("conv", "top"))
    (x,) = photos(model, 1)
    value = (conv2d(np.maximum(conv2d(x, k1, b1), 0), k2, b2))[0, 0, 0]
    expected = transposed(np.maximum(value * k2[..., 0], 0), k1)
    np.testing.assert_allclose(deconvnet(model, x, "top", 0), expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(deconvnet(model, x, "top", 0, rule="gradient") * value, expected, atol=1e-2)


@pytest.mark.parametrize(
    "activation",
    [
        layers.LeakyReLU(0.2),
        layers.ReLU(negative_slope=0.2),
        lambda maps: keras.ops.maximum(maps, 0.3),
        lambda maps: keras.ops.maximum(maps, -0.3),
        lambda maps: keras.ops.maximum(maps, -maps),
        lambda maps: keras.ops.maximum(maps, np.array([0.0, 0.4], "float32")),
        lambda maps: keras.ops.minimum(maps, 0),
    ],
    ids=["LeakyReLU", "ReLU", "above", "below", "of two maps", "of two numbers", "minimum"],
)
def test_what_is_almost_a_relu_is_differentiated(activation):
    image = keras.Input((5, 5, 1))
    maps = activation(layers.Conv2D(2, 3)(image))
    model = fill(keras.Model(image, layers.Conv2D(1, 3, name="top")(maps)))
    (x,) = photos(model, 1)
    value = feature_maps(model, x[None], "top")["top"].item()
    expected = value * deconvnet(model, x, "top", 0, rule="gradient")
    assert np.any(expected)
    np.testing.assert_allclose(deconvnet(model, x, "top", 0), expected, rtol=1e-4, atol=1e-6)


def test_response_normalisation_is_skipped_by_deconvnet_only():
    def build(*between):
        return keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(3, 3, name="conv"), *between])

    normalised, bare = fill(build(networks.LocalResponseNormalization(name="lrn"))), fill(build())
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
    kernel = fill(model).get_layer("conv").get_weights()[0]
    (image,) = photos(model, 1)
    signal = feature_maps(model, image[None], "conv")["conv"]
    signal[...] = signal * (np.arange(signal.size).reshape(signal.shape) == 25)
    _, row, column, f = np.argwhere(signal)[0]
    expected = keras.ops.conv_transpose(signal, kernel, strides, padding)
    np.testing.assert_allclose(deconvnet(model, image, "conv", f, (row, column)), expected[0], atol=1e-5)


def test_a_batch_holds_the_projections_of_its_images():
    model = filled(residual)
    images = photos(model, 4)
    maps = output_of("relu1", model, images)[..., 2]
    strongest = [np.unravel_index(m.argmax(), m.shape) for m in maps]
    assert len(set(strongest)) > 1
    single = [deconvnet(model, x, "relu1", 2, unit) for x, unit in zip(images, strongest)]
    np.testing.assert_allclose(deconvnet(model, images, "relu1", 2), single, atol=1e-6)
    np.testing.assert_allclose(deconvnet(model, images, "relu1", 2, strongest), single, atol=1e-6)
    np.testing.assert_allclose(deconvnet(model, images, "relu1", np.int64(2), strongest[0])[0], single[0], atol=1e-6)
    assert np.any(single)


def test_patches_name_the_units_that_deconvnet_takes():
    model = filled(plain)
    images = photos(model, 6)
    strongest = int(output_of("c2", model, images).max((0, 1, 2)).argmax())
    patches = top_patches(model, images, "c2", count=3)[strongest]
    chosen = images[[patch.image for patch in patches]]
    by_position = deconvnet(model, chosen, "c2", strongest, [patch.position for patch in patches])
    np.testing.assert_array_equal(by_position, deconvnet(model, chosen, "c2", strongest))
    for patch, projection in zip(patches, by_position):
        assert np.any(patch.cut(projection))
        patch.cut(projection)[...] = 0
        assert not np.any(projection)  # nothing outside the window


def test_the_model_is_left_as_it_was():
    for model in (filled(plain), filled(unusual)):
        before = [getattr(layer, "activation", None) for layer in model.layers]
        images = photos(model)
        scores, weights = keras.ops.convert_to_numpy(model(images)), model.get_weights()
        deconvnet(model, images[0], model.layers[-1].name, 0)
        assert [getattr(layer, "activation", None) for layer in model.layers] == before
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(images)), scores)
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
    model = fill(keras.Model(image, layers.Conv2D(1, 3, name="top")(own(layers.Conv2D(2, 3)(image)))))
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


def test_no_weights_are_copied_and_nothing_is_added_to_the_model(monkeypatch):
    model = filled(plain)

    def refuse(*_, **__):
        raise AssertionError("a weight was made")

    monkeypatch.setattr(layers.Layer, "add_weight", refuse)
    calls = [len(layer._inbound_nodes) for layer in model.layers]
    for rule in RULES:
        deconvnet(model, photos(model)[0], "scores", 0, rule=rule)
    assert [len(layer._inbound_nodes) for layer in model.layers] == calls


def test_an_unknown_operation_still_leaves_the_model_as_it_was(monkeypatch):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 3, activation="relu", name="conv")])
    conv = model.get_layer("conv")

    def fail(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr("utils.deconvnet._rectify_back", fail)
    refuses(lambda: deconvnet(model, np.ones((4, 4, 1)), "conv", 0), "out of memory", error=RuntimeError)
    assert conv.activation is keras.activations.relu


def test_tensorflow_has_nothing_to_complain_about(caplog, monkeypatch):
    """Such as functions compiled again and again, of which it warns twice in a process: here it has not warned yet."""
    compiler = importlib.import_module("tensorflow.python.eager.polymorphic_function.polymorphic_function")
    fresh = type(compiler._frequent_tracing_detector_manager)()
    monkeypatch.setattr(compiler, "_frequent_tracing_detector_manager", fresh)
    images = photos(filled(plain))
    logger = tf.get_logger()
    logger.addHandler(caplog.handler)
    try:
        for f in range(5):
            for rule in RULES:
                deconvnet(filled(plain), images, "c2", f, rule=rule)
            feature_maps(filled(plain), images)
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.records == []


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
def test_deconvnet_refuses(wrong, words):
    refuses(lambda: deconvnet(filled(plain), **(GOOD | wrong)), *words)


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
    refuses(lambda: call(), word)
