"""The style of all figures: colours, type, and a description that goes with each of them into the notebook.

A drawing function begins with `new_figure` and ends with `finish`.
"""

import sys
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

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
    """Set the course's style: large type, few axis lines, colour-blind-safe colours, alt text for every figure.

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
            "date.converter": "concise",
            "figure.facecolor": "white",
            "axes.facecolor": "white",
        }
    )
    notebook = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    if notebook:
        notebook.display_formatter.formatters["image/png"].for_type(DescribedFigure, _png)


def new_figure(height, rows=1, columns=1, title="", width=WIDTH, **options):
    """Return a figure that can be described, and its axes.

    Args:
        height: In inches.
        rows: Number of axes above one another.
        columns: Number of axes side by side.
        title: Text above all axes; empty for none.
        width: In inches.
        options: As in `plt.subplots`.

    Returns:
        (figure, axes): The axes are an array if there are several, or for squeeze=False.
    """
    size = dict(figsize=(width, height), layout="constrained", FigureClass=DescribedFigure)
    figure, axes = plt.subplots(rows, columns, **size, **options)
    if title:
        figure.suptitle(title)
    return figure, axes


def finish(figure, description, shows="", title=""):
    """Close a figure, so that a notebook does not show it a second time, and describe it.

    Args:
        figure: A `DescribedFigure`.
        description: The kind of figure, and the names of its parts.
        shows: The message of the picture, which follows the description.
        title: Stands before the description; empty for none.

    Returns:
        The figure, for the last line of a cell.
    """
    plt.close(figure)
    figure.description = " ".join(f"{title + '. ' if title else ''}{description}{'. ' if shows else ''}{shows}".split())
    return figure


def check_not_empty(name, mapping):
    """Refuse anything but a dict with at least one entry.

    Args:
        name: Of the argument, for the message.
        mapping: The argument.

    Raises:
        ValueError: For anything else.
    """
    if not isinstance(mapping, dict) or not mapping:
        raise ValueError(f'{name} must be a dict with at least one entry, {{"name": values}}, got {mapping!r}')


def check_table(name, values):
    """Return rows and columns of numbers as an array.

    Args:
        name: Of the table, for the message.
        values: Anything that NumPy turns into an array (rows, columns).

    Returns:
        The array.

    Raises:
        ValueError: For anything else.
    """
    table = np.asarray(values)
    if table.ndim != 2 or table.dtype.kind not in "biuf" or not table.size:
        raise ValueError(f"table {name!r} must have rows and columns of numbers, got shape {table.shape}")
    return table


def _png(figure):
    """Return PNG bytes without transparency, in grey where the figure has no colours: about half as large."""
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 0})
    picture = Image.open(drawn).convert("RGB")
    grey = picture.convert("L")
    (grey if grey.convert("RGB").tobytes() == picture.tobytes() else picture).save(small, "png")
    return small.getvalue(), {"alt": figure.description}
