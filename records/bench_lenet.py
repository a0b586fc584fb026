"""Time LeNet-5 until it reads 99 % of MNIST's test images, and print a Markdown table.

From the root of the repository::

    pytest records/bench_lenet.py -n 0 --benchmark-enable

LeNet-5 as notebook 05 trains it competes with Keras' example "Simple MNIST convnet"
(https://keras.io/examples/vision/mnist_convnet). They take turns within one process, an epoch each, so that a busy
machine slows both; an epoch's time contains its test. Needs MNIST prepared by TensorFlow Datasets (TFDS_DATA_DIR).
Takes about two minutes on two cores.
"""

import os
import time

import keras
import pytest
from cpuinfo import get_cpu_info
from keras import layers

from records.experiments import notebook

GOAL, MOST_EPOCHS = 0.99, 30


@pytest.fixture(scope="module")
def lenet():
    """Return all that notebook 05, section "Augmentation", defines for a set of 60,000 images."""
    try:
        return notebook("05_lenet", DATASET="mnist", IMAGES=60_000)
    except (ConnectionError, PermissionError) as error:
        pytest.skip(f"MNIST is needed, and is not there: {error}")


def convnet():
    """Build the published example: 34,826 parameters."""
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


def race(lenet, seconds, epochs):
    """Train an epoch each, in turns, until each has reached the goal; fill in the seconds and epochs that it took."""
    keras.utils.set_random_seed(0)
    learn, test = lenet["x_learn"], lenet["x_digits"]
    running = {  # the model, its batches, and how many pixels at each side it does without
        "LeNet-5": (lenet["contenders"]["as they are"](), lenet["batch_size"], slice(None)),
        "simple MNIST convnet": (convnet(), 128, slice(2, -2)),
    }
    for epoch in range(MOST_EPOCHS):
        for name, (model, batch_size, inner) in list(running.items()):
            x, x_test = learn[:, inner, inner], test[:, inner, inner]
            start = time.perf_counter()
            model.fit(x, lenet["y_learn"], batch_size=batch_size, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
            accuracy = model.evaluate(x_test, lenet["y_test"], batch_size=1000, verbose=0)[1]
            seconds[name] = seconds.get(name, 0) + time.perf_counter() - start
            if accuracy >= GOAL:
                epochs[name] = epoch + 1
                del running[name]


def test_seconds_to_the_goal(benchmark, capsys, lenet):
    seconds, epochs = {}, {}
    benchmark.pedantic(race, (lenet, seconds, epochs), rounds=1)
    assert len(epochs) == len(seconds), f"only {list(epochs)} reached {GOAL:.0%} in {MOST_EPOCHS} epochs"
    benchmark.extra_info.update(seconds)
    with capsys.disabled():
        print(f"\n\n{GOAL:.0%} of MNIST's test images; {get_cpu_info()['brand_raw']}, {os.cpu_count()} cores\n")
        print("| network | epochs | seconds | of the convnet's time |\n|:--|--:|--:|--:|")
        for name, taken in seconds.items():
            share = taken / seconds["simple MNIST convnet"]
            print(f"| {name} | {epochs[name]} | {taken:.1f} | {share:.2f} |")
