"""Exercises of notebook 08: residual networks."""

import math

import numpy as np

from utils.exercises.exercise import Exercise, in_words
from utils.exercises.judges import same_function, same_numbers


def _batch_norm(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + beta


_rng = np.random.default_rng(seed=0)
_BRACKETS = "Only the mean is divided by the root. Where must brackets stand?"
_INSIDE = "epsilon is added to the variance, inside the root."

q1 = Exercise(
    judge=same_function(
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
            (lambda x, g, b, e: g * (x - x.mean(0)) / (x.var(0) + e) + b, "You divide by the variance, not its root."),
            (lambda x, g, b, e: g * (x - x.mean(0)) / (x.std(0) + e) + b, _INSIDE),
            (lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0) + e), "beta is missing."),
            (
                lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e),
                "That has mean 0 and variance 1. gamma and beta come after.",
            ),
            (lambda x, g, b, e: g * ((x - x.mean(0)) / np.sqrt(x.var(0) + e) + b), "gamma must not multiply beta."),
            (
                lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + e) + b,
                "You divide by n - 1 in the variance. Batch normalisation divides by n.",
            ),
            (lambda x, g, b, e: _batch_norm(x, 1, b, e), "gamma is missing."),
            (
                lambda x, g, b, e: _batch_norm(x, g, b, 0),
                "epsilon is missing: it keeps the division possible where the variance is 0.",
            ),
            (lambda x, g, b, e: _batch_norm(x, b, g, e), "gamma and beta are exchanged. gamma is the factor."),
            (lambda x, g, b, e: g * (x - x.mean(0) / np.sqrt(x.var(0) + e)) + b, _BRACKETS),
            (lambda x, g, b, e: g * x - x.mean(0) / np.sqrt(x.var(0) + e) + b, _BRACKETS),
            (
                lambda x, g, b, e: (g * x - x.mean(0)) / np.sqrt(x.var(0) + e) + b,
                "gamma multiplies the normalised value, not x. Where must brackets stand?",
            ),
            (lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0)) + e + b, _INSIDE),
            (lambda x, g, b, e: g * ((x - x.mean(0)) / np.sqrt(x.var(0) + e)) - b, "beta is added, not subtracted."),
        ],
        tolerance=1e-5,  # float32 is enough
    ),
    hint="x.mean(axis=0) and x.var(axis=0) are the mean and variance of each channel.",
    solution="""
import numpy as np

def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean(axis=0), x.var(axis=0)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

answer = batch_norm
""",
    lesson="For images the mean also goes over rows and columns: axis=(0, 1, 2).",
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


q2 = Exercise(
    judge=same_function(
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
            (lambda w, g, r, m: _descend(w, g[-1:], r, m), "Only the last gradient counts. Start v before the loop."),
            (
                lambda w, g, r, m: _descend(w, g, r * (1 - m), m),
                "You weigh the new gradient with 1 - momentum; the formula has no such factor.",
            ),
            (lambda w, g, r, m: _descend(w, g[:1], r, m), "Only the first gradient counts. Is `return` in the loop?"),
            (
                lambda w, g, r, m: _descend(w, g[:-1], r, m),
                "w moves too early, or the last gradient is left out: change v first, then move w by it.",
            ),
            (lambda w, g, r, m: _descend(0, g, r, m) - _descend(0, g[:-1], r, m), "That is v, not the weight."),
            (_nesterov, "That is Nesterov's variant. Here w moves by v."),
        ],
    ),
    hint="Keep two numbers, w and v. v starts at 0 and is changed in each step before w is.",
    solution="""
def descend(w, gradients, rate, momentum):
    v = 0.0
    for g in gradients:
        v = momentum * v - rate * g
        w = w + v
    return w

answer = descend
""",
    lesson="With momentum 0 it is plain SGD.",
)


def _plateau_rates(losses, rate, patience, divisor, lowest=True, count_again=True):
    """Divide the rate after `patience` epochs without a new lowest loss. The usual mistakes change the last two."""
    rates, best, waited = [rate], np.inf, 0
    for loss in losses[:-1]:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss) if lowest else loss
        if waited >= patience:
            rate, waited = rate / divisor, 0 if count_again else waited
        rates.append(rate)
    return rates


def falling_rates(divisor=10):
    """Make exercise 8.3 for another divisor of the rate."""

    def rates(losses, rate, patience, **changes):
        return _plateau_rates(losses, rate, patience, divisor, **changes)

    return Exercise(
        judge=same_function(
            rates,
            cases=[
                ([1.0, 0.8, 0.9, 0.85, 0.7, 0.6], 0.1, 2),
                ([1.0, 0.5, 0.9, 0.8, 0.7, 0.6, 0.55, 0.52], 0.1, 2),
                ([1.0, 1.0, 0.9, 0.9, 0.9], 1.0, 1),
                ([3.0, 2.0, 1.0, 0.5], 0.1, 3),
                ([1.0, 2.0, 3.0, 4.0, 0.5, 1.0, 1.0, 1.0, 1.0], 0.5, 3),
                ([0.7], 0.2, 2),
            ],
            mistakes=[
                (
                    lambda *given: rates(*given, lowest=False),
                    "You compare with the loss before. What counts is the lowest so far.",
                ),
                (lambda *given: rates(*given, count_again=False), "After a division, count again from 0."),
                (
                    lambda losses, *given: rates([*losses, np.inf], *given)[1:],
                    "The rate falls one epoch too early: the loss of an epoch is known at its end.",
                ),
                (
                    lambda losses, rate, patience: rates(losses, rate, patience + 1),
                    "The rate falls one epoch too late: "
                    "the epoch after the last of the `patience` ones has a new rate.",
                ),
                (
                    lambda losses, rate, patience: rates([*losses, np.inf], rate, patience),
                    "That is one rate too many. The last loss comes after the last epoch.",
                ),
                (
                    lambda losses, rate, patience: [rate] * len(losses),
                    "The rate never falls. Where do you count the epochs without a lower loss?",
                ),
            ],
            tolerance=1e-9,
        ),
        hint=(
            "Go through all losses but the last, with three numbers: "
            "the lowest loss so far, the epochs waited, the rate."
        ),
        solution=f"""
def plateau_rates(losses, rate, patience):
    rates, lowest, waited = [rate], float("inf"), 0
    for loss in losses[:-1]:
        if loss < lowest:
            lowest, waited = loss, 0
        else:
            waited = waited + 1
        if waited == patience:
            rate, waited = rate / {divisor}, 0
        rates.append(rate)
    return rates

answer = plateau_rates
""",
        lesson=f"That is ReduceLROnPlateau(factor={1 / divisor:g}, min_delta=0).",
    )


q3 = falling_rates()


q4 = Exercise(
    judge=same_numbers(
        [False, True, False],
        mistakes=[
            ([True, False, False], "There the network has learned its training images better. What is that called?"),
            ([True, True, False], "You look at the test errors. What does degradation say about the training images?"),
            ([True, False, True], "There the deeper network fits its training images better. It is the other way."),
            ([False, False, True], "There both errors have fallen."),
            ([False, False, False], "Compare the training errors with those 5 %."),
            ([True, True, True], "Compare the training errors with those 5 %: not all of them have risen."),
            ([False, True, True], "In one of these two cases both errors have fallen."),
        ],
    ),
    hint="Degradation shows in the training error. A test error that rises while that falls is something else.",
    solution="answer = [False, True, False]",
    lesson="(A) is overfitting, (B) degradation: it could copy the 30 layers and does not; (C) is what one hopes for.",
)

q5 = Exercise(
    judge=same_numbers(
        [True, False, True],
        mistakes=[
            ([False, True, False], "You say where the shortcut can be the identity. A projection is needed elsewhere."),
            ([True, True, True], "A sum needs two arrays of the same shape. Which blocks have that without help?"),
            ([False, False, False], "Compare the shape that goes into the first block with the one that comes out."),
            ([True, False, False], "A stride of 1 keeps rows and columns. Does the third block keep the maps, too?"),
            ([False, False, True], "A stride of 2 halves rows and columns: look at the first block again."),
        ],
    ),
    hint="Write down the shape before and after each block: stride 2 halves rows and columns, filters counts maps.",
    solution="answer = [True, False, True]",
    lesson="(28, 28, 128) becomes (14, 14, 256), stays so, and becomes (14, 14, 512): two changes, two projections.",
)

_plain, _residual = 50 * np.log10(0.1), 50 * np.log10(0.9)

q6 = Exercise(
    judge=same_numbers(
        (_plain, _residual),
        mistakes=[
            ((_residual, _plain), "The order is plain, residual."),
            ((-_plain, -_residual), "The powers of ten are negative: both signals get smaller."),
            ((_plain, 50 * np.log10(1.1)), "F' is negative: 1 + F' is less than 1."),
            ((_plain, _plain), "The residual block has the derivative 1 + F', not F'."),
            ((-1, np.log10(0.9)), "That is one block. There are 50 factors."),
            ((1e-50, 0.9**50), "Those are the factors themselves. Give their powers of ten, np.log10(factor)."),
            ((_plain, -_residual), "The first one is right. 0.9 is also below 1: which sign has its power of ten?"),
            ((_plain, -2), "The first one is right. Give the second to one decimal; do not cut it off."),
            ((_plain, 0), "A path along which nothing is multiplied is not the whole sum. Take (1 + F') fifty times."),
        ],
        tolerance=(1e-6, 0.05),  # the first is whole, the second asked for to one decimal
    ),
    hint="The plain network multiplies |F'| = 0.1 fifty times, the residual one 1 + F' = 0.9.",
    solution="""
import numpy as np

answer = (np.log10(0.1**50), np.log10(0.9**50))
""",
    lesson="10^-50 is nothing; 10^-2.3 is still half a per cent.",
)


def paths_left(blocks=10, removed=4, through=3):
    """Make exercise 8.7 for another number of blocks, and paths through another number of them."""
    left = blocks - 1
    before, every = 2**blocks, 2**left
    short_before, short = math.comb(blocks, through), math.comb(left, through)
    first, second = "The first is right.", "The second is right."
    ways = f"{first} Of the blocks that are left, in how many ways can one choose {through}?"
    others = f"{in_words(through - 1)} other{'s' * (through > 2)}"
    return Exercise(
        judge=same_numbers(
            (every, short),
            mistakes=[
                ((before, short_before), f"Those are the paths of all {blocks} blocks, before one is taken out."),
                ((every, short_before), f"{first} Paths through the removed block are gone from the second, too."),
                ((before, short), f"{second} How many of the blocks can a path still choose to go through?"),
                ((left, short), f"{second} A path goes through each block or past it: two ways for each."),
                ((every, left * through), ways),
                (
                    (every, math.perm(left, through)),
                    f"{first} The order of the blocks is fixed: choose {through}, do not arrange them.",
                ),
                (
                    (every, math.comb(left, through - 1)),
                    f"{first} The second counts the paths through the removed block and {others}.",
                ),
                ((every, 2**through), ways),
                ((short, every), f"The order is: all paths, those through {through} blocks."),
            ],
        ),
        hint=(
            f"{left} blocks are left. A path goes through each of them or past it; "
            f"math.comb counts the ways to choose {through}."
        ),
        solution=f"""
from math import comb

answer = (2**{left}, comb({left}, {through}))
""",
        lesson=(
            f"Half of all paths are left. Of the short ones, through {through} blocks, {short} of "
            f"{short_before} are: most never met the block."
        ),
    )


q7 = paths_left()


def layers_of_bottlenecks(blocks=(3, 8, 36, 3)):
    """Make exercise 8.8 for other numbers of blocks."""
    count = sum(blocks)
    right = 3 * count + 2
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (right - 2, "The first convolution and the last dense layer have weights, too."),
                (right - 1, "There is a convolution before the blocks and a dense layer after them."),
                (count, "That is the number of blocks. Each has several convolutions."),
                (2 * count + 2, "A bottleneck has three convolutions, not two."),
                (right + 4, "The convolutions of the shortcuts are not counted."),
            ],
        ),
        hint="Add up the blocks; each has three convolutions. What comes before the first block, what after the last?",
        solution=f"answer = 1 + 3 * ({' + '.join(map(str, blocks))}) + 1",
        lesson=(
            "ResNet-152, the paper's deepest network for ImageNet, which won ILSVRC in 2015."
            if right == 152
            else f"It would be called ResNet-{right}. The paper's deepest network for ImageNet is ResNet-152."
        ),
    )


q8 = layers_of_bottlenecks()
