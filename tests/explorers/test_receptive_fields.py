"""The page's fields are those of utils.fields: for the networks of the lecture and for stacks that somebody types."""

import json

import keras
import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers, models
from utils.architecture import receptive_field, receptive_windows
from utils.explorers.explorer import own_data
from utils.explorers.receptive_fields import stack_of
from utils.graph import without_weights

NETWORKS = {
    "VGG-16": models.vgg16,
    "LeNet-5": models.lenet5,
    "AlexNet": models.alexnet,
    "ZFNet": models.zfnet,
    "GoogLeNet": models.googlenet,
    "ResNet-50": models.resnet50,
}
TABLE = """() => [...byId("stack").tBodies[0].rows].map(line => [line.cells[0].title,
    ...["units", "r", "j"].map(kind => Number(line.querySelector("." + kind).textContent.replaceAll(",", "")))])"""
SEEN = "() => [unit.map(seen).flat(), unit.map(i => outside(seen(i)))]"


@pytest.fixture(scope="module")
def networks():
    with without_weights():
        return {name: build() for name, build in NETWORKS.items()}


def test_the_stacks_in_the_page_are_those_of_the_networks(networks):
    stacks = json.loads(json.dumps({name: stack_of(model) for name, model in networks.items()}))
    assert {name: own_data("receptive_fields")["networks"][name] for name in NETWORKS} == stacks


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_of_the_networks_sees_what_the_library_says(name, networks, show):
    model, frame = networks[name], show(explorers.receptive_fields())
    frame.locator("#network").select_option(name)
    table = frame.evaluate(TABLE)
    jump = 1
    for number, (layer, units, size, step) in enumerate(table):
        windows = receptive_windows(model, layer)
        assert (units, size) == (len(windows), receptive_field(model, layer))
        jump *= np.max(model.get_layer(layer).strides)
        assert step == jump
        for unit in ([0, 0], [units - 1, units // 2], [units // 3, units - 1]):
            frame.evaluate("([layer, unit]) => choose(layer, unit)", [number, unit])
            (top, bottom, left, right), _ = frame.evaluate(SEEN)
            cut = np.clip([top, bottom + 1, left, right + 1], 0, model.input_shape[1])
            assert cut.tolist() == windows[tuple(unit)].tolist()
    last = [layer for layer in model.layers if len(layer.output.shape) == 4][-1]  # its branches included
    assert table[-1][2] == receptive_field(model, last.name)


def keras_stack(size, layers):
    stack = [keras.Input((size, size, 1))]
    for name, kernel, stride, padding in layers:
        if padding != "same":
            stack.append(keras.layers.ZeroPadding2D(padding, name=f"{name}_zeros"))
        padding = "same" if padding == "same" else "valid"
        stack.append(keras.layers.MaxPooling2D(kernel, stride, padding=padding, name=name))
    return keras.Sequential(stack)


def random_stack(rng):
    layers = [(name, *rng.integers(1, [6, 4]).tolist(), rng.choice(["same", "0", "1", "2"]).item()) for name in "abc"]
    return rng.integers(30, 60).item(), [
        (*layer[:3], layer[3] if layer[3] == "same" else int(layer[3])) for layer in layers
    ]


# Types a stack into the fields of the page, and returns the table with what a unit sees in every layer.
TYPED = """([pixels, stack, units]) => {
    const type = (input, value) => { input.value = value; input.dispatchEvent(new Event("input")); };
    byId("reset").click();
    type(byId("size"), pixels);
    stack.forEach(([, ...numbers], i) => numbers.forEach((number, column) => type(inputs[i][column], number)));
    return units.map((where, i) => {
        byId("stack").tBodies[0].rows[i].click();
        choose(chosen, where);
        return [unit, unit.map(seen).flat(), unit.map(i => outside(seen(i)))];
    });
}"""


def test_stacks_that_are_typed(show):
    """24 networks in one page, with even windows, strides, zeros and "same"."""
    frame = show(explorers.receptive_fields(networks={"mine": (40, [("a", 1, 1, 0), ("b", 1, 1, 0), ("c", 1, 1, 0)])}))
    rng = np.random.default_rng(0)
    for _ in range(24):
        size, layers = random_stack(rng)
        fields = frame.evaluate(TYPED, [size, layers, rng.integers(0, 40, (3, 2)).tolist()])
        model = keras_stack(size, layers)
        for (name, units, r, j), (unit, seen, out) in zip(frame.evaluate(TABLE), fields, strict=True):
            windows = receptive_windows(model, name)
            assert (units, r) == (len(windows), receptive_field(model, name))
            assert j == np.prod([stride for layer, _, stride, _ in layers if layer <= name])
            top, bottom, left, right = np.clip(np.add(seen, [0, 1, 0, 1]), 0, size).tolist()
            assert [top, bottom, left, right] == windows[tuple(unit)].tolist()
            assert out == [r - (bottom - top), r - (right - left)]


def test_layers_are_added_and_taken_away_and_nothing_impossible_is_taken(show):
    frame = show(explorers.receptive_fields(networks={"<b>": (6, [("</script>", 3, 1, 1), ("pool", 2, 2, 0)])}))
    frame.locator("#add").click()
    assert [row[1:] for row in frame.evaluate(TABLE)] == [[6, 3, 1], [6, 5, 1], [3, 6, 2]]
    frame.get_by_label("kernel size of layer 1").fill("9")  # six units and two zeros are 8
    assert frame.get_by_label("kernel size of layer 1").get_attribute("aria-invalid") == "true"
    for wrong in ("0", "1.5", "x", "", "9999"):
        frame.get_by_label("kernel size of layer 1").fill(wrong)
        assert frame.evaluate("fields.map(f => f.r)") == [3, 5, 6]
    kept = 'Padding must be a whole number from 0 to 1,024, or "same": 1 is kept.'
    frame.get_by_label("padding of layer 1").fill("valid")
    assert frame.inner_text("#hint") == kept
    frame.get_by_label("stride of layer 1").fill("2")
    assert "Click on a layer, or on a unit of its map." in frame.inner_text("#hint")
    assert "j = jbefore · s = 1 · 2 = 2" in frame.inner_text("#formula").replace("\n", "")
    frame.locator("#remove").click()
    frame.locator("#remove").click()
    assert frame.evaluate(TABLE) == [["</script>", 6, 3, 1]] and frame.locator("#remove").is_disabled()
    for _ in range(59):
        frame.evaluate("byId('add').click()")
    assert frame.evaluate("layers.length") == 60 and frame.locator("#add").is_disabled()


@pytest.mark.parametrize(
    "field, typed, words",
    [
        ("kernel size of b", "0", "Kernel size must be a whole number from 1 to 1,024: 2 is kept."),
        ("kernel size of b", "9", "b would have no unit: its window of 9 is larger than 8 units: 2 is kept."),
        (
            "kernel size of a",
            "12",
            "a would have no unit: its window of 12 is larger than 8 + 2 · 1 = 10: 3 is kept.",
        ),
        ("kernel size of a", "10", "b would have no unit: its window of 2 is larger than 1 unit: 3 is kept."),
        ("stride of a", "1.5", "Stride must be a whole number from 1 to 1,024: 1 is kept."),
        ("padding of a", "", 'Padding must be a whole number from 0 to 1,024, or "same": 1 is kept.'),
        ("size of the image", "1", "b would have no unit: its window of 2 is larger than 1 unit: 8 is kept."),
        ("size of the image", "1,025", "The image must be a whole number of pixels from 1 to 1,024: 8 is kept."),
    ],
)
def test_what_is_not_taken_is_said_in_words(field, typed, words, show):
    frame = show(explorers.receptive_fields(networks={"mine": (8, [("a", 3, 1, 1), ("b", 2, 2, 0)])}))
    before = frame.evaluate(TABLE)
    frame.get_by_label(field).fill(typed)
    assert frame.inner_text("#hint") == words and frame.evaluate(TABLE) == before
    frame.page.keyboard.press("Tab")
    assert "Click on a layer" in frame.inner_text("#hint")
    frame.locator("#size").fill("1,024")
    assert frame.evaluate("size") == 1024


def test_what_is_refused_leaves_what_there_was_before_typing(show):
    frame = show(explorers.receptive_fields(networks={"mine": (64, [("a", 3, 1, "same"), ("b", 2, 2, 0)])}))
    frame.evaluate("choose(1, [30, 31])")
    table = frame.evaluate(TABLE)
    for field, typed, kept in (
        ("kernel size of b", "2000", 2),
        ("padding of a", "12x", "same"),
        ("size of the", "6x", 64),
    ):
        frame.get_by_label(field).press_sequentially(typed)
        assert frame.inner_text("#hint").endswith(f": {kept} is kept.") and frame.evaluate(TABLE) == table
    assert frame.evaluate("[layers[0], size]") == [["a", 3, 1, "same"], 64]
    frame.get_by_label("stride of b").fill("5")
    frame.get_by_label("stride of b").press("Enter")
    frame.get_by_label("stride of b").fill("0")
    assert frame.evaluate("layers[1]") == ["b", 2, 5, 0]


def test_a_layer_without_which_nothing_is_left_stays(show):
    frame = show(explorers.receptive_fields(networks={"mine": (3, [("zeros", 1, 1, 2), ("large", 7, 1, 0)])}))
    frame.evaluate("choose(0)")
    frame.locator("#remove").click()
    words = "Without it, large would have no unit: its window of 7 is larger than 3 pixels."
    assert frame.inner_text("#hint") == words and frame.evaluate("layers.length") == 2


@pytest.mark.parametrize("width", [390, 1280])
def test_a_list_opens_at_its_beginning_and_follows_the_choice(width, show):
    frame = show(explorers.receptive_fields(), width)
    for name in NETWORKS:
        frame.locator("#network").select_option(name)
        assert frame.evaluate("document.querySelector('.layers').scrollTop") == 0
        assert frame.inner_text("#units").startswith(frame.evaluate("layers[chosen][0].replace('inception_', '')"))
    frame.evaluate("choose(layers.length - 1)")
    assert frame.evaluate("document.querySelector('.layers').scrollTop") > 0


def test_one_is_said_as_one(show):
    frame = show(explorers.receptive_fields(networks={"mine": (1, [("a", 1, 1, 0)])}))
    assert frame.inner_text("#units") == "a\n1 × 1 unit" and frame.inner_text("#field") == "1 × 1 pixel"
    assert "pixels 0 down, 0 across" in frame.inner_text("#facts")
    assert "it has no neighbour" in frame.inner_text("#facts")


def test_a_click_on_a_unit_and_on_the_photograph(show):
    frame = show(explorers.receptive_fields(networks={"mine": (32, [("a", 3, 1, 1), ("b", 4, 4, 0)])}))
    frame.locator("#stack tbody tr:nth-child(2) th").click()
    frame.locator("#map").click(position={"x": 1, "y": 199})
    assert frame.evaluate("unit") == [
        7,
        0,
    ] and "pixels 27 to 31 and 1 zero down, 0 to 4 and 1 zero across" in frame.inner_text("#facts")
    assert frame.inner_text("#field") == "6 × 6 pixels" and "31 % of it is padding" in frame.inner_text("#facts")
    frame.locator("#photo").click()
    assert frame.evaluate("unit.map(i => [3, 4].includes(i))") == [True, True]
    frame.page.keyboard.press("ArrowRight")
    assert "its neighbour is 4 pixels away" in frame.inner_text("#facts")


def test_a_swipe_over_the_photograph_scrolls_and_a_tap_points(show):
    frame = show(explorers.receptive_fields(), 390, 844, has_touch=True)
    assert frame.evaluate("getComputedStyle(byId('photo')).touchAction") == "pan-y"
    frame.locator("#photo").scroll_into_view_if_needed()
    box, before = frame.locator("#photo").bounding_box(), frame.evaluate("unit")
    frame.page.touchscreen.tap(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    top, left = frame.evaluate("unit.map(i => (seen(i)[0] + seen(i)[1] + 1) / 2)")
    low, shown = frame.evaluate("view()")
    np.testing.assert_allclose(
        [top, left], [low + 0.3 * shown, low + 0.2 * shown], atol=frame.evaluate("fields[chosen].j")
    )
    assert frame.evaluate("unit") != before


@pytest.mark.parametrize("typed", ["", "0", "abc", "-3", "2000", "1.5"])
def test_a_size_that_is_none_changes_nothing(typed, show):
    frame = show(explorers.receptive_fields())
    before = frame.inner_text("#facts")
    frame.locator("#size").fill(typed)
    assert frame.locator("#size").get_attribute("aria-invalid") == "true"
    assert frame.inner_text("#facts") == before
    frame.locator("#size").fill("224")
    assert frame.inner_text("#facts") == before


def test_the_chosen_unit_stays_where_it_is_in_the_image(show):
    frame = show(explorers.receptive_fields())
    middle = frame.evaluate("unit")
    for size in (100, 224, 57, 224):
        frame.locator("#size").fill(str(size))
        (place,) = set(frame.evaluate("unit.map(i => (i + 0.5) / fields[chosen].units)"))
        assert abs(place - 0.5) < 0.15
    assert max(abs(a - b) for a, b in zip(frame.evaluate("unit"), middle)) <= 2


def test_models_and_photographs_of_ones_own(show):
    model = keras.Sequential([keras.Input((20, 20, 3)), keras.layers.Conv2D(2, 5, padding="same", name="first")])
    photo = np.zeros((40, 60, 3), np.uint8)
    photo[:, 10:50] = [200, 100, 0]
    frame = show(explorers.receptive_fields(photo, {"own": model}))
    assert frame.evaluate("layers") == [["first", 5, 1, 2]]
    assert frame.evaluate("[...photograph.getContext('2d').getImageData(39, 0, 1, 1).data]") == [200, 100, 0, 255]


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(networks={}), "networks must be a dict"),
        (dict(networks={"a": 3}), "networks['a'] must be a Keras model or"),
        (dict(networks={"a": (8, [("x", 3, 1)])}), "networks['a'] must be a Keras model or"),
        (dict(networks={"a": (8, [("x", 9, 1, 0)])}), "layer 'x' of networks['a'] leaves no unit"),
        (dict(networks={"a": (8, [("x", 0, 1, 0)])}), "kernel size of layer 'x'"),
        (dict(networks={"a": (8, [("x", 3, 1, "full")])}), "padding (a number"),
        (dict(networks={"a": (8, [("x", 1, 1, 0)] * 61)}), "must have 1 to 60 layers"),
        (
            dict(networks={"a": keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])}),
            "networks must read images",
        ),
        (
            dict(networks={"a": keras.Sequential([keras.Input((8, 9, 1)), keras.layers.Conv2D(1, 3)])}),
            "networks must have square fields and maps",
        ),
        (dict(photo=np.ones((8, 8))), "photo"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.receptive_fields(**arguments), fragment)


def test_the_largest_network_is_one_of_60_layers_that_reads_1024_pixels():
    largest = explorers.receptive_fields(networks={"a": (1024, [("x", 1, 1, 0)] * 60)})
    assert "<iframe" in largest._repr_html_()
    refuses(lambda: explorers.receptive_fields(networks={"a": (1025, [("x", 1, 1, 0)])}), "at most 1024 pixels")


def test_a_photograph_has_no_more_pixels_than_the_network_is_given(show):
    frame = show(explorers.receptive_fields())
    assert frame.evaluate("['VGG-16', 'LeNet-5'].map(name => { load(name); return inPixels().width; })") == [128, 32]
