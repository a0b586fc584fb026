"""Read the code of a notebook: its magics, the packages it imports, the names that it binds and reads."""

import ast
import re
import symtable

from IPython.core.inputtransformer2 import TransformerManager


def python(cell):
    """Return a cell's source with IPython's magics written as Python calls."""
    return TransformerManager().transform_cell(cell.source)


def magics(cell):
    """Return the names of IPython's line and cell magics in a cell; shell commands with an exclamation mark."""
    calls = r"get_ipython\(\)\.(run_line_magic|run_cell_magic|system|getoutput)\(['\"](\S*?)['\" ]"
    return {word if call.startswith("run_") else f"!{word}" for call, word in re.findall(calls, python(cell))}


def imported_packages(cell):
    """Return the top-level names of the packages that a cell imports."""
    tree = ast.parse(python(cell))
    modules = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {module.split(".")[0] for module in modules}


def bound_and_read(cell):
    """Return the names that a cell binds at its top level (imports aside), and those that it reads anywhere."""
    top = symtable.symtable(python(cell), "cell", "exec")
    bound = {s.get_name() for s in top.get_symbols() if (s.is_assigned() or s.is_namespace()) and not s.is_imported()}
    tables, read = [top], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        read |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (table is top or s.is_global())}
    return bound, read
