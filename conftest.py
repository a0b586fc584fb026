"""pytest's settings for the whole course. It stands at the root so that `pytest notebooks` reads it too."""

import base64
import copy
import functools
import os
import re
import tempfile
from pathlib import Path

import hypothesis
import pytest

import utils  # noqa: F401 before TensorFlow is imported: it sets the level of its messages
from course import offline, pictures
from course.notebooks import EXPLORER, IMAGES, ONE_THREAD, still_pictures

# Files of tests that take as long as the notebooks with about such a number.
LONG = dict(test_full_size=100, test_distribution=99, test_backends=3, test_datasets_preparation=2)
LONG |= dict(test_training=1, test_transfer=1)

if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:  # one process for each core: their threads would compete
    os.environ |= ONE_THREAD


@pytest.hookimpl(optionalhook=True)  # pytest runs without xdist, too
def pytest_xdist_auto_num_workers():
    """Use a process more than there are cores: some wait for a browser, for a kernel or for processes of their own."""
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count())) + 1


hypothesis.settings.register_profile("course", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("course")


def pytest_collectstart(collector):
    """Leave stderr out of nbval's comparison: warnings depend on versions, progress bars on time.

    And keep the notebook offline.
    """
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)
        collector.setup = functools.partial(start_offline, collector, collector.setup)


def start_offline(notebook, start):
    """Start the kernel of a notebook; whatever address it asks for goes into the file `notebook.asked`."""
    start()
    notebook.folder = tempfile.TemporaryDirectory()
    notebook.asked = Path(notebook.folder.name) / "asked.txt"
    code = f"import runpy; runpy.run_path({offline.__file__!r})['stay_offline']({str(notebook.asked)!r}); del runpy"
    request = notebook.kernel.execute_cell_input(code, allow_stdin=False)
    notebook.kernel.await_reply(request, timeout=60)
    notebook.kernel.await_idle(request, 60)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Let a cell fail that asks for the address of another computer, also if it goes on without an answer."""
    result = yield
    asked = getattr(item.parent, "asked", None)
    if asked and asked.exists():
        text = asked.read_text(errors="replace").strip()
        asked.unlink()
        pytest.fail(f"the cell asks for another computer: {text}", pytrace=False)
    return result


def pytest_collection_modifyitems(items):
    """Run the longest tests first, so that no process is still busy with one when all others are done."""
    items.sort(key=duration, reverse=True)  # and otherwise in their order


def duration(item):
    """Estimate how long the file of a test takes, as a number to sort by; later notebooks train more."""
    if item.path.suffix == ".ipynb":
        return int(item.path.stem[:2]) if item.path.stem[:2].isdigit() else 0
    return LONG.get(item.path.stem, -1)


def pytest_itemcollected(item):
    """Let nbval compare a cell's pictures as well as its text."""
    if hasattr(item, "compare_outputs"):
        item.compare_outputs = functools.partial(compare_outputs, item, item.compare_outputs)


def compare_outputs(cell, compare_text, new, stored):
    """Compare the text and pictures that a cell made with those stored; nbval shows `comparison_traceback`."""
    same_text = compare_text(*map(without_measured_parts, (new, stored)))
    complaints = picture_complaints(cell, decoded(new), decoded(stored))
    cell.comparison_traceback += complaints
    return same_text and not complaints


def decoded(outputs):
    """Decode the PNG and JPEG files among a cell's outputs, in order, and the still pictures of explorers."""
    data = [output.get("data", {}) for output in outputs]
    files = [bundle[kind] for bundle in data for kind in IMAGES if kind in bundle]
    files += [png for bundle in data for _, png in still_pictures(bundle.get("text/html", ""))]
    return [base64.b64decode(file) for file in files]


def without_measured_parts(outputs):
    """Return outputs without what differs by rounding: an explorer's picture, and weights that a notebook trains."""
    outputs = copy.deepcopy(outputs)
    for output in outputs:
        if EXPLORER in (shown := output.get("data", {}).get("text/html", "")):
            output["data"]["text/html"] = re.sub('base64,[^"]*|(?<=float16&quot;:&quot;)[^&]*', "", shown)
    return outputs


def picture_complaints(cell, new, stored):
    """Return a text for every picture that differs from the stored one, or one about their number."""
    if len(new) != len(stored):
        return [f"the cell made {len(new)} pictures, the notebook has {len(stored)}"]
    complaints = []
    for number, (picture, reference) in enumerate(zip(new, stored), start=1):
        score = pictures.difference(reference, picture)
        if score > pictures.LIMIT:
            complaints.append(
                f"picture {number} of code cell {cell.cell_num + 1} differs from the stored one: {score:.2f}, where at "
                f"most {pictures.LIMIT} is accepted. Both are in {save(cell, number, picture, reference)}"
            )
    return complaints


def save(cell, number, new, stored):
    """Write both pictures to pytest's cache and return their folder."""
    folder = cell.config.cache.mkdir("figures")
    name = f"{cell.path.stem}-cell-{cell.cell_num + 1}-picture-{number}"
    (folder / f"{name}-new.png").write_bytes(new)
    (folder / f"{name}-stored.png").write_bytes(stored)
    return folder
