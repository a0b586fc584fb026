"""A notebook as one HTML page to print or to read: no scripts, nothing from a network, explorers as still pictures."""

import base64
import functools
import html
import re
from pathlib import Path

from course.code import without_argument
from course.notebooks import still_pictures
from course.publishing import parts
from course.publishing.handouts.answers import given_and_space, without_calls
from course.publishing.handouts.versions import BADGE, COLAB
from course.publishing.text import as_html, code_as_html, escaped

HERE = Path(__file__).parent
NOTEBOOK = re.compile(r'(?<=href=")(\d\d_\w+)\.ipynb(?=["#])')
SHORT = 6  # lines of code that are kept with their figure; with more of them, a page that ends early has a large gap
MOVE = "An explorer: in the notebook it can be moved."


def page(notebook, path, version):
    """Return the page of a hand-out.

    Args:
        notebook: One version of it, with outputs.
        path: Its file.
        version: Whose it is: "students" or "instructors".
    """
    return filled(title_of(notebook), path, version, "\n".join(map(cell_as_html, notebook.cells)))


def title_of(notebook):
    """Return the title of a notebook."""
    return re.search(r"^# (.*)", notebook.cells[0].source, re.MULTILINE)[1]


def filled(title, path, version, body):
    """Return a page with some HTML as its body; the title and whose it is stand in the margin of the paper."""
    return template().render(title=title, number=path.name[:2], version=f"for {version}", body=body, style=style())


def markdown(source):
    """Return Markdown as HTML, with links to pages instead of notebooks."""
    return NOTEBOOK.sub(r"\1.html", as_html(source))


@functools.cache
def template():
    """Return the frame of a page."""
    import jinja2

    text = (HERE / "page.html").read_text(encoding="utf-8")
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text)


@functools.cache
def style():
    """Return the rules of CSS."""
    from pygments.formatters import HtmlFormatter

    colours = HtmlFormatter(style="xcode").get_style_defs(".code")  # readable on light grey, each colour 4.5 : 1
    return f"{colours}\n{(HERE / 'page.css').read_text(encoding='utf-8')}"


def cell_as_html(cell):
    """Return a cell as HTML: text, code with its outputs, an exercise, or notes for the speaker."""
    if cell.cell_type == "markdown":
        text = markdown(BADGE.sub("", cell.source))
        return f'<div class="notes" role="note">{text}</div>' if parts.is_notes(cell) else text
    outputs = "".join(map(output_as_html, cell.outputs))
    if not parts.CHECK.search(cell.source):
        source = printed(cell)
        kind = "cell" if source.count("\n") >= SHORT else "cell together"
        return f'<div class="{kind}">\n{code_as_html(source)}{outputs}</div>'
    shown = code_as_html(without_calls(cell.source)) if cell.outputs else given_and_space(cell.source)
    return f'<div class="cell exercise">\n{shown}{outputs}</div>'


def printed(cell):
    """Return the source of a cell as it is printed.

    It is without `shows`, which tells what the figure below it shows, and without what is for Colab only.
    """
    source = COLAB.sub("", cell.source) if parts.is_setup(cell) else cell.source
    return without_argument(source, "shows")


def output_as_html(output):
    """Return what a cell has put out as HTML: pictures with their descriptions, tables, text."""
    if output.output_type == "stream":
        return f'<pre class="output">{escaped(output.text)}</pre>\n'
    shown = output.get("data", {})
    if parts.is_explorer(output):
        return "".join(figure(alt, f"image/png;base64,{png}", MOVE) for alt, png in still_pictures(shown["text/html"]))
    for kind in ("image/png", "image/jpeg"):
        if kind in shown:
            return figure(html.escape(parts.description(output)), f"{kind};base64,{shown[kind].strip()}")
    if "text/html" in shown:
        table = re.sub(r"<style.*?</style>\s*| border=\"1\"", "", shown["text/html"], flags=re.DOTALL)
        return f'<div class="output table" tabindex="0">{table.replace("<th></th>", "<td></td>")}</div>\n'
    return f'<pre class="output">{escaped(shown["text/plain"])}</pre>\n'


def figure(alt, data, caption=""):
    """Return a picture with its description, which is escaped already, and a line below it.

    The style sheet is told the width of a PNG, so that letters are as large in one figure on paper as in the next.
    """
    kind, _, content = data.partition(";base64,")
    width = int.from_bytes(base64.b64decode(content[:32])[16:20], "big") if kind == "image/png" else 0
    size = f' style="--pixels: {width}px"' if width else ""
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure><img alt="{alt}" src="data:{data}"{size}>{below}</figure>\n'
