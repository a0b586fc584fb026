"""The page's sums are those of utils.convolution, whichever pixels, weights and window somebody chooses."""

import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers
from utils.convolution import convolve2d, correlate2d

RESULT = "() => sums.map(line => line.map(button => button.textContent))"


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
    assert frame.inner_text("#sum").startswith("row 2, column 2: 6·1 +") and frame.inner_text("#sum").endswith("= 23")
    assert frame.evaluate("pixels.flat().map(p => p.parentElement.classList.contains('in'))") == [
        2 <= i <= 4 and 2 <= j <= 4 for i in range(5) for j in range(5)
    ]
    frame.get_by_label("result, row 0, column 0").hover()
    assert frame.inner_text("#sum").startswith("row 0, column 0: 3·1 +")


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
