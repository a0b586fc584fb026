"""The cell of an exercise on paper: what is given, and room for the answer; a checker is of no use there."""

import html
import re

from course.publishing.text import code_as_html

PLACE = re.compile(r"^(?:answer = None\b.*|def \w+\(.*\):\n(?:\n* +.*\n)+)", re.MULTILINE)  # where students write
CALL = re.compile(r"^(?:# )?exercises\.q\d+\.\w+\(.*\)\n?", re.MULTILINE)  # of the checker, or for help


def without_calls(source):
    """Return the source of an exercise's cell without the calls of its checker."""
    return CALL.sub("", source).strip()


def given(source):
    """Return what stands before the place for the answer: data."""
    return PLACE.split(source)[0].strip() if PLACE.search(source) else ""


def given_and_space(source):
    """Return the cell of an empty exercise as HTML: what is given, and room to write, more of it for code."""
    before, place = given(source), PLACE.search(source)[0]
    code = code_as_html(before) if before else ""
    if place.startswith("def "):
        return f'{code}{code_as_html(place.splitlines()[0])}<p class="space program">Space for your code:</p>\n'
    form = place.partition("#")[2].strip()
    return f'{code}<p class="space">Your answer{f", {html.escape(form)}" if form else ""}:</p>\n'
