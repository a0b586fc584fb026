"""Tables of a Keras model: its layers, their costs, and the pixels that their units see.

The receptive field of a unit is followed through the graph from layer to layer. A field is (start, end, step) for rows
and for columns: unit i of the layer sees the input pixels start + i * step ... end + i * step, where pixels outside
the image are zeros of the padding.
"""

import keras
import numpy as np
import pandas as pd
from keras import layers

from utils.arithmetic import padding_amounts
from utils.graph import calls, window_of, without_weights


def layer_table(model):
    """Tabulate the layers of a Keras model, one row each, in the order of computation.

    Args:
        model: A functional or Sequential model whose input shape is known.

    Returns:
        A DataFrame with the columns "layer", "type", "output shape", "parameters", "multiply-adds" (for one image;
        convolutional and dense layers only; None if the size of the image is not fixed) and "receptive field" (input
        pixels seen by one unit, "all" once the spatial axes are gone).

    Raises:
        ValueError: For a model that is not built, and for layers whose receptive field is unknown: layers used twice,
            models inside the model, channels first, attention, and layers other than convolution and pooling that
            change the size of the map. Other layers of your own that keep the size are taken to work pixel by pixel.

    Introduced in notebook 04.
    """
    fields, shapes = _receptive_fields(model)
    rows = [
        (
            layer.name,
            type(layer).__name__,
            shapes[layer.name],
            layer.count_params(),
            _multiply_adds(layer, shapes[layer.name]),
            _field_size(fields[layer.name]) or "all",
        )
        for layer in model.layers
    ]
    columns = ["layer", "type", "output shape", "parameters", "multiply-adds", "receptive field"]
    table = pd.DataFrame(rows, columns=columns, dtype=object).astype({"parameters": int})
    return table if table["multiply-adds"].hasnans else table.astype({"multiply-adds": int})


def architecture(build):
    """Tabulate the layers of a network that have windows or parameters, without making its weights.

    Args:
        build: A function without arguments that returns a Keras model, such as `utils.models.vgg16`. No weight gets
            a value: those of VGG-16 alone would take half a gigabyte.

    Returns:
        The DataFrame of `layer_table` with the layers' names as its index, "window" in place of "type"
        ("11 × 11, stride 4", empty for a dense layer), and without layers that have neither a window nor parameters.

    Raises:
        ValueError: If `build` is no such function, and for the models that `layer_table` refuses.

    Introduced in notebook 06.
    """
    if not callable(build) or isinstance(build, keras.Model):
        raise ValueError(f"build must be a function that returns a Keras model, such as vgg16, got {build!r}")
    with without_weights():
        model = build()
    table = layer_table(model).set_index("layer").drop(columns="type")
    table.insert(0, "window", [_window_in_words(layer) for layer in model.layers])
    return table[(table["window"] != "") | (table["parameters"] > 0)]


def with_commas(table):
    """Format the whole numbers of a DataFrame with thousands separators, "60,965,224", for display.

    Args:
        table: A DataFrame.

    Returns:
        A DataFrame in which these numbers are text.

    Introduced in notebook 06.
    """
    return table.map(lambda value: f"{value:,}" if isinstance(value, int | np.integer) else value)


def receptive_field(model, layer=None):
    """Measure the region, in input pixels, that one unit of `layer` sees (padding included).

    Args:
        model: A built Keras model of (batch, height, width, channels) images; branches are followed and united.
        layer: A name; by default the last layer that still has spatial axes.

    Returns:
        An int, or a pair (rows, columns) if the region is not square.

    Raises:
        ValueError: For an unknown layer, one without spatial axes, and the models that `layer_table` refuses.

    Source: r_out = r_in + (F - 1) * j_in, j_out = S * j_in with r = j = 1 at the input (lecture topic "Is sparse
    connectivity good?"; Araujo et al. 2019, doi:10.23915/distill.00021). Introduced in notebook 04.
    """
    fields, _ = _receptive_fields(model)
    if layer is None:
        spatial = [name for name, field in fields.items() if field is not None]
        if not spatial:
            raise ValueError(f"model must read images of shape (height, width, channels), got {model!r}")
        layer = spatial[-1]
    return _field_size(_field_of_layer(layer, fields))


def receptive_windows(model, layer):
    """Find the input pixels that every unit of `layer` sees, cut at the border of the image.

    At the border the window can include pixels that the unit does not see, because a layer in between read padding
    instead.

    Args:
        model, layer: As in `receptive_field`.

    Returns:
        Ints of shape (rows, columns, 4): with top, bottom, left, right = receptive_windows(model, layer)[i, j], unit
        (i, j) sees image[top:bottom, left:right], which is empty for a unit that sees nothing but padding.

    Raises:
        ValueError: As `receptive_field` does, and for a model whose images have no fixed size.
    """
    fields, shapes = _receptive_fields(model)
    field, shape = _field_of_layer(layer, fields), shapes[layer]
    sizes = model.input_shape[1:3]
    if None in sizes:
        raise ValueError(
            f"model reads images of any size, got input shape {model.input_shape[1:]}, so the border is not known; "
            "build it with the size of the images"
        )
    windows = np.empty((*shape[:2], 4), int)
    for axis, ((start, end, step), size) in enumerate(zip(field, sizes)):
        units = step * np.indices(shape[:2])[axis]
        windows[..., 2 * axis] = np.clip(start + units, 0, size)
        windows[..., 2 * axis + 1] = np.clip(end + 1 + units, 0, size)
    return windows


# Fields


def _receptive_fields(model):
    """Follow the receptive field through a model.

    Returns:
        Two dicts by the name of the layer, in the order of computation: the field, None where the spatial axes are
        gone, and the output shape without the batch.
    """
    fields, shapes, of_call = {}, {}, []
    for call in calls(model):
        layer, shape = call.layer, call.outputs[0].shape
        if layer.name in fields:
            raise _unknown_field_error(layer, "is used more than once")
        if not call.inputs:
            field = ((0, 0, 1), (0, 0, 1)) if len(shape) == 4 else None
        else:
            field = _field_after(layer, call.inputs, shape, [of_call[parent] for parent in call.parents])
        of_call.append(field)
        fields[layer.name], shapes[layer.name] = field, tuple(shape[1:])
    return fields, shapes


# Layers that keep the size of a map and yet read other pixels than their own.
MIXING = (
    layers.AdditiveAttention,
    layers.Attention,
    layers.Bidirectional,
    layers.GroupNormalization,
    layers.GroupQueryAttention,
    layers.MultiHeadAttention,
    layers.Permute,
    layers.TimeDistributed,
)
CHANNELS = (-1, 3, [-1], [3], (-1,), (3,))  # spellings of the last axis


def _field_after(layer, inputs, shape, fields):
    """Compute the field of a layer with an output of this shape from the fields of its inputs."""
    if isinstance(layer, keras.Model):
        raise _unknown_field_error(layer, "is a model inside the model")
    if len(shape) != 4:
        return None
    if None in fields:
        raise _unknown_field_error(layer, "joins a map with something that sees the whole image")
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise _unknown_field_error(layer, "puts the channels first")
    if isinstance(layer, MIXING) or (
        isinstance(layer, (layers.Softmax, layers.LayerNormalization)) and layer.axis not in CHANNELS
    ):
        raise _unknown_field_error(layer, "mixes pixels in a way of its own")
    if isinstance(layer, layers.ZeroPadding2D):
        return tuple(
            (start - before * step, end - before * step, step)
            for (start, end, step), (before, _) in zip(fields[0], layer.padding)
        )
    if isinstance(layer, keras.Layer) and (hasattr(layer, "kernel_size") or hasattr(layer, "pool_size")):
        return _field_after_windows(layer, inputs[0].shape[1:3], fields[0])
    if hasattr(layer, "strides"):
        raise _unknown_field_error(layer, "is not a convolution or pooling layer")
    if any(tuple(tensor.shape[1:3]) != tuple(shape[1:3]) for tensor in inputs):
        raise _unknown_field_error(layer, "changes the size of the map")
    return tuple(
        (min(start for start, _, _ in branches), max(end for _, end, _ in branches), branches[0][2])
        for branches in zip(*fields)
    )


def _field_after_windows(layer, sizes, field):
    window = window_of(layer)
    if isinstance(layer, layers.Conv2DTranspose) or window is None or len(window) != 2:
        raise _unknown_field_error(layer, "is not a convolution or pooling of images")
    dilation = getattr(layer, "dilation_rate", (1, 1))
    befores = [
        padding_amounts(n or s, k, s, layer.padding, d)[0]  # size unknown: a multiple of the stride
        for n, k, s, d in zip(sizes, window, layer.strides, dilation)
    ]
    return tuple(
        (start - before * step, end + ((k - 1) * d - before) * step, s * step)
        for (start, end, step), before, k, s, d in zip(field, befores, window, layer.strides, dilation)
    )


def _field_of_layer(layer, fields):
    if layer not in list(fields):
        raise ValueError(f"layer must be a layer of the model, got {layer!r}; its layers are: {', '.join(fields)}")
    if fields[layer] is None:
        raise ValueError(f"layer {layer!r} has no spatial axes any more: every unit of it sees the whole image")
    return fields[layer]


def _field_size(field):
    """Measure a field: an int, a pair (rows, columns) if it is not square, or None without spatial axes."""
    if field is None:
        return None
    rows, columns = (end - start + 1 for start, end, _ in field)
    return rows if rows == columns else (rows, columns)


def _unknown_field_error(layer, reason):
    return ValueError(
        f"layer {layer.name!r} ({type(layer).__name__}) {reason}, so its receptive field is not known "
        "here; build the model without it, or only up to it"
    )


def _window_in_words(layer):
    window = window_of(layer)
    if window is None:
        return ""
    stride = max(layer.strides)
    return " × ".join(map(str, window)) + (f", stride {stride}" if stride > 1 else "")


def _multiply_adds(layer, shape):
    names = [name for name in ("kernel", "depthwise_kernel", "pointwise_kernel") if hasattr(layer, name)]
    if not names:
        return 0
    if None in shape:
        return None
    return int(np.prod(shape[:-1])) * sum(int(np.prod(getattr(layer, name).shape)) for name in names)
