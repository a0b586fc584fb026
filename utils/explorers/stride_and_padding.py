"""The windows of a convolutional layer: how many fit, what they ignore, and what the layer costs."""

from utils import plots
from utils.arithmetic import conv_output_size
from utils.explorers.explorer import Explorer
from utils.validation import integer

LARGEST = {"input_size": 14, "kernel_size": 7, "strides": 5, "dilation_rate": 4, "channels": 32, "filters": 32}
MOST_ZEROS = 3


def stride_and_padding(input_size=6, kernel_size=3, strides=2, padding="valid", dilation_rate=1, channels=3, filters=2):
    """Show where the windows of a layer lie, along one axis and in the image, and count its sizes, weights and sums.

    Every argument can be changed in the picture; rows and columns have the same. Without arguments it begins with the
    lecture's image of 6 x 6 pixels, a filter of 3 x 3 and stride 2.

    Args:
        input_size: Rows and columns of the image, W1, at most 14.
        kernel_size: Rows and columns of a filter, F, at most 7.
        strides: Pixels from one window to the next, S, at most 5.
        padding: "valid", "same" or the zeros added on each side, P, at most 3.
        dilation_rate: Pixels from one weight to the next, at most 4.
        channels: Depth of the image, D1, at most 32.
        filters: Number of filters, K, at most 32.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For numbers outside of these bounds, for pairs, and for what `conv_output_size` refuses.

    Introduced in notebook 03.
    """
    numbers = {"input_size": input_size, "kernel_size": kernel_size, "strides": strides}
    numbers |= {"dilation_rate": dilation_rate, "channels": channels, "filters": filters}
    for name, value in numbers.items():
        numbers[name] = integer(name, value, 1, LARGEST[name], "so that the windows can be drawn")
    W, F, S, d, D, K = numbers.values()
    if isinstance(padding, str):
        padding = padding.lower()
    else:
        padding = integer("padding", padding, 0, MOST_ZEROS, "so that the windows can be drawn")
    windows = conv_output_size(W, F, S, padding, d)
    return Explorer(
        "stride_and_padding",
        {"W": W, "F": F, "S": S, "d": d, "padding": padding, "D": D, "K": K},
        plots.windows_1d(W, kernel_size=F, strides=S, padding=padding, dilation_rate=d),
        f"The windows of a filter of {F} with stride {S} over {W} pixels: {windows} of them. Sizes, stride, padding "
        "and dilation can be changed; the windows, what they ignore, parameters and multiply-adds follow.",
        height=700,
        narrow=1280,
    )
