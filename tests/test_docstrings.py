"""Every public function and class says what it is for; a notebook that is said to introduce it does so."""

import ast
import contextlib
import functools
import importlib
import inspect
import pkgutil
import re

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

import utils
from course import notebooks
from utils import arithmetic, convolution, kernels, plots

MODULES = [module.name for module in pkgutil.walk_packages(utils.__path__, "utils.") if "exercises" not in module.name]
PUBLIC = [
    thing
    for module in map(importlib.import_module, MODULES)
    for name, thing in vars(module).items()
    if inspect.getmodule(thing) is module and not name.startswith("_") and callable(thing)
]


def name(thing):
    return f"{thing.__module__}.{thing.__qualname__}"


@pytest.mark.parametrize("thing", PUBLIC, ids=name)
def test_help_says_what_it_is_for(thing):
    first = (inspect.getdoc(thing) or "").split("\n")[0]
    assert first.endswith((".", ":", ")")) or ". " in first


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
