"""Notebook files: find, read and write them, always in the same layout, so that git shows only what has changed."""

import argparse
import base64
import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
CELL_METADATA = ("jupyter", "outputs_of", "slideshow", "tags")  # the rest is what editors leave behind
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}  # settings of kernels that run side by side
IMAGES = ("image/png", "image/jpeg")  # kinds of output that are pictures
EXPLORER = "<iframe "  # what the HTML of an explorer has, and no table
IGNORED = "nbval-ignore-output"  # tag: the tests run the cell but do not compare its outputs


def add_notebooks(parser):
    """Let a command take notebooks, by number or by path; `options.notebooks` are their absolute paths."""
    everything = sorted(NOTEBOOKS.glob("*.ipynb"))
    text = "number or path; default: all of notebooks/"
    parser.add_argument("notebooks", nargs="*", type=find, default=everything, metavar="NOTEBOOK", help=text)


def find(name):
    """Return the absolute path of the notebook with this number, such as 05, or at this path."""
    if Path(name).is_file():
        return Path(name).resolve()
    found = list(NOTEBOOKS.glob(f"{name}_*.ipynb")) if name.isdecimal() else []
    if len(found) != 1:
        numbers = ", ".join(path.name.split("_")[0] for path in sorted(NOTEBOOKS.glob("*.ipynb")))
        raise argparse.ArgumentTypeError(f"there is no notebook {name!r}; give a path or one of {numbers}")
    return found[0]


def read(path):
    """Read a notebook as nbformat 4.5; a cell without an id of its own gets one that depends on its place and source.

    Raises:
        ValueError: If the file has another major format.
    """
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


def write(notebook, path):
    """Write a notebook in nbformat's own layout and return True if the file has changed."""
    nbformat.validate(notebook)
    return replace(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def normalise(notebook):
    """Keep what a reader or the tests use, and drop the traces of editors and kernels."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata})
        for output in cell.get("outputs", []):
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    return notebook


def code_cells(notebook):
    """List the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown_cells(notebook):
    """List the Markdown cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def still_pictures(html):
    """Return (description, PNG file in base64) of the pictures inside an output's HTML, those of explorers."""
    return re.findall(r'<img alt="([^"]*)"[^>]* src="data:image/png;base64,([^"]*)"', html)


def is_stderr(output):
    """Return True for an output that was written to stderr."""
    return output.output_type == "stream" and output.name == "stderr"


def tagged_pictures(notebook):
    """Return the PNG file of each cell tagged `picture=NAME`, by its name NAME.png."""
    pictures = {}
    for cell in code_cells(notebook):
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("picture="):
                (png,) = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
                pictures[f"{tag.removeprefix('picture=')}.png"] = base64.b64decode(png)
    return pictures


def replace(path, text):
    """Replace a file's text in one step, so that nobody ever sees half of it; return True if it has changed."""
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
