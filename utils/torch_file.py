"""Reads the tensors of a PyTorch file without PyTorch, and without running anything that the file contains.

Such a file is a pickle: a program that builds Python objects, and may call any function it names. Here it may name
only what tensors need; everything else is refused before it is called.
"""

import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # the first two numbers of every file of this kind
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_torch_file(path):
    """Return the tensors of a state dict as {name: NumPy array}.

    path: a file that `torch.save` wrote before PyTorch 1.6 (the legacy format), with float32 and int64 tensors on the
        CPU; they may be views with any strides.
    Raises ValueError, with the reason, for every other content: a damaged or incomplete file, other objects than
    tensors in an OrderedDict, and a program that asks for anything but them. FileNotFoundError if there is no file.
    Source: https://docs.python.org/3/library/pickle.html#restricting-globals. Introduced in notebook 00.
    """
    with Path(path).open("rb") as file:
        try:
            return _read(file)
        except Exception as error:  # the bytes of a damaged file can mean anything, and so cause any error
            raise ValueError(f"{path} does not hold tensors in PyTorch's legacy format: {error}") from error


class _Storage(NamedTuple):
    """What the file says about the numbers of one or several tensors."""

    kind: str
    key: str
    size: int


class _Tensor(NamedTuple):
    """What the file says about a tensor; offset and strides count numbers of its storage."""

    storage: _Storage
    offset: int
    shape: tuple
    strides: tuple
    requires_grad: bool
    backward_hooks: dict


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *arguments: _Tensor(*arguments)
        if module == "torch" and name in STORAGES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no tensor needs")

    def persistent_load(self, reference):
        what, kind, key, _, size, view = reference
        if what != "storage" or kind not in STORAGES or view is not None:
            raise pickle.UnpicklingError(f"it refers to {reference!r}, which is not the storage of a tensor")
        return _Storage(kind, key, size)


def _read(file):
    magic, protocol, system = (_Unpickler(file).load() for _ in range(3))
    if (magic, protocol, system["little_endian"]) != (MAGIC, PROTOCOL, True):
        raise ValueError(f"it starts with {magic}, {protocol}, {system}")
    tensors = _Unpickler(file).load()
    if type(tensors) is not OrderedDict:
        raise ValueError(f"it holds a {type(tensors).__name__} in place of an OrderedDict")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, _Tensor):
            raise ValueError(f"{name!r} is a {type(tensor).__name__} in place of a tensor")
        if not isinstance(tensor.storage, _Storage):
            raise ValueError(f"{name} has {tensor.storage!r} in place of a storage")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    data = {key: _read_storage(file, storages[key]) for key in _Unpickler(file).load()}
    if file.read(1):
        raise ValueError("it goes on after the last tensor")
    return {name: _array(name, tensor, data[tensor.storage.key]) for name, tensor in tensors.items()}


def _read_storage(file, storage):
    """The numbers of one storage: how many there are, and then themselves."""
    (count,) = np.frombuffer(file.read(8), "<i8")
    if count != storage.size:
        raise ValueError(f"storage {storage.key} should have {storage.size} numbers, but has {count}")
    dtype = STORAGES[storage.kind]
    content = file.read(count * dtype.itemsize)
    if len(content) < count * dtype.itemsize:
        raise ValueError(f"it ends within storage {storage.key}")
    return np.frombuffer(content, dtype)


def _array(name, tensor, storage):
    """A tensor out of its storage; NumPy refuses strides that leave it."""
    if math.prod(tensor.shape) > storage.size or min(tensor.strides, default=0) < 0:
        raise ValueError(
            f"{name} of shape {tensor.shape} and strides {tensor.strides} is not in {storage.size} numbers"
        )
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.ndarray(tensor.shape, storage.dtype, storage, tensor.offset * storage.itemsize, strides).copy()
