"""Every public function says what it is for."""

import importlib
import inspect

import pytest

from utils import arithmetic, convolution, kernels, plots

NAMES = [
    *("arithmetic", "baselines", "convolution", "datasets", "deconvnet", "excite", "interpret", "kernels"),
    *("layer_graph", "plots"),
    *("pretrained", "training", "transfer", "weights"),
    *("models.alexnet", "models.block_removal", "models.common", "models.efficientnet_lite", "models.googlenet"),
    *("models.lenet", "models.lenet_1998", "models.resnet", "models.vgg", "models.zfnet"),
]
PUBLIC = [
    thing
    for module in map(importlib.import_module, (f"utils.{name}" for name in NAMES))
    for name, thing in vars(module).items()
    if inspect.getmodule(thing) is module and not name.startswith("_") and callable(thing)
]


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: f"{thing.__module__}.{thing.__name__}")
def test_help_says_what_it_is_for(thing):
    text = inspect.getdoc(thing)
    assert text.splitlines()[0].endswith((".", ":", ")")) or ". " in text


def test_there_are_functions_to_check():
    assert {convolution.conv2d, arithmetic.layer_table, plots.lines, kernels.box} <= set(PUBLIC)
