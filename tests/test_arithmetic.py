"""utils.arithmetic against Keras: its shapes, the places of its zeros and its parameters."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers

from tests.helpers import refuses
from tests.strategies import bad_pairs, bad_sizes, bad_words
from utils.arithmetic import conv_output_size, conv_parameters, layer_costs, padding_amounts, window_geometry
from utils.validation import check_groups

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")
SIZES, KERNELS = range(1, 13), range(1, 7)
# Keras takes strides or dilation, not both.
STEPS = [(stride, 1) for stride in range(1, 5)] + [(1, dilation) for dilation in (2, 3)]


# Sizes and padding


@pytest.mark.parametrize("padding", ["valid", "same", 0, 1, 2, 3])
def test_output_size_is_that_of_keras(padding):
    """Every size, kernel, stride and dilation; where Keras finds no output, a ValueError that names the kernel."""
    zeros = 0 if isinstance(padding, str) else padding
    pad = layers.ZeroPadding2D(zeros)
    refused = 0
    for kernel, (stride, dilation) in itertools.product(KERNELS, STEPS):
        keras_padding = padding if isinstance(padding, str) else "valid"
        conv = layers.Conv2D(1, kernel, stride, keras_padding, dilation_rate=dilation)
        for size in SIZES:
            try:
                expected = conv.compute_output_shape(pad.compute_output_shape((None, size, size, 1)))[1]
            except ValueError:
                expected = 0
            if expected < 1:  # Keras 3.8 gives such a size, later releases raise
                refused += 1
                refuses(
                    lambda: conv_output_size(size, kernel, stride, padding, dilation),
                    f"kernel_size={kernel}",
                    f"padded input of {size + 2 * zeros}",
                    'padding="same"',
                )
            else:
                assert conv_output_size(size, kernel, stride, padding, dilation) == expected
    assert (refused > 0) == (padding in ("valid", 0, 1, 2, 3))


def windows_of_keras(size, kernel, stride, padding, dilation):
    """What Keras reads at every place of every window, from the ramp 1, 2, ..., size with zeros around it.

    Filter a has its only weight, a one, at place a.
    """
    ramp = np.arange(1, size + 1, dtype="float32").reshape(1, size, 1)
    one_hot = np.eye(kernel, dtype="float32").reshape(kernel, 1, kernel)
    return np.asarray(keras.ops.conv(ramp, one_hot, stride, padding, dilation_rate=dilation))[0]


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_zeros_stand_where_keras_puts_them(padding):
    for size, kernel, (stride, dilation) in itertools.product(SIZES, KERNELS, STEPS):
        if padding == "valid" and (kernel - 1) * dilation >= size:
            continue
        case = (size, kernel, stride, padding, dilation)
        windows = windows_of_keras(*case)
        before, after = padding_amounts(*case)
        padded = np.pad(np.arange(1, size + 1), (before, after))
        places = stride * np.arange(len(windows))[:, None] + dilation * np.arange(kernel)
        np.testing.assert_array_equal(windows, padded[places], str(case))
        assert after == 0 or places.max() == len(padded) - 1, case  # the last zero is read
        assert conv_output_size(*case) == len(windows), case


@pytest.mark.parametrize("zeros", [0, 1, (2, 0), (1, 3)])
def test_integer_padding_adds_what_zeropadding2d_adds(zeros):
    amounts = padding_amounts(4, 3, 2, zeros) if isinstance(zeros, tuple) else (padding_amounts(4, 3, 2, zeros),) * 2
    padded = np.asarray(layers.ZeroPadding2D(zeros)(np.ones((1, 4, 4, 1))))[0, ..., 0]
    np.testing.assert_array_equal(np.pad(np.ones((4, 4)), amounts), padded)


def test_known_sizes():
    assert conv_output_size(224, 11, 4) == 54  # AlexNet with the size that its paper states
    assert conv_output_size(227, 11, 4) == 55  # ... and with the size that fits
    assert conv_output_size(224, 7, 2) == 109  # ZFNet
    assert conv_output_size(224, 7, 2, padding=1) == 110
    assert conv_output_size(224, 3, 1, "same") == 224
    assert conv_output_size(7, 3, 1, dilation_rate=2) == 3


def test_known_paddings():
    assert padding_amounts(4, 3, 2, "same") == (0, 1)  # with a stride the zeros may stand on one side only
    assert padding_amounts(5, 3, 2, "same") == (1, 1)
    assert padding_amounts(5, 2, 1, "same") == (0, 1)
    assert padding_amounts(5, 3) == (1, 1)
    assert padding_amounts(3, 1, 2, "same") == (0, 0)


def test_results_are_plain_ints():
    assert type(conv_output_size(np.int64(7), np.int32(3))) is int
    assert [type(n) for n in padding_amounts(np.int64(7), 3)] == [int, int]


def test_pairs_are_rows_and_columns():
    assert conv_output_size((5, 9), 3) == (3, 7)
    assert conv_output_size(9, (3, 5)) == (7, 5)
    assert conv_output_size(9, 3, (1, 2)) == (7, 4)
    assert conv_output_size(9, 3, 1, (0, 1)) == (7, 9)
    assert conv_output_size(9, 3, dilation_rate=[1, 2]) == (7, 5)
    assert padding_amounts((4, 5), 3, 2) == ((0, 1), (1, 1))
    assert padding_amounts(5, 3, np.array([1, 2])) == ((1, 1), (1, 1))


@given(
    size=st.tuples(*[st.integers(1, 30)] * 2),
    kernel=st.tuples(*[st.integers(1, 5)] * 2),
    strides=st.tuples(*[st.integers(1, 4)] * 2),
    dilation=st.tuples(*[st.integers(1, 3)] * 2),
)
def test_a_pair_holds_the_results_of_its_axes(size, kernel, strides, dilation):
    rows, columns = zip(size, kernel, strides, dilation)
    for function in (conv_output_size, padding_amounts):
        expected = tuple(function(n, k, s, "same", d) for n, k, s, d in (rows, columns))
        assert function(size, kernel, strides, "same", dilation) == expected


@pytest.mark.parametrize("padding", ["valid", "same", 1, (0, 2)])
def test_the_geometry_of_all_windows_in_one(padding):
    options = dict(strides=(2, 1), padding=padding, dilation_rate=(1, 2))
    geometry = window_geometry((9, 8), 3, **options)
    assert geometry.output_size == conv_output_size((9, 8), 3, **options)
    assert geometry.padding == padding_amounts((9, 8), 3, **options)
    assert (geometry.kernel_size, geometry.strides, geometry.dilation_rate) == ((3, 3), (2, 1), (1, 2))
    refuses(lambda: window_geometry(5, 9), "kernel_size=9", "padded input of 5")


@pytest.mark.parametrize("function", [conv_output_size, padding_amounts])
@pytest.mark.parametrize("name", ["input_size", "kernel_size", "strides", "dilation_rate"])
@given(value=bad_sizes | st.none(), other=bad_pairs)
@settings(max_examples=30)
def test_bad_sizes_are_refused(function, name, value, other):
    good = dict(input_size=5, kernel_size=3)
    refuses(lambda: function(**{**good, name: value}), f"{name} must be", repr(value), "at least 1")
    refuses(lambda: function(**{**good, name: other}), f"{name} must be", "got")


@pytest.mark.parametrize("function", [conv_output_size, padding_amounts])
@given(value=bad_words)
def test_unknown_paddings_are_refused(function, value):
    refuses(lambda: function(5, 3, 1, value), "padding must be", repr(value))


def test_a_dilated_kernel_that_does_not_fit_is_explained():
    spread = "kernel_size=3 (spread over 7 by dilation_rate=3)"
    refuses(lambda: conv_output_size(5, 3, dilation_rate=3), spread, "padded input of 5")


# Parameters and costs


@settings(max_examples=25)
@given(
    kernel=st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4)),
    groups=st.integers(1, 3),
    depth=st.integers(1, 4),
    width=st.integers(1, 4),
    use_bias=st.booleans(),
)
def test_conv_parameters_are_those_of_keras(kernel, groups, depth, width, use_bias):
    layer = layers.Conv2D(groups * width, kernel, groups=groups, use_bias=use_bias)
    layer.build((None, 8, 8, groups * depth))
    assert conv_parameters(kernel, groups * depth, groups * width, use_bias, groups) == layer.count_params()


@given(value=bad_sizes | st.none())
def test_bad_numbers_of_channels_and_groups_are_refused(value):
    refuses(lambda: conv_parameters(3, value, 1), "in_channels must be", repr(value))
    refuses(lambda: conv_parameters(3, 1, value), "filters must be", repr(value))
    refuses(lambda: conv_parameters(3, 1, 1, groups=value), "groups must be", repr(value))
    refuses(lambda: conv_parameters(value, 1, 1), "kernel_size must be", repr(value))


@given(channels=st.integers(1, 12), filters=st.integers(1, 12), groups=st.integers(1, 12))
def test_groups_must_divide_channels_and_filters(channels, filters, groups):
    if channels % groups == filters % groups == 0:
        check_groups(channels, filters, groups)
    else:
        for function in (
            lambda: check_groups(channels, filters, groups),
            lambda: conv_parameters(3, channels, filters, groups=groups),
        ):
            refuses(function, "groups must divide", f"groups={groups}", f"{channels} channels", f"{filters} filters")


def test_costs_counted_by_hand():
    costs = layer_costs((4, 4, 1), 3, 2)  # 2 maps of 2 x 2 neurons
    assert costs.loc["dense"].tolist() == [8, 8 * 17, 8 * 17]
    assert costs.loc["locally connected"].tolist() == [8, 8 * 10, 8 * 10]
    assert costs.loc["convolutional"].tolist() == [8, 8 * 10, 2 * 10]


@pytest.mark.parametrize("strides, padding", [(1, "valid"), (2, "same"), ((1, 2), "valid"), (2, 1)])
def test_parameters_of_the_costs_are_those_of_keras(strides, padding):
    image, zeros = keras.Input((7, 6, 3)), 0 if isinstance(padding, str) else padding
    conv = layers.Conv2D(4, 3, strides, padding if isinstance(padding, str) else "valid")
    maps = conv(layers.ZeroPadding2D(zeros)(image))
    dense = layers.Dense(int(np.prod(maps.shape[1:])))
    dense(layers.Flatten()(image))
    costs = layer_costs((7, 6, 3), 3, 4, strides, padding)
    assert costs["neurons"].tolist() == [dense.units] * 3
    assert costs.loc["dense", "parameters"] == dense.count_params()
    assert costs.loc["convolutional", "parameters"] == conv.count_params()


@pytest.mark.parametrize("shape", [8, (8, 8), (8, 8, 3, 1), "8x8", None, [[8, 8], [3]]], ids=str)
def test_costs_need_height_width_and_channels(shape):
    refuses(lambda: layer_costs(shape, 3, 2), "input_shape must be (height, width, channels)", repr(shape))


def test_costs_refuse_bad_numbers():
    refuses(lambda: layer_costs((8, 8, 0), 3, 2), "input_shape must be at least 1, got 0")
    refuses(lambda: layer_costs((8, 8, 1), 3, 0), "filters must be at least 1, got 0")
    refuses(lambda: layer_costs((8, 8, 1), 9, 2), "kernel_size=9", "padded input of 8")
    refuses(lambda: layer_costs((8, 8, 1), 3, 2, padding="full"), "padding must be", "'full'")


@pytest.mark.parametrize("filters", [np.uint8(16), np.int8(100)])
def test_layer_costs_do_not_wrap_small_integers(filters):
    costs = layer_costs((8, 8, 3), 3, filters)
    assert costs.loc["convolutional", "parameters"] == int(filters) * 28
