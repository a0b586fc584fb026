"""Find tensors of Keras that a notebook gives to NumPy as they are.

On TensorFlow and JAX, NumPy reads them. It cannot read those of PyTorch that training could change, nor any on a GPU:
there `keras.ops.convert_to_numpy` has to come between, and with it a notebook runs on all three.
"""

import ast
import re

NETWORK = re.compile(r"\b(keras|layers|losses|models|applications)\.[A-Z]\w*$|\.get_layer$")  # what makes or finds one
OPERATION = re.compile(r"(keras\.)?ops\.(?!convert_to_numpy)[\w.]+$")


def given_to_numpy(trees):
    """Find the calls of NumPy that get a tensor, as far as the text shows.

    Args:
        trees: The syntax trees of the cells of one notebook, in their order.

    Returns:
        For each cell a list of the calls, as text.
    """
    found, builders, networks = [], set(), set()
    for tree in trees:
        builders |= {name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in _builders(node)}
        values = [pair for node in ast.walk(tree) for pair in _bound(node)]
        networks |= {name for name, value in values if _is_network(value) or _called(value) in builders}
        tensors = {name for name, value in values if _is_tensor(value, networks, ())}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_numpy(node)]
        found.append(
            [
                ast.unparse(call)
                for call in calls
                if call.func.attr == "numpy" or any(_is_tensor(part, networks, tensors) for part in call.args)
            ]
        )
    return found


def _builders(node):
    """Return the functions that an import takes from utils.models: each builds a network."""
    return [alias.name for alias in node.names if node.module == "utils.models" and alias.name.islower()]


def _bound(node):
    """Return (name, value) for an assignment, and for each value of a loop over some that are written out."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return [(node.targets[0].id, node.value)]
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and isinstance(node.iter, (ast.Tuple, ast.List)):
        return [(node.target.id, value) for value in node.iter.elts]
    return []


def _is_numpy(call):
    return isinstance(call.func, ast.Attribute) and (
        ast.unparse(call.func).startswith("np.") or (call.func.attr == "numpy" and not call.args)
    )


def _called(node):
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def _is_network(node):
    """Tell whether an expression makes or finds a layer, a loss or a model."""
    return bool(NETWORK.search(_called(node)))


def _is_tensor(node, networks, tensors):
    """Tell whether an expression is the output of a network or of keras.ops, or is computed from one."""
    if isinstance(node, ast.Name):
        return node.id in tensors
    if isinstance(node, (ast.Subscript, ast.Starred)):
        return _is_tensor(node.value, networks, tensors)
    if isinstance(node, ast.BinOp):
        return any(_is_tensor(part, networks, tensors) for part in (node.left, node.right))
    if not isinstance(node, ast.Call):
        return False
    return _called(node) in networks or _is_network(node.func) or bool(OPERATION.match(_called(node)))
