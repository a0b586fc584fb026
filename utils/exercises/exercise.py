"""What an exercise is, and the ways in which an answer is judged.

A judge takes the answer and returns None if it is right, and otherwise one sentence of feedback that helps without
giving the answer away. It raises `Unanswered` where nothing has been filled in yet.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


class Unanswered(Exception):
    """Raised by a judge when a function still returns None."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: `check` an answer, ask for a `hint`, see the `solution`.

    code: the solution as Python; it leaves its result in a variable called `answer`, and the tests run it.
    """

    number: str
    judge: Callable
    clue: str
    code: str
    meaning: str

    def check(self, answer=None):
        """Print whether `answer` is right, and what to look at if it is not."""
        verdict, text = self.evaluate(answer)
        print(
            f"Exercise {self.number}: {text}"
            if verdict is None
            else f"Exercise {self.number}: {'right' if verdict else 'not yet'}. {text}"
        )

    def evaluate(self, answer=None):
        """Return (True, meaning), (False, feedback), or (None, request) for an exercise that is not answered."""
        if answer is None or answer is ...:
            return None, "not answered yet. Fill in your answer and run the cell again; .hint() helps."
        try:
            feedback = self.judge(answer)
        except Unanswered:
            return None, "your function returns nothing yet. Write its body, end with `return`; .hint() helps."
        return (True, self.meaning) if feedback is None else (False, feedback)

    def hint(self):
        """Print a hint."""
        print(f"Hint {self.number}: {self.clue}")

    def solution(self):
        """Print the solution and what it teaches."""
        print(f"Solution {self.number}:\n\n{self.code.strip()}\n\n{self.meaning}")


def same_numbers(expected, mistakes=(), tolerance=1e-6):
    """A judge for a number, a tuple or an array that must equal `expected`.

    mistakes: pairs (wrong answer, feedback) for the usual ones.
    """
    expected = np.asarray(expected)

    def judge(answer):
        got = _numbers(answer)
        if isinstance(got, str):
            return got
        if got.size == 1 and expected.ndim == 0:
            got = got.reshape(())
        if _close(got, expected, tolerance):
            return None
        for wrong, feedback in mistakes:
            if _close(got, np.asarray(wrong), tolerance):
                return feedback
        if got.shape != expected.shape:
            return _wrong_shape(got, expected)
        return _count_right(got, expected, tolerance)

    return judge


def same_function(reference, cases, mistakes=(), tolerance=1e-6):
    """A judge for a function that must return what `reference` returns, for each tuple of arguments in `cases`.

    mistakes: pairs (wrong function, feedback) for the usual ones, told apart by all cases together.
    """

    def judge(answer):
        if not callable(answer):
            return f"Give the function itself, without calling it; this is a {type(answer).__name__}."
        results, complaint = [], None
        for arguments in cases:
            given = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
            try:
                got = answer(*given)
            except Exception as error:  # whatever a student's code raises is feedback, not a crash
                complaint = f"your function stops with {type(error).__name__}: {error}. It must work for any sizes."
                break
            if got is None or got is ...:
                raise Unanswered
            got = _numbers(got)
            if isinstance(got, str):
                complaint = got
                break
            if not all(np.array_equal(before, after) for before, after in zip(arguments, given)):
                complaint = "your function changes the arrays that it is given. Work on a copy."
                break
            results.append(got)
        if _agree(results, reference, cases, tolerance):
            return complaint and f"For {_call(cases[len(results)])}: {complaint}"
        for wrong, feedback in mistakes:
            if _agree(results, wrong, cases, tolerance):
                return feedback
        for arguments, got in zip(cases, results):
            expected = np.asarray(reference(*arguments))
            if got.shape != expected.shape:
                return f"For {_call(arguments)}: {_wrong_shape(got, expected)}"
            if not _close(got, expected, tolerance):
                return f"For {_call(arguments)}: {_count_right(got, expected, tolerance)}"

    return judge


def table(answer, shape):
    """The answer as an array of the given shape, and a complaint if it cannot be one: (array, None) or (None, text)."""
    got = _numbers(answer)
    if isinstance(got, str):
        return None, got
    if got.shape != shape:
        return None, f"The answer should have {shape[0]} rows of {shape[1]} numbers."
    return got.astype(float), None


def _agree(results, function, cases, tolerance):
    """True if `function` gives these results; there are fewer results than cases if the answer stopped early."""
    return all(_close(got, np.asarray(function(*arguments)), tolerance) for got, arguments in zip(results, cases))


def _close(got, wanted, tolerance):
    return got.shape == wanted.shape and np.allclose(got, wanted, rtol=0, atol=tolerance)


def _count_right(got, expected, tolerance):
    if got.dtype.kind in "iu" and _close(got, np.trunc(expected), tolerance):
        return "the decimals are cut off. Your result array holds whole numbers only: which dtype should it have?"
    if got.ndim == 0:
        return f"{got:.6g} is not the value."
    right = np.isclose(got, expected, rtol=0, atol=tolerance)
    return f"{right.sum()} of {right.size} values are right."


def _numbers(answer):
    """The answer as an array, or a sentence that says why it is none."""
    try:
        got = np.asarray(answer)
    except (ValueError, TypeError):
        return "The rows of your answer have different lengths."
    if got.dtype.kind == "O" and any(entry is None or entry is ... for entry in got.flat):
        return "Not all places of your answer are filled in."
    if got.dtype.kind == "O":  # fractions are numbers too
        try:
            got = got.astype(float)
        except (TypeError, ValueError):
            pass
    if got.dtype.kind not in "biuf":
        return f"The answer must consist of numbers; this is a {type(answer).__name__}."
    if not np.isfinite(got).all():
        return "The answer contains NaN or infinity."
    return got


def _wrong_shape(got, expected):
    if got.ndim != expected.ndim:
        words = ["one number", "one list of numbers", "a table of rows and columns", "three axes", "four axes"]
        return f"The answer should be {words[expected.ndim]}; yours is {words[min(got.ndim, 4)]}."
    return f"Your result has shape {got.shape}, which is not the right size. Count the positions again."


def _call(arguments):
    return "the arguments " + ", ".join(
        f"an array of shape {a.shape}"
        if isinstance(a, np.ndarray) and a.size > 12
        else repr(a.tolist() if isinstance(a, np.ndarray) else a)
        for a in arguments
    )
