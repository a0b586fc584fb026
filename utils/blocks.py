"""The blocks of a network: groups of layers whose names share a prefix, as in the networks of keras.applications."""

import re

import keras

from utils.graph import calls
from utils.validation import integer

# Names of the layers of a block, with an example. The parentheses enclose the name of the block: block6a, conv_13.
BLOCK_PATTERNS = [
    (r"(block\d+_\d+)_", "block35_1_mixed"),  # InceptionResNetV2
    (r"(mixed_?\d+[a-z]?)$", "mixed10"),  # Inception: the last layer of a block, the only one with a name
    (r"(block\d+[a-z]?)_", "block6a_expand_conv"),  # EfficientNet, VGG, Xception
    (r"(.*?block_?\d+)_", "conv5_block3_2_conv"),  # ResNet, DenseNet; MobileNetV2: block_16_expand
    (r"(expanded_conv(?:_\d+)?)_", "expanded_conv_project"),  # first block of MobileNetV2; MobileNetV3
    (r"(conv_)(?:dw|pw|pad)_(\d+)", "conv_pw_13_relu"),  # MobileNet
]


def block_names(model):
    """List the names of the blocks of a network, first to last.

    A block is a group of layers whose names share a prefix: "block6a" (EfficientNet), "block_16" (MobileNetV2),
    "conv5_block3" (ResNet), "block5" (VGG).

    Args:
        model: A Keras model.

    Returns:
        A list of str, empty for a network whose layers have other names.
    """
    names = (block_of(layer) for layer in model.layers)
    return list(dict.fromkeys(name for name in names if name))


def block_ends(model):
    """Find the layer whose output is that of each block: all that comes later reads nothing else of what was before.

    It need not have a name of the block: in Xception, a layer "add" follows the named ones and adds the shortcut. Where
    no layer does that, but an operation (the sum in ConvNeXt), it is the last layer of the block, without the shortcut.

    Args:
        model: A Keras model.

    Returns:
        A dict: block -> name of that layer, first to last, with the blocks of `block_names`.

    Introduced in notebook 09.
    """
    every = calls(model)
    last = {block: place for place, call in enumerate(every) if (block := block_of(call.layer))}
    ends = {}
    for block in block_names(model):
        reached = next(place for place in _passages(every) if place >= last[block])
        others = {block_of(call.layer) for call in every[last[block] + 1 : reached + 1]} - {None}
        no_layer = others or not isinstance(every[reached].layer, keras.Layer)
        ends[block] = every[last[block] if no_layer else reached].layer.name
    return ends


def block_of(layer):
    """Return the name of the block that a layer belongs to, or None."""
    matches = filter(None, (re.match(pattern, layer.name) for pattern, _ in BLOCK_PATTERNS))
    return next(("".join(match.groups()) for match in matches), None)


def calls_from_blocks(model, count):
    """Return the calls of the last blocks and of all that comes after them, by their place in `graph.calls`."""
    names, count = block_names(model), integer("blocks", count, 1)
    if count > len(names):
        raise ValueError(
            f"blocks must be at most {len(names)}, as many as {model.name} has, got {count}"
            + ("" if names else "; say layers=... in place of blocks=...")
        )
    every, chosen = calls(model), names[-count:]
    first = next(place for place, call in enumerate(every) if block_of(call.layer) in chosen)
    start = _passage_before(every, first)
    if start is None or any(block_of(call.layer) for call in every[start + 1 : first]):  # another block: no way round
        found = {}
        for place, call in enumerate(every):
            if block_of(call.layer) in chosen or any(parent in found for parent in call.parents):
                found[place] = call
    else:  # also shortcuts, and what comes before the first layer with a name
        found = {place: every[place] for place in range(start + 1, len(every))}
    for call in found.values():
        if isinstance(call.layer, keras.Model) and any(map(block_of, call.layer.layers)):
            raise ValueError(f"{model.name} has a model inside, {call.layer.name}, whose blocks are not known here")
    return found


def _passages(every):
    """List the calls whose output is all that later calls read, and the last one."""
    last_reader = {parent: place for place, call in enumerate(every) for parent in call.parents}
    found = (
        place
        for place in range(len(every))
        if [made for made, reader in last_reader.items() if made <= place < reader] == [place]
    )
    return [*found, len(every) - 1]


def _passage_before(every, first):
    """Return the last call before another one whose output is all that later calls read, or None."""
    return max((place for place in _passages(every) if place < first), default=None)
