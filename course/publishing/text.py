"""Markdown and code as HTML that needs no script: formulas are MathML, colours are classes of Pygments."""

import functools
import html
import re

from course.publishing.mathematics import mathml

REMOTE = re.compile(r"!\[([^\]]*)\]\(https?://[^)]*\)")  # a picture that a server would have to send


@functools.cache
def renderer():
    """Return nbconvert's renderer of Markdown, with formulas as MathML."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer

    class Renderer(IPythonRenderer):
        def block_math(self, body):
            return f'<div class="formula" tabindex="0">{mathml(body, display=True)}</div>\n'

        def inline_math(self, body):
            return mathml(body)

        def latex_environment(self, name, body):
            return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    return Renderer(escape=False, exclude_anchor_links=True)


def as_html(source):
    """Return Markdown as HTML; of pictures on a server the description remains."""
    from nbconvert.filters.markdown_mistune import MarkdownWithMath

    return MarkdownWithMath(renderer=renderer()).render(REMOTE.sub(r"\1", source))


def code_as_html(source):
    """Return the Python of a cell as HTML in colours."""
    from IPython.lib.lexers import IPython3Lexer
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    return highlight(source, IPython3Lexer(), HtmlFormatter(cssclass="code"))


def plain(text):
    """Return text as Markdown that shows it as it is, except that what stands in backticks is code."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_$<\[\]{}#|~])", r"\\\1", part) for part in parts)


def escaped(text):
    """Return text as HTML that shows it as it is."""
    return html.escape(text, quote=False)
