"""Repeat the trained experiments of the notebooks over five seeds, and test their claims.

From the root of the repository:

    python -m records.experiments                all experiments, a Markdown table (hours on two cores)
    python -m records.experiments 04 08          those of two notebooks
    python -m records.experiments 08 --seeds 2
    python -m records.experiments 08 --save      and keep the table in nb08.md, beside nb08.py
    python -m records.experiments 08 --rates     the search for the learning rates

Each line of the table: the claim, the numbers (median, lowest to highest over the seeds), in how many seeds it holds.
"""

import argparse
import datetime
import importlib
import importlib.metadata
import os
import pkgutil
import platform
import sys
import time
from pathlib import Path

import pandas as pd

from records import experiments

FOLDER = Path(__file__).parent
HEAD = "| claim | numbers: median (lowest to highest) | holds in | seconds |\n|:--|:--|--:|--:|"


def main(arguments=None):
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m records.experiments", description=__doc__, formatter_class=as_written)
    parser.add_argument("notebooks", nargs="*", help="numbers, such as 04 08; default: all")
    parser.add_argument("--seeds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--save", action="store_true", help="keep the table of each notebook beside its experiments")
    parser.add_argument("--rates", action="store_true", help="search for the learning rates instead")
    options = parser.parse_args(arguments)
    found = by_notebook()
    if unknown := set(options.notebooks) - set(found):
        parser.error(f"no experiments of {', '.join(sorted(unknown))}; there are {', '.join(found)}")
    chosen = options.notebooks or list(found)
    for number in chosen:
        if options.rates:
            for experiment in found[number]:
                show_rates(number, experiment)
        else:
            rows = [row(number, experiment, range(options.seeds)) for experiment in found[number]]
            table = "\n".join([*heading(number, options.seeds), "", HEAD, *rows, ""])
            print(table, flush=True)
            if options.save:
                (FOLDER / f"nb{number}.md").write_text(table, encoding="utf-8")


def by_notebook():
    """Return the experiments of each notebook, by its number."""
    names = sorted(module.name for module in pkgutil.iter_modules(experiments.__path__) if module.name != "__main__")
    modules = [importlib.import_module(f"{experiments.__name__}.{name}") for name in names]
    return {name.removeprefix("nb"): module.EXPERIMENTS for name, module in zip(names, modules)}


def heading(number, seeds):
    """Return the lines above a table: when, and on what, it was measured."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("tensorflow", "keras", "numpy")]
    parts = [
        f"`python -m records.experiments {number} --seeds {seeds} --save`",
        f"{datetime.date.today()}",
        f"{os.cpu_count()} cores",
        f"Python {platform.python_version()}",
    ]
    return [f"# Notebook {number}: {seeds} seeds", "", ", ".join([*parts, *versions]) + "."]


def row(number, experiment, seeds):
    """Return a line of the table."""
    start, runs = time.perf_counter(), []
    for seed in seeds:
        print(f"{number}: {experiment.claim}: seed {seed}", file=sys.stderr, flush=True)
        runs.append(experiment.run(seed))
    table = pd.DataFrame(runs)
    numbers = "; ".join(
        f"{name} {values.median():.3f} ({values.min():.3f} to {values.max():.3f})" for name, values in table.items()
    )
    held = sum(bool(experiment.holds(numbers_of_a_seed)) for numbers_of_a_seed in runs)
    seconds = time.perf_counter() - start
    return f"| {experiment.claim} | {numbers} | {held} of {len(runs)} | {seconds:.0f} |"


def show_rates(number, experiment):
    """Print the validation accuracy of each contender at each rate, and the best rates."""
    if experiment.rates is None:
        return
    table = experiment.rates()
    means = table.groupby(["contender", "rate"], sort=False)["validation"].agg(["mean", "min", "max"])
    best = means["mean"].groupby("contender", sort=False).idxmax()
    print(f"\n{number}: {experiment.claim}\n\n{means.round(3).to_string()}\n\nbest: {dict(best)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
