"""Pictures keep their pixels, stand where they should, and are marked as they should."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tests.plots import FOUND, SEEN, words
from utils import plots


def first_pixels(rows):
    """Read the first value of each picture; None for axes without one."""
    return [[ax.images[0].get_array().flat[0] if ax.images else None for ax in row] for row in rows]


def headings(figure):
    return [text for ax in figure.axes for text in words(ax.texts)]


def test_images_keep_their_pixels_and_zero_is_medium_grey_where_there_are_negative_values():
    signed = np.array([[-1.0, 3.0], [0.0, 1.0]])
    figure = plots.images({"plain": np.eye(2), "signed": signed, "third": np.eye(3)}, columns=2)
    shown = [ax.images[0] for ax in figure.axes if ax.images]
    np.testing.assert_array_equal(shown[1].get_array(), signed)
    low, high = shown[1].get_clim()
    assert low == -high and shown[0].get_clim() == (0, 1)
    assert [ax.get_title() for ax in figure.axes] == ["plain", "signed", "third", ""]


COLOURED = np.random.default_rng(0).random((4, 5, 3))


@pytest.mark.parametrize(
    "picture",
    [
        COLOURED,
        COLOURED.astype("float16"),
        COLOURED * 1.009 - 0.002,
        (COLOURED * 255).astype("uint8"),
        (COLOURED * 255).astype("int64"),
        (COLOURED * 255).astype(">u2"),
        COLOURED > 0.5,
    ],
    ids=["float", "float16", "rounded", "uint8", "int64", "uint16", "bool"],
)
def test_colours_are_drawn_as_they_are(picture):
    image = plots.images({"p": picture}).axes[0].images[0]
    shown = 255 * image.to_rgba(image.get_array(), norm=False)[..., :3]
    scale = 255 if picture.dtype.kind in "iu" else 1
    expected = np.round(np.clip(picture.astype(float) / scale, 0, 1) * 255)
    assert np.abs(shown - expected).max() <= 1


@pytest.mark.parametrize(
    "picture, message",
    [
        (COLOURED * 255, "from 0 to 1"),
        (COLOURED - 0.5, "from 0 to 1"),
        (COLOURED * 1.05, "from 0 to 1"),
        ((COLOURED * 65535).astype("uint16"), "from 0 to 255"),
        ((COLOURED * 255).astype(int) - 50, "from 0 to 255"),
        ((COLOURED * 100).astype("int8") - 50, "from 0 to 255"),
        ((COLOURED > 0.5).astype("uint8"), "nearly black"),
        (np.where(COLOURED > 0.5, np.nan, COLOURED), "nan"),
        (np.where(COLOURED > 0.5, np.inf, COLOURED), "infinity"),
        (np.full((3, 3), -np.inf), "infinity"),
        (COLOURED + 1j, "complex"),
        (COLOURED[..., :2], "shape"),
        (np.ones(4), "shape"),
    ],
)
def test_colours_in_another_range_are_refused(picture, message):
    with pytest.raises(ValueError, match=f"picture 'p' .*{message}"):
        plots.images({"p": picture})
    with pytest.raises(ValueError, match=f"picture 'p' .*{message}"):
        plots.patches_and_projections({"p": ([picture], [np.eye(2)])})


def test_patches_without_channels_may_be_bytes_or_floats():
    with pytest.raises(ValueError, match=r"picture 'p' .* from 0 to 1"):
        plots.made_and_found({"p": (np.eye(2) * 255, [np.eye(2)])})
    figure = plots.made_and_found({"p": (np.eye(2), [np.uint8(255) * np.eye(2, dtype="uint8")])})
    limits = [ax.images[0].get_clim() for ax in figure.axes if ax.images]
    assert limits == [(0, 1), (0, 255)]


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
@pytest.mark.parametrize("empty", [False, True])
def test_zero_is_medium_grey_for_small_integers_and_beside_empty_pixels(dtype, empty):
    picture = np.full((4, 4), np.iinfo(np.int8).min).astype(dtype)
    if empty:
        picture = np.where(np.eye(4), np.nan, picture)
    assert plots.images({"p": picture}).axes[0].images[0].get_clim() == (-128, 128)


def test_gradient_colours_the_brighter_side_where_the_edge_is_strong():
    magnitude = np.array([[10.0, 10.0], [10.0, 1.0]])
    figure = plots.gradient(np.zeros((2, 2)), magnitude, np.array([[0, 90], [-180, 90]]))
    shown = figure.axes[2].images[0].get_array()
    assert shown[0, 0] == 0 and shown[0, 1] == 1 and shown[1, 0] == 2 and shown.mask[1, 1]
    assert words(figure.axes[3].get_yticklabels()) == ["right", "up", "left", "down"]


def test_maps_by_stage_mark_the_highest_score():
    figure = plots.maps_by_stage({"maps": np.ones((2, 2, 4))}, np.array([0.5, 2.0, -1.0]))
    assert "highest score: class 1" in figure.description
    bars = figure.axes[-1].patches
    assert to_hex(bars[1].get_facecolor()) == plots.VERMILION.lower()


def test_the_scores_of_a_window_stand_below_its_middle():
    scores = np.array([[0, 5], [-3, 2], [7, 1], [-2, -1]])
    settings = dict(window=6, strides=2, class_names=["zero", "one"], centres=[5])
    figure = plots.sliding_scores(np.eye(6, 12), scores, **settings)
    above, below, bar = figure.axes
    (row,), (heat,) = above.images, below.images
    assert row.get_extent() == [0, 12, 6, 0] and above.get_xlim() == below.get_xlim() == (0, 12)
    np.testing.assert_array_equal(heat.get_array(), [[0, 0, 7, 0], [5, 2, 1, 0]])
    left, right, bottom, top = heat.get_extent()
    middles = left + (np.arange(4) + 0.5) * (right - left) / 4
    np.testing.assert_allclose(middles, [3, 5, 7, 9])  # of the columns 0-5, 2-7, 4-9, 6-11
    assert (bottom, top) == (1.5, -0.5) and words(below.get_yticklabels()) == ["zero", "one"]
    (dots,) = below.lines
    np.testing.assert_array_equal(dots.get_xydata(), [[3, 1], [5, 1], [7, 0], [9, 1]])
    for ax in (above, below):
        (line,) = ax.collections[0].get_segments()
        np.testing.assert_array_equal(line[:, 0], [5, 5])
        assert sorted(line[:, 1]) == sorted(ax.get_ylim())
    assert bar.get_ylabel() == "score"
    assert "one one zero" in figure.description


def test_patches_stand_on_the_left_of_their_projections_one_row_for_each_map():
    figure = plots.patches_and_projections(SEEN, title="Two maps")
    rows = np.reshape(figure.axes, (2, 5))
    assert first_pixels(rows) == [[0.1, 0.4, None, 0.6, 0.8], [0.2, 0.4, None, 0.6, 0.8]]
    assert {ax.images[0].get_clim() for ax in rows[:, [0, 1, 3, 4]].flat} == {(0, 1)}
    assert [row[0].get_ylabel() for row in rows] == ["map 3", "map 7"]
    assert "map 3, map 7: 2 pieces" in figure.description


def test_the_image_made_for_a_map_stands_before_its_pieces_which_have_one_scale():
    figure = plots.made_and_found(FOUND, title="Two maps", shows="Little.")
    rows = np.reshape(figure.axes, (2, 4))
    assert first_pixels(rows) == [[0.1, None, 0.2, 0.3], [0.4, None, 0.5, 0.6]]
    assert [row[0].get_ylabel() for row in rows] == ["map 3", "map 7"]
    for ax in rows[0, 2:]:  # pieces of 4 x 2 and 3 x 3 pixels: 4 x 4 are drawn, with the piece in the middle
        height, width = ax.images[0].get_array().shape
        assert np.ptp(ax.get_xlim()) == np.ptp(ax.get_ylim()) == 4
        assert (np.mean(ax.get_xlim()), np.mean(ax.get_ylim())) == ((width - 1) / 2, (height - 1) / 2)
    assert "map 3, map 7: an image made" in figure.description and figure.description.endswith("Little.")
    figure = plots.made_and_found(FOUND, headings=("its answer\nto a 5", "its favourites"))
    assert headings(figure) == ["its answer\nto a 5", "its favourites"]
    assert "map 7: its answer to a 5 on the left, its favourites on the right, 2 of them" in figure.description


def test_the_two_halves_may_hold_other_pictures():
    figure = plots.patches_and_projections(SEEN, headings=("by colour", "by shape"), shows="The right half is better.")
    assert headings(figure) == ["by colour", "by shape"]
    assert figure.description.endswith("left, by colour, and 2 on the right, by shape. The right half is better.")


def test_what_is_right_has_a_tick_and_a_frame_and_what_is_wrong_a_cross_and_is_pale():
    marks = {"map 3": ([None, True], [None, False]), "map 7": ([None, True], [None, True])}
    figure = plots.patches_and_projections(SEEN, headings=("by features", "by pixels"), correct=marks)
    rows = np.reshape(figure.axes, (2, 5))[:, [0, 1, 3, 4]]
    shown = [[[text for text in words(ax.texts) if len(text) == 1] for ax in row] for row in rows]
    assert shown == [[[], ["\u2713"], [], ["\u2717"]], [[], ["\u2713"], [], ["\u2713"]]]
    assert [[ax.images[0].get_alpha() for ax in row] for row in rows] == [[None] * 3 + [0.35], [None] * 4]
    widths = [[ax.spines["top"].get_linewidth() for ax in row] for row in rows]
    assert widths == [[0.8, 4, 0.8, 0.8], [0.8, 4, 0.8, 4]]
    assert "marked with a tick, as right: 2 of 2 by features, 1 of 2 by pixels" in figure.description
