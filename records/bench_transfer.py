"""Time three ways to learn a new task with a frozen network to the same accuracy, and print a Markdown table.

From the root of the repository::

    pytest records/bench_transfer.py -n 0 --benchmark-enable

The task is the one near ImageNet of notebook 09: drawings of 64 x 64 pixels, 15 labels for each of 8 kinds. The
contenders: the recipe of Keras' guide (https://keras.io/guides/transfer_learning), whose `fit` runs the frozen
network in every epoch, 20 times over the training and over the test images; `compute_features` once and then the
guide's head on them; `compute_features` once and then least squares, the first way of notebook 09. All have
EfficientNet-Lite0. The first two have the guide's head, optimizer and 20 epochs, without augmentation (with it the
images differ in every epoch, and features cannot be kept). They take turns within one process. The goal is the lowest
of the three final test accuracies; the last columns show how long a contender takes until it first reaches the goal.
The clock contains tracing and `compute_features`; it leaves out loading the network and, for the guide, preparing the
images. Takes about three minutes on two cores.
"""

import os
import time

import keras
import numpy as np
import pandas as pd
import pytest
from cpuinfo import get_cpu_info
from keras import layers
from sklearn.linear_model import RidgeClassifier

from utils.datasets import load
from utils.pretrained import backbone
from utils.transfer import compute_features

SEEDS, PER_CLASS, SIZE = (0, 1, 2), 15, 64
EPOCHS, BATCH, DROPOUT = 20, 32, 0.2
GUIDE = "frozen base in the model, run every epoch"
HEAD, RIDGE = "`compute_features`, then the head", "`compute_features`, then ridge"


@pytest.fixture(scope="module")
def drawings():
    """Return the drawings of notebook 09."""
    (x, y), test, _ = load("drawings", image_size=SIZE)
    order = np.random.default_rng(0).permutation(len(x))
    chosen = np.concatenate([order[y[order] == label][:PER_CLASS] for label in np.unique(y)])
    return (x[chosen], y[chosen]), test


class Clock(keras.callbacks.Callback):
    """Seconds since it was made, after each epoch: those of training alone, and those with its tests as well."""

    def __init__(self):
        super().__init__()
        self.start, self.testing, self.training, self.total = time.perf_counter(), 0, [], []

    def on_test_begin(self, logs=None):
        self.test_start = time.perf_counter()

    def on_test_end(self, logs=None):
        self.testing += time.perf_counter() - self.test_start

    def on_epoch_end(self, epoch, logs=None):
        self.total.append(time.perf_counter() - self.start)
        self.training.append(self.total[-1] - self.testing)


def guide(base, preprocess_input, train, test):
    """Put the base, which returns maps, as a layer into the model."""
    (x_train, y_train), (x_test, y_test) = train, test
    x_train, x_test = preprocess_input(x_train), preprocess_input(x_test)
    clock = Clock()
    base.trainable = False
    images = keras.Input(base.input_shape[1:])
    x = layers.GlobalAveragePooling2D()(base(images, training=False))
    return fit(head(images, x, y_train), clock, (x_train, y_train), (x_test, y_test))


def features_then_head(base, preprocess_input, train, test):
    """Compute the vectors of the base once, and let the head read them."""
    (x_train, y_train), (x_test, y_test) = train, test
    clock = Clock()
    x_train = compute_features(base, x_train, preprocess_input)
    clock.on_test_begin()
    x_test = compute_features(base, x_test, preprocess_input)
    clock.on_test_end()
    x = keras.Input(x_train.shape[1:])
    return fit(head(x, x, y_train), clock, (x_train, y_train), (x_test, y_test))


def features_then_ridge(base, preprocess_input, train, test):
    """Compute the vectors of the base once, and solve for their classifier: that counts as one epoch."""
    (x_train, y_train), (x_test, y_test) = train, test
    clock = Clock()
    classifier = RidgeClassifier(alpha=100).fit(compute_features(base, x_train, preprocess_input), y_train)
    clock.on_test_begin()
    accuracy = classifier.score(compute_features(base, x_test, preprocess_input), y_test)
    clock.on_test_end()
    clock.on_epoch_end(0)
    return np.array([accuracy]), clock


def head(inputs, x, labels):
    x = layers.Dense(len(np.unique(labels)), activation="softmax")(layers.Dropout(DROPOUT)(x))
    return keras.Model(inputs, x)


def fit(model, clock, train, test):
    """Return the test accuracy after each epoch, and the clock."""
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        *train, batch_size=BATCH, epochs=EPOCHS, validation_data=test, callbacks=[clock], verbose=0
    ).history
    return np.array(history["val_accuracy"]), clock


def race(train, test, results):
    """Run each contender for each seed, in turns; fill in what `fit` returns."""
    contenders = (GUIDE, guide, None), (HEAD, features_then_head, "avg"), (RIDGE, features_then_ridge, "avg")
    for seed in SEEDS:
        for name, contender, pooling in contenders:
            base, preprocess_input = backbone("EfficientNetLite0", train[0].shape[1:], pooling)
            base(preprocess_input(train[0][:BATCH]))  # wakes up the threads; traces nothing
            keras.utils.set_random_seed(seed)
            results.setdefault(name, []).append(contender(base, preprocess_input, train, test))


def test_seconds_to_the_same_accuracy(benchmark, capsys, drawings):
    results, rows = {}, []
    benchmark.pedantic(race, (*drawings, results), rounds=1)
    for runs in zip(*results.values()):
        goal = min(accuracy[-1] for accuracy, _ in runs)
        for name, (accuracy, clock) in zip(results, runs):
            first = int(np.argmax(accuracy >= goal))
            rows.append([name, accuracy[-1], clock.total[-1], clock.training[-1], first + 1, clock.training[first]])
    columns = ["recipe", "accuracy", "all", "without tests", "epoch", "to the goal"]
    table = pd.DataFrame(rows, columns=columns).groupby("recipe", sort=False).mean()
    with capsys.disabled():
        print(f"\n\ndrawings, {PER_CLASS} images a class, means over {len(SEEDS)} seeds; ", end="")
        print(f"{get_cpu_info()['brand_raw']}, {os.cpu_count()} cores\n")
        print("| recipe | accuracy | seconds | of the last | without tests | of the last ", end="")
        print("| epoch of the goal | seconds until then | of the last |\n|:--|" + "--:|" * 8)
        for name, row in table.iterrows():
            all_of_it, training, to_goal = (
                f"{row[key]:.1f} | {row[key] / table[key].iloc[-1]:.1f}"
                for key in ("all", "without tests", "to the goal")
            )
            print(f"| {name} | {row['accuracy']:.3f} | {all_of_it} | {training} | {row['epoch']:.1f} | {to_goal} |")
    assert np.ptp(table["accuracy"][[GUIDE, HEAD]]) < 0.01, "these are not two ways to the same accuracy"
