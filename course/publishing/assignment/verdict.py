"""Judge what a student's process has reported, with the judges of the lecture.

A judge of a function calls it; here it calls a stand-in, which gives back what the student's function gave in the
other process for the same arguments.
"""

import numpy as np

from course.publishing.assignment.plain import plain, restore
from utils.exercises.exercise import LONGEST, TooLong, shorten

MISSING = "The cell for this answer is missing, or was renamed. Nothing was guessed: ask your teacher."
UNANSWERED = "Not answered."
TWICE = "The cell for this answer is there more than once. Nothing was guessed: ask your teacher."


def judge(exercise, variable, record):
    """Judge the answer to one question.

    Args:
        exercise: The exercise.
        variable: The name that holds the answer.
        record: What the student's process reported: see `runner.run` and `collect.collect`; None for nothing.

    Returns:
        The points, 0 or 1, and the feedback.
    """
    if record is None:
        return 0, "Your notebook ended before this question was reached."
    if "fatal" in record:
        return 0, f"This cell could not be run: {shorten(str(record['fatal']), 170)}."
    error = f"Your cell {shorten(str(record['error']), 170)}." if record.get("error") else ""
    if not record.get("set"):
        return 0, error or f"Nothing is called {variable} after this cell."
    try:
        verdict, feedback = exercise.evaluate(object_of(record))
    except Exception as broken:  # forged data that no judge expects
        return 0, f"This answer cannot be judged ({type(broken).__name__}). Ask your teacher."
    if verdict is None:
        return 0, error or UNANSWERED
    return (1, feedback) if verdict else (0, shorten(f"{feedback} {error}", 2 * LONGEST))


def object_of(record):
    """Return an object that a judge treats like the answer."""
    return stand_in(record["calls"]) if isinstance(record.get("calls"), list) else restore(record.get("value"))


def stand_in(calls):
    """Return a function that gives back, one after the other, what a student's function gave."""
    left = iter(calls)

    def function(*given):
        call = next(left, None)
        if not isinstance(call, dict):
            raise RuntimeError("no result was reported")
        if call.get("late"):
            raise TooLong
        if "error" in call:
            name, text = (*map(str, call["error"]), "", "")[:2]
            raise type(name or "Error", (kind_of(name),), {})(text)
        if call.get("changed"):
            change(given)
        return restore(call.get("value"))

    return function


def kind_of(name):
    """Return the class of an error for its name; judges say more about two of them."""
    return {"IndexError": IndexError, "ValueError": ValueError}.get(name, Exception)


def change(given):
    """Change an argument as a function did that must not."""
    for argument in given:
        if isinstance(argument, np.ndarray) and argument.size:
            argument.flat[0] = not argument.flat[0]
            return
        if isinstance(argument, list):
            argument.append(0)
            return


def arguments(exercise):
    """List the arguments of all calls that a judge makes, as plain data; empty if the answer is no function."""
    return [[plain(argument) for argument in case] for case in getattr(exercise.judge, "cases", ())]
