"""The page's sums are those of utils.convolution for every pixel, whichever filter, size, picture and colour."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.helpers import refuses
from utils import explorers, kernels
from utils.convolution import correlate2d
from utils.explorers.filter_laboratory import PRESETS

# All numbers of the page's result in one text, which travels faster than a list of numbers.
RESULT = """() => btoa(results.map(plane => [...new Uint8Array(plane.buffer)]).flat().reduce(
    (text, byte) => text + String.fromCharCode(byte), ""))"""
DRAWN = """() => [...byId("after").getContext("2d").getImageData(0, 0, resultColumns(), resultRows()).data]"""


def sums(frame):
    return np.frombuffer(base64.b64decode(frame.evaluate(RESULT)))


def oracle(image, kernel):
    channels = np.moveaxis(np.atleast_3d(image), -1, 0)
    return np.concatenate([correlate2d(channel.astype(float), kernel).ravel() for channel in channels])


def type_weights(frame, kernel):
    texts = [[f"{weight:g}" for weight in row] for row in kernel]
    frame.evaluate(
        """texts => weights.forEach((line, a) => line.forEach((field, b) => {
        if (field.value !== texts[a][b]) { field.value = texts[a][b]; field.oninput(); } }))""",
        texts,
    )


def picture(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape)


@pytest.mark.parametrize("shape", [(17, 30), (9, 8, 3)])
def test_every_preset_gives_the_sums_of_the_library_at_every_pixel(shape, show):
    image = picture(shape)
    frame = show(explorers.filter_laboratory(image))
    for name, (kernel, shown) in PRESETS.items():
        frame.locator("#preset").select_option(label=name)
        np.testing.assert_allclose(sums(frame), oracle(image, kernel), atol=1e-9)
        assert frame.locator("#shown").input_value() == shown


def test_a_photograph_in_colours_with_weights_of_five_by_five(show):
    image, kernel = picture((256, 256, 3)), np.arange(25).reshape(5, 5) - 9.5
    frame = show(explorers.filter_laboratory(image, kernel))
    np.testing.assert_allclose(sums(frame), oracle(image, kernel), atol=1e-6)
    assert frame.locator("#preset option:checked").inner_text() == "weights of your own"


@pytest.mark.parametrize("seed", range(4))
def test_typed_weights_of_all_sizes(seed, show):
    rng = np.random.default_rng(seed)
    image = picture((12, 19, 3) if seed % 2 else (12, 19), seed)
    rows, columns = rng.integers(1, 6, 2)
    frame = show(explorers.filter_laboratory(image, np.ones((rows, columns))))
    for _ in range(6):
        kernel = rng.integers(-40, 41, (rows, columns)) / 4
        type_weights(frame, kernel)
        np.testing.assert_allclose(sums(frame), oracle(image, kernel), atol=1e-9)


def test_another_size_keeps_the_weights_in_the_middle(show):
    image = picture((20, 20))
    frame = show(explorers.filter_laboratory(image))
    frame.locator("#size").select_option("5 × 5")
    np.testing.assert_allclose(sums(frame), oracle(image, np.pad(kernels.SOBEL_X, 1)))
    frame.locator("#size").select_option("3 × 3")
    np.testing.assert_allclose(sums(frame), oracle(image, kernels.SOBEL_X))
    assert frame.locator("#preset option:checked").inner_text() == "Sobel Sx"


@pytest.mark.parametrize("shape", [(40, 33), (40, 33, 3)])
@pytest.mark.parametrize("shown", ["cut", "size", "grey"])
def test_sums_are_drawn_as_in_the_notebook(shape, shown, show):
    image = picture(shape)
    expected = oracle(image, kernels.EDGES).reshape((*image.shape[2:], 38, 31))
    frame = show(explorers.filter_laboratory(image, kernels.EDGES))
    frame.locator("#shown").select_option(shown)
    drawn = np.reshape(frame.evaluate(DRAWN), (38, 31, 4))[..., :3]
    drawn = np.moveaxis(drawn, -1, 0) if image.ndim == 3 else drawn[..., 0]
    limit = np.quantile(np.abs(expected), 0.99)
    shades = {"cut": expected, "size": np.abs(expected), "grey": 127.5 + 127.5 * expected / limit}[shown]
    np.testing.assert_allclose(drawn, np.clip(shades, 0, 255), atol=1.5 if shown == "grey" else 0.5)


def test_an_even_picture_has_no_edges(show):
    frame = show(explorers.filter_laboratory(np.full((8, 8), 100)))
    assert set(np.reshape(frame.evaluate(DRAWN), (6, 6, 4))[..., 0].ravel()) == {128}  # 127.5, rounded


def test_keyboard_and_mouse_move_the_window_to_the_borders(show):
    image = picture((24, 24))
    frame = show(explorers.filter_laboratory(image))
    sobel = correlate2d(image, kernels.SOBEL_X)
    frame.locator("#before").focus()
    for _ in range(15):
        frame.page.keyboard.press("ArrowLeft")
        frame.page.keyboard.press("ArrowDown")
    assert frame.inner_text("#sum").startswith("row 21, column 0 of the result: ")
    assert shown_sum(frame) == sobel[21, 0]
    assert frame.evaluate("weights.flat().map(w => +w.previousSibling.textContent)") == image[21:, :3].ravel().tolist()
    box = frame.locator("#after").bounding_box()
    for share, (row, column) in {(0.999, 0.001): (0, 21), (0.5, 0.5): (11, 11)}.items():
        frame.page.mouse.click(box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"])
        assert frame.inner_text("#sum").startswith(f"row {row}, column {column} of the result: ")
        assert shown_sum(frame) == sobel[row, column]
    box = frame.locator("#before").bounding_box()
    frame.page.mouse.move(box["x"] + 5, box["y"] + 5)
    frame.page.mouse.down()
    frame.page.mouse.move(box["x"] + box["width"] * 4.5 / 24, box["y"] + box["height"] * 7.5 / 24)
    frame.page.mouse.up()
    # the window around the pixel in row 7, column 4
    assert frame.inner_text("#sum").startswith("row 6, column 3 of the result: ")


def shown_sum(frame):
    return float(frame.inner_text("#sum .hot").replace("\u2212", "-").replace(",", ""))


def test_the_numbers_of_a_colour_can_be_chosen(show):
    image = picture((10, 10, 3))
    frame = show(explorers.filter_laboratory(image))
    for number, colour in enumerate(("red", "green", "blue")):
        frame.get_by_label(colour).check()
        assert shown_sum(frame) == correlate2d(image[..., number], kernels.SOBEL_X)[3, 3]
    assert not show(explorers.filter_laboratory(image[..., 0])).get_by_label("red").is_visible()


def test_a_wrong_weight_is_marked_and_changes_nothing(show):
    frame = show(explorers.filter_laboratory(picture((10, 10))))
    before = sums(frame)
    field = frame.get_by_label("weight, row 0, column 0")
    for typed in ("one", "", "12345"):
        field.fill(typed)
        assert field.get_attribute("aria-invalid") == "true"
    np.testing.assert_array_equal(sums(frame), before)
    field.fill("2,5")
    assert field.get_attribute("aria-invalid") == "false" and (sums(frame) != before).any()
    frame.locator("#reset").click()
    np.testing.assert_array_equal(sums(frame), before)


def test_fractions_are_weights_and_a_refused_one_is_named(show):
    image = picture((12, 15))
    frame = show(explorers.filter_laboratory(image))
    fields = frame.locator("#magnifier input")
    for k, typed in enumerate(["1/9", "-1/16", "\u22121/8", "0,5/2", "9999", "-3", "1/3", " 2 / 3 ", ".5"]):
        fields.nth(k).fill(typed)
    kernel = np.reshape([1 / 9, -1 / 16, -1 / 8, 0.25, 9999, -3, 1 / 3, 2 / 3, 0.5], (3, 3))
    np.testing.assert_allclose(sums(frame), oracle(image, kernel), atol=1e-7)
    assert fields.first.input_value() == "0.111"
    assert f"{frame.evaluate('picture.planes[0][row * 15 + column]')}·0.111 + " in frame.inner_text("#sum")
    assert frame.inner_text("#total") == f"The weights add up to {kernel.sum():,.3f}."
    for typed, what in {
        "10000": "10000 is out of range",
        "1/0": "1/0 is not a number",
        "": "The cell is empty",
    }.items():
        fields.first.fill(typed)
        assert frame.inner_text("#hint").startswith(f"{what}: 0.111 is kept. Type numbers between \u221210,000 and")
        frame.wait_for_function("what => byId('said').textContent.startsWith(what)", arg=what)
    np.testing.assert_allclose(sums(frame), oracle(image, kernel), atol=1e-7)
    fields.first.fill("0")
    assert frame.inner_text("#hint").startswith("Type numbers")


def test_how_a_sum_is_drawn_is_calculated_before_the_reader(show):
    image = picture((20, 20))
    frame = show(explorers.filter_laboratory(image, kernels.EDGES))
    for shown in ("cut", "size", "grey"):
        frame.locator("#shown").select_option(shown)
        drawn = np.reshape(frame.evaluate(DRAWN), (18, 18, 4))[..., 0]
        at = frame.evaluate("[...results[0]].map(drawnAs)")
        for number, shade, said in zip(oracle(image, kernels.EDGES).astype(int), drawn.ravel(), at):
            minus = f"{number:,}".replace("-", "\u2212")
            if shown == "cut":
                assert said == f"drawn as {shade}{'' if 0 <= number <= 255 else ', cut off'}"
            elif shown == "size":
                calculated = f"|{minus}| = " if number < 0 else ""
                over = f"{-number:,}, cut off at 255" if number < 0 else "255, cut off"
                assert said == f"drawn as {calculated}{shade if abs(number) <= 255 else over}"
            else:
                limit = frame.evaluate("Math.round(limit)")
                factor = f"({minus})" if number < 0 else minus
                assert said.startswith(f"drawn as 127.5 + 127.5 · {factor} / {limit:,} = ")
                assert said.endswith(f"cut off at {shade}" if abs(number) > limit + 1 else f" {shade}")
    assert f"\u2212{limit:,} or less black, {limit:,} or more white" in frame.inner_text("#shades")


def test_what_a_filter_sets_besides_its_weights_is_told(show):
    frame = show(explorers.filter_laboratory(picture((20, 20))))
    for name, size, shown in (("smoothing", False, True), ("Roberts Sx", True, True), ("Roberts Sy", False, False)):
        frame.locator("#preset").select_option(label=name)
        told = frame.inner_text("#shades")
        assert ("The filter has 2 × 2 weights." in told) == size
        assert ("Changed with the filter: negative sums are now " in told) == shown
        assert frame.evaluate("byId('shown').classList.contains('new')") == shown
        begin = f"{name}. {'The filter has' if size else 'Changed' if shown else 'In row'}"
        frame.wait_for_function("begin => byId('said').textContent.startsWith(begin)", arg=begin)
    frame.locator("#size").select_option("3 × 3")
    assert frame.inner_text("#shades").startswith("Zeros are added: the sums stay the same.")
    frame.get_by_label("weight, row 0, column 0").fill("1")
    assert frame.inner_text("#shades").startswith("0 is grey, ")


def test_a_picture_of_ones_own_is_cropped_and_filtered_in_the_page(show):
    frame = show(explorers.filter_laboratory())
    own = picture((256, 300, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(own).save(file, "png")
    frame.locator("#file").set_input_files({"name": "own.png", "mimeType": "image/png", "buffer": file.getvalue()})
    frame.wait_for_function("picture.planes.length === 3")
    np.testing.assert_allclose(sums(frame), oracle(own[:, 22:278], kernels.SOBEL_X))
    frame.locator("#file").set_input_files({"name": "text.png", "mimeType": "image/png", "buffer": b"no picture"})
    frame.wait_for_function("byId('sum').textContent.includes('cannot read text.png as a picture')")
    frame.locator("#reset").click()
    assert frame.evaluate("picture.planes.length") == 1


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(image=np.zeros((300, 300), int)), "image must have 1 or 3 channels and 8 to 256 rows"),
        (dict(image=np.zeros((7, 20), int)), "image must have 1 or 3 channels and 8 to 256 rows"),
        (dict(image=np.zeros((20, 20, 2), int)), "image must have 1 or 3 channels"),
        (dict(image=np.full((20, 20), 256)), "whole numbers from 0 to 255"),
        (dict(image=np.full((20, 20), 99.5)), "floats from 0 to 1"),
        (dict(image=np.full((20, 20), np.nan)), "image contains NaN"),
        (dict(image="</script>"), "image must hold real numbers"),
        (dict(kernel=np.ones((6, 3))), "kernel must have at most 5 rows"),
        (dict(kernel=np.ones(3)), "kernel must have shape (rows, columns)"),
        (dict(kernel=[[1e4]]), "kernel must hold numbers below 10,000"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.filter_laboratory(**arguments), fragment)
