"""What 1 x 1 convolutions save in an Inception module, branch by branch."""

from utils import plots
from utils.explorers.explorer import Explorer
from utils.validation import integer

LARGEST = {"size": 112, "maps": 1024, "filters": 512}  # the ends of the sliders
NAMES = ("1 x 1", "3 x 3 reduce", "3 x 3", "5 x 5 reduce", "5 x 5", "after pooling")


def one_by_one(size=28, maps=192, filters=(64, 96, 128, 16, 32, 32)):
    """Count multiply-adds and parameters of an Inception module, with and without its 1 x 1 reductions.

    Readers move or type all numbers, or choose a module of GoogLeNet, or the lecture's branch of 5 x 5 filters.

    Args:
        size: Rows, and columns, of the maps, at most 112.
        maps: The depth D of the input, at most 1,024.
        filters: Six numbers in the order of `inception_module`, at most 512 each: 1 x 1; reduced maps, then 3 x 3;
            reduced maps, then 5 x 5; 1 x 1 after the pooling. 0 filters leave a branch out; by default those of
            inception 3a.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For other numbers.

    Introduced in notebook 07.
    """
    end = "the end of its slider"
    size, maps = integer("size", size, 1, LARGEST["size"], end), integer("maps", maps, 1, LARGEST["maps"], end)
    if not isinstance(filters, (tuple, list)) or len(filters) != len(NAMES):
        raise ValueError(f"filters must be six numbers, {', '.join(NAMES)}, got {filters!r}")
    filters = [
        integer(f"filters ({name})", number, int("reduce" in name), LARGEST["filters"], end)
        for name, number in zip(NAMES, filters)
    ]
    return Explorer(
        "one_by_one",
        {"size": size, "maps": maps, "filters": filters},
        _still(size, maps, *filters),
        f"An Inception module that reads {maps} maps of {size} x {size}. Depth, reduced maps and filters can be "
        "changed; bars show what each branch costs with and without its 1 x 1 convolution.",
        height=675,
        narrow=1245,
    )


def _still(size, maps, k1, d3, k3, d5, k5, k_pool):
    places = size * size
    millions = {
        "1 × 1": places * maps * k1,
        "3 × 3 without reduction": places * 9 * maps * k3,
        "3 × 3 with reduction": places * (maps * d3 + 9 * d3 * k3) if k3 else 0,
        "5 × 5 without reduction": places * 25 * maps * k5,
        "5 × 5 with reduction": places * (maps * d5 + 25 * d5 * k5) if k5 else 0,
        "after pooling": places * maps * k_pool,
    }
    return plots.bars(
        {name: cost / 1e6 for name, cost in millions.items()},
        highlight=[name for name in millions if "with " in name],
        text="{:.1f}",
        title="Million multiply-adds of each branch",
    )
