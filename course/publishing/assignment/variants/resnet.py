"""Variants of the exercises of notebook 08. Left out: two functions, and questions whose answers are few."""

from course.publishing.assignment.variant import Variant, one, whole
from utils.exercises import resnet as exercises


def blocks_and_short_paths(rng):
    """Draw a number of blocks, the one to take out, and how many a short path goes through: less than half of them."""
    blocks = whole(rng, 7, 14)
    return dict(blocks=blocks, removed=whole(rng, 2, 6), through=whole(rng, 2, min(5, (blocks - 1) // 2)))


VARIANTS = {
    "q3": Variant(
        exercises.falling_rates,
        draw=lambda rng: dict(divisor=one(rng, 2, 4, 5, 20, 100)),
        question=lambda divisor: (
            "Write `plateau_rates(losses, rate, patience)`. It gets the validation loss after each epoch and returns "
            "the learning rates of these epochs, as a list. The first epoch has the given `rate`. When `patience` "
            f"epochs in a row have brought no loss below the lowest so far, the rate is divided by {divisor} from the "
            "next epoch on, and the counting begins again at 0. (The lowest loss stays what it was.)"
        ),
    ),
    "q7": Variant(
        exercises.paths_left,
        draw=blocks_and_short_paths,
        question=lambda blocks, removed, through: (
            f"A residual network has {blocks} blocks. Block {removed} is taken out. How many paths are left, and how "
            f"many of those go through exactly {through} blocks?"
        ),
    ),
    "q8": Variant(
        exercises.layers_of_bottlenecks,
        draw=lambda rng: dict(blocks=[whole(rng, 2, 4), whole(rng, 3, 9), whole(rng, 5, 40), whole(rng, 2, 5)]),
        question=lambda blocks: (
            f"A network of bottlenecks has ({', '.join(map(str, blocks))}) blocks. "
            "How many layers with weights is that, projections not counted?"
        ),
    ),
}
