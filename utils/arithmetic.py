"""The arithmetic of convolutional networks: sizes, padding, parameters, multiply-adds, receptive fields.

Sizes are counted in pixels (or samples), with Keras' argument names. `input_size`, `kernel_size`, `strides`,
`padding` and `dilation_rate` take an int, or a pair (rows, columns); one pair among them makes the result a pair.
"""

import numpy as np

from utils.validation import check_groups, choice, integer, is_pair, pair


def conv_output_size(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Number of positions at which a kernel can be applied along an axis: floor((W1 - F + 2P) / S) + 1.

    padding: "valid" (no zeros), "same" (as many as make the output ceil(input_size / strides)), or an int,
        the zeros added on each side.
    Returns an int, or a pair (rows, columns) if an argument is a pair.
    Raises ValueError for a size or stride below 1 and for a kernel larger than the padded input.
    Source: lecture topic "Relation between input size, feature map size, filter size"; floor and dilation as in
    Dumoulin & Visin 2016, arXiv:1603.07285. Introduced in notebook 03.
    """
    return _per_axis(_output_size, input_size, kernel_size, strides, padding, dilation_rate)


def padding_amounts(input_size, kernel_size, strides=1, padding="same", dilation_rate=1):
    """Zeros that `padding` adds along an axis: (before, after).

    "same" adds what lets the last window end inside the padded input, and puts the odd zero *after* the input,
    so that with a stride the amounts can be (0, 1). "valid" adds (0, 0), an int p adds (p, p).
    Returns a pair (before, after), or ((top, bottom), (left, right)) if an argument is a pair.
    Raises ValueError for a size or stride below 1 and an unknown padding.
    Source: the rule of TensorFlow and Keras, tested against Keras. Introduced in notebook 03.
    """
    return _per_axis(_padding, input_size, kernel_size, strides, padding, dilation_rate)


def conv_parameters(kernel_size, in_channels, filters, use_bias=True, groups=1):
    """Trainable numbers of a convolutional layer: (rows * columns * in_channels / groups + bias) * filters.

    Returns an int. Raises ValueError for counts below 1 and for groups that do not divide both numbers of channels.
    Source: lecture topic "The convolution operation: summary". Introduced in notebook 03.
    """
    rows, columns = pair("kernel_size", kernel_size)
    in_channels, filters = integer("in_channels", in_channels, 1), integer("filters", filters, 1)
    check_groups(in_channels, filters, groups)
    return (rows * columns * in_channels // groups + bool(use_bias)) * filters


def layer_costs(input_shape, kernel_size, filters, strides=1, padding="valid"):
    """What one layer costs when it is dense, locally connected, or convolutional, with the same output.

    input_shape: (height, width, channels). A connection is one number that a neuron reads, its bias included;
    zeros of the padding count as read.
    Returns a DataFrame with the columns "neurons", "connections" and "parameters".
    Raises ValueError for a wrong input_shape, counts below 1, and a kernel larger than the padded input.
    Source: lecture topics "Sparse connectivity" and "Shared weights". Introduced in notebook 04.
    """
    import pandas as pd

    if not is_pair(input_shape) or len(input_shape) != 3:
        raise ValueError(f"input_shape must be (height, width, channels), got {input_shape!r}")
    height, width, channels = (integer("input_shape", n, 1) for n in input_shape)
    filters = integer("filters", filters, 1)
    out_rows, out_columns = conv_output_size((height, width), kernel_size, strides, padding)
    neurons = out_rows * out_columns * filters
    inputs = height * width * channels
    per_neuron = conv_parameters(kernel_size, channels, 1)
    rows = {
        "dense": (neurons, neurons * (inputs + 1), neurons * (inputs + 1)),
        "locally connected": (neurons, neurons * per_neuron, neurons * per_neuron),
        "convolutional": (neurons, neurons * per_neuron, filters * per_neuron),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["neurons", "connections", "parameters"])


def layer_table(model):
    """One row for each layer of a Keras model, in the order of computation.

    Returns a DataFrame with the columns "layer", "type", "output shape", "parameters", "multiply-adds" (for one
    image; convolutional and dense layers only; None if the size of the image is not fixed) and "receptive field"
    (input pixels seen by one unit, "all" once the spatial axes are gone).
    Raises ValueError for a model that is not built, and for layers whose receptive field is unknown: layers used
    twice, models inside the model, channels first, attention, and layers other than convolution and pooling that change
    the size of the map. Other layers of your own that keep the size are taken to work pixel by pixel.
    Introduced in notebook 04.
    """
    import pandas as pd

    fields, shapes = _fields(model)
    rows = [
        (
            layer.name,
            type(layer).__name__,
            shapes[layer.name],
            layer.count_params(),
            _multiply_adds(layer, shapes[layer.name]),
            _size(fields[layer.name]) or "all",
        )
        for layer in model.layers
    ]
    columns = ["layer", "type", "output shape", "parameters", "multiply-adds", "receptive field"]
    table = pd.DataFrame(rows, columns=columns, dtype=object).astype({"parameters": int})
    return table if table["multiply-adds"].hasnans else table.astype({"multiply-adds": int})


def architecture(build):
    """The plan of a network that is too large to be made: its layers with windows or parameters.

    build: a function without arguments that returns a Keras model, such as `utils.models.vgg16`. No weight gets a
        value: those of VGG-16 alone would take half a gigabyte.
    Returns the DataFrame of `layer_table` with the layers' names as its index, "window" in place of "type"
    ("11 × 11, stride 4", empty for a dense layer), and without layers that have neither a window nor parameters.
    Raises ValueError if `build` is no such function, and for the models that `layer_table` refuses.
    Introduced in notebook 06.
    """
    import keras

    if not callable(build) or isinstance(build, keras.Model):
        raise ValueError(f"build must be a function that returns a Keras model, such as vgg16, got {build!r}")
    with keras.StatelessScope(initialize_variables=False):
        model = build()
    table = layer_table(model).set_index("layer").drop(columns="type")
    table.insert(0, "window", [_window(layer) for layer in model.layers])
    return table[(table["window"] != "") | (table["parameters"] > 0)]


def with_commas(table):
    """A DataFrame to be looked at: whole numbers become text, "60,965,224". Introduced in notebook 06."""
    return table.map(lambda value: f"{value:,}" if isinstance(value, int | np.integer) else value)


def receptive_field(model, layer=None):
    """Size, in input pixels, of the region that one unit of `layer` sees (padding included).

    model: a built Keras model of (batch, height, width, channels) images; branches are followed and united.
    layer: a name; by default the last layer that still has spatial axes.
    Returns an int, or a pair (rows, columns) if the region is not square.
    Raises ValueError for an unknown layer, one without spatial axes, and the models that `layer_table` refuses.
    Source: r_out = r_in + (F - 1) * j_in, j_out = S * j_in with r = j = 1 at the input (lecture topic "Is sparse
    connectivity good?"; Araujo et al. 2019, doi:10.23915/distill.00021). Introduced in notebook 04.
    """
    fields, _ = _fields(model)
    if layer is None:
        spatial = [name for name, field in fields.items() if field is not None]
        if not spatial:
            raise ValueError(f"model must read images of shape (height, width, channels), got {model!r}")
        layer = spatial[-1]
    return _size(_field_of(layer, fields))


def receptive_windows(model, layer):
    """The input pixels that every unit of `layer` sees, cut at the border of the image.

    model, layer: as in `receptive_field`.
    Returns ints of shape (rows, columns, 4): with top, bottom, left, right = receptive_windows(model, layer)[i, j],
    unit (i, j) sees image[top:bottom, left:right], which is empty for a unit that sees nothing but padding. At the
    border the window can hold pixels that only zeros of a padding between the layers stand for.
    Raises ValueError as `receptive_field` does, and for a model whose images have no fixed size.
    Introduced in notebook 06.
    """
    fields, shapes = _fields(model)
    field, shape = _field_of(layer, fields), shapes[layer]
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


def _field_of(layer, fields):
    if layer not in list(fields):
        raise ValueError(f"layer must be a layer of the model, got {layer!r}; its layers are: {', '.join(fields)}")
    if fields[layer] is None:
        raise ValueError(f"layer {layer!r} has no spatial axes any more: every unit of it sees the whole image")
    return fields[layer]


def _per_axis(function, input_size, kernel_size, strides, padding, dilation_rate):
    sizes = [
        pair("input_size", input_size),
        pair("kernel_size", kernel_size),
        pair("strides", strides),
        pair("dilation_rate", dilation_rate),
    ]
    if isinstance(padding, str) or padding is None:
        paddings = (choice("padding", padding, ("valid", "same")),) * 2
    else:
        paddings = pair("padding", padding, minimum=0)
    rows, columns = (function(n, k, s, p, d) for n, k, s, d, p in zip(*sizes, paddings))
    return (rows, columns) if any(map(is_pair, (input_size, kernel_size, strides, padding, dilation_rate))) else rows


def _padding(size, kernel, stride, padding, dilation):
    if padding == "valid":
        return 0, 0
    if padding == "same":
        outputs = -(-size // stride)
        total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        return total // 2, total - total // 2
    return padding, padding


def _output_size(size, kernel, stride, padding, dilation):
    padded = size + sum(_padding(size, kernel, stride, padding, dilation))
    extent = (kernel - 1) * dilation + 1
    if extent > padded:
        spread = "" if dilation == 1 else f" (spread over {extent} by dilation_rate={dilation})"
        raise ValueError(
            f"kernel_size={kernel}{spread} is larger than the padded input of {padded}; "
            'use a smaller kernel, more padding, or padding="same"'
        )
    return (padded - extent) // stride + 1


# Layers that keep the size of a map and yet read other pixels than their own.
MIXING = (
    "AdditiveAttention",
    "Attention",
    "Bidirectional",
    "GroupNormalization",
    "GroupQueryAttention",
    "MultiHeadAttention",
    "Permute",
    "TimeDistributed",
)

# A field is (start, end, step) for rows and for columns: unit i of the layer sees the input pixels
# start + i * step ... end + i * step, where pixels outside the image are zeros of the padding.


def _fields(model):
    """The field and the output shape of every layer, by the layer's name, in the order of computation."""
    import keras

    if not getattr(model, "built", False) or not getattr(model, "inputs", None):
        raise ValueError(
            f"model must be a Keras model whose input shape is known, got {model!r}; "
            "start it with keras.Input(shape=...)"
        )
    graph = getattr(model, "_functional", None) or model  # a Sequential keeps its graph inside
    nodes = [node for depth in sorted(graph._nodes_by_depth, reverse=True) for node in graph._nodes_by_depth[depth]]
    fields, shapes, by_tensor = {}, {}, {}
    for node in nodes:
        layer, shape = node.operation, node.outputs[0].shape
        if layer.name in fields:
            raise _unknown(layer, "is used more than once")
        if node.is_input:
            field = ((0, 0, 1), (0, 0, 1)) if len(shape) == 4 else None
        else:
            if isinstance(layer, keras.Model):
                raise _unknown(layer, "is a model inside the model")
            field = _through(layer, node.input_tensors, shape, [by_tensor[id(tensor)] for tensor in node.input_tensors])
        by_tensor.update((id(tensor), field) for tensor in node.outputs)
        fields[layer.name], shapes[layer.name] = field, tuple(shape[1:])
    return fields, shapes


def _through(layer, inputs, shape, fields):
    if len(shape) != 4:
        return None
    kind = type(layer).__name__
    if None in fields:
        raise _unknown(layer, "joins a map with something that sees the whole image")
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise _unknown(layer, "puts the channels first")
    axis = getattr(layer, "axis", -1)
    if kind in MIXING or (kind in ("Softmax", "LayerNormalization") and axis not in (-1, 3, [-1], [3], (-1,), (3,))):
        raise _unknown(layer, "mixes pixels in a way of its own")
    field, sizes = fields[0], inputs[0].shape[1:3]
    if kind == "ZeroPadding2D":
        return tuple(
            (start - before * step, end - before * step, step)
            for (start, end, step), (before, _) in zip(field, layer.padding)
        )
    if hasattr(layer, "kernel_size") or hasattr(layer, "pool_size"):
        kernel = layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size
        dilation = getattr(layer, "dilation_rate", (1, 1))
        if "Transpose" in kind or not is_pair(kernel) or len(kernel) != 2:
            raise _unknown(layer, "is not a convolution or pooling of images")
        befores = [
            padding_amounts(n or s, k, s, layer.padding, d)[0]  # size unknown: a multiple of the stride
            for n, k, s, d in zip(sizes, kernel, layer.strides, dilation)
        ]
        return tuple(
            (start - before * step, end + ((k - 1) * d - before) * step, s * step)
            for (start, end, step), before, k, s, d in zip(field, befores, kernel, layer.strides, dilation)
        )
    if hasattr(layer, "strides"):
        raise _unknown(layer, "is not a convolution or pooling layer")
    if any(tuple(tensor.shape[1:3]) != tuple(shape[1:3]) for tensor in inputs):
        raise _unknown(layer, "changes the size of the map")
    return tuple((min(f[axis][0] for f in fields), max(f[axis][1] for f in fields), field[axis][2]) for axis in (0, 1))


def _unknown(layer, reason):
    return ValueError(
        f"layer {layer.name!r} ({type(layer).__name__}) {reason}, so its receptive field is not known "
        "here; build the model without it, or only up to it"
    )


def _size(field):
    if field is None:
        return None
    rows, columns = (end - start + 1 for start, end, _ in field)
    return rows if rows == columns else (rows, columns)


def _window(layer):
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if not is_pair(window):
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
