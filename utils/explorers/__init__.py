"""Interactive pictures, one function each. They need neither a kernel nor a network once they are shown.

`explorers.sliding_filter(image, kernel)` on the last line of a cell shows a page that one can take hold of, with the
mouse, a finger or the keyboard. Each function takes arrays or models of one's own; without arguments it shows the
lecture's example. The pages lie in `pages`: a file each, in plain HTML and JavaScript, which a browser opens as well.
"""

from utils.explorers.equivariance import equivariance
from utils.explorers.explorer import Explorer
from utils.explorers.filter_laboratory import filter_laboratory
from utils.explorers.lenet5 import lenet5
from utils.explorers.one_by_one import one_by_one
from utils.explorers.paths import paths
from utils.explorers.receptive_fields import receptive_fields
from utils.explorers.sliding_filter import sliding_filter
from utils.explorers.smoothing import smoothing
from utils.explorers.stride_and_padding import stride_and_padding

__all__ = [
    "Explorer",
    "equivariance",
    "filter_laboratory",
    "lenet5",
    "one_by_one",
    "paths",
    "receptive_fields",
    "sliding_filter",
    "smoothing",
    "stride_and_padding",
]
