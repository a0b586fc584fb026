"""Progress that looks the same in every run."""

import keras
import numpy as np

from utils.training import Dots


def test_one_dot_an_epoch_on_one_line(capsys):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 1)), epochs=5, verbose=0, callbacks=[Dots("a line")])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("a line") and lines[0].endswith(" ..... 5 epochs")
