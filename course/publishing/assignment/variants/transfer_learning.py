"""Variants of the exercises of notebook 09. Left out: `trainable`, a function of models, and which way to try first."""

from course.publishing.assignment.variant import Variant, one, rearranged, whole
from utils.exercises import transfer_learning as exercises


def tasks(rng):
    """Draw three tasks, one of them near to ImageNet."""
    near = [task for task, remark in exercises.TASKS.items() if remark is None]
    far = [task for task, remark in exercises.TASKS.items() if remark]
    return dict(tasks=rearranged(rng, [one(rng, *near), *rearranged(rng, far)[:2]]))


def ask_for_task(tasks):
    """Ask exercise 9.1."""
    listed = " ".join(f"{place}: {task}." for place, task in enumerate(tasks))
    return (
        "For which of these tasks would you expect the *last* layers of a network that knows ImageNet to help most? "
        + listed
    )


def quick_head(rng):
    """Draw times, and a number of epochs in all of which the head takes at most a tenth of what the base takes once."""
    base = whole(rng, 4, 20)
    choices = [
        (head, epochs) for head in (0.01, 0.02, 0.03, 0.04) for epochs in range(10, 61, 5) if 10 * head * epochs <= base
    ]
    head, epochs = one(rng, *choices)
    return dict(base=base, head=head, epochs=epochs)


def ask_for_error(p, images):
    """Ask exercise 9.4."""
    test = "the 200 drawings of our test set" if images == 200 else f"a test set of {images} images"
    begin = "Which of these differences can be trusted? " if images == 200 else ""
    return (
        f"{begin}A network that names each image correctly with probability $p$ is "
        "right for a fraction $p$ of the test images, give or take chance: one standard error, $\\sqrt{p (1 - p) / n}$ "
        "for $n$ images. (For the difference of two networks on the same images it is usually less than 1.4 times "
        f"that.) How many percentage points is that for $p = {p}$ and {test} (two decimals)?"
    )


VARIANTS = {
    "q1": Variant(exercises.near_task, draw=tasks, question=ask_for_task),
    "q2": Variant(
        exercises.features_once,
        draw=quick_head,
        question=lambda base, head, epochs: (
            f"The base takes {base} ms for an image, the new classifier {head} ms, and you train for {epochs} epochs. "
            "How many times as long does training take if the base runs in every epoch, compared with running it once? "
            "(Count forward passes only.)"
            + ("" if (base, head, epochs) == (5, 0.01, 20) else " Answer to one decimal.")
        ),
    ),
    "q4": Variant(
        exercises.standard_error,
        draw=lambda rng: dict(
            p=one(rng, 0.7, 0.75, 0.8, 0.85, 0.9), images=50 * one(rng, 2, 3, 5, 6, 8, 9, 10, 12, 16)
        ),
        question=ask_for_error,
    ),
}
