"""A trained network as data: a list of its layers, as `pages/network.js` reads it, and the same forward pass in NumPy.

The list holds a dict for each layer: what it does, its settings, and its weights as packed floats of 16 bits. That is
enough for a forward pass, without Keras, in a page.
"""

import json

import numpy as np

from utils import graph
from utils.convolution import conv2d, pool2d
from utils.explorers.explorer import packed, unpacked

ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: (
        np.exp(z - z.max(axis=-1, keepdims=True))
        / np.exp(z - z.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
    ),
}
LARGEST_DATA = 250_000  # bytes, nearly all of them weights: 2 bytes each, and a third more as text
ONLY_IN_TRAINING = ("Dropout", "SpatialDropout2D", "GaussianNoise", "RandomTranslation", "RandomRotation", "RandomZoom")


def layer_list(model):
    """Write a Keras model whose layers form a chain as a list of layers.

    Args:
        model: From images (batch, height, width, channels) to scores or probabilities (batch, classes).

    Returns:
        A list of dicts; layers that do nothing after training are left out.

    Raises:
        ValueError: For another kind of model, and for a layer that network.js does not know, with its name.
    """
    graph.check_reads_images(model)
    layers = []
    for call in graph.calls(model):
        if len(call.parents) > 1 or len(call.children) > 1:
            raise ValueError(f"model must be a chain of layers, but it branches at {call.layer.name!r}; give a chain")
        if call.inputs:
            layers += _described(call)
    if len(model.outputs) != 1 or len(model.inputs[0].shape) != 4 or len(model.outputs[0].shape) != 2:
        raise ValueError(
            "model must read images (batch, height, width, channels) and give one row of scores for each, got "
            f"{[t.shape for t in model.inputs]} to {[t.shape for t in model.outputs]}"
        )
    return layers


def _described(call):
    layer = call.layer
    kind = graph.keras_type(layer)
    if kind in ONLY_IN_TRAINING:
        return []
    if kind not in KINDS:
        hint = (
            f"give the network inside it, model.get_layer({layer.name!r})"
            if hasattr(layer, "layers")
            else ("build the network from " + ", ".join(KINDS))
        )
        raise ValueError(f"layer {layer.name!r} ({type(layer).__name__}) is not known to the page; {hint}")
    if kind == "Dense" and len(call.inputs[0].shape) != 2:
        raise ValueError(f"layer {layer.name!r} (Dense) must read one list of numbers; put a Flatten before it")
    return [{"name": layer.name, **KINDS[kind](layer)}]


def _conv(layer):
    if layer.groups != 1 or max(layer.dilation_rate) != 1:
        raise ValueError(f"layer {layer.name!r} (Conv2D) has groups or a dilation, which the page does not know")
    return {**_weights(layer), **_window(layer, "conv")}


def _window(layer, kind, **settings):
    return {"kind": kind, "strides": list(layer.strides), "padding": layer.padding, **settings}


def _pool(mode):
    return lambda layer: _window(layer, "pool", mode=mode, size=list(layer.pool_size))


def _global(mode):
    def described(layer):
        if layer.keepdims:
            raise ValueError(f"layer {layer.name!r} keeps its axes, which the page does not know; use keepdims=False")
        return {"kind": "global", "mode": mode}

    return described


def _weights(layer):
    bias = layer.bias if layer.use_bias else np.zeros(layer.kernel.shape[-1])
    return {
        "kernel": packed(np.asarray(layer.kernel), "float16"),
        "bias": packed(np.asarray(bias), "float16"),
        "activation": _known(layer),
    }


def _known(layer):
    name = getattr(layer.activation, "__name__", layer.activation)
    if name not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"layer {layer.name!r} has the activation {name!r}, the page knows {known}; use one of them")
    return name


def _normalization(layer):
    """Return a gain and an offset for each channel: after training, batch normalization is no more than that."""
    if list(np.atleast_1d(layer.axis)) not in ([-1], [3], [1]) or len(layer.moving_mean.shape) != 1:
        raise ValueError(f"layer {layer.name!r} normalizes over another axis than the last; use axis=-1")
    mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
    gain = (np.asarray(layer.gamma) if layer.scale else 1) / np.sqrt(variance + layer.epsilon)
    offset = (np.asarray(layer.beta) if layer.center else 0) - mean * gain
    return {"kind": "normalize", "gain": packed(gain, "float16"), "offset": packed(offset, "float16")}


def _plain_relu(layer):
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise ValueError(f"layer {layer.name!r} is not the plain ReLU; use keras.layers.ReLU() without settings")
    return {"kind": "activation", "activation": "relu"}


KINDS = {
    "Conv2D": _conv,
    "Dense": lambda layer: {"kind": "dense", **_weights(layer)},
    "MaxPooling2D": _pool("max"),
    "AveragePooling2D": _pool("average"),
    "GlobalMaxPooling2D": _global("max"),
    "GlobalAveragePooling2D": _global("average"),
    "ZeroPadding2D": lambda layer: {"kind": "pad", "sides": [list(pair) for pair in layer.padding]},
    "Flatten": lambda layer: {"kind": "flatten"},
    "Activation": lambda layer: {"kind": "activation", "activation": _known(layer)},
    "ReLU": _plain_relu,
    "Softmax": lambda layer: {"kind": "activation", "activation": "softmax"},
    "BatchNormalization": _normalization,
}


def count_weights(layers):
    """Return how many numbers a list of layers holds as weights."""
    arrays = [value for layer in layers for value in layer.values() if isinstance(value, dict)]
    return sum(int(np.prod(array["shape"])) for array in arrays)


def check_size(data, layers):
    """Refuse the data of a page if they are too many for a notebook, because these layers have too many weights."""
    if (size := len(json.dumps(data))) > LARGEST_DATA:
        raise ValueError(
            f"the networks have {count_weights(layers):,} weights, together with the digits {size:,} bytes of data; at "
            f"most {LARGEST_DATA:,} fit, about 90,000 weights; take smaller networks or fewer digits"
        )


def outputs_of(layers, image):
    """Run a network on one image, as the pages do.

    Args:
        layers: A list as `layer_list` returns it.
        image: (height, width, channels).

    Returns:
        Name of the layer -> its output, (rows, columns, maps) or (units,).
    """
    outputs = {}
    for layer in layers:
        image = outputs[layer["name"]] = _output(layer, image)
    return outputs


def _output(layer, x):
    kind = layer["kind"]
    weights = {name: unpacked(value) for name, value in layer.items() if isinstance(value, dict)}
    if kind == "conv":
        x = conv2d(x, **weights, strides=layer["strides"], padding=layer["padding"])
    elif kind == "dense":
        x = x @ weights["kernel"] + weights["bias"]
    elif kind == "pool":
        x = pool2d(x, layer["size"], layer["strides"], padding=layer["padding"], mode=layer["mode"])
    elif kind == "global":
        x = x.max(axis=(0, 1)) if layer["mode"] == "max" else x.mean(axis=(0, 1))
    elif kind == "pad":
        x = np.pad(x, [*layer["sides"], (0, 0)])
    elif kind == "normalize":
        x = x * weights["gain"] + weights["offset"]
    elif kind == "flatten":
        x = x.ravel()
    return ACTIVATIONS[layer.get("activation", "linear")](x)
