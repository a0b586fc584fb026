"""The gradient of an output with respect to the pixels."""

import keras
import numpy as np
import pytest

from utils.convolution import conv2d
from utils.interpret import input_gradient


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
    before, after = (conv2d(x, kernel, bias, 2)[0, 0, 1] for x in (image, image + change))
    assert np.sum(gradient * change) == pytest.approx(after - before, rel=1e-4)


@pytest.mark.parametrize(
    "image, unit, word",
    [
        (np.zeros((8, 8)), (0, 0, 0), "image"),
        (np.zeros((8, 9, 2)), (0, 0, 0), "image"),
        (np.full((8, 8, 2), np.nan), (0, 0, 0), "image"),
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
