"""The named filters of the lecture, as read-only arrays, and the windows that smooth a series.

The 2D filters are written as the lecture prints them and meant for `convolution.correlate2d`. X filters answer to
changes from left to right, Y filters to changes from bottom to top. Introduced in notebook 02, windows in 01.
"""

from numbers import Real

import numpy as np

from utils.validation import check_memory, integer


def _filter(rows):
    array = np.array(rows)
    array.setflags(write=False)
    return array


SMOOTHING = _filter(np.full((3, 3), 1 / 9))
SHARPENING = _filter([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
EDGES = _filter([[1, 1, 1], [1, -8, 1], [1, 1, 1]])
PREWITT_X = _filter([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
PREWITT_Y = _filter([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
SOBEL_X = _filter([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SOBEL_Y = _filter([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
ROBERTS_X = _filter([[0, 1], [-1, 0]])
ROBERTS_Y = _filter([[1, 0], [0, -1]])
LAPLACIAN = _filter([[0, 1, 0], [1, -4, 1], [0, 1, 0]])

# The two filters of the slides' 6 x 6 example: a diagonal stroke and a vertical one. Introduced in notebook 03.
DIAGONAL = _filter([[1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
VERTICAL = _filter([[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]])


def box(length):
    """Return equal weights of sum 1: the plain average.

    Args:
        length: The number of weights.

    Returns:
        (length,), the newest reading first.

    Raises:
        ValueError: Unless length is a whole number of at least 1, and for more weights than the memory holds.

    Introduced in notebook 01.
    """
    length = _length(length)
    return np.full(length, 1 / length)


def triangular(length):
    """Return weights of sum 1 that fall in a straight line from the newest reading to the oldest.

    Arguments, result and errors are those of `box`. Introduced in notebook 01.
    """
    weights = np.arange(_length(length), 0, -1)
    return weights / weights.sum()


def exponential(length, decay=0.85):
    """Return weights of sum 1, in proportion to decay**a for the reading a steps back.

    Result and errors are those of `box`, also for another decay.

    Args:
        length: The number of weights.
        decay: Above 0, at most 1.

    Introduced in notebook 01.
    """
    if isinstance(decay, bool) or not isinstance(decay, Real) or not 0 < decay <= 1:
        raise ValueError(
            f"decay must be above 0 and at most 1, got {decay!r}; 0.85 makes every weight 0.85 times the one before"
        )
    weights = float(decay) ** np.arange(_length(length))
    return weights / weights.sum()


def gaussian(length, sigma=None):
    """Return half a bell curve of sum 1, in proportion to exp(-a**2 / (2 sigma**2)) for the reading a steps back.

    Result and errors are those of `box`, also for another sigma.

    Args:
        length: The number of weights.
        sigma: The width of the bell in steps, above 0; length / 2 by default.

    Introduced in notebook 01.
    """
    length = _length(length)
    sigma = length / 2 if sigma is None else sigma
    if isinstance(sigma, bool) or not isinstance(sigma, Real) or not 0 < sigma < np.inf:
        raise ValueError(f"sigma must be above 0 and finite, got {sigma!r}; it is the width of the bell in steps")
    weights = np.exp(-((np.arange(length) / sigma) ** 2) / 2)
    return weights / weights.sum()


def _length(length):
    length = integer("length", length, 1)
    check_memory("length", length, (length,))
    return length
