"""Wrong answers to the exercises of notebook 03."""

import numpy as np


def zeros_with_a_negative_slice(image, p):
    padded = np.zeros((image.shape[0] + 2 * p, image.shape[1] + 2 * p))
    padded[p:-p, p:-p] = image
    return padded


WRONG = {
    "q1": [
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
        (lambda x, p: np.pad(x, ((p, 0), (p, 0))), "on top and on the left"),
        (lambda x, p: np.pad(x, ((0, 0), (p, p))), "rows need zeros"),
    ],
    "q2": [
        (16.5, "Half"),
        (15.5, "last term"),
        (17, "round"),
        (15, "both sides"),
        (15, "last term"),
        (14, "wider"),
        (13, "zeros and the last term"),
        (256, "whole map"),
        (32, "stride 1"),
        (14.5, "half a window"),
    ],
    "q3": [
        ((2, 1), "after"),
        ((0, 3), "evenly"),
        ((3, 0), "evenly"),
        ((1.5, 1.5), "halved"),
        ((3, 4), "same"),
        ((1, 1), "remainder"),
        ((2, 2), "one too many"),
        ((3, 3), "in all"),
        ([[3, 3]], "in all"),
        (3, "before and after"),
    ],
    "q4": [
        ((12, 17, 6, 11), "five rows"),
        ((9, 13, 3, 7), "from 0"),
        ((10, 14, 4, 8), "not centred"),
        ((12, 14, 6, 8), "as large as the filter"),
        ((6, 10), "which rows"),
        ((4, 8, 2, 6), "stride"),
        ((6, 10, 12, 16), "exchanged"),
        (((6, 10), (12, 16)), "exchanged"),
        ((20, 24, 10, 14), "stride"),
        (((12, 6), (16, 10)), "first those of the rows"),
        ((12, 16), "which columns"),
    ],
    "q5": [
        (7, "bias"),
        (1, "once for each channel"),
        ([1, 4, 2], "one map"),
        ([-1, 2, 0], "one map"),
        (-1, "red channel alone"),
        (2, "flipped"),
        (3, "exchanged"),
        (9, "sign"),
        (23, "Multiply first"),
    ],
    "q6": [
        (1664, "deep"),
        (51200, "biases"),
        (801, "one filter"),
        (53248, "single one"),
        (51265, "less than 1 %"),
        (51_232, "32 or 64"),
        (10_304, "25 weights"),
    ],
}
