"""Make slides: one HTML file a notebook, which needs no network.

Each file holds its figures, explorers, formulas and fonts, and reveal.js: open it in a browser, from a stick, too.
Its keys: Space or PageDown for the next step, S for the speaker's notes, F for the full screen, Esc for an overview.
With --pdf there is a PDF beside each, made with Chromium or Chrome, a page for each slide.
"""

from course.notebooks import add_notebooks
from course.publishing.folder import PUBLISHED, add_output, need, stored, whole

SLIDES = PUBLISHED / "site" / "slides"


def add_arguments(parser):
    """Declare the notebooks, --pdf and --output."""
    add_notebooks(parser)
    parser.add_argument("--pdf", action="store_true", help="make a PDF of each, for printing; needs Chromium or Chrome")
    add_output(parser, SLIDES)


def main(options):
    """Make the slides of the given notebooks, and return 0."""
    build(options.notebooks, options.output, options.pdf)
    return 0


def build(notebooks, folder, pdf=False):
    """Make the slides of notebooks, and a list of them.

    Args:
        notebooks: Paths.
        folder: Is replaced as a whole.
        pdf: Whether to make a PDF of each, too.

    Raises:
        CannotPublish: If a notebook was not run, a package is missing, or a PDF is wanted and there is no browser.
    """
    need("nbconvert", "math_core", "sphinx_revealjs")
    from course.publishing.slides import page, printing

    contents = {path: stored(path) for path in notebooks}
    chromium = printing.browser_or_error() if pdf else None
    with whole(folder) as new:
        for path, notebook in contents.items():
            file = new / f"{path.stem}.html"
            file.write_text(page.page(notebook, path), encoding="utf-8")
            if pdf:
                printing.print_pdf(chromium, file)
            print(f"slides of {path.name}", flush=True)
        titles = {path.stem: page.title(notebook) for path, notebook in contents.items()}
        (new / "index.html").write_text(page.index(titles, pdf), encoding="utf-8")
