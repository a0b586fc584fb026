"""Variants of the exercises of notebook 05. `twins` has no numbers, nor has the choice of test images."""

from course.publishing.assignment.variant import Variant, one, rearranged, whole
from utils.exercises import lenet as exercises
from utils.exercises.exercise import ORDINALS, in_words


def ask_for_subsampling(maps, size):
    """Ask exercise 5.1."""
    if (maps, size) == (16, 10):
        begin = "**S4** does to the 16 maps of C3, 10 × 10 units each, what S2 does to C1."
    else:
        begin = f"A layer does to {maps} maps, {size} × {size} units each, what S2 does to C1."
    return f"{begin} How many parameters and how many connections does it have?"


def ask_for_distance(wrong, zero):
    """Ask exercise 5.3."""
    return (
        f"F6 gives the picture of the 5, except for {in_words(wrong + zero)} units: {in_words(wrong)} have the wrong "
        f"sign, and {in_words(zero)} give 0. What does the output unit of the 5 give?"
    )


def ask_for_parameters(side):
    """Ask exercise 5.4."""
    if side == 28:
        begin = (
            "Many tutorials forget the two empty pixels on each side and give the textbook's network images of 28 × 28."
        )
    else:
        begin = f"The textbook's network is built for images of {side} × {side}."
    return f"{begin} How many parameters does it have then? (C5 reads all that S4 has left.)"


def ask_for_loss(scores, label):
    """Ask exercise 5.5."""
    return (
        f"A network for four classes gives the scores ({', '.join(map(str, scores))}). "
        f"The {ORDINALS[label + 1]} class is the right one. Which probability does it get, and how large is the loss?"
        + ("" if tuple(scores) == (3, 1, 0, 0) else " Give two decimals.")
    )


def scores_with_a_best(rng):
    """Draw scores of four classes, one of them 0 and one the largest, and the right class."""
    scores = rearranged(rng, [0, *(whole(rng, 0, 3) for _ in range(2)), 4])
    return dict(scores=scores, label=whole(rng, 0, 3))


def losses(rng):
    """Draw validation losses as `early_stopping` wants them."""
    falls, again = whole(rng, 2, 4), whole(rng, 1, 3)
    steps = [-one(rng, 4, 6, 8, 10) for _ in range(falls - 1)] + [whole(rng, 1, 3)]
    steps += [-whole(rng, 4, 6) for _ in range(again)] + [whole(rng, 1, 2), whole(rng, 3, 6)]
    values = [whole(rng, 80, 99)]
    for step in steps:
        values.append(values[-1] + step)
    values.append(min(values) - whole(rng, 1, 4))
    return dict(losses=[value / 100 for value in values])


def ask_for_stop(losses):
    """Ask exercise 5.6."""
    return (
        f"After each epoch the validation loss is {', '.join(map(str, losses))}. "
        "With `patience=2` and `restore_best_weights=True`: how many epochs are trained, and the weights of which "
        "epoch are kept?"
    )


VARIANTS = {
    "q1": Variant(
        exercises.subsampling,
        draw=lambda rng: dict(maps=whole(rng, 7, 40), size=2 * whole(rng, 4, 12)),
        question=ask_for_subsampling,
    ),
    "q3": Variant(
        exercises.distance_to_a_picture,
        draw=lambda rng: dict(wrong=whole(rng, 2, 8), zero=whole(rng, 2, 4)),
        question=ask_for_distance,
    ),
    "q4": Variant(
        exercises.parameters_for_images,
        draw=lambda rng: dict(side=4 * whole(rng, 6, 20)),
        question=ask_for_parameters,
    ),
    "q5": Variant(
        exercises.softmax_and_loss,
        draw=scores_with_a_best,
        question=ask_for_loss,
    ),
    "q6": Variant(exercises.early_stopping, draw=losses, question=ask_for_stop),
    "q8": Variant(
        exercises.sliding_network,
        draw=lambda rng: dict(width=4 * whole(rng, 30, 300)),
        question=lambda width: (
            f"The network slides over a line of 32 × {width} pixels. How many answers does it give, and how many "
            "pixels of the line does each answer depend on (width only)?"
        ),
    ),
}
