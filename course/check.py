"""Check notebooks, and the address in README.md and CITATION.cff, against the rules of the course.

Prints a line for each complaint; the exit status is 1 if there is one. `course/rules.py` holds the rules.
"""

from course import address, rules
from course.notebooks import ROOT, add_notebooks


def add_arguments(parser):
    """Declare the options of the command."""
    add_notebooks(parser)


def main(options):
    """Carry out the command; return its exit status."""
    complaints = [text for name in address.FILES for text in address_complaints(ROOT / name)]
    for path in options.notebooks:
        complaints += [f"{path.name}: {text}" for text in rules.complaints(rules.Notebook.read(path))]
    print("\n".join(complaints) or f"{len(options.notebooks)} notebooks keep all {len(rules.RULES)} rules")
    return 1 if complaints else 0


def address_complaints(path):
    """Complain if a file has another address than pyproject.toml."""
    text = path.read_text(encoding="utf-8")
    public = address.repository()
    fine = text == address.stamp(text, public)
    remedy = f"run python -m course address {public}"
    return [] if fine else [f"{path.name} does not have the address of pyproject.toml; {remedy}"]
