"""Seconds to learn a new task with a frozen network, to the same accuracy: prints a Markdown table. From the root:

    pytest tests/benchmarks/bench_transfer.py -n 0 --benchmark-enable

`features` once and then the head alone, against the recipe of Keras' guide (https://keras.io/guides/transfer_learning),
whose `fit` runs the frozen network in every epoch, 20 times over the training and over the test images. Both have
EfficientNet-Lite0, the guide's head, optimizer and 20 epochs, and no augmentation (with it the images differ in every
epoch, and features cannot be kept). They take turns within one process. The goal is the test accuracy that both have at
their end, the lower one of the two; on this easy task it is reached long before, when most of the time has gone into
tracing: hence the last columns. The clock contains tracing, and the features of the second contender; it leaves out
loading the network and, for the guide, preparing the images. Takes about five minutes on two cores.
"""

import os
import time

import keras
import numpy as np
import pandas as pd
import pytest
from cpuinfo import get_cpu_info
from keras import layers

from utils.datasets import load
from utils.pretrained import backbone
from utils.transfer import features

SEEDS, PER_CLASS = (0, 1, 2), 20
EPOCHS, BATCH, DROPOUT = 20, 32, 0.2
GUIDE, OURS = "frozen base in the model, run every epoch", "`features` once, then the head"


@pytest.fixture(scope="module")
def patches():
    (x, y), test, _ = load("photo_patches")
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
    """The base returns maps and stands as a layer within the model."""
    (x_train, y_train), (x_test, y_test) = train, test
    x_train, x_test = preprocess_input(x_train), preprocess_input(x_test)
    clock = Clock()
    base.trainable = False
    images = keras.Input(base.input_shape[1:])
    x = layers.GlobalAveragePooling2D()(base(images, training=False))
    return fit(head(images, x, y_train), clock, (x_train, y_train), (x_test, y_test))


def ours(base, preprocess_input, train, test):
    """The base returns vectors, which the head takes as its input."""
    (x_train, y_train), (x_test, y_test) = train, test
    clock = Clock()
    x_train = features(base, x_train, preprocess_input)
    clock.on_test_begin()
    x_test = features(base, x_test, preprocess_input)
    clock.on_test_end()
    x = keras.Input(x_train.shape[1:])
    return fit(head(x, x, y_train), clock, (x_train, y_train), (x_test, y_test))


def head(inputs, x, labels):
    x = layers.Dense(len(np.unique(labels)), activation="softmax")(layers.Dropout(DROPOUT)(x))
    return keras.Model(inputs, x)


def fit(model, clock, train, test):
    """The test accuracy after each epoch, and the clock."""
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        *train, batch_size=BATCH, epochs=EPOCHS, validation_data=test, callbacks=[clock], verbose=0
    ).history
    return np.array(history["val_accuracy"]), clock


def race(train, test, results):
    """A run of each contender for each seed, in turns; fills in what `fit` returns."""
    for seed in SEEDS:
        for name, contender, pooling in ((GUIDE, guide, None), (OURS, ours, "avg")):
            base, preprocess_input = backbone("EfficientNetLite0", train[0].shape[1:], pooling)
            base(preprocess_input(train[0][:BATCH]))  # wakes up the threads; traces nothing
            keras.utils.set_random_seed(seed)
            results.setdefault(name, []).append(contender(base, preprocess_input, train, test))


def test_seconds_to_the_same_accuracy(benchmark, capsys, patches):
    results, rows = {}, []
    benchmark.pedantic(race, (*patches, results), rounds=1)
    for seed, runs in zip(SEEDS, zip(*results.values())):
        goal = min(accuracy[-1] for accuracy, _ in runs)
        for name, (accuracy, clock) in zip(results, runs):
            first = int(np.argmax(accuracy >= goal))
            rows.append(
                [seed, name, accuracy[-1], clock.total[-1], clock.training[-1], first + 1, clock.training[first]]
            )
    columns = ["seed", "recipe", "accuracy", "all", "without tests", "epoch", "to the goal"]
    table = pd.DataFrame(rows, columns=columns).groupby("recipe", sort=False).mean()
    with capsys.disabled():
        print(f"\n\nphoto_patches, {PER_CLASS} images a class, means over {len(SEEDS)} seeds; ", end="")
        print(f"{get_cpu_info()['brand_raw']}, {os.cpu_count()} cores\n")
        print(f"| recipe | accuracy after {EPOCHS} epochs | seconds | of ours | without tests | of ours ", end="")
        print("| epoch of the goal | seconds until then | of ours |\n|:--|" + "--:|" * 8)
        for name, row in table.iterrows():
            all_of_it, training, to_goal = (
                f"{row[key]:.1f} | {row[key] / table.loc[OURS, key]:.1f}"
                for key in ("all", "without tests", "to the goal")
            )
            print(f"| {name} | {row['accuracy']:.3f} | {all_of_it} | {training} | {row['epoch']:.1f} | {to_goal} |")
    assert np.ptp(table["accuracy"]) < 0.01, "these are not two ways to the same accuracy"
