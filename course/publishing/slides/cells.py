"""A notebook made ready for the room: what only its reader needs is left out.

Out go the set-up cell, cells of the type `skip`, the Colab badge with the links beside it, and the cells in which
answers to exercises are typed and checked; of these, what the question needs stays. Hints, solutions and usual mistakes
go into the speaker's notes. Code comes without the description of its figure, which says what the room should see for
itself, and without the dots that a training prints. An explorer or a figure stands alone where its code does nothing
but call for it.
"""

import ast
import copy
import html
import re

from nbformat.v4 import new_markdown_cell

from course.code import without_argument
from course.notebooks import IMAGES
from course.publishing import parts
from course.publishing.handouts.versions import shown
from course.publishing.text import plain

NAVIGATION = re.compile(r"^.*\]\(https://colab\.research\.google\.com/.*\n?", re.MULTILINE)
ANSWER = re.compile(r"^answer = None.*\n?|^exercises\.q\d+\.check\(.*\n?|^# exercises\..*\n?", re.MULTILINE)
PROGRESS = re.compile(r"^.{24,} (?:\.+ \d+ (?:epochs?|steps?)|\.{5,})(?:\n|$)", re.MULTILINE)  # of utils.training
HANDED_ON = """<script>
// Keys that a presenter sends, and Escape, go on to the slides; all others stay in the explorer.
addEventListener("keydown", event => {
  if (!["PageDown", "PageUp", "Escape"].includes(event.key) || event.defaultPrevented) return;
  event.preventDefault();
  parent.postMessage({ key: event.key }, "*");
});
</script>"""


def for_the_room(notebook, path):
    """Return a copy of a notebook with the cells that the slides show, in order."""
    notebook = copy.deepcopy(notebook)
    asked = {question.answer.id: question for question in parts.questions(notebook, path)}
    cells = []
    for cell in notebook.cells:
        if parts.slide_type(cell) == "skip" or parts.is_setup(cell):
            continue
        if cell.cell_type == "markdown":
            cell.source = NAVIGATION.sub("", cell.source).removeprefix("**Notes.**\n")
        elif cell.id in asked:
            cells += [speakers(asked[cell.id])]
            cell.source, cell.outputs = ANSWER.sub("", cell.source).strip("\n"), []
            cell.metadata["slideshow"] = {"slide_type": "-"}  # at once, with the question
        else:
            cell.source = "" if only_shows(cell) else without_argument(cell.source, "shows")
            cell.outputs = [with_keys(output) for output in map(without_progress, cell.outputs) if output]
        if cell.source.strip() or cell.get("outputs"):
            cells.append(cell)
    notebook.cells = cells
    return notebook


def speakers(question):
    """Return a cell of notes with the hint and the solution of an exercise, and its first usual mistakes."""
    exercise = question.exercise
    text = f"**Hint.** {plain(exercise.hint_text)}\n\n**Solution.**\n\n"
    text += f"```python\n{exercise.solution_code.strip()}\n```\n\n{plain(exercise.lesson)}{mistakes(exercise)}"
    cell = new_markdown_cell(text, id=f"{question.answer.id}-notes")
    cell.metadata["slideshow"] = {"slide_type": "notes"}
    return cell


def mistakes(exercise, most=5, longest=30):
    """Return the usual mistakes of an exercise as Markdown: what is wrong, and what the checker says to it.

    Args:
        exercise: A `utils.exercises.exercise.Exercise`.
        most: How many there may be.
        longest: An answer of more characters is left out, and so is a function; the feedback remains.
    """
    found = {}
    for wrong, feedback in exercise.mistakes:
        answer = "" if callable(wrong) else shown(wrong)
        found.setdefault(feedback, f"`{answer}`: " if 0 < len(answer) <= longest else "")
    lines = [f"- {answer}{plain(feedback)}" for feedback, answer in list(found.items())[:most]]
    return "\n".join(["\n\n**Usual mistakes**\n", *lines]) if lines else ""


def only_shows(cell):
    """Return True for a cell that shows an explorer or a figure, and whose code is one call and imports."""
    if not any(parts.is_explorer(output) or is_figure(output) for output in cell.outputs):
        return False
    *before, last = ast.parse(cell.source).body
    if not isinstance(last, ast.Expr) or not all(isinstance(line, (ast.Import, ast.ImportFrom)) for line in before):
        return False
    return any(map(parts.is_explorer, cell.outputs)) or ast.unparse(last).startswith("plots.")


def is_figure(output):
    """Return True for an output that is a picture."""
    return any(kind in output.get("data", {}) for kind in IMAGES)


def without_progress(output):
    """Return an output without the lines in which a training counts its epochs; None if nothing is left."""
    if output.output_type == "stream":
        output.text = PROGRESS.sub("", output.text)
        return output if output.text.strip() else None
    return output


def with_keys(output):
    """Return an output in which an explorer lets the presenter's keys through to the slides."""
    if parts.is_explorer(output):
        script = html.escape(HANDED_ON)
        output.data["text/html"] = re.sub(
            r'(srcdoc="[^"]*)"', lambda found: f'{found[1]}{script}"', output.data["text/html"]
        )
    return output
