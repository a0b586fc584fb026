"""Wrong answers to the exercises of notebook 01."""

import numpy as np

from utils.convolution import convolve1d

WRONG = {
    "q1": [
        (52, "largest weight"),
        (42, "newest"),
        (50, "plain average"),
        (49.4, "less than 1 %"),
        ([49, 0], "expected one value"),
        (0, "not the value"),
        (23, "newest reading"),
        (150, "left out the weights"),
    ],
    "q2": [
        (lambda x, w: np.correlate(x, w, "valid"), "flipped"),
        (lambda x, w: np.convolve(x, w, "same"), "as many values"),
        (lambda x, w: np.convolve(x, w, "full"), "hang over"),
        (lambda x, w: convolve1d(x, w) + 1, "0 of"),
        (lambda x, w: [sum(x[t - a] * w[a] for a in range(len(w))) for t in range(len(w) - 1, len(x) - 1)], "missing"),
        (lambda x, w: x / 0 if False else undefined_name, "NameError"),  # noqa: F821
        (lambda x: x, "TypeError"),
        (lambda x, w: np.convolve(x, w, "valid") / np.sum(w), "the formula does not"),
    ],
    "q3": [
        ((91, 100, 109), "3 values"),
        ((92, 100, 109), "full"),
        ((108, 100, 92), "order"),
        ((92, 108), "expected 3 values, got 2"),
        (92, "list"),
        ([91, 100, 108], "Two are right"),
    ],
    "q4": [
        ([1, 2, 3, 2, 1], "average"),
        ([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], "average"),
        ([1 / 3] * 3, "further"),
        ([0.2] * 5, "equally"),
        ([1 / 9] * 3, "slides"),
        ([0.1, 0.2, 0.4, 0.2, 0.1], "of 5"),
        ([0] * 5, "0 of 5"),
        ([1 / 7] * 7, "expected 5 values, got 7"),
        (["1/9", "2/9", "3/9", "2/9", "1/9"], "'1/9' is text"),
        (np.full(6, 1 / 6), "fewer of them"),
    ],
    "q5": [
        (6, "square root"),
        (24, "Solve"),
        (144, "1 m"),
        (35, "not the value"),
        (6**0.5, "a root where a square"),
    ],
    "q6": [
        (0.4, "uphill"),
        (1.3, "factor of 2"),
        (1.2, "comes out"),
        (1.1, "chain rule"),
        (13, "learning rate of 1"),
        (-12, "That is the slope"),
        (0.6, "how far"),
        (1.667, "ends"),
        (2, "not the value"),
        (12, "the other sign"),
        (4, "the loss at v = 1"),
    ],
    "q7": [
        (lambda w, x, p, rate: w + rate * 2 * x.T @ (x @ w - p) / len(p), "uphill"),
        (lambda w, x, p, rate: w - rate * 2 * x.T @ (p - x @ w) / len(p), "uphill"),
        (lambda w, x, p, rate: w - rate * np.mean((x @ w - p)[:, None] * x, axis=0), "factor of 2"),
        (lambda w, x, p, rate: w - rate * 2 * x.T @ (x @ w - p), "sum"),
        (lambda w, x, p, rate: w - 2 * x.T @ (x @ w - p) / len(p), "learning rate"),
        (lambda w, x, p, rate: 2 * x.T @ (x @ w - p) / len(p), "new weights"),
        (lambda w, x, p, rate: w - rate * np.mean(2 * (x @ w - p)), "of its own"),
        (lambda w, x, p, rate: w - rate * np.mean((x @ w - p) ** 2), "slope"),
        (lambda w, x, p, rate: w - rate * 2 * x.T @ (x @ w - p) / len(w), "number of windows"),
        (lambda w, x, p, rate: np.linalg.lstsq(x, p, rcond=None)[0], "are right"),
        (lambda w, x, p, rate: w.__isub__(rate), "changes what it is given"),
        (lambda w, x, p, rate: w - rate * 2 * x @ (x @ w - p) / len(p), "ValueError"),
    ],
}
