"""Points are given for answers alone, whatever is handed in; and what students' code may do is limited."""

import copy
import csv
import json
import os
import re
import shutil

import nbformat
import numpy as np
import pytest

from course import assignment as command
from course.notebooks import NOTEBOOKS, read
from course.publishing.assignment import collect, grading, plain, report, verdict
from utils.exercises import cnn_at_a_glance, resnet

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
IMAGES = PATHS[2]
confined = pytest.mark.skipif(not collect.shuts_in(), reason="nothing shuts processes in here")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The assignment of notebook 02, for everybody."""
    folder = tmp_path_factory.mktemp("assignments")
    command.build([IMAGES], folder, "secret")
    return folder / IMAGES.stem / "secret"


def solution(made):
    return made / "teacher" / "solutions" / IMAGES.name


def solved(made):
    return read(solution(made))


@confined
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem[:2])
def test_the_solutions_are_worth_all_points(path, tmp_path, capsys):
    command.build([path], tmp_path, "1")
    folder = tmp_path / path.stem / "1" / "teacher"
    grading.grade(path, folder / "key.json", folder / "solutions", tmp_path / "grades")
    reached, of = re.search(r": (\d) of (\d)$", capsys.readouterr().out, re.MULTILINE).groups()
    assert reached == of and int(of) >= 3


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
DEEP = """
import json, os
line = json.dumps({"question": "q1", "set": True, "value": 0}).replace("0", "[" * 900 + "]" * 900).encode()
for descriptor in range(3, 30):
    try:
        os.write(descriptor, line + b'\\n{"end": true}\\n')
    except OSError:
        pass
os._exit(0)
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
    "is_no_text": ("answer_1 = '\\ud800'", 0, 5, "is text"),
    "forges_a_depth": (DEEP, 0, 0, "judged"),
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
            shutil.copy(solution(made), place)

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
    "a_link": (lambda made, f, student: (f / f"{student}.ipynb").symlink_to(solution(made)), 0, "a link"),
    "a_pipe": (lambda made, f, student: os.mkfifo(f / f"{student}.ipynb"), 0, "not a notebook"),
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


def test_the_page_of_a_student_shows_question_answer_and_feedback(graded):
    page = (graded[1] / "feedback" / "wrong.html").read_text(encoding="utf-8")
    assert "Question 3 (exercise 2.4)" in page
    assert page.count("<section") == 6 and page.count('class="right"') == 5 and "5 of 6 points" in page
    assert "3 is not the value." in page and "How many bytes" in page and "<pre>3</pre>" in page


def test_the_page_shows_an_empty_answer_as_none_and_an_error_with_its_code_and_in_words(graded):
    empty, crashes, ends = (
        (graded[1] / "feedback" / f"{name}.html").read_text(encoding="utf-8")
        for name in ("empty", "crashes", "ends_python")
    )
    assert "Question 1 (exercise 2.1): not answered, 0 of 1" in empty and "null" not in empty
    assert empty.count("Your answer:") == 5
    assert "<pre>answer_1 = 1 / 0</pre>" in crashes and "something is divided by 0" in crashes
    assert "os._exit(0)</pre>" in ends and "ended Python" in ends


def test_nothing_that_a_student_writes_acts_in_page_or_table(tmp_path):
    record = {"set": True, "value": "<script>alert(1)</script>"}
    page = report.page("02", "<b>ada", [report.Result("2.1", "What is $x^2$?", record, 0, "<i>No.")], 1)
    page += report.page("02", "ada", [report.Result("2.1", "", {"error": "stops"}, 0, "", "print('<script>')")], 1)
    assert "<script" not in page and "<b>" not in page and "<i>" not in page
    assert "&lt;script&gt;" in page and "<msup>" in page
    report.write_table([("=1+1", 1, 0, 1, "@no"), ("ada", 2, 1, 1, "right")], tmp_path / "points.csv")
    lines = (tmp_path / "points.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["student,question,points,of,feedback", "'=1+1,1,0,1,'@no", "ada,2,1,1,right"]


# Answers as plain data


class Odd:
    def __array__(self, *arguments, **options):
        raise SystemError


ITSELF = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    "answer",
    [0, -3, 2.5, True, "fc6", [1, 2.0], (1, 2), [[1, True], [3, None]], ..., np.float64(0.1), np.int32(4)],
    ids=repr,
)
def test_plain_answers_come_back_as_they_were(answer):
    again = plain.restore(json.loads(json.dumps(plain.plain(answer))))
    assert np.array_equal(np.array(again, object), np.array(answer, object))


def test_arrays_come_back_with_shape_and_type():
    for array in (np.arange(6).reshape(2, 3), np.zeros((0, 3)), np.array([True]), np.float32([1.5])):
        again = plain.restore(json.loads(json.dumps(plain.plain(array))))
        assert again.shape == array.shape and again.dtype.kind == array.dtype.kind and (again == array).all()


@pytest.mark.parametrize(
    "answer",
    [Odd(), ITSELF, 10**5000, {1: 2}, 1j, object(), len, np.zeros(10**6), b"1", "x" * 10**6],
    ids=lambda a: str(type(a)),
)
def test_anything_else_becomes_something_that_is_wrong(answer):
    text = json.dumps(plain.plain(answer))
    assert len(text) < 2000
    assert cnn_at_a_glance.q1.evaluate(plain.restore(json.loads(text)))[0] is False


@pytest.mark.parametrize(
    "forged",
    [
        {"array": [1], "type": "O", "shape": [1]},
        {"array": [1, 2], "type": "<f8", "shape": [7]},
        {"array": "x"},
        {"odd": ["x"]},
        {"odd": "x" * 10**5},
        {"callable": 3},
        {},
        {"type": "<f8"},
    ],
    ids=str,
)
def test_forged_data_are_wrong(forged):
    points, feedback = verdict.judge(cnn_at_a_glance.q1, "answer_1", {"set": True, "value": forged})
    assert points == 0 and len(feedback) < 300


# Functions: called there, judged here

RATES = resnet.falling_rates(divisor=5)
GOOD = RATES.solution_code.replace("answer = plateau_rates", "")
FUNCTIONS = {
    "right": (GOOD, 1, "ReduceLROnPlateau"),
    "public": (GOOD.replace("/ 5", "/ 10"), 0, "of"),
    "late": (GOOD.replace("waited == patience", "waited == patience + 1"), 0, "one epoch too late"),
    "changes": (GOOD.replace("    for loss", "    losses.append(losses.pop(0))\n    for loss", 1), 0, ""),
    "spoils": (GOOD.replace("    return rates", "    losses[0] = 7\n    return rates"), 0, "Work on a copy"),
    "fails": (GOOD.replace("    return", "    rates[99]\n    return"), 0, "IndexError"),
    "nothing": (GOOD.replace("    return rates", ""), 0, "Not answered"),
    "number": ("plateau_rates = 3", 0, "Give the function itself"),
    "ends": (GOOD.replace("    return", "    import os\n    os._exit(0)\n    return"), 0, "ended Python"),
    "sleeps": (GOOD.replace("    return", "    import time\n    time.sleep(99)\n    return"), 0, "does not end"),
}


@confined
@pytest.mark.parametrize("what", FUNCTIONS)
def test_functions_are_called_there_and_judged_here(what):
    code, points, word = FUNCTIONS[what]
    cells = [{"source": code, "question": "q3", "variable": "plateau_rates", "calls": verdict.arguments(RATES)}]
    record = collect.collect(cells, seconds=2).get("q3")
    given, feedback = verdict.judge(RATES, "plateau_rates", record)
    assert given == points and word in feedback, feedback
