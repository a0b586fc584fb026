"""Trivial methods, whose accuracy a trained network has to beat.

A result means little on its own: 80 % is much if the nearest stored image is right for 40 %, and nothing if a
histogram of the colours gets 90 %.
"""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import KNeighborsClassifier

from utils.validation import plain_array, real_array

LEVELS = 6  # of each colour in a histogram: 6 * 6 * 6 bins; of grey 6 * 6


def trivial(x_train, y_train, x_test, y_test, seed=0):
    """Measure two methods that need no network, and return the accuracy of the better one on the test images.

    "nearest neighbour" gives each image the label of the training image whose pixels differ least. "colour histogram"
    (or "grey histogram") counts the pixels of each colour, wherever they are, and lets 300 random decision trees vote.
    The method that is better on the test images is returned, which favours the trivial side.

    Args:
        x_train, x_test: (images, height, width, channels), of the same size and range.
        y_train, y_test: Labels, (images,).
        seed: Of the trees.

    Returns:
        A dict with one entry, {"nearest neighbour": 0.93}, for the argument `levels` of `utils.plots`.

    Raises:
        ValueError: For images of different sizes, NaN and infinity, and unless there is one label for each image.

    Introduced in notebook 04.
    """
    histogram = "grey histogram" if np.shape(x_train)[-1:] == (1,) else "colour histogram"
    reached = {
        "nearest neighbour": nearest_neighbour(x_train, y_train, x_test, y_test),
        histogram: colour_histogram(x_train, y_train, x_test, y_test, seed),
    }
    best = max(reached, key=reached.get)
    return {best: reached[best]}


def nearest_neighbour(x_train, y_train, x_test, y_test):
    """Give each test image the label of the nearest training image, pixel by pixel, and return the accuracy.

    Arguments and errors are those of `trivial`. Introduced in notebook 04.
    """
    x_train, y_train = _checked("train", x_train, y_train)
    x_test, y_test = _checked("test", x_test, y_test, like=x_train)
    classifier = KNeighborsClassifier(n_neighbors=1)
    classifier.fit(x_train.reshape(len(x_train), -1), y_train)
    return float(classifier.score(x_test.reshape(len(x_test), -1), y_test))


def colour_histogram(x_train, y_train, x_test, y_test, seed=0):
    """Classify the colour histograms of the test images with 300 random trees, and return the accuracy.

    Arguments and errors are those of `trivial`.
    """
    x_train, y_train = _checked("train", x_train, y_train)
    x_test, y_test = _checked("test", x_test, y_test, like=x_train)
    low, high = float(x_train.min()), float(x_train.max())
    classifier = ExtraTreesClassifier(n_estimators=300, random_state=seed, n_jobs=-1)
    classifier.fit(histograms(x_train, low, high), y_train)
    return float(classifier.score(histograms(x_test, low, high), y_test))


def histograms(images, low, high):
    """Count the pixels of each colour, as fractions of the pixels of an image.

    Args:
        images: (images, height, width, channels), numbers of any type.
        low, high: The range of the pixels, cut into equal steps: 6 for each of three colours, 36 for grey.

    Returns:
        An array (images, bins).

    Raises:
        ValueError: For images of another shape, NaN and infinity.
    """
    images = real_array("images", images, [("images", "height", "width", "channels")])
    images = images.astype(np.result_type(images, np.float32))  # differences of small integers would wrap
    low, high, channels = float(low), float(high), images.shape[-1]
    steps = LEVELS**2 if channels == 1 else LEVELS
    level = np.clip(((images - low) / max(high - low, 1e-12) * steps).astype(int), 0, steps - 1)
    colour = np.ravel_multi_index(np.moveaxis(level, -1, 0), (steps,) * channels).reshape(len(images), -1)
    return np.stack([np.bincount(row, minlength=steps**channels) / len(row) for row in colour])


def _checked(part, images, labels, like=None):
    """Return images and labels of a part, "train" or "test", as checked arrays, of the size of the images `like`."""
    images, labels = plain_array(f"x_{part}", images), plain_array(f"y_{part}", labels)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not images.size:
        raise ValueError(
            f"x_{part} must have the shape (images, height, width, 1 or 3), got {images.shape}; add the axis that is "
            "missing, for example with [..., None]"
        )
    if images.dtype.kind not in "uif" or not np.abs(images.astype(float)).max() <= np.finfo("float32").max:
        raise ValueError(
            f"x_{part} must hold finite numbers that float32 can hold, got dtype {images.dtype}; convert or repair it"
        )
    if labels.shape != (len(images),):
        raise ValueError(f"y_{part} must hold one label for each of the {len(images)} images, got shape {labels.shape}")
    if labels.dtype.kind == "O" or (labels.dtype.kind == "f" and not np.isfinite(labels).all()):
        raise ValueError(
            f"y_{part} must hold a label for each image, got dtype {labels.dtype} with empty entries or NaN"
        )
    if like is not None and images.shape[1:] != like.shape[1:]:
        raise ValueError(
            f"x_{part} must have images of the size of x_train, {like.shape[1:]}, got {images.shape[1:]}; resize them"
        )
    return images.astype("float32"), labels
