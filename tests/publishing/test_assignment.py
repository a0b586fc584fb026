"""Assignments ask the exercises with other numbers, and points are given for answers alone."""

import importlib
import json
import re
import shutil

import nbformat
import pytest

from course import assignment as command
from course.__main__ import main
from course.notebooks import NOTEBOOKS, code_cells, read
from course.publishing import parts
from course.publishing.assignment import collect, grading, notebook, submission
from course.publishing.assignment.variant import Variant, answer, numbers, public_answer, unfit, variants
from course.publishing.folder import CannotPublish
from utils.exercises import MODULES, images_and_filters_2d
from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_numbers

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
IMAGES = PATHS[2]
VARIANTS = [(path, name) for path in PATHS for name in variants(int(path.name[:2]))]
each_variant = pytest.mark.parametrize("path, name", VARIANTS, ids=lambda value: getattr(value, "stem", value)[:3])
SEEDS = 200
confined = pytest.mark.skipif(not collect.shuts_in(), reason="nothing shuts processes in here")


def test_every_notebook_has_at_least_three_questions_to_grade_in_the_order_of_its_exercises():
    for number, module in enumerate(MODULES):
        exercises = vars(importlib.import_module(f"utils.exercises.{module}"))
        order = [name for name, thing in exercises.items() if isinstance(thing, Exercise)]
        graded = list(variants(number))
        assert len(graded) >= 3 and graded == [name for name in order if name in graded], module


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
        (exercise(right=12.4, mistakes=[(12, "That is the side.")]), 20, "rounded"),
        (exercise(right=12.4, mistakes=[(12, "Give a decimal.")]), 20, ""),
        (exercise(right=500, mistakes=[(12, "That is one side."), (12.04, "The other side.")]), 20, "rounded"),
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
    drawn = json.loads((made / "teacher" / "key.json").read_text())["students"][""]
    for name, question in notebook.asked(IMAGES, drawn).items():
        one = question.exercise
        assert one.lesson not in text and one.hint_text not in text and one.solution_code.strip() not in text, name
    assert "### Question 3 (exercise 2.4)" in text and "NumPy is all that it needs" in text
    assert "`correlate2d`" not in text.replace("from utils.convolution import correlate2d", "")
    empty = [cell.source for cell in code_cells(handed_out(made)) if cell.id.startswith("answer_")]
    assert len(empty) == len(variants(2)) and all(" = None " in source for source in empty)


def test_the_solutions_have_lesson_hint_and_usual_mistakes(made):
    drawn = json.loads((made / "teacher" / "key.json").read_text())["students"][""]
    notes = {cell.id: cell.source for cell in solved(made).cells}
    for name, question in notebook.asked(IMAGES, drawn).items():
        one, text = question.exercise, notes[f"notes_{name}"].replace("\\", "")
        assert one.lesson in text and f"**Hint.** {one.hint_text}" in text
        assert one.mistakes and all(feedback in text for _, feedback in one.mistakes)


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


# One for each student, and the command


@confined
def test_each_student_is_graded_by_the_own_numbers(tmp_path, capsys):
    command.build([IMAGES], tmp_path, "1", ["ada", "bob", "eve"])
    solutions, handed_in = tmp_path / IMAGES.stem / "1" / "teacher" / "solutions", tmp_path / "handed_in"
    handed_in.mkdir()
    for student, source in (("ada", "ada"), ("bob", "ada"), ("zoe", "ada")):
        shutil.copy(solutions / source / IMAGES.name, handed_in / f"{student}.ipynb")
    grading.grade(IMAGES, solutions.parent / "key.json", handed_in, tmp_path / "grades")
    shown = capsys.readouterr().out
    assert "ada: 6 of 6" in shown and "bob: this is the notebook of ada" in shown
    assert "eve: nothing was handed in" in shown and "zoe: this name is not on the list" in shown
    totals = (tmp_path / "grades" / "totals.csv").read_text(encoding="utf-8").splitlines()
    assert totals == ["student,points,of", "ada,6,6", "bob,0,6", "eve,0,6"]


@confined
def test_the_command_makes_and_grades_in_the_folders_that_it_is_given(tmp_path, capsys):
    folders = [str(tmp_path / name) for name in ("made", "grades")]
    arguments = ["assignment", "02", "--seed", "1", "--output", folders[0], "--grades", folders[1]]
    assert main(arguments) == 0
    made, grades = (tmp_path / name / IMAGES.stem / "1" for name in ("made", "grades"))
    assert main([*arguments, "--grade", str(made / "teacher" / "solutions")]) == 0
    assert (grades / "points.csv").is_file() and list((grades / "feedback").iterdir())
    shown = capsys.readouterr().out
    assert "6 of 7 exercises can have other numbers; left out: 2.3" in shown
    assert str(grades / "points.csv") in shown and str(grades / "feedback") in shown


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["02", "--grade", "nowhere"], "make the assignment first"),
        (["--grade", "nowhere"], "name the notebook"),
        (["02", "--students", "nowhere.txt"], "nowhere.txt"),
        (["02", "--seed", "../x"], "letters"),
        (["77"], "there is no notebook"),
    ],
)
def test_bad_input_ends_with_one_line(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["assignment", *arguments, "--output", str(tmp_path / "new")])
    except SystemExit as stop:
        status = stop.code
    assert status and words in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["ada\nADA\n", "", "# nobody\n", "a/da\n", "../ada\n", "a:da\n", ".ada\n", "a\tb", "ß\nSS"]
)
def test_a_list_of_students_that_cannot_be_is_refused(text, tmp_path):
    (tmp_path / "names.txt").write_text(text, encoding="utf-8")
    with pytest.raises(CannotPublish, match=r"names\.txt"):
        command.names(tmp_path / "names.txt")
    (tmp_path / "names.txt").write_text(
        "# autumn\nAnna Meier\n\nbob-2@uni.example\nZoe\u0308 O'Neill\n李雷\n", encoding="utf-8"
    )
    assert command.names(tmp_path / "names.txt") == ["Anna Meier", "bob-2@uni.example", "Zoë O'Neill", "李雷"]


def test_names_are_found_in_what_is_handed_in_however_their_accents_are_written(tmp_path):
    (tmp_path / "Anna Meier.ipynb").touch()
    (tmp_path / "Zoe\u0308 O'Neill").mkdir()
    (tmp_path / "Zoe\u0308 O'Neill" / "02.ipynb").touch()
    found = submission.find(tmp_path, "02.ipynb", ["Anna Meier", "Zoë O'Neill"])
    assert [(one.student, one.complaint) for one in found] == [("Anna Meier", ""), ("Zoë O'Neill", "")]


@confined
def test_an_empty_folder_or_a_missing_one_is_refused(made, tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CannotPublish, match=r"STUDENT|handed in"):
            grading.grade(IMAGES, made / "teacher" / "key.json", folder, tmp_path / "grades")
    assert not list(tmp_path.iterdir())
