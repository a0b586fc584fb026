"""Transfer learning in five steps: add a head, freeze the base, train the head, unfreeze the last layers, train again.

In code::

    base, preprocess_input = backbone(input_shape=(96, 96, 3))     # utils.pretrained
    model = add_head(base, classes=15)                             # 1
    freeze(model)                                                  # 2
    model.compile(...); model.fit(...)                             # 3
    unfreeze(model, blocks=2)                                      # 4
    model.compile(...); model.fit(...)                             # 5, with a small learning rate

Frozen layers give the same outputs in every epoch. Compute them once, with `compute_features`, and train only the rest,
which `split_at_blocks` cuts off. A `Way` keeps the two together: the network that is trained, and its inputs.
"""

import keras
import numpy as np
import pandas as pd

from utils.blocks import block_ends as block_ends, block_names as block_names, block_of, calls_from_blocks
from utils.graph import calls, layers_inside
from utils.training import Dots, starting_point
from utils.validation import integer, real_array


def add_head(base, classes, *, dropout=0.0, classifier_activation="softmax", name=None):
    """Put a new dense layer "head" on a network, one output for each class.

    The head's weights start at zero: at first all classes are equally probable, whatever the seed.

    Args:
        base: A Keras model that ends in a vector, such as `backbone` gives; it shares its layers with the result.
        classes: The number of outputs.
        dropout: The fraction of the features that is left out at random in training, from 0 to below 1.
        classifier_activation: Of the head.
        name: Of the result.

    Returns:
        A Keras model without a model inside: all layers of the base, then the head.

    Raises:
        ValueError: For a base that ends in maps or has several inputs or outputs, classes below 1, and another dropout.

    Source: lecture topic "Transfer learning", step 1. Introduced in notebook 09.
    """
    classes = integer("classes", classes, 1)
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be a fraction from 0 to below 1, got {dropout!r}")
    calls(base)  # or it refuses a base whose layers are not known
    if len(base.inputs) != 1 or len(base.outputs) != 1:
        raise ValueError(
            f"base must have one input and one output, got {len(base.inputs)} and {len(base.outputs)}; "
            "choose one with keras.Model(base.input, base.outputs[0])"
        )
    (x,) = base.outputs
    if len(x.shape) != 2:
        raise ValueError(
            f'base must end in a vector of features, got an output of shape {x.shape}; build it with pooling="avg"'
        )
    if dropout:
        x = keras.layers.Dropout(dropout, name="head_dropout")(x)
    x = keras.layers.Dense(classes, activation=classifier_activation, kernel_initializer="zeros", name="head")(x)
    return keras.Model(base.inputs[0], x, name=name)


def freeze(model):
    """Let training change the head only. Compile the model again afterwards.

    Args:
        model: Made by `add_head`; it is changed.

    Returns:
        A DataFrame with the columns "name" (of a block, or of a layer outside the blocks), "layers" (those with
        weights), "parameters" and "trainable" (parameters); the last row is the total.

    Raises:
        ValueError: For a model without a layer "head".

    Source: lecture topic "Transfer learning", step 2.
    """
    _set_trainable(model, [])
    return _summary(model)


def unfreeze(model, *, blocks=None, layers=None, depthwise=True):
    """Let training change the head and the last blocks, or the last layers. Compile the model again afterwards.

    All other layers of the base are frozen, even if they were unfrozen before. Batch normalisation always stays frozen,
    inside other layers as well, and uses its stored averages, even during training: averages over few images would be
    unreliable, and the weights around it were learned with the stored ones.

    Args:
        model: Made by `add_head`; it is changed.
        blocks: The number of last blocks to unfreeze (see `block_names`), with all that comes after them.
        layers: In place of blocks, the number of last layers with weights, batch normalisation and head not counted.
        depthwise: False keeps depthwise convolutions frozen. They hold few of the weights (5 % in the last six blocks
            of EfficientNet-Lite0), but their gradients take half the time of a training step on a CPU.

    Returns:
        A DataFrame as `freeze` does.

    Raises:
        ValueError: Unless exactly one of blocks and layers is given, and for more than there are.

    Source: lecture topic "Transfer learning", step 4; https://keras.io/guides/transfer_learning/.
    Introduced in notebook 09.
    """
    if (blocks is None) == (layers is None):
        raise ValueError(f"give either blocks or layers, got blocks={blocks!r}, layers={layers!r}")
    if blocks is not None:
        chosen = [call.layer for call in calls_from_blocks(model, blocks).values()]
    else:
        chosen = _base_layers(model)
    always = (keras.layers.BatchNormalization, *([] if depthwise else [keras.layers.DepthwiseConv2D]))
    if layers is not None:
        chosen = [layer for layer in chosen if _has_other_weights(layer, always)]
        chosen = chosen[-integer("layers", layers, 1, len(chosen), "the layers with weights") :]
    _set_trainable(model, chosen, always)
    return _summary(model)


def split_at_blocks(model, blocks):
    """Cut a network in two before its last blocks: rest(front(x)) = model(x).

    While all blocks of the front are frozen, its outputs stay the same: compute them once with `compute_features`, and
    train only the rest. Both parts share their weights with the model, so training the rest trains the model.

    Args:
        model: A Keras model with blocks; see `block_names`.
        blocks: The number of blocks in the rest, counted from the end, with all that comes after them.

    Returns:
        (front, rest), two Keras models; compile the rest before you train it.

    Raises:
        ValueError: For more blocks than there are, and where more than one array passes from front to rest.

    Source: lecture topic "Transfer learning". Introduced in notebook 09.
    """
    every, rest = calls(model), calls_from_blocks(model, blocks)
    passing = {
        id(tensor): (tensor, every[parent].layer.name)
        for call in rest.values()
        for tensor, parent in zip(call.inputs, call.parents)
        if parent not in rest
    }
    if len(passing) != 1:
        names = " and ".join(name for _, name in passing.values())
        raise ValueError(f"blocks={blocks} would cut {len(passing)} connections, from {names}; choose another number")
    ((tensor, _),) = passing.values()
    return keras.Model(model.input, tensor, name="front"), keras.Model(tensor, model.output, name="rest")


def compute_features(model, images, preprocess_input=None, batch_size=32):
    """Compute the outputs of a model for all images, batch by batch; dots show the progress.

    Args:
        model: A base, or the front of `split_at_blocks`.
        images: (images, height, width, channels).
        preprocess_input: Applied to each batch before the model, so that the images can stay uint8; see `backbone`.
        batch_size: Images in a batch.

    Returns:
        A float32 array (images, ...), whatever the precision of the model; for several outputs a list or dict of them.

    Raises:
        ValueError: For no images, a batch_size below 1, images of another shape than the model reads, NaN and infinity
            in images or features, and a preprocess_input that does not give one input for each image.

    Introduced in notebook 09.
    """
    batch_size = integer("batch_size", batch_size, 1)
    images = np.asarray(images) if isinstance(images, (list, tuple)) else images
    if not len(images):
        raise ValueError(f"images must hold at least one image, got shape {np.shape(images)}")
    if len(model.inputs or [0]) != 1:
        raise ValueError(f"model must read one batch of images, got {model.name} with {len(model.inputs)} inputs")
    want, got = model.inputs[0].shape[1:] if model.inputs else np.shape(images)[1:], np.shape(images)[1:]
    if len(want) != len(got) or any(size not in (None, had) for size, had in zip(want, got)):
        raise ValueError(
            f"images must have the shape (images, {', '.join(map(str, want))}) that the model takes, "
            f"got {np.shape(images)}"
        )
    for start in range(0, len(images), batch_size):
        real_array("images", images[start : start + batch_size], [("images", *map(str, want))])

    def batches():
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            yield (preprocess_input(batch) if preprocess_input else batch,)

    steps = -(-len(images) // batch_size)
    dots = Dots(f"{len(images)} images", per_epoch=30)
    found = model.predict(batches(), steps=steps, verbose=0, callbacks=[dots])
    found = keras.tree.map_structure(lambda output: np.asarray(output, "float32"), found)
    for output in keras.tree.flatten(found):
        if len(output) != len(images):
            raise ValueError(
                f"preprocess_input must return one input for each image, but {len(images)} images gave {len(output)}"
            )
        if not np.isfinite(output).all():
            raise ValueError(
                f"the features are NaN or infinite; check preprocess_input and the weights of {model.name}"
            )
    return found


class Way:
    """One way to learn a task: a network that is trained, and its inputs for all images.

    It learns again and again from other images, each time from the start, without being compiled again.

    Args:
        model: A Keras model that ends in probabilities.
        inputs, test_inputs: Its inputs, (images, ...): the images, or the outputs of the frozen part of a network
            for them; see `compute_features`.
        random: True for a model that starts from random weights: each time it gets new ones, those of the seed.

    Introduced in notebook 09.
    """

    def __init__(self, model, inputs, test_inputs, *, random=False):
        self.model, self.inputs, self.test_inputs, self.random = model, inputs, test_inputs, random
        model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
        self.restart = starting_point(model)

    def learn(self, chosen, labels, learning_rate, *, epochs=20, seed=0, batch_size=25):
        """Train from the start with Adam, whose learning rate falls to 0 along half a cosine, epoch by epoch.

        Args:
            chosen: The places of the images to learn from.
            labels: Those of all images, (images,).
            learning_rate: The first one.
            epochs: The number of times that each chosen image is read.
            seed: Of the order of the images, and of random weights.
            batch_size: The most images in a batch; the batches of an epoch are about equally large.

        Raises:
            ValueError: If no image is chosen or one that there is not; for a learning rate, epochs or batch_size that
                are not above 0; and if weights become NaN or infinite.
        """
        if not len(chosen):
            raise ValueError("chosen must hold the place of at least one image, got none")
        count, places = min(len(self.inputs), len(labels)), np.asarray(chosen)
        if places.dtype.kind not in "iu" or places.ndim != 1 or places.min() < 0 or places.max() >= count:
            raise ValueError(f"chosen must hold places of images, whole numbers from 0 to {count - 1}, got {chosen!r}")
        if isinstance(learning_rate, bool) or not 0 < learning_rate < np.inf:
            raise ValueError(f"learning_rate must be above 0, for example 0.001, and finite, got {learning_rate!r}")
        epochs, batch_size = integer("epochs", epochs, 1), integer("batch_size", batch_size, 1)
        seed = integer("seed", seed, 0)
        keras.utils.set_random_seed(seed)
        self.restart(seed if self.random else None)
        order, batches = np.random.default_rng(seed), -(-len(chosen) // batch_size)
        for epoch in range(epochs):  # not `fit`, which takes longer to begin an epoch than a head to learn from it
            self.model.optimizer.learning_rate = float(learning_rate * (1 + np.cos(np.pi * epoch / epochs)) / 2)
            for batch in np.array_split(order.permutation(chosen), batches):
                self.model.train_on_batch(self.inputs[batch], labels[batch])
        if not all(np.isfinite(weight).all() for weight in self.model.get_weights()):
            raise ValueError(f"learning_rate={learning_rate!r}, or the inputs, made weights NaN or infinite; lower it")

    def accuracy(self, labels, inputs=None):
        """Return the fraction of the test images that is classified correctly, or of others.

        Args:
            labels: The right ones, (images,).
            inputs: Those of the model for these images; by default its test_inputs.

        Raises:
            ValueError: Unless there is one label for each of the inputs, and at least one.
        """
        inputs = self.test_inputs if inputs is None else inputs
        if np.shape(labels) != (len(inputs),) or not len(inputs):
            raise ValueError(f"labels must be one for each of the {len(inputs)} inputs, got shape {np.shape(labels)}")
        best = [  # not `predict`, which would first compile what is needed for a few batches
            keras.ops.convert_to_numpy(self.model(inputs[start : start + 100], training=False)).argmax(axis=1)
            for start in range(0, len(inputs), 100)
        ]
        return float(np.mean(np.concatenate(best) == labels))


def _base_layers(model):
    """Return all layers but the head."""
    others = [layer for layer in model.layers if layer.name != "head"]
    if len(others) == len(model.layers):
        raise ValueError(f'model must have a layer named "head", and {model.name} has none; make it with add_head')
    return others


def _has_other_weights(layer, kinds):
    """Tell whether a layer has weights that are not those of a layer of some kinds, which is this one or inside it."""
    parts = [part for part in [layer, *layers_inside(layer)] if isinstance(part, kinds)]
    theirs = {id(weight) for part in parts for weight in part.weights}
    return any(id(weight) not in theirs for weight in layer.weights)


def _set_trainable(model, chosen, always=()):
    """Let training change the head and the chosen layers, but nothing of the kinds that are always frozen."""
    base, chosen = _base_layers(model), {layer.name for layer in chosen}
    model.trainable = True  # also its layers, which follow one by one
    for layer in base:
        layer.trainable = layer.name in chosen  # and all layers inside
        for part in [layer, *layers_inside(layer)]:
            if isinstance(part, always):
                part.trainable = False


def _summary(model):
    """Count the trainable parameters of each block, and of each layer outside a block."""
    rows = {}
    for layer in model.layers:
        if layer.weights:
            row = rows.setdefault(block_of(layer) or layer.name, np.zeros(3, int))
            row += (1, layer.count_params(), sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["layers", "parameters", "trainable"])
    table.loc["total"] = table.sum()
    return table.rename_axis("name").reset_index()
