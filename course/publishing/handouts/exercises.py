"""The exercises of a notebook alone, on one to three sheets: empty for students, with answers for instructors."""

import html

from course.publishing import parts
from course.publishing.handouts.answers import given, given_and_space
from course.publishing.handouts.page import filled, markdown, title_of
from course.publishing.handouts.versions import mistakes, shown, solution
from course.publishing.text import code_as_html, plain

COURSE = "Convolutional neural networks, cell by cell"
NAME = '<p class="name">Name:</p>\n'


def sheet(notebook, path, version):
    """Return the page with the exercises of a notebook.

    Args:
        notebook: Its content, as stored.
        path: Its file.
        version: Whose it is: "students", who write on it, or "instructors", who read the answers.
    """
    title = f"{title_of(notebook)}: exercises"
    head = f'<p class="course">{COURSE}</p>\n<h1>{path.name[:2]} {html.escape(title)}</h1>\n'
    if version == "students":
        head += NAME
    asked = [
        f'<section class="asked">\n{markdown(one.question.source)}'
        f"{given_and_space(one.answer.source) if version == 'students' else answered(one)}</section>\n"
        for one in parts.questions(notebook, path)
    ]
    kind = "sheet" if version == "students" else "sheet answers"
    return filled(title, path, version, f'<div class="{kind}">\n{head}{"".join(asked)}</div>')


def answered(question):
    """Return what is given, the solution, what it teaches, and the usual mistakes with the feedback to them."""
    code = code_as_html(f"{given(question.answer.source)}\n{solution(question)}".strip())
    result = f"**{answer(question.exercise)}**. " if question.variable == "answer" else ""
    lesson = markdown(f"{result}{plain(question.exercise.lesson)}")
    return f'{code}<div class="lesson">{lesson}</div>\n{markdown(mistakes(question.exercise))}'


def answer(exercise):
    """Return the right answer as students write it; the solution computes it."""
    names = {}
    exec(exercise.solution_code, names)
    return plain(shown(names["answer"]))
