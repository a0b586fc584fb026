"""Images made to excite a map: the picture that a part of a network would most like to see.

Training changes the weights so that the loss falls. Here the weights stay and the pixels change, so that a map's mean
rises: gradient *ascent* on the image. Left alone, that ends in a noise of single pixels which no photograph has. Three
things keep the image readable: each step also follows the gradient blurred more and more widely, so that large shapes
grow as fast as single pixels; the image jumps a little before each step, so that nothing depends on exact places; and
all pixels shrink a little towards grey, so that only what helps stays.
"""

import numpy as np
from keras import ops
from scipy.ndimage import gaussian_filter

from utils.gradients import backward
from utils.graph import up_to
from utils.validation import integer, map_number

BLURS = (0, 1, 2, 4, 8)  # standard deviations in pixels


def excite(model, units, *, steps=100, seed=0, rate=0.02, shrink=0.01, jitter=8):
    """Make images that excite chosen maps of a model, from noise; dots show the progress.

    Args:
        model: A Keras model that reads (images, height, width, channels) between -1 and 1; it stays as it is.
        units: Pairs (layer, filter), such as [("block1a_project_bn", 3)]; each gets an image of its own.
        steps: The number of times that the pixels are changed.
        seed: Of the noise and the jumps.
        rate: The approximate length of a step.
        shrink: The part of every pixel that is lost in each step.
        jitter: The largest jump, in pixels.

    Returns:
        Float32 (units, height, width, channels) between -1 and 1, 0 being grey.

    Raises:
        ValueError: For an unknown layer, a filter that does not exist, a model without a fixed size, steps or jitter
            that are not whole numbers, another rate or shrink, and a model whose gradients are NaN or infinite.

    Source: Erhan et al. 2009, *Visualizing higher-layer features of a deep network*; Olah et al. 2017, *Feature
    visualization*, doi:10.23915/distill.00007. Introduced in notebook 06.
    """
    steps, jitter = integer("steps", steps, 1), integer("jitter", jitter, 0)
    if not 0 < rate < np.inf or not 0 <= shrink < 1:
        raise ValueError(f"rate must be above 0 and shrink from 0 to below 1, got rate={rate!r}, shrink={shrink!r}")
    part, filters = _part(model, units)
    rng = np.random.default_rng(seed)
    images = rng.normal(0, 0.1, (len(filters), *part.input_shape[1:])).astype("float32")

    def means(x):
        """Average the map that each image is made for."""
        maps = part(x, training=False)
        return ops.stack([ops.mean(maps[place][place, ..., chosen]) for place, chosen in enumerate(filters)])

    back, all_alike = backward(means, images.shape, (len(filters),)), np.ones(len(filters), "float32")
    print(f"{len(filters)} image{'s' if len(filters) > 1 else '':<18} ", end="", flush=True)
    for step in range(steps):
        jump = rng.integers(-jitter, jitter + 1, size=2)
        slope = back(np.roll(images, jump, axis=(1, 2)), all_alike)
        direction = np.roll(_at_all_sizes(slope), -jump, axis=(1, 2))
        images = np.clip((1 - shrink) * images + rate * direction, -1, 1).astype("float32")
        print("." * (30 * (step + 1) // steps - 30 * step // steps), end="", flush=True)
    print(f" {steps} steps")
    return images


def _part(model, units):
    """Return the part of a model that leads to all the layers, one output for each unit, and the filters as ints."""
    units = list(units)
    if not units or any(not isinstance(unit, (tuple, list)) or len(unit) != 2 for unit in units):
        raise ValueError(f'units must be a list of pairs (layer, filter), such as [("conv1", 0)], got {units!r}')
    part = up_to(model, [layer for layer, _ in units])
    if None in part.input_shape[1:]:
        raise ValueError(
            f"model must read images of one size, got {part.input_shape[1:]}; build it with input_shape=..."
        )
    shapes = [output.shape for output in part.outputs]
    return part, [map_number("filter", chosen, shape, layer) for (layer, chosen), shape in zip(units, shapes)]


def _at_all_sizes(slope):
    """Add a gradient and its blurred copies, each made equally strong for each image."""
    total = np.zeros_like(slope)
    for blur in BLURS:
        blurred = gaussian_filter(slope, (0, blur, blur, 0), mode="wrap")
        total += blurred / np.maximum(blurred.std(axis=(1, 2, 3), keepdims=True), 1e-12)
    return total
