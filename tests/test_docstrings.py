"""Every public function says what it is for."""

import importlib
import inspect

import pytest

from utils import architecture, convolution, kernels, plots

NAMES = [
    "TAKEN FROM HOUSE3"
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
    assert {convolution.conv2d, architecture.layer_table, plots.lines, kernels.box} <= set(PUBLIC)
