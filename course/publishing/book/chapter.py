"""A notebook becomes a chapter: its own text, code and outputs, arranged for those who read and do not run."""

import copy
import re

from nbformat.v4 import new_markdown_cell

from course.notebooks import EXPLORER, markdown_cells
from course.publishing import parts
from course.publishing.book import finish
from course.publishing.book.links import relink
from course.publishing.text import plain

# The still picture before an explorer is covered by it, and then hidden from those who do not see that.
LIVE = f'{EXPLORER}loading="lazy" onload="this.previousElementSibling.ariaHidden = true" '
BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]\(([^)]*)\)")


def chapter(notebook, path, pages):
    """Return a notebook as a chapter; its outputs stay as they are.

    Args:
        notebook: Its content, as stored.
        path: Its file: the name begins with the chapter's number.
        pages: The pages of the book, as for `links.relink`.
    """
    chapter = copy.deepcopy(notebook)
    chapter.cells = [cell for cell in chapter.cells if not parts.is_notes(cell)]
    answers = add_answers(chapter, path)
    for cell in chapter.cells:
        if cell.cell_type == "code":
            cell.metadata = code_metadata(cell)
            for output in cell.outputs:
                if parts.is_explorer(output):
                    output.data["text/html"] = output.data["text/html"].replace(EXPLORER, LIVE)
                elif "text/html" in output.get("data", {}):
                    output.data["text/html"] = finish.table(output.data["text/html"])
        elif cell.id not in answers:
            cell.source = relink(with_text_links(cell.source, path), f"notebooks/{path.name}", pages)
    first = markdown_cells(chapter)[0]
    first.source = re.sub(r"^# ", f"# {number(path)} ", first.source)
    return chapter


def number(path):
    """Return the number of a chapter, such as "05"."""
    return path.name.split("_")[0]


def with_text_links(source, path):
    """Replace the badge, a picture that a server would send, by a link in words, with one to the slides beside it."""
    slides = f'<a href="../../slides/{path.stem}.html">Slides</a>'
    return BADGE.sub(lambda badge: f"[Open in Colab]({badge[1]}) · {slides}", source)


def code_metadata(cell):
    """Return what MyST-NB has to know of a code cell: what is folded, and the description of its picture."""
    alts = [alt for alt in map(parts.description, cell.outputs) if alt]
    image = {"mystnb": {"image": {"alt": alts[0]}}} if alts else {}
    return {**image, "tags": ["hide-input"] if parts.is_setup(cell) else []}


def add_answers(chapter, path):
    """Put hint and solution, folded, after each exercise; nobody can ask for them here. Return the new cells' ids."""
    added = set()
    for question in parts.questions(chapter, path):
        question.answer.outputs = []  # "not answered yet", to whom?
        label = re.sub(r"q(\d+)$", rf"{int(number(path))}.\1", question.name)
        place = next(k for k, cell in enumerate(chapter.cells) if cell is question.answer)
        cell = new_markdown_cell(answer(question.exercise, label), id=f"{question.name}-answer")
        chapter.cells.insert(place + 1, cell)
        added.add(cell.id)
    return added


def answer(exercise, label):
    """Return hint and solution of an exercise, labelled by its number such as "8.1", in Markdown."""
    solution = f"```python\n{exercise.solution_code.strip()}\n```\n\n{plain(exercise.lesson)}"
    return folded("Hint", label, plain(exercise.hint_text)) + "\n\n" + folded("Solution", label, solution)


def folded(summary, label, text):
    """Return Markdown that is seen after a press on its summary; extension.py has the directive."""
    return f"::::{{fold}} {summary}\n:for: {label}\n{text}\n::::"
