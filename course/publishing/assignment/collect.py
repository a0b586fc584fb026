"""Run what a student handed in, in a process that is shut in, and collect the answers as plain data.

A cell that ends the process, or does not end at all, is left out in a second run, so that it costs only its own
question.
"""

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course.notebooks import ROOT
from course.publishing.assignment import confine
from course.publishing.folder import CannotPublish

SECONDS = 10  # that a cell, or one call of a function, may take
GRACE = 2  # seconds until a cell that goes on after that is ended together with its process
MOST_SECONDS = 60  # for all the cells of one student
LIMITS = dict(memory=6 * 2**30, seconds=2 * MOST_SECONDS, file_size=16 * 2**20)
NAMESPACES = ("unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child=KILL")


def readable():
    """List the paths that students' code may read: Python, its packages, and the library of the course.

    The exercises of the lecture are not among them: the functions that make the questions could answer them.
    """
    library = [path for path in (ROOT / "utils").iterdir() if path.name not in ("exercises", "__pycache__")]
    packages = [path for path in map(Path, sys.path) if path.is_absolute() and path not in (ROOT, *ROOT.parents)]
    python = (sys.prefix, sys.base_prefix, *packages, fonts())
    return [str(path) for path in (*confine.SYSTEM, *python, *library, ROOT / "data")]


@functools.cache
def fonts():
    """Return the folder where Matplotlib keeps its list of fonts, so that not every student's process searches them."""
    import matplotlib.font_manager

    return matplotlib.get_cachedir()


def check_out_of_reach(*paths):
    """Check that students' code will not be able to read some paths.

    Raises:
        CannotPublish: If it will, because one lies in a folder that Python needs, or because nothing shuts it in here.
    """
    if not shuts_in():
        raise CannotPublish(
            "nothing keeps students' code from the key here: grade on Linux 6.12 or newer, or on 5.13 where `unshare "
            "--user` is allowed; or in a container that holds nothing else, with --unconfined"
        )
    for path in map(Path.resolve, map(Path, paths)):
        for folder in map(Path, readable()):
            if path.is_relative_to(folder.resolve()):
                raise CannotPublish(f"students' code may read {folder}: move {path} elsewhere")


def shuts_in():
    """Return whether students' code can be kept from all files, processes and networks that are not its own."""
    return confine.version() >= confine.SIGNALS or bool(confine.version() and namespaces())


@functools.cache
def namespaces():
    """Return the command that gives a process no network and ends all that it started, or () if it is not allowed."""
    works = shutil.which("unshare") and not subprocess.run((*NAMESPACES, "true"), capture_output=True).returncode
    return NAMESPACES if works else ()


def collect(cells, confined=True, seconds=SECONDS):
    """Run the cells of one student.

    Args:
        cells: Dicts with "source" and, where a cell answers a question, "question" and "variable"; "calls" are the
            lists of arguments, as plain data, for a function to write.
        confined: Whether the process is shut in.
        seconds: How long a cell may take.

    Returns:
        For each question what its cell left: see `runner.run`. For one whose cell ended the process, or did not end,
        a dict with the only entry "fatal", a text.
    """
    left, records, until = list(enumerate(cells)), {}, time.monotonic() + MOST_SECONDS
    while left and time.monotonic() < until:
        lines, late = start([cell for _, cell in left], confined, seconds, until)
        records |= {line["question"]: line for line in lines if isinstance(line.get("question"), str)}
        if any("end" in line for line in lines):
            return records
        begun = [line["cell"] for line in lines if type(line.get("cell")) is int and 0 <= line["cell"] < len(left)]
        if not begun:
            break
        _, cell = left.pop(begun[-1])
        if "question" in cell:
            text = f"it did not end within {seconds} seconds" if late else "it ended Python"
            records[cell["question"]] = {"fatal": text}
    return records


def start(cells, confined, seconds, until):
    """Start a process with the cells and wait for its end.

    Returns:
        The lines that it reported, as dicts, and whether it had to be ended.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile() as channel:
        work = Path(folder).resolve()
        job = dict(cells=cells, seconds=seconds, limits=LIMITS, confined=confined)
        job |= dict(read=readable(), write=[str(work)], list_only=[str(ROOT / "utils")])
        process = subprocess.Popen(
            (*(namespaces() if confined else ()), sys.executable, "-m", "course.publishing.assignment.runner"),
            stdin=subprocess.PIPE,
            stdout=channel,
            stderr=subprocess.DEVNULL,
            cwd=work,
            env=environment(work),
            start_new_session=True,
        )
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(json.dumps(job).encode())
            late = not wait(process, channel, seconds + GRACE, until)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        channel.seek(0)
        return [line for line in map(parsed, channel.read().splitlines()) if isinstance(line, dict)], late


def environment(work):
    """Return the environment of a student's process: nothing of the teacher's."""
    path = [str(ROOT), *(folder for folder in sys.path if folder and folder != str(ROOT))]
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": fonts(),
        **dict.fromkeys(("HOME", "IPYTHONDIR", "TMPDIR"), str(work)),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1"),
    }


def wait(process, channel, longest, until):
    """Wait for a process; return False if it reports nothing for too long, or it is time."""
    size, since = -1, time.monotonic()
    while True:
        try:
            process.wait(0.1)
            return True
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            if (grown := os.fstat(channel.fileno()).st_size) != size:
                size, since = grown, now
            if now - since > longest or now > until:
                return False


def parsed(line):
    """Return a line of JSON as data, or None if it is not one."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
