"""Sums of finite numbers are finite or refused, and what no memory can hold is refused before it is tried."""

import numpy as np
import pytest

from tests.helpers import refuses
from utils import convolution, kernels
from utils.deconvnet import unpool
from utils.pretrained import prepare

LARGE, SMALL = np.full((2, 2), 3e38, "float32"), np.ones((2, 2), "float32")
TOO_LARGE = {
    "convolve1d": lambda x: convolution.convolve1d(x.ravel(), [1.0, 1, 1]),
    "correlate2d": lambda x: convolution.correlate2d(x, SMALL),
    "convolve2d": lambda x: convolution.convolve2d(x, SMALL, padding="same"),
    "conv2d": lambda x: convolution.conv2d(x[..., None], SMALL[..., None, None]),
    "conv2d, bias": lambda x: convolution.conv2d(x[..., None] / 4, SMALL[..., None, None], x[0, :1]),
    "average pooling": lambda x: convolution.pool2d(x, mode="average"),
    "unpool": lambda x: unpool(x, np.zeros((2, 2), int), (3, 3)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", TOO_LARGE.values(), ids=TOO_LARGE)
def test_finite_numbers_never_give_infinity(function):
    if function is not TOO_LARGE["convolve1d"]:  # whose weights are float64, as its result then is
        refuses(lambda: function(LARGE), "exceed what float32 can hold", '.astype("float64")')
    refuses(lambda: function(np.full((2, 2), 1.7e308)), "exceed what float64 can hold", "scale them down")
    exact = function(np.full((2, 2), 2.0))
    np.testing.assert_allclose(function(LARGE.astype(float)), exact * (float(LARGE[0, 0]) / 2), rtol=1e-12)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint16, bool])
def test_unpool_adds_whole_numbers_exactly(kind):
    value = kind(np.iinfo(kind).max if kind is not bool else 1)
    out = unpool(np.full((20, 20), value), np.zeros((20, 20), int), (2, 2))
    assert out.dtype == np.int64 and out.tolist() == [[400 * int(value), 0], [0, 0]]


def test_unpool_refuses_integers_that_would_wrap():
    refuses(lambda: unpool(np.full((2, 2), 2**62), np.zeros((2, 2), int), (2, 2)), "pooled", ".astype(float)")
    refuses(lambda: unpool(np.full((2, 2), 2**63, "uint64"), np.zeros((2, 2), int), (2, 2)), "pooled")


HUGE, IMAGE, COLOURS = 10**12, np.ones((6, 6)), np.ones((6, 6, 3))
NEEDS_TOO_MUCH = {
    "box": ("length", lambda: kernels.box(HUGE)),
    "triangular": ("length", lambda: kernels.triangular(HUGE)),
    "exponential": ("length", lambda: kernels.exponential(HUGE)),
    "gaussian": ("length", lambda: kernels.gaussian(HUGE)),
    "correlate2d": ("padding", lambda: convolution.correlate2d(IMAGE, IMAGE, padding=HUGE)),
    "convolve2d, rows": ("padding", lambda: convolution.convolve2d(IMAGE, IMAGE, padding=(HUGE, 0))),
    "dilated": ("padding", lambda: convolution.correlate2d(IMAGE, IMAGE, padding="same", dilation_rate=HUGE)),
    "conv2d": ("padding", lambda: convolution.conv2d(COLOURS, np.ones((1, 1, 3, 1)), padding=10**7, strides=10**6)),
    "im2col": ("padding", lambda: convolution.im2col(COLOURS, 2, padding=HUGE)),
    "im2col, windows": ("kernel_size", lambda: convolution.im2col(np.ones((4000, 4000, 1), bool), 2000)),
    "pool2d": ("pool_size", lambda: convolution.pool2d(IMAGE, HUGE, padding="same")),
    "pool2d, average": ("pool_size", lambda: convolution.pool2d(COLOURS, (1, HUGE), 1, padding="same", mode="average")),
    "unpool": ("shape", lambda: unpool(IMAGE, np.zeros((6, 6), int), (HUGE, 2))),
    "prepare": ("size", lambda: prepare(np.full((9, 9, 3), 200, "uint8"), HUGE)),
}


@pytest.mark.parametrize("name, call", NEEDS_TOO_MUCH.values(), ids=NEEDS_TOO_MUCH)
def test_what_needs_more_than_the_memory_is_refused_before_numpy_tries(name, call):
    refuses(call, name, "bytes of memory", "make it smaller")
