"""The tensors of a PyTorch file, read without PyTorch and without running the file.

Such a file begins with pickles: programs that build Python objects, and may call any function they name. Python would
run them; here a small machine does, which knows only what tensors need, calls nothing, and stops a program that is too
long.
"""

import io
import math
import os
import pickletools
import stat
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # the first two numbers of every file of this kind
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
ORDERED_DICT, REBUILD = "collections.OrderedDict", "torch._utils._rebuild_tensor_v2"
GLOBALS = {ORDERED_DICT, REBUILD, *(f"torch.{kind}" for kind in STORAGES)}

MAX_BYTES = 2**26  # of a file, and of all its tensors together; the package's file has 18,826,032
MAX_OPERATIONS, MAX_PROGRAM = 100_000, 2**20  # of one pickle, and its bytes; the package's longest has 10,696 in 42,349
MAX_AXES = 8


def read_torch_file(path):
    """Return the tensors of a state dict as {name: NumPy array}.

    Args:
        path: A file that `torch.save` wrote before PyTorch 1.6 (the legacy format), with float32 and int64 tensors
            on the CPU; they may be views with any strides.

    Raises:
        ValueError: With the reason, for every other content: a damaged or incomplete file, other objects than tensors
            in an OrderedDict, a program that asks for anything but them or takes too long, more than 64 MiB; and for
            what is not a file.
        FileNotFoundError: If there is no file.

    Source: https://docs.python.org/3/library/pickletools.html, whose source explains every operation.
    """
    content = content_of(path)
    try:
        return tensors_in(content)
    except Exception as error:  # the bytes of a damaged file can mean anything, and so cause any error
        raise ValueError(f"{path} does not hold tensors in PyTorch's legacy format: {error}") from error


def content_of(path):
    """Return the bytes of a file. A pipe or a device, whose bytes may never end, is not waited for.

    Args:
        path: Of the file.

    Raises:
        ValueError: For a folder, a pipe, a device and more than 64 MiB.
        FileNotFoundError: If there is no file.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file with weights")
    without_waiting = getattr(os, "O_NONBLOCK", 0)
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | without_waiting)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path} is a pipe or a device, not a file with weights")
        if status.st_size > MAX_BYTES:
            raise ValueError(f"{path} has {status.st_size:,} bytes, more than the {MAX_BYTES:,} of a file with weights")
        return file.read(MAX_BYTES)


def tensors_in(content):
    """Return the tensors of a state dict in the legacy format, as `read_torch_file` does.

    Args:
        content: All bytes of the file.

    Raises:
        Exception: Of any type, for every other content.
    """
    file = io.BytesIO(content)
    magic, protocol, system = (_run(file) for _ in range(3))
    little_endian = type(system) is dict and system.get("little_endian") is True
    if (type(magic), type(protocol)) != (int, int) or (magic, protocol, little_endian) != (MAGIC, PROTOCOL, True):
        raise ValueError(f"it starts with something else than {MAGIC}, {PROTOCOL} and little_endian=True")
    tensors = _run(file)
    if type(tensors) is not OrderedDict:
        raise ValueError(f"it holds a {type(tensors).__name__} in place of an OrderedDict")
    storages = _storages(tensors)
    keys = _run(file)
    if type(keys) is not list or any(type(key) is not str for key in keys) or sorted(keys) != sorted(storages):
        raise ValueError(f"its list of storages is not that of its tensors, each of the {len(storages)} once")
    data = {key: _read_storage(file, storages[key]) for key in keys}
    if file.read(1):
        raise ValueError("it goes on after the last tensor")
    return {name: _array(tensor, data[tensor.storage.key]) for name, tensor in tensors.items()}


class _Global(NamedTuple):
    """The name of a function or class in a pickle."""

    name: str


class _Storage(NamedTuple):
    """The file's description of the numbers of one or several tensors."""

    kind: str
    key: str
    size: int


class _Tensor(NamedTuple):
    """The file's description of a tensor; offset and strides count numbers of its storage."""

    storage: _Storage
    offset: int
    shape: tuple
    strides: tuple


def _storages(tensors):
    """Return the descriptions of all storages, by their keys, after checking that the tensors are in them."""
    storages, total = {}, 0
    for name, tensor in tensors.items():
        if type(tensor) is not _Tensor:
            raise ValueError(f"{name!r} is a {type(tensor).__name__} in place of a tensor")
        if storages.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise ValueError(f"storage {tensor.storage.key} of {name} has two different descriptions")
        if math.prod(tensor.shape) > tensor.storage.size:
            raise ValueError(f"{name} of shape {tensor.shape} is not in {tensor.storage.size} numbers")
        total += math.prod(tensor.shape) * STORAGES[tensor.storage.kind].itemsize
    if total > MAX_BYTES:
        raise ValueError(f"its tensors would take {total:,} bytes, more than {MAX_BYTES:,}")
    return storages


def _run(file):
    """Run one pickle on a machine with a stack and a memory, and return what it builds.

    Only numbers and text are compared or hashed, and nothing is copied but what the program has put on the stack since
    a mark: so time and memory grow with the length of the program, however deep its values are nested.
    """
    start, machine = file.tell(), _Machine([], [], {})
    for count, (operation, argument, place) in enumerate(pickletools.genops(file)):
        if count >= MAX_OPERATIONS or place - start > MAX_PROGRAM:
            raise ValueError(f"a pickle in it has more than {MAX_OPERATIONS:,} operations or {MAX_PROGRAM:,} bytes")
        if operation.name == "STOP":
            return machine.stack.pop()
        if operation.name not in OPERATIONS:
            raise ValueError(f"it uses the operation {operation.name}, which no tensor needs")
        OPERATIONS[operation.name](machine, argument)
    raise ValueError("a pickle in it has no end")


class _Machine(NamedTuple):
    stack: list
    marks: list  # heights of the stack
    memory: dict

    def take(self, count):
        """Take values off the stack, the lowest first."""
        if len(self.stack) < count:
            raise ValueError("a program in it takes more than there is")
        values = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return values

    def since_mark(self):
        return self.take(max(len(self.stack) - self.marks.pop(), 0))

    def push(self, value):
        self.stack.append(value)

    def append(self, values):
        _extend(self.stack[-1], values)

    def set_items(self, keys_and_values):
        _set_items(self.stack[-1], keys_and_values)


OPERATIONS = {
    "PROTO": lambda machine, _: None,
    **dict.fromkeys(["BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"], _Machine.push),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    **dict.fromkeys(["BINPUT", "LONG_BINPUT"], lambda machine, key: machine.memory.update({key: machine.stack[-1]})),
    **dict.fromkeys(["BINGET", "LONG_BINGET"], lambda machine, key: machine.push(machine.memory[key])),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.take(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.take(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.take(3))),
    "APPEND": lambda machine, _: machine.append(machine.take(1)),
    "APPENDS": lambda machine, _: machine.append(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.take(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "GLOBAL": lambda machine, name: machine.push(_named(name)),
    "REDUCE": lambda machine, _: machine.push(_made(*machine.take(2))),
    "BINPERSID": lambda machine, _: machine.push(_storage(*machine.take(1))),
    "BUILD": lambda machine, _: machine.take(1),  # attributes of an OrderedDict: PyTorch's numbers of versions
}


def _extend(values, more):
    if type(values) is not list:
        raise ValueError(f"it appends to a {type(values).__name__}")
    values.extend(more)


def _set_items(things, keys_and_values):
    if type(things) not in (dict, OrderedDict):
        raise ValueError(f"it sets items of a {type(things).__name__}")
    for key, value in zip(keys_and_values[::2], keys_and_values[1::2], strict=True):
        if type(key) is not str:
            raise ValueError(f"a name in it is a {type(key).__name__}")
        if key in things:
            raise ValueError(f"it has the name {key!r} twice")
        things[key] = value


def _named(argument):
    name = argument.replace(" ", ".")
    if name not in GLOBALS:
        raise ValueError(f"it asks for {name[:80]}, which no tensor needs")
    return _Global(name)


def _made(function, arguments):
    """Return what a call of a function would make: an empty OrderedDict, or the description of a tensor."""
    if type(function) is not _Global or type(arguments) is not tuple:
        raise ValueError(f"it calls a {type(function).__name__}")
    if function.name == ORDERED_DICT and not arguments:
        return OrderedDict()
    if function.name != REBUILD or len(arguments) != 6:
        raise ValueError(f"it calls {function.name} with {len(arguments)} arguments")
    storage, offset, shape, strides, requires_grad, _ = arguments
    if type(storage) is not _Storage or type(requires_grad) is not bool:
        raise ValueError(f"a tensor has a {type(storage).__name__} in place of a storage, or a wrong requires_grad")
    for field, numbers in {"offset": (offset,), "shape": shape, "strides": strides}.items():
        if type(numbers) is not tuple or any(type(number) is not int for number in numbers):
            raise ValueError(f"the {field} of a tensor must be whole numbers")
        if len(numbers) > MAX_AXES or min(numbers, default=0) < 0:
            raise ValueError(f"a tensor has {field} {numbers[:MAX_AXES]}: at most {MAX_AXES} numbers, none negative")
    if len(shape) != len(strides):
        raise ValueError(f"a tensor has shape {shape} and strides {strides}, which differ in length")
    return _Tensor(storage, offset, shape, strides)


def _storage(reference):
    if type(reference) is not tuple or len(reference) != 6:
        raise ValueError("it refers to something that is not the storage of a tensor")
    what, kind, key, device, size, _ = reference
    if [type(field) for field in reference] != [str, _Global, str, str, int, type(None)]:
        raise ValueError(f"a storage has fields of the types {[type(field).__name__ for field in reference]}")
    kind = kind.name.removeprefix("torch.")
    if what != "storage" or kind not in STORAGES or device != "cpu" or size < 0:
        raise ValueError(f"it refers to {size} numbers of {kind} on {device[:80]!r}, not to a storage of tensors")
    return _Storage(kind, key, size)


def _read_storage(file, storage):
    """Read the numbers of one storage: first their count, then the numbers."""
    (count,) = np.frombuffer(file.read(8), "<i8")
    if count != storage.size:
        raise ValueError(f"storage {storage.key} should have {storage.size} numbers, but has {count}")
    dtype = STORAGES[storage.kind]
    content = file.read(storage.size * dtype.itemsize)
    if len(content) < storage.size * dtype.itemsize:
        raise ValueError(f"it ends within storage {storage.key}")
    return np.frombuffer(content, dtype)


def _array(tensor, storage):
    """Cut a tensor out of its storage; NumPy refuses strides that leave it."""
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.ndarray(tensor.shape, storage.dtype, storage, tensor.offset * storage.itemsize, strides).copy()
