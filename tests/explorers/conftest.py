"""Explorers in a real browser."""

from unittest import mock

import pytest

from utils.explorers import explorer as module


@pytest.fixture(scope="package")
def pages(browser):
    """A function that opens a page; pages that differ only in what they show are opened once."""
    opened = {}

    def open_page(complaints, **context):
        key = repr(context)
        if key not in opened:
            opened[key] = page = browser.new_context(**context).new_page()
            page.on("request", lambda request: page.complain(request.url[:99]) if fetched(request) else None)
            page.on("pageerror", lambda error: page.complain(str(error)))
            page.on("console", lambda line: page.complain(line.text) if line.type == "error" else None)
        opened[key].complain = complaints.append
        return opened[key]

    return open_page


@pytest.fixture
def show(pages):
    """A function that shows an explorer as a cell's output does, and returns the frame in which it lives.

    Whatever the page asks of a network, and every error of its scripts, fails the test. The still picture, behind the
    frame and out of sight, is drawn on demand only: it takes longer than most tests.
    """
    complaints = []

    def shown(explorer, width=1280, height=720, picture=False, **context):
        page = pages(complaints, **context)
        page.set_viewport_size({"width": width, "height": height})
        html = explorer._repr_html_() if picture else without_picture(explorer)
        page.set_content(f'<!doctype html><html lang="en"><title>Notebook</title><body>{html}')
        frame = page.frames[1]
        frame.wait_for_load_state()
        return frame

    yield shown
    assert not complaints


def without_picture(explorer):
    """Return what a cell's output shows, with an empty picture."""
    with mock.patch.object(module, "png", return_value=(b"", {})):
        return explorer._repr_html_()


def fetched(request):
    return not request.url.startswith(("about:", "data:", "blob:"))
