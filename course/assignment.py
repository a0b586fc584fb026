"""Make graded assignments from the exercises, with other numbers, and grade what students hand in.

    python -m course assignment 02 --seed s3cret                        one assignment for all
    python -m course assignment 02 --seed s3cret --students names.txt   one for each student, a name a line
    python -m course assignment 02 --seed s3cret --grade handed_in      grade the folder handed_in

The numbers are drawn by the seed, any word: the same word gives the same numbers. Keep it to yourself, for whoever
knows it can make the solutions. In published/assignments/02_images_and_filters_2d/s3cret stand

    students     what you hand out
    teacher      the key, which grading needs, and the solutions, to give out after the deadline

Students hand in STUDENT.ipynb, or STUDENT/02_images_and_filters_2d.ipynb, as nbgrader collects them. Grading runs
their cells in processes that reach neither the key nor a network. In published/grades/02_images_and_filters_2d/s3cret
stand then

    points.csv   points and feedback for each question
    totals.csv   the points of each student, to paste into a grade book
    feedback     a page for each student

--output and --grades name other folders than published/assignments and published/grades.
"""

import argparse
import json
import re
import unicodedata
from pathlib import Path

from course.notebooks import ROOT, add_notebooks, read, write
from course.publishing import parts
from course.publishing.assignment import grading, notebook
from course.publishing.assignment.variant import variants
from course.publishing.folder import PUBLISHED, CannotPublish, add_output, whole

LONGEST_NAME = 120  # bytes
SAMPLE = "sample"  # a seed for a first look; everybody knows it
FOLDER, GRADES = PUBLISHED / "assignments", PUBLISHED / "grades"


def add_arguments(parser):
    """Declare the options of the command."""
    add_notebooks(parser)
    parser.add_argument("--seed", type=word, default=SAMPLE, help=f"any word; default: {SAMPLE}, which everybody knows")
    parser.add_argument("--students", type=Path, metavar="FILE", help="a name a line; each gets numbers of their own")
    parser.add_argument("--grade", type=Path, metavar="FOLDER", help="grade what lies in this folder")
    text = f"folder for points and feedback; default: {GRADES.relative_to(ROOT).as_posix()}"
    parser.add_argument("--grades", type=Path, default=GRADES, metavar="FOLDER", help=text)
    parser.add_argument("--unconfined", action="store_true", help="grade even where students' code could read the key")
    add_output(parser, FOLDER)


def word(text):
    """Check a seed: it becomes the name of a folder."""
    if not re.fullmatch(r"[\w@-][\w.@-]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} must consist of letters, digits and . _ - @")
    return text


def student(text):
    """Check a student's name, any that can be the name of a file on every system."""
    name = unicodedata.normalize("NFC", text)
    unfit = any(letter in '<>:"/\\|?*' or unicodedata.category(letter)[0] == "C" for letter in name)
    if unfit or name.startswith((".", "-")) or name.endswith(".") or len(name.encode()) > LONGEST_NAME:
        raise argparse.ArgumentTypeError(f'{text!r} cannot name a file: no . or - in front, none of <>:"/\\|?*')
    return name


def main(options):
    """Carry out the command; return its exit status."""
    if options.grade:
        if len(options.notebooks) != 1:
            raise CannotPublish("name the notebook whose assignment is to be graded, such as 02")
        path, place = options.notebooks[0], Path(options.notebooks[0].stem) / options.seed
        key, grades = options.output / place / "teacher" / "key.json", options.grades / place
        grading.grade(path, key, options.grade, grades, confined=not options.unconfined)
    else:
        build(options.notebooks, options.output, options.seed, names(options.students))
    return 0


def names(path):
    """Read the names of the students, [""] without a file.

    Raises:
        CannotPublish: If a name cannot be that of a folder, or there is none.
    """
    if path is None:
        return [""]
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise CannotPublish(f"cannot read {path}; --students takes a text file with a name in each line") from error
    found = [line for line in lines if line and not line.startswith("#")]
    try:
        found = [student(name) for name in found]
    except argparse.ArgumentTypeError as error:
        raise CannotPublish(f"{path}: {error}") from error
    if len(set(map(str.casefold, found))) < len(found) or not found:
        raise CannotPublish(f"{path} must name at least one student, and none of them twice, capitals or not")
    return found


def build(notebooks, folder, seed=SAMPLE, students=("",)):
    """Write the assignments of some notebooks.

    Args:
        notebooks: Their paths.
        folder: The folder to fill; what is there for other seeds stays.
        seed: Any word.
        students: The name of each; "" alone where all get the same.
    """
    for path in notebooks:
        if not variants(int(path.name[:2])):
            print(f"{path.stem}: none of its exercises has other numbers to ask for", flush=True)
            continue
        key = {"notebook": path.stem, "students": {name: notebook.draw(path, seed, name) for name in students}}
        with whole(folder / path.stem / seed) as new:
            (new / "teacher").mkdir(mode=0o700)
            for student, drawn in key["students"].items():
                for part, solved in (("students", False), ("teacher/solutions", True)):
                    place = new / part / student
                    place.mkdir(parents=True, exist_ok=True)
                    write(notebook.assignment(path, drawn, student, solved), place / path.name)
            (new / "teacher" / "key.json").write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")
        print(f"{path.stem}: {in_brief(path)}; {len(students)} variant{'s' * (len(students) != 1)}", flush=True)


def in_brief(path):
    """Say how many exercises of a notebook are asked, and which are left out."""
    names, graded = [question.name for question in parts.questions(read(path), path)], variants(int(path.name[:2]))
    left = [notebook.number(path, name) for name in names if name not in graded]
    text = f"{len(graded)} of {len(names)} exercises can have other numbers"
    return text + f"; left out: {', '.join(left)}" * bool(left)
