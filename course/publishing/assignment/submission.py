"""Find what was handed in, and read it, whatever it is: nothing is guessed, and nothing stops the grading."""

import json
import unicodedata
from typing import NamedTuple

from course.publishing.folder import CannotPublish

LARGEST = 50 * 2**20  # bytes


class Unreadable(ValueError):
    """Nothing can be graded; the text says why."""


class Handed(NamedTuple):
    """The file of one student, or what is wrong with the place where it should be."""

    student: str
    path: object = None
    complaint: str = ""


def find(folder, name, students=()):
    """Find the files of all students.

    Args:
        folder: It holds STUDENT.ipynb, or for each student a folder STUDENT with a file of the given name in it or in
            a folder of it, as nbgrader collects them.
        name: The name of the assignment's file.
        students: Those who should have handed in; empty if there is no list.

    Returns:
        A list of `Handed`, in the order of the names.

    Raises:
        CannotPublish: If the folder is missing or empty.
    """
    if not folder.is_dir():
        raise CannotPublish(f"there is no folder {folder}; name the one that holds what students handed in")
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        student = unicodedata.normalize("NFC", path.name if path.is_dir() else path.stem)
        one = in_folder(path, name)._replace(student=student) if path.is_dir() else Handed(student, path)
        if not path.is_dir() and (path.suffix != ".ipynb" or not path.is_file()):
            one = Handed(student, complaint="this is not a notebook, a file that ends with .ipynb")
        if not (one.path or path).resolve().is_relative_to(folder.resolve()):
            one = Handed(student, complaint="this is a link to another place")
        if student in found:
            one = Handed(student, complaint=f"{path.name} and something else of the same name: which one is it?")
        found[student] = one
    if not found:
        raise CannotPublish(f"{folder} is empty: STUDENT.ipynb or STUDENT/{name} belongs there")
    for student in students:
        found.setdefault(student, Handed(student, complaint="nothing was handed in"))
    if students:
        unknown = set(found) - set(students)
        found |= {student: Handed(student, complaint="this name is not on the list of students") for student in unknown}
    return [found[student] for student in sorted(found)]


def in_folder(folder, name):
    """Return what one student's folder holds."""
    paths = sorted(path for path in folder.rglob(name) if path.is_file() and ".ipynb_checkpoints" not in path.parts)
    if len(paths) == 1:
        return Handed(folder.name, paths[0])
    others = sorted(path.name for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    what = f"{len(paths)} files {name}: which one is it?" if paths else f"there is no {name}"
    return Handed(folder.name, complaint=what + (f", but {', '.join(others[:3])}" if others and not paths else ""))


def code_cells(path):
    """Read the code cells of a submission.

    Returns:
        Pairs (grade id or None, source).

    Raises:
        Unreadable: If it is not a notebook.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"the file is larger than {LARGEST // 2**20} MB")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("the file cannot be read: it is not a notebook, or damaged") from error
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("the file is no notebook of today's format: it has no list of cells")
    return [(grade_id(cell), source(cell)) for cell in cells if isinstance(cell, dict) and is_code(cell)]


def is_code(cell):
    """Return True for a code cell."""
    return cell.get("cell_type") == "code"


def grade_id(cell):
    """Return nbgrader's name of a cell, or None."""
    marks = cell.get("metadata")
    marks = marks.get("nbgrader") if isinstance(marks, dict) else None
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else None


def source(cell):
    """Return the source of a cell, which may be stored as lines."""
    text = cell.get("source")
    lines = text if isinstance(text, list) else [text]
    return "".join(line for line in lines if isinstance(line, str))


def owner(path):
    """Return whose notebook it says to be, or None."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"]["assignment"]["student"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
