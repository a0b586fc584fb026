"""Judges of filters that students design: one that moves an image, in exercise 2.4, and one that finds lines, in 2.7.

Many filters are right. So each judge tries what a filter does, and says what it does instead.
"""

import numpy as np

from utils.convolution import correlate2d
from utils.exercises.judges import read_table

EXACT = 1e-9  # what rounding errors of the computer may add up to, as a share of the largest weight

SIDES = {  # how rows and columns change; the opposite side; where the neighbour stands that is copied, and its name
    "left": (0, -1, "right", "to the right of", "right"),
    "right": (0, 1, "left", "to the left of", "left"),
    "up": (-1, 0, "down", "below", "lower"),
    "down": (1, 0, "up", "above", "upper"),
}


def shifts(kernel, side):
    """Judge a filter that is to move an image by one pixel to a side of SIDES."""
    kernel = read_table(kernel, (3, 3))
    image = np.random.default_rng(0).integers(1, 255, (6, 7)).astype(float)
    moved = correlate2d(image, kernel)
    opposite = SIDES[side][2]
    along, others = ("Columns", "up or down") if side in ("left", "right") else ("Rows", "to the left or right")

    def is_(rows, columns):
        expected = image[1 - rows : 5 - rows, 1 - columns : 6 - columns]
        return np.allclose(moved, expected, rtol=0, atol=255 * EXACT * max(np.abs(kernel).max(), 1))

    if is_(*SIDES[side][:2]):
        return None
    if is_(*SIDES[opposite][:2]):
        to = {"left": "to the left", "right": "to the right"}.get(opposite, opposite)
        return f"Your filter moves the image {to}. Which neighbour must a pixel copy so that the image moves {side}?"
    if any(is_(rows, columns) for rows, columns, *_ in SIDES.values()):
        return f"Your filter moves the image {others}. {along} are what must change."
    if is_(0, 0):
        return "Your filter leaves the image where it is."
    if np.count_nonzero(kernel) == 1 and np.isclose(kernel.sum(), 1, rtol=0, atol=EXACT):
        return f"Your filter moves the image along a diagonal. Only {along.lower()} must change."
    if np.count_nonzero(kernel) != 1:
        return (
            "A moved image mixes nothing: every new pixel is a copy of one old pixel. How many weights does that take?"
        )
    return "Your filter changes more than the place of the pixels. Which weight copies a pixel as it is?"


MOVING = [  # usual answers; for each side one of them is right
    [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
    [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
    [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
    [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
    [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
    [[0, 0, 0], [1, -1, 0], [0, 0, 0]],
    [[0, 0, 0], [9, 0, 0], [0, 0, 0]],
]


def finds_lines(kernel, line, ground):
    """Judge a filter that is to find lines, horizontal or vertical ones, on a dark or bright ground."""
    kernel = read_table(kernel, (3, 3))
    largest = np.abs(kernel).max()
    other, parts, middle = ("vertical", "column", "row") if line == "horizontal" else ("horizontal", "row", "column")
    along = kernel if line == "horizontal" else kernel.T  # as if the line were horizontal
    flat = correlate2d(np.ones((3, 3)), along).item()
    crossing = [correlate2d(np.eye(3)[[column] * 3], along).item() for column in range(3)]
    found = correlate2d(np.eye(3)[[1] * 3].T, along).item() * (1 if ground == "dark" else -1)
    if abs(flat) > EXACT * largest:
        return f"A flat region does not give 0. What must hold for the sum of the weights?{_rounded(flat, largest)}"
    wrong = max(crossing, key=abs)
    if abs(wrong) > EXACT * largest:
        return (
            f"A {other} line does not give 0. It covers one {parts} of the filter: what must each {parts} add up to?"
            + _rounded(wrong, largest)
        )
    if not found > EXACT * largest:
        shade = "bright" if ground == "dark" else "dark"
        return (
            f"A {shade} {line} line through the centre does not give a positive value. It covers the middle {middle}."
        )
    return None


def _rounded(total, largest):
    """Explain a sum that is nearly 0: weights that should be thirds were written with two or three digits."""
    return f" (Yours: {total:.3g}. Rounded weights? Python takes 1/3 as it is.)" if abs(total) < 0.05 * largest else ""


LINES = np.array(  # usual answers, for horizontal lines; turned, they are for vertical ones
    [
        [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
        [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
        [[1, 1, 1], [-2, -2, -2], [1, 1, 1]],
        [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]],
        [[-0.33, -0.33, -0.33], [0.67, 0.67, 0.67], [-0.33, -0.33, -0.33]],
    ]
)
