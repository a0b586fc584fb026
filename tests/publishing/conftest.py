"""Hand-outs and slides of all notebooks, and slides of a few cells, opened in a real browser."""

import pytest
from nbformat.v4 import new_notebook

from course import handouts as handout_command, slides
from course.notebooks import NOTEBOOKS, write

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.fixture(scope="session")
def built(once):
    """The folder with the slides of all notebooks."""
    return once("slides", lambda folder: slides.build(PATHS, folder))


@pytest.fixture
def show(browser):
    """A function that opens slides from a file; what asks for something else, or an error, fails the test."""
    complaints = []
    context = browser.new_context(viewport={"width": 1280, "height": 720})

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


@pytest.fixture(scope="session")
def handouts(once):
    """The folder with the hand-outs of all notebooks."""
    return once("handouts", lambda folder: handout_command.build(PATHS, folder))
