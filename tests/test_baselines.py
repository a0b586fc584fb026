"""The trivial methods do what their names say, and bad images are refused."""

import numpy as np
import pytest

from utils.baselines import colour_histogram, histograms, nearest_neighbour, trivial

RNG = np.random.default_rng(0)


def coloured(count, size=8):
    """Images of two classes that differ in their colours, never in where these are."""
    labels = np.arange(count) % 2
    images = RNG.integers(0, 120, (count, size, size, 3)).astype("uint8")
    images[..., 0] += (100 * labels[:, None, None]).astype("uint8")
    return images, labels


def shaped(count, channels=1):
    """Images of two classes with equally many bright pixels, on the left or on the right."""
    labels = np.arange(count) % 2
    images = RNG.integers(0, 60, (count, 8, 8, channels)).astype("uint8")
    for image, label in zip(images, labels):
        image[:, 4 * label : 4 * label + 4] += 150
    return images, labels


def test_colours_are_for_the_histogram_and_places_for_the_neighbour():
    assert list(trivial(*shaped(60), *shaped(40))) == ["nearest neighbour"]
    assert trivial(*shaped(60), *shaped(40))["nearest neighbour"] == 1
    assert colour_histogram(*shaped(60), *shaped(40)) < 0.8
    mixed = [(images[:, RNG.permutation(8)], labels) for images, labels in (coloured(60), coloured(40))]
    assert colour_histogram(*mixed[0], *mixed[1]) == 1


def test_the_better_of_the_two_is_returned():
    train, test = shaped(60, 3), shaped(40, 3)
    both = {"nearest neighbour": nearest_neighbour(*train, *test), "colour histogram": colour_histogram(*train, *test)}
    assert trivial(*train, *test) == {max(both, key=both.get): max(both.values())}


def test_grey_images_have_a_grey_histogram():
    dark = RNG.integers(0, 200, (40, 6, 6, 1)).astype("uint8")
    labels = np.arange(40) % 2
    images = dark + (50 * labels[:, None, None, None]).astype("uint8")
    assert list(trivial(images[:20], labels[:20], images[20:], labels[20:])) == ["grey histogram"]


@pytest.mark.parametrize("scale", [1, 1 / 255, 1 / 127.5])
def test_the_range_of_the_pixels_does_not_matter(scale):
    train, test = coloured(60), coloured(40)
    scaled = [(images * scale, labels) for images, labels in (train, test)]
    assert trivial(*scaled[0], *scaled[1]) == trivial(*train, *test)


def test_a_histogram_counts_every_pixel_once():
    images = RNG.uniform(-1, 1, (5, 4, 7, 3))
    counts = histograms(images, -1, 1)
    assert counts.shape == (5, 6**3)
    np.testing.assert_allclose(counts.sum(axis=1), 1)
    shuffled = images.reshape(5, 28, 3)[:, RNG.permutation(28)].reshape(images.shape)
    np.testing.assert_array_equal(histograms(shuffled, -1, 1), counts)
    ends = histograms(np.array([0.0, 1, 2, -3]).reshape(1, 2, 2, 1), 0, 1)[0]
    assert ends[0] == 0.5 and ends[-1] == 0.5


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.float16])
def test_a_histogram_of_small_numbers_is_that_of_large_ones(kind):
    low, high = (0, 250) if kind == np.uint8 else (-128, 127)
    images = RNG.integers(low, high, (3, 4, 5, 3))
    expected = histograms(images.astype(float), low, high)
    np.testing.assert_array_equal(histograms(images.astype(kind), kind(low), kind(high)), expected)


def test_a_uint8_difference_does_not_wrap():
    """5 and 250 are far apart, although 5 - 250 is 11 in uint8."""
    images = np.array([250, 60]).astype("uint8").reshape(2, 1, 1, 1)
    assert nearest_neighbour(*_checked_pair(images, [0, 1]), *_checked_pair(images[:1] * 0 + 5, [1])) == 1
    assert trivial(images, [0, 1], images * 0 + np.array([5, 240]).astype("uint8").reshape(2, 1, 1, 1), [1, 0]) == {
        "nearest neighbour": 1.0
    }


def _checked_pair(images, labels):
    return images.astype("float32"), np.array(labels)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.update(x_train=a["x_train"][..., 0]), "x_train must have the shape .* add the axis"),
        (lambda a: a.update(x_test=a["x_test"][:, :5]), "x_test must have images of the size"),
        (lambda a: a.update(y_train=a["y_train"][:-1]), "y_train must hold one label"),
        (lambda a: a.update(y_test=a["y_test"][:, None]), "y_test must hold one label"),
        (lambda a: a.update(x_test=np.full((40, 8, 8, 1), np.nan)), "x_test must hold finite numbers"),
        (lambda a: a.update(x_test=np.full((40, 8, 8, 1), 1e300)), "x_test must hold finite .* that float32 can hold"),
        (lambda a: a.update(x_train=np.ma.masked_greater(a["x_train"], 200)), "x_train has masked entries"),
        (lambda a: a.update(y_train=np.ma.masked_equal(a["y_train"], 1)), "y_train has masked entries"),
        (lambda a: a.update(y_train=np.where(a["y_train"], np.nan, 0)), "y_train must hold a label"),
        (lambda a: a.update(y_test=np.array([None, *a["y_test"][1:]])), "y_test must hold a label"),
        (lambda a: a.update(x_train=a["x_train"].astype(str)), "x_train must hold finite numbers"),
        (lambda a: a.update(x_train=a["x_train"][:0], y_train=a["y_train"][:0]), "x_train must have the shape"),
    ],
)
def test_bad_images_are_refused(change, words):
    (x_train, y_train), (x_test, y_test) = shaped(60), shaped(40)
    arguments = dict(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    change(arguments)
    with pytest.raises(ValueError, match=words):
        trivial(**arguments)
