"""Exercises of notebook 03: stride, padding and channels."""

import functools

import numpy as np

from utils.convolution import conv2d, convolve2d, correlate2d
from utils.exercises.exercise import ORDINALS, Exercise, in_words
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


def output_width(width=32, size=5, zeros=2, stride=2):
    """Make exercise 3.2 for another image and filter, where the division leaves a remainder."""
    room = width - size + 2 * zeros  # pixels that the window can move by
    part = "Half a window" if stride == 2 else "A part of a window"
    about = "about " * ((room // stride + 1) * stride != width)
    no_part = f"{part[0].lower()}{part[1:]} does not exist."
    return Exercise(
        judge=same_numbers(
            room // stride + 1,
            mistakes=[
                (room / stride + 1, f"{part} does not exist."),
                (room // stride + 2, "The division leaves a remainder. Which way does one round?"),
                (
                    room // stride,
                    "One too few. Do the zeros count on both sides, and is the last term of the formula there?",
                ),
                (
                    room / stride,
                    f"Do the zeros count on both sides, and is the last term there? {part} does not exist.",
                ),
                ((width - size) // stride + 1, "You left the zeros out: they make the image wider."),
                ((width - size) / stride + 1, f"You left the zeros out, and {no_part}"),
                ((width - size) // stride, "Both the zeros and the last term of the formula are missing."),
                (room + 1, "That would be stride 1."),
                ((room // stride + 1) ** 2, "That is the whole map. How many pixels are in one of its rows?"),
            ],
        ),
        hint=(
            f"Put W1 = {width}, F = {size}, P = {zeros} and S = {stride} into the formula, "
            "and round down where the division leaves a remainder."
        ),
        solution=f"answer = ({width} - {size} + 2 * {zeros}) // {stride} + 1",
        lesson=(
            f"{room} // {stride} + 1 = {room // stride + 1}: "
            f"{about}{'half' if stride == 2 else 'a third of'} the width, as usual for stride {stride}."
        ),
    )


q2 = output_width()


def uneven_padding(width=224, size=11, stride=4, output=55):
    """Make exercise 3.3 for a layer that needs an odd number of zeros."""
    total = (output - 1) * stride + size - width
    half = total // 2
    same = -(-width // stride)
    zeros_of_same = max((same - 1) * stride + size - width, 0)
    return Exercise(
        judge=_without_nesting(
            same_numbers(
                (half, half + 1),
                mistakes=[
                    ((half + 1, half), "The numbers are right; the larger one comes after."),
                    ((0, total), "The total is right. Share it out as evenly as possible."),
                    ((total, 0), "The total is right. Share it out as evenly as possible, the larger one after."),
                    (total, "The total is right. Give the zeros before and after, as two numbers."),
                    (
                        (half, half),
                        "That leaves a remainder: insert the total into the formula and look at the division.",
                    ),
                    ((half + 1, half + 1), "That is one too many: the formula leaves a remainder."),
                    ((total / 2, total / 2), "The total is right, but a zero cannot be halved."),
                    ((total, total), "That many zeros in all are needed, not on each side."),
                    (
                        (zeros_of_same // 2, zeros_of_same - zeros_of_same // 2),
                        f"That is Keras' same: it gives {same}.",
                    ),
                ],
            )
        ),
        hint=(
            f"Solve ({width} - {size} + zeros) / {stride} + 1 = {output} for the total number of zeros, "
            "then share them between the two sides."
        ),
        solution=f"""
zeros = ({output} - 1) * {stride} + {size} - {width}       # {total} in total
answer = (zeros // 2, zeros - zeros // 2)
""",
        lesson=(
            f"{in_words(total).capitalize()} zeros in total, an odd number: "
            "with P on each side the formula leaves a remainder."
        ),
    )


q3 = uneven_padding()


def window_of_a_neuron(row=4, column=2, size=5, stride=3):
    """Make exercise 3.4 for another neuron and another layer."""

    def window(i, j, length=size):
        return (i, i + length - 1, j, j + length - 1)

    i, j = row * stride, column * stride
    right = window(i, j)
    return Exercise(
        judge=_without_nesting(
            same_numbers(
                right,
                mistakes=[
                    (
                        window(i, j, size + 1),
                        f"The first ones are right. {in_words(size).capitalize()} rows from {i} on: "
                        "which is the last of them?",
                    ),
                    (window(row, column), "That is stride 1. Every step of the neuron moves its window by the stride."),
                    (right[2:] + right[:2], "Rows and columns are exchanged."),
                    (
                        right[::2] + right[1::2],
                        "The numbers are right; first those of the rows, then those of the columns.",
                    ),
                    (
                        window(i - stride, j - stride),
                        f"Rows and columns are counted from 0: row {row} is the {ORDINALS[row + 1]}.",
                    ),
                    (window(i - size // 2, j - size // 2), "The window begins at i * s_h; it is not centred there."),
                    (window(i, j, stride), "The window is as large as the filter, not as the stride."),
                    (
                        window(row * size, column * size),
                        "You moved the window by the size of the filter. It moves by the stride.",
                    ),
                    (right[:2], "Those are the rows. Which columns?"),
                    (right[2:], "Those are the columns. Which rows?"),
                ],
            )
        ),
        hint=f"Rows start at i * s_h with i = {row} and s_h = {stride}, and there are f_h = {size} of them.",
        solution=f"""
i, j, f, s = {row}, {column}, {size}, {stride}
answer = (i * s, i * s + f - 1, j * s, j * s + f - 1)
""",
        lesson="Rows {} to {} and columns {} to {}: {} pixels.".format(*right, size * size),
    )


q4 = window_of_a_neuron()

_PATCH = (((2, 0), (1, 1)), ((3, 2), (0, 0)), ((0, 1), (2, 1)))  # red, green, blue; in each of them rows
_BLOCK = (((1, 1), (0, -1)), ((0, 2), (1, 1)), ((1, -1), (0, 3)))


def channels_by_hand(patch=_PATCH, block=_BLOCK, bias=-2):
    """Make exercise 3.5 for other pixels, weights and bias; the channels come first."""
    patch, block = np.array(patch), np.array(block)
    sums = (patch * block).sum(axis=(1, 2))
    flipped = sum(convolve2d(p, k)[0, 0] for p, k in zip(patch, block))
    exchanged = sum(correlate2d(p, k.T)[0, 0] for p, k in zip(patch, block))
    products = [" + ".join(f"{x}*{w}" for x, w in zip(p.ravel(), k.ravel())) for p, k in zip(patch, block)]
    return Exercise(
        judge=same_numbers(
            conv2d(np.moveaxis(patch, 0, -1), np.moveaxis(block, 0, -1)[..., None], np.array([bias])).item(),
            mistakes=[
                (sums.sum(), "The bias is missing."),
                (sums.sum() - bias, "The bias is added, with its sign."),
                (sums.sum() + 3 * bias, "The bias belongs to the filter: add it once, not once for each channel."),
                (sums[0] + bias, "That is the red channel alone. A filter adds up all channels."),
                (sums, "One number for each channel: add them up. One filter gives one map. Then the bias."),
                (sums + bias, "One filter gives one map: add the channels up, and the bias once."),
                (
                    patch.sum(axis=0).ravel() @ block.sum(axis=0).ravel() + bias,
                    "Multiply first, then add the channels up.",
                ),
                (flipped + bias, "You flipped the filter. A layer lays it on the pixels as it is."),
                (exchanged + bias, "Rows and columns of the filter are exchanged: each inner list is one row."),
            ],
        ),
        hint=(
            "Twelve products, one for each weight: "
            "four of the red channel, four of the green, four of the blue. Add them all up, then add the bias."
        ),
        solution=f"""
red = {products[0]}
green = {products[1]}
blue = {products[2]}
answer = red + green + blue {"+-"[bias < 0]} {abs(bias)}
""",
        lesson="Twelve products and a bias make one number; the depth of the input does not show in the output.",
    )


q5 = channels_by_hand()


def layer_parameters(maps=32, filters=64, size=5):
    """Make exercise 3.6 for a layer of other sizes."""
    right = (size * size * maps + 1) * filters
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (size * size * filters + filters, "You forgot that a filter is as deep as its input."),
                (
                    size * size * filters * maps + maps,
                    f"Which number is that of the filters, {maps} or {filters}? Each filter has one bias.",
                ),
                (size * size * maps * filters, "The biases are missing: one for each filter."),
                (size * size * maps + 1, "That is one filter. How many are there?"),
                (
                    (size * size + 1) * maps * filters,
                    "You gave a filter one bias for each channel. It has a single one.",
                ),
                (
                    size * maps * filters + filters,
                    f"A filter of {size} × {size} has {size * size} weights for each channel.",
                ),
            ],
        ),
        hint=f"Count one filter first: its weights for all {maps} channels and its bias. Then all filters.",
        solution=f"answer = ({size} * {size} * {maps} + 1) * {filters}",
        lesson=f"{right:,} parameters. The size of the image does not occur.",
    )


q6 = layer_parameters()
