"""Exercises of notebook 04: pooling and the properties of CNNs."""

import numpy as np
import scipy.signal

from utils.convolution import convolve2d, correlate2d, pool2d
from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_function, same_numbers

_map = np.array([[4, 0, 1, 3], [2, 2, 5, 3], [0, 8, 6, 6], [8, 0, 2, 2]])

q1 = Exercise(
    judge=same_numbers(
        pool2d(_map, mode="average"),
        mistakes=[
            (pool2d(_map), "That is max pooling. Average pooling takes the mean of the four values."),
            (4 * pool2d(_map, mode="average"), "These are sums of the windows. How many values does a window have?"),
            (2 * pool2d(_map, mode="average"), "Divide by the number of values in a window, not by its width."),
            (-pool2d(-_map), "Those are the smallest values of the windows. Average pooling takes the mean."),
            (_map.reshape(4, 2, 2).mean(axis=2), "Your windows are two columns wide, but only one row high."),
            (_map.reshape(2, 2, 4).mean(axis=1), "Your windows are two rows high, but only one column wide."),
            (pool2d(_map, strides=1, mode="average"), "Your windows overlap: that is stride 1."),
            (pool2d(_map, mode="average").T, "Rows and columns are exchanged."),
        ],
    ),
    hint="The first window holds 4, 0, 2, 2. Add them up and divide by their number.",
    solution="""
answer = [[(4 + 0 + 2 + 2) / 4, (1 + 3 + 5 + 3) / 4],
          [(0 + 8 + 8 + 0) / 4, (6 + 6 + 2 + 2) / 4]]
""",
    lesson="The mean keeps something of all four values, the maximum only the strongest.",
)


def _ragged(x, size):
    starts = [range(0, n, size) for n in x.shape]
    return np.array([[x[i : i + size, j : j + size].max() for j in starts[1]] for i in starts[0]])


q2 = Exercise(
    judge=same_function(
        lambda x, size: pool2d(x, size),
        cases=[
            (np.array([[1.0, 5, 2, 0], [3, 4, 3, 1], [7, 2, 0, 4], [6, 1, 2, 3]]), 2),
            (-np.arange(30.0).reshape(5, 6), 2),
            (np.arange(49.0).reshape(7, 7) % 11, 3),
            (np.array([[2.0, -3.0], [0.5, 4.0]]), 1),
        ],
        mistakes=[
            (lambda x, size: pool2d(x, size, mode="average"), "You take means. Take the largest value of each window."),
            (lambda x, size: pool2d(x, size, strides=1), "Your windows overlap. Move on by the size of the window."),
            (_ragged, "You keep the rest at the border. Windows that are not full are left out."),
            (
                lambda x, size: np.maximum(pool2d(x, size), 0),
                "Negative maxima become 0 in your result. Which value did you begin with?",
            ),
            (lambda x, size: pool2d(x, 2), "You always use windows of 2 × 2, whatever size is."),
        ],
    ),
    hint="The result has x.shape[0] // size rows. At (i, j) the window is x[i*size:(i+1)*size, j*size:(j+1)*size].",
    solution="""
import numpy as np

def max_pool(x, size):
    rows, columns = x.shape[0] // size, x.shape[1] // size
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = x[i * size:(i + 1) * size, j * size:(j + 1) * size].max()
    return result

answer = max_pool
""",
    lesson="Stride = window size, so that every pixel belongs to at most one window.",
)

_dense = (32 * 32 * 3 + 1) * 32 * 32 * 16
_conv = (3 * 3 * 3 + 1) * 16

q3 = Exercise(
    judge=same_numbers(
        _dense // _conv,
        mistakes=[
            (_dense, "That is the number of parameters of the dense layer. Divide by that of the convolutional one."),
            (_conv, "That is the number of parameters of the convolutional layer."),
            (32 * 32 * 3 * 32 * 32 * 16 / (3 * 3 * 3 * 16), "You left out the biases."),
            (
                (32 * 32 * 3 + 1) * 16 / _conv,
                "A dense layer with 16 outputs is not the same: count the outputs of "
                "the convolutional layer, pixel by pixel.",
            ),
            ((32 * 32 * 3 + 1) * 30 * 30 * 16 / _conv, 'With padding="same" the maps keep their size.'),
            (0, "Divide the other way round."),
            (_conv / _dense, "Divide the other way round."),
        ],
    ),
    hint="The dense layer has 32 * 32 * 16 outputs, each with a weight for all 32 * 32 * 3 inputs and a bias.",
    solution="""
dense = (32 * 32 * 3 + 1) * (32 * 32 * 16)
convolutional = (3 * 3 * 3 + 1) * 16
answer = round(dense / convolutional)
""",
    lesson="About 50 million parameters against 448.",
)

q4 = Exercise(
    judge=same_numbers(
        10,
        mistakes=[
            (8, "After the pooling, neighbours in the map are two pixels apart in the image."),
            (9, "The window of the pooling layer widens the field too."),
            (7, "That is three convolutions of 3 × 3 without the pooling."),
            (6, "That is the field after the pooling. One layer is missing."),
            (12, "Stride 2 doubles the steps that come after the pooling, not those before it."),
        ],
    ),
    hint="Start with 1 and add (F - 1) times the step for each layer. The step is 1 until the pooling doubles it.",
    solution="""
field = 1
field += (3 - 1) * 1      # convolution: 3
field += (3 - 1) * 1      # convolution: 5
field += (2 - 1) * 1      # pooling: 6, and from here on a step is 2 pixels
field += (3 - 1) * 2      # convolution
answer = field
""",
    lesson="3, 5, 6, 10: behind a stride of 2 every layer widens the field twice as fast.",
)


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
