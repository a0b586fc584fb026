"""Run notebooks and save them with their outputs, the way nbval will run and compare them.

A notebook is written only if all its cells ran. What is written depends on the sources alone: a second run leaves
`git diff` empty. Outputs that differ from run to run, in cells tagged `nbval-ignore-output`, are kept as long as their
source is the same; --refresh renews them.
"""

import contextlib
import copy
import hashlib
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError

from course.notebooks import (
    IGNORED,
    ONE_THREAD,
    add_notebooks,
    code_cells,
    is_stderr,
    normalise,
    read,
    tagged_pictures,
    write,
)

CELL_TIMEOUT = 1200  # seconds
ANSI_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def add_arguments(parser):
    """Declare the options of the command."""
    add_notebooks(parser)
    parser.add_argument("--refresh", action="store_true", help="renew the outputs that nbval ignores as well")
    parser.add_argument("--jobs", type=int, default=1, help="notebooks that run at a time, 1 by default")


def main(options):
    """Carry out the command; return its exit status."""
    labels = [f"{path.name} ({k} of {len(options.notebooks)})" for k, path in enumerate(options.notebooks, start=1)]
    tasks = list(zip(options.notebooks, [options.refresh] * len(labels), labels))
    results = [run(*task) for task in tasks] if options.jobs < 2 else run_side_by_side(tasks, options.jobs)
    print("\n" + table(results))
    return 1 if any(result.outcome == "FAILED" for result in results) else 0


def run_side_by_side(tasks, jobs):
    """Run several notebooks at a time, each on one thread; the last first, because they take longest."""
    with ProcessPoolExecutor(jobs, initializer=os.environ.update, initargs=(ONE_THREAD,)) as pool:
        running = [pool.submit(run, *task) for task in reversed(tasks)]
        return [future.result() for future in reversed(running)]


class Result(NamedTuple):
    """The result of running one notebook."""

    notebook: str
    outcome: str  # written, unchanged or FAILED
    seconds: float
    mebibytes: float | None  # the kernel's peak memory, where the system tells


def table(results):
    """Lay out the results as a table, a line for each notebook."""
    width = max(len(result.notebook) for result in results)
    lines = [f"{'notebook':{width}}  outcome    seconds  peak memory"]
    for name, outcome, seconds, mebibytes in results:
        memory = f"{mebibytes:,.0f} MiB" if mebibytes else "unknown"
        lines.append(f"{name:{width}}  {outcome:9}  {seconds:7.1f}  {memory:>11}")
    return "\n".join(lines)


def run(path, refresh=False, label=None):
    """Execute a notebook and write it back; if a cell fails, say so and leave the file as it was."""
    label = label or path.name
    stored = read(path)
    notebook = copy.deepcopy(stored)
    start = time.perf_counter()
    try:
        peak = execute(notebook, path.parent, label)
    except NotebookError as error:
        print(f"{label}: {error}\n{label}: FAILED, file left as it was", flush=True)
        return Result(path.name, "FAILED", time.perf_counter() - start, None)
    for number, text in enumerate(drop_stderr(notebook), start=1):
        if text:
            print(f"{label}: code cell {number} wrote to stderr, not stored:\n{text.rstrip()}", flush=True)
    keep_ignored_outputs(notebook, stored, refresh)
    outcome = "written" if write(normalise(notebook), path) else "unchanged"
    save_pictures(notebook, path.parent)
    print(f"{label}: {outcome}", flush=True)
    return Result(path.name, outcome, time.perf_counter() - start, peak)


class NotebookError(Exception):
    """A cell failed, or the kernel died; the text names the cell."""


def execute(notebook, folder, label="notebook"):
    """Run all code cells in place, in a fresh kernel of this Python, in the folder given.

    Returns:
        The kernel's peak memory in MiB, or None where the system does not tell.

    Raises:
        NotebookError: If a cell fails, or the kernel dies.
    """
    here = KernelSpecManager(kernel_dirs=[])  # without installed kernels, "python3" is the Python that runs this
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=here)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        startup_timeout=120,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        # as under pytest: what TensorFlow's C++ code writes to file descriptor 2 does not become an output
        extra_arguments=["--IPKernelApp.capture_fd_output=False"],
    )
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    places = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    with tempfile.TemporaryFile() as errors, client.setup_kernel(stderr=errors, cleanup_kc=True):
        for count, place in enumerate(places, start=1):
            progress(f"{label}: cell {count} of {len(places)}")
            try:
                # without history, as nbval does: a final ; then hides nothing, so that it cannot hide it here either
                client.execute_cell(notebook.cells[place], place, execution_count=count, store_history=False)
            except (CellControlSignal, DeadKernelError) as error:
                progress("")
                raise NotebookError(f"code cell {count}: {explain(error, errors)}") from error
        progress("")
        return peak_memory(manager.provisioner.pid)


def explain(error, errors):
    """Return the error's own text; for a dead kernel also the last lines that it wrote to its stderr."""
    if not isinstance(error, DeadKernelError):
        return ANSI_COLOUR.sub("", str(error)).strip()
    errors.seek(0)
    return "\n".join(["the kernel died", *errors.read().decode(errors="replace").splitlines()[-10:]])


def progress(text):
    """Replace the current line of a terminal; write nothing to a file or a pipe."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def peak_memory(pid):
    """Return the largest resident memory of a running process so far in MiB; None where there is no /proc."""
    with contextlib.suppress(OSError):
        kib = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
        if kib:
            return int(kib[1]) / 1024
    return None


def drop_stderr(notebook):
    """Remove stderr outputs (warnings, progress bars) and return their text, one for each code cell."""
    texts = []
    for cell in code_cells(notebook):
        texts.append("".join(output.text for output in cell.outputs if is_stderr(output)))
        cell.outputs = [output for output in cell.outputs if not is_stderr(output)]
    return texts


def keep_ignored_outputs(notebook, stored, refresh=False):
    """Put the stored outputs back into cells whose outputs nbval ignores, as long as their source is the same.

    Such outputs differ in every run, which would show as a change in git. `outputs_of` in the cell's metadata is a
    hash of the source that made them.
    """
    before = {cell.id: cell for cell in stored.cells}
    for cell in notebook.cells:
        cell.metadata.pop("outputs_of", None)
        if cell.cell_type != "code" or IGNORED not in cell.metadata.get("tags", []):
            continue
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        old = before[cell.id]
        if not refresh and old.execution_count is not None and old.metadata.get("outputs_of") == digest:
            cell.outputs = old.outputs
        cell.metadata["outputs_of"] = digest


def save_pictures(notebook, folder):
    """Write the figure of a cell tagged `picture=NAME` to NAME.png in the folder; the README shows it."""
    for name, png in tagged_pictures(notebook).items():
        (folder / name).write_bytes(png)
