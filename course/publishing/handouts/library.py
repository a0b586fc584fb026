"""What a hand-out needs to run anywhere: `utils`, `data` and the requirements, for students without the solutions."""

import ast
import itertools
import re
import shutil
from pathlib import Path

from course.notebooks import ROOT
from utils.exercises import MODULES

HERE = Path(__file__).parent
FOLDERS = ("utils", "data")
FILES = ("requirements.txt", "constraints.txt", "LICENSE", "LICENSE-CC-BY-4.0", "CITATION.cff")
SECTIONS = ("Contents", "Licence")  # of README.md
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*", "*.pyc")


def copy_library(folder, solutions):
    """Copy what notebooks need to run into a folder.

    Args:
        folder: The folder, where `notebooks` stands beside it.
        solutions: Whether the solutions of the exercises come along.
    """
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=NOT_COPIED)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    if not solutions:
        for name in MODULES:
            file = folder / "utils" / "exercises" / f"{name}.py"
            file.write_text(without_solutions(file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def without_solutions(source):
    """Return a module of exercises in which None is the solution of each `Exercise`."""
    code = source.encode()  # in bytes, in which Python counts columns
    starts = [0, *itertools.accumulate(map(len, code.splitlines(keepends=True)))]
    solutions = [
        given.value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Exercise"
        for given in call.keywords
        if given.arg == "solution"
    ]
    for value in sorted(solutions, key=lambda value: (value.lineno, value.col_offset), reverse=True):
        begin = starts[value.lineno - 1] + value.col_offset
        end = starts[value.end_lineno - 1] + value.end_col_offset
        code = code[:begin] + b"None" + code[end:]
    return code.decode()


def readme(beginning, names):
    """Return the README of a hand-out: a beginning of its own, then the sections of the course's README for all.

    Args:
        beginning: Of the file in this folder, without ".md".
        names: File -> title of the notebooks of the hand-out; of the contents, their lines remain.
    """
    sections = re.split(r"^(?=## )", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    kept = [section for section in sections if section.startswith(tuple(f"## {title}\n" for title in SECTIONS))]
    assert len(kept) == len(SECTIONS), f"README.md lacks one of the sections {SECTIONS}"
    text = "".join([(HERE / f"{beginning}.md").read_text(encoding="utf-8"), "\n", to_print(names), "\n", *kept])
    other = re.compile(r"^\|.*\]\(notebooks/(?P<name>[\w.]+)\).*\n", re.MULTILINE)
    return other.sub(lambda row: row[0] if row["name"] in names else "", text)


def to_print(names):
    """Return the section that names the pages of each notebook; `names` is file -> title."""
    rows = [
        f"| {name[:2]} {title} | [all of it](print/{name[:-6]}.html) | [exercises](print/{name[:-6]}_exercises.html) |"
        for name, title in names.items()
    ]
    return "\n".join(["## To print", "", "| notebook | pages | sheet |", "|:--|:--|:--|", *rows, ""])
