"""The trained experiments of the notebooks, one module for each notebook, with a list EXPERIMENTS.

The networks, data and recipes are not written a second time here: `notebook` takes them out of the notebook's cells.
"""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd
from IPython.core.inputtransformer2 import TransformerManager

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


@dataclass(frozen=True)
class Experiment:
    """One claim, and how it is tried.

    claim: what the notebook says, as a short sentence. run: seed -> numbers by name, such as {"plain 56": 0.76}; the
    trivial method's number is among them. holds: whether such numbers bear the claim out.
    rates: without arguments, tries at least three learning rates for each contender on validation images, which are
    part of the training images, and returns a DataFrame with the columns "contender", "rate", "seed", "validation".
    """

    claim: str
    run: Callable[[int], dict[str, float]]
    holds: Callable[[dict[str, float]], bool]
    rates: Callable[[], pd.DataFrame] | None = None


def notebook(stem, **parameters):
    """What the cells of a notebook define that an experiment needs, as a dict of names.

    Runs the setup cell, the cell tagged "parameters" and the cells tagged "experiment", in order, silently.
    parameters: replace those of the second cell, such as DATASET="mnist".
    Raises KeyError for a parameter that the notebook does not have.
    """
    cells = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).cells
    names = {"__name__": stem}
    with contextlib.redirect_stdout(io.StringIO()):
        for number, cell in enumerate(cell for cell in cells if cell.cell_type == "code"):
            tags = cell.metadata.get("tags", [])
            if number == 0 or {"parameters", "experiment"} & set(tags):
                exec(TransformerManager().transform_cell(cell.source), names)
            if "parameters" in tags:
                if missing := set(parameters) - set(names):
                    raise KeyError(f"{stem} has no parameter {', '.join(sorted(missing))}")
                names |= parameters
    return names
