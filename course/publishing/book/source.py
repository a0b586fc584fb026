"""A folder of text files from which Sphinx makes the book: README, chapters, glossary, library, references."""

import shutil
from pathlib import Path

import nbformat

from course.notebooks import ROOT, markdown_cells
from course.publishing.book import glossary, library, references
from course.publishing.book.chapter import chapter, number
from course.publishing.book.links import relink

STATIC = Path(__file__).with_name("static")
PICTURES = ("notebooks/at_a_glance.png",)
TEXTS = {  # files of the repository that are pages -> where Sphinx finds them
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "data/README.md": "data/README.md",
}


def write(notebooks, folder):
    """Write the folder.

    Args:
        notebooks: A dict: for the path of each notebook its content, in order.
        folder: The folder to fill, a path.
    """
    pages = TEXTS | {name: name for name in (*PICTURES, *(f"notebooks/{path.name}" for path in notebooks))}
    texts = {page: relink((ROOT / file).read_text(encoding="utf-8"), file, pages) for file, page in TEXTS.items()}
    texts["index.md"] += contents([path.stem for path in notebooks])
    for path, notebook in notebooks.items():
        texts[f"notebooks/{path.name}"] = nbformat.writes(chapter(notebook, path, pages))
    texts["glossary.md"] = glossary.page(glossary.terms())
    citations = {path: references.cited(markdown_cells(notebook)) for path, notebook in notebooks.items()}
    texts["references.md"] = relink(references.page(citations, markdown_link), "notebooks/references.md", pages)
    texts |= library_pages(notebooks)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for name in PICTURES:
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(STATIC, folder / "static")


def markdown_link(path):
    """Return a link to a chapter, by its number, in Markdown."""
    return f"[{number(path)}]({path.name})"


def library_pages(notebooks):
    """Return the pages of the library."""
    trees = library.modules()
    first = library.introduced(notebooks, trees)
    pages = {
        f"library/{name}.rst": library.page(name, inside, first, rst_link)
        for name, inside in library.pages(trees).items()
    }
    return {"library/index.rst": library.index(trees, first, rst_link), **pages}


def rst_link(path):
    """Return a link to a chapter, by its number, in reStructuredText."""
    return f":doc:`{number(path)} </notebooks/{path.stem}>`"


def contents(chapters):
    """Return the table of contents beside all pages, in Markdown."""
    parts = {
        "Chapters": [f"notebooks/{name}" for name in chapters],
        "Look up": ["glossary", "library/index", "references"],
        "The course": ["CONTRIBUTING", "CHANGELOG", "data/README"],
    }
    tree = "\n```{{toctree}}\n:hidden:\n:titlesonly:\n:caption: {}\n\n{}\n```\n"
    return "".join(tree.format(name, "\n".join(pages)) for name, pages in parts.items())
