"""Notebook 07: an Inception network against its rivals, on digits of several sizes."""

import functools

import pandas as pd

from records.experiments import Experiment, final_accuracy, notebook
from utils.baselines import trivial

RATES = (0.003, 0.006, 0.012, 0.024, 0.048)
nb = notebook("07_googlenet")
RECIPE = nb["EPOCHS"], 64  # epochs, batch size
FIVE = "5 × 5, deep"  # one size as well, and only in this table: filters of 5 x 5 behind a reduction to 4 maps
MIDDLES = {
    "Inception": nb["inception"],
    "no reductions": nb["no_reductions"],
    "plain": nb["plain"],
    "plain, deep": nb["plain_deep"],
    FIVE: lambda x: nb["plain_deep"](x, F=5, reduced=4),
}


@functools.cache  # two claims, one run
def several_sizes(seed):
    """Test accuracy after equally many epochs, each at its best rate."""
    x, x_test, y, y_test = nb["scaled"](nb["x_canvas"]), nb["scaled"](nb["x_new"]), nb["y_canvas"], nb["y_new"]
    contenders = nb["networks"] | {FIVE: lambda: nb["small_network"](MIDDLES[FIVE], 0.006)}
    numbers = {name: final_accuracy(build, x, y, x_test, y_test, seed, *RECIPE) for name, build in contenders.items()}
    return numbers | trivial(x, y, x_test, y_test)


def rates():
    """On the last fifth of the training images."""
    x, y, rows = nb["scaled"](nb["x_canvas"]), nb["y_canvas"], []
    cut = len(x) * 4 // 5
    for name, middle in MIDDLES.items():
        for rate in RATES:
            for seed in (0, 1, 2):
                network = functools.partial(nb["small_network"], middle, rate, images=cut)
                accuracy = final_accuracy(network, x[:cut], y[:cut], x[cut:], y[cut:], seed, *RECIPE)
                rows.append((name, rate, seed, accuracy))
    return pd.DataFrame(rows, columns=["contender", "rate", "seed", "validation"])


EXPERIMENTS = [
    Experiment(
        "at equal cost, Inception reads more digits of several sizes than filters of 3 × 3 alone, also equally deep",
        several_sizes,
        lambda found: found["Inception"] > max(found["plain"], found["plain, deep"]),
        rates,
    ),
    Experiment(
        "Inception with its reductions is within 3 points of the one without them",
        several_sizes,
        lambda found: found["Inception"] > found["no reductions"] - 0.03,
    ),
]
