"""LeNet-5 of 1998: the counts of the paper, the network by hand, its loss."""

import keras
import numpy as np
import pytest

from tests.helpers import refuses
from tests.networks import fill, outputs, photos
from utils.convolution import conv2d
from utils.models import lenet5_1998, lenet_1998, resnet_small


def test_connections_of_the_paper():
    table = lenet_1998.count_connections(lenet5_1998()).set_index("layer")
    assert table["connections"].to_dict() == {
        "C1": 122_304, "S2": 5_880, "C3": 151_600, "S4": 2_000, "C5": 48_120, "F6": 10_164, "output": 840,
    }  # fmt: skip
    assert table["parameters"].to_dict() == {
        "C1": 156, "S2": 12, "C3": 1_516, "S4": 32, "C5": 48_120, "F6": 10_164, "output": 0,
    }  # fmt: skip
    assert table["connections"].sum() == 340_908


def test_connections_of_other_networks_are_refused():
    refuses(lambda: lenet_1998.count_connections(resnet_small(8)), "conv1_norm", "BatchNormalization", "lenet5_1998")


def squash(a):
    return 1.7159 * np.tanh(2 / 3 * a)


def test_lenet5_1998_written_out():
    """The network by hand: every map of C3 on its own, from the maps that the paper's Table I gives it."""
    read = [
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5], [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5],
        [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5], [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5],
    ]  # fmt: skip
    model = fill(lenet5_1998())
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = photos(model, 1)[0]

    def sums(maps):
        return sum(maps[i::2, j::2] for i in (0, 1) for j in (0, 1))

    c1 = squash(conv2d(x, *weights["C1"]))
    s2 = squash(sums(c1) * weights["S2"][0] + weights["S2"][1])
    full = keras.ops.convert_to_numpy(model.get_layer("C3").full_kernel())
    c3 = squash(np.stack([
        conv2d(s2[..., maps], full[:, :, maps, k : k + 1])[..., 0] + weights["C3"][1][k] for k, maps in enumerate(read)
    ], axis=-1))  # fmt: skip
    s4 = squash(sums(c3) * weights["S4"][0] + weights["S4"][1])
    c5 = squash(conv2d(s4, *weights["C5"]))
    f6 = squash(c5.ravel() @ weights["F6"][0] + weights["F6"][1])
    distances = [sum((a - b) ** 2 for a, b in zip(f6, code)) for code in lenet_1998.BITMAPS.reshape(10, 84)]
    (y,) = outputs(model, x[None])
    np.testing.assert_allclose(y[0], distances, rtol=1e-4)
    # No kernel is lost, and nothing stands where the table has no X
    assert np.count_nonzero(full) == weights["C3"][0].size == 1_500
    np.testing.assert_allclose(np.sort(full[full != 0]), np.sort(weights["C3"][0].ravel()))


def test_initial_weights_of_lenet5_1998_depend_on_the_number_of_inputs():
    keras.utils.set_random_seed(0)
    model = lenet5_1998()
    full = np.abs(keras.ops.convert_to_numpy(model.get_layer("C3").full_kernel()))
    for maps, largest in zip(lenet_1998.CONNECTIONS.sum(axis=0), full.max(axis=(0, 1, 2))):
        assert 0.8 < largest * 25 * maps / 2.4 <= 1
    for name, inputs in {"C1": 25, "S2": 4, "S4": 4, "C5": 400, "F6": 120}.items():
        assert 0.5 < np.abs(model.get_layer(name).get_weights()[0]).max() * inputs / 2.4 <= 1


def test_squashing_function_keeps_one():
    np.testing.assert_allclose(lenet_1998.scaled_tanh(np.array([-1.0, 0.0, 1.0])), [-1, 0, 1], atol=1e-4)


def test_bitmaps_are_ten_different_digits():
    assert lenet_1998.BITMAPS.shape == (10, 12, 7)
    assert set(lenet_1998.BITMAPS.ravel()) == {-1, 1}
    codes = lenet_1998.BITMAPS.reshape(10, 84)
    different = (84 - codes @ codes.T) // 2
    assert (different + 84 * np.eye(10) >= 14).all()
    assert lenet_1998.BITMAPS[1, 8].tolist() == [-1, -1, -1, 1, 1, -1, -1]  # the stem of the 1


def test_rbf_loss_is_equation_9():
    rng = np.random.default_rng(0)
    distances, right = rng.uniform(0, 20, (6, 10)), rng.integers(0, 10, 6)
    for j in (0.1, 5.0):
        expected = [y[d] + np.log(np.exp(-j) + np.exp(-y).sum()) for y, d in zip(distances, right)]
        np.testing.assert_allclose(lenet_1998.rbf_loss(right, distances, j), expected, rtol=1e-5)
        np.testing.assert_allclose(lenet_1998.rbf_loss(right[:, None], distances, j), expected, rtol=1e-5)
    far = np.asarray(lenet_1998.rbf_loss([0], 1e4 * np.ones((1, 10))))  # no overflow, and no -inf
    np.testing.assert_allclose(far, 1e4 - 0.1, rtol=1e-5)


def test_rbf_accuracy_counts_the_smallest_distance():
    distances = np.array([[3.0, 1, 2], [0, 5, 5], [4, 4, 1]])
    assert np.asarray(lenet_1998.rbf_accuracy([[1], [1], [2]], distances)).tolist() == [1, 0, 1]
    assert np.asarray(lenet_1998.rbf_accuracy([1, 1, 2], distances)).tolist() == [1, 0, 1]


def test_lenet5_1998_learns_to_read_digits():
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    images = np.kron(images.reshape(-1, 8, 8), np.ones((1, 3, 3)))[..., None] / 16
    images = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0))) * 1.275 - 0.1  # 28 x 28
    keras.utils.set_random_seed(0)
    model = lenet5_1998((28, 28, 1))
    model.compile(keras.optimizers.Adam(4e-3), lenet_1998.rbf_loss, metrics=[lenet_1998.rbf_accuracy])
    model.fit(images[:1200], digits[:1200], batch_size=32, epochs=3, verbose=0)
    loss, accuracy = model.evaluate(images[1200:], digits[1200:], verbose=0)
    assert accuracy > 0.85 and loss < 25
    (distances,) = outputs(model, images[1200:])
    assert accuracy == pytest.approx(np.mean(distances.argmin(axis=1) == digits[1200:]), abs=1e-6)
    np.testing.assert_array_equal(model.get_layer("output").get_weights()[0], lenet_1998.BITMAPS.reshape(10, 84))
