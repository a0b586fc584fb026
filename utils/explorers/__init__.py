"""Interactive pictures, one function each. They need neither a kernel nor a network once they are shown.

`explorers.sliding_filter(image, kernel)` on the last line of a cell shows a page that one can take hold of, with the
mouse, a finger or the keyboard. Each function takes arrays or models of one's own; without arguments it shows the
lecture's example. The pages lie in `pages`: a file each, in plain HTML and JavaScript, which a browser opens as well.
"""

from utils.explorers.explorer import Explorer
from utils.explorers.paths import paths
from utils.explorers.receptive_fields import receptive_fields
from utils.explorers.sliding_filter import sliding_filter

__all__ = ["Explorer", "paths", "receptive_fields", "sliding_filter"]
