"""Looking into a trained network: its filters and maps, the images that excite a unit, the pixels that matter to it.

Everything works on Keras' TensorFlow and JAX backends, for models that read one batch of images, channels last.
Layers are called by name. `utils.deconvnet` carries the activation of a unit back to the pixels.
"""

from typing import NamedTuple

import keras
import numpy as np

from utils.architecture import receptive_windows
from utils.gradients import backpropagate
from utils.graph import check_reads_images, layer_outputs, up_to
from utils.validation import integer, is_pair, map_number, real_array

BATCH = 2**19  # numbers in a batch of images: 668 of MNIST, 3 of 224 x 224 x 3


def feature_maps(model, images, layers=None):
    """Return the outputs of some layers for a batch of images.

    Args:
        model: A Keras model that reads one batch of images.
        images: (n, height, width, channels), as the model reads them.
        layers: A name or a list of names; by default every layer with spatial axes, in the order of computation,
            without those that are used more than once.

    Returns:
        A dict: name -> float32 (n, rows, columns, maps), for a dense layer (n, units).

    Raises:
        ValueError: For images of another shape than the model reads, for an unknown layer, and for outputs that are NaN
            or infinite.

    Introduced in notebook 00.
    """
    images = _check_images("images", images, model)
    if layers is None:
        layers = [name for name, uses in layer_outputs(model).items() if len(uses) == 1 and len(uses[0].shape) == 4]
    layers = list(layers) if is_pair(layers) else [layers]
    maps = {}
    for start, batch in _forward(up_to(model, layers), images, layers):
        for name, output in zip(layers, batch):
            maps.setdefault(name, np.empty((len(images), *output.shape[1:]), output.dtype))
            maps[name][start : start + len(output)] = output
    return maps


def first_filters(model):
    """Return the filters of the first convolution as pictures, which is possible because they read colours.

    Args:
        model: A Keras model that reads one batch of images.

    Returns:
        (filters, rows, columns, channels) between 0 and 1: weight 0 is medium grey, 0.5; the weight of largest
        magnitude in any filter becomes 0 if negative, 1 if positive.

    Raises:
        ValueError: For a model without a convolution, and for one that does not begin with 1 or 3 channels.

    Source: Krizhevsky et al. 2012, doi:10.1145/3065386, figure 3. Introduced in notebook 00.
    """
    check_reads_images(model)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    if not convolutions:
        names = ", ".join(layer.name for layer in model.layers)
        raise ValueError(f"model must have a Conv2D layer of its own, but its layers are: {names}")
    kernel = convolutions[0].get_weights()[0]
    if kernel.shape[2] not in (1, 3):
        raise ValueError(
            f"the filters of {convolutions[0].name!r} read {kernel.shape[2]} channels; only 1 (grey) or 3 (colours) "
            "make a picture"
        )
    return _around_grey(np.moveaxis(kernel, 3, 0))


def to_picture(signal):
    """Show numbers of both signs as a picture: 0 is medium grey, 0.5, and the largest magnitude 0 (negative) or 1.

    Args:
        signal: (height, width) or (height, width, channels); the channels share one scale.

    Returns:
        The same shape, between 0 and 1; draw grey pictures with vmin=0, vmax=1. A signal of zeros is all grey.

    Raises:
        ValueError: For a signal of another shape.

    Introduced in notebook 00.
    """
    return _around_grey(real_array("signal", signal, [("height", "width"), ("height", "width", "channels")]))


class Patch(NamedTuple):
    """The place in a set of images where one map of a layer answers strongly."""

    image: int  # index into the images
    position: tuple  # (row, column) of the unit in its map
    value: float  # its activation
    window: tuple  # (top, bottom, left, right): the pixels that it sees

    def cut(self, picture):
        """Return the part of a picture (height, width, ...) that the unit sees."""
        top, bottom, left, right = self.window
        return picture[top:bottom, left:right]


def top_patches(model, images, layer, *, count=9, filters=None, maps=None):
    """Find, for each map of a layer, the images that excite it most, with the strongest unit and the pixels it sees.

    Args:
        model: A Keras model that reads one batch of images.
        images: (n, height, width, channels). Each image counts once for each map, with its strongest unit.
        layer: The name of a layer. A unit of a dense layer sees the whole image, and its position is (0, 0).
        count: Images for each map, at most.
        filters: Numbers of maps; by default all.
        maps: The outputs of the layer for the images, where `feature_maps` has computed them already.

    Returns:
        A dict: number of the map -> list of `Patch`, strongest first; `patch.cut(images[patch.image])` is the piece of
        the image, cut at the border.

    Raises:
        ValueError: As `feature_maps` and `receptive_windows` do, for a map that does not exist, and for maps of another
            shape than the layer gives.

    Source: Zeiler & Fergus 2013, arXiv:1311.2901, figure 2. Introduced in notebook 05.
    """
    images = _check_images("images", images, model)
    count, part = integer("count", count, 1), up_to(model, layer)
    peaks, places = [], []
    if maps is not None and np.shape(maps) != (shape := (len(images), *part.compute_output_shape(images.shape)[1:])):
        raise ValueError(f"maps must be what layer {layer!r} makes of the images, {shape}, got shape {np.shape(maps)}")
    if maps is not None:
        maps = real_array("maps", maps, [("n", "units"), ("n", "rows", "columns", "maps")])
    for output in [maps] if maps is not None else (output for _, (output,) in _forward(part, images, [layer])):
        by_unit = output.reshape(len(output), -1, output.shape[-1])
        peaks.append(by_unit.max(axis=1))
        places.append(by_unit.argmax(axis=1))
    peaks, places = np.concatenate(peaks), np.concatenate(places)
    if output.ndim == 4:
        windows = receptive_windows(part, layer)
    else:
        windows = np.reshape((0, images.shape[1], 0, images.shape[2]), (1, 1, 4))
    chosen = range(output.shape[-1]) if filters is None else filters
    filters = [map_number("filter", f, output.shape, layer) for f in chosen]
    patches = {}
    for f in filters:
        strongest = np.argsort(-peaks[:, f], kind="stable")[:count]
        positions = [divmod(int(places[image, f]), windows.shape[1]) for image in strongest]
        patches[f] = [
            Patch(int(image), position, float(peaks[image, f]), tuple(windows[position].tolist()))
            for image, position in zip(strongest, positions)
        ]
    return patches


def input_gradient(model, image, unit):
    """Differentiate one output of a Keras model with respect to every pixel of its input.

    Args:
        model: A Keras model that reads one batch of images and has one output, in any precision.
        image: (height, width, channels).
        unit: The index of the output without the batch, (row, column, map) for a map, an int for a list of scores.

    Returns:
        The derivative of that output with respect to every pixel, float32 (height, width, channels).

    Raises:
        ValueError: For an image of another shape than the model reads, for several outputs, and for an output that does
            not exist or is no differentiable function of the pixels.

    Introduced in notebook 04.
    """
    image = _check_images("image", real_array("image", image, [("height", "width", "channels")])[None], model)
    unit = tuple(integer("unit", index, 0) for index in (unit if is_pair(unit) else (unit,)))
    if len(model.outputs) != 1:
        names = ", ".join(output.name for output in model.outputs)
        raise ValueError(
            f"model must have one output, got {len(model.outputs)}: {names}; use graph.up_to(model, layer)"
        )
    (output,) = keras.tree.flatten(model.compute_output_spec(keras.KerasTensor(image.shape)))
    shape = output.shape[1:]
    if len(unit) != len(shape) or any(index >= size for index, size in zip(unit, shape)):
        raise ValueError(f"unit must be an index into the output of shape {tuple(shape)}, got {unit}")
    signal = np.zeros((1, *shape))
    signal[0, *unit] = 1
    return backpropagate(model, image, signal)[0]


# Helpers


def _check_images(name, images, model):
    check_reads_images(model)
    images = real_array(name, images, [("n", "height", "width", "channels")])
    want = model.inputs[0].shape[1:]
    if len(want) != 3 or any(size not in (None, got) for size, got in zip(want, images.shape[1:])):
        got = images.shape[1:]
        raise ValueError(f"{name} must have the size that the model reads, {want}, got {got}; resize the pixels first")
    if max(abs(float(images.min())), abs(float(images.max()))) > np.finfo("float32").max:
        raise ValueError(f"{name} must hold numbers that float32 can hold, got {images.min()} ... {images.max()}")
    return images


def _forward(part, images, layers):
    """Yield the outputs of some layers as float32, batch by batch: (index of the batch's first image, list of them)."""
    size = max(1, BATCH // images[0].size)
    for start in range(0, len(images), size):
        outputs = keras.tree.flatten(part(images[start : start + size].astype("float32"), training=False))
        outputs = [np.asarray(keras.ops.convert_to_numpy(output), "float32") for output in outputs]
        for layer, output in zip(layers, outputs):
            if not np.isfinite(output).all():
                raise ValueError(
                    f"layer {layer!r} gives NaN or infinity for images from number {start} on; check them "
                    "and the weights, and scale the pixels as the model was trained"
                )
        yield start, outputs


def _around_grey(values):
    if values.dtype not in ("float32", "float64"):  # else small integers wrap, and float16 overflows
        values = values.astype("float64")
    return 0.5 + 0.5 * (values / (np.abs(values).max() or 1))
