"""The notebook of an assignment: for a student, with empty answers, or for the teacher, with solutions.

Its cells carry nbgrader's metadata, so that nbgrader can hand it out, collect it, and show each answer to a person who
grades by hand. It holds no tests: nothing in it says what is right.
"""

import re
from typing import NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.notebooks import METADATA, markdown_cells, read
from course.publishing import parts
from course.publishing.assignment.variant import numbers, variants
from course.publishing.handouts.versions import hint_and_mistakes
from course.publishing.text import plain
from utils.exercises.exercise import NUMBERS, Exercise

SETUP = "import numpy as np"


def draw(path, seed, student=""):
    """Draw the numbers of all questions of an assignment for one student, by the names of the exercises."""
    chapter = int(path.name[:2])
    return {name: numbers(chapter, name, seed, student) for name in variants(chapter)}


def number(path, name):
    """Return the number of an exercise, such as 2.4 for q4 of notebook 02."""
    return f"{int(path.name[:2])}.{name.removeprefix('q')}"


def variable(place, code):
    """Return the name in which an answer is given: answer_1, answer_2, ... or that of the function to write."""
    function = re.search(r"^def (\w+)\(", code, re.MULTILINE)
    return function[1] if function else f"answer_{place}"


class Asked(NamedTuple):
    """A question of an assignment."""

    exercise: Exercise
    text: str  # Markdown
    variable: str  # the name of the answer
    code: str  # of the empty answer cell

    def data(self):
        """Return the code in front of the answer, which holds what the question is about."""
        return re.split(rf"^(?:{self.variable} = None|def {self.variable}\()", self.code, flags=re.MULTILINE)[0]


def asked(path, drawn):
    """Return the questions of an assignment, by the names of the exercises.

    Args:
        path: The notebook of the lecture.
        drawn: The numbers of each question, by the names of the exercises.
    """
    lecture = {question.name: given(question) for question in parts.questions(read(path), path)}
    questions = {}
    for place, (name, chosen) in enumerate(drawn.items(), start=1):
        variant = variants(int(path.name[:2]))[name]
        code = variant.given(**chosen) if variant.given else lecture[name]
        word = variable(place, code)
        code = re.sub(r"^answer\b", word, code, flags=re.MULTILINE)
        questions[name] = Asked(variant.make(**chosen), variant.question(**chosen), word, code)
    return questions


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
    questions = asked(path, drawn)
    text = introduction(path, len(drawn))
    if solved:
        text = f"{text.splitlines()[0]}: solutions\n\nWith lesson, hint, and the feedback to usual mistakes."
    cells = [locked(new_markdown_cell(text), "introduction")]
    cells += [locked(new_code_cell(SETUP), "setup")]
    for place, (name, question) in enumerate(questions.items(), start=1):
        text = f"### Question {place} (exercise {number(path, name)})\n\n{question.text}"
        cells.append(locked(new_markdown_cell(text), f"question_{name}"))
        cells.append(answer_cell(with_solution(question) if solved else question.code, name))
        if solved:
            text = f"{plain(question.exercise.lesson)}\n\n{hint_and_mistakes(question.exercise)}"
            cells.append(locked(new_markdown_cell(text), f"notes_{name}"))
    if not solved:
        names = [question.variable for question in questions.values()]
        cells.append(locked(new_code_cell(last_look(names)), "last_look"))
    notebook = new_notebook(cells=cells, metadata=nbformat.from_dict(METADATA))
    notebook.metadata["assignment"] = {"notebook": path.stem, "student": student}
    for cell in notebook.cells:
        cell["id"] = cell.metadata.nbgrader.grade_id
    return notebook


def given(question):
    """Return the code of an answer cell of the lecture, without the lines that check."""
    return parts.CHECK.split(question.answer.source)[0].rstrip()


def with_solution(question):
    """Return the code of an answer cell with the solution in place of the empty answer."""
    name, solution = question.variable, question.exercise.solution_code.strip()
    if solution.startswith("answer = ["):  # a table: its rows stay below each other
        solution = solution.replace("\n" + " " * len("answer = ["), "\n" + " " * len(f"{name} = ["))
    solution = re.sub(r"^answer = ", f"{name} = ", solution, flags=re.MULTILINE)
    return question.data() + solution.removesuffix(f"{name} = {name}").rstrip()


def introduction(path, questions):
    """Write the first cell."""
    chapter = path.name[:2]
    title = next(cell.source for cell in markdown_cells(read(path)) if cell.source.startswith("# "))
    title = title.splitlines()[0].removeprefix("# ").removeprefix(f"{chapter} ").strip(" ·:")
    count = NUMBERS[questions] if questions < len(NUMBERS) else str(questions)
    return (
        f"# Assignment {chapter}: {title}\n\n"
        f"{count.capitalize()} questions, one point each. Write every answer into the cell below its question, run "
        "the cells, save, and hand in this file.\n\n"
        "- Put the file into any folder: NumPy is all that it needs. What the questions name is explained in the "
        f"notebook `{path.stem}` of the course.\n"
        "- An answer is a plain number, or a list of numbers such as `[1, 2]` or `[[1, 2], [3, 4]]`, without units and "
        "quotation marks; Python may compute it, as in `answer_1 = 3 * 4`. Where a function is asked for, write its "
        "body.\n"
        "- To use the library of the course, put the file into the course's folder, the one that holds `utils`; then "
        "`from utils.convolution import correlate2d` works, and it does so when you are graded.\n"
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
