"""AlexNet: its groups, its initial weights."""

import keras
import numpy as np
import pytest

from tests.helpers import refuses
from tests.networks import fill, outputs, photos
from utils.models import alexnet


def test_groups_of_alexnet_do_not_see_each_other():
    model = fill(alexnet(include_top=False, input_shape=(67, 67, 3)))
    two = keras.Model(model.get_layer("pool1").output, model.get_layer("conv2").output)
    x = np.abs(photos(two))
    changed = x.copy()
    changed[..., 48:] += 1  # the maps of the second group
    difference = np.abs(outputs(two, changed)[0] - outputs(two, x)[0]).max(axis=(0, 1, 2))
    assert (difference[:128] == 0).all() and (difference[128:] > 0).any()


def test_initial_weights_of_alexnet():
    model = alexnet(include_top=False, input_shape=(67, 67, 3), groups=1)
    for name, bias in {"conv1": 0, "conv2": 1, "conv3": 0, "conv4": 1, "conv5": 1}.items():
        kernel, biases = model.get_layer(name).get_weights()
        assert kernel.std() == pytest.approx(0.01, rel=0.02) and (biases == bias).all()


@pytest.mark.parametrize("groups", [3, 64, 0, 1.5, None])
def test_groups_that_do_not_divide_are_refused(groups):
    refuses(lambda: alexnet(groups=groups), "groups", str(groups))
