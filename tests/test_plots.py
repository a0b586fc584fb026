"""The figures show the data they are given, carry labels and a description, and are shown once."""

from io import BytesIO

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from keras import layers
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from PIL import Image

from utils import kernels, plots
from utils.arithmetic import conv_output_size
from utils.convolution import correlate2d
from utils.graph import calls
from utils.models.googlenet import inception_module
from utils.models.resnet import residual_block
from utils.plots import style

TABLE = np.array([[3, -1, 0], [2, 5, -4]])
RUNS = pd.DataFrame(
    {
        "name": ["deep"] * 6 + ["shallow"] * 6,
        "seed": [0, 0, 1, 1, 2, 2] * 2,
        "epoch": [1, 2] * 6,
        "loss": [5.0, 3, 4, 1, 9, 2, 8, 8, 7, 7, 6, 6],
        "val_loss": np.arange(12.0),
    }
)
COUNTS = np.array([[50, 0, 4], [1, 60, 0], [0, 8, 70]])


def block(*shape, name="block", **settings):
    x = keras.Input(shape, name="image")
    return keras.Model(x, residual_block(x, 8, name=name, **settings))


def inception():
    x = keras.Input((28, 28, 192), name="image")
    return keras.Model(x, inception_module(x, 64, 96, 128, 16, 32, 32, name="inception_3a"))


def three_branches():
    """One of them is shorter than the one in the middle, which its arrow must not cross."""
    x = keras.Input((4,), name="input")
    ends = [layers.Dense(2, name=f"{name}2")(layers.Dense(2, name=f"{name}1")(x)) for name in "ab"]
    return keras.Model(x, layers.Add(name="add")([*ends, layers.Dense(2, name="c")(x)]))


def fan(branches):
    x = keras.Input((4,))
    return keras.Model(x, layers.Add()([layers.Dense(2)(x) for _ in range(branches)]))


SEEN = {
    name: ([np.full((5, 5, 3), k) for k in (dark, 0.4)], [np.full((4, 5, 3), k) for k in (0.6, 0.8)])
    for name, dark in (("map 3", 0.1), ("map 7", 0.2))
}
FOUND = {
    "map 3": (np.full((5, 5), 0.1), [np.full((4, 2), 0.2), np.full((3, 3), 0.3)]),
    "map 7": (np.full((5, 5), 0.4), [np.full((4, 4), 0.5), np.full((4, 4), 0.6)]),
}
FIGURES = {
    "lines": lambda: plots.lines({"a": [1, 2, 4], "b": [3, 1, 0]}, xlabel="time", ylabel="value", title="Two lines"),
    "panels": lambda: plots.panels({"a": [1, 2], "b": [3, 4]}, xlabel="age", ylabel="weight", kind="bar"),
    "descent": lambda: plots.descent(np.square, {"rate 0.1": [2, 1.6], "rate 1": [2, -2]}, "weight", "loss"),
    "images": lambda: plots.images({"left": np.eye(4), "right": -np.eye(4)}, title="Two"),
    "gradient": lambda: plots.gradient(np.eye(8), np.eye(8), 90 * np.eye(8)),
    "grids": lambda: plots.grids({"a": TABLE, "b": TABLE.T}, {"a": [(0, 1, 2, 2, plots.VERMILION)]}, signs=["="]),
    "step": lambda: plots.step(np.arange(16).reshape(4, 4), kernels.ROBERTS_X, 1, 2),
    "pooling": lambda: plots.pooling({"map": np.arange(16).reshape(4, 4), "pooled": [[5, 7], [13, 15]]}),
    "connections": lambda: plots.connections(
        {"dense": np.arange(1, 13).reshape(3, 4), "shared": np.eye(3, 4, dtype=int)}
    ),
    "stages": lambda: plots.stages(
        {"image": np.ones((4, 4, 1)), "maps": np.ones((2, 2, 5))}, np.arange(3.0), title="Way"
    ),
    "windows": lambda: plots.windows(6, 3, strides=2, title="Stride 2"),
    "blocks": lambda: plots.blocks((6, 6, 3), 3, 2),
    "learning_curves": lambda: plots.learning_curves(RUNS, validation=True, title="Two networks"),
    "dots": lambda: plots.dots(RUNS, "loss", levels={"guessing": 5}, title="Two networks"),
    "confusion": lambda: plots.confusion(COUNTS, ["cat", "dog", "horse"]),
    "bars": lambda: plots.bars({"small": 1, "large": 20}, xlabel="size"),
    "graph": lambda: plots.graph(block(8, 8, 8), "Residual block"),
    "patches_and_projections": lambda: plots.patches_and_projections(SEEN, title="Two maps"),
    "made_and_found": lambda: plots.made_and_found(FOUND, title="Two maps"),
    "reading": lambda: plots.reading(np.eye(4, 12), np.eye(5, 3) - 0.5, 4, 2, ["a", "b", "c"], title="Row"),
}


def texts(ax):
    return [t.get_text() for t in ax.texts]


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_every_figure_is_described_wide_as_the_page_and_shown_once(draw):
    figure = draw()
    assert len(figure.description) >= 20 and "\n" not in figure.description
    assert repr(figure) == f"<Figure: {figure.description}>"
    assert figure.get_figwidth() <= plots.WIDTH + 0.01
    assert plt.get_fignums() == [], "an open figure would be shown a second time"


@pytest.mark.parametrize("draw", [plots.lines, plots.panels, plots.images, plots.grids])
def test_a_figure_can_say_what_is_to_be_seen(draw):
    values = {"a": np.eye(2)} if draw in (plots.images, plots.grids) else {"a": [1, 2]}
    plain, told = draw(values), draw(values, shows="Two\n  bright cells.")
    assert told.description == f"{plain.description}. Two bright cells."


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_no_figure_is_blank(draw, tmp_path):
    draw().savefig(tmp_path / "figure.png", dpi=40)
    assert np.asarray(Image.open(tmp_path / "figure.png").convert("L")).std() > 5


def test_lines_show_their_values_with_labels_and_marks():
    figure = plots.lines(
        {"dots": [5, 6, 7], "curve": ([10, 20], [1, 2])},
        dots=["dots"],
        marks=[(10, 1, "here")],
        xlabel="time (s)",
        ylabel="km",
        title="Title",
        ylim=(0, 9),
    )
    (ax,) = figure.axes
    dots, curve, mark = ax.lines
    np.testing.assert_array_equal(dots.get_ydata(), [5, 6, 7])
    np.testing.assert_array_equal(curve.get_xydata(), [[10, 1], [20, 2]])
    np.testing.assert_array_equal(mark.get_xydata(), [[10, 1]])
    assert dots.get_linestyle() == "None" and to_hex(curve.get_color()) == plots.BLUE.lower()
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), ax.get_ylim()) == ("time (s)", "km", "Title", (0, 9))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["dots", "curve"]
    assert texts(ax) == ["here"] and "here" in figure.description


def test_lines_of_different_names_have_different_colours():
    figure = plots.lines({name: [1, 2] for name in "abcd"})
    assert len({line.get_color() for line in figure.axes[0].lines}) == 4


def test_lines_have_the_colours_of_another_figure():
    figure = plots.lines({"points": [0, 1], "c": [1, 2], "a": [2, 3]}, dots=["points"], among=["a", "b", "c"])
    colour = {line.get_label(): line.get_color() for line in figure.axes[0].lines}
    assert (colour["a"], colour["c"]) == (plots.COLOURS[0], plots.COLOURS[2])
    with pytest.raises(ValueError, match=r"among .*'d'"):
        plots.lines({"a": [1, 2], "d": [1, 2]}, among={"a": 0, "b": 0})


def test_panels_draw_one_bar_for_each_value():
    figure = plots.panels({"w": [0.5, 0.3, 0.2]}, kind="bar", xlabel="age", ylabel="weight")
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [0.5, 0.3, 0.2]
    assert figure.axes[0].get_xlabel() == "age" and figure.axes[0].get_ylabel() == "weight"


def test_panels_over_whole_numbers_have_no_fractions_as_ticks():
    values = [3.0, 2, 1, 1]
    figure = plots.panels({"epochs": (np.arange(1, 5), values), "seconds": (np.linspace(0, 1, 4), values)})
    epochs, seconds = (ax.get_xticks() for ax in figure.axes)
    assert all(tick == int(tick) for tick in epochs) and any(tick != int(tick) for tick in seconds)


def test_a_descent_stands_on_the_curve_of_its_loss():
    figure = plots.descent(np.square, {"small": [4, 2, 1], "large": [4, -5, 6]}, "w", "loss", shows="Dots.")
    assert [ax.get_title() for ax in figure.axes] == ["small", "large"] and figure.description.endswith("large. Dots.")
    for ax, path in zip(figure.axes, ([4, 2, 1], [4, -5, 6])):
        curve, steps, start = ax.lines
        np.testing.assert_allclose(curve.get_ydata(), curve.get_xdata() ** 2)
        np.testing.assert_array_equal(steps.get_xydata(), np.transpose([path, np.square(path)]))
        np.testing.assert_array_equal(start.get_xydata(), [[4, 16]])
        assert curve.get_xdata().min() < -5 and curve.get_xdata().max() > 6


def test_images_keep_their_pixels_and_zero_is_medium_grey_where_there_are_negative_values():
    signed = np.array([[-1.0, 3.0], [0.0, 1.0]])
    figure = plots.images({"plain": np.eye(2), "signed": signed, "third": np.eye(3)}, columns=2)
    shown = [ax.images[0] for ax in figure.axes if ax.images]
    np.testing.assert_array_equal(shown[1].get_array(), signed)
    low, high = shown[1].get_clim()
    assert low == -high and shown[0].get_clim() == (0, 1)
    assert [ax.get_title() for ax in figure.axes] == ["plain", "signed", "third", ""]


def test_grids_write_every_number_and_frame_the_window():
    figure = plots.grids(
        {"table": TABLE, "means": np.array([[3.25, 1.5], [-2.0, 0.0]])}, {"table": [(0, 1, 2, 2, "red")]}
    )
    assert texts(figure.axes[0]) == ["3", "−1", "0", "2", "5", "−4"]
    assert texts(figure.axes[1]) == ["3.25", "1.5", "−2", "0"]
    (frame,) = figure.axes[0].patches
    assert (frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()) == pytest.approx(
        (1.04, 0.04, 1.92, 1.92)
    )


def test_equal_cells_have_the_same_size_in_all_grids():
    tables = {"column": [[1], [2], [1]], "row": [[-1, 0, 1]], "both": kernels.SOBEL_X, "small": kernels.ROBERTS_X}
    figure = plots.grids(tables, signs=["·", "="], equal=True)
    figure.draw_without_rendering()
    sizes = []
    for ax, table in zip(figure.axes, tables.values()):
        (left, top), (right, bottom) = ax.transData.transform([(0, 0), np.shape(table)[::-1]])
        sizes += [(right - left) / np.shape(table)[1], (top - bottom) / np.shape(table)[0]]
        title = ax.title.get_window_extent()
        assert top < title.y0 < top + 20, "the title stands above its grid"
    np.testing.assert_allclose(sizes, sizes[0], rtol=0.02)


def test_step_shows_the_window_and_the_value_that_belongs_to_it():
    image = np.arange(36).reshape(6, 6) % 7
    figure = plots.step(image, kernels.SOBEL_X, 1, 0, strides=2)
    result = correlate2d(image, kernels.SOBEL_X, 2)
    (window,) = figure.axes[0].patches
    *later, value = figure.axes[2].patches
    assert len(later) == result.size - 3
    assert (window.get_x(), window.get_y()) == pytest.approx((0.04, 2.04))
    assert (value.get_x(), value.get_y()) == pytest.approx((0.04, 1.04))
    assert texts(figure.axes[2]) == [str(v).replace("-", "−") for v in result.ravel()[:3]], "later values stay hidden"
    assert str(result[1, 0]) in figure.description


def test_windows_counts_zeros_and_unused_pixels():
    assert (
        "2 windows of 3 over 6 pixels, 0 zeros before, 0 after, 1 pixels unused" in plots.windows(6, 3, 2).description
    )
    assert "3 windows of 3 over 6 pixels, 0 zeros before, 1 after, 0" in plots.windows(6, 3, 2, "same").description


@pytest.mark.parametrize("padding, dilation_rate", [("same", 1), (1, 1), ("valid", 2), (3, 2)])
def test_windows_write_the_values_and_the_sums_that_a_correlation_gives(padding, dilation_rate):
    values = np.array([1, 2, 3, 4, 5, 6])
    figure = plots.windows(6, 3, 2, padding, dilation_rate, values=values)
    zeros = padding if padding in ("same", "valid") else (0, padding)
    options = dict(strides=(1, 2), padding=zeros, dilation_rate=(1, dilation_rate))
    sums = correlate2d(values[None], np.ones((1, 3), int), **options)[0].tolist()
    written = texts(figure.axes[0])
    assert [int(text) for text in written if not text.startswith("sum") and text != "0"] == values.tolist()
    assert [text for text in written if text.startswith("sum")] == [f"sum {n}" for n in sums]
    assert figure.description.endswith("Sums of the windows: " + ", ".join(map(str, sums)))


@pytest.mark.parametrize("channels, filters, strides", [(3, 2, 1), (1, 4, 2), (5, 1, 1)])
def test_blocks_have_the_depth_of_the_image_and_a_map_for_each_filter(channels, filters, strides):
    figure = plots.blocks((7, 9, channels), 3, filters, strides)
    rows, columns = conv_output_size((7, 9), 3, strides)
    (ax,) = figure.axes
    written = "\n".join(texts(ax)).splitlines()
    for sizes in ((7, 9, channels), (3, 3, channels), (rows, columns), (rows, columns, filters)):
        assert " × ".join(map(str, sizes)) in written
    assert [text for text in written if text.startswith("filter")] == [f"filter {k + 1}" for k in range(filters)]
    fronts = [(p.get_width(), p.get_height()) for p in ax.patches if isinstance(p, Rectangle)]
    assert fronts.count((9, 7)) == channels and fronts.count((3, 3)) == channels * filters + 1
    assert fronts.count((columns, rows)) == 2 * filters, "each map once by itself and once in the stack"


def test_gradient_colours_the_brighter_side_where_the_edge_is_strong():
    magnitude = np.array([[10.0, 10.0], [10.0, 1.0]])
    figure = plots.gradient(np.zeros((2, 2)), magnitude, np.array([[0, 90], [-180, 90]]))
    shown = figure.axes[2].images[0].get_array()
    assert shown[0, 0] == 0 and shown[0, 1] == 1 and shown[1, 0] == 2 and shown.mask[1, 1]
    assert [t.get_text() for t in figure.axes[3].get_yticklabels()] == ["right", "up", "left", "down"]


def test_pooling_frames_window_and_value_alike():
    figure = plots.pooling({"map": np.arange(16).reshape(4, 4), "pooled": [[5, 7], [13, 15]]})
    windows, values = figure.axes[0].patches, figure.axes[1].patches
    assert [w.get_edgecolor() for w in windows] == [v.get_edgecolor() for v in values]
    assert len({w.get_edgecolor() for w in windows}) == 4


def test_connections_counts_connections_and_weights():
    band = np.array([[1, 2, 0], [0, 1, 2]])
    assert (
        "band with 4 connections and 2 weights"
        in plots.connections({"band": band, "dense": np.arange(1, 7).reshape(2, 3)}).description
    )


def test_stages_marks_the_highest_score():
    figure = plots.stages({"maps": np.ones((2, 2, 4))}, np.array([0.5, 2.0, -1.0]), "Way")
    assert "highest score: class 1" in figure.description
    bars = figure.axes[-1].patches
    assert to_hex(bars[1].get_facecolor()) == plots.VERMILION.lower()


def test_dots_show_each_seed_the_median_and_what_to_compare_with():
    last = RUNS[RUNS.epoch == 2]
    ax = plots.dots(last, "loss", levels={"guessing": 5.5}, text="{:.1f}").axes[0]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [sorted(line.get_xdata()) for line in dots] == [[1, 2, 3], [6, 7, 8]]
    assert [set(line.get_ydata()) for line in dots] == [{0}, {1}]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["deep", "shallow"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first name stands at the top
    assert [text.get_text() for text in ax.texts] == ["2.0", "7.0", "guessing 5.5"]
    assert any(line.get_linestyle() == ":" and set(line.get_xdata()) == {5.5} for line in ax.lines)


def test_dots_in_panels():
    figure = plots.dots(RUNS, "loss", panels="epoch", levels={"guessing": {1: 6, 2: 4}})
    assert [ax.get_title() for ax in figure.axes] == ["1 epoch", "2 epoch"]
    assert [ax.texts[-1].get_text() for ax in figure.axes] == ["guessing 600%", "guessing 400%"]
    assert "one panel for each of 1, 2 epoch" in figure.description and "dotted: guessing" in figure.description


@pytest.mark.parametrize("level", [0, 0.2, 0.31, 0.5, 0.69, 0.85, 1])
def test_the_label_of_a_level_stands_inside_its_panel_and_no_number_on_a_dotted_line(level):
    table = RUNS.assign(accuracy=level)
    figure = plots.dots(table, panels="epoch", levels={"nearest neighbour": {1: level, 2: 1 - level}}, xlim=(0, 1))
    figure.canvas.draw()
    for ax in figure.axes:
        *numbers, label = ax.texts
        frame, words = ax.get_window_extent(), label.get_window_extent()
        assert frame.x0 <= words.x0 < words.x1 <= frame.x1
        line = ax.lines[-1]
        for number in numbers:
            assert to_hex(number.get_bbox_patch().get_facecolor()) == "#ffffff" and number.zorder > line.zorder


def test_learning_curves_compare_with_levels():
    figure = plots.learning_curves(RUNS, levels={"nearest neighbour": 4.5})
    (line,) = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert set(line.get_ydata()) == {4.5} and line.get_label() == "nearest neighbour: 4.50"
    assert figure.description.endswith("; dotted: nearest neighbour")


@pytest.mark.parametrize("scale, where", [("linear", 1 + 2 / 3), ("log", 1 + np.log(5 / 3) / np.log(5 / 2))])
def test_learning_curves_mark_where_a_target_is_reached(scale, where):
    figure = plots.learning_curves(RUNS, targets={"three": 3, "one": 1, "ten": 10}, yscale=scale)
    ax = figure.axes[0]
    dot, for_legend = (line for line in ax.lines if line.get_marker() == "o")  # shallow stays; both begin below 10
    np.testing.assert_allclose(dot.get_xydata(), [[where, 3]])
    assert dot.get_color() == ax.lines[0].get_color() and for_legend.get_label() == "reaches three, one, ten"
    assert figure.description.endswith("; a dot where a line reaches three, one, ten")


def test_learning_curves_are_medians_in_bands_from_lowest_to_highest():
    figure = plots.learning_curves(RUNS, title="Title", ylim=(0, 10))
    (ax,) = figure.axes
    deep, shallow = ax.lines
    np.testing.assert_array_equal(deep.get_xydata(), [[1, 5], [2, 2]])
    np.testing.assert_array_equal(shallow.get_xydata(), [[1, 7], [2, 7]])
    bands = [np.unique(band.get_paths()[0].vertices, axis=0).tolist() for band in ax.collections]
    assert bands == [[[1, 4], [1, 9], [2, 1], [2, 3]], [[1, 6], [1, 8], [2, 6], [2, 8]]]
    assert to_rgb(ax.collections[0].get_facecolor()[0][:3]) == pytest.approx(to_rgb(deep.get_color()))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), ax.get_ylim()) == ("epoch", "loss", "Title", (0, 10))
    legend = ax.get_legend()
    assert [t.get_text() for t in legend.get_texts()] == ["deep", "shallow"]
    assert legend.get_title().get_text() == "median of 3 seeds,\nband: lowest to highest"
    assert "median of 3 seeds, band: lowest to highest: deep, shallow" in figure.description
    figure = plots.learning_curves(RUNS.rename(columns={"epoch": "labels"}), over="labels")
    assert figure.axes[0].get_xlabel() == "labels" and "over labels" in figure.description
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[1, 5], [2, 2]])


def test_validation_is_dashed_in_the_colour_of_its_network():
    ax = plots.learning_curves(RUNS[RUNS.seed == 1], validation=True).axes[0]
    by_style = {(line.get_color(), line.get_linestyle()): list(line.get_ydata()) for line in ax.lines}
    assert by_style[plots.BLUE, "-"] == [4, 1] and by_style[plots.BLUE, "--"] == [2, 3]
    assert by_style[plots.VERMILION, "-"] == [7, 7] and by_style[plots.VERMILION, "--"] == [8, 9]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["deep", "shallow", "training", "validation"]
    assert ax.get_legend().get_title().get_text() == "", "one seed has no median"


def test_one_run_is_one_line_that_needs_no_legend():
    figure = plots.learning_curves(RUNS[(RUNS.seed == 0) & (RUNS.name == "deep")], "val_loss")
    assert figure.axes[0].get_legend() is None and figure.axes[0].get_ylabel() == "validation loss"
    assert figure.description == "Lines of val_loss over the epochs: deep"


def test_confusion_shows_mistakes_in_proportion_and_the_diagonal_in_quiet():
    figure = plots.confusion(COUNTS, ["cat", "dog", "horse"], "Animals")
    (ax,) = figure.axes
    shown = {t.get_position(): t.get_text() for t in ax.texts}
    assert {at: text for at, text in shown.items() if text} == {
        (0, 0): "50",
        (2, 0): "4",  # column 2, row 0: a cat taken for a horse
        (0, 1): "1",
        (1, 1): "60",
        (1, 2): "8",
        (2, 2): "70",
    }
    faces = {(cell.get_x() + 0.5, cell.get_y() + 0.5): to_hex(cell.get_facecolor()) for cell in ax.patches}
    assert len({faces[i, i] for i in range(3)}) == 1
    assert faces[1, 2] == plots.VERMILION.lower()
    redness = [to_rgb(faces[at])[0] - to_rgb(faces[at])[2] for at in ((0, 0), (1, 0), (0, 1), (2, 0), (1, 2))]
    assert max(redness[:2]) < redness[2] < redness[3] < redness[4]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("predicted", "true", "Animals")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog", "horse"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first class stands on top"


@pytest.mark.parametrize("classes, count", [(3, 7), (10, 1088), (15, 20), (15, 12_345)])
def test_counts_fit_into_their_cells(classes, count):
    figure = plots.confusion(np.full((classes, classes), count), [f"class {i}" for i in range(classes)])
    figure.draw_without_rendering()
    (ax,) = figure.axes
    for text, cell in zip(ax.texts, ax.patches):
        inside(cell.get_window_extent(), text.get_window_extent())
    if count < 100:
        assert ax.texts[0].get_fontsize() >= 12, "readable from the back row"


def inside(frame, text):
    assert frame.x0 <= text.x0 and text.x1 <= frame.x1 and frame.y0 <= text.y0 and text.y1 <= frame.y1


def test_confusion_without_a_mistake():
    ax = plots.confusion(np.diag([3, 4]), [0, 1]).axes[0]
    assert [t.get_text() for t in ax.texts] == ["3", "", "", "4"]


def test_bars_have_their_length_and_their_number():
    figure = plots.bars({"a": 2.5, "b": 1234}, xlabel="km", title="Ways", highlight=["b"])
    (ax,) = figure.axes
    assert [bar.get_width() for bar in ax.patches] == [2.5, 1234]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [plots.BLUE.lower(), plots.VERMILION.lower()]
    assert texts(ax) == ["2.5", "1,234"] and [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first bar stands on top"
    assert figure.description == "Ways. Bars of km: a 2.5, b 1,234"
    logarithmic = plots.bars({"a": 2.5, "b": 1234}, log=True, text="{:.0f} %").axes[0]
    assert logarithmic.get_xscale() == "log" and texts(logarithmic) == ["2 %", "1234 %"]


GRAPHS = {
    "identity": lambda: block(8, 8, 8),
    "projection": lambda: block(28, 28, 4, strides=2, name="conv3_1"),
    "inception": inception,
    "three branches": three_branches,
}


@pytest.mark.parametrize("build", GRAPHS.values(), ids=GRAPHS)
def test_a_graph_shows_every_layer_and_no_arrow_crosses_a_box(build):
    model = build()
    figure = plots.graph(model)
    figure.draw_without_rendering()
    (ax,) = figure.axes
    frames = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(frames) == len(model.layers)
    assert len(arrows) == sum(len(call.parents) for call in calls(model))
    for layer in model.layers:
        assert layer.name in figure.description
    for arrow in arrows:
        for line in arrow.get_transform().transform_path(arrow.get_path()).to_polygons(closed_only=False):
            crossed = [frame for frame in frames if Path(line).intersects_bbox(frame.padded(-6), filled=False)]
            assert not crossed
    for text in ax.texts:
        extent = text.get_window_extent()
        (frame,) = [frame for frame in frames if frame.contains(*extent.get_points().mean(axis=0))]
        inside(frame, extent)
        assert text.get_fontsize() >= 13, "readable from the back row"


def test_a_graph_highlights_the_arrows_of_some_layers():
    x = keras.Input((4, 4, 2), name="x")
    branches = [layers.Conv2D(3, 1, name=name)(x) for name in ("main", "side")]
    model = keras.Model(x, layers.Add(name="sum")(branches))
    for highlight, red in (((), 0), (["side"], 2)):
        figure = plots.graph(model, highlight=highlight)
        arrows = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
        assert len(arrows) == 4
        assert sum(to_hex(arrow.get_edgecolor()) == plots.VERMILION.lower() for arrow in arrows) == red
    assert "highlighted: side" in figure.description
    with pytest.raises(ValueError, match=r"highlight .*'b'; the layers are: x, main, side, sum"):
        plots.graph(model, highlight=["b"])


@pytest.mark.parametrize("branches", [1, 3, 6])
def test_long_names_are_made_to_fit(branches):
    x = keras.Input((4,))
    ends = [layers.Dense(2, name=f"a_layer_with_quite_a_long_name_{i}")(x) for i in range(branches)]
    figure = plots.graph(keras.Model(x, ends))
    figure.draw_without_rendering()
    frames = [patch.get_window_extent() for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    for text in figure.axes[0].texts:
        extent = text.get_window_extent()
        inside(next(frame for frame in frames if frame.contains(*extent.get_points().mean(axis=0))), extent)


def test_a_shortcut_is_drawn_apart_from_the_other_arrows():
    ax = plots.graph(block(8, 8, 8)).axes[0]
    colours = [to_hex(patch.get_edgecolor()) for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert sorted(set(colours), key=colours.count) == [plots.VERMILION.lower(), plots.BLACK]
    assert "image to block_add (shortcut)" in plots.graph(block(8, 8, 8)).description


def test_long_names_leave_out_that_of_their_block():
    names = [text.get_text() for text in plots.graph(inception()).axes[0].texts if text.get_fontweight() == "bold"]
    assert names[:2] == ["image", "…_3x3_reduce"] and names[-1] == "inception_3a"
    short = [text.get_text() for text in plots.graph(block(8, 8, 8)).axes[0].texts if text.get_fontweight() == "bold"]
    assert "block_a_norm" in short


def test_reading_draws_the_scores_of_a_window_below_its_middle():
    scores = np.array([[0, 5], [-3, 2], [7, 1], [-2, -1]])
    figure = plots.reading(np.eye(6, 12), scores, window=6, strides=2, class_names=["zero", "one"], centres=[5])
    above, below, bar = figure.axes
    (row,), (heat,) = above.images, below.images
    assert row.get_extent() == [0, 12, 6, 0] and above.get_xlim() == below.get_xlim() == (0, 12)
    np.testing.assert_array_equal(heat.get_array(), [[0, 0, 7, 0], [5, 2, 1, 0]])
    left, right, bottom, top = heat.get_extent()
    middles = left + (np.arange(4) + 0.5) * (right - left) / 4
    np.testing.assert_allclose(middles, [3, 5, 7, 9])  # of the columns 0-5, 2-7, 4-9, 6-11
    assert (bottom, top) == (1.5, -0.5) and [t.get_text() for t in below.get_yticklabels()] == ["zero", "one"]
    (dots,) = below.lines
    np.testing.assert_array_equal(dots.get_xydata(), [[3, 1], [5, 1], [7, 0], [9, 1]])
    for ax in (above, below):
        (line,) = ax.collections[0].get_segments()
        np.testing.assert_array_equal(line[:, 0], [5, 5])
        assert sorted(line[:, 1]) == sorted(ax.get_ylim())
    assert bar.get_ylabel() == "score"
    assert "one one zero" in figure.description


def test_the_style_shows_figures_with_their_description_as_alt_text():
    from IPython.testing.globalipapp import start_ipython

    shell = start_ipython()
    shell.display_formatter.formatters["image/png"].enabled = True  # as in a notebook
    plots.use_course_style()
    data, metadata = shell.display_formatter.format(plots.windows(5, 3, title="Five"))
    assert metadata["image/png"]["alt"] == plots.windows(5, 3, title="Five").description
    assert data["text/plain"].startswith("<Figure: Five")
    assert plt.rcParams["font.size"] >= 14


@pytest.mark.parametrize("draw, mode", [(plots.images, "L"), (plots.grids, "RGB")])
def test_stored_pictures_lose_their_transparency_and_nothing_else(draw, mode, tmp_path):
    table = {"a": np.arange(16).reshape(4, 4)}
    png, _ = style._png(draw(table))
    draw(table).savefig(tmp_path / "as_drawn.png")
    stored, drawn = Image.open(BytesIO(png)), Image.open(tmp_path / "as_drawn.png")
    assert stored.mode == mode and drawn.mode == "RGBA"
    np.testing.assert_array_equal(stored.convert("RGBA"), drawn)


def test_patches_stand_on_the_left_of_their_projections_one_row_for_each_map():
    figure = plots.patches_and_projections(SEEN, title="Two maps")
    rows = np.reshape(figure.axes, (2, 5))
    shown = [[ax.images[0].get_array()[0, 0, 0] if ax.images else None for ax in row] for row in rows]
    assert shown == [[0.1, 0.4, None, 0.6, 0.8], [0.2, 0.4, None, 0.6, 0.8]]
    assert {ax.images[0].get_clim() for ax in rows[:, [0, 1, 3, 4]].flat} == {(0, 1)}
    assert [row[0].get_ylabel() for row in rows] == ["map 3", "map 7"]
    assert "map 3, map 7: 2 pieces" in figure.description


def test_the_image_made_for_a_map_stands_before_its_pieces_which_have_one_scale():
    figure = plots.made_and_found(FOUND, title="Two maps", shows="Little.")
    rows = np.reshape(figure.axes, (2, 4))
    shown = [[ax.images[0].get_array()[0, 0] if ax.images else None for ax in row] for row in rows]
    assert shown == [[0.1, None, 0.2, 0.3], [0.4, None, 0.5, 0.6]]
    assert [row[0].get_ylabel() for row in rows] == ["map 3", "map 7"]
    for ax in rows[0, 2:]:  # pieces of 4 x 2 and 3 x 3 pixels: 4 x 4 are drawn, with the piece in the middle
        height, width = ax.images[0].get_array().shape
        assert np.ptp(ax.get_xlim()) == np.ptp(ax.get_ylim()) == 4
        assert (np.mean(ax.get_xlim()), np.mean(ax.get_ylim())) == ((width - 1) / 2, (height - 1) / 2)
    assert "map 3, map 7: an image made" in figure.description and figure.description.endswith("Little.")
    figure = plots.made_and_found(FOUND, headings=("its answer\nto a 5", "its favourites"))
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == ["its answer\nto a 5", "its favourites"]
    assert "map 7: its answer to a 5 on the left, its favourites on the right, 2 of them" in figure.description


def test_the_two_halves_may_hold_other_pictures():
    figure = plots.patches_and_projections(SEEN, headings=("by colour", "by shape"), shows="The right half is better.")
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert texts == ["by colour", "by shape"]
    assert figure.description.endswith("left, by colour, and 2 on the right, by shape. The right half is better.")


def test_what_is_right_has_a_tick_and_a_frame_and_what_is_wrong_a_cross_and_is_pale():
    marks = {"map 3": ([None, True], [None, False]), "map 7": ([None, True], [None, True])}
    figure = plots.patches_and_projections(SEEN, headings=("by features", "by pixels"), right=marks)
    rows = np.reshape(figure.axes, (2, 5))[:, [0, 1, 3, 4]]
    shown = [[[text.get_text() for text in ax.texts if len(text.get_text()) == 1] for ax in row] for row in rows]
    assert shown == [[[], ["\u2713"], [], ["\u2717"]], [[], ["\u2713"], [], ["\u2713"]]]
    assert [[ax.images[0].get_alpha() for ax in row] for row in rows] == [[None] * 3 + [0.35], [None] * 4]
    widths = [[ax.spines["top"].get_linewidth() for ax in row] for row in rows]
    assert widths == [[0.8, 4, 0.8, 0.8], [0.8, 4, 0.8, 4]]
    assert "marked with a tick, as right: 2 of 2 by features, 1 of 2 by pixels" in figure.description


@pytest.mark.parametrize(
    "draw, word",
    [
        (lambda: plots.lines({}), "curves"),
        (lambda: plots.panels({}), "curves"),
        (lambda: plots.panels({"a": [1]}, kind="bars"), "kind"),
        (lambda: plots.images({}), "pictures"),
        (lambda: plots.images([np.eye(2)]), "pictures"),
        (lambda: plots.grids({"a": [1, 2]}), "'a'"),
        (lambda: plots.grids({"a": [["x"]]}), "'a'"),
        (lambda: plots.connections({}), "tables"),
        (lambda: plots.step(np.eye(4), np.eye(2), 3, 0), "i must be below 3"),
        (lambda: plots.step(np.eye(4), np.eye(2), 0, -1), "j"),
        (lambda: plots.step(np.eye(4), np.eye(2), 0, 0, strides=(1, 2)), "strides"),
        (lambda: plots.windows(6, 3, values=[1, 2]), "6 pixels"),
        (lambda: plots.blocks((6, 6), 3, 2), "image_shape"),
        (lambda: plots.blocks((6, 6, 3), 3, 5), "filters must be at most 4"),
        (lambda: plots.blocks((6, 6, 3), 7, 2), "kernel_size"),
        (lambda: plots.windows(3, 5), "kernel_size"),
        (lambda: plots.learning_curves(RUNS, "accuracy"), "'accuracy'"),
        (lambda: plots.dots(RUNS, "accuracy"), "'accuracy'"),
        (lambda: plots.dots(RUNS, "loss", panels="labels"), "'labels'"),
        (lambda: plots.dots(RUNS[:0], "loss"), "row"),
        (lambda: plots.learning_curves(RUNS.drop(columns="val_loss"), validation=True), "'val_loss'"),
        (lambda: plots.learning_curves(RUNS[:0]), "row"),
        (lambda: plots.learning_curves(RUNS, over="labels"), "'labels'"),
        (lambda: plots.confusion(COUNTS, ["a", "b"]), r"\(2, 2\)"),
        (lambda: plots.confusion(COUNTS[:2], ["a", "b"]), r"\(2, 3\)"),
        (lambda: plots.confusion(COUNTS / 2, ["a", "b", "c"]), "float64"),
        (lambda: plots.confusion(-COUNTS, ["a", "b", "c"]), "matrix"),
        (lambda: plots.bars({}), "values"),
        (lambda: plots.bars({"a": -1}), "values"),
        (lambda: plots.bars({"a": 0}, log=True), "above 0"),
        (lambda: plots.bars({"a": 1}, highlight=["b"]), "'b'"),
        (lambda: plots.graph(keras.Sequential([layers.Dense(1)])), "model must be"),
        (lambda: plots.graph(keras.Sequential([keras.Input((4,)), *(layers.ReLU() for _ in range(14))])), "15 layers"),
        (lambda: plots.graph(fan(7)), "7 branches"),
        (lambda: plots.reading(np.eye(4, 12), np.eye(5, 3), 4, 3, "abc"), "3 windows"),
        (lambda: plots.reading(np.eye(4, 12), np.eye(5, 3), 4, 2, "ab"), "2 classes"),
        (lambda: plots.reading(np.ones(4), np.eye(5, 3), 4, 2, "abc"), "'row'"),
        (lambda: plots.patches_and_projections({}), "maps"),
        (lambda: plots.patches_and_projections({"a": ([], [])}), "at least one"),
        (lambda: plots.patches_and_projections({"a": ([np.eye(2)], [np.eye(2)] * 2)}), r"\[1, 2\]"),
        (lambda: plots.patches_and_projections(SEEN, right={"map 3": ([True], [True])}), "right must have a mark"),
        (lambda: plots.patches_and_projections(SEEN, right=dict.fromkeys(SEEN, ([True], [True]))), "of the 2 pictures"),
        (lambda: plots.made_and_found({}), "maps"),
        (lambda: plots.made_and_found({"a": (np.eye(2), [])}), "at least one"),
        (lambda: plots.made_and_found({"a": (np.eye(2), [np.eye(2)]), "b": (np.eye(2), [np.eye(2)] * 2)}), r"\[1, 2\]"),
    ],
)
def test_bad_input_is_named(draw, word):
    with pytest.raises(ValueError, match=word):
        draw()
