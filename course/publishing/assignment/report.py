"""What comes out of the grading: a table of points, and for each student a page with feedback."""

import csv
import functools
import html
import json
import re
from typing import NamedTuple

from course.publishing.mathematics import mathml

COLUMNS = ("student", "question", "points", "of", "feedback")
LONGEST_ANSWER = 300  # characters

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
<p>Your answer:</p>
<pre>{answer}</pre>
<p class="verdict">{feedback}</p>
</section>"""


class Result(NamedTuple):
    """What became of one question."""

    number: str  # of the exercise, 2.4
    question: str  # Markdown
    record: dict | None  # what the student's process reported
    points: int
    feedback: str


def write_table(rows, path):
    """Write the rows, tuples in the order of COLUMNS, as CSV; no text in it is taken for a formula by a spreadsheet."""
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
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
        word="right" if result.points else "not right",
        place=place,
        number=result.number,
        points=result.points,
        question=rendered(result.question),
        answer=html.escape(shown(result.record)),
        feedback=html.escape(result.feedback),
    )


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
