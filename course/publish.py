"""Make all publications: a site with book and slides, and the hand-outs.

`site` is for a web server, or a stick: its index.html leads to the book. If a part cannot be made, the command says
which, and all that was there stays as it was.

Assignments are made one by one, with numbers drawn for a year or a student: python -m course assignment.
"""

import importlib
import shutil
import time
from pathlib import Path

from course.notebooks import ROOT, add_notebooks
from course.publishing.folder import PUBLISHED, CannotPublish, whole

HERE = Path(__file__).parent


def add_arguments(parser):
    """Declare the options of the command."""
    add_notebooks(parser)
    text = f"where site and handouts stand, which are replaced; default: {PUBLISHED.relative_to(ROOT)}"
    parser.add_argument("--output", type=Path, default=PUBLISHED, metavar="FOLDER", help=text)


def main(options):
    """Carry out the command; return its exit status."""
    start = time.perf_counter()
    build(options.notebooks, options.output)
    print(f"published in {time.perf_counter() - start:.0f} s: open {options.output / 'site' / 'index.html'}")
    return 0


def build(notebooks, folder):
    """Make all parts, or none.

    Args:
        notebooks: Paths of notebooks.
        folder: The folder in which `site` and `handouts` are replaced.

    Raises:
        CannotPublish: If a part cannot be made; the text says which.
    """
    with whole(folder / "site") as site, whole(folder / "handouts") as handouts:
        shutil.copy(HERE / "publishing" / "site.html", site / "index.html")
        for name, part in {"book": site / "book", "slides": site / "slides", "handouts": handouts}.items():
            print(f"== {name}", flush=True)
            try:
                builder(name)(notebooks, part)
            except CannotPublish as refusal:
                raise CannotPublish(f"{name}: {refusal}") from refusal
            except Exception as error:
                error.add_note(f"This happened in {name}; nothing was written.")
                raise


def builder(name):
    """Return the function `build` of a command."""
    return importlib.import_module(f"course.{name}").build
