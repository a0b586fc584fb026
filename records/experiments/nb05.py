"""Notebook 05: new writers, and distorted digits."""

import pandas as pd

from records.experiments import Experiment, final_accuracy, notebook
from utils.baselines import nearest_neighbour, trivial

RATES = (0.001, 0.003, 0.01, 0.03)
nb = notebook("05_lenet")
WRITERS_EPOCHS = 6


def writers(seed):
    """LeNet-5 and the nearest neighbour, tested with writers whose digits were learned, and with new ones."""
    numbers = {}
    for name, (known, unknown) in nb["splits"](seed).items():
        table = nb["read_writers"](seed, name, WRITERS_EPOCHS, split=seed)
        x, y = nb["x_few"], nb["y_few"]
        numbers[f"{name} writers"] = table["test accuracy"].iloc[-1]
        numbers[f"{name} writers, nearest neighbour"] = nearest_neighbour(x[known], y[known], x[unknown], y[unknown])
    return numbers


def writers_rates():
    """On the last fifth of the digits to learn from, of other writers where the order is kept."""
    rows = []
    for name in ("known", "new"):
        for rate in RATES:
            for seed in (0, 1):
                part = nb["splits"](seed)[name][0]
                cut = len(part) * 4 // 5
                x, y, learn, check = nb["x_few"], nb["y_few"], part[:cut], part[cut:]
                schedule = nb["falling"](rate, learn, WRITERS_EPOCHS, 32)
                accuracy = final_accuracy(
                    lambda: nb["lenet"](schedule, x), x[learn], y[learn], x[check], y[check], seed, WRITERS_EPOCHS, 32
                )
                rows.append((f"{name} writers", rate, seed, accuracy))
    return pd.DataFrame(rows, columns=["contender", "rate", "seed", "validation"])


def distorted(seed):
    """Train as many updates on images as they are and on distorted ones; test with 1,000 images."""
    x, y, x_test, y_test = (nb[name] for name in ("x_learn", "y_learn", "x_digits", "y_test"))
    recipe = nb["epochs"], nb["batch_size"]
    numbers = {name: final_accuracy(new, x, y, x_test, y_test, seed, *recipe) for name, new in nb["contenders"].items()}
    return numbers | trivial(x, y, x_test, y_test)


def distorted_rates():
    """On the other 2,000 training images."""
    x, y, others, rows = nb["x_learn"], nb["y_learn"], nb["prepared"](nb["x_train"][2000:]), []
    epochs, batch_size = nb["epochs"], nb["batch_size"]
    for name, layers in {"as they are": tuple, "distorted": nb["distortions"]}.items():
        for rate in RATES:
            for seed in (0, 1):
                schedule = nb["falling"](rate, x, epochs, batch_size)
                accuracy = final_accuracy(
                    lambda: nb["lenet"](schedule, x, augmentation=layers()),
                    *(x, y, others, nb["y_train"][2000:]),
                    *(seed, epochs, batch_size),
                )
                rows.append((name, rate, seed, accuracy))
    return pd.DataFrame(rows, columns=["contender", "rate", "seed", "validation"])


EXPERIMENTS = [
    Experiment(
        "LeNet-5 makes more mistakes with new writers than with those whose digits it has learned",
        writers,
        lambda found: found["new writers"] < found["known writers"],
        writers_rates,
    ),
    Experiment(
        "after as many updates, LeNet-5 reads more test digits if it learns distorted ones",
        distorted,
        lambda found: found["distorted"] > found["as they are"],
        distorted_rates,
    ),
]
