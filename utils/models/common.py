"""What all networks share: the checks of their arguments, and the end of a network without its classifier."""

import keras
from keras import layers

from utils.validation import choice, integer, is_pair


def check_image(input_shape, smallest):
    """Return input_shape as three ints (height, width, channels).

    Raises ValueError unless there are three of them, with height and width at least `smallest`.
    """
    if not is_pair(input_shape) or len(input_shape) != 3:
        raise ValueError(f"input_shape must be (height, width, channels), got {input_shape!r}")
    height, width, channels = (integer("input_shape", n, 1) for n in input_shape)
    if min(height, width) < smallest:
        raise ValueError(
            f"input_shape={input_shape!r} is too small for this network: height and width must be at least {smallest}; "
            "resize the images, for example with keras.layers.Resizing"
        )
    return height, width, channels


def check_classes(classes):
    """Raises ValueError unless `classes` is a whole number of at least 1."""
    integer("classes", classes, 1)


def check_activation(name, activation):
    """Raises ValueError unless Keras knows the activation: its name, a function, or None."""
    try:
        keras.activations.get(activation)
    except (ValueError, TypeError):
        raise ValueError(
            f'{name} must be a name that Keras knows, such as "relu", "tanh" or "softmax", a function, or None, '
            f"got {activation!r}"
        ) from None


def check_top(include_top, pooling, classes, classifier_activation):
    """Raises ValueError for arguments of the end of a network that are not those of keras.applications."""
    if not isinstance(include_top, bool):
        raise ValueError(f"include_top must be True or False, got {include_top!r}")
    if pooling is not None:
        choice("pooling", pooling, ("avg", "max"))
    check_classes(classes)
    check_activation("classifier_activation", classifier_activation)


def without_top(x, pooling):
    """What follows the last map `x` if there is no classifier: nothing, or its mean or largest value per channel."""
    if pooling is None:
        return x
    if choice("pooling", pooling, ("avg", "max")) == "avg":
        return layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.GlobalMaxPooling2D(name="max_pool")(x)
