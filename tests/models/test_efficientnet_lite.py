"""EfficientNet-Lite0 with ImageNet's weights against another computation of its outputs."""

import keras
import numpy as np
import pytest

from tests.helpers import refuses
from tests.networks import noise, trainable, unbuilt
from utils.architecture import layer_table
from utils.convolution import conv2d
from utils.models import efficientnet_lite0
from utils.models.efficientnet_lite import inverted_residual_block
from utils.pretrained import preprocess_input
from utils.weights import imagenet_tensors

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")


@pytest.fixture(scope="module")
def tensors():
    return imagenet_tensors()


def normalize(x, tensors, name):
    gamma, beta, mean, variance = (
        tensors[f"{name}.{key}"].astype(float) for key in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def relu6(x):
    return np.clip(x, 0, 6)


def convolve(x, tensors, name, strides=1, groups=1):
    kernel = tensors[f"{name}.weight"].transpose(2, 3, 1, 0).astype(float)
    return conv2d(x, kernel, strides=strides, padding="same", groups=groups)


STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the sixteen blocks, Table 1 of arXiv:1905.11946


def by_hand(x, tensors):
    """The network in NumPy, straight from the tensors of the package."""
    x = relu6(normalize(convolve(x, tensors, "_conv_stem", strides=2), tensors, "_bn0"))
    for number, strides in enumerate(STRIDES):
        block, before = f"_blocks.{number}", x
        if f"{block}._expand_conv.weight" in tensors:
            x = relu6(normalize(convolve(x, tensors, f"{block}._expand_conv"), tensors, f"{block}._bn0"))
        x = convolve(x, tensors, f"{block}._depthwise_conv", strides, groups=x.shape[-1])
        x = relu6(normalize(x, tensors, f"{block}._bn1"))
        x = normalize(convolve(x, tensors, f"{block}._project_conv"), tensors, f"{block}._bn2")
        if x.shape == before.shape:
            x = x + before
    x = relu6(normalize(convolve(x, tensors, "_conv_head"), tensors, "_bn1"))
    logits = x.mean(axis=(0, 1)) @ tensors["_fc.weight"].T.astype(float) + tensors["_fc.bias"]
    return x, np.exp(logits) / np.exp(logits).sum()


def test_outputs_are_those_of_the_tensors_computed_in_numpy(tensors):
    shape = (64, 45, 3)  # "same" adds as many pixels on both sides of 45, and one more at the end of 64
    x = preprocess_input(noise(*shape))
    features, probabilities = by_hand(x.astype(float), tensors)
    model = efficientnet_lite0(input_shape=shape)
    top = keras.Model(model.input, [model.get_layer("top_activation").output, model.output])
    in_keras = [keras.ops.convert_to_numpy(y)[0] for y in top(x[None])]
    np.testing.assert_allclose(in_keras[0], features, atol=2e-4)
    np.testing.assert_allclose(in_keras[1], probabilities, rtol=1e-3)
    assert features.std() > 0.01 and np.ptp(probabilities) > 3e-4


def test_counts_are_those_published():
    """4.7 million parameters and 407 million multiply-adds: the table of EfficientNet-Lite's authors."""
    network = unbuilt(efficientnet_lite0, weights=None)
    assert trainable(network) == 4_652_008 and network.count_params() == 4_652_008 + 42_016
    assert layer_table(network)["parameters"].sum() == network.count_params()
    assert network.input_shape == (None, 224, 224, 3) and network.output_shape == (None, 1000)
    blocks = dict.fromkeys(layer.name.split("_")[0] for layer in network.layers if "block" in layer.name)
    assert " ".join(blocks).replace("block", "") == "1a 2a 2b 3a 3b 4a 4b 4c 5a 5b 5c 6a 6b 6c 6d 7a"


def test_random_weights_and_logits(tensors):
    random = efficientnet_lite0(input_shape=(32, 32, 1), weights=None, classifier_activation=None)
    x = np.random.default_rng(0).normal(size=(1, 32, 32, 1))
    logits = keras.ops.convert_to_numpy(random(x))
    assert logits.min() < 0 and logits.shape == (1, 1000)
    assert not np.allclose(random.get_layer("predictions").get_weights()[0], tensors["_fc.weight"].T)
    assert random.get_layer("stem_conv").kernel.shape == (3, 3, 1, 32)
    few = efficientnet_lite0(weights=None, input_shape=(32, 32, 3), classes=7)
    assert few.output_shape == (None, 7)
    base = efficientnet_lite0(include_top=False, input_shape=(32, 32, 3), classes=7)  # the number does not matter here
    np.testing.assert_array_equal(base.get_layer("top_bn").get_weights()[0], tensors["_bn1.weight"])


def test_bad_arguments_of_the_network():
    refuses(lambda: efficientnet_lite0(weights="noisy"), 'weights must be "imagenet" or None', "'noisy'")
    refuses(lambda: efficientnet_lite0(input_shape=(64, 64, 1)), "(64, 64, 1)", "(height, width, 3)")
    refuses(lambda: efficientnet_lite0(classes=7), "classes must be 1000", "got 7", "weights=None", "include_top=False")
    refuses(lambda: efficientnet_lite0(input_shape=(64, 31, 3)), "(64, 31, 3)", "at least 32")
    refuses(lambda: efficientnet_lite0(input_shape=224), "input_shape must be (height, width, channels)")
    refuses(lambda: efficientnet_lite0(include_top=False, pooling="mean"), "pooling must be", "'mean'")
    refuses(lambda: efficientnet_lite0("yes"), "include_top must be True or False")
    refuses(lambda: efficientnet_lite0(classifier_activation="x"), "classifier_activation must be")


def test_bad_arguments_of_the_block():
    x = keras.Input((8, 8, 4))
    for name in ("filters", "strides", "kernel_size", "expansion"):
        refuses(lambda: inverted_residual_block(x, **{"filters": 4, name: 0}), f"{name} must be at least 1, got 0")
