"""Does the lesson of notebook 08 hold for every seed? `pytest tests/benchmarks/bench_resnet.py -n 0 -s`

For each of three seeds the plain network of 56 layers must end with a higher training error than that of 20 layers,
and the residual one of 56 with a lower one. Takes about three minutes on two cores.
"""

import keras
import numpy as np
import pytest

from utils import datasets
from utils.models import resnet_small
from utils.training import resnet_schedule, train

SEEDS, EPOCHS, BATCH, TILES = (0, 1, 2), 5, 64, 1600


@pytest.fixture(scope="module")
def errors():
    """Training error in the last epoch: a row for each seed, a column for each network."""
    (images, labels), _, names = datasets.load("photo_patches")
    small = images.reshape(-1, 4, 12, 2, 4, 12, 2, 3).mean(axis=(3, 6)).swapaxes(2, 3).reshape(-1, 12, 12, 3) / 255
    chosen = np.random.default_rng(0).permutation(len(small))[:TILES]

    def build(depth, residual):
        model = resnet_small(depth, residual, input_shape=(12, 12, 3), classes=len(names), filters=8)
        steps = EPOCHS * TILES // BATCH
        rate = resnet_schedule(steps, learning_rate=0.02, warmup_steps=steps // 10)
        model.compile(keras.optimizers.SGD(rate, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    networks = {
        f"{'residual' if residual else 'plain'} {depth}": lambda depth=depth, residual=residual: build(depth, residual)
        for depth, residual in ((20, False), (56, False), (56, True))
    }
    x, y = small[chosen].astype("float32"), labels.repeat(16)[chosen]
    table, _ = train(networks, x, y, epochs=EPOCHS, seeds=SEEDS, batch_size=BATCH)
    last = (1 - table[table["epoch"] == EPOCHS].set_index(["seed", "name"])["accuracy"]).unstack()
    print(f"\n{last.round(3)}")
    return last


@pytest.mark.parametrize("seed", SEEDS)
def test_deep_plain_is_worse_and_deep_residual_better_than_shallow(errors, seed):
    row = errors.loc[seed]
    assert row["residual 56"] < row["plain 20"] < row["plain 56"]
