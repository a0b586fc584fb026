"""A photograph and what a filter makes of it: every weight can be changed, and a magnifier shows the pixels."""

import numpy as np
from skimage import data

from utils import kernels, plots
from utils.convolution import correlate2d
from utils.explorers.explorer import Explorer, packed
from utils.plots.style import check_picture
from utils.validation import real_array

SMALLEST, LARGEST = 8, 256  # rows and columns of the image
LARGEST_KERNEL = 5
BELL = np.exp(-(np.arange(-2, 3) ** 2) / 2)  # sigma = 1

# Name -> weights, and how negative sums are shown: "cut" off like those above 255, by their "size" without the sign,
# or as shades around medium "grey".
PRESETS = {
    "identity": ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "cut"),
    "smoothing": (kernels.SMOOTHING, "cut"),
    "smoothing, 5 × 5": (np.full((5, 5), 1 / 25), "cut"),
    "Gaussian, 5 × 5": (np.outer(BELL, BELL) / BELL.sum() ** 2, "cut"),
    "sharpening": (kernels.SHARPENING, "cut"),
    "edges": (kernels.EDGES, "size"),
    "Prewitt Sx": (kernels.PREWITT_X, "grey"),
    "Prewitt Sy": (kernels.PREWITT_Y, "grey"),
    "Sobel Sx": (kernels.SOBEL_X, "grey"),
    "Sobel Sy": (kernels.SOBEL_Y, "grey"),
    "Laplacian": (kernels.LAPLACIAN, "grey"),
    "Roberts Sx": (kernels.ROBERTS_X, "grey"),
    "Roberts Sy": (kernels.ROBERTS_Y, "grey"),
}


def filter_laboratory(image=None, kernel=None):
    """Show a photograph beside its correlation with a filter, without padding; colours are filtered one by one.

    Readers choose or type the weights, as numbers or fractions, move a magnifier, or take a picture of their own,
    which stays in the page.

    Args:
        image: (height, width) or (height, width, 3), whole numbers from 0 to 255 or floats from 0 to 1, at most
            256 x 256; by default a part of scikit-image's photographer.
        kernel: (rows, columns) weights, at most 5 x 5; by default Sobel's filter for vertical edges.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For other shapes and ranges, and for weights of more than four digits before the decimal point.

    Introduced in notebook 02.
    """
    image = _pixels(data.camera()[16:272, 120:376] if image is None else image)
    kernel = _weights(kernels.SOBEL_X if kernel is None else kernel)
    height, width, _ = image.shape
    presets = [
        {"name": name, "weights": np.asarray(weights).tolist(), "shown": shown}
        for name, (weights, shown) in PRESETS.items()
    ]
    return Explorer(
        "filter_laboratory",
        {"image": packed(image, "uint8"), "kernel": kernel.tolist(), "presets": presets},
        _still(image, kernel),
        f"A photograph of {height} x {width} pixels and what a filter of {' x '.join(map(str, kernel.shape))} makes "
        "of it. Filters can be chosen and every weight changed; a magnifier shows the pixels under the window, and a "
        "picture of one's own can take the photograph's place.",
        height=690,
        narrow=1095,
    )


def _pixels(image):
    image = real_array("image", image, [("height", "width"), ("height", "width", "channels")])
    image = image[..., None] if image.ndim == 2 else image
    if image.shape[2] not in (1, 3) or not all(SMALLEST <= side <= LARGEST for side in image.shape[:2]):
        raise ValueError(
            f"image must have 1 or 3 channels and {SMALLEST} to {LARGEST} rows and columns, got shape {image.shape}; "
            f"take a part of it, such as image[:{LARGEST}, :{LARGEST}]"
        )
    image = check_picture("image", image, bounded=True)
    return image if image.dtype == np.uint8 else np.rint(255 * image).astype(np.uint8)


def _weights(kernel):
    kernel = real_array("kernel", kernel, [("rows", "columns")])
    if max(kernel.shape) > LARGEST_KERNEL:
        raise ValueError(
            f"kernel must have at most {LARGEST_KERNEL} rows and columns, got shape {kernel.shape}; "
            "the magnifier has no room for more"
        )
    if np.abs(kernel).max() >= 1e4:
        raise ValueError(f"kernel must hold numbers below 10,000 in size, got {kernel.min()} to {kernel.max()}")
    return kernel.astype(float)


def _still(image, kernel):
    sums = np.stack([correlate2d(channel, kernel) for channel in np.moveaxis(image, -1, 0)], axis=-1)
    if image.shape[2] == 3:  # shades around medium grey, as the page shows them
        limit = np.quantile(np.abs(sums), 0.99) or 1
        sums = np.clip(0.5 + 0.5 * sums / limit, 0, 1)
    return plots.images(
        {"photograph": image, "filtered": sums}, size=3, shows="The same photograph before and after a filter"
    )
