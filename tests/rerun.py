"""Run notebooks and save them with their outputs, the way nbval will run and compare them.

    python tests/rerun.py                                  all notebooks
    python tests/rerun.py notebooks/01_convolution_1d.ipynb
    python tests/rerun.py --refresh                        also renew outputs that nbval ignores (timings, versions)

A notebook is written only if all its cells ran. What is written depends on the sources alone: a second run leaves
`git diff` empty.
"""

import argparse
import base64
import contextlib
import copy
import hashlib
import json
import os
import re
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager
from nbval.plugin import find_comment_markers, find_metadata_tags

ROOT = Path(__file__).resolve().parent.parent
CELL_TIMEOUT = 1200  # seconds
ANSI_COLOUR = re.compile(r"\x1b\[[\d;]*m")

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
CELL_METADATA = ("jupyter", "outputs_of", "slideshow", "tags")  # the rest is what editors leave behind


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of notebooks/")
    parser.add_argument("--refresh", action="store_true", help="renew the outputs that nbval ignores as well")
    options = parser.parse_args(arguments)
    address = repository()
    paths = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    if any(path.resolve().parent == ROOT / "notebooks" for path in paths):
        stamp_readme(ROOT / "README.md", address)
    succeeded = [rerun(path, address, options.refresh) for path in paths]
    return 0 if all(succeeded) else 1


def repository(pyproject=ROOT / "pyproject.toml"):
    """The public address of the course, without a slash at the end."""
    return tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["course"]["repository"].rstrip("/")


def rerun(path, address, refresh=False):
    """Execute the notebook and write it back. Returns whether that worked; if not, the file is as it was."""
    path = path.resolve()
    stored = read(path)
    notebook = copy.deepcopy(stored)
    stamp(notebook, path, address)
    start = time.perf_counter()
    try:
        peak = execute(notebook, path)
    except NotebookError as error:
        print(f"{path.name}: {error}\n{path.name}: FAILED, file left as it was", flush=True)
        return False
    for number, text in enumerate(drop_stderr(notebook), start=1):
        if text:
            print(f"{path.name}: code cell {number} wrote to stderr, not stored:\n{text.rstrip()}", flush=True)
    keep_ignored_outputs(notebook, stored, refresh)
    changed = write(normalise(notebook), path)
    save_pictures(notebook, path.parent)
    seconds = time.perf_counter() - start
    memory = f"{peak:.0f} MiB at most" if peak else "peak memory unknown"
    print(f"{path.name}: {seconds:.1f} s, {memory}, {'written' if changed else 'unchanged'}", flush=True)
    return True


class NotebookError(Exception):
    """A cell failed, or the kernel died; the text names the cell."""


def read(path):
    """The notebook in nbformat 4.5, every cell with an id that depends on its place and source only."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.get("nbformat") != 4:
        raise ValueError(f"{path} must have nbformat 4, got {content.get('nbformat')}")
    content["nbformat_minor"] = 5
    seen = set()
    for number, cell in enumerate(content["cells"]):
        if not cell.get("id") or cell["id"] in seen:
            source = "".join(cell["source"])
            cell["id"] = hashlib.sha256(f"{number}\n{source}".encode()).hexdigest()[:8]
        seen.add(cell["id"])
    return nbformat.reads(json.dumps(content), as_version=4)


def execute(notebook, path):
    """Run all code cells in place, in a fresh kernel of this Python, in the notebook's folder.

    Returns the kernel's peak memory in MiB, or None where the system does not tell.
    """
    manager = AsyncKernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager())
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        startup_timeout=120,
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    # Under pytest ipykernel leaves file descriptor 2 alone, so TensorFlow's C++ messages do not become outputs.
    # The same variable has the same effect here.
    environment = os.environ | {"PYTEST_CURRENT_TEST": "rerun"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    code_cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    with tempfile.TemporaryFile() as errors, client.setup_kernel(env=environment, stderr=errors, cleanup_kc=True):
        for count, index in enumerate(code_cells, start=1):
            progress(f"{path.name}: cell {count} of {len(code_cells)}")
            try:
                # without history, as nbval does: a final ; then hides nothing, so that it cannot hide it here either
                client.execute_cell(notebook.cells[index], index, execution_count=count, store_history=False)
            except (CellControlSignal, DeadKernelError) as error:
                progress("")
                raise NotebookError(f"code cell {count}: {explain(error, errors)}") from error
        progress("")
        return peak_memory(manager.provisioner.pid)


def explain(error, errors):
    """The error's own text; for a dead kernel also the last lines that it wrote to its stderr."""
    if not isinstance(error, DeadKernelError):
        return ANSI_COLOUR.sub("", str(error)).strip()
    errors.seek(0)
    return "\n".join(["the kernel died", *errors.read().decode(errors="replace").splitlines()[-10:]])


def progress(text):
    """Replace the current line of a terminal; write nothing to a file or a pipe."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def peak_memory(pid):
    """Largest resident memory of a running process so far in MiB; None where /proc is missing (not Linux)."""
    with contextlib.suppress(OSError):
        kib = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
        if kib:
            return int(kib[1]) / 1024
    return None


def drop_stderr(notebook):
    """Remove stderr outputs (warnings, progress bars). Returns what each code cell wrote there."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts.append("".join(output.text for output in cell.outputs if is_stderr(output)))
            cell.outputs = [output for output in cell.outputs if not is_stderr(output)]
    return texts


def is_stderr(output):
    return output.output_type == "stream" and output.name == "stderr"


def ignored_by_nbval(cell):
    """Whether nbval runs the cell but does not compare its outputs (tag or comment NBVAL_IGNORE_OUTPUT)."""
    markers = dict(find_metadata_tags(cell.metadata)) | dict(find_comment_markers(cell.source))
    return markers.get("check") is False


def keep_ignored_outputs(notebook, stored, refresh=False):
    """Put the stored outputs back into cells whose outputs nbval ignores, as long as their source is the same.

    Such outputs differ in every run, which would show as a change in git. `outputs_of` in the cell's metadata is a
    hash of the source that made them.
    """
    before = {cell.id: cell for cell in stored.cells}
    for cell in notebook.cells:
        cell.metadata.pop("outputs_of", None)
        if cell.cell_type != "code" or not ignored_by_nbval(cell):
            continue
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        old = before[cell.id]
        if not refresh and old.execution_count is not None and old.metadata.get("outputs_of") == digest:
            cell.outputs = old.outputs
        cell.metadata["outputs_of"] = digest


def save_pictures(notebook, folder):
    """Write the figure of a cell tagged `picture=NAME` to NAME.png beside the notebook; the README shows it."""
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("picture="):
                (png,) = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
                (folder / f"{tag.removeprefix('picture=')}.png").write_bytes(base64.b64decode(png))


def normalise(notebook):
    """Keep what a reader or the tests use, drop what editors and kernels leave behind."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata})
        for output in cell.get("outputs", []):
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    return notebook


def write(notebook, path):
    """Write atomically in nbformat's own layout. Returns whether the file changed."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    return replace(path, text)


def replace(path, text):
    """Write `text` to a file beside `path`, then rename, so that nobody ever sees half a file."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return True


COLAB = re.compile(r"https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[\w.-]+/(?P<path>[\w./-]+)")
CLONE = re.compile(r"(?P<command>git clone (?:-\S+ (?:\d+ )?)*)https://github\.com/[\w.-]+/[\w.-]+")
FOLDER = re.compile(r"^(?P<command>\s*%cd (?:-q )?)[\w.-]+/notebooks\s*$", re.MULTILINE)


def colab_link(address, path):
    """Address that opens `path` (from the repository's root) in Google Colab."""
    return f"https://colab.research.google.com/github/{address.removeprefix('https://github.com/')}/blob/main/{path}"


def stamp(notebook, path, address):
    """Write the public address into the notebook's Colab links and into the commands that fetch the course there."""
    for cell in notebook.cells:
        cell.source = stamp_text(cell.source, address, own_path=f"notebooks/{path.name}")


def stamp_text(text, address, own_path=None):
    """`text` with the course's address in Colab links and clone commands; links point to `own_path` if given."""
    name = address.rsplit("/", 1)[-1]
    text = COLAB.sub(lambda match: colab_link(address, own_path or match["path"]), text)
    text = CLONE.sub(lambda match: match["command"] + address, text)
    return FOLDER.sub(lambda match: f"{match['command']}{name}/notebooks", text)


def stamp_readme(path, address):
    if path.exists():
        replace(path, stamp_text(path.read_text(encoding="utf-8"), address))


if __name__ == "__main__":
    sys.exit(main())
