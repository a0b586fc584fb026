"""Convolution, correlation and pooling in NumPy.

`..._sums` is the lecture's formula for one image and stride 1, and nothing else: read it. The function without the
suffix computes the same with whole arrays, takes strides and padding, and checks its arguments: use it.
"Convolution" in a name flips the kernel and "correlation" does not; `conv2d` is what the Keras layer Conv2D computes,
which is a correlation.

Images are (height, width) for one channel and (height, width, channels) otherwise, batches (batch, height, width,
channels), kernels (kernel_height, kernel_width, in_channels, filters). `strides`, `pool_size` and `dilation_rate`
take an int or a pair (rows, columns). `padding` is "valid", "same", or the zeros added on
each side: an int or a pair (rows, columns).

The functions without the suffix give exact integers for integers, wide enough not to wrap (int64); with a float among
the arguments the result is a float. Arguments are never modified.

Raises (all functions without the suffix):
    ValueError: For a wrong shape, a kernel larger than the padded input, a stride below 1, an unknown mode, integers
        too large for exact sums, floats too large for any, NaN and infinity, and arrays larger than the memory.
"""

import numpy as np

from utils.arithmetic import window_geometry
from utils.sums import asfloat_array, cast, finite, quiet, result_dtype
from utils.validation import check_groups, check_memory, choice, float_array, pair, plain_array, real_array

# The formulas


def convolve1d_sums(x, w):
    """Slide the weights `w` over the series `x`: s_t = sum_a x_(t-a) w_a, for every t with a full window.

    Args:
        x: (time,).
        w: (window,), with w[0] the weight of the newest reading.

    Returns:
        Floats of shape (time - window + 1,).

    Source: lecture topic "The convolution operation, 1D". Introduced in notebook 01.
    """
    x, w = float_array("x", x), float_array("w", w)
    s = np.zeros(len(x) - len(w) + 1)
    for t in range(len(w) - 1, len(x)):
        for a in range(len(w)):
            s[t - len(w) + 1] += x[t - a] * w[a]
    return s


def correlate2d_sums(image, kernel):
    """Lay the kernel on the image, multiply, add, slide: S_ij = sum_ab I_(i+a, j+b) K_ab.

    Args:
        image: (height, width).
        kernel: (rows, columns).

    Returns:
        Floats of shape (height - rows + 1, width - columns + 1).

    Source: lecture topic "The convolution operation, 2D", the form that looks at the succeeding pixels.
    Introduced in notebook 02.
    """
    I, K = float_array("image", image), float_array("kernel", kernel)
    S = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1))
    for i, j in np.ndindex(S.shape):
        for a, b in np.ndindex(K.shape):
            S[i, j] += I[i + a, j + b] * K[a, b]
    return S


def conv2d_sums(x, kernel, bias=0):
    """Correlate each filter k with all channels c, and add its bias: S_ijk = sum_abc I_(i+a, j+b, c) K_abck + b_k.

    Args:
        x: (height, width, channels).
        kernel: (kernel_height, kernel_width, channels, filters).
        bias: (filters,), or 0.

    Returns:
        Floats of shape (height - kernel_height + 1, width - kernel_width + 1, filters).

    Source: lecture topic "RGB images, multiple filters". Introduced in notebook 03.
    """
    I, K = float_array("x", x), float_array("kernel", kernel)
    S = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1, K.shape[3]))
    for i, j, k in np.ndindex(S.shape):
        for a, b, c in np.ndindex(K.shape[:3]):
            S[i, j, k] += I[i + a, j + b, c] * K[a, b, c, k]
    return S + plain_array("bias", bias)


# The same with whole arrays, for any stride and padding


def convolve1d(x, w, mode="valid"):
    """Slide the weights `w` over the series `x`, as `convolve1d_sums` does, for every t that `mode` admits.

    Args:
        x: (time,).
        w: (window,), with w[0] the weight of the newest reading.
        mode: "valid", only full windows: len(x) - len(w) + 1 values; "same", as many values as x has; "full", every
            overlap: len(x) + len(w) - 1 values. As in np.convolve.

    Returns:
        An array (values,).

    Raises:
        ValueError: If `w` is longer than `x` and mode is not "full".

    Introduced in notebook 01.
    """
    x, w, dtype = _prepare1d(x, w, mode)
    windows = np.lib.stride_tricks.sliding_window_view(x, len(w))
    with quiet():
        return cast(windows @ w[::-1], dtype, "x", "w")


def correlate2d(image, kernel, strides=1, *, padding="valid", dilation_rate=1):
    """Correlate one channel with one kernel, as `correlate2d_sums` does, with strides, padding and dilation.

    Args:
        image: (height, width).
        kernel: (rows, columns).
        strides, padding, dilation_rate: As the module says.

    Returns:
        An array (out_height, out_width), with the sizes of `arithmetic.conv_output_size`.

    Introduced in notebook 02.
    """
    image, kernel, dtype = _prepare2d(image, kernel)
    geometry = window_geometry(image.shape, kernel.shape, strides, padding, dilation_rate)
    (rows, columns), zeros, _, (down, right), (dilate_down, dilate_right) = geometry
    I, S = _pad(image, zeros, padding), np.zeros((rows, columns), kernel.dtype)
    with quiet():
        for (a, b), weight in np.ndenumerate(kernel):  # one shifted copy of the image for each weight
            S += weight * I[a * dilate_down :: down, b * dilate_right :: right][:rows, :columns]
    return cast(S, dtype, "image", "kernel")


def convolve2d(image, kernel, strides=1, *, padding="valid", dilation_rate=1):
    """Correlate with the kernel flipped top to bottom and left to right, which is true convolution.

    "valid" holds the values S_ij = sum_ab I_(i-a, j-b) K_ab whose pixels all lie inside the image.

    Args:
        image: (height, width).
        kernel: (rows, columns).
        strides, padding, dilation_rate: As the module says; the zeros of "same" are placed as in Keras.

    Returns:
        An array (out_height, out_width).

    Source: lecture topic "The convolution operation, 2D", the form that looks at the previous pixels.
    Introduced in notebook 02.
    """
    kernel = real_array("kernel", kernel, [("rows", "columns")])
    return correlate2d(image, kernel[::-1, ::-1], strides, padding=padding, dilation_rate=dilation_rate)


def conv2d(x, kernel, bias=None, *, strides=1, padding="valid", dilation_rate=1, groups=1):
    """Compute the Keras layer Conv2D: correlate every filter with all channels of its group, and add the results.

    One matrix product ("im2col") for each image, which keeps the patches of one image in the processor's cache.

    Args:
        x: (height, width, channels) or (batch, height, width, channels).
        kernel: (kernel_height, kernel_width, channels / groups, filters).
        bias: (filters,) or None.
        strides, padding, dilation_rate: As the module says.
        groups: Parts into which channels and filters are divided.

    Returns:
        An array (..., out_height, out_width, filters).

    Source: lecture topic "RGB images, multiple filters". Introduced in notebook 03.
    """
    x, kernel, bias, groups, dtype = _prepare_conv2d(x, kernel, bias, groups)
    batch = x if x.ndim == 4 else x[None]
    filters = kernel.shape[3]
    geometry = window_geometry(batch.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    windows = _windows(batch, geometry, padding)
    check_memory("kernel.shape", kernel.shape, (*geometry.output_size, max(kernel[..., 0].size, filters)))
    out = np.empty((len(batch), *geometry.output_size, filters), kernel.dtype)
    with quiet():
        for channels, columns in _group_slices(x.shape[-1], filters, groups):
            matrix = kernel[..., columns].reshape(-1, columns.stop - columns.start)
            for image, result in zip(windows[..., channels], out.reshape(len(batch), -1, filters)):
                np.matmul(image.reshape(len(result), -1), matrix, out=result[:, columns])
        if bias is not None:
            out += bias
    out = cast(out, dtype, "x", "kernel")
    return out if x.ndim == 4 else out[0]


def im2col(x, kernel_size, *, strides=1, padding="valid", dilation_rate=1):
    """Write every patch that a kernel sees as one row: convolution is `im2col(x, size) @ kernel.reshape(-1, filters)`.

    Args:
        x: (height, width, channels) or (batch, height, width, channels).
        kernel_size: An int or a pair (rows, columns).
        strides, padding, dilation_rate: As the module says.

    Returns:
        A new array (positions, kernel_height * kernel_width * channels); positions run over batch, rows, columns.

    Introduced in notebook 03.
    """
    x = real_array("x", x, [("height", "width", "channels"), ("batch", "height", "width", "channels")])
    batch = x if x.ndim == 4 else x[None]
    windows = _windows(batch, window_geometry(batch.shape[1:3], kernel_size, strides, padding, dilation_rate), padding)
    check_memory("kernel_size", kernel_size, windows.shape, x.itemsize)
    return np.array(windows, order="C").reshape(np.prod(windows.shape[:3]), -1)


def pool2d(x, pool_size=2, strides=None, *, padding="valid", mode="max"):
    """Replace every window of each channel by its largest value or by its mean.

    Args:
        x: (height, width), (height, width, channels) or (batch, height, width, channels).
        pool_size: An int or a pair (rows, columns).
        strides: As large as `pool_size` by default, so that windows do not overlap.
        padding: "valid" or "same"; pixels added by "same" count neither for the maximum nor for the mean, as in Keras.
        mode: "max" keeps the dtype of x; "average" gives floats.

    Returns:
        An array (out_height, out_width), with the other axes of x.

    Source: lecture topic "Pooling". Introduced in notebook 04.
    """
    batch, pool_size, strides, padding, mode = _prepare_pool2d(x, pool_size, strides, padding, mode)
    geometry = window_geometry(batch.shape[1:3], pool_size, strides, padding)
    if mode == "max":
        out = _windows(batch, geometry, pool_size, "pool_size", padded_with=_lowest(batch.dtype)).max(axis=(3, 4))
    else:
        values = batch.astype(np.result_type(batch.dtype, np.float32), copy=False)
        inside = np.ones_like(values[:1, :, :, :1])
        with quiet():
            sums, counts = (
                _windows(array, geometry, pool_size, "pool_size").sum(axis=(3, 4)) for array in (values, inside)
            )
        out = finite(sums, "x") / counts
    return out.reshape(_pooled_shape(np.shape(x), geometry.output_size))


# Helpers


def _pad(array, zeros, cause, name="padding", padded_with=0):
    """Pad rows and columns, unless the argument that is the cause of it asks for more than the memory holds."""
    if not any(map(any, zeros)):
        return array
    amounts = zeros if array.ndim == 2 else ((0, 0), *zeros, (0, 0))
    check_memory(name, cause, [n + sum(more) for n, more in zip(array.shape, amounts)], array.itemsize)
    return np.pad(array, amounts, constant_values=padded_with)


def _windows(batch, geometry, cause, name="padding", padded_with=0):
    """Cut out all windows, a view if there is no padding: (batch, out_height, out_width, rows, columns, channels)."""
    batch = _pad(batch, geometry.padding, cause, name, padded_with)
    (down, right), (dilate_down, dilate_right) = geometry.strides, geometry.dilation_rate
    extent = [(k - 1) * d + 1 for k, d in zip(geometry.kernel_size, geometry.dilation_rate)]
    views = np.lib.stride_tricks.sliding_window_view(batch, extent, axis=(1, 2))
    return views[:, ::down, ::right, :, ::dilate_down, ::dilate_right].transpose(0, 1, 2, 4, 5, 3)


def _prepare1d(x, w, mode):
    x, w = real_array("x", x, [("time",)]), real_array("w", w, [("window",)])
    mode = choice("mode", mode, ("valid", "same", "full"))
    if len(w) > len(x) and mode != "full":
        raise ValueError(f'w has {len(w)} weights, more than the {len(x)} values of x; shorten w, or use mode="full"')
    dtype = result_dtype(len(w), x=x, w=w)
    x, w = asfloat_array(dtype, x, w)
    zeros = len(w) - 1
    before, after = {"valid": (0, 0), "same": (zeros - zeros // 2, zeros // 2), "full": (zeros, zeros)}[mode]
    return np.pad(x, (before, after)), w, dtype


def _prepare2d(image, kernel):
    image = real_array("image", image, [("height", "width")])
    kernel = real_array("kernel", kernel, [("rows", "columns")])
    dtype = result_dtype(kernel.size, image=image, kernel=kernel)
    return *asfloat_array(dtype, image, kernel), dtype


def _prepare_conv2d(x, kernel, bias, groups):
    x = real_array("x", x, [("height", "width", "channels"), ("batch", "height", "width", "channels")])
    kernel = real_array("kernel", kernel, [("kernel_height", "kernel_width", "in_channels", "filters")])
    channels, (depth, filters) = x.shape[-1], kernel.shape[2:]
    groups = check_groups(channels, filters, groups)
    if depth * groups != channels:
        raise ValueError(
            f"kernel of shape {kernel.shape} reads {depth} channels in each of {groups} group(s), but x "
            f"has {channels} channels; kernel.shape[2] must be {channels // groups}"
        )
    given = dict(x=x, kernel=kernel)
    if bias is not None:
        given["bias"] = bias = real_array("bias", bias, [("filters",)])
        if len(bias) != filters:
            raise ValueError(f"bias must have one entry for each of the {filters} filters, got {len(bias)}")
    dtype = result_dtype(kernel.size // filters, **given)
    return *asfloat_array(dtype, x, kernel, bias), groups, dtype


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


def _group_slices(channels, filters, groups):
    """Return a pair of slices for each group: its input channels and its filters."""
    depth, width = channels // groups, filters // groups
    return [(slice(g * depth, (g + 1) * depth), slice(g * width, (g + 1) * width)) for g in range(groups)]
