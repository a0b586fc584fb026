"""Notebook 08: more layers, plain and residual, with SGD and with Adam; training longer; removing a block."""

import functools
import sys

import keras
import numpy as np
import pandas as pd

from records.experiments import Experiment, notebook
from utils.models.block_removal import removable_blocks, without_block
from utils.models.resnet import resnet_schedule
from utils.training import starting_point, train

NETWORKS = {"plain 20": (20, False), "plain 56": (56, False), "residual 20": (20, True), "residual 56": (56, True)}
TRIED = {"SGD": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3), "Adam": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)}
BEST = {  # what --rates finds
    "SGD": {"plain 20": 0.1, "plain 56": 0.01, "residual 20": 0.1, "residual 56": 0.03},
    "Adam": {"plain 20": 0.01, "plain 56": 0.01, "residual 20": 0.03, "residual 56": 0.01},
}
LONGER = 4  # times as many epochs


@functools.cache
def notebook_08(epochs=None):
    """Return all that notebook 08 defines, with its number of epochs or another one."""
    return notebook("08_resnet") if epochs is None else notebook("08_resnet", EPOCHS=epochs)


def network(name, optimizer, rate, cells):
    """Return a function that builds and compiles a network of NETWORKS."""
    depth, residual = NETWORKS[name]
    if optimizer == "SGD":
        return lambda: cells["build"](depth, residual, cells["sgd"](rate))
    schedule = resnet_schedule(cells["STEPS"], rate)
    return lambda: cells["build"](depth, residual, keras.optimizers.Adam(schedule))


def errors(model, cells):
    """Measure a trained network on training and test images."""
    error, images, labels = cells["error"], cells["x"][:400], cells["y"][:400]
    return {"training": error(model, images, labels), "test": error(model, cells["x_new"], cells["y_new"])}


def errors_without_blocks(model, cells):
    """Measure the same, and on training images if one block is removed."""
    error, images, labels = cells["error"], cells["x"][:400], cells["y"][:400]
    blocks, removed = removable_blocks(model), []
    for block in (blocks[place] for place in np.linspace(0, len(blocks) - 1, 7).astype(int)):
        with without_block(model, block):
            removed.append(error(model, images, labels))
    return errors(model, cells) | {
        "without the first block": removed[0],
        "without another block": float(np.median(removed[1:])),
    }


@functools.cache
def trained(optimizer, names, five, longer=1):
    """(name, seed) -> the errors of a network: a DataFrame. five: 0 for the seeds 0 to 4, 1 for 5 to 9, ...

    Five seeds at a time, for the training step is compiled once for all of them.
    """
    cells = notebook_08()
    epochs = longer * cells["EPOCHS"]
    cells = cells if longer == 1 else notebook_08(epochs)
    networks = {name: network(name, optimizer, BEST[optimizer][name], cells) for name in names}
    table, _ = train(
        networks,
        cells["x"],
        cells["y"],
        epochs=epochs,
        batch_size=cells["BATCH"],
        seeds=range(5 * five, 5 * five + 5),
        measure=lambda model: (errors_without_blocks if optimizer == "SGD" else errors)(model, cells),
    )
    return table.dropna(subset="test").set_index(["name", "seed"])


def depths(optimizer, seed):
    """Measure the four networks on training and test images, and a trivial method on the test images."""
    found = trained(optimizer, tuple(NETWORKS), seed // 5).xs(seed, level="seed")
    numbers = {f"{name}, {part}": found.loc[name, part] for part in ("training", "test") for name in NETWORKS}
    return numbers | {f"{name}, test": error for name, error in notebook_08()["trivial"].items()}


def depth_hurts_plain_networks_only(numbers):
    return (
        numbers["plain 56, training"] > numbers["plain 20, training"]
        and numbers["residual 56, training"] < numbers["plain 20, training"]
        and abs(numbers["residual 56, training"] - numbers["residual 20, training"]) < 0.05
    )


def longer(seed):
    found = trained("SGD", tuple(NETWORKS), seed // 5)
    deep = trained("SGD", ("plain 56",), seed // 5, LONGER)
    return {
        "plain 20, training": found.loc[("plain 20", seed), "training"],
        f"plain 56 with {LONGER} times the epochs, training": deep.loc[("plain 56", seed), "training"],
    }


def longer_residual(seed):
    short = trained("SGD", tuple(NETWORKS), seed // 5)
    long = trained("SGD", ("residual 20",), seed // 5, LONGER)
    return {
        "residual 20, test": short.loc[("residual 20", seed), "test"],
        f"residual 20 with {LONGER} times the epochs, test": long.loc[("residual 20", seed), "test"],
        **{f"{name}, test": error for name, error in notebook_08()["trivial"].items()},
    }


def removed(seed):
    found = trained("SGD", tuple(NETWORKS), seed // 5).xs(seed, level="seed")
    parts = {"training": "whole", "without the first block": "first block removed",
             "without another block": "another one removed"}  # fmt: skip
    return {f"{name}, {text}": found.loc[name, part]
            for name in ("plain 20", "residual 20", "residual 56") for part, text in parts.items()}  # fmt: skip


class Scheduled(keras.callbacks.Callback):
    """Sets the learning rate of each step, so that one compiled step serves for all rates."""

    def __init__(self, schedule):
        super().__init__()
        self.rates = iter([float(schedule(step)) for step in range(notebook_08()["STEPS"])])

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = next(self.rates)


def rates(optimizer, seeds=(0, 1)):
    """Measure each network at each learning rate on the validation images."""
    cells, rows = notebook_08(), []
    make = {"SGD": lambda: keras.optimizers.SGD(1.0, momentum=0.9), "Adam": lambda: keras.optimizers.Adam(1.0)}
    for name, (depth, residual) in NETWORKS.items():
        model = cells["build"](depth, residual, make[optimizer]())
        restart = starting_point(model)
        for seed in seeds:
            for rate in TRIED[optimizer]:
                keras.utils.set_random_seed(seed)
                restart(new=cells["build"](depth, residual, "sgd"))
                schedule = Scheduled(resnet_schedule(cells["STEPS"], rate))
                fit = dict(batch_size=cells["BATCH"], epochs=cells["EPOCHS"], verbose=0, callbacks=[schedule])
                model.fit(cells["x"], cells["y"], **fit)
                validation = 1 - cells["error"](model, cells["x_val"], cells["y_val"])
                rows.append({"contender": name, "rate": rate, "seed": seed, "validation": validation})
                print(rows[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


EXPERIMENTS = [
    Experiment(
        "with SGD, 56 plain layers learn worse than 20, and 56 residual ones better than 20 plain ones and as well as "
        "20 residual ones",
        functools.partial(depths, "SGD"),
        depth_hurts_plain_networks_only,
        functools.partial(rates, "SGD"),
    ),
    Experiment(
        "the same with Adam",
        functools.partial(depths, "Adam"),
        depth_hurts_plain_networks_only,
        functools.partial(rates, "Adam"),
    ),
    Experiment(
        f"56 plain layers stay behind 20 even with {LONGER} times as many epochs",
        longer,
        lambda numbers: min(numbers, key=numbers.get) == "plain 20, training",
    ),
    Experiment(
        f"with {LONGER} times as many epochs 20 residual layers err on fewer new digits, and on fewer than the nearest "
        "neighbour",
        longer_residual,
        lambda numbers: min(numbers, key=numbers.get) == f"residual 20 with {LONGER} times the epochs, test",
    ),
    Experiment(
        "without one block (not the first) a residual network errs by less than 15 points more, a plain one by more",
        removed,
        lambda numbers: (
            all(
                numbers[f"residual {depth}, another one removed"] < numbers[f"residual {depth}, whole"] + 0.15
                for depth in (20, 56)
            )
            and numbers["plain 20, another one removed"] > numbers["plain 20, whole"] + 0.15
        ),
    ),
]
