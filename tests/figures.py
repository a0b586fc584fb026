"""How different do two pictures of a figure look? nbval leaves pictures out; tests/conftest.py compares them with this.

Byte for byte, or pixel by pixel, the same figure differs between two releases of matplotlib: glyphs move, and with
them the axes. So both pictures are brought to the same small size, where text is a grey haze, and compared in tiles,
each of which may be moved by a few pixels to where it fits best. What remains is taken relative to the contrast
inside the tile, so that one wrong panel among many counts as much as a picture that is wrong everywhere, and one
missing line is as visible in a white figure as in a dark one.
"""

import io
import math

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter

LIMIT = 0.65  # above it, two pictures show different things; measured, see `difference`

WIDTH = 160  # pixels to which pictures are scaled; their height follows
BLUR = 1.0  # standard deviation in those pixels: lines one pixel apart overlap
BLOCK, TILE = 4, 16  # tiles of 16 x 16 pixels, at every fourth row and column
SHIFT = 4  # how far a tile may move: 2.5 % of the width
SHAPE_TOLERANCE = 0.1  # part by which height and width may differ
OUTLIERS = 0.01  # part of the tiles, those that differ most, that does not count


def difference(reference_png, other_png):
    """How different two PNG files look: 0 is the same, 1 about as different as a tile and an empty tile.

    Returns infinity if the pictures' sizes differ by more than 10 %.
    """
    reference, other = decode(reference_png), decode(other_png)
    if any(abs(math.log(n / m)) > SHAPE_TOLERANCE for n, m in zip(reference.size, other.size)):
        return math.inf
    size = WIDTH, max(TILE, round(WIDTH * reference.height / reference.width / BLOCK) * BLOCK)
    a, b = shrink(reference, size), shrink(other, size)
    overall = np.abs(a - a.mean(axis=(0, 1))).sum(axis=-1).mean()
    scale = (contrast(a) + contrast(b)) / 2 + 0.1 * overall + 1e-3
    tiles = np.maximum(mismatch(a, b), mismatch(b, a)) / scale
    return float(np.quantile(tiles, 1 - OUTLIERS))


def decode(png):
    """The picture on white, without transparency."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def shrink(picture, size):
    """Blurred array (height, width, 3) of brightness and two differences of colour, which text does not have."""
    red, green, blue = np.moveaxis(np.asarray(picture.resize(size, Image.Resampling.BOX), np.float32) / 255, -1, 0)
    channels = np.stack([(red + green + blue) / 3, red - green, (red + green) / 2 - blue], axis=-1)
    return gaussian_filter(channels, (BLUR, BLUR, 0))


def tile_means(values):
    """Mean over every tile; values: (..., height, width)."""
    *front, height, width = values.shape
    blocks = values.reshape(*front, height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean(axis=(-3, -1))
    windows = np.lib.stride_tricks.sliding_window_view(blocks, (TILE // BLOCK, TILE // BLOCK), axis=(-2, -1))
    return windows.mean(axis=(-2, -1))


def contrast(picture):
    """Per tile, how far pixels are from the mean around them."""
    around = uniform_filter(picture, (TILE, TILE, 0), mode="nearest")
    return tile_means(np.abs(picture - around).sum(axis=-1))


def mismatch(still, moving):
    """Per tile, the absolute difference that is left when `moving` has been moved to where it fits best."""
    height, width, _ = still.shape
    padded = np.pad(moving, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    steps = range(2 * SHIFT + 1)
    left = [np.abs(still - padded[dy : dy + height, dx : dx + width]).sum(axis=-1) for dy in steps for dx in steps]
    return tile_means(np.stack(left)).min(axis=0)
