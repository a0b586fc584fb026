"""Charts show the values they are given, in the right colours, with what they are compared with."""

import matplotlib.dates
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Text

from tests.plots import RUNS, words
from utils import plots


def with_dots(ax):
    return [line for line in ax.lines if line.get_marker() == "o"]


def test_lines_show_their_values_with_labels_and_marks():
    curves = {"dots": [5, 6, 7], "curve": ([10, 20], [1, 2])}
    marks = dict(marks=[(10, 1, "here")], marks_below=[(20, 2, "there")])
    figure = plots.lines(curves, dots=["dots"], **marks, xlabel="time (s)", ylabel="km", title="Title", ylim=(0, 9))
    (ax,) = figure.axes
    dots, curve, above, below = ax.lines
    np.testing.assert_array_equal(dots.get_ydata(), [5, 6, 7])
    np.testing.assert_array_equal(curve.get_xydata(), [[10, 1], [20, 2]])
    np.testing.assert_array_equal(above.get_xydata(), [[10, 1]])
    np.testing.assert_array_equal(below.get_xydata(), [[20, 2]])
    assert dots.get_linestyle() == "None" and to_hex(curve.get_color()) == plots.BLUE.lower()
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), ax.get_ylim()) == ("time (s)", "km", "Title", (0, 9))
    assert words(ax.get_legend().get_texts()) == ["dots", "curve"]
    assert words(ax.texts) == ["here", "there"] and "here; marked: there" in figure.description
    assert [text.xyann[1] > 0 for text in ax.texts] == [True, False]


def test_lines_of_different_names_have_different_colours():
    figure = plots.lines({name: [1, 2] for name in "abcd"})
    assert len({line.get_color() for line in figure.axes[0].lines}) == 4


def test_lines_have_the_colours_of_another_figure():
    figure = plots.lines({"points": [0, 1], "c": [1, 2], "a": [2, 3]}, dots=["points"], among=["a", "b", "c"])
    colour = {line.get_label(): line.get_color() for line in figure.axes[0].lines}
    assert (colour["a"], colour["c"]) == (plots.COLOURS[0], plots.COLOURS[2])
    with pytest.raises(ValueError, match=r"among .*'d'"):
        plots.lines({"a": [1, 2], "d": [1, 2]}, among={"a": 0, "b": 0})


def test_dates_are_written_in_short():
    plots.use_course_style()
    days = np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]")
    axis = plots.lines({"a": (days, np.arange(60))}, dots="a").axes[0].xaxis
    assert isinstance(axis.get_major_formatter(), matplotlib.dates.ConciseDateFormatter)


def test_panels_draw_one_bar_for_each_value():
    (ax,) = plots.panels({"w": [0.5, 0.3, 0.2]}, kind="bar", xlabel="age", ylabel="weight").axes
    assert [bar.get_height() for bar in ax.patches] == [0.5, 0.3, 0.2]
    assert ax.get_xlabel() == "age" and ax.get_ylabel() == "weight"


def test_a_panel_has_a_legend_where_several_curves_must_be_told_apart():
    one, two = plots.panels({"one": {"a": [1, 2]}, "two": {"a": [1, 2], "b": [3, 4]}}).axes
    assert one.get_legend() is None and words(two.get_legend().get_texts()) == ["a", "b"]


def test_panels_over_whole_numbers_have_no_fractions_as_ticks():
    values = [3.0, 2, 1, 1]
    figure = plots.panels({"epochs": (np.arange(1, 5), values), "seconds": (np.linspace(0, 1, 4), values)})
    epochs, seconds = (ax.get_xticks() for ax in figure.axes)
    assert all(tick == int(tick) for tick in epochs) and any(tick != int(tick) for tick in seconds)


def test_a_descent_stands_on_the_curve_of_its_loss():
    paths = {"small": [4, 2, 1], "large": [4, -5, 6]}
    figure = plots.descent(np.square, paths, xlabel="w", ylabel="loss", shows="Dots.")
    assert [ax.get_title() for ax in figure.axes] == ["small", "large"] and figure.description.endswith("large. Dots.")
    for ax, path in zip(figure.axes, paths.values()):
        curve, steps, start = ax.lines
        np.testing.assert_allclose(curve.get_ydata(), curve.get_xdata() ** 2)
        np.testing.assert_array_equal(steps.get_xydata(), np.transpose([path, np.square(path)]))
        np.testing.assert_array_equal(start.get_xydata(), [[4, 16]])
        np.testing.assert_allclose(curve.get_xdata()[[0, -1]], [-5.55, 6.55])  # 5 % more on both sides


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
    assert words(ax.get_legend().get_texts()) == ["deep", "shallow"]
    assert ax.get_legend().get_title().get_text() == "median of 3 seeds,\nband: lowest to highest"
    assert "median of 3 seeds, band: lowest to highest: deep, shallow" in figure.description
    figure = plots.learning_curves(RUNS.rename(columns={"epoch": "labels"}), over="labels")
    assert figure.axes[0].get_xlabel() == "labels" and "over labels" in figure.description
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[1, 5], [2, 2]])


def test_validation_is_dashed_in_the_colour_of_its_network():
    ax = plots.learning_curves(RUNS[RUNS.seed == 1], validation=True).axes[0]
    by_style = {(line.get_color(), line.get_linestyle()): list(line.get_ydata()) for line in ax.lines}
    assert by_style[plots.BLUE, "-"] == [4, 1] and by_style[plots.BLUE, "--"] == [2, 3]
    assert by_style[plots.VERMILION, "-"] == [7, 7] and by_style[plots.VERMILION, "--"] == [8, 9]
    assert words(ax.get_legend().get_texts()) == ["deep", "shallow", "training", "validation"]
    assert ax.get_legend().get_title().get_text() == "", "one seed has no median"


def test_one_run_is_one_line_that_needs_no_legend():
    figure = plots.learning_curves(RUNS[(RUNS.seed == 0) & (RUNS.name == "deep")], value="val_loss")
    assert figure.axes[0].get_legend() is None and figure.axes[0].get_ylabel() == "validation loss"
    assert figure.description == "Lines of val_loss over the epochs: deep"


def test_learning_curves_compare_with_levels():
    figure = plots.learning_curves(RUNS, levels={"nearest neighbour": 4.5})
    (line,) = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert set(line.get_ydata()) == {4.5} and line.get_label() == "nearest neighbour: 4.50"
    assert figure.description.endswith("; dotted: nearest neighbour")


@pytest.mark.parametrize("scale, where", [("linear", 1 + 2 / 3), ("log", 1 + np.log(5 / 3) / np.log(5 / 2))])
def test_learning_curves_mark_where_a_target_is_reached(scale, where):
    figure = plots.learning_curves(RUNS, targets={"three": 3, "one": 1, "ten": 10}, yscale=scale)
    ax = figure.axes[0]
    dot, for_legend = with_dots(ax)  # shallow stays; both begin below 10
    np.testing.assert_allclose(dot.get_xydata(), [[where, 3]])
    assert dot.get_color() == ax.lines[0].get_color() and for_legend.get_label() == "reaches three, one, ten"
    assert figure.description.endswith("; a dot where a line reaches three, one, ten")


def test_dots_show_each_seed_the_median_and_what_to_compare_with():
    last = RUNS[RUNS.epoch == 2]
    ax = plots.dots(last, value="loss", levels={"guessing": 5.5}, text="{:.1f}").axes[0]
    dots = with_dots(ax)
    assert [sorted(line.get_xdata()) for line in dots] == [[1, 2, 3], [6, 7, 8]]
    assert [set(line.get_ydata()) for line in dots] == [{0}, {1}]
    assert words(ax.get_yticklabels()) == ["deep", "shallow"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first name stands at the top"
    assert words(ax.texts) == ["2.0", "7.0", "guessing 5.5"]
    assert any(line.get_linestyle() == ":" and set(line.get_xdata()) == {5.5} for line in ax.lines)


def test_dots_in_panels():
    figure = plots.dots(RUNS, value="loss", panels="epoch", levels={"guessing": {1: 6, 2: 4}})
    assert [ax.get_title() for ax in figure.axes] == ["1 epoch", "2 epoch"]
    assert [words(ax.texts)[-1] for ax in figure.axes] == ["guessing 600%", "guessing 400%"]
    assert "one panel for each of 1, 2 epoch" in figure.description and "dotted: guessing" in figure.description


@pytest.mark.parametrize("level", [0, 0.2, 0.31, 0.5, 0.69, 0.85, 1])
def test_the_label_of_a_level_stands_inside_its_panel_and_no_number_on_a_dotted_line(level):
    levels = {"nearest neighbour": {1: level, 2: 1 - level}}
    figure = plots.dots(RUNS.assign(accuracy=level), panels="epoch", levels=levels, xlim=(0, 1))
    figure.canvas.draw()
    for ax in figure.axes:
        *numbers, label = ax.texts
        frame, text = ax.get_window_extent(), label.get_window_extent()
        assert frame.x0 <= text.x0 < text.x1 <= frame.x1
        line = ax.lines[-1]
        for number in numbers:
            assert to_hex(number.get_bbox_patch().get_facecolor()) == "#ffffff" and number.zorder > line.zorder


def test_bars_have_their_length_and_their_number():
    values = {"a": 2.5, "b": 1234}
    figure = plots.bars(values, xlabel="km", title="Ways", highlight=["b"])
    (ax,) = figure.axes
    assert [bar.get_width() for bar in ax.patches] == [2.5, 1234]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [plots.BLUE.lower(), plots.VERMILION.lower()]
    assert words(ax.texts) == ["2.5", "1,234"] and words(ax.get_yticklabels()) == ["a", "b"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first bar stands on top"
    assert figure.description == "Ways. Bars of km: a 2.5, b 1,234"
    logarithmic = plots.bars(values, log=True, text="{:.0f} %").axes[0]
    assert logarithmic.get_xscale() == "log" and words(logarithmic.texts) == ["2 %", "1234 %"]


HIDDEN = ["_small", "_child0", "_nolegend_"]


@pytest.mark.parametrize("name", HIDDEN)
def test_names_that_begin_with_an_underscore_stand_in_the_legend(name):
    runs = RUNS.replace({"name": {"deep": name}})
    for figure, expected in (
        (plots.lines({name: [1, 2], "b": [2, 1]}, dots=[name]), [name, "b"]),
        (plots.panels({"p": {name: [1, 2], "b": [2, 1]}}), [name, "b"]),
        (plots.learning_curves(runs), [name, "shallow"]),
        (plots.learning_curves(RUNS[RUNS.seed == 0], levels={name: 3}), ["deep", "shallow", f"{name}: 3.00"]),
    ):
        assert words(figure.axes[0].get_legend().get_texts()) == expected


@pytest.mark.parametrize("name", ["$5 and $6", "$x_1$", "$\\frac$"])
def test_names_of_classes_and_contenders_are_text_and_no_markup(name):
    runs = RUNS.replace({"name": {"deep": name}})
    scores = dict(window=4, strides=2, class_names=[name, "b", "c"])
    for figure in (
        plots.lines({name: [1, 2], "b": [2, 1]}),
        plots.learning_curves(runs),
        plots.dots(runs, value="loss"),
        plots.bars({name: 1, "b": 2}),
        plots.confusion(np.eye(2, dtype=int), class_names=[name, "b"]),
        plots.sliding_scores(np.eye(4, 12), np.eye(5, 3), **scores),
    ):
        figure.draw_without_rendering()  # "$\\frac$" is no formula
        texts = [text for ax in figure.axes for text in (*ax.get_xticklabels(), *ax.get_yticklabels())]
        texts += [text for ax in figure.axes if ax.get_legend() for text in ax.get_legend().get_texts()]
        found = [text for text in texts if text.get_text() == name]
        assert found and not any(text.get_parse_math() for text in found)


MATHEMATICS = ["$S_x$", "Sobel $S_y$: edges", "$H_1\\,×\\,W_1$\n$D_1$, and back", "none"]
DOLLARS = ["costs $5 or $6", "$5-$6", "a$b", "$ a $", "$$", "$x_1$ and $", "$\\nothing$", "$x$5", "tax$_file$.png$"]


@pytest.mark.parametrize("draw", [
    lambda text: plots.images({text: np.eye(2)}),
    lambda text: plots.grids({"a": np.eye(2)}, title=text),
    lambda text: plots.bars({"a": 1}, xlabel=text),
])  # fmt: skip
def test_a_dollar_is_drawn_as_one_unless_it_encloses_mathematics(draw):
    for texts, expected in ((MATHEMATICS, True), (DOLLARS, False)):
        for text in texts:
            figure = draw(text)
            figure.draw_without_rendering()
            (found,) = [artist for artist in figure.findobj(Text) if artist.get_text() == text]
            assert found.get_parse_math() == expected, text
