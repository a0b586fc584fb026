"""A notebook as one HTML file that holds all it needs: text, figures, explorers, fonts, reveal.js."""

import functools
import html
import importlib.util
import re
from pathlib import Path

from course.publishing.folder import CannotPublish, need
from course.publishing.mathematics import mathml
from course.publishing.slides import fonts
from course.publishing.slides.cells import for_the_room

HERE = Path(__file__).parent
REVEAL = "_static/revealjs"  # inside the package sphinx-revealjs
SCRIPTS = ("blocks.js", "arrange.js", "deck.js")


def page(notebook, path):
    """Return the slides of a notebook as HTML.

    Args:
        notebook: Its content, with outputs.
        path: Its file.
    """
    need("nbconvert", "math_core", "sphinx_revealjs")
    body, _ = exporter().from_notebook_node(for_the_room(notebook, path), resources(title(notebook)))
    return without_local_links(body)


def title(notebook):
    """Return the text of a notebook's first heading."""
    return re.search(r"^# (.*)", notebook.cells[0].source, re.MULTILINE)[1]


def without_local_links(body):
    """Let links to notebooks lead to their slides, and those to the contents to the list of slides.

    Of other links inside the repository only the words remain: the file may stand anywhere.
    """

    def better(link):
        target, words = link[1], link[2]
        if target.startswith(("http:", "https:")):
            return link[0]
        if target.startswith("../README.md#contents"):
            return f'<a href="index.html">{words}</a>'
        if found := re.fullmatch(r"(\d\d_\w+)\.ipynb(#.*)?", target):
            return f'<a href="{found[1]}.html">{words}</a>'
        return words

    return re.sub(r'<a href="([^"]*)">(.*?)</a>', better, body)


def resources(title):
    """Return what the template puts into the page: scripts, rules of style, and the title."""
    reveal = reveal_folder()
    files = [reveal / "dist/reveal.js", reveal / "plugin/notes/notes.js", *(HERE / name for name in SCRIPTS)]
    return {
        "title": title,
        "styles": "\n".join([text(reveal / "dist/reveal.css"), fonts.rules(reveal), text(HERE / "slides.css")]),
        "scripts": [text(file).replace("</script", "<\\/script") for file in files],
    }


@functools.cache
def text(file):
    """Read a text file."""
    return file.read_text(encoding="utf-8")


@functools.cache
def reveal_folder():
    """Return the folder of reveal.js inside the package sphinx-revealjs.

    Raises:
        CannotPublish: If it is not there, or not version 5.
    """
    need("sphinx_revealjs")
    folder = Path(importlib.util.find_spec("sphinx_revealjs").origin).parent / REVEAL
    script = folder / "dist/reveal.js"
    if not script.exists() or not re.search(r"reveal\.js 5\.", script.read_text(encoding="utf-8")[:200]):
        raise CannotPublish("sphinx-revealjs holds no reveal.js 5; run pip install 'sphinx-revealjs>=3.2.1'")
    return folder


@functools.cache
def exporter():
    """Return nbconvert's exporter with the template of this folder and with formulas as MathML."""
    from nbconvert.exporters import TemplateExporter  # HTMLExporter would describe pictures in its own words
    from nbconvert.filters import Highlight2HTML
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def block_math(self, body):
            return f'<div class="formula">{with_primes(mathml(body, display=True))}</div>\n'

        def inline_math(self, body):
            return with_primes(mathml(body))

        latex_environment = block_math

        def block_code(self, code, info=None):
            return f'<div class="code" style="--columns: {columns(code)}">{super().block_code(code, info)}</div>\n'

    def as_html(source):
        markdown = MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True))
        return unbroken(markdown.render(source))

    slides = TemplateExporter(template_name="template", extra_template_basedirs=[str(HERE)], file_extension=".html")
    slides.register_filter("highlighted", Highlight2HTML(pygments_lexer="ipython3"))
    slides.register_filter("as_html", as_html)
    slides.register_filter("escaped", html.escape)
    slides.register_filter("columns", columns)
    return slides


def unbroken(body):
    """Keep what belongs together on one line: 28 × 28, and a formula with the full stop behind it."""
    body = re.sub(r"(?<=\d) × (?=\d)", "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}", body)
    return re.sub(r"(<math>(?:(?!</math>).)*</math>[.,;:?!)]+)", r'<span class="whole">\1</span>', body)


def with_primes(formula):
    """Mark the primes of a formula, which the font draws high up already."""
    return formula.replace("<mo>′</mo>", '<mo class="prime">′</mo>')


def columns(source):
    """Return the length of the longest line."""
    return max(map(len, source.splitlines()), default=0)


def index(titles, pdf):
    """Return the list of slides as HTML.

    Args:
        titles: The title of each notebook by its file's stem.
        pdf: Whether there are PDF files.
    """
    paper = ' · <a href="{0}.pdf">PDF<span class="unseen"> of {1}</span></a>' if pdf else ""
    line = f'<li><a href="{{0}}.html">{{1}}</a>{paper}</li>'
    items = "\n".join(line.format(stem, html.escape(f"{stem[:2]} {title}")) for stem, title in titles.items())
    return text(HERE / "index.html").replace("<!-- items -->", items)
