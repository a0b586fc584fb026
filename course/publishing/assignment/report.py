"""What comes out of the grading: a table of points, and for each student a page with feedback."""

import csv
import functools
import html
import json
import re
from typing import NamedTuple

from course.publishing.assignment.verdict import UNANSWERED
from course.publishing.mathematics import mathml

COLUMNS = ("student", "question", "points", "of", "feedback")
TOTALS = ("student", "points", "of")
LONGEST_ANSWER, LONGEST_CODE = 300, 2000  # characters

ERRORS = {  # in words
    "SyntaxError": "Python cannot read this code. Look for a missing bracket, a comma, or a sign too many.",
    "IndentationError": "a line begins too far to the right or to the left.",
    "NameError": "a name is used that nothing has been given to. Is it spelt as above, and set in a cell before?",
    "TypeError": "an operation or function got something of a type that it cannot work with.",
    "ValueError": "a function got something of the right type, but with a value or size that it cannot work with.",
    "IndexError": "a place is asked for that a list or array does not have; the first is 0.",
    "KeyError": "a key is asked for that is not there.",
    "AttributeError": "something has no part or function of this name.",
    "ZeroDivisionError": "something is divided by 0.",
    "ModuleNotFoundError": "this library is not there when the notebook is run for grading.",
    "ImportError": "this library, or this part of it, is not there when the notebook is run for grading.",
    "FileNotFoundError": "there is no such file when the notebook is run for grading.",
    "PermissionError": "this file or network is closed to a notebook that is run for grading.",
    "MemoryError": "more memory is asked for than a notebook gets.",
    "RecursionError": "a function calls itself without end.",
}

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: {student}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }}
section {{ border-left: 0.3rem solid #b3402a; padding: 0.1rem 1rem; margin: 1.5rem 0; }}
section.right {{ border-color: #2f7d4f; }}
h2 {{ font-size: 1.15rem; margin: 0.4rem 0; }}
pre {{ overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.3rem 0; }}
.verdict {{ font-weight: 600; }}
</style>
<h1>{title}</h1>
<p>{student}: <strong>{points} of {of} points</strong></p>
{body}
</html>
"""

SECTION = """<section class="{kind}">
<h2>Question {place} (exercise {number}): {word}, {points} of 1</h2>
{question}
{answer}
<p class="verdict">{feedback}</p>
</section>"""


class Result(NamedTuple):
    """What became of one question."""

    number: str  # of the exercise, 2.4
    question: str  # Markdown
    record: dict | None  # what the student's process reported
    points: int
    feedback: str
    code: str = ""  # of the student's answer cell

    def failed(self):
        """Return what stopped the cell, or None."""
        return self.record and (self.record.get("error") or self.record.get("fatal"))

    def unanswered(self):
        """Return whether the cell ran and left no answer."""
        return self.feedback == UNANSWERED or bool(self.record and not self.failed() and not self.record.get("set"))


def totals(rows, students):
    """Add up the rows of the table, those of COLUMNS, to one of TOTALS for each of some students."""
    return [
        (student, *(sum(row[column] for row in rows if row[0] == student) for column in (2, 3))) for student in students
    ]


def write_table(rows, path, columns=COLUMNS):
    """Write the rows, tuples in the order of the columns, as CSV; a spreadsheet takes no text in it for a formula."""
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([harmless(entry) for entry in row] for row in rows)


def harmless(entry):
    """Return an entry that no spreadsheet computes."""
    return f"'{entry}" if isinstance(entry, str) and entry.startswith(("=", "+", "-", "@", "\t", "\r")) else entry


def page(title, student, results, of):
    """Return the page of a student.

    Args:
        title: The name of the assignment.
        student: Whose page it is.
        results: A `Result` for each question; or a text, if nothing could be graded.
        of: The number of points that there are.
    """
    if isinstance(results, str):
        body, points = f'<section><p class="verdict">{html.escape(results)}</p></section>', 0
    else:
        body, points = "\n".join(map(section, range(1, len(results) + 1), results)), sum(one.points for one in results)
    return PAGE.format(title=html.escape(title), student=html.escape(student), points=points, of=of, body=body)


def section(place, result):
    """Return one question of the page."""
    return SECTION.format(
        kind="right" if result.points else "wrong",
        word="right" if result.points else "not answered" if result.unanswered() else "not right",
        place=place,
        number=result.number,
        points=result.points,
        question=rendered(result.question),
        answer=answered(result),
        feedback=html.escape(result.feedback),
    )


def answered(result):
    """Return a student's answer as HTML: what the cell left, or its code and what stopped it."""
    if result.unanswered() or not result.record:
        return ""
    if not (error := result.failed()):
        return f"<p>Your answer:</p>\n<pre>{html.escape(shown(result.record))}</pre>"
    name = re.search(r"error, (\w+)", str(error))
    words = ERRORS.get(name[1], "") if name else ""
    code = result.code if len(result.code) <= LONGEST_CODE else result.code[: LONGEST_CODE - 3] + "..."
    return f"<p>Your code:</p>\n<pre>{html.escape(code)}</pre>" + f"\n<p>{name and name[1]}: {words}</p>" * bool(words)


@functools.cache
def markdown():
    """Return the converter of Markdown that nbconvert uses as well."""
    import mistune

    return mistune.create_markdown()


def rendered(text):
    """Return a question as HTML; only its own Markdown, nothing that a student wrote."""
    formulas = []

    def keep(match):
        formulas.append(mathml(match[1]))
        return f"FORMULA{len(formulas) - 1}END"

    made = markdown()(re.sub(r"\$([^$]+)\$", keep, text))
    return re.sub(r"FORMULA(\d+)END", lambda match: formulas[int(match[1])], made)


def shown(record):
    """Return an answer as a short text."""
    if not record or not record.get("set"):
        return "-"
    if isinstance(record.get("calls"), list):
        return "a function"
    try:
        text = in_brief(record.get("value"))
    except (RecursionError, ValueError):  # forged
        text = "nothing that can be shown"
    return text if len(text) <= LONGEST_ANSWER else text[: LONGEST_ANSWER - 3] + "..."


def in_brief(value):
    """Return plain data as a text without what they are made of."""
    if isinstance(value, dict):
        if "array" in value:
            return json.dumps(value["array"])
        return "a function" if "callable" in value else f"something of type {value.get('odd')}"
    return json.dumps(value, ensure_ascii=False)
