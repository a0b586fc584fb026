"""Networks: a convolutional layer as blocks, and the layers of a small network as boxes with arrows between them."""

from typing import NamedTuple

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path

from utils.arithmetic import conv_output_size
from utils.graph import calls, window_of
from utils.plots.style import BLACK, COLOURS, GREY, VERMILION, WIDTH, finish, new_figure
from utils.validation import integer


def graph(model, *, highlight=(), title=""):
    """Draw the layers of a small Keras model as boxes, from top to bottom, and the way of the data as arrows.

    A box holds the layer's name and kind: "Conv2D 3×3/2 → 64" has windows of 3×3, stride 2, and puts out 64 maps.
    An arrow that skips layers to meet another branch is drawn around them: a shortcut. Where names are long, "…" stands
    for the name of the last layer, which in `utils.models` is that of its block.

    Args:
        model: A functional or Sequential model.
        highlight: Names of layers; the arrows to and from them are drawn as thick and red as a shortcut.
        title: Above the figure.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For another model, for one with more than 14 layers or more than 6 branches, which nobody could
            read, and for a name that no layer has.

    Introduced in notebook 07.
    """
    boxes, arrows = layer_graph(model)
    if strange := set(highlight) - {box.name for box in boxes}:
        known = ", ".join(box.name for box in boxes)
        raise ValueError(f"highlight must hold names of layers, got {sorted(strange)[0]!r}; the layers are: {known}")
    rows = 1 + boxes[-1].row
    outermost = max([box.column for box in boxes] + [column for arrow in arrows for _, column in arrow.via])
    columns = 1 + round(2 * outermost)
    if len(boxes) > 14 or columns > 6:
        raise ValueError(
            f"model has {len(boxes)} layers in up to {columns} branches, and at most 14 in 6 can be read; draw a part "
            "of it: keras.Model(model.get_layer(FIRST).output, model.get_layer(LAST).output)"
        )
    margin = 0.5 * max((arrow.lane for arrow in arrows), default=0)  # inches on the right, for the shortcuts
    pitch = (WIDTH - margin) / columns
    width, height, gap = (min(0.94 * pitch, 5.4), 0.4, 0.26) if columns < 3 else (0.94 * pitch, 0.94, 0.45)

    def place(row, column):  # the middle of a box's upper edge
        return (WIDTH - margin) / 2 + pitch * column, row * (height + gap)

    figure, ax = new_figure(rows * (height + gap) + 0.3)
    _draw_boxes(ax, [(box, *place(box.row, box.column)) for box in boxes], width, height)
    for arrow in arrows:
        start, end = boxes[arrow.start], boxes[arrow.end]
        (x0, y0), (x1, y1) = place(start.row, start.column), place(end.row, end.column)
        if arrow.lane:
            outside = max(place(0, box.column)[0] for box in boxes if start.row <= box.row <= end.row)
            outside += width / 2 + 0.4 * arrow.lane
            leave, arrive = y0 + 0.65 * height, y1 + 0.35 * height
            way = [(x0 + width / 2, leave), (outside, leave), (outside, arrive), (x1 + width / 2, arrive)]
        else:
            way = [(x0, y0 + height)]
            for stop in (*arrow.via, (end.row, end.column)):
                x, y = place(*stop)
                way += [(way[-1][0], y - 0.6 * gap), (x, y - 0.6 * gap)]
            way.append((x1, y1))
        special = arrow.lane or {start.name, end.name} & set(highlight)
        look = dict(color=VERMILION, linewidth=3.5) if special else dict(color=BLACK, linewidth=1.8)
        ax.add_patch(FancyArrowPatch(path=Path(way), arrowstyle="-|>", mutation_scale=18, shrinkA=0, shrinkB=0, **look))
    ax.set(xlim=(0, WIDTH), ylim=(rows * (height + gap) - gap + 0.05, -0.05), title=title)
    ax.axis("off")
    edges = [f"{boxes[a.start].name} to {boxes[a.end].name}{' (shortcut)' if a.lane else ''}" for a in arrows]
    shown = f"; highlighted: {', '.join(highlight)}" if highlight else ""
    return finish(figure, f"Graph of {len(boxes)} layers: {', '.join(edges)}{shown}", title=title)


def blocks(image_shape, *, kernel_size, filters, strides=1, padding="valid", title=""):
    """Draw a convolutional layer as blocks: the image, filters as deep as the image, a map from each, and their stack.

    The blocks are drawn to scale; that of an image of three channels is red, green and blue. A map has the colour of
    its filter. The first window is framed.

    Args:
        image_shape: (height, width, channels), a few pixels.
        kernel_size: Height and width of a filter in pixels, an int.
        filters: Number of filters, at most 4.
        strides, padding: As in `conv_output_size`.
        title: Above the figure.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For a wrong image_shape, more than 4 filters, and what `conv_output_size` refuses.

    Source: lecture topics "RGB images, multiple filters" and "Terminologies". Introduced in notebook 03.
    """
    if np.shape(image_shape) != (3,):
        raise ValueError(f"image_shape must be (height, width, channels), got {image_shape!r}")
    height, width, depth = (integer("image_shape", n, 1) for n in image_shape)
    filters = integer("filters", filters, 1, 4, "the number that can be drawn")
    size = integer("kernel_size", kernel_size, 1)
    rows, columns = conv_output_size((height, width), size, strides, padding)
    channels = ["#e7a39b", "#a5d3a2", "#a3bfe6"] if depth == 3 else ["#d6d6d6"] * depth
    shades = [to_hex(0.45 + 0.55 * np.array(to_rgb(colour))) for colour in COLOURS[:filters]]
    gap, pitch = 0.28 * max(width, 4), max(size + 0.3 * depth, rows + 0.3) + 1.6
    total = max(filters * pitch, height + 2.5)
    figure, ax = new_figure(5.2)
    places = [0.5 * total - (filters / 2 - k - 0.5) * pitch for k in range(filters)]  # middles of filters and maps
    image = (0, 0.5 * (total - height), width, height)
    x_filter = width + 0.3 * depth + 2.4 * gap
    x_map = x_filter + size + 0.3 * depth + 2.4 * gap
    x_stack = x_map + columns + 2.4 * gap
    right = _draw_block(ax, *image, channels)
    _draw_block(ax, image[0], image[1], size, size, ["none"] * depth, edge=COLOURS[0], linewidth=3)
    for k, middle in enumerate(places):
        top = middle - size / 2
        end = _draw_block(ax, x_filter, top, size, size, channels, edge=COLOURS[k], linewidth=3)
        _draw_block(ax, x_map, middle - rows / 2, columns, rows, [shades[k]], edge=COLOURS[k], linewidth=2)
        _arrow(ax, (right + 0.2, 0.5 * total + (middle - 0.5 * total) * 0.5), (x_filter - 0.3, middle))
        _arrow(ax, (end + 0.2, middle), (x_map - 0.3, middle))
        _arrow(ax, (x_map + columns + 0.4, middle), (x_stack - 0.3, 0.5 * total + (middle - 0.5 * total) * 0.4))
        ax.text(x_filter + size / 2, top + size + 0.7, f"filter {k + 1}", ha="center", va="center")
        ax.text(x_map + columns / 2, middle + rows / 2 + 0.7, f"map {k + 1}", ha="center", va="center")
    end = _draw_block(ax, x_stack, 0.5 * (total - rows), columns, rows, shades)
    foot = total + 1.2
    for middle, name, symbols, numbers in (
        (width / 2, "image", "$H_1\\,×\\,W_1\\,×\\,D_1$", (height, width, depth)),
        (x_filter + size / 2, f"$K$ = {filters} filters", "$F\\,×\\,F\\,×\\,D_1$", (size, size, depth)),
        (x_map + columns / 2, f"$K$ = {filters} maps", "$H_2\\,×\\,W_2$", (rows, columns)),
        (x_stack + columns / 2, "output", "$H_2\\,×\\,W_2\\,×\\,K$", (rows, columns, filters)),
    ):
        text = f"{name}\n{symbols}\n{' × '.join(map(str, numbers))}"
        ax.text(middle, foot, text, ha="center", va="top", linespacing=1.4)
    ax.set(xlim=(-1.2, end + 1.2), ylim=(foot + 4.6, -0.6), title=title, aspect="equal")
    ax.axis("off")
    text = f"An image of {height} × {width} × {depth}; {filters} filters of {size} × {size} × {depth}, each as deep as "
    text += f"the image; {filters} maps of {rows} × {columns}, one from each filter, which stacked are the output of "
    return finish(figure, f"{text}{rows} × {columns} × {filters}", title=title)


class Box(NamedTuple):
    """One layer in words, and its place."""

    name: str
    kind: str
    size: str  # "→ 64" for 64 maps or values of output; empty where each value is worked on and their number kept
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
    """Give numbers to the calls, depth first, so that those of one branch stay together."""
    if node not in order:
        order[node] = len(order)
        for child in nodes[node].children:
            _number_branches(child, nodes, order)


def _words(call, parents):
    """Describe a layer by its name, kind, size and role."""
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
    """Give each shortcut, a (first row, last row), the innermost lane that no shorter shortcut takes."""
    lanes = {}
    for index, (first, last) in sorted(enumerate(spans), key=lambda item: item[1][1] - item[1][0]):
        taken = {lanes[other] for other in lanes if spans[other][0] < last and first < spans[other][1]}
        lanes[index] = min(set(range(1, len(spans) + 1)) - taken)
    return lanes


def _draw_boxes(ax, boxes, width, height):
    """Draw boxes (box, x, y), at the middle of their upper edge. In flat boxes the words stand side by side."""
    colours = {"weights": "#cfe3f1", "pooling": "#d6ead9", "join": "#f6c9b4"}
    flat = height < 0.5
    words = []
    for (box, *_), name in zip(boxes, _short_names([box for box, *_ in boxes])):
        texts = (name, f"{box.kind} {box.size}".strip()) if flat else (name, box.kind, box.size)
        words.append([text for text in texts if text])
    letters = max(sum(map(len, texts)) if flat else max(map(len, texts)) for texts in words)
    size = min(15, 72 * (width - 0.3) / (0.66 * letters + flat))  # points: what the longest text leaves
    for (box, x, y), texts in zip(boxes, words):
        frame = (x - width / 2 + 0.05, y + 0.05), width - 0.1, height - 0.1
        face = colours.get(box.role, "#ececec")
        ax.add_patch(FancyBboxPatch(*frame, boxstyle="round,pad=0.05", facecolor=face, edgecolor=BLACK, linewidth=1.2))
        for line, text in enumerate(texts):
            if flat:
                side, left, down = ("right", width / 2 - 0.12, 0.5) if line else ("left", 0.12 - width / 2, 0.5)
            else:
                side, left, down = "center", 0, 0.5 + 0.29 * (line - (len(texts) - 1) / 2)
            look = dict(fontsize=size, fontweight="normal" if line else "bold", color=BLACK)
            ax.text(x + left, y + down * height, text, ha=side, va="center", **look)


def _short_names(boxes):
    """List the names of layers; where one is long, with "…" for the name of their block, which its last layer has."""
    names, block = [box.name for box in boxes], boxes[-1].name
    if max(map(len, names)) <= 14:
        return names
    return [f"…{name.removeprefix(block)}" if name.startswith(f"{block}_") else name for name in names]


def _draw_block(ax, left, top, width, height, colours, edge=BLACK, linewidth=1.2):
    """Draw a box as seen from above and the right, a slice for each colour; return where it ends on the right."""
    step = 0.3  # data units to the right and upwards, for each slice
    look = dict(edgecolor=edge, linewidth=linewidth, joinstyle="round")
    for k in reversed(range(len(colours))):
        x, y = left + k * step, top - k * step
        corners = [(x, y), (x + step, y - step), (x + width + step, y - step), (x + width + step, y + height - step)]
        lid = [*corners[:3], (x + width, y)]
        side = [(x + width, y), *corners[2:], (x + width, y + height)]
        for face in (lid, side):
            ax.add_patch(Polygon(face, facecolor=colours[k], **look))
        if k == 0 or colours[k] != "none":
            ax.add_patch(Rectangle((x, y), width, height, facecolor=colours[k], **look))
    return left + width + len(colours) * step


def _arrow(ax, start, end):
    """Draw a grey arrow between two points."""
    look = dict(mutation_scale=18, shrinkA=0, shrinkB=0, color=GREY, linewidth=2)
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", **look))
