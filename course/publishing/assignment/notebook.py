"""The notebook of an assignment: for a student, with empty answers, or for the teacher, with solutions.

Its cells carry nbgrader's metadata, so that nbgrader can hand it out, collect it, and show each answer to a person who
grades by hand. It holds no tests: nothing in it says what is right.
"""

import re

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.notebooks import METADATA, markdown_cells, read
from course.publishing import parts
from course.publishing.assignment.variant import numbers, variants
from utils.exercises.exercise import NUMBERS

SETUP = "import numpy as np"


def draw(path, seed, student=""):
    """Draw the numbers of all questions of an assignment for one student, by the names of the exercises."""
    number = int(path.name[:2])
    return {name: numbers(number, name, seed, student) for name in variants(number)}


def exercises(number, drawn):
    """Make the exercises of an assignment from the numbers drawn, by their names."""
    return {name: variants(number)[name].make(**chosen) for name, chosen in drawn.items()}


def variables(path):
    """Return the name in which each answer is given, by the exercise: answer_1, answer_2, ... or a function's own."""
    asked = {question.name: question.variable for question in parts.questions(read(path), path)}
    order = list(variants(int(path.name[:2])))
    return {
        name: f"answer_{place}" if asked[name] == "answer" else asked[name] for place, name in enumerate(order, start=1)
    }


def assignment(path, drawn, student="", solved=False):
    """Make the notebook of an assignment.

    Args:
        path: The notebook of the lecture.
        drawn: The numbers of each question, by the names of the exercises.
        student: Whom it is for; empty where all get the same.
        solved: Whether the answers are those of the teacher.

    Returns:
        The notebook; its metadata name the assignment and the student.
    """
    number, lecture, names = int(path.name[:2]), read(path), variables(path)
    asked = {question.name: question for question in parts.questions(lecture, path)}
    made = exercises(number, drawn)
    cells = [locked(new_markdown_cell(introduction(lecture, number, len(drawn))), "introduction")]
    cells += [locked(new_code_cell(SETUP), "setup")]
    for place, (name, chosen) in enumerate(drawn.items(), start=1):
        variant = variants(number)[name]
        text = f"### Question {place}\n\n{variant.question(**chosen)}"
        code = variant.given(**chosen) if variant.given else given(asked[name])
        code = re.sub(r"^answer\b", names[name], code, flags=re.MULTILINE)
        code = with_solution(code, names[name], made[name]) if solved else code
        cells.append(locked(new_markdown_cell(text), f"question_{name}"))
        cells.append(answer_cell(code, name))
    cells.append(locked(new_code_cell(last_look(names.values())), "last_look"))
    notebook = new_notebook(cells=cells, metadata=nbformat.from_dict(METADATA))
    notebook.metadata["assignment"] = {"notebook": path.stem, "student": student}
    for cell in notebook.cells:
        cell["id"] = cell.metadata.nbgrader.grade_id
    return notebook


def given(question):
    """Return the code of an answer cell of the lecture, without the lines that check."""
    return parts.CHECK.split(question.answer.source)[0].rstrip()


def with_solution(code, name, exercise):
    """Put the solution into the code of an answer cell, in place of the empty answer."""
    data = re.split(rf"^(?:{name} = None|def {name}\()", code, flags=re.MULTILINE)[0]
    solution = re.sub(r"^answer = ", f"{name} = ", exercise.solution_code.strip(), flags=re.MULTILINE)
    solution = solution.replace("\n" + " " * len("answer = ["), "\n" + " " * len(f"{name} = ["))
    return data + solution.removesuffix(f"{name} = {name}").rstrip()


def introduction(lecture, number, questions):
    """Write the first cell."""
    title = next(cell.source for cell in markdown_cells(lecture) if cell.source.startswith("# "))
    title = title.splitlines()[0].removeprefix("# ").removeprefix(f"{number:02} ").strip(" ·:")
    count = NUMBERS[questions] if questions < len(NUMBERS) else str(questions)
    return (
        f"# Assignment {number:02}: {title}\n\n"
        f"{count.capitalize()} questions, one point each. Write every answer into the cell below its question, run "
        "the cells, save, and hand in this file.\n\n"
        "- Your answers are read from these cells and by these names, such as `answer_1`: keep both. Cells of your own "
        "are welcome between them.\n"
        "- The notebook will be run from top to bottom, without a network and without `utils.exercises`. A cell may "
        "take ten seconds; one that stops with an error or does not end costs only its own question.\n"
        "- You get the points with a page that says what is wrong."
    )


def last_look(names):
    """Write the last cell: it names the answers that are missing."""
    return (
        "# Before you hand in: which answers are missing?\n"
        f"names = {list(names)}\n"
        'print([name for name in names if globals().get(name) is None] or "None is missing.")'
    )


def locked(cell, identity):
    """Mark a cell that students leave as it is."""
    cell.metadata |= {"deletable": False, "editable": False}
    return marked(cell, identity, locked=True)


def answer_cell(code, name):
    """Make the cell for an answer; for nbgrader it is one that a person grades."""
    cell = new_code_cell(code)
    cell.metadata["deletable"] = False
    return marked(cell, f"answer_{name}", grade=True, solution=True, points=1)


def marked(cell, identity, **settings):
    """Give a cell nbgrader's metadata."""
    plain = dict(schema_version=3, grade_id=identity, grade=False, solution=False, locked=False, task=False)
    cell.metadata["nbgrader"] = plain | settings
    return cell
