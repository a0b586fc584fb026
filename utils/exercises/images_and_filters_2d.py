"""Exercises of notebook 02: images and filters."""

import numpy as np

from utils.convolution import convolve2d, correlate2d, correlate2d_sums
from utils.exercises.exercise import Exercise, same_function, same_numbers, table

q1 = Exercise(
    "2.1",
    same_numbers(
        3 * 600 * 600,
        mistakes=[
            (600 * 600, "That is a grey image. How many numbers does a pixel of an RGB image have?"),
            (3 * 600, "An image has rows and columns: 600 pixels are a single row."),
            (8 * 3 * 600 * 600, "Those are bits. Eight of them are a byte."),
            (4 * 600 * 600, "That would be four numbers a pixel, with transparency. RGB has fewer."),
            (1.08, "That is the number of millions. Give the number of bytes."),
        ],
    ),
    "Pixels first: rows times columns. Then bytes: one for each colour of a pixel.",
    """
answer = 600 * 600 * 3
""",
    "3 N * N bytes: twice the resolution takes four times the memory.",
)

_image, _kernel = np.array([[1, 2, 0], [0, 1, 3], [4, 0, 1]]), np.array([[0, 1], [2, 3]])

q2 = Exercise(
    "2.2",
    same_numbers(
        correlate2d(_image, _kernel),
        mistakes=[
            (convolve2d(_image, _kernel), "You flipped the filter. On the succeeding pixels it stays as it is."),
            (
                correlate2d(_image, _kernel.T),
                "Rows and columns of the filter are exchanged: its second row is 2, 3.",
            ),
            (_image[:2, :2] * _kernel, "These are the products of the first place. Add them up, then slide on."),
        ],
    ),
    "Four places. At the first one the pixels under the filter are 1, 2, 0, 1; multiply each by its weight and add.",
    """
answer = [[0*1 + 1*2 + 2*0 + 3*1,  0*2 + 1*0 + 2*1 + 3*3],
          [0*0 + 1*1 + 2*4 + 3*0,  0*1 + 1*3 + 2*0 + 3*1]]
""",
    "Four places, four sums of four products.",
)

_cases = [
    (np.arange(20.0).reshape(4, 5) ** 2, np.array([[1.0, 2.0], [3.0, 5.0]])),
    (
        np.array([[3.0, 1.0, 4.0, 1.0], [5.0, 9.0, 2.0, 6.0], [5.0, 3.0, 5.0, 8.0]]),
        np.array([[1.0, 0.0, -2.0], [0.5, 4.0, 1.0]]),
    ),
    (np.arange(9.0).reshape(3, 3), np.array([[2.0]])),
    (np.array([[0.5, 3.0], [1.0, 2.0]]), np.array([[-1.0, -2.0]])),
]

q3 = Exercise(
    "2.3",
    same_function(
        correlate2d_sums,
        _cases,
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
    "The result has image.shape[0] - kernel.shape[0] + 1 rows. At (i, j) the pixels are image[i:i+m, j:j+n].",
    """
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
    "The inner sums over a and b are one NumPy line; the two loops move the window.",
)


def _shifts_right(kernel):
    kernel, complaint = table(kernel, (3, 3))
    if complaint:
        return complaint
    image = np.random.default_rng(0).integers(1, 255, (6, 7)).astype(float)
    moved = correlate2d(image, kernel, padding="same")
    inner = (slice(1, -1), slice(1, -1))
    if np.allclose(moved[inner], image[1:-1, :-2]):
        return None
    if np.allclose(moved[inner], image[1:-1, 2:]):
        return (
            "Your filter moves the image to the left. Which neighbour must a pixel copy so that the image moves right?"
        )
    if np.allclose(moved[inner], image[:-2, 1:-1]) or np.allclose(moved[inner], image[2:, 1:-1]):
        return "Your filter moves the image up or down. Columns are what must change."
    if np.allclose(moved[inner], image[inner]):
        return "Your filter leaves the image where it is."
    if np.count_nonzero(kernel) == 1 and np.isclose(kernel.sum(), 1):
        return "Your filter moves the image along a diagonal. Only columns must change."
    if np.count_nonzero(kernel) != 1:
        return (
            "A moved image mixes nothing: every new pixel is a copy of one old pixel. How many weights does that take?"
        )
    return "Your filter changes more than the place of the pixels. Which weight copies a pixel as it is?"


q4 = Exercise(
    "2.4",
    _shifts_right,
    "In a moved image every pixel is a copy of one neighbour. Which neighbour of (i, j) ends up at (i, j)?",
    """
answer = [[0, 0, 0],
          [1, 0, 0],      # take the pixel to the left of the centre
          [0, 0, 0]]
""",
    "The weight left of the centre copies the left neighbour, so everything moves right. "
    "A true convolution would flip the filter, and move the image left.",
)


ROUNDED = 0.05  # share of the largest weight: 0.33 and 0.67 are meant as thirds


def _finds_horizontal_lines(kernel):
    kernel, complaint = table(kernel, (3, 3))
    if complaint:
        return complaint
    kernel = kernel / (np.abs(kernel).max() or 1)
    if not np.isclose(kernel.sum(), 0, atol=ROUNDED):
        return "A flat region does not give 0. What must hold for the sum of the weights?"
    if not np.allclose(kernel.sum(axis=0), 0, atol=ROUNDED):
        return "A vertical line does not give 0. It covers one column of the filter: what must each column add up to?"
    if not kernel[1].sum() > ROUNDED:
        return "A bright horizontal line through the centre does not give a positive value. It covers the middle row."
    return None


q5 = Exercise(
    "2.5",
    _finds_horizontal_lines,
    "A vertical line covers one column of the filter, a horizontal line one row. "
    "What must every column add up to, and what the middle row?",
    """
answer = [[-1, -1, -1],
          [ 2,  2,  2],
          [-1, -1, -1]]
""",
    "Every column adds up to 0, the middle row to a positive number. Turned by 90 degrees, such a filter finds "
    "vertical lines.",
)
