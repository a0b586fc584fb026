"""The comparison of pictures, on figures drawn here, on those of the notebooks, and as part of nbval; conftest.py."""

import base64
import io
import itertools
import math
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image
from skimage import data

import conftest
from course import notebooks
from course.__main__ import main
from course.pictures import LIMIT, difference

STYLE = {"font.size": 14, "image.cmap": "gray", "image.interpolation": "nearest", "savefig.dpi": 100}


def png(draw, *arguments, **settings):
    """PNG file of the figure that `draw` makes, in the course's style with other settings."""
    with plt.rc_context(STYLE | settings):
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        draw(figure, *arguments)
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return file.getvalue()


def lines(figure, names=("ReLU", "tanh", "sigmoid"), legend=True):
    x = np.linspace(-3, 3, 200)
    curves = {"ReLU": np.maximum(x, 0), "tanh": np.tanh(x), "sigmoid": 1 / (1 + np.exp(-x))}
    axes = figure.subplots()
    for name, colour in zip(curves, ["#0072B2", "#D55E00", "#009E73"]):
        axes.plot(x, curves[name] if name in names else np.full(200, np.nan), color=colour, linewidth=2.2, label=name)
    axes.set(title="Activation functions", xlabel="input", ylabel="output", xlim=(-3, 3), ylim=(-1.2, 3))
    axes.legend(loc="upper left")


def noisy(figure, seed=0, sign=1):
    t = np.arange(120)
    readings = 20 * np.sin(t / 15) + np.random.default_rng(seed).normal(0, 10, 120)
    axes = figure.subplots()
    axes.plot(t, readings, "o", color="#999999", markersize=4, label="readings")
    axes.plot(t, sign * np.convolve(readings, np.ones(9) / 9, "same"), color="#D55E00", linewidth=2.2, label="smoothed")
    axes.set(title="A noisy sensor", xlabel="time (s)", ylabel="position (km)", ylim=(-50, 50))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


PHOTOS = {"camera": data.camera, "brick": data.brick, "grass": data.grass, "gravel": data.gravel, "cell": data.cell}


def photographs():
    return {name: photo()[:512:4, :512:4] / 255 for name, photo in PHOTOS.items()} | {"cat": data.cat()[:256:2, :256:2]}


def panels(figure, pictures=None, cmap="gray"):
    pictures = pictures or photographs()
    for axes, (name, picture) in zip(figure.subplots(2, 3).flat, pictures.items()):
        axes.imshow(picture, cmap=cmap)
        axes.set_title(name)
        axes.axis("off")


def bars(figure, values=(0.06, 61, 62, 138, 6.8, 25.6)):
    axes = figure.subplots()
    axes.bar(["LeNet", "AlexNet", "ZFNet", "VGG", "GoogLeNet", "ResNet"], values, color="#0072B2")
    axes.set(title="Parameters", ylabel="millions", ylim=(0, 150))


def heat_map(figure, seed=0, numbers=True):
    counts = np.random.default_rng(seed).poisson(3, (10, 10)) + 30 * np.eye(10, dtype=int)
    axes = figure.subplots()
    figure.colorbar(axes.imshow(counts, cmap="Blues", vmin=0, vmax=40))
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, count if numbers else "", ha="center", va="center", fontsize=9)
    axes.set(title="Confusion matrix", xlabel="predicted", ylabel="true", xticks=range(10), yticks=range(10))


FIGURES = [lines, noisy, panels, bars, heat_map]


@pytest.fixture(scope="module")
def drawn():
    return {draw: png(draw) for draw in FIGURES}


OTHER_SETTINGS = {
    "same": {},
    "hinting": {"text.hinting": "none"},
    "serif": {"font.family": "DejaVu Serif"},
    "stix": {"font.family": "STIXGeneral"},
    "dpi": {"savefig.dpi": 96},
}


@pytest.mark.parametrize("settings", OTHER_SETTINGS)
@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_another_way_to_draw_the_same_passes(drawn, draw, settings):
    assert difference(drawn[draw], png(draw, **OTHER_SETTINGS[settings])) < LIMIT


def changed(**pictures):
    """The photographs, some replaced by a function of themselves, or by another photograph."""
    old = photographs()
    return old | {name: change(old[name]) if callable(change) else old[change] for name, change in pictures.items()}


CHANGES = {
    "no ReLU": (lines, ["tanh", "sigmoid"]),
    "no tanh": (lines, ["ReLU", "sigmoid"]),
    "no sigmoid": (lines, ["ReLU", "tanh"]),
    "no lines": (lines, []),
    "other noise": (noisy, 1),
    "wrong sign": (noisy, 0, -1),
    "swapped panels": (panels, lambda: changed(camera="brick", brick="camera")),
    "swapped last panels": (panels, lambda: changed(cat="cell", cell="cat")),
    "flipped": (panels, lambda: changed(camera=np.fliplr)),
    "upside down": (panels, lambda: changed(camera=np.flipud)),
    "inverted": (panels, lambda: changed(cell=lambda picture: 1 - picture)),
    "one blank panel": (panels, lambda: changed(cat=lambda picture: np.full_like(picture, 255))),
    "other colours": (panels, photographs, "viridis"),
    "one other bar": (bars, (0.06, 61, 62, 138, 6.8, 60)),
    "other order": (bars, (138, 61, 0.06, 25.6, 62, 6.8)),
    "other counts": (heat_map, 1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_figure_that_shows_something_else_fails(drawn, change):
    draw, *arguments = CHANGES[change]
    arguments = [argument() if callable(argument) else argument for argument in arguments]
    assert difference(drawn[draw], png(draw, *arguments)) > LIMIT


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_a_blank_picture_fails(drawn, draw):
    blank = png(lambda figure: None)
    assert difference(drawn[draw], blank) > LIMIT
    assert difference(blank, drawn[draw]) > LIMIT


def test_other_figures_fail(drawn):
    for first, second in itertools.permutations(FIGURES, 2):
        assert difference(drawn[first], drawn[second]) > LIMIT, (first, second)


def solid(size, colour, mode="RGB"):
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, format="png")
    return file.getvalue()


def test_sizes_may_differ_a_little():
    assert difference(solid((960, 420), "white"), solid((980, 410), "white")) == 0
    assert difference(solid((960, 420), "white"), solid((960, 480), "white")) == math.inf
    assert difference(solid((960, 420), "white"), solid((1100, 420), "white")) == math.inf
    assert difference(solid((960, 60), "white"), solid((960, 60), "black")) > LIMIT  # very flat ones, too


def test_transparency_is_white():
    assert difference(solid((400, 300), "white"), solid((400, 300), (0, 0, 0, 0), "RGBA")) == 0


def stored_pictures(path):
    """(cell, PNG) of every picture in a notebook."""
    cells = enumerate(nbformat.read(path, as_version=4).cells, start=1)
    shown = [(number, output.get("data", {})) for number, cell in cells for output in cell.get("outputs", [])]
    return [(number, base64.b64decode(bundle["image/png"])) for number, bundle in shown if "image/png" in bundle]


@pytest.mark.parametrize("path", sorted(notebooks.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_swapped_pictures_of_a_notebook_fail(path):
    pairs = itertools.combinations(stored_pictures(path), 2)
    alike = [(a, b) for (a, first), (b, second) in pairs if first != second and difference(first, second) <= LIMIT]
    assert not alike, f"pictures of these pairs of cells could stand for each other: {alike}"


def test_what_takes_long_comes_first():
    names = ["test_a.py", "00_b.ipynb", "09_c.ipynb", "test_full_size.py", "test_d.py", "test_backends.py"]
    items = [types.SimpleNamespace(path=Path(name)) for name in names]
    conftest.pytest_collection_modifyitems(items)
    order = ["test_full_size.py", "09_c.ipynb", "test_backends.py", "00_b.ipynb", "test_a.py", "test_d.py"]
    assert [item.path.name for item in items] == order
    assert all((notebooks.ROOT / "tests" / f"{name}.py").is_file() for name in conftest.LONG)


DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2], linewidth=3)\nplt.show()"


@pytest.mark.parametrize(
    "page, picture, weights, accepted",
    [
        ("p", "black", "PAAA", True),
        ("p", "black", "PBCD", True),  # trained on another machine
        ("q", "black", "PAAA", False),
        ("p", "white", "PAAA", False),
        ("p", None, "PAAA", False),
    ],
)
def test_explorers_are_compared_but_for_rounding(page, picture, weights, accepted, tmp_path):
    def outputs(page, picture, weights):
        still = f'<img alt="A" src="data:image/png;base64,{encoded(picture)}">' if picture else ""
        shown = f'{still}<iframe srcdoc="{page} &quot;float16&quot;:&quot;{weights}&quot;"></iframe>'
        return [new_output("execute_result", {"text/html": shown})]

    def encoded(picture):
        image = Image.new("RGB", (320, 160), "white")
        image.paste(picture, (80, 40, 240, 120))
        image.save(file := io.BytesIO(), "png")
        return base64.b64encode(file.getvalue()).decode()

    cell = types.SimpleNamespace(
        comparison_traceback=[], cell_num=0, path=tmp_path / "a.ipynb", config=types.SimpleNamespace()
    )
    cell.config.cache = types.SimpleNamespace(mkdir=lambda name: tmp_path)
    stored, new = outputs("p", "black", "PAAA"), outputs(page, picture, weights)
    assert conftest.compare_outputs(cell, lambda a, b: a == b, new, stored) == accepted


def test_nbval_compares_pictures(tmp_path):
    """pytest with the course's conftest.py, on a notebook whose cells draw the same but store different pictures."""
    shutil.copy(notebooks.ROOT / "conftest.py", tmp_path)
    path = tmp_path / "sample.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(DRAW)]), path)
    assert main(["run", str(path)]) == 0
    bundle = nbformat.read(path, as_version=4).cells[0].outputs[0].data
    right = bundle["image/png"]
    blank = base64.b64encode(solid(Image.open(io.BytesIO(base64.b64decode(right))).size, "white")).decode()
    stored = {"PASSED": [[right], [blank]], "FAILED": [[blank], [right, blank], []]}  # the second is tagged
    cells, expected = [], []
    for outcome, variants in stored.items():
        for pngs in variants:
            shown = [new_output("display_data", {**bundle, "image/png": png}) for png in pngs]
            shown = shown or [new_output("display_data", {"text/plain": bundle["text/plain"]})]
            cells.append(new_code_cell(DRAW, execution_count=len(cells) + 1, outputs=shown))
            expected.append(f"{outcome} sample.ipynb::Cell {len(expected)}")
    cells[1].metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(new_notebook(cells=cells), path)

    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "--color=no", "-p", "no:xdist", "-rA"]
    environment = os.environ | {"PYTHONPATH": str(notebooks.ROOT), "PYTEST_ADDOPTS": ""}
    report = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False).stdout
    assert [line for line in expected if line not in report] == [], report
    assert "picture 1 of code cell 3 differs from the stored one: " in report and f"at most {LIMIT} is" in report
    assert "the cell made 1 pictures, the notebook has 2" in report
    assert "the cell made 1 pictures, the notebook has 0" in report
    saved = [file.name for file in tmp_path.glob(".pytest_cache/**/*.png")]
    assert sorted(saved) == ["sample-cell-3-picture-1-new.png", "sample-cell-3-picture-1-stored.png"]
