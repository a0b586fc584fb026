"""Small networks, their weights, inputs and outputs, for tests of whatever builds networks or looks inside them."""

import functools
import hashlib

import keras
import numpy as np
from keras import layers

from utils import models
from utils.graph import without_weights

SMALL = {
    "lenet5": lambda: models.lenet5((28, 28, 1)),
    "lenet5_1998": lambda: models.lenet5_1998((28, 28, 1)),
    "alexnet": lambda: models.alexnet(include_top=False, input_shape=(67, 67, 3), pooling="avg"),
    "zfnet": lambda: models.zfnet(include_top=False, input_shape=(53, 53, 3), pooling="avg"),
    "vgg16": lambda: models.vgg16(include_top=False, input_shape=(32, 32, 3), pooling="avg"),
    "googlenet": lambda: models.googlenet(input_shape=(65, 65, 3), classes=10, auxiliary=True),
    "resnet_small": lambda: models.resnet_small(14, input_shape=(16, 16, 3)),
    "plain_small": lambda: models.resnet_small(8, residual=False, input_shape=(15, 16, 3), normalization=False),
    "resnet18": lambda: models.resnet18(input_shape=(32, 32, 3), classes=10),
    "resnet50": lambda: models.resnet50(input_shape=(32, 32, 3), classes=10),
}
LOSSES = {"lenet5_1998": models.lenet_1998.rbf_loss}  # the others: cross-entropy


def unbuilt(network, **arguments):
    """The network with the shapes of its weights, but without memory for them."""
    with without_weights():
        return network(**arguments)


@functools.cache
def full(network):
    """The network as in its paper, without memory for its weights."""
    return unbuilt(network)


def fill(model, seed=0):
    """Random weights, the same on every backend, with which numbers neither grow nor fade from layer to layer."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if "kernel" in weight.name:
            inputs = np.prod(weight.shape[:2] if "depthwise" in weight.path else weight.shape[:-1])
            value = rng.standard_normal(weight.shape, "float32") * np.sqrt(2 / inputs)
        elif weight.name in ("gamma", "moving_variance", "coefficient"):
            value = rng.uniform(0.5, 1.5, weight.shape)
        elif weight.name in ("bias", "beta", "moving_mean"):
            value = 0.1 * rng.standard_normal(weight.shape)
        else:
            assert weight.name == "codes", weight.path  # fixed
            continue
        weight.assign(value)
    return model


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def digest(model):
    """SHA-256 of all weights, in their order."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(array, "<f4") for array in model.get_weights())).hexdigest()


def photos(model, n=3, seed=1):
    """Random images for a model."""
    return np.random.default_rng(seed).normal(size=(n, *model.input_shape[1:])).astype("float32")


def noise(*shape):
    """Random bytes."""
    return np.random.default_rng(0).integers(0, 256, shape, dtype="uint8")


def outputs(model, x):
    """The outputs one by one, computed without compiling anything first."""
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(model(x))]


def output_of(layer, model, images):
    """The output of a layer, as Keras finds it."""
    return outputs(keras.Model(model.inputs[0], model.get_layer(layer).output), images)[0]


class LocalResponseNormalization(layers.Layer):
    """Every value divided by (1 + the sum of the squares of all maps there) to the power 0.75."""

    def call(self, x):
        return x / (1 + keras.ops.sum(x**2, axis=-1, keepdims=True)) ** 0.75


def plain():
    """Convolutions with the activation inside, overlapping pooling, dense layers."""
    return keras.Sequential(
        [
            keras.Input((13, 12, 3)),
            layers.Conv2D(6, 3, activation="relu", name="c1"),
            layers.MaxPooling2D(3, 2, name="p1"),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="c2"),
            layers.MaxPooling2D(2, padding="same", name="p2"),
            layers.Flatten(name="flat"),
            layers.Dense(7, activation="relu", name="f3"),
            layers.Dense(4, activation="softmax", name="scores"),
        ]
    )


def inception():
    """Four branches, one of them with pooling, and response normalisation."""
    image = keras.Input((11, 10, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(image)
    x = LocalResponseNormalization(name="lrn")(x)
    branches = [
        layers.Conv2D(3, 1, activation="relu", name="1x1")(x),
        layers.Conv2D(3, 3, padding="same", activation="relu", name="3x3")(layers.Conv2D(2, 1, name="reduce_3x3")(x)),
        layers.Conv2D(2, 5, padding="same", activation="relu", name="5x5")(layers.Conv2D(2, 1, name="reduce_5x5")(x)),
        layers.Conv2D(2, 1, activation="relu", name="project")(layers.MaxPooling2D(3, 1, "same", name="pool")(x)),
    ]
    x = layers.Concatenate(name="concat")(branches)
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    return keras.Model(image, layers.Dense(3, name="scores")(x))


def residual():
    """Batch normalisation, a projection shortcut, zero padding, ReLU as layers."""
    image = keras.Input((9, 9, 2))
    x = layers.ZeroPadding2D(((1, 0), (0, 2)), name="pad")(image)
    x = layers.ReLU(name="relu1")(layers.BatchNormalization(name="conv1_norm")(layers.Conv2D(4, 3, 2, name="conv1")(x)))
    y = layers.Conv2D(6, 3, 2, "same", use_bias=False, name="conv2")(x)
    y = layers.Activation("relu", name="relu2")(layers.BatchNormalization(name="conv2_norm")(y))
    y = layers.BatchNormalization(name="conv3_norm")(layers.Conv2D(6, 3, padding="same", name="conv3")(y))
    shortcut = layers.Conv2D(6, 1, 2, name="shortcut")(x)
    x = layers.ReLU(name="relu3")(layers.Add(name="add")([shortcut, y]))
    x = layers.Dropout(0.5, name="dropout")(layers.Flatten(name="flat")(x))
    return keras.Model(image, layers.Dense(3, name="scores")(x))


def unusual():
    """Groups, depthwise and separable convolutions, dilation, other activations, operations, a model inside."""
    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 3, 2, activation="relu")], name="inner")
    relu = layers.ReLU(name="twice")
    image = keras.Input((16, 16, 2))
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu6", name="depthwise")(image)
    x = relu(layers.Conv2D(4, 3, groups=2, padding="same", name="groups")(x))
    x = layers.AveragePooling2D(2, name="average")(x)
    x = keras.ops.relu(x - 0.1) + x
    x = relu(layers.SeparableConv2D(4, 3, dilation_rate=2, padding="same", activation="tanh", name="separable")(x))
    x = inner(x)
    x = layers.LeakyReLU(0.1, name="leaky")(layers.Conv2D(3, 2, activation="sigmoid", name="sigmoid")(x))
    return keras.Model(image, layers.GlobalMaxPooling2D(name="max")(x))


def small():
    """What is quickly built on every backend."""
    image = keras.Input((9, 9, 3))
    start = dict(activation="relu", kernel_initializer="zeros")
    x = layers.Conv2D(4, 3, **start)(image)
    x = LocalResponseNormalization()(layers.MaxPooling2D(2)(x))
    branches = [layers.Conv2D(2, 1, **start)(x), layers.Conv2D(3, 3, padding="same", **start)(x)]
    return keras.Model(image, layers.Concatenate(name="concat")(branches))


@functools.cache
def filled(build):
    """One of these networks with random weights, built once; tests leave it as it is."""
    return fill(build())
