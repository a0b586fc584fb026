"""Formulas as MathML, which browsers draw and screen readers read without a script."""

import functools
import html


@functools.cache
def converter():
    """Return math-core's converter; `annotation` keeps the LaTeX inside, for whoever copies a formula."""
    import math_core

    return math_core.LatexToMathML(annotation=True)


def mathml(latex, display=False):
    """Return a formula in LaTeX, without dollar signs, as a MathML element.

    Args:
        latex: The formula; as an attribute of HTML it may be escaped.
        display: Whether it stands on a line of its own.
    """
    return converter().convert_with_local_state(html.unescape(latex.strip()), displaystyle=display)
