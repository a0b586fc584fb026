"""VGG-16 of Simonyan and Zisserman 2014 (arXiv:1409.1556): only 3 x 3 convolutions, sixteen layers of weights."""

import keras
from keras import layers

from utils.models.common import check_image, check_top, without_top


def vgg16(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="vgg16",
):
    """Build VGG-16: thirteen convolutions in five blocks and three dense layers, 138,357,544 parameters.

    keras.applications.VGG16 gives the same outputs with the same weights, but has no dropout.

    Args:
        input_shape: (height, width, channels), at least 32 x 32.
        include_top, pooling, classes, classifier_activation, name: As in keras.applications.

    Returns:
        A Keras model from images (batch, height, width, channels) to probabilities (batch, classes).

    Raises:
        ValueError: For an image too small, classes below 1, an unknown pooling or activation.

    Source: Table 1, column D, of arXiv:1409.1556, dropout as in section 3.1; names as in the authors' published model.
    Introduced in notebook 06.
    """
    classes = check_top(include_top, pooling, classes, classifier_activation)

    image = x = keras.Input(check_image(input_shape, smallest=32), name="image")
    for block, (convolutions, filters) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], start=1):
        for number in range(1, convolutions + 1):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{block}_{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
    if not include_top:
        return keras.Model(image, without_top(x, pooling), name=name)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, activation="relu", name="fc6")(x)
    x = layers.Dropout(0.5, name="drop6")(x)
    x = layers.Dense(4096, activation="relu", name="fc7")(x)
    x = layers.Dropout(0.5, name="drop7")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="fc8")(x)
    return keras.Model(image, x, name=name)
