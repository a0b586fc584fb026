"""A notebook in two versions: for students without solutions, for instructors with them and what goes with them."""

import ast
import copy
import re
import textwrap

import numpy as np
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course.code import bound_and_read
from course.publishing import parts
from course.publishing.folder import CannotPublish
from course.publishing.handouts.answers import PLACE
from course.publishing.text import plain

BADGE = re.compile(r" *· *\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)")
COLAB = re.compile(r'^if "google\.colab" in .*\n(?: +.*\n)+', re.MULTILINE)  # of the set-up cell
ASKED = re.compile(r"^# exercises\.q\d+\.solution\(\)\n?", re.MULTILINE)
HELP = re.compile(r"^# exercises\.q\d+\.\w+\(\)\n?", re.MULTILINE)


def for_students(notebook, path):
    """Return a copy without solutions, without outputs of exercises, and without notes for the speaker.

    Colab goes as well: what it opens and clones is the public course, where the solutions are.

    Args:
        notebook: Its content, as stored.
        path: Its file.
    """
    notebook = copy.deepcopy(notebook)
    for asked in parts.questions(notebook, path):
        asked.answer.source = ASKED.sub("", asked.answer.source).rstrip()
        asked.answer.outputs, asked.answer.execution_count = [], None
    notebook.cells = [cell for cell in notebook.cells if not parts.is_notes(cell)]
    for cell in notebook.cells:
        cell.source = COLAB.sub("", cell.source) if parts.is_setup(cell) else BADGE.sub("", cell.source)
    return notebook


def for_instructors(notebook, path):
    """Return a copy with the solutions as if they had been run, each followed by its hint and the usual mistakes.

    Args:
        notebook: Its content, as stored.
        path: Its file.
    """
    notebook = copy.deepcopy(notebook)
    for asked in parts.questions(notebook, path):
        place = next(k for k, cell in enumerate(notebook.cells) if cell is asked.answer)
        asked.answer.source = solved(asked, notebook.cells[:place], notebook.cells[place + 1 :])
        text = f"Exercise {asked.exercise.number}: right. {asked.exercise.lesson}\n"
        asked.answer.outputs = [new_output("stream", name="stdout", text=text)]
        notes = new_markdown_cell(hint_and_mistakes(asked.exercise), id=f"{asked.answer.id}-notes")
        notes.metadata["slideshow"] = {"slide_type": "notes"}
        notebook.cells.insert(place + 1, notes)
    return notebook


def solved(asked, before, after):
    """Return the source of an exercise's cell with the solution in the place where students write.

    What a cell before has imported is not imported again. If the solution would change a name that a later cell
    reads, it stands in a function of its own.

    Args:
        asked: A `parts.Question`.
        before: The cells before this one.
        after: The cells after it.

    Raises:
        CannotPublish: If there is no such place.
    """
    source = asked.answer.source
    known = {line for cell in before for line in cell.source.splitlines() if line.startswith(("import ", "from "))}
    code = "\n".join(line for line in solution(asked).splitlines() if line not in known).strip()
    if asked.variable != "answer":
        code += "\n"
    read = {name for cell in after if cell.cell_type == "code" for name in bound_and_read(cell)[1]}
    if (bound_by(code) - bound_by(source) - {"answer"}) & read:
        code = f"def solved():\n{textwrap.indent(code, '    ')}\n    return answer\n\n\nanswer = solved()"
    if len(PLACE.findall(source)) != 1:
        raise CannotPublish(f"exercise {asked.exercise.number} has no place for an answer, such as `answer = None`")
    return HELP.sub("", PLACE.sub(lambda _: code, source)).strip()


def bound_by(code):
    """Return the names that code binds at its top level, also by imports."""
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.parse(code).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    return bound_and_read(new_code_cell(code))[0] | imported


def solution(asked):
    """Return the solution of an exercise; of a function the definition, and what it needs."""
    code = asked.exercise.solution_code.strip()
    return re.sub(rf"\n*^answer = {asked.variable}$", "", code, flags=re.MULTILINE).strip()


def hint_and_mistakes(exercise):
    """Return Markdown with the hint of an exercise and the feedback to the usual mistakes."""
    return f"**Hint.** {plain(exercise.hint_text)}\n\n{mistakes(exercise)}".rstrip()


def mistakes(exercise):
    """Return Markdown with the usual mistakes and the feedback to them, empty if the checker knows none."""
    if not exercise.mistakes:
        return ""
    if callable(exercise.mistakes[0][0]):
        feedback = dict.fromkeys(plain(feedback) for _, feedback in exercise.mistakes)
        return "**What the checker says to usual mistakes**\n\n" + "\n".join(f"- {line}" for line in feedback)
    rows = [f"| `{shown(wrong)}` | {plain(feedback)} |" for wrong, feedback in exercise.mistakes]
    return "\n".join(["| wrong answer | what the checker says |", "|:--|:--|", *rows])


def shown(answer):
    """Return an answer as students write it, a number alone with commas and decimals to six digits."""
    if isinstance(answer, str):
        return f'"{answer}"'
    if np.ndim(answer) == 0:
        return number(np.asarray(answer).item(), ",")
    return listed(answer if isinstance(answer, tuple) else np.asarray(answer).tolist())


def listed(answer):
    """Return an answer of several values as Python writes it, with decimals to six digits."""
    if not isinstance(answer, (list, tuple)):
        return number(answer, "")
    inside = ", ".join(map(listed, answer))
    return f"({inside})" if isinstance(answer, tuple) else f"[{inside}]"


def number(value, separator):
    """Return a value as text: whole numbers with a separator of thousands, others to six digits."""
    if isinstance(value, bool):
        return str(value)
    return f"{int(value):{separator}}" if value == int(value) else f"{value:.6g}"
