"""Variants of the exercises of notebook 06. Left out: the layer to halve, and two functions, which have no numbers."""

from course.publishing.assignment.variant import Variant, one, rearranged, whole
from utils.exercises import alexnet_zfnet_vgg as exercises
from utils.exercises.exercise import in_words

ROW = (0.4, 0.25, 0.2, 0.1, 0.05)  # scores of one image


def given_scores(scores, labels):
    """Write the code that belongs to exercise 6.1, two rows a line."""
    rows = [str(list(row)) for row in scores]
    lines = [", ".join(rows[k : k + 2]) for k in range(0, len(rows), 2)]
    return (
        f"scores = [{(',' + chr(10) + ' ' * 10).join(lines)}]\nlabels = {list(labels)}\n"
        "answer = None                  # a number between 0 and 1"
    )


def ask_for_groups(maps, filters, size, groups):
    """Ask exercise 6.2."""
    layer = "conv3" if (maps, filters, size) == (256, 384, 3) else "A layer"
    return (
        f"{layer} has {size} × {size} filters, reads {maps} maps and makes {filters}, in one group. "
        f"How many parameters would it have with {in_words(groups)} groups? (Each filter has a bias.)"
    )


def ask_for_means(total, side, maps, neurons, layer):
    """Ask exercise 6.7."""
    names = {"fc6": ("AlexNet's fc6", "fc6", "AlexNet")}
    its, layer, network = names.get(layer, ("the first dense layer of a network", "That layer", "The network"))
    return (
        f"Suppose that {its} reads only the **mean of each of its {maps} maps** in place of all {side} × {side} "
        f"values. How many parameters does the whole network have then? ({layer} keeps its "
        f"{neurons:,} neurons. {network} has {total:,}.)"
    )


def network_with_dense_layer(rng):
    """Draw a network most of whose parameters are in its first dense layer."""
    side, maps, neurons = whole(rng, 4, 9), one(rng, 64, 128, 192, 320, 512), one(rng, 500, 1000, 2000, 2500)
    rest = whole(rng, 1_000_000, 9_000_000)
    return dict(
        total=(side * side * maps + 1) * neurons + rest, side=side, maps=maps, neurons=neurons, layer="the layer"
    )


VARIANTS = {
    "q1": Variant(
        exercises.top_two_error,
        draw=lambda rng: dict(
            scores=[rearranged(rng, ROW) for _ in range(5)], labels=[whole(rng, 0, 4) for _ in range(5)]
        ),
        question=lambda scores, labels: (
            f"{in_words(len(scores)).capitalize()} images, five classes. Each row holds the scores of one image; "
            "`labels` are the true classes, counted from 0. What is the **top-2** error? Answer without running code."
        ),
        given=given_scores,
    ),
    "q2": Variant(
        exercises.grouped_parameters,
        draw=lambda rng: dict(
            maps=12 * whole(rng, 4, 30), filters=12 * whole(rng, 4, 40), size=one(rng, 3, 5, 7), groups=whole(rng, 2, 4)
        ),
        question=ask_for_groups,
    ),
    "q6": Variant(
        exercises.small_filters_for_a_large_one,
        draw=lambda rng: dict(size=one(rng, 5, 7, 9, 13, 15, 17, 19, 21)),
        question=lambda size: (
            f"How many layers of 3 × 3 (stride 1) see as much as one layer of {size} × {size}? "
            "And what percentage of the weights does that save, rounded, for $C$ channels everywhere?"
        ),
    ),
    "q7": Variant(exercises.dense_layer_on_means, draw=network_with_dense_layer, question=ask_for_means),
}
