"""Notebook 04: moved digits, the use of pooling, and permuted pixels."""

import contextlib
import functools
import io

import numpy as np
import pandas as pd

from records.experiments import Experiment, notebook
from utils.baselines import nearest_neighbour, trivial

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
CONTENDERS = [
    ("dense", "centred"),
    ("dense", "moved"),
    ("dense", "permuted"),
    ("CNN, no pooling", "centred"),
    ("CNN, no pooling", "moved"),
    ("CNN, one pooling", "centred"),
    ("CNN, two poolings", "centred"),
    ("CNN, two poolings", "moved"),
    ("CNN, two poolings", "permuted"),
    ("CNN, global max", "centred"),
    ("CNN, global max", "permuted"),
    ("CNN, pool, global max", "centred"),
]
LONGER = 30  # epochs
OTHER_RATES = {  # of those that the notebook leaves out
    ("CNN, no pooling", "moved"): 0.003,
    ("CNN, global max", "moved"): 0.01,
    ("CNN, global max", "permuted"): 0.01,
}


@functools.cache
def cells():
    return notebook("04_pooling_and_properties")


def placed(digits, kind, seed):
    """Digits as the notebook places them: "centred", "moved", or centred and "permuted"."""
    x = cells()["on_canvas"](digits, far=3 if kind == "moved" else 0, seed=seed)
    return cells()["permuted"](x) if kind == "permuted" else x


@functools.cache
def test_images(kind):
    return cells()["x_test"][kind]


@functools.cache
def learned(name, kind, seed, rate=None, epochs=None):
    """Train a contender on one kind of digits, as in the notebook."""
    nb = cells()
    before = dict(nb["EPOCHS"])
    if epochs:
        nb["EPOCHS"].update(dict.fromkeys(before, epochs))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return nb["learn"](name, kind, seed, rate or OTHER_RATES.get((name, kind)))
    finally:
        nb["EPOCHS"].update(before)


def reads(name, trained_on, x, seed, **change):
    return float(cells()["accuracy"](learned(name, trained_on, seed, **change), x, cells()["labels_test"]))


def rates():
    """1,000 other training digits of MNIST choose: of the kind that the contender was trained on."""
    nb, rows = cells(), []
    digits = np.array([nb["halved"](picture) for picture in nb["pictures"][3000:, ..., 0]])
    for name, kind in CONTENDERS:
        x = placed(digits, kind, 2)
        for rate in RATES:
            for seed in (0, 1):
                right = nb["accuracy"](learned(name, kind, seed, rate), x, nb["classes"][3000:])
                rows.append({"contender": f"{name}, {kind}", "rate": rate, "seed": seed, "validation": right})
                learned.cache_clear()  # only the number is needed
    return pd.DataFrame(rows)


def moved_digits(trained_on, names):
    """Count the moved test digits that networks and the better of two trivial methods read."""

    def run(seed):
        nb = cells()
        known = trivial(nb["x_train"][trained_on], nb["labels"], test_images("moved"), nb["labels_test"])
        return {name: reads(name, trained_on, test_images("moved"), seed) for name in names} | {
            "trivial": max(known.values())
        }

    return run


def shifted(seed):
    """Trained in the middle, tested one and two pixels beside it."""
    nb, numbers = cells(), {}
    for by in (1, 2):
        x = np.roll(test_images("centred"), by, axis=2)
        for name in ("dense", "CNN, no pooling", "CNN, one pooling", "CNN, two poolings"):
            numbers[f"{name}, shift {by}"] = reads(name, "centred", x, seed)
        known = nearest_neighbour(nb["x_train"]["centred"], nb["labels"], x, nb["labels_test"])
        numbers[f"nearest neighbour, shift {by}"] = known
    return numbers


def more(better, worse):
    """Return a test: one network reads more digits than another after each shift."""
    return lambda numbers: all(numbers[f"{better}, shift {by}"] > numbers[f"{worse}, shift {by}"] for by in (1, 2))


def even_and_odd(seed):
    """Measure a pooling before the global maximum at shifts that are multiples of its stride, and at others."""
    read = {"even": [], "odd": []}
    for down in range(4):
        for right in range(4):
            x = np.roll(test_images("centred"), (down, right), axis=(1, 2))
            both_even = down % 2 == right % 2 == 0
            read["even" if both_even else "odd"].append(reads("CNN, pool, global max", "centred", x, seed))
    return {
        "both shifts even, lowest": min(read["even"]),
        "both shifts even, highest": max(read["even"]),
        "others, lowest": min(read["odd"]),
        "others, highest": max(read["odd"]),
    }


def neighbours(seed):
    nb, numbers = cells(), {}
    for kind in ("centred", "permuted"):
        for name in ("dense", "CNN, two poolings", "CNN, global max"):
            numbers[f"{name}, {kind}"] = reads(name, kind, test_images(kind), seed)
        known = nearest_neighbour(nb["x_train"][kind], nb["labels"], test_images(kind), nb["labels_test"])
        numbers[f"nearest neighbour, {kind}"] = known
    return numbers


def longer(seed):
    """Three and five times as many epochs."""
    numbers = {}
    for name in ("dense", "CNN, two poolings"):
        numbers[name] = reads(name, "moved", test_images("moved"), seed)
        numbers[f"{name}, {LONGER} epochs"] = reads(name, "moved", test_images("moved"), seed, epochs=LONGER)
    return numbers


ALL = ("dense", "CNN, no pooling", "CNN, two poolings", "CNN, global max")
EXPERIMENTS = [
    Experiment(
        "trained on moved digits, a CNN with Flatten reads more of them than a dense network, a global maximum most",
        moved_digits("moved", ALL),
        lambda n: max(n["dense"], n["trivial"]) + 0.1 < n["CNN, two poolings"] < n["CNN, global max"],
        rates,
    ),
    Experiment(
        "trained on centred digits, only the global maximum reads moved ones",
        moved_digits("centred", ALL),
        lambda n: max(v for name, v in n.items() if name != "CNN, global max") < 0.5 < n["CNN, global max"] - 0.3,
    ),
    Experiment(
        "trained on centred digits, a CNN with two poolings reads more slightly shifted ones than one without",
        shifted,
        more("CNN, two poolings", "CNN, no pooling"),
    ),
    Experiment(
        "the same with one pooling",
        shifted,
        more("CNN, one pooling", "CNN, no pooling"),
    ),
    Experiment(
        "a CNN without pooling reads more slightly shifted digits than a dense network",
        shifted,
        more("CNN, no pooling", "dense"),
    ),
    Experiment(
        "with a pooling before it, the global maximum is invariant to shifts by multiples of the stride (the rim costs "
        "less than a point), and reads fewer digits after some others",
        even_and_odd,
        lambda n: (
            n["both shifts even, highest"] - n["both shifts even, lowest"] < 0.01
            and n["others, lowest"] + 0.02 < n["both shifts even, lowest"]
        ),
    ),
    Experiment(
        "permuted pixels: the dense network reads as many digits as before, the CNN fewer",
        neighbours,
        lambda n: (
            abs(n["dense, centred"] - n["dense, permuted"]) < 0.03
            and all(n[f"{name}, permuted"] + 0.03 < n[f"{name}, centred"] for name in ALL[2:])
        ),
    ),
    Experiment(
        f"on moved digits, {LONGER} epochs do not help the dense network to come near the CNN",
        longer,
        lambda n: (
            max(n["dense"], n[f"dense, {LONGER} epochs"]) + 0.1 < min(v for k, v in n.items() if k.startswith("CNN"))
        ),
    ),
]
