"""LeNet-5 exactly as in LeCun, Bottou, Bengio and Haffner 1998 (doi:10.1109/5.726791), part by part.

Layers carry the paper's names: C for a convolution, S for subsampling, F for a fully connected layer. Sections,
tables and equations are those of the paper.
"""

import keras
import numpy as np
import pandas as pd
from keras import layers, ops

from utils.models.lenet import image_of_32
from utils.validation import integer


def lenet5_1998(input_shape=(32, 32, 1), classes=10, name="lenet5_1998"):
    """Build LeNet-5 exactly as in the paper: 60,000 trainable parameters, 340,908 connections.

    C3 reads only some of the maps of S2 (`CONNECTIONS`, Table I), S2 and S4 have trainable weights, every unit up to
    F6 is squashed by `scaled_tanh`, and the output compares F6 with a picture of each digit (`BITMAPS`).

    Args:
        input_shape: (32, 32, channels), or (28, 28, channels), padded with two zeros on each side. The paper's pixels
            are -0.1 for paper and 1.175 for ink; with those, pad with -0.1 yourself.
        classes: At most 10, one for each picture.
        name: Of the model.

    Returns:
        A Keras model whose outputs (batch, classes) are squared distances: the smallest one is the answer, so take
        `keras.ops.argmin`. Compile it with `rbf_loss` and the metric `rbf_accuracy`.

    Raises:
        ValueError: For another image size and for classes outside 1 to 10.

    Source: section II-B; initial weights as in appendix A. Introduced in notebook 05.
    """
    classes = integer("classes", classes, 1, len(BITMAPS), "one for each picture of a digit")

    image, x = image_of_32(input_shape)
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


def count_connections(model):
    """Count the numbers that the units of each layer of a LeNet read, biases included, and the weights they share.

    Args:
        model: Made by `lenet5` or `lenet5_1998`.

    Returns:
        A DataFrame with the columns "layer", "connections" and "parameters" (trainable ones). Layers that only pass
        numbers on (input, padding, flatten) are left out.

    Raises:
        ValueError: For a layer that no LeNet has.

    Source: the counts of section II-B. Introduced in notebook 05.
    """
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


@keras.saving.register_keras_serializable(package="utils.models")
def scaled_tanh(x):
    """Squash numbers: f(a) = 1.7159 tanh(2a / 3), with f(1) = 1 and f(-1) = -1.

    Args:
        x: A tensor of any shape.

    Returns:
        A tensor of the same shape.

    Source: section II-B, equation 6, and appendix A. Introduced in notebook 05.
    """
    return 1.7159 * ops.tanh(2 / 3 * x)


@keras.saving.register_keras_serializable(package="utils.models")
class Subsampling(layers.Layer):
    """Pool with weights: the sum of each window times the map's coefficient, plus the map's bias, then squashed.

    (batch, height, width, maps) becomes (batch, height // pool_size, width // pool_size, maps). Each map has two
    parameters.

    Args:
        pool_size: Rows and columns of a window, an int; windows do not overlap.
        activation: The squashing function.

    Source: section II-B, layers S2 and S4. Introduced in notebook 05.
    """

    sees = "window"  # for utils.fields

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
    """Turn a drawing made of words into an array (row, word, character), true where the mark stands."""
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
    """Convolve so that each map reads only the input maps that a table names.

    (batch, height, width, rows of the table) becomes (batch, height - kernel_size + 1, width - kernel_size + 1,
    columns of the table). There is one kernel for each true entry, and one bias for each column.

    Args:
        table: A row for each input map and a column for each output map, true where the second reads the first.
        kernel_size: Rows and columns of the kernels, an int; no padding, stride 1.
        activation: As in keras.layers.Conv2D.

    Source: section II-B, layer C3. Introduced in notebook 05.
    """

    sees = "window"  # for utils.fields

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
        """Return all kernels as Conv2D holds them, (rows, columns, input maps, output maps); those left out are 0."""
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
    """Compute the squared distances between the input and fixed codes: y_i = sum_j (x_j - w_ij)^2.

    (batch, numbers) becomes (batch, classes). Nothing here is trained.

    Args:
        codes: Array (classes, numbers).

    Source: section II-B, equation 7.
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
    """Add to the distance y_D of the right class D the term log(e^-j + sum_i e^-y_i), which keeps the others away.

    Args:
        y_true: Whole numbers, (batch,) or (batch, 1).
        y_pred: Distances, (batch, classes).
        j: Positive; a wrong class farther away than about j is left alone. The paper gives no number.

    Returns:
        The loss of each image, (batch,).

    Source: section II-C, equation 9. Introduced in notebook 05.
    """
    y_true = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
    right = ops.squeeze(ops.take_along_axis(y_pred, y_true, axis=-1), axis=-1)
    others = ops.concatenate([-y_pred, ops.full_like(y_pred[:, :1], -j)], axis=-1)
    return right + ops.logsumexp(others, axis=-1)


@keras.saving.register_keras_serializable(package="utils.models")
def rbf_accuracy(y_true, y_pred):
    """Return 1 where the smallest distance is that of the right class, 0 elsewhere: a metric for `rbf_loss`.

    Args:
        y_true: Whole numbers, (batch,) or (batch, 1).
        y_pred: Distances, (batch, classes).

    Returns:
        (batch,) zeros and ones.

    Introduced in notebook 05.
    """
    y_true = ops.cast(ops.reshape(y_true, (-1,)), "int32")
    return ops.cast(ops.equal(ops.cast(ops.argmin(y_pred, axis=-1), "int32"), y_true), "float32")


def _uniform(inputs):
    """Draw weights as in appendix A: uniform between -2.4 / F and 2.4 / F, where F inputs reach a unit."""
    return keras.initializers.RandomUniform(-2.4 / inputs, 2.4 / inputs)
