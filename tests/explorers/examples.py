"""One of each explorer, for the tests of what they have in common."""

from utils import explorers

EXPLORERS = {
    "filter_laboratory": lambda: explorers.filter_laboratory(),
    "one_by_one": lambda: explorers.one_by_one(),
    "equivariance": lambda: explorers.equivariance(),
    "lenet5": lambda: explorers.lenet5(),
    "paths": lambda: explorers.paths(27, {1: 0.6, 5: 0.125, 27: -0.01}),
    "receptive_fields": lambda: explorers.receptive_fields(),
    "sliding_filter": lambda: explorers.sliding_filter(),
    "smoothing": lambda: explorers.smoothing(),
    "stride_and_padding": lambda: explorers.stride_and_padding(),
}

# What a test does to an explorer a hundred times, to measure how long one change takes: JavaScript of the step i.
CHANGES = {
    "filter_laboratory": "i => { weights[0][0].value = i % 9; weights[0][0].oninput(); }",
    "one_by_one": "i => { byId('f1').value = 1 + i; byId('f1').oninput(); }",
    "equivariance": "i => moveTo(i % 13, 3 * i % 13)",
    "lenet5": "i => { line([0.2 + i % 30 / 50, 0.2], [0.2 + i % 30 / 50, 0.8], 6); draw(); }",
    "paths": "i => toggle(i % n)",
    "receptive_fields": "i => choose(i % layers.length, [i, 2 * i])",
    "sliding_filter": "i => { pixels[0][0].value = i % 9; pixels[0][0].oninput(); }",
    "smoothing": "i => { byId('length').value = 30 - i % 10; byId('length').oninput(); }",
    "stride_and_padding": "i => { byId('W').value = 7 + i % 8; byId('W').oninput(); }",
}
