"""Sums as they should be: exact for whole numbers, finite for floats, or refused."""

import numpy as np

LARGEST_EXACT_INTEGER = 2**53  # up to here float64 holds every integer


def result_dtype(terms, **arrays):
    """Choose the type of sums of `terms` products of the first two arrays, to which all others are added.

    It is int64 for integers, otherwise NumPy's common float type.

    Raises:
        ValueError: For integers whose sums could be too large for float64, in which they are computed.
    """
    if any(array.dtype.kind == "f" for array in arrays.values()):
        return np.result_type(np.float32, *arrays.values())
    x, w, *added = (max(1, abs(int(array.max())), abs(int(array.min()))) for array in arrays.values())
    if x * w * terms + sum(added) >= LARGEST_EXACT_INTEGER:
        raise ValueError(
            f"{' and '.join(arrays)} hold integers up to {max(x, w, *added)}, whose sums could exceed 2**53; "
            "convert them with .astype(float)"
        )
    return np.dtype(np.int64)


def asfloat_array(dtype, *arrays):
    """Convert arrays to the float type in which a result of type `dtype` is computed: float64 for integers."""
    floats = np.result_type(dtype, np.float32)
    return [None if array is None else array.astype(floats, copy=False) for array in arrays]


def cast(result, dtype, *names):
    """Return sums, computed from arguments of these names, in their type; raise ValueError as `finite` does."""
    finite(result, *names)
    return np.rint(result).astype(dtype) if dtype.kind == "i" else result.astype(dtype, copy=False)


def finite(values, *names):
    """Return `values`, computed from arguments of these names; raise ValueError if numbers became too large for them.

    The arguments themselves are finite: their sums or products are not.
    """
    if not np.isfinite(values).all():
        raise ValueError(
            f"{' and '.join(names)} hold numbers whose sums exceed what {np.asarray(values).dtype} can hold; "
            'scale them down, or convert them with .astype("float64")'
        )
    return values


def quiet():
    """Spare NumPy's warnings about sums that are checked afterwards, by `finite`."""
    return np.errstate(over="ignore", invalid="ignore")
