"""Pictures beside one another: photos, their edges, the maps of a network and the patches that excite them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from utils.plots.style import (
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    DescribedFigure,
    as_text,
    check_not_empty,
    check_picture,
    check_table,
    finish,
    new_figure,
)
from utils.validation import integer, real_array


def images(pictures, *, columns=None, size=None, cmap="gray", vmin=None, vmax=None, title="", shows=""):
    """Draw pictures side by side, pixels as they are.

    Args:
        pictures: Name -> (height, width), where NaN leaves a pixel empty, or colours (height, width, 3), whole
            numbers from 0 to 255 or floats from 0 to 1.
        columns: Pictures in a row; by default all.
        size: Width of a picture in inches; by default together as wide as the page.
        cmap: The colours of pictures without channels, as in Matplotlib.
        vmin, vmax: The values drawn darkest and brightest in pictures without channels; by default those of each
            picture, and the same distance to both sides of 0 (medium grey) where a picture has negative values.
        title: Above all pictures.
        shows: A description of the picture, for readers who cannot see it.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: Without a picture, and for colours outside of that range.

    Introduced in notebook 00.
    """
    check_not_empty("pictures", pictures)
    pictures = {name: check_picture(name, picture) for name, picture in pictures.items()}
    columns = min(integer("columns", columns, 1) if columns else len(pictures), len(pictures))
    rows = -(-len(pictures) // columns)
    ratio = max(np.shape(p)[0] / np.shape(p)[1] for p in pictures.values())
    side = WIDTH / columns if size is None else size
    grid = dict(height=rows * (side * ratio + 0.35), width=side * columns, rows=rows, columns=columns)
    figure, axs = new_figure(**grid, title=title, squeeze=False)
    for ax in list(axs.flat)[len(pictures) :]:
        ax.axis("off")
    for ax, (name, picture) in zip(axs.flat, pictures.items()):
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color=GREY, linewidth=0.8)
        limits = (vmin, vmax)
        if limits == (None, None) and np.fmin.reduce(picture, axis=None) < 0:
            sizes = np.abs(picture.astype(np.result_type(picture, np.float32)))  # in int8, -128 has no opposite
            limit = np.nanquantile(sizes, 0.99) or np.nanmax(sizes)
            limits = (-limit, limit)
        ax.imshow(picture, cmap=cmap, vmin=limits[0], vmax=limits[1])
        ax.set_title(name)
    return finish(figure, f"Pictures: {', '.join(pictures)}", shows, title)


def gradient(picture, magnitude, direction, *, threshold=0.25, title="", shows=""):
    """Draw a picture, the strength of its edges, and their direction as a colour where they are strong.

    Args:
        picture: (height, width).
        magnitude: (height, width), the strength.
        direction: (height, width) in degrees, 0 for brighter to the right, 90 for brighter upwards.
        threshold: The share of the largest magnitude above which an edge is strong.
        title: Above all pictures.
        shows: A description of the picture, for readers who cannot see it.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For other shapes, and for NaN or infinity.

    Introduced in notebook 02.
    """
    picture = check_picture("picture", picture)
    magnitude = real_array("magnitude", magnitude, [("height", "width")])
    direction = real_array("direction", direction, [("height", "width")])
    figure, axs = new_figure(3.5, columns=3, title=title)
    faces = np.round(direction / 90).astype(int) % 4
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
    text = "A photo, the magnitude of its gradient, and where its edges are strong a colour for the side "
    return finish(figure, f"{text}that is brighter: right, up, left, down", shows, title)


def maps_by_stage(maps, scores, *, title=""):
    """Draw the way of an image through a CNN: the first four maps of each stage, then the scores of the classes.

    Args:
        maps: Name of the stage -> (height, width, channels).
        scores: (classes,).
        title: Above the figure.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: For other shapes, and for NaN or infinity.

    Introduced in notebook 04.
    """
    axes = [("height", "width", "channels")]
    maps = {name: real_array(f"stage {name!r}", stack, axes) for name, stack in maps.items()}
    scores = real_array("scores", scores, [("classes",)])
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
    return finish(figure, f"Columns: {', '.join(maps)}; highest score: class {int(np.argmax(scores))}", title=title)


def sliding_scores(row, scores, *, window, strides, class_names, centres=(), title=""):
    """Draw a network's scores for every window of a row of characters, below the row.

    Args:
        row: (height, width), the picture.
        scores: (windows, classes); negative ones are drawn as 0. The best class of each window gets a dot.
        window: Columns of a window.
        strides: Columns from one window to the next.
        class_names: A name for each class.
        centres: Columns of the row to be marked by a line, such as the middles of the characters.
        title: Above the figure.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: If there are not as many rows of scores as windows, or another number of class names.

    Introduced in notebook 05.
    """
    row, scores = check_table("row", row), real_array("scores", scores, [("windows", "classes")])
    if len(centres):
        real_array("centres", centres, [("columns",)])
    window, strides = integer("window", window, 1), integer("strides", strides, 1)
    windows = (row.shape[1] - window) // strides + 1
    if scores.shape != (windows, len(class_names)):
        raise ValueError(
            f"scores must have a row for each of the {windows} windows and a column for each of the "
            f"{len(class_names)} classes, got shape {scores.shape}"
        )
    height = 0.9 * WIDTH * row.shape[0] / row.shape[1]  # inches, so that pixels are about square
    figure, axs = new_figure(height + 3.9, rows=2, sharex=True, height_ratios=[height, 3.2])
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
    as_text(axs[1].get_yticklabels())
    axs[1].set(xlabel="middle of the window (pixel)", ylabel="class", xlim=(0, row.shape[1]))
    axs[1].set_ylim(bottom, -0.5)
    figure.colorbar(heat, ax=axs, label="score", fraction=0.03, anchor=(0, 0), shrink=0.6)
    figure.suptitle(title)
    best = [class_names[k] for k in scores.argmax(axis=1)]
    text = f"A row of characters, below it the score of each class for {windows} windows; best: {' '.join(best)}"
    return finish(figure, text, title=title)


def patches_and_projections(maps, *, headings=None, correct=None, title="", shows=""):
    """Draw the patches that excite a map most beside their projections by a deconvnet: one row for each map.

    Args:
        maps: Name -> (patches, projections), two lists of as many pictures (height, width, 3) between 0 and 1, or
            uint8.
        headings: Two texts over the two halves, where they hold other pictures.
        correct: Name -> two lists with a mark for each picture: True for a tick and a thick frame, False for a cross
            and a pale picture, None for no mark.
        title: Above the figure.
        shows: A description of the picture, for readers who cannot see it.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: If the lists of all maps do not have the same length, or if there are not as many marks.

    Source: the two pictures for each layer in Zeiler & Fergus 2013, arXiv:1311.2901, figure 2.
    Introduced in notebook 06.
    """
    check_not_empty("maps", maps)
    lengths = {len(pictures) for both in maps.values() for pictures in both}
    if len(lengths) != 1 or not max(lengths):
        raise ValueError(f"maps must have as many patches as projections, at least one, got {sorted(lengths)}")
    sides = headings or ("what excites it most", "projected back to pixels")
    figure, count = _two_sides(maps, sides, title), max(lengths)
    if headings:
        text = f"{count} pictures on the left, {headings[0]}, and {count} on the right, {headings[1]}"
    else:
        text = f"{count} pieces of images on the left, what excites the map in each of them on the right"
    if correct is not None:
        if set(correct) != set(maps) or {len(marks) for both in correct.values() for marks in both} != lengths:
            names = ", ".join(maps)
            raise ValueError(f"correct must have a mark for each of the {count} pictures on both sides of {names}")
        _mark(figure, [mark for name in maps for side in correct[name] for mark in side])
        text += _counted(correct, sides)
    return finish(figure, f"For each of {', '.join(maps)}: {text}", shows, title)


def made_and_found(maps, *, headings=("an image made for it", "the pieces that excite it most"), title="", shows=""):
    """Draw one picture, such as an image made for a map, beside pieces of images that excite it: one row for each map.

    Args:
        maps: Name -> (made, pieces), a picture (height, width, 3) between 0 and 1, and a list of as many such pictures
            for each map. In a row, the pieces are drawn at one scale.
        headings: Two texts, over the picture and over the pieces; the first may have two lines.
        title: Above the figure.
        shows: A description of the picture, for readers who cannot see it.

    Returns:
        A `DescribedFigure`.

    Raises:
        ValueError: If not all maps have the same number of pieces, at least one.

    Introduced in notebook 05.
    """
    check_not_empty("maps", maps)
    lengths = {len(pieces) for _, pieces in maps.values()}
    if len(lengths) != 1 or not max(lengths):
        raise ValueError(f"maps must have as many pieces each, at least one, got {sorted(lengths)}")
    rows = {name: ([made], pieces) for name, (made, pieces) in maps.items()}
    figure = _two_sides(rows, headings, title)
    text = f"{headings[0]} on the left, {headings[1]} on the right, {max(lengths)} of them"
    return finish(figure, f"For each of {', '.join(maps)}: {text}", shows, title)


def _mark(figure, marks):
    """Give each picture that is right a tick and a frame, and each that is wrong a cross and pale colours."""
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


def _counted(correct, sides):
    """Count the pictures of each side that are right, for the description."""
    texts = []
    for number, side in enumerate(sides):
        marks = [mark for both in correct.values() for mark in both[number] if mark is not None]
        texts.append(f"{sum(marks)} of {len(marks)} {side}")
    return f"; marked with a tick, as right: {', '.join(texts)}; the others have a cross and are pale"


def _two_sides(rows, headings, title):
    """Draw pictures on a left and on a right side: name -> (left, right), lists of the same lengths in all rows."""
    rows = {
        name: [[check_picture(name, picture, bounded=True) for picture in pictures] for pictures in sides]
        for name, sides in rows.items()
    }
    left, right = (len(pictures) for pictures in next(iter(rows.values())))
    side = (WIDTH - 1.1) / (left + right + 0.4)
    grid = dict(height=(side + 0.06) * len(rows) + 0.9, rows=len(rows), columns=left + 1 + right)
    figure, axs = new_figure(**grid, title=title, width_ratios=[1] * left + [0.25] + [1] * right, squeeze=False)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
    for row, (name, sides) in zip(axs, rows.items()):
        row[left].axis("off")
        for axes, pictures in zip((row[:left], row[left + 1 :]), sides):
            largest = max(max(np.shape(picture)[:2]) for picture in pictures)
            for ax, picture in zip(axes, pictures):
                ax.imshow(picture, vmin=0, vmax=255 if picture.dtype == np.uint8 else 1)
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
    return figure
