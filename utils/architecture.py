"""Tables of a Keras model: its layers, their costs, and the pixels that their units see.

`utils.fields` follows the receptive fields through the layers; here they are counted, cut at the border and checked.
"""

import keras
import numpy as np
import pandas as pd

from utils.fields import ALL, WINDOWS, declared, receptive_fields
from utils.gradients import backpropagate
from utils.graph import keras_type, layers_inside, up_to, window_of, without_weights


def layer_table(model):
    """Tabulate the layers of a Keras model, one row each, in the order of computation.

    Args:
        model: A functional or Sequential model whose input shape is known.

    Returns:
        A DataFrame with the columns "layer", "type", "output shape", "parameters", "multiply-adds" (for one image;
        convolutional and dense layers only; None if the size of the image is not fixed, and for layers with weights
        that are counted nowhere here, such as LSTM) and "receptive field" (input pixels seen by one unit, "all" once
        the spatial axes are gone, None where they are not rows and columns, such as after Conv1D).

    Raises:
        ValueError: For a model that is not built or reads several inputs, and for layers whose receptive field is
            unknown: layers used twice, models inside the model, channels first, and whatever is not known to be a
            convolution, a pooling, or to work pixel by pixel. `utils.fields` says how a layer of your own is known.

    Introduced in notebook 04.
    """
    fields, shapes = receptive_fields(model)
    rows = [
        (
            layer.name,
            type(layer).__name__,
            shapes[layer.name],
            layer.count_params(),
            _multiply_adds(layer, shapes[layer.name]),
            _field_size(fields[layer.name]),
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


def receptive_field(model, layer=None, *, verify=False):
    """Measure the region, in input pixels, that one unit of `layer` sees (padding included).

    Args:
        model: A built Keras model of (batch, height, width, channels) images; branches are followed and united.
        layer: A name; by default the last layer that still has spatial axes.
        verify: Whether to check the region against the gradients of a few units, with the weights that the model has:
            on random images, no pixel outside the region may change a unit. It takes six passes through the model.

    Returns:
        An int, or a pair (rows, columns) if the region is not square.

    Raises:
        ValueError: For an unknown layer, one without spatial axes, and the models that `layer_table` refuses. With
            `verify` also if a gradient leaves the region, if there is none at all, and without a fixed size of images.

    Source: r_out = r_in + (F - 1) * j_in, j_out = S * j_in with r = j = 1 at the input (lecture topic "Is sparse
    connectivity good?"; Araujo et al. 2019, doi:10.23915/distill.00021). Introduced in notebook 04.
    """
    fields, _ = receptive_fields(model)
    if layer is None:
        spatial = [name for name, field in fields.items() if field not in (None, ALL)]
        if not spatial:
            raise ValueError(f"model must read images of shape (height, width, channels), got {model!r}")
        layer = spatial[-1]
    size = _field_size(_field_of_layer(layer, fields))
    if verify:
        _check_by_gradient(model, layer)
    return size


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
    fields, shapes = receptive_fields(model)
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


# Helpers


def _field_of_layer(layer, fields):
    if layer not in list(fields):
        raise ValueError(f"layer must be a layer of the model, got {layer!r}; its layers are: {', '.join(fields)}")
    if fields[layer] is None:
        raise ValueError(f"the units of layer {layer!r} do not stand in rows and columns; receptive fields need images")
    if fields[layer] == ALL:
        raise ValueError(f"layer {layer!r} has no spatial axes any more: every unit of it sees the whole image")
    return fields[layer]


def _field_size(field):
    """Measure a field: an int, or a pair (rows, columns) if it is not square; others stay as they are."""
    if field in (None, ALL):
        return field
    rows, columns = (end - start + 1 for start, end, _ in field)
    return rows if rows == columns else (rows, columns)


def _check_by_gradient(model, layer):
    """Refuse a layer if the gradient of a unit leaves its window; backpropagation goes through all that is inside."""
    windows, part = receptive_windows(model, layer), up_to(model, layer)
    rows, columns, maps = part.output_shape[1:]
    units = [(rows // 2, columns // 2), (rows // 4, 2 * columns // 3), (rows - 1, 0)] * 2
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (len(units), *model.input_shape[1:]))
    images[len(units) // 2 :] = 127.5 * (images[len(units) // 2 :] + 1)  # levels, 0 to 255
    signals = np.zeros((len(units), rows, columns, maps))
    for signal, unit in zip(signals, units):
        signal[unit] = rng.uniform(0.5, 1.5, maps)
    gradients = np.abs(backpropagate(part, images, signals)).max(axis=-1)
    if not gradients.any():
        raise ValueError(f"no gradient comes back from layer {layer!r}, so its receptive field cannot be verified")
    for unit, gradient in zip(units, gradients):
        top, bottom, left, right = windows[unit]
        seen = np.argwhere(gradient > 1e-5 * gradient.max())  # less is rounding
        if np.any(seen < (top, left)) or np.any(seen >= (bottom, right)):
            found = [int(number) for number in np.transpose([seen.min(axis=0), seen.max(axis=0) + 1]).ravel()]
            raise ValueError(
                f"unit {unit} of layer {layer!r} should see the pixels {windows[unit].tolist()} (top, bottom, left, "
                f"right), but its gradient reaches {found}; look for a layer whose attribute sees is wrong"
            )


def _single(layer):
    """Return the layer that computes: that inside of SpectralNormalization, which only changes its kernel."""
    return layer.layer if keras_type(layer) == "SpectralNormalization" else layer


def _window_in_words(layer):
    layer = _single(layer)
    window = window_of(layer)
    if window is None:
        return ""
    stride = max(layer.strides)
    return " × ".join(map(str, window)) + (f", stride {stride}" if stride > 1 else "")


COUNTED = (*WINDOWS, "Conv1D", "Conv3D", "DepthwiseConv1D", "SeparableConv1D", "Dense")
WITHOUT_PRODUCTS = (
    *("BatchNormalization", "LayerNormalization", "RMSNormalization", "GroupNormalization", "Normalization"),
    *("PReLU", "Embedding", "LayerScale"),
)  # they have weights, but neither convolve nor are dense


def _multiply_adds(layer, shape):
    layer = _single(layer)
    kind = keras_type(layer)
    if kind in COUNTED or declared(layer) == "window":
        kernels = ("kernel", "depthwise_kernel", "pointwise_kernel")
        sizes = [int(np.prod(getattr(layer, name).shape)) for name in kernels if hasattr(layer, name)]
        if sizes and None in shape:
            return None
        return int(np.prod(shape[:-1])) * sum(sizes) if sizes else 0
    if kind in WITHOUT_PRODUCTS or declared(layer) == "pixel":
        return 0
    is_known = not layer.weights and not layers_inside(layer) and kind not in ("Attention", "Dot")
    return 0 if is_known else None
