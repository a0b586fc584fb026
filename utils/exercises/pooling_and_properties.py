"""Exercises of notebook 04: pooling and the properties of CNNs."""

import numpy as np
import scipy.signal

from utils.convolution import convolve2d, correlate2d, pool2d
from utils.exercises.exercise import Exercise, in_words
from utils.exercises.judges import same_function, same_numbers


def average_by_hand(table=((4, 0, 1, 3), (2, 2, 5, 3), (0, 8, 6, 6), (8, 0, 2, 2))):
    """Make exercise 4.1 for another map of 4 × 4."""
    table = np.array(table)
    windows = [table[i : i + 2, j : j + 2].ravel() for i in (0, 2) for j in (0, 2)]
    first, means = windows[0], [f"({' + '.join(map(str, window))}) / 4" for window in windows]
    return Exercise(
        judge=same_numbers(
            pool2d(table, mode="average"),
            mistakes=[
                (pool2d(table), "That is max pooling. Average pooling takes the mean of the four values."),
                (
                    4 * pool2d(table, mode="average"),
                    "These are sums of the windows. How many values does a window have?",
                ),
                (2 * pool2d(table, mode="average"), "Divide by the number of values in a window, not by its width."),
                (-pool2d(-table), "Those are the smallest values of the windows. Average pooling takes the mean."),
                (table.reshape(4, 2, 2).mean(axis=2), "Your windows are two columns wide, but only one row high."),
                (table.reshape(2, 2, 4).mean(axis=1), "Your windows are two rows high, but only one column wide."),
                (pool2d(table, strides=1, mode="average"), "Your windows overlap: that is stride 1."),
                (pool2d(table, mode="average").T, "Rows and columns are exchanged."),
            ],
        ),
        hint=f"The first window holds {', '.join(map(str, first))}. Add them up and divide by their number.",
        solution=f"""
answer = [[{means[0]}, {means[1]}],
          [{means[2]}, {means[3]}]]
""",
        lesson="The mean keeps something of all four values, the maximum only the strongest.",
    )


q1 = average_by_hand()


def _ragged(x, size, best):
    starts = [range(0, n, size) for n in x.shape]
    return np.array([[best(x[i : i + size, j : j + size]) for j in starts[1]] for i in starts[0]])


def _smallest(x, size, **options):
    return -pool2d(-x, size, **options)


def pooling_function(largest=True):
    """Make exercise 4.2, or the same for the smallest value of each window."""
    pool, other, best = (pool2d, _smallest, np.max) if largest else (_smallest, pool2d, np.min)
    name, wanted, cut, sign = ("max", "largest", np.maximum, "Negative") if largest else _OF_THE_SMALLEST
    extremes = "maxima" if largest else "minima"
    mistakes = [
        (lambda x, size: pool2d(x, size, mode="average"), f"You take means. Take the {wanted} value of each window."),
        (lambda x, size: pool(x, size, strides=1), "Your windows overlap. Move on by the size of the window."),
        (
            lambda x, size: _ragged(x, size, best),
            "You keep the rest at the border. Windows that are not full are left out.",
        ),
        (
            lambda x, size: cut(pool(x, size), 0),
            f"{sign} {extremes} become 0 in your result. Which value did you begin with?",
        ),
        (lambda x, size: pool(x, 2), "You always use windows of 2 × 2, whatever size is."),
    ]
    if not largest:
        mistakes.append((other, "That is max pooling. Take the smallest value of each window."))
    return Exercise(
        judge=same_function(
            lambda x, size: pool(x, size),
            cases=[
                (np.array([[1.0, 5, 2, 0], [3, 4, 3, 1], [7, 2, 0, 4], [6, 1, 2, 3]]), 2),
                (-np.arange(30.0).reshape(5, 6), 2),
                (np.arange(49.0).reshape(7, 7) % 11, 3),
                (np.array([[2.0, -3.0], [0.5, 4.0]]), 1),
            ],
            mistakes=mistakes,
        ),
        hint=(
            "The result has x.shape[0] // size rows. At (i, j) the window is x[i*size:(i+1)*size, j*size:(j+1)*size]."
        ),
        solution=f"""
import numpy as np

def {name}_pool(x, size):
    rows, columns = x.shape[0] // size, x.shape[1] // size
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = x[i * size:(i + 1) * size, j * size:(j + 1) * size].{name}()
    return result

answer = {name}_pool
""",
        lesson="Stride = window size, so that every pixel belongs to at most one window.",
    )


_OF_THE_SMALLEST = "min", "smallest", np.minimum, "Positive"

q2 = pooling_function()


def dense_instead(size=32, channels=3, filters=16, kernel=3):
    """Make exercise 4.3 for another layer; the factor should be a whole number."""
    inputs, weights = size * size * channels, kernel * kernel * channels
    dense, conv = (inputs + 1) * size * size * filters, (weights + 1) * filters
    valid = (size - kernel + 1) ** 2
    return Exercise(
        judge=same_numbers(
            dense / conv,
            mistakes=[
                (
                    dense,
                    "That is the number of parameters of the dense layer. Divide by that of the convolutional one.",
                ),
                (conv, "That is the number of parameters of the convolutional layer."),
                (inputs * size * size / weights, "You left out the biases."),
                (
                    (inputs + 1) * filters / conv,
                    f"A dense layer with {filters} outputs is not the same: count the outputs of "
                    "the convolutional layer, pixel by pixel.",
                ),
                ((inputs + 1) * valid * filters / conv, 'With padding="same" the maps keep their size.'),
                (0, "Divide the other way round."),
                (conv / dense, "Divide the other way round."),
            ],
        ),
        hint=(
            f"The dense layer has {size} * {size} * {filters} outputs, each with a weight for all "
            f"{size} * {size} * {channels} inputs and a bias."
        ),
        solution=f"""
dense = ({size} * {size} * {channels} + 1) * ({size} * {size} * {filters})
convolutional = ({kernel} * {kernel} * {channels} + 1) * {filters}
answer = round(dense / convolutional)
""",
        lesson=f"{f'About {dense / 1e6:.0f} million' if dense >= 1e7 else f'{dense:,}'} parameters against {conv}.",
    )


q3 = dense_instead()


def field_behind_pooling(before=2, kernel=3, pool=2, after=1):
    """Make exercise 4.4 for other numbers of convolutions before and after the pooling, and other sizes."""
    fields, steps = [1], [1] * (before + 1) + [pool] * after
    sizes = [kernel] * before + [pool] + [kernel] * after
    for size, step in zip(sizes, steps):
        fields.append(fields[-1] + (size - 1) * step)
    right, pooled = fields[-1], fields[before + 1]
    convolutions, more = "convolution" + "s" * (before + after > 1), "One layer is" if after == 1 else "Layers are"
    lines = [f"field += ({size} - 1) * {step}" for size, step in zip(sizes, steps)]
    notes = [f"convolution: {field}" for field in fields[1 : before + 1]]
    notes += [f"pooling: {pooled}, and from here on a step is {pool} pixels"] + ["convolution"] * after
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (
                    pooled + after * (kernel - 1),
                    f"After the pooling, neighbours in the map are {in_words(pool)} pixels apart in the image.",
                ),
                (right - (pool - 1), "The window of the pooling layer widens the field too."),
                (
                    1 + (before + after) * (kernel - 1),
                    f"That is {in_words(before + after)} {convolutions} of {kernel} × {kernel} without the pooling.",
                ),
                (pooled, f"That is the field after the pooling. {more} missing."),
                (
                    right + (kernel - 1) * (pool - 1),
                    f"Stride {pool} {'doubles' if pool == 2 else 'triples'} the steps that come after the pooling, not "
                    "those before it.",
                ),
            ],
        ),
        hint=(
            "Start with 1 and add (F - 1) times the step for each layer. The step is 1 until the pooling "
            f"{'doubles' if pool == 2 else 'triples'} it."
        ),
        solution="\nfield = 1\n"
        + "\n".join(f"{line}      # {note}" for line, note in zip(lines, notes))
        + "\nanswer = field\n",
        lesson=(
            f"{', '.join(map(str, fields[1:]))}: behind a stride of {pool} every layer widens the field "
            f"{'twice' if pool == 2 else 'three times'} as fast."
        ),
    )


q4 = field_behind_pooling()


q5 = Exercise(
    judge=same_numbers(
        (1, 1, 0, 2, 0, 2),
        mistakes=[
            ((2, 2, 0, 1, 0, 1), "Exchanged: an equivariant result moves along, an invariant one does not change."),
            ((1, 1, 0, 1, 0, 1), "A single number has no place and cannot move along. Does its value change?"),
            ((1, 1, 1, 2, 0, 2), "Pooling with stride 2: which pixels share a window before the shift, and after it?"),
            ((1, 1, 2, 2, 0, 2), "Pooling with stride 2 makes a map less sensitive. Does every value stay the same?"),
            ((1, 1, 0, 2, 1, 2), "A dense layer has a weight for each place. Which weights does the digit meet later?"),
            ((1, 1, 0, 2, 2, 2), "A dense layer has a weight for each place. Which weights does the digit meet later?"),
            (
                (1, 1, 1, 2, 1, 2),
                "Two of these treat places differently: windows may stand at some of them only, or each may have its "
                "own weight.",
            ),
            ((1, 2, 0, 2, 0, 2), "ReLU leaves every value at its place. What does the result do if the image moves?"),
            ((1, 0, 0, 2, 0, 2), "ReLU leaves every value at its place. What does the result do if the image moves?"),
        ],
    ),
    hint=(
        "Does the result have places? If so, does each value reappear one place further? "
        "If it is a single number, does it stay the same?"
    ),
    solution="""
answer = [1,      # the filter has the same weights everywhere
          1,      # each value by itself
          0,      # the windows are filled anew: half a step is no step
          2,      # the largest value is the largest wherever it stands
          0,      # other weights for other places
          2]      # the map moves along, its mean stays
""",
    lesson=(
        "Layers that share weights move along; the maximum or mean of a whole map forgets the place; "
        "pooling with a stride does neither exactly."
    ),
)


def _kernels(seed, *sizes):
    return tuple(np.random.default_rng(seed).integers(-4, 5, size).astype(float) for size in sizes)


q6 = Exercise(
    judge=same_function(
        lambda k1, k2: convolve2d(k1, k2, padding=k2.shape[0] - 1),
        cases=[
            _kernels(1, (3, 3), (3, 3)),
            _kernels(2, (2, 2), (2, 2)),
            _kernels(3, (1, 1), (3, 3)),
            _kernels(4, (3, 3), (2, 2)),
            _kernels(5, (2, 2), (5, 5)),
        ],
        mistakes=[
            (
                lambda k1, k2: correlate2d(k1, k2, padding=k2.shape[0] - 1),
                "Nearly: the size is right. Two correlations in a row amount to a convolution of the kernels: "
                "one of them must be flipped.",
            ),
            (
                lambda k1, k2: correlate2d(k2, k1, padding=k1.shape[0] - 1),
                "Nearly: the size is right, the kernel is turned round. Which of the two must be flipped?",
            ),
            (
                lambda k1, k2: convolve2d(k1, k2, padding="same"),
                "The merged kernel sees more than each of them: keep every overlap.",
            ),
            (
                lambda k1, k2: scipy.signal.convolve2d(k1, k2, mode="same"),
                "The merged kernel sees more than each of them: keep every overlap, not only a part as large as k1.",
            ),
            (
                lambda k1, k2: scipy.signal.convolve2d(k1, k2, mode="valid"),
                "You keep the places where one kernel lies wholly inside the other. Keep every overlap.",
            ),
            (
                lambda k1, k2: scipy.signal.correlate2d(k1, k2),
                "Nearly: the size is right. Two correlations in a row amount to a convolution of the kernels: "
                "one of them must be flipped.",
            ),
            (lambda k1, k2: k1 + k2, "Adding kernels is what two layers side by side do, not one after the other."),
            (lambda k1, k2: k1 @ k2, "A convolution of kernels is no matrix product."),
        ],
    ),
    hint='Lay k2 over k1 in every possible way: the full convolution. scipy.signal.convolve2d has the mode "full".',
    solution="""
from scipy.signal import convolve2d

def merge(k1, k2):
    return convolve2d(k1, k2)      # mode "full": 3 × 3 and 3 × 3 give 5 × 5

answer = merge
""",
    lesson="The kernel of two layers in a row is the convolution of their kernels, the flip included.",
)
