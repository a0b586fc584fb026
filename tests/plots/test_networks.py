"""Where the layers of a small network stand in a drawing, what is written on them, and how they are drawn."""

import keras
import numpy as np
import pytest
from keras import layers
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path

from tests.plots import block, inception, lies_inside, words
from utils import plots
from utils.arithmetic import conv_output_size
from utils.graph import calls
from utils.models import lenet5_1998
from utils.plots.networks import layer_graph


def conv(filters, size, name, **settings):
    return layers.Conv2D(filters, size, padding="same", name=name, **settings)


def places(boxes):
    return {box.name: (box.row, box.column) for box in boxes}


def words_on(boxes):
    return {box.name: (box.kind, box.size, box.role) for box in boxes}


def edges(boxes, arrows):
    return {(boxes[arrow.start].name, boxes[arrow.end].name): arrow for arrow in arrows}


def test_the_branches_of_an_inception_module_stand_side_by_side_as_in_the_paper():
    """Fig. 2(b) of arXiv:1409.4842: the 1x1 branch beside the 3x3, 5x5 and the projection, under the reductions."""
    boxes, arrows = layer_graph(inception("a"))
    reductions = {"a_3x3_reduce": (1, -0.5), "a_5x5_reduce": (1, 0.5), "a_pool": (1, 1.5)}
    ends = {"a_1x1": (2, -1.5), "a_3x3": (2, -0.5), "a_5x5": (2, 0.5), "a_pool_proj": (2, 1.5)}
    assert places(boxes) == {"image": (0, 0), **reductions, **ends, "a": (3, 0)}
    found = edges(boxes, arrows)
    assert len(found) == len(arrows) == 11
    assert found["image", "a_1x1"].via == ((1, -1.5),), "it passes the reductions in its own column"
    assert {arrow.lane for arrow in arrows} == {0}
    written = words_on(boxes)
    assert written["image"] == ("", "28 × 28 × 192", "input")
    assert written["a_5x5"] == ("Conv2D 5×5", "→ 32", "weights")
    assert written["a_pool"] == ("MaxPooling2D 3×3", "→ 192", "pooling")
    assert written["a"] == ("Concatenate", "→ 256", "join")


def test_an_identity_shortcut_runs_around_the_block():
    boxes, arrows = layer_graph(block(8, 8, 8, name="b"))
    column = ["image", "b_a", "b_a_norm", "b_a_relu", "b_b", "b_b_norm", "b_add", "b"]
    assert [(box.name, box.row, box.column) for box in boxes] == [(name, row, 0) for row, name in enumerate(column)]
    assert [edge for edge, arrow in edges(boxes, arrows).items() if arrow.lane] == [("image", "b_add")]
    written = words_on(boxes)
    assert written["b_a_norm"] == ("BatchNorm", "", "other") and written["b"] == ("ReLU", "", "other")


def test_a_projection_is_a_branch_of_its_own_beside_the_main_path():
    boxes, arrows = layer_graph(block(8, 8, 4, strides=2, name="b"))
    at = places(boxes)
    assert all(at[name][1] == -0.5 for name in ("b_a", "b_a_norm", "b_a_relu", "b_b", "b_b_norm"))
    assert at["b_shortcut"] == (at["b_b"][0], 0.5) and at["b_shortcut_norm"] == (at["b_b_norm"][0], 0.5)
    assert at["b_add"][1] == at["b"][1] == 0
    assert not any(arrow.lane for arrow in arrows)
    passed = edges(boxes, arrows)["image", "b_shortcut"].via
    assert passed == tuple((row, 0.5) for row in range(1, at["b_shortcut"][0]))
    assert words_on(boxes)["b_a"][0] == "Conv2D 3×3/2"


def test_no_two_shortcuts_run_over_each_other():
    x = keras.Input((4, 4, 2), name="image")
    first = layers.Add(name="first")([x, conv(2, 3, "a")(x)])
    second = layers.Add(name="second")([first, conv(2, 3, "b")(first)])
    end = layers.Concatenate(name="end")([x, first, conv(2, 3, "c")(second)])
    boxes, arrows = layer_graph(keras.Model(x, end))
    lanes = {edge: arrow.lane for edge, arrow in edges(boxes, arrows).items() if arrow.lane}
    short = {("image", "first"): 1, ("first", "second"): 1}  # the second starts where the first ends
    assert lanes == short | {("first", "end"): 2, ("image", "end"): 3}


def test_branches_keep_to_their_side_whatever_the_order_of_names():
    x = keras.Input((4, 4, 2), name="image")
    left = conv(2, 1, "z2")(conv(2, 1, "z1")(x))
    middle = conv(2, 1, "m")(x)
    right = conv(2, 1, "b2")(conv(2, 1, "b1")(x))
    boxes, _ = layer_graph(keras.Model(x, layers.Add(name="add")([right, left, middle])))
    at = places(boxes)
    assert at["z1"][1] == at["z2"][1] == -1 and at["m"][1] == 0 and at["b1"][1] == at["b2"][1] == 1


def test_a_part_of_a_network_and_a_layer_that_is_used_twice():
    x = keras.Input((None, None, 3), name="image")
    shared = conv(3, 3, "shared")
    whole = keras.Model(x, conv(5, 3, "last")(layers.Add(name="add")([shared(shared(conv(3, 1, "first")(x))), x])))
    boxes, arrows = layer_graph(whole)
    assert [box.name for box in boxes] == ["image", "first", "shared", "shared", "add", "last"]
    assert boxes[0].size == "? × ? × 3" and len(arrows) == 6
    boxes, _ = layer_graph(keras.Model(whole.get_layer("add").output, whole.get_layer("last").output))
    assert [(box.name, box.size) for box in boxes] == [("input", "? × ? × 3"), ("last", "→ 5")]


def test_own_layers_are_known_by_their_windows():
    boxes, _ = layer_graph(lenet5_1998())
    assert [(box.kind, box.size, box.role) for box in boxes[1:4]] == [
        ("Conv2D 5×5", "→ 6", "weights"),
        ("Subsampling 2×2/2", "→ 6", "pooling"),
        ("TableConv2D 5×5", "→ 16", "weights"),
    ]


def test_a_sequential_model_is_a_column():
    column = [keras.Input((8,)), layers.Dense(4, name="dense"), layers.Reshape((2, 2), name="reshape")]
    boxes, arrows = layer_graph(keras.Sequential(column))
    assert [(box.name, box.kind, box.size, box.row, box.column) for box in boxes] == [
        ("input", "", "8", 0, 0),
        ("dense", "Dense", "→ 4", 1, 0),
        ("reshape", "Reshape", "→ 2", 2, 0),
    ]
    assert [(arrow.start, arrow.end) for arrow in arrows] == [(0, 1), (1, 2)]


@pytest.mark.parametrize("model", [keras.Sequential([layers.Dense(2)]), layers.Dense(2), None])
def test_a_model_without_a_graph_is_refused(model):
    with pytest.raises(ValueError, match="model must be"):
        layer_graph(model)


def patches(ax, kind):
    return [patch for patch in ax.patches if isinstance(patch, kind)]


def frames_of_texts(ax):
    """Find (text, its rectangle, the frame of the one box that it stands on) for each text of a drawn figure."""
    frames = [patch.get_window_extent() for patch in patches(ax, FancyBboxPatch)]
    for text in ax.texts:
        extent = text.get_window_extent()
        (frame,) = [frame for frame in frames if frame.contains(*extent.get_points().mean(axis=0))]
        yield text, extent, frame


def three_branches():
    """One of them is shorter than the one in the middle, which its arrow must not cross."""
    x = keras.Input((4,), name="input")
    ends = [layers.Dense(2, name=f"{name}2")(layers.Dense(2, name=f"{name}1")(x)) for name in "ab"]
    return keras.Model(x, layers.Add(name="add")([*ends, layers.Dense(2, name="c")(x)]))


@pytest.mark.parametrize("channels, filters, strides", [(3, 2, 1), (1, 4, 2), (5, 1, 1)])
def test_blocks_have_the_depth_of_the_image_and_a_map_for_each_filter(channels, filters, strides):
    figure = plots.blocks((7, 9, channels), kernel_size=3, filters=filters, strides=strides)
    rows, columns = conv_output_size((7, 9), 3, strides)
    (ax,) = figure.axes
    written = "\n".join(words(ax.texts)).splitlines()
    for sizes in ((7, 9, channels), (3, 3, channels), (rows, columns), (rows, columns, filters)):
        assert " × ".join(map(str, sizes)) in written
    assert [text for text in written if text.startswith("filter")] == [f"filter {k + 1}" for k in range(filters)]
    fronts = [(p.get_width(), p.get_height()) for p in patches(ax, Rectangle)]
    assert fronts.count((9, 7)) == channels and fronts.count((3, 3)) == channels * filters + 1
    assert fronts.count((columns, rows)) == 2 * filters, "each map once by itself and once in the stack"
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    maps = [p.get_y() + rows / 2 for p in patches(ax, Rectangle) if (p.get_width(), p.get_height()) == (columns, rows)]
    for k in range(filters):
        middle = heights[f"filter {k + 1}"] - 0.7 - 3 / 2
        assert heights[f"map {k + 1}"] - 0.7 - rows / 2 == pytest.approx(middle)
        assert any(found == pytest.approx(middle) for found in maps), "a map stands at the height of its filter"


@pytest.mark.parametrize("channels, filters, size", [(3, 2, 3), (1, 4, 5), (9, 3, 1), (5, 1, 2)])
def test_blocks_stand_apart_and_arrows_lead_from_one_to_the_next(channels, filters, size):
    figure = plots.blocks((7, 9, channels), kernel_size=size, filters=filters)
    (ax,) = figure.axes
    _, columns = conv_output_size((7, 9), size)
    arrows = patches(ax, FancyArrowPatch)
    assert len(arrows) == 3 * filters
    starts, ends = zip(*[(arrow._posA_posB[0][0], arrow._posA_posB[1][0]) for arrow in arrows])
    spans = [sorted({(start, end) for start, end in zip(starts[i::3], ends[i::3])}) for i in range(3)]
    assert all(len(gap) == 1 for gap in spans), "those of a column are equally long"
    (gaps,) = zip(*spans)
    left = [0, *(end + 0.3 for _, end in gaps)]
    deep = 0.3 * np.array([channels, channels, 1, filters])
    right = left + deep + [9, size, columns, columns]
    assert (left[1:] - right[:-1] > 1).all() and all(end - start > 0.5 for start, end in gaps)
    drawn = sorted({round(p.get_x(), 6) for p in patches(ax, Rectangle)})
    assert all(any(abs(x - place) < 1e-5 for x in drawn) for place in left)
    names = [text for text in ax.texts if text.get_text().startswith(("filter", "map"))]
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in names]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


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
    frames = [patch.get_window_extent() for patch in patches(ax, FancyBboxPatch)]
    arrows = patches(ax, FancyArrowPatch)
    assert len(frames) == len(model.layers)
    assert len(arrows) == sum(len(call.parents) for call in calls(model))
    for layer in model.layers:
        assert layer.name in figure.description
    for arrow in arrows:
        for line in arrow.get_transform().transform_path(arrow.get_path()).to_polygons(closed_only=False):
            crossed = [frame for frame in frames if Path(line).intersects_bbox(frame.padded(-6), filled=False)]
            assert not crossed
    for text, extent, frame in frames_of_texts(ax):
        assert lies_inside(frame, extent)
        assert text.get_fontsize() >= 13, "readable from the back row"


def test_a_graph_highlights_the_arrows_of_some_layers():
    x = keras.Input((4, 4, 2), name="x")
    branches = [layers.Conv2D(3, 1, name=name)(x) for name in ("main", "side")]
    model = keras.Model(x, layers.Add(name="sum")(branches))
    for highlight, red in (((), 0), (["side"], 2)):
        figure = plots.graph(model, highlight=highlight)
        arrows = patches(figure.axes[0], FancyArrowPatch)
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
    assert all(lies_inside(frame, extent) for _, extent, frame in frames_of_texts(figure.axes[0]))


def test_a_shortcut_is_drawn_apart_from_the_other_arrows():
    figure = plots.graph(block(8, 8, 8))
    ax = figure.axes[0]
    colours = [to_hex(patch.get_edgecolor()) for patch in patches(ax, FancyArrowPatch)]
    assert sorted(set(colours), key=colours.count) == [plots.VERMILION.lower(), plots.BLACK]
    assert "image to block_add (shortcut)" in figure.description


def test_long_names_leave_out_that_of_their_block():
    drawn = [plots.graph(model).axes[0].texts for model in (inception(), block(8, 8, 8))]
    names, short = (words(text for text in texts if text.get_fontweight() == "bold") for texts in drawn)
    assert names[:2] == ["image", "…_3x3_reduce"] and names[-1] == "inception_3a"
    assert "block_a_norm" in short
