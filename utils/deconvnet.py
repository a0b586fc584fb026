"""Back to the pixels: the parts of an image that excite a unit, found by a deconvnet and its two relatives.

A deconvnet runs a trained network backwards, from one unit to the image: it unpools with the switches that max pooling
recorded on the way up, rectifies the signal where the network has a ReLU, and applies each filter transposed.
That is backpropagation with one change, at the ReLU, and so it is built here: as backpropagation.
"""

from functools import partial

import keras
import numpy as np

from utils.gradients import backpropagate
from utils.graph import inside, keras_type, layers_inside, run, up_to
from utils.interpret import feature_maps
from utils.sums import finite, quiet
from utils.validation import check_memory, choice, integer, is_pair, map_number, pair, real_array

RULES = ("deconvnet", "gradient", "guided")


def deconvnet(model, image, layer, filter_index, position=None, rule="deconvnet"):
    """Carry the activation of one unit of a network back to the pixels of the image that caused it.

    All other activations of the layer are set to zero. Convolutions use their filters transposed, max pooling its
    switches, average pooling spreads evenly, batch normalisation multiplies by its scale. Signals from several layers
    that read the same maps add up. The papers do not say what happens at other activations (sigmoid, tanh, leaky
    ReLU): here their derivative. Local response normalisation (a layer whose class is called so) is skipped by
    "deconvnet", as in the paper, and differentiated by the other two. A model of lower precision rounds on both ways,
    so that with bfloat16 the result may be off by many per cent: build the model in float32 for exact values.

    Args:
        model: A functional or Sequential Keras model.
        image: (height, width, channels), or a batch of them, each with a unit of its own.
        layer: The name of a layer.
        filter_index: The number of one of its maps, or of a unit of a dense layer.
        position: (row, column) of the unit, for a batch also a list of them; by default the unit of the map that is
            strongest in each image.
        rule: The way back through a ReLU. "deconvnet" sets negative signals to zero, whatever the unit did on the way
            up; "gradient" lets the signal pass where the ReLU passed, which is backpropagation, and the signal starts
            as 1; "guided" does both.

    Returns:
        The shape of `image`; see `interpret.to_picture`. A unit whose activation is 0 gives zeros; with "gradient" and
        "guided" so does a unit at the limit of its ReLU, such as 6 for ReLU6.

    Raises:
        ValueError: For an image that the model does not read, an unknown layer or rule, and a unit that does not exist.
            With another rule than "gradient" also for a layer of your own that uses more than Keras' layers and
            operations, because a ReLU in it could not be found.

    Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 2.1; "guided": Springenberg et al. 2014, arXiv:1412.6806,
    figure 1. Introduced in notebook 06.
    """
    rule = choice("rule", rule, RULES)
    image = real_array("image", image, [("height", "width", "channels"), ("n", "height", "width", "channels")])
    images = image if image.ndim == 4 else image[None]
    outputs = feature_maps(model, images, layer)[layer]
    filter_index = map_number("filter_index", filter_index, outputs.shape, layer)
    maps = outputs.reshape(len(images), *(outputs.shape[1:-1] or (1, 1)), -1)  # a dense unit is a map of one unit
    unit = (range(len(images)), *_positions(maps[..., filter_index], position), filter_index)
    signals = np.zeros_like(maps)
    signals[unit] = 1 if rule == "gradient" else maps[unit]
    part = up_to(model, layer)
    network = partial(run, part, call=partial(_with_rule, rule))
    projections = backpropagate(network, images, signals.reshape(outputs.shape))
    return projections if image.ndim == 4 else projections[0]


def pool_with_switches(x, pool_size=2, strides=None):
    """Max-pool one map, and record the place of each maximum: its switch.

    Args:
        x: (height, width).
        pool_size: An int or a pair (rows, columns).
        strides: As large as `pool_size` by default.

    Returns:
        (pooled, switches), both (rows, columns). A switch is the number of a pixel of x, counted row by row:
        x.ravel()[switches] is pooled. Of several equal maxima the first counts.

    Raises:
        ValueError: For a window larger than x.

    Source: arXiv:1311.2901, section 2.1. Introduced in notebook 06.
    """
    x = real_array("x", x, [("height", "width")])
    pool_size = pair("pool_size", pool_size)
    strides = pool_size if strides is None else pair("strides", strides)
    if pool_size[0] > x.shape[0] or pool_size[1] > x.shape[1]:
        raise ValueError(f"pool_size={pool_size} is larger than x of shape {x.shape}; use a smaller window")
    pixels = np.arange(x.size).reshape(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(pixels, pool_size)[:: strides[0], :: strides[1]]
    windows = windows.reshape(*windows.shape[:2], -1)
    largest = x.ravel()[windows].argmax(axis=-1)
    switches = np.take_along_axis(windows, largest[..., None], axis=-1)[..., 0]
    return x.ravel()[switches], switches


def unpool(pooled, switches, shape):
    """Put every value back to the place of its switch; all other pixels are zero.

    Where windows overlap, one pixel can be the maximum of several: their values add up, as in backpropagation.

    Args:
        pooled, switches: (rows, columns), as from `pool_with_switches`.
        shape: (height, width) of the result.

    Returns:
        An array (height, width), of whole numbers int64 and otherwise at least float32, so that no sum wraps around.

    Raises:
        ValueError: For switches of another shape than `pooled` or outside `shape`, sums that are too large for their
            type, and a shape that the memory cannot hold.

    Source: arXiv:1311.2901, section 2.1. Introduced in notebook 06.
    """
    pooled = real_array("pooled", pooled, [("rows", "columns")])
    switches = real_array("switches", switches, [("rows", "columns")])
    height, width = pair("shape", shape)
    if switches.shape != pooled.shape:
        raise ValueError(f"switches must have the shape of pooled, {pooled.shape}, got {switches.shape}")
    if switches.dtype.kind not in "iu" or switches.min() < 0 or switches.max() >= height * width:
        raise ValueError(f"switches must be numbers of pixels, ints from 0 to {height * width - 1} for shape={shape}")
    check_memory("shape", shape, (height, width))
    whole = pooled.dtype.kind in "biu"
    if whole and max(abs(int(pooled.min())), int(pooled.max())) * pooled.size >= 2**63:
        raise ValueError(f"pooled holds integers up to {pooled.max()}, too large for exact sums; use .astype(float)")
    out = np.zeros(height * width, np.int64 if whole else np.result_type(pooled, np.float32))
    with quiet():
        np.add.at(out, switches, pooled.astype(out.dtype))
    return finite(out, "pooled").reshape(height, width)


def _positions(maps, position):
    """Return the rows and columns of one unit in each of the `maps` (n, rows, columns)."""
    n, *size = maps.shape
    if position is None:
        return np.unravel_index(maps.reshape(n, -1).argmax(axis=1), size)
    positions = position if is_pair(position) and len(position) and is_pair(position[0]) else [position] * n
    if len(positions) != n or not all(is_pair(p) and len(p) == 2 for p in positions):
        raise ValueError(f"position must be (row, column), or one for each of {n} images, got {position!r}")
    positions = [[integer("position", index, 0) for index in p] for p in positions]
    for row, column in positions:
        if row >= size[0] or column >= size[1]:
            raise ValueError(f"position must lie inside the map of {size[0]} x {size[1]} units, got {(row, column)}")
    return np.transpose(positions)


# The network with a modified backward pass. Its forward pass is the model's.


def _with_rule(rule, layer, *inputs, **arguments):
    """Call a layer so that signals come back through it by the `rule`."""
    if isinstance(layer, (keras.Function, keras.Sequential)):  # a model inside the model
        return run(layer, inputs, call=partial(_with_rule, rule))
    if _is_relu(layer, *inputs):
        return _relu(lambda x: layer(x, *inputs[1:], **arguments), rule, inputs[0])
    if rule == "deconvnet" and "ResponseNorm" in type(layer).__name__:
        return _straight_through(layer(*inputs, **arguments), *inputs)
    if rule == "gradient":
        return layer(*inputs, **arguments)
    activation = getattr(layer, "activation", None)
    if _holds_more(layer):
        return _inside_with_rule(rule, layer, layer.call, *inputs, **arguments)
    if _is_relu(activation):
        layer = _copy_with(layer, activation=partial(_relu, activation, rule))
    elif not _is_of_keras(activation):
        layer = _copy_with(layer, activation=partial(_inside_with_rule, rule, layer, activation))
    return layer(*inputs, **arguments)


def _inside_with_rule(rule, layer, function, *inputs, **arguments):
    """Call what a layer consists of, its `call` or its activation, by the `rule`."""
    graph = inside(function, *inputs, **arguments)
    if graph is None:
        raise ValueError(
            f"layer {layer.name!r} ({type(layer).__name__}) does not only use Keras' layers and operations, so a ReLU "
            'inside it cannot be found; write it with keras.ops, or take rule="gradient"'
        )
    tensors = [value for value in keras.tree.flatten((inputs, arguments)) if keras.ops.is_tensor(value)]
    return run(graph, tensors, call=partial(_with_rule, rule))


def _holds_more(layer):
    """Tell whether the `call` of a layer may use a ReLU that is not its attribute `activation`."""
    held = [inner for inner in layers_inside(layer) if inner is not getattr(layer, "activation", None)]
    return keras_type(layer) in (None, "Lambda") or bool(held)


def _is_of_keras(activation):
    if isinstance(activation, keras.Operation):
        return not _holds_more(activation)
    return activation is None or getattr(keras.activations, getattr(activation, "__name__", ""), None) is activation


def _copy_with(layer, **attributes):
    """Copy a layer so that the copy shares everything, its weights included, except for these attributes."""
    copy = object.__new__(type(layer))  # neither Keras' constructor nor copy.copy, which would make new weights
    vars(copy).update(vars(layer) | attributes)
    return copy


def _is_relu(function, *inputs):
    """Tell whether a layer, operation or function of Keras sets what is negative to zero."""
    if function in (keras.activations.relu, keras.activations.relu6, keras.ops.relu, keras.ops.relu6):
        return True
    if not isinstance(function, keras.Operation):
        return False
    kind = keras_type(function)
    if kind == "Maximum" and len(inputs) == 2:  # maximum(x, 0)
        return not keras.ops.is_tensor(inputs[1]) and np.ndim(inputs[1]) == 0 and inputs[1] == 0
    return kind in ("ReLU", "Relu", "Relu6", "LeakyReLU", "LeakyRelu") and getattr(function, "negative_slope", 0) == 0


def _relu(function, rule, x):
    y = function(x)
    if rule == "gradient":
        return y
    return _rectify_back(y if rule == "guided" else _straight_through(y, x))


@keras.ops.custom_gradient
def _rectify_back(x):
    return x, lambda *given, upstream=None: keras.ops.maximum(_signal(given, upstream), 0)


@keras.ops.custom_gradient
def _straight_through(y, x):
    """Return the value of y with the gradient of x: signals pass straight from y to x."""

    def back(*given, upstream=None):
        signal = _signal(given, upstream)
        return keras.ops.zeros_like(signal), signal

    return y, back


def _signal(given, upstream):
    """Return what comes back to a custom gradient: Keras gives it alone, and on PyTorch by name, after the inputs."""
    return given[0] if upstream is None else upstream
