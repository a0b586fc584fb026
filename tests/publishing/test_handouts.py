"""Hand-outs: students find no solution in what they are given, instructors find all, and both can be printed."""

import ast
import contextlib
import filecmp
import importlib
import io
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.__main__ import main
from course.code import bound_and_read
from course.handouts import build
from course.notebooks import NOTEBOOKS, ROOT, read
from course.publishing import parts
from course.publishing.folder import CannotPublish
from course.publishing.handouts import library, versions
from tests.helpers import child
from utils.exercises import MODULES
from utils.exercises.exercise import Exercise

ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
each = pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem[:2])


def exercises():
    modules = [importlib.import_module(f"utils.exercises.{name}") for name in MODULES]
    return [thing for module in modules for thing in vars(module).values() if isinstance(thing, Exercise)]


def texts(folder):
    """Return what the text files of a folder hold, cells of notebooks as they are read."""
    found = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file()}
    for path in folder.rglob("*.ipynb"):
        found[path] = "\n".join(cell.source for cell in read(path).cells)
    return found


# For students


@each
def test_students_get_the_notebook_with_empty_exercises(path, handouts):
    stored, given = read(path), read(handouts / "students" / "notebooks" / path.name)
    answers = {question.answer.id: question for question in parts.questions(stored, path)}
    kept = [cell for cell in stored.cells if not parts.is_notes(cell)]
    assert [cell.id for cell in given.cells] == [cell.id for cell in kept]
    for before, cell in zip(kept, given.cells):
        if cell.id in answers:
            assert not cell.outputs and cell.execution_count is None
            assert f"exercises.{answers[cell.id].name}.check(" in cell.source and ".hint()" in cell.source
        elif cell.cell_type == "code":
            assert cell.outputs == before.outputs and (cell.source == before.source or parts.is_setup(before))


def test_students_find_no_solution_and_no_way_to_one(handouts):
    shown = texts(handouts / "students")
    everything = "\n".join(text for path, text in shown.items() if path.parent.name != "exercises")
    for exercise in exercises():
        code = exercise.solution_code.strip()
        assert code not in everything or "\n" not in code, f"{exercise.number}: {code}"
    for name in MODULES:
        file = Path("utils", "exercises", f"{name}.py")
        assert shown[handouts / "students" / file] == library.without_solutions((ROOT / file).read_text("utf-8"))
    assert ".solution()" not in "\n".join(text for path, text in shown.items() if "utils" not in path.parts)
    for way in ("colab.research", "google.colab", "git clone", "**Notes.**"):
        assert way not in everything, way


def test_the_tests_of_solutions_would_find_them(handouts):
    shown = texts(handouts / "instructors")
    everything = "\n".join(text for path, text in shown.items() if path.parent.name != "exercises")
    found = [exercise.solution_code.strip() in everything for exercise in exercises()]
    assert sum(found) > len(found) / 2  # of the others, an import or a line is left out
    assert "google.colab" in everything and "**Notes.**" in everything


def test_students_can_run_checkers_and_hints_but_no_solutions_where_the_course_is_not(handouts):
    """From the set-up cell of their notebook, in its folder."""
    path = handouts / "students" / "notebooks" / "01_convolution_1d.ipynb"
    (begin,) = [cell.source for cell in read(path).cells if cell.source.startswith("import os, sys")]
    code = """
print(exercises.__file__)
exercises.q1.check(49)
exercises.q1.check(50)
exercises.q1.hint()
for exercise in (exercises.q1, exercises.q2, exercises.q6):
    assert exercise.solution_code is None
    exercise.solution()
"""
    printed, complaints = child(begin + code, cwd=path.parent).communicate()
    lines = printed.splitlines()
    assert not complaints and lines[0].startswith(str(handouts / "students"))
    right, wrong, hint, *refused = lines[1:]
    assert "right" in right and "plain average" in wrong and "Hint 1.1" in hint
    assert [line[:13] for line in refused] == ["Solution 1.1:", "Solution 1.2:", "Solution 1.6:"]
    assert all("not part of this hand-out" in line for line in refused)


@pytest.mark.parametrize("name", MODULES)
def test_nothing_but_the_solution_is_taken_out_of_a_module(name):
    def keywords(source):
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        made = [call for call in calls if ast.unparse(call.func) == "Exercise"]
        return [{given.arg: ast.dump(given.value) for given in call.keywords} for call in made]

    source = (ROOT / "utils" / "exercises" / f"{name}.py").read_text(encoding="utf-8")
    before, after = keywords(source), keywords(library.without_solutions(source))
    solutions = [given.pop("solution") for given in before], [given.pop("solution") for given in after]
    assert len(before) >= 4 and after == before
    assert set(solutions[1]) == {ast.dump(ast.Constant(None))} and not set(solutions[0]) & set(solutions[1])


# For instructors

NEEDED = re.compile(r"^import numpy.*|^from utils.pretrained .*|^from math .*", re.MULTILINE)  # by solutions


@each
def test_the_solutions_of_instructors_print_what_is_stored_with_them(path, handouts):
    given = read(handouts / "instructors" / "notebooks" / path.name)
    module = importlib.import_module(f"utils.exercises.{MODULES[int(path.name[:2])]}")
    names = {"exercises": module}
    solved = 0
    for cell in given.cells:
        if cell.cell_type == "code" and parts.CHECK.search(cell.source):
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(cell.source, names)
            assert [printed.getvalue()] == [output.text for output in cell.outputs]
            solved += 1
        elif cell.cell_type == "code":
            exec("\n".join(NEEDED.findall(cell.source)), names)
    assert solved == len(parts.questions(read(path), path))


@each
def test_a_solution_changes_no_name_that_a_later_cell_reads(path, handouts):
    stored = {cell.id: cell for cell in read(path).cells}
    changed = set()  # by the solutions so far
    for cell in read(handouts / "instructors" / "notebooks" / path.name).cells:
        if cell.cell_type == "code" and parts.CHECK.search(cell.source):
            changed |= versions.bound_by(cell.source) - versions.bound_by(stored[cell.id].source) - {"answer"}
        elif cell.cell_type == "code":
            bound, reads = bound_and_read(cell)
            assert not reads & changed - bound, cell.source
            changed -= bound


def test_a_solution_that_would_is_put_into_a_function(handouts):
    given = read(handouts / "instructors" / "notebooks" / "01_convolution_1d.ipynb")
    first, second = [cell.source for cell in given.cells if parts.CHECK.search(cell.source)][:2]
    assert first.startswith("def solved():\n    x, w = [10") and "\nanswer = solved()\n" in first
    assert second.startswith("def smooth(x, w):\n    values") and "solved" not in second


@each
def test_instructors_read_the_hint_and_the_feedback_to_each_mistake(path, handouts):
    given = read(handouts / "instructors" / "notebooks" / path.name)
    notes = {cell.id: cell.source for cell in given.cells if parts.is_notes(cell)}
    for question in parts.questions(read(path), path):
        shown = re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", notes[f"{question.answer.id}-notes"])
        assert question.exercise.hint_text in shown and question.exercise.mistakes
        assert all(feedback in shown for _, feedback in question.exercise.mistakes)


@pytest.mark.parametrize(
    "answer, text",
    [
        (52, "52"),
        (37_752_832, "37,752,832"),
        (1 / 3, "0.333333"),
        (-1e-7, "-1e-07"),
        ((12800, 2.5), "(12800, 2.5)"),
        ([[1, 0], [0, 1]], "[[1, 0], [0, 1]]"),
        ([True, False], "[True, False]"),
        ("fc7", '"fc7"'),
    ],
)
def test_wrong_answers_are_shown_as_students_write_them(answer, text):
    assert versions.shown(answer) == text


# Bad input


def small(folder, name="01_small.ipynb", count=1):
    check = new_code_cell(
        "answer = None\n\nexercises.q1.check(answer)\n# exercises.q1.solution()", execution_count=count
    )
    cells = [new_markdown_cell("# Title"), new_markdown_cell("### Exercise 1.1"), check]
    nbformat.write(new_notebook(cells=cells), folder / name)
    return folder / name


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda folder: small(folder, count=None), "python -m course run 01"),
        (lambda folder: small(folder, "small.ipynb"), "must begin with a number"),
        (lambda folder: ROOT / "README.md", "README.md is not a notebook"),
    ],
)
def test_what_cannot_be_handed_out_is_said_in_a_line_and_nothing_is_written(make, words, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    notebook = make(tmp_path / "in")
    assert main(["handouts", str(notebook), "--output", str(tmp_path / "out" / "handouts")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line and not list(tmp_path.glob("out/*"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    assert main(["handouts", "01", "--output", str(tmp_path / "file" / "handouts")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "file") in line and "--output names another" in line


def test_two_builds_are_the_same(tmp_path):
    notebooks = [small(tmp_path), NOTEBOOKS / "03_stride_padding_channels.ipynb"]
    for name in ("one", "two"):
        build(notebooks, tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    same, *different = filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", files, shallow=False)
    assert different == [[], []] and Path("students/print/01_small.html") in same


def test_a_cell_without_a_place_for_an_answer_is_refused(tmp_path):
    notebook = read(small(tmp_path))
    notebook.cells[-1].source = "exercises.q1.check(answer)"
    with pytest.raises(CannotPublish, match="no place"):
        versions.for_instructors(notebook, tmp_path / "01_small.ipynb")
