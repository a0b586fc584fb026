"""GoogLeNet of Szegedy et al. 2014 (arXiv:1409.4842): nine Inception modules, and no large dense layer at the end.

Names follow Table 1 and Fig. 3: the module inception_3a has the branches inception_3a_1x1, inception_3a_3x3 (after
inception_3a_3x3_reduce), inception_3a_5x5 (after inception_3a_5x5_reduce) and inception_3a_pool_proj (after
inception_3a_pool), and inception_3a itself is their concatenation. The three outputs are softmax0, softmax1, softmax2.
"""

import keras
from keras import layers

from utils.models.common import LocalResponseNormalization, check_image, check_top, without_top
from utils.validation import integer

# Table 1: filters of #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="googlenet",
    *,
    auxiliary=False,
):
    """Build GoogLeNet: 22 layers of weights, 6,998,552 parameters; 13,378,280 with the two auxiliary classifiers.

    Args:
        input_shape: (height, width, channels), at least 32 x 32, with the auxiliary classifiers 65 x 65.
        auxiliary: Also classify the maps of inception_4a and inception_4d, as the paper does during training, with
            their losses weighted by 0.3, `compile(..., loss_weights=[1, 0.3, 0.3])`.
        include_top, pooling, classes, classifier_activation, name: As in keras.applications.

    Returns:
        A Keras model from images (batch, height, width, channels) to probabilities (batch, classes), or with
        `auxiliary` to a list of three, [softmax2, softmax0, softmax1], the network's own first.

    Raises:
        ValueError: For an image too small, classes below 1, an unknown pooling or activation, and auxiliary
            classifiers without the top.

    Source: Table 1, Fig. 3 and section 5 of arXiv:1409.4842. Introduced in notebook 07.
    """
    classes = check_top(include_top, pooling, classes, classifier_activation)
    if auxiliary and not include_top:
        raise ValueError(
            "auxiliary=True does not go with include_top=False: the auxiliary classifiers are part of the top; "
            "leave one of them out"
        )

    image = keras.Input(check_image(input_shape, smallest=65 if auxiliary else 32), name="image")
    x = _conv(image, 64, 7, "conv1", strides=2)  # 112 x 112
    x = _pool(x, "pool1")  # 56 x 56
    x = LocalResponseNormalization(name="norm1")(x)
    x = _conv(x, 64, 1, "conv2_reduce")
    x = _conv(x, 192, 3, "conv2")
    x = LocalResponseNormalization(name="norm2")(x)
    x = _pool(x, "pool2")  # 28 x 28
    x = inception_module(x, *MODULES["3a"], name="inception_3a")
    x = inception_module(x, *MODULES["3b"], name="inception_3b")
    x = _pool(x, "pool3")  # 14 x 14
    x = of_4a = inception_module(x, *MODULES["4a"], name="inception_4a")
    x = inception_module(x, *MODULES["4b"], name="inception_4b")
    x = inception_module(x, *MODULES["4c"], name="inception_4c")
    x = of_4d = inception_module(x, *MODULES["4d"], name="inception_4d")
    x = inception_module(x, *MODULES["4e"], name="inception_4e")
    x = _pool(x, "pool4")  # 7 x 7
    x = inception_module(x, *MODULES["5a"], name="inception_5a")
    x = inception_module(x, *MODULES["5b"], name="inception_5b")
    if not include_top:
        return keras.Model(image, without_top(x, pooling), name=name)
    x = layers.GlobalAveragePooling2D(name="pool5")(x)  # 1024 numbers, where flattening would give 50,176
    x = layers.Dropout(0.4, name="dropout")(x)
    outputs = layers.Dense(classes, activation=classifier_activation, name="softmax2")(x)
    if auxiliary:
        softmax0 = _auxiliary(of_4a, classes, classifier_activation, "softmax0")
        softmax1 = _auxiliary(of_4d, classes, classifier_activation, "softmax1")
        outputs = [outputs, softmax0, softmax1]
    return keras.Model(image, outputs, name=name)


def inception_module(
    x, filters_1x1, filters_3x3_reduce, filters_3x3, filters_5x5_reduce, filters_5x5, filters_pool, name="inception"
):
    """Look at the same maps through windows of different sizes, in four branches, and concatenate the results.

    Args:
        x: A Keras tensor (batch, height, width, channels).
        filters_1x1: Filters of the branch with one 1 x 1 convolution.
        filters_3x3_reduce, filters_3x3: Filters of the 1 x 1 convolution in front of the 3 x 3, and of the 3 x 3.
        filters_5x5_reduce, filters_5x5: The same for the 5 x 5 convolution.
        filters_pool: Filters of the 1 x 1 convolution after the 3 x 3 maximum pooling.
        name: Of the concatenation, and the start of the names of all other layers.

    Returns:
        A Keras tensor (batch, height, width, filters_1x1 + filters_3x3 + filters_5x5 + filters_pool).

    Raises:
        ValueError: For filters below 1.

    Source: Fig. 2(b) and Table 1 of arXiv:1409.4842, in whose order the numbers of filters stand.
    Introduced in notebook 07.
    """
    b1 = _conv(x, filters_1x1, 1, f"{name}_1x1")
    b3 = _conv(x, filters_3x3_reduce, 1, f"{name}_3x3_reduce")
    b3 = _conv(b3, filters_3x3, 3, f"{name}_3x3")
    b5 = _conv(x, filters_5x5_reduce, 1, f"{name}_5x5_reduce")
    b5 = _conv(b5, filters_5x5, 5, f"{name}_5x5")
    bp = _pool(x, f"{name}_pool", strides=1)
    bp = _conv(bp, filters_pool, 1, f"{name}_pool_proj")
    return layers.Concatenate(name=name)([b1, b3, b5, bp])


def _auxiliary(x, classes, activation, name):
    """Attach a small classifier to the middle of the network (section 5)."""
    x = layers.AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)  # 4 x 4
    x = _conv(x, 128, 1, f"{name}_conv")
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(1024, activation="relu", name=f"{name}_fc")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(classes, activation=activation, name=name)(x)


def _conv(x, filters, kernel_size, name, strides=1):
    filters = integer("filters", filters, 1)
    return layers.Conv2D(filters, kernel_size, strides, padding="same", activation="relu", name=name)(x)


def _pool(x, name, strides=2):
    return layers.MaxPooling2D(3, strides, padding="same", name=name)(x)
