"""Write the public address of the course into all links and set-up cells.

Whoever publishes a copy of the course writes its address into pyproject.toml ([tool.course]); this command puts it
into the Colab links and the clone commands of the README and the notebooks, and into CITATION.cff.
"""

import re
import tomllib

from course.notebooks import NOTEBOOKS, ROOT, read, replace, write

COLAB = re.compile(r"https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[\w.-]+/(?P<path>[\w./-]+)")
PLAIN = re.compile(r"(?P<before>git clone (?:-\S+ (?:\d+ )?)*|repository-code: )https://github\.com/[\w.-]+/[\w.-]+")
FOLDER = re.compile(r'(?P<before>^\s*os\.chdir\(")[\w.-]+(?=/notebooks"\)$)', re.MULTILINE)

FILES = ("README.md", "CITATION.cff")  # the notebooks aside


def add_arguments(parser):
    """Declare no options."""


def main(options):
    """Carry out the command; return its exit status."""
    address = repository()
    print(address)
    files = [ROOT / name for name in FILES]
    changed = [path for path in files if replace(path, stamp(path.read_text(encoding="utf-8"), address))]
    changed += [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if stamp_notebook(path, address)]
    print("\n".join(f"{path.name}: written" for path in changed) or "all links have it already")
    return 0


def repository():
    """Return the public address of the course, without a slash at the end."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["course"]["repository"].rstrip("/")


def colab_link(address, path):
    """Return the link that opens `path`, relative to the repository's root, in Google Colab."""
    return f"https://colab.research.google.com/github/{address.removeprefix('https://github.com/')}/blob/main/{path}"


def stamp(text, address, own_path=None):
    """Put the address into a text: Colab links, which open `own_path` if it is given, clone commands, a citation."""
    name = address.rsplit("/", 1)[-1]
    text = COLAB.sub(lambda match: colab_link(address, own_path or match["path"]), text)
    text = PLAIN.sub(lambda match: match["before"] + address, text)
    return FOLDER.sub(lambda match: match["before"] + name, text)


def stamp_notebook(path, address):
    """Put the address into a notebook's cells, leave its outputs, and return True if the file has changed."""
    notebook = read(path)
    stamped = [stamp(cell.source, address, own_path=f"notebooks/{path.name}") for cell in notebook.cells]
    if stamped == [cell.source for cell in notebook.cells]:
        return False
    for cell, source in zip(notebook.cells, stamped):
        cell.source = source
    return write(notebook, path)
