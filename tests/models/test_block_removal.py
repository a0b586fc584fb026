"""A block that is removed passes its input on, and comes back as it was."""

import keras
import numpy as np
import pytest
from keras import layers

from tests.helpers import refuses
from tests.networks import fill, full, outputs, photos
from utils.models import lenet5, resnet18, resnet50, resnet_small
from utils.models.block_removal import removable_blocks, without_block
from utils.models.resnet import bottleneck_block


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("normalization", [True, False])
def test_a_removed_block_passes_its_input_on(residual, normalization):
    model = fill(resnet_small(14, (8, 8, 3), residual=residual, filters=4, normalization=normalization))
    before = model.get_weights()
    x = photos(model)
    removable = removable_blocks(model)
    assert removable == ["conv2_1", "conv2_2", "conv3_2", "conv4_2"]
    for block in removable:
        maps = keras.Model(model.inputs, [model.get_layer(f"{block}_a").input, model.get_layer(block).output])
        with without_block(model, block) as same:
            assert same is model
            entering, leaving = outputs(maps, x)
            changed = [w.path for w, old in zip(model.weights, before) if not np.array_equal(w, old)]
        assert entering.max() > 0.01
        np.testing.assert_allclose(leaving, entering, atol=1e-6)
        assert changed and all(path.startswith(f"{block}_") for path in changed)
        assert all(np.array_equal(new, old) for new, old in zip(model.get_weights(), before, strict=True))


def test_a_block_comes_back_after_an_error_too():
    model = fill(resnet_small(8, (8, 8, 3), filters=4))
    before = model.get_weights()
    with pytest.raises(ZeroDivisionError), without_block(model, "conv2_1"):
        assert not np.array_equal(model.get_layer("conv2_1_b_norm").gamma, before[0])
        raise ZeroDivisionError
    with without_block(model, None):
        assert all(np.array_equal(new, old) for new, old in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize("network, blocks", [
    (resnet18, ["conv2_1", "conv2_2", "conv3_2", "conv4_2", "conv5_2"]),
    (resnet50, ["conv2_2", "conv2_3", *(f"conv3_{i}" for i in (2, 3, 4)), *(f"conv4_{i}" for i in range(2, 7)),
                "conv5_2", "conv5_3"]),
], ids=["resnet18", "resnet50"])  # fmt: skip
def test_blocks_of_the_large_networks(network, blocks):
    assert removable_blocks(full(network)) == blocks


def test_a_bottleneck_can_be_removed():
    image = keras.Input((4, 4, 8))
    model = fill(keras.Model(image, bottleneck_block(layers.ReLU()(image), 2, name="conv2_1")))
    x = photos(model)
    with without_block(model, "conv2_1"):
        np.testing.assert_allclose(outputs(model, x)[0], np.maximum(x, 0), atol=1e-6)
    assert np.abs(outputs(model, x)[0] - np.maximum(x, 0)).max() > 0.1


def test_blocks_that_change_the_shape_are_refused():
    model = resnet_small(14, input_shape=(8, 8, 3), filters=2)
    for block in ("conv3_1", "conv4_1", "conv9_1", 1):
        refuses(
            lambda: without_block(model, block).__enter__(),
            "block must be",
            repr(block),
            "conv2_1, conv2_2, conv3_2, conv4_2",
        )
    refuses(without_block(lenet5(), "C1").__enter__, "block must be", "'C1'", "none")
