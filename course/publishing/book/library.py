"""A page for each module of `utils`, read from its source: nothing is imported, so TensorFlow is not loaded.

An entry has the signature, the docstring, and the chapter whose code is the first to name it.
"""

import ast
import re
from typing import NamedTuple

from sphinx.ext.napoleon import GoogleDocstring

from course.code import python
from course.notebooks import ROOT, code_cells
from utils.exercises import MODULES as CHAPTERS

CLAIM = re.compile(r"^Introduced in notebook\s+(\d\d)\.?$", re.MULTILINE)
SOME_RAISE = re.compile(r"^Raises \((.+)\):$", re.MULTILINE)
SOLUTIONS = {f"utils.exercises.{name}" for name in CHAPTERS}


class Entry(NamedTuple):
    """A function or class that others may use."""

    module: str
    name: str
    kind: str  # function or class
    signature: str
    docstring: str
    methods: tuple


def modules():
    """Return the syntax tree of each module of `utils`, by its name; those with solutions are left out."""
    found = {}
    for path in sorted((ROOT / "utils").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name not in SOLUTIONS:
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def entries(module, tree):
    """List the functions and classes of a module that have a docstring and no underscore."""
    found = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and is_public(node):
            inside = node.body if isinstance(node, ast.ClassDef) else []
            methods = tuple(entry(module, method) for method in inside if is_method(method))
            found.append(entry(module, node)._replace(methods=methods))
    return found


def is_public(node):
    """Return True for what has a docstring and no underscore."""
    return not node.name.startswith("_") and ast.get_docstring(node) is not None


def is_method(node):
    """Return True for a method that is public, and not read like a value."""
    return isinstance(node, ast.FunctionDef) and is_public(node)


def entry(module, node):
    """Return a function, class or method as an entry, without methods."""
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    return Entry(module, node.name, kind, signature(node), ast.get_docstring(node), ())


def signature(node):
    """Return the arguments of a function, or those that make an object of a class."""
    if isinstance(node, ast.ClassDef):
        makes = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
        if not makes:
            fields = [part.target.id for part in node.body if isinstance(part, ast.AnnAssign)]
            return f"({', '.join(fields)})"
        node = makes[0]
    return re.sub(r"^\((?:self|cls)(?:, )?", "(", f"({ast.unparse(node.args)})")


def introduced(notebooks, trees):
    """Return the first chapter that names each thing of `utils` in its code.

    Args:
        notebooks: A dict: the notebook of each chapter, in order.
        trees: What `modules` returns: packages say where they have their names from.
    """
    origin = {
        f"{package}.{alias.asname or alias.name}": f"{node.module}.{alias.name}"
        for package, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    first = {}
    for chapter, notebook in notebooks.items():
        for name in sorted(named(notebook)):
            first.setdefault(origin.get(name, name), chapter)
    return first


def named(notebook):
    """Return the dotted names that a notebook's code imports from `utils`, or reads from what it imports."""
    nodes = [node for cell in code_cells(notebook) for node in ast.walk(ast.parse(python(cell)))]
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "utils"]
    imported = {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    chains = [ast.unparse(node).partition(".") for node in nodes if isinstance(node, ast.Attribute)]
    return {*imported.values(), *(f"{imported[first]}.{rest}" for first, _, rest in chains if first in imported)}


def page(name, trees, first, link):
    """Return a page in reStructuredText: a module of `utils`, or all those of a package.

    Args:
        name: That of the module or package.
        trees: The syntax trees of the modules on the page, by name.
        first: What `introduced` returns.
        link: A function that makes of a chapter a link to it.
    """
    parts = [heading(name, "=")]
    for module, tree in trees.items():
        parts += [heading(module, "-")] if module != name else []
        parts += [f".. py:module:: {module}", rendered(ast.get_docstring(tree) or "")]
        parts += [described(item, first.get(f"{module}.{item.name}"), link) for item in entries(module, tree)]
    return "\n\n".join(parts) + "\n"


def heading(text, line):
    """Return a heading."""
    return f"{text}\n{line * len(text)}"


def pages(trees):
    """Return the modules on each page, by its name: `utils.plots` holds `utils.plots.charts` and others."""
    found = {}
    for module in sorted(trees):
        found.setdefault(".".join(module.split(".")[:2]), {})[module] = trees[module]
    return {name: inside for name, inside in found.items() if any(entries(*item) for item in inside.items())}


def described(item, chapter, link, kind=None):
    """Return an entry in reStructuredText, with its methods inside."""
    lines = [f".. py:{kind or item.kind}:: {item.name}{item.signature}", "", indented(rendered(item.docstring))]
    if chapter:
        lines += ["", f"   *Introduced in* {link(chapter)}"]
    for method in item.methods:
        lines += ["", indented(described(method, None, link, kind="method"))]
    return "\n".join(lines)


def rendered(docstring):
    """Return a docstring in Google's style as reStructuredText, without the chapter that it names."""
    docstring = SOME_RAISE.sub(lambda found: f"{found[1].capitalize()}:\n\nRaises:", CLAIM.sub("", docstring).strip())
    return str(GoogleDocstring(docstring))


def indented(text):
    """Return text moved to the right."""
    return re.sub(r"^(?=.)", "   ", text, flags=re.MULTILINE)


def index(trees, first, link):
    """Return the page that lists everything, in reStructuredText; arguments as for `page`."""
    lines = [
        heading("The library", "="),
        "",
        "What is in ``utils``, and the number of the chapter that is the first to use it.",
        "",
    ]
    for name, inside in pages(trees).items():
        lines += [f":doc:`{name} <{name}>`", ""]
        lines += [row(item, first, link) for module, tree in inside.items() for item in entries(module, tree)]
        lines.append("")
    names = "\n".join(f"   {name}" for name in pages(trees))
    return "\n".join(lines) + f"\n.. toctree::\n   :hidden:\n   :titlesonly:\n\n{names}\n"


def row(item, first, link):
    """Return the line about an entry in a list."""
    chapter = first.get(f"{item.module}.{item.name}")
    role = "class" if item.kind == "class" else "func"
    text = f"* :py:{role}:`~{item.module}.{item.name}`: {summary(item.docstring)}"
    return f"{text} {link(chapter)}" if chapter else text


def summary(docstring):
    """Return the first paragraph of a docstring on one line."""
    return " ".join(docstring.split("\n\n")[0].split())
