"""What a student calls gives a result, and does nothing else: arguments, settings and random numbers stay as they were.

There is an example of every function whose docstring says in which notebook it is introduced.
"""

import importlib
import inspect
import os
import pkgutil
import random
import sys
import warnings
from functools import partial
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from skimage import data

import utils
from course.notebooks import ROOT
from tests.networks import unbuilt
from tests.plots.test_figures import EXAMPLES as FIGURES
from tests.test_transfer import tiny
from utils import (
    architecture,
    arithmetic,
    baselines,
    blocks,
    convolution,
    deconvnet,
    excite,
    explorers,
    interpret,
    kernels,
    models,
    pixels,
    pretrained,
    training,
    transfer,
)
from utils.models import block_removal, lenet_1998, resnet
from utils.models.googlenet import inception_module

IMAGE, KERNEL = np.arange(36.0).reshape(6, 6), np.array([[1, 0, -1]] * 3)
BATCH, FILTERS = np.random.default_rng(0).random((2, 6, 6, 3)), np.ones((3, 3, 3, 2))
LABELLED = np.arange(8 * 16, dtype="uint8").reshape(8, 4, 4, 1), np.arange(8) % 2
POOLED, SWITCHES = deconvnet.pool_with_switches(IMAGE)
PHOTO = data.astronaut()
CHANGES_ITS_MODEL = {"unfreeze"}  # as its name says
SPEAKS = {"train", "compute_features", "excite"}  # a dot for each part of the work
LOADS_A_LIBRARY = {"trivial", "nearest_neighbour"}  # which adds filters of warnings, once
DRAWS_WEIGHTS = {"train", "starting_point", "architecture", "residual_block", "inception_module", "add_head"}
DRAWS_WEIGHTS |= {"unfreeze", "excite", "backbone", "equivariance", "lenet5", "lenet5_1998", *models.__all__}


def network():
    """A small network with two blocks and a head."""
    keras.utils.set_random_seed(0)
    return models.resnet_small(8, input_shape=(16, 16, 3), classes=4)


def maps():
    return keras.Input((8, 8, 4))


def head():
    return transfer.add_head(tiny(), 3)


def built():
    return models.lenet5(name="other")


def compiled():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2, name="scores")])
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


IMAGES = np.random.default_rng(0).random((2, 16, 16, 3)).astype("float32")
CALLS = {
    "layer_table": lambda: partial(architecture.layer_table, network()),
    "architecture": lambda: partial(architecture.architecture, built),
    "with_commas": lambda: partial(architecture.with_commas, architecture.layer_table(network())),
    "receptive_field": lambda: partial(architecture.receptive_field, network(), verify=True),
    "conv_output_size": lambda: partial(arithmetic.conv_output_size, [7, 9], (3, 2), [2, 1]),
    "padding_amounts": lambda: partial(arithmetic.padding_amounts, [7, 9], (3, 2), [2, 1]),
    "conv_parameters": lambda: partial(arithmetic.conv_parameters, [3, 3], 4, 8),
    "layer_costs": lambda: partial(arithmetic.layer_costs, [8, 8, 3], [3, 3], 4),
    "trivial": lambda: partial(baselines.trivial, *LABELLED, *LABELLED),
    "nearest_neighbour": lambda: partial(baselines.nearest_neighbour, *LABELLED, *LABELLED),
    "block_ends": lambda: partial(blocks.block_ends, network()),
    "convolve1d_sums": lambda: partial(convolution.convolve1d_sums, IMAGE[0], [1.0, 2.0]),
    "correlate2d_sums": lambda: partial(convolution.correlate2d_sums, IMAGE, KERNEL),
    "conv2d_sums": lambda: partial(convolution.conv2d_sums, BATCH[0], FILTERS),
    "convolve1d": lambda: partial(convolution.convolve1d, IMAGE[0], KERNEL[0], mode="full"),
    "correlate2d": lambda: partial(convolution.correlate2d, IMAGE, KERNEL, 2, padding="same"),
    "convolve2d": lambda: partial(convolution.convolve2d, IMAGE, KERNEL, padding="same"),
    "conv2d": lambda: partial(convolution.conv2d, BATCH, FILTERS, np.ones(2), strides=[2, 1], padding="same"),
    "im2col": lambda: partial(convolution.im2col, BATCH, [3, 3], padding="same"),
    "pool2d": lambda: partial(convolution.pool2d, BATCH, [2, 2], mode="average", padding="same"),
    "deconvnet": lambda: partial(deconvnet.deconvnet, network(), IMAGES, "conv4_1_a_relu", 0),
    "pool_with_switches": lambda: partial(deconvnet.pool_with_switches, IMAGE),
    "unpool": lambda: partial(deconvnet.unpool, POOLED, SWITCHES, [6, 6]),
    "excite": lambda: partial(excite.excite, network(), [("conv4_1_a_relu", 0)], steps=2),
    "feature_maps": lambda: partial(interpret.feature_maps, network(), IMAGES),
    "first_filters": lambda: partial(interpret.first_filters, network()),
    "to_picture": lambda: partial(interpret.to_picture, BATCH[0] - 0.5),
    "top_patches": lambda: partial(interpret.top_patches, network(), IMAGES, "conv4_1_a_relu", filters=[0, 2]),
    "input_gradient": lambda: partial(interpret.input_gradient, network(), IMAGES[0], 1),
    "box": lambda: partial(kernels.box, 5),
    "triangular": lambda: partial(kernels.triangular, 5),
    "exponential": lambda: partial(kernels.exponential, 5),
    "gaussian": lambda: partial(kernels.gaussian, 5),
    "alexnet": lambda: partial(unbuilt, models.alexnet),
    "removable_blocks": lambda: partial(block_removal.removable_blocks, network()),
    "without_block": lambda: partial(block_removal.without_block, network(), "conv3_1"),
    "efficientnet_lite0": lambda: partial(unbuilt, models.efficientnet_lite0, weights=None),
    "googlenet": lambda: partial(unbuilt, models.googlenet),
    "inception_module": lambda: partial(inception_module, maps(), 1, 2, 3, 1, 2, 1),
    "lenet5": lambda: partial(models.lenet5, [28, 28, 1]),
    "lenet5_1998": lambda: partial(models.lenet5_1998),
    "count_connections": lambda: partial(lenet_1998.count_connections, models.lenet5_1998()),
    "scaled_tanh": lambda: partial(lenet_1998.scaled_tanh, IMAGE[0]),
    "rbf_loss": lambda: partial(lenet_1998.rbf_loss, np.array([1, 0]), IMAGE[:2]),
    "rbf_accuracy": lambda: partial(lenet_1998.rbf_accuracy, np.array([1, 0]), IMAGE[:2]),
    "resnet18": lambda: partial(unbuilt, models.resnet18),
    "resnet34": lambda: partial(unbuilt, models.resnet34),
    "resnet50": lambda: partial(unbuilt, models.resnet50),
    "resnet_small": lambda: partial(models.resnet_small, 8),
    "resnet_schedule": lambda: partial(resnet.resnet_schedule, 100),
    "residual_block": lambda: partial(resnet.residual_block, maps(), 4),
    "name_in_keras": lambda: partial(resnet.name_in_keras, "conv3_2_b_norm"),
    "vgg16": lambda: partial(unbuilt, models.vgg16),
    "zfnet": lambda: partial(unbuilt, models.zfnet),
    "read_image": lambda: partial(pixels.read_image, ROOT / "notebooks" / "at_a_glance.png"),
    "prepare": lambda: partial(pretrained.prepare, PHOTO, 32),
    "preprocess_input": lambda: partial(pretrained.preprocess_input, PHOTO),
    "class_names": lambda: partial(pretrained.class_names),
    "train": lambda: partial(training.train, {"a": compiled}, *LABELLED, epochs=1, verbose=0),
    "starting_point": lambda: partial(training.starting_point, compiled()),
    "add_head": lambda: partial(transfer.add_head, tiny(), 3),
    "unfreeze": lambda: partial(transfer.unfreeze, head(), blocks=1),
    "split_at_blocks": lambda: partial(transfer.split_at_blocks, tiny(), 1),
    "compute_features": lambda: partial(transfer.compute_features, network(), IMAGES),
}
FIGURES = {draw.func.__name__: lambda draw=draw: draw for draw in FIGURES}
PAGES = {name: lambda name=name: partial(getattr(explorers, name)) for name in explorers.__all__ if name.islower()}
PAGES["paths"] = lambda: partial(explorers.paths, 3, {1: 0.5})
CALLS |= FIGURES | PAGES


def introduced():
    """The names of the functions that a notebook introduces."""
    names = set()
    for module in pkgutil.walk_packages(utils.__path__, "utils."):
        if ".exercises" not in module.name:
            functions = inspect.getmembers(importlib.import_module(module.name), inspect.isfunction)
            names |= {name for name, function in functions if "Introduced in notebook" in (function.__doc__ or "")}
    return names


ELSEWHERE = {"use_course_style", "load", "classify", "backbone", "efficientnet_lite0"}  # settings, files and weights


def test_there_is_an_example_of_every_function():
    assert set(CALLS) | ELSEWHERE == introduced() | {"efficientnet_lite0"}


def fingerprint(value):
    """What can change about an argument, as text."""
    if isinstance(value, keras.Model):
        flags = [(layer.name, layer.trainable) for layer in value._flatten_layers()]
        return repr((flags, [array.tobytes() for array in value.get_weights()], value.compiled))
    if isinstance(value, np.ndarray):
        return repr((value.shape, value.dtype, value.flags.writeable, value.tobytes()))
    if isinstance(value, dict):
        return repr([(key, fingerprint(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return repr([fingerprint(item) for item in value])
    if hasattr(value, "to_json"):
        return value.to_json()  # a table
    return repr(value)


def surroundings():
    """What other code in the same notebook relies on."""
    return {
        "NumPy's random numbers": repr(np.random.get_state()),  # noqa: NPY002 others may use them
        "random numbers": repr(random.getstate()),
        "NumPy's errors": np.geterr(),
        "NumPy's print options": repr(np.get_printoptions()),
        "Matplotlib's settings": dict(plt.rcParams),
        "figures": plt.get_fignums(),
        "warnings": list(warnings.filters),
        "path": list(sys.path),
        "folder": Path.cwd(),
        "environment": dict(os.environ),
        "Keras' settings": (keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()),
        "Keras' precision": keras.config.dtype_policy().name,
        "Keras' progress": keras.config.is_interactive_logging_enabled(),
    }


@pytest.mark.parametrize("name", CALLS)
def test_a_call_changes_nothing_else(name, capfd):
    call = CALLS[name]()
    if name in LOADS_A_LIBRARY:
        call()
    before, around = fingerprint([call.args, call.keywords]), surroundings()
    capfd.readouterr()
    call()
    printed = capfd.readouterr()
    assert fingerprint([call.args, call.keywords]) == before or name in CHANGES_ITS_MODEL
    assert (printed.out == "") == (name not in SPEAKS), printed.out
    changed = {what for what, value in surroundings().items() if value != around[what]}
    assert changed <= ({"random numbers"} if name in DRAWS_WEIGHTS else set()), changed


@pytest.mark.parametrize(
    "value, change",
    [
        (np.zeros(3), lambda array: array.__setitem__(1, 2)),
        ({"a": [1, np.zeros(2)]}, lambda table: table["a"][1].fill(1)),
        (compiled(), lambda model: setattr(model.layers[-1], "trainable", False)),
        (compiled(), lambda model: model.set_weights([array + 1 for array in model.get_weights()])),
    ],
    ids=["array", "nested", "trainable", "weights"],
)
def test_a_changed_argument_is_noticed(value, change):
    before = fingerprint(value)
    assert fingerprint(value) == before
    change(value)
    assert fingerprint(value) != before
