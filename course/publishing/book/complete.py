"""Does the book have all that the notebooks have? A build that lacks a figure is no book."""

import re

from course.notebooks import EXPLORER, IMAGES
from course.publishing import parts
from course.publishing.folder import CannotPublish

LARGEST = 2_500_000  # bytes of a page, pictures aside


def count(notebook):
    """Return how many pictures and explorers a notebook has."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    explorers = sum(map(parts.is_explorer, outputs))
    pictures = sum(any(kind in output.get("data", {}) for kind in IMAGES) for output in outputs)
    return pictures, explorers


def compare(notebooks, folder):
    """Compare each chapter with its notebook.

    Args:
        notebooks: A dict: for the path of each notebook its content.
        folder: The finished book, a path.

    Returns:
        A line about each chapter.

    Raises:
        CannotPublish: If a chapter, a picture or an explorer is missing, or a page is too large.
    """
    pages = folder / "notebooks"
    return [compare_one(path, notebook, pages / f"{path.stem}.html") for path, notebook in notebooks.items()]


def compare_one(path, notebook, page):
    """Compare a chapter with its notebook, as `compare` does."""
    if not page.is_file():
        raise CannotPublish(f"the book lacks the chapter {path.stem}")
    html = page.read_text(encoding="utf-8")
    named = set(re.findall(r'<img [^>]*src="\.\./_images/([^"]+)"', html))
    found = sum((page.parents[1] / "_images" / name).is_file() for name in named), html.count(EXPLORER)
    if found != count(notebook):
        raise CannotPublish(f"{path.name}: {told(*count(notebook))}; its chapter: {told(*found)}")
    if (size := len(html.encode())) > LARGEST:
        raise CannotPublish(f"the chapter {path.stem} has {size:,} bytes, at most {LARGEST:,} are allowed")
    return f"{path.name}: {told(*found)}, {size / 1000:,.0f} kB"


def told(pictures, explorers):
    """Return two numbers in words."""
    return f"{pictures} picture{'s' * (pictures != 1)}, {explorers} explorer{'s' * (explorers != 1)}"
