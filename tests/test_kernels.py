"""The filters are the lecture's, and the windows are averages."""

import numpy as np
import pytest

from utils import kernels

WINDOWS = [kernels.box, kernels.triangular, kernels.exponential, kernels.gaussian]


def test_the_filters_are_those_of_the_slides():
    np.testing.assert_allclose(kernels.SMOOTHING * 9, np.ones((3, 3)))
    np.testing.assert_array_equal(kernels.SHARPENING, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    np.testing.assert_array_equal(kernels.EDGES, [[1, 1, 1], [1, -8, 1], [1, 1, 1]])
    np.testing.assert_array_equal(kernels.PREWITT_X, [[-1, 0, 1]] * 3)
    np.testing.assert_array_equal(kernels.PREWITT_Y, [[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
    np.testing.assert_array_equal(kernels.SOBEL_X, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    np.testing.assert_array_equal(kernels.SOBEL_Y, [[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    np.testing.assert_array_equal(kernels.ROBERTS_X, [[0, 1], [-1, 0]])
    np.testing.assert_array_equal(kernels.ROBERTS_Y, [[1, 0], [0, -1]])
    np.testing.assert_array_equal(kernels.LAPLACIAN, [[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    np.testing.assert_array_equal(kernels.DIAGONAL, [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    np.testing.assert_array_equal(kernels.VERTICAL, [[-1, 1, -1]] * 3)


def test_a_filter_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        kernels.SOBEL_X[0, 0] = 5


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("length", [1, 2, 7, 30])
def test_a_window_is_an_average_that_never_prefers_the_past(window, length):
    weights = window(length)
    assert weights.shape == (length,)
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).all() and (np.diff(weights) <= 0).all()


def test_the_shapes_of_the_windows():
    np.testing.assert_allclose(kernels.box(4), 1 / 4)
    np.testing.assert_allclose(kernels.triangular(3), np.array([3, 2, 1]) / 6)
    weights = kernels.exponential(5, decay=0.5)
    np.testing.assert_allclose(weights[1:] / weights[:-1], 0.5)
    weights = kernels.gaussian(4, sigma=2)
    np.testing.assert_allclose(np.log(weights / weights[0]), -(np.arange(4) ** 2) / 8)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("length", [0, -3, 2.5, "7", None, True])
def test_a_wrong_length_is_named(window, length):
    with pytest.raises(ValueError, match="length"):
        window(length)


@pytest.mark.parametrize("decay", [0, -1, 1.5, float("nan"), "fast", None])
def test_a_wrong_decay_is_named(decay):
    with pytest.raises(ValueError, match=r"decay.*above 0"):
        kernels.exponential(5, decay=decay)


@pytest.mark.parametrize("sigma", [0, -1, float("nan"), float("inf"), "wide"])
def test_a_wrong_sigma_is_named(sigma):
    with pytest.raises(ValueError, match=r"sigma.*above 0"):
        kernels.gaussian(5, sigma=sigma)


def test_a_very_narrow_bell_keeps_only_the_newest_reading():
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(kernels.gaussian(3, sigma=1e-200), [1, 0, 0])
