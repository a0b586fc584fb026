"""A filter that slides over a small image: every pixel and every weight can be changed."""

import numpy as np

from utils import plots
from utils.explorers.explorer import Explorer
from utils.validation import real_array

IMAGE = [[3, 5, 2, 8, 1], [9, 7, 5, 4, 3], [2, 0, 6, 1, 6], [6, 3, 7, 9, 2], [1, 4, 9, 5, 1]]  # of notebook 02
KERNEL = [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
LARGEST_IMAGE, LARGEST_KERNEL = 12, 7  # rows and columns that stay readable


def sliding_filter(image=None, kernel=None):
    """Show how a filter slides over an image: the window, the products and their sum, with or without the flip.

    Args:
        image: (height, width) numbers, at most 12 x 12; by default the 5 x 5 example of notebook 02.
        kernel: (rows, columns) weights, at most 7 x 7 and not larger than the image; by default that example's.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For other shapes, and for numbers of more than four digits before the decimal point.

    Introduced in notebook 02.
    """
    image = _table("image", IMAGE if image is None else image, LARGEST_IMAGE)
    kernel = _table("kernel", KERNEL if kernel is None else kernel, LARGEST_KERNEL)
    if any(k > n for k, n in zip(kernel.shape, image.shape)):
        raise ValueError(f"kernel must fit into the image, got {kernel.shape} for {image.shape}; crop one of them")
    middle = [(n - k) // 2 for n, k in zip(image.shape, kernel.shape)]
    return Explorer(
        "sliding_filter",
        {"image": image.tolist(), "kernel": kernel.tolist(), "place": middle},
        plots.correlation_step(image, kernel, i=middle[0], j=middle[1]),
        f"A filter of {_size(kernel)} slides over an image of {_size(image)}. Every pixel and every weight can be "
        "changed; the window can be dragged; its products and their sum follow.",
        height=640,
        narrow=880,
    )


def _table(name, values, largest):
    table = real_array(name, values, [("rows", "columns")])
    table = table.astype(int) if table.dtype.kind == "b" else table
    if max(table.shape) > largest:
        raise ValueError(f"{name} must have at most {largest} rows and columns, got shape {table.shape}; take a part")
    if np.abs(table).max() >= 1e4:
        raise ValueError(f"{name} must hold numbers below 10,000 in size, got {table.min()} to {table.max()}; scale it")
    return table


def _size(table):
    return " x ".join(map(str, table.shape))
