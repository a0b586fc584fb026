"""Tests of utils/plots, a file for each module; here is what they share."""

import keras
import numpy as np
import pandas as pd

from utils.models.googlenet import inception_module
from utils.models.resnet import residual_block

RUNS = pd.DataFrame({"name": ["deep"] * 6 + ["shallow"] * 6, "seed": [0, 0, 1, 1, 2, 2] * 2, "epoch": [1, 2] * 6})
RUNS["loss"], RUNS["val_loss"] = [5.0, 3, 4, 1, 9, 2, 8, 8, 7, 7, 6, 6], np.arange(12.0)
COUNTS = np.array([[50, 0, 4], [1, 60, 0], [0, 8, 70]])
SEEN = {
    name: ([np.full((5, 5, 3), k) for k in (dark, 0.4)], [np.full((4, 5, 3), k) for k in (0.6, 0.8)])
    for name, dark in (("map 3", 0.1), ("map 7", 0.2))
}
FOUND = {
    "map 3": (np.full((5, 5), 0.1), [np.full((4, 2), 0.2), np.full((3, 3), 0.3)]),
    "map 7": (np.full((5, 5), 0.4), [np.full((4, 4), 0.5), np.full((4, 4), 0.6)]),
}


def block(*shape, name="block", **settings):
    x = keras.Input(shape, name="image")
    return keras.Model(x, residual_block(x, 8, name=name, **settings))


def inception(name="inception_3a"):
    x = keras.Input((28, 28, 192), name="image")
    return keras.Model(x, inception_module(x, 64, 96, 128, 16, 32, 32, name=name))


def words(texts):
    """Read the texts of a figure."""
    return [text.get_text() for text in texts]


def lies_inside(frame, text):
    """Tell if the rectangle of a text does not leave that of its frame."""
    return frame.contains(*text.min) and frame.contains(*text.max)
