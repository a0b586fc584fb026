"""The parts of a notebook that a publication treats in its own way: exercises, notes, the set-up cell, pictures."""

import importlib
import re
from typing import NamedTuple

from nbformat import NotebookNode

from course.notebooks import EXPLORER, IMAGES
from course.publishing.folder import CannotPublish
from utils.exercises import MODULES
from utils.exercises.exercise import Exercise

CHECK = re.compile(r"^exercises\.(q\d+)\.check\((\w+)\)", re.MULTILINE)
QUESTION = re.compile(r"^### Exercise (\d+\.\d+)", re.MULTILINE)


class Question(NamedTuple):
    """An exercise as it stands in a notebook."""

    name: str  # q1
    variable: str  # what `check` is given: answer, or the function to write
    question: NotebookNode  # the Markdown cell
    answer: NotebookNode  # the code cell
    exercise: Exercise


def questions(notebook, path):
    """List the exercises of a notebook in order.

    Args:
        notebook: Its content.
        path: Its file: the number says which module of `utils.exercises` judges.

    Raises:
        CannotPublish: If its name does not begin with the number of one.
    """
    number = path.name.split("_")[0]
    if not number.isdecimal() or int(number) >= len(MODULES):
        raise CannotPublish(
            f"{path.name} must begin with a number from 00 to {len(MODULES) - 1:02}, that of its exercises"
        )
    module = importlib.import_module(f"utils.exercises.{MODULES[int(number)]}")
    found = []
    for before, cell in zip(notebook.cells, notebook.cells[1:]):
        if cell.cell_type == "code" and (check := CHECK.search(cell.source)):
            assert QUESTION.match(before.source), f"{path.name}: no question stands before {check[0]}"
            found.append(Question(check[1], check[2], before, cell, getattr(module, check[1])))
    return found


def slide_type(cell):
    """Return what a cell is in a slide show: slide, subslide, fragment, skip, notes, or - for the slide before."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def is_notes(cell):
    """Return True for a cell of speaker notes."""
    return slide_type(cell) == "notes"


def is_setup(cell):
    """Return True for the cell that finds the course and imports what the notebook needs."""
    return cell.cell_type == "code" and "google.colab" in cell.source


def is_explorer(output):
    """Return True for an output that is an explorer: HTML with a page in it."""
    return EXPLORER in output.get("data", {}).get("text/html", "")


def description(output):
    """Return the alt text of a picture among a cell's outputs; the rules demand one."""
    metadata = output.get("metadata", {})
    alts = (metadata[kind]["alt"] for kind in IMAGES if "alt" in metadata.get(kind, {}))
    return re.sub(r"\$([^$]*)\$", r"\1", next(alts, ""))  # a formula is read aloud as it is written
