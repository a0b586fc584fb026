"""Variants of the exercises of notebook 03. `zero_pad` has no numbers: its solution is public."""

from course.publishing.assignment.variant import Variant, one, table, whole
from utils.exercises import stride_padding_channels as exercises
from utils.exercises.exercise import in_words


def padding(rng):
    """Draw a layer that needs an odd number of zeros; with an even stride any even number leaves a remainder."""
    size, stride = one(rng, 5, 7, 9, 11), one(rng, 2, 4)
    output, total = whole(rng, 20, 70), one(rng, *range(3, size, 2))
    return dict(width=(output - 1) * stride + size - total, size=size, stride=stride, output=output)


def ask_for_padding(width, size, stride, output):
    """Ask exercise 3.3."""
    layer = "AlexNet's first layer" if (width, size, stride) == (224, 11, 4) else "a layer"
    return (
        f"Which padding of {layer} ({width} pixels, filter {size}, stride {stride}) gives {output} without a "
        "remainder? Equal numbers of zeros on both sides cannot do it. Give the numbers of zeros `(before, after)`, as "
        "even as possible, the larger one after."
    )


def given_channels(patch, block, bias):
    """Write the code that belongs to exercise 3.5."""
    patch, block = (
        ", ".join(f'"{name}": {[list(row) for row in rows]}' for name, rows in zip(("red", "green", "blue"), channels))
        for channels in (patch, block)
    )
    return (
        f"patch = {{{patch}}}\nblock = {{{block}}}\nbias_of_the_filter = {bias}\n"
        "answer = None                  # a number"
    )


VARIANTS = {
    "q2": Variant(
        exercises.output_width,
        draw=lambda rng: dict(
            width=whole(rng, 20, 70), size=one(rng, 3, 5, 7), zeros=whole(rng, 2, 3), stride=whole(rng, 2, 3)
        ),
        question=lambda width, size, zeros, stride: (
            f"An image of {width} × {width} pixels, a filter of {size} × {size}, {in_words(zeros)} zeros on each side, "
            f"stride {stride}. How wide is the feature map?"
        ),
    ),
    "q3": Variant(exercises.uneven_padding, draw=padding, question=ask_for_padding),
    "q4": Variant(
        exercises.window_of_a_neuron,
        draw=lambda rng: dict(
            row=whole(rng, 2, 9), column=whole(rng, 2, 9), size=one(rng, 3, 5, 7), stride=whole(rng, 2, 4)
        ),
        question=lambda row, column, size, stride: (
            f"A layer without padding has filters of {size} × {size} and stride {stride}. Which rows and columns of "
            f"its input does the neuron in row {row}, column {column} see? All are counted from 0."
        ),
    ),
    "q5": Variant(
        exercises.channels_by_hand,
        draw=lambda rng: dict(
            patch=table(rng, (3, 2, 2), 0, 3), block=table(rng, (3, 2, 2), -2, 3), bias=one(rng, -4, -3, -1, 1, 2, 3, 4)
        ),
        question=lambda patch, block, bias: (
            "Three channels, a filter of 2 × 2 × 3 and one place where it fits. Which value does the layer put out? "
            "Work it out on paper."
        ),
        given=given_channels,
    ),
    "q6": Variant(
        exercises.layer_parameters,
        draw=lambda rng: dict(
            maps=one(rng, 8, 12, 16, 20, 24, 48, 64), filters=one(rng, 10, 20, 32, 40, 96, 128), size=one(rng, 3, 5, 7)
        ),
        question=lambda maps, filters, size: (
            f"A layer reads {maps} feature maps and applies {filters} filters of {size} × {size}, each with a bias. "
            "How many parameters does it have?"
        ),
    ),
}
