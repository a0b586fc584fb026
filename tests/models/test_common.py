"""The parts that several networks share."""

import json

import numpy as np
import pytest

from tests.helpers import refuses
from tests.networks import fill, outputs, photos
from utils.graph import without_weights
from utils.models import alexnet, lenet5, lenet5_1998, resnet_small
from utils.models.common import LocalResponseNormalization, check_top
from utils.models.resnet import resnet_schedule


@pytest.mark.parametrize("maps", [1, 3, 5, 12])
def test_local_response_normalization_written_out(maps):
    a = np.random.default_rng(0).normal(scale=30, size=(2, 3, 4, maps))
    for n, k, alpha, beta in ((5, 2, 1e-4, 0.75), (3, 1, 0.1, 0.5), (1, 1, 0.01, 1)):
        expected = np.empty_like(a)
        for i in range(maps):
            total = sum(a[..., j] ** 2 for j in range(max(0, i - n // 2), min(maps - 1, i + n // 2) + 1))
            expected[..., i] = a[..., i] / (k + alpha * total) ** beta
        y = LocalResponseNormalization(k, n, alpha, beta)(a)
        np.testing.assert_allclose(y, expected, rtol=1e-4)


def test_local_response_normalization_is_that_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    a = np.random.default_rng(0).normal(scale=30, size=(2, 3, 4, 12)).astype("float32")
    expected = tf.nn.local_response_normalization(a, depth_radius=2, bias=2, alpha=1e-4, beta=0.75)
    np.testing.assert_allclose(LocalResponseNormalization()(a), expected, rtol=1e-5)
    refuses(lambda: LocalResponseNormalization(n=4), "n must be odd", "got 4", "take 3 or 5")


COUNTS = {
    "alexnet": lambda n: alexnet(include_top=False, input_shape=(67, 67, n), groups=n // 4),
    "lenet5": lambda n: lenet5(classes=n),
    "lenet5_1998": lambda n: lenet5_1998(classes=n),
    "resnet_small": lambda n: resnet_small(8, (8, 8, n), classes=n, filters=n),
}


@pytest.mark.parametrize("kind", [np.uint8])
@pytest.mark.parametrize("build", COUNTS.values(), ids=COUNTS)
def test_a_count_of_eight_bits_gives_the_network_that_an_int_gives(build, kind):
    with without_weights():
        one, other = build(kind(8)), build(8)
    assert json.dumps(one.get_config()) == json.dumps(other.get_config())


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int64])
def test_settings_of_eight_bits_give_what_ints_give(kind):
    a = np.random.default_rng(0).normal(scale=30, size=(2, 3, 4, 12)).astype("float32")
    layer = LocalResponseNormalization(n=kind(5))
    assert json.loads(json.dumps(layer.get_config()))["n"] == 5
    assert type(check_top(include_top=True, pooling=None, classes=kind(9), classifier_activation="softmax")) is int
    np.testing.assert_array_equal(layer(a), LocalResponseNormalization()(a))
    schedule = resnet_schedule(kind(100), warmup_steps=kind(3))
    assert json.dumps(schedule.get_config()) == json.dumps(resnet_schedule(100, warmup_steps=3).get_config())


@pytest.mark.parametrize("pooling, reduce", [("avg", np.mean), ("max", np.max), ("AVG", np.mean)])
def test_pooling_instead_of_the_top(pooling, reduce):
    options = dict(include_top=False, input_shape=(99, 67, 3))
    maps, pooled = fill(alexnet(**options)), fill(alexnet(**options, pooling=pooling))
    x = photos(maps)
    np.testing.assert_allclose(outputs(pooled, x)[0], reduce(outputs(maps, x)[0], axis=(1, 2)), rtol=1e-5, atol=1e-6)
