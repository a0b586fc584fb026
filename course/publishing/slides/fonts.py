"""The fonts of the slides, inside each file: so the slides are the same on every machine, and so is what fits.

Words are in Source Sans, which reveal.js brings along; code and formulas are in the DejaVu fonts of Matplotlib, the
ones of the figures. DejaVu Serif knows how to draw formulas (it has a MATH table); its italic holds the letters.
"""

import base64
import functools
import io
from pathlib import Path

FACES = (  # family, style, weight, file
    ("Text", "normal", 400, "source-sans-pro-regular.ttf"),
    ("Text", "italic", 400, "source-sans-pro-italic.ttf"),
    ("Text", "normal", 600, "source-sans-pro-semibold.ttf"),
    ("Code", "normal", 400, "DejaVuSansMono.ttf"),
    ("Formula", "normal", 400, "DejaVuSerif.ttf"),
    ("Letters", "normal", 400, "DejaVuSerif-Italic.ttf"),
)
BLOCKS = (  # of Unicode: Latin, Greek, punctuation, arrows, mathematics, boxes, geometric shapes, letters of formulas
    (0x20, 0x17F), (0x2B0, 0x2DD), (0x370, 0x3FF), (0x2000, 0x22FF), (0x2300, 0x231F), (0x239B, 0x23B3),
    (0x2500, 0x25FF), (0x2713, 0x2718), (0x27E8, 0x27EB), (0x2A00, 0x2A20), (0x1D400, 0x1D7FF),
)  # fmt: skip
SCRIPTS = {  # where scripts, limits and fractions stand, in thousandths of the size of type; DejaVu Serif has zeros
    "SubscriptShiftDown": 230, "SubscriptTopMax": 340, "SubscriptBaselineDropMin": 140,
    "SuperscriptShiftUp": 380, "SuperscriptShiftUpCramped": 310, "SuperscriptBottomMin": 220,
    "SuperscriptBaselineDropMax": 270, "SuperscriptBottomMaxWithSubscript": 340, "SubSuperscriptGapMin": 120,
    "UpperLimitGapMin": 100, "UpperLimitBaselineRiseMin": 100, "LowerLimitGapMin": 100,
    "LowerLimitBaselineDropMin": 500, "FractionNumeratorShiftUp": 400, "FractionNumeratorDisplayStyleShiftUp": 640,
    "FractionDenominatorShiftDown": 270, "FractionDenominatorDisplayStyleShiftDown": 640,
    "StackTopShiftUp": 400, "StackTopDisplayStyleShiftUp": 640, "StackBottomShiftDown": 270,
    "StackBottomDisplayStyleShiftDown": 640, "RadicalKernAfterDegree": -500, "RadicalKernBeforeDegree": 40,
}  # fmt: skip


@functools.cache
def rules(reveal):
    """Return the rules of CSS that hold all fonts.

    Args:
        reveal: The folder of reveal.js.
    """
    import matplotlib

    folders = (Path(reveal, "dist/theme/fonts/source-sans-pro"), Path(matplotlib.get_data_path(), "fonts/ttf"))
    written = []
    for family, style, weight, name in FACES:
        (file,) = [folder / name for folder in folders if (folder / name).exists()]
        source = f"url(data:font/woff;base64,{base64.b64encode(small(file)).decode()}) format('woff')"
        written.append(
            f"@font-face {{ font-family: {family}; font-style: {style}; font-weight: {weight}; src: {source}; }}"
        )
    return "\n".join(written)


def small(file):
    """Return a font with the characters of BLOCKS only, as a WOFF file."""
    from fontTools import subset

    options = subset.Options(flavor="woff", hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 13])
    options.drop_tables += ["FFTM", "webf"]  # which fontTools does not know
    font = subset.load_font(file, options)
    wanted = subset.Subsetter(options)
    wanted.populate(unicodes=[code for first, last in BLOCKS for code in range(first, last + 1)])
    wanted.subset(font)
    if "MATH" in font:
        constants = font["MATH"].table.MathConstants
        for name, thousandths in SCRIPTS.items():
            getattr(constants, name).Value = round(thousandths * font["head"].unitsPerEm / 1000)
    saved = io.BytesIO()
    subset.save_font(font, saved, options)
    return saved.getvalue()
