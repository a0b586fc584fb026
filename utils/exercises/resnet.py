"""Exercises of notebook 08: residual networks."""

import numpy as np

from utils.exercises.exercise import Exercise, same_function, same_numbers

q1 = Exercise(
    "8.1",
    same_numbers(
        [True, False, True],
        mistakes=[
            ([False, True, False], "You say where the shortcut can be the identity. A projection is needed elsewhere."),
            ([True, True, True], "A sum needs two arrays of the same shape. Which blocks have that without help?"),
            ([False, False, False], "Compare the shape that goes into the first block with the one that comes out."),
            ([True, False, False], "A stride of 1 keeps rows and columns. Does the third block keep the maps, too?"),
            ([False, False, True], "A stride of 2 halves rows and columns: look at the first block again."),
        ],
    ),
    "Write down the shape before and after each block: stride 2 halves rows and columns, filters counts maps.",
    """
answer = [True, False, True]
""",
    "(28, 28, 128) becomes (14, 14, 256), stays so, and becomes (14, 14, 512): two changes, two projections.",
)

_plain, _residual = 50 * np.log10(0.1), 50 * np.log10(0.9)

q2 = Exercise(
    "8.2",
    same_numbers(
        (_plain, _residual),
        mistakes=[
            ((_residual, _plain), "The order is plain, residual."),
            ((-_plain, -_residual), "The powers of ten are negative: both signals get smaller."),
            ((_plain, 50 * np.log10(1.1)), "F' is negative: 1 + F' is less than 1."),
            ((_plain, _plain), "The residual block has the derivative 1 + F', not F'."),
            ((-1, np.log10(0.9)), "That is one block. There are 50 factors."),
            ((1e-50, 0.9**50), "Those are the factors themselves. Give their powers of ten, np.log10(factor)."),
            (
                (_plain, -_residual),
                "The first one is right. 0.9 is less than 1 as well: which sign has its power of ten?",
            ),
            ((_plain, -2), "The first one is right. Give the second to one decimal; do not cut it off."),
            ((_plain, 0), "A path along which nothing is multiplied is not the whole sum. Take (1 + F') fifty times."),
        ],
        tolerance=(1e-6, 0.05),  # the first is whole, the second asked for to one decimal
    ),
    "The plain network multiplies |F'| = 0.1 fifty times, the residual one 1 + F' = 0.9.",
    """
import numpy as np

answer = (np.log10(0.1**50), np.log10(0.9**50))
""",
    "10^-50 is nothing; 10^-2.3 is still half a per cent.",
)

q3 = Exercise(
    "8.3",
    same_numbers(
        152,
        mistakes=[
            (150, "The first convolution and the last dense layer have weights, too."),
            (151, "There is a convolution before the blocks and a dense layer after them."),
            (50, "That is the number of blocks. Each has several convolutions."),
            (102, "A bottleneck has three convolutions, not two."),
            (156, "The convolutions of the shortcuts are not counted."),
        ],
    ),
    "Add up the blocks; each has three convolutions. What comes before the first block, what after the last?",
    """
answer = 1 + 3 * (3 + 8 + 36 + 3) + 1
""",
    "ResNet-152, the paper's deepest network for ImageNet, which won ILSVRC in 2015.",
)


def _batch_norm(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + beta


_rng = np.random.default_rng(seed=0)

q4 = Exercise(
    "8.4",
    same_function(
        _batch_norm,
        cases=[
            (_rng.normal(3, 2, (8, 3)), np.array([1.0, 2.0, 0.5]), np.array([0.0, 1.0, -1.0]), 0.001),
            (_rng.normal(-1, 4, (5, 5)), np.full(5, 1.5), np.linspace(0, 1, 5), 0.5),
        ],
        mistakes=[
            (
                lambda x, g, b, e: g * (x - x.mean()) / np.sqrt(x.var() + e) + b,
                "You take one mean over everything. Each channel has its own.",
            ),
            (
                lambda x, g, b, e: g * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + e) + b,
                "You normalise each example over its channels. Normalise each channel over the batch.",
            ),
            (
                lambda x, g, b, e: g * (x - x.mean(0)) / (x.var(0) + e) + b,
                "You divide by the variance. Divide by its square root.",
            ),
            (
                lambda x, g, b, e: g * (x - x.mean(0)) / (x.std(0) + e) + b,
                "epsilon is added to the variance, inside the root.",
            ),
            (
                lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0) + e),
                "beta is missing.",
            ),
            (
                lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e),
                "That has mean 0 and variance 1. gamma and beta come after.",
            ),
            (
                lambda x, g, b, e: g * ((x - x.mean(0)) / np.sqrt(x.var(0) + e) + b),
                "gamma must not multiply beta.",
            ),
            (
                lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + e) + b,
                "You divide by n - 1 in the variance. Batch normalisation divides by n.",
            ),
            (
                lambda x, g, b, e: _batch_norm(x, 1, b, e),
                "gamma is missing.",
            ),
            (
                lambda x, g, b, e: _batch_norm(x, g, b, 0),
                "epsilon is missing: it keeps the division possible where the variance is 0.",
            ),
            (
                lambda x, g, b, e: _batch_norm(x, b, g, e),
                "gamma and beta are exchanged. gamma is the factor.",
            ),
            (
                lambda x, g, b, e: g * (x - x.mean(0) / np.sqrt(x.var(0) + e)) + b,
                "Only the mean is divided by the root. Where must brackets stand?",
            ),
            (
                lambda x, g, b, e: g * x - x.mean(0) / np.sqrt(x.var(0) + e) + b,
                "Only the mean is divided by the root. Where must brackets stand?",
            ),
            (
                lambda x, g, b, e: (g * x - x.mean(0)) / np.sqrt(x.var(0) + e) + b,
                "gamma multiplies the normalised value, not x. Where must brackets stand?",
            ),
            (
                lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0)) + e + b,
                "epsilon is added to the variance, inside the root.",
            ),
            (
                lambda x, g, b, e: g * ((x - x.mean(0)) / np.sqrt(x.var(0) + e)) - b,
                "beta is added, not subtracted.",
            ),
        ],
        tolerance=1e-5,  # float32 is enough
    ),
    "x.mean(axis=0) and x.var(axis=0) are the mean and variance of each channel.",
    """
import numpy as np

def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean(axis=0), x.var(axis=0)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

answer = batch_norm
""",
    "For images the mean also goes over rows and columns: axis=(0, 1, 2).",
)


def _descend(w, gradients, rate, momentum, v=0.0):
    for g in gradients:
        v = momentum * v - rate * g
        w = w + v
    return w


def _nesterov(w, gradients, rate, momentum):
    v = 0.0
    for g in gradients:
        v = momentum * v - rate * g
        w = w + momentum * v - rate * g
    return w


q5 = Exercise(
    "8.5",
    same_function(
        _descend,
        cases=[
            (1.0, [0.5, 0.5, -0.2], 0.1, 0.9),
            (-2.0, [1.0, 2.0, 3.0, 4.0], 0.5, 0.5),
            (0.0, [1.0], 0.1, 0.9),
            (3.0, [1.0, -2.0], 0.1, 0.0),
        ],
        mistakes=[
            (lambda w, g, r, m: w - r * sum(g), "That is plain SGD. Where does the momentum come in?"),
            (lambda w, g, r, m: 2 * w - _descend(w, g, r, m), "The steps go against the gradient, not along it."),
            (
                lambda w, g, r, m: _descend(w, g[-1:], r, m),
                "Only the last gradient counts. Start v once, before the loop.",
            ),
            (
                lambda w, g, r, m: _descend(w, g, r * (1 - m), m),
                "You weigh the new gradient with 1 - momentum; the formula has no such factor.",
            ),
            (
                lambda w, g, r, m: _descend(w, g[:1], r, m),
                "Only the first gradient counts. Does `return` stand inside the loop?",
            ),
            (
                lambda w, g, r, m: _descend(w, g[:-1], r, m),
                "w moves too early, or the last gradient is left out: change v first, then move w by it.",
            ),
            (
                lambda w, g, r, m: _descend(0, g, r, m) - _descend(0, g[:-1], r, m),
                "That is v, the last step. Return the weight.",
            ),
            (_nesterov, "That is Nesterov's variant. Here w moves by v."),
        ],
    ),
    "Keep two numbers, w and v. v starts at 0 and is changed in each step before w is.",
    """
def descend(w, gradients, rate, momentum):
    v = 0.0
    for g in gradients:
        v = momentum * v - rate * g
        w = w + v
    return w

answer = descend
""",
    "With momentum 0 it is plain SGD.",
)
