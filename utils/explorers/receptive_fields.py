"""What a unit of a layer sees of a photograph, for any stack of layers, and for the networks of the lecture.

A network is written as the stack of windows along which its field grows: (name, kernel size, stride, padding). Where
branches join, it is the one that sees most. The stacks of the lecture's networks lie in the page; `stack_of(model)`
made them, and a test compares them with the networks.
"""

import numpy as np
import skimage
from PIL import Image

from utils import plots
from utils.arithmetic import padding_amounts
from utils.explorers.explorer import Explorer, own_data, packed
from utils.pixels import check_pixels
from utils.validation import integer

SIDE = 128  # pixels of the photograph in the page
DEEPEST, LARGEST = 60, 1024  # layers, and pixels along a side of the image


def receptive_fields(photo=None, networks=None):
    """Show on a photograph what a unit sees: click on a unit of a map, choose a layer, change the layers.

    Args:
        photo: (height, width, 3) numbers in 0 ... 255, of which the middle square is shown; by default a cat.
        networks: Name -> network, the first of which is shown: a Keras model of square images, or a pair (size of the
            image, layers) with a tuple (name, kernel size, stride, padding) for each layer, where padding is a number
            of zeros on each side or "same", as in Keras. By default VGG-16 and others of the lecture.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For what is no photograph, for layers that leave nothing of the image, for more than 60 layers, and
            for models whose fields are not known (see `utils.fields`), not square, or not those of windows.

    Introduced in notebook 06.
    """
    photo = _square(check_pixels("photo", skimage.data.cat() if photo is None else photo))
    if networks is None:
        networks = own_data("receptive_fields")["networks"]
    elif not isinstance(networks, dict) or not networks:
        raise ValueError(f"networks must be a dict of name -> network, got {networks!r}; give it a network")
    else:
        networks = {str(name): _checked(name, network) for name, network in networks.items()}
    name, first = next(iter(networks.items()))
    return Explorer(
        "receptive_fields",
        {"photo": packed(photo, "uint8"), "networks": networks},
        _still(photo, name, **first),
        f"A photograph, and what a unit of a layer of {name} sees of it. Another network, layer or unit can be "
        "chosen and every layer changed; size, jump and padding of the field follow.",
        height=720,
        narrow=1500,
    )


def stack_of(model):
    """Write a model as a stack of windows: {"size": of the image, "layers": [[name, kernel size, stride, padding]]}.

    Args:
        model: A Keras model of square images. Its weights do not matter.

    Raises:
        ValueError: As `receptive_fields`.
    """
    from utils import fields as library  # noqa: PLC0415 it imports Keras
    from utils.graph import calls  # noqa: PLC0415 it imports Keras

    fields, shapes = library.receptive_fields(model)
    graph = calls(model)
    names = [call.layer.name for call in graph]
    spatial = [k for k, name in enumerate(names) if fields[name] not in (None, library.ALL)]
    if not spatial or None in shapes[names[0]][:2]:
        raise ValueError(f"networks must read images of a fixed size, got {model!r}; build it with one")
    path = [spatial[-1]]
    while parents := graph[path[0]].parents:
        path.insert(0, max(parents, key=lambda k: _width(fields[names[k]])))
    image = shapes[names[path[0]]][0]
    layers, here = [], (0, 0, 1, image)
    for k in path[1:]:
        field, shape, name = fields[names[k]], shapes[names[k]], names[k]
        if len(set(field)) > 1 or shape[0] != shape[1]:
            raise ValueError(f"networks must have square fields and maps, but layer {name!r} of {model!r} has others")
        start, end, jump = field[0]
        if (jump, end - start) == (here[2], here[1] - here[0]):  # it sees no more than the layer before
            continue
        kernel, stride = (end - start - here[1] + here[0]) // here[2] + 1, jump // here[2]
        before = (here[0] - start) // here[2]
        fits = [p for p in (before, "same") if _window(here[3], kernel, stride, p) == (before, shape[0])]
        if not fits:
            raise ValueError(f"networks must be stacks of windows, but layer {name!r} of {model!r} is none")
        layers.append([name, kernel, stride, fits[0]])
        here = (start, end, jump, shape[0])
    return _checked(model.name, (image, layers))


def follow(size, layers):
    """Follow the field along a side: r grows by (k - 1) j, and j becomes j s, where j is the jump before.

    Args:
        size: Of the image, in pixels.
        layers: (name, kernel size, stride, padding) each.

    Returns:
        For each layer (start, end, jump, units): unit i sees the pixels start + i jump ... end + i jump.
    """
    start, end, jump, fields = 0, 0, 1, []
    for _, kernel, stride, padding in layers:
        before, size = _window(size, kernel, stride, padding)
        start, end = start - before * jump, end + (kernel - 1 - before) * jump
        jump *= stride
        fields.append((start, end, jump, size))
    return fields


def _window(size, kernel, stride, padding):
    """Return the zeros before the first pixel and the number of units that a layer has along a side."""
    if padding == "same":
        return padding_amounts(size, kernel, stride, "same", 1)[0], -(-size // stride)
    return padding, (size + 2 * padding - kernel) // stride + 1


def _width(field):
    return sum(end - start for start, end, _ in field)


def _checked(name, network):
    if hasattr(network, "layers"):
        return stack_of(network)
    try:
        size, layers = network
        layers = [[str(title), kernel, stride, padding] for title, kernel, stride, padding in layers]
    except (TypeError, ValueError):
        raise ValueError(
            f"networks[{name!r}] must be a Keras model or (size, [(name, kernel size, stride, padding), ...]), "
            f"got {network!r}"
        ) from None
    size = integer(f"size of networks[{name!r}]", size, 1)
    if not 1 <= len(layers) <= DEEPEST or size > LARGEST:
        raise ValueError(
            f"networks[{name!r}] must have 1 to {DEEPEST} layers and read at most {LARGEST} pixels along a side, got "
            f"{len(layers)} layers and {size} pixels; take a part of it"
        )
    for layer in layers:
        where = f"of layer {layer[0]!r}"
        layer[1:3] = integer(f"kernel size {where}", layer[1], 1), integer(f"stride {where}", layer[2], 1)
        layer[3] = "same" if layer[3] == "same" else integer(f'padding (a number or "same") {where}', layer[3], 0)
    for layer, (_, _, _, units) in zip(layers, follow(size, layers)):
        if units < 1:
            raise ValueError(f"layer {layer[0]!r} of networks[{name!r}] leaves no unit; give it a larger image")
    return {"size": size, "layers": layers}


def _square(photo):
    """Cut the middle square out of a photograph and make it as small as the page needs it."""
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(np.uint8(photo[top : top + side, left : left + side]))
    return np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BOX) if side > SIDE else square)


def _still(photo, name, size, layers):
    """Draw what the unit in the middle sees, in the middle of the stack and at its end."""
    pictures, fields = {}, follow(size, layers)
    for k in sorted({len(layers) // 2, len(layers) - 1}):
        start, end, jump, units = fields[k]
        low, high = ((edge + units // 2 * jump) * len(photo) / size for edge in (start, end + 1))
        inside = np.arange(len(photo)) + 0.5
        inside = (inside > low) & (inside < high)
        seen = (inside[:, None] & inside)[..., None]
        pictures[f"{layers[k][0]}: {end - start + 1} pixels"] = np.where(seen, photo, photo // 4)
    shows = (
        f"What the unit in the middle sees of the photograph is bright, in layers of {name}; deeper down it is more."
    )
    return plots.images(pictures, size=2.0, shows=shows)
