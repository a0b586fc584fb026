"""A pad to draw digits on, and a trained network of LeNet's kind that answers while one draws."""

import numpy as np

from utils import plots
from utils.explorers.explorer import Explorer, own_data, packed
from utils.explorers.network import check_size, layer_list, outputs_of
from utils.validation import real_array


def lenet5(model=None, digits=None, labels=None, class_names=None):
    """Show what each layer of a network makes of a digit that one draws, and its ten scores.

    Args:
        model: A Keras model, a chain of layers from images (batch, height, width, channels) to scores or probabilities
            (batch, classes), 28 x 28 pixels or a few more. By default a network with 3,898 weights that comes with the
            page and has learned from `mnist_5k`.
        digits: (n, height, width, channels), images from 0 to 1 as the model reads them, to be put on the pad; colours
            are averaged. The 28 x 28 pixels in their middle are shown.
        labels: (n,), the class of each, as a whole number.
        class_names: A name for each class; by default 0, 1, 2 ...

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For a model that does not fit, with a layer that the page does not know or with more weights than
            fit into 250 kB; for other shapes; for numbers that are not from 0 to 1.

    Introduced in notebook 05.
    """
    if model is None:
        own = own_data("lenet5")
        layers, shape, classes = own["layers"], own["input"], 10
    else:
        layers = layer_list(model)
        shape, classes = list(model.inputs[0].shape[1:]), model.outputs[0].shape[-1]
    _check_size(shape)
    digits = np.zeros((0, 28, 28)) if digits is None else _middles(digits, shape)
    labels = [] if labels is None else _checked_labels(labels, len(digits), classes)
    names = list(map(str, range(classes) if class_names is None else class_names))
    if len(names) != classes:
        raise ValueError(f"class_names must hold a name for each of the {classes} classes, got {len(names)}")

    pixels = packed(np.round(255 * digits), "uint8")
    data = {"layers": layers, "input": shape, "digits": pixels, "labels": labels, "names": names}
    check_size(data, layers)
    return Explorer(
        "lenet5",
        data,
        _still(layers, shape, digits[0] if len(digits) else _seven()),
        "A pad to draw a digit on. All layers of the network and its scores answer while one draws; what is drawn can "
        "be shifted, thickened and thinned.",
        height=690,
        narrow=1575,
    )


def _check_size(shape):
    rows, columns, channels = shape
    if None in shape or min(rows, columns) < 28 or channels not in (1, 3) or (rows % 2, columns % 2) != (0, 0):
        raise ValueError(
            f"model must read images of 28 x 28 pixels or more, even numbers, in 1 or 3 channels, got {tuple(shape)}; "
            "train it on such images"
        )


def _middles(digits, shape):
    """Return the 28 x 28 pixels in the middle, in grey."""
    digits = real_array("digits", digits, [("n", "height", "width", "channels")])
    if digits.shape[1:] != tuple(shape):
        raise ValueError(
            f"digits must have shape (n, {', '.join(map(str, shape))}), as the model reads them, got {digits.shape}"
        )
    if digits.min() < 0 or digits.max() > 1:
        raise ValueError(f"digits must lie between 0 and 1, got {digits.min()} to {digits.max()}; divide by 255")
    top, left = (shape[0] - 28) // 2, (shape[1] - 28) // 2
    return digits[:, top : top + 28, left : left + 28].mean(axis=-1)


def _checked_labels(labels, count, classes):
    labels = real_array("labels", labels, [("n",)])
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be {count} whole numbers below {classes}, one for each digit, got {labels}")
    return labels.tolist()


def _seven():
    """Return a 7 made of two strokes, for the still picture where there are no digits."""
    digit = np.zeros((28, 28))
    digit[6:8, 8:20] = 1
    for row in range(8, 24):
        column = 18 - (row - 8) // 2
        digit[row, column : column + 2] = 1
    return digit


def _still(layers, shape, digit):
    top, left = (shape[0] - 28) // 2, (shape[1] - 28) // 2
    image = np.pad(digit, [(top, top), (left, left)])[..., None].repeat(shape[2], axis=-1).astype("float32")
    outputs = outputs_of(layers, image)
    maps = {name: output for name, output in outputs.items() if output.ndim == 3 and min(output.shape[:2]) > 1}
    return plots.maps_by_stage(
        {"input": image[..., :1], **maps}, list(outputs.values())[-1], title="A digit on its way through the network"
    )
