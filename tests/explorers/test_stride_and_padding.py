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
        values: rectangles(document.querySelector("#blocks .value")), shapes: byId("shapes").textContent };
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
        if (F - 1) * d + 1 > W + sum(shown["zeros"]):
            too_large += 1
            refuses(lambda: conv_output_size(W, F, S, padding, d), "larger than the padded input")
            assert "does not fit" in shown["formula"] and shown["bars"] == shown["products"] == 0, setting
            continue
        size = conv_output_size(W, F, S, padding, d)
        ignored = np.flatnonzero(~read(W, F, S, padding, d))
        assert shown["size"] == shown["bars"] == size and shown["weights"] == [F] * size, setting
        assert shown["values"] == size**2 and f"output {size} × {size} × {K}" in shown["shapes"], setting
        assert shown["unread"] == len(ignored), setting
        assert ("Ignored" in shown["notes"]) == bool(len(ignored)), setting
        assert f"({', '.join(map(str, ignored))})" in shown["notes"] or not len(ignored), setting
        if d == 1:
            costs = layer_costs((W, W, D), F, K, S, padding).loc["convolutional"]
            assert shown["products"] == costs["connections"] - costs["neurons"], setting  # all but the biases
        assert shown["products"] == (conv_parameters(F, D, K) - K) * size**2, setting
    assert too_large > 5


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
    frame.locator("#place").focus()
    for _ in range(4):  # from left to right, then the next row
        frame.page.keyboard.press("ArrowRight")
    assert frame.inner_text("#reads") == "row 1, column 1 of the output: reads rows 1 to 3, columns 1 to 3"
    frame.page.keyboard.press("Home")
    assert frame.inner_text("#reads") == "row 0, column 0 of the output: reads rows \u22121 to 1, columns \u22121 to 1"
    frame.locator("#axis .window >> nth=2").hover()
    assert "row 0, column 2" in frame.inner_text("#reads")
    box = frame.locator("#blocks .value >> nth=0").bounding_box()
    frame.page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"])
    assert "row 2, column 1 of the output: reads rows 3 to 5, columns 1 to 3" in frame.inner_text("#reads")
    frame.locator("#S").focus()
    for _ in range(3):  # with stride 5 two windows are left: the last row moves up
        frame.page.keyboard.press("ArrowRight")
    assert "row 1, column 1 of the output: reads rows 4 to 6, columns 4 to 6" in frame.inner_text("#reads")
    assert frame.input_value("#place") == "3" == frame.inner_text("#place-number")
    frame.locator("#reset").click()
    assert frame.inner_text("#size") == "3" and "row 0, column 0" in frame.inner_text("#reads")


def test_what_the_rounding_leaves_out_is_said(show):
    frame = show(explorers.stride_and_padding())
    assert frame.inner_text("#ignored") == "1.5 is rounded down: 1 pixel left over. Ignored: 1 pixel (5)."
    frame.locator("#same").check()
    assert frame.inner_text("#P-number") == "–"
    assert (
        frame.inner_text("#ignored") == "same: ⌈W/S⌉ = ⌈6/2⌉ = 3 windows; 0 zeros before, 1 after. Every pixel is read."
    )
    frame.locator("#zeros").check()
    frame.locator("#P").fill("1")
    assert (
        frame.inner_text("#ignored")
        == "2.5 is rounded down: 1 place left over. Every pixel is read. 1 zero is never read."
    )


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
