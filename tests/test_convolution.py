"""utils.convolution against its own formulas, NumPy, SciPy and Keras."""

import inspect
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf
from hypothesis import given, settings, strategies as st

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

ROOT = pathlib.Path(__file__).parents[1]
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


@pytest.fixture(scope="module", autouse=True)
def keras_on_the_cpu():
    """A GPU may round float32 products to fewer digits than the comparisons allow."""
    with tf.device("CPU:0"):
        yield


# Random cases

seeds = st.integers(0, 2**32 - 1)
steps = st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3))


def as_pair(value):
    return value if isinstance(value, tuple) else (value, value)


def numbers(seed, shape, kind):
    """Random floats, or small integers of both signs."""
    generator = np.random.default_rng(seed)
    return generator.standard_normal(shape) if kind == "float" else generator.integers(-9, 10, shape)


@st.composite
def windows(draw):
    """(image size, kernel size, strides, padding, dilation_rate) for which at least one window fits."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    strides, dilation = draw(steps), draw(steps)
    padding = draw(st.sampled_from(["valid", "same"]) | st.integers(0, 2))
    size = []
    for k, d in zip(kernel, as_pair(dilation)):
        smallest = 1 if padding == "same" else (k - 1) * d + 1 - (0 if padding == "valid" else 2 * padding)
        size.append(draw(st.integers(max(smallest, 1), max(smallest, 1) + 5)))
    return tuple(size), kernel, strides, padding, dilation


@st.composite
def conv2d_cases(draw, kinds=("float", "int")):
    """(x, kernel, bias, options) for conv2d."""
    size, kernel_size, strides, padding, dilation = draw(windows())
    groups, depth, width = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    batch = draw(st.sampled_from([(), (1,), (2,)]))
    kind, seed = draw(st.sampled_from(kinds)), draw(seeds)
    x = numbers(seed, (*batch, *size, groups * depth), kind)
    kernel = numbers(seed + 1, (*kernel_size, depth, groups * width), kind)
    bias = numbers(seed + 2, groups * width, kind) if draw(st.booleans()) else None
    return x, kernel, bias, dict(strides=strides, padding=padding, dilation_rate=dilation, groups=groups)


@st.composite
def pool2d_cases(draw, kinds=("float", "int"), ranks=(2, 3, 4)):
    """(x, options) for pool2d."""
    pool_size, strides = draw(steps), draw(st.none() | steps)
    padding, mode = draw(st.sampled_from(["valid", "same"])), draw(st.sampled_from(["max", "average"]))
    size = [draw(st.integers(1 if padding == "same" else n, n + 5)) for n in as_pair(pool_size)]
    shape = {2: size, 3: [*size, 2], 4: [2, *size, 2]}[draw(st.sampled_from(ranks))]
    x = numbers(draw(seeds), shape, draw(st.sampled_from(kinds)))
    return x, dict(pool_size=pool_size, strides=strides, padding=padding, mode=mode)


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


kinds = st.sampled_from(["float", "int"])


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
    with pytest.raises(ValueError, match="negative"):
        formula(x, w)


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
    expected = np.asarray(layer(x))
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
    np.testing.assert_allclose(pool2d(x, (2, 3), mode=mode), np.asarray(layer((2, 3))(x)), rtol=0, atol=1e-6)


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


# Integers and dtypes


def python_correlation(image, kernel):
    """Valid correlation with Python's integers, which do not wrap."""
    image, kernel = np.asarray(image).astype(int).astype(object), np.asarray(kernel).astype(int).astype(object)
    m, n = kernel.shape
    return [
        [(image[i : i + m, j : j + n] * kernel).sum() for j in range(image.shape[1] - n + 1)]
        for i in range(image.shape[0] - m + 1)
    ]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "uint16", "int32", "int64", "uint64"])
@given(seed=seeds)
@settings(max_examples=10)
def test_integers_do_not_wrap(dtype, seed):
    top = 2 if dtype == "bool" else min(np.iinfo(dtype).max, 2**40)
    bottom = 0 if dtype[0] in "bu" else -top
    generator = np.random.default_rng(seed)
    image = generator.integers(bottom, top, (4, 4)).astype(dtype)
    image[1, 1] = top - 1
    for kernel in (np.full((3, 3), 127, "int8"), np.full((2, 3), 1, bool), generator.integers(-100, 100, (3, 2))):
        out = correlate2d(image, kernel)
        assert out.dtype == np.int64
        assert out.tolist() == correlate2d_sums(image, kernel).tolist() == python_correlation(image, kernel)


def test_integer_images_kernels_and_biases_do_not_wrap():
    x, kernel = np.full((3, 3, 2), 255, "uint8"), np.full((3, 3, 2, 1), -128, "int8")
    out = conv2d(x, kernel, np.array([-(2**31)], "int32"))
    assert out.dtype == np.int64
    assert out.tolist() == [[[18 * 255 * -128 - 2**31]]]


def test_integer_series_do_not_wrap():
    out = convolve1d(np.full(4, 200, "uint8"), np.full(3, 200, "uint8"))
    assert out.dtype == np.int64
    assert out.tolist() == [120_000, 120_000]


@pytest.mark.parametrize("integer", [2**53, -(2**53), 2**62, -(2**63), 2**63])
def test_integers_too_large_for_exact_sums_are_refused(integer):
    image = np.full((2, 2), integer)
    for function in (correlate2d, convolve2d):
        with pytest.raises(ValueError, match=rf"image and kernel .*{abs(integer)}.*astype\(float\)"):
            function(image, [[1]])
    with pytest.raises(ValueError, match=rf"x and kernel hold .*{abs(integer)}.*astype\(float\)"):
        conv2d(image[..., None], [[[[1]]]])
    with pytest.raises(ValueError, match=rf"x and kernel and bias .*{abs(integer)}.*astype\(float\)"):
        conv2d([[[1]]], [[[[1]]]], [integer])
    with pytest.raises(ValueError, match=rf"x and w .*{abs(integer)}.*astype\(float\)"):
        convolve1d([1, 2], [integer])


def test_sums_of_many_integers_are_refused_where_their_products_are_not():
    image, weights = np.full((3, 3), 2**30), np.full((3, 3), 2**20)
    assert correlate2d(image, weights[:1, :1]).tolist() == [[2**50] * 3] * 3
    refuses(correlate2d, dict(image=image, kernel=weights), "could exceed 2**53")


def test_unsigned_integers_are_not_turned_into_floats():
    # NumPy's common type of uint64 and int64 is float64, which would round without a word
    assert correlate2d(np.array([[3]], "uint64"), [[-2]]).dtype == np.int64
    with pytest.raises(ValueError, match=r"astype\(float\)"):
        correlate2d(np.array([[2**63]], "uint64"), [[-2]])


def test_an_ordinary_quantised_layer_is_not_refused():
    x, kernel = np.full((3, 3, 512), 255, "uint8"), np.full((3, 3, 512, 64), 127, "int8")
    out = conv2d(x, kernel, np.full(64, 10**9))
    assert out.ravel().tolist() == [9 * 512 * 255 * 127 + 10**9] * 64


@pytest.mark.parametrize(
    "x, kernel, result",
    [
        ("float32", "float32", "float32"),
        ("uint8", "float32", "float32"),
        ("bool", "float32", "float32"),
        ("float16", "float16", "float32"),
        ("float32", "float64", "float64"),
        ("float64", "int8", "float64"),
        ("int64", "float32", "float64"),
        ("int32", "int8", "int64"),
        ("bool", "bool", "int64"),
    ],
)
def test_dtype_of_the_result(x, kernel, result):
    image, weights = np.ones((4, 4), x), np.ones((2, 2), kernel)
    for function in (correlate2d, convolve2d):
        assert function(image, weights).dtype == result
    assert conv2d(image[..., None], weights[..., None, None]).dtype == result
    assert convolve1d(image[0], weights[0]).dtype == result


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int64", "float16", "float32", "float64"])
def test_dtype_of_pooling(dtype):
    x = np.array([[0, 1, 1], [1, 1, 0], [1, 0, 0]], dtype)
    assert pool2d(x, 2, 1, padding="same").dtype == dtype
    average = pool2d(x, 2, 1, padding="same", mode="average")
    assert average.dtype.kind == "f"
    np.testing.assert_allclose(average, [[0.75, 0.75, 0.5], [0.75, 0.25, 0], [0.5, 0, 0]])


def test_pooling_of_the_smallest_integers_with_padding():
    x = np.full((3, 3), -128, "int8")
    np.testing.assert_array_equal(pool2d(x, 2, 2, padding="same"), x[:2, :2])
    np.testing.assert_array_equal(pool2d(x, 2, 2, padding="same", mode="average"), x[:2, :2])


def test_lists_are_accepted():
    assert conv2d([[[1], [2]]], [[[[3]]]], [1]).tolist() == [[[4], [7]]]


# Arguments are left alone


def valid_arguments():
    """Arguments that every function takes, by function: (arrays, other arguments)."""
    series = dict(x=numbers(1, 6, "float"), w=numbers(2, 3, "float"))
    image = dict(image=numbers(3, (5, 6), "float"), kernel=numbers(4, (3, 2), "float"))
    layer = dict(x=numbers(5, (5, 6, 2), "float"), kernel=numbers(6, (3, 2, 2, 3), "float"), bias=np.ones(3))
    batch = dict(x=numbers(5, (2, 5, 6, 4), "float"), kernel=numbers(6, (3, 2, 2, 6), "float"), bias=np.ones(6))
    maps = dict(x=numbers(7, (2, 5, 6, 3), "float"))
    return {
        convolve1d: (series, {}),
        convolve1d_sums: (series, {}),
        correlate2d: (image, {}),
        correlate2d_sums: (image, {}),
        convolve2d: (image, {}),
        conv2d_sums: (layer, {}),
        conv2d: (batch, dict(groups=2)),
        im2col: (maps, dict(kernel_size=2)),
        pool2d: (maps, {}),
    }


FORMULAS = (convolve1d_sums, correlate2d_sums, conv2d_sums)
FUNCTIONS = [function for function in valid_arguments() if function not in FORMULAS]
ARRAYS = [(function, name) for function in FUNCTIONS for name in valid_arguments()[function][0]]


def assert_left_alone(function, arrays, options):
    copies = {name: array.copy() for name, array in arrays.items()}
    function(**arrays, **options)
    for name, array in arrays.items():
        assert array.dtype == copies[name].dtype
        np.testing.assert_array_equal(array, copies[name])
        array.setflags(write=False)
    out = function(**arrays, **options)
    assert out.flags.writeable
    assert not any(np.shares_memory(out, array) for array in arrays.values())


@pytest.mark.parametrize("function", [*FORMULAS, *FUNCTIONS])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_arguments_are_not_modified_and_may_be_read_only(function, dtype):
    arrays, options = valid_arguments()[function]
    assert_left_alone(function, {name: (9 * array).astype(dtype) for name, array in arrays.items()}, options)


@settings(max_examples=40)
@given(conv2d_cases())
def test_conv2d_and_im2col_never_modify_their_arguments(case):
    x, kernel, bias, options = case
    arrays = dict(x=x, kernel=kernel) if bias is None else dict(x=x, kernel=kernel, bias=bias)
    assert_left_alone(conv2d, arrays, options)
    options.pop("groups")
    assert_left_alone(im2col, dict(x=x.copy()), dict(kernel_size=kernel.shape[:2], **options))


@given(pool2d_cases())
def test_pool2d_never_modifies_its_argument(case):
    x, options = case
    assert_left_alone(pool2d, dict(x=x), options)


# Bad input: a ValueError that names the argument, shows what it got and says what to do


def refuses(function, arguments, *fragments):
    with pytest.raises(ValueError) as error:
        function(**arguments)
    for fragment in fragments:
        assert str(fragment) in str(error.value)


def with_first_entry(array, value):
    array = array.copy()
    array.flat[0] = value
    return array


BAD_ARRAYS = {
    "None": (lambda a: None, "object", "astype(float)"),
    "word": (lambda a: "image.png", "<U9", "astype(float)"),
    "text": (lambda a: a.astype(str), "<U", "astype(float)"),
    "objects": (lambda a: a.astype(object), "object", "astype(float)"),
    "complex": (lambda a: a + 1j, "complex128", "astype(float)"),
    "dates": (lambda a: np.full(a.shape, np.datetime64("2020-01-01")), "datetime64", "astype(float)"),
    "nan": (lambda a: with_first_entry(a, np.nan), "NaN or infinity", "np.nan_to_num"),
    "inf": (lambda a: with_first_entry(a, np.inf), "NaN or infinity", "np.nan_to_num"),
    "-inf": (lambda a: with_first_entry(a, -np.inf).astype("float32"), "NaN or infinity", "np.nan_to_num"),
    "ragged": (lambda a: [[1, 2], [3]], "rows have different lengths", "must be one array of shape"),
    "number": (lambda a: 3.5, "shape ()", "add or remove an axis"),
    "empty": (lambda a: a[:0], "shape (0", "at least one entry"),
    "empty list": (lambda a: [], "shape (0,)"),
}


@pytest.mark.parametrize(
    "function, name, case",
    [
        (function, name, case)
        for function, name in ARRAYS
        for case in BAD_ARRAYS
        if (name, case) != ("bias", "None")  # which means: no bias
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_bad_arrays_are_refused(function, name, case):
    change, *fragments = BAD_ARRAYS[case]
    arrays, options = valid_arguments()[function]
    refuses(function, {**arrays, **options, name: change(arrays[name])}, f"{name} ", *fragments)


@pytest.mark.parametrize("function, name", ARRAYS, ids=lambda value: getattr(value, "__name__", value))
@given(rank=st.integers(0, 7))
@settings(max_examples=8)
def test_wrong_ranks_are_refused(function, name, rank):
    arrays, options = valid_arguments()[function]
    allowed = {arrays[name].ndim}
    if name == "x" and function in (conv2d, im2col):
        allowed = {3, 4}
    if function is pool2d:
        allowed = {2, 3, 4}
    if rank not in allowed:
        value = np.ones(range(2, rank + 2))
        refuses(
            function,
            {**arrays, **options, name: value},
            f"{name} must have shape (",
            f"got shape {value.shape}",
            "add or remove an axis",
        )


not_whole = st.floats() | st.booleans() | st.text(max_size=5) | st.complex_numbers() | st.binary(max_size=3)
too_small = st.integers(max_value=0)
bad_steps = not_whole | too_small
odd_pairs = [{1, 2}, {1: 2}, [[1, 2], [3]], [[1], [2]], [None, 1], np.ones(2), np.ones((2, 2), int)]
bad_pairs = (
    st.lists(st.integers(1, 3), max_size=5).filter(lambda value: len(value) != 2)
    | st.tuples(bad_steps, st.just(1))
    | st.tuples(st.just(1), bad_steps)
    | st.sampled_from(odd_pairs)
)
STEPS = [
    (function, name)
    for function in FUNCTIONS
    for name in ("strides", "dilation_rate", "pool_size", "kernel_size")
    if name in inspect.signature(function).parameters
]


@pytest.mark.parametrize("function, name", STEPS, ids=lambda value: getattr(value, "__name__", value))
@given(value=bad_steps)
@settings(max_examples=25)
def test_bad_strides_and_sizes_are_refused(function, name, value):
    arrays, options = valid_arguments()[function]
    refuses(function, {**arrays, **options, name: value}, f"{name} must be", repr(value), "at least 1")


@pytest.mark.parametrize("function, name", STEPS, ids=lambda value: getattr(value, "__name__", value))
@given(value=bad_pairs)
@settings(max_examples=25)
def test_bad_pairs_are_refused(function, name, value):
    arrays, options = valid_arguments()[function]
    refuses(function, {**arrays, **options, name: value}, f"{name} must be", "got")


@pytest.mark.parametrize(
    "function, name",
    [step for step in STEPS if step[0] is not pool2d] + [(pool2d, "pool_size")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_none_is_no_stride_and_no_size(function, name):
    arrays, options = valid_arguments()[function]
    refuses(function, {**arrays, **options, name: None}, f"{name} must be a whole number, got None")


@pytest.mark.parametrize(
    "function, name",
    [
        (function, name)
        for function in FUNCTIONS
        for name in ("padding", "mode")
        if name in inspect.signature(function).parameters
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
@given(
    value=st.text(max_size=8).filter(lambda word: word.lower() not in ("valid", "same", "full", "max", "average"))
    | st.none()
    | st.floats()
    | st.booleans()
    | st.integers(max_value=-1)
    | st.binary(max_size=3)
)
@settings(max_examples=25)
def test_unknown_paddings_and_modes_are_refused(function, name, value):
    arrays, options = valid_arguments()[function]
    refuses(function, {**arrays, **options, name: value}, f"{name} must be", repr(value))


def test_pooling_has_no_integer_padding():
    refuses(pool2d, dict(x=np.ones((4, 4)), padding=1), 'padding must be "valid" or "same", got 1')


@given(channels=st.integers(1, 6), depth=st.integers(1, 6), groups=st.integers(1, 3))
def test_channels_that_do_not_match_are_refused(channels, depth, groups):
    x, kernel = np.ones((3, 3, channels * groups)), np.ones((2, 2, depth, 6))
    if channels != depth:
        refuses(
            conv2d,
            dict(x=x, kernel=kernel, groups=groups),
            f"kernel of shape {kernel.shape}",
            f"{channels * groups} channels",
            f"must be {channels}",
        )


@given(channels=st.integers(1, 6), filters=st.integers(1, 6), groups=st.integers(2, 7))
def test_groups_that_do_not_divide_are_refused(channels, filters, groups):
    x, kernel = np.ones((3, 3, channels)), np.ones((2, 2, max(channels // groups, 1), filters))
    if channels % groups or filters % groups:
        refuses(
            conv2d,
            dict(x=x, kernel=kernel, groups=groups),
            "groups must divide",
            f"groups={groups}",
            f"{channels} channels",
            f"{filters} filters",
        )


@given(value=bad_steps | st.none() | st.just((1, 1)))
def test_bad_groups_are_refused(value):
    arrays, _ = valid_arguments()[conv2d]
    refuses(conv2d, dict(**arrays, groups=value), "groups must be", repr(value), "at least 1")


@given(length=st.integers(1, 12))
def test_a_bias_of_the_wrong_length_is_refused(length):
    arrays, options = valid_arguments()[conv2d]
    if length != 6:
        refuses(
            conv2d,
            {**arrays, **options, "bias": np.ones(length)},
            "bias must have one entry",
            "6 filters",
            f"got {length}",
        )


@pytest.mark.parametrize("function", [correlate2d, convolve2d])
@given(size=st.integers(1, 5), more=st.integers(1, 5), padding=st.integers(0, 2), dilation=st.integers(1, 3))
def test_a_kernel_larger_than_the_padded_input_is_refused(function, size, more, padding, dilation):
    extent = size + 2 * padding + more
    length = -(-(extent - 1) // dilation) + 1  # weights that reach at least so far
    for shape in ((1, length), (length, 1)):
        image, kernel = np.ones((size, size)), np.ones(shape)
        refuses(
            function,
            dict(image=image, kernel=kernel, padding=padding, dilation_rate=dilation),
            f"kernel_size={length}",
            f"padded input of {size + 2 * padding}",
            'padding="same"',
        )


def test_a_large_kernel_is_refused_for_many_channels_too():
    refuses(conv2d, dict(x=np.ones((2, 3, 5, 1)), kernel=np.ones((4, 4, 1, 1))), "kernel_size=4", "padded input of 3")
    refuses(im2col, dict(x=np.ones((3, 5, 1)), kernel_size=4), "kernel_size=4", "padded input of 3")


def test_a_pool_larger_than_the_image_is_refused():
    refuses(pool2d, dict(x=np.ones((2, 4)), pool_size=3), "pool_size=(3, 3)", "2 rows and 4 columns", 'padding="same"')


@pytest.mark.parametrize("mode", ["valid", "same"])
def test_more_weights_than_values_are_refused(mode):
    refuses(convolve1d, dict(x=[1, 2], w=[1, 2, 3], mode=mode), "w has 3 weights", "2 values of x", 'mode="full"')


# Importing


@pytest.mark.parametrize(
    "module, absent",
    [
        ("utils.convolution", {"tensorflow", "keras", "pandas", "scipy"}),
        ("utils.arithmetic", {"tensorflow", "keras", "pandas", "scipy"}),
        ("utils.kernels", {"tensorflow", "keras"}),
        ("utils.graph", {"tensorflow", "keras"}),
        ("utils.plots", {"tensorflow", "keras"}),
    ],
)
def test_importing_the_library_is_cheap(module, absent):
    code = f"import sys, {module}; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert module in out.split()
    assert absent.isdisjoint(out.split())


def test_the_integer_limit_is_that_of_one_sum():
    x, kernel = np.full((3, 3, 1), 2**40), np.ones((1, 1, 1, 2**13), int)
    np.testing.assert_array_equal(conv2d(x, kernel), np.full((3, 3, 2**13), 2**40))


@pytest.mark.parametrize("dtype, average", [("uint8", "float32"), ("float16", "float32"), ("float32", "float32")])
def test_pooling_keeps_small_types(dtype, average):
    x = np.arange(24).reshape(4, 6).astype(dtype)
    assert pool2d(x).dtype == dtype and pool2d(x, mode="average").dtype == average
