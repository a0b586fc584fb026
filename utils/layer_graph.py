"""The layout of a drawing of a small network: a box with words for each layer, and arrows between them."""

from typing import NamedTuple

from utils.graph import calls, window_of


class Box(NamedTuple):
    """One layer in words, and its place."""

    name: str
    kind: str
    size: (
        str  # "→ 64" for 64 maps or values of output; empty for a layer that works on each value and keeps their number
    )
    role: str  # "input", "weights", "pooling", "join" (several layers meet) or "other"
    row: int  # 0 is the input
    column: float  # 0 is the middle


class Arrow(NamedTuple):
    """An edge between two boxes, given by their numbers."""

    start: int
    end: int
    via: tuple  # the places (row, column) that it passes on its way down
    lane: int  # 0; for a shortcut, which runs around the boxes, how far outside: 1, 2, ...


def layer_graph(model):
    """Describe and place the layers of a functional or Sequential Keras model.

    A layer stands in the row of its distance from the output, which is Keras' depth; branches stand side by side in
    the order in which they were built. A shortcut is an edge that skips rows to meet another branch.

    Args:
        model: As in `graph.calls`.

    Returns:
        (boxes, arrows), lists of `Box` and `Arrow`, from top to bottom and from left to right.

    Raises:
        ValueError: For a model without a graph of layers.
    """
    nodes = calls(model)
    row = [nodes[0].depth - node.depth for node in nodes]
    parents = [list(dict.fromkeys(node.parents)) for node in nodes]
    order = {}
    for node in range(len(nodes)):
        _number_branches(node, nodes, order)
    edges = [(parent, node) for node in sorted(order, key=order.get) for parent in parents[node]]
    shortcuts = [(a, b) for a, b in edges if row[b] - row[a] > 1 and len(parents[b]) > 1]

    boxes, number, places = [], {}, {}
    for index in range(row[-1] + 1):
        passing = [edge for edge in edges if edge not in shortcuts and row[edge[0]] < index < row[edge[1]]]
        things = {order[node]: node for node in order if row[node] == index}
        things |= {order[edge[1]]: edge for edge in passing}
        for position, thing in enumerate(things[key] for key in sorted(things)):
            column = position - (len(things) - 1) / 2
            places[index, thing] = index, column
            if thing in order:
                number[thing] = len(boxes)
                words = _words(nodes[thing], [nodes[parent] for parent in parents[thing]])
                boxes.append(Box(**words, row=index, column=column))
    lanes = _lanes([(row[a], row[b]) for a, b in shortcuts])
    arrows = []
    for edge in edges:
        a, b = edge
        lane = lanes[shortcuts.index(edge)] if edge in shortcuts else 0
        via = () if lane else tuple(places[between, edge] for between in range(row[a] + 1, row[b]))
        arrows.append(Arrow(number[a], number[b], via, lane))
    return boxes, sorted(arrows)


def _number_branches(node, nodes, order):
    """Number the calls depth first, so that those of one branch stay together."""
    if node not in order:
        order[node] = len(order)
        for child in nodes[node].children:
            _number_branches(child, nodes, order)


def _words(call, parents):
    """Name, kind, size and role of a layer."""
    layer, kind, shape = call.layer, type(call.layer).__name__, call.outputs[0].shape[1:]
    if not parents:
        name = "input" if layer.name.startswith(("keras_tensor", "input_layer")) else layer.name  # automatic names
        return dict(name=name, kind="", size=" × ".join(str(size or "?") for size in shape), role="input")
    shown = shape if kind == "Add" else shape[-1:]  # where branches are added, all of their shapes must agree
    size = f"→ {' × '.join(str(n or '?') for n in shown)}" if shape else ""
    window = window_of(layer)
    if window:
        stride = max(getattr(layer, "strides", (1,)))
        kind += f" {'×'.join(map(str, window))}" + (f"/{stride}" if stride > 1 else "")
    if len(parents) > 1:
        role = "join"
    elif hasattr(layer, "kernel"):
        role = "weights"
    elif hasattr(layer, "pool_size") or "Pooling" in kind:
        role = "pooling"
    else:
        role, kind = "other", kind.replace("Normalization", "Norm")
        size = size if parents[0].outputs[0].shape[-1:] != shape[-1:] else ""
    return dict(name=layer.name, kind=kind, size=size, role=role)


def _lanes(spans):
    """The lane of each shortcut, given its (first row, last row): the innermost one that no shorter shortcut takes."""
    lanes = {}
    for index, (first, last) in sorted(enumerate(spans), key=lambda item: item[1][1] - item[1][0]):
        taken = {lanes[other] for other in lanes if spans[other][0] < last and first < spans[other][1]}
        lanes[index] = min(set(range(1, len(spans) + 1)) - taken)
    return lanes
