"""AlexNet of Krizhevsky, Sutskever and Hinton 2012 ("ImageNet classification with deep convolutional neural networks").

NIPS 25, reprinted as doi:10.1145/3065386. Sections are those of the paper; its layers have numbers, and so have these:
conv1 ... conv5 and fc6 ... fc8.
"""

import keras
from keras import layers

from utils.models.common import LocalResponseNormalization, check_image, check_top, without_top
from utils.validation import check_groups


def alexnet(
    include_top=True,
    input_shape=(227, 227, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="alexnet",
    *,
    groups=2,
):
    """Build AlexNet: five convolutions and three dense layers; 60,965,224 parameters, or 62,378,344 with groups=1.

    Args:
        input_shape: (height, width, channels), at least 67 x 67. The paper says 224 x 224, but its 55 x 55 maps come
            from 227 x 227: (227 - 11) / 4 + 1 = 55, while 224 does not divide.
        groups: conv2, conv4 and conv5 read only the maps of their own group. The paper has two groups, one on each of
            its two GPUs.
        include_top, pooling, classes, classifier_activation, name: As in keras.applications.

    Returns:
        A Keras model from images (batch, height, width, channels) to probabilities (batch, classes).

    Raises:
        ValueError: For an image too small, classes below 1, groups that do not divide the numbers of maps, an unknown
            pooling or activation.

    Source: section 3.5 and Fig. 2; initial weights and biases as in section 5. Introduced in notebook 06.
    """
    classes = check_top(include_top, pooling, classes, classifier_activation)
    for channels, filters in ((96, 256), (384, 384), (384, 256)):
        groups = check_groups(channels, filters, groups)

    image = keras.Input(check_image(input_shape, smallest=67), name="image")
    x = _conv(96, 11, "conv1", strides=4, padding="valid")(image)  # 55 x 55
    x = LocalResponseNormalization(name="norm1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)  # 27 x 27: windows of 3 overlap at steps of 2
    x = _conv(256, 5, "conv2", groups=groups, bias=1)(x)
    x = LocalResponseNormalization(name="norm2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)  # 13 x 13
    x = _conv(384, 3, "conv3")(x)
    x = _conv(384, 3, "conv4", groups=groups, bias=1)(x)
    x = _conv(256, 3, "conv5", groups=groups, bias=1)(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)  # 6 x 6
    if not include_top:
        return keras.Model(image, without_top(x, pooling), name=name)
    x = layers.Flatten(name="flatten")(x)
    x = _dense(4096, "fc6", activation="relu", bias=1)(x)
    x = layers.Dropout(0.5, name="drop6")(x)
    x = _dense(4096, "fc7", activation="relu", bias=1)(x)
    x = layers.Dropout(0.5, name="drop7")(x)
    x = _dense(classes, "fc8", activation=classifier_activation)(x)
    return keras.Model(image, x, name=name)


def _conv(filters, kernel_size, name, strides=1, padding="same", groups=1, bias=0):
    return layers.Conv2D(
        filters, kernel_size, strides, padding, groups=groups, activation="relu", name=name, **_initial(bias)
    )


def _dense(units, name, activation, bias=0):
    return layers.Dense(units, activation=activation, name=name, **_initial(bias))


def _initial(bias):
    """Section 5: weights start as Gaussian noise; some biases start at 1, so that ReLUs see positive numbers."""
    return {
        "kernel_initializer": keras.initializers.RandomNormal(stddev=0.01),
        "bias_initializer": keras.initializers.Constant(bias),
    }
