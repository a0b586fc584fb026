"""The figures of the notebooks, in one style that reads at the back of a lecture hall.

Every function returns a figure; as the last line of a cell it is shown. Each figure carries a sentence that says what
is in it: the text for screen readers, and for those who compare outputs. Introduced in notebook 01.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap, to_hex, to_rgb
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from utils.validation import choice, integer

# Okabe & Ito's colours, which colour-blind readers can tell apart (Wong 2011, doi:10.1038/nmeth.1618).
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
BLACK, GREY = "#222222", "#999999"
COLOURS = [BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY]
WIDTH = 9.6  # inches; every figure is as wide as a page of a notebook


class DescribedFigure(Figure):
    """A figure that shows its description where text is all there is."""

    description = "no description"

    def __repr__(self):
        return f"<Figure: {self.description}>"


def use_course_style():
    """Large type, quiet axes, colours for everybody; and figures that carry their description into the notebook.

    Introduced in notebook 00.
    """
    plt.rcParams.update(
        {
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "font.size": 14,
            "axes.titlesize": 15,
            "axes.labelsize": 14,
            "legend.fontsize": 13,
            "legend.frameon": False,
            "lines.linewidth": 2.2,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "figure.facecolor": "white",
            "axes.facecolor": "white",
        }
    )
    try:
        from IPython import get_ipython
    except ImportError:
        return
    if get_ipython() is not None:
        get_ipython().display_formatter.formatters["image/png"].for_type(DescribedFigure, _png)


def lines(
    curves,
    x=None,
    xlabel="",
    ylabel="",
    title="",
    dots=(),
    marks=(),
    below=False,
    height=4.2,
    shows="",
    among=(),
    **axes,
):
    """Curves over a common axis.

    curves: name -> values (n,), or name -> (x, values) for a curve with its own axis. dots: names drawn as points.
    marks: points (x, y, text) to be named, above the point or `below` it. shows: what is to be seen, for those who
    cannot see it. among: the names of another figure, in its order: each curve gets the colour that it has there.
    axes: settings such as xlim, ylim, yscale, as in `Axes.set`.
    Raises ValueError for a curve that is not `among` those names.
    Introduced in notebook 01.
    """
    _some("curves", curves)
    solid = [name for name in curves if name not in dots]
    if among and (strange := [name for name in solid if name not in among]):
        raise ValueError(f"among must hold the names of all curves, and {strange[0]!r} is not in {list(among)}")
    colour_of = dict(zip(among or solid, itertools.cycle(COLOURS)))
    figure, ax = _figure(height)
    for order, (name, values) in enumerate(curves.items()):
        positions, values = (
            values if isinstance(values, tuple) else (np.arange(len(values)) if x is None else x, values)
        )
        if name in dots:
            ax.plot(positions, values, "o", color=GREY, markersize=4 if len(values) > 30 else 11, label=name, zorder=1)
        else:
            ax.plot(positions, values, color=colour_of[name], label=name, zorder=2 + order)
    for mark_x, mark_y, text in marks:
        ax.plot(mark_x, mark_y, "o", color=BLACK, markersize=9, zorder=20)
        ax.annotate(
            text,
            (mark_x, mark_y),
            textcoords="offset points",
            xytext=(8, -22) if below else (0, 14),
            ha="left" if below else "center",
            zorder=20,
        )
    if np.asarray(positions).dtype.kind == "M":
        ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, **axes)
    if len(curves) > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    marked = "".join(f"; marked: {text}" for *_, text in marks if text)
    return _finish(figure, f"{title}. Lines over {xlabel or 'position'}: {', '.join(curves)}{marked}", shows)


def panels(curves, xlabel="", ylabel="", height=3.4, kind="line", title="", shows="", **axes):
    """Small plots side by side: name -> values, or name -> {label: values} for several curves in one.

    values: (n,), or (x, values) for a curve with its own axis; x may be strings for kind="bar".
    kind: "line" or "bar". shows: what is to be seen, for those who cannot see it. axes: settings such as ylim, for all
    panels, as in `Axes.set`.
    Introduced in notebook 01.
    """
    _some("curves", curves)
    kind = choice("kind", kind, ("line", "bar"))
    figure, axs = plt.subplots(
        1,
        len(curves),
        figsize=(WIDTH, height),
        sharey=True,
        squeeze=False,
        layout="constrained",
        FigureClass=DescribedFigure,
    )
    for ax, (name, values) in zip(axs[0], curves.items()):
        several = values if isinstance(values, dict) else {"": values}
        for label, series in several.items():
            positions, series = series if isinstance(series, tuple) else (np.arange(len(series)), series)
            if kind == "bar":
                ax.bar(positions, series, color=BLUE)
                if not isinstance(positions[0], str):
                    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            else:
                ax.plot(positions, series, label=label)
                if np.asarray(positions).dtype.kind in "iu":
                    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.set(title=name, xlabel=xlabel, **axes)
        if len(several) > 1:
            ax.legend()
    axs[0, 0].set_ylabel(ylabel)
    if title:
        figure.suptitle(title)
    return _finish(
        figure, f"{title + '. ' if title else ''}{ylabel} over {xlabel}, one panel each: {', '.join(curves)}", shows
    )


def descent(loss, paths, xlabel="", ylabel="", title="", height=3.4, shows="", **axes):
    """Gradient descent with one weight, one panel for each path: the loss as a curve, every step as a dot on it.

    loss: a function of the weight. paths: name -> the weights at which the descent stood, the first one first.
    shows: what is to be seen, for those who cannot see it. axes: settings such as ylim, for all panels, as in
    `Axes.set`. Steps that leave the panel are not drawn.
    Introduced in notebook 01.
    """
    _some("paths", paths)
    figure, axs = plt.subplots(
        1,
        len(paths),
        figsize=(WIDTH, height),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
        FigureClass=DescribedFigure,
    )
    low, high = min(map(min, paths.values())), max(map(max, paths.values()))
    weights = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), 200)
    for ax, (name, path) in zip(axs[0], paths.items()):
        ax.plot(weights, [loss(weight) for weight in weights], color=GREY)
        ax.plot(path, [loss(weight) for weight in path], "o-", color=VERMILION, linewidth=1.4, markersize=8)
        ax.plot(path[0], loss(path[0]), "o", color=BLACK, markersize=10)
        ax.annotate(
            "start", (path[0], loss(path[0])), textcoords="offset points", xytext=(-9, 0), ha="right", va="center"
        )
        ax.set(title=name, xlabel=xlabel, **axes)
    axs[0, 0].set_ylabel(ylabel)
    if title:
        figure.suptitle(title)
    return _finish(
        figure,
        f"{title + '. ' if title else ''}{ylabel} over {xlabel} with the steps of a descent, one panel each: "
        f"{', '.join(paths)}",
        shows,
    )


def images(pictures, columns=None, vmin=None, vmax=None, cmap="gray", title="", size=None, shows=""):
    """Pictures side by side, pixels as they are: name -> (height, width) or (height, width, 3).

    columns: pictures in a row, by default all. vmin, vmax: the values drawn darkest and brightest; by default those
    of each picture, and the same distance to both sides of 0 (medium grey) where a picture has negative values.
    shows: what is to be seen, for those who cannot see it.
    Introduced in notebook 00.
    """
    _some("pictures", pictures)
    columns = min(columns or len(pictures), len(pictures))
    rows = -(-len(pictures) // columns)
    ratio = max(np.shape(p)[0] / np.shape(p)[1] for p in pictures.values())
    side = WIDTH / columns if size is None else size
    figure, axs = plt.subplots(
        rows,
        columns,
        figsize=(side * columns, rows * (side * ratio + 0.35)),
        squeeze=False,
        layout="constrained",
        FigureClass=DescribedFigure,
    )
    for ax in list(axs.flat)[len(pictures) :]:
        ax.axis("off")
    for ax, (name, picture) in zip(axs.flat, pictures.items()):
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color=GREY, linewidth=0.8)
        limits = (vmin, vmax)
        if limits == (None, None) and np.min(picture) < 0:
            limit = np.quantile(np.abs(picture), 0.99) or np.abs(picture).max()
            limits = (-limit, limit)
        ax.imshow(picture, cmap=cmap, vmin=limits[0], vmax=limits[1])
        ax.set_title(name)
    if title:
        figure.suptitle(title)
    return _finish(figure, f"{title + '. ' if title else ''}Pictures: {', '.join(pictures)}", shows)


def gradient(picture, magnitude, direction, threshold=0.25, shows=""):
    """A picture, how strong its edges are, and which way they face: where they are strong, the direction as a colour.

    direction: degrees, 0 for brighter to the right, 90 for brighter upwards. threshold: share of the largest magnitude.
    shows: what is to be seen, for those who cannot see it.
    Introduced in notebook 02.
    """
    figure, axs = plt.subplots(1, 3, figsize=(WIDTH, 3.5), layout="constrained", FigureClass=DescribedFigure)
    faces = np.round(np.asarray(direction) / 90).astype(int) % 4
    strong = np.where(magnitude > threshold * magnitude.max(), faces, np.nan)
    axs[0].imshow(picture)
    axs[1].imshow(magnitude)
    colours = ListedColormap([ORANGE, SKY, PURPLE, GREEN], name="directions").with_extremes(bad="black")
    drawn = axs[2].imshow(np.ma.masked_invalid(strong), cmap=colours, vmin=-0.5, vmax=3.5)
    for ax, name in zip(axs, ("photo", "magnitude", "brighter towards")):
        ax.set(title=name, xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    bar = figure.colorbar(drawn, ax=axs[2], ticks=range(4), shrink=0.85)
    bar.ax.set_yticklabels(["right", "up", "left", "down"])
    bar.ax.tick_params(length=0)
    return _finish(
        figure,
        "A photo, the magnitude of its gradient, and where its edges are strong a colour for the side "
        "that is brighter: right, up, left, down",
        shows,
    )


def grids(
    tables,
    highlight=None,
    title="",
    signs=None,
    size=None,
    zero_border=0,
    cmap=None,
    numbered=False,
    equal=False,
    shows="",
):
    """Arrays as grids of numbers, side by side: name -> (rows, columns).

    highlight: name -> list of (row, column, height, width, colour) frames. zero_border: width of the rim of the first
    grid that is padding, drawn grey. signs: text between two grids, one for each gap. cmap: "gray" draws the cells as
    pixels from 0 to 255; by default positive cells are tinted blue and negative ones red. NaN leaves a cell empty.
    numbered: write the numbers of rows and columns at the rim. equal: cells of the same size in all grids, so that the
    sizes of the arrays can be compared. shows: what is to be seen, for those who cannot see it.
    Introduced in notebook 02.
    """
    _some("tables", tables)
    tables = {name: _table(name, table) for name, table in tables.items()}
    shapes = [t.shape for t in tables.values()]
    total = sum(s[1] for s in shapes) + 1.2 * (len(shapes) - 1)
    cell = min(WIDTH / total, 0.75) if size is None else size
    figure, axs = plt.subplots(
        1,
        len(tables),
        figsize=(WIDTH, cell * max(s[0] for s in shapes) + 0.7),
        squeeze=False,
        width_ratios=[s[1] for s in shapes],
        layout="constrained",
        FigureClass=DescribedFigure,
    )
    for index, (ax, (name, table)) in enumerate(zip(axs[0], tables.items())):
        border = zero_border if index == 0 else 0
        _draw_grid(ax, table, name, (highlight or {}).get(name, ()), border, cmap, numbered)
        if equal:
            rows, tallest = len(table), max(s[0] for s in shapes)
            room = (tallest - rows) / 2  # above and below
            ax.set_ylim(rows + room + 0.06, -room - 0.06)
            ax.set_title(name, y=1 - room / tallest)
        if signs and index < len(signs):
            ax.annotate(
                signs[index],
                (1, 0.5),
                xycoords="axes fraction",
                xytext=(14, 0),
                textcoords="offset points",
                fontsize=28,
                ha="center",
                va="center",
                annotation_clip=False,
            )
    if title:
        figure.suptitle(title)
    return _finish(figure, f"{title + '. ' if title else ''}Grids of numbers: {', '.join(tables)}", shows)


def _draw_grid(ax, table, title="", frames=(), border=0, cmap=None, numbered=False):
    """One array as a grid of numbers on the axes `ax`; the arguments as in `grids`."""
    table = np.asarray(table)
    rows, columns = table.shape
    spread = max(float(np.nanmax(np.abs(table))), 1e-9)
    if cmap == "gray":
        ax.imshow(table, cmap="gray", vmin=0, vmax=255, extent=(0, columns, rows, 0))
    else:
        ax.imshow(table, cmap="RdBu", vmin=-1.6 * spread, vmax=1.6 * spread, extent=(0, columns, rows, 0), alpha=0.7)
    if border:
        for r in range(rows):
            for c in range(columns):
                if min(r, c, rows - 1 - r, columns - 1 - c) < border:
                    ax.add_patch(Rectangle((c, r), 1, 1, facecolor="#dddddd", edgecolor="none"))
    size = 16 if columns <= 8 else 11
    for (r, c), value in np.ndenumerate(table):
        if np.isnan(value):
            ax.add_patch(Rectangle((c, r), 1, 1, facecolor="#f2f2f2", edgecolor="none"))
            continue
        text = f"{value:.2f}".rstrip("0").rstrip(".") if table.dtype.kind == "f" else str(int(value))
        ax.text(
            c + 0.5,
            r + 0.5,
            text.replace("-", "\u2212"),
            ha="center",
            va="center",
            fontsize=size,
            color="white" if cmap == "gray" and value < 128 else BLACK,
        )
    for line in range(1, max(rows, columns)):
        if line < rows:
            ax.plot([0, columns], [line, line], color="white", linewidth=1)
        if line < columns:
            ax.plot([line, line], [0, rows], color="white", linewidth=1)
    for row, column, height, width, colour in frames:
        ax.add_patch(
            Rectangle(
                (column + 0.04, row + 0.04),
                width - 0.08,
                height - 0.08,
                fill=False,
                edgecolor=colour,
                linewidth=3.5,
                zorder=10,
            )
        )
    ax.set(xticks=[], yticks=[], title=title, aspect="equal", xlim=(-0.06, columns + 0.06), ylim=(rows + 0.06, -0.06))
    if numbered:
        ax.set_xticks(np.arange(columns) + 0.5, range(columns))
        ax.set_yticks(np.arange(rows) + 0.5, range(rows))
        ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def step(image, kernel, i, j, strides=1, names=("image", "filter", "feature map")):
    """One step of a 2D correlation: the window for output (i, j), the filter, and the value that it makes.

    The feature map shows the values up to this step, row by row.
    Introduced in notebook 02.
    """
    from utils.convolution import correlate2d

    strides = integer("strides", strides, 1)
    result = correlate2d(image, kernel, strides)
    for name, value, size in (("i", i, result.shape[0]), ("j", j, result.shape[1])):
        if integer(name, value, 0) >= size:
            raise ValueError(f"{name} must be below {size}, the size of the feature map there, got {value}")
    so_far = result.astype(float)
    so_far.flat[i * result.shape[1] + j + 1 :] = np.nan
    rows, columns = np.shape(kernel)
    frames = {names[0]: [(i * strides, j * strides, rows, columns, VERMILION)], names[2]: [(i, j, 1, 1, VERMILION)]}
    tables = dict(zip(names, (np.asarray(image), np.asarray(kernel), so_far)))
    top, left = i * strides, j * strides
    shows = (
        f"The filter lies on rows {top} to {top + rows - 1} and columns {left} to {left + columns - 1} of the "
        f"{names[0]}; {i * result.shape[1] + j + 1} of {result.size} values are there"
    )
    title = f"row {i}, column {j} of the {names[2]}: {result[i, j]}"
    return grids(tables, frames, title, signs=("\u22c6", "="), equal=True, shows=shows)


def pooling(tables, pool_size=2):
    """A map and what pooling makes of it, each window with the value it becomes: name -> array, the map first.

    Introduced in notebook 04.
    """
    names = list(tables)
    rows, columns = np.shape(tables[names[-1]])
    frames = {name: [] for name in names}
    for r, c in np.ndindex(rows, columns):
        colour = (VERMILION, BLUE, GREEN, BLACK)[2 * (r % 2) + c % 2]
        frames[names[0]].append((r * pool_size, c * pool_size, pool_size, pool_size, colour))
        for name in names[1:]:
            frames[name].append((r, c, 1, 1, colour))
    return grids(tables, frames, signs=["→"], size=0.62)


def connections(tables):
    """Which input (column) a neuron (row) reads, and with which weight: name -> number of the weight, 0 for none.

    Introduced in notebook 04.
    """
    _some("tables", tables)
    figure, axs = plt.subplots(
        1, len(tables), figsize=(WIDTH, 3.6), squeeze=False, layout="constrained", FigureClass=DescribedFigure
    )
    sentences = []
    for ax, (name, table) in zip(axs[0], tables.items()):
        table = _table(name, table).astype(int)
        weights = len(np.unique(table[table > 0]))
        ax.pcolormesh(np.ma.masked_where(table == 0, table), cmap="viridis_r", edgecolor="white", linewidth=1)
        if weights <= 40:
            for (neuron, index), weight in np.ndenumerate(table):
                dark = weight > 0.55 * weights
                ax.text(
                    index + 0.5,
                    neuron + 0.5,
                    str(weight) if weight else "",
                    ha="center",
                    va="center",
                    fontsize=11,
                    color="white" if dark else BLACK,
                )
        ax.invert_yaxis()
        ax.set(
            title=f"{name}\n{np.count_nonzero(table)} connections, {weights} weights",
            xlabel="input",
            aspect="equal",
            xticks=[],
            yticks=[],
        )
        sentences.append(f"{name} with {np.count_nonzero(table)} connections and {weights} weights")
    axs[0, 0].set_ylabel("neuron")
    return _finish(figure, "Connections between inputs and neurons: " + "; ".join(sentences))


def stages(maps, scores, title=""):
    """The way of an image through a CNN: the first four maps of each stage, then the scores of the classes.

    maps: name -> (height, width, channels). scores: (classes,).
    Introduced in notebook 04.
    """
    figure = plt.figure(figsize=(WIDTH, 5), layout="constrained", FigureClass=DescribedFigure)
    left, right = figure.subfigures(1, 2, width_ratios=[3.4, 1])
    axs = left.subplots(4, len(maps), squeeze=False)
    for column, (name, stack) in zip(axs.T, maps.items()):
        column[0].set_title(name)
        for k, ax in enumerate(column):
            ax.axis("off")
            if k < stack.shape[-1]:
                ax.imshow(stack[..., k], cmap="gray" if stack.shape[-1] == 1 else "viridis")
    ax = right.subplots()
    ax.barh(range(len(scores)), scores, color=[VERMILION if s == max(scores) else SKY for s in scores])
    ax.set(yticks=range(len(scores)), title="scores")
    ax.invert_yaxis()
    figure.suptitle(title)
    return _finish(figure, f"{title}. Columns: {', '.join(maps)}; highest score: class {int(np.argmax(scores))}")


def windows(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1, title="", values=None):
    """Along one axis: the input, the zeros that padding adds, and every window of the kernel, one line each.

    The cells hold the numbers of the pixels. values: (input_size,), what to write into them instead; then the sum of
    the values under each window stands beside it.
    Raises ValueError if there are not as many values as pixels, and for the arguments that `conv_output_size` refuses.
    Introduced in notebook 03.
    """
    from utils.arithmetic import conv_output_size, padding_amounts

    before, after = padding_amounts(input_size, kernel_size, strides, padding, dilation_rate)
    outputs = conv_output_size(input_size, kernel_size, strides, padding, dilation_rate)
    if values is not None and np.shape(values) != (input_size,):
        raise ValueError(f"values must be one number for each of {input_size} pixels, got shape {np.shape(values)}")
    labels = list(range(input_size)) if values is None else list(values)
    taps = [[k * strides + tap * dilation_rate - before for tap in range(kernel_size)] for k in range(outputs)]
    used = {pixel for window in taps for pixel in window}
    figure, ax = _figure(0.9 + 0.42 * (outputs + 1.4))
    for pixel in range(-before, input_size + after):
        inside = 0 <= pixel < input_size
        face = ("#cfe3f1" if pixel in used else "#f6c9b4") if inside else "#dddddd"
        ax.add_patch(Rectangle((pixel, 0), 1, 1, facecolor=face, edgecolor="white", linewidth=2))
        look = dict(color=BLACK, fontsize=16) if inside else dict(color="#555555", fontsize=14)
        text = str(labels[pixel]) if inside else "zero" if values is None else "0"
        ax.text(pixel + 0.5, 0.5, text, ha="center", va="center", **look)
    sums = []
    for k, window in enumerate(taps):
        look = {"facecolor": COLOURS[k % 2], "edgecolor": "none"}
        gap = 0.02 if dilation_rate == 1 else 0.05  # neighbours nearly touch; a thin band joins those that are apart
        ax.add_patch(Rectangle((window[0] + 0.5, -0.84 - k), window[-1] - window[0], 0.13, **look))
        for left in window:
            ends = [left + (0.05 if left == window[0] else gap), left + 1 - (0.05 if left == window[-1] else gap)]
            ax.add_patch(Rectangle((ends[0], -1.15 - k), ends[1] - ends[0], 0.75, **look))
        if values is not None:
            sums.append(sum(labels[pixel] for pixel in window if 0 <= pixel < input_size))
            place = (input_size + after + 0.25, -0.78 - k)
            ax.text(*place, f"sum {sums[-1]}", va="center", fontsize=16, color=COLOURS[k % 2], fontweight="bold")
    room = 0.3 if values is None else 1.4  # for the sums
    ax.set(
        xlim=(-before - 0.3, input_size + after + room), ylim=(-outputs - 0.6, 1.2), xticks=[], yticks=[], title=title
    )
    ax.set_ylabel("windows", labelpad=8)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ignored = input_size - len(used & set(range(input_size)))
    return _finish(
        figure,
        f"{title}. {outputs} windows of {kernel_size} over {input_size} pixels, "
        f"{before} zeros before, {after} after, {ignored} pixels unused",
        f"Sums of the windows: {', '.join(map(str, sums))}" if sums else "",
    )


def blocks(image_shape, kernel_size, filters, strides=1, padding="valid", title=""):
    """A convolutional layer as blocks: the image, filters as deep as the image, a map from each filter, their stack.

    image_shape: (height, width, channels), a few pixels, since the blocks are drawn to scale. The block of an image of
    three channels is red, green and blue. A map has the colour of its filter. The first window is framed.
    Raises ValueError for a wrong image_shape, more than 4 filters, and what `conv_output_size` refuses.
    Source: lecture topics "RGB images, multiple filters" and "Terminologies". Introduced in notebook 03.
    """
    from utils.arithmetic import conv_output_size

    if np.shape(image_shape) != (3,):
        raise ValueError(f"image_shape must be (height, width, channels), got {image_shape!r}")
    height, width, depth = (integer("image_shape", n, 1) for n in image_shape)
    if integer("filters", filters, 1) > 4:
        raise ValueError(f"filters must be at most 4, the number that can be drawn, got {filters}")
    size = integer("kernel_size", kernel_size, 1)
    rows, columns = conv_output_size((height, width), size, strides, padding)
    channels = ["#e7a39b", "#a5d3a2", "#a3bfe6"] if depth == 3 else ["#d6d6d6"] * depth
    shades = [to_hex(0.45 + 0.55 * np.array(to_rgb(colour))) for colour in COLOURS[:filters]]
    gap, pitch = 0.28 * max(width, 4), max(size + 0.3 * depth, rows + 0.3) + 1.6
    total = max(filters * pitch, height + 2.5)
    figure, ax = _figure(5.2)
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
    return _finish(
        figure,
        f"{title + '. ' if title else ''}An image of {height} × {width} × {depth}; {filters} filters of "
        f"{size} × {size} × {depth}, each as deep as the image; {filters} maps of {rows} × {columns}, one from each "
        f"filter, which stacked are the output of {rows} × {columns} × {filters}",
    )


def _draw_block(ax, left, top, width, height, colours, edge=BLACK, linewidth=1.2):
    """A box seen from the front, above and the right, one slice for each colour; returns where it ends on the right."""
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
    ax.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=18, shrinkA=0, shrinkB=0, color=GREY, linewidth=2)
    )


def learning_curves(table, value="loss", validation=False, title="", over="epoch", levels=(), targets=(), **axes):
    """How training went: one line for each network, the median over its seeds, in a band from lowest to highest.

    table: what `utils.training.train` returns, with the columns "name", "seed", "epoch" and `value`.
    validation: draw the column "val_" + value too, dashed. over: another column in place of "epoch".
    levels: name -> value, to compare with, such as what `utils.baselines.trivial` reaches; dotted lines.
    targets: name -> value, to be reached from above; thin lines, with a dot where a solid line first gets below.
    axes: settings such as ylim, yscale, as in `Axes.set`.
    Raises ValueError for a table without rows or without one of these columns.
    Introduced in notebook 04.
    """
    columns = [value, f"val_{value}"] if validation else [value]
    missing = [column for column in ("name", "seed", over, *columns) if column not in table]
    if missing or not len(table):
        lack = f"the column {missing[0]!r}; its columns are: {', '.join(table)}" if missing else "at least one row"
        raise ValueError(f"table must have {lack}")
    figure, ax = _figure(4.2)
    for order, (name, runs) in enumerate(table.groupby("name", sort=False)):
        colour = COLOURS[order % len(COLOURS)]
        for column, style in zip(columns, ("-", "--")):
            seeds = runs.groupby(over)[column]
            ax.plot(seeds.median(), style, color=colour, label=name if style == "-" else None)
            ax.fill_between(seeds.min().index, seeds.min(), seeds.max(), color=colour, alpha=0.2, linewidth=0)
    if validation:
        for style, name in (("-", "training"), ("--", "validation")):
            ax.plot([], [], style, color=GREY, label=name)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel=over, ylabel=value.replace("val_", "validation "), title=title, **axes)
    for name, level in dict(levels).items():
        ax.axhline(level, color=BLACK, linestyle=":", label=f"{name}: {level:.2f}")
    solid = [line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]
    for target in dict(targets).values():
        ax.axhline(target, color=GREY, linewidth=1.2, zorder=0)
        for line in solid:
            if place := _first_below(line, target, log=ax.get_yscale() == "log"):
                ax.plot(place, target, "o", color=line.get_color(), markersize=11, zorder=20)
    if targets:
        ax.plot([], [], "o-", color=GREY, linewidth=1.2, markersize=11, label=f"reaches {', '.join(targets)}")
    seeds = table["seed"].nunique()
    spread = f"median of {seeds} seeds,\nband: lowest to highest" if seeds > 1 else None
    if len(ax.get_legend_handles_labels()[0]) > 1 or spread:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title=spread, alignment="left", title_fontsize=13)
    curves = f"{value}{' of training and validation' if validation else ''}"
    names = ", ".join(map(str, table["name"].unique()))
    return _finish(
        figure,
        f"{title + '. ' if title else ''}Lines of {curves} over {'the epochs' if over == 'epoch' else over}"
        f"{f', {spread}' if spread else ''}: {names}{_compared(levels)}"
        f"{'; a dot where a line reaches ' + ', '.join(targets) if targets else ''}",
    )


def _first_below(line, target, log):
    """Where a falling line of a figure first reaches a value; None if it never does, or begins below."""
    x, y = line.get_data()
    below = np.asarray(y) < target
    if below[0] or not below.any():
        return None
    after = int(below.argmax())
    ends = [y[after - 1], target, y[after]]
    start, reached, end = np.log(ends) if log else ends  # so that the point lies on the line as it is drawn
    return x[after - 1] + (x[after] - x[after - 1]) * (start - reached) / (start - end)


def dots(table, value="accuracy", panels=None, levels=(), title="", text="{:.0%}", **axes):
    """Who does how well: a row for each contender, a dot for each seed, and the median as a number.

    table: a DataFrame with the columns "name", "seed" and `value`; the order of the names is that of the rows.
    panels: a column, such as "labels per class", whose values get a panel each, side by side.
    levels: name -> value, to compare with, such as what `utils.baselines.trivial` reaches; dotted vertical lines. With
        panels, name -> {value of the column: value}.
    text: how the medians are written. axes: settings such as xlim, as in `Axes.set`.
    Raises ValueError for a table without rows or without one of these columns.
    Introduced in notebook 04.
    """
    columns = ["name", "seed", value, *([panels] if panels else [])]
    if missing := [column for column in columns if column not in table]:
        raise ValueError(f"table must have the column {missing[0]!r}; its columns are: {', '.join(map(str, table))}")
    if not len(table):
        raise ValueError("table must have at least one row")
    names = list(dict.fromkeys(table["name"]))
    parts = list(dict.fromkeys(table[panels])) if panels else [None]
    figure, axs = plt.subplots(
        1,
        len(parts),
        figsize=(WIDTH, 1.5 + 0.55 * len(names)),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
        FigureClass=DescribedFigure,
    )
    for ax, part in zip(axs[0], parts):
        rows = table if part is None else table[table[panels] == part]
        for place, (name, colour) in enumerate(zip(names, itertools.cycle(COLOURS))):
            values = rows.loc[rows["name"] == name, value]
            ax.plot(values, np.full(len(values), place), "o", color=colour, markersize=9, alpha=0.55)
            ax.plot([values.median()] * 2, [place - 0.22, place + 0.22], color=colour, linewidth=4)
            ax.annotate(
                text.format(values.median()),
                (values.median(), place - 0.22),
                textcoords="offset points",
                xytext=(0, 3),
                ha="center",
                fontsize=13,
                color=colour,
                bbox={"boxstyle": "square,pad=0.1", "color": "white"},  # where it stands on a dotted line
            )
        for level in dict(levels).values():
            ax.axvline(level if part is None else level[part], color=BLACK, linestyle=":", zorder=0)
        ax.set(title="" if part is None else f"{part} {panels}", xlabel=value, **axes)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) + (0.3 if levels else -0.4), -0.7)
        ax.tick_params(axis="y", length=0)
    for ax, part in zip(axs[0], parts):  # now that the limits of all panels, which are the same, are known
        for name, level in dict(levels).items():
            level = level if part is None else level[part]
            left, right = ax.get_xlim()
            place = (level - left) / (right - left)  # near a rim of the panel the label must not cross it
            side, gap = ("left", 5) if place < 0.3 else ("right", -5) if place > 0.7 else ("center", 0)
            ax.annotate(
                f"{name} {text.format(level)}",
                (level, len(names) - 0.2),
                textcoords="offset points",
                xytext=(gap, 0),
                ha=side,
                va="center",
                fontsize=13,
                backgroundcolor="white",
            )
    if title:
        figure.suptitle(title)
    each = f", one panel for each of {', '.join(map(str, parts))} {panels}" if panels else ""
    return _finish(
        figure,
        f"{title + '. ' if title else ''}{value} of {', '.join(map(str, names))}: a dot for each of "
        f"{table['seed'].nunique()} seeds, and the median{each}{_compared(levels)}",
    )


def _compared(levels):
    """What a description says about the levels that a figure compares with."""
    return f"; dotted: {', '.join(dict(levels))}" if levels else ""


def confusion(matrix, class_names, title=""):
    """How often each class (row) was taken for each class (column): mistakes stand out, the diagonal stays quiet.

    matrix: (classes, classes) counts, rows true, columns predicted, as from sklearn.metrics.confusion_matrix.
    Raises ValueError if it is not square, holds anything but counts, or has another number of class names.
    Introduced in notebook 05.
    """
    matrix = _table("matrix", matrix)
    classes = len(class_names)
    if matrix.shape != (classes, classes) or matrix.dtype.kind not in "iu" or matrix.min() < 0:
        raise ValueError(
            f"matrix must hold counts of shape ({classes}, {classes}), one row and one column for each class name, "
            f"got {matrix.dtype} of shape {matrix.shape}"
        )
    figure, ax = plt.subplots(figsize=(7.6, 7), layout="constrained", FigureClass=DescribedFigure)
    mistakes = np.where(np.eye(classes, dtype=bool), 0, matrix)
    strength = mistakes / max(mistakes.max(), 1)
    orange = np.array(to_rgb(VERMILION))
    cell, digits = 72 * 6 / classes, len(str(matrix.max()))  # points, roughly
    for (row, column), count in np.ndenumerate(matrix):
        shade = strength[row, column]
        face = "#dce6ec" if row == column else to_hex((1 - shade) * np.array(to_rgb("#f4f4f4")) + shade * orange)
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=face, edgecolor="white", linewidth=2))
        ax.text(
            column,
            row,
            str(count) if count else "",
            ha="center",
            va="center",
            fontsize=min(16, 0.43 * cell, 1.25 * cell / digits),
            color="white" if shade > 0.8 else BLACK if shade else "#666666",
            fontweight="bold" if shade else "normal",
        )
    long = max(len(str(name)) for name in class_names) > 3
    ax.set_xticks(range(classes), class_names, rotation=45 if long else 0, ha="right" if long else "center")
    ax.set_yticks(range(classes), class_names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    edge = (-0.5, classes - 0.5)
    ax.set(xlabel="predicted", ylabel="true", title=title, aspect="equal", xlim=edge, ylim=edge[::-1])
    return _finish(
        figure, f"{title + '. ' if title else ''}Confusion matrix of {classes} classes: rows true, columns predicted"
    )


def bars(values, xlabel="", title="", highlight=(), text="{:,}", log=False):
    """Horizontal bars with their numbers: name -> number.

    highlight: names drawn in another colour. text: how the number is written, as in str.format. log: logarithmic
    axis; the numbers must be above 0 then.
    Raises ValueError for negative numbers, and for names to highlight that have no bar.
    Introduced in notebook 06.
    """
    _some("values", values)
    if min(values.values()) < 0 or (log and min(values.values()) == 0):
        raise ValueError(f"values must be {'above 0 for log=True' if log else '0 or more'}, got {values}")
    unknown = [name for name in highlight if name not in values]
    if unknown:
        raise ValueError(f"highlight must name bars, got {unknown[0]!r}; the bars are: {', '.join(map(str, values))}")
    figure, ax = _figure(0.9 + 0.46 * len(values))
    colours = [VERMILION if name in highlight else BLUE for name in values]
    drawn = ax.barh([str(name) for name in values], list(values.values()), color=colours, height=0.7)
    ax.bar_label(drawn, [text.format(value) for value in values.values()], padding=6)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel=xlabel, title=title, xscale="log" if log else "linear")
    if not log:  # the numbers say it all
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
    shown = ", ".join(f"{name} {text.format(value)}" for name, value in values.items())
    return _finish(figure, f"{title + '. ' if title else ''}Bars{' of ' + xlabel if xlabel else ''}: {shown}")


def graph(model, title="", highlight=()):
    """The layers of a small Keras model as boxes, from top to bottom, and the way of the data as arrows.

    A box says the layer's name and kind: "Conv2D 3×3/2 → 64" has windows of 3×3, stride 2, and puts out 64 maps.
    An arrow that skips layers to meet another branch is drawn around them: a shortcut. Where names are long, "…" stands
    for the name of the last layer, which in `utils.models` is that of its block.
    highlight: names of layers; the arrows to and from them are drawn as thick and red as a shortcut.
    Raises ValueError for a model that is not functional or Sequential, for one with more than 14 layers or more than 6
    branches, which nobody could read, and for a name that no layer has.
    Introduced in notebook 07.
    """
    from utils.layer_graph import layer_graph

    boxes, arrows = layer_graph(model)
    if strange := set(highlight) - {box.name for box in boxes}:
        raise ValueError(
            f"highlight must hold names of layers, got {sorted(strange)[0]!r}; the layers are: "
            + ", ".join(box.name for box in boxes)
        )
    rows = 1 + boxes[-1].row
    columns = 1 + round(
        2 * max([box.column for box in boxes] + [column for arrow in arrows for _, column in arrow.via])
    )
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

    figure, ax = _figure(rows * (height + gap) + 0.3)
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
    return _finish(figure, f"{title + '. ' if title else ''}Graph of {len(boxes)} layers: {', '.join(edges)}{shown}")


def _draw_boxes(ax, boxes, width, height):
    """boxes: (box, x, y), the middle of the upper edge. In flat boxes the words stand side by side."""
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
    """Names of layers; where one is long, with "…" for the name of their block, which its last layer has."""
    names, block = [box.name for box in boxes], boxes[-1].name
    if max(map(len, names)) <= 14:
        return names
    return [f"…{name.removeprefix(block)}" if name.startswith(f"{block}_") else name for name in names]


def reading(row, scores, window, strides, class_names, centres=(), title=""):
    """What a network says about every window of a row of characters: the row, and below it the scores by class.

    row: (height, width). scores: (windows, classes), for windows of `window` columns that begin every `strides`
    columns; negative ones are drawn as 0. The best class of each window gets a dot. centres: columns of the row to be
    marked by a line, such as the middles of the characters.
    Raises ValueError if there are not as many rows of scores as windows, or another number of class names.
    Introduced in notebook 05.
    """
    row, scores = _table("row", row), _table("scores", scores)
    windows = (row.shape[1] - window) // strides + 1
    if scores.shape != (windows, len(class_names)):
        raise ValueError(
            f"scores must have a row for each of the {windows} windows and a column for each of the "
            f"{len(class_names)} classes, got shape {scores.shape}"
        )
    height = 0.9 * WIDTH * row.shape[0] / row.shape[1]  # inches, so that pixels are about square
    figure, axs = plt.subplots(
        2,
        1,
        figsize=(WIDTH, height + 3.9),
        sharex=True,
        height_ratios=[height, 3.2],
        layout="constrained",
        FigureClass=DescribedFigure,
    )
    axs[0].imshow(row, extent=(0, row.shape[1], row.shape[0], 0), aspect="auto")
    axs[0].axis("off")
    left, bottom = (window - strides) / 2, scores.shape[1] - 0.5
    extent = (left, left + windows * strides, bottom, -0.5)
    heat = axs[1].imshow(np.maximum(scores.T, 0), cmap="viridis", extent=extent, aspect="auto", vmin=0)
    middles = left + strides * (np.arange(windows) + 0.5)
    axs[1].plot(middles, scores.argmax(axis=1), "o", color=VERMILION, markersize=7, markeredgecolor="white")
    for ax in axs:
        ax.vlines(centres, *ax.get_ylim(), color=ORANGE, linestyle="--", linewidth=2)
    axs[1].set_yticks(range(scores.shape[1]), class_names)
    axs[1].set(xlabel="middle of the window (pixel)", ylabel="class", xlim=(0, row.shape[1]))
    axs[1].set_ylim(bottom, -0.5)
    figure.colorbar(heat, ax=axs, label="score", fraction=0.03, anchor=(0, 0), shrink=0.6)
    figure.suptitle(title)
    best = [class_names[k] for k in scores.argmax(axis=1)]
    return _finish(
        figure,
        f"{title}. A row of characters, below it the score of each class for {windows} windows; best: {' '.join(best)}",
    )


def patches_and_projections(maps, title="", headings=None, shows="", right=None):
    """What excites some maps of a layer most, and what a deconvnet makes of it: one row for each map.

    maps: name -> (patches, projections), two lists of as many pictures (height, width, 3) between 0 and 1, or uint8.
    headings: over the two halves, where they hold other pictures. shows: what is to be seen, for those who cannot
    see it. right: name -> two lists of a mark for each picture: True for a tick and a thick frame, False for a cross
    and a pale picture, None for no mark.
    Raises ValueError if the lists of all maps do not have the same length, and if there are not as many marks.
    Source: the two pictures for each layer in Zeiler & Fergus 2013, arXiv:1311.2901, figure 2.
    Introduced in notebook 06.
    """
    _some("maps", maps)
    lengths = {len(pictures) for both in maps.values() for pictures in both}
    if len(lengths) != 1 or not max(lengths):
        raise ValueError(f"maps must have as many patches as projections, at least one, got {sorted(lengths)}")
    sides = headings or ("what excites it most", "projected back to pixels")
    figure, count = _two_sides(maps, sides, title), max(lengths)
    if right is not None:
        if set(right) != set(maps) or {len(marks) for both in right.values() for marks in both} != lengths:
            raise ValueError(
                f"right must have a mark for each of the {count} pictures on both sides of {', '.join(maps)}"
            )
        _mark(figure, [mark for name in maps for side in right[name] for mark in side])
    return _finish(
        figure,
        f"{title + '. ' if title else ''}For each of {', '.join(maps)}: "
        + (
            f"{count} pictures on the left, {headings[0]}, and {count} on the right, {headings[1]}"
            if headings
            else f"{count} pieces of images on the left, what excites the map in each of them on the right"
        )
        + (_counted(right, sides) if right else ""),
        shows,
    )


def _mark(figure, marks):
    """Say of each picture whether it is right: by a tick or a cross, its frame, and how pale it is."""
    for ax, mark in zip((ax for ax in figure.axes if ax.images), marks, strict=True):
        if mark is None:
            continue
        colour = GREEN if mark else VERMILION
        if mark:
            ax.spines[:].set(color=colour, linewidth=4)
        else:
            ax.images[0].set_alpha(0.35)
        place = dict(xycoords="axes fraction", ha="center", va="center", color="white", fontsize=11, weight="bold")
        disc = dict(boxstyle="circle,pad=0.15", facecolor=colour, edgecolor="white")
        ax.annotate("\u2713" if mark else "\u2717", (0.88, 0.86), bbox=disc, **place)


def _counted(right, sides):
    """What a description says about the marks: how many of each side are right."""
    texts = []
    for number, side in enumerate(sides):
        marks = [mark for both in right.values() for mark in both[number] if mark is not None]
        texts.append(f"{sum(marks)} of {len(marks)} {side}")
    return f"; marked with a tick, as right: {', '.join(texts)}; the others have a cross and are pale"


def made_and_found(maps, title="", headings=("an image made for it", "the pieces that excite it most"), shows=""):
    """One picture, such as an image made for a map, and pieces of images that excite it most; one row for each map.

    maps: name -> (made, pieces), a picture (height, width, 3) and a list of as many pieces for each map, between 0 and
    1. In a row, the pieces are drawn at one scale. headings: over the picture and over the pieces; the first may have
    two lines. shows: what is to be seen, for those who cannot see it.
    Raises ValueError if not all maps have the same number of pieces, at least one.
    Introduced in notebook 05.
    """
    _some("maps", maps)
    lengths = {len(pieces) for _, pieces in maps.values()}
    if len(lengths) != 1 or not max(lengths):
        raise ValueError(f"maps must have as many pieces each, at least one, got {sorted(lengths)}")
    rows = {name: ([made], pieces) for name, (made, pieces) in maps.items()}
    figure = _two_sides(rows, headings, title)
    return _finish(
        figure,
        f"{title + '. ' if title else ''}For each of {', '.join(' '.join(name.split()) for name in maps)}: "
        f"{headings[0]} on the left, {headings[1]} on the right, {max(lengths)} of them",
        shows,
    )


def _two_sides(rows, headings, title):
    """Pictures on a left and on a right side: name -> (left, right), lists of the same lengths in all rows."""
    left, right = (len(pictures) for pictures in next(iter(rows.values())))
    side = (WIDTH - 1.1) / (left + right + 0.4)
    figure, axs = plt.subplots(
        len(rows),
        left + 1 + right,
        figsize=(WIDTH, (side + 0.06) * len(rows) + 0.9),
        squeeze=False,
        width_ratios=[1] * left + [0.25] + [1] * right,
        layout="constrained",
        FigureClass=DescribedFigure,
    )
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
    for row, (name, sides) in zip(axs, rows.items()):
        row[left].axis("off")
        for axes, pictures in zip((row[:left], row[left + 1 :]), sides):
            largest = max(max(np.shape(picture)[:2]) for picture in pictures)
            for ax, picture in zip(axes, pictures):
                ax.imshow(picture, vmin=0, vmax=1)
                height, width = np.shape(picture)[:2]
                ax.set(xticks=[], yticks=[], xlim=np.array([-0.5, 0.5]) * largest + (width - 1) / 2)
                ax.set_ylim(np.array([0.5, -0.5]) * largest + (height - 1) / 2)
                ax.spines[:].set(visible=True, color=GREY, linewidth=0.8)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for column, heading in zip((0, left + 1), headings):
        lines = max(heading.count("\n") for heading in headings)
        axs[0, column].set_title(" " + "\n " * lines)  # room for the heading, which is wider than its column
        place = dict(xycoords="axes fraction", xytext=(0, 7), textcoords="offset points")
        axs[0, column].annotate(heading, (0, 1), fontsize=15, **place).set_in_layout(False)
    if title:
        figure.suptitle(title)
    return figure


def _some(name, mapping):
    if not isinstance(mapping, dict) or not mapping:
        raise ValueError(f'{name} must be a dict with at least one entry, {{"name": values}}, got {mapping!r}')


def _table(name, values):
    table = np.asarray(values)
    if table.ndim != 2 or table.dtype.kind not in "biuf" or not table.size:
        raise ValueError(f"table {name!r} must have rows and columns of numbers, got shape {table.shape}")
    return table


def _figure(height):
    return plt.subplots(figsize=(WIDTH, height), layout="constrained", FigureClass=DescribedFigure)


def _finish(figure, description, shows=""):
    plt.close(figure)  # otherwise the notebook would show it a second time
    figure.description = " ".join(f"{description}{'. ' if shows else ''}{shows}".split())
    return figure


def _png(figure):
    """The figure as PNG bytes without transparency, in grey where it has no colours: about half as large."""
    from io import BytesIO

    from PIL import Image

    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 0})
    picture = Image.open(drawn).convert("RGB")
    grey = picture.convert("L")
    (grey if grey.convert("RGB").tobytes() == picture.tobytes() else picture).save(small, "png")
    return small.getvalue(), {"alt": figure.description}
