"""One of each explorer, for the tests of what they have in common."""

from utils import explorers

EXPLORERS = {
    "equivariance": lambda: explorers.equivariance(),
    "lenet5": lambda: explorers.lenet5(),
    "sliding_filter": lambda: explorers.sliding_filter(),
}

# What a test does to an explorer a hundred times, to measure how long one change takes: JavaScript of the step i.
CHANGES = {
    "equivariance": "i => moveTo(i % 13, 3 * i % 13)",
    "lenet5": "i => { line([0.2 + i % 30 / 50, 0.2], [0.2 + i % 30 / 50, 0.8], 6); draw(); }",
    "sliding_filter": "i => { pixels[0][0].value = i % 9; pixels[0][0].oninput(); }",
}
