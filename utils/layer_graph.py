"""What a drawing of a small network needs: what each layer is called, and where it stands."""

from typing import NamedTuple

from utils.validation import is_pair


class Box(NamedTuple):
    """One layer in words, and its place: row 0 is the input, column 0 the middle. Introduced in notebook 07.

    size: "→ 64" for 64 maps or values of output; empty for a layer that works on each value and keeps their number.
    role: "input", "weights", "pooling", "join" (several layers meet) or "other".
    """

    name: str
    kind: str
    size: str
    role: str
    row: int
    column: float


class Arrow(NamedTuple):
    """An edge between two boxes, given by their numbers. Introduced in notebook 07.

    via: the places (row, column) that it passes on its way down. lane: 0; for a shortcut, which runs around the boxes,
    how far outside: 1, 2, ...
    """

    start: int
    end: int
    via: tuple
    lane: int


def layer_graph(model):
    """Describe and place the layers of a functional or Sequential Keras model.

    A layer stands in the row of its distance from the output, which is Keras' depth; branches stand side by side in
    the order in which they were built. A shortcut is an edge that skips rows to meet another branch.
    Returns (boxes, arrows), lists of `Box` and `Arrow`, from top to bottom and from left to right.
    Raises ValueError for a model without a graph of layers. Introduced in notebook 07.
    """
    graph = getattr(model, "_functional", None) or model  # a Sequential keeps its graph inside
    by_depth = getattr(graph, "_nodes_by_depth", None)
    if not by_depth:
        raise ValueError(
            f"model must be a functional or Sequential Keras model whose input shape is known, got {model!r}; "
            "start it with keras.Input(shape=...)"
        )
    rows = [by_depth[depth] for depth in sorted(by_depth, reverse=True)]
    row = {node: number for number, nodes in enumerate(rows) for node in nodes}
    parents = {node: list(dict.fromkeys(node.parent_nodes)) for node in row}
    order = {}
    for node in row:
        _number_branches(node, parents, order)
    edges = [(parent, node) for node in sorted(row, key=order.get) for parent in parents[node]]
    shortcuts = [(a, b) for a, b in edges if row[b] - row[a] > 1 and len(parents[b]) > 1]

    boxes, number, places = [], {}, {}
    for index, nodes in enumerate(rows):
        passing = [edge for edge in edges if edge not in shortcuts and row[edge[0]] < index < row[edge[1]]]
        things = {order[node]: node for node in nodes} | {order[edge[1]]: edge for edge in passing}
        for position, thing in enumerate(things[key] for key in sorted(things)):
            places[index, thing] = index, position - (len(things) - 1) / 2
            if thing in row:
                number[thing] = len(boxes)
                boxes.append(Box(*_words(thing, parents[thing]), *places[index, thing]))
    lanes = _lanes([(row[a], row[b]) for a, b in shortcuts])
    arrows = []
    for edge in edges:
        a, b = edge
        lane = lanes[shortcuts.index(edge)] if edge in shortcuts else 0
        via = () if lane else tuple(places[between, edge] for between in range(row[a] + 1, row[b]))
        arrows.append(Arrow(number[a], number[b], via, lane))
    return boxes, sorted(arrows)


def _number_branches(node, parents, order):
    """Number the nodes depth first, so that those of one branch stay together."""
    if node not in order:
        order[node] = len(order)
        for child in node.operation._outbound_nodes:
            if node in parents.get(child, ()):
                _number_branches(child, parents, order)


def _words(node, parents):
    """Name, kind, size and role of a layer."""
    layer, kind, shape = node.operation, type(node.operation).__name__, node.outputs[0].shape[1:]
    if not parents:
        automatic = layer.name.startswith(("keras_tensor", "input_layer"))
        return "input" if automatic else layer.name, "", " × ".join(str(size or "?") for size in shape), "input"
    shown = shape if kind == "Add" else shape[-1:]  # where branches are added, all of their shapes must agree
    size = f"→ {' × '.join(str(n or '?') for n in shown)}" if shape else ""
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if is_pair(window):
        stride = max(getattr(layer, "strides", (1,)))
        kind += f" {'×'.join(map(str, window))}" + (f"/{stride}" if stride > 1 else "")
    if len(parents) > 1:
        return layer.name, kind, size, "join"
    if hasattr(layer, "kernel"):
        return layer.name, kind, size, "weights"
    if hasattr(layer, "pool_size") or "Pooling" in kind:
        return layer.name, kind, size, "pooling"
    changed = parents[0].outputs[0].shape[-1:] != shape[-1:]
    return layer.name, kind.replace("Normalization", "Norm"), size if changed else "", "other"


def _lanes(spans):
    """The lane of each shortcut, given its (first row, last row): the innermost one that no shorter shortcut takes."""
    lanes = {}
    for index, (first, last) in sorted(enumerate(spans), key=lambda item: item[1][1] - item[1][0]):
        taken = {lanes[other] for other in lanes if spans[other][0] < last and first < spans[other][1]}
        lanes[index] = min(set(range(1, len(spans) + 1)) - taken)
    return lanes
