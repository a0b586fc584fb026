"""The page's windows, sizes and counts are those of utils.arithmetic and of the layers' table."""

import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers
from utils.arithmetic import conv_output_size, conv_parameters, layer_costs, padding_amounts
from utils.convolution import correlate2d

# Moves the controls as somebody does, and returns what is shown.
SET = """([W, F, S, padding, d, D, K]) => {
    Object.entries({ W, F, S, d, D, K }).forEach(([name, value]) => { byId(name).value = value; });
    if (typeof padding === "number") { byId("P").value = padding; byId("P").oninput(); } else byId(padding).click();
    byId("W").oninput();
    const numbers = name => Number(byId(name)?.textContent.replaceAll(",", ""));
    const now = layer(), bars = [...document.querySelectorAll("#axis .window")];
    const rectangles = path => path.getAttribute("d").split("M").length - 1;
    return { size: numbers("size"), parameters: numbers("parameters"), products: numbers("products"),
        zeros: [now.before, now.after], notes: byId("ignored").textContent, formula: byId("formula").textContent,
        bars: bars.length, weights: bars.map(bar => rectangles(bar) - 1),
        unread: document.querySelectorAll("#axis .unread").length,
        values: rectangles(document.querySelector("#blocks .value")), shapes: byId("shapes").textContent,
        more: document.querySelectorAll("#blocks .more").length, words: byId("windows").textContent,
        zerosSlider: [byId("P").value, byId("P").disabled, byId("P-number").textContent],
        ignored: Number(/, (\\d+) of/.exec(byId("ignored").textContent)?.[1] ?? 0),
        tall: document.documentElement.getBoundingClientRect().height - innerHeight,
        across: document.documentElement.scrollWidth - innerWidth };
}"""


def settings():
    rng = np.random.default_rng(0)
    for padding in ("valid", "same", 0, 1, 2, 3):
        for _ in range(12):
            W, F, S, d = (int(rng.integers(1, most + 1)) for most in (14, 7, 5, 4))
            yield W, F, S, padding, d, int(rng.integers(1, 33)), int(rng.integers(1, 33))
    yield 1, 1, 1, "valid", 1, 1, 1
    yield 14, 7, 5, "same", 4, 32, 32
    yield 3, 5, 1, 1, 1, 3, 2  # fits exactly
    yield 3, 6, 1, 1, 1, 3, 2  # one pixel too large


def test_numbers_are_those_of_the_library(show):
    frame, too_large = show(explorers.stride_and_padding()), 0
    for setting in settings():
        W, F, S, padding, d, D, K = setting
        shown = frame.evaluate(SET, list(setting))
        assert shown["zeros"] == list(padding_amounts(W, F, S, padding, d)), setting
        assert shown["parameters"] == conv_parameters(F, D, K), setting
        zeros = {
            "valid": ["0", False, "0"],
            "same": [str(min(shown["zeros"][0], 3)), True, "+".join(map(str, sorted(set(shown["zeros"]))))],
        }
        assert shown["zerosSlider"] == zeros.get(padding, [str(padding), False, str(padding)]), setting
        assert shown["tall"] <= 1, setting
        if (F - 1) * d + 1 > W + sum(shown["zeros"]):
            too_large += 1
            assert ("with its zeros" in shown["formula"]) == (sum(shown["zeros"]) > 0), setting
            refuses(lambda: conv_output_size(W, F, S, padding, d), "larger than the padded input")
            assert "No window fits" in shown["formula"] and "no window fits" in shown["words"], setting
            assert shown["bars"] == shown["products"] == 0, setting
            continue
        size = conv_output_size(W, F, S, padding, d)
        ignored = np.flatnonzero(~read(W, F, S, padding, d))
        assert shown["size"] == shown["bars"] == size and shown["weights"] == [F] * size, setting
        assert shown["values"] == size**2 and f"output {size} × {size} × {K}" in shown["shapes"], setting
        assert shown["unread"] == len(ignored), setting
        assert shown["ignored"] == W * W - (W - len(ignored)) ** 2, setting
        assert ignored_lines(ignored) in shown["notes"], setting
        assert shown["more"] == (D > 3) * (1 + min(K, 2)) + (K > 2) + (K > 3), setting
        assert ("only window" if size == 1 else f"{size} windows") in shown["words"], setting
        if d == 1:
            costs = layer_costs((W, W, D), F, K, S, padding).loc["convolutional"]
            assert shown["products"] == costs["connections"] - costs["neurons"], setting  # all but the biases
        assert shown["products"] == (conv_parameters(F, D, K) - K) * size**2, setting
    assert too_large > 5


def ignored_lines(ignored):
    if len(ignored) < 2:
        return "".join(f"Ignored: row {pixel} and column {pixel}, " for pixel in ignored)
    return f"Ignored: rows and columns {', '.join(map(str, ignored))}, "


@pytest.mark.parametrize("width", [390, 560, 600, 640, 700, 758])
def test_whatever_the_setting_a_narrow_page_fits(width, show):
    frame = show(explorers.stride_and_padding(), width)
    for setting in [
        *list(settings())[::8],
        (14, 7, 1, "valid", 1, 32, 32),
        (14, 7, 3, 3, 2, 32, 32),
        (1, 7, 1, "valid", 4, 32, 32),
    ]:
        shown = frame.evaluate(SET, list(setting))
        assert shown["across"] <= 0 and shown["tall"] <= 1, setting


def read(W, F, S, padding, d):
    """Tell which pixels of a row the first row of some window reads: a change of one of them changes a sum."""
    lines = np.pad(np.eye(W), [(0, 0), padding_amounts(W, F, S, padding, d)])
    return correlate2d(lines, np.ones((1, F)), strides=(1, S), dilation_rate=(1, d)).any(axis=1)


@pytest.mark.parametrize(
    "arguments, formula",
    [
        ({}, "W₂ = ⌊W − F + 2PS⌋ + 1= ⌊6 − 3 + 2·02⌋ + 1= ⌊1.5⌋ + 1= 2"),
        (dict(input_size=4, strides=1, padding=1), "W₂ = ⌊W − F + 2PS⌋ + 1= ⌊4 − 3 + 2·11⌋ + 1= 3 + 1= 4"),
        (dict(padding="SAME"), "W₂ = ⌊W − F + zerosS⌋ + 1= ⌊6 − 3 + (0 + 1)2⌋ + 1= 2 + 1= 3"),
        (dict(input_size=9, strides=1, dilation_rate=2), "W₂ = ⌊W − Fd + 2PS⌋ + 1= ⌊9 − 5 + 2·01⌋ + 1= 4 + 1= 5"),
    ],
)
def test_the_formula_with_numbers(arguments, formula, show):
    frame = show(explorers.stride_and_padding(**arguments))
    assert frame.locator("#formula").text_content() == formula


def test_arrow_keys_and_mouse_choose_a_window(show):
    frame = show(explorers.stride_and_padding(padding=1))
    for name in ("row", "column"):
        frame.locator(f"#{name}").focus()
        frame.page.keyboard.press("ArrowRight")
    assert lit(frame) == ("1", "1", "reads rows 1 to 3; columns 1 to 3")
    frame.page.keyboard.press("Home")
    assert lit(frame) == ("1", "0", "reads rows 1 to 3; columns 0 to 1 and one column of zeros")
    frame.locator("#axis .window >> nth=2").hover()
    assert lit(frame)[:2] == ("1", "2") and frame.inner_text("#windows").endswith("its 3 windows below; lit: column 2")
    box = frame.locator("#blocks .value >> nth=0").bounding_box()
    frame.page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"])
    assert lit(frame) == ("2", "1", "reads rows 3 to 5; columns 1 to 3")
    frame.locator("#S").focus()
    for _ in range(3):  # with stride 5 two windows are left: the last row moves up
        frame.page.keyboard.press("ArrowRight")
    assert lit(frame) == ("1", "1", "reads rows 4 to 5 and one row of zeros; columns 4 to 5 and one column of zeros")
    assert frame.input_value("#row") == frame.input_value("#column") == "1"
    frame.locator("#reset").click()
    assert frame.inner_text("#size") == "3" and lit(frame)[:2] == ("0", "0")


def lit(frame):
    return tuple(frame.inner_text(f"#{name}") for name in ("row-number", "column-number", "reads"))


def test_one_pixel_is_said_as_one(show):
    frame = show(explorers.stride_and_padding(input_size=1, kernel_size=1))
    assert lit(frame)[2] == "reads row 0; column 0" and frame.locator("#row").is_disabled()
    frame.evaluate(SET, [1, 7, 1, "valid", 1, 1, 1])
    assert "the filter spans 7 pixels, the row has 1." in frame.inner_text("#formula")
    assert lit(frame) == ("–", "–", "there is none")


def test_what_the_rounding_leaves_out_is_said(show):
    frame = show(explorers.stride_and_padding())
    assert frame.inner_text("#ignored") == (
        "1.5 is rounded down; left over at the end of each row: 1 pixel. Ignored: row 5 and column 5, 11 of 36 pixels."
    )
    frame.locator("#same").check()
    assert frame.inner_text("#P-number") == "0+1" and frame.locator("#P").is_disabled()
    assert (
        frame.inner_text("#ignored") == "same: ⌈W/S⌉ = ⌈6/2⌉ = 3 windows; 0 zeros before, 1 after. Every pixel is read."
    )
    frame.locator("#zeros").check()
    assert frame.input_value("#P") == "1"
    assert (
        frame.inner_text("#ignored")
        == "2.5 is rounded down; left over at the end of each row: 1 zero. Every pixel is read."
    )
    frame.locator("#valid").check()
    assert frame.input_value("#P") == "0" == frame.inner_text("#P-number")
    frame.locator("#P").fill("3")  # to move the zeros is to choose them
    assert frame.locator("#zeros").is_checked() and frame.inner_text("#size") == "5"


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(input_size=15), "input_size must be at most 14"),
        (dict(input_size=(6, 6)), "input_size must be a whole number"),
        (dict(kernel_size=0), "kernel_size must be at least 1"),
        (dict(strides=1.5), "strides must be a whole number"),
        (dict(padding=4), "padding must be at most 3"),
        (dict(padding=-1), "padding must be at least 0"),
        (dict(padding="full"), 'padding must be "valid" or "same"'),
        (dict(padding=None), "padding must be"),
        (dict(kernel_size=7), "kernel_size=7 is larger than the padded input of 6"),
        (dict(channels=33), "channels must be at most 32"),
        (dict(filters="</script>"), "filters must be a whole number"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.stride_and_padding(**arguments), fragment)


@pytest.mark.parametrize(
    "setting, words",
    [
        ([1, 7, 1, "valid", 1, 1, 1], "Choose a larger W, a smaller filter or more zeros."),
        ([1, 7, 1, "valid", 4, 1, 1], "Choose a larger W, a smaller filter or less dilation."),
        ([1, 7, 1, 2, 1, 1, 1], "Choose a larger W, a smaller filter or more zeros."),
    ],
)
def test_where_no_window_fits_what_helps_is_said(setting, words, show):
    frame = show(explorers.stride_and_padding())
    frame.evaluate(SET, setting)
    assert frame.inner_text("#ignored") == words


def test_pixels_have_numbers_and_zeros_have_none(show):
    frame = show(explorers.stride_and_padding())
    frame.evaluate(SET, [4, 3, 1, 3, 1, 1, 1])
    assert frame.locator("#axis text").all_text_contents() == ["0", "1", "2", "3"]
    assert frame.inner_text("#reads") == "reads 3 rows of zeros; 3 columns of zeros"
