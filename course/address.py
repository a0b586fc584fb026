"""Write the public address of the course into all links and set-up cells.

    python -m course address                                       the address of the git remote `origin`
    python -m course address https://github.com/ACCOUNT/NAME       this address

Whoever publishes a copy of the course on GitHub runs this once. The address goes into pyproject.toml ([tool.course]),
and from there into the Colab links and the clone commands of the README and the notebooks, and into CITATION.cff.
"""

import argparse
import re
import subprocess
import sys
import tomllib

from course.notebooks import NOTEBOOKS, ROOT, read, replace, write

COLAB = re.compile(r"https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[\w.-]+/(?P<path>[\w./-]+)")
PLAIN = re.compile(r"(?P<before>git clone (?:-\S+ (?:\d+ )?)*|repository-code: )https://github\.com/[\w.-]+/[\w.-]+")
FOLDER = re.compile(r'(?P<before>^\s*os\.chdir\(")[\w.-]+(?=/notebooks"\)$)', re.MULTILINE)
SETTING = re.compile(r'(?P<before>^\[tool\.course\]$(?:\n(?!\[).*)*?\nrepository = ")[^"]*', re.MULTILINE)

# What git takes for an address on GitHub: https://github.com/a/b.git, git@github.com:a/b, ssh://git@github.com/a/b.git
GITHUB = re.compile(
    r"(?:(?:https?|git)://(?:[^@/]*@)?(?:www\.)?github\.com(?::\d+)?/"
    r"|ssh://(?:[^@/]*@)?(?:ssh\.)?github\.com(?::\d+)?/"
    r"|(?:[^@/:]*@)?github\.com:/?)"
    r"(?P<account>[\w-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?",
    re.IGNORECASE | re.ASCII,
)

FILES = ("README.md", "CITATION.cff")  # the notebooks aside


def add_arguments(parser):
    """Declare the options of the command."""
    text = "of a repository on GitHub, in any form that git takes; default: that of the remote `origin`"
    parser.add_argument("address", nargs="?", type=on_github, metavar="ADDRESS", help=text)


def main(options):
    """Carry out the command; return its exit status."""
    address = options.address
    if address is None:
        remote = origin()
        try:
            address = on_github(remote or "")
        except argparse.ArgumentTypeError:
            known = re.sub(r"(?<=://)[^@/]*@", "", remote or "")  # without a password
            complaint = f"the remote origin, {known}, is not on GitHub" if known else "there is no git remote origin"
            print(f"{complaint}; run python -m course address https://github.com/ACCOUNT/NAME", file=sys.stderr)
            return 1
    print(address)
    project = ROOT / "pyproject.toml"
    changed = [project] if replace(project, set_repository(project.read_text(encoding="utf-8"), address)) else []
    files = [ROOT / name for name in FILES]
    changed += [path for path in files if replace(path, stamp(path.read_text(encoding="utf-8"), address))]
    changed += [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if stamp_notebook(path, address)]
    print("\n".join(f"{path.name}: written" for path in changed) or "all links have it already")
    return 0


def origin():
    """Return what git calls the address of the remote `origin`, or None without git, a repository or such a remote."""
    if not (ROOT / ".git").exists():  # a repository around the course is another one
        return None
    try:
        asked = subprocess.run(
            ["git", "-C", str(ROOT), "remote", "get-url", "origin"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return asked.stdout.strip() or None


def on_github(address):
    """Return the address of a repository's page on GitHub, https://github.com/ACCOUNT/NAME.

    Args:
        address: Of the repository, in any form that git takes. A password or token in it is left out.

    Raises:
        ArgumentTypeError: If it is not on GitHub.
    """
    found = GITHUB.fullmatch(address)
    if not found:
        raise argparse.ArgumentTypeError(f"{address!r} is not like https://github.com/ACCOUNT/NAME")
    return f"https://github.com/{found['account']}/{found['name']}"


def repository():
    """Return the public address of the course, without a slash at the end."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["course"]["repository"].rstrip("/")


def set_repository(text, address):
    """Put the address into the text of pyproject.toml; all else, comments too, stays."""
    return SETTING.sub(lambda match: match["before"] + address, text)


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
