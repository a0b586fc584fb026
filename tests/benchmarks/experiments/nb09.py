"""Notebook 09: from scratch, frozen, fine-tuned, on a task near ImageNet (drawings) and one far from it (digits).

The notebook learns with two numbers of labels per class on each task, here there are three. Of the digits, 1,200 are
there to draw from and to validate with.
"""

import contextlib
import functools
import sys

import numpy as np
import pandas as pd

from experiments import Experiment, notebook
from utils import baselines

POOL, TEST = 1200, 500
NEAR, FAR = ("drawings", (5, 10, 15)), ("mnist_5k", (5, 20, 50))
TRIED = {
    "from scratch": (0.001, 0.003, 0.01),
    "frozen": (0.001, 0.003, 0.01, 0.03),
    "fine-tuned": (0.0003, 0.001, 0.003),
}


@functools.cache
def cells():
    return notebook("09_transfer_learning", POOL=POOL, TEST=TEST)


@functools.cache
def task(name):
    """(x, y), (x_test, y_test) of a set, and the three ways to learn it."""
    train, test, names = cells()["load"](name)
    with contextlib.redirect_stdout(sys.stderr):
        return train, test, cells()["three_ways"](train[0], test[0], len(names))


def chosen_rates(name):
    return cells()["NEAR_RATES" if name == NEAR[0] else "FAR_RATES"]


@functools.cache
def run(name, count, seed):
    (x, y), (x_test, y_test), ways = task(name)
    chosen = cells()["draw"](y, count, seed)
    (trivial,) = baselines.trivial(x[chosen], y[chosen], x_test, y_test).values()
    with contextlib.redirect_stdout(sys.stderr):  # where the progress goes
        found = cells()["compare"](ways, chosen_rates(name), y, y_test, count, seed)
    return {**found, "trivial": trivial}


def run_longer(name, count, seed):
    """The small network three times as long, beside the better of the two that know ImageNet."""
    (_, y), (_, y_test), ways = task(name)
    found = run(name, count, seed)
    small, epochs = ways["from scratch"], 3 * cells()["EPOCHS"]
    small.learn(cells()["draw"](y, count, seed), y, chosen_rates(name)["from scratch"], epochs, seed)
    return {"best of frozen and fine-tuned": max(found["frozen"], found["fine-tuned"]),
            "from scratch, 60 epochs": small.accuracy(y_test)}  # fmt: skip


def rates(name, counts, seeds=(0, 1)):
    """Accuracies on validation images: training images that were not drawn, at most 600."""
    (_, y), _, ways = task(name)
    rows = []
    for count in counts:
        for seed in seeds:
            chosen = cells()["draw"](y, count, seed)
            validation = np.setdiff1d(np.arange(len(y)), chosen)[:600]
            for contender, way in ways.items():
                for rate in TRIED[contender]:
                    way.learn(chosen, y, rate, cells()["EPOCHS"], seed)
                    accuracy = way.accuracy(y[validation], way.inputs[validation])
                    rows.append({"contender": contender, "rate": rate, "seed": seed, "validation": accuracy})
    return pd.DataFrame(rows)


def frozen_first(found):
    return found["frozen"] > found["from scratch"] and found["frozen"] > found["trivial"]


def tuning_first(found):
    others = found["frozen"], found["from scratch"], found["trivial"]
    return found["fine-tuned"] > max(others) and found["frozen"] < found["from scratch"]


def frozen_last(found):
    return found["frozen"] < min(found["from scratch"], found["fine-tuned"])


def experiments(kind, name, counts, claim, holds, searched=()):
    for count in counts:
        search = functools.partial(rates, name, searched) if searched and count == counts[0] else None
        yield Experiment(f"{kind}, {count} labels a class: {claim}", functools.partial(run, name, count), holds, search)


EXPERIMENTS = [
    *experiments("drawings", *NEAR, "frozen beats from scratch and trivial", frozen_first, searched=(5, 10)),
    *experiments("digits", FAR[0], FAR[1][:1], "fine-tuned beats all, frozen loses", tuning_first, searched=(5, 20)),
    *experiments("digits", FAR[0], FAR[1][1:], "frozen loses to from scratch and to fine-tuned", frozen_last),
    Experiment(
        "drawings, 15 labels a class: three times the epochs do not let the small network catch up",
        functools.partial(run_longer, NEAR[0], 15),
        lambda found: found["from scratch, 60 epochs"] < found["best of frozen and fine-tuned"] - 0.03,
    ),
    Experiment(
        "digits, 20 labels a class: three times the epochs let the small network catch up",
        functools.partial(run_longer, FAR[0], 20),
        lambda found: found["from scratch, 60 epochs"] > found["best of frozen and fine-tuned"] - 0.03,
    ),
]
