"""Parts that several networks share: a layer, the end without a classifier, and the checks of arguments."""

import os
from pathlib import Path

import keras
from keras import layers, ops

from utils.validation import choice, integer, is_pair


@keras.saving.register_keras_serializable(package="utils.models")
class LocalResponseNormalization(layers.Layer):
    """Divide every number by the strength of its neighbours in the maps beside it.

    b_i = a_i / (k + alpha * sum of a_j^2)^beta over the n maps j around map i, fewer at the first and last map.
    (batch, height, width, maps) keeps its shape.

    Args:
        k: Added to the weighted sum, so that nothing is divided by zero.
        n: Number of maps in the sum, odd.
        alpha: Weight of the sum.
        beta: Exponent.

    Raises:
        ValueError: For n below 1 or even.

    Source: section 3.3 of the paper on AlexNet (doi:10.1145/3065386), whose constants are the defaults.
    Introduced in notebook 06.
    """

    sees = "pixel"  # for utils.fields

    def __init__(self, k=2.0, n=5, alpha=1e-4, beta=0.75, **kwargs):
        super().__init__(**kwargs)
        n = integer("n", n, 1)
        if n % 2 == 0:
            raise ValueError(f"n must be odd, so that map i is in the middle, got {n}; take {n - 1} or {n + 1}")
        self.k, self.n, self.alpha, self.beta = k, n, alpha, beta

    def call(self, a):
        half = self.n // 2
        squares = ops.pad(ops.square(a), ((0, 0), (0, 0), (0, 0), (half, half)))
        total = sum(squares[..., shift : shift + a.shape[-1]] for shift in range(self.n))
        return a / (self.k + self.alpha * total) ** self.beta

    def get_config(self):
        return {**super().get_config(), "k": self.k, "n": self.n, "alpha": self.alpha, "beta": self.beta}


def without_top(x, pooling):
    """Apply global average or max pooling, or none, in place of a classifier.

    Args:
        x: The last maps, a Keras tensor (batch, height, width, channels).
        pooling: "avg", "max" or None.

    Returns:
        A Keras tensor (batch, channels), or x itself without pooling.
    """
    if pooling is None:
        return x
    if choice("pooling", pooling, ("avg", "max")) == "avg":
        return layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.GlobalMaxPooling2D(name="max_pool")(x)


def check_image(input_shape, smallest):
    """Return input_shape as three ints (height, width, channels).

    Raises:
        ValueError: Unless there are three of them, with height and width at least `smallest`; and if Keras is told to
            put channels first.
    """
    check_channels_last()
    if not is_pair(input_shape) or len(input_shape) != 3:
        raise ValueError(f"input_shape must be (height, width, channels), got {input_shape!r}")
    height, width, channels = (integer("input_shape", n, 1) for n in input_shape)
    if min(height, width) < smallest:
        raise ValueError(
            f"input_shape={input_shape!r} is too small for this network: height and width must be at least {smallest}; "
            "resize the images, for example with keras.layers.Resizing"
        )
    return height, width, channels


def check_channels_last():
    """Raise ValueError if Keras' settings say that images have their channels first."""
    if keras.config.image_data_format() != "channels_last":
        settings = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "keras.json"
        raise ValueError(
            'the setting image_data_format of Keras must be "channels_last", as images are (height, width, channels) '
            f'here, got "channels_first"; change it in {settings}, or call '
            'keras.config.set_image_data_format("channels_last") first'
        )


def check_activation(name, activation):
    """Raise ValueError unless Keras knows the activation: its name, a function, or None."""
    try:
        keras.activations.get(activation)
    except (ValueError, TypeError):
        raise ValueError(
            f'{name} must be a name that Keras knows, such as "relu", "tanh" or "softmax", a function, or None, '
            f"got {activation!r}"
        ) from None


def check_top(include_top, pooling, classes, classifier_activation):
    """Return `classes` as an int; raise ValueError for an end of a network that keras.applications would not take."""
    if not isinstance(include_top, bool):
        raise ValueError(f"include_top must be True or False, got {include_top!r}")
    if pooling is not None:
        choice("pooling", pooling, ("avg", "max"))
    check_activation("classifier_activation", classifier_activation)
    return integer("classes", classes, 1)
