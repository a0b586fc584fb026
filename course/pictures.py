"""Measure how different two pictures of a figure look. nbval leaves pictures out; conftest.py compares them with this.

Byte for byte, or pixel by pixel, the same figure differs between two releases of matplotlib: glyphs move, and with
them the axes. So both pictures are brought to the same small size, where text is a grey haze, and compared in tiles,
each of which may be moved by a few pixels to where it fits best. What remains is taken relative to the contrast
inside the tile, so that one wrong panel among many counts as much as a picture that is wrong everywhere, and one
missing line is as visible in a white figure as in a dark one.
"""

import functools
import io
import math

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter

LIMIT = 0.67  # above it, two pictures show different things; measured, see `difference`

WIDTH = 160  # pixels to which pictures are scaled; their height follows
BLUR = 1.0  # standard deviation in those pixels
BLOCK, TILE = 2, 7  # a tile is 7 x 7 blocks of 2 x 2 pixels, 9 % of the width; there is one at every block
SHIFT = 4  # pixels by which a tile may move, 2.5 % of the width
OUTLIERS = 0.01  # part of the tiles, those that differ most, that does not count
SHAPE_TOLERANCE = 0.1  # part by which height and width may differ


def difference(reference_png, other_png):
    """Measure how different two PNG files look: 0 is the same, about 1 a tile that is empty in one of them.

    Returns:
        A number; infinity if heights or widths differ by more than 10 %.

    Measured on 29 figures of the kinds that the notebooks have. The same figure, drawn differently: matplotlib 3.9 or
    3.10 for 3.11 at most 0.27; DejaVu Serif 0.36, a monospaced font 0.50, STIX 0.55, type one point larger 0.62; no
    hinting 0.22; 96 dpi for 100 0.39. 124 changes of what it shows: at least 0.77, half of them above 2.4. Among them
    a missing line (0.78 for a grey dashed one), other random numbers (0.78), swapped digits (0.88), a wrong sign, a
    panel or a small heat map flipped, inverted, blank or in other colours, another range of an axis, a blank figure.
    Two different ones of the 29: at least 1.5.

    Not seen: words and numbers, on the axes as in the cells of a table (they are compared as printed text, and in the
    descriptions of `utils.plots`); what covers less than 1 % of the figure, such as one point; fine texture in a small
    panel, which is an even grey at this size (bricks upside down 0.25, grass for gravel 0.56).
    """
    reference, other = decode(reference_png), decode(other_png)
    if any(abs(math.log(n / m)) > SHAPE_TOLERANCE for n, m in zip(reference.size, other.size)):
        return math.inf
    size = WIDTH, BLOCK * max(TILE, round(WIDTH * reference.height / reference.width / BLOCK))
    a, b = shrink(reference, size), shrink(other, size)
    overall = np.abs(a - a.mean(axis=(1, 2), keepdims=True)).sum(axis=0).mean()
    scale = (contrast(a) + contrast(b)) / 2 + 0.1 * overall + 1e-3
    tiles = np.maximum(mismatch(a, b), mismatch(b, a)) / scale
    return float(np.quantile(tiles, 1 - OUTLIERS))


@functools.lru_cache(maxsize=64)  # each picture of a notebook is compared with all others
def decode(png):
    """Open a PNG file and put the picture on white, without transparency."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def shrink(picture, size):
    """Return a blurred array (3, height, width): brightness and two differences of colour, which black text lacks."""
    red, green, blue = np.moveaxis(np.asarray(picture.resize(size, Image.Resampling.BOX), np.float32) / 255, -1, 0)
    channels = np.stack([(red + green + blue) / 3, red - green, (red + green) / 2 - blue])
    return gaussian_filter(channels, (0, BLUR, BLUR))


def tile_means(values):
    """Average over every tile that lies inside; values: (height, width) or (n, height, width)."""
    *front, height, width = values.shape
    blocks = values.reshape(*front, height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean(axis=(-3, -1))
    edge = TILE // 2
    return uniform_filter(blocks, TILE, axes=(-2, -1))[..., edge : height // BLOCK - edge, edge : width // BLOCK - edge]


def contrast(picture):
    """Measure, per tile, the distance of pixels from the mean around them."""
    around = uniform_filter(picture, TILE * BLOCK, mode="nearest", axes=(1, 2))
    return tile_means(np.abs(picture - around).sum(axis=0))


def mismatch(still, moving):
    """Measure, per tile, the absolute difference left when `moving` has been moved to where it fits best."""
    _, height, width = still.shape
    padded = np.pad(moving, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)), mode="edge")
    steps = range(2 * SHIFT + 1)
    left = [np.abs(still - padded[:, dy : dy + height, dx : dx + width]).sum(axis=0) for dy in steps for dx in steps]
    return tile_means(np.stack(left)).min(axis=0)
