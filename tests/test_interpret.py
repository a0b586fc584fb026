"""Looking into networks: every answer against one found another way."""

import functools

import keras
import numpy as np
import pytest
from keras import layers

from tests.helpers import refuses
from tests.networks import fill, filled, inception, output_of, photos, plain, residual, unusual
from utils import interpret
from utils.architecture import receptive_windows
from utils.convolution import conv2d
from utils.deconvnet import deconvnet
from utils.graph import up_to
from utils.interpret import Patch, feature_maps, first_filters, input_gradient, to_picture, top_patches

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")


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
    refuses(lambda: input_gradient(model, image, unit), word)


def test_an_int_names_one_of_a_list_of_scores():
    scores = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3, name="scores")])
    kernel = scores.get_layer("scores").get_weights()[0]
    np.testing.assert_allclose(input_gradient(scores, np.zeros((2, 2, 1)), 1).ravel(), kernel[:, 1], atol=1e-6)


# Feature maps


@pytest.mark.parametrize("build", [plain, inception, residual, unusual])
def test_feature_maps_are_the_outputs_of_the_layers(build, monkeypatch):
    model = filled(build)
    images = photos(model, 5)
    monkeypatch.setattr(interpret, "BATCH", 2 * images[0].size)  # three batches, the last one smaller
    maps = feature_maps(model, images)
    spatial = [layer for layer in model.layers if len(layer.output.shape) == 4]
    assert set(maps) == {layer.name for layer in spatial} - {"twice", model.layers[0].name} | (
        {"c1"} if build is plain else set()
    )
    for layer, stack in maps.items():
        np.testing.assert_allclose(stack, output_of(layer, model, images), atol=1e-5, err_msg=layer)


def test_layers_come_in_the_order_of_computation_or_as_asked():
    images = photos(filled(plain))
    assert list(feature_maps(filled(plain), images)) == ["c1", "p1", "c2", "p2"]
    chosen = feature_maps(filled(plain), images, ["scores", "c1"])
    assert list(chosen) == ["scores", "c1"]
    assert chosen["scores"].shape == (3, 4)
    assert list(feature_maps(filled(plain), images, "p2")) == ["p2"]


def test_bytes_are_images_too():
    images = np.random.default_rng(0).integers(0, 256, (2, 13, 12, 3), dtype="uint8")
    maps = feature_maps(filled(plain), images, "c2")["c2"]
    np.testing.assert_allclose(maps, output_of("c2", filled(plain), images.astype("float32")), rtol=1e-5)


def test_a_part_of_a_model_leads_to_the_layers_asked_for():
    part = up_to(filled(plain), ["p1", "f3"])
    assert [tuple(output.shape[1:]) for output in part.outputs] == [(5, 4, 6), (7,)]
    assert part.get_layer("c1") is filled(plain).get_layer("c1")
    assert up_to(filled(plain), "c2").output_shape == (None, 5, 4, 5)
    refuses(lambda: up_to(keras.Sequential([layers.Conv2D(1, 3, name="c1")]), "c1"), "model must be")


# Filters as pictures


def test_first_filters_keep_signs_and_proportions():
    kernel = filled(plain).get_layer("c1").get_weights()[0]
    pictures = first_filters(filled(plain))
    assert pictures.shape == (6, 3, 3, 3)
    largest = np.abs(kernel).max()
    for k in range(6):
        np.testing.assert_allclose((pictures[k] - 0.5) * 2 * largest, kernel[..., k], atol=1e-6)
    assert pictures.min() == 0 or pictures.max() == 1


def test_filters_of_two_channels_are_no_pictures():
    refuses(lambda: first_filters(filled(residual)), "'conv1' read 2 channels")


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
    refuses(lambda: to_picture(np.zeros((2, 2, 2, 3))), "signal")


@pytest.mark.parametrize(
    "dtype, low, high",
    [("int8", -128, 127), ("uint8", 0, 200), ("int16", -32768, 20000), ("float16", 40000, -60000), (bool, 0, 1)],
)
def test_small_types_make_the_pictures_of_their_numbers(dtype, low, high):
    signal = np.array([[low, high], [high, 0]], dtype)
    expected = [[0.5 + v / (2 * max(abs(low), abs(high))) for v in row] for row in ((low, high), (high, 0))]
    np.testing.assert_allclose(to_picture(signal), expected, rtol=1e-6)


@pytest.mark.parametrize("peak", [1.7e308, -1.7e308, 5e-324, np.iinfo("int64").min])
def test_the_largest_and_smallest_numbers_have_pictures(peak):
    np.testing.assert_array_equal(to_picture(np.array([[peak, 0]])), [[float(peak > 0), 0.5]])


# Strongest patches


@pytest.mark.parametrize("build, layer", [(plain, "c2"), (inception, "concat"), (residual, "relu3")])
def test_top_patches_are_those_of_a_search_through_everything(build, layer, monkeypatch):
    model = filled(build)
    images = photos(model, 20)
    monkeypatch.setattr(interpret, "BATCH", 7 * images[0].size)
    maps = output_of(layer, model, images)
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


def test_a_patch_cuts_what_the_unit_sees():
    model = filled(plain)
    images = photos(model)
    patches = top_patches(model, images, "c1", filters=[2])
    assert list(patches) == [2]
    assert len(patches[2]) == 3  # there are no more images
    kernel, bias = model.get_layer("c1").get_weights()
    for patch in patches[2]:
        cut = patch.cut(images[patch.image])
        assert patch.value == pytest.approx(np.sum(cut * kernel[..., 2]) + bias[2], rel=1e-4)


def test_a_dense_unit_sees_the_whole_image():
    model = filled(plain)
    images = photos(model)
    (patch, *_) = top_patches(model, images, "scores", count=1, filters=[1])[1]
    scores = output_of("scores", model, images)[:, 1]
    assert patch == Patch(int(scores.argmax()), (0, 0), pytest.approx(scores.max()), (0, 13, 0, 12))
    np.testing.assert_array_equal(patch.cut(images[patch.image]), images[patch.image])


def test_equal_images_come_in_their_order():
    images = np.repeat(photos(filled(plain), 1), 5, axis=0)
    for patches in top_patches(filled(plain), images, "p2", count=3).values():
        assert [patch.image for patch in patches] == [0, 1, 2]


def test_a_backend_without_a_way_back_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    refuses(lambda: input_gradient(filled(plain), np.zeros((13, 12, 3)), 0), "jax or torch backend, got 'numpy'")


# Bad input


def test_feature_maps_and_patches_refuse():
    model, images = filled(unusual), photos(filled(unusual))
    with pytest.raises(ValueError, match=r"layer must be .*'conv'.*depthwise, groups"):
        feature_maps(model, images, ["groups", "conv"])
    refuses(lambda: feature_maps(model, images, []), "layers must name at least one layer")
    refuses(lambda: feature_maps(model, images, "twice"), "'twice' is used 2 times")
    refuses(lambda: feature_maps(model, images[0]), "images must have shape")
    refuses(lambda: feature_maps(model, images[:, 1:]), "images must have the size")
    refuses(lambda: top_patches(model, images, "groups", count=0), "count must be at least 1")
    refuses(lambda: top_patches(model, images, "groups", filters=[0, 4]), "filter must be below 4")
    with pytest.raises(ValueError, match="maps must be what layer 'groups' makes"):
        top_patches(model, images, "groups", maps=np.zeros((len(images), 2, 2, 4)))


def test_models_of_other_kinds_are_refused():
    two = keras.Model([a := keras.Input((4, 4, 1)), b := keras.Input((4, 4, 1))], layers.Add()([a, b]))
    unknown = keras.Sequential([layers.Conv2D(1, 3)])
    for model in (two, unknown, "model"):
        refuses(lambda: feature_maps(model, np.zeros((1, 4, 4, 1))), "model must be")
    refuses(lambda: first_filters(unknown), "model must be")
    first = keras.Sequential([keras.Input((3, 4, 4)), layers.Conv2D(1, 3, data_format="channels_first", name="conv")])
    refuses(lambda: feature_maps(first, np.zeros((1, 3, 4, 4))), "'conv' puts the channels first")
    series = keras.Sequential([keras.Input((8, 2)), layers.Conv1D(3, 3, name="conv")])
    refuses(lambda: feature_maps(series, np.zeros((1, 8, 2, 1))), "the model reads")
    tokens = keras.Sequential([keras.Input((4, 4, 2)), layers.Reshape((16, 2), name="tokens")])
    for call in (deconvnet, lambda *a: top_patches(*a[:-1], filters=[a[-1]])):
        refuses(lambda: call(tokens, np.zeros((1, 4, 4, 2)), "tokens", 0), "layer 'tokens' must make maps")


# Precision, several outputs, numbers that are none


def two_layers():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu", name="c1"),
            layers.Conv2D(4, 3, name="c2"),
        ]
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"])
def test_in_every_precision_nearly_what_float32_gives(policy):
    exact = fill(two_layers())
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        model = two_layers()
    finally:
        keras.config.set_dtype_policy(before)
    model.set_weights(exact.get_weights())
    image = photos(exact, 1)[0]
    for function in (
        lambda model: input_gradient(model, image, (1, 1, 0)),
        lambda model: feature_maps(model, image[None])["c2"],
        first_filters,
    ):
        found, expected = function(model), function(exact)
        assert np.asarray(found).dtype in ("float32", "float64")
        np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())


def test_one_output_in_a_list_or_dict_is_one_output():
    image, x = keras.Input((None, None, 3)), photos(plain_of_one(), 1)[0]
    expected = input_gradient(plain_of_one(), x, (1, 1, 0))
    maps = plain_of_one()(image)
    for outputs in (maps, [maps], {"maps": maps}):
        np.testing.assert_allclose(input_gradient(keras.Model(image, outputs), x, (1, 1, 0)), expected, rtol=1e-5)
    both = keras.Model(image, [maps, layers.ReLU()(maps)])
    refuses(lambda: input_gradient(both, x, (1, 1, 0)), "model must have one output, got 2", "up_to(model, layer)")


@functools.cache
def plain_of_one():
    return fill(keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3, name="c1")]))


def test_what_has_no_derivative():
    image, x = keras.Input((8, 8, 3)), photos(plain_of_one(), 1)[0]
    refuses(lambda: input_gradient(keras.Model(image, keras.ops.argmax(image, -1)), x, (0, 0)), "differentiable", "int")
    np.testing.assert_array_equal(input_gradient(keras.Model(image, keras.ops.zeros_like(image)), x, (0, 0, 0)), 0)


@pytest.mark.parametrize("pixel, word", [(3e38, "layer 'c1' gives NaN or infinity"), (1e300, "float32 can hold")])
def test_numbers_beyond_float32_are_refused(pixel, word):
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(1, 3, kernel_initializer="ones", name="c1")])
    images = np.full((2, 8, 8, 3), pixel)
    refuses(lambda: feature_maps(model, images), word)
    refuses(lambda: top_patches(model, images, "c1"), word)


def test_weights_and_maps_that_are_no_numbers_are_refused():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(1, 3, bias_initializer="ones", name="c1")])
    model.get_layer("c1").bias.assign([np.nan])
    refuses(lambda: feature_maps(model, np.zeros((1, 8, 8, 3))), "layer 'c1' gives NaN")
    maps = np.full((1, 6, 6, 1), np.nan)
    refuses(lambda: top_patches(model, np.zeros((1, 8, 8, 3)), "c1", maps=maps), "maps contains NaN")
