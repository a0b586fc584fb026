"""Run a student's cells, and report what they leave as plain data. This process is started by collect.py.

It gets its job as JSON on stdin: the cells with the names of the variables to report, arguments to call functions
with, and the limits. Nothing in it says what is right. A line of JSON is written before each cell, so that the other
side knows which one did not come to an end, and after it if it belongs to a question.
"""

import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from course.publishing.assignment import confine
from course.publishing.assignment.plain import plain, restore


class TooLong(BaseException):
    """Raised in a cell that runs for too long; not an Exception, so that `except Exception` does not catch it."""


def main():
    """Carry out the job."""
    job = json.load(sys.stdin)
    channel = os.dup(1)
    with Path(os.devnull).open("r+b") as nowhere:  # what a cell prints is of no interest
        for stream in range(3):
            os.dup2(nowhere.fileno(), stream)
    confine.limit(**job["limits"])
    if job["confined"]:
        confine.shut_in(job["read"], [*job["write"], os.devnull], job["list_only"])
    shell = new_shell()
    for name in [name for name in sys.modules if name.split(".")[0] == "course"]:
        del sys.modules[name]
    sys.modules |= dict.fromkeys(("course", "utils.exercises"))  # their import says that there is no such module
    for place, cell in enumerate(job["cells"]):
        report(channel, {"cell": place})
        outcome = run(shell, cell, job["seconds"])
        if "question" in cell:
            report(channel, {"question": cell["question"], **outcome})
    report(channel, {"end": True})
    os._exit(0)  # whatever threads still run, and whatever atexit would call


def new_shell():
    """Return an IPython shell, so that magics work as in a notebook; it keeps no history."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        system = InteractiveShell.system_raw  # without a terminal

        def enable_gui(self, gui=None):
            """Do nothing: there are no windows."""

    settings = Config()
    settings.HistoryManager.enabled = False
    return Shell.instance(config=settings)


def report(channel, data):
    """Write one line."""
    with contextlib.suppress(OSError):
        os.write(channel, json.dumps(data).encode() + b"\n")


def run(shell, cell, seconds):
    """Run one cell and return what it leaves for its question: a value or the results of calls, or an error."""
    names, variable, error = shell.user_ns, cell.get("variable"), None
    names.pop(variable, None)
    try:
        with time_limit(seconds):
            result = shell.run_cell(cell["source"], silent=True)
        error = result.error_before_exec or result.error_in_exec
    except BaseException as raised:  # a cell may break the shell
        error = raised
    outcome = {"error": describe(error, seconds) if error else None, "set": variable in names}
    if variable not in names:
        return outcome
    if cell.get("calls") and callable(names[variable]):
        return outcome | {"calls": list(calls(names[variable], cell["calls"], seconds))}
    try:
        with time_limit(seconds):
            return outcome | {"value": plain(names[variable])}
    except BaseException as raised:
        return outcome | {"value": {"odd": "object"}, "error": describe(raised, seconds)}


def calls(function, cases, seconds):
    """Call a function with one list of arguments after the other, until it fails."""
    for case in cases:
        given = [restore(argument) for argument in case]
        try:
            with time_limit(seconds):
                outcome = {"value": plain(function(*given))}
        except TooLong:
            outcome = {"late": True}
        except BaseException as raised:
            outcome = {"error": [type(raised).__name__, text_of(raised)]}
        outcome["changed"] = json.dumps([plain(argument) for argument in given]) != json.dumps(case)
        yield outcome
        if "value" not in outcome:
            return


def describe(error, seconds):
    """Put into words what became of a cell."""
    if isinstance(error, TooLong):
        return f"was stopped after {seconds} second{'s' * (seconds != 1)}"
    return f"stops with an error, {type(error).__name__}: {text_of(error)}".rstrip(".: ")


def text_of(error):
    """Return the text of an error; that of a student's own may fail."""
    try:
        return str(error)[:300]
    except BaseException:
        return ""


@contextlib.contextmanager
def time_limit(seconds):
    """Raise TooLong in what takes longer, between two of its Python instructions, and again every second."""

    def stop(number, frame):
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
