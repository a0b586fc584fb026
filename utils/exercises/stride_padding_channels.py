"""Exercises of notebook 03: stride, padding and channels."""

import functools

import numpy as np

from utils.convolution import conv2d, convolve2d, correlate2d
from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_function, same_numbers


def _without_nesting(judge):
    """Let a judge take ((12, 16), (6, 10)) for (12, 16, 6, 10): the numbers count, not their grouping."""

    @functools.wraps(judge)
    def judge_flat(answer):
        try:
            found = np.asarray(answer, dtype=object)
        except Exception:  # whatever an object does when it is turned into an array; `judge` finds words for it
            return judge(answer)
        return judge(found.ravel() if found.ndim == 2 else answer)

    return judge_flat


q1 = Exercise(
    judge=same_function(
        lambda image, p: np.pad(image, p),
        cases=[
            (np.array([[1, 2, 3], [4, 5, 6]]), 1),
            (np.array([[7.5, 1.0]]), 2),
            (np.array([[3, -1], [2, 8], [1, 9]]), 0),
        ],
        mistakes=[
            (lambda image, p: np.pad(image, (0, p)), "The zeros stand at the bottom and on the right only."),
            (lambda image, p: np.pad(image, (p, 0)), "The zeros stand on top and on the left only."),
            (lambda image, p: np.pad(image, ((p, p), (0, 0))), "The columns need zeros too."),
            (lambda image, p: np.pad(image, ((0, 0), (p, p))), "The rows need zeros too."),
            (lambda image, p: np.pad(image, p, mode="edge"), "You repeat the border; zeros are wanted."),
            (lambda image, p: np.pad(image, 1), "You always add one zero on each side, whatever p is."),
            (lambda image, p: np.pad(image, p).T, "Rows and columns of your result are exchanged."),
        ],
    ),
    hint="Make an array of zeros that is 2 * p larger in both directions, and copy the image into its middle.",
    solution="""
import numpy as np

def zero_pad(image, p):
    height, width = image.shape
    padded = np.zeros((height + 2 * p, width + 2 * p), image.dtype)
    padded[p:p + height, p:p + width] = image
    return padded

answer = zero_pad
""",
    lesson="Slicing with p:p + height works for p = 0 as well; p:-p would not.",
)

q2 = Exercise(
    judge=same_numbers(
        16,
        mistakes=[
            (16.5, "Half a window does not exist."),
            (17, "The division leaves a remainder. Which way does one round?"),
            (15, "One too few. Do the zeros count on both sides, and is the last term of the formula there?"),
            (15.5, "Do the zeros count on both sides, and is the last term there? Half a window does not exist."),
            (14, "You left the zeros out: they make the image wider."),
            (14.5, "You left the zeros out, and half a window does not exist."),
            (13, "Both the zeros and the last term of the formula are missing."),
            (32, "That would be stride 1."),
            (256, "That is the whole map. How many pixels are in one of its rows?"),
        ],
    ),
    hint="Put W1 = 32, F = 5, P = 2 and S = 2 into the formula, and round down where the division leaves a remainder.",
    solution="answer = (32 - 5 + 2 * 2) // 2 + 1",
    lesson="31 // 2 + 1 = 16: half the width, as usual for stride 2.",
)

q3 = Exercise(
    judge=_without_nesting(
        same_numbers(
            (1, 2),
            mistakes=[
                ((2, 1), "The numbers are right; the larger one comes after."),
                ((0, 3), "The total is right. Share it out as evenly as possible."),
                ((3, 0), "The total is right. Share it out as evenly as possible, the larger one after."),
                (3, "The total is right. Give the zeros before and after, as two numbers."),
                ((1, 1), "That leaves a remainder: insert the total into the formula and look at the division."),
                ((2, 2), "That is one too many: the formula leaves a remainder."),
                ((1.5, 1.5), "The total is right, but a zero cannot be halved."),
                ((3, 3), "That many zeros in all are needed, not on each side."),
                ((3, 4), "That is Keras' same: it gives 56."),
            ],
        )
    ),
    hint="Solve (224 - 11 + zeros) / 4 + 1 = 55 for the total number of zeros, then share them between the two sides.",
    solution="""
zeros = (55 - 1) * 4 + 11 - 224       # 3 in total
answer = (zeros // 2, zeros - zeros // 2)
""",
    lesson="Three zeros in total, an odd number: with P on each side the formula leaves a remainder.",
)

q4 = Exercise(
    judge=_without_nesting(
        same_numbers(
            (12, 16, 6, 10),
            mistakes=[
                ((12, 17, 6, 11), "The first ones are right. Five rows from 12 on: which is the last of them?"),
                ((4, 8, 2, 6), "That is stride 1. Every step of the neuron moves its window by the stride."),
                ((6, 10, 12, 16), "Rows and columns are exchanged."),
                ((12, 6, 16, 10), "The numbers are right; first those of the rows, then those of the columns."),
                ((9, 13, 3, 7), "Rows and columns are counted from 0: row 4 is the fifth."),
                ((10, 14, 4, 8), "The window begins at i * s_h; it is not centred there."),
                ((12, 14, 6, 8), "The window is as large as the filter, not as the stride."),
                ((20, 24, 10, 14), "You moved the window by the size of the filter. It moves by the stride."),
                ((12, 16), "Those are the rows. Which columns?"),
                ((6, 10), "Those are the columns. Which rows?"),
            ],
        )
    ),
    hint="Rows start at i * s_h with i = 4 and s_h = 3, and there are f_h = 5 of them.",
    solution="""
i, j, f, s = 4, 2, 5, 3
answer = (i * s, i * s + f - 1, j * s, j * s + f - 1)
""",
    lesson="Rows 12 to 16 and columns 6 to 10: 25 pixels.",
)

_patch = np.array([[[2, 0], [1, 1]], [[3, 2], [0, 0]], [[0, 1], [2, 1]]])  # (channels, rows, columns)
_block = np.array([[[1, 1], [0, -1]], [[0, 2], [1, 1]], [[1, -1], [0, 3]]])
_channels = (_patch * _block).sum(axis=(1, 2))
_flipped = sum(convolve2d(p, k)[0, 0] for p, k in zip(_patch, _block))
_exchanged = sum(correlate2d(p, k.T)[0, 0] for p, k in zip(_patch, _block))

q5 = Exercise(
    judge=same_numbers(
        conv2d(np.moveaxis(_patch, 0, -1), np.moveaxis(_block, 0, -1)[..., None], np.array([-2])).item(),
        mistakes=[
            (_channels.sum(), "The bias is missing."),
            (_channels.sum() + 2, "The bias is added, with its sign."),
            (_channels.sum() - 3 * 2, "The bias belongs to the filter: add it once, not once for each channel."),
            (_channels[0] - 2, "That is the red channel alone. A filter adds up all channels."),
            (_channels, "One number for each channel: add them up. One filter gives one map. Then the bias."),
            (_channels - 2, "One filter gives one map: add the channels up, and the bias once."),
            (_patch.sum(axis=0).ravel() @ _block.sum(axis=0).ravel() - 2, "Multiply first, then add the channels up."),
            (_flipped - 2, "You flipped the filter. A layer lays it on the pixels as it is."),
            (_exchanged - 2, "Rows and columns of the filter are exchanged: each inner list is one row."),
        ],
    ),
    hint=(
        "Twelve products, one for each weight: "
        "four of the red channel, four of the green, four of the blue. Add them all up, then add the bias."
    ),
    solution="""
red = 2*1 + 0*1 + 1*0 + 1*-1
green = 3*0 + 2*2 + 0*1 + 0*1
blue = 0*1 + 1*-1 + 2*0 + 1*3
answer = red + green + blue - 2
""",
    lesson="Twelve products and a bias make one number; the depth of the input does not show in the output.",
)

q6 = Exercise(
    judge=same_numbers(
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
    hint="Count one filter first: its weights for all 32 channels and its bias. Then all filters.",
    solution="answer = (5 * 5 * 32 + 1) * 64",
    lesson="51,264 parameters. The size of the image does not occur.",
)
