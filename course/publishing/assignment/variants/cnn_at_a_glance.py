"""Variants of the exercises of notebook 00. The words to look up, in exercise 3, are left out."""

from course.publishing.assignment.variant import Variant, one, whole
from utils.exercises import cnn_at_a_glance as exercises
from utils.exercises.exercise import in_words


def ask_for_guess(guesses, names):
    """Ask exercise 0.1."""
    listed = "the 1,000" if names == 1000 else f"a list of {names:,}"
    return (
        f"How good is a blind guess? {in_words(guesses).capitalize()} different names are drawn from {listed}, all "
        "equally likely. How probable is it that the right one is among them?"
    )


def ask_for_places(largest):
    """Ask exercise 0.2."""
    name, wanted = ("best", "largest") if largest else ("worst", "smallest")
    begin = "How does `classify` find the names to show?" if largest else "Which names can be ruled out?"
    return (
        f"{begin} Write `{name}(probabilities, k)`: the places (numbers from 0 on) "
        f"of the `k` {wanted} entries of an array, the {wanted} first. (Look at `np.argsort?`)"
    )


def ask_for_megabytes(size, parameters):
    """Ask exercise 0.4."""
    network = "the network" if parameters == exercises.PARAMETERS else f"a network with {parameters:,} parameters"
    return (
        f"Each parameter of {network} takes {size} bytes. "
        "How many megabytes (millions of bytes) do they take together? Answer to one decimal."
    )


VARIANTS = {
    "q1": Variant(
        exercises.blind_guess,
        draw=lambda rng: dict(guesses=whole(rng, 2, 12), names=one(rng, 200, 400, 500, 800, 2000, 5000)),
        question=ask_for_guess,
    ),
    "q2": Variant(
        exercises.best_or_worst,
        draw=lambda rng: dict(largest=False),
        question=ask_for_places,
        given=lambda largest: (
            f"def {'best' if largest else 'worst'}(probabilities, k):\n    ...                        # your code"
        ),
    ),
    "q4": Variant(
        exercises.megabytes,
        draw=lambda rng: dict(size=one(rng, 2, 4), parameters=whole(rng, 2_000_000, 60_000_000)),
        question=ask_for_megabytes,
    ),
}
