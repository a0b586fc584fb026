"""Wrong answers to the exercises of notebook 04."""

import numpy as np
import scipy.signal

from utils.convolution import convolve2d, correlate2d, pool2d

WRONG = {
    "q1": [
        ([[4, 5], [8, 6]], "max pooling"),
        ([[8, 12], [16, 16]], "sums"),
        ([[2, 4], [3, 4]], "exchanged"),
        ([[2, 3], [4, 5]], "3 of 4"),
        ([[0, 1], [0, 2]], "smallest"),
        ([[4, 6], [8, 8]], "not by its width"),
        ([[2, 2], [2, 4], [4, 6], [4, 2]], "one row high"),
        ([[3, 1, 3, 3], [4, 4, 4, 4]], "one column wide"),
        ([[2, 2, 3], [3, 5.25, 5], [4, 4, 4]], "stride 1"),
        ([2, 3, 4, 4], "the values are right"),
        ([2, 3, 3, 4], "rows"),
    ],
    "q2": [
        (lambda x, s: pool2d(x, s, mode="average"), "means"),
        (lambda x, s: pool2d(x, s, strides=1), "overlap"),
        (
            lambda x, s: np.array(
                [[x[i : i + s, j : j + s].max() for j in range(0, x.shape[1], s)] for i in range(0, len(x), s)]
            ),
            "not full",
        ),
        (lambda x, s: pool2d(x, 2), "whatever size"),
        (lambda x, s: np.maximum(pool2d(x, s), 0), "Negative"),
        (lambda x, s: pool2d(x, s).astype(int), "dtype"),
        (lambda x, s: x.max(), "rows"),
    ],
    "q3": [
        (50348032 // 448 + 2000, "not the value"),
        (112_000, "less than 1 %"),
        (112_384.3, "less than 1 %"),
        (8.9e-6, "other way"),
        (116508, "biases"),
        (50348032, "Divide"),
        (448, "convolutional"),
        (110, "outputs"),
        (98775, "keep their size"),
        (0, "other way"),
    ],
    "q4": [
        (8, "two pixels apart"),
        (9, "pooling"),
        (7, "without the pooling"),
        (6, "missing"),
        (12, "after the pooling"),
        (11, "not the value"),
    ],
    "q5": [
        ([1, 1, 1, 2, 0, 2], "share a window"),
        ([1, 1, 2, 2, 0, 2], "less sensitive"),
        ([1, 1, 0, 2, 1, 2], "a weight for each place"),
        ([1, 1, 0, 2, 2, 2], "a weight for each place"),
        ([2, 2, 0, 1, 0, 1], "exchanged"),
        ([1, 1, 0, 1, 0, 1], "no place"),
        ([1, 1, 1, 2, 1, 2], "differently"),
        ([1, 2, 0, 2, 0, 2], "ReLU"),
        ([1, 1, 0, 2, 0, 1], "the sixth"),
        ([0, 1, 0, 2], "6 values"),
        (["E", "E", "N", "I", "N", "I"], "is text"),
        ([1, 0, 0, 2, 0, 2], "ReLU"),
    ],
    "q6": [
        (lambda a, b: correlate2d(a, b, padding=b.shape[0] - 1), "flipped"),
        (lambda a, b: convolve2d(a, b, padding="same"), "sees more"),
        (lambda a, b: scipy.signal.convolve2d(a, b, mode="same"), "as large as k1"),
        (lambda a, b: scipy.signal.convolve2d(a, b, mode="valid"), "wholly inside"),
        (lambda a, b: scipy.signal.correlate2d(a, b), "flipped"),
        (lambda a, b: a + b, "side by side"),
        (lambda a, b: a @ b, "matrix product"),
        (lambda a, b: correlate2d(b, a, padding=a.shape[0] - 1), "turned round"),
        (lambda a, b: convolve2d(a, b, padding=b.shape[0] - 1).T, "are right"),
    ],
}
