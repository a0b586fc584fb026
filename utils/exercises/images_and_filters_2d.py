"""Exercises of notebook 02: images and filters."""

import functools

import numpy as np

from utils.convolution import convolve2d, correlate2d, correlate2d_sums
from utils.exercises.exercise import Exercise
from utils.exercises.judges import knows, read_table, same_function, same_numbers

q1 = Exercise(
    judge=same_numbers(
        3 * 600 * 600,
        mistakes=[
            (600 * 600, "That is a grey image. How many numbers does a pixel of an RGB image have?"),
            (3 * 600, "An image has rows and columns: 600 pixels are a single row."),
            (8 * 3 * 600 * 600, "Those are bits. Eight of them are a byte."),
            (4 * 600 * 600, "That would be four numbers a pixel, with transparency. RGB has fewer."),
            (1.08, "That is the number of millions. Give the number of bytes."),
            (1080, "That is the number of thousands. Give the number of bytes."),
        ],
    ),
    hint="Pixels first: rows times columns. Then bytes: one for each colour of a pixel.",
    solution="answer = 600 * 600 * 3",
    lesson="3 N * N bytes: twice the resolution takes four times the memory.",
)

_image, _kernel = np.array([[1, 2, 0], [0, 1, 3], [4, 0, 1]]), np.array([[0, 1], [2, 3]])

q2 = Exercise(
    judge=same_numbers(
        correlate2d(_image, _kernel),
        mistakes=[
            (convolve2d(_image, _kernel), "You flipped the filter. On the succeeding pixels it stays as it is."),
            (correlate2d(_image, _kernel.T), "Rows and columns of the filter are exchanged: its second row is 2, 3."),
            (correlate2d(_image, _kernel).T, "Rows and columns of your result are exchanged."),
            (_image[:2, :2] * _kernel, "These are the products of the first place. Add them up, then slide on."),
        ],
    ),
    hint="Four places. At the first the pixels under the filter are 1, 2, 0, 1; multiply each by its weight and add.",
    solution="""
answer = [[0*1 + 1*2 + 2*0 + 3*1,  0*2 + 1*0 + 2*1 + 3*3],
          [0*0 + 1*1 + 2*4 + 3*0,  0*1 + 1*3 + 2*0 + 3*1]]
""",
    lesson="Four places, four sums of four products.",
)

_cases = [
    (np.arange(20.0).reshape(4, 5) ** 2, np.array([[1.0, 2.0], [3.0, 5.0]])),
    (
        np.array([[3.0, 1.0, 4.0, 1.0], [5.0, 9.0, 2.0, 6.0], [5.0, 3.0, 5.0, 8.0]]),
        np.array([[1.0, 0.0, -2.0], [0.5, 4.0, 1.0]]),
    ),
    (np.arange(9.0).reshape(3, 3), np.array([[2.0]])),
    (np.array([[0.5, 3.0], [1.0, 2.0]]), np.array([[-1.0, -2.0]])),
    (np.array([[2.0, 1.0, 0.0], [4.0, 3.0, 1.0]]), np.array([[1.0, 0.0, 2.0], [3.0, -1.0, 1.0]])),  # fits in once
]

q3 = Exercise(
    judge=same_function(
        correlate2d_sums,
        cases=_cases,
        mistakes=[
            (convolve2d, "You flip the kernel. On the succeeding pixels it stays as it is."),
            (
                lambda image, kernel: correlate2d(image, kernel)[:-1, :-1],
                "The last row and column of places are missing: count how often the kernel fits.",
            ),
            (
                lambda image, kernel: correlate2d(image, kernel, padding="same"),
                "Your result is as large as the image. Use only places where the whole kernel fits in.",
            ),
            (lambda image, kernel: correlate2d(image, kernel).T, "Rows and columns of your result are exchanged."),
        ],
    ),
    hint="The result has image.shape[0] - kernel.shape[0] + 1 rows. At (i, j) the pixels are image[i:i+m, j:j+n].",
    solution="""
import numpy as np

def correlate(image, kernel):
    m, n = kernel.shape
    result = np.zeros((image.shape[0] - m + 1, image.shape[1] - n + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.sum(image[i:i + m, j:j + n] * kernel)
    return result

answer = correlate
""",
    lesson="The inner sums over a and b are one NumPy line; the two loops move the window.",
)

EXACT = 1e-9  # what rounding errors of the computer may add up to, as a share of the largest weight


@knows(
    [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
    [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
    [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
    [[0, 0, 0], [1, -1, 0], [0, 0, 0]],
    [[0, 0, 0], [9, 0, 0], [0, 0, 0]],
)
def _shifts_right(kernel):
    kernel = read_table(kernel, (3, 3))
    image = np.random.default_rng(0).integers(1, 255, (6, 7)).astype(float)
    moved = correlate2d(image, kernel)

    def is_(expected):
        return np.allclose(moved, expected, rtol=0, atol=255 * EXACT * max(np.abs(kernel).max(), 1))

    if is_(image[1:-1, :-2]):
        return None
    if is_(image[1:-1, 2:]):
        return (
            "Your filter moves the image to the left. Which neighbour must a pixel copy so that the image moves right?"
        )
    if is_(image[:-2, 1:-1]) or is_(image[2:, 1:-1]):
        return "Your filter moves the image up or down. Columns are what must change."
    if is_(image[1:-1, 1:-1]):
        return "Your filter leaves the image where it is."
    if np.count_nonzero(kernel) == 1 and np.isclose(kernel.sum(), 1, rtol=0, atol=EXACT):
        return "Your filter moves the image along a diagonal. Only columns must change."
    if np.count_nonzero(kernel) != 1:
        return (
            "A moved image mixes nothing: every new pixel is a copy of one old pixel. How many weights does that take?"
        )
    return "Your filter changes more than the place of the pixels. Which weight copies a pixel as it is?"


q4 = Exercise(
    judge=_shifts_right,
    hint="In a moved image every pixel is a copy of one neighbour. Which neighbour of (i, j) ends up at (i, j)?",
    solution="""
answer = [[0, 0, 0],
          [1, 0, 0],      # take the pixel to the left of the centre
          [0, 0, 0]]
""",
    lesson=(
        "The weight left of the centre copies the left neighbour, so everything moves right. "
        "A true convolution would flip the filter, and move the image left."
    ),
)

q5 = Exercise(
    judge=same_numbers(
        5,
        mistakes=[
            (40, "That is the distance in pixels of the original. How many of the kept columns is it?"),
            (1.25, "There are whole columns only: after how many steps of 8 does one meet a brightest column again?"),
            (0.8, "That is the part of a stripe between two kept columns. When have whole stripes passed?"),
            (10, "After ten columns the pattern has repeated twice. Find the first time."),
            (80, "That is in pixels, and the pattern repeats earlier."),
            (4, "That is how many real stripes lie between two that you see."),
            (2, "That is by how many pixels each kept column misses the next stripe. How many steps make a stripe?"),
            (8, "That is how far apart the kept columns are. Which of them is the next to be a brightest one?"),
        ],
    ),
    hint=(
        "The kept columns are 0, 8, 16, 24, ... A stripe is brightest at the columns 0, 10, 20, 30, ... "
        "Which is the next column that is in both lists, and how many steps of 8 is it?"
    ),
    solution="""
import math

answer = math.lcm(8, 10) // 8         # column 40 is the next in both lists
""",
    lesson="Five kept columns, 40 pixels: stripes four times as wide as the real ones, which are not in the scene.",
)


_angle = same_numbers(
    -45,
    mistakes=[
        (45, "Rows are counted downwards. Is it the upper or the lower side that is brighter?"),
        (135, "Check both signs: S_x is right minus left, S_y is top minus bottom."),
        (-135, "Check the sign of S_x: it is right minus left."),
        (-np.pi / 4, "That is the angle in radians. Turn it into degrees."),
        (np.pi / 4, "That is an angle in radians; and check the sign of S_y: it is top minus bottom."),
        (np.hypot(120, 120), "That is the length of the arrow. Which way does it point?"),
        ((120, -120), "Those are S_x and S_y. Now the angle: atan2(S_y, S_x)."),
        ((120, 120), "Check the sign of S_y: it is top minus bottom. Then take the angle."),
        (-1, "That is S_y / S_x, the tangent of the angle."),
        (0, "The image also changes from top to bottom."),
        (-90, "The image also changes from left to right."),
    ],
    tolerance=0.1,
)


@functools.wraps(_angle)  # and with its `mistakes`
def _direction(answer):
    try:
        turned = np.asarray(answer, float)
    except Exception:  # whatever an object does when it is turned into an array; `_angle` finds words for it
        return _angle(answer)
    if turned.size == 1 and np.isfinite(turned).all() and np.abs(turned).max() >= 5:  # degrees; a full turn is none
        return _angle(float((turned.item() + 180) % 360 - 180))
    return _angle(answer)


q6 = Exercise(
    judge=_direction,
    hint=(
        "Lay the two filters on the nine pixels: S_x is the right column minus the left one with weights 1, 2, 1; "
        "S_y the top row minus the bottom row. Then numpy.degrees(numpy.arctan2(S_y, S_x))."
    ),
    solution="""
import numpy as np

S_x = (10 + 2*40 + 70) - (10 + 2*10 + 10)
S_y = (10 + 2*10 + 10) - (10 + 2*40 + 70)
answer = np.degrees(np.arctan2(S_y, S_x))
""",
    lesson="It points down and to the right, across the edge, to the bright corner. 315 degrees is the same direction.",
)


def _rounded(total, largest):
    """Explain a sum that is nearly 0: weights that should be thirds were written with two or three digits."""
    return f" (Yours: {total:.3g}. Rounded weights? Python takes 1/3 as it is.)" if abs(total) < 0.05 * largest else ""


@knows(
    [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
    [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
    [[1, 1, 1], [-2, -2, -2], [1, 1, 1]],
    [[-0.33, -0.33, -0.33], [0.67, 0.67, 0.67], [-0.33, -0.33, -0.33]],
)
def _finds_horizontal_lines(kernel):
    kernel = read_table(kernel, (3, 3))
    largest = np.abs(kernel).max()
    flat = correlate2d(np.ones((3, 3)), kernel).item()
    vertical = [correlate2d(np.eye(3)[[column] * 3], kernel).item() for column in range(3)]
    horizontal = correlate2d(np.eye(3)[[1] * 3].T, kernel).item()
    if abs(flat) > EXACT * largest:
        return f"A flat region does not give 0. What must hold for the sum of the weights?{_rounded(flat, largest)}"
    wrong = max(vertical, key=abs)
    if abs(wrong) > EXACT * largest:
        return (
            "A vertical line does not give 0. It covers one column of the filter: what must each column add up to?"
            + _rounded(wrong, largest)
        )
    if not horizontal > EXACT * largest:
        return "A bright horizontal line through the centre does not give a positive value. It covers the middle row."
    return None


q7 = Exercise(
    judge=_finds_horizontal_lines,
    hint=(
        "A vertical line covers one column of the filter, a horizontal line one row. "
        "What must every column add up to, and what the middle row?"
    ),
    solution="""
answer = [[-1, -1, -1],
          [ 2,  2,  2],
          [-1, -1, -1]]
""",
    lesson=(
        "Every column adds up to 0, the middle row to a positive number. "
        "Turned by 90 degrees, such a filter finds vertical lines."
    ),
)
