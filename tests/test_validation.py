"""utils.validation: arrays of which NumPy would silently drop a part are refused wherever arrays are taken."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from tests.helpers import refuses
from utils import arithmetic, convolution, kernels, plots
from utils.arithmetic import conv_parameters
from utils.convolution import conv2d
from utils.validation import has_masked, integer, plain_array, real_array

IMAGE, COLOURS, SERIES = np.ones((6, 6)), np.ones((6, 6, 3)), np.ones(6)
TAKES = {  # each function of one array that it may be given
    "convolve1d": [partial(convolution.convolve1d, w=[1]), SERIES],
    "convolve1d, weights": [lambda w: convolution.convolve1d(np.ones(9), w), SERIES],
    "convolve1d_sums": [partial(convolution.convolve1d_sums, w=[1]), SERIES],
    "correlate2d": [partial(convolution.correlate2d, kernel=[[1]]), IMAGE],
    "correlate2d, kernel": [partial(convolution.correlate2d, np.ones((9, 9))), IMAGE],
    "correlate2d_sums": [partial(convolution.correlate2d_sums, kernel=[[1]]), IMAGE],
    "convolve2d, kernel": [partial(convolution.convolve2d, np.ones((9, 9))), IMAGE],
    "conv2d": [partial(conv2d, kernel=np.ones((1, 1, 3, 2))), COLOURS],
    "conv2d, bias": [partial(conv2d, COLOURS, np.ones((1, 1, 3, 6))), SERIES],
    "conv2d_sums, bias": [partial(convolution.conv2d_sums, COLOURS, np.ones((1, 1, 3, 6))), SERIES],
    "im2col": [partial(convolution.im2col, kernel_size=2), COLOURS],
    "max pooling": [convolution.pool2d, IMAGE],
    "average pooling": [partial(convolution.pool2d, mode="average"), COLOURS],
    "lines": [lambda values: plots.lines({"a": values}), SERIES],
    "lines, x": [lambda x: plots.lines({"a": SERIES}, x=x), SERIES],
    "panels": [lambda values: plots.panels({"a": {"b": values}}, kind="bar"), SERIES],
    "images": [lambda picture: plots.images({"a": picture}), IMAGE],
    "images in colour": [lambda picture: plots.images({"a": picture}), COLOURS],
    "gradient": [lambda direction: plots.gradient(IMAGE, IMAGE, direction), IMAGE],
    "maps_by_stage": [lambda maps: plots.maps_by_stage({"a": maps}, [1, 2]), COLOURS],
    "made_and_found": [lambda picture: plots.made_and_found({"a": (picture, [IMAGE])}), COLOURS],
    "patches_and_projections": [lambda picture: plots.patches_and_projections({"a": ([IMAGE], [picture])}), IMAGE],
    "grids": [lambda table: plots.grids({"a": table}), IMAGE],
    "correlation_step": [partial(plots.correlation_step, kernel=[[1]], i=0, j=0), IMAGE],
    "connection_matrix": [lambda table: plots.connection_matrix({"a": table}), IMAGE.astype(int)],
    "confusion": [partial(plots.confusion, class_names="abcdef"), IMAGE.astype(int)],
}


@pytest.mark.parametrize("call, array", TAKES.values(), ids=TAKES)
def test_masked_arrays_are_refused_and_those_without_a_masked_entry_are_not(call, array):
    call(np.ma.masked_array(array, mask=False))
    mask = np.zeros(array.shape, bool)
    mask.flat[-1] = True
    masked = np.ma.masked_array(array, mask)
    refuses(lambda: call(masked), "masked entries", ".filled(0)")
    if array.ndim > 1:
        refuses(lambda: call(list(masked)), "masked entries")


@pytest.mark.parametrize("kind", [scipy.sparse.csr_matrix, scipy.sparse.coo_array, scipy.sparse.lil_array])
def test_sparse_matrices_are_refused(kind):
    refuses(lambda: convolution.correlate2d(kind(IMAGE), [[1]]), "image", "sparse", ".toarray()")
    refuses(lambda: plots.images({"a": kind(IMAGE)}), "'a'", "sparse", ".toarray()")


@pytest.mark.parametrize("entry, word", [(None, "NoneType"), ("x", "str"), (pd.NA, "NAType")])
def test_entries_that_are_no_numbers_are_named(entry, word):
    bias = np.array([1, entry], dtype=object)
    refuses(lambda: conv2d(COLOURS, np.ones((1, 1, 3, 2)), bias), "bias", word)


@pytest.mark.parametrize("dtype", [">i2", ">u4", ">f4", "<i2", "<f8"])
def test_the_byte_order_makes_no_difference(dtype):
    values = np.arange(-8 if "i" in dtype else 0, 28)[:25].reshape(5, 5)
    given = values.astype(dtype)
    assert real_array("x", given, [("rows", "columns")]).dtype.isnative
    for mode in ("max", "average"):
        pooled = convolution.pool2d(given, 2, padding="same", mode=mode)
        np.testing.assert_array_equal(pooled, convolution.pool2d(values, 2, padding="same", mode=mode))
    np.testing.assert_array_equal(convolution.correlate2d(given, [[1, 2]]), values[:, :-1] + 2 * values[:, 1:])
    assert given.dtype == dtype, "the argument is left alone"


def test_a_plain_array_is_not_copied():
    assert plain_array("x", IMAGE) is IMAGE


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, int])
def test_small_whole_numbers_become_ints_that_do_not_wrap(kind):
    assert type(integer("n", kind(100), 1)) is int
    assert conv_parameters(3, 600, 100, groups=kind(100)) == (9 * 6 + 1) * 100
    x, kernel = np.ones((2, 2, 600)), np.ones((1, 1, 6, 100))
    np.testing.assert_array_equal(conv2d(x, kernel, groups=kind(100)), np.full((2, 2, 100), 6))


RUNS = pd.DataFrame({"name": ["a", "b"], "seed": [0, 0], "epoch": [1, 1], "loss": [1.0, 2.0], "accuracy": [0.5, 0.6]})
LEVELS = {  # numbers to compare with, which would not be drawn
    "learning_curves": lambda level: plots.learning_curves(RUNS, levels={"chance": level}),
    "targets": lambda level: plots.learning_curves(RUNS, targets={"good": level}),
    "dots": lambda level: plots.dots(RUNS, levels={"chance": level}),
    "dots, panels": lambda level: plots.dots(RUNS, panels="epoch", levels={"chance": {1: level}}),
    "descent": lambda level: plots.descent(np.square, {"a": [3, level]}),
    "sliding_scores": lambda level: plots.sliding_scores(
        IMAGE, np.ones((5, 2)), window=2, strides=1, class_names="ab", centres=[1, level]
    ),
}


@pytest.mark.parametrize("draw", LEVELS.values(), ids=LEVELS)
@pytest.mark.parametrize("level", [np.nan, np.inf, None, "0.5"])
def test_what_cannot_be_drawn_is_refused(draw, level):
    refuses(lambda: draw(level))
    draw(0.5)


COUNTS = {  # functions of a number that 8 bits hold, but not the numbers computed from it
    "output size": lambda n: arithmetic.conv_output_size(1000, n, n, n),
    "output sizes": lambda n: arithmetic.conv_output_size((n, n), (3, n), padding=(n, n), dilation_rate=(n, 1)),
    "padding": lambda n: arithmetic.padding_amounts(1000, n, 3, "same", n),
    "parameters": lambda n: conv_parameters((n, n), n, n),
    "costs": lambda n: arithmetic.layer_costs((n, n, n), 3, n).to_numpy(),
    "box": kernels.box,
    "triangular": kernels.triangular,
    "exponential": kernels.exponential,
    "gaussian": kernels.gaussian,
    "gaussian, sigma": lambda n: kernels.gaussian(300, n),
    "padded": lambda n: convolution.correlate2d(IMAGE, IMAGE, padding=n, strides=(n, 1)),
    "pooled": lambda n: convolution.pool2d(np.ones((250, 250)), n, (n, n), padding="same", mode="average"),
    "im2col": lambda n: convolution.im2col(np.ones((n + 1, n + 2, 1), "int8"), n),
    "windows": lambda n: plots.windows_1d(n, kernel_size=n, padding=1).description,
    "step": lambda n: plots.correlation_step(np.ones((n, 4)), [[1]], i=n - 1, j=0).description,
    "grids": lambda n: plots.grids({"a": IMAGE}, zero_border={"a": n}, cell_size=n / 200).description,
}


def nested(entry, levels, copies=1):
    for _ in range(levels):
        entry = [entry] * copies
    return entry


def endless():
    entries = []
    entries += [entries, [entries]]
    return entries


@pytest.mark.parametrize("value", [endless(), nested(1, 40, copies=2), nested(1, 20_000)])
def test_lists_that_never_end_are_looked_through_once(value):
    assert not has_masked(value)


def test_masked_entries_are_found_at_any_depth():
    assert has_masked(nested(np.ma.masked_array([1, 2], [True, False]), 2000, copies=2))


@pytest.mark.parametrize("kind", [np.uint8, np.int8])
@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)
def test_a_count_of_eight_bits_gives_what_an_int_gives(count, kind):
    np.testing.assert_array_equal(count(kind(100)), count(100))


@pytest.mark.parametrize(
    "window, settings", [(kernels.exponential, {"decay": True}), (kernels.gaussian, {"sigma": True})]
)
def test_truth_values_are_no_numbers(window, settings):
    refuses(lambda: window(3, **settings), *settings, "True")
