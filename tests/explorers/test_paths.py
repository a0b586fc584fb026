"""The paths that are left in the page are those among all subsets of the blocks that go through none taken out."""

from itertools import product
from math import comb

import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers

# Sets the number of blocks and presses those to take out; returns what the page then shows.
SHOWN = """([blocks, without]) => {
    byId("number").value = blocks;
    byId("number").dispatchEvent(new Event("input"));
    without.forEach(i => buttons[0][i].click());
    const unrolled = document.querySelectorAll("#unrolled svg > path[stroke='var(--blue)']").length;
    const counts = bars.map(bar => bar.count.textContent), heights = bars.map(bar => parseFloat(bar.now.style.height));
    return [byId("left").innerText, counts, heights, unrolled, byId("facts").innerText];
}"""


LENGTHS = {0: "It goes through no block.", 1: "They go through no block or 1, through 0.5 on average."}


def lengths(blocks, without):
    """Count the paths of each length, by looking at all of them."""
    through = np.array(list(product([0, 1], repeat=blocks)))
    left = through[~through[:, without].any(axis=1)]
    return np.bincount(left.sum(axis=1), minlength=blocks + 1)


def test_the_paths_left_are_those_of_an_enumeration(show):
    """All numbers of blocks up to 14, some more than once, in one page."""
    frame, rng = show(explorers.paths(14)), np.random.default_rng(0)
    for blocks in [*range(1, 15), *range(1, 11)]:
        without = rng.permutation(blocks)[: rng.integers(0, blocks + 1)].tolist()
        words, counts, heights, unrolled, facts = frame.evaluate(SHOWN, [blocks, without])
        expected = lengths(blocks, without)
        verb = "is" if expected.sum() == 1 else "are"
        assert words.split("= ")[1].startswith(f"{expected.sum():,} of {2**blocks:,} paths {verb} left")
        if blocks <= 10:
            assert counts == [str(count) for count in expected]
        np.testing.assert_allclose(heights, 88 * expected / lengths(blocks, []).max(), atol=1e-3)
        assert unrolled == (expected.sum() if blocks <= 4 else 0)
        assert facts == LENGTHS.get(
            blocks - len(without),
            f"They go through 0 to {blocks - len(without)} blocks, through {(blocks - len(without)) / 2:g} on average.",
        )


def test_forty_blocks_are_counted_to_the_last_path(show):
    words, *_ = show(explorers.paths(40)).evaluate(SHOWN, [40, [0, 39]])
    assert f"{2**38:,} of {2**40:,} paths are left, 1 in 4" in words


def test_keyboard_and_mouse_take_blocks_out_and_put_them_back(show):
    frame = show(explorers.paths(5))
    frame.get_by_role("button", name="block 2").click()
    for key in ("ArrowRight", "ArrowRight", "Space"):
        frame.page.keyboard.press(key)
    assert frame.evaluate("[...out]") == [1, 3]
    assert frame.get_by_role("button", name="block 4").get_attribute("aria-pressed") == "true"
    frame.page.keyboard.press("Enter")
    assert "16 of 32 paths are left, 1 in 2" in frame.inner_text("#left")
    frame.locator("#number").focus()
    frame.page.keyboard.press("ArrowLeft")
    assert frame.evaluate("[n, out.size]") == [4, 0]
    frame.get_by_role("button", name="block 1").click()
    frame.locator("#reset").click()
    assert frame.evaluate("out.size") == 0


def test_the_recorded_error_is_that_of_the_argument(show):
    frame = show(explorers.paths(["conv2_1", "</script><b>", 'c"'], {"</script><b>": 0.1234, 'c"': -0.02}))
    assert frame.evaluate("[...document.querySelectorAll('.points')].map(e => e.innerText)") == ["+12", "\u22122"]
    assert "above a block: the rise of the error without it; below: a fall" in frame.inner_text("#legend")
    assert "Recorded: without it the error rose by 12.3 percentage points." in frame.evaluate(SHOWN, [3, [1]])[-1]
    assert "Recorded: without it the error fell by 2 percentage points." in frame.evaluate(SHOWN, [3, [2]])[-1]
    assert "No error was recorded" in frame.evaluate(SHOWN, [3, [0]])[-1]
    assert "ecorded" not in frame.evaluate(SHOWN, [3, [0, 1]])[-1] + frame.evaluate(SHOWN, [2, [1]])[-1]


RISES = {1: 0.6, 2: -0.01, 5: 0.125, 6: 0.0996, 7: 0.0994, 8: 1, 9: -1, 10: 0.0004, 11: 0, 12: -0.0004}
WRITTEN = ["+60", "\u22121", "+13", "+10", "+9.9", "+100", "\u2212100", "0", "0", "0"]
BOXES = "(kind) => [...document.querySelectorAll(kind)].map(e => e.getBoundingClientRect().toJSON())"


@pytest.mark.parametrize("width, blocks", [(390, 12), (700, 27), (800, 27), (1280, 12), (1280, 40)])
def test_blocks_are_equally_wide_and_a_fall_hangs_below(width, blocks, show):
    frame = show(explorers.paths(blocks, RISES), width)
    boxes = {kind: frame.evaluate(BOXES, kind) for kind in (".block", ".block button", ".rise", ".points")}
    for kind in (".block", ".block button"):
        widths = [box["width"] for box in boxes[kind]]
        assert len(widths) == blocks and max(widths) - min(widths) < 0.1
    signs = frame.evaluate("[...document.querySelectorAll('.points')].map(e => e.textContent)")
    assert signs == WRITTEN
    heights = [box["height"] for box in boxes[".rise"]]
    np.testing.assert_allclose(heights[5], heights[6], rtol=1e-3)  # 100 points up, 100 points down
    for (block, rise), bar, number in zip(RISES.items(), boxes[".rise"], boxes[".points"], strict=True):
        button = boxes[".block button"][block - 1]
        if rise < 0:
            assert button["bottom"] <= bar["top"] + 1 and bar["bottom"] <= number["top"] + 1
        else:
            assert bar["bottom"] <= button["top"] + 1 and number["bottom"] <= bar["top"] + 1
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert width < 760 or frame.evaluate("document.documentElement.getBoundingClientRect().height <= innerHeight + 1")


def test_the_drawn_paths_fit_a_phone(show):
    frame = show(explorers.paths(4), 360)
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_is_said_as_one(show):
    frame = show(explorers.paths(2, {1: -0.01, 2: 0.0001}))
    assert "fell by 1 percentage point." in frame.evaluate(SHOWN, [2, [0]])[-1]
    assert "the error stayed the same." in frame.evaluate(SHOWN, [2, [1]])[-1]
    frame.evaluate(SHOWN, [1, [0]])
    frame.wait_for_function(
        "byId('said').textContent.startsWith('1 block, taken out: 1. 1 of 2 paths is left, 1 in 2.')"
    )


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(blocks=0), "blocks must be at least 1"),
        (dict(blocks=2.5), "blocks must be a whole number"),
        (dict(blocks=41), "blocks must be 1 to 40"),
        (dict(blocks=["a", "a"]), "blocks must have a name each"),
        (dict(blocks=3, rise=[0.1]), "rise must be a dict"),
        (dict(blocks=3, rise={4: 0.1}), "rise must be of blocks, got 4"),
        (dict(blocks=3, rise={1: 12}), "rise must be from -1 to 1"),
        (dict(blocks=3, rise={1: np.nan}), "rise contains NaN"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.paths(**arguments), fragment)


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_lengths_are_written_below_the_bars(width, show):
    shown = show(explorers.paths(27), width)
    numbers = [label for label in shown.evaluate("bars.map(bar => bar.k.textContent)") if label]
    assert len(numbers) >= 7 and numbers[0] == "0"
    shown.evaluate("() => { byId('bars').style.display = 'none'; label(); }")  # as in a page that is not shown yet
    assert len([label for label in shown.evaluate("bars.map(bar => bar.k.textContent)") if label]) >= 7


def test_each_number_stands_on_its_own_bar_and_blocks_without_a_number_are_marked(show):
    frame = show(explorers.paths(4, {1: 0.5, 3: 0.1}))
    frame.get_by_role("button", name="block 2").click()
    places = frame.evaluate("bars.map(bar => [bar.now, bar.count].map(e => e.getBoundingClientRect().toJSON()))")
    for bar, number in places:
        assert abs(bar["top"] - number["bottom"] - 2) < 1
    assert frame.locator(".unmeasured").all_inner_texts() == ["?", "?"]
    assert frame.inner_text("#legend").endswith("; ?: not measured")


@pytest.mark.parametrize("blocks", [1, 2, 5, 8, 27])
def test_the_description_says_through_how_many_blocks_most_paths_go(blocks):
    most = np.argmax([comb(blocks, through) for through in range(blocks + 1)])
    assert f"about {most} for most" in explorers.paths(blocks).description
