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

import re

import keras
import numpy as np
import pandas as pd

from utils.graph import calls, layers_inside
from utils.training import Dots, starting_point
from utils.validation import integer

# Names of the layers of a block, with an example. The parentheses enclose the name of the block: block6a, conv_13.
BLOCK_PATTERNS = [
    (r"(block\d+[a-z]?)_", "block6a_expand_conv"),  # EfficientNet, VGG, Xception
    (r"(.*?block_?\d+)_", "conv5_block3_2_conv"),  # ResNet, DenseNet; MobileNetV2: block_16_expand
    (r"(expanded_conv(?:_\d+)?)_", "expanded_conv_project"),  # first block of MobileNetV2; MobileNetV3
    (r"(conv_)(?:dw|pw|pad)_(\d+)", "conv_pw_13_relu"),  # MobileNet
]


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
        ValueError: For a base that ends in maps, classes below 1, and another dropout.

    Source: lecture topic "Transfer learning", step 1. Introduced in notebook 09.
    """
    classes = integer("classes", classes, 1)
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be a fraction from 0 to below 1, got {dropout!r}")
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
        chosen = [call.layer for call in _calls_from_blocks(model, blocks).values()]
    else:
        chosen = _base_layers(model)
    always = (keras.layers.BatchNormalization, *([] if depthwise else [keras.layers.DepthwiseConv2D]))
    if layers is not None:
        layers, chosen = integer("layers", layers, 1), [layer for layer in chosen if _has_other_weights(layer, always)]
        if layers > len(chosen):
            raise ValueError(f"layers must be at most {len(chosen)}, the layers with weights, got {layers}")
        chosen = chosen[-layers:]
    _set_trainable(model, chosen, always)
    return _summary(model)


def block_names(model):
    """List the names of the blocks of a network, first to last.

    A block is a group of layers whose names share a prefix: "block6a" (EfficientNet), "block_16" (MobileNetV2),
    "conv5_block3" (ResNet), "block5" (VGG).

    Args:
        model: A Keras model.

    Returns:
        A list of str, empty for a network whose layers have other names.
    """
    names = (_block_of(layer) for layer in model.layers)
    return list(dict.fromkeys(name for name in names if name))


def block_ends(model):
    """Find the last layer of each block.

    Args:
        model: A Keras model.

    Returns:
        A dict: block -> name of its last layer, first to last, with the blocks of `block_names`.

    Introduced in notebook 09.
    """
    return {block: layer.name for layer in model.layers if (block := _block_of(layer))}


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
    every, rest = calls(model), _calls_from_blocks(model, blocks)
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
        A float32 array (images, ...), or a list of them for a model with several outputs.

    Raises:
        ValueError: For no images, a batch_size below 1, and images of another shape than the model reads.

    Introduced in notebook 09.
    """
    batch_size = integer("batch_size", batch_size, 1)
    if not len(images):
        raise ValueError(f"images must hold at least one image, got shape {np.shape(images)}")
    if np.shape(images)[1:] != model.input_shape[1:]:
        raise ValueError(
            f"images must have the shape (images, {', '.join(map(str, model.input_shape[1:]))}) that the model takes, "
            f"got {np.shape(images)}"
        )

    def batches():
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            yield (preprocess_input(batch) if preprocess_input else batch,)

    steps = -(-len(images) // batch_size)
    return model.predict(batches(), steps=steps, verbose=0, callbacks=[Dots(f"{len(images)} images", per_epoch=30)])


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
            ValueError: If no image is chosen, and for a learning rate, epochs or batch_size that are not above 0.
        """
        if not len(chosen):
            raise ValueError("chosen must hold the place of at least one image, got none")
        if not learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, for example 0.001, got {learning_rate!r}")
        epochs, batch_size = integer("epochs", epochs, 1), integer("batch_size", batch_size, 1)
        keras.utils.set_random_seed(seed)
        self.restart(seed if self.random else None)
        order, batches = np.random.default_rng(seed), -(-len(chosen) // batch_size)
        for epoch in range(epochs):  # not `fit`, which takes longer to begin an epoch than a head to learn from it
            self.model.optimizer.learning_rate = float(learning_rate * (1 + np.cos(np.pi * epoch / epochs)) / 2)
            for batch in np.array_split(order.permutation(chosen), batches):
                self.model.train_on_batch(self.inputs[batch], labels[batch])

    def accuracy(self, labels, inputs=None):
        """Return the fraction of the test images that is classified correctly, or of others.

        Args:
            labels: The right ones, (images,).
            inputs: Those of the model for these images; by default its test_inputs.
        """
        inputs = self.test_inputs if inputs is None else inputs
        best = [  # not `predict`, which would first compile what is needed for a few batches
            keras.ops.convert_to_numpy(self.model(inputs[start : start + 100], training=False)).argmax(axis=1)
            for start in range(0, len(inputs), 100)
        ]
        return float(np.mean(np.concatenate(best) == labels))


def _block_of(layer):
    """Return the name of the block that a layer belongs to, or None."""
    matches = filter(None, (re.match(pattern, layer.name) for pattern, _ in BLOCK_PATTERNS))
    return next(("".join(match.groups()) for match in matches), None)


def _calls_from_blocks(model, count):
    """Return the calls of the last blocks and of all that comes after them, by their place in `graph.calls`."""
    names, count = block_names(model), integer("blocks", count, 1)
    if count > len(names):
        raise ValueError(
            f"blocks must be at most {len(names)}, as many as {model.name} has, got {count}"
            + ("" if names else "; say layers=... in place of blocks=...")
        )
    found = {}
    for place, call in enumerate(calls(model)):
        if isinstance(call.layer, keras.Model):
            raise ValueError(f"{model.name} has a model inside, {call.layer.name}, whose blocks are not known here")
        if _block_of(call.layer) in names[-count:] or any(parent in found for parent in call.parents):
            found[place] = call
    return found


def _base_layers(model):
    """Return all layers but the head."""
    others = [layer for layer in model.layers if layer.name != "head"]
    if len(others) == len(model.layers):
        raise ValueError(f'model must have a layer named "head", and {model.name} has none; make it with add_head')
    return others


def _has_other_weights(layer, kinds):
    """Tell whether a layer has weights that are not those of a layer of some kinds, which is this one or inside it."""
    theirs = {id(weight) for part in layers_inside(layer) if isinstance(part, kinds) for weight in part.weights}
    return any(id(weight) not in theirs for weight in layer.weights)


def _set_trainable(model, chosen, always=()):
    """Let training change the head and the chosen layers, but nothing of the kinds that are always frozen."""
    base, chosen = _base_layers(model), {layer.name for layer in chosen}
    model.trainable = True  # also its layers, which follow one by one
    for layer in base:
        layer.trainable = layer.name in chosen  # and all layers inside
        for part in layers_inside(layer):
            if isinstance(part, always):
                part.trainable = False


def _summary(model):
    """Count the trainable parameters of each block, and of each layer outside a block."""
    rows = {}
    for layer in model.layers:
        if layer.weights:
            row = rows.setdefault(_block_of(layer) or layer.name, np.zeros(3, int))
            row += (1, layer.count_params(), sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["layers", "parameters", "trainable"])
    table.loc["total"] = table.sum()
    return table.rename_axis("name").reset_index()
