"""Time the explorers in a browser, and print a Markdown table.

From the root of the repository::

    python -m records.explorers

A hundred changes, one after the other, each with the layout that follows it; an update that takes longer than 16 ms
misses the next picture of a screen with 60 a second.
"""

import re

import numpy as np
from playwright.sync_api import sync_playwright

from course.publishing import browser
from utils import explorers

EXPLORERS = {
    "equivariance": lambda: explorers.equivariance(),
    "filter_laboratory": lambda: explorers.filter_laboratory(),
    "lenet5": lambda: explorers.lenet5(),
    "one_by_one": lambda: explorers.one_by_one(),
    "paths": lambda: explorers.paths(27, {1: 0.6, 5: 0.125, 27: -0.01}),
    "receptive_fields": lambda: explorers.receptive_fields(),
    "sliding_filter": lambda: explorers.sliding_filter(),
    "smoothing": lambda: explorers.smoothing(),
    "stride_and_padding": lambda: explorers.stride_and_padding(),
}

# What is done to an explorer a hundred times, to see how long a change takes: JavaScript of the step i.
CHANGES = {
    "equivariance": "i => moveTo(i % 13, 3 * i % 13)",
    "filter_laboratory": "i => { weights[0][0].value = i % 9; weights[0][0].oninput(); }",
    "lenet5": "i => { line([0.2 + i % 30 / 50, 0.2], [0.2 + i % 30 / 50, 0.8], 6); draw(); }",
    "one_by_one": "i => { byId('f1').value = 1 + i; byId('f1').oninput(); }",
    "paths": "i => toggle(i % n)",
    "receptive_fields": "i => choose(i % layers.length, [i, 2 * i])",
    "sliding_filter": "i => { pixels[0][0].value = i % 9; pixels[0][0].oninput(); }",
    "smoothing": "i => { byId('length').value = 30 - i % 10; byId('length').oninput(); }",
    "stride_and_padding": "i => { byId('W').value = 7 + i % 8; byId('W').oninput(); }",
}

# Frames stay in the process of their page: one that changes it while it opens would be lost to the test.
ARGUMENTS = ["--no-sandbox", "--disable-features=IsolateSandboxedIframes"]

MEASURE = """change => range(100).map(i => {
    const start = performance.now();
    change(i);
    document.body.offsetHeight;
    return performance.now() - start;
})"""


def launch(playwright):
    """Start the browser that is installed: Chromium, or Chrome where it installs itself."""
    path = browser.installed()
    where = {"executable_path": path} if path else {"channel": "chrome"}
    return playwright.chromium.launch(**where, args=ARGUMENTS)


def measure(browser, name):
    """Return a line of the table."""
    explorer = EXPLORERS[name]()
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_content(f"<!doctype html><body>{explorer._repr_html_()}")
    frame = page.frames[1]
    frame.wait_for_load_state()
    ready = frame.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
    times = frame.evaluate(f"({MEASURE})({CHANGES[name]})")
    page.close()
    code = re.sub('(?<=<script id="data" type="application/json">).*?(?=</script>)', "", explorer.page)
    sizes = [len(code.encode()) / 1000, len(explorer.page.encode()) / 1000]
    return [name, *(f"{size:.0f}" for size in sizes), *(f"{x:.1f}" for x in (ready, *np.quantile(times, (0.5, 0.95))))]


def main():
    """Measure all explorers."""
    print("| explorer | kB without data | with data | ready ms | update ms, median | 95 % |\n|:--|--:|--:|--:|--:|--:|")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name in EXPLORERS:
            print(f"| {' | '.join(measure(browser, name))} |", flush=True)


if __name__ == "__main__":
    main()
