"""utils.convolution against its own formulas, NumPy, SciPy, Keras and the lecture."""

import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from tests.helpers import refuses
from tests.strategies import as_pair, conv2d_cases, kinds, numbers, pool2d_cases, seeds, windows
from utils.arithmetic import padding_amounts
from utils.convolution import (
    conv2d,
    conv2d_sums,
    convolve1d,
    convolve1d_sums,
    convolve2d,
    correlate2d,
    correlate2d_sums,
    im2col,
    pool2d,
)

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")

IMAGE_5X5 = [[3, 5, 2, 8, 1], [9, 7, 5, 4, 3], [2, 0, 6, 1, 6], [6, 3, 7, 9, 2], [1, 4, 9, 5, 1]]
FILTER_3X3 = [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
IMAGE_6X6 = [
    [1, 0, 0, 0, 0, 1],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 1, 0, 0],
    [1, 0, 0, 0, 1, 0],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 0, 1, 0],
]
DIAGONAL = [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
VERTICAL = [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]]
DIAGONAL_MAP = [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]]
VERTICAL_MAP = [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]]


def assert_same(actual, expected):
    """Equal shapes and values; integers exactly, floats up to rounding of numbers of size 1 to 100."""
    assert actual.shape == expected.shape
    if actual.dtype.kind == "i":
        np.testing.assert_array_equal(actual, expected)
    else:
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-11)


# The formulas: one image, stride 1, no padding


def assert_formula(result, *others):
    """A formula gives floats, and the same numbers as all other ways to compute it."""
    assert result.dtype == np.float64
    for other in others:
        assert other.shape == result.shape
        np.testing.assert_allclose(result, np.asarray(other), rtol=0, atol=1e-11)


@given(seed=seeds, n=st.integers(0, 11), m=st.integers(1, 12), kind=kinds)
def test_the_formula_in_one_dimension(seed, n, m, kind):
    x, w = numbers(seed, m + n, kind), numbers(seed + 1, m, kind)
    by_keras = keras.ops.conv(x.astype(float)[None, :, None], w.astype(float)[::-1, None, None])[0, :, 0]
    by_scipy = scipy.signal.convolve(x, w, "valid", method="direct")
    assert_formula(convolve1d_sums(x, w), convolve1d(x, w), np.convolve(x, w, "valid"), by_scipy, by_keras)


pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(seed=seeds, kernel=pairs, more=st.tuples(st.integers(0, 4), st.integers(0, 4)), kind=kinds)
def test_the_formula_in_two_dimensions(seed, kernel, more, kind):
    image, kernel = numbers(seed, np.add(kernel, more), kind), numbers(seed + 1, kernel, kind)
    by_keras = keras_conv(image.astype(float)[..., None], kernel.astype(float)[..., None, None], None, 1, "valid", 1)
    by_scipy = scipy.signal.correlate2d(image, kernel, "valid")
    assert_formula(correlate2d_sums(image, kernel), correlate2d(image, kernel), by_scipy, by_keras[0, ..., 0])


@settings(max_examples=40)
@given(seed=seeds, kernel=pairs, more=pairs, channels=st.integers(1, 3), filters=st.integers(1, 3), kind=kinds)
def test_the_formula_of_a_layer(seed, kernel, more, channels, filters, kind):
    x = numbers(seed, (*np.add(kernel, more), channels), kind)
    kernel, bias = numbers(seed + 1, (*kernel, channels, filters), kind), numbers(seed + 2, filters, kind)
    by_scipy = [
        sum(scipy.signal.correlate2d(x[..., c], kernel[..., c, k], "valid") for c in range(channels)) + bias[k]
        for k in range(filters)
    ]
    by_keras = keras_conv(x.astype(float), kernel.astype(float), bias.astype(float), 1, "valid", 1)[0]
    formula = conv2d_sums(x, kernel, bias)
    assert_formula(formula, conv2d(x, kernel, bias), np.stack(by_scipy, axis=-1), by_keras)
    assert_formula(conv2d_sums(x, kernel), formula - bias, conv2d(x, kernel))


def test_formulas_take_lists_and_do_not_wrap():
    bytes_ = np.full((3, 3), 200, "uint8")
    assert convolve1d_sums([1, 2, 4], [10, 1]).tolist() == [21, 42]
    assert convolve1d_sums(bytes_[0], bytes_[0]).tolist() == [120_000]
    assert correlate2d_sums(bytes_, bytes_).tolist() == [[360_000]]
    assert conv2d_sums(bytes_[..., None], bytes_[..., None, None], [1]).tolist() == [[[360_001]]]
    assert conv2d_sums([[[1], [2]]], [[[[3]]]], [1]).tolist() == [[[4], [7]]]


@pytest.mark.parametrize(
    "formula, x, w", [(convolve1d_sums, [1, 2], [1] * 4), (correlate2d_sums, np.ones((2, 2)), np.ones((4, 1)))]
)
def test_formulas_refuse_a_kernel_that_does_not_fit(formula, x, w):
    refuses(lambda: formula(x, w), "negative")


# Strides, padding and dilation, on the formula's own terms


def with_everything(image, kernel, strides, padding, dilation_rate):
    """SciPy's correlation of the padded image with the spread kernel, of which every stride-th value stays."""
    strides, dilation = as_pair(strides), as_pair(dilation_rate)
    padded = np.pad(image, padding_amounts(image.shape, kernel.shape, strides, padding, dilation))
    spread = np.zeros([(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation)], kernel.dtype)
    spread[:: dilation[0], :: dilation[1]] = kernel
    return scipy.signal.correlate2d(padded, spread, "valid")[:: strides[0], :: strides[1]]


@given(case=windows(), seed=seeds, kind=kinds)
def test_one_channel_with_strides_padding_and_dilation(case, seed, kind):
    size, kernel_size, *values = case
    options = dict(zip(("strides", "padding", "dilation_rate"), values))
    image, kernel = numbers(seed, size, kind), numbers(seed + 1, kernel_size, kind)
    for ours, flipped in ((correlate2d, kernel), (convolve2d, kernel[::-1, ::-1])):
        out = ours(image, kernel, **options)
        assert out.dtype == (np.int64 if kind == "int" else np.float64)
        assert_same(out, with_everything(image, flipped, **options))


@settings(max_examples=60)
@given(conv2d_cases())
def test_conv2d_is_a_sum_of_correlations(case):
    x, kernel, bias, options = case
    groups = options.pop("groups")
    depth, width = kernel.shape[2], kernel.shape[3] // groups
    maps = [
        [
            sum(
                with_everything(image[..., depth * (k // width) + c], kernel[..., c, k], **options)
                for c in range(depth)
            )
            for k in range(kernel.shape[3])
        ]
        for image in (x if x.ndim == 4 else x[None])
    ]
    expected = np.moveaxis(np.array(maps), 1, -1) + (0 if bias is None else bias)
    out = conv2d(x, kernel, bias, **options, groups=groups)
    assert out.dtype == (np.int64 if x.dtype.kind == "i" else np.float64)
    assert_same(out, expected if x.ndim == 4 else expected[0])


# NumPy and SciPy

SCIPYS = [(correlate2d, scipy.signal.correlate2d), (convolve2d, scipy.signal.convolve2d)]


@given(
    seed=seeds,
    n=st.integers(1, 15),
    m=st.integers(1, 15),
    mode=st.sampled_from(["valid", "same", "full"]),
    kind=st.sampled_from(["float", "int"]),
)
def test_convolve1d_equals_numpy_and_scipy(seed, n, m, mode, kind):
    x, w = numbers(seed, max(n, m), kind), numbers(seed + 1, min(n, m), kind)
    assert_same(convolve1d(x, w, mode), np.convolve(x, w, mode))
    assert_same(convolve1d(x, w, mode), scipy.signal.convolve(x, w, mode, method="direct"))


@given(seed=seeds, n=st.integers(1, 5), m=st.integers(6, 9))
def test_convolve1d_full_takes_more_weights_than_values(seed, n, m):
    x, w = numbers(seed, n, "float"), numbers(seed + 1, m, "float")
    assert_same(convolve1d(x, w, "full"), np.convolve(x, w, "full"))


@pytest.mark.parametrize("ours, scipys", SCIPYS)
@given(
    seed=seeds,
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    more=st.tuples(st.integers(0, 5), st.integers(0, 5)),
)
def test_valid_equals_scipy(ours, scipys, seed, kernel, more):
    image, kernel = numbers(seed, np.add(kernel, more), "float"), numbers(seed + 1, kernel, "float")
    assert_same(ours(image, kernel), scipys(image, kernel, "valid"))


@pytest.mark.parametrize("ours, scipys", SCIPYS)
@given(
    seed=seeds,
    kernel=st.tuples(*[st.sampled_from([1, 3, 5])] * 2),
    size=st.tuples(st.integers(1, 8), st.integers(1, 8)),
)
def test_same_equals_scipy_for_odd_kernels(ours, scipys, seed, kernel, size):
    image, kernel = numbers(seed, size, "float"), numbers(seed + 1, kernel, "float")
    assert_same(ours(image, kernel, padding="same"), scipys(image, kernel, "same"))


def test_convolution_flips_the_kernel_and_correlation_does_not():
    impulse, kernel = np.zeros((5, 5), int), np.arange(9).reshape(3, 3)
    impulse[2, 2] = 1
    np.testing.assert_array_equal(convolve2d(impulse, kernel), kernel)
    np.testing.assert_array_equal(correlate2d(impulse, kernel), kernel[::-1, ::-1])


# Keras


def keras_conv(x, kernel, bias, strides, padding, dilation_rate):
    """keras.ops.conv, which finds the groups from the shapes.

    Keras has no integer padding, so those zeros are added first. It refuses strides together with dilation, so that
    case takes every strides-th value of the result with stride 1, from an input with the zeros of padding_amounts.
    """
    x = np.asarray(x if x.ndim == 4 else x[None])
    strides, dilation = as_pair(strides), as_pair(dilation_rate)
    both = max(strides) > 1 and max(dilation) > 1
    if both or not isinstance(padding, str):
        amounts = padding_amounts(x.shape[1:3], kernel.shape[:2], strides, padding, dilation)
        x, padding = np.pad(x, ((0, 0), *amounts, (0, 0))), "valid"
    out = keras.ops.conv(x, kernel, 1 if both else strides, padding, dilation_rate=dilation)
    out = np.asarray(out) if bias is None else np.asarray(out) + bias
    return out[:, :: strides[0], :: strides[1]] if both else out


@settings(max_examples=80)
@given(conv2d_cases(kinds=("float",)))
def test_conv2d_equals_keras(case):
    x, kernel, bias, options = case
    groups = options.pop("groups")

    def ours(dtype):
        arrays = [a if a is None else a.astype(dtype) for a in (x, kernel, bias)]
        out = conv2d(*arrays, **options, groups=groups)
        return out if x.ndim == 4 else out[None]

    def kerass(dtype, change=np.asarray):
        return keras_conv(*(a if a is None else change(a).astype(dtype) for a in (x, kernel, bias)), **options)

    # A sum may cancel, so errors are measured against the sum of the absolute values of its terms.
    scale = kerass("float64", np.abs)
    expected = kerass("float64")
    assert ours("float64").shape == expected.shape
    assert np.all(np.abs(ours("float64") - expected) <= 1e-12 * scale)
    assert ours("float32").dtype == np.float32
    assert np.all(np.abs(ours("float32") - kerass("float32")) <= 1e-5 * scale)


@pytest.mark.parametrize(
    "options",
    [
        dict(),
        dict(strides=2, padding="same"),
        dict(strides=(2, 3)),
        dict(dilation_rate=2, padding="same"),
        dict(groups=2, padding="same"),
        dict(use_bias=False),
    ],
    ids=str,
)
def test_conv2d_computes_the_layer_conv2d(options):
    x = numbers(1, (2, 9, 8, 4), "float").astype("float32")
    layer = keras.layers.Conv2D(6, (3, 4), bias_initializer="random_normal", **options)
    expected = keras.ops.convert_to_numpy(layer(x))
    kernel, bias = layer.get_weights() if layer.use_bias else (*layer.get_weights(), None)
    options = {name: value for name, value in options.items() if name != "use_bias"}
    np.testing.assert_allclose(conv2d(x, kernel, bias, **options), expected, rtol=0, atol=1e-5)


@given(conv2d_cases(kinds=("float",)))
def test_im2col_times_the_kernel_matrix_is_conv2d(case):
    x, kernel, _, options = case
    options.pop("groups")
    kernel = numbers(0, (*kernel.shape[:2], x.shape[-1], 3), "float")
    patches = im2col(x, kernel.shape[:2], **options)
    expected = conv2d(x, kernel, **options)
    assert patches.shape == (expected.size // 3, kernel[..., 0].size)
    assert_same((patches @ kernel.reshape(-1, 3)).reshape(expected.shape), expected)


def test_im2col_lists_the_patches_row_by_row():
    x = np.arange(12).reshape(3, 4, 1)
    expected = [[0, 1, 4, 5], [2, 3, 6, 7], [4, 5, 8, 9], [6, 7, 10, 11]]
    np.testing.assert_array_equal(im2col(x, 2, strides=(1, 2)), expected)


@given(pool2d_cases())
def test_pool2d_equals_keras(case):
    x, options = case
    pool = keras.ops.max_pool if options["mode"] == "max" else keras.ops.average_pool
    batch = x.reshape((1,) * (x.ndim < 4) + x.shape + (1,) * (x.ndim == 2)).astype(float)
    expected = np.asarray(pool(tf.constant(batch), options["pool_size"], options["strides"], options["padding"]))
    out = pool2d(x, **options)
    assert out.dtype == (x.dtype if options["mode"] == "max" else np.float64)
    assert_same(out, expected.reshape({2: expected.shape[1:3], 3: expected.shape[1:], 4: expected.shape}[x.ndim]))


@pytest.mark.parametrize(
    "mode, layer", [("max", keras.layers.MaxPooling2D), ("average", keras.layers.AveragePooling2D)]
)
def test_pool2d_computes_the_layer_with_its_default_strides(mode, layer):
    x = numbers(1, (2, 7, 8, 3), "float").astype("float32")
    expected = keras.ops.convert_to_numpy(layer((2, 3))(x))
    np.testing.assert_allclose(pool2d(x, (2, 3), mode=mode), expected, rtol=0, atol=1e-6)


def test_padding_counts_neither_for_the_maximum_nor_for_the_mean():
    negative = -np.ones((3, 3))
    for mode in ("max", "average"):
        np.testing.assert_array_equal(pool2d(negative, 2, 1, padding="same", mode=mode), negative)
        np.testing.assert_array_equal(pool2d(negative, 3, 2, padding="same", mode=mode), negative[:2, :2])


# The numbers of the lecture


@pytest.mark.parametrize("function", [correlate2d, correlate2d_sums])
def test_worked_example_of_the_filter(function):
    assert function(IMAGE_5X5, FILTER_3X3).tolist() == [[25, 18, 17], [18, 22, 14], [20, 15, 23]]


def test_worked_example_of_two_filters_and_strides():
    for function in (correlate2d, correlate2d_sums):
        assert function(IMAGE_6X6, DIAGONAL).tolist() == DIAGONAL_MAP
        assert function(IMAGE_6X6, VERTICAL).tolist() == VERTICAL_MAP
    assert correlate2d(IMAGE_6X6, DIAGONAL, strides=2).tolist() == [[3, -3], [-3, 0]]
    assert correlate2d(IMAGE_6X6, VERTICAL, strides=2).tolist() == [[-1, -1], [-1, -2]]


@pytest.mark.parametrize("function", [conv2d, conv2d_sums])
def test_worked_example_as_one_layer_with_two_filters(function):
    kernel = np.stack([DIAGONAL, VERTICAL], axis=-1)[:, :, None, :]
    maps = function(np.array(IMAGE_6X6)[..., None], kernel)
    assert maps[..., 0].tolist() == DIAGONAL_MAP and maps[..., 1].tolist() == VERTICAL_MAP


def test_worked_example_of_max_pooling():
    assert pool2d(DIAGONAL_MAP).tolist() == [[3, 0], [3, 1]]
    assert pool2d(VERTICAL_MAP).tolist() == [[-1, 1], [0, 3]]


def test_worked_example_of_one_dimension():
    # s_t = x_t w_0 + x_(t-1) w_1: the newest reading has the first weight
    assert convolve1d([1, 2, 4], [10, 1]).tolist() == [21, 42]
    assert convolve1d([1, 2, 4], [10, 1], "same").tolist() == [10, 21, 42]
    assert convolve1d([1, 2, 4], [10, 1], "full").tolist() == [10, 21, 42, 4]
