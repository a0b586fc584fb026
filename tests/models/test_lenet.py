"""LeNet-5 as in textbooks, and what it shares with the network of 1998."""

import numpy as np
import pytest

from tests.helpers import refuses
from tests.networks import fill, outputs, photos
from utils.convolution import conv2d, pool2d
from utils.models import lenet5, lenet5_1998, lenet_1998


def test_connections_of_the_textbook_network():
    table = lenet_1998.count_connections(lenet5((28, 28, 1))).set_index("layer")
    assert table.loc["S2"].tolist() == [14 * 14 * 6 * 4, 0]
    assert table.loc["C3"].tolist() == [10 * 10 * 16 * 151, 2_416]
    assert table.loc["output"].tolist() == [850, 850]
    assert table["parameters"].sum() == 61_706


def test_lenet5_pads_28_to_32():
    small, large = fill(lenet5((28, 28, 2), classes=3)), fill(lenet5((32, 32, 2), classes=3))
    x = photos(small)
    np.testing.assert_allclose(*outputs(small, x), *outputs(large, np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))))
    assert small.get_layer("padding").output.shape[1:] == (32, 32, 2)


def test_lenet5_in_its_modern_form():
    model = fill(lenet5(activation="relu", pool="max", classifier_activation=None))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = photos(model, 1)[0]
    for name in ("C1", "S2", "C3", "S4", "C5"):
        x = pool2d(x, 2) if name[0] == "S" else np.maximum(conv2d(x, *weights[name]), 0)
    x = np.maximum(x.ravel() @ weights["F6"][0] + weights["F6"][1], 0)
    (y,) = outputs(model, photos(model, 1))
    np.testing.assert_allclose(y[0], x @ weights["output"][0] + weights["output"][1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("network", [lenet5, lenet5_1998], ids=lambda network: network.__name__)
def test_bad_arguments_of_the_lenets(network):
    for shape in ((27, 27, 1), (30, 30, 1), (28, 32, 1), (64, 64, 3)):
        refuses(lambda: network(shape), f"input_shape={shape}", "32 x 32 or 28 x 28", "resize")
    refuses(lambda: network((32, 32)), "input_shape must be (height, width, channels)", "(32, 32)")
    refuses(lambda: network(classes=0), "classes must be at least 1, got 0")


def test_further_bad_arguments_of_the_lenets():
    refuses(lambda: lenet5_1998(classes=11), "classes must be at most 10", "got 11")
    refuses(lambda: lenet5(pool="min"), "pool must be", '"average" or "max"', "'min'")
    refuses(lambda: lenet5(activation="rely"), "activation must be", "'rely'", '"relu"')
    refuses(lambda: lenet5(classifier_activation=3), "classifier_activation must be", "3")
