"""GoogLeNet: the Inception module by hand, the auxiliary heads."""

import keras
import numpy as np

from tests.helpers import refuses
from tests.networks import fill, full, outputs, photos
from utils.convolution import conv2d
from utils.models import googlenet
from utils.models.googlenet import inception_module


def test_maps_of_the_inception_modules_as_in_table_1():
    model = full(googlenet)
    depths = [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    names = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]
    assert [model.get_layer(f"inception_{name}").output.shape[-1] for name in names] == depths


def test_inception_module_written_out():
    image = keras.Input((9, 8, 5))
    model = fill(keras.Model(image, inception_module(image, 2, 3, 4, 2, 3, 6, name="module")))
    x = photos(model, 1)[0]
    weights = {layer.name: layer.get_weights() for layer in model.layers}

    def conv(x, name):
        return np.maximum(conv2d(x, *weights[name], padding="same"), 0)

    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    pooled = np.max([padded[i : i + 9, j : j + 8] for i in range(3) for j in range(3)], axis=0)
    branches = [
        conv(x, "module_1x1"),
        conv(conv(x, "module_3x3_reduce"), "module_3x3"),
        conv(conv(x, "module_5x5_reduce"), "module_5x5"),
        conv(pooled, "module_pool_proj"),
    ]
    (y,) = outputs(model, x[None])
    np.testing.assert_allclose(y[0], np.concatenate(branches, axis=-1), rtol=1e-4, atol=1e-5)
    assert [weights[f"module_{branch}"][0].shape for branch in ("1x1", "3x3", "5x5", "pool_proj")] == [
        (1, 1, 5, 2), (3, 3, 3, 4), (5, 5, 2, 3), (1, 1, 5, 6)]  # fmt: skip


def test_auxiliary_heads_leave_the_network_as_it_is():
    alone = fill(googlenet(input_shape=(65, 65, 3), classes=4))
    model = googlenet(input_shape=(65, 65, 3), classes=4, auxiliary=True)
    for layer in alone.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())
    assert model.output_names == ["softmax2", "softmax0", "softmax1"]
    x = photos(model)
    main, *heads = outputs(model, x)
    np.testing.assert_allclose(main, *outputs(alone, x), rtol=1e-5)
    assert [head.shape for head in heads] == [(3, 4), (3, 4)]
    inputs = {name: model.get_layer(f"{name}_pool").input for name in ("softmax0", "softmax1")}
    assert inputs["softmax0"] is model.get_layer("inception_4a").output
    assert inputs["softmax1"] is model.get_layer("inception_4d").output


def test_bad_arguments_of_googlenet():
    refuses(lambda: googlenet(include_top=False, auxiliary=True), "auxiliary=True", "include_top=False")
    refuses(lambda: googlenet(input_shape=(64, 64, 3), auxiliary=True), "at least 65")
    refuses(lambda: inception_module(keras.Input((8, 8, 3)), 1, 0, 1, 1, 1, 1), "filters must be at least 1, got 0")
