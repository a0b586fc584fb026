"""Images made to excite a map: they do, whatever the model, and nothing else changes."""

import keras
import numpy as np
import pytest
from keras import layers

from tests.helpers import refuses
from utils.excite import excite
from utils.interpret import feature_maps


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((24, 24, 3), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="conv1"),
            layers.Conv2D(6, 3, strides=2, activation="relu", name="conv2"),
            layers.GlobalAveragePooling2D(name="means"),
            layers.Dense(5, name="scores"),
        ]
    )


UNITS = [("conv1", 2), ("conv2", 5), ("scores", 1), ("conv2", 0)]


def values(model, images, units):
    """The mean of each unit's map over its own image."""
    maps = feature_maps(model, images, list(dict.fromkeys(layer for layer, _ in units)))
    return np.array([maps[layer][place, ..., chosen].mean() for place, (layer, chosen) in enumerate(units)])


def test_each_image_excites_its_unit_more_than_a_thousand_random_ones(model):
    images = excite(model, UNITS, steps=60)
    assert images.shape == (4, 24, 24, 3) and images.dtype == np.float32 and np.abs(images).max() <= 1
    noise = np.random.default_rng(1).uniform(-1, 1, (1000, 24, 24, 3))
    maps = feature_maps(model, noise, ["conv1", "conv2", "scores"])
    for value, (layer, chosen) in zip(values(model, images, UNITS), UNITS):
        others = maps[layer][..., chosen].reshape(1000, -1).mean(axis=1)
        assert value > others.mean() + 6 * others.std()


def test_a_linear_filter_gets_the_best_there_is():
    """The mean of one 1 x 1 filter is largest where every pixel has the sign of its weight, at the end of the range."""
    weights = np.array([1.0, -2.0, 0.5]).reshape(1, 1, 3, 1)
    linear = keras.Sequential([keras.Input((9, 9, 3)), layers.Conv2D(1, 1, use_bias=False, name="sum")])
    linear.layers[0].set_weights([weights])
    image = excite(linear, [("sum", 0)], steps=200, shrink=0)[0]
    np.testing.assert_array_equal(image, np.broadcast_to([1, -1, 1], (9, 9, 3)))


def test_pixels_that_do_not_matter_turn_grey():
    """A filter that reads red only leaves the other colours to the shrinking."""
    red = keras.Sequential([keras.Input((9, 9, 3)), layers.Conv2D(1, 1, use_bias=False, name="sum")])
    red.layers[0].set_weights([np.array([1.0, 0, 0]).reshape(1, 1, 3, 1)])
    image = excite(red, [("sum", 0)], steps=300)[0]
    assert image[..., 0].min() > 0.9 and np.abs(image[..., 1:]).max() < 0.05


def test_the_seed_decides_and_the_model_stays_as_it_is(model, capsys):
    before, trainable = model.get_weights(), [layer.trainable for layer in model.layers]
    first = excite(model, UNITS[:2], steps=5, seed=3)
    np.testing.assert_array_equal(excite(model, UNITS[:2], steps=5, seed=3), first)
    assert not np.array_equal(excite(model, UNITS[:2], steps=5, seed=4), first)
    assert all(map(np.array_equal, before, model.get_weights()))
    assert trainable == [layer.trainable for layer in model.layers]
    assert capsys.readouterr().out.count("." * 30 + " 5 steps\n") == 3


@pytest.mark.parametrize(
    ("units", "options", "words"),
    [
        ([], {}, "units must be a list of pairs"),
        ([("conv1",)], {}, "units must be a list of pairs"),
        (["conv1"], {}, "units must be a list of pairs"),
        ([("conv9", 0)], {}, "'conv9'"),
        ([("conv1", 4)], {}, "below 4"),
        ([("scores", -1)], {}, "at least 0"),
        ([("conv1", 0)], {"steps": 0}, "steps must be at least 1"),
        ([("conv1", 0)], {"steps": 2.5}, "steps must be a whole number"),
        ([("conv1", 0)], {"jitter": -1}, "jitter must be at least 0"),
    ],
)
def test_what_cannot_be_made_is_refused(model, units, options, words):
    refuses(lambda: excite(model, units, **options), words)


def test_a_model_for_images_of_any_size_is_refused():
    any_size = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(2, 3, name="conv1")])
    refuses(lambda: excite(any_size, [("conv1", 0)]), "images of one size")


@pytest.mark.parametrize(
    "setting", [{"rate": np.nan}, {"rate": 0}, {"rate": np.inf}, {"shrink": np.nan}, {"shrink": 1}]
)
def test_rates_that_would_lose_the_image_are_refused(model, setting):
    refuses(lambda: excite(model, UNITS, **setting), *setting, "above 0")


def test_a_model_with_weights_that_are_no_numbers_is_refused(model):
    broken = keras.models.clone_model(model)
    broken.get_layer("conv2").set_weights([weight * np.nan for weight in broken.get_layer("conv2").get_weights()])
    refuses(lambda: excite(broken, UNITS, steps=1), "the gradient is NaN", "weights")
