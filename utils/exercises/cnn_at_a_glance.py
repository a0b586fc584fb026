"""Exercises of notebook 00: a convolutional network at a glance."""

import numpy as np

from utils.exercises.exercise import Exercise, in_words
from utils.exercises.judges import same_function, same_numbers


def _long(number):
    return {100: "a hundred", 1000: "a thousand"}.get(number, f"{number:,}")


def _percent(share):
    return "Half a per cent" if share == 0.005 else f"{100 * share:.3g} per cent"


def blind_guess(guesses=5, names=1000):
    """Make exercise 0.1 for another number of guesses, at most twelve, and of names."""
    return Exercise(
        judge=same_numbers(
            guesses / names,
            mistakes=[
                (
                    1 / names,
                    f"That is the probability for a single guess. There are {in_words(guesses)} different ones.",
                ),
                (100 * guesses / names, "That looks like a percentage. Give a number between 0 and 1."),
                (
                    10 * guesses / names,
                    f"{in_words(guesses).capitalize()} out of {_long(names)}, not out of {_long(names // 10)}.",
                ),
                (guesses, f"A probability is at most 1: {in_words(guesses)} of how many names?"),
                (
                    1 - (1 - 1 / names) ** guesses,
                    "Nearly: that would be right if a name could be drawn twice. "
                    f"These {in_words(guesses)} are different.",
                ),
                (1 / guesses, f"There are {names:,} names that could be the right one, not {in_words(guesses)}."),
            ],
        ),
        hint=f"Each of the {names:,} names is the right one with the same probability. How many of them are named?",
        solution=f"answer = {guesses} / {names}",
        lesson=(
            f"{_percent(guesses / names)}. Networks have the right name among their first five for over 90 % of the "
            "photographs."
        ),
    )


q1 = blind_guess()

_rng = np.random.default_rng(seed=0)
PARAMETERS = 4_694_024  # of EfficientNet-Lite0
_TWENTY, _SIX = _rng.dirichlet(np.ones(20)), _rng.dirichlet(np.ones(6))


def best_or_worst(largest=True):
    """Make exercise 0.2, or the same for the smallest entries."""
    sign, other = (-1, 1) if largest else (1, -1)
    function, wanted, others = ("best", "largest", "smallest") if largest else ("worst", "smallest", "largest")
    from_the_end = "What does it give for -probabilities?" if largest else "Which of its values are wanted?"
    return Exercise(
        judge=same_function(
            lambda p, k: np.argsort(sign * p)[:k],
            cases=[(np.array([0.1, 0.5, 0.15, 0.25]), 2), (_TWENTY, 5), (_SIX, 1)],
            mistakes=[
                (lambda p, k: np.sort(p)[::sign][:k], "Those are the probabilities. Where in the array do they stand?"),
                (lambda p, k: np.argsort(other * p)[:k], f"Those are the places of the {others} entries."),
                (lambda p, k: np.argsort(other * p)[-k:], f"Right places, but the {wanted} has to come first."),
                (lambda p, k: np.argsort(sign * p), "Those are all places. Give the first k of them."),
                (lambda p, k: np.argsort(sign * p)[:k] + 1, "Python counts from 0."),
            ],
        ),
        hint=f"np.argsort gives the places of the entries, the smallest first. {from_the_end}",
        solution=f"""
import numpy as np

def {function}(probabilities, k):
    return np.argsort({"-" * largest}probabilities)[:k]

answer = {function}
""",
        lesson=(
            "The contests on ImageNet count how often the right class is not among the best five: the top-5 error."
            if largest
            else "Sorting puts the smallest first; for the best ones the signs are turned round before."
        ),
    )


q2 = best_or_worst()

q3 = Exercise(
    judge=same_numbers(
        [False, True, True, False],
        mistakes=[
            ([True, True, True, True], "There are many animals among the names, but not all. Search for each of them."),
            ([True, True, True, False], "Search for the giraffe once more."),
            ([False, True, True, True], "'horse cart' and 'horse chestnut seed' are no horses. Is there a 'horse'?"),
            ([False, True, False, False], "Search for the teapot once more."),
        ],
    ),
    hint='"zebra" in class_names() is True or False.',
    solution="""
from utils.pretrained import class_names

answer = [name in class_names() for name in ("giraffe", "zebra", "teapot", "horse")]
""",
    lesson="A giraffe gets another animal's name. For a horse there is only 'sorrel', a breed with brown hair.",
)


def megabytes(size=4, parameters=PARAMETERS):
    """Make exercise 0.4 for other parameters, of `size` bytes each."""
    right = parameters * size / 1e6
    printed = parameters == PARAMETERS
    photograph = "That is the photograph. The question is about what the network has learned."
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (parameters / 1e6, f"That is the number of parameters in millions. Each takes {size} bytes."),
                (right * 8, f"You counted bits. A parameter takes {size} bytes, and the answer is in bytes."),
                (parameters * size / 2**20, "You divided by 1,024 twice: mebibytes. A megabyte has a million bytes."),
                (parameters * 8 / 1e6, "That would be 8 bytes for each parameter, as Python's own floats take."),
                (parameters * size, "Those are bytes. A megabyte has a million of them."),
                *[(300 * 451 * 3 * 4 / 1e6, photograph)] * printed,
            ],
            tolerance=0.06,
        ),
        hint=(
            "The number of parameters was printed together with the first answer."
            if printed
            else "Bytes first: parameters times the bytes of each."
        ),
        solution=f"answer = {parameters:_} * {size} / 1e6",
        lesson=f"{right:.1f} MB. The weights of AlexNet take 244 MB.",
    )


q4 = megabytes()
