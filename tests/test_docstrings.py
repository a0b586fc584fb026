"""Docstrings say what things are for, name all arguments, and render; a notebook that is named introduces the thing."""

import ast
import contextlib
import functools
import importlib
import inspect
import io
import pkgutil
import re

import nbformat
import pytest
from docutils.core import publish_doctree
from IPython.core.inputtransformer2 import TransformerManager
from sphinx.ext.napoleon import GoogleDocstring

import course
import utils
from course import notebooks
from utils import arithmetic, convolution, kernels, plots

MODULES = [
    importlib.import_module(found.name)
    for package in (utils, course)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


def public(place, module):
    """Return the functions and classes that a module, or a class of it, defines for others."""
    things = [thing for name, thing in vars(place).items() if not name.startswith("_") and callable(thing)]
    return [thing for thing in things if getattr(thing, "__module__", None) == module.__name__]


PUBLIC = [thing for module in MODULES for thing in public(module, module)]
METHODS = [
    method
    for thing in filter(inspect.isclass, PUBLIC)
    for method in public(thing, inspect.getmodule(thing))
    if method.__doc__
]


def name(thing):
    return thing.__name__ if inspect.ismodule(thing) else f"{thing.__module__}.{thing.__qualname__}"


@pytest.mark.parametrize("thing", PUBLIC, ids=name)
def test_help_says_what_it_is_for(thing):
    first = (inspect.getdoc(thing) or "").split("\n")[0]
    assert first.endswith((".", ":", ")")) or ". " in first


@pytest.mark.parametrize("thing", PUBLIC + METHODS, ids=name)
def test_all_arguments_are_explained_or_none(thing):
    section = re.search(r"^Args:\n(.*?)(\n\n|\Z)", inspect.getdoc(thing) or "", re.MULTILINE | re.DOTALL)
    if section:
        explained = re.findall(r"^    (\w+(?:, \w+)*):", section[1], re.MULTILINE)
        parameters = set(inspect.signature(thing).parameters) - {"self", "kwargs"}
        assert {word for words in explained for word in words.split(", ")} == parameters


@pytest.mark.parametrize("thing", MODULES + PUBLIC + METHODS, ids=name)
def test_sphinx_renders_the_docstring(thing):
    assert not complaints(inspect.getdoc(thing))


@pytest.mark.parametrize(
    "docstring, complaint",
    [
        ("Draw curves.\n\ncurves: a dict, and for each name\nvalues, or\n    a pair.", "Unexpected indentation"),
        ("Draw curves.\n\nArgs:\n    table: With the columns val_loss or val_.", 'Unknown target name: "val"'),
        ("Draw curves.\n\nArgs:\n    curves: By *name.", "Inline emphasis"),
    ],
)
def test_a_broken_docstring_is_found(docstring, complaint):
    assert complaint in complaints(docstring)


def complaints(docstring):
    """Return the warnings and errors of docutils about a docstring that Sphinx' napoleon has translated."""
    heard = io.StringIO()
    publish_doctree(str(GoogleDocstring(docstring)), settings_overrides={"warning_stream": heard})
    return heard.getvalue()


@pytest.mark.parametrize("thing", PUBLIC, ids=name)
def test_the_notebook_that_is_named_introduces_it(thing):
    claims = re.findall(r"ntroduced in notebook\s+(\d\d)", inspect.getdoc(thing) or "")
    assert claims in ([], first_uses().get(name(thing), [])), "the first notebook with it in a code cell, or no claim"


@functools.cache
def first_uses():
    """Return the number of the first notebook whose code names it, for each function and class of `utils`."""
    first = {}
    for path in sorted(notebooks.NOTEBOOKS.glob("*.ipynb")):
        for thing in used(notebooks.code_cells(nbformat.read(path, as_version=4))):
            first.setdefault(thing, [path.name[:2]])
    return first


def used(cells):
    """Return the names, with their modules, of what some code cells import from `utils` or read from its modules."""
    imported, found = {}, set()
    for cell in cells:
        tree = ast.parse(TransformerManager().transform_cell(cell.source))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "utils":
                imported |= {alias.asname or alias.name: f"{node.module}:{alias.name}" for alias in node.names}
        found |= {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    parts = [text.partition(".") for text in found]  # plots.lines: what is imported as plots, and a name in it
    paths = {f"{imported[module]}.{rest}" for module, _, rest in parts if module in imported} | set(imported.values())
    things = set()
    for path in paths:
        with contextlib.suppress(AttributeError, ImportError, ValueError):
            things.add(name(pkgutil.resolve_name(path)))
    return things


def test_there_are_functions_to_check():
    assert {convolution.conv2d, arithmetic.conv_output_size, plots.lines, kernels.box} <= set(PUBLIC)
    assert first_uses()["utils.convolution.conv2d"] == ["03"]
