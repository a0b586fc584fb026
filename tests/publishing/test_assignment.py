"""Assignments ask the exercises with other numbers, and points are given for answers alone."""

import copy
import csv
import importlib
import json
import re
import shutil

import nbformat
import pytest

from course import assignment as command
from course.notebooks import NOTEBOOKS, code_cells, read
from course.publishing import parts
from course.publishing.assignment import confine, grading, notebook
from course.publishing.assignment.variant import Variant, answer, numbers, public_answer, unfit, variants
from utils.exercises import MODULES, images_and_filters_2d
from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_numbers

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
IMAGES = PATHS[2]
VARIANTS = [(path, name) for path in PATHS for name in variants(int(path.name[:2]))]
each_variant = pytest.mark.parametrize("path, name", VARIANTS, ids=lambda value: getattr(value, "stem", value)[:3])
SEEDS = 200
confined = pytest.mark.skipif(not confine.version(), reason="nothing shuts processes in here")


def test_every_notebook_has_at_least_three_questions_to_grade_in_the_order_of_its_exercises():
    for number, module in enumerate(MODULES):
        exercises = vars(importlib.import_module(f"utils.exercises.{module}"))
        order = [name for name, thing in exercises.items() if isinstance(thing, Exercise)]
        graded = list(variants(number))
        assert len(graded) in (0, *range(3, 9)) and graded == [name for name in order if name in graded], module


@each_variant
def test_with_the_lectures_numbers_question_and_code_are_those_of_the_notebook(path, name):
    variant, (question,) = asked(path, name)
    assert variant.question(**variant.lecture()) == question.question.source.partition("\n\n")[2]
    if variant.given:
        assert variant.given(**variant.lecture()) == notebook.given(question)
    made = variant.make(**variant.lecture())
    assert (made.lesson, made.hint_text) == (question.exercise.lesson, question.exercise.hint_text)
    assert made.solution_code == question.exercise.solution_code


def asked(path, name):
    return variants(int(path.name[:2]))[name], [q for q in parts.questions(read(path), path) if q.name == name]


@each_variant
def test_numbers_are_fit_whatever_the_seed_and_plain_data(path, name):
    variant, number = variants(int(path.name[:2]))[name], int(path.name[:2])
    drawn = [numbers(number, name, str(seed)) for seed in range(SEEDS)]
    assert drawn == json.loads(json.dumps(drawn)) and drawn[0] == numbers(number, name, "0")
    texts = {variant.question(**one) + (variant.given(**one) if variant.given else "") for one in drawn}
    (question,) = asked(path, name)[1]
    assert question.question.source.partition("\n\n")[2] not in texts or variant.given
    assert not any(re.search(r"np\.(int|float)64|array\(\[\[?np", text) for text in texts)
    for one in drawn[:5]:
        made = variant.make(**one)
        assert made.evaluate(answer(made)) == (True, made.lesson)
        assert made.evaluate(public_answer(number, name))[0] is False


def exercise(right=12, mistakes=((3, "That is one side."),), solution=None, hint="Multiply."):
    judge = same_numbers(right, mistakes=mistakes)
    return Exercise(judge=judge, hint=hint, solution=solution or f"answer = {right}", lesson="An area.")


@pytest.mark.parametrize(
    "made, public, why",
    [
        (exercise(), 20, ""),
        (exercise(solution="answer = 13"), 20, "solution"),
        (exercise(right=20), 20, "public"),
        (exercise(mistakes=[(12, "No.")]), 20, "feedback"),
        (exercise(mistakes=[(3, "One side."), (3, "The other side.")]), 20, "feedback"),
        (exercise(mistakes=[(3, "Not 12?")]), 20, "holds the answer"),
        (exercise(hint="It is 12."), 20, "holds the answer"),
    ],
)
def test_unfit_numbers_are_found(made, public, why):
    assert (why in unfit(made, public)) if why else unfit(made, public) == ""


def test_a_variant_without_fit_numbers_is_named(monkeypatch):
    always = Variant(images_and_filters_2d.bytes_of_an_image, lambda rng: dict(rows=600, columns=600), lambda rows: "")
    monkeypatch.setitem(variants(2), "q1", always)
    with pytest.raises(RuntimeError, match="q1 of notebook 02"):
        numbers(2, "q1", "seed")


# The notebooks


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The assignment of notebook 02, for everybody."""
    folder = tmp_path_factory.mktemp("assignments")
    command.build([IMAGES], folder, "secret")
    return folder / IMAGES.stem / "secret"


def handed_out(made):
    return read(made / "students" / IMAGES.name)


def solved(made):
    return read(made / "teacher" / "solutions" / IMAGES.name)


def test_the_students_notebook_says_nothing_about_the_answers(made):
    text = (made / "students" / IMAGES.name).read_text(encoding="utf-8")
    assert "solution" not in text.replace('"solution": ', "") and "utils.exercises import" not in text
    assert "secret" not in text and "hint" not in text and "check(" not in text
    for name, one in notebook.exercises(
        2, json.loads((made / "teacher" / "key.json").read_text())["students"][""]
    ).items():
        assert one.lesson not in text and one.hint_text not in text and one.solution_code.strip() not in text, name
    empty = [cell.source for cell in code_cells(handed_out(made)) if cell.id.startswith("answer_")]
    assert len(empty) == len(variants(2)) and all(" = None " in source for source in empty)


def test_nbgrader_accepts_the_notebook_and_leaves_the_points_to_a_person(made):
    validator = pytest.importorskip("nbgrader.nbgraderformat").MetadataValidator()
    for one in (handed_out(made), solved(made)):
        nbformat.validate(one)
        validator.validate_nb(one)
    marks = [cell.metadata.nbgrader for cell in handed_out(made).cells]
    assert all(mark.locked != mark.solution and mark.grade == mark.solution for mark in marks)


def test_two_builds_are_the_same_and_a_student_keeps_the_numbers_when_the_list_grows(tmp_path):
    for folder, students in (("a", ["ada", "bob"]), ("b", ["ada", "bob"]), ("c", ["zoe", "bob", "eve"])):
        command.build([IMAGES], tmp_path / folder, "1", students)
    files = [{p.relative_to(tmp_path / f): p.read_bytes() for p in (tmp_path / f).rglob("*.*")} for f in "abc"]
    assert files[0] == files[1] and len(files[0]) == 5
    bob = [path for path in files[0] if "bob" in path.parts]
    assert len(bob) == 2 and all(files[0][path] == files[2][path] for path in bob)
    (ada,) = [path for path in files[0] if {"ada", "students"} <= set(path.parts)]
    assert files[0][ada] != files[0][bob[0]]


# What is handed in, and what it is worth: points for each question, and a word of the feedback to the first

BREAK_OUT = """
import numpy, os, sys
numpy.allclose = numpy.isclose = lambda *a, **k: True
try:
    from utils.exercises import judges
    judges._close = lambda *a: True
except ImportError:
    pass
for frame in sys._current_frames().values():
    while frame:
        frame.f_globals["same_numbers"] = frame.f_globals["judge"] = lambda *a, **k: None
        frame = frame.f_back
answer_1 = 3
"""
ANYTHING_EQUAL = """
class Right(float):
    __eq__ = __le__ = __lt__ = lambda *a: True
    __sub__ = __rsub__ = __abs__ = lambda *a: 0
    __hash__ = float.__hash__
answer_1 = Right(3)
"""
FORGE = """
import json, os
for descriptor in range(3, 30):
    for name in "q1", "q2", "q4", "q5", "q6", "q7":
        line = {"question": name, "set": True, "right": True, "points": 1, "value": {"array": [[[]], "x"], "type": "O"}}
        try:
            os.write(descriptor, json.dumps(line).encode() + b"\\n")
        except OSError:
            break
"""
FIRST = {  # the code of the first answer: points for the first question, those for all, a word of the feedback
    "right": (None, 1, 6, "bytes"),
    "empty": ("answer_1 = None", 0, 5, "not answered"),
    "wrong": ("answer_1 = 3", 0, 5, "not the value"),
    "crashes": ("answer_1 = 1 / 0", 0, 5, "ZeroDivisionError"),
    "is_no_python": ("answer_1 = = 3", 0, 5, "SyntaxError"),
    "never_ends": ("import time\nwhile True:\n    time.sleep(1)", 0, 5, "stopped after 3 seconds"),
    "hangs_on": ("import signal as s\ns.signal(s.SIGALRM, s.SIG_IGN)\ns.pause()", 0, 5, "not end"),
    "exits": ("raise SystemExit", 0, 5, "SystemExit"),
    "ends_python": ("import os\nos._exit(0)", 0, 5, "ended Python"),
    "prints_right": ("print('Exercise 2.1: right.')\nanswer_1 = 'right'", 0, 5, "is text"),
    "patches": (BREAK_OUT, 0, 5, "not the value"),
    "is_equal_to_all": (ANYTHING_EQUAL, 0, 5, "3 is not the value"),
    "forges": (FORGE + "os._exit(0)", 0, 5, "ended Python"),
    "reads_the_key": ("answer_1 = open(KEY).read()", 0, 5, "PermissionError"),
    "asks_the_exercise": ("from utils.exercises import images_and_filters_2d", 0, 5, "utils.exercises"),
    "takes_all_memory": ("answer_1 = [0] * 10**11", 0, 5, "MemoryError"),
    "kills": ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nanswer_1 = 3", 0, 5, ""),
    "uses_magics": ("%matplotlib inline\n!echo 1\nimport matplotlib.pyplot\nanswer_1 = 3", 0, 5, "not the value"),
    "uses_the_library": ("from utils.convolution import correlate2d\nanswer_1 = 3", 0, 5, "not the value"),
}


def save(cells, folder, student):
    """Write a submission."""
    content = nbformat.v4.new_notebook(cells=cells)
    (folder / f"{student}.ipynb").write_text(nbformat.writes(content), encoding="utf-8")


def changed(made, student):
    """The solutions, with other code in the first answer."""
    cells = solved(made).cells
    if (code := FIRST[student][0]) is not None:
        (first,) = [cell for cell in cells if cell.id == "answer_q1"]
        first.source = code.replace("KEY", repr(str(made / "teacher" / "key.json")))
    return cells


@pytest.fixture(scope="module")
def graded(made, tmp_path_factory):
    """The rows of the table for each student of FIRST and OTHERS, by the name, and the folder with the pages."""
    handed_in, grades = tmp_path_factory.mktemp("handed_in"), tmp_path_factory.mktemp("grades") / "02"
    for student in FIRST:
        save(changed(made, student), handed_in, student)
    for student, (write, *_) in OTHERS.items():
        write(made, handed_in, student)
    grading.grade(IMAGES, made / "teacher" / "key.json", handed_in, grades, seconds=3)
    with (grades / "points.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row for row in rows if row["student"] == name] for name in (*FIRST, *OTHERS)}, grades


def some(keep, edit=lambda cells: cells):
    """A way to write a submission with some of the cells of the solutions."""
    return lambda made, folder, student: save(edit([c for c in solved(made).cells if keep(c)]), folder, student)


def nested(*names):
    """A way to write the solutions under some names in a folder of the student's own."""

    def write(made, folder, student):
        for name in names:
            place = folder / student / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(made / "teacher" / "solutions" / IMAGES.name, place)

    return write


def text(content, ending=".ipynb"):
    """A way to write a file with some text."""
    return lambda made, folder, student: (folder / f"{student}{ending}").write_text(content, encoding="utf-8")


def without_marks(cells):
    for cell in cells:
        cell.metadata.pop("nbgrader")
    return cells


def again(cell):
    cell = copy.deepcopy(cell)
    cell.id = "again"
    return cell


def with_more_points(cells):
    for cell in cells:
        cell.metadata.nbgrader |= {"points": 100, "grade": True, "locked": False, "solution": True}
    cells[1].source = "raise SystemExit"  # the set-up cell, which is locked
    return cells


OTHERS = {  # ways to write a submission, with the sum of points and a word of the feedback of some row
    "json": (text('{"cells": ['), 0, "cannot be read"),
    "a_list": (text("[1, 2]"), 0, "no list of cells"),
    "odd_cells": (text('{"cells": [1, {"cell_type": "code", "metadata": 3, "source": {}}]}'), 0, "another notebook"),
    "deep": (text("[" * 100_000), 0, "cannot be read"),
    "another": (lambda made, f, student: shutil.copy(PATHS[1], f / f"{student}.ipynb"), 0, "another notebook"),
    "pdf": (text("", ".pdf"), 0, "not a notebook"),
    "nested": (nested(f"02/{IMAGES.name}", f".ipynb_checkpoints/{IMAGES.name}"), 6, ""),
    "two_files": (nested(f"a/{IMAGES.name}", f"b/{IMAGES.name}"), 0, "which one"),
    "other_name": (nested("mine.ipynb"), 0, "but mine.ipynb"),
    "marks": (some(lambda cell: True, without_marks), 0, "another notebook"),
    "missing": (some(lambda cell: cell.id != "answer_q4"), 5, "missing"),
    "twice": (some(lambda cell: True, lambda cells: [*cells, again(cells[3])]), 5, "more than"),
    "more_points": (some(lambda cell: True, with_more_points), 6, ""),
}


@confined
@pytest.mark.parametrize("student", FIRST)
def test_answers_alone_give_points(graded, student):
    rows, (_, first, total, word) = graded[0][student], FIRST[student]
    assert [row["question"] for row in rows] == [str(place) for place in range(1, 7)]
    assert word.lower() in rows[0]["feedback"].lower()
    assert int(rows[0]["points"]) == first and sum(int(row["points"]) for row in rows) == total


@confined
@pytest.mark.parametrize("student", OTHERS)
def test_what_is_no_submission_is_a_line_of_the_table(graded, student):
    rows, (_, points, word) = graded[0][student], OTHERS[student]
    assert len(rows) in (1, 6) and (len(rows) == 1) == (points == 0)
    assert sum(int(row["points"]) for row in rows) == points and any(word in row["feedback"] for row in rows)
    assert sum(int(row["of"]) for row in rows) == 6
