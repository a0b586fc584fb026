"""Judges of answers: each returns None for a right one, and otherwise feedback that does not give it away.

`same_numbers` and `same_function` make a judge out of the right answer and the usual mistakes, each with its feedback.
An answer that is none of these is described: how many of its values are right, where to look, what shape it has.
Any other function may be a judge; `read_table` reads its answer.
"""

import copy
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from utils.exercises.exercise import TooLong, Unanswered, Wrong, shorten
from utils.validation import has_masked

LONGEST_CALL = 10  # seconds that a student's function may take for one case
CHANGES = "your function changes what it is given. Work on a copy."
NEAR = 0.01  # share of the value: so far off are rounded values, and those of which a small part is wrong
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
CUT_OFF = "the decimals are cut off. Your array holds whole numbers only: which dtype should it have?"


def same_numbers(expected, *, mistakes=(), tolerance=1e-6):
    """Make a judge for a number, a tuple or an array.

    Args:
        expected: The right numbers, or truth values where the answer consists of True and False.
        mistakes: Pairs (wrong answer, feedback), the usual ones. An answer may be rounded and still counts as one.
        tolerance: The largest difference that is right; one for all values, or one for each.

    Returns:
        A judge: answer -> None or feedback.
    """
    expected = np.asarray(expected)

    def judge(answer):
        got = read_numbers(answer, truth=expected.dtype == bool)
        if got.size == 1 and expected.ndim == 0:
            got = got.reshape(())
        if _close(got, expected, tolerance):
            return None
        for wrong, feedback in mistakes:
            if _is_mistake(got, np.asarray(wrong, float), expected, tolerance):
                return feedback
        raise Wrong(_difference(got, expected, tolerance))

    judge.mistakes = tuple(mistakes)
    return judge


def same_function(reference, *, cases, mistakes=(), tolerance=1e-6):
    """Make a judge for a function that must return what `reference` returns.

    Args:
        reference: The right function.
        cases: Tuples of arguments to try, a case for each border that the question names. Or a function that makes
            them one by one, for arguments that cannot be copied.
        mistakes: Pairs (wrong function, feedback), the usual ones. All cases together tell them apart.
        tolerance: The largest difference that is right; one for all values, or one for each.

    Returns:
        A judge: function -> None or feedback. It raises Unanswered if the function returns nothing.
    """

    def judge(answer):
        if not callable(answer):
            return f"Give the function itself, without calling it; this is of type {_type(answer)}."
        calls, complaint = _try(answer, cases)
        if _agree(calls, reference, tolerance):
            return complaint
        for wrong, feedback in mistakes:
            if _agree(calls, wrong, tolerance):
                return feedback
        unspoilt = calls[:-1] if complaint and complaint.endswith(CHANGES) else calls
        return _first_difference(unspoilt, reference, tolerance) or complaint

    judge.mistakes, judge.cases = tuple(mistakes), cases
    return judge


def read_table(answer, shape):
    """Read an answer that must be an array of a given shape, for a judge of its own.

    Args:
        answer: A student's answer.
        shape: The shape that is asked for, a tuple.

    Returns:
        The answer as an array of floats.

    Raises:
        Wrong: If it cannot be read as one.
    """
    got = read_numbers(answer)
    if got.shape != shape:
        raise Wrong(f"expected {_size(shape)}, got {_size(got.shape)}.")
    return got.astype(float)


def read_numbers(answer, truth=False):
    """Turn a student's answer into an array.

    Args:
        answer: Anything.
        truth: True if it has to consist of True and False, or 1 and 0.

    Returns:
        An array of floats; an array of whole numbers is returned as it is.

    Raises:
        Wrong: If the answer cannot be turned into finite numbers.
    """
    wanted = "True or False" if truth else "a number"
    if has_masked(answer):
        raise Wrong("some places of your answer are masked. Write a number there, for example with .filled(0).")
    if callable(answer):
        raise Wrong("this is a function or a class. Call it, and give what it returns.")
    try:
        found = np.array(answer, dtype=object)
    except ValueError:
        raise Wrong("the rows of your answer have different lengths.") from None
    except Exception:  # whatever an object does when it is turned into an array
        raise Wrong(f"expected {wanted}, got something of type {_type(answer)}.") from None
    for entry in found.ravel():
        _check_entry(entry, wanted, truth)
    try:
        numbers = found.astype(float)
    except Exception:  # whatever an object does when it is turned into a number
        raise Wrong(f"expected {wanted}, got something that cannot be turned into one.") from None
    if not np.isfinite(numbers).all():
        raise Wrong("the answer contains NaN or infinity.")
    if truth and not np.isin(numbers, (0, 1)).all():
        raise Wrong("write True or False in each place.")
    whole = isinstance(answer, np.ndarray) and answer.dtype.kind in "iu"
    return answer if whole else numbers


def _check_entry(entry, wanted, truth):
    if entry is None or entry is ...:
        raise Wrong("not all places of your answer are filled in.")
    if isinstance(entry, (list, tuple)) or (isinstance(entry, np.ndarray) and entry.ndim > 0):
        raise Wrong("the rows of your answer have different lengths.")
    if isinstance(entry, (str, bytes)):
        raise Wrong(f"the entry {shorten(repr(entry), 30)} is text. Write {wanted}, without quotation marks.")
    if isinstance(entry, (bool, np.bool_)) and not truth:
        raise Wrong(f"{entry} is a truth value. Write a number.")
    if isinstance(entry, Iterator):
        raise Wrong(f"this is of type {_type(entry)}: list(...) makes a list of it.")
    if isinstance(entry, (complex, np.complexfloating)) or not hasattr(entry, "__float__"):
        raise Wrong(f"expected {wanted}, got something of type {_type(entry)}.")


def _try(function, cases):
    """Call a student's function with one case after the other until it fails.

    Returns:
        The calls that went well, as pairs (arguments, result), and feedback on the one that did not, or None.
    """
    make = cases if callable(cases) else lambda: copy.deepcopy(cases)
    calls = []
    for arguments, given in zip(make(), make()):
        try:
            before = _state(given)
            result = _call(function, given)
            if result is None and not calls:
                raise Unanswered
            if result is None:
                raise Wrong("your function returns nothing. Does every way through it end with `return`?")
            calls.append((arguments, read_numbers(result)))
            if _state(given) != before:
                raise Wrong(CHANGES)
        except Wrong as wrong:
            return calls, f"For {_in_words(arguments)}: {wrong}"
    return calls, None


def _call(function, given):
    """Call a student's function and return its result, None for nothing; raise Wrong if it fails or does not end."""
    try:
        with _time_limit():
            result = function(*given)
    except TooLong:
        raise Wrong(f"your function does not end: it was stopped after {LONGEST_CALL} seconds.") from None
    except (Exception, SystemExit) as error:  # whatever a student's code raises is feedback, not a crash
        text = shorten(f"your function stops with {_type(error)}: {error}".rstrip(".: "), 110) + "."
        sizes = isinstance(error, (IndexError, ValueError))  # the others do not come from sizes
        raise Wrong(text + " It must work for any sizes." * sizes) from None
    return None if result is ... else result


@contextmanager
def _time_limit():
    """Raise TooLong in what takes more than LONGEST_CALL seconds, between two of its Python instructions.

    There is no limit on Windows and outside of the main thread, which alone receives signals.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number, frame):
        raise TooLong

    former = signal.signal(signal.SIGALRM, stop)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, LONGEST_CALL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, remaining, interval)
        signal.signal(signal.SIGALRM, former)


def _state(thing):
    """Describe arguments so that two descriptions differ if anything inside them was changed."""
    if isinstance(thing, dict):
        return [(_state(key), _state(value)) for key, value in thing.items()]
    if isinstance(thing, (list, tuple)):
        return [type(thing), *map(_state, thing)]
    if isinstance(thing, np.ndarray):
        return thing.shape, thing.dtype.str, thing.tobytes()
    if hasattr(thing, "get_weights") and hasattr(thing, "layers"):  # a Keras model
        layers = [(layer.name, layer.trainable) for layer in thing.layers]
        return [thing.trainable, layers, _state(thing.get_weights())]
    return repr(thing)


def _agree(calls, function, tolerance):
    """Return True if `function` gives the same results; there are no calls if the answer failed at once."""
    return all(_close(result, np.asarray(function(*arguments)), tolerance) for arguments, result in calls)


def _first_difference(calls, reference, tolerance):
    for arguments, got in calls:
        expected = np.asarray(reference(*arguments))
        if not _close(got, expected, tolerance):
            cut_off = got.dtype.kind in "iu" and got.any() and _close(got, np.trunc(expected), tolerance)
            what = CUT_OFF if cut_off else _difference(got, expected, tolerance)
            return f"For {_in_words(arguments)}: {what}"
    return None


def _near(got, wanted, tolerance):
    return np.abs(got - wanted.astype(float)) <= tolerance


def _close(got, wanted, tolerance):
    return got.shape == wanted.shape and bool(_near(got, wanted, tolerance).all())


def _is_mistake(got, wrong, expected, tolerance):
    """Recognise a usual mistake. Its decimals may be rounded, as long as that does not make it nearer to the value."""
    if got.shape != wrong.shape:
        return False
    off = np.abs(got - wrong)
    rounded = (wrong % 1 != 0) & (off <= NEAR * np.abs(wrong))
    if got.shape == expected.shape:
        rounded &= off < np.abs(got - expected.astype(float))
    return bool((rounded | _near(got, wrong, np.max(tolerance))).all())


def _difference(got, expected, tolerance):
    """Describe how a wrong answer differs from the right one, as far as that does not give it away."""
    if got.shape != expected.shape:
        return _difference_of_shapes(got, expected, tolerance)
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


def _difference_of_shapes(got, expected, tolerance):
    if got.size == expected.size and _close(got.reshape(expected.shape), expected, tolerance):
        return f"the values are right. Give them as {_size(expected.shape)}, not as {_size(got.shape)}."
    if got.ndim == expected.ndim == 1:
        return f"expected {expected.size} values, got {got.size}."
    return f"expected {_size(expected.shape)}, got {_size(got.shape)}."


def _number(value):
    if abs(value) < 1e15 and value == round(float(value)):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if 1e5 <= abs(value) < 1e15 else f"{value:.6g}"


def _size(shape):
    """Put a shape into words."""
    if len(shape) == 0:
        return "one value"
    if len(shape) == 1:
        return f"a list of {shape[0]} value{'s' * (shape[0] != 1)}"
    if len(shape) == 2:
        return f"{shape[0]} row{'s' * (shape[0] != 1)} of {shape[1]} value{'s' * (shape[1] != 1)}"
    return f"an array with {len(shape)} axes"


def _type(thing):
    return shorten(type(thing).__name__, 40)


def _in_words(arguments):
    """Put the arguments of a call into words, short enough to leave room for the feedback."""
    if hasattr(arguments[0], "layers"):
        return f"the model {arguments[0].name!r}"
    return shorten("the argument" + "s" * (len(arguments) > 1) + " " + ", ".join(map(_argument, arguments)), 100)


def _argument(argument):
    if isinstance(argument, np.ndarray):
        return repr(argument.tolist()) if argument.size <= 12 else f"an array of shape {argument.shape}"
    return f"{argument:_}" if isinstance(argument, int) else repr(argument)
