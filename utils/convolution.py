"""Convolution, correlation and pooling in NumPy, each written twice.

`..._sums` is the lecture's formula, loop by loop: read it. The function without the suffix computes the same with
whole arrays: use it. "Convolution" in a name flips the kernel and "correlation" does not; `conv2d` is what
the Keras layer Conv2D computes, which is a correlation.

Images are (height, width) for one channel and (height, width, channels) otherwise, batches (batch, height, width,
channels), kernels (kernel_height, kernel_width, in_channels, filters). `strides`, `pool_size` and `dilation_rate`
take an int or a pair (rows, columns). `padding` is "valid", "same", or the zeros added on
each side: an int or a pair (rows, columns).

Integers give exact integers, wide enough not to wrap (int64); with a float among the arguments the result is a
float. Arguments are never modified. Every function raises a ValueError for a wrong shape, a kernel larger than the
padded input, a stride below 1, an unknown mode, and NaN or infinity.
"""

import numpy as np

from utils.arithmetic import conv_output_size, padding_amounts
from utils.validation import check_groups, choice, pair, real_array

LARGEST_EXACT_INTEGER = 2**53  # up to here float64 holds every integer


# One dimension


def convolve1d(x, w, mode="valid"):
    """Slide the weights `w` over the series `x`: s_t = sum_a x_(t-a) w_a, for every t that `mode` admits.

    x: (time,), w: (window,) with w[0] the weight of the newest reading.
    mode: "valid", only full windows: len(x) - len(w) + 1 values; "same", as many values as x has; "full", every
        overlap: len(x) + len(w) - 1 values. As in np.convolve.
    Raises ValueError if `w` is longer than `x` and mode is not "full".
    Source: lecture topic "The convolution operation, 1D". Introduced in notebook 01.
    """
    x, w, dtype = _prepare1d(x, w, mode)
    windows = np.lib.stride_tricks.sliding_window_view(x, len(w))
    return _cast(windows @ w[::-1], dtype)


def convolve1d_sums(x, w, mode="valid"):
    """`convolve1d` as the lecture writes it: one sum over the window for each time. Introduced in notebook 01."""
    x, w, dtype = _prepare1d(x, w, mode)
    s = np.zeros(len(x) - len(w) + 1)
    for t in range(len(s)):
        for a in range(len(w)):
            s[t] += x[t + len(w) - 1 - a] * w[a]
    return _cast(s, dtype)


# Two dimensions, one channel


def correlate2d(image, kernel, strides=1, padding="valid", dilation_rate=1):
    """Lay the kernel on the image, multiply, add, slide: S_ij = sum_ab I_(i+a, j+b) K_ab.

    image: (height, width), kernel: (rows, columns).
    Returns (out_height, out_width), sizes as in `arithmetic.conv_output_size`.
    Source: lecture topic "The convolution operation, 2D", the form that looks at the succeeding pixels.
    Introduced in notebook 02.
    """
    image, kernel, dtype = _prepare2d(image, kernel)
    (s_rows, s_columns), (d_rows, d_columns) = pair("strides", strides), pair("dilation_rate", dilation_rate)
    out_size = conv_output_size(image.shape, kernel.shape, (s_rows, s_columns), padding, (d_rows, d_columns))
    I = _pad(image[None, ..., None], kernel.shape, strides, padding, dilation_rate)[0, ..., 0]
    S = np.zeros(out_size, kernel.dtype)
    height, width = (out_size[0] - 1) * s_rows + 1, (out_size[1] - 1) * s_columns + 1
    for (a, b), weight in np.ndenumerate(kernel):  # one shifted copy of the image for each weight
        top, left = a * d_rows, b * d_columns
        S += weight * I[top : top + height : s_rows, left : left + width : s_columns]
    return _cast(S, dtype)


def correlate2d_sums(image, kernel, strides=1, padding="valid", dilation_rate=1):
    """`correlate2d` as the lecture writes it: a sum over a and b for each i and j. Introduced in notebook 02."""
    image, kernel, dtype = _prepare2d(image, kernel)
    m, n = kernel.shape
    (s_rows, s_columns), (d_rows, d_columns) = pair("strides", strides), pair("dilation_rate", dilation_rate)
    S = np.zeros(conv_output_size(image.shape, kernel.shape, (s_rows, s_columns), padding, (d_rows, d_columns)))
    I = _pad(image[None, ..., None], kernel.shape, strides, padding, dilation_rate)[0, ..., 0]
    for i in range(S.shape[0]):
        for j in range(S.shape[1]):
            for a in range(m):
                for b in range(n):
                    S[i, j] += I[i * s_rows + a * d_rows, j * s_columns + b * d_columns] * kernel[a, b]
    return _cast(S, dtype)


def convolve2d(image, kernel, strides=1, padding="valid", dilation_rate=1):
    """True convolution: `correlate2d` with the kernel flipped top to bottom and left to right.

    "valid" holds the values S_ij = sum_ab I_(i-a, j-b) K_ab whose pixels all lie inside the image.
    image: (height, width), kernel: (rows, columns). Zeros of "same" are placed as in Keras.
    Source: lecture topic "The convolution operation, 2D", the form that looks at the previous pixels.
    Introduced in notebook 02.
    """
    kernel = real_array("kernel", kernel, [("rows", "columns")])
    return correlate2d(image, kernel[::-1, ::-1], strides, padding, dilation_rate)


def convolve2d_sums(image, kernel, strides=1, padding="valid", dilation_rate=1):
    """`convolve2d` with one sum for each value. Introduced in notebook 02."""
    kernel = real_array("kernel", kernel, [("rows", "columns")])
    return correlate2d_sums(image, kernel[::-1, ::-1], strides, padding, dilation_rate)


# Many channels and filters


def conv2d(x, kernel, bias=None, strides=1, padding="valid", dilation_rate=1, groups=1):
    """What the Keras layer Conv2D computes: every filter is correlated with all channels of its group, and summed.

    x: (height, width, channels) or (batch, height, width, channels).
    kernel: (kernel_height, kernel_width, channels / groups, filters). bias: (filters,) or None.
    Returns (..., out_height, out_width, filters).
    Source: lecture topic "RGB images, multiple filters"; as one matrix product ("im2col") for each image, which
    keeps the patches of one image in the processor's cache. Introduced in notebook 03.
    """
    x, kernel, bias, dtype = _prepare_conv2d(x, kernel, bias, groups)
    batch = x if x.ndim == 4 else x[None]
    filters = kernel.shape[3]
    out_size = conv_output_size(batch.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    padded = _pad(batch, kernel.shape[:2], strides, padding, dilation_rate)
    windows = _windows(padded, kernel.shape[:2], strides, dilation_rate)
    out = np.empty((len(batch), out_size[0] * out_size[1], filters), kernel.dtype)
    for channels, columns in _group_slices(x.shape[-1], filters, groups):
        matrix = kernel[..., columns].reshape(-1, columns.stop - columns.start)
        for image, result in zip(windows[..., channels], out):
            np.matmul(image.reshape(len(result), -1), matrix, out=result[:, columns])
    if bias is not None:
        out += bias
    out = _cast(out.reshape(len(batch), *out_size, filters), dtype)
    return out if x.ndim == 4 else out[0]


def conv2d_sums(x, kernel, bias=None, strides=1, padding="valid", dilation_rate=1, groups=1):
    """`conv2d` as sums: for each image and filter, correlate channel by channel and add. Introduced in notebook 03."""
    x, kernel, bias, dtype = _prepare_conv2d(x, kernel, bias, groups)
    batch = x if x.ndim == 4 else x[None]
    filters = kernel.shape[3]
    out_size = conv_output_size(batch.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    out = np.zeros((len(batch), *out_size, filters))
    for channels, columns in _group_slices(x.shape[-1], filters, groups):
        for image in range(len(batch)):
            for k in range(columns.start, columns.stop):
                for depth, channel in enumerate(range(channels.start, channels.stop)):
                    out[image, :, :, k] += correlate2d_sums(
                        batch[image, :, :, channel], kernel[:, :, depth, k], strides, padding, dilation_rate
                    )
    out = _cast(out if bias is None else out + bias, dtype)
    return out if x.ndim == 4 else out[0]


def im2col(x, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Every patch that a kernel sees, as one row: convolution becomes `im2col(x, size) @ kernel.reshape(-1, filters)`.

    x: (height, width, channels) or (batch, height, width, channels).
    Returns (positions, kernel_height * kernel_width * channels); positions run over batch, rows, columns.
    Introduced in notebook 03.
    """
    x = real_array("x", x, [("height", "width", "channels"), ("batch", "height", "width", "channels")])
    batch = x if x.ndim == 4 else x[None]
    kernel_size = pair("kernel_size", kernel_size)
    out_size = conv_output_size(batch.shape[1:3], kernel_size, strides, padding, dilation_rate)
    padded = _pad(batch, kernel_size, strides, padding, dilation_rate)
    windows = _windows(padded, kernel_size, strides, dilation_rate)
    return np.array(windows, order="C").reshape(len(batch) * out_size[0] * out_size[1], -1)  # always a copy


# Pooling


def pool2d(x, pool_size=2, strides=None, padding="valid", mode="max"):
    """Replace every window of each channel by its largest value or by its mean.

    x: (height, width), (height, width, channels) or (batch, height, width, channels).
    strides: as large as `pool_size` by default, so that windows do not overlap.
    padding: "valid" or "same"; pixels added by "same" count neither for the maximum nor for the mean, as in Keras.
    mode: "max" keeps the dtype of x; "average" gives floats.
    Source: lecture topic "Pooling". Introduced in notebook 04.
    """
    batch, pool_size, strides, padding, mode = _prepare_pool2d(x, pool_size, strides, padding, mode)
    out_size = conv_output_size(batch.shape[1:3], pool_size, strides, padding)
    if mode == "max":
        padded = _pad(batch, pool_size, strides, padding, 1, value=_lowest(batch.dtype))
        out = _windows(padded, pool_size, strides, 1).max(axis=(3, 4))
    else:
        values = batch.astype(np.result_type(batch.dtype, np.float32), copy=False)
        total = _windows(_pad(values, pool_size, strides, padding, 1), pool_size, strides, 1).sum(axis=(3, 4))
        inside = _pad(np.ones_like(values[:1, :, :, :1]), pool_size, strides, padding, 1)
        out = total / _windows(inside, pool_size, strides, 1).sum(axis=(3, 4))
    return out.reshape(_pooled_shape(np.shape(x), out_size))


def pool2d_sums(x, pool_size=2, strides=None, padding="valid", mode="max"):
    """`pool2d` window by window. Introduced in notebook 04."""
    batch, pool_size, strides, padding, mode = _prepare_pool2d(x, pool_size, strides, padding, mode)
    reduce = np.max if mode == "max" else np.mean
    height, width = batch.shape[1:3]
    out_size = conv_output_size((height, width), pool_size, strides, padding)
    (top, _), (left, _) = padding_amounts((height, width), pool_size, strides, padding)
    out = np.zeros(
        (len(batch), *out_size, batch.shape[3]),
        batch.dtype if mode == "max" else np.result_type(batch.dtype, np.float32),
    )
    for image in range(out.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                row, column = i * strides[0] - top, j * strides[1] - left
                window = batch[image, max(row, 0) : row + pool_size[0], max(column, 0) : column + pool_size[1]]
                out[image, i, j] = reduce(window, axis=(0, 1))
    return out.reshape(_pooled_shape(np.shape(x), out_size))


# Helpers


def _exact(name, x, **weights):
    """Give `x` and the weights a float type that holds them exactly, and the type that the result must have."""
    arrays = {name: x} | {key: w for key, w in weights.items() if w is not None}
    if any(array.dtype.kind == "f" for array in arrays.values()):
        dtype = np.result_type(np.float32, *arrays.values())
        return *(w if w is None else w.astype(dtype, copy=False) for w in (x, *weights.values())), dtype
    peaks = [max(1, abs(int(array.max())), abs(int(array.min()))) for array in arrays.values()]
    kernel = next(iter(weights.values()))
    terms = kernel.size // (kernel.shape[3] if kernel.ndim == 4 else 1)  # products in one sum
    if peaks[0] * peaks[1] * terms + sum(peaks[2:]) >= LARGEST_EXACT_INTEGER:
        raise ValueError(
            f"{' and '.join(arrays)} hold integers up to {max(peaks)}, whose sums could exceed 2**53; "
            "convert them with .astype(float)"
        )
    return *(w if w is None else w.astype(float) for w in (x, *weights.values())), np.dtype(np.int64)


def _cast(result, dtype):
    return np.rint(result).astype(dtype) if dtype.kind == "i" else result.astype(dtype, copy=False)


def _prepare1d(x, w, mode):
    x, w = real_array("x", x, [("time",)]), real_array("w", w, [("window",)])
    mode = choice("mode", mode, ("valid", "same", "full"))
    if len(w) > len(x) and mode != "full":
        raise ValueError(f'w has {len(w)} weights, more than the {len(x)} values of x; shorten w, or use mode="full"')
    x, w, dtype = _exact("x", x, w=w)
    zeros = len(w) - 1
    before, after = {"valid": (0, 0), "same": (zeros - zeros // 2, zeros // 2), "full": (zeros, zeros)}[mode]
    return np.pad(x, (before, after)), w, dtype


def _prepare2d(image, kernel):
    image = real_array("image", image, [("height", "width")])
    kernel = real_array("kernel", kernel, [("rows", "columns")])
    return _exact("image", image, kernel=kernel)


def _prepare_conv2d(x, kernel, bias, groups):
    x = real_array("x", x, [("height", "width", "channels"), ("batch", "height", "width", "channels")])
    kernel = real_array("kernel", kernel, [("kernel_height", "kernel_width", "in_channels", "filters")])
    channels, (depth, filters) = x.shape[-1], kernel.shape[2:]
    check_groups(channels, filters, groups)
    if depth * groups != channels:
        raise ValueError(
            f"kernel of shape {kernel.shape} reads {depth} channels in each of {groups} group(s), but x "
            f"has {channels} channels; kernel.shape[2] must be {channels // groups}"
        )
    if bias is not None:
        bias = real_array("bias", bias, [("filters",)])
        if len(bias) != filters:
            raise ValueError(f"bias must have one entry for each of the {filters} filters, got {len(bias)}")
    return _exact("x", x, kernel=kernel, bias=bias)


def _prepare_pool2d(x, pool_size, strides, padding, mode):
    image = ("height", "width")
    x = real_array("x", x, [image, (*image, "channels"), ("batch", *image, "channels")])
    pool_size = pair("pool_size", pool_size)
    strides = pool_size if strides is None else pair("strides", strides)
    padding = choice("padding", padding, ("valid", "same"))
    mode = choice("mode", mode, ("max", "average"))
    batch = x.reshape((1,) * (x.ndim < 4) + x.shape + (1,) * (x.ndim == 2))
    if padding == "valid" and (pool_size[0] > batch.shape[1] or pool_size[1] > batch.shape[2]):
        raise ValueError(
            f"pool_size={pool_size} is larger than x with its {batch.shape[1]} rows and {batch.shape[2]} "
            'columns; use a smaller pool_size, or padding="same"'
        )
    return batch, pool_size, strides, padding, mode


def _pooled_shape(shape, out_size):
    return out_size if len(shape) == 2 else (*shape[:-3], *out_size, shape[-1])


def _lowest(dtype):
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else np.iinfo(dtype).min


def _pad(batch, kernel_size, strides, padding, dilation_rate, value=0):
    rows, columns = padding_amounts(batch.shape[1:3], kernel_size, strides, padding, dilation_rate)
    if rows == columns == (0, 0):
        return batch
    return np.pad(batch, ((0, 0), rows, columns, (0, 0)), constant_values=value)


def _windows(padded, kernel_size, strides, dilation_rate):
    """All windows, without a copy: (batch, out_height, out_width, kernel_height, kernel_width, channels)."""
    strides, dilation = pair("strides", strides), pair("dilation_rate", dilation_rate)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel_size, dilation)]
    views = np.lib.stride_tricks.sliding_window_view(padded, extent, axis=(1, 2))
    views = views[:, :: strides[0], :: strides[1], :, :: dilation[0], :: dilation[1]]
    return views.transpose(0, 1, 2, 4, 5, 3)


def _group_slices(channels, filters, groups):
    """Pairs of slices: the input channels and the filters of each group."""
    depth, width = channels // groups, filters // groups
    return [(slice(g * depth, (g + 1) * depth), slice(g * width, (g + 1) * width)) for g in range(groups)]
