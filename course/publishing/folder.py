"""Write a folder as a whole: either all of it is there, or what was there before."""

import contextlib
import importlib.util
import shutil
import tempfile
from pathlib import Path

from course.notebooks import ROOT, code_cells, read

PUBLISHED = ROOT / "published"


class CannotPublish(ValueError):
    """Nothing was made; the text is one line and says what to do."""


@contextlib.contextmanager
def whole(folder):
    """Give an empty folder to fill; at the end it takes the place of `folder`, and after an error it is gone.

    Raises:
        CannotPublish: If nothing can be written there.
    """
    folder = Path(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise CannotPublish(f"cannot write into {folder.parent} ({error.strerror}); --output names another") from error
    try:
        temporary.chmod(0o755)
        (temporary / "new").mkdir()
        yield temporary / "new"
        if folder.exists():
            folder.rename(temporary / "old")
        (temporary / "new").rename(folder)
    except BaseException:
        if not folder.exists() and (temporary / "old").exists():
            (temporary / "old").rename(folder)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def need(*modules):
    """Check that modules of requirements-publish.txt are installed.

    Raises:
        CannotPublish: If one is not.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise CannotPublish(f"{', '.join(missing)} is not installed; run pip install -r requirements-publish.txt")


def stored(path):
    """Read a notebook that has been run.

    Raises:
        CannotPublish: If it is none, or if a code cell has no execution count: its outputs are missing.
    """
    try:
        notebook = read(path)
    except (ValueError, LookupError, AttributeError) as error:
        raise CannotPublish(f"{path.name} is not a notebook of nbformat 4; give another file") from error
    if any(cell.execution_count is None for cell in code_cells(notebook)):
        raise CannotPublish(f"{path.name} has cells that were not run; run python -m course run {path.stem[:2]}")
    return notebook


def add_output(parser, default):
    """Let a command take --output, the folder that it writes."""
    text = f"folder to write, replaced as a whole; default: {default.relative_to(ROOT).as_posix()}"
    parser.add_argument("--output", type=Path, default=default, metavar="FOLDER", help=text)
