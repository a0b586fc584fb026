"""Maps, errors and scores are those of utils.convolution and Keras, wherever the digit stands."""

import keras
import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers, kernels
from utils.convolution import correlate2d, pool2d
from utils.explorers.explorer import own_data, unpacked
from utils.explorers.network import outputs_of

FILTERS = {"vertical edges": kernels.SOBEL_X, "level edges": kernels.SOBEL_Y, "Laplacian": kernels.LAPLACIAN}
SHOWN = """() => ["mapverdict", "pooledverdict"].map(id => byId(id).lastChild.textContent)"""


def difference(words):
    return 0 if words == "and does: no difference" else float(words.removeprefix("but differs by up to "))


def canvas(digit, place, shape=(22, 22)):
    image = np.zeros(shape)
    image[place[0] : place[0] + len(digit), place[1] : place[1] + digit.shape[1]] = digit
    return image


def moved(table, down, right):
    """Move a map: zeros come in, what leaves is lost."""
    big = np.pad(table, 30)
    return big[30 - down : 30 - down + len(table), 30 - right : 30 - right + table.shape[1]]


@pytest.mark.parametrize("seed", range(2))
def test_maps_and_their_errors(seed, show):
    rng = np.random.default_rng(seed)
    digits = rng.integers(0, 257, (2, 9, 12)) / 256  # numbers that 16 bits hold
    frame = show(explorers.equivariance(digits))
    places = [(0, 0), (13, 10), (6, 5), (7, 5), (6, 8), (8, 7), *rng.integers(0, [14, 11], (10, 2)).tolist()]
    for place in places:
        name, stride = rng.choice(list(FILTERS)), int(rng.integers(1, 4))
        mode, size, k = rng.choice(["max", "average"]), int(rng.integers(2, 5)), int(rng.integers(2))
        for control, value in dict(filter=name, stride=stride, mode=mode, size=size).items():
            frame.locator(f"#{control}").select_option(str(value))
        frame.locator("#choose").select_option(index=k)
        frame.evaluate("place => moveTo(...place)", place)

        def filtered(at):
            return correlate2d(canvas(digits[k], at), FILTERS[name], strides=stride, padding="same")

        def pooled(at):
            return pool2d(filtered(at), size, mode=mode)

        errors = []
        for make, step in ((filtered, stride), (pooled, stride * size)):
            down, right = (int(np.floor((a - b) / step + 0.5)) for a, b in zip(place, (6, 5)))
            errors.append(np.abs(make(place) - moved(make((6, 5)), down, right)).max())
        maps = frame.evaluate("""() => { const map = filtered(canvasWith(place));
            return [[...map.values], [...pooled(map).values]]; }""")
        np.testing.assert_allclose(maps[0], filtered(place).ravel(), atol=1e-5)
        np.testing.assert_allclose(maps[1], pooled(place).ravel(), atol=1e-5)
        np.testing.assert_allclose(list(map(difference, frame.evaluate(SHOWN))), errors, atol=0.0051)
        assert f"; {to_rim(canvas(digits[k], place))} to the rim" in frame.inner_text("#moved").replace("\n", " ")


def to_rim(image):
    """Count the black rows or columns outside of the digit, on the side that has the fewest of them."""
    sides = [np.argmax(side) for on in (image.any(0), image.any(1)) for side in (on, on[::-1])]
    return "1 black pixel" if min(sides) == 1 else f"{min(sides)} black pixels"


def test_mouse_keyboard_and_buttons_move_the_digit_as_far_as_the_border(show):
    frame = show(explorers.equivariance())
    box = frame.locator("#digit").bounding_box()
    pixel, mouse = box["width"] / 22, frame.page.mouse
    mouse.move(box["x"] + 8 * pixel, box["y"] + 8 * pixel)
    mouse.down()
    mouse.move(box["x"] + 11 * pixel, box["y"] + 6 * pixel)
    assert frame.evaluate("place") == [4, 9] and frame.inner_text("#moved") == (
        "moved 3 right, 2 up;\n3 black pixels to the rim"
    )
    mouse.move(box["x"] + 21.5 * pixel, box["y"] + 0.5 * pixel)
    mouse.up()
    assert frame.evaluate("place") == [0, 12]
    assert frame.inner_text("#mapverdict") == "should move 6 right, 6 up,\nand does: no difference"
    assert "0 black pixels to the rim" in frame.inner_text("#moved")
    assert float(frame.evaluate("networks[0].change.textContent")) > 0.01  # at the rim its maps lose something
    frame.locator("#middle").click()
    assert frame.inner_text("#pooledverdict") == "should stay where it is,\nand does: no difference"
    frame.locator("#digit").focus()
    frame.page.keyboard.press("ArrowRight")
    frame.locator("#down").click()
    frame.locator("#down").click()
    assert frame.evaluate("place") == [8, 7]
    assert frame.inner_text("#mapverdict") == "should move 1 right, 2 down,\nand does: no difference"
    assert frame.inner_text("#pooledverdict").startswith("should move 0.5 right, 1 down,\nbut differs by up to ")
    words = (
        "4 black pixels to the rim. The map should move 1 right, 2 down, and does: no difference. The pooled map should"
    )
    frame.wait_for_function("words => byId('said').textContent.includes(words)", arg=words)


@pytest.mark.parametrize("width", [390, 640, 758])
def test_on_a_phone_the_answers_stand_beside_the_digit(width, show):
    frame = show(explorers.equivariance(), width)
    assert frame.inner_text("#answers").split("\n") == ["CNN, global maximum", "7", "dense network", "7"]
    frame.evaluate("moveTo(1, 12)")
    read = frame.locator(".scores tr.best th").all_inner_texts()
    assert frame.locator("#answers b").all_inner_texts() == read and read[1] != "7"
    answers, digit = (frame.locator(name).bounding_box() for name in ("#answers", "#digit"))
    assert answers["y"] <= digit["y"] + 1 and answers["x"] + answers["width"] <= width
    assert answers["height"] <= digit["height"] + 1
    show(explorers.equivariance()).locator("#answers").wait_for(state="hidden")


def test_the_networks_of_the_page(show):
    data = own_data("equivariance")
    digits, frame = unpacked(data["digits"]), show(explorers.equivariance())
    read = {name: [] for name in data["networks"]}
    for k, digit in enumerate(digits):
        frame.locator("#choose").select_option(index=k)
        for place in [(6, 6), (3, 9), (9, 3), (0, 0), (12, 12), (7, 2)]:
            frame.evaluate("place => moveTo(...place)", place)
            scores = dict(frame.evaluate("networks.map(network => [network.name, [...network.scores]])"))
            for name, layers in data["networks"].items():
                ours = outputs_of(layers, canvas(digit, place).astype("float32")[..., None])["scores"]
                np.testing.assert_allclose(scores[name], ours, atol=1e-4)
                read[name].append(ours.argmax())
    assert set(read["CNN, global maximum"][:3] + read["CNN, global maximum"][6:9]) == {7, 4}  # middle and elsewhere
    assert len(set(read["dense network"][:6])) > 1  # the same 7, at other places


def test_keras_networks_in_the_page(show):
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    cnn = keras.Sequential(
        [keras.Input((20, 24, 3)), layers.Conv2D(4, 3, padding="same", activation="relu", use_bias=False),
         layers.GlobalMaxPooling2D(), layers.Dense(3)]
    )  # fmt: skip
    dense = keras.Sequential([keras.Input((20, 24, 3)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    digit = np.random.default_rng(0).integers(0, 256, (1, 8, 8)) / 255
    frame = show(explorers.equivariance(digit, {"<b>cnn": cnn, "dense": dense}, labels=["</script>"]))
    for place in [(0, 0), (6, 8), (3, 4), (12, 16), (1, 15)]:
        frame.evaluate("place => moveTo(...place)", place)
        image = np.repeat(canvas(digit[0], place, (20, 24))[None, ..., None], 3, axis=3)
        for model, scores in zip((cnn, dense), frame.evaluate("networks.map(network => [...network.scores])")):
            np.testing.assert_allclose(scores, keras.ops.convert_to_numpy(model(image))[0], atol=5e-3)
    assert frame.inner_text("#choose") == "</script>" and frame.inner_text("h2 >> text=cnn") == "<b>cnn"
    small = keras.Sequential([keras.Input((12, 12, 1)), layers.Flatten(), layers.Dense(3)])
    refuses(lambda: explorers.equivariance(digit, {"small": small}), "16 x 16 pixels or more", "(12, 12, 1)")
    refuses(lambda: explorers.equivariance(digit, {"a": small, "b": cnn}), "images of one size")
    large = keras.Sequential([keras.Input((22, 22, 1)), layers.Flatten(), layers.Dense(200), layers.Dense(3)])
    refuses(lambda: explorers.equivariance(digit, {"large": large}), "97,603 weights", "250,000")


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(digits=np.zeros((10, 10))), "digits must have shape (n, height, width)"),
        (dict(digits=np.full((1, 10, 10), 9)), "divide by 255"),
        (dict(digits=np.zeros((1, 22, 10))), "digits must be smaller than the canvas"),
        (dict(digits=np.zeros((2, 10, 10)), labels=["one"]), "labels must hold a name for each of the 2 digits, got 1"),
        (dict(networks=[]), "networks must be a dict"),
        (dict(networks={}), "networks must be a dict"),
        (dict(networks={"a": "model"}), "model"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.equivariance(**arguments), fragment)


@pytest.mark.parametrize("size, fits", [((16, 17), True), ((17, 16), True), ((15, 16), False), ((16, 15), False)])
def test_networks_read_images_of_16_pixels_or_more(size, fits):
    layers = [keras.Input((*size, 1)), keras.layers.Flatten(name="flat"), keras.layers.Dense(10, name="scores")]
    networks = {"small": keras.Sequential(layers)}
    if fits:
        assert "small" in explorers.equivariance(np.zeros((1, 9, 9)), networks=networks).page
    else:
        refuses(lambda: explorers.equivariance(np.zeros((1, 9, 9)), networks=networks), "16 x 16 pixels or more")


@pytest.mark.parametrize("scheme, zero", [("light", [255, 255, 255]), ("dark", [20, 24, 30])])
def test_zero_has_the_colour_of_the_page(scheme, zero, show):
    frame = show(explorers.equivariance(), color_scheme=scheme)
    corner = "[...byId('map').getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    assert frame.evaluate(corner) == zero
    assert (
        frame.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        == f"rgb({', '.join(map(str, zero))})"
    )
