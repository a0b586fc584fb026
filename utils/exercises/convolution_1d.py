"""Exercises of notebook 01: convolution in one dimension."""

import numpy as np

from utils.convolution import convolve1d, convolve1d_sums
from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_function, same_numbers

q1 = Exercise(
    judge=same_numbers(
        49,
        mistakes=[
            (52, "You gave the largest weight to the oldest reading of the window. Which reading is the newest?"),
            (42, "These are the right weights on the wrong readings: the window starts at the newest, x[4]."),
            (23, "The window moves back from the newest reading, x[4], not forward from x[0]."),
            (50, "That is the plain average. Give each reading its own weight."),
            (150, "You left out the weights."),
        ],
    ),
    hint="Three weights, three readings. Write under each other: x[4] and w[0], x[3] and w[1], x[2] and w[2].",
    solution="""
x, w = [10, 20, 60, 40, 50], [0.5, 0.3, 0.2]
answer = x[4] * w[0] + x[3] * w[1] + x[2] * w[2]      # 25 + 12 + 12
""",
    lesson="The newest reading, 50, counts most; the older ones 40 and 60 count less.",
)


def _windows_from_zero(x, w):
    return np.array([sum(x[i + a] * w[a] for a in range(len(w))) for i in range(len(x) - len(w) + 1)])


q2 = Exercise(
    judge=same_function(
        convolve1d_sums,
        cases=[
            (np.array([1.0, 2.0, 4.0, 8.0]), np.array([0.5, 0.3, 0.2])),
            (np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0]), np.array([1.0, -2.0])),
            (np.array([2.0, 7.0, 1.0]), np.array([4.0, 5.0, 6.0])),
            (np.array([2.0, 7.0, 1.0]), np.array([3.0])),
        ],
        mistakes=[
            (
                _windows_from_zero,
                "Your kernel is not flipped: w[0] meets the oldest reading of each window. It belongs to the newest.",
            ),
            (lambda x, w: convolve1d(x, w, "full"), "Some windows hang over the edge. Only full windows count."),
            (lambda x, w: convolve1d(x, w, "same"), "You return as many values as x has. Only full windows count."),
            (lambda x, w: convolve1d(x, w)[:-1], "The last window is missing. Count the full windows again."),
            (lambda x, w: convolve1d(x, w) / np.sum(w), "You divide by the sum of the weights; the formula does not."),
        ],
    ),
    hint="The first full window ends at t = len(w) - 1. For each t take the sum of x[t - a] * w[a] over a.",
    solution="""
def smooth(x, w):
    values = []
    for t in range(len(w) - 1, len(x)):
        values.append(sum(x[t - a] * w[a] for a in range(len(w))))
    return values

answer = smooth
""",
    lesson="Two loops, one over the time and one over the window: that is all a convolution is.",
)

q3 = Exercise(
    judge=same_numbers(
        (92, 100, 108),
        mistakes=[
            ((91, 100, 109), "`same` is right. For the others try 3 values and a kernel of 1: how long is the result?"),
            ((92, 100, 109), "Two are right. In `full` the last window still shares one sample with the series."),
            ((91, 100, 108), "Two are right. Check `valid` with a series of 3 and a kernel of 3: one window fits."),
            ((108, 100, 92), "These are the right lengths in another order. The order is valid, same, full."),
        ],
    ),
    hint="Place the kernel at the very left and at the very right, and count the places in between, both included.",
    solution="""
N, F = 100, 9
answer = (N - F + 1, N, N + F - 1)
""",
    lesson="`valid` loses F - 1 values, `full` gains F - 1, `same` keeps the length.",
)

q4 = Exercise(
    judge=same_numbers(
        np.array([1, 2, 3, 2, 1]) / 9,
        tolerance=5e-3,
        mistakes=[
            ([1, 2, 3, 2, 1], "The shape is right. Do the weights of an average add up to this?"),
            ([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], "The shape is right. Do the weights of an average add up to this?"),
            ([1 / 3, 1 / 3, 1 / 3], "That is one box. Two of them look further back than one."),
            (np.full(5, 1 / 5), "The length is right. But not all readings are used equally often: count."),
            (np.full(6, 1 / 6), "Not all readings are used equally often, and there are fewer of them."),
            ([1 / 9, 1 / 9, 1 / 9], "You multiplied the weights place by place. The second box slides over the first."),
        ],
    ),
    hint='Smooth a series that is zero except for a single 1, twice. Or: convolve one box with the other, mode "full".',
    solution="""
import numpy as np
answer = np.convolve([1/3, 1/3, 1/3], [1/3, 1/3, 1/3])      # mode "full"
""",
    lesson=(
        "Two convolutions in a row are one convolution, whose kernel is the convolution of the two kernels. "
        "Notebook 04 comes back to that."
    ),
)

q5 = Exercise(
    judge=same_numbers(
        36,
        mistakes=[
            (6, "The error falls with the square root of the number of readings, not with the number itself."),
            (np.sqrt(6), "You took a root where a square is needed: solve 12 / sqrt(n) = 2."),
            (24, "That is 12 times 2. Solve 12 / sqrt(n) = 2 for n."),
            (144, "That brings the error down to 1 m."),
        ],
    ),
    hint="The error of an average of n readings is 12 / sqrt(n). How large must sqrt(n) be?",
    solution="answer = (12 / 2) ** 2",
    lesson="Six times less noise costs thirty-six times the readings.",
)

q6 = Exercise(
    judge=same_numbers(
        1.6,
        mistakes=[
            (0.4, "That step goes uphill: from which side does v approach the lowest point, 5/3?"),
            (1.3, "The derivative of a square has a factor of 2."),
            (1.2, "When you differentiate (3v - 5)^2, the 3 inside the brackets comes out as a factor."),
            (1.1, "Differentiate with the chain rule: both the square and the 3 inside the brackets give a factor."),
            (13, "That is the step with a learning rate of 1."),
            (-12, "That is the slope. Multiply it by the learning rate and take it away from v."),
            (12, "The slope has the other sign, and it is not yet the new weight."),
            (0.6, "That is how far v moves. Where does it arrive?"),
            (5 / 3, "That is where the descent ends. One step does not get there."),
            (4, "That is the loss at v = 1. How does it change with v?"),
        ],
        tolerance=1e-3,
    ),
    hint="The slope of (3v - 5)^2 is 2 * (3v - 5) * 3. Put in v = 1, then take a step against it.",
    solution="""
v, rate = 1, 0.05
slope = 2 * (3 * v - 5) * 3           # -12: the loss falls as v grows
answer = v - rate * slope
""",
    lesson="The slope is negative, so v grows, and the loss falls from 4 to 0.04.",
)

_rng = np.random.default_rng(seed=6)


def _descend(weights, windows, targets, rate, factor=2.0, mean=True, sign=1.0):
    slope = factor * windows.T @ (windows @ weights - targets)
    return weights - sign * rate * slope / (len(targets) if mean else 1)


q7 = Exercise(
    judge=same_function(
        _descend,
        cases=[
            (np.array([1.0]), np.array([[3.0]]), np.array([5.0]), 0.05),
            (np.array([0.5, 0.5]), np.array([[1.0, 2.0], [3.0, 0.0], [2.0, 2.0]]), np.array([1.0, 2.0, 3.0]), 0.1),
            (_rng.normal(size=7), _rng.normal(size=(20, 7)), _rng.normal(size=20), 0.01),
        ],
        mistakes=[
            (lambda w, x, p, rate: _descend(w, x, p, rate, sign=-1), "You walk uphill: is the loss to grow?"),
            (lambda w, x, p, rate: _descend(w, x, p, rate, factor=1), "A square has a derivative with a factor of 2."),
            (
                lambda w, x, p, rate: _descend(w, x, p, rate, mean=False),
                "The loss is the *mean* over the windows; yours is their sum.",
            ),
            (lambda w, x, p, rate: _descend(w, x, p, 1), "Your step is the full gradient. Where is the learning rate?"),
            (lambda w, x, p, rate: w - _descend(w, x, p, 1), "That is the gradient. Return the new weights."),
            (
                lambda w, x, p, rate: w - rate * 2 * np.mean(x @ w - p),
                "Each weight has a slope of its own: multiply the errors by the readings of that weight, then average.",
            ),
            (lambda w, x, p, rate: w - rate * np.mean(np.square(x @ w - p)), "You step by the loss, not by its slope."),
            (
                lambda w, x, p, rate: _descend(w, x, p, rate, factor=2 / len(w), mean=False),
                "Divide by the number of windows, not by the number of weights.",
            ),
        ],
    ),
    hint=(
        "Three lines: the errors of all windows; "
        "the gradient, as in the formula with X transposed; the step against it."
    ),
    solution="""
def step(weights, windows, targets, rate):
    error = windows @ weights - targets
    gradient = 2 * windows.T @ error / len(targets)
    return weights - rate * gradient

answer = step
""",
    lesson="Repeat this, and the loss falls: all networks of this course learn by steps of this kind.",
)
