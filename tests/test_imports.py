"""The modules of the course stand on one another in one direction, and what needs no TensorFlow does not load it."""

import ast
import graphlib

import pytest

from course.code import imported_packages
from course.notebooks import NOTEBOOKS, ROOT, code_cells, read
from tests.helpers import child

MAY_IMPORT = {  # folders, from the ground up
    "data": {"data"},
    "utils": {"utils", "data"},
    "course": {"course", "utils"},
    "records": {"records", "course", "utils"},
    "conftest": {"course", "utils"},
    "tests": {"tests", "conftest", "records", "course", "utils", "data"},
    "notebooks": {"utils"},
}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in MAY_IMPORT
    for path in [*sorted((ROOT / folder).rglob("*.py")), *ROOT.glob(f"{folder}.py")]
}


def imports(source):
    """Return the names that a module imports, also inside of functions and by `import_module`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import, of {node.module}"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
            found |= {value for value in constants if isinstance(value, str)}
    return found


def imported_modules(module):
    """Return the modules of the course that a module imports."""
    names = imports(MODULES[module].read_text(encoding="utf-8"))
    return {name if name in MODULES else name.rpartition(".")[0] for name in names} & set(MODULES) - {module}


def upward(folder, source):
    """Return the folders that a source imports although they do not stand below its own."""
    return {name.split(".")[0] for name in imports(source)} & set(MAY_IMPORT) - MAY_IMPORT[folder]


def test_no_imports_run_in_a_circle():
    order = list(graphlib.TopologicalSorter({module: imported_modules(module) for module in MODULES}).static_order())
    assert order.index("utils.convolution") < order.index("utils.exercises.convolution_1d")
    assert order.index("utils.convolution") < order.index("tests.test_convolution")
    assert {name.split(".")[0] for name in order} == set(MAY_IMPORT) - {"notebooks"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_the_folders_below_it(module):
    assert not upward(module.split(".")[0], MODULES[module].read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "folder, source, found",
    [
        ("utils", "import numpy\nimport course", {"course"}),
        ("utils", "def function():\n    from records.experiments import notebook", {"records"}),
        ("utils", "from tests.helpers import refuses", {"tests"}),
        ("utils", "import conftest", {"conftest"}),
        ("utils", "importlib.import_module('course.rules')", {"course"}),
        ("utils", "if True:\n    import_module(f'records.{name}')", {"records"}),
        ("data", "from utils import validation", {"utils"}),
        ("course", "import records.experiments as e, tests", {"records", "tests"}),
        ("records", "try:\n    from tests import helpers\nexcept ImportError:\n    pass", {"tests"}),
        ("utils", "from utils.models import resnet\nimport data.package, courses, testing", set()),
    ],
)
def test_an_import_of_what_stands_above_is_found(folder, source, found):
    assert upward(folder, source) == found


def test_notebooks_import_only_utils():
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    used = {package for path in paths for cell in code_cells(read(path)) for package in imported_packages(cell)}
    assert used & set(MAY_IMPORT) == MAY_IMPORT["notebooks"]


LARGE = {"tensorflow", "keras", "pandas", "scipy"}
CHEAP = {"convolution": LARGE, "arithmetic": LARGE, "kernels": LARGE, "graph": LARGE, "plots": {"tensorflow", "keras"}}


@pytest.fixture(scope="module")
def loaded():
    """What is loaded after each of the modules, imported one after the other."""
    lines = [f"import sys, utils.{module}; print('utils.{module}', *sys.modules)" for module in CHEAP]
    return dict(zip(CHEAP, child("\n".join(lines)).communicate()[0].splitlines()))


@pytest.mark.parametrize("module", CHEAP)
def test_importing_the_library_is_cheap(module, loaded):
    modules = loaded[module].split()
    assert modules[0] == f"utils.{module}" and modules[0] in modules[1:]
    assert CHEAP[module].isdisjoint(modules)
