"""Answers as plain data: numbers, texts, arrays. Nothing that could act comes from a student's process to the judge.

`plain` turns what a student's code has left into data that JSON can hold, and `restore` makes of such data an object
that a judge treats as it would have treated the original.
"""

import numpy as np

LONGEST_TEXT, LONGEST_LIST, DEEPEST = 1000, 100_000, 6
LARGEST = 10**300  # of a whole number; JSON's readers refuse thousands of digits


def plain(thing, depth=0):
    """Return any object as plain data.

    Args:
        thing: The object.
        depth: In how many lists it lies.

    Returns:
        None, a truth value, number or text as it is; lists of such data; arrays and what else there may be as a dict
        with one of the entries "array", "callable" and "odd".
    """
    kind = type(thing)
    if thing is None or kind is bool or kind is float:
        return thing
    if kind is int and abs(thing) < LARGEST:
        return thing
    if kind is str:
        return thing[:LONGEST_TEXT]
    if kind in (list, tuple) and len(thing) <= LONGEST_LIST and depth < DEEPEST:
        return [plain(entry, depth + 1) for entry in thing]
    if thing is ...:
        return {"odd": "ellipsis"}
    if callable(thing):
        return {"callable": str(kind.__name__)[:40]}
    return as_array(thing) or {"odd": str(kind.__name__)[:40]}


def as_array(thing):
    """Return arrays, tensors, tables, fractions and the like as an array in plain data, and anything else as None."""
    try:
        if not (hasattr(thing, "__array__") or hasattr(thing, "__float__")):
            return None
        array = np.asarray(thing)
        array = array.astype(float) if array.dtype == object else array
        if array.dtype.kind not in "biuf" or array.size > LONGEST_LIST or np.ma.is_masked(thing):
            return None
        array = array.astype(float) if array.dtype.kind == "f" else array
        return {"array": array.tolist(), "shape": list(array.shape), "type": array.dtype.str}
    except Exception:  # whatever an object does when it is turned into an array
        return None


def restore(data):
    """Return an object for the judge; data that `plain` cannot have made become one that no judge accepts."""
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if isinstance(data, list):
        return [restore(entry) for entry in data]
    if isinstance(data, dict) and "array" in data:
        try:
            dtype = np.dtype(data["type"])
            if dtype.kind in "biuf":
                return np.array(data["array"], dtype).reshape(data["shape"])
        except Exception:  # forged
            return Odd()
    if isinstance(data, dict) and "callable" in data:
        return lambda *arguments: None
    if isinstance(data, dict) and data.get("odd") == "ellipsis":
        return ...
    return named(data.get("odd")) if isinstance(data, dict) else Odd()


class Odd:
    """Something that is no answer."""


def named(name):
    """Return an object of a class with a given name: feedback says which type an answer has."""
    return type(name if isinstance(name, str) and name else "object", (Odd,), {})()
