"""Grids hold every number, and their frames and colours mark what they should."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from tests.plots import COUNTS, lies_inside, words
from utils import kernels, plots
from utils.convolution import correlate2d


def test_grids_write_every_number_and_frame_the_window():
    tables = {"table": [[3, -1, 0], [2, 5, -4]], "means": [[3.25, 1.5], [-2.0, 0.0]]}
    figure = plots.grids(tables, frames={"table": [(0, 1, 2, 2, "red")]})
    assert words(figure.axes[0].texts) == ["3", "−1", "0", "2", "5", "−4"]
    assert words(figure.axes[1].texts) == ["3.25", "1.5", "−2", "0"]
    (frame,) = figure.axes[0].patches
    assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == pytest.approx((1.04, 0.04, 1.92, 1.92))


def test_a_zero_border_is_grey_in_its_own_grid():
    figure = plots.grids({"image": np.eye(2), "padded": np.pad(np.eye(2), 1)}, zero_border={"padded": 1})
    assert [len(ax.patches) for ax in figure.axes] == [0, 4 * 4 - 2 * 2]


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
    figure = plots.correlation_step(image, kernels.SOBEL_X, i=1, j=0, strides=2)
    result = correlate2d(image, kernels.SOBEL_X, strides=2)
    (window,) = figure.axes[0].patches
    *later, value = figure.axes[2].patches
    assert len(later) == result.size - 3
    assert (*window.get_xy(), *value.get_xy()) == pytest.approx((0.04, 2.04, 0.04, 1.04))
    assert words(figure.axes[2].texts) == [str(v).replace("-", "−") for v in result.ravel()[:3]], (
        "later values stay hidden"
    )
    assert str(result[1, 0]) in figure.description


def test_windows_counts_zeros_and_unused_pixels():
    valid, same = (plots.windows_1d(6, kernel_size=3, strides=2, padding=p).description for p in ("valid", "same"))
    assert "2 windows of 3 over 6 pixels, 0 zeros before, 0 after, 1 pixels unused" in valid
    assert "3 windows of 3 over 6 pixels, 0 zeros before, 1 after, 0" in same


@pytest.mark.parametrize("padding, dilation_rate", [("same", 1), (1, 1), ("valid", 2), (3, 2)])
def test_windows_write_the_values_and_the_sums_that_a_correlation_gives(padding, dilation_rate):
    values = np.array([1, 2, 3, 4, 5, 6])
    geometry = dict(kernel_size=3, strides=2, padding=padding, dilation_rate=dilation_rate)
    figure = plots.windows_1d(6, **geometry, values=values)
    zeros = padding if padding in ("same", "valid") else (0, padding)
    options = dict(strides=(1, 2), padding=zeros, dilation_rate=(1, dilation_rate))
    sums = correlate2d(values[None], np.ones((1, 3), int), **options)[0].tolist()
    written = words(figure.axes[0].texts)
    assert [int(text) for text in written if not text.startswith("sum") and text != "0"] == values.tolist()
    assert [text for text in written if text.startswith("sum")] == [f"sum {n}" for n in sums]
    assert figure.description.endswith("Sums of the windows: " + ", ".join(map(str, sums)))


@pytest.mark.parametrize("kind", [np.uint8, np.int16, int])
def test_places_given_as_small_integers_do_not_wrap(kind):
    figure = plots.correlation_step(np.ones((12, 32)), np.ones((3, 3)), i=kind(9), j=kind(3))
    assert "274 of 300 values" in figure.description and "rows 9 to 11 and columns 3 to 5" in figure.description
    figure = plots.correlation_step(np.ones((261, 1)), np.ones((1, 1)), i=kind(2), j=kind(0), strides=kind(100))
    assert "3 of 3 values" in figure.description and "rows 200 to 200" in figure.description
    plain = plots.windows_1d(300, kernel_size=3, strides=100, values=range(300)).description
    settings = dict(kernel_size=kind(3), strides=kind(100))
    assert plots.windows_1d(300, **settings, values=np.arange(300, dtype=">u2")).description == plain


def test_the_tint_of_a_grid_knows_the_smallest_integer():
    assert plots.grids({"a": np.array([[-128, 1]], "int8")}).axes[0].images[0].get_clim() == (-1.6 * 128, 1.6 * 128)


def test_pooling_frames_window_and_value_alike():
    figure = plots.pooling({"map": np.arange(16).reshape(4, 4), "pooled": [[5, 7], [13, 15]]})
    windows, values = figure.axes[0].patches, figure.axes[1].patches
    assert [w.get_edgecolor() for w in windows] == [v.get_edgecolor() for v in values]
    assert len({w.get_edgecolor() for w in windows}) == 4


def test_frames_of_neighbours_have_different_colours():
    figure = plots.pooling({"map": np.eye(8), "pooled": np.eye(4)})
    colours = np.array([frame.get_edgecolor() for frame in figure.axes[0].patches]).reshape(4, 4, 4)
    for i, j in np.ndindex(3, 3):
        assert len({tuple(colour) for colour in colours[i : i + 2, j : j + 2].reshape(4, 4)}) == 4


def test_windows_have_two_colours_in_turn():
    bars = [patch for patch in plots.windows_1d(9, kernel_size=3, strides=2).axes[0].patches if patch.get_y() < 0]
    colours = [{to_hex(bar.get_facecolor()) for bar in bars if int(-bar.get_y() - 0.8) == k} for k in range(4)]
    first, second, third, fourth = colours
    assert len(first) == len(second) == 1 and first == third != second == fourth
    summed = plots.windows_1d(9, kernel_size=3, strides=2, values=np.arange(9)).axes[0].texts
    assert [{to_hex(text.get_color())} for text in summed if text.get_text().startswith("sum")] == colours


@pytest.mark.parametrize("as_pixels", [True, False])
def test_the_colour_of_a_cell_is_that_of_its_number(as_pixels):
    table = np.arange(6).reshape(2, 3) * 40
    (image,) = plots.grids({"a": table}, as_pixels=as_pixels).axes[0].images
    assert list(image.get_extent()) == [0, 3, 2, 0], "row 0 above, a unit for each cell, as the numbers are placed"
    np.testing.assert_array_equal(image.get_array(), table)


def test_grids_are_as_tall_as_their_figure_unless_cells_are_to_be_equal():
    heights = [ax.get_ylim()[0] for ax in plots.grids({"a": np.eye(2), "b": np.eye(5)}).axes]
    assert heights == pytest.approx([2.06, 5.06])


def test_a_step_draws_all_cells_in_one_size():
    figure = plots.correlation_step(np.eye(7), kernels.SOBEL_X, i=0, j=0)
    figure.draw_without_rendering()
    corners = [ax.transData.transform([(0, 0), (1, 1)]) for ax in figure.axes]
    np.testing.assert_allclose([right - left for (left, _), (right, _) in corners], np.ptp(corners[0][:, 0]), rtol=0.05)


def test_connections_counts_connections_and_weights():
    band = np.array([[1, 2, 0], [0, 1, 2]])
    figure = plots.connection_matrix({"band": band, "dense": np.arange(1, 7).reshape(2, 3)})
    assert "band with 4 connections and 2 weights" in figure.description


def test_confusion_shows_mistakes_in_proportion_and_the_diagonal_in_quiet():
    figure = plots.confusion(COUNTS, class_names=["cat", "dog", "horse"], title="Animals")
    (ax,) = figure.axes
    shown = {t.get_position(): t.get_text() for t in ax.texts}
    counts = {(0, 0): "50", (2, 0): "4", (0, 1): "1", (1, 1): "60", (1, 2): "8", (2, 2): "70"}
    assert {at: text for at, text in shown.items() if text} == counts, "column 2, row 0: a cat taken for a horse"
    faces = {(cell.get_x() + 0.5, cell.get_y() + 0.5): to_hex(cell.get_facecolor()) for cell in ax.patches}
    assert len({faces[i, i] for i in range(3)}) == 1
    assert faces[1, 2] == plots.VERMILION.lower()
    redness = [to_rgb(faces[at])[0] - to_rgb(faces[at])[2] for at in ((0, 0), (1, 0), (0, 1), (2, 0), (1, 2))]
    assert max(redness[:2]) < redness[2] < redness[3] < redness[4]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("predicted", "true", "Animals")
    assert words(ax.get_yticklabels()) == ["cat", "dog", "horse"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first class stands on top"


@pytest.mark.parametrize("classes, count", [(3, 7), (10, 1088), (15, 20), (15, 12_345)])
def test_counts_fit_into_their_cells(classes, count):
    class_names = [f"class {i}" for i in range(classes)]
    figure = plots.confusion(np.full((classes, classes), count), class_names=class_names)
    figure.draw_without_rendering()
    (ax,) = figure.axes
    for text, cell in zip(ax.texts, ax.patches):
        assert lies_inside(cell.get_window_extent(), text.get_window_extent())
    if count < 100:
        assert ax.texts[0].get_fontsize() >= 12, "readable from the back row"


def test_confusion_without_a_mistake():
    ax = plots.confusion(np.diag([3, 4]), class_names=[0, 1]).axes[0]
    assert words(ax.texts) == ["3", "", "", "4"]
