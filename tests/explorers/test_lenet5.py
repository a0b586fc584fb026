"""What the page computes is what Keras computes, and what it does to a drawing is what was done to MNIST's digits."""

import functools

import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers
from utils.datasets import load

SCORES = "image => forward(network, padded(Float32Array.from(image, v => v / 255))).at(-1).values"

default = functools.cache(explorers.lenet5)


@pytest.fixture(scope="module")
def digits():
    """Test images of mnist_5k, 28 x 28, 0 to 255, and their labels."""
    _, (images, labels), _ = load("mnist_5k")
    return images[:200, ..., 0], labels[:200]


@pytest.fixture(scope="module")
def lenet(digits):
    """LeNet-5 of notebook 05, trained for some seconds, so that its scores lie as far apart as there."""
    import keras

    from utils.models import lenet5

    keras.utils.set_random_seed(0)
    model = lenet5((32, 32, 1), 10, activation="relu", pool="max", classifier_activation=None)
    model.compile(keras.optimizers.Adam(0.005), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    (images, labels), _, _ = load("mnist_5k")
    model.fit(prepared(images[:1000, ..., 0]), labels[:1000], batch_size=50, epochs=3, verbose=0)
    return model


def prepared(images):
    return np.pad(images, [(0, 0), (2, 2), (2, 2)])[..., None] / np.float32(255)


def test_the_scores_are_those_of_keras(digits, lenet, show):
    images, labels = digits
    by_keras = lenet.predict(prepared(images), verbose=0)
    frame = show(explorers.lenet5(lenet, prepared(images[:20]), labels[:20]))
    scores = frame.evaluate(f"images => images.map(image => [...({SCORES})(image)])", images.reshape(200, -1).tolist())
    np.testing.assert_allclose(scores, by_keras, atol=1e-2)
    np.testing.assert_array_equal(np.argmax(scores, axis=1), by_keras.argmax(axis=1))
    assert np.mean(by_keras.argmax(axis=1) == labels) > 0.8 and np.ptp(by_keras) > 10

    # The twenty that the page offers, put on the pad by its own menu: read as they are.
    for k in range(20):
        frame.locator("#choose").select_option(str(k))
        assert frame.inner_text("#best") == str(by_keras[k].argmax())
        np.testing.assert_allclose(frame.evaluate("[...outputs.at(-1).values]"), by_keras[k], atol=1e-2)
    assert f"test image 20: {labels[19]}" in frame.inner_text("#choose")
    percent = frame.evaluate("rows.map(row => parseFloat(row.percent.textContent))")
    powers = np.exp(by_keras[19] - by_keras[19].max())
    np.testing.assert_allclose(percent, 100 * powers / powers.sum(), atol=0.3)


def test_an_empty_pad_and_a_digit_at_the_border(digits, lenet, show):
    image = digits[0][3]
    frame = show(explorers.lenet5(lenet, prepared(image[None])))
    frame.locator("#clear").click()
    empty = lenet.predict(np.zeros((1, 32, 32, 1)), verbose=0)[0]
    np.testing.assert_allclose(frame.evaluate("[...outputs.at(-1).values]"), empty, atol=1e-2)
    frame.evaluate("put('0')")
    frame.locator("#input").focus()
    for key, times in {"ArrowRight": 15, "ArrowUp": 12, "Home": 1}.items():
        for _ in range(times):
            frame.page.keyboard.press(key)
    moved = np.zeros((28, 28))
    moved[:16, 15:] = image[12:, :13]
    np.testing.assert_allclose(frame.evaluate("[...image]"), moved.ravel() / 255, atol=1e-6)
    by_keras = lenet.predict(prepared(moved[None]), verbose=0)[0]
    np.testing.assert_allclose(frame.evaluate("[...outputs.at(-1).values]"), by_keras, atol=1e-2)
    assert "Shifted by 15 to the right and 12 up." in frame.inner_text("#prepared")


def test_layers_of_all_kinds(show):
    import keras
    from keras import layers

    def normalization(name):
        layer = layers.BatchNormalization(name=name)
        layer.build((None, None, None, 3))
        layer.set_weights(np.array([[1, 2, -1], [0.5, 0, 0.1], [0.2, -0.1, 0], [0.5, 2, 1]]))
        return layer

    models = [
        [layers.ZeroPadding2D(((1, 2), (0, 3))), layers.Conv2D(3, (5, 4), strides=(3, 2), padding="same", name="c"),
         normalization("n"), layers.ReLU(), layers.AveragePooling2D(3, strides=2, padding="same"),
         layers.GlobalMaxPooling2D(), layers.Dropout(0.5), layers.Dense(4, activation="softmax")],
        [layers.Conv2D(3, 4, activation="tanh", use_bias=False), layers.MaxPooling2D((3, 2), padding="same"),
         layers.Conv2D(2, 3, strides=2, activation="sigmoid"), layers.Flatten(), layers.Dense(4), layers.Softmax()],
        [layers.AveragePooling2D((2, 3)), layers.Conv2D(5, 3, activation="relu"), layers.GlobalAveragePooling2D(),
         layers.Dense(4, activation="linear")],
    ]  # fmt: skip
    rng = np.random.default_rng(0)
    for shape, parts in zip([(28, 28, 1), (30, 32, 3), (28, 28, 3)], models):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input(shape), *parts])
        explorer = explorers.lenet5(model, class_names=["one", "two", "<b>", "four"])
        image = rng.integers(0, 256, (28, 28))
        around = [((n - 28) // 2,) * 2 for n in shape[:2]]
        read = np.repeat(np.pad(image / 255, around)[None, ..., None], shape[2], axis=3)
        scores = show(explorer).evaluate(f"image => [...({SCORES})(image)]", image.ravel().tolist())
        np.testing.assert_allclose(scores, model.predict(read, verbose=0)[0], atol=2e-3)


def test_a_digit_of_mnist_stays_as_it_is(digits, show):
    frame = show(default())
    images = frame.evaluate(
        """all => all.map(pixels => {
            ink = ink.map((_, k) => pixels[Math.floor(k / SIDE / FINE) * FIELD + Math.floor(k % SIDE / FINE)] / 255);
            return [...prepare()];
        })""",
        digits[0].reshape(200, -1).tolist(),
    )
    np.testing.assert_allclose(images, digits[0].reshape(200, -1) / 255, atol=1e-6)


def area_means(ink, start, size):
    """The means over 28 x 28 squares, from interpolated running sums: another way than the page's."""
    for axis, first in enumerate(start):
        sums = np.insert(np.cumsum(ink, axis=axis), 0, 0, axis=axis)
        edges = np.clip(first + size * np.arange(29), 0, 140)
        at = np.apply_along_axis(lambda line: np.interp(edges, np.arange(141), line), axis, sums)
        ink = np.diff(at, axis=axis) / size
    return ink


@pytest.mark.parametrize("seed", range(3))
def test_a_drawing_gets_size_and_place_of_mnist(seed, show):
    rng, frame = np.random.default_rng(seed), show(default())
    for _ in range(7):
        corners = rng.uniform(0.05, 0.95, (4, 2)).tolist()
        ink, image = frame.evaluate(
            """corners => { start(); corners.slice(1).forEach((corner, k) => line(corners[k], corner, 3 + 2 * k));
                draw(); return [[...ink], [...image]]; }""",
            corners,
        )
        ink, image = np.reshape(ink, (140, 140)), np.reshape(image, (28, 28))
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        size = max(np.ptp(rows) + 1, np.ptp(columns) + 1) / 20
        start = []
        for axis, points in enumerate((rows, columns)):
            mass = np.average(np.arange(140) + 0.5, weights=ink.sum(axis=1 - axis))
            begin = np.ceil(14 - (mass - points[0]) / size - 1e-6)
            begin = np.clip(begin, 0, 28 - np.ceil((np.ptp(points) + 1) / size - 1e-6))
            start.append(points[0] - begin * size)
        np.testing.assert_allclose(image, area_means(ink, start, size), atol=1e-5)
        assert max(np.ptp(np.flatnonzero(image.any(axis=a))) + 1 for a in (0, 1)) in (20, 21)
    frame.locator("#centred").uncheck()
    np.testing.assert_allclose(frame.evaluate("[...image]"), area_means(ink, (0, 0), 5).ravel(), atol=1e-5)


def test_thicken_and_thin_are_the_largest_and_smallest_value_around(show):
    from scipy import ndimage

    frame = show(default())
    disc = np.hypot(*np.mgrid[-2:3, -2:3]) <= 2
    ink = np.reshape(frame.evaluate("[...ink]"), (140, 140))
    for button, filtered in (("thicken", ndimage.grey_dilation), ("thin", ndimage.grey_erosion)) * 2:
        frame.locator(f"#{button}").click()
        ink = filtered(ink, footprint=disc, mode="constant", cval=0)
        np.testing.assert_allclose(np.reshape(frame.evaluate("[...ink]"), (140, 140)), ink, atol=1e-6)


def test_one_draws_with_the_mouse_and_from_the_keyboard(show):
    frame = show(default())
    frame.locator("#clear").click()
    assert frame.evaluate("ink.every(value => value === 0)")
    pad = frame.locator("#pad").bounding_box()
    mouse = frame.page.mouse
    mouse.move(pad["x"] + pad["width"] / 2, pad["y"] + 40)
    mouse.down()
    mouse.move(pad["x"] + pad["width"] / 2, pad["y"] + 190)
    assert frame.inner_text("#best") == "1"  # while the button is still down
    mouse.up()
    mouse.move(pad["x"] + 20, pad["y"] + 20)
    drawn = np.reshape(frame.evaluate("[...ink]"), (140, 140))
    assert drawn[70, 70] == 1 and not drawn[:, :55].any() and not drawn[:, 85:].any()
    frame.locator("#choose").focus()
    for _ in range(2):
        frame.page.keyboard.press("ArrowDown")
    assert frame.input_value("#choose") == "drawn: a 4" and frame.inner_text("#best") == "4"
    frame.locator("#choose").select_option("letter X")
    assert np.isfinite(frame.evaluate("[...outputs.at(-1).values]")).all()


def test_the_list_names_what_is_on_the_pad_and_gives_it_again(show):
    frame = show(default())
    shown = lambda: frame.evaluate("byId('choose').selectedOptions[0].text")  # noqa: E731
    first = frame.evaluate("[...ink]")
    for button in ("thicken", "left", "thin"):
        frame.locator(f"#{button}").click()
        assert shown() == "drawn: a 7, changed"
    frame.locator("#choose").select_option("drawn: a 7")
    assert frame.evaluate("[...ink]") == first and frame.evaluate("shift") == [0, 0]
    frame.locator("#clear").click()
    assert shown() == "nothing yet: draw, or choose"
    frame.locator("#choose").select_option("drawn: a 7")
    assert frame.evaluate("[...ink]") == first
    frame.locator("#clear").click()
    pad = frame.locator("#pad").bounding_box()
    frame.page.mouse.click(pad["x"] + 50, pad["y"] + 50)
    assert shown() == "your drawing"
    for _ in range(9):
        frame.locator("#thin").click()
    assert shown() == "nothing yet: draw, or choose"


def test_where_nothing_is_drawn_no_digit_is_named(show):
    frame = show(default())
    frame.locator("#clear").click()
    assert frame.inner_text("#best") == "nothing drawn" and frame.locator("#scores .best").count() == 0
    frame.wait_for_function("byId('said').textContent.startsWith('Nothing drawn: the network still gives scores')")
    frame.locator("#choose").select_option("drawn: a 4")
    assert frame.inner_text("#best") == "4" and frame.locator("#scores .best").count() == 1
    frame.evaluate("move(0, 28)")
    assert frame.inner_text("#best") == "nothing in sight"
    frame.evaluate("move(0, -28)")
    assert frame.inner_text("#best") == "4"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_input_is_shifted_by_buttons_below_it_and_by_dragging(width, show):
    frame = show(default(), width, 1600)
    before = np.reshape(frame.evaluate("[...image]"), (28, 28))
    box = frame.locator("#input").bounding_box()
    for name in ("left", "up", "down", "right"):
        button = frame.locator(f"#{name}").bounding_box()
        assert button["y"] > box["y"] + box["height"] and box["x"] - 1 <= button["x"] <= box["x"] + box["width"]
    side, mouse = box["width"] / 28, frame.page.mouse
    mouse.move(box["x"] + 14 * side, box["y"] + 14 * side)
    mouse.down()
    mouse.move(box["x"] + 17 * side, box["y"] + 12 * side, steps=5)
    mouse.up()
    mouse.move(box["x"] + 5 * side, box["y"] + 5 * side)
    assert frame.evaluate("shift") == [-2, 3]
    moved = np.zeros((28, 28))
    moved[:-2, 3:] = before[2:, :-3]
    np.testing.assert_allclose(np.reshape(frame.evaluate("[...image]"), (28, 28)), moved, atol=1e-6)
    assert "Shifted by 3 to the right and 2 up." in frame.inner_text("#prepared")


def test_the_maps_of_all_layers_are_large_and_side_by_side(show):
    frame = show(default())
    sizes = frame.evaluate("layers.map(layer => layer.shape[0] * sizeOf(layer, layer.across).zoom)")
    assert min(sizes) >= 70  # pixels of a map, on a page of 1280 x 720
    tops = frame.evaluate("layers.map(layer => layer.canvas.getBoundingClientRect().top)")
    assert np.ptp(tops) < 1


@pytest.fixture(scope="module")
def refused():
    """A function that tries a network of these layers."""
    import keras

    def tried(*parts, shape=(28, 28, 1), **arguments):
        return explorers.lenet5(keras.Sequential([keras.Input(shape), *parts]), **arguments)

    return tried


def test_networks_that_the_page_does_not_know(refused):
    import keras
    from keras import layers

    def end():
        return layers.Flatten(), layers.Dense(10, name="end")

    refuses(lambda: refused(layers.SeparableConv2D(2, 3, name="apart"), *end()), "'apart' (SeparableConv2D)", "Conv2D")
    refuses(lambda: refused(layers.LeakyReLU(name="leaky"), *end()), "'leaky' (LeakyReLU)")
    refuses(lambda: refused(layers.Conv2D(2, 3, activation="gelu", name="bent"), *end()), "'bent'", "'gelu'", "tanh")
    refuses(lambda: refused(layers.Conv2D(2, 3, dilation_rate=2, name="wide"), *end()), "'wide'", "dilation")
    refuses(lambda: refused(keras.Sequential([keras.Input((28, 28, 1)), *end()], name="core")), "get_layer('core')")
    refuses(lambda: refused(layers.Flatten(), layers.Dense(150), layers.Dense(10)), "119,260 weights", "250,000")
    refuses(lambda: refused(*end(), shape=(20, 20, 1)), "28 x 28 pixels or more", "(20, 20, 1)")
    refuses(lambda: refused(layers.Dense(10, name="places"), layers.Flatten()), "'places' (Dense)", "Flatten")
    refuses(lambda: refused(layers.Conv2D(2, 3)), "one row of scores")
    image = keras.Input((28, 28, 1))
    both = layers.Flatten()(image)
    branching = keras.Model(image, layers.Add()([layers.Dense(10)(both), layers.Dense(10)(both)]))
    refuses(lambda: explorers.lenet5(branching), "model must be a chain")
    refuses(lambda: explorers.lenet5("lenet"), "model")


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(digits=np.zeros((2, 28, 28))), "digits must have shape (n, height, width, channels)"),
        (dict(digits=np.zeros((2, 32, 32, 1))), "digits must have shape (n, 28, 28, 1)"),
        (dict(digits=np.full((1, 28, 28, 1), 255)), "divide by 255"),
        (dict(digits=np.full((1, 28, 28, 1), np.nan)), "digits contains NaN"),
        (dict(digits=np.zeros((300, 28, 28, 1))), "fewer digits"),
        (dict(digits=np.zeros((2, 28, 28, 1)), labels=[1]), "labels must be 2 whole numbers below 10"),
        (dict(digits=np.zeros((1, 28, 28, 1)), labels=[10]), "labels must be 1 whole numbers below 10"),
        (dict(class_names=["a", "b"]), "class_names must hold a name for each of the 10 classes, got 2"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.lenet5(**arguments), fragment)


def test_middle_takes_a_shift_back(show):
    frame = show(default())
    before = frame.evaluate("[...image]")
    for name in 8 * ["right"] + ["up"]:
        frame.locator(f"#{name}").click()
    assert frame.evaluate("[...image]") != before
    frame.locator("#middle").click()
    assert frame.evaluate("[...image]") == before and "Shifted" not in frame.inner_text("#prepared")
