"""Transfer learning in five steps: add a head, freeze the base, train the head, unfreeze the last layers, train again.

    base, preprocess_input = backbone(input_shape=(96, 96, 3))     # utils.pretrained
    model = add_head(base, classes=15)                             # 1
    freeze(model)                                                  # 2
    model.compile(...); model.fit(...)                             # 3
    unfreeze(model, blocks=2)                                      # 4
    model.compile(...); model.fit(...)                             # 5, with a small learning rate

What is frozen computes the same in every epoch: compute it once, with `features`, and train only the rest, which
`split` separates. A `Way` keeps the two together: what is trained, and what it reads.
"""

import re

import keras
import numpy as np
import pandas as pd
from keras import layers

from utils.graph import calls
from utils.training import Dots, starting_point
from utils.validation import integer

# block6a_ (EfficientNet), block_16_ (MobileNetV2), conv5_block3_ (ResNet, DenseNet), block5_ (VGG), conv_dw_13 and
# conv_pw_13 (MobileNet), expanded_conv_ (the first block of MobileNetV2)
BLOCK = re.compile(r"(?P<block>.*?block_?\d+[a-z]?|expanded_conv(_\d+)?)_|conv_(dw|pw|pad)_(?P<number>\d+)")


def add_head(base, classes, dropout=0.0, classifier_activation="softmax", name=None):
    """A network that ends in a new dense layer "head", one output for each class.

    The head's weights start at zero: at first all classes are equally probable, whatever the seed.
    base: a Keras model that ends in a vector, such as `backbone(...)` gives; it shares its layers with the result.
    dropout: the fraction of the features that is left out at random while training.
    Returns a Keras model without a model inside: all layers of the base, then the head.
    Raises ValueError for a base that ends in maps, classes below 1 and a dropout outside of 0 ... 1.
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
        x = layers.Dropout(dropout, name="head_dropout")(x)
    x = layers.Dense(classes, activation=classifier_activation, kernel_initializer="zeros", name="head")(x)
    return keras.Model(base.inputs[0], x, name=name)


def freeze(model):
    """Let training change the head only. Afterwards the model has to be compiled again.

    model: made by `add_head`; it is changed.
    Returns a DataFrame that says what is frozen, with the columns "name" (of a block, or of a layer outside of the
        blocks), "layers" (those with weights), "parameters" and "trainable" (parameters); the last row is the total.
    Raises ValueError for a model without a layer "head".
    Source: lecture topic "Transfer learning", step 2.
    """
    _set_trainable(model, [])
    return _summary(model)


def unfreeze(model, *, blocks=None, layers=None, depthwise=True):
    """Let training change the head and the last blocks, or the last layers. Afterwards compile the model again.

    model: made by `add_head`; it is changed. Whatever was unfrozen before, all else of the base is frozen now.
    blocks: how many of the last blocks (see `block_names`), with all that comes after them. Or
    layers: how many of the last layers before the head, counting those with weights that can be unfrozen.
    depthwise: False keeps depthwise convolutions frozen. They hold few of the weights (5 % in the last six blocks of
        EfficientNet-Lite0), but their gradients take half of the time of a training step on a CPU.
    Batch normalisation stays frozen always: with few images its averages would be of little use, and the weights around
    it have been learned for the averages that it has. It computes with those, also while training.
    Returns a DataFrame as `freeze` does.
    Raises ValueError unless exactly one of blocks and layers is given, and for more than there are.
    Source: lecture topic "Transfer learning", step 4; https://keras.io/guides/transfer_learning/.
    Introduced in notebook 09.
    """
    if (blocks is None) == (layers is None):
        raise ValueError(f"give either blocks or layers, got blocks={blocks!r}, layers={layers!r}")
    if blocks is not None:
        chosen = [call.layer for call in _calls_from_blocks(model, blocks).values()]
        chosen = [layer for layer in chosen if depthwise or not _is_depthwise(layer)]
    else:
        possible = [layer for layer in _base_layers(model) if layer.weights and not _normalizes(layer)]
        possible = [layer for layer in possible if depthwise or not _is_depthwise(layer)]
        if integer("layers", layers, 1) > len(possible):
            raise ValueError(f"layers must be at most {len(possible)}, the layers with weights, got {layers}")
        chosen = possible[-layers:]
    _set_trainable(model, chosen)
    return _summary(model)


def block_names(model):
    """The names of the blocks of a network, first to last.

    A block is what layers with a common beginning of their names make up: block6a_ (EfficientNet), block_16_
    (MobileNetV2), conv5_block3_ (ResNet), block5_ (VGG).
    Returns a list of str, empty for a network whose layers have other names.
    """
    names = (_block_of(layer) for layer in model.layers)
    return list(dict.fromkeys(name for name in names if name))


def block_ends(model):
    """The last layer of each block: block name -> layer name, first to last.

    Returns a dict, empty for a network whose layers have other names; see `block_names`. Introduced in notebook 09.
    """
    return {block: layer.name for layer in model.layers if (block := _block_of(layer))}


def split(model, blocks):
    """Cut a network in two before its last blocks: rest(front(x)) = model(x).

    While all blocks of the front are frozen, its outputs stay the same: compute them once with `features`, and train
    only the rest. Both parts share their weights with the model, so it has learned what the rest has learned.
    blocks: how many of the last blocks (see `block_names`) are in the rest, with all that comes after them.
    Returns (front, rest), two Keras models; compile the rest before you train it.
    Raises ValueError for more blocks than there are, and where more than one array passes from front to rest.
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


def features(model, images, preprocess_input=None, batch_size=32):
    """What a model makes of all images, with progress as dots.

    model: a base, or the front of `split`. images: an array (images, ...). preprocess_input: applied to each batch
        before the model, so that the images can stay uint8; see `backbone`.
    Returns an array (images, ...), float32; a list of them for a model with several outputs. Raises ValueError if there
    is no image, for a batch_size below 1, and for images of another shape than the model takes.
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
    return model.predict(batches(), steps=steps, verbose=0, callbacks=[_Dots(f"{len(images)} images", per_epoch=30)])


class Way:
    """A way to learn a task: the network that is trained, and what it reads for all images.

    It learns again and again from other images, each time from the start, without being compiled anew.
    model: a Keras model that ends in probabilities. inputs, test_inputs: what it reads, (images, ...): the images, or
        what the frozen part of a network makes of them; see `features`.
    random: True where the model starts from random weights: it gets new ones each time, those of the seed.
    Introduced in notebook 09.
    """

    def __init__(self, model, inputs, test_inputs, random=False):
        self.model, self.inputs, self.test_inputs, self.random = model, inputs, test_inputs, random
        model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
        self.restart = starting_point(model)

    def learn(self, chosen, labels, learning_rate, epochs=20, seed=0, batch_size=25):
        """Train from the start with Adam, whose learning rate falls to 0 along half a cosine, epoch by epoch.

        chosen: places of the images to learn from. labels: those of all images. seed: of the order, and of random
        weights. batch_size: the most images in a batch; the batches of an epoch are about equally large.
        Raises ValueError if no image is chosen, and for a learning rate that is not above 0.
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
        """The fraction of the test images that is right, or of others: then give what the model reads for them."""
        inputs = self.test_inputs if inputs is None else inputs
        best = [  # not `predict`, which would first compile what is needed for a few batches
            keras.ops.convert_to_numpy(self.model(inputs[start : start + 100], training=False)).argmax(axis=1)
            for start in range(0, len(inputs), 100)
        ]
        return float(np.mean(np.concatenate(best) == labels))


class _Dots(Dots):
    """The dots of one epoch of `fit`, for `predict`."""

    def on_predict_begin(self, logs=None):
        self.on_train_begin()
        self.on_epoch_begin(0)

    def on_predict_batch_begin(self, batch, logs=None):
        self.on_train_batch_begin(batch)

    def on_predict_end(self, logs=None):
        self._show(self.per_epoch)
        print(flush=True)


def _block_of(layer):
    """The name of the block that a layer belongs to, or None."""
    match = BLOCK.match(layer.name)
    return match and (match["block"] or f"conv_{match['number']}")


def _calls_from_blocks(model, count):
    """The calls of the last blocks and of all that comes after them, by their place in `graph.calls`."""
    names = block_names(model)
    if integer("blocks", count, 1) > len(names):
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


def _normalizes(layer):
    return isinstance(layer, keras.layers.BatchNormalization)


def _is_depthwise(layer):
    return isinstance(layer, keras.layers.DepthwiseConv2D)


def _base_layers(model):
    """All layers but the head."""
    others = [layer for layer in model.layers if layer.name != "head"]
    if len(others) == len(model.layers):
        raise ValueError(f'model must have a layer named "head", and {model.name} has none; make it with add_head')
    return others


def _set_trainable(model, chosen):
    """Let training change the head and the chosen layers, except for batch normalisation."""
    base, chosen = _base_layers(model), {layer.name for layer in chosen}
    model.trainable = True  # also its layers, which follow one by one
    for layer in base:
        layer.trainable = layer.name in chosen and not _normalizes(layer)


def _summary(model):
    """What of a model can be trained, by block; layers outside of blocks one by one."""
    rows = {}
    for layer in model.layers:
        if layer.weights:
            row = rows.setdefault(_block_of(layer) or layer.name, np.zeros(3, int))
            trainable = sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
            row += (1, layer.count_params(), trainable)
    rows["total"] = np.sum(list(rows.values()), axis=0)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["layers", "parameters", "trainable"])
    return table.rename_axis("name").reset_index()
