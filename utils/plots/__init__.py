"""The figures of the notebooks, in one style that reads at the back of a lecture hall.

Every function returns a figure; as the last line of a cell it is shown. Each figure carries a sentence that says what
is in it: the text for screen readers, and for those who compare outputs.

Titles, the labels of axes and the names of pictures, tables and panels may hold mathematics, as in "$S_x$". The names
of classes, curves, contenders and bars are text as they are. A "$" that does not clearly enclose mathematics, such as
that of a file name or a price, is a dollar everywhere.
"""

from utils.plots.charts import bars, descent, dots, learning_curves, lines, panels
from utils.plots.networks import blocks, graph
from utils.plots.numbers import confusion, connection_matrix, correlation_step, grids, pooling, windows_1d
from utils.plots.pictures import (
    gradient,
    images,
    made_and_found,
    maps_by_stage,
    patches_and_projections,
    sliding_scores,
)
from utils.plots.style import (
    BLACK,
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    DescribedFigure,
    use_course_style,
)

__all__ = [
    "BLACK",
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SKY",
    "VERMILION",
    "WIDTH",
    "DescribedFigure",
    "bars",
    "blocks",
    "confusion",
    "connection_matrix",
    "correlation_step",
    "descent",
    "dots",
    "gradient",
    "graph",
    "grids",
    "images",
    "learning_curves",
    "lines",
    "made_and_found",
    "maps_by_stage",
    "panels",
    "patches_and_projections",
    "pooling",
    "sliding_scores",
    "use_course_style",
    "windows_1d",
]
