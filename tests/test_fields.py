"""What is inside a layer: the fields of utils.fields and the rule of utils.deconvnet against gradients and twins."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from tests.helpers import refuses
from tests.networks import fill, photos
from utils.architecture import layer_table, receptive_field, receptive_windows
from utils.deconvnet import deconvnet, unpool
from utils.graph import inside, keras_type
from utils.interpret import input_gradient

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")


class Own(layers.Layer):
    """A layer of one's own around a function and other layers."""

    def __init__(self, function, *inner, **kwargs):
        super().__init__(**kwargs)
        self.function, self.inner = function, list(inner)

    def call(self, x):
        return self.function(x, *self.inner)


class Renamed(layers.Conv2D):
    """Only prepares a convolution in its own way."""

    def __init__(self, filters):
        super().__init__(filters, 3, padding="same")


class Overridden(layers.Conv2D):
    """Reads more than its kernel_size says."""

    def call(self, x):
        return super().call(ops.roll(x, 2, axis=1))


def conv(size, **arguments):
    return layers.Conv2D(3, size, padding="same", **arguments)


def model_of(layer):
    image = keras.Input((12, 12, 3))
    return keras.Model(image, layer(image))


@pytest.mark.parametrize(
    "layer, size",
    [
        (lambda: layers.SpectralNormalization(conv(5)), 5),
        (lambda: Own(lambda x, a, b: ops.relu(b(a(x)) + x), conv(3), conv(3)), 5),
        (lambda: layers.Lambda(lambda x: 2 * x), 1),
        (lambda: Own(lambda x, inner: inner(x), Own(lambda x, inner: inner(x) ** 2, conv((1, 3)))), (1, 3)),
        (lambda: Renamed(3), 3),
        (lambda: conv(3, activation=lambda x: ops.tanh(2 * x)), 3),
        (lambda: lambda x: layers.Identity()(x[..., :1] * x / ops.sum(x**2, axis=-1, keepdims=True)), 1),
        (layers.UnitNormalization, 1),
    ],
    ids=["spectral", "residual", "lambda", "nested", "subclass", "activation", "operations", "normalisation"],
)
def test_the_inside_of_a_layer_counts(layer, size):
    keras.utils.set_random_seed(0)
    model = model_of(layer())
    assert receptive_field(model) == receptive_field(model, verify=True) == size
    seen = np.argwhere(np.abs(input_gradient(model, photos(model, 1)[0] ** 2 + 0.1, (6, 6, 0))).max(axis=2) > 1e-9)
    window = receptive_windows(model, model.layers[-1].name)[6, 6] if model.layers[1:] else [6, 7, 6, 7]
    assert np.ravel([seen.min(axis=0), seen.max(axis=0) + 1]).tolist() == [window[i] for i in (0, 2, 1, 3)]


@pytest.mark.parametrize(
    "layer",
    [
        lambda: Own(lambda x: ops.roll(x, 3, axis=1)),
        lambda: layers.Lambda(lambda x: ops.flip(x, axis=2)),
        lambda: layers.Activation(lambda x: ops.cumsum(x, axis=1)),
        lambda: conv(1, activation=lambda x: ops.flip(x, axis=1)),
        lambda: conv(1, activation=layers.DepthwiseConv2D(3, padding="same")),
        lambda: conv(1, activation=keras.Sequential([layers.ReLU(), layers.DepthwiseConv2D(3, padding="same")])),
        lambda: conv(1, activation=lambda x: layers.AveragePooling2D(3, 1, "same")(ops.relu(x))),
        lambda: conv(1, activation=lambda x: ops.relu(layers.MaxPooling2D(2, 1, "same")(ops.relu(x)))),
        lambda: layers.UnitNormalization(axis=1),
        lambda: layers.RMSNormalization(axis=1),
        lambda: layers.BatchNormalization(axis=1),
        layers.RandomFlip,
        lambda: layers.RandomTranslation(0.2, 0.2),
        lambda: layers.EinsumDense("bhwc,wk->bhkc", output_shape=(12, 12, 3)),
        lambda: layers.Reshape((12, 12, 3)),
        lambda: Overridden(3, 3, padding="same"),
        lambda: lambda x: ops.sort(x, axis=1),
        lambda: lambda x: ops.transpose(x, (0, 2, 1, 3)),
        lambda: lambda x: x[:, ::-1],
        lambda: lambda x: x - ops.mean(x, axis=(1, 2), keepdims=True),
        lambda: Own(lambda x: x + np.asarray(x).sum() if not isinstance(x, keras.KerasTensor) else {}[0]),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_is_not_known_to_work_pixel_by_pixel_is_refused_by_name(layer):
    layer = layer()
    image = keras.Input((12, 12, 3))
    if isinstance(layer, Own) and layer.function.__code__.co_consts[-1:] == (0,):
        layer.compute_output_spec = lambda x: keras.KerasTensor(x.shape)  # it cannot be called with symbols
    model = keras.Model(image, layer(image))
    name = layer.name if isinstance(layer, layers.Layer) else "layer '"
    for function in (receptive_field, layer_table):
        refuses(lambda: function(model), name, "receptive field is not known", "utils.fields")


class Says(Own):
    sees = "pixel"

    def call(self, x):
        return ops.einsum("bhwc,cd->bhwd", x, ops.ones((3, 3)))


class SaysNoMore(Says):
    def call(self, x):
        return ops.roll(x, 1, axis=1)


def test_a_layer_can_say_what_it_sees_but_not_for_another_call():
    assert receptive_field(model_of(Says(None)), verify=True) == 1
    refuses(lambda: receptive_field(model_of(SaysNoMore(None))), "says_no_more", "holds 'roll", "not known")
    wrong = Own(lambda x: x)
    wrong.sees = "all"
    refuses(lambda: receptive_field(model_of(wrong)), wrong.name, '"pixel" or "window"', "'all'")


@pytest.mark.parametrize("move", [lambda x: ops.roll(x, 2, axis=1), lambda x: ops.flip(x, axis=2), ops.cumsum])
def test_verification_finds_a_layer_that_says_the_wrong_thing(move):
    layer = Own(move if move is not ops.cumsum else lambda x: ops.cumsum(x, axis=1), name="own")
    layer.sees = "pixel"
    model = model_of(layer)
    assert receptive_field(model) == 1
    refuses(lambda: receptive_field(model, verify=True), "layer 'own'", "should see the pixels", "gradient reaches")


def test_without_a_gradient_nothing_is_verified():
    model = model_of(lambda x: ops.sign(x))
    refuses(lambda: receptive_field(model_of(layers.Lambda(ops.sign)), verify=True), "no gradient")
    assert model.output_shape == (None, 12, 12, 3)


def test_one_receptive_field_cannot_describe_two_images():
    images = [keras.Input((12, 12, 3)), keras.Input((12, 12, 3))]
    model = keras.Model(images, layers.Add()([conv(3)(images[0]), conv(5)(images[1])]))
    refuses(lambda: receptive_field(model), "model must read one batch of images", "2 inputs")


@pytest.mark.parametrize(
    "shape, layer, field, products",
    [
        ((100, 1), layers.Conv1D(4, 3), None, 98 * 12),
        ((100, 1), layers.MaxPooling1D(2), None, 0),
        ((8, 8, 8, 1), layers.Conv3D(4, 3), None, 6**3 * 27 * 4),
        ((5, 9, 9, 1), layers.TimeDistributed(layers.Conv2D(4, 3)), None, None),
        ((10, 4), layers.LSTM(4), "all", None),
        ((5, 4), layers.TimeDistributed(layers.Dense(3)), None, None),
        ((9, 9, 3), layers.SpectralNormalization(layers.Conv2D(4, 3)), 3, 49 * 27 * 4),
    ],
)
def test_tables_of_other_layers_are_right_or_say_nothing(shape, layer, field, products):
    row = layer_table(keras.Sequential([keras.Input(shape), layer])).iloc[-1]
    assert (row["receptive field"], row["multiply-adds"]) == (field, products)


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize(
    "inner",
    [
        lambda: [Own(lambda x, inner: inner(x), conv(3, activation="relu"))],
        lambda: [layers.SpectralNormalization(conv(3, activation="relu"))],
        lambda: [conv(3), layers.Lambda(lambda x: ops.relu(x))],
        lambda: [conv(3, activation=lambda x: ops.maximum(x, 0))],
        lambda: [conv(3), layers.LeakyReLU(negative_slope=0.0)],
        lambda: [conv(3), Own(lambda x: ops.maximum(x, 0))],
    ],
    ids=["own", "spectral", "lambda", "activation", "leaky", "maximum"],
)
def test_the_rule_reaches_a_relu_inside(inner, rule):
    def build(*parts):
        return keras.Sequential([keras.Input((8, 8, 3)), *parts, layers.Conv2D(2, 3, name="out")])

    twin, model = fill(build(conv(3, activation="relu"))), build(*inner())
    kernels = [weight for weight in model.weights if weight.name in ("kernel", "bias")]
    for weight, value in zip(kernels, twin.get_weights(), strict=True):
        weight.assign(value)
    image = photos(twin, 1)[0]
    nodes = [len(layer._inbound_nodes) for layer in model._flatten_layers()]
    found, expected = (deconvnet(m, image, "out", 0, (2, 3), rule) for m in (model, twin))
    assert np.any(expected)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert [len(layer._inbound_nodes) for layer in model._flatten_layers()] == nodes


def test_a_layer_that_hides_what_it_does_is_refused_by_the_rules():
    def hidden(x):
        if isinstance(x, keras.KerasTensor):
            raise TypeError("needs numbers")
        return ops.relu(x)

    layer = Own(hidden, name="hidden")
    layer.compute_output_spec = lambda x: keras.KerasTensor(x.shape, x.dtype)
    model, image = model_of(layer), np.ones((12, 12, 3))
    for rule in ("deconvnet", "guided"):
        refuses(lambda: deconvnet(model, image, "hidden", 0, rule=rule), "layer 'hidden'", "keras.ops", '"gradient"')
    assert np.any(deconvnet(model, image, "hidden", 0, rule="gradient"))
    assert inside(hidden, keras.Input((2,))) is None


def test_types_are_those_that_compute():
    assert [keras_type(layer) for layer in (conv(1), Renamed(1), Overridden(1, 1), Own(None))] == [
        *("Conv2D", "Conv2D", None, None)
    ]


@pytest.mark.parametrize("dtype, value", [("uint8", 200), ("int8", 100), ("float16", 6e4), ("bool", True)])
def test_unpooling_does_not_wrap_around(dtype, value):
    back = unpool(np.full((2, 2), value, dtype), np.zeros((2, 2), int), (3, 3))
    assert back[0, 0] == 4 * float(np.array(value, dtype)) and back.sum() == back[0, 0]
