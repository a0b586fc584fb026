"""Checks shared by the library: bad input gets a ValueError that names the argument, the value and the remedy."""

import difflib
import math
import operator
import os

import numpy as np


def plain_array(name, value, layouts="(...)"):
    """Return `value` as a NumPy array, unless NumPy would silently drop a part of it.

    Args:
        name: Of the argument, for the message.
        value: Anything that NumPy turns into an array.
        layouts: The shapes allowed in words, for the message.

    Returns:
        An array in the byte order of this machine.

    Raises:
        ValueError: For masked entries, which NumPy would count like all others, for sparse matrices, and for rows of
            different lengths.
    """
    if has_masked(value):
        raise ValueError(f"{name} has masked entries; fill them first, for example with .filled(0)")
    if hasattr(value, "toarray"):
        raise ValueError(f"{name} is a sparse {type(value).__name__}; convert it with .toarray()")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise ValueError(f"{name} must be one array of shape {layouts}; its rows have different lengths") from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def float_array(name, value):
    """Return `value` as an array of floats, otherwise as `plain_array` does."""
    return plain_array(name, value).astype(float)


def real_array(name, value, shapes):
    """Return `value` as a NumPy array of finite real numbers.

    Args:
        name: Of the argument, for the message.
        value: Anything that NumPy turns into an array.
        shapes: The layouts allowed, one tuple of axis names each, for example `[("height", "width")]`.

    Raises:
        ValueError: For a wrong number of axes, an empty axis, text, complex numbers, NaN and infinity, and for what
            `plain_array` refuses.
    """
    layouts = " or ".join("(" + ", ".join(axes) + ("," if len(axes) == 1 else "") + ")" for axes in shapes)
    array = plain_array(name, value, layouts)
    if array.dtype.kind == "O":
        kinds = sorted({type(entry).__name__ for entry in array.flat})
        raise ValueError(
            f"{name} must hold real numbers, got dtype object with entries of type {', '.join(kinds[:3])}; replace "
            "what is no number, then convert it with .astype(float)"
        )
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}; convert it with .astype(float)")
    if array.ndim not in [len(axes) for axes in shapes]:
        raise ValueError(f"{name} must have shape {layouts}, got shape {array.shape}; add or remove an axis")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}, so it is empty; every axis needs at least one entry")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} contains NaN or infinity; replace those values first, for example with np.nan_to_num")
    return array


def has_masked(value):
    """Tell whether an array, or one in a list of them, has masked entries."""
    left, seen = [value], set()
    while left:
        entry = left.pop()
        if not isinstance(entry, (list, tuple)):
            if np.ma.is_masked(entry):
                return True
        elif id(entry) not in seen:  # a list may hold itself
            seen.add(id(entry))
            left.extend(entry)
    return False


def check_memory(name, value, shape, itemsize=8):
    """Raise ValueError for an array that this machine could not hold, before NumPy tries to make it.

    Args:
        name: Of the argument that makes it large, for the message.
        value: Of that argument.
        shape: Of the array, ints.
        itemsize: Bytes of an entry.
    """
    wanted = math.prod(map(int, shape)) * itemsize
    if wanted > MEMORY:
        raise ValueError(
            f"{name}={value!r} needs an array of shape {tuple(map(int, shape))}, {wanted:,} bytes, more than the "
            f"{MEMORY:,} bytes of memory here; make it smaller"
        )


def _memory():
    """Return the bytes of memory of this machine, or 16 GiB where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2**34


MEMORY = _memory()


def integer(name, value, minimum, maximum=None, limit=""):
    """Return `value` as an int from `minimum` to `maximum`; floats and booleans are refused.

    Args:
        name: Of the argument, for the message.
        value: The argument.
        minimum, maximum: Bounds; without a maximum there is no upper one.
        limit: What the maximum is, for the message.

    Raises:
        ValueError: For anything else.
    """
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, got {value!r}; give an int of at least {minimum}") from None
    if number < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {number}")
    if maximum is not None and number > maximum:
        raise ValueError(f"{name} must be at most {maximum:,}, {limit}, got {number:,}")
    return number


def is_pair(value):
    """Tell a sequence such as (rows, columns), which gives True, from a single number or a word."""
    return isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def pair(name, value, minimum=1):
    """Return `value`, an int or a pair (rows, columns), as a pair of ints of at least `minimum`."""
    if not is_pair(value):
        return (integer(name, value, minimum),) * 2
    if len(value) != 2:
        raise ValueError(f"{name} must be an int or a pair (rows, columns), got {value!r}")
    return tuple(integer(name, entry, minimum) for entry in value)


def choice(name, value, allowed, description=None):
    """Look up a word among those allowed, in any case, as Keras does: it takes "SAME" for "same".

    Args:
        name: Of the argument, for the message.
        value: The word to look up.
        allowed: The words.
        description: Stands for the words in the message, where there are many; similar ones are then suggested.

    Raises:
        ValueError: For anything else than one of the words.
    """
    words = {word.lower(): word for word in allowed}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    listed = description or " or ".join(f'"{word}"' for word in allowed)
    similar = difflib.get_close_matches(str(value).lower(), words, n=5) if description else []
    hint = f"; did you mean {' or '.join(words[word] for word in similar)}?" if similar else ""
    raise ValueError(f"{name} must be {listed}, got {value!r}{hint}")


def map_number(name, value, shape, layer):
    """Return `value` as an int if a layer with outputs of this shape has a map, or a unit, of that number.

    Args:
        name: Of the argument.
        value: The number of a map, counted from 0.
        shape: Of the output, (n, rows, columns, maps) or (n, units).
        layer: The name of the layer.

    Raises:
        ValueError: For another number, and for a layer whose output has another shape.
    """
    if len(shape) not in (2, 4):
        raise ValueError(f"layer {layer!r} must make maps or be dense, but its output has shape {tuple(shape[1:])}")
    number = integer(name, value, 0)
    if number >= shape[-1]:
        raise ValueError(f"{name} must be below {shape[-1]}, the number of maps of layer {layer!r}, got {number}")
    return number


def check_groups(in_channels, filters, groups):
    """Return `groups` as an int; raise ValueError unless it divides the numbers of input channels and of filters."""
    groups = integer("groups", groups, 1)
    if in_channels % groups or filters % groups:
        raise ValueError(
            f"groups must divide the input channels and the filters, got groups={groups} "
            f"for {in_channels} channels and {filters} filters"
        )
    return groups
