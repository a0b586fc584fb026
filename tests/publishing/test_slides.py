"""Slides in a real browser: everything fits and can be read, questions come before answers, explorers live."""


import pytest
from nbformat.v4 import new_notebook

from course import slides
from course.notebooks import NOTEBOOKS, write
from tests.helpers import ROOT

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
AUDIT = (ROOT / "tests/publishing/audit.js").read_text(encoding="utf-8")
SIZES = ({"width": 1280, "height": 720}, {"width": 1024, "height": 768})


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder with the slides of all notebooks."""
    folder = tmp_path_factory.mktemp("published") / "slides"
    slides.build(PATHS, folder)
    return folder


@pytest.fixture
def show(browser):
    """A function that opens slides from a file; what asks for something else, or an error, fails the test."""
    complaints = []
    context = browser.new_context(viewport=SIZES[0])

    def watch(opened):
        opened.on("request", lambda request: complaints.append(request.url[:99]) if fetched(request) else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))

    context.on("page", watch)

    def shown(file):
        opened = context.new_page()
        opened.goto(file.resolve().as_uri())
        opened.wait_for_function("window.Reveal && Reveal.isReady()")
        return opened

    yield shown
    context.close()
    assert not complaints


def fetched(request):
    return not request.url.startswith(("file:", "about:", "data:", "blob:"))


@pytest.fixture
def small(tmp_path, show):
    """A function that opens the slides of a few cells: pairs of a cell and its slide type."""

    def shown(*pairs):
        for number, (cell, kind) in enumerate(pairs):
            cell.metadata["slideshow"] = {"slide_type": kind}
            if cell.cell_type == "code":
                cell.execution_count = number
        path = tmp_path / "01_small.ipynb"
        write(new_notebook(cells=[cell for cell, _ in pairs]), path)
        slides.build([path], tmp_path / "slides")
        return show(tmp_path / "slides" / "01_small.html")

    return shown


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem[:2])
def test_everything_fits_and_can_be_read(built, show, path):
    opened = show(built / f"{path.stem}.html")
    for size in SIZES:
        opened.set_viewport_size(size)
        assert opened.evaluate(AUDIT) == []
