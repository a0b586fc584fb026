"""pytest's settings for the whole course. It stands at the root so that `pytest notebooks` reads it too."""

import base64
import functools
import os

import hypothesis
from nbval.plugin import IPyNbCell

import figures

PICTURES = ("image/png", "image/jpeg")
# Files of tests that take as long as the notebooks with about such a number.
LONG = {"test_full_size": 100, "test_models": 3, "test_datasets": 2, "test_pretrained": 1, "test_training": 1}

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's notes about this machine's processor
if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:  # one process for each core: their threads would compete
    for variable in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

hypothesis.settings.register_profile("course", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("course")


def pytest_collectstart(collector):
    """Leave stderr out of nbval's comparison: warnings depend on versions, progress bars on time."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)


def pytest_collection_modifyitems(items):
    """Begin with what takes long, so that no process is left with it when the others have nothing to do any more."""
    items.sort(key=duration, reverse=True)  # and otherwise in their order


def duration(item):
    """Roughly how long the file of a test takes, as a number for its class; later notebooks train more."""
    if item.path.suffix == ".ipynb":
        return int(item.path.stem[:2]) if item.path.stem[:2].isdigit() else 0
    return LONG.get(item.path.stem, -1)


def pytest_itemcollected(item):
    """nbval compares a cell's text but not its pictures: add them."""
    if isinstance(item, IPyNbCell):
        item.compare_outputs = functools.partial(compare_outputs, item, item.compare_outputs)


def compare_outputs(cell, compare_text, new, stored):
    """Whether text and pictures that a cell made are those stored; if not, nbval shows `comparison_traceback`."""
    same_text = compare_text(new, stored)
    complaints = picture_complaints(cell, pictures(new), pictures(stored))
    cell.comparison_traceback += complaints
    return same_text and not complaints


def pictures(outputs):
    """The decoded PNG and JPEG files among a cell's outputs, in order."""
    data = [output.get("data", {}) for output in outputs]
    return [base64.b64decode(bundle[kind]) for bundle in data for kind in PICTURES if kind in bundle]


def picture_complaints(cell, new, stored):
    """One text for every picture that differs from the stored one, or one about their number."""
    if len(new) != len(stored):
        return [f"the cell made {len(new)} pictures, the notebook has {len(stored)}"]
    complaints = []
    for number, (picture, reference) in enumerate(zip(new, stored), start=1):
        score = figures.difference(reference, picture)
        if score > figures.LIMIT:
            complaints.append(
                f"picture {number} of code cell {cell.cell_num + 1} differs from the stored one: {score:.2f}, where at "
                f"most {figures.LIMIT} is accepted. Both are in {save(cell, number, picture, reference)}"
            )
    return complaints


def save(cell, number, new, stored):
    """Write both pictures to pytest's cache and return their folder."""
    folder = cell.config.cache.mkdir("figures")
    name = f"{cell.path.stem}-cell-{cell.cell_num + 1}-picture-{number}"
    (folder / f"{name}-new.png").write_bytes(new)
    (folder / f"{name}-stored.png").write_bytes(stored)
    return folder
