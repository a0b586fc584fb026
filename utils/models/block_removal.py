"""Take a block out of a residual or plain network: the experiment of Veit et al. 2016 (arXiv:1605.06431).

The block then passes its input on unchanged. The networks are those of resnet.py.
"""

import contextlib

import numpy as np


def removable_blocks(model):
    """List the blocks of a network that `without_block` can take out: those that keep the shape of their input.

    Args:
        model: Made by `resnet_small`, `resnet18`, `resnet34` or `resnet50`.

    Returns:
        The names of the blocks, a list of str, in order.

    Introduced in notebook 08.
    """
    by_name = {layer.name: layer for layer in model.layers}
    return [
        name
        for name, layer in by_name.items()
        if f"{name}_a" in by_name and by_name[f"{name}_a"].input.shape == layer.output.shape
    ]


@contextlib.contextmanager
def without_block(model, block):
    """Let a block pass its input on unchanged as long as this context lasts.

    In a residual block the last normalisation multiplies by zero, so that only the shortcut is left (without
    normalisation: the last kernel is zero). In a plain block each convolution copies its input. Afterwards all weights
    are as before.

    Args:
        model: Made by `resnet_small`, `resnet18`, `resnet34` or `resnet50`; it is for predictions: training
            would fill the block again.
        block: One of `removable_blocks(model)`, or None to leave all as it is.

    Yields:
        The model.

    Raises:
        ValueError: For a block that changes the shape of its input, with the names of those that do not.

    Source: the experiment of Veit et al. 2016, arXiv:1605.06431. Introduced in notebook 08.
    """
    removable = removable_blocks(model)
    if block is not None and block not in removable:
        raise ValueError(
            f"block must be one that keeps the shape of its input, got {block!r}; "
            f"this model has: {', '.join(removable) or 'none'}"
        )
    layers_of_block = [] if block is None else [layer for layer in model.layers if layer.name.startswith(f"{block}_")]
    before = [layer.get_weights() for layer in layers_of_block]
    try:
        if block is not None:
            _pass_on(model, block)
        yield model
    finally:
        for layer, weights in zip(layers_of_block, before):
            layer.set_weights(weights)


def _pass_on(model, block):
    """Set the weights of a block so that it passes on its input."""
    by_name = {layer.name: layer for layer in model.layers}
    names = [f"{block}_{letter}" for letter in "abc" if f"{block}_{letter}" in by_name]
    if f"{block}_add" in by_name:
        last = by_name.get(f"{names[-1]}_norm") or by_name[names[-1]]
        scale, shift, *statistics = last.get_weights()  # gamma and beta, or the kernel and its bias
        last.set_weights([0 * scale, 0 * shift, *statistics])
        return
    for name in names:
        conv, norm = by_name[name], by_name.get(f"{name}_norm")
        kernel = np.zeros(conv.kernel.shape)
        kernel[1, 1] = np.eye(len(kernel[1, 1]))
        conv.set_weights([kernel, *(0 * bias for bias in conv.get_weights()[1:])])
        if norm:
            gamma, beta, mean, variance = norm.get_weights()
            norm.set_weights([1 + 0 * gamma, 0 * beta, 0 * mean, 1 - norm.epsilon + 0 * variance])
