"""Wrong answers to the exercises of notebook 06."""

import numpy as np


def scatter(values, places, size):
    out = np.zeros(size)
    out[places.ravel()] = values.ravel()
    return out


def at_the_corners(pooled, switches, height, width):
    out = np.zeros((height, width))
    out[:: height // len(pooled), :: width // pooled.shape[1]] = pooled
    return out


def climbing(x, w, b, rate, steps, test=lambda total: total > 0, limits=(-1, 1), slope=lambda x, w: w):
    for _ in range(steps):
        if test((x * w).sum() + b):
            x = np.clip(x + rate * slope(x, w), *limits)
    return x


WRONG = {
    "q1": [
        (0.75, "is right"),
        (1, "top-1"),
        (25, "a percentage"),
        (3, "divide"),
        (0, "at least one"),
        (0.5, "once more"),
        (0.3, "not the value"),
    ],
    "q2": [
        (885120, "one group"),
        (442368, "biases"),
        (221376, "one of the two"),
        (442560, "every one"),
        (443136, "one bias"),
        (1152, "not the value"),
    ],
    "q3": [
        ("conv2", "less than a million"),
        ("conv1", "less than a million"),
        ("conv3", "less than a million"),
        ("conv4", "less than a million"),
        ("conv5", "19 million"),
        ("FC7", "10 million"),
        ("fc8", "each class"),
        ("pool5", "with weights"),
        (6, "quotation marks"),
    ],
    "q4": [
        (at_the_corners, "corner"),
        (lambda p, s, h, w: np.kron(p, np.ones((h // len(p), w // p.shape[1]))), "fill"),
        (lambda p, s, h, w: scatter(p, s, h * w).reshape(w, h).T, "exchanged"),
        (lambda p, s, h, w: scatter(p, np.sort(s.ravel()), h * w).reshape(h, w), "sort"),
        (lambda p, s, h, w: scatter(np.ones(p.shape), s, h * w).reshape(h, w), "not 1"),
        (lambda p, s, h, w: scatter(p, s, h * w), "reshape"),
        (lambda p, s, h, w: np.zeros((h, w)), "are right"),
        (lambda p, s, h, w: scatter(p, s, h * w).reshape(w, h), "height first"),
        (lambda p, s, h, w: scatter(p, s, h * w).reshape(h, w).T, "height rows"),
        (lambda p, s, h, w: p, "expected 4 rows of 4 values, got 2 rows"),
    ],
    "q5": [
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: x), "with respect to the weights"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: w * ((x * w).sum() + b)), "y itself"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: w[::-1, ::-1]), "no flip"),
        (lambda x, w, b, rate, n: climbing(x, w, b, -rate, n), "downhill"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, test=lambda s: True), "maximum is forgotten"),
        (lambda x, w, b, rate, n: climbing(x, w, 0, rate, n), "bias decides"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, limits=(-np.inf, np.inf)), "limits"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, limits=(0, 1)), "not 0"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, 1), "single step"),
        (lambda x, w, b, rate, n: np.clip(x + rate * w * ((x * w).sum() + b > 0), -1, 1), "single step"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: np.sign(w)), "only the sign"),
        (lambda x, w, b, rate, n: x, "values"),
        (lambda x, w, b, rate, n: max(0, (x * w).sum() + b), "expected 2 rows"),
    ],
    "q6": [
        ((5, 37), "what remains"),
        ((4, 70), "Four layers"),
        ((6, 55), "Six layers"),
        ((5, 92.6), "all of them"),
        ((5, 0.628), "as a percentage"),
        ((5, 62), "cut off its decimals"),
        ((5.4, 62.8), "the first"),
        ((11, 63), "of 2"),
        (5, "list"),
        ((5, 0), "layers are right"),
    ],
    "q7": [
        (1052672, "fc6 alone"),
        (36700160, "saved"),
        (23212392, "without fc6"),
        (24260968, "biases"),
        (24_265_060, "24,265,060 is less than 1 % off"),
        (60965224, "not the value"),
        (23_220_584, "256 maps"),
    ],
}
