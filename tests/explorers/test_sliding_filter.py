"""The page's sums are those of utils.convolution, whichever pixels, weights and window somebody chooses."""

import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers
from utils.convolution import convolve2d, correlate2d

RESULT = "() => sums.map(line => line.map(button => button.ariaLabel.split(': ')[1]))"


def shown_numbers(frame, script=RESULT):
    texts = frame.evaluate(script)
    return np.array([[float(text.replace("\u2212", "-").replace(",", "")) for text in line] for line in texts])


@pytest.mark.parametrize("seed", range(12))
def test_the_result_is_that_of_the_library(seed, show):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 13, 2)
    rows, columns = rng.integers(1, np.minimum([height, width], 7) + 1)
    image = rng.integers(-99, 100, (height, width)) / (1 if seed % 2 else 4)
    kernel = rng.integers(-9, 10, (rows, columns)) / (1 if seed % 3 else 2)
    frame = show(explorers.sliding_filter(image, kernel))
    for turn, oracle in (("correlation", correlate2d), ("convolution", convolve2d)):
        frame.locator(f"#{turn}").check()
        np.testing.assert_allclose(shown_numbers(frame), oracle(image, kernel), atol=0.0051)


def test_pixels_and_weights_are_typed(show):
    frame = show(explorers.sliding_filter())
    image, kernel = np.array(frame.evaluate("image")), np.array(frame.evaluate("kernel"))
    frame.get_by_label("pixel, row 0, column 4").fill("\u22122,5")  # minus sign and comma, as many people type
    frame.get_by_label("weight, row 2, column 0").fill("7")
    frame.get_by_label("weight, row 2, column 0").press("Enter")
    image = image.astype(float)
    image[0, 4], kernel[2, 0] = -2.5, 7
    np.testing.assert_allclose(shown_numbers(frame), correlate2d(image, kernel))
    frame.get_by_label("weight, row 2, column 0").fill("seven")
    assert frame.get_by_label("weight, row 2, column 0").get_attribute("aria-invalid") == "true"
    np.testing.assert_allclose(shown_numbers(frame), correlate2d(image, kernel))
    frame.locator("#reset").click()
    np.testing.assert_allclose(shown_numbers(frame), [[25, 18, 17], [18, 22, 14], [20, 15, 23]])


def test_arrow_keys_and_mouse_move_the_window_to_the_borders(show):
    frame = show(explorers.sliding_filter())
    frame.get_by_label("result, row 1, column 1").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):  # the last one would leave the result
        frame.page.keyboard.press(key)
    found = frame.inner_text("#sum")
    assert found.startswith("row 2, column 2 of the result: 6·1 +") and found.endswith("= 23")
    assert frame.evaluate("pixels.flat().map(p => p.parentElement.classList.contains('in'))") == [
        2 <= i <= 4 and 2 <= j <= 4 for i in range(5) for j in range(5)
    ]
    frame.get_by_label("result, row 0, column 0").hover()
    assert frame.inner_text("#sum").startswith("row 0, column 0 of the result: 3·1 +")


WINDOW = """() => [row, column, pixels.flatMap((line, i) => line.map((p, j) => p.closest("td.in") ? [i, j] : []))
    .filter(place => place.length)[0]].flat()"""


@pytest.mark.parametrize("width", [390, 1000, 1280])
def test_the_window_in_the_image_is_dragged_and_moved_by_keys(width, show):
    frame = show(explorers.sliding_filter(), width)
    mouse, cell = frame.page.mouse, frame.get_by_label("pixel, row 2, column 2").bounding_box()
    x, y = cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2
    side = frame.get_by_label("pixel, row 2, column 3").bounding_box()["x"] - cell["x"]
    around = frame.locator("#window").bounding_box()
    corner = frame.get_by_label("pixel, row 1, column 1").bounding_box()
    np.testing.assert_allclose([around["x"], around["y"]], [corner["x"], corner["y"]], atol=4)
    np.testing.assert_allclose([around["width"], around["height"]], [3 * side] * 2, rtol=0.05)
    for dx, dy, expected in ((1, -1, [0, 2]), (-4, 0, [1, 0]), (-1, 4, [2, 0])):  # it stops at the borders
        frame.evaluate("moveTo(1, 1)")
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + dx * side, y + dy * side)
        mouse.up()
        assert frame.evaluate(WINDOW) == 2 * expected
        assert frame.evaluate("document.activeElement.tagName !== 'INPUT' && getSelection().isCollapsed")
    frame.locator("#window").focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        frame.page.keyboard.press(key)
    assert frame.evaluate(WINDOW) == [1, 0, 1, 0]
    mouse.click(x, y)  # a press alone: one types
    frame.page.keyboard.type("-0.5")
    assert frame.evaluate("image[2][2]") == -0.5 and frame.evaluate(WINDOW) == [1, 0, 1, 0]


@pytest.mark.parametrize("width", [390, 1280])
def test_numbers_of_all_lengths_stay_in_their_cells(width, show):
    over = "[pixels, weights, sums].flat(2).filter(e => e.scrollWidth > e.clientWidth + 1)"
    rng = np.random.default_rng(0)
    for image, kernel in (
        (rng.uniform(-9999, 9999, (5, 5)), rng.uniform(-9999, 9999, (3, 3))),
        (rng.uniform(-1, 1, (9, 9)), np.full((3, 3), 1 / 9)),
        (np.full((7, 7) if width < 600 else (12, 12), -9999.75), np.full((7, 7), 9999.75)),
    ):
        frame = show(explorers.sliding_filter(image, kernel), width)
        assert frame.evaluate(f"{over}.map(e => e.value ?? e.textContent)") == []
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


TYPE = """([field, texts]) => { const found = []; for (const typed of texts) {
    field.focus(); field.value = typed; field.oninput();
    found.push([KEPT(), field.getAttribute("aria-invalid"), byId("hint").textContent]); field.blur();
    found.at(-1).push(field.value); } return found; }"""
TYPED = {  # what is typed -> the number; None: refused
    "1/9": 1 / 9, "\u22121/16": -1 / 16, " 3 / 4 ": 0.75, "1,5/2": 0.75, "1/-4": -0.25, "9999/.5": None, "1/0": None,
    "0/0": None, "1/": None, "/2": None, "1/2/3": None, "99999999": None, "-10000": None, "9999.5": 9999.5, "1e3": None,
    "": None, "2": 2,
}  # fmt: skip


def test_fractions_are_read_and_what_is_refused_is_named(show):
    frame = show(explorers.sliding_filter())
    assert frame.inner_text("#hint") == "Type numbers between \u221210,000 and 10,000, or fractions such as 1/9."
    for name, kept in (("pixels", "image"), ("weights", "kernel")):
        field = f"{name}[1][1]"
        found = frame.evaluate(f"() => ({TYPE.replace('KEPT()', f'{kept}[1][1]')})([{field}, {list(TYPED)}])")
        last = None
        for (typed, number), (now, invalid, hint, shown) in zip(TYPED.items(), found):
            if number is not None:
                last = number
                assert hint.startswith("Type numbers between")
            else:
                kept_number = f"{last:.3f}".rstrip("0").rstrip(".").replace("-", "\u2212")
                assert f": {kept_number} is kept. Type numbers" in hint and typed[:12] in hint
            assert invalid == ("true" if number is None else "false")
            np.testing.assert_allclose(now, last)
            np.testing.assert_allclose(float(shown.replace("\u2212", "-")), last, atol=0.00051)
    frame.evaluate("() => { weights[0][0].value = '1/0'; weights[0][0].oninput(); }")
    frame.wait_for_function("byId('said').textContent.startsWith('1/0 is not a number: 1 is kept. Type numbers')")


def test_what_is_refused_leaves_what_there_was_before_typing(show):
    frame = show(explorers.sliding_filter())
    field = frame.get_by_label("weight, row 1, column 1")
    field.fill("1/9")
    field.press("Enter")
    field.fill("")
    field.press_sequentially("250000")
    assert frame.evaluate("kernel[1][1]") == pytest.approx(1 / 9)
    assert frame.inner_text("#hint").startswith("250000 is out of range: 0.111 is kept.")
    field.press("Backspace")
    field.press("Backspace")
    assert frame.evaluate("kernel[1][1]") == 2500


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(image=np.zeros((13, 3))), "image must have at most 12 rows"),
        (dict(image=[[1, np.nan]]), "image contains NaN"),
        (dict(image=np.ones((2, 2)), kernel=np.ones((3, 2))), "kernel must fit into the image"),
        (dict(kernel=np.ones((3, 3, 1))), "kernel must have shape (rows, columns)"),
        (dict(image=np.full((5, 5), 1e4)), "image must hold numbers below 10,000"),
        (dict(kernel="</script>"), "kernel must hold real numbers"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.sliding_filter(**arguments), fragment)


@pytest.mark.parametrize("turned", [False, True])
def test_the_sums_that_the_other_operation_gives_too_are_counted(turned, show):
    image, kernel = np.random.default_rng(0).integers(0, 2, (5, 6)), np.array([[1, 0, 2], [0, 3, 0], [1, 0, 1]])
    frame = show(explorers.sliding_filter(image, kernel))
    if turned:
        frame.locator("#convolution").click()
    equal = (correlate2d(image, kernel) == correlate2d(image, kernel[::-1, ::-1])).sum()
    assert 0 < equal < 12
    assert frame.inner_text("#equal").startswith(f"{equal} of 12 sums equal to the {'corr' if turned else 'conv'}")


def test_long_weights_fit_a_phone_and_no_factor_is_rounded(show):
    frame = show(explorers.sliding_filter(), 390)
    frame.get_by_label("weight, row 1, column 1").fill("-123.5")
    frame.page.keyboard.press("Enter")
    factors = frame.evaluate("[...document.querySelectorAll('#image td.in')].map(e => e.dataset.weight)")
    assert factors == ["×1", "×0", "×0", "×1", "", "×0", "×0", "×0", "×1"]
    assert "6·(\u2212123.5)" in frame.inner_text("#sum")
    assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")
