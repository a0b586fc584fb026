"""One of each explorer, for the tests of what they have in common."""

from utils import explorers

EXPLORERS = {
    "paths": lambda: explorers.paths(27, {1: 0.6, 5: 0.125, 27: -0.01}),
    "receptive_fields": lambda: explorers.receptive_fields(),
    "sliding_filter": lambda: explorers.sliding_filter(),
}

# What a test does to an explorer a hundred times, to measure how long one change takes: JavaScript of the step i.
CHANGES = {
    "paths": "i => toggle(i % n)",
    "receptive_fields": "i => choose(i % layers.length, [i, 2 * i])",
    "sliding_filter": "i => { pixels[0][0].value = i % 9; pixels[0][0].oninput(); }",
}
