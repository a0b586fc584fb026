"""Notebook 09: four ways to learn a task near ImageNet (drawings) and one far from it (digits) from few labels.

The notebook learns with one and with two numbers of labels per class, here there are three. Of the digits, 1,200 are
there to draw from and to validate with.
"""

import contextlib
import functools
import sys

import numpy as np
import pandas as pd

from records.experiments import Experiment, notebook
from utils import baselines

POOL, TEST = 1200, 500
NEAR, FAR = ("drawings", (5, 10, 15)), ("mnist_5k", (5, 10, 20))
TRIED = {
    "from scratch": (0.001, 0.003, 0.01, 0.03),
    "frozen": (0.0003, 0.001, 0.003, 0.01, 0.03),
    "cut off": (0.0003, 0.001, 0.003, 0.01, 0.03),
    "fine-tuned": (0.0001, 0.0003, 0.001),
}


@functools.cache
def cells():
    return notebook("09_transfer_learning", POOL=POOL, TEST=TEST)


@functools.cache
def task(name):
    """Return (x, y), (x_test, y_test) of a set, and the ways to learn it."""
    train, test, names = cells()["load"](name)
    with contextlib.redirect_stdout(sys.stderr):
        return train, test, cells()["ways_to_learn"](train[0], test[0], len(names))


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


@functools.cache
def run_longer(name, count, seed):
    """Train all ways three times as long."""
    (_, y), (_, y_test), ways = task(name)
    chosen, found = cells()["draw"](y, count, seed), {}
    for contender, way in ways.items():
        way.learn(chosen, y, chosen_rates(name)[contender], epochs=3 * cells()["EPOCHS"], seed=seed)
        found[contender] = way.accuracy(y_test)
    return {**found, "trivial": run(name, count, seed)["trivial"]}


def rates(name, counts, seeds=(0, 1)):
    """Measure on validation images: training images that were not drawn, at most 600."""
    (_, y), _, ways = task(name)
    rows = []
    for count in counts:
        for seed in seeds:
            chosen = cells()["draw"](y, count, seed)
            validation = np.setdiff1d(np.arange(len(y)), chosen)[:600]
            for contender, way in ways.items():
                for rate in TRIED[contender]:
                    way.learn(chosen, y, rate, epochs=cells()["EPOCHS"], seed=seed)
                    accuracy = way.accuracy(y[validation], way.inputs[validation])
                    rows.append({"contender": contender, "rate": rate, "seed": seed, "validation": accuracy})
    return pd.DataFrame(rows)


def pretrained_first(found):
    return min(found["frozen"], found["cut off"], found["fine-tuned"]) > max(found["from scratch"], found["trivial"])


def frozen_last(found):
    return found["frozen"] < min(found["from scratch"], found["cut off"], found["fine-tuned"])


def early_features_first(found):
    """Compare: the two ways without the last blocks as ImageNet left them are ahead of all others."""
    others = found["frozen"], found["from scratch"], found["trivial"]
    return min(found["cut off"], found["fine-tuned"]) > max(others)


def experiments(kind, name, counts, claim, holds, searched=(), how=run):
    for count in counts:
        search = functools.partial(rates, name, searched) if searched and count == counts[0] else None
        yield Experiment(f"{kind}, {count} labels a class: {claim}", functools.partial(how, name, count), holds, search)


ALL, LAST, EARLY = (
    "whatever knows ImageNet beats from scratch and trivial",
    "frozen is last of the four",
    "cut off and fine-tuned beat all others",
)
EXPERIMENTS = [
    *experiments("drawings", *NEAR, ALL, pretrained_first, searched=(5, 10)),
    *experiments("digits", FAR[0], FAR[1][:1], EARLY, early_features_first, searched=(5, 10)),
    *experiments("digits", FAR[0], FAR[1][1:], LAST, frozen_last),
    *experiments("drawings, three times the epochs", NEAR[0], (5,), ALL, pretrained_first, how=run_longer),
    *experiments("digits, three times the epochs", FAR[0], (5,), EARLY, early_features_first, how=run_longer),
    *experiments("digits, three times the epochs", FAR[0], (20,), LAST, frozen_last, how=run_longer),
]
