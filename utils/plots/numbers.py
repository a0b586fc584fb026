"""Small arrays as grids of numbers: the steps of convolution and pooling, connections and mistakes."""

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
    as_text,
    check_not_empty,
    check_table,
    finish,
    new_figure,
)
from utils.validation import integer, real_array


def grids(
    tables,
    *,
    frames=(),
    zero_border=(),
    signs=(),
    numbered=False,
    equal=False,
    as_pixels=False,
    cell_size=None,
    title="",
    shows="",
):
    """Write arrays as grids of numbers, side by side.

    Args:
        tables: Name -> (rows, columns) numbers; NaN leaves a cell empty. Positive cells are tinted blue, negative red.
        frames: Name -> list of frames (row, column, height, width, colour).
        zero_border: Name -> width of the rim that is padding, drawn grey.
        signs: Texts between two grids, one for each gap.
        numbered: True to write the numbers of rows and columns at the rim.
        equal: True for cells of the same size in all grids, so that the sizes of the arrays can be compared.
        as_pixels: True to draw the cells as grey pixels from 0 to 255.
        cell_size: In inches; by default as large as the page allows, at most 0.75.
        title: Above all grids.
        shows: A description of the picture, for readers who cannot see it.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For anything but tables of numbers, and for frames or borders of a table that is not there.

    Introduced in notebook 02.
    """
    check_not_empty("tables", tables)
    tables = {name: check_table(name, table) for name, table in tables.items()}
    frames, zero_border = dict(frames), dict(zero_border)
    if strange := [name for name in (*frames, *zero_border) if name not in tables]:
        raise ValueError(f"frames and zero_border must name tables, got {strange[0]!r}; they are: {', '.join(tables)}")
    heights, widths = zip(*(table.shape for table in tables.values()))
    tallest = max(heights)
    cell = cell_size or min(WIDTH / (sum(widths) + 1.2 * (len(widths) - 1)), 0.75)
    size = dict(height=cell * tallest + 0.7, columns=len(tables), width_ratios=widths)
    figure, axs = new_figure(**size, title=title, squeeze=False)
    for ax, (name, table) in zip(axs[0], tables.items()):
        _draw_grid(ax, table, frames.get(name, ()), zero_border.get(name, 0), as_pixels, numbered)
        room = (tallest - len(table)) / 2 if equal else 0  # above and below
        ax.set_ylim(len(table) + room + 0.06, -room - 0.06)
        ax.set_title(name, y=1 - room / tallest if equal else None)
    look = dict(xycoords="axes fraction", textcoords="offset points", annotation_clip=False, fontsize=28)
    for ax, sign in zip(axs[0], signs):
        ax.annotate(sign, (1, 0.5), xytext=(14, 0), ha="center", va="center", **look)
    return finish(figure, f"Grids of numbers: {', '.join(tables)}", shows, title)


def correlation_step(image, kernel, *, i, j, strides=1, names=("image", "filter", "feature map"), title=""):
    """Draw one step of a 2D correlation: the window, the filter, and the values of the map up to this step.

    Args:
        image: (height, width).
        kernel: (rows, columns).
        i, j: Row and column of the value in the feature map; its values are made row by row.
        strides: Pixels from one window to the next.
        names: Of image, filter and feature map.
        title: Above the figure; by default, the place of the value and the value.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For a place outside of the feature map.

    Introduced in notebook 02.
    """
    strides = integer("strides", strides, 1)
    result = correlate2d(image, kernel, strides=strides)
    i, j = integer("i", i, 0), integer("j", j, 0)
    for name, value, size in (("i", i, result.shape[0]), ("j", j, result.shape[1])):
        if value >= size:
            raise ValueError(f"{name} must be below {size}, the size of the feature map there, got {value}")
    so_far, done = result.astype(float), i * result.shape[1] + j + 1
    so_far.flat[done:] = np.nan
    (rows, columns), top, left = np.shape(kernel), i * strides, j * strides
    shows = (
        f"The filter lies on rows {top} to {top + rows - 1} and columns {left} to {left + columns - 1} of the "
        f"{names[0]}; {done} of {result.size} values are there"
    )
    return grids(
        dict(zip(names, (np.asarray(image), np.asarray(kernel), so_far))),
        frames={names[0]: [(top, left, rows, columns, VERMILION)], names[2]: [(i, j, 1, 1, VERMILION)]},
        signs=("\u22c6", "="),
        equal=True,
        title=title or f"row {i}, column {j} of the {names[2]}: {result[i, j]}",
        shows=shows,
    )


def pooling(tables, *, pool_size=2, title=""):
    """Draw a map beside its pooled versions, with frames of the same colour around a window and its value.

    Args:
        tables: Name -> (rows, columns); the map first, then one or several pooled versions.
        pool_size: Rows and columns of a window.
        title: Above all grids.

    Returns:
        A `DescribedFigure`.

    Introduced in notebook 04.
    """
    names, pool_size = list(tables), integer("pool_size", pool_size, 1)
    rows, columns = np.shape(tables[names[-1]])
    frames = {name: [] for name in names}
    for r, c in np.ndindex(rows, columns):
        colour = (VERMILION, BLUE, GREEN, BLACK)[2 * (r % 2) + c % 2]
        frames[names[0]].append((r * pool_size, c * pool_size, pool_size, pool_size, colour))
        for name in names[1:]:
            frames[name].append((r, c, 1, 1, colour))
    return grids(tables, frames=frames, signs=["→"], cell_size=0.62, title=title)


def windows_1d(input_size, *, kernel_size, strides=1, padding="valid", dilation_rate=1, values=None, title=""):
    """Draw the pixels along one axis, the zeros that padding adds, and every window of the kernel in a line of its own.

    Args:
        input_size: Number of pixels.
        kernel_size, strides, padding, dilation_rate: As in `conv_output_size`, for one axis.
        values: (input_size,), written into the pixels in place of their numbers; the sum of the values under each
            window then stands beside it.
        title: Above the figure.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For another number of values than pixels, and for what `conv_output_size` refuses.

    Introduced in notebook 03.
    """
    input_size, kernel_size = integer("input_size", input_size, 1), integer("kernel_size", kernel_size, 1)
    strides, dilation_rate = integer("strides", strides, 1), integer("dilation_rate", dilation_rate, 1)
    before, after = padding_amounts(input_size, kernel_size, strides, padding, dilation_rate)
    outputs = conv_output_size(input_size, kernel_size, strides, padding, dilation_rate)
    if values is not None and np.shape(values) != (input_size,):
        raise ValueError(f"values must be one number for each of {input_size} pixels, got shape {np.shape(values)}")
    labels = list(range(input_size)) if values is None else real_array("values", values, [("pixels",)]).tolist()
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
    limits = dict(xlim=(-before - 0.3, input_size + after + room), ylim=(-outputs - 0.6, 1.2))
    ax.set(**limits, xticks=[], yticks=[], title=title)
    ax.set_ylabel("windows", labelpad=8)
    ax.spines[:].set_visible(False)
    ignored = input_size - len(used & set(range(input_size)))
    text = f"{outputs} windows of {kernel_size} over {input_size} pixels, {before} zeros before, {after} after, "
    shows = f"Sums of the windows: {', '.join(map(str, sums))}" if sums else ""
    return finish(figure, f"{text}{ignored} pixels unused", shows, title)


def connection_matrix(tables, *, title=""):
    """Draw for each neuron (row) the inputs (columns) that it reads, and the weight with which it reads them.

    Args:
        tables: Name -> (neurons, inputs) ints, the number of the weight from 1, or 0 for no connection.
        title: Above all matrices.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: Without a table, and for anything but tables of numbers.

    Introduced in notebook 04.
    """
    check_not_empty("tables", tables)
    axes = [("neurons", "inputs")]
    tables = {name: real_array(f"table {name!r}", table, axes).astype(int) for name, table in tables.items()}
    figure, axs = new_figure(3.6, columns=len(tables), title=title, squeeze=False)
    sentences = []
    for ax, (name, table) in zip(axs[0], tables.items()):
        count, weights = np.count_nonzero(table), len(np.unique(table[table > 0]))
        ax.pcolormesh(np.ma.masked_where(table == 0, table), cmap="viridis_r", edgecolor="white", linewidth=1)
        for (neuron, index), weight in np.ndenumerate(table):
            if weight and weights <= 40:
                look = dict(ha="center", va="center", fontsize=11, color="white" if weight > 0.55 * weights else BLACK)
                ax.text(index + 0.5, neuron + 0.5, str(weight), **look)
        ax.invert_yaxis()
        heading = f"{name}\n{count} connections, {weights} weights"
        ax.set(title=heading, xlabel="input", aspect="equal", xticks=[], yticks=[])
        sentences.append(f"{name} with {count} connections and {weights} weights")
    axs[0, 0].set_ylabel("neuron")
    return finish(figure, "Connections between inputs and neurons: " + "; ".join(sentences), title=title)


def confusion(matrix, *, class_names, title=""):
    """Draw a confusion matrix in which mistakes stand out and the diagonal stays quiet.

    Args:
        matrix: (classes, classes) counts, rows true, columns predicted, as from sklearn.metrics.confusion_matrix.
        class_names: A name for each class.
        title: Above the figure.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For a matrix that is not square, that holds anything but counts, or that has another number of
            classes than names.

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
    cell = 72 * 6 / classes  # points, roughly
    size = min(16, 0.43 * cell, 1.25 * cell / len(str(matrix.max())))
    for (row, column), count in np.ndenumerate(matrix):
        shade = strength[row, column]
        face = "#dce6ec" if row == column else to_hex((1 - shade) * np.array(to_rgb("#f4f4f4")) + shade * orange)
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=face, edgecolor="white", linewidth=2))
        colour = "white" if shade > 0.8 else BLACK if shade else "#666666"
        look = dict(ha="center", va="center", color=colour, fontweight="bold" if shade else "normal")
        ax.text(column, row, str(count) if count else "", fontsize=size, **look)
    long = max(len(str(name)) for name in class_names) > 3
    ax.set_xticks(range(classes), class_names, rotation=45 if long else 0, ha="right" if long else "center")
    ax.set_yticks(range(classes), class_names)
    as_text([*ax.get_xticklabels(), *ax.get_yticklabels()])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    edge = (-0.5, classes - 0.5)
    ax.set(xlabel="predicted", ylabel="true", title=title, aspect="equal", xlim=edge, ylim=edge[::-1])
    return finish(figure, f"Confusion matrix of {classes} classes: rows true, columns predicted", title=title)


def _draw_grid(ax, table, frames, border, as_pixels, numbered):
    """Write one array as a grid of numbers on the axes `ax`; the arguments as in `grids`."""
    rows, columns = table.shape
    spread = max(float(np.nanmax(np.abs(table.astype(float)))), 1e-9)
    tint = dict(cmap="RdBu", vmin=-1.6 * spread, vmax=1.6 * spread, alpha=0.7)
    grey = dict(cmap="gray", vmin=0, vmax=255)
    ax.imshow(table, extent=(0, columns, rows, 0), **(grey if as_pixels else tint))
    look = dict(ha="center", va="center", fontsize=16 if columns <= 8 else 11)
    for (r, c), value in np.ndenumerate(table):
        padding = min(r, c, rows - 1 - r, columns - 1 - c) < border
        if padding or np.isnan(value):
            face = "#dddddd" if padding else "#f2f2f2"
            ax.add_patch(Rectangle((c, r), 1, 1, facecolor=face, edgecolor="none"))
        if not np.isnan(value):
            ax.text(c + 0.5, r + 0.5, _number(value), color="white" if as_pixels and value < 128 else BLACK, **look)
    ax.plot([0, columns], [range(1, rows)] * 2, color="white", linewidth=1)
    ax.plot([range(1, columns)] * 2, [0, rows], color="white", linewidth=1)
    for row, column, height, width, colour in frames:
        frame = (column + 0.04, row + 0.04), width - 0.08, height - 0.08
        ax.add_patch(Rectangle(*frame, fill=False, edgecolor=colour, linewidth=3.5, zorder=10))
    ax.set(xticks=[], yticks=[], aspect="equal", xlim=(-0.06, columns + 0.06))
    if numbered:
        ax.set_xticks(np.arange(columns) + 0.5, range(columns))
        ax.set_yticks(np.arange(rows) + 0.5, range(rows))
        ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _number(value):
    """Write a number with at most two decimals and a proper minus sign."""
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, np.floating) else str(int(value))
    return text.replace("-", "\u2212")
