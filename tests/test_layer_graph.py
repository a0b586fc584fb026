"""Where the layers of a small network stand in a drawing, and what is written on them."""

import keras
import pytest
from keras import layers

from utils.models import lenet5_1998
from utils.models.googlenet import inception_module
from utils.models.resnet import residual_block
from utils.plots.networks import layer_graph


def image(*shape, name="image"):
    return keras.Input(shape, name=name)


def conv(filters, size, name, **settings):
    return layers.Conv2D(filters, size, padding="same", name=name, **settings)


def places(boxes):
    return {box.name: (box.row, box.column) for box in boxes}


def edges(boxes, arrows):
    return {(boxes[arrow.start].name, boxes[arrow.end].name): arrow for arrow in arrows}


def test_the_branches_of_an_inception_module_stand_side_by_side_as_in_the_paper():
    """Fig. 2(b) of arXiv:1409.4842: the 1x1 branch beside the 3x3, 5x5 and the projection, under the reductions."""
    x = image(28, 28, 192)
    boxes, arrows = layer_graph(keras.Model(x, inception_module(x, 64, 96, 128, 16, 32, 32, name="a")))
    assert places(boxes) == {
        "image": (0, 0),
        "a_3x3_reduce": (1, -0.5),
        "a_5x5_reduce": (1, 0.5),
        "a_pool": (1, 1.5),
        "a_1x1": (2, -1.5),
        "a_3x3": (2, -0.5),
        "a_5x5": (2, 0.5),
        "a_pool_proj": (2, 1.5),
        "a": (3, 0),
    }
    found = edges(boxes, arrows)
    assert len(found) == len(arrows) == 11
    assert found["image", "a_1x1"].via == ((1, -1.5),), "it passes the reductions in its own column"
    assert {arrow.lane for arrow in arrows} == {0}
    words = {box.name: (box.kind, box.size, box.role) for box in boxes}
    assert words["image"] == ("", "28 × 28 × 192", "input")
    assert words["a_5x5"] == ("Conv2D 5×5", "→ 32", "weights")
    assert words["a_pool"] == ("MaxPooling2D 3×3", "→ 192", "pooling")
    assert words["a"] == ("Concatenate", "→ 256", "join")


def test_an_identity_shortcut_runs_around_the_block():
    x = image(8, 8, 4)
    boxes, arrows = layer_graph(keras.Model(x, residual_block(x, 4, name="b")))
    assert [(box.name, box.row, box.column) for box in boxes] == [
        (name, row, 0)
        for row, name in enumerate(["image", "b_a", "b_a_norm", "b_a_relu", "b_b", "b_b_norm", "b_add", "b"])
    ]
    assert [edge for edge, arrow in edges(boxes, arrows).items() if arrow.lane] == [("image", "b_add")]
    words = {box.name: (box.kind, box.size, box.role) for box in boxes}
    assert words["b_a_norm"] == ("BatchNorm", "", "other") and words["b"] == ("ReLU", "", "other")


def test_a_projection_is_a_branch_of_its_own_beside_the_main_path():
    x = image(8, 8, 4)
    boxes, arrows = layer_graph(keras.Model(x, residual_block(x, 8, 2, name="b")))
    at = places(boxes)
    assert all(at[name][1] == -0.5 for name in ("b_a", "b_a_norm", "b_a_relu", "b_b", "b_b_norm"))
    assert at["b_shortcut"] == (at["b_b"][0], 0.5) and at["b_shortcut_norm"] == (at["b_b_norm"][0], 0.5)
    assert at["b_add"][1] == at["b"][1] == 0
    assert not any(arrow.lane for arrow in arrows)
    passed = edges(boxes, arrows)["image", "b_shortcut"].via
    assert passed == tuple((row, 0.5) for row in range(1, at["b_shortcut"][0]))
    assert {box.name: box.kind for box in boxes}["b_a"] == "Conv2D 3×3/2"


def test_no_two_shortcuts_run_over_each_other():
    x = image(4, 4, 2)
    first = layers.Add(name="first")([x, conv(2, 3, "a")(x)])
    second = layers.Add(name="second")([first, conv(2, 3, "b")(first)])
    end = layers.Concatenate(name="end")([x, first, conv(2, 3, "c")(second)])
    boxes, arrows = layer_graph(keras.Model(x, end))
    lanes = {edge: arrow.lane for edge, arrow in edges(boxes, arrows).items() if arrow.lane}
    assert lanes == {
        ("image", "first"): 1,
        ("first", "second"): 1,  # starts where the one before ends
        ("first", "end"): 2,
        ("image", "end"): 3,
    }


def test_branches_keep_to_their_side_whatever_the_order_of_names():
    x = image(4, 4, 2)
    left = conv(2, 1, "z2")(conv(2, 1, "z1")(x))
    middle = conv(2, 1, "m")(x)
    right = conv(2, 1, "b2")(conv(2, 1, "b1")(x))
    boxes, _ = layer_graph(keras.Model(x, layers.Add(name="add")([right, left, middle])))
    at = places(boxes)
    assert at["z1"][1] == at["z2"][1] == -1 and at["m"][1] == 0 and at["b1"][1] == at["b2"][1] == 1


def test_a_part_of_a_network_and_a_layer_that_is_used_twice():
    x = image(None, None, 3)
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
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(4, name="dense"), layers.Reshape((2, 2), name="reshape")], name="column"
    )
    boxes, arrows = layer_graph(model)
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
