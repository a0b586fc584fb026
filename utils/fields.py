"""Receptive fields: the pixels that the units of each layer of a Keras model see.

A field is (start, end, step) for rows and for columns: unit i of the layer sees the input pixels start + i * step ...
end + i * step, where pixels outside the image are zeros of the padding. It is followed through the graph from layer to
layer. Nothing is guessed: a layer counts as working pixel by pixel only if it is known to do so. Keras' own layers and
operations are listed here, and a layer of one's own is followed inside, where its `call` only uses those. Otherwise it
can say what it sees, by an attribute beside its `call`:

    sees = "pixel"   unit (i, j) reads nothing but pixel (i, j) of the layer before, in all maps
    sees = "window"  it slides a window, as `kernel_size` or `pool_size`, `strides` and `padding` tell
"""

import keras

from utils.arithmetic import padding_amounts
from utils.graph import calls, inside, keras_type, window_of

ALL = "all"  # the field of a unit without spatial axes: the whole image
WINDOWS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D")
_layers = """
    InputLayer Identity Dense Activation ReLU LeakyReLU PReLU ELU Softmax
    BatchNormalization LayerNormalization RMSNormalization UnitNormalization Normalization Rescaling
    Dropout SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout ActivityRegularization
    Add Subtract Multiply Average Maximum Minimum Concatenate
    LayerScale StochasticDepth CustomScaleLayer
"""  # the last line: of ConvNeXt and InceptionResNetV2 in keras.applications
_operations = """
    Add Subtract Multiply Divide TrueDivide DivideNoNan FloorDivide Mod Power Maximum Minimum Logaddexp Arctan2 Hypot
    Absolute Abs Negative Sign Square Sqrt Rsqrt Cbrt Reciprocal Exp Exp2 Expm1 Log Log10 Log1p Log2 Clip Round Floor
    Ceil Trunc Sin Cos Tan Sinh Cosh Tanh Arcsin Arccos Arctan Arcsinh Arccosh Arctanh Erf Erfc
    Where Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot LogicalXor
    Isfinite Isinf Isnan NanToNum Cast SaturateCast StopGradient Copy Identity OnesLike ZerosLike
    ReLU Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu Mish Sigmoid LogSigmoid HardSigmoid HardSilu SparseSigmoid
    Softplus Softsign Squareplus SparsePlus SoftShrink HardShrink TanhShrink HardTanh Threshold
    Softmax LogSoftmax Sparsemax Glu Concatenate Sum Mean Max Min Prod Var Std Any All
"""
PIXELWISE_LAYERS, PIXELWISE_OPERATIONS = frozenset(_layers.split()), frozenset(_operations.split())
ONE_PIXEL = ((0, 0, 1), (0, 0, 1))


def receptive_fields(model):
    """Follow the receptive field through a model.

    Args:
        model: A Keras model that reads one batch of images.

    Returns:
        Two dicts by the name of the layer, in the order of computation. The field: `ALL` for a unit without spatial
        axes, None where they are not rows and columns. The output shape without the batch.

    Raises:
        ValueError: For a model with several inputs, and for a layer whose field is not known.
    """
    graph = calls(model)
    if len(model.inputs) != 1:
        raise ValueError(
            f"model must read one batch of images, got {model!r} with {len(model.inputs)} inputs: one receptive field "
            "cannot say what is seen of each; build a model with one of them"
        )
    fields, shapes = {}, {}
    rank = len(model.inputs[0].shape)
    start = {2: ALL, 4: ONE_PIXEL}.get(rank)
    for call, field in zip(graph, _follow(graph, [start])):
        if call.layer.name in fields:
            raise _unknown_field_error(call.layer, "is used more than once")
        fields[call.layer.name], shapes[call.layer.name] = field, tuple(call.outputs[0].shape[1:])
    return fields, shapes


def declared(layer):
    """Return what a layer says of itself, "pixel" or "window", or None; not what a class above says of another call."""
    said = [vars(layer), *(vars(ancestor) for ancestor in type(layer).__mro__)]
    attributes = next((found for found in said if "sees" in found or "call" in found), {})
    sees = attributes.get("sees")
    if sees not in (None, "pixel", "window"):
        raise ValueError(f'layer {layer.name!r}: sees must be "pixel" or "window", got {sees!r}')
    return sees


def _follow(graph, starts, owner=None):
    """Compute the field after each call; `owner` is the layer that holds them, if any, for the message."""
    fields, starts = [], iter(starts)
    for call in graph:
        fields.append(_field_after(call, [fields[p] for p in call.parents], owner) if call.inputs else next(starts))
    return fields


def _field_after(call, fields, owner):
    """Compute the field of a call from the fields of its inputs."""
    layer, shape = call.layer, call.outputs[0].shape

    def unknown(reason):
        if owner is None:
            return _unknown_field_error(layer, reason)
        return _unknown_field_error(owner, f"holds {layer.name!r} ({type(layer).__name__}), which {reason}")

    if isinstance(layer, keras.Model):
        raise unknown("is a model inside the model")
    if len(shape) != 4:
        return ALL if len(shape) == 2 else None
    way = _way(call)
    if reason := _what_is_odd(call, fields, way):
        raise unknown(reason)
    if way == "inside":
        return _field_inside(call, fields, owner or layer, unknown)
    if way == "window":
        return _field_after_windows(layer, call.inputs[0].shape[1:3], fields[0], unknown)
    if way == "padding":
        return tuple(
            (start - before * step, end - before * step, step)
            for (start, end, step), (before, _) in zip(fields[0], layer.padding)
        )
    if any(tuple(tensor.shape[1:3]) != tuple(shape[1:3]) for tensor in call.inputs):
        raise unknown("changes the size of the map")
    return tuple(
        (min(start for start, _, _ in branches), max(end for _, end, _ in branches), branches[0][2])
        for branches in zip(*fields)
    )


def _what_is_odd(call, fields, way):
    """Say why the field after a call with a map as its output is not known, or return None."""
    if ALL in fields:
        return "joins a map with something that sees the whole image"
    if None in fields:
        return "reads something else than rows and columns of pixels"
    if getattr(call.layer, "data_format", "channels_last") not in (None, "channels_last"):
        return "puts the channels first"
    activation = getattr(call.layer, "activation", None)
    if way != "inside" and not declared(call.layer) and not _keeps_to_itself(activation, call.outputs[0]):
        return f"has the activation {activation!r}, which is not known to work pixel by pixel"
    return None if way else "is not known to work pixel by pixel"


def _way(call):
    """Tell how a layer reads a map: by "window" or "pixel", as its "inside" says, only with "padding", or None."""
    sees, kind = declared(call.layer), keras_type(call.layer)
    if sees:
        return sees
    if kind in (None, "Lambda", "SpectralNormalization"):
        return "inside"
    if not isinstance(call.layer, keras.Layer):
        return "pixel" if _is_pixelwise_operation(call, kind) and _is_along_channels(call.layer) else None
    if kind in WINDOWS:
        return "window"
    if kind == "ZeroPadding2D":
        return "padding"
    return "pixel" if kind in PIXELWISE_LAYERS and _is_along_channels(call.layer) else None


def _field_inside(call, fields, owner, unknown):
    """Follow the field through the `call` of a layer."""
    args, kwargs = call.arguments
    graph = inside(call.layer.call, *args, **kwargs)
    if graph is None:
        raise unknown("does not only use Keras' layers and operations")
    steps = calls(graph)
    starts = {id(tensor): field for tensor, field in zip(graph.inputs, fields)}
    found = _follow(steps, [starts[id(step.outputs[0])] for step in steps if not step.inputs], owner)
    return next(field for step, field in zip(steps, found) if any(out is graph.outputs[0] for out in step.outputs))


def _is_pixelwise_operation(call, kind):
    if kind != "GetItem":
        return kind in PIXELWISE_OPERATIONS
    key = call.arguments[0][1]  # as in x[..., :3] or x[:, :, :, 0:1]
    others = ["..." if k is Ellipsis else str(k) for k in key[:-1]] if isinstance(key, tuple) else []
    return ("..." in others or len(others) == 3) and set(others) <= {"...", str(slice(None))}


def _is_along_channels(layer):
    axes = getattr(layer, "axis", -1)
    return set(axes if isinstance(axes, (tuple, list)) else [axes]) <= {-1, 3}


def _keeps_to_itself(function, tensor):
    """Tell whether an activation, if there is one, works pixel by pixel on the maps of this tensor."""
    if function is None or getattr(keras.activations, getattr(function, "__name__", ""), None) is function:
        return True  # those of Keras do
    graph = inside(function, tensor)
    try:
        return graph is not None and _follow(calls(graph), [ONE_PIXEL])[-1] == ONE_PIXEL
    except ValueError:
        return False


def _field_after_windows(layer, sizes, field, unknown):
    window = window_of(layer)
    if window is None or len(window) != 2:
        raise unknown("has no window of rows and columns")
    dilation = getattr(layer, "dilation_rate", (1, 1))
    befores = [
        padding_amounts(n or s, k, s, layer.padding, d)[0]  # size unknown: a multiple of the stride
        for n, k, s, d in zip(sizes, window, layer.strides, dilation)
    ]
    return tuple(
        (start - before * step, end + ((k - 1) * d - before) * step, s * step)
        for (start, end, step), before, k, s, d in zip(field, befores, window, layer.strides, dilation)
    )


def _unknown_field_error(layer, reason):
    return ValueError(
        f"layer {layer.name!r} ({type(layer).__name__}) {reason}, so its receptive field is not known "
        'here; build the model without it, or only up to it, or set its attribute sees to "pixel" or "window" if that '
        "is what it does (see utils.fields)"
    )
