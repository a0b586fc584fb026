"""Slides as files: what is left out, where links lead, and what happens if something is missing."""

import ast
import re
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course import slides
from course.__main__ import main
from course.notebooks import NOTEBOOKS, find
from course.publishing import browser
from course.publishing.folder import stored
from course.publishing.slides import cells, page
from course.publishing.text import as_html


def test_the_room_sees_neither_the_set_up_nor_what_only_a_reader_needs():
    kept = cells.ANSWER.sub(
        "", "table = [1]\nanswer = None   # a list\n\nexercises.q1.check(answer)\n# exercises.q1.hint()\n"
    )
    assert kept.strip() == "table = [1]"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("plots.images({'a': a},\n  size=2)", ""),
        ("from b import c\n\nplots.confusion(c)", ""),
        ("a = 1\nplots.images(a)", "a = 1\nplots.images(a)"),
        ("network", "network"),
    ],
)
def test_a_figure_stands_alone_where_code_only_draws_it(source, shown, tmp_path):
    figure = new_output("display_data", {"image/png": "iVBORw0="}, metadata={"image/png": {"alt": "a line"}})
    notebook = new_notebook(cells=[new_code_cell(source, outputs=[figure])])
    (cell,) = cells.for_the_room(notebook, tmp_path / "01_small.ipynb").cells
    assert cell.source == shown and cell.outputs


def test_code_without_descriptions_is_still_code():
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in cells.for_the_room(stored(path), path).cells:
            if cell.cell_type == "code" and not cell.source.startswith("%"):
                ast.parse(cell.source)
                assert "shows=" not in cell.source


def test_the_dots_of_a_training_stay_in_the_notebook():
    lines = ["two layers, seed 0        .......... 5 epochs", "1000 images               ..........", "loss: 0.2 ..."]
    lines += ["tanh                     .. 2 epochs, stopped: loss is nan"]
    output = cells.without_progress(new_output("stream", text="\n".join(lines)))
    assert output.text == "\n".join(lines[2:])
    assert cells.without_progress(new_output("stream", text="\n".join(lines[:2]) + "\n")) is None


def test_the_speaker_reads_signs_of_hint_and_lesson_as_they_are():
    exercise = SimpleNamespace(hint_text="(2*k + 1)*(2*n + 1)", solution_code="1", lesson="a <b or [0](1)", mistakes=())
    question = SimpleNamespace(exercise=exercise, answer=SimpleNamespace(id="a"))
    shown = as_html(cells.speakers(question).source)
    assert "(2*k + 1)*(2*n + 1)" in shown and "a &lt;b or [0](1)" in shown and "<em>" not in shown


def test_the_speaker_reads_the_first_usual_mistakes():
    wrong = [(1234, "Rows_too?"), (1235, "Rows_too?"), (list(range(20)), "Long."), (abs, "Code."), (True, "d")]
    exercise = SimpleNamespace(mistakes=[*wrong, (2, "e"), (3, "f")])
    listed = ["- `1,234`: Rows\\_too?", "- Long.", "- Code.", "- `True`: d", "- `2`: e"]
    assert cells.mistakes(exercise).splitlines() == ["", "", "**Usual mistakes**", "", *listed]
    assert cells.mistakes(SimpleNamespace(mistakes=())) == ""


@pytest.mark.parametrize(
    ("link", "better"),
    [
        ('<a href="07_googlenet.ipynb">x</a>', '<a href="07_googlenet.html">x</a>'),
        ('<a href="../README.md#contents">x</a>', '<a href="index.html">x</a>'),
        ('<a href="../data/README.md">x</a>', "x"),
        ('<a href="https://keras.io">x</a>', '<a href="https://keras.io">x</a>'),
    ],
)
def test_links_lead_to_slides_or_nowhere(link, better):
    assert page.without_local_links(link) == better


def test_two_builds_are_the_same(tmp_path):
    for name in ("one", "two"):
        slides.build([find("01")], tmp_path / name)
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [file.name for file in one] == ["01_convolution_1d.html", "index.html"]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


def test_without_a_browser_or_reveal_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(browser, "NAMES", ("no-such-browser",))
    assert main(["slides", "01", "--pdf", "--output", str(tmp_path / "slides")]) == 1
    assert re.fullmatch(r".*Chromium.*install.*\n", capsys.readouterr().err)
    page.reveal_folder.cache_clear()
    monkeypatch.setattr(page, "REVEAL", "_static/no-such-folder")
    assert main(["slides", "01", "--output", str(tmp_path / "slides")]) == 1
    assert re.fullmatch(r".*reveal\.js 5.*pip install.*\n", capsys.readouterr().err)
    page.reveal_folder.cache_clear()
    assert not list(tmp_path.iterdir())
