"""A digit to drag about: its maps move with it, or do not, and two networks read it."""

import numpy as np

from utils import kernels, plots
from utils.convolution import correlate2d
from utils.explorers.explorer import Explorer, own_data, packed, unpacked
from utils.explorers.network import check_size, layer_list
from utils.validation import real_array


def equivariance(digits=None, networks=None, labels=None):
    """Show what happens to maps, pooled maps and the scores of networks when a digit moves.

    Args:
        digits: (n, height, width), from 0 to 1, smaller than the images that the networks read. By default three
            digits of 10 x 10 pixels.
        networks: Name -> Keras model, chains of layers that all read images of the same size, 16 x 16 pixels or more,
            and give scores or probabilities for the same classes. By default two that come with the page: a CNN that
            ends in a global maximum, and a dense network, trained on digits in the middle of 22 x 22 pixels.
        labels: (n,), a name for each digit; by default 1, 2, 3 ...

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For networks that do not fit, with a layer that the page does not know or with too many weights; for
            other shapes; for numbers that are not from 0 to 1.

    Introduced in notebook 04.
    """
    data = own_data("equivariance")
    if networks is not None:
        data |= _checked(networks)
    if digits is not None:
        digits = real_array("digits", digits, [("n", "height", "width")])
        if digits.min() < 0 or digits.max() > 1:
            raise ValueError(f"digits must lie between 0 and 1, got {digits.min()} to {digits.max()}; divide by 255")
        data |= {"digits": packed(digits, "float16"), "labels": list(range(1, len(digits) + 1))}
    count, *size = data["digits"]["shape"]
    if any(n >= canvas for n, canvas in zip(size, data["input"])):
        raise ValueError(f"digits must be smaller than the canvas of {data['input'][:2]} pixels, got {size}; crop them")
    if labels is not None:
        data["labels"] = list(labels)
    data["labels"] = list(map(str, data["labels"]))
    if len(data["labels"]) != count:
        raise ValueError(f"labels must hold a name for each of the {count} digits, got {len(data['labels'])}")
    check_size(data, [layer for layers in data["networks"].values() for layer in layers])
    return Explorer(
        "equivariance",
        data,
        _still(unpacked(data["digits"])[0], data["input"][:2]),
        "A digit on a black canvas, to be dragged about; the map of a filter, the pooled map and the scores of the "
        "networks follow.",
        height=700,
        narrow=1750,
    )


def _checked(networks):
    """Return the networks as data, with the size of their images and the names of their classes."""
    if not isinstance(networks, dict) or not 1 <= len(networks) <= 2:
        raise ValueError(f"networks must be a dict of one or two Keras models by name, got {networks!r}")
    layers = {str(name): layer_list(model) for name, model in networks.items()}
    inputs = {tuple(model.inputs[0].shape[1:]) for model in networks.values()}
    classes = {model.outputs[0].shape[-1] for model in networks.values()}
    if len(inputs) != 1 or len(classes) != 1:
        raise ValueError(f"networks must read images of one size and know the same classes, got {inputs}, {classes}")
    (shape,), (classes,) = inputs, classes
    if None in shape or min(shape[:2]) < 16:
        raise ValueError(f"networks must read images of 16 x 16 pixels or more, got {shape}; train them on such images")
    return {"networks": layers, "input": list(shape), "names": list(map(str, range(classes)))}


def _still(digit, canvas):
    """Draw the digit in the middle and moved by 3 pixels, and the map of each."""
    pictures = {}
    for name, by in (("in the middle", 0), ("moved", 3)):
        image = np.zeros(canvas)
        top, left = ((n - m) // 2 for n, m in zip(canvas, digit.shape))
        left = min(left + by, canvas[1] - digit.shape[1])
        image[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
        pictures |= {name: image, f"map, {name}": correlate2d(image, kernels.SOBEL_X, padding="same")}
    return plots.images(pictures, shows="The digit moves by 3 pixels, and its map of vertical edges moves with it.")
