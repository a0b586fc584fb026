"""Time the convolutions side by side, and print a Markdown table.

From the root of the repository::

    pytest records/bench_convolution.py -n 0 --benchmark-enable

The contenders of a table take turns within one process, so that a busy machine slows all of them; the times are
medians. All run on one thread of the CPU: the threads of NumPy and of TensorFlow would take each other's cores.
"""

import os
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from cpuinfo import get_cpu_info
from threadpoolctl import threadpool_limits

from utils.convolution import conv2d, conv2d_sums, correlate2d, correlate2d_sums

tf.config.threading.set_intra_op_parallelism_threads(1)
RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((32, 64, 64, 16), np.float32)
KERNEL = RANDOM.standard_normal((3, 3, 16, 32), np.float32)
IMAGE, FILTER = X[0, :, :, 0], KERNEL[:, :, 0, 0]
X_TENSOR, KERNEL_TENSOR = tf.constant(X), tf.constant(KERNEL)


def keras_conv():
    return keras.ops.conv(X_TENSOR, KERNEL_TENSOR)


TASKS = [
    (
        "batch (32, 64, 64, 16), 32 filters 3 x 3",
        {
            "keras.ops.conv": keras_conv,
            "keras.ops.conv in a tf.function": tf.function(keras_conv),
            "conv2d": lambda: conv2d(X, KERNEL),
        },
    ),
    (
        "image (64, 64), filter 3 x 3",
        {
            "correlate2d": lambda: correlate2d(IMAGE, FILTER),
            "correlate2d_sums": lambda: correlate2d_sums(IMAGE, FILTER),
        },
    ),
    (
        "image (64, 64, 1), 1 filter 3 x 3",
        {
            "conv2d": lambda: conv2d(IMAGE[..., None], FILTER[..., None, None]),
            "conv2d_sums": lambda: conv2d_sums(IMAGE[..., None], FILTER[..., None, None]),
        },
    ),
    (
        "image (64, 64, 3), 4 filters 3 x 3",
        {
            "conv2d": lambda: conv2d(X[0, ..., :3], KERNEL[:, :, :3, :4]),
            "conv2d_sums": lambda: conv2d_sums(X[0, ..., :3], KERNEL[:, :, :3, :4]),
        },
    ),
]


def take_turns(contenders, times):
    for name, function in contenders.items():
        np.asarray(function())  # the others have emptied the processor's caches
        start = time.perf_counter()
        np.asarray(function())
        times[name].append(time.perf_counter() - start)


@pytest.mark.parametrize("task, contenders", TASKS, ids=[task for task, _ in TASKS])
def test_side_by_side(benchmark, capsys, task, contenders):
    with tf.device("CPU:0"), threadpool_limits(1):
        first, *others = [np.asarray(function()) for function in contenders.values()]  # also compiles
        for other in others:
            np.testing.assert_allclose(other, first, rtol=0, atol=1e-3)
        times = {name: [] for name in contenders}
        benchmark.pedantic(take_turns, (contenders, times), rounds=20)
    medians = {name: float(np.median(seconds)) for name, seconds in times.items()}
    fastest = min(medians.values())
    benchmark.extra_info.update(medians)
    with capsys.disabled():
        print(f"\n\n{task}; {get_cpu_info()['brand_raw']}, one of {os.cpu_count()} cores\n")
        print("| function | median, ms | times the fastest |\n|:--|--:|--:|")
        for name, seconds in medians.items():
            print(f"| `{name}` | {1000 * seconds:.2f} | {seconds / fastest:.3g} |")
