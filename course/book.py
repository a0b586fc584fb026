"""Make a book for the browser: chapters with live explorers, a glossary, an index of `utils`, references, a search.

It is made of the notebooks as they are stored, and needs a network neither now nor when it is read. Open index.html.
"""

import io
import shutil
import tempfile
from pathlib import Path

from course.notebooks import add_notebooks
from course.publishing.folder import PUBLISHED, CannotPublish, add_output, need, stored, whole

UNUSED = (".buildinfo", "objects.inv", "_sources", ".doctrees")


def add_arguments(parser):
    """Declare the options of the command."""
    add_notebooks(parser)
    add_output(parser, PUBLISHED / "site" / "book")


def main(options):
    """Carry out the command; return its exit status."""
    build(options.notebooks, options.output)
    print(options.output / "index.html")
    return 0


def build(notebooks, folder):
    """Make the book.

    Args:
        notebooks: Paths of notebooks.
        folder: The folder that it becomes; what was there is replaced.

    Raises:
        CannotPublish: If it cannot be made, or would lack something.
    """
    if not notebooks:
        raise CannotPublish("there is no notebook to make a book of; name one, or look into notebooks/")
    need("sphinx", "myst_nb", "sphinx_book_theme", "math_core", "ziamath", "fontTools")
    from course.publishing.book import complete, finish, font, source

    contents = {path: stored(path) for path in notebooks}
    with whole(folder) as new, tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        source.write(contents, work / "source")
        make(work)
        tidy(work / "html")
        pages = []
        for path in sorted((work / "html").rglob("*.html")):
            pages.append(finish.page(path.read_text(encoding="utf-8")))
            path.write_text(pages[-1], encoding="utf-8", newline="\n")
        (work / "html/_static/formulas.woff").write_bytes(font.math_font(font.characters(pages)))
        shutil.copytree(work / "html", new, dirs_exist_ok=True)
        for line in complete.compare(contents, new):
            print(line, flush=True)


def make(work):
    """Let Sphinx make `html` of `source` in a folder.

    Raises:
        CannotPublish: If it warns of anything.
    """
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    from course.publishing.book.extension import settings

    nocolor()
    warnings = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=work / "source",
            confdir=None,
            outdir=work / "html",
            doctreedir=work / "doctrees",
            buildername="html",
            confoverrides=settings(),
            status=None,
            warning=warnings,
            freshenv=True,
        )
        app.build()
    if text := warnings.getvalue().replace(f"{work / 'source'}/", "").strip():
        raise CannotPublish(f"the book has faults: {text.splitlines()[0]}")


def tidy(book):
    """Remove what no reader needs."""
    for name in UNUSED:
        shutil.rmtree(book / name, ignore_errors=True)
        (book / name).unlink(missing_ok=True)
    for path in [*book.rglob("*.map"), *book.glob("_static/*macros.html")]:
        path.unlink()
