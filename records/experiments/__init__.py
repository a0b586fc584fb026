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

from utils.training import train

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@dataclass(frozen=True)
class Experiment:
    """A claim of a notebook, and the experiment that tries it.

    Attributes:
        claim: A short sentence.
        run: Takes a seed and returns numbers by name, such as {"plain 56": 0.76}; one is the trivial method's.
        holds: Takes such numbers and returns True if they bear the claim out.
        rates: Tries at least three learning rates for each contender on validation images, which are part of the
            training images; returns a DataFrame with the columns "contender", "rate", "seed", "validation".
    """

    claim: str
    run: Callable[[int], dict[str, float]]
    holds: Callable[[dict[str, float]], bool]
    rates: Callable[[], pd.DataFrame] | None = None


def notebook(stem, **parameters):
    """Run the first cell of a notebook and those tagged "parameters" or "experiment", which define its experiments.

    Args:
        stem: Name of the notebook's file without .ipynb.
        parameters: Replace those that the cell tagged "parameters" sets, such as DATASET="mnist".

    Returns:
        A dict of all names that these cells define. Nothing is printed.

    Raises:
        KeyError: If the notebook has no such parameter.
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


def final_accuracy(build, x, y, x_test, y_test, seed, epochs, batch_size):
    """Train what `build` returns and return the accuracy on x_test after the last epoch."""
    options = dict(epochs=epochs, seeds=seed, batch_size=batch_size, validation_freq=epochs, validation_batch_size=400)
    table, _ = train({"": build}, x, y, validation_data=(x_test, y_test), **options)
    return table["val_accuracy"].iloc[-1]
