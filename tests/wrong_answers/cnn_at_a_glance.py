"""Wrong answers to the exercises of notebook 00."""

import numpy as np

WRONG = {
    "q1": [
        (0.001, "five different"),
        (0.5, "like a percentage"),
        (5, "at most 1"),
        (0.25, "not the value"),
        (1 - (999 / 1000) ** 5, "twice"),
        (0.2, "could be the right one"),
        (0.05, "out of a thousand"),
    ],
    "q2": [
        (lambda p, k: np.sort(p)[::-1][:k], "Where in the array"),
        (lambda p, k: np.argsort(p)[:k], "smallest"),
        (lambda p, k: np.argsort(p)[-k:], "come first"),
        (lambda p, k: np.argsort(-p)[:k] + 1, "counts from 0"),
        (lambda p, k: np.argsort(-p), "the first k"),
    ],
    "q3": [
        ([True] * 4, "not all"),
        ([False, True, True, True], "no horses"),
        ([False, True, False, False], "teapot"),
        ([False] * 4, "2 of 4"),
        ([False, True, True], "expected 4 values, got 3"),
        (["False", "True", "True", "False"], "Write True or False, without"),
        ([0, 2, 2, 0], "in each place"),
        ([True, True, True, False], "giraffe"),
    ],
    "q4": [
        (4.7, "4 bytes"),
        (18776096, "bytes"),
        (1.6, "photograph"),
        (9.4, "not the value"),
        (17.9, "mebibytes"),
        (150.2, "bits"),
        (37.6, "8 bytes"),
    ],
}
