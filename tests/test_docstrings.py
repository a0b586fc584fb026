"""Every public function says what it is for and which notebook introduces it."""

import importlib
import inspect

import pytest

from utils import arithmetic, convolution, kernels, plots

NAMES = [
    *("arithmetic", "baselines", "convolution", "datasets", "deconvnet", "excite", "interpret", "kernels"),
    *("layer_graph", "plots"),
    *("pretrained", "torch_file", "training", "transfer"),
    *("models.alexnet", "models.efficientnet_lite", "models.googlenet", "models.lenet", "models.resnet"),
    *("models.vgg", "models.zfnet"),
]
PUBLIC = [
    thing
    for module in map(importlib.import_module, (f"utils.{name}" for name in NAMES))
    for name, thing in vars(module).items()
    if inspect.getmodule(thing) is module and not name.startswith("_") and callable(thing)
]


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: f"{thing.__module__}.{thing.__name__}")
def test_help_names_the_notebook(thing):
    text = inspect.getdoc(thing)
    assert "ntroduced in notebook" in text
    assert text.splitlines()[0].endswith((".", ":", ")")) or ". " in text


def test_there_are_functions_to_check():
    assert {convolution.conv2d, arithmetic.layer_table, plots.lines, kernels.box} <= set(PUBLIC)
