"""The page counts as utils.arithmetic does, for every branch, and has the modules of utils.models.googlenet."""

import re

import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers
from utils.arithmetic import conv_output_size, conv_parameters
from utils.models.googlenet import MODULES

SHOWN = """() => BRANCHES.map((_, b) => [...byId(`b${b}`).querySelectorAll(".track > .number")]
    .map(number => number.textContent))"""
SLIDERS = ["size", "maps", *(f"f{i}" for i in range(6))]


def layer(unit, size, kernel_size, maps, filters):
    """What one convolution with padding="same" costs; without filters there is none."""
    if filters == 0:
        return 0
    if unit == "parameters":
        return conv_parameters(kernel_size, maps, filters)
    places = conv_output_size(size, kernel_size, padding="same") ** 2
    return places * conv_parameters(kernel_size, maps, filters, use_bias=False)


def oracle(unit, size, maps, filters):
    """(without, with) of the four branches, and the maps that the module gives without and with its 1 x 1 layers."""
    k1, d3, k3, d5, k5, kp = filters
    one = layer(unit, size, 1, maps, k1)
    branches = [[one, one]]
    for kernel_size, reduced, last in ((3, d3, k3), (5, d5, k5)):
        two = layer(unit, size, 1, maps, reduced) + layer(unit, size, kernel_size, reduced, last) if last else 0
        branches.append([layer(unit, size, kernel_size, maps, last), two])
    branches.append([0, layer(unit, size, 1, maps, kp)])
    return branches, [k1 + k3 + k5 + (maps if kp else 0), k1 + k3 + k5 + kp]


@pytest.mark.parametrize(
    "module", [(28, 192, (64, 96, 128, 16, 32, 32)), (14, 512, (1, 2, 500, 3, 400, 7)), (7, 9, (5, 6, 0, 7, 0, 0))]
)
def test_the_still_picture_counts_alike(module):
    (ones, three, five, (_, pooled)), _ = oracle("multiply-adds", *module)
    wanted = [ones[0], *three, *five, pooled]
    (ax,) = explorers.one_by_one(*module)._picture.axes
    assert [text.get_text() for text in ax.texts] == [f"{cost / 1e6:.1f}" for cost in wanted]


def number(text):
    return int(text.replace(",", ""))


def check(frame, unit, size, maps, filters):
    branches, depths = oracle(unit, size, maps, filters)
    assert [[number(text) for text in line] for line in frame.evaluate(SHOWN)] == branches
    sentence = " ".join(frame.inner_text("#totals").split())
    found = re.fullmatch(
        rf"([\d,]+) {unit} become (▼ |▲ |)([\d,]+): .*\. ([\d,]+) maps become (▼ |▲ |)([\d,]+)\.", sentence
    ).groups()
    totals = [*np.sum(branches, axis=0), *depths]
    assert [number(found[i]) for i in (0, 2, 3, 5)] == totals
    assert [found[1], found[4]] == [arrow(*totals[:2]), arrow(*totals[2:])]


def arrow(before, after):
    return "▼ " if after < before else "▲ " if after > before else ""


def slide(frame, numbers):
    frame.evaluate(
        "numbers => Object.entries(numbers).forEach(([id, n]) => { byId(id).value = n; byId(id).oninput(); })", numbers
    )


@pytest.mark.parametrize("unit", ["multiply-adds", "parameters"])
def test_every_module_of_googlenet_is_counted_as_in_the_library(unit, show):
    frame = show(explorers.one_by_one())
    frame.locator("#unit").select_option(label=unit)
    maps = 192
    for name, filters in MODULES.items():
        frame.locator("#preset").select_option(f"inception {name}")
        check(frame, unit, {"3": 28, "4": 14, "5": 7}[name[0]], maps, filters)
        maps = filters[0] + filters[2] + filters[4] + filters[5]


@pytest.mark.parametrize("unit", ["multiply-adds", "parameters"])
def test_sliders_count_as_the_library_does_up_to_their_ends(unit, show):
    rng = np.random.default_rng(0)
    frame = show(explorers.one_by_one())
    frame.locator("#unit").select_option(label=unit)
    low, high = [1, 1, 0, 1, 0, 1, 0, 0], [112, 1024, *6 * [512]]
    for numbers in (low, high, *rng.integers(low, np.add(high, 1), (20, 8)).tolist()):
        slide(frame, dict(zip(SLIDERS, numbers)))
        check(frame, unit, numbers[0], numbers[1], numbers[2:])
        assert frame.locator("#preset option:checked").inner_text() == "your own numbers"


def test_the_lectures_example(show):
    frame = show(explorers.one_by_one(28, 192, [0, 96, 0, 16, 32, 0]))
    assert frame.locator("#preset option:checked").inner_text() == "lecture: 5 × 5 alone"
    assert frame.evaluate(SHOWN) == [["0", "0"], ["0", "0"], ["120,422,400", "12,443,648"], ["0", "0"]]
    verdicts = frame.locator(".verdict").all_inner_texts()
    assert verdicts == [
        "left out: 0 filters",
        "left out: 0 filters",
        "▼ fewer by a factor of 9.7",
        "left out: 0 filters",
    ]
    assert [frame.locator(f"#f{i}").is_disabled() for i in range(6)] == [False, True, False, False, False, False]
    frame.locator("#f2").fill("1")  # filters bring the branch back
    assert frame.locator("#f1").is_enabled() and frame.locator("#f1 + .typed").is_enabled()


@pytest.mark.parametrize("branch, slider, most", [(1, "f1", 164), (2, "f3", 154)])
def test_up_to_the_break_even_a_reduction_pays(branch, slider, most, show):
    frame = show(explorers.one_by_one())
    for reduced, words in (
        (most, "slightly fewer"),
        (most + 1, "slightly more"),
        (2 * most, "▲ more by a factor of "),
    ):
        slide(frame, {slider: reduced})
        without, with_it = map(number, frame.evaluate(SHOWN)[branch])
        assert (with_it < without) == (reduced <= most)
        assert words in frame.locator(".verdict").nth(branch).inner_text()


def test_a_reduction_that_changes_nothing(show):
    frame = show(explorers.one_by_one(7, 10, (1, 9, 10, 1, 1, 1)))  # 10·9 + 9·9·10 = 9·10·10
    assert frame.locator(".verdict").nth(1).inner_text() == "equally many"


def test_bars_are_as_long_as_their_numbers(show):
    frame = show(explorers.one_by_one())
    widths = frame.evaluate("[...document.querySelectorAll('.bar')].map(bar => bar.getBoundingClientRect().width)")
    counts = [number(text) for line in frame.evaluate(SHOWN) for text in line]
    np.testing.assert_allclose(np.divide(widths, max(widths)), np.divide(counts, max(counts)), atol=0.002)
    assert max(widths) / max(counts) * number(frame.inner_text("#scale")) > 400  # of full width


def test_the_scale_changes_seldom_and_does_not_shrink_while_a_slider_is_dragged(show):
    frame = show(explorers.one_by_one())
    box, mouse = frame.locator("#f1").bounding_box(), frame.page.mouse
    scales = [frame.inner_text("#scale")]
    mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    mouse.down()
    for share in (0.98, 0.2):
        mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        scales.append(frame.inner_text("#scale"))
    mouse.up()
    scales.append(frame.inner_text("#scale"))
    assert scales == ["200,000,000", "1,000,000,000", "1,000,000,000", "200,000,000"]
    counts = [1, 2, 3, 5, 6, 10, 11, 51, 99_999, 10**9 + 1]
    found = frame.evaluate("counts => counts.map(scaleFor)", counts)
    assert found == [1, 2, 5, 5, 10, 10, 20, 100, 10**5, 2 * 10**9]


def test_the_largest_numbers_have_room(show):
    for width in (1280, 390):
        frame = show(explorers.one_by_one(112, 1024, 6 * (512,)), width)
        for line in frame.locator(".track > .number").all():
            number, track = line.bounding_box(), line.locator("..").bounding_box()
            assert number["x"] + number["width"] <= track["x"] + track["width"] + 1


def test_all_that_grows_is_said_to_grow(show):
    frame = show(explorers.one_by_one(28, 192, (0, 1, 0, 1, 0, 300)))  # pooling alone, and more maps than before
    words = frame.inner_text("#totals")
    assert words == "0 multiply-adds become ▲ 45,158,400: more. 192 maps become ▲ 300."
    assert frame.locator("#totals strong.more").count() == 2
    assert frame.locator(".verdict").nth(3).inner_text() == "300 maps instead of 192"
    slide(frame, {"f5": 0, "f0": 1, "maps": 1, "size": 1})
    assert frame.inner_text("#totals") == "1 multiply-add becomes 1: equally many. 1 map becomes 1."


@pytest.mark.parametrize("typed", ["", "0.5", "x", "-1", "513", "1e2", "5 5"])
def test_a_number_that_is_none_is_refused_in_words(typed, show):
    frame = show(explorers.one_by_one())
    frame.locator("#f2 + .typed").fill(typed)
    assert frame.inner_text("#hint") == "3 × 3, filters must be a whole number from 0 to 512: 128 is kept."
    assert frame.locator("#f2 + .typed").get_attribute("aria-invalid") == "true"
    check(frame, "multiply-adds", 28, 192, [64, 96, 128, 16, 32, 32])
    frame.page.keyboard.press("Tab")
    assert frame.locator("#f2 + .typed").input_value() == "128" and "type a number" in frame.inner_text("#hint")


def test_numbers_are_typed(show):
    frame = show(explorers.one_by_one())
    for place, typed in {"f1": "164", "maps": "1,024", "size": " 7 ", "f5": "0", "f4": "512"}.items():
        frame.locator(f"#{place} + .typed").fill(typed)
    check(frame, "multiply-adds", 7, 1024, [64, 164, 128, 16, 512, 0])
    assert frame.locator("#maps").input_value() == "1024" and "× 7" in frame.inner_text("fieldset")
    frame.locator("#maps + .typed").fill("1025")
    assert frame.inner_text("#hint") == "depth D must be a whole number from 1 to 1,024: 1,024 is kept."
    frame.locator("#f0").focus()
    frame.page.keyboard.press("ArrowRight")
    assert frame.locator("#f0 + .typed").input_value() == "65"


def test_what_is_refused_leaves_what_there_was_before_typing(show):
    frame = show(explorers.one_by_one())
    field = frame.locator("#f0 + .typed")
    field.focus()
    field.press_sequentially("2000")  # 200 is only a beginning of it
    check(frame, "multiply-adds", 28, 192, [64, 96, 128, 16, 32, 32])
    assert frame.inner_text("#hint") == "1 × 1, filters must be a whole number from 0 to 512: 64 is kept."
    field.press("Backspace")
    check(frame, "multiply-adds", 28, 192, [200, 96, 128, 16, 32, 32])


def test_arrow_keys_move_a_slider(show):
    frame = show(explorers.one_by_one())
    frame.locator("#f3").focus()
    for _ in range(4):
        frame.page.keyboard.press("ArrowRight")
    check(frame, "multiply-adds", 28, 192, [64, 96, 128, 20, 32, 32])
    box = frame.locator("#maps").bounding_box()
    frame.page.mouse.click(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    check(frame, "multiply-adds", 28, 1024, [64, 96, 128, 20, 32, 32])


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(size=0), "size must be at least 1"),
        (dict(size=113), "size must be at most 112"),
        (dict(maps=2000), "maps must be at most 1,024"),
        (dict(maps=19.2), "maps must be a whole number"),
        (dict(filters=(1, 2, 3)), "filters must be six numbers"),
        (dict(filters=64), "filters must be six numbers"),
        (dict(filters=(1, 0, 1, 1, 1, 1)), "filters (3 x 3 reduce) must be at least 1"),
        (dict(filters=(1, 1, 1, 1, 513, 1)), "filters (5 x 5) must be at most 512"),
        (dict(filters="</script>"), "filters must be six numbers"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.one_by_one(**arguments), fragment)
