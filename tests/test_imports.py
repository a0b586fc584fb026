"""The modules of the course stand on one another in one direction: nothing imports what imports it."""

import ast
import graphlib

import pytest

from course.notebooks import ROOT, code_cells, read
from course.rules import imported_packages

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("course", "data", "records", "utils")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
MAY_IMPORT = {  # folders, from the ground up
    "data": {"data"},
    "utils": {"utils", "data"},
    "course": {"course", "utils"},
    "records": {"records", "utils"},
    "notebooks": {"utils"},
}


def imports(module):
    """Return the modules of the course that a module imports, also inside of functions."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
            if not any(f"{node.module}.{alias.name}" in MODULES for alias in node.names):
                found.add(node.module)
    return found & set(MODULES) - {module}


def test_no_imports_run_in_a_circle():
    order = list(graphlib.TopologicalSorter({module: imports(module) for module in MODULES}).static_order())
    assert order.index("utils.convolution") < order.index("utils.exercises.convolution_1d")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_the_folders_below_it(module):
    assert {name.split(".")[0] for name in imports(module)} <= MAY_IMPORT[module.split(".")[0]]


def test_notebooks_import_only_utils():
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    used = {package for path in paths for cell in code_cells(read(path)) for package in imported_packages(cell)}
    assert used & set(MAY_IMPORT) == MAY_IMPORT["notebooks"]
