"""The figures show the data they are given, carry labels and a description, and are shown once."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from utils import kernels, plots
from utils.convolution import correlate2d

TABLE = np.array([[3, -1, 0], [2, 5, -4]])
FIGURES = {
    "lines": lambda: plots.lines({"a": [1, 2, 4], "b": [3, 1, 0]}, xlabel="time", ylabel="value", title="Two lines"),
    "panels": lambda: plots.panels({"a": [1, 2], "b": [3, 4]}, xlabel="age", ylabel="weight", kind="bar"),
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


def test_panels_draw_one_bar_for_each_value():
    figure = plots.panels({"w": [0.5, 0.3, 0.2]}, kind="bar", xlabel="age", ylabel="weight")
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [0.5, 0.3, 0.2]
    assert figure.axes[0].get_xlabel() == "age" and figure.axes[0].get_ylabel() == "weight"


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


def test_the_style_shows_figures_with_their_description_as_alt_text():
    from IPython.testing.globalipapp import start_ipython

    shell = start_ipython()
    shell.display_formatter.formatters["image/png"].enabled = True  # as in a notebook
    plots.use_course_style()
    data, metadata = shell.display_formatter.format(plots.windows(5, 3, title="Five"))
    assert metadata["image/png"]["alt"] == plots.windows(5, 3, title="Five").description
    assert data["text/plain"].startswith("<Figure: Five")
    assert plt.rcParams["font.size"] >= 14


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
        (lambda: plots.windows(3, 5), "kernel_size"),
    ],
)
def test_bad_input_is_named(draw, word):
    with pytest.raises(ValueError, match=word):
        draw()
