"""Explorers in a real browser: Debian's Chromium or Google's Chrome, driven by Playwright, without a network."""

import shutil

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="package")
def browser():
    if BROWSER is None:
        pytest.skip("there is no browser; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def pages(browser):
    """A function that opens a page; pages that differ only in what they show are opened once."""
    opened = {}

    def page(complaints, **context):
        key = repr(context)
        if key not in opened:
            opened[key] = browser.new_context(**context).new_page()
            opened[key].on(
                "request", lambda request: opened[key].complain(request.url[:99]) if fetched(request) else None
            )
            opened[key].on("pageerror", lambda error: opened[key].complain(str(error)))
            opened[key].on("console", lambda line: opened[key].complain(line.text) if line.type == "error" else None)
        opened[key].complain = complaints.append
        return opened[key]

    return page


@pytest.fixture
def show(pages):
    """A function that shows an explorer as a cell's output does, and returns the frame in which it lives.

    Whatever the page asks of a network, and every error of its scripts, fails the test.
    """
    complaints = []

    def shown(explorer, width=1280, height=720, **context):
        page = pages(complaints, **context)
        page.set_viewport_size({"width": width, "height": height})
        page.set_content(f'<!doctype html><html lang="en"><title>Notebook</title><body>{explorer._repr_html_()}')
        frame = page.frames[1]
        frame.wait_for_load_state()
        return frame

    yield shown
    assert not complaints


def fetched(request):
    return not request.url.startswith(("about:", "data:", "blob:"))
