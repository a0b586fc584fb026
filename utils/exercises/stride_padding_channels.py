"""Exercises of notebook 03: stride, padding and channels."""

import numpy as np

from utils.exercises.exercise import Exercise, same_function, same_numbers

q1 = Exercise(
    "3.1",
    same_numbers(
        16,
        mistakes=[
            (16.5, "Half a window does not exist."),
            (17, "The division leaves a remainder. Which way does one round?"),
            (15, "One window stands before the first move: do not forget the last term of the formula."),
            (14, "Padding goes on both sides."),
            (32, "That would be stride 1."),
        ],
    ),
    "Put W1 = 32, F = 5, P = 2 and S = 2 into the formula, and round down where the division leaves a remainder.",
    """
answer = (32 - 5 + 2 * 2) // 2 + 1
""",
    "31 // 2 + 1 = 16: half the width, as usual for stride 2.",
)

q2 = Exercise(
    "3.2",
    same_numbers(
        (1, 2),
        mistakes=[
            ((2, 1), "The numbers are right; the larger one comes after."),
            ((0, 3), "The total is right. Share it out as evenly as possible."),
            ((3, 0), "The total is right. Share it out as evenly as possible, the larger one after."),
            ((1, 1), "That leaves a remainder: insert the total into the formula and look at the division."),
            ((2, 2), "That is one too many: the formula leaves a remainder."),
            ((1.5, 1.5), "The total is right, but a zero cannot be halved."),
            ((3, 3), "That many zeros in all are needed, not on each side."),
            ((3, 4), "That is Keras' same: it gives 56."),
        ],
    ),
    "Solve (224 - 11 + zeros) / 4 + 1 = 55 for the total number of zeros, then share them between the two sides.",
    """
zeros = (55 - 1) * 4 + 11 - 224       # 3 in total
answer = (zeros // 2, zeros - zeros // 2)
""",
    "Three zeros in total, an odd number: with P on each side the formula leaves a remainder.",
)

q3 = Exercise(
    "3.3",
    same_numbers(
        (12, 16, 6, 10),
        mistakes=[
            ((12, 17, 6, 11), "The first ones are right. Five rows from 12 on: which is the last of them?"),
            ((4, 8, 2, 6), "That is stride 1. Every step of the neuron moves its window by the stride."),
            ((6, 10, 12, 16), "Rows and columns are exchanged."),
            ((9, 13, 3, 7), "Rows and columns are counted from 0: row 4 is the fifth."),
            ((10, 14, 4, 8), "The window begins at i * s_h; it is not centred there."),
            ((12, 14, 6, 8), "The window is as large as the filter, not as the stride."),
            ((20, 24, 10, 14), "You moved the window by the size of the filter. It moves by the stride."),
        ],
    ),
    "Rows start at i * s_h with i = 4 and s_h = 3, and there are f_h = 5 of them.",
    """
i, j, f, s = 4, 2, 5, 3
answer = (i * s, i * s + f - 1, j * s, j * s + f - 1)
""",
    "Rows 12 to 16 and columns 6 to 10: 25 pixels.",
)

q4 = Exercise(
    "3.4",
    same_numbers(
        (5 * 5 * 32 + 1) * 64,
        mistakes=[
            (5 * 5 * 64 + 64, "You forgot that a filter is as deep as its input."),
            (5 * 5 * 64 * 32 + 32, "Which number is that of the filters, 32 or 64? Each filter has one bias."),
            (5 * 5 * 32 * 64, "The biases are missing: one for each filter."),
            (5 * 5 * 32 + 1, "That is one filter. How many are there?"),
            ((5 * 5 + 1) * 32 * 64, "You gave a filter one bias for each channel. It has a single one."),
            (5 * 32 * 64 + 64, "A filter of 5 × 5 has 25 weights for each channel."),
        ],
    ),
    "Count one filter first: its weights for all 32 channels and its bias. Then all filters.",
    """
answer = (5 * 5 * 32 + 1) * 64
""",
    "51,264 parameters. The size of the image does not occur.",
)


def _reference(image, p):
    return np.pad(image, p)


q5 = Exercise(
    "3.5",
    same_function(
        _reference,
        cases=[(np.array([[1, 2, 3], [4, 5, 6]]), 1), (np.array([[7.5, 1.0]]), 2), (np.ones((3, 2)), 0)],
        mistakes=[
            (lambda image, p: np.pad(image, (0, p)), "The zeros stand at the bottom and on the right only."),
            (lambda image, p: np.pad(image, (p, 0)), "The zeros stand on top and on the left only."),
            (lambda image, p: np.pad(image, ((p, p), (0, 0))), "The columns need zeros too."),
            (lambda image, p: np.pad(image, ((0, 0), (p, p))), "The rows need zeros too."),
            (lambda image, p: np.pad(image, p, mode="edge"), "You repeat the border; zeros are wanted."),
            (lambda image, p: np.pad(image, 1), "You always add one zero on each side, whatever p is."),
        ],
    ),
    "Make an array of zeros that is 2 * p larger in both directions, and copy the image into its middle.",
    """
import numpy as np

def zero_pad(image, p):
    height, width = image.shape
    padded = np.zeros((height + 2 * p, width + 2 * p), image.dtype)
    padded[p:p + height, p:p + width] = image
    return padded

answer = zero_pad
""",
    "Slicing with p:p + height works for p = 0 as well; p:-p would not.",
)
