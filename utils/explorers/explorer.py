"""An explorer is a page of its own inside a cell's output: HTML and plain JavaScript, with its data in it.

The page lies in an `<iframe srcdoc>` in front of a still picture. Where scripts run (Jupyter, Colab, exported HTML,
slides) readers see the page, which needs neither a kernel nor a network. Where they are taken out (a notebook that is
not trusted, GitHub, print) the frame is gone and the picture remains. The frame is sandboxed: its scripts reach
neither the notebook nor anything that the browser keeps.
"""

import base64
import html
import json
import re
from pathlib import Path

import numpy as np

from utils.plots.style import png

PAGES = Path(__file__).parent / "pages"
WIDE = 1264  # pixels; pages/shared.js knows it, too
LARGEST = 1_000_000  # bytes of a page; a notebook may have 1,500,000 altogether


class Explorer:
    """An interactive picture, for the last line of a cell.

    `page` is its HTML page, complete with scripts and data; `description` says what one sees and can do.
    """

    def __init__(self, name, data, picture, description, height, narrow):
        """Put data into a page.

        Args:
            name: Of the file in `pages`, without ".html".
            data: What the page's scripts find in `data`: a dict of numbers, texts, lists and `packed` arrays.
            picture: A `DescribedFigure`, which stands where scripts do not run.
            description: A sentence for those who cannot see the page.
            height: Of the frame in pixels, where it is 1264 pixels wide or wider; narrower ones show the page smaller.
            narrow: The same, where the page has the layout for a phone, below 760 pixels.

        Raises:
            ValueError: For data that JSON does not know, such as NaN, and for more than a million bytes.
        """
        self.description, self._picture, self._heights = description, picture, (height, narrow)
        self.page = _page(name, data)
        if (size := len(self.page.encode())) > LARGEST:
            raise ValueError(f"the page would have {size:,} bytes, at most {LARGEST:,} fit; give it less data")

    def __repr__(self):
        return f"<Explorer: {self.description}>"

    def _repr_html_(self):
        wide, narrow = self._heights
        # As wide as the cell; up to 759 pixels as tall as on a phone, then as pages/shared.js draws the page.
        height = f"max(min({wide}px, {100 * wide / WIDE:.2f}cqw), min({narrow}px, (760px - 100cqw) * 9999))"
        alt, title = html.escape(self._picture.description), html.escape(self.description)
        still = base64.b64encode(png(self._picture)[0]).decode()
        return (
            '<div style="container-type:inline-size"><div style="display:grid">'
            f'<img alt="{alt}" style="grid-area:1/1;max-width:100%;max-height:{height}" '
            f'src="data:image/png;base64,{still}">'
            f'<iframe title="{title}" sandbox="allow-scripts" allow="fullscreen" '
            f'style="grid-area:1/1;width:100%;height:{height};border:0;background:Canvas" '
            f'srcdoc="{html.escape(self.page)}"></iframe></div></div>'
        )


def packed(array, kind):
    """Return an array as the pages' `unpack` reads it: its shape and its bytes, as text.

    Args:
        array: Finite numbers, of any shape.
        kind: "uint8" or "float16", for weights.

    Raises:
        ValueError: For numbers that this type does not hold.
    """
    array = np.asarray(array)
    with np.errstate(over="ignore"):
        values = array.astype(kind)
    if not np.isfinite(values).all() or (kind == "uint8" and (values != array).any()):
        raise ValueError(f"array must hold numbers that fit into {kind}, got {array.min()} to {array.max()}")
    little = values.astype(values.dtype.newbyteorder("<"))
    return {"shape": list(array.shape), kind: base64.b64encode(little.tobytes()).decode()}


def unpacked(text):
    """Return the array that `packed` has written; weights of 16 bits become floats of 32."""
    (kind,) = text.keys() - {"shape"}
    values = np.frombuffer(base64.b64decode(text[kind]), np.dtype(kind).newbyteorder("<")).reshape(text["shape"])
    return values.astype("float32" if kind == "float16" else kind)


def own_data(name):
    """Return the data that a page holds when a browser opens its file."""
    return json.loads(re.search(DATA, (PAGES / f"{name}.html").read_text(encoding="utf-8"), re.S)[0])


DATA = r'(?<=<script id="data" type="application/json">).*?(?=</script>)'


def _page(name, data):
    """Return the page with all that it asks for inside, and with these data in place of its own."""
    text = (PAGES / f"{name}.html").read_text(encoding="utf-8")

    def inside(asked):
        return (PAGES / asked[1]).read_text(encoding="utf-8")

    text = re.sub(r'<link rel="stylesheet" href="(\w+\.css)">', lambda asked: f"<style>\n{inside(asked)}</style>", text)
    text = re.sub(r'<script src="(\w+\.js)"></script>', lambda asked: f"<script>\n{inside(asked)}</script>", text)
    try:
        # Inside a script "</script>" would end it, wherever it stands.
        written = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    except (ValueError, TypeError) as error:
        raise ValueError(f"the data of an explorer must be finite numbers, texts, lists and dicts: {error}") from error
    return re.sub(DATA, lambda _: written, text, flags=re.S)
