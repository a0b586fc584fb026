"""The style of all figures: colours, type, and a description that goes with each of them into the notebook.

A drawing function begins with `new_figure` and ends with `finish`.
"""

import re
import sys
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text
from PIL import Image

from utils.validation import plain_array, real_array

# Okabe & Ito's colours, which colour-blind readers can tell apart (Wong 2011, doi:10.1038/nmeth.1618).
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
BLACK, GREY = "#222222", "#999999"
COLOURS = [BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY]
BESIDE = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}  # a legend, to the right of the axes
WIDTH = 9.6  # inches; every figure is as wide as a page of a notebook


class DescribedFigure(Figure):
    """A figure that shows its description where text is all there is."""

    description = "no description"

    def __repr__(self):
        return f"<Figure: {self.description}>"


def use_course_style():
    """Set the course's style: large type, few axis lines, colour-blind-safe colours, alt text for every figure.

    It starts from Matplotlib's defaults, so that settings made before, in a style or a matplotlibrc, change no figure;
    those of windows and of the backend stay. Settings that are made afterwards, also by another library, do change the
    figures that follow: call it again then.

    Introduced in notebook 00.
    """
    plt.rcdefaults()
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
        notebook.display_formatter.formatters["image/png"].for_type(DescribedFigure, png)


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
    as_text(text for text in figure.findobj(Text) if "$" in text.get_text() and not is_mathematics(text.get_text()))
    figure.description = " ".join(f"{title + '. ' if title else ''}{description}{'. ' if shows else ''}{shows}".split())
    return figure


def legend(ax, artists, **options):
    """Draw a legend of all artists with their labels as they are: those that begin with "_" too, and "$" as a dollar.

    Args:
        ax: The axes.
        artists: Lines and the like, drawn with a label.
        options: As in `Axes.legend`.
    """
    drawn = ax.legend(artists, [artist.get_label() for artist in artists], **options)
    as_text(drawn.get_texts())


def is_mathematics(text):
    """Tell whether every "$" of a text encloses mathematics, as in "$S_x$": "costs $5 or $6" and one "$" do not.

    The opening one must be followed, and the closing one preceded, by something else than a blank; no digit may follow
    the closing one; and Matplotlib must understand what is between them.
    """
    for line in text.split("\n"):
        parts = re.split(r"(?<!\\)\$", line)
        inside, after = parts[1::2], parts[2::2]
        if len(inside) != len(after) or any(not part or part != part.strip() for part in inside):
            return False
        if any(part[:1].isdigit() for part in after):
            return False
        try:
            MathTextParser("path").parse(line)
        except ValueError:
            return False
    return True


def as_text(texts):
    """Let names be text and never mathematics: two "$" stay what they are."""
    for text in texts:
        text.set_parse_math(False)


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


def check_levels(name, numbers):
    """Refuse lines to compare with that could not be drawn.

    Args:
        name: Of the argument, for the message.
        numbers: Their places, any number of them.

    Raises:
        ValueError: For NaN, infinity and anything but numbers.
    """
    numbers = list(numbers)
    if numbers:
        real_array(name, numbers, [("lines",)])


def check_table(name, values):
    """Return rows and columns of numbers as an array.

    Args:
        name: Of the table, for the message.
        values: Anything that NumPy turns into an array (rows, columns).

    Returns:
        The array.

    Raises:
        ValueError: For anything else, masked tables and infinity included.
    """
    table = plain_array(f"table {name!r}", values)
    if table.ndim != 2 or table.dtype.kind not in "biuf" or not table.size:
        raise ValueError(f"table {name!r} must have rows and columns of numbers, got shape {table.shape}")
    if np.isinf(table).any():
        raise ValueError(f"table {name!r} contains infinity; replace it, for example with np.nan")
    return table


def check_picture(name, values, bounded=False):
    """Return a picture as it can be drawn.

    Args:
        name: Of the picture, for the message.
        values: (height, width) or (height, width, 1) numbers, NaN for pixels that stay empty; or colours (height,
            width, 3 or 4), whole numbers from 0 to 255 or floats from 0 to 1.
        bounded: True if the numbers, too, must lie in the range of colours.

    Returns:
        An array.

    Raises:
        ValueError: For anything else. Matplotlib would draw too large values white, too small ones black, and whole
            numbers that are at most 1 black.
    """
    what, pixels = f"picture {name!r}", plain_array(f"picture {name!r}", values)
    grey = pixels.ndim == 2 or pixels.shape[2:] == (1,)
    if pixels.dtype.kind not in "biuf" or not pixels.size or not (grey or pixels.shape[2:] in ((3,), (4,))):
        shape = f"{pixels.dtype} of shape {pixels.shape}"
        raise ValueError(f"{what} must hold numbers of shape (height, width) or (height, width, 3), got {shape}")
    if np.isinf(pixels).any():
        raise ValueError(f"{what} contains infinity; replace it, or np.nan leaves a pixel empty")
    if grey and not bounded:
        return pixels
    whole = pixels.dtype.kind in "iu"
    low, high, largest = pixels.min(), pixels.max(), 255 if whole else 1
    if whole and high == 1:
        raise ValueError(f"{what} holds only the whole numbers 0 and 1, nearly black; multiply it by 255")
    if not -0.01 <= low <= high <= largest + 0.01:  # what is rounded may be a little outside
        kind = f"{'whole numbers' if whole else 'floats'} from 0 to {largest}"
        raise ValueError(f"{what} must hold {kind}, got values from {low} to {high}; divide, clip or shift them")
    return pixels.astype(np.uint8) if whole else np.clip(pixels.astype(np.result_type(pixels, np.float32)), 0, 1)


def png(figure):
    """Write a figure as a PNG file, as Jupyter shows it.

    Args:
        figure: A `DescribedFigure`.

    Returns:
        (bytes, metadata): The file, without transparency, and in grey where the figure has no colours, which is about
            half as large; the metadata hold the description.
    """
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 0})
    picture = Image.open(drawn).convert("RGB")
    grey = picture.convert("L")
    (grey if grey.convert("RGB").tobytes() == picture.tobytes() else picture).save(small, "png")
    return small.getvalue(), {"alt": figure.description}
