"""A font for formulas: the characters of STIX Two Math that the pages use, with the parts of large brackets and sums.

Browsers draw MathML well only with a font that has a table for it; phones have none. The package ziamath brings this
one, which is under the SIL Open Font License.
"""

import html
import importlib.util
import io
import logging
import re
from pathlib import Path

MATH = re.compile(r"<math.*?</math>", re.DOTALL)
TAG = re.compile(r"<annotation.*?</annotation>|<[^>]*>", re.DOTALL)
ITALIC = (*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C), 0x210E)  # browsers draw single letters with these
DRAWN = "√()[]{}|‖¯‾→"  # what browsers draw without that a formula has the character: roots, fences, bars, arrows


def characters(pages):
    """Return the characters of all formulas in some pages of HTML."""
    formulas = "".join(TAG.sub("", formula) for page in pages for formula in MATH.findall(page))
    return set(html.unescape(formulas)) - set("\n\t\u2061\u2062\u2063\u2064")


def math_font(characters):
    """Return a font with these characters, as the bytes of a WOFF file."""
    from fontTools import subset

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it would tell each step
    options = subset.Options(flavor="woff", hinting=False, name_IDs=["*"], drop_tables=["DSIG", "meta"])
    # What letters of texts need, and formulas do not, is left out: kerning, ligatures, other shapes.
    options.layout_features = ["ssty", "dtls", "flac"]
    with subset.load_font(source(), options) as font:
        font.recalcTimestamp = False
        wanted = subset.Subsetter(options)
        wanted.populate(unicodes=[*map(ord, {*characters, *DRAWN}), *ITALIC])
        wanted.subset(font)
        file = io.BytesIO()
        subset.save_font(font, file, options)
    return file.getvalue()


def source():
    """Return the path of the whole font; ziamath need not be imported for it."""
    return Path(importlib.util.find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
