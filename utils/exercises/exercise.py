"""What an exercise is, and the ways in which an answer is judged.

A judge takes the answer and returns None if it is right, and otherwise one or two sentences of feedback that help
without giving the answer away. It raises `Unanswered` where nothing has been filled in yet.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

LONGEST = 270  # characters of feedback: with the number of the exercise they stay below 300
NEAR = 0.01  # share of the value: so far off are rounded values, and those of which a small part is wrong
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


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
        return (True, self.meaning) if feedback is None else (False, _cut(feedback, LONGEST))

    def hint(self):
        """Print a hint."""
        print(f"Hint {self.number}: {self.clue}")

    def solution(self):
        """Print the solution and what it teaches."""
        print(f"Solution {self.number}:\n\n{self.code.strip()}\n\n{self.meaning}")


def same_numbers(expected, mistakes=(), tolerance=1e-6):
    """A judge for a number, a tuple or an array that must equal `expected`.

    expected: numbers, or truth values where the answer consists of True and False.
    mistakes: pairs (wrong answer, feedback) for the usual ones.
    tolerance: how far off a value may be; one for all values, or one for each.
    """
    expected = np.asarray(expected)

    def judge(answer):
        got, complaint = _values(answer, truth=expected.dtype == bool)
        if complaint:
            return _sentence(complaint)
        if got.size == 1 and expected.ndim == 0:
            got = got.reshape(())
        if _close(got, expected, tolerance):
            return None
        for wrong, feedback in mistakes:
            if _usual(got, np.asarray(wrong, float), expected, tolerance):
                return feedback
        return _sentence(_difference(got, expected, tolerance))

    return judge


def same_function(reference, cases, mistakes=(), tolerance=1e-6):
    """A judge for a function that must return what `reference` returns, for each tuple of arguments in `cases`.

    cases: a list of tuples, or a function that makes them one by one, for arguments that cannot be copied.
    mistakes: pairs (wrong function, feedback) for the usual ones, told apart by all cases together.
    """

    def judge(answer):
        if not callable(answer):
            return f"Give the function itself, without calling it; this is of type {_type(answer)}."
        make = cases if callable(cases) else lambda: copy.deepcopy(cases)
        asked, results, complaint = [], [], None
        for arguments, given in zip(make(), make()):
            asked.append(arguments)
            got, complaint = _result(answer, given, untouched=arguments)
            if got is None and complaint is None:
                if not results:
                    raise Unanswered
                complaint = "your function returns nothing. Does every way through it end with `return`?"
            if complaint:
                break
            results.append(got)
        if _agree(results, reference, asked, tolerance):
            return complaint and f"For {_call(asked[len(results)])}: {complaint}"
        for wrong, feedback in mistakes:
            if _agree(results, wrong, asked, tolerance):
                return feedback
        for arguments, got in zip(asked, results):
            expected = np.asarray(reference(*arguments))
            if _close(got, expected, tolerance):
                continue
            complaint = _difference(got, expected, tolerance)
            if got.dtype.kind in "iu" and got.any() and _close(got, np.trunc(expected), tolerance):
                complaint = "the decimals are cut off. Your array holds whole numbers only: which dtype should it have?"
            return f"For {_call(arguments)}: {complaint}"

    return judge


def table(answer, shape):
    """The answer as an array of the given shape, and a complaint if it cannot be one: (array, None) or (None, text)."""
    got, complaint = _values(answer)
    if complaint is None and got.shape != shape:
        complaint = f"expected {_size(shape)}, got {_size(got.shape)}."
    return (None, _sentence(complaint)) if complaint else (got.astype(float), None)


def _values(answer, truth=False):
    """The answer as an array of numbers, and a complaint if it is none: (array, None) or (None, text)."""
    wanted = "True or False" if truth else "a number"
    if callable(answer):
        return None, "this is a function or a class. Call it, and give what it returns."
    try:
        found = np.array(answer, dtype=object)
    except ValueError:
        return None, "the rows of your answer have different lengths."
    except Exception:  # whatever an object does when it is turned into an array
        return None, f"expected {wanted}, got something of type {_type(answer)}."
    for entry in found.ravel():
        if entry is None or entry is ...:
            return None, "not all places of your answer are filled in."
        if isinstance(entry, (list, tuple)) or (isinstance(entry, np.ndarray) and entry.ndim > 0):
            return None, "the rows of your answer have different lengths."
        if isinstance(entry, (str, bytes)):
            return None, f"the entry {_cut(repr(entry), 30)} is text. Write {wanted}, without quotation marks."
        if isinstance(entry, (bool, np.bool_)) and not truth:
            return None, f"{entry} is a truth value. Write a number."
        if isinstance(entry, Iterator):
            return None, f"this is of type {_type(entry)}: list(...) makes a list of it."
        if isinstance(entry, (complex, np.complexfloating)) or not hasattr(entry, "__float__"):
            return None, f"expected {wanted}, got something of type {_type(entry)}."
    try:
        numbers = found.astype(float)
    except Exception:
        return None, f"expected {wanted}, got something that cannot be turned into one."
    if not np.isfinite(numbers).all():
        return None, "the answer contains NaN or infinity."
    if truth and not np.isin(numbers, (0, 1)).all():
        return None, "write True or False in each place."
    whole = isinstance(answer, np.ndarray) and answer.dtype.kind in "iu"
    return answer if whole else numbers, None


def _result(function, given, untouched):
    """What a student's function returns as an array, and a complaint; both are None if it returns nothing."""
    try:
        got = function(*given)
    except (Exception, SystemExit) as error:  # whatever a student's code raises is feedback, not a crash
        text = _cut(f"your function stops with {_type(error)}: {error}".rstrip(".: "), 110) + "."
        sizes = isinstance(error, (IndexError, ValueError))  # the others do not come from sizes
        return None, text + " It must work for any sizes." * sizes
    if got is None or got is ...:
        return None, None
    changeable = [pair for pair in zip(untouched, given) if isinstance(pair[0], (np.ndarray, list))]
    if not all(np.array_equal(before, after) for before, after in changeable):
        return None, "your function changes what it is given. Work on a copy."
    return _values(got)


def _agree(results, function, cases, tolerance):
    """True if `function` gives these results; there are fewer results than cases if the answer stopped early."""
    return all(_close(got, np.asarray(function(*arguments)), tolerance) for got, arguments in zip(results, cases))


def _near(got, wanted, tolerance):
    return np.abs(got - wanted.astype(float)) <= tolerance


def _close(got, wanted, tolerance):
    return got.shape == wanted.shape and bool(_near(got, wanted, tolerance).all())


def _usual(got, wrong, expected, tolerance):
    """True for a usual mistake. Its decimals may be rounded, as long as that does not make it nearer to the value."""
    if got.shape != wrong.shape:
        return False
    off = np.abs(got - wrong)
    rounded = (wrong % 1 != 0) & (off <= NEAR * np.abs(wrong))
    if got.shape == expected.shape:
        rounded &= off < np.abs(got - expected.astype(float))
    return bool((rounded | _near(got, wrong, np.max(tolerance))).all())


def _difference(got, expected, tolerance):
    """How a wrong answer differs from the right one, as far as that does not give it away."""
    if got.shape != expected.shape:
        if got.size == expected.size and _close(got.reshape(expected.shape), expected, tolerance):
            return f"the values are right. Give them as {_size(expected.shape)}, not as {_size(got.shape)}."
        if got.ndim == expected.ndim == 1:
            return f"expected {expected.size} values, got {got.size}."
        return f"expected {_size(expected.shape)}, got {_size(got.shape)}."
    if got.ndim == 0:
        if abs(got - expected) <= NEAR * abs(expected):
            return f"{_number(got)} is less than 1 % off. Was it rounded, or is a small part wrong?"
        return f"{_number(got)} is not the value."
    right = _near(got, expected, tolerance)
    text = f"{right.sum()} of {right.size} values {'is' if right.sum() == 1 else 'are'} right"
    if expected.dtype == bool or not right.any():  # of two truth values, to know the wrong one is to know the right one
        return text + "."
    place = np.argwhere(~right)[0]
    if len(place) == 1 and place[0] < len(ORDINALS):
        return f"{text}; look at the {ORDINALS[place[0]]} again."
    return f"{text}; look at the place [{', '.join(map(str, place))}] again, counted from 0."


def _number(value):
    if abs(value) < 1e15 and value == round(float(value)):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if 1e5 <= abs(value) < 1e15 else f"{value:.6g}"


def _size(shape):
    """A shape in words."""
    if len(shape) == 0:
        return "one value"
    if len(shape) == 1:
        return f"a list of {shape[0]} value{'s' * (shape[0] != 1)}"
    if len(shape) == 2:
        return f"{shape[0]} row{'s' * (shape[0] != 1)} of {shape[1]} value{'s' * (shape[1] != 1)}"
    return f"an array with {len(shape)} axes"


def _type(thing):
    return _cut(type(thing).__name__, 40)


def _cut(text, length):
    """The text in one line, shortened where it is too long."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 3] + "..."


def _sentence(text):
    return text[0].upper() + text[1:]


def _call(arguments):
    """The arguments of a call in words, short enough to leave room for what is wrong."""
    if hasattr(arguments[0], "layers"):
        return f"the model {arguments[0].name!r}"

    def show(argument):
        if isinstance(argument, np.ndarray):
            return repr(argument.tolist()) if argument.size <= 12 else f"an array of shape {argument.shape}"
        return f"{argument:_}" if isinstance(argument, int) else repr(argument)

    return _cut("the argument" + "s" * (len(arguments) > 1) + " " + ", ".join(map(show, arguments)), 100)
