"""What utils.convolution makes of its arguments: types, integers that do not wrap, and bad input that it refuses."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.helpers import refuses
from tests.strategies import bad_pairs, bad_sizes, bad_words, conv2d_cases, numbers, pool2d_cases, seeds
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
    refuses(lambda: correlate2d(image, weights), "could exceed 2**53")


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


@pytest.mark.parametrize(
    "dtype, smallest", [("int8", -128), ("int64", -(2**63)), ("uint8", 0), ("bool", False), ("float16", -65504)]
)
def test_padding_does_not_exceed_the_smallest_value_of_a_type(dtype, smallest):
    x = np.full((3, 3), smallest, dtype)
    np.testing.assert_array_equal(pool2d(x, 2, 2, padding="same"), x[:2, :2])
    np.testing.assert_array_equal(pool2d(x, 2, 2, padding="same", mode="average"), x[:2, :2])


def test_lists_are_accepted():
    assert conv2d([[[1], [2]]], [[[[3]]]], [1]).tolist() == [[[4], [7]]]


# Arguments are left alone


def name_of(value):
    return getattr(value, "__name__", value)


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


def refuses_other(function, name, value, *fragments):
    """Assert that a function refuses one value in place of a valid one, and says so with its name."""
    arrays, options = valid_arguments()[function]
    refuses(lambda: function(**{**arrays, **options, name: value}), f"{name} ", *fragments)


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


NO_BIAS = (conv2d, "bias", "None")  # is allowed


@pytest.mark.parametrize(
    "function, name, case",
    [(*array, case) for array in ARRAYS for case in BAD_ARRAYS if (*array, case) != NO_BIAS],
    ids=name_of,
)
def test_bad_arrays_are_refused(function, name, case):
    change, *fragments = BAD_ARRAYS[case]
    refuses_other(function, name, change(valid_arguments()[function][0][name]), *fragments)


@pytest.mark.parametrize("function, name", ARRAYS, ids=name_of)
@given(rank=st.integers(0, 7))
@settings(max_examples=8)
def test_wrong_ranks_are_refused(function, name, rank):
    allowed = {valid_arguments()[function][0][name].ndim}
    if name == "x" and function in (conv2d, im2col):
        allowed = {3, 4}
    if function is pool2d:
        allowed = {2, 3, 4}
    if rank not in allowed:
        value = np.ones(range(2, rank + 2))
        fragments = f"{name} must have shape (", f"got shape {value.shape}", "add or remove an axis"
        refuses_other(function, name, value, *fragments)


def parameters(*names):
    """Return pairs of a function and those of the names that are parameters of it."""
    signatures = {function: inspect.signature(function).parameters for function in FUNCTIONS}
    return [(function, name) for function in FUNCTIONS for name in names if name in signatures[function]]


STEPS = parameters("strides", "dilation_rate", "pool_size", "kernel_size")


@pytest.mark.parametrize("function, name", STEPS, ids=name_of)
@given(value=bad_sizes)
@settings(max_examples=25)
def test_bad_strides_and_sizes_are_refused(function, name, value):
    refuses_other(function, name, value, f"{name} must be", repr(value), "at least 1")


@pytest.mark.parametrize("function, name", STEPS, ids=name_of)
@given(value=bad_pairs)
@settings(max_examples=25)
def test_bad_pairs_are_refused(function, name, value):
    refuses_other(function, name, value, f"{name} must be", "got")


@pytest.mark.parametrize("function, name", [step for step in STEPS if step != (pool2d, "strides")], ids=name_of)
def test_none_is_no_stride_and_no_size(function, name):
    refuses_other(function, name, None, f"{name} must be a whole number, got None")


@pytest.mark.parametrize("function, name", parameters("padding", "mode"), ids=name_of)
@given(value=bad_words)
@settings(max_examples=25)
def test_unknown_paddings_and_modes_are_refused(function, name, value):
    refuses_other(function, name, value, f"{name} must be", repr(value))


def test_pooling_has_no_integer_padding():
    refuses(lambda: pool2d(np.ones((4, 4)), padding=1), 'padding must be "valid" or "same", got 1')


@given(channels=st.integers(1, 6), depth=st.integers(1, 6), groups=st.integers(1, 3))
def test_channels_that_do_not_match_are_refused(channels, depth, groups):
    x, kernel = np.ones((3, 3, channels * groups)), np.ones((2, 2, depth, 6))
    if channels != depth:
        fragments = f"kernel of shape {kernel.shape}", f"{channels * groups} channels", f"must be {channels}"
        refuses(lambda: conv2d(x, kernel, groups=groups), *fragments)


@given(channels=st.integers(1, 6), filters=st.integers(1, 6), groups=st.integers(2, 7))
def test_groups_that_do_not_divide_are_refused(channels, filters, groups):
    x, kernel = np.ones((3, 3, channels)), np.ones((2, 2, max(channels // groups, 1), filters))
    if channels % groups or filters % groups:
        fragments = "groups must divide", f"groups={groups}", f"{channels} channels", f"{filters} filters"
        refuses(lambda: conv2d(x, kernel, groups=groups), *fragments)


@given(value=bad_sizes | st.none() | st.just((1, 1)))
def test_bad_groups_are_refused(value):
    refuses_other(conv2d, "groups", value, "groups must be", repr(value), "at least 1")


@given(length=st.integers(1, 12).filter(lambda length: length != 6))
def test_a_bias_of_the_wrong_length_is_refused(length):
    refuses_other(conv2d, "bias", np.ones(length), "bias must have one entry", "6 filters", f"got {length}")


@pytest.mark.parametrize("function", [correlate2d, convolve2d])
@given(size=st.integers(1, 5), more=st.integers(1, 5), padding=st.integers(0, 2), dilation=st.integers(1, 3))
def test_a_kernel_larger_than_the_padded_input_is_refused(function, size, more, padding, dilation):
    extent = size + 2 * padding + more
    length = -(-(extent - 1) // dilation) + 1  # weights that reach at least so far
    fragments = f"kernel_size={length}", f"padded input of {size + 2 * padding}", 'padding="same"'
    for shape in ((1, length), (length, 1)):
        image, kernel = np.ones((size, size)), np.ones(shape)
        refuses(lambda: function(image, kernel, padding=padding, dilation_rate=dilation), *fragments)


def test_a_large_kernel_is_refused_for_many_channels_too():
    fragments = "kernel_size=4", "padded input of 3"
    refuses(lambda: conv2d(np.ones((2, 3, 5, 1)), np.ones((4, 4, 1, 1))), *fragments)
    refuses(lambda: im2col(np.ones((3, 5, 1)), 4), *fragments)


def test_a_pool_larger_than_the_image_is_refused():
    fragments = "pool_size=(3, 3)", "2 rows and 4 columns", 'padding="same"'
    refuses(lambda: pool2d(np.ones((2, 4)), 3), *fragments)


@pytest.mark.parametrize("mode", ["valid", "same"])
def test_more_weights_than_values_are_refused(mode):
    refuses(lambda: convolve1d([1, 2], [1, 2, 3], mode), "w has 3 weights", "2 values of x", 'mode="full"')


def test_the_integer_limit_is_that_of_one_sum():
    x, kernel = np.full((3, 3, 1), 2**40), np.ones((1, 1, 1, 2**13), int)
    np.testing.assert_array_equal(conv2d(x, kernel), np.full((3, 3, 2**13), 2**40))


@pytest.mark.parametrize("dtype, average", [("uint8", "float32"), ("float16", "float32"), ("float32", "float32")])
def test_pooling_keeps_small_types(dtype, average):
    x = np.arange(24).reshape(4, 6).astype(dtype)
    assert pool2d(x).dtype == dtype and pool2d(x, mode="average").dtype == average
