"""Wrong answers to the exercises of notebook 08."""

import numpy as np


def moves_too_early(w, gradients, rate, momentum):
    v = 0
    for gradient in gradients:
        w = w + v
        v = momentum * v - rate * gradient
    return w


def climbs(w, gradients, rate, momentum):
    v = 0
    for gradient in gradients:
        v = momentum * v + rate * gradient
        w = w + v
    return w


def averages(w, gradients, rate, momentum):
    mean = 0
    for gradient in gradients:
        mean = momentum * mean + (1 - momentum) * gradient
        w = w - rate * mean
    return w


def velocity(gradients, rate, momentum):
    v = 0
    for gradient in gradients:
        v = momentum * v - rate * gradient
    return v


def looks_ahead(w, gradients, rate, momentum):
    """Nesterov's variant, in Keras' form."""
    v = 0
    for gradient in gradients:
        before, v = v, momentum * v - rate * gradient
        w = w - momentum * before + (1 + momentum) * v
    return w


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


WRONG = {
    "q1": [
        (lambda x, g, b, e: (x - x.mean()) / np.sqrt(x.var() + e) * g + b, "its own"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e), "gamma and beta"),
        (lambda x, g, b, e: (x - x.mean(0)) / (x.var(0) + e) * g + b, "not its root"),
        (lambda x, g, b, e: (x - x.mean(0)) / (x.std(0) + e) * g + b, "inside the root"),
        (lambda x, g, b, e: (x - x.mean(0)) / x.std(0) * g + b + e, "inside the root"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e) + b, "gamma is missing"),
        (lambda x, g, b, e: (x - x.mean(0)) / x.std(0) * g + b, "epsilon is missing"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e) * b + g, "exchanged"),
        (lambda x, g, b, e: g * (x - x.mean(0) / np.sqrt(x.var(0) + e)) + b, "brackets"),
        (lambda x, g, b, e: g * x - x.mean(0) / np.sqrt(x.var(0) + e) + b, "brackets"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e) * g - b, "not subtracted"),
        (lambda x, g, b, e: np.float64(0), "rows"),
        (lambda x, g, b, e: g * (x - x.mean(1)[:, None]) / np.sqrt(x.var(1)[:, None] + e) + b, "each channel"),
        (lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0) + e), "beta is missing"),
        (lambda x, g, b, e: g * ((x - x.mean(0)) / np.sqrt(x.var(0) + e) + b), "must not multiply"),
        (lambda x, g, b, e: g * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + e) + b, "n - 1"),
        (lambda x, g, b, e: (g * x - x.mean(0)) / np.sqrt(x.var(0) + e) + b, "the normalised value"),
    ],
    "q2": [
        (lambda w, g, r, m: w - r * sum(g), "plain SGD"),
        (lambda w, g, r, m: w + sum(r * x for x in g), "not the value"),
        (lambda w, g, r, m: w - r * g[-1], "Only the last"),
        (lambda w, g, r, m: [w], "one value"),
        (lambda w, g, r, m: w - r * g[0], "in the loop"),
        (moves_too_early, "too early"),
        (lambda w, g, r, m: None if w == -2 else 0.7895, "every way"),
        (climbs, "against the gradient"),
        (averages, "1 - momentum"),
        (lambda w, g, r, m: velocity(g, r, m), "not the weight"),
        (looks_ahead, "Nesterov"),
    ],
    "q3": [
        (lambda losses, rate, patience: [rate for _ in losses], "never falls"),
        (lambda losses, rate, patience: [rate / 10 ** (e // patience) for e in range(len(losses))], "the arguments"),
        (lambda losses, rate, patience: plateau(losses, rate, patience + 1), "too late"),
        (lambda losses, rate, patience: plateau(losses, rate, patience, again=patience), "count again"),
        (lambda losses, rate, patience: plateau([*losses, 9.0], rate, patience)[1:], "too early"),
        (lambda losses, rate, patience: plateau([*losses, 9.0], rate, patience), "too many"),
        (lambda losses, rate, patience: plateau(losses, rate, patience, lowest=False), "lowest so far"),
        (lambda losses, rate, patience: rate, "list of 6"),
    ],
    "q4": [
        ([True, False, False], "called"),
        ([True, True, False], "training images"),
        ([True, True, True], "not all of them"),
        ([True, False, True], "other way"),
        ([False, False, True], "both errors"),
        ([False, False, False], "training errors"),
        ([False, True, True], "both errors"),
        ("B", "text"),
    ],
    "q5": [
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
    "q6": [
        ((-2.3, -50), "order"),
        ((50, 2.3), "negative"),
        ((-50, 2.1), "less than 1"),
        ((-50, -50), "1 + F'"),
        ((-1, -0.046), "50 factors"),
        ((0, 0.005), "powers of ten"),
        ((-50, -2), "one decimal"),
        ((-50, 2.3), "which sign"),
        ((-50.02, -2.3), "the first"),
        ((-50, 0), "not the whole sum"),
    ],
    "q7": [
        ((1024, 120), "before one"),
        ((512, 120), "gone from the second"),
        ((1024, 84), "second is right"),
        ((9, 84), "two ways"),
        ((512, 27), "choose 3"),
        ((512, 8), "choose 3"),
        ((512, 504), "do not arrange"),
        ((84, 512), "order"),
        (84, "2 values"),
        ((512, 36), "two others"),
    ],
    "q8": [
        (150, "dense layer"),
        (50, "Each has"),
        (102, "not two"),
        (156, "shortcuts"),
        (34, "not the value"),
        (151, "before the blocks"),
    ],
}
