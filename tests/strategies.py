"""Random images, kernels and options, and wrong ones, for hypothesis."""

import numpy as np
from hypothesis import strategies as st

seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["float", "int"])
steps = st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3))


def as_pair(value):
    return value if isinstance(value, tuple) else (value, value)


def numbers(seed, shape, kind):
    """Random floats, or small integers of both signs."""
    generator = np.random.default_rng(seed)
    return generator.standard_normal(shape) if kind == "float" else generator.integers(-9, 10, shape)


@st.composite
def windows(draw):
    """(image size, kernel size, strides, padding, dilation_rate) for which at least one window fits."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    strides, dilation = draw(steps), draw(steps)
    padding = draw(st.sampled_from(["valid", "same"]) | st.integers(0, 2))
    size = []
    for k, d in zip(kernel, as_pair(dilation)):
        smallest = 1 if padding == "same" else (k - 1) * d + 1 - (0 if padding == "valid" else 2 * padding)
        size.append(draw(st.integers(max(smallest, 1), max(smallest, 1) + 5)))
    return tuple(size), kernel, strides, padding, dilation


@st.composite
def conv2d_cases(draw, kinds=("float", "int")):
    """(x, kernel, bias, options) for conv2d."""
    size, kernel_size, strides, padding, dilation = draw(windows())
    groups, depth, width = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    batch = draw(st.sampled_from([(), (1,), (2,)]))
    kind, seed = draw(st.sampled_from(kinds)), draw(seeds)
    x = numbers(seed, (*batch, *size, groups * depth), kind)
    kernel = numbers(seed + 1, (*kernel_size, depth, groups * width), kind)
    bias = numbers(seed + 2, groups * width, kind) if draw(st.booleans()) else None
    return x, kernel, bias, dict(strides=strides, padding=padding, dilation_rate=dilation, groups=groups)


@st.composite
def pool2d_cases(draw):
    """(x, options) for pool2d."""
    pool_size, strides = draw(steps), draw(st.none() | steps)
    padding, mode = draw(st.sampled_from(["valid", "same"])), draw(st.sampled_from(["max", "average"]))
    size = [draw(st.integers(1 if padding == "same" else n, n + 5)) for n in as_pair(pool_size)]
    shape = {2: size, 3: [*size, 2], 4: [2, *size, 2]}[draw(st.sampled_from((2, 3, 4)))]
    x = numbers(draw(seeds), shape, draw(kinds))
    return x, dict(pool_size=pool_size, strides=strides, padding=padding, mode=mode)


not_whole = st.floats() | st.booleans() | st.text(max_size=5) | st.complex_numbers() | st.binary(max_size=3)
bad_sizes = not_whole | st.integers(max_value=0)
bad_pairs = (
    st.lists(st.integers(1, 3), max_size=5).filter(lambda value: len(value) != 2)
    | st.tuples(bad_sizes, st.just(1))
    | st.tuples(st.just(1), bad_sizes)
    | st.sampled_from([{1, 2}, {1: 2}, [[1, 2], [3]], [[1], [2]], [None, 1], np.ones(2), np.ones((2, 2), int)])
)
bad_words = (
    st.text(max_size=8).filter(lambda word: word.lower() not in ("valid", "same", "full", "max", "average"))
    | st.none()
    | st.floats()
    | st.booleans()
    | st.integers(max_value=-1)
    | st.binary(max_size=3)
)
