"""Read the code of a notebook: its magics, the packages it imports, the names that it binds and reads."""

import ast
import itertools
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
    """Return the top-level names of the packages that a cell imports, in the order of its lines."""
    nodes = [node for node in ast.walk(ast.parse(python(cell))) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = []
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return list(dict.fromkeys(module.split(".")[0] for module in modules))


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


def without_argument(source, name):
    """Return Python without the arguments of calls that have this name; unchanged where only that is not possible.

    Args:
        source: Python; with IPython's magics it stays as it is.
        name: Of the argument, as in `name=value`.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    given = [
        word for call in ast.walk(tree) if isinstance(call, ast.Call) for word in call.keywords if word.arg == name
    ]
    code, wanted = source.encode(), ast.dump(_Without(name).visit(tree))  # in bytes, in which Python counts columns
    starts = [0, *itertools.accumulate(map(len, code.splitlines(keepends=True)))]
    for word in sorted(given, key=lambda word: (word.lineno, word.col_offset), reverse=True):
        begin = starts[word.lineno - 1] + word.col_offset
        before, after = code[:begin].rstrip(), code[starts[word.end_lineno - 1] + word.end_col_offset :]
        if not before.endswith((b",", b"(")):  # a comment
            return source
        code = before[:-1] + after if before.endswith(b",") else before + after.lstrip(b", \n")
    left = code.decode()
    try:
        return left if ast.dump(ast.parse(left)) == wanted else source
    except SyntaxError:
        return source


class _Without(ast.NodeTransformer):
    """Takes the arguments of one name out of all calls."""

    def __init__(self, name):
        self.name = name

    def visit_Call(self, node):
        node.keywords = [word for word in node.keywords if word.arg != self.name]
        return self.generic_visit(node)
