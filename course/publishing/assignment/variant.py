"""A variant of an exercise: the same question with other numbers.

The modules of `utils.exercises` have functions that make an exercise from its numbers; their defaults are the
lecture's. Here stand the rest of a variant, how its numbers are drawn and how the question reads with them, and what
makes numbers fit for a question.
"""

import functools
import hashlib
import importlib.util
import inspect
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from utils.exercises import MODULES
from utils.exercises.exercise import LONGEST, Exercise, shorten
from utils.exercises.judges import NEAR

DRAWS = 500  # after so many unfit draws in a row the variant is at fault


class Variant(NamedTuple):
    """How to ask an exercise with other numbers. The functions take the numbers as keyword arguments."""

    make: Callable[..., Exercise]  # a function of utils.exercises; its defaults are the lecture's numbers
    draw: Callable[[np.random.Generator], dict]  # numbers as plain data, fit or not
    question: Callable[..., str]  # Markdown; with the lecture's numbers that of the notebook
    given: Callable[..., str] | None = None  # the code of the answer cell, if it has numbers in it

    def lecture(self):
        """Return the numbers of the lecture."""
        return {name: parameter.default for name, parameter in inspect.signature(self.make).parameters.items()}


@functools.cache
def variants(number):
    """Return the variants of a notebook's exercises by their names, such as q1; its number is an int."""
    module = f"course.publishing.assignment.variants.{MODULES[number]}"
    return importlib.import_module(module).VARIANTS if importlib.util.find_spec(module) else {}


@functools.cache
def public_answer(number, name):
    """Return the answer to the lecture's exercise, which everybody can look up."""
    return answer(getattr(importlib.import_module(f"utils.exercises.{MODULES[number]}"), name))


def answer(exercise):
    """Return what the code of a solution leaves in `answer`."""
    scope = {}
    exec(exercise.solution_code, scope)
    return scope["answer"]


def numbers(number, name, seed, student=""):
    """Draw the numbers of one question for one student: the same for the same arguments, on every computer.

    Args:
        number: The number of the notebook, an int.
        name: The exercise, such as q1.
        seed: Any text.
        student: Any text; empty where all get the same.

    Returns:
        The numbers, fit for the question, as a dict of plain data.
    """
    variant = variants(number)[name]
    digest = hashlib.sha256("\n".join((seed, student, str(number), name)).encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:16], "big"))
    for _ in range(DRAWS):
        drawn = variant.draw(rng)
        if not unfit(variant.make(**drawn), public_answer(number, name)):
            return drawn
    raise RuntimeError(f"none of {DRAWS} draws for {name} of notebook {number:02} was fit; change its `draw`")


def unfit(exercise, public):
    """Say why an exercise cannot be set: a text, empty if it can.

    Its solution has to be right, the public answer wrong, and each of the usual mistakes must get the feedback meant
    for it, which does not hold the answer. Nor may the answer, or a mistake, be taken for another mistake if rounded.
    """
    solution = answer(exercise)
    if exercise.evaluate(solution) != (True, exercise.lesson):
        return "the solution is not right"
    if exercise.evaluate(public)[0]:
        return "the public answer is right"
    mistakes = getattr(exercise.judge, "mistakes", ())
    for wrong, feedback in mistakes:
        if exercise.evaluate(wrong) != (False, shorten(feedback, LONGEST)):
            return f"another feedback than: {feedback}"
    if confused(exercise, solution, mistakes):
        return "rounded, an answer is taken for a usual mistake"
    texts = [exercise.hint_text, *(feedback for _, feedback in mistakes)]
    if any(holds(text, secret) for secret in secrets(solution) for text in texts):
        return "the hint or a feedback holds the answer"
    return ""


def confused(exercise, solution, mistakes):
    """Return whether a rounded answer gets the feedback to a mistake, or a rounded mistake that to another one.

    A mistake whose feedback is about decimals is itself a rounded answer.
    """
    mistakes = [(wrong, shorten(feedback, LONGEST)) for wrong, feedback in mistakes if "decimal" not in feedback]
    told = {feedback for _, feedback in mistakes}
    if any(exercise.evaluate(near)[1] in told for near in rounded(solution)):
        return True
    verdicts = [(feedback, exercise.evaluate(near)) for wrong, feedback in mistakes for near in rounded(wrong, NEAR)]
    return any(right or (text in told and text != feedback) for feedback, (right, text) in verdicts)


def rounded(answer, share=np.inf):
    """Return an answer rounded up, down and properly, to whole numbers and to one decimal.

    Args:
        answer: Any answer; none is returned for one without decimals, or below 1.
        share: The largest change, as a share of each value.
    """
    try:
        numbers = np.asarray(answer, float)
    except (TypeError, ValueError):
        return []
    if not numbers.size or np.abs(numbers).max() < 1:
        return []
    made = [how(numbers * scale) / scale for scale in (1, 10) for how in (np.floor, np.round, np.ceil)]
    changes = [np.abs(near - numbers) for near in made]
    return [n.tolist() for n, off in zip(made, changes) if off.max() > 1e-9 and (off <= share * np.abs(numbers)).all()]


def holds(text, secret):
    """Return whether a text holds an answer, and not only as a part of a longer number or word."""
    return re.search(rf"(?<![\w.]){re.escape(secret)}(?!\w|[.,]\d)", text) is not None


def secrets(solution):
    """Return how an answer may be written; a function has no such text."""
    if callable(solution):
        return []
    if isinstance(solution, str):
        return [solution]
    if np.ndim(solution) == 0:
        return [str(solution), f"{solution:,}"]
    return [str(solution), str(np.asarray(solution).tolist())]


def whole(rng, low, high):
    """Draw a whole number, both ends included."""
    return int(rng.integers(low, high + 1))


def one(rng, *choices):
    """Draw one of some choices."""
    return choices[int(rng.integers(len(choices)))]


def table(rng, shape, low, high):
    """Draw whole numbers, both ends included, as nested lists."""
    return rng.integers(low, high + 1, shape).tolist()


def rearranged(rng, things):
    """Draw an order of some things."""
    return [things[place] for place in rng.permutation(len(things))]
