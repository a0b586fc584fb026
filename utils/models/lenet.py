"""LeNet-5 as textbooks have it, after LeCun, Bottou, Bengio and Haffner 1998 (doi:10.1109/5.726791).

Layers carry the paper's names: C for a convolution, S for subsampling, F for a fully connected layer. The network
exactly as the paper describes it is in lenet_1998.py.
"""

import keras
from keras import layers

from utils.models.common import check_activation, check_image
from utils.validation import choice, integer


def lenet5(
    input_shape=(32, 32, 1),
    classes=10,
    classifier_activation="softmax",
    name="lenet5",
    *,
    activation="tanh",
    pool="average",
):
    """Build LeNet-5 with ordinary convolutions and pooling, and a softmax at the end; 61,706 parameters.

    Args:
        input_shape: (32, 32, channels), or (28, 28, channels), which is padded with two zeros on each side, as the
            paper centres its digits of 28 x 28 in 32 x 32 pixels.
        classes: Outputs of the last layer.
        classifier_activation: Of the last layer.
        name: Of the model.
        activation: Of C1, C3, C5 and F6.
        pool: "average" or "max". With "relu" and "max" it is a modern network.

    Returns:
        A Keras model from images (batch, height, width, channels) to probabilities (batch, classes).

    Raises:
        ValueError: For another image size, classes below 1, an unknown activation or pooling.

    Source: lecture topic "LeNet-5"; sizes as in section II-B. Introduced in notebook 05.
    """
    classes = integer("classes", classes, 1)
    check_activation("activation", activation)
    check_activation("classifier_activation", classifier_activation)
    poolings = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}
    pooling = poolings[choice("pool", pool, tuple(poolings))]

    image, x = image_of_32(input_shape)
    x = layers.Conv2D(6, 5, activation=activation, name="C1")(x)  # 28 x 28
    x = pooling(2, name="S2")(x)  # 14 x 14
    x = layers.Conv2D(16, 5, activation=activation, name="C3")(x)  # 10 x 10
    x = pooling(2, name="S4")(x)  # 5 x 5
    x = layers.Conv2D(120, 5, activation=activation, name="C5")(x)  # 1 x 1
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(84, activation=activation, name="F6")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="output")(x)
    return keras.Model(image, x, name=name)


def image_of_32(input_shape):
    """Return the input of a LeNet, and the image that C1 reads: 32 x 32, padded if the input has 28 x 28.

    Raises:
        ValueError: For another image size.
    """
    height, width, channels = check_image(input_shape, smallest=1)
    if (height, width) not in ((28, 28), (32, 32)):
        raise ValueError(
            f"input_shape={input_shape!r} does not fit: LeNet-5 reads 32 x 32 or 28 x 28 pixels; "
            "resize the images, for example with keras.layers.Resizing"
        )
    image = keras.Input((height, width, channels), name="image")
    return image, layers.ZeroPadding2D(2, name="padding")(image) if height == 28 else image
