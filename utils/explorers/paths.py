"""The paths through a residual network: which of them are left when blocks are taken out, and how long they are."""

from math import ceil, comb

import numpy as np

from utils import plots
from utils.explorers.explorer import Explorer
from utils.validation import integer, real_array

MOST = 40  # blocks


def paths(blocks=27, rise=None):
    """Show the 2^n paths through n residual blocks; blocks are taken out by a click.

    Args:
        blocks: The number of blocks, at most 40, or their names in order; by default those of notebook 08's network
            of 56 layers.
        rise: Name (or number from 1) of a block -> how much the error rose when that block alone was taken out of a
            trained network, from -1 to 1; it need not have all blocks.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For more blocks, names that occur twice, and a rise that is none or of a block that is not there.

    Introduced in notebook 08.
    """
    if isinstance(blocks, str) or not hasattr(blocks, "__len__"):
        blocks = range(1, integer("blocks", blocks, 1) + 1)
    names = [str(name) for name in blocks]
    if not 1 <= len(names) <= MOST:
        raise ValueError(f"blocks must be 1 to {MOST}, got {len(names)}; take a part of the network")
    if len(set(names)) < len(names):
        raise ValueError(f"blocks must have a name each, got {names}; rename those that occur twice")
    recorded = _recorded(rise or {}, names)
    middle = len(names) // 2
    counts = {f"through {k}": comb(len(names), k) / 2 ** len(names) for k in range(len(names) + 1)}
    likely = {name: share for name, share in counts.items() if share >= 0.02}
    return Explorer(
        "paths",
        {"blocks": names, "rise": recorded},
        plots.bars(likely, text="{:.1%}", title=f"Paths through {len(names)} blocks, by the blocks they go through"),
        f"The paths through {len(names)} residual blocks. Blocks can be taken out; the paths that are left and the "
        f"number of blocks they go through, about {middle} for most of them, follow.",
        height=700,
        narrow=1000 + 70 * ceil(len(names) / 9),  # nine blocks in a line
    )


def _recorded(rise, names):
    if not isinstance(rise, dict):
        raise ValueError(
            f"rise must be a dict of block -> rise of the error, got {rise!r}; use dict(zip(blocks, rises))"
        )
    unknown = [block for block in rise if str(block) not in names]
    if unknown:
        raise ValueError(f"rise must be of blocks, got {unknown[0]!r}; the blocks are: {', '.join(names)}")
    if rise:
        values = real_array("rise", list(rise.values()), [("blocks",)])
        if np.abs(values).max() > 1:
            raise ValueError(f"rise must be from -1 to 1, got {values.min()} to {values.max()}; divide per cent by 100")
    return {str(block): round(float(value), 4) for block, value in rise.items()}
