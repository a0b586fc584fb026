"""LeNet-5 of LeCun, Bottou, Bengio and Haffner 1998 (doi:10.1109/5.726791): the textbooks' version and the paper's.

Layers carry the paper's names: C for a convolution, S for subsampling, F for a fully connected layer. Sections,
tables and equations are those of the paper.
"""

import keras
import numpy as np
from keras import layers, ops

from utils.models.common import check_activation, check_classes, check_image
from utils.validation import choice


def lenet5(
    input_shape=(32, 32, 1),
    classes=10,
    activation="tanh",
    pool="average",
    classifier_activation="softmax",
    name="lenet5",
):
    """LeNet-5 as textbooks have it: ordinary convolutions and pooling, a softmax at the end; 61,706 parameters.

    input_shape: (32, 32, channels), or (28, 28, channels), which is padded with two zeros on each side, as the paper
        centres its digits of 28 x 28 in 32 x 32 pixels.
    activation: of C1, C3, C5 and F6. pool: "average" or "max". With "relu" and "max" it is a modern network.
    Returns a Keras model of (batch, *input_shape) images with (batch, classes) probabilities.
    Raises ValueError for another image size, classes below 1, an unknown activation or pooling.
    Source: lecture topic "LeNet-5"; sizes as in section II-B. Introduced in notebook 05.
    """
    check_classes(classes)
    check_activation("activation", activation)
    check_activation("classifier_activation", classifier_activation)
    poolings = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}
    pooling = poolings[choice("pool", pool, tuple(poolings))]

    image, x = _image(input_shape)
    x = layers.Conv2D(6, 5, activation=activation, name="C1")(x)  # 28 x 28
    x = pooling(2, name="S2")(x)  # 14 x 14
    x = layers.Conv2D(16, 5, activation=activation, name="C3")(x)  # 10 x 10
    x = pooling(2, name="S4")(x)  # 5 x 5
    x = layers.Conv2D(120, 5, activation=activation, name="C5")(x)  # 1 x 1
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(84, activation=activation, name="F6")(x)
    x = layers.Dense(classes, activation=classifier_activation, name="output")(x)
    return keras.Model(image, x, name=name)


def lenet5_1998(input_shape=(32, 32, 1), classes=10, name="lenet5_1998"):
    """LeNet-5 exactly as in the paper: 60,000 trainable parameters, 340,908 connections.

    C3 reads only some of the maps of S2 (`CONNECTIONS`, Table I), S2 and S4 have trainable weights, every unit up to
    F6 is squashed by `scaled_tanh`, and the output compares F6 with a picture of each digit (`BITMAPS`).
    input_shape: (32, 32, channels), or (28, 28, channels), padded with two zeros on each side. The paper's pixels are
        -0.1 for paper and 1.175 for ink; with those, pad with -0.1 yourself.
    classes: at most 10, one for each picture.
    Returns a Keras model whose outputs (batch, classes) are squared distances: the *smallest* one is the answer, so
    take `keras.ops.argmin`. Compile it with `rbf_loss` and the metric `rbf_accuracy`.
    Raises ValueError for another image size and for classes outside 1 to 10.
    Source: section II-B; initial weights as in appendix A. Introduced in notebook 05.
    """
    check_classes(classes)
    if classes > len(BITMAPS):
        raise ValueError(f"classes must be at most {len(BITMAPS)}, one for each picture of a digit, got {classes}")

    image, x = _image(input_shape)
    inputs = 25 * x.shape[-1]
    x = layers.Conv2D(6, 5, activation=scaled_tanh, kernel_initializer=_uniform(inputs), name="C1")(x)
    x = Subsampling(2, activation=scaled_tanh, name="S2")(x)
    x = TableConv2D(CONNECTIONS, 5, activation=scaled_tanh, name="C3")(x)
    x = Subsampling(2, activation=scaled_tanh, name="S4")(x)
    x = layers.Conv2D(120, 5, activation=scaled_tanh, kernel_initializer=_uniform(25 * 16), name="C5")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(84, activation=scaled_tanh, kernel_initializer=_uniform(120), name="F6")(x)
    x = EuclideanRBF(BITMAPS[:classes].reshape(classes, -1), name="output")(x)
    return keras.Model(image, x, name=name)


def connections(model):
    """How many numbers the units of each layer of a LeNet read, biases included, and how many weights they share.

    Returns a DataFrame with the columns "layer", "connections" and "parameters" (trainable ones); layers that only
    pass numbers on (input, padding, flatten) are left out.
    Raises ValueError for a layer that is not found in a LeNet.
    Source: the counts of section II-B. Introduced in notebook 05.
    """
    import pandas as pd

    rows = []
    for layer in model.layers:
        shape = layer.output.shape[1:]
        if isinstance(layer, (layers.Conv2D, layers.Dense, TableConv2D, EuclideanRBF)):
            reads = int(np.prod(shape[:-1])) * layer.count_params()  # every position reads through all weights
        elif isinstance(layer, (layers.AveragePooling2D, layers.MaxPooling2D, Subsampling)):
            reads = int(np.prod(shape)) * (int(np.prod(layer.pool_size)) + bool(layer.weights))
        elif isinstance(layer, (layers.InputLayer, layers.ZeroPadding2D, layers.Flatten)):
            continue
        else:
            raise ValueError(
                f"layer {layer.name!r} ({type(layer).__name__}) is not one of a LeNet; "
                "give a model made by lenet5 or lenet5_1998"
            )
        rows.append((layer.name, reads, sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)))
    return pd.DataFrame(rows, columns=["layer", "connections", "parameters"])


def _image(input_shape):
    """The input, and what the first convolution reads: an image of 32 x 32."""
    height, width, channels = check_image(input_shape, smallest=1)
    if (height, width) not in ((28, 28), (32, 32)):
        raise ValueError(
            f"input_shape={input_shape!r} does not fit: LeNet-5 reads 32 x 32 or 28 x 28 pixels; "
            "resize the images, for example with keras.layers.Resizing"
        )
    image = keras.Input((height, width, channels), name="image")
    return image, layers.ZeroPadding2D(2, name="padding")(image) if height == 28 else image


def _uniform(inputs):
    """Appendix A: weights start uniform between -2.4 / F and 2.4 / F, where F inputs reach a unit."""
    return keras.initializers.RandomUniform(-2.4 / inputs, 2.4 / inputs)


# The parts of 1998


@keras.saving.register_keras_serializable(package="utils.models")
def scaled_tanh(x):
    """The squashing function f(a) = 1.7159 tanh(2a / 3), with f(1) = 1 and f(-1) = -1.

    x: a tensor of any shape. Source: section II-B, equation 6, and appendix A. Introduced in notebook 05.
    """
    return 1.7159 * ops.tanh(2 / 3 * x)


@keras.saving.register_keras_serializable(package="utils.models")
class Subsampling(layers.Layer):
    """Pooling with weights: the sum of each window times the map's coefficient, plus the map's bias, then squashed.

    pool_size: rows and columns of a window; windows do not overlap. Two parameters for each map.
    (batch, height, width, maps) becomes (batch, height // pool_size, width // pool_size, maps).
    Source: section II-B, layers S2 and S4. Introduced in notebook 05.
    """

    def __init__(self, pool_size=2, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = self.strides = (pool_size, pool_size)
        self.padding = "valid"
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        window = int(np.prod(self.pool_size))
        self.coefficient = self.add_weight((input_shape[-1],), initializer=_uniform(window), name="coefficient")
        self.bias = self.add_weight((input_shape[-1],), initializer="zeros", name="bias")

    def call(self, x):
        total = int(np.prod(self.pool_size)) * ops.average_pool(x, self.pool_size, self.strides)
        return self.activation(total * self.coefficient + self.bias)

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "pool_size": self.pool_size[0], "activation": activation}


def _marks(mark, drawing):
    """A drawing of words as an array (row, word, character), true where the mark stands."""
    rows = [row.split() for row in drawing.strip().splitlines()]
    return np.array([[[character == mark for character in word] for word in row] for row in rows])


# Table I. Row: a map of S2, column: a map of C3; X where C3 reads S2.
CONNECTIONS = _marks(
    "X",
    """
    X . . . X X X . . X X X X . X X
    X X . . . X X X . . X X X X . X
    X X X . . . X X X . . X . X X X
    . X X X . . X X X X . . X . X X
    . . X X X . . X X X X . X X . X
    . . . X X X . . X X X X . X X X
    """,
)[..., 0]


@keras.saving.register_keras_serializable(package="utils.models")
class TableConv2D(layers.Layer):
    """A convolution in which each map reads only the input maps that a table names.

    table: a row for each input map and a column for each output map, true where the second reads the first.
    kernel_size: rows and columns of the kernels; no padding, stride 1.
    (batch, height, width, rows of the table) becomes (batch, height - kernel_size + 1, width - kernel_size + 1,
    columns of the table). There is one kernel for each true entry, and one bias for each column.
    Source: section II-B, layer C3. Introduced in notebook 05.
    """

    def __init__(self, table, kernel_size, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.table = np.array(table, dtype=bool)
        self.kernel_size, self.strides, self.padding = (kernel_size, kernel_size), (1, 1), "valid"
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            (*self.kernel_size, int(self.table.sum())), initializer=self._initial_kernel, name="kernel"
        )
        self.bias = self.add_weight((self.table.shape[1],), initializer="zeros", name="bias")

    def _initial_kernel(self, shape, dtype=None):
        entries = self.table.sum(axis=0)  # input maps that each map reads
        inputs = np.prod(self.kernel_size) * entries[np.nonzero(self.table)[1]]
        return _uniform(1)(shape, dtype) / ops.cast(inputs, dtype)

    def full_kernel(self):
        """All kernels as Conv2D holds them, (rows, columns, input maps, output maps), zero where nothing is read."""
        places = np.eye(self.table.size)[np.flatnonzero(self.table)]  # (kernels, input maps * output maps)
        kernel = ops.matmul(self.kernel, ops.cast(places, self.compute_dtype))
        return ops.reshape(kernel, (*self.kernel_size, *self.table.shape))

    def call(self, x):
        return self.activation(ops.conv(x, self.full_kernel()) + self.bias)

    def get_config(self):
        return {
            **super().get_config(),
            "table": self.table.tolist(),
            "kernel_size": self.kernel_size[0],
            "activation": keras.activations.serialize(self.activation),
        }


# Drawn after Fig. 3: ten digits of 12 rows and 7 columns, # for ink (+1) and . for paper (-1).
BITMAPS = _marks(
    "#",
    """
    ....... ....... ....... ....... ....... ....... ....... ....... ....... .......
    ..###.. ...##.. .#####. ####### .....#. ####### ...###. ####### .#####. ..####.
    .#...#. ..###.. #.....# .....## ....##. #...... ..##... #.....# ##...## .##..##
    #.....# .####.. ......# ....##. ...#.#. #...... .##.... ......# ##...## ##...##
    #.....# ...##.. .....## ...##.. ..#..#. #...... ##..... .....#. .##.##. ##...##
    #.....# ...##.. ....##. ..####. .#...#. ######. ##.###. ....#.. ..###.. .######
    #.....# ...##.. ...##.. .....## #....#. ......# ###..## ....#.. .##.##. .....##
    #.....# ...##.. ..##... ......# ####### ......# ##...## ...#... ##...## ....##.
    #.....# ...##.. .##.... ......# .....#. ......# ##...## ...#... ##...## ...##..
    .#...#. ...##.. ##..... ##...## .....#. #.....# .##.##. ...#... ##...## ..##...
    ..###.. .###### ####### .#####. .....#. .#####. ..###.. ..##... .#####. .##....
    ....... ....... ....... ....... ....... ....... ....... ....... ....... .......
    """,
)
BITMAPS = np.where(BITMAPS, 1, -1).swapaxes(0, 1)  # (digit, row, column)


@keras.saving.register_keras_serializable(package="utils.models")
class EuclideanRBF(layers.Layer):
    """Squared distances between the input and fixed codes: y_i = sum_j (x_j - w_ij)^2. Nothing here is trained.

    codes: (classes, numbers). (batch, numbers) becomes (batch, classes).
    Source: section II-B, equation 7. Introduced in notebook 05.
    """

    def __init__(self, codes, **kwargs):
        super().__init__(**kwargs)
        self.codes = np.array(codes, dtype="float32")

    def build(self, input_shape):
        initial = keras.initializers.Constant(self.codes)
        self.weight = self.add_weight(self.codes.shape, initializer=initial, trainable=False, name="codes")

    def call(self, x):
        return ops.sum(ops.square(ops.expand_dims(x, 1) - self.weight), axis=-1)

    def get_config(self):
        return {**super().get_config(), "codes": self.codes.tolist()}


@keras.saving.register_keras_serializable(package="utils.models")
def rbf_loss(y_true, y_pred, j=0.1):
    """The distance y_D of the right class D, plus log(e^-j + sum_i e^-y_i), which keeps the other classes away.

    y_true: whole numbers, (batch,) or (batch, 1). y_pred: distances, (batch, classes).
    j: positive; a wrong class farther away than about j is left alone. The paper gives no number.
    Returns (batch,). Source: section II-C, equation 9. Introduced in notebook 05.
    """
    y_true = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
    right = ops.squeeze(ops.take_along_axis(y_pred, y_true, axis=-1), axis=-1)
    others = ops.concatenate([-y_pred, ops.full_like(y_pred[:, :1], -j)], axis=-1)
    return right + ops.logsumexp(others, axis=-1)


@keras.saving.register_keras_serializable(package="utils.models")
def rbf_accuracy(y_true, y_pred):
    """1 where the smallest distance is that of the right class, 0 elsewhere: a metric beside `rbf_loss`.

    y_true: whole numbers, (batch,) or (batch, 1). y_pred: distances, (batch, classes).
    Returns (batch,). Introduced in notebook 05.
    """
    y_true = ops.cast(ops.reshape(y_true, (-1,)), "int32")
    return ops.cast(ops.equal(ops.cast(ops.argmin(y_pred, axis=-1), "int32"), y_true), "float32")
