"""Every exercise accepts its own solution, rejects the usual wrong answers, and never gives the answer away."""

import importlib
import pkgutil
import re
import sys
from decimal import Decimal
from fractions import Fraction

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.signal

import utils.exercises
from utils.convolution import convolve1d, convolve2d, correlate2d, pool2d
from utils.exercises.exercise import LONGEST, Exercise, same_function, same_numbers

MODULES = [m.name for m in pkgutil.iter_modules(utils.exercises.__path__) if m.name != "exercise"]


def exercises():
    found = []
    for module in MODULES:
        content = vars(importlib.import_module(f"utils.exercises.{module}"))
        for name, exercise in content.items():
            if isinstance(exercise, Exercise):
                found.append(pytest.param(f"{module}.{name}", exercise, id=f"{module}.{name}"))
    return found


def solution(exercise):
    scope = {}
    exec(exercise.code, scope)
    return scope["answer"]


def scatter(values, places, size):
    out = np.zeros(size)
    out[places.ravel()] = values.ravel()
    return out


def at_the_corners(pooled, switches, height, width):
    out = np.zeros((height, width))
    out[:: height // len(pooled), :: width // pooled.shape[1]] = pooled
    return out


def moves_too_early(w, gradients, rate, momentum):
    v = 0
    for gradient in gradients:
        w = w + v
        v = momentum * v - rate * gradient
    return w


def zeros_with_a_negative_slice(image, p):
    padded = np.zeros((image.shape[0] + 2 * p, image.shape[1] + 2 * p))
    padded[p:-p, p:-p] = image
    return padded


def one_place_too_few(image, kernel):
    """Right unless the kernel fits in only once."""
    result = correlate2d(image, kernel)
    return result if result.size > 1 else result[:0]


def plateau(losses, rate, patience, again=0, lowest=True):
    """Learning rates of ReduceLROnPlateau. again: where the counting begins after a division. lowest: compare with the
    lowest loss so far, or with the one before."""
    rates, best, waited = [rate], float("inf"), 0
    for loss in losses[:-1]:
        waited = 0 if loss < best else waited + 1
        best = min(loss, best) if lowest else loss
        if waited >= patience:
            rate, waited = rate / 10, again
        rates.append(rate)
    return rates


def climbing(x, w, b, rate, steps, test=lambda total: total > 0, limits=(-1, 1), slope=lambda x, w: w):
    for _ in range(steps):
        if test((x * w).sum() + b):
            x = np.clip(x + rate * slope(x, w), *limits)
    return x


# What students answer, and a word that the feedback must contain.
WRONG = {
    "alexnet_zfnet_vgg.q1": [
        (0.75, "is right"),
        (1, "top-1"),
        (25, "per cent"),
        (3, "divide"),
        (0, "at least one"),
        (0.5, "once more"),
        (0.3, "not the value"),
    ],
    "alexnet_zfnet_vgg.q2": [
        (885120, "one group"),
        (442368, "biases"),
        (221376, "one of the two"),
        (442560, "every one"),
        (443136, "one bias"),
        (1152, "not the value"),
    ],
    "alexnet_zfnet_vgg.q3": [
        ("conv2", "less than a million"),
        ("conv5", "19 million"),
        ("FC7", "10 million"),
        ("fc8", "each class"),
        ("pool5", "with weights"),
        (6, "quotation marks"),
    ],
    "alexnet_zfnet_vgg.q4": [
        (at_the_corners, "corner"),
        (lambda p, s, h, w: np.kron(p, np.ones((h // len(p), w // p.shape[1]))), "fill"),
        (lambda p, s, h, w: scatter(p, s, h * w).reshape(w, h).T, "exchanged"),
        (lambda p, s, h, w: scatter(p, np.sort(s.ravel()), h * w).reshape(h, w), "sort"),
        (lambda p, s, h, w: scatter(np.ones(p.shape), s, h * w).reshape(h, w), "not 1"),
        (lambda p, s, h, w: scatter(p, s, h * w), "reshape"),
        (lambda p, s, h, w: np.zeros((h, w)), "are right"),
        (lambda p, s, h, w: scatter(p, s, h * w).reshape(w, h), "height first"),
        (lambda p, s, h, w: scatter(p, s, h * w).reshape(h, w).T, "height rows"),
        (lambda p, s, h, w: p, "expected 4 rows of 4 values, got 2 rows"),
    ],
    "alexnet_zfnet_vgg.q5": [
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: x), "with respect to the weights"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: w * ((x * w).sum() + b)), "y itself"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: w[::-1, ::-1]), "no flip"),
        (lambda x, w, b, rate, n: climbing(x, w, b, -rate, n), "downhill"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, test=lambda s: True), "maximum is forgotten"),
        (lambda x, w, b, rate, n: climbing(x, w, 0, rate, n), "bias decides"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, limits=(-np.inf, np.inf)), "limits"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, limits=(0, 1)), "not 0"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, 1), "single step"),
        (lambda x, w, b, rate, n: np.clip(x + rate * w * ((x * w).sum() + b > 0), -1, 1), "single step"),
        (lambda x, w, b, rate, n: climbing(x, w, b, rate, n, slope=lambda x, w: np.sign(w)), "only the sign"),
        (lambda x, w, b, rate, n: x, "values"),
        (lambda x, w, b, rate, n: max(0, (x * w).sum() + b), "expected 2 rows"),
    ],
    "alexnet_zfnet_vgg.q6": [
        ((5, 37), "what remains"),
        ((4, 70), "Four layers"),
        ((6, 55), "Six layers"),
        ((5, 92.6), "all of them"),
        ((5, 0.628), "in per cent"),
        ((5, 62), "cut their decimals"),
        ((5.4, 62.8), "the first"),
        ((11, 63), "of 2"),
        (5, "list"),
    ],
    "alexnet_zfnet_vgg.q7": [
        (1052672, "fc6 alone"),
        (36700160, "saved"),
        (23212392, "without fc6"),
        (24260968, "biases"),
        (24_265_060, "24,265,060 is less than 1 % off"),
        (60965224, "not the value"),
    ],
    "convolution_1d.q1": [
        (52, "largest weight"),
        (42, "newest"),
        (50, "plain average"),
        (49.4, "less than 1 %"),
        ([49, 0], "expected one value"),
        (0, "not the value"),
    ],
    "convolution_1d.q2": [
        (lambda x, w: np.correlate(x, w, "valid"), "flipped"),
        (lambda x, w: np.convolve(x, w, "same"), "as many values"),
        (lambda x, w: np.convolve(x, w, "full"), "hang over"),
        (lambda x, w: convolve1d(x, w) + 1, "0 of"),
        (lambda x, w: [sum(x[t - a] * w[a] for a in range(len(w))) for t in range(len(w) - 1, len(x) - 1)], "missing"),
        (lambda x, w: x / 0 if False else undefined_name, "NameError"),  # noqa: F821
        (lambda x: x, "TypeError"),
    ],
    "convolution_1d.q3": [
        ((91, 100, 109), "series"),
        ((92, 100, 109), "full"),
        ((108, 100, 92), "order"),
        ((92, 108), "expected 3 values, got 2"),
        (92, "list"),
    ],
    "convolution_1d.q4": [
        ([1, 2, 3, 2, 1], "average"),
        ([1 / 3] * 3, "further"),
        ([0.2] * 5, "equally"),
        ([1 / 9] * 3, "slides"),
        ([0.1, 0.2, 0.4, 0.2, 0.1], "of 5"),
        ([0] * 5, "0 of 5"),
        ([1 / 7] * 7, "expected 5 values, got 7"),
        (["1/9", "2/9", "3/9", "2/9", "1/9"], "'1/9' is text"),
    ],
    "convolution_1d.q5": [(6, "square root"), (24, "Solve"), (144, "1 m"), (35, "not the value")],
    "convolution_1d.q6": [
        (0.4, "uphill"),
        (1.3, "factor of 2"),
        (1.2, "comes out"),
        (1.1, "chain rule"),
        (13, "learning rate of 1"),
        (-12, "That is the slope"),
        (0.6, "how far"),
        (1.667, "ends"),
        (2, "not the value"),
    ],
    "convolution_1d.q7": [
        (lambda w, x, p, rate: w + rate * 2 * x.T @ (x @ w - p) / len(p), "uphill"),
        (lambda w, x, p, rate: w - rate * 2 * x.T @ (p - x @ w) / len(p), "uphill"),
        (lambda w, x, p, rate: w - rate * np.mean((x @ w - p)[:, None] * x, axis=0), "factor of 2"),
        (lambda w, x, p, rate: w - rate * 2 * x.T @ (x @ w - p), "sum"),
        (lambda w, x, p, rate: w - 2 * x.T @ (x @ w - p) / len(p), "learning rate"),
        (lambda w, x, p, rate: 2 * x.T @ (x @ w - p) / len(p), "new weights"),
        (lambda w, x, p, rate: w - rate * np.mean(2 * (x @ w - p)), "of its own"),
        (lambda w, x, p, rate: w - rate * np.mean((x @ w - p) ** 2), "slope"),
        (lambda w, x, p, rate: w - rate * 2 * x.T @ (x @ w - p) / len(w), "number of windows"),
        (lambda w, x, p, rate: np.linalg.lstsq(x, p, rcond=None)[0], "are right"),
        (lambda w, x, p, rate: w.__isub__(rate), "changes what it is given"),
        (lambda w, x, p, rate: w - rate * 2 * x @ (x @ w - p) / len(p), "ValueError"),
    ],
    "images_and_filters_2d.q1": [
        (600**2, "grey"),
        (3 * 600, "rows"),
        (24 * 600**2, "bits"),
        (1.08, "millions"),
        (1080, "thousands"),
    ],
    "images_and_filters_2d.q2": [
        ([[7, 7], [6, 9]], "flipped"),
        ([[7, 10], [6, 9]], "exchanged"),
        ([[5, 11], [9, 7]], "3 of 4"),
        ([[2, 2, 0], [9, 5, 0], [0, 0, 0]], "expected 2 rows of 2 values, got 3 rows"),
        ([5, 11, 9, 6], "the values are right"),
        ([[0, 2], [0, 3]], "slide"),
        ([[5, 9], [11, 6]], "exchanged"),
        (2, "rows"),
    ],
    "images_and_filters_2d.q3": [
        (convolve2d, "flip"),
        (lambda i, k: correlate2d(i, k, padding="same"), "as large"),
        (lambda i, k: correlate2d(i, k)[:-1, :-1], "missing"),
        (lambda i, k: np.sum(i * k), "ValueError"),
        (lambda i, k: correlate2d(i, k).T, "exchanged"),
        (lambda i, k: correlate2d(i, k) * 2, "0 of"),
        (lambda i, k: np.abs(correlate2d(i, k)), "of 2"),
        (lambda i, k: np.maximum(correlate2d(i, k), 0), "of 2"),
        (lambda i, k: correlate2d(i.astype(int), k), "of 2"),
        (one_place_too_few, "the arguments [[2.0, 1.0, 0.0], [4.0, 3.0, 1.0]]"),
    ],
    "images_and_filters_2d.q4": [
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "left"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], "up or down"),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "where it is"),
        (np.ones((3, 3)), "copy"),
        ([[0, 0, 0], [2, 0, 0], [0, 0, 0]], "as it is"),
        ([[1, 0, 0], [0, 0, 0], [0, 0, 0]], "diagonal"),
        ([[0, 0, 0], [1, 1e-4, 0], [0, 0, 0]], "mixes nothing"),
        ([[0, 0, 0], [1.0001, 0, 0], [0, 0, 0]], "as it is"),
        ([1, 0, 0], "rows"),
    ],
    "images_and_filters_2d.q5": [
        (40, "pixels of the original"),
        (1.25, "whole columns"),
        (0.8, "part of a stripe"),
        (10, "first time"),
        (8, "apart"),
        (2, "misses"),
        (6, "not the value"),
    ],
    "images_and_filters_2d.q6": [
        (45, "downwards"),
        (135, "both signs"),
        (225, "sign of S_x"),
        (-0.785398, "radians"),
        (169.7, "length"),
        ((120, -120), "atan2"),
        (-1, "tangent"),
        (-90, "left to right"),
        (-46, "not the value"),
    ],
    "images_and_filters_2d.q7": [
        ([[1, 1, 1], [0, 0, 0], [1, 1, 1]], "flat"),
        ([[-1, 2, -1]] * 3, "vertical"),
        ([[1, 1, 1], [-2, -2, -2], [1, 1, 1]], "middle row"),
        (np.zeros((3, 3)), "middle row"),
        ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], "vertical"),
        ([[-0.01, 0, 0], [0.01, 0.01, 0.01], [0, 0, 0]], "flat"),
        ([[-1, -1, -1], [2, 2, 2.001], [-1, -1, -1]], "flat"),
        ([[-1, -1, -1], [2, 2.01, 1.99], [-1, -1, -1]], "vertical"),
        ([[1000, 1000, 1000], [0, 0, 0], [-1000, -1001, -999]], "vertical"),
        ([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], "middle row"),
        ([[-0.33] * 3, [0.67] * 3, [-0.33] * 3], "rounded"),
    ],
    "stride_padding_channels.q1": [
        (lambda i, p: np.pad(i, (0, p)), "bottom"),
        (lambda i, p: np.pad(i, ((p, p), (0, 0))), "columns"),
        (lambda i, p: np.pad(i, p, mode="edge"), "border"),
        (lambda i, p: np.pad(i, 1), "whatever p"),
        (lambda i, p: np.pad(i, p, constant_values=1), "are right"),
        (lambda i, p: np.pad(i, max(p, 1)), "0: expected 3 rows of 2 values, got 5 rows"),
        (lambda i, p: np.pad(i, p).T, "exchanged"),
        (zeros_with_a_negative_slice, "0: your function stops"),
        (lambda i, p: np.pad(i.astype(int), p), "decimals are cut off"),
        (lambda i, p: i, "expected 4 rows of 5 values"),
    ],
    "stride_padding_channels.q2": [
        (16.5, "Half"),
        (17, "round"),
        (15, "both sides"),
        (15, "last term"),
        (14, "wider"),
        (13, "zeros and the last term"),
        (256, "whole map"),
        (32, "stride 1"),
    ],
    "stride_padding_channels.q3": [
        ((2, 1), "after"),
        ((0, 3), "evenly"),
        ((1, 1), "remainder"),
        ((2, 2), "one too many"),
        ((3, 3), "in all"),
        ([[3, 3]], "in all"),
        (3, "before and after"),
    ],
    "stride_padding_channels.q4": [
        ((12, 17, 6, 11), "five rows"),
        ((4, 8, 2, 6), "stride"),
        ((6, 10, 12, 16), "exchanged"),
        (((6, 10), (12, 16)), "exchanged"),
        ((20, 24, 10, 14), "stride"),
        (((12, 6), (16, 10)), "first those of the rows"),
        ((12, 16), "which columns"),
    ],
    "stride_padding_channels.q5": [
        (7, "bias"),
        (1, "once for each channel"),
        ([1, 4, 2], "one map"),
        ([-1, 2, 0], "one map"),
        (-1, "red channel alone"),
        (2, "flipped"),
        (3, "exchanged"),
        (9, "sign"),
    ],
    "stride_padding_channels.q6": [
        (1664, "deep"),
        (51200, "biases"),
        (801, "one filter"),
        (53248, "single one"),
        (51265, "less than 1 %"),
    ],
    "lenet.q1": [
        ((2000, 32), "order"),
        ((32, 1600), "bias"),
        ((32, 400), "units"),
        ((2, 2000), "of its own"),
        ((80, 2000), "share one coefficient"),
        ((32, 8000), "overlap"),
        ((16, 2000), "coefficient and a bias"),
        ((32, 6400), "hold"),
        ((31, 2000), "the first"),
        ((32, 2001), "the second"),
        (32, "list"),
    ],
    "lenet.q2": [
        (lambda t: sum(np.array_equal(a, b) for a in t.T for b in t.T) - t.shape[1], "twice"),
        (lambda t: sum(np.array_equal(a, b) for a in t.T for b in t.T), "with itself"),
        (lambda t: sum(np.array_equal(t.T[i], t.T[j]) for i in range(len(t.T)) for j in range(i + 1)), "with itself"),
        (lambda t: sum(np.array_equal(t[i], t[j]) for i in range(len(t)) for j in range(i)), "input maps"),
        (lambda t: sum(t.sum(0)[i] == t.sum(0)[j] for i in range(len(t.T)) for j in range(i)), "how many"),
        (lambda t: t.shape[1] - len({tuple(column) for column in t.T}), "three pairs"),
        (lambda t: sum(1 for i in range(len(t.T)) for j in range(i)), "all pairs"),
        (lambda t: t.sum(axis=0), "one value"),
    ],
    "lenet.q3": [
        (7, "squared"),
        (12, "squared"),
        (28, "gives 0"),
        (5.5, "wrong sign"),
        (4.6904, "square root"),
        (77, "nothing"),
        (20, "two units"),
        (10, "1 and -1"),
        (21, "not the value"),
    ],
    "lenet.q4": [
        (61706, "32 × 32"),
        (44190, "biases"),
        (44306, "120 biases"),
        (15626, "all 16 maps"),
        (107786, "pad"),
        (30986, "halved"),
        (30840, "alone"),
        (44427, "less than 1 %"),
    ],
    "lenet.q5": [
        ((2.211, 0.1096), "order"),
        ((0.8098, 0.211), "first class"),
        ((0.25, 1.386), "power of e"),
        ((0.1096, -2.211), "sign"),
        ((0.1096, 0.9602), "natural"),
        ((0.1096, 0.8904), "missing to 1"),
        ((0.1192, 2.127), "score 0"),
    ],
    "lenet.q6": [
        ((5, 7), "order"),
        ((7, 7), "goes back"),
        ((8, 8), "an eighth"),
        ((5, 5), "wait"),
        ((6, 5), "not two"),
        ((4, 3), "not two"),
        ((5, 3), "starts again"),
        ((7, 4), "epoch 1"),
        ((7, 3), "for a while"),
    ],
    "lenet.q7": [(1, "training set"), (3, "before"), (4, "trained with"), (5, "not the value")],
    "lenet.q8": [
        ((32, 93), "order"),
        ((92, 32), "add 1"),
        ((100, 32), "ends where"),
        ((369, 32), "4 pixels apart"),
        ((185, 32), "two poolings"),
        ((12, 32), "overlap"),
        ((13, 32), "overlap"),
        ((93, 4), "How wide"),
        ((93, 400), "window only"),
        ((93, 5), "C5"),
    ],
    "pooling_and_properties.q1": [
        ([[4, 5], [8, 6]], "max pooling"),
        ([[8, 12], [16, 16]], "sums"),
        ([[2, 4], [3, 4]], "exchanged"),
        ([[2, 3], [4, 5]], "3 of 4"),
        ([[0, 1], [0, 2]], "smallest"),
        ([[4, 6], [8, 8]], "not by its width"),
        ([[2, 2], [2, 4], [4, 6], [4, 2]], "one row high"),
        ([[3, 1, 3, 3], [4, 4, 4, 4]], "one column wide"),
        ([2, 3, 4, 4], "the values are right"),
        ([2, 3, 3, 4], "rows"),
    ],
    "pooling_and_properties.q2": [
        (lambda x, s: pool2d(x, s, mode="average"), "means"),
        (lambda x, s: pool2d(x, s, strides=1), "overlap"),
        (
            lambda x, s: np.array(
                [[x[i : i + s, j : j + s].max() for j in range(0, x.shape[1], s)] for i in range(0, len(x), s)]
            ),
            "not full",
        ),
        (lambda x, s: pool2d(x, 2), "whatever size"),
        (lambda x, s: np.maximum(pool2d(x, s), 0), "Negative"),
        (lambda x, s: pool2d(x, s).astype(int), "dtype"),
        (lambda x, s: x.max(), "rows"),
    ],
    "pooling_and_properties.q3": [
        (50348032 // 448 + 2000, "not the value"),
        (112_000, "less than 1 %"),
        (112_384.3, "less than 1 %"),
        (8.9e-6, "other way"),
        (116508, "biases"),
        (50348032, "Divide"),
        (448, "convolutional"),
        (110, "outputs"),
        (98775, "keep their size"),
        (0, "other way"),
    ],
    "pooling_and_properties.q4": [
        (8, "two pixels apart"),
        (9, "pooling"),
        (7, "without the pooling"),
        (6, "missing"),
        (12, "after the pooling"),
        (11, "not the value"),
    ],
    "pooling_and_properties.q5": [
        ([1, 1, 1, 2, 0, 2], "share a window"),
        ([1, 1, 2, 2, 0, 2], "less sensitive"),
        ([1, 1, 0, 2, 1, 2], "a weight for each place"),
        ([2, 2, 0, 1, 0, 1], "exchanged"),
        ([1, 1, 0, 1, 0, 1], "no place"),
        ([1, 1, 1, 2, 1, 2], "differently"),
        ([1, 2, 0, 2, 0, 2], "ReLU"),
        ([1, 1, 0, 2, 0, 1], "the sixth"),
        ([0, 1, 0, 2], "6 values"),
        (["E", "E", "N", "I", "N", "I"], "is text"),
    ],
    "pooling_and_properties.q6": [
        (lambda a, b: correlate2d(a, b, padding=b.shape[0] - 1), "flipped"),
        (lambda a, b: convolve2d(a, b, padding="same"), "sees more"),
        (lambda a, b: scipy.signal.convolve2d(a, b, mode="same"), "as large as k1"),
        (lambda a, b: scipy.signal.convolve2d(a, b, mode="valid"), "wholly inside"),
        (lambda a, b: scipy.signal.correlate2d(a, b), "flipped"),
        (lambda a, b: a + b, "side by side"),
        (lambda a, b: a @ b, "matrix product"),
        (lambda a, b: correlate2d(b, a, padding=a.shape[0] - 1), "turned round"),
        (lambda a, b: convolve2d(a, b, padding=b.shape[0] - 1).T, "are right"),
    ],
    "googlenet.q1": [
        ((600_000, 5_000_000), "order"),
        ((5_000_000, 500_000), "1 × 1 layer itself"),
        ((5_000_000, 100_000), "alone"),
        ((50_000, 6_000), "one pixel"),
        ((5, 0.6), "millions"),
        ((200_000, 120_000), "25 pixels"),
        ((5_000_000, 5_100_000), "fewer maps"),
        ((250_000, 125_000), "one 5 × 5 filter"),
        (5_000_000, "list"),
    ],
    "googlenet.q2": [
        (lambda pixels, maps, k, filters, budget: budget / pixels / (maps + k * k * filters), "whole number"),
        (lambda pixels, maps, k, filters, budget: budget // (pixels * (maps + k * k * filters)) + 1, "not the value"),
        (lambda pixels, maps, k, filters, budget: -(-budget // (pixels * (maps + k * k * filters))), "round up"),
        (lambda pixels, maps, k, filters, budget: budget // (pixels * k * k * filters), "second layer only"),
        (lambda pixels, maps, k, filters, budget: budget // (pixels * maps), "1 × 1 layer only"),
        (lambda pixels, maps, k, filters, budget: budget // (pixels * (maps + k * filters)), "as many columns"),
        (lambda pixels, maps, k, filters, budget: budget // (maps + k * k * filters), "You count one"),
        (lambda *given: max(1, given[-1] // (given[0] * (given[1] + given[2] ** 2 * given[3]))), "not even one"),
        (lambda *given: max(0, given[-1] - 1) // (given[0] * (given[1] + given[2] ** 2 * given[3])), "exactly"),
        (lambda pixels, maps: 16, "TypeError"),
    ],
    "googlenet.q3": [
        ((470, 830), "inside the branch"),
        ((360, 760), "adds maps too"),
        ((400, 360), "vanish"),
        ((400, 800), "gone as well"),
        ((760, 400), "order"),
        (400, "list"),
    ],
    "googlenet.q4": [
        (1, "Compare the branches"),
        (3, "half of one layer"),
        (50577408, "number of the plan"),
        (4, "not"),
    ],
    "googlenet.q5": [
        ((912, 12_800), "order"),
        ((800, 912), "all 16 maps"),
        ((12_800, 400), "mixes"),
        ((12_800, 512), "before it"),
        ((12_800, 1312), "one filter"),
        ((12_800, 6912), "one map only"),
        ((12_832, 944), "biases"),
        ((12_800, 204_800), "added up"),
    ],
    "googlenet.q6": [
        ((51300, 13107300), "order"),
        ((3276900, 51300), "grow"),
        ((6553700, 51300), "four times"),
        ((13107300, 204900), "however large"),
        ((13107300, 12900), "however large"),
        ((13107200, 51200), "bias"),
        ((131072, 512), "inputs"),
        (13107300, "list"),
    ],
    "cnn_at_a_glance.q1": [
        (0.001, "five different"),
        (0.5, "per cent"),
        (5, "at most 1"),
        (0.25, "not the value"),
        (1 - (999 / 1000) ** 5, "twice"),
        (0.2, "could be the right one"),
    ],
    "cnn_at_a_glance.q2": [
        (lambda p, k: np.sort(p)[::-1][:k], "Where in the array"),
        (lambda p, k: np.argsort(p)[:k], "smallest"),
        (lambda p, k: np.argsort(p)[-k:], "come first"),
        (lambda p, k: np.argsort(-p)[:k] + 1, "counts from 0"),
    ],
    "cnn_at_a_glance.q3": [
        ([True] * 4, "not all"),
        ([False, True, True, True], "alone"),
        ([False, True, False, False], "teapot"),
        ([False] * 4, "2 of 4"),
        ([False, True, True], "expected 4 values, got 3"),
        (["False", "True", "True", "False"], "Write True or False, without"),
        ([0, 2, 2, 0], "in each place"),
    ],
    "cnn_at_a_glance.q4": [
        (4.7, "4 bytes"),
        (18776096, "bytes"),
        (1.6, "photograph"),
        (9.4, "not the value"),
        (17.9, "mebibytes"),
        (150.2, "bits"),
        (37.6, "8 bytes"),
    ],
    "transfer_learning.q1": [(1, "lines"), (2, "strokes"), (3, "not the value")],
    "transfer_learning.q2": [(20, "Nearly"), (0.052, "other way"), (100.2, "Divide"), (501, "two ways")],
    "transfer_learning.q3": [
        (lambda model: model.count_params(), "frozen ones"),
        (lambda model: sum(weight.numpy().size for weight in model.non_trainable_weights), "Those are the frozen"),
        (lambda model: sum(layer.count_params() for layer in model.layers if layer.trainable), "batch normalisation"),
        (lambda model: model.nosuch, "AttributeError"),
        (lambda model: len(model.trainable_weights), "many parameters"),
        (lambda model: 7, "not the value"),
    ],
    "transfer_learning.q4": [
        (0.0346, "percentage points"),
        (0.12, "square root"),
        (0.0012, "square root"),
        (0.245, "under the root"),
        (49, "single image"),
        (5.48, "factor"),
        (3.5, "two decimals"),
        (3, "not the value"),
    ],
    "transfer_learning.q5": [
        ([3, 2, 3, 0], "(a)"),
        ([2, 2, 3, 0], "dogs"),
        ([1, 1, 3, 0], "(b)"),
        ([1, 0, 3, 0], "(b)"),
        ([1, 3, 3, 0], "in seconds"),
        ([1, 2, 1, 0], "(c)"),
        ([1, 2, 3, 3], "(d)"),
        ([0, 1, 3, 3], "1 of 4"),
        (1, "list"),
        ([1, 2], "expected 4 values, got 2"),
        ([1, 2, 0, 0], "the third"),
    ],
    "resnet.q1": [
        (lambda x, g, b, e: (x - x.mean()) / np.sqrt(x.var() + e) * g + b, "its own"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e), "gamma and beta"),
        (lambda x, g, b, e: (x - x.mean(0)) / (x.var(0) + e) * g + b, "square root"),
        (lambda x, g, b, e: (x - x.mean(0)) / (x.std(0) + e) * g + b, "inside the root"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e) + b, "gamma is missing"),
        (lambda x, g, b, e: (x - x.mean(0)) / x.std(0) * g + b, "epsilon is missing"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e) * b + g, "exchanged"),
        (lambda x, g, b, e: g * (x - x.mean(0) / np.sqrt(x.var(0) + e)) + b, "brackets"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e) * g - b, "not subtracted"),
        (lambda x, g, b, e: np.float64(0), "rows"),
    ],
    "resnet.q2": [
        (lambda w, g, r, m: w - r * sum(g), "plain SGD"),
        (lambda w, g, r, m: w + sum(r * x for x in g), "not the value"),
        (lambda w, g, r, m: w - r * g[-1], "Only the last"),
        (lambda w, g, r, m: [w], "one value"),
        (lambda w, g, r, m: w - r * g[0], "inside the loop"),
        (moves_too_early, "too early"),
        (lambda w, g, r, m: None if w == -2 else 0.7895, "every way"),
    ],
    "resnet.q3": [
        (lambda losses, rate, patience: [rate for _ in losses], "never falls"),
        (lambda losses, rate, patience: [rate / 10 ** (e // patience) for e in range(len(losses))], "the arguments"),
        (lambda losses, rate, patience: plateau(losses, rate, patience + 1), "too late"),
        (lambda losses, rate, patience: plateau(losses, rate, patience, again=patience), "begins again"),
        (lambda losses, rate, patience: plateau([*losses, 9.0], rate, patience)[1:], "too early"),
        (lambda losses, rate, patience: plateau([*losses, 9.0], rate, patience), "too many"),
        (lambda losses, rate, patience: plateau(losses, rate, patience, lowest=False), "lowest so far"),
        (lambda losses, rate, patience: rate, "list of 6"),
    ],
    "resnet.q4": [
        ([True, False, False], "called"),
        ([True, True, False], "training images"),
        ([True, False, True], "other way"),
        ([False, False, True], "both errors"),
        ([False, False, False], "training errors"),
        ([False, True, True], "both errors"),
        ("B", "text"),
    ],
    "resnet.q5": [
        ([False, True, False], "identity"),
        ([True, True, True], "same shape"),
        ([False, False, False], "comes out"),
        ([True, False, False], "keep the maps"),
        ([False, False, True], "halves"),
        ([True, True, False], "1 of 3"),
        (True, "list"),
        ([1, 3], "True or False"),
        ([True, True], "expected 3 values, got 2"),
    ],
    "resnet.q6": [
        ((-2.3, -50), "order"),
        ((50, 2.3), "negative"),
        ((-50, 2.1), "less than 1"),
        ((-50, -50), "1 + F'"),
        ((-1, -0.046), "50 factors"),
        ((0, 0.005), "powers of ten"),
        ((-50, -2), "one decimal"),
        ((-50, 2.3), "which sign"),
        ((-50.02, -2.3), "the first"),
    ],
    "resnet.q7": [
        ((1024, 120), "before one"),
        ((512, 120), "gone from the second"),
        ((1024, 84), "second is right"),
        ((9, 84), "two ways"),
        ((512, 27), "choose 3"),
        ((512, 504), "do not arrange"),
        ((84, 512), "order"),
        (84, "2 values"),
    ],
    "resnet.q8": [(150, "dense layer"), (50, "Each has"), (102, "not two"), (156, "shortcuts"), (34, "not the value")],
}


@pytest.mark.parametrize("name, exercise", exercises())
def test_the_solution_that_is_shown_is_right(name, exercise):
    verdict, text = exercise.evaluate(solution(exercise))
    assert verdict is True and text == exercise.meaning


@pytest.mark.parametrize("name, exercise", exercises())
def test_at_least_three_typical_mistakes_are_rejected_with_their_own_feedback(name, exercise):
    feedback = set()
    for wrong, word in WRONG[name]:
        verdict, text = exercise.evaluate(wrong)
        assert verdict is False, f"{name} accepts {wrong}"
        assert word.lower() in text.lower(), f"{name}, {wrong}: {text}"
        assert len(text) < LONGEST, f"{name}, {wrong}: {text}"
        feedback.add(text)
    assert len(feedback) >= 3, f"{name}: the same feedback for different mistakes"


@pytest.mark.parametrize("name, exercise", exercises())
def test_feedback_and_hint_do_not_give_the_answer_away(name, exercise):
    answer = solution(exercise)
    texts = [exercise.evaluate(wrong)[1] for wrong, _ in WRONG[name]] + [exercise.clue]
    if callable(answer):
        secrets = [line.strip() for line in exercise.code.splitlines() if "return" in line or "+=" in line]
    elif isinstance(answer, str):
        secrets = [answer]
    elif np.ndim(answer) == 0:
        secrets = [str(answer), f"{answer:,}"]
    else:
        secrets = [str(answer), str(np.asarray(answer).tolist())]
    for text in texts:
        for secret in secrets:
            assert not re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", text), (
                f"{name} gives {secret} away: {text}"
            )


def of_other_types(value):
    """The same text, numbers or truth values, as other types that somebody may come with."""
    if isinstance(value, str):
        return [value, value.upper(), f" {value}", f"{value}\n", np.str_(value)]
    values = np.asarray(value)
    tensor = keras.ops.convert_to_tensor(values, dtype="bool" if values.dtype == bool else "float64")
    entries = [one.item() for one in values.flat]
    kinds = (np.bool_, int, float) if values.dtype == bool else (np.float64, Fraction, Decimal)
    same = [np.array([kind(one) for one in entries], dtype=object).reshape(values.shape) for kind in kinds]
    if values.ndim == 0:
        whole = [np.int64(value), int(value)] if value == int(value) else []
        return [one.item() for one in same] + whole + [values, [value], (value,), pd.Series([value]), tensor]
    pandas = pd.Series(value) if values.ndim == 1 else pd.DataFrame(value)
    lists = [one.tolist() for one in same]
    return [*lists, tuple(map(tuple, value)) if values.ndim == 2 else tuple(value), values, pandas, tensor]


def returning(function, kind):
    """A function that returns the kind-th of the types for what `function` returns."""

    def other(*arguments):
        result = np.asarray(function(*arguments))
        choices = of_other_types(result if result.ndim else result.item())
        return [one for one in choices if np.shape(one) == result.shape][kind]

    return other


@pytest.mark.parametrize("name, exercise", exercises())
def test_a_right_answer_may_be_of_at_least_five_types(name, exercise):
    answer = solution(exercise)
    answers = [returning(answer, kind) for kind in range(5)] if callable(answer) else of_other_types(answer)
    assert len(answers) >= 5
    for right in answers:
        verdict, text = exercise.evaluate(right)
        assert verdict is True, f"{name}, {right!r} of {type(right)}: {text}"


COUNTS = [
    lambda model: sum(weight.numpy().size for weight in model.trainable_weights),
    lambda model: sum(weight.numpy().size for layer in model.layers for weight in layer.trainable_weights),
    lambda model: sum(keras.ops.size(weight) for weight in model.trainable_variables),
    lambda model: model.count_params() - sum(np.prod(weight.shape) for weight in model.non_trainable_weights),
    lambda model: np.sum([np.prod(weight.shape) for weight in model.trainable_weights]),
    lambda model: sum(int(np.prod(w.shape)) for w in model.weights if id(w) in map(id, model.trainable_weights)),
    lambda model: sum(map(np.size, [weight for weight in model.weights if weight.trainable])),
]


@pytest.mark.parametrize("count", COUNTS)
def test_every_way_of_counting_a_models_parameters_is_right(count):
    from utils.exercises import transfer_learning

    assert transfer_learning.q3.evaluate(count)[0] is True, transfer_learning.q3.evaluate(count)


class Odd:
    """Something that cannot be turned into an array."""

    def __array__(self, *arguments, **options):
        raise RuntimeError("no array")


class OddNumber:
    def __float__(self):
        raise RuntimeError("no number")


class OddList:
    def __len__(self):
        return 3

    def __getitem__(self, place):
        raise RuntimeError("no entry")


def changes_what_it_is_given(*arguments):
    for argument in arguments:
        if isinstance(argument, (np.ndarray, list)):
            argument[0] = 7
    return arguments[0]


def raises(error):
    def function(*arguments):
        raise error

    return function


def recursive(*arguments):
    return recursive(*arguments)


ITSELF = []
ITSELF.append(ITSELF)

# Made anew for each exercise, because some can be used only once.
ODD = {
    "text": lambda: "forty",
    "no text": lambda: "",
    "a long text": lambda: "12 " * 1000,
    "bytes": lambda: b"12",
    "nothing": lambda: [],
    "rows of nothing": lambda: [[], []],
    "ragged": lambda: [[1, 2], [3]],
    "ragged with a number": lambda: [[1, 2], 3],
    "ragged arrays": lambda: [np.zeros((2, 2)), np.zeros((2, 3))],
    "an array of lists": lambda: np.array([[1, 2], [3], None], dtype=object)[:2],
    "nested": lambda: [[[[[1]]]]],
    "deep": lambda: eval("[" * 90 + "1" + "]" * 90),
    "itself": lambda: ITSELF,
    "many axes": lambda: np.zeros((2, 2, 2, 2, 2)),
    "half filled": lambda: (None, None),
    "half filled rows": lambda: [[1, ...], [None, 2]],
    "dict": lambda: {"first": 1, "second": 2},
    "set": lambda: {1, 2},
    "dict of nothing": dict,
    "generator": lambda: (i for i in range(4)),
    "map": lambda: map(int, "1234"),
    "values": {1: 2}.values,
    "complex": lambda: 1j,
    "complex list": lambda: [1 + 0j, np.complex64(2)],
    "nan": lambda: float("nan"),
    "infinity": lambda: [np.inf, 1],
    "huge": lambda: 10**400,
    "huge list": lambda: [10**400, -(10**400)],
    "large": lambda: 1e300,
    "truth": lambda: True,
    "numpy's falsehood": lambda: np.False_,
    "object": object,
    "odd": Odd,
    "odd number": OddNumber,
    "list of odd numbers": lambda: [OddNumber(), OddNumber()],
    "odd list": OddList,
    "structured": lambda: np.zeros(2, dtype=[("a", float), ("b", int)]),
    "dates": lambda: np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"),
    "not available": lambda: [pd.NA, pd.NaT],
    "symbolic": lambda: keras.Input((3,)),
    "table of text": lambda: pd.DataFrame({"a": ["x", "y"]}),
    "error": lambda: ValueError("no"),
    "class": lambda: dict,
    "odd class": lambda: Odd,
    "builtin": lambda: len,
    "module": lambda: np,
    "too few arguments": lambda: lambda: 3,
    "too many arguments": lambda: lambda a, b, c, d, e, f, g: 3,
    "a number for all": lambda: lambda *a: 3,
    "text for all": lambda: lambda *a: "text",
    "ragged for all": lambda: lambda *a: [[1], [1, 2]],
    "a function for all": lambda: lambda *a: len,
    "odd for all": lambda: lambda *a: Odd(),
    "nan for all": lambda: lambda *a: np.nan,
    "a generator for all": lambda: lambda *a: (i for i in range(4)),
    "the arguments": lambda: lambda *a: a,
    "divides by zero": lambda: lambda *a: 1 / 0,
    "an error with a long text": lambda: raises(ValueError("too long\n" * 1000)),
    "an error without text": lambda: raises(AssertionError()),
    "an error of its own": lambda: raises(type("E" * 500, (Exception,), {})("x")),
    "exit": lambda: lambda *a: sys.exit(1),
    "endless": lambda: recursive,
    "changes": lambda: changes_what_it_is_given,
}


@pytest.mark.filterwarnings("ignore")  # what NumPy and pandas say about odd arrays
@pytest.mark.parametrize("name, exercise", exercises())
def test_odd_answers_are_wrong_and_get_short_feedback_but_no_traceback(name, exercise, capsys):
    for what, make in ODD.items():
        exercise.check(make())
        shown = capsys.readouterr().out
        assert "not yet. " in shown and len(shown) < 300, f"{name}, {what}: {shown}"


FUNCTIONS = [e for e in exercises() if callable(solution(e.values[1]))]


@pytest.mark.parametrize("name, exercise", FUNCTIONS)
def test_a_function_that_prints_has_not_answered_and_can_be_interrupted(name, exercise, capsys):
    assert exercise.evaluate(lambda *a: print(a))[0] is None
    assert exercise.evaluate(lambda *a: ...)[0] is None
    with pytest.raises(KeyboardInterrupt):
        exercise.evaluate(raises(KeyboardInterrupt()))
    assert exercise.evaluate(solution(exercise))[0] is True


@pytest.mark.parametrize("name, exercise", exercises())
@pytest.mark.parametrize("answer", [None, ...])
def test_an_unanswered_cell_passes_and_says_so(name, exercise, answer, capsys):
    exercise.check(answer)
    assert "not answered yet" in capsys.readouterr().out


def test_a_function_without_return_counts_as_unanswered(capsys):
    from utils.exercises import convolution_1d

    convolution_1d.q2.check(lambda x, w: None)
    assert "returns nothing yet" in capsys.readouterr().out


def test_check_hint_and_solution_print_what_they_promise(capsys):
    from utils.exercises import convolution_1d

    convolution_1d.q1.check(49)
    convolution_1d.q1.check(50)
    convolution_1d.q1.hint()
    convolution_1d.q1.solution()
    out = capsys.readouterr().out
    assert "Exercise 1.1: right." in out and "Exercise 1.1: not yet." in out
    assert "Hint 1.1" in out and "Solution 1.1" in out and "x[4] * w[0]" in out


def test_the_answer_of_a_student_is_not_modified_and_mutating_functions_do_not_spoil_the_cases():
    from utils.exercises import stride_padding_channels

    def destroys(image, p):
        image[:] = 0
        return np.pad(image, p)

    exercise = stride_padding_channels.q1
    verdict, feedback = exercise.evaluate(destroys)
    assert verdict is False and "changes what it is given" in feedback
    assert exercise.evaluate(solution(exercise))[0] is True


def test_every_notebook_module_has_at_least_four_exercises_numbered_in_order():
    for module in MODULES:
        found = [
            e for e in vars(importlib.import_module(f"utils.exercises.{module}")).values() if isinstance(e, Exercise)
        ]
        assert len(found) >= 4
        chapter = found[0].number.split(".")[0]
        assert [e.number for e in found] == [f"{chapter}.{k}" for k in range(1, len(found) + 1)]


@pytest.mark.parametrize("scale", [0.003, 1, 33.3])
def test_a_filter_may_have_any_scale_and_thirds_but_not_rounded_ones(scale):
    from utils.exercises import images_and_filters_2d

    thirds = np.array([[-1 / 3] * 3, [2 / 3] * 3, [-1 / 3] * 3])
    assert images_and_filters_2d.q7.evaluate(scale * thirds)[0] is True
    verdict, feedback = images_and_filters_2d.q7.evaluate(scale * thirds.round(2))
    assert verdict is False and "1/3" in feedback, "0.01 is not 0"


@pytest.mark.parametrize("answer", [-45, 315, -405, [-45.0], np.float32(-45.01), np.array([[315]])])
def test_a_direction_is_the_same_after_full_turns(answer):
    from utils.exercises import images_and_filters_2d

    assert images_and_filters_2d.q6.evaluate(answer)[0] is True


@pytest.mark.parametrize("answer", [(12, 16, 6, 10), ((12, 16), (6, 10)), [[12, 16, 6, 10]], np.array([12, 16, 6, 10])])
def test_numbers_may_be_grouped(answer):
    from utils.exercises import stride_padding_channels

    assert stride_padding_channels.q4.evaluate(answer)[0] is True


def test_half_filled_answers_are_told_so():
    from utils.exercises import convolution_1d

    assert "filled in" in convolution_1d.q3.evaluate((92, None, 108))[1]


def feedback(exercise, answer):
    verdict, text = exercise.evaluate(answer)
    assert verdict is False
    return text


def asked(expected, **options):
    return Exercise("0.0", same_numbers(expected, **options), "", "", "")


def test_each_value_has_its_own_tolerance():
    exercise = asked((5, 62.8), tolerance=(0, 0.2))
    assert exercise.evaluate((5.0, 62.9))[0] is True
    assert "the first" in feedback(exercise, (5.1, 62.8))
    assert "the second" in feedback(exercise, (5, 62.5))


def test_a_usual_mistake_may_be_rounded_but_not_confused_with_another_value():
    exercise = asked(0.005, mistakes=[(0.00499001, "drawn twice"), (np.sqrt(22), "a root"), (51264, "a bias")])
    assert [feedback(exercise, wrong) for wrong in (0.00499, 4.69, 51264)] == ["drawn twice", "a root", "a bias"]
    for wrong in (0.00501, 5.0, 51265):
        assert "drawn" not in feedback(exercise, wrong) and "bias" not in feedback(exercise, wrong)


def test_typed_whole_numbers_have_no_dtype_and_computed_ones_have():
    for wrong in (18, [18], np.array(18)):
        assert "dtype" not in feedback(asked(18.776), wrong)
    assert "dtype" not in feedback(asked((5, 62.8)), np.array([5, 62]))
    halves = Exercise("0.0", same_function(lambda x: x / 2, [(np.array([3.0, 5.0]),)]), "", "", "")
    assert "dtype" in feedback(halves, lambda x: (x / 2).astype(int))
    tenths = Exercise("0.0", same_function(lambda x: x / 10, [(np.array([3.0, 5.0]),)]), "", "", "")
    assert "dtype" not in feedback(tenths, lambda x: np.zeros(2, int))  # nothing is filled in


@pytest.mark.parametrize(
    "wrong, shown", [(24_265_060, "24,265,060"), (1e6 + 0.5, "1,000,000.5"), (0.1234567, "0.123457")]
)
def test_numbers_are_shown_as_one_reads_them(wrong, shown):
    assert feedback(asked(3), wrong) == f"{shown} is not the value."


def test_the_place_of_a_wrong_value_is_named_unless_that_gives_it_away():
    assert "look at the third again" in feedback(asked((1, 2, 3, 4)), (1, 2, 4, 4))
    assert "[1, 0]" in feedback(asked([[1, 2], [3, 4]]), [[1, 2], [4, 4]])
    assert "[7]" in feedback(asked(range(9)), [*range(7), 0, 8])
    assert feedback(asked([True, False]), [True, True]) == "1 of 2 values is right."


@pytest.mark.parametrize(
    "error, sizes",
    [(IndexError("x"), True), (ValueError("x"), True)]
    + [(error("x"), False) for error in (NameError, TypeError, AttributeError, ZeroDivisionError, ImportError)],
)
def test_only_errors_that_come_from_sizes_are_said_to(error, sizes):
    halves = Exercise("0.0", same_function(lambda x: x / 2, [(np.array([3.0, 5.0]),)]), "", "", "")
    assert ("any sizes" in feedback(halves, raises(error))) is sizes


def test_a_list_that_a_function_changes_does_not_spoil_the_next_check():
    from utils.exercises import resnet

    def empties(w, gradients, rate, momentum):
        while gradients:
            gradients.pop()
        return w

    assert "changes what it is given" in feedback(resnet.q2, empties)
    assert resnet.q2.evaluate(solution(resnet.q2))[0] is True


def test_a_model_that_a_function_thaws_does_not_spoil_the_next_check():
    from utils.exercises import transfer_learning

    def thaws(model):
        model.trainable = True
        return model.count_params()

    assert "frozen ones" in feedback(transfer_learning.q3, thaws)
    assert transfer_learning.q3.evaluate(solution(transfer_learning.q3))[0] is True


def test_complex_numbers_nan_and_generators_are_named():
    assert "list(...)" in feedback(asked((0, 1)), (i for i in range(2)))
    for wrong in (2 + 0j, np.complex64(2), np.array([2 + 0j])):
        assert "complex" in feedback(asked(2), wrong)
    assert "NaN" in feedback(asked((1, 2)), (1, np.nan))


def test_feedback_is_short_and_what_matters_is_not_cut_off():
    arguments = tuple(np.arange(12.0).reshape(3, 4) / 7 for _ in range(5))
    exercise = Exercise("0.0", same_function(lambda *a: 1, [arguments]), "", "", "")
    assert len(feedback(exercise, raises(IndexError("x" * 999)))) < LONGEST
    assert feedback(exercise, raises(IndexError("x" * 999))).endswith("any sizes.")
    assert feedback(exercise, lambda *a: [1, 2]).endswith("expected one value, got a list of 2 values.")
    assert len(feedback(Exercise("0.0", lambda answer: "text " * 999, "", "", ""), 1)) == LONGEST < 280
