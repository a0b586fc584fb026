"""Notebook 06: activations, and few images with augmentation and dropout.

The learning rates are compared on training images: those of the activations by training with the first three quarters
and looking at the last one, those of the few images by looking at a thousand of the images that are not among the few.
What counts is the accuracy on them; for activations its mean over all epochs, so that the fastest wins.
"""

from functools import cache, partial

import keras
import numpy as np
import pandas as pd

from records.experiments import Experiment, notebook
from utils.baselines import trivial
from utils.training import starting_point, train

RATES = (0.001, 0.003, 0.01, 0.03)
RATES_OF_SGD = (0.01, 0.03, 0.1, 0.3)
FIRST_WEIGHTS = {"ReLU": "he_normal", "tanh": "glorot_normal", "sigmoid": "glorot_normal"}
BEST_OF_SGD = {"ReLU": 0.03, "tanh": 0.1, "sigmoid": 0.01}
TARGET = 0.1  # of the training error
CONTENDERS = [("one view", 0), ("one view", 0.5), ("all views", 0), ("all views", 0.5)]  # dropout


@cache
def names():
    return notebook("06_alexnet_zfnet_vgg")


def with_sgd(activation, rate):
    """Build the network of the notebook with stochastic gradient descent and momentum, as in the paper."""
    model = names()["five_convolutions"](activation.lower(), FIRST_WEIGHTS[activation], rate)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), loss, metrics=["accuracy"])
    return model


def activations(networks, seed):
    """Epochs to the target with each activation, and the test errors at the end."""
    n, numbers = names(), {}
    x, y, x_test, y_test = n["small_train"], n["y_train"], n["small_test"], n["y_test"]
    fit = dict(epochs=n["EPOCHS"], seeds=seed, batch_size=50, validation_data=(x_test, y_test))
    for name, build in networks.items():
        table, _ = train({name: build}, x, y, **fit)
        numbers[f"{name}: epochs to {TARGET:.0%}"] = n["epochs_until"](1 - table["accuracy"], TARGET)
        numbers[f"{name}: test error"] = 1 - table["val_accuracy"].iloc[-1]
    ((method, reached),) = trivial(x, y, x_test, y_test).items()
    return numbers | {f"{method}: test error": 1 - reached}


def relu_wins(numbers):
    relu, tanh, sigmoid = (numbers[f"{name}: epochs to {TARGET:.0%}"] for name in FIRST_WEIGHTS)
    return relu < tanh < sigmoid


def rates_of_activations(build, rates):
    n, rows = names(), []
    x, y = n["small_train"], n["y_train"]
    part = 3 * len(x) // 4
    fit = dict(epochs=n["EPOCHS"], batch_size=50, validation_data=(x[part:], y[part:]))
    for name in FIRST_WEIGHTS:
        for rate in rates:
            for seed in (0, 1):
                table, _ = train({name: partial(build, name, rate)}, x[:part], y[:part], seeds=seed, **fit)
                rows.append((name, rate, seed, table["val_accuracy"].mean()))
    return pd.DataFrame(rows, columns=["contender", "rate", "seed", "validation"])


def with_adam(activation, rate):
    return names()["five_convolutions"](activation.lower(), FIRST_WEIGHTS[activation], rate)


def few_images(seed):
    """Measure accuracy and loss on test images after training with few images, and two trivial methods."""
    n, numbers = names(), {}
    tests = n["shrink"](n["middles"](n["x_test"])), n["y_test"]
    for view, drop in CONTENDERS:
        table = n["training"](view, drop, seeds=[seed], validation_data=tests)
        name = view + (", dropout" if drop else "")
        numbers[f"{name}: accuracy"], numbers[f"{name}: loss"] = table[["val_accuracy", "val_loss"]].iloc[-1]
    for view, images in n["views"].items():
        ((method, reached),) = trivial(images, n["few_labels"], *tests).items()
        numbers[f"{method}, {view}"] = reached
    return numbers


def rates_of_few_images():
    n, rows = names(), []
    others = np.setdiff1d(np.arange(len(n["x_train"])), n["few"])[:1000]
    held_out = n["shrink"](n["middles"](n["x_train"][others])), n["y_train"][others]
    for view, drop in CONTENDERS:
        network, restart = n["networks"][drop], n["restart"][drop]
        for rate in RATES:
            restart()
            network.optimizer.learning_rate = rate
            n["restart"][drop] = starting_point(network)  # from now on each training begins with this rate
            table = n["training"](view, drop, seeds=[0, 1], validation_data=held_out)
            last = table.groupby("seed")["val_accuracy"].last()
            rows += [(f"{view}, dropout {drop}", rate, seed, accuracy) for seed, accuracy in last.items()]
        n["restart"][drop] = restart
    return pd.DataFrame(rows, columns=["contender", "rate", "seed", "validation"])


@cache
def few_images_once(seed):
    """`few_images` bears on three claims."""
    return few_images(seed)


EXPERIMENTS = [
    Experiment(
        f"Five convolutions with ReLU reach a training error of {TARGET:.0%} before tanh, sigmoid does not reach it",
        lambda seed: activations(names()["activations"], seed),
        relu_wins,
        partial(rates_of_activations, with_adam, RATES),
    ),
    Experiment(
        "The same with SGD and momentum, as in the paper",
        lambda seed: activations({name: partial(with_sgd, name, rate) for name, rate in BEST_OF_SGD.items()}, seed),
        relu_wins,
        partial(rates_of_activations, with_sgd, RATES_OF_SGD),
    ),
    Experiment(
        "Ten images a class: all views are better than one view, with and without dropout",
        few_images_once,
        lambda n: (
            n["all views: accuracy"] > n["one view: accuracy"]
            and n["all views, dropout: accuracy"] > n["one view, dropout: accuracy"]
        ),
        rates_of_few_images,
    ),
    Experiment(
        "Ten images a class, all views: dropout lowers the loss on test images",
        few_images_once,
        lambda n: n["all views, dropout: loss"] < n["all views: loss"],
    ),
    Experiment(
        "Ten images a class, one view: dropout lowers the loss on test images",
        few_images_once,
        lambda n: n["one view, dropout: loss"] < n["one view: loss"],
    ),
]
