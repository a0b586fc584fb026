"""Exercises of notebook 00: a convolutional network at a glance."""

import numpy as np

from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_function, same_numbers

q1 = Exercise(
    judge=same_numbers(
        0.005,
        mistakes=[
            (0.001, "That is the probability for a single guess. There are five different ones."),
            (0.5, "That looks like a percentage. Give a number between 0 and 1."),
            (0.05, "Five out of a thousand, not out of a hundred."),
            (5, "A probability is at most 1: five of how many names?"),
            (1 - 0.999**5, "Nearly: that would be right if a name could be drawn twice. These five are different."),
            (1 / 5, "There are 1,000 names that could be the right one, not five."),
        ],
    ),
    hint="Each of the 1,000 names is the right one with the same probability. How many of them are named?",
    solution="answer = 5 / 1000",
    lesson="Half a per cent. Networks have the right name among their first five for over 90 % of the photographs.",
)

_rng = np.random.default_rng(seed=0)

q2 = Exercise(
    judge=same_function(
        lambda p, k: np.argsort(-p)[:k],
        cases=[
            (np.array([0.1, 0.5, 0.15, 0.25]), 2),
            (_rng.dirichlet(np.ones(20)), 5),
            (_rng.dirichlet(np.ones(6)), 1),
        ],
        mistakes=[
            (lambda p, k: np.sort(p)[::-1][:k], "Those are the probabilities. Where in the array do they stand?"),
            (lambda p, k: np.argsort(p)[:k], "Those are the places of the smallest entries."),
            (lambda p, k: np.argsort(p)[-k:], "Right places, but the largest has to come first."),
            (lambda p, k: np.argsort(-p), "Those are all places. Give the first k of them."),
            (lambda p, k: np.argsort(-p)[:k] + 1, "Python counts from 0."),
        ],
    ),
    hint="np.argsort gives the places of the entries, the smallest first. What does it give for -probabilities?",
    solution="""
import numpy as np

def best(probabilities, k):
    return np.argsort(-probabilities)[:k]

answer = best
""",
    lesson="The contests on ImageNet count how often the right class is not among the best five: the top-5 error.",
)

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

q4 = Exercise(
    judge=same_numbers(
        4.694024 * 4,
        mistakes=[
            (4.694024, "That is the number of parameters in millions. Each takes 4 bytes."),
            (4.694024 * 32, "You counted bits. A parameter takes 4 bytes, and the answer is in bytes."),
            (4694024 * 4 / 2**20, "You divided by 1,024 twice: mebibytes. A megabyte has a million bytes."),
            (4.694024 * 8, "That would be 8 bytes for each parameter, as Python's own floats take."),
            (4694024 * 4, "Those are bytes. A megabyte has a million of them."),
            (300 * 451 * 3 * 4 / 1e6, "That is the photograph. The question is about what the network has learned."),
        ],
        tolerance=0.06,
    ),
    hint="The number of parameters was printed together with the first answer.",
    solution="answer = 4_694_024 * 4 / 1e6",
    lesson="18.8 MB. The weights of AlexNet take 244 MB.",
)
