"""Residual networks: the counts of the paper, a block by hand, initial weights, the learning rate, bad input."""

import keras
import numpy as np
import pytest
from keras import layers

from tests.helpers import refuses
from tests.networks import fill, outputs, photos, trainable, unbuilt
from utils.convolution import conv2d
from utils.models import resnet_small
from utils.models.resnet import PadChannels, bottleneck_block, residual_block, resnet_schedule


@pytest.mark.parametrize("depth, millions", [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_parameters_of_the_small_networks_as_in_table_6(depth, millions):
    residual, plain = (unbuilt(resnet_small, depth=depth, residual=way) for way in (True, False))
    assert trainable(residual) / 1e6 == pytest.approx(millions, abs=0.05 if depth == 110 else 0.005)
    assert [w.shape for w in residual.weights] == [w.shape for w in plain.weights]
    convolutions = [layer for layer in residual.layers if isinstance(layer, layers.Conv2D)]
    assert len(convolutions) + 1 == depth
    assert (residual.name, plain.name) == (f"resnet{depth}", f"plain{depth}")


@pytest.mark.parametrize("strides, filters", [(1, 3), (1, 4), (2, 4)])
@pytest.mark.parametrize("shortcut", ["projection", "padding", None])
def test_residual_block_written_out(strides, filters, shortcut):
    image = keras.Input((7, 6, 3))
    block = residual_block(image, filters, strides, shortcut=shortcut, normalization=False, name="block")
    model = fill(keras.Model(image, block))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = photos(model, 1)[0]
    y = np.maximum(conv2d(x, *weights["block_a"], strides=strides, padding=1), 0)
    y = conv2d(y, *weights["block_b"], padding=1)
    past = 0
    if shortcut and (strides, filters) == (1, 3):
        past = x
    elif shortcut == "projection":
        past = conv2d(x, *weights["block_shortcut"], strides=strides)
    elif shortcut == "padding":
        past = np.concatenate([x, 0 * x[..., : filters - 3]], axis=-1)[::strides, ::strides]
    np.testing.assert_allclose(outputs(model, x[None])[0][0], np.maximum(y + past, 0), rtol=1e-4, atol=1e-5)


def test_every_convolution_of_a_residual_network_is_normalised_and_initialised():
    model = resnet_small(14, filters=32)
    names = {layer.name for layer in model.layers}
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            assert f"{layer.name}_norm" in names and not layer.use_bias
            kernel = layer.get_weights()[0]  # He et al. 2015, arXiv:1502.01852: variance 2 / inputs
            assert kernel.var() == pytest.approx(2 / np.prod(kernel.shape[:-1]), rel=0.1)
    bare = resnet_small(14, normalization=False)
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in bare.layers)
    assert all(layer.use_bias for layer in bare.layers if isinstance(layer, layers.Conv2D))


# The learning rate of residual networks


def rates(schedule, steps):
    return np.array([float(keras.ops.convert_to_numpy(schedule(step))) for step in range(steps)])


def test_each_batch_makes_a_tenth_of_the_running_averages():
    model = resnet_small(8, input_shape=(16, 16, 3))
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    inputs = keras.Model(model.input, [layer.input for layer in norms])
    first = inputs(photos(model, 4))[0]
    model(photos(model, 4), training=True)
    mean = keras.ops.convert_to_numpy(keras.ops.mean(first, axis=(0, 1, 2)))
    np.testing.assert_allclose(norms[0].moving_mean.numpy(), 0.1 * mean, atol=1e-6)
    assert np.abs(mean).max() > 0.01 and {layer.momentum for layer in norms} == {0.9}


def test_the_schedule_divides_by_ten_at_a_half_and_at_three_quarters():
    np.testing.assert_allclose(rates(resnet_schedule(12), 15), [0.1] * 6 + [0.01] * 3 + [0.001] * 6, rtol=1e-6)


def test_the_schedule_of_the_paper():
    schedule = resnet_schedule(64_000, warmup_steps=400)
    at = {step: float(keras.ops.convert_to_numpy(schedule(step))) for step in (0, 399, 400, 31_999, 32_000, 47_999)}
    assert at == pytest.approx({0: 0.01, 399: 0.01, 400: 0.1, 31_999: 0.1, 32_000: 0.01, 47_999: 0.01}, rel=1e-6)
    assert float(keras.ops.convert_to_numpy(schedule(48_000))) == pytest.approx(0.001, rel=1e-6)


def test_the_optimizer_makes_as_many_steps_with_each_rate_as_the_schedule_says():
    """With a gradient that is always 1, a weight moves by the learning rate."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="dense")])
    model.compile(keras.optimizers.SGD(resnet_schedule(8, 1.0)), lambda y, prediction: prediction)
    weight = model.get_layer("dense").kernel
    path = [float(weight.numpy()[0, 0])]
    for _ in range(8):
        model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
        path.append(float(weight.numpy()[0, 0]))
    np.testing.assert_allclose(-np.diff(path), [1] * 4 + [0.1] * 2 + [0.01] * 2, atol=1e-6)


@pytest.mark.parametrize(
    "settings, word", [({"steps": 3}, "steps"), ({"steps": 10.0}, "steps"), ({"steps": 8, "warmup_steps": 4}, "warmup")]
)
def test_bad_input_of_the_schedule_is_named(settings, word):
    refuses(lambda: resnet_schedule(**settings), word)


@pytest.mark.parametrize("depth, near", [(9, "8 and 14"), (18, "14 and 20"), (21, "20 and 26"), (55, "50 and 56")])
def test_depths_that_are_not_6n_plus_2_are_refused(depth, near):
    refuses(lambda: resnet_small(depth), "depth must be 6n + 2", f"got {depth}", near)


def test_bad_arguments_of_the_small_networks():
    refuses(lambda: resnet_small(2), "depth must be at least 8, got 2")
    refuses(lambda: resnet_small(20.0), "depth must be a whole number, got 20.0")
    refuses(lambda: resnet_small(filters=0), "filters must be at least 1, got 0")
    refuses(lambda: resnet_small(input_shape=(3, 8, 3)), "(3, 8, 3)", "at least 4")
    refuses(lambda: resnet_small(classes=0), "classes must be at least 1, got 0")
    refuses(lambda: resnet_small(classifier_activation="x"), "classifier_activation must be", "'x'")


def test_bad_arguments_of_the_blocks():
    x = keras.Input((8, 8, 4))
    refuses(lambda: residual_block(x, 4, shortcut="none"), "shortcut must be", "'none'", '"projection" or "padding"')
    refuses(lambda: residual_block(x, 0), "filters must be at least 1, got 0")
    refuses(lambda: residual_block(x, 4, strides=0), "strides must be at least 1, got 0")
    refuses(lambda: residual_block(x, 3, shortcut="padding"), "filters=3", "4 channels", "projection")
    refuses(lambda: bottleneck_block(x, 4, strides=0), "strides must be at least 1, got 0")
    refuses(lambda: PadChannels(2)(x), "filters=2", "4 channels")
