"""Variants of the exercises of notebook 04. Left out: what stays or moves along, and `merge`, which have no numbers."""

from course.publishing.assignment.variant import Variant, one, rearranged, whole
from utils.exercises import pooling_and_properties as exercises
from utils.exercises.exercise import in_words


def map_with_whole_means(rng):
    """Draw a map of 4 × 4 whose windows have whole means."""
    rows = [[0] * 4 for _ in range(4)]
    for i in (0, 2):
        for j in (0, 2):
            values = [whole(rng, 0, 8) for _ in range(3)]
            values = rearranged(rng, [*values, -sum(values) % 4 + one(rng, 0, 4)])
            rows[i][j : j + 2], rows[i + 1][j : j + 2] = values[:2], values[2:]
    return dict(table=rows)


def layer_with_whole_factor(rng):
    """Draw a layer whose dense twin has a whole number of times its parameters."""
    while True:
        size, channels, kernel = 2 * whole(rng, 4, 40), one(rng, 1, 2, 3, 4), one(rng, 3, 5)
        if (size * size * channels + 1) * size * size % (kernel * kernel * channels + 1) == 0:
            return dict(size=size, channels=channels, filters=one(rng, 8, 12, 20, 24), kernel=kernel)


def ask_for_function(largest):
    """Ask exercise 4.2."""
    name = "max_pool(x, size)` for one map" if largest else "min_pool(x, size)`, min pooling for one map"
    return f"Write `{name}, with windows that do not overlap. Rows and columns that do not fill a window are left out."


def ask_for_field(before, kernel, pool, after):
    """Ask exercise 4.4."""
    first = f"{in_words(before).capitalize()} convolution{'s' * (before > 1)} of {kernel} × {kernel}"
    return (
        f"{first}, then max pooling of {pool} × {pool} (stride {pool}), then {in_words(after)} more "
        f"convolution{'s' * (after > 1)} of {kernel} × {kernel}; the convolutions have stride 1. "
        "How wide is the receptive field of a neuron at the end?"
    )


VARIANTS = {
    "q1": Variant(
        exercises.average_by_hand,
        draw=map_with_whole_means,
        question=lambda table: "Pool this map on paper: **average** pooling, windows of 2 × 2, stride 2.",
        given=lambda table: f"table = {[list(row) for row in table]}\nanswer = None                  # a list of rows",
    ),
    "q2": Variant(
        exercises.pooling_function,
        draw=lambda rng: dict(largest=False),
        question=ask_for_function,
        given=lambda largest: (
            f"def {'max' if largest else 'min'}_pool(x, size):\n    ...                        # your code"
        ),
    ),
    "q3": Variant(
        exercises.dense_instead,
        draw=layer_with_whole_factor,
        question=lambda size, channels, filters, kernel: (
            f"A layer reads an image of {size} × {size} × {channels} and applies {filters} filters of "
            f'{kernel} × {kernel} with `padding="same"`, each with a bias. A dense layer with the same inputs and as '
            "many outputs is to replace it. By what factor does the number of parameters grow, biases included?"
        ),
    ),
    "q4": Variant(
        exercises.field_behind_pooling,
        draw=lambda rng: dict(
            before=whole(rng, 1, 4), kernel=one(rng, 3, 5), pool=whole(rng, 2, 3), after=whole(rng, 1, 3)
        ),
        question=ask_for_field,
    ),
}
