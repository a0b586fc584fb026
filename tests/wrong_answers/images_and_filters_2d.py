"""Wrong answers to the exercises of notebook 02."""

import numpy as np

from utils.convolution import convolve2d, correlate2d


def one_place_too_few(image, kernel):
    """Right unless the kernel fits in only once."""
    result = correlate2d(image, kernel)
    return result if result.size > 1 else result[:0]


WRONG = {
    "q1": [
        (600**2, "grey"),
        (3 * 600, "rows"),
        (24 * 600**2, "bits"),
        (1.08, "millions"),
        (1080, "thousands"),
        (1_440_000, "four numbers a pixel"),
    ],
    "q2": [
        ([[7, 7], [6, 9]], "flipped"),
        ([[7, 10], [6, 9]], "exchanged"),
        ([[5, 11], [9, 7]], "3 of 4"),
        ([[2, 2, 0], [9, 5, 0], [0, 0, 0]], "expected 2 rows of 2 values, got 3 rows"),
        ([5, 11, 9, 6], "the values are right"),
        ([[0, 2], [0, 3]], "slide"),
        ([[5, 9], [11, 6]], "exchanged"),
        (2, "rows"),
    ],
    "q3": [
        (convolve2d, "flip"),
        (lambda i, k: correlate2d(i, k, padding="same"), "as large"),
        (lambda i, k: correlate2d(i, k)[:-1, :-1], "missing"),
        (lambda i, k: np.sum(i * k), "ValueError"),
        (lambda i, k: correlate2d(i, k).T, "exchanged"),
        (lambda i, k: correlate2d(i, k) * 2, "0 of"),
        (lambda i, k: np.abs(correlate2d(i, k)), "of 2"),
        (lambda i, k: np.maximum(correlate2d(i, k), 0), "of 2"),
        (lambda i, k: correlate2d(i.astype(int), k), "of 2"),
        (one_place_too_few, "the arguments [[2.0, 1.0, 0.0], [4.0, 3.0, 1.0]]"),
    ],
    "q4": [
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "left"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], "up or down"),
        ([[0, 0, 0], [0, 0, 0], [0, 1, 0]], "up or down"),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "where it is"),
        (np.ones((3, 3)), "copy"),
        ([[0, 0, 0], [2, 0, 0], [0, 0, 0]], "as it is"),
        ([[1, 0, 0], [0, 0, 0], [0, 0, 0]], "diagonal"),
        ([[0, 0, 0], [1, 1e-4, 0], [0, 0, 0]], "mixes nothing"),
        ([[0, 0, 0], [1.0001, 0, 0], [0, 0, 0]], "as it is"),
        ([1, 0, 0], "rows"),
    ],
    "q5": [
        (40, "pixels of the original"),
        (1.25, "whole columns"),
        (0.8, "part of a stripe"),
        (10, "first time"),
        (8, "apart"),
        (2, "misses"),
        (6, "not the value"),
        (80, "in pixels"),
        (4, "real stripes"),
    ],
    "q6": [
        (45, "downwards"),
        (135, "both signs"),
        (225, "sign of S_x"),
        (-0.785398, "radians"),
        (0.785398, "sign of S_y"),
        (169.7, "length"),
        ((120, -120), "atan2"),
        ((120, 120), "sign of S_y"),
        (0, "top to bottom"),
        (-1, "tangent"),
        (-90, "left to right"),
        (-46, "not the value"),
    ],
    "q7": [
        ([[1, 1, 1], [0, 0, 0], [1, 1, 1]], "flat"),
        ([[-1, 2, -1]] * 3, "vertical"),
        ([[1, 1, 1], [-2, -2, -2], [1, 1, 1]], "middle row"),
        (np.zeros((3, 3)), "middle row"),
        ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], "vertical"),
        ([[-0.01, 0, 0], [0.01, 0.01, 0.01], [0, 0, 0]], "flat"),
        ([[-1, -1, -1], [2, 2, 2.001], [-1, -1, -1]], "flat"),
        ([[-1, -1, -1], [2, 2.01, 1.99], [-1, -1, -1]], "vertical"),
        ([[1000, 1000, 1000], [0, 0, 0], [-1000, -1001, -999]], "vertical"),
        ([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], "middle row"),
        ([[-0.33] * 3, [0.67] * 3, [-0.33] * 3], "rounded"),
    ],
}
