"""The graph of a Keras model: the calls of its layers, in the order of computation.

Keras lists the layers of a model, but a layer can be called more than once, and then `layer.output` is only the first
of its outputs. Everything that follows a model from layer to layer starts here. No other file reads Keras' private
attributes.
"""

from contextlib import contextmanager
from typing import NamedTuple

from utils.validation import is_pair


class Call(NamedTuple):
    """One call of a layer, or of an operation such as `x + y`. Other calls are given by their place in the list."""

    layer: object  # a keras.Layer or keras.Operation
    inputs: list  # the tensors that it reads; none for an input of the model
    outputs: list  # the tensors that it makes
    depth: int  # the number of calls on the longest way to an output of the model
    parents: list  # the call that makes each of the inputs
    children: list  # the calls that read its outputs, in the order in which the model was built
    arguments: tuple = ((), {})  # as they were given: by place, by name


def calls(model):
    """List the calls of a model, inputs first, so that each one follows all of its parents.

    Args:
        model: A functional or Sequential Keras model whose input shape is known.

    Returns:
        A list of `Call`.

    Raises:
        ValueError: For anything else.
    """
    nodes = _nodes(model)
    place = {node: index for index, (_, node) in enumerate(nodes)}
    maker = {id(tensor): index for node, index in place.items() for tensor in node.outputs}
    parents = [[maker[id(tensor)] for tensor in node.input_tensors] for node in place]

    def children(node):
        """Find those of this call in this model: a layer keeps all that ever read one of its outputs."""
        readers = dict.fromkeys(node.operation._outbound_nodes)  # noqa: SLF001
        return [place[reader] for reader in readers if reader in place and place[node] in parents[place[reader]]]

    return [
        Call(
            layer=node.operation,
            inputs=node.input_tensors,
            outputs=node.outputs,
            depth=depth,
            parents=parents[place[node]],
            children=children(node),
            arguments=(node.arguments.args, node.arguments.kwargs),
        )
        for depth, node in nodes
    ]


def run(model, x, call):
    """Compute the outputs of a model, with another way to call its layers.

    Args:
        model: As in `calls`.
        x: The input of the model.
        call: Called as `call(layer, *inputs, **arguments)` in place of `layer(*inputs, **arguments)`.

    Returns:
        The output of the model, or a list of them.

    Raises:
        ValueError: As `calls` does.
    """
    import keras

    values = {id(tensor): value for tensor, value in zip(model.inputs, keras.tree.flatten(x), strict=True)}
    for _, node in _nodes(model):
        if not node.is_input:
            inputs, arguments = node.arguments.fill_in(values)
            outputs = keras.tree.flatten(call(node.operation, *inputs, **arguments))
            values.update((id(tensor), value) for tensor, value in zip(node.outputs, outputs))
    results = [values[id(tensor)] for tensor in model.outputs]
    return results if len(results) > 1 else results[0]


def keras_type(layer):
    """Name the class of Keras that says what a layer or an operation computes.

    Args:
        layer: A keras.Layer or keras.Operation.

    Returns:
        "Conv2D" for a Conv2D, also for a class of one's own that is made from it and leaves its methods as they are,
        except for those that only prepare the layer; None for a layer whose computation is one's own.
    """
    ancestors = type(layer).__mro__
    first = next(place for place, ancestor in enumerate(ancestors) if ancestor.__module__.startswith("keras."))
    own = {name for ancestor in ancestors[:first] for name, value in vars(ancestor).items() if callable(value)}
    own |= {name for name in ("call", "__call__") if name in vars(layer)}
    changed = {name for name in own - PREPARING if hasattr(ancestors[first], name)}
    return None if changed or "call" not in dir(ancestors[first]) else ancestors[first].__name__


PREPARING = {"__init__", "build", "get_config", "from_config", "compute_output_shape"}


def layers_inside(layer):
    """List the layers that a layer holds, at any depth."""
    return list(layer._flatten_layers(include_self=False)) if hasattr(layer, "_flatten_layers") else []  # noqa: SLF001


def inside(function, *inputs, **arguments):
    """Write out, as a graph, the layers and operations of Keras that a function calls.

    Args:
        function: Such as the method `call` of a layer, or an activation.
        inputs, arguments: What it is called with: tensors or Keras tensors, also in lists, and anything else.

    Returns:
        A keras.Function of these tensors, in their order, or None if the function does not only use Keras.
    """
    import keras

    symbols = []

    def symbol(value):
        if not isinstance(value, keras.KerasTensor) and not keras.ops.is_tensor(value):
            return value
        shape, dtype = tuple(value.shape), keras.backend.standardize_dtype(value.dtype)
        name = f"input_{len(symbols)}"  # one that Keras gives to no other layer
        symbols.append(keras.layers.InputLayer(batch_shape=shape, dtype=dtype, name=name).output)
        return symbols[-1]

    inputs, arguments = keras.tree.map_structure(symbol, (inputs, arguments))
    held = layers_inside(getattr(function, "__self__", None))
    before = [(nodes, len(nodes)) for layer in held for nodes in (layer._inbound_nodes, layer._outbound_nodes)]  # noqa: SLF001
    try:
        return keras.Function(symbols, function(*inputs, **arguments), name="inside")
    except Exception:  # whatever code of one's own raises when it is given symbols
        return None
    finally:
        for nodes, count in before:
            del nodes[count:]  # the layers keep no record of this call


def check_reads_images(model):
    """Refuse a model that does not read one batch of images, channels last.

    Args:
        model: As in `calls`.

    Raises:
        ValueError: As `calls` does, for other than one input, and for a layer that puts the channels first.
    """
    calls(model)
    if len(model.inputs) != 1:
        raise ValueError(
            f"model must be a Keras model that reads one batch of images, got {model!r} with {len(model.inputs)} inputs"
        )
    for layer in model.layers:
        if getattr(layer, "data_format", None) == "channels_first":
            raise ValueError(f'layer {layer.name!r} puts the channels first; build it with data_format="channels_last"')


def up_to(model, layers):
    """Cut off the part of a model that leads to some layers; it shares the weights.

    Args:
        model: A model that reads one batch of images.
        layers: A name, or a list of names for a list of outputs.

    Returns:
        A Keras model.

    Raises:
        ValueError: For an unknown layer, one that is called more than once, and as `check_reads_images` does.
    """
    import keras

    check_reads_images(model)
    outputs, names = layer_outputs(model), layers if is_pair(layers) else [layers]
    if not names:
        raise ValueError(f"layers must name at least one layer, got {layers!r}; the layers are: {', '.join(outputs)}")
    for name in names:
        if not isinstance(name, str) or name not in outputs:
            raise ValueError(f"layer must be a layer of the model, got {name!r}; its layers are: {', '.join(outputs)}")
        if len(outputs[name]) > 1:
            raise ValueError(f"layer {name!r} is used {len(outputs[name])} times, so its output is not one thing")
    found = [outputs[name][0] for name in names]
    return keras.Model(model.inputs[0], found if is_pair(layers) else found[0])


def layer_outputs(model):
    """Find the output tensor of each layer, for each time that it is called.

    Args:
        model: As in `calls`.

    Returns:
        A dict: name -> list of tensors, in the order of computation, without the inputs of the model.
    """
    import keras

    outputs = {}
    for call in calls(model):
        if call.inputs and isinstance(call.layer, keras.Layer):
            outputs.setdefault(call.layer.name, []).append(call.outputs[0])
    return outputs


def window_of(layer):
    """Return the window (rows, columns) that a layer slides over its input, or None."""
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    return tuple(window) if is_pair(window) else None


@contextmanager
def without_weights():
    """Build models in this context that have shapes but no memory for their weights."""
    import keras
    from keras.src.backend.common import global_state

    waiting = "uninitialized_variables"  # Keras makes these weights when the next scope ends, unless it forgets them
    before = list(global_state.get_global_attribute(waiting) or [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(waiting, before)


def _nodes(model):
    """Return Keras' record of all calls, as pairs (depth, node), in the order of computation."""
    import keras

    is_graph = isinstance(model, keras.Function) and not isinstance(model, keras.Model)
    if not is_graph and (not getattr(model, "built", False) or not getattr(model, "inputs", None)):
        raise ValueError(
            f"model must be a Keras model whose input shape is known, got {model!r}; "
            "start it with keras.Input(shape=...)"
        )
    if not isinstance(model, keras.Function):  # a Sequential keeps its graph inside
        model = keras.Function(model.inputs, model.outputs, name="graph")
    by_depth = model._nodes_by_depth  # noqa: SLF001
    return [(depth, node) for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
