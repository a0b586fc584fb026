"""Seconds until 99 % of the test images of MNIST are read: prints a Markdown table. From the root of the repository:

    pytest tests/benchmarks/bench_lenet.py -n 0 --benchmark-enable

LeNet-5 as notebook 05 trains it, against Keras' example "Simple MNIST convnet" (https://keras.io/examples/vision/
mnist_convnet). They take turns within one process, an epoch each, so that a busy machine slows both; an epoch's time
contains its test. Needs MNIST prepared by TensorFlow Datasets (TFDS_DATA_DIR). Takes about two minutes on two cores.
"""

import os
import time

import keras
import numpy as np
import pytest
from cpuinfo import get_cpu_info
from keras import layers

from utils.datasets import load
from utils.models import lenet5

GOAL, MOST_EPOCHS = 0.99, 30
EPOCHS, BATCH = 6, {"LeNet-5": 256, "simple MNIST convnet": 128}


@pytest.fixture(scope="module")
def mnist():
    try:
        (x_train, y_train), (x_test, y_test), _ = load("mnist")
    except (ConnectionError, PermissionError) as error:
        pytest.skip(f"MNIST is needed, and is not there: {error}")
    return (x_train / np.float32(255), y_train), (x_test / np.float32(255), y_test)


def lenet():
    """As in notebook 05, section "Augmentation", for a set of 60,000 images."""
    model = lenet5((28, 28, 1), activation="relu", pool="max", classifier_activation=None)  # pads to 32 x 32
    steps = -(-60_000 // BATCH["LeNet-5"]) * EPOCHS
    warmup = steps // 6
    rate = keras.optimizers.schedules.CosineDecay(0.0008, steps - warmup, warmup_target=0.008, warmup_steps=warmup)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def convnet():
    """The published example: 34,826 parameters."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    assert model.count_params() == 34_826
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def race(train, test, seconds, epochs):
    """An epoch each, in turns, until each has reached the goal; fills in the seconds and epochs that it took."""
    keras.utils.set_random_seed(0)
    running = {"LeNet-5": lenet(), "simple MNIST convnet": convnet()}
    for epoch in range(MOST_EPOCHS):
        for name, model in list(running.items()):
            start = time.perf_counter()
            model.fit(*train, batch_size=BATCH[name], initial_epoch=epoch, epochs=epoch + 1, verbose=0)
            accuracy = model.evaluate(*test, batch_size=1000, verbose=0)[1]
            seconds[name] = seconds.get(name, 0) + time.perf_counter() - start
            if accuracy >= GOAL:
                epochs[name] = epoch + 1
                del running[name]


def test_seconds_to_the_goal(benchmark, capsys, mnist):
    seconds, epochs = {}, {}
    benchmark.pedantic(race, (*mnist, seconds, epochs), rounds=1)
    assert len(epochs) == len(seconds), f"only {list(epochs)} reached {GOAL:.0%} in {MOST_EPOCHS} epochs"
    benchmark.extra_info.update(seconds)
    with capsys.disabled():
        print(f"\n\n{GOAL:.0%} of MNIST's test images; {get_cpu_info()['brand_raw']}, {os.cpu_count()} cores\n")
        print("| network | epochs | seconds | of the convnet's time |\n|:--|--:|--:|--:|")
        for name, taken in seconds.items():
            share = taken / seconds["simple MNIST convnet"]
            print(f"| {name} | {epochs[name]} | {taken:.1f} | {share:.2f} |")
