"""Exercises of notebook 01: convolution in one dimension."""

import numpy as np

from utils.convolution import convolve1d, convolve1d_sums
from utils.exercises.exercise import Exercise, in_words
from utils.exercises.judges import same_function, same_numbers


def weighted_average(x=(10, 20, 60, 40, 50), w=(0.5, 0.3, 0.2)):
    """Make exercise 1.1 for other readings, five of them, and other weights, three."""
    window = np.array(x)[:-4:-1]  # the newest first
    products = window * np.array(w)
    return Exercise(
        judge=same_numbers(
            products.sum(),
            mistakes=[
                (
                    window[::-1] @ w,
                    "You gave the largest weight to the oldest reading of the window. Which reading is the newest?",
                ),
                (
                    np.array(x)[3:0:-1] @ w,
                    "These are the right weights on the wrong readings: the window starts at the newest, x[4].",
                ),
                (np.array(x)[:3] @ w, "The window moves back from the newest reading, x[4], not forward from x[0]."),
                (window.mean(), "That is the plain average. Give each reading its own weight."),
                (window.sum(), "You left out the weights."),
            ],
        ),
        hint="Three weights, three readings. Write under each other: x[4] and w[0], x[3] and w[1], x[2] and w[2].",
        solution=f"""
x, w = {list(x)}, {list(w)}
answer = x[4] * w[0] + x[3] * w[1] + x[2] * w[2]      # {" + ".join(f"{product:.4g}" for product in products)}
""",
        lesson=(
            f"The newest reading, {window[0]}, counts most; the older ones {window[1]} and {window[2]} count less."
        ),
    )


q1 = weighted_average()


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


def three_lengths(samples=100, size=9):
    """Make exercise 1.3 for another recording and another kernel."""
    valid, full = samples - size + 1, samples + size - 1
    return Exercise(
        judge=same_numbers(
            (valid, samples, full),
            mistakes=[
                (
                    (valid - 1, samples, full + 1),
                    "`same` is right. For the others try 3 values and a kernel of 1: how long is the result?",
                ),
                (
                    (valid, samples, full + 1),
                    "Two are right. In `full` the last window still shares one sample with the series.",
                ),
                (
                    (valid - 1, samples, full),
                    "Two are right. Check `valid` with a series of 3 and a kernel of 3: one window fits.",
                ),
                (
                    (full, samples, valid),
                    "These are the right lengths in another order. The order is valid, same, full.",
                ),
            ],
        ),
        hint="Place the kernel at the very left and at the very right, and count the places in between, both included.",
        solution=f"""
N, F = {samples}, {size}
answer = (N - F + 1, N, N + F - 1)
""",
        lesson="`valid` loses F - 1 values, `full` gains F - 1, `same` keeps the length.",
    )


q3 = three_lengths()


def two_boxes(first=3, second=3):
    """Make exercise 1.4 for boxes of other lengths."""
    kernel = np.convolve(np.ones(first), np.ones(second))  # how often each reading is used
    product = first * second
    not_one = "The shape is right. Do the weights of an average add up to this?"
    boxes = (f"[{', '.join([f'1/{length}'] * length)}]" for length in (first, second))
    mistakes = [
        (kernel, not_one),
        (kernel / second, not_one),
        (np.full(second, 1 / second), "That is one box. Two of them look further back than one."),
        (
            np.full(len(kernel), 1 / len(kernel)),
            "The length is right. But not all readings are used equally often: count.",
        ),
        (
            np.full(first + second, 1 / (first + second)),
            "Not all readings are used equally often, and there are fewer of them.",
        ),
    ]
    if first == second:
        place_by_place = "You multiplied the weights place by place. The second box slides over the first."
        mistakes.append((np.full(first, 1 / product), place_by_place))
    return Exercise(
        judge=same_numbers(kernel / product, tolerance=5e-3, mistakes=mistakes),
        hint=(
            "Smooth a series that is zero except for a single 1, twice. "
            'Or: convolve one box with the other, mode "full".'
        ),
        solution=f"""
import numpy as np
answer = np.convolve({next(boxes)}, {next(boxes)})      # mode "full"
""",
        lesson=(
            "Two convolutions in a row are one convolution, whose kernel is the convolution of the two kernels. "
            "Notebook 04 comes back to that."
        ),
    )


q4 = two_boxes()


def readings_for_an_error(before=12, after=2):
    """Make exercise 1.5 for another sensor and another goal, both in metres."""
    ratio = before // after
    return Exercise(
        judge=same_numbers(
            ratio**2,
            mistakes=[
                (ratio, "The error falls with the square root of the number of readings, not with the number itself."),
                (np.sqrt(ratio), f"You took a root where a square is needed: solve {before} / sqrt(n) = {after}."),
                (before * after, f"That is {before} times {after}. Solve {before} / sqrt(n) = {after} for n."),
                (before**2, "That brings the error down to 1 m."),
            ],
        ),
        hint=f"The error of an average of n readings is {before} / sqrt(n). How large must sqrt(n) be?",
        solution=f"answer = ({before} / {after}) ** 2",
        lesson=(
            f"{in_words(ratio).capitalize()} times less noise costs "
            f"{'thirty-six' if ratio == 6 else in_words(ratio**2)} times the readings."
        ),
    )


q5 = readings_for_an_error()


def one_step(z=3, p=5, v=1, rate=0.05):
    """Make exercise 1.6 for another example, another weight, below the lowest point, and another rate."""
    slope = 2 * (z * v - p) * z
    new = v - rate * slope
    loss, new_loss = (z * v - p) ** 2, (z * new - p) ** 2
    return Exercise(
        judge=same_numbers(
            new,
            mistakes=[
                (
                    v + rate * slope,
                    f"That step goes uphill: from which side does v approach the lowest point, {p}/{z}?",
                ),
                (v - rate * slope / 2, "The derivative of a square has a factor of 2."),
                (
                    v - rate * slope / z,
                    f"When you differentiate ({z}v - {p})^2, the {z} inside the brackets comes out as a factor.",
                ),
                (
                    v - rate * (z * v - p),
                    "Differentiate with the chain rule: "
                    f"both the square and the {z} inside the brackets give a factor.",
                ),
                (v - slope, "That is the step with a learning rate of 1."),
                (slope, "That is the slope. Multiply it by the learning rate and take it away from v."),
                (-slope, "The slope has the other sign, and it is not yet the new weight."),
                (-rate * slope, "That is how far v moves. Where does it arrive?"),
                (p / z, "That is where the descent ends. One step does not get there."),
                (loss, f"That is the loss at v = {v}. How does it change with v?"),
            ],
            tolerance=1e-3,
        ),
        hint=f"The slope of ({z}v - {p})^2 is 2 * ({z}v - {p}) * {z}. Put in v = {v}, then take a step against it.",
        solution=f"""
v, rate = {v}, {rate}
slope = 2 * ({z} * v - {p}) * {z}           # {slope}: the loss falls as v grows
answer = v - rate * slope
""",
        lesson=f"The slope is negative, so v grows, and the loss falls from {loss} to {new_loss:.2g}.",
    )


q6 = one_step()

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
