"""The still picture behind a page shows what the page shows when it opens, computed by others than the explorer."""

from itertools import combinations

import keras
import numpy as np
import pytest
from scipy.signal import correlate

from utils import explorers, kernels
from utils.architecture import receptive_windows

RNG = np.random.default_rng(0)


def pictures(explorer):
    """The pixels of each picture, from 0 to 1 where they are colours."""
    return [np.asarray(ax.images[0].get_array(), float) for ax in explorer._picture.axes if ax.images]


def test_few_sums_of_a_photograph_in_colours_are_cut_off():
    photo = RNG.uniform(size=(40, 50, 3))
    _, shades = pictures(explorers.filter_laboratory(photo, kernels.SOBEL_X))
    sums = correlate(photo, np.float64(kernels.SOBEL_X)[..., None], "valid")
    shades /= shades.max()
    assert np.corrcoef(shades.ravel(), sums.ravel())[0, 1] > 0.99
    assert 0.005 < np.isin(shades, [0, 1]).mean() < 0.015 and abs(np.median(shades) - 0.5) < 0.02


def test_a_digit_and_its_map_move_by_three_pixels():
    digit = RNG.integers(0, 257, (9, 12)) / 256
    before, map_before, after, map_after = pictures(explorers.equivariance(digit[None]))
    assert before.sum() == pytest.approx(digit.sum()) and np.abs(map_before).max() > 0
    np.testing.assert_allclose(after[:, 3:], before[:, :-3])
    np.testing.assert_allclose(map_after[:, 4:], map_before[:, 1:-3])


@pytest.mark.parametrize("blocks", [1, 3, 8])
def test_bars_count_the_paths_by_their_length(blocks):
    (ax,) = explorers.paths(blocks)._picture.axes
    counts = [sum(1 for _ in combinations(range(blocks), k)) for k in range(blocks + 1)]
    wanted = [f"{count / 2**blocks:.1%}" for count in counts if count / 2**blocks >= 0.02]
    assert [text.get_text() for text in ax.texts] == wanted


@pytest.mark.parametrize("length", [1, 4, 9])
def test_the_estimate_stands_over_the_last_of_its_readings(length):
    readings, weights = RNG.normal(size=120), RNG.uniform(0.1, 1, length)
    (ax,) = explorers.smoothing(readings, weights=weights / weights.sum())._picture.axes
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    np.testing.assert_allclose(lines["readings"][:, 1], readings[: len(lines["readings"])])
    found = dict(lines["estimate"])
    for t, value in found.items():  # the first weight is that of the newest reading
        last = readings[int(t) - length + 1 : int(t) + 1][::-1]
        assert value == pytest.approx(np.average(last, weights=weights))
    assert min(found) == length - 1 and len(found) == len(lines["readings"]) - length + 1


def test_what_the_unit_in_the_middle_sees_is_bright():
    layers = [keras.layers.Conv2D(1, 5, strides=2, name="a"), keras.layers.Conv2D(1, 3, name="b")]
    model = keras.Sequential([keras.Input((32, 32, 3)), *layers])
    photo = np.full((64, 64, 3), 200, "uint8")
    for name, picture in zip("ba", reversed(pictures(explorers.receptive_fields(photo, {"small": model})))):
        units = model.get_layer(name).output.shape[1]
        top, bottom, left, right = receptive_windows(model, name)[units // 2, units // 2]
        bright = np.zeros((64, 64), bool)
        bright[2 * top : 2 * bottom, 2 * left : 2 * right] = True
        np.testing.assert_array_equal(picture[..., 0] == picture.max(), bright)


def test_maps_are_those_of_the_network():
    layers = [keras.layers.Conv2D(2, 5, name="a", activation="relu"), keras.layers.MaxPooling2D(2, name="b")]
    ends = [keras.layers.Flatten(name="flat"), keras.layers.Dense(10, name="scores")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, *ends])
    digit = RNG.integers(0, 257, (28, 28)) / 256
    explorer = explorers.lenet5(model, digit[None, ..., None])
    drawn, *maps = pictures(explorer)
    np.testing.assert_allclose(drawn, digit)
    outputs = keras.Model(model.inputs, [layer.output for layer in layers])(digit[None, ..., None])
    wanted = [keras.ops.convert_to_numpy(output)[0, ..., k] for output in outputs for k in range(2)]
    assert len(maps) == len(wanted)
    for right in wanted:  # weights have 16 bits in a page
        assert any(found.shape == right.shape and np.allclose(found, right, atol=1e-2) for found in maps)
