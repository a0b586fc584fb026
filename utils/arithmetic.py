"""The arithmetic of convolutional layers: output sizes, padding, parameters, costs.

Sizes are counted in pixels (or samples), with Keras' argument names. `input_size`, `kernel_size`, `strides`,
`padding` and `dilation_rate` take an int, or a pair (rows, columns); one pair among them makes the result a pair.
"""

from typing import NamedTuple

from utils.validation import check_groups, choice, integer, is_pair, pair


def conv_output_size(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Count the positions at which a kernel can be applied along an axis: floor((W1 - F + 2P) / S) + 1.

    Args:
        input_size: Pixels along the axis, W1.
        kernel_size: Weights along the axis, F.
        strides: Pixels from one position to the next, S.
        padding: "valid" (no zeros), "same" (as many as make the output ceil(input_size / strides)), or an int, the
            zeros added on each side, P.
        dilation_rate: Pixels from one weight to the next.

    Returns:
        An int, or a pair (rows, columns) if an argument is a pair.

    Raises:
        ValueError: For a size or stride below 1, and for a kernel larger than the padded input.

    Source: lecture topic "Relation between input size, feature map size, filter size"; floor and dilation as in
    Dumoulin & Visin 2016, arXiv:1603.07285. Introduced in notebook 03.
    """
    sizes = window_geometry(input_size, kernel_size, strides, padding, dilation_rate).output_size
    return sizes if any(map(is_pair, (input_size, kernel_size, strides, padding, dilation_rate))) else sizes[0]


def padding_amounts(input_size, kernel_size, strides=1, padding="same", dilation_rate=1):
    """Count the zeros that `padding` adds along an axis, before and after the input.

    "same" adds just enough for the last window to end inside the padded input, and puts the odd zero *after* the
    input, so that with a stride the amounts can be (0, 1). "valid" adds (0, 0), an int p adds (p, p).

    Args:
        input_size, kernel_size, strides, padding, dilation_rate: As in `conv_output_size`.

    Returns:
        A pair (before, after), or ((top, bottom), (left, right)) if an argument is a pair.

    Raises:
        ValueError: For a size or stride below 1 and an unknown padding.

    Source: the rule of TensorFlow and Keras, tested against Keras. Introduced in notebook 03.
    """
    amounts = tuple(_padding(*axis) for axis in _axes(input_size, kernel_size, strides, padding, dilation_rate))
    return amounts if any(map(is_pair, (input_size, kernel_size, strides, padding, dilation_rate))) else amounts[0]


class Geometry(NamedTuple):
    """Where the windows of a layer lie; every field is a pair for (rows, columns)."""

    output_size: tuple  # number of windows
    padding: tuple  # zeros (before, after) the image
    kernel_size: tuple  # values of a window
    strides: tuple  # pixels from one window to the next
    dilation_rate: tuple  # pixels from one value of a window to the next


def window_geometry(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Find all windows that a convolution or a pooling lays on an image.

    Args:
        input_size, kernel_size, strides, padding, dilation_rate: As in `conv_output_size`.

    Returns:
        A `Geometry`.

    Raises:
        ValueError: As `conv_output_size` does.
    """
    axes = _axes(input_size, kernel_size, strides, padding, dilation_rate)
    _, kernels, steps, _, dilations = zip(*axes)
    sizes = tuple(_output_size(*axis) for axis in axes)
    return Geometry(sizes, tuple(_padding(*axis) for axis in axes), kernels, steps, dilations)


def conv_parameters(kernel_size, in_channels, filters, use_bias=True, groups=1):
    """Count the trainable numbers of a convolutional layer: (rows * columns * in_channels / groups + bias) * filters.

    Args:
        kernel_size: An int or a pair (rows, columns).
        in_channels: Channels of the input.
        filters: Channels of the output.
        use_bias: True if every filter also adds a number of its own.
        groups: Parts into which the channels are divided; a filter reads one part.

    Returns:
        An int.

    Raises:
        ValueError: For counts below 1, and for groups that do not divide both numbers of channels.

    Source: lecture topic "The convolution operation: summary". Introduced in notebook 03.
    """
    rows, columns = pair("kernel_size", kernel_size)
    in_channels, filters = integer("in_channels", in_channels, 1), integer("filters", filters, 1)
    groups = check_groups(in_channels, filters, groups)
    return (rows * columns * in_channels // groups + bool(use_bias)) * filters


def layer_costs(input_shape, kernel_size, filters, strides=1, padding="valid"):
    """Compare a dense, a locally connected and a convolutional layer with the same output.

    A connection is one number that a neuron reads, its bias included; zeros of the padding count as read.

    Args:
        input_shape: (height, width, channels).
        kernel_size, strides, padding: As in `conv_output_size`.
        filters: Channels of the output.

    Returns:
        A DataFrame with a row for each kind of layer and the columns "neurons", "connections" and "parameters".

    Raises:
        ValueError: For a wrong input_shape, counts below 1, and a kernel larger than the padded input.

    Source: lecture topics "Sparse connectivity" and "Shared weights". Introduced in notebook 04.
    """
    import pandas as pd

    if not is_pair(input_shape) or len(input_shape) != 3:
        raise ValueError(f"input_shape must be (height, width, channels), got {input_shape!r}")
    height, width, channels = (integer("input_shape", n, 1) for n in input_shape)
    filters = integer("filters", filters, 1)
    out_rows, out_columns = conv_output_size((height, width), kernel_size, strides, padding)
    neurons = out_rows * out_columns * filters
    inputs = height * width * channels
    per_neuron = conv_parameters(kernel_size, channels, 1)
    rows = {
        "dense": (neurons, neurons * (inputs + 1), neurons * (inputs + 1)),
        "locally connected": (neurons, neurons * per_neuron, neurons * per_neuron),
        "convolutional": (neurons, neurons * per_neuron, filters * per_neuron),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["neurons", "connections", "parameters"])


def _axes(input_size, kernel_size, strides, padding, dilation_rate):
    """Check all arguments; return (size, kernel, stride, padding, dilation) of the rows and of the columns."""
    sizes, kernels = pair("input_size", input_size), pair("kernel_size", kernel_size)
    steps, dilations = pair("strides", strides), pair("dilation_rate", dilation_rate)
    if isinstance(padding, str) or padding is None:
        paddings = (choice("padding", padding, ("valid", "same")),) * 2
    else:
        paddings = pair("padding", padding, minimum=0)
    return list(zip(sizes, kernels, steps, paddings, dilations))


def _padding(size, kernel, stride, padding, dilation):
    if padding == "valid":
        return 0, 0
    if padding == "same":
        outputs = -(-size // stride)
        total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        return total // 2, total - total // 2
    return padding, padding


def _output_size(size, kernel, stride, padding, dilation):
    padded = size + sum(_padding(size, kernel, stride, padding, dilation))
    extent = (kernel - 1) * dilation + 1
    if extent > padded:
        spread = "" if dilation == 1 else f" (spread over {extent} by dilation_rate={dilation})"
        raise ValueError(
            f"kernel_size={kernel}{spread} is larger than the padded input of {padded}; "
            'use a smaller kernel, more padding, or padding="same"'
        )
    return (padded - extent) // stride + 1
