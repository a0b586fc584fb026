"""What holds for all figures: arguments that one can guess, a description, the style, and a refusal of bad input."""

import builtins
import inspect
import sys
from functools import partial
from io import BytesIO

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers
from PIL import Image

from tests.plots import COUNTS, FOUND, RUNS, SEEN, block
from utils import kernels, plots
from utils.plots import style

TABLE = np.array([[3, -1, 0], [2, 5, -4]])
MAP = np.arange(16).reshape(4, 4)
FRAMES = {"a": [(0, 1, 2, 2, plots.VERMILION)]}
EXAMPLES = [
    partial(plots.lines, {"a": [1, 2, 4], "b": [3, 1, 0]}, xlabel="time", ylabel="value"),
    partial(plots.panels, {"a": [1, 2], "b": [3, 4]}, xlabel="age", ylabel="weight", kind="bar"),
    partial(plots.descent, np.square, {"rate 0.1": [2, 1.6], "rate 1": [2, -2]}, xlabel="weight", ylabel="loss"),
    partial(plots.learning_curves, RUNS, validation=True),
    partial(plots.dots, RUNS, value="loss", levels={"guessing": 5}),
    partial(plots.bars, {"small": 1, "large": 20}, xlabel="size"),
    partial(plots.images, {"left": np.eye(4), "right": -np.eye(4)}),
    partial(plots.gradient, np.eye(8), np.eye(8), 90 * np.eye(8)),
    partial(plots.maps_by_stage, {"image": np.ones((4, 4, 1)), "maps": np.ones((2, 2, 5))}, np.arange(3.0)),
    partial(plots.sliding_scores, np.eye(4, 12), np.eye(5, 3) - 0.5, window=4, strides=2, class_names="abc"),
    partial(plots.patches_and_projections, SEEN),
    partial(plots.made_and_found, FOUND),
    partial(plots.grids, {"a": TABLE, "b": TABLE.T}, frames=FRAMES, signs=["="]),
    partial(plots.correlation_step, MAP, kernels.ROBERTS_X, i=1, j=2),
    partial(plots.pooling, {"map": MAP, "pooled": [[5, 7], [13, 15]]}),
    partial(plots.windows_1d, 6, kernel_size=3, strides=2),
    partial(plots.connection_matrix, {"dense": np.arange(1, 13).reshape(3, 4), "shared": np.eye(3, 4, dtype=int)}),
    partial(plots.confusion, COUNTS, class_names=["cat", "dog", "horse"]),
    partial(plots.blocks, (6, 6, 3), kernel_size=3, filters=2),
    partial(plots.graph, block(8, 8, 8)),
]
every_figure = pytest.mark.parametrize("draw", EXAMPLES, ids=lambda draw: draw.func.__name__)


def test_there_is_an_example_of_every_figure():
    functions = {name for name in plots.__all__ if inspect.isfunction(getattr(plots, name))}
    assert functions == {draw.func.__name__ for draw in EXAMPLES} | {"use_course_style"}


@every_figure
def test_data_come_first_and_all_else_is_passed_by_name(draw):
    parameters = inspect.signature(draw.func).parameters.values()
    assert not [p.name for p in parameters if p.default is not p.empty and p.kind is not p.KEYWORD_ONLY]
    assert not {p.name for p in parameters} & (set(vars(builtins)) | sys.stdlib_module_names)


@every_figure
def test_every_figure_is_described_wide_as_the_page_shown_once_and_not_blank(draw, tmp_path):
    figure = draw()
    assert len(figure.description) >= 20 and "\n" not in figure.description
    assert repr(figure) == f"<Figure: {figure.description}>"
    assert figure.get_figwidth() <= plots.WIDTH + 0.01
    assert plt.get_fignums() == [], "an open figure would be shown a second time"
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert np.asarray(Image.open(tmp_path / "figure.png").convert("L")).std() > 5


@every_figure
def test_every_figure_may_have_a_title(draw):
    figure = draw(title="What is above")
    assert figure.description.startswith("What is above. ")
    assert "What is above" in [figure.get_suptitle(), *(ax.get_title() for ax in figure.axes)]


@pytest.mark.parametrize("draw", [plots.lines, plots.panels, plots.images, plots.grids])
def test_a_figure_can_say_what_is_to_be_seen(draw):
    values = {"a": np.eye(2)} if draw in (plots.images, plots.grids) else {"a": [1, 2]}
    plain, told = draw(values), draw(values, shows="Two\n  bright cells.")
    assert told.description == f"{plain.description}. Two bright cells."


def test_the_style_shows_figures_with_their_description_as_alt_text():
    from IPython.testing.globalipapp import start_ipython

    shell = start_ipython()
    shell.display_formatter.formatters["image/png"].enabled = True  # as in a notebook
    plots.use_course_style()
    figure = plots.bars({"a": 5}, title="Five")
    data, metadata = shell.display_formatter.format(figure)
    assert metadata["image/png"]["alt"] == figure.description
    assert data["text/plain"].startswith("<Figure: Five")
    assert plt.rcParams["font.size"] >= 14


FOREIGN = {
    "dark": plt.style.library["dark_background"],
    "ggplot": plt.style.library["ggplot"],
    "usetex": {"text.usetex": True},
    "origin": {"image.origin": "lower", "image.aspect": "auto"},
    "saved": {"savefig.bbox": "tight", "savefig.facecolor": "black", "savefig.transparent": True},
    "marker": {"lines.marker": "x", "axes.grid": True, "axes.titlelocation": "left"},
    "ticks": {"ytick.left": False, "xtick.labelsize": 4, "axes.xmargin": 0.4, "text.color": "red"},
    "numbers": {"axes.formatter.limits": (0, 0), "axes.unicode_minus": False, "text.parse_math": False},
}


@pytest.mark.parametrize("settings", FOREIGN.values(), ids=FOREIGN)
def test_settings_made_before_change_no_figure(settings):
    def drawn():
        plots.use_course_style()
        return [style.png(draw()) for draw in (EXAMPLES[0], EXAMPLES[6])]

    with plt.rc_context():
        expected, backend = drawn(), plt.get_backend()
        plt.rcParams.update(settings)
        plt.rcParams["savefig.directory"] = "elsewhere"
        assert drawn() == expected
        assert plt.get_backend() == backend and plt.rcParams["savefig.directory"] == "elsewhere"


@pytest.mark.parametrize("draw, mode", [(plots.images, "L"), (plots.grids, "RGB")])
def test_stored_pictures_lose_their_transparency_and_nothing_else(draw, mode, tmp_path):
    png, _ = style.png(draw({"a": MAP}))
    draw({"a": MAP}).savefig(tmp_path / "as_drawn.png")
    stored, drawn = Image.open(BytesIO(png)), Image.open(tmp_path / "as_drawn.png")
    assert stored.mode == mode and drawn.mode == "RGBA"
    np.testing.assert_array_equal(stored.convert("RGBA"), drawn)


def fan(branches):
    x = keras.Input((4,))
    return keras.Model(x, layers.Add()([layers.Dense(2)(x) for _ in range(branches)]))


sliding = partial(plots.sliding_scores, np.eye(4, 12), np.eye(5, 3), window=4)
step = partial(plots.correlation_step, np.eye(4), np.eye(2))
BAD = [
    (plots.lines, [{}], {}, "curves"),
    (plots.panels, [{}], {}, "curves"),
    (plots.panels, [{"a": [1]}], {"kind": "bars"}, "kind"),
    (plots.images, [{}], {}, "pictures"),
    (plots.images, [[np.eye(2)]], {}, "pictures"),
    (plots.grids, [{"a": [1, 2]}], {}, "'a'"),
    (plots.grids, [{"a": [["x"]]}], {}, "'a'"),
    (plots.grids, [{"b": TABLE}], {"frames": FRAMES}, "frames .* 'a'; they are: b"),
    (plots.grids, [{"b": TABLE}], {"zero_border": {"c": 1}}, "zero_border .* 'c'; they are: b"),
    (plots.connection_matrix, [{}], {}, "tables"),
    (step, [], {"i": 3, "j": 0}, "i must be below 3"),
    (step, [], {"i": 0, "j": -1}, "j"),
    (step, [], {"i": 0, "j": 0, "strides": (1, 2)}, "strides"),
    (plots.windows_1d, [6], {"kernel_size": 3, "values": [1, 2]}, "6 pixels"),
    (plots.windows_1d, [3], {"kernel_size": 5}, "kernel_size"),
    (plots.blocks, [(6, 6)], {"kernel_size": 3, "filters": 2}, "image_shape"),
    (plots.blocks, [(6, 6, 3)], {"kernel_size": 3, "filters": 5}, "filters must be at most 4"),
    (plots.blocks, [(6, 6, 3)], {"kernel_size": 7, "filters": 2}, "kernel_size"),
    (plots.learning_curves, [RUNS], {"value": "accuracy"}, "'accuracy'"),
    (plots.learning_curves, [RUNS.drop(columns="val_loss")], {"validation": True}, "'val_loss'"),
    (plots.learning_curves, [RUNS[:0]], {}, "row"),
    (plots.learning_curves, [RUNS], {"over": "labels"}, "'labels'"),
    (plots.dots, [RUNS], {}, "'accuracy'"),
    (plots.dots, [RUNS], {"value": "loss", "panels": "labels"}, "'labels'"),
    (plots.dots, [RUNS[:0]], {"value": "loss"}, "row"),
    (plots.confusion, [COUNTS], {"class_names": "ab"}, r"\(2, 2\)"),
    (plots.confusion, [COUNTS[:2]], {"class_names": "ab"}, r"\(2, 3\)"),
    (plots.confusion, [COUNTS / 2], {"class_names": "abc"}, "float64"),
    (plots.confusion, [-COUNTS], {"class_names": "abc"}, "matrix"),
    (plots.bars, [{}], {}, "values"),
    (plots.bars, [{"a": -1}], {}, "values"),
    (plots.bars, [{"a": float("nan")}], {}, "NaN"),
    (plots.bars, [{"a": 1, "b": float("inf")}], {"log": True}, "NaN or infinity"),
    (plots.bars, [{"a": None}], {}, "NoneType"),
    (plots.dots, [RUNS.assign(loss=np.nan)], {"value": "loss"}, "'loss' contains NaN"),
    (plots.grids, [{"a": [[1, np.inf]]}], {}, "'a' contains infinity"),
    (plots.connection_matrix, [{"a": [[1, np.nan]]}], {}, "'a' contains NaN"),
    (plots.maps_by_stage, [{"a": np.ones((2, 2, 1))}, [1, np.nan]], {}, "scores contains NaN"),
    (sliding, [], {"strides": 2.5, "class_names": "abc"}, "strides"),
    (plots.bars, [{"a": 0}], {"log": True}, "above 0"),
    (plots.bars, [{"a": 1}], {"highlight": ["b"]}, "'b'"),
    (plots.graph, [keras.Sequential([layers.Dense(1)])], {}, "model must be"),
    (plots.graph, [keras.Sequential([keras.Input((4,)), *(layers.ReLU() for _ in range(14))])], {}, "15 layers"),
    (plots.graph, [fan(7)], {}, "7 branches"),
    (sliding, [], {"strides": 3, "class_names": "abc"}, "3 windows"),
    (sliding, [], {"strides": 2, "class_names": "ab"}, "2 classes"),
    (plots.sliding_scores, [np.ones(4), np.eye(5, 3)], {"window": 4, "strides": 2, "class_names": "abc"}, "'row'"),
    (plots.patches_and_projections, [{}], {}, "maps"),
    (plots.patches_and_projections, [{"a": ([], [])}], {}, "at least one"),
    (plots.patches_and_projections, [{"a": ([np.eye(2)], [np.eye(2)] * 2)}], {}, r"\[1, 2\]"),
    (plots.patches_and_projections, [SEEN], {"correct": {"map 3": ([True], [True])}}, "correct must have a mark"),
    (plots.patches_and_projections, [SEEN], {"correct": dict.fromkeys(SEEN, ([True], [True]))}, "of the 2 pictures"),
    (plots.made_and_found, [{}], {}, "maps"),
    (plots.made_and_found, [{"a": (np.eye(2), [])}], {}, "at least one"),
    (plots.made_and_found, [{"a": (MAP, [MAP]), "b": (MAP, [MAP] * 2)}], {}, r"\[1, 2\]"),
]


@pytest.mark.parametrize("draw, data, settings, message", BAD)
def test_bad_input_is_named(draw, data, settings, message):
    with pytest.raises(ValueError, match=message):
        draw(*data, **settings)
