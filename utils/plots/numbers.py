"""Small arrays as grids of numbers: what convolution and pooling compute, and what was counted."""

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Rectangle

from utils.arithmetic import conv_output_size, padding_amounts
from utils.convolution import correlate2d
from utils.plots.style import (
    BLACK,
    BLUE,
    COLOURS,
    GREEN,
    VERMILION,
    WIDTH,
    check_not_empty,
    check_table,
    finish,
    new_figure,
)
from utils.validation import integer


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
    check_not_empty("tables", tables)
    tables = {name: check_table(name, table) for name, table in tables.items()}
    shapes = [t.shape for t in tables.values()]
    total = sum(s[1] for s in shapes) + 1.2 * (len(shapes) - 1)
    cell = min(WIDTH / total, 0.75) if size is None else size
    figure, axs = new_figure(
        cell * max(s[0] for s in shapes) + 0.7,
        columns=len(tables),
        title=title,
        width_ratios=[s[1] for s in shapes],
        squeeze=False,
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
    return finish(figure, f"Grids of numbers: {', '.join(tables)}", shows, title)


def step(image, kernel, i, j, strides=1, names=("image", "filter", "feature map")):
    """One step of a 2D correlation: the window for output (i, j), the filter, and the value that it makes.

    The feature map shows the values up to this step, row by row.
    Introduced in notebook 02.
    """
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


def windows(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1, title="", values=None):
    """Along one axis: the input, the zeros that padding adds, and every window of the kernel, one line each.

    The cells hold the numbers of the pixels. values: (input_size,), what to write into them instead; then the sum of
    the values under each window stands beside it.
    Raises ValueError if there are not as many values as pixels, and for the arguments that `conv_output_size` refuses.
    Introduced in notebook 03.
    """
    before, after = padding_amounts(input_size, kernel_size, strides, padding, dilation_rate)
    outputs = conv_output_size(input_size, kernel_size, strides, padding, dilation_rate)
    if values is not None and np.shape(values) != (input_size,):
        raise ValueError(f"values must be one number for each of {input_size} pixels, got shape {np.shape(values)}")
    labels = list(range(input_size)) if values is None else list(values)
    taps = [[k * strides + tap * dilation_rate - before for tap in range(kernel_size)] for k in range(outputs)]
    used = {pixel for window in taps for pixel in window}
    figure, ax = new_figure(0.9 + 0.42 * (outputs + 1.4))
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
    return finish(
        figure,
        f"{title}. {outputs} windows of {kernel_size} over {input_size} pixels, "
        f"{before} zeros before, {after} after, {ignored} pixels unused",
        f"Sums of the windows: {', '.join(map(str, sums))}" if sums else "",
    )


def connections(tables):
    """Which input (column) a neuron (row) reads, and with which weight: name -> number of the weight, 0 for none.

    Introduced in notebook 04.
    """
    check_not_empty("tables", tables)
    figure, axs = new_figure(3.6, columns=len(tables), squeeze=False)
    sentences = []
    for ax, (name, table) in zip(axs[0], tables.items()):
        table = check_table(name, table).astype(int)
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
    return finish(figure, "Connections between inputs and neurons: " + "; ".join(sentences))


def confusion(matrix, class_names, title=""):
    """How often each class (row) was taken for each class (column): mistakes stand out, the diagonal stays quiet.

    matrix: (classes, classes) counts, rows true, columns predicted, as from sklearn.metrics.confusion_matrix.
    Raises ValueError if it is not square, holds anything but counts, or has another number of class names.
    Introduced in notebook 05.
    """
    matrix = check_table("matrix", matrix)
    classes = len(class_names)
    if matrix.shape != (classes, classes) or matrix.dtype.kind not in "iu" or matrix.min() < 0:
        raise ValueError(
            f"matrix must hold counts of shape ({classes}, {classes}), one row and one column for each class name, "
            f"got {matrix.dtype} of shape {matrix.shape}"
        )
    figure, ax = new_figure(7, width=7.6)
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
    return finish(figure, f"Confusion matrix of {classes} classes: rows true, columns predicted", title=title)


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
