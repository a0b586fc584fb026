"""ZFNet of Zeiler and Fergus 2013 (arXiv:1311.2901): AlexNet with smaller, denser first layers."""

import keras
from keras import layers

from utils.models.common import LocalResponseNormalization, check_image, check_top, without_top


def zfnet(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="zfnet",
):
    """Build ZFNet: five convolutions and three dense layers, 62,357,608 parameters.

    The sizes in Fig. 3 need padding that it does not mention: conv1 gives 110 rows only with one zero on each side,
    floor((224 + 2 - 7) / 2) + 1 = 110, and pool1 and pool2 give 55 and 13 only if a last, incomplete window counts.

    Args:
        input_shape: (height, width, channels), at least 53 x 53.
        include_top, pooling, classes, classifier_activation, name: As in keras.applications.

    Returns:
        A Keras model from images (batch, height, width, channels) to probabilities (batch, classes).

    Raises:
        ValueError: For an image too small, classes below 1, an unknown pooling or activation.

    Source: Fig. 3 and section 3 of arXiv:1311.2901; it gives no formula for its contrast normalisation, so this is
    AlexNet's. Introduced in notebook 06.
    """
    classes = check_top(include_top, pooling, classes, classifier_activation)

    image = keras.Input(check_image(input_shape, smallest=53), name="image")
    x = layers.ZeroPadding2D(1, name="padding")(image)
    x = _conv(96, 7, "conv1", strides=2, padding="valid")(x)  # 110 x 110
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)  # 55 x 55
    x = LocalResponseNormalization(name="norm1")(x)
    x = _conv(256, 5, "conv2", strides=2, padding="valid")(x)  # 26 x 26
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)  # 13 x 13
    x = LocalResponseNormalization(name="norm2")(x)
    x = _conv(384, 3, "conv3")(x)
    x = _conv(384, 3, "conv4")(x)
    x = _conv(256, 3, "conv5")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)  # 6 x 6
    if not include_top:
        return keras.Model(image, without_top(x, pooling), name=name)
    x = layers.Flatten(name="flatten")(x)
    x = _dense(4096, "fc6")(x)
    x = layers.Dropout(0.5, name="drop6")(x)
    x = _dense(4096, "fc7")(x)
    x = layers.Dropout(0.5, name="drop7")(x)
    x = _dense(classes, "fc8", activation=classifier_activation)(x)
    return keras.Model(image, x, name=name)


def _conv(filters, kernel_size, name, strides=1, padding="same"):
    return layers.Conv2D(
        filters, kernel_size, strides, padding, activation="relu", kernel_initializer=_initial(), name=name
    )


def _dense(units, name, activation="relu"):
    return layers.Dense(units, activation=activation, kernel_initializer=_initial(), name=name)


def _initial():
    """Section 3: all weights start at 0.01; here as noise of that size, since equal weights would stay equal."""
    return keras.initializers.RandomNormal(stddev=0.01)
