"""Every exercise accepts its own solution, rejects the usual wrong answers, and never gives the answer away."""

import importlib
import pkgutil
import re

import numpy as np
import pytest

import utils.exercises
from utils.convolution import convolve1d, convolve2d, correlate2d, pool2d
from utils.exercises.exercise import Exercise

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


# What students answer, and a word that the feedback must contain.
WRONG = {
    "alexnet_zfnet_vgg.q1": [
        (0.75, "is right"),
        (1, "top-1"),
        (25, "per cent"),
        (3, "divide"),
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
        (lambda p, s, h, w: p, "right size"),
    ],
    "alexnet_zfnet_vgg.q5": [
        ((5, 37), "what remains"),
        ((4, 70), "Four layers"),
        ((6, 55), "Six layers"),
        ((5, 92.6), "all of them"),
        ((5, 0.628), "in per cent"),
        ((11, 63), "of 2"),
        (5, "list"),
    ],
    "alexnet_zfnet_vgg.q6": [
        (1052672, "fc6 alone"),
        (36700160, "saved"),
        (23212392, "without fc6"),
        (24260968, "biases"),
        (60965224, "not the value"),
    ],
    "convolution_1d.q1": [
        (52, "largest weight"),
        (42, "newest"),
        (50, "plain average"),
        (49.5, "not the value"),
        ([49, 0], "one number"),
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
        ((92, 108), "right size"),
        (92, "list"),
    ],
    "convolution_1d.q4": [
        ([1, 2, 3, 2, 1], "average"),
        ([1 / 3] * 3, "further"),
        ([0.2] * 5, "equally"),
        ([1 / 9] * 3, "slides"),
        ([0.1, 0.2, 0.4, 0.2, 0.1], "of 5"),
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
        (lambda w, x, p, rate: w.__isub__(rate), "changes the arrays"),
        (lambda w, x, p, rate: w - rate * 2 * x @ (x @ w - p) / len(p), "ValueError"),
    ],
    "images_and_filters_2d.q1": [(600**2, "grey"), (3 * 600, "rows"), (24 * 600**2, "bits"), (1.08, "millions")],
    "images_and_filters_2d.q2": [
        ([[7, 7], [6, 9]], "flipped"),
        ([[7, 10], [6, 9]], "exchanged"),
        ([[5, 11], [9, 7]], "3 of 4"),
        ([[2, 2, 0], [9, 5, 0], [0, 0, 0]], "right size"),
        ([[0, 2], [0, 3]], "slide"),
        (2, "table"),
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
    ],
    "images_and_filters_2d.q4": [
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "left"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], "up or down"),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "where it is"),
        (np.ones((3, 3)), "copy"),
        ([[0, 0, 0], [2, 0, 0], [0, 0, 0]], "as it is"),
        ([[1, 0, 0], [0, 0, 0], [0, 0, 0]], "diagonal"),
        ([1, 0, 0], "rows"),
    ],
    "images_and_filters_2d.q5": [
        ([[1, 1, 1], [0, 0, 0], [1, 1, 1]], "flat"),
        ([[-1, 2, -1]] * 3, "vertical"),
        ([[1, 1, 1], [-2, -2, -2], [1, 1, 1]], "middle row"),
        (np.zeros((3, 3)), "middle row"),
        ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], "vertical"),
        ([[-0.01, 0, 0], [0.01, 0.01, 0.01], [0, 0, 0]], "flat"),
    ],
    "stride_padding_channels.q1": [
        (16.5, "Half"),
        (17, "round"),
        (15, "first move"),
        (14, "both sides"),
        (32, "stride 1"),
    ],
    "stride_padding_channels.q2": [
        ((2, 1), "after"),
        ((0, 3), "evenly"),
        ((1, 1), "remainder"),
        ((2, 2), "one too many"),
        ((3, 3), "in all"),
        (3, "list"),
    ],
    "stride_padding_channels.q3": [
        ((12, 17, 6, 11), "five rows"),
        ((4, 8, 2, 6), "stride"),
        ((6, 10, 12, 16), "exchanged"),
        ((20, 24, 10, 14), "stride"),
        ((12, 16), "right size"),
    ],
    "stride_padding_channels.q4": [
        (1664, "deep"),
        (51200, "biases"),
        (801, "one filter"),
        (53248, "single one"),
        (51265, "not the value"),
    ],
    "stride_padding_channels.q5": [
        (lambda i, p: np.pad(i, (0, p)), "bottom"),
        (lambda i, p: np.pad(i, ((p, p), (0, 0))), "columns"),
        (lambda i, p: np.pad(i, p, mode="edge"), "border"),
        (lambda i, p: np.pad(i, 1), "whatever p"),
        (lambda i, p: np.pad(i, p, constant_values=1), "are right"),
        (lambda i, p: i, "right size"),
    ],
    "lenet.q1": [
        ((2000, 32), "order"),
        ((32, 1600), "bias"),
        ((32, 400), "units"),
        ((2, 2000), "of its own"),
        ((80, 2000), "share one coefficient"),
        ((32, 8000), "overlap"),
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
        (lambda t: t.sum(axis=0), "one number"),
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
        (44427, "not the value"),
    ],
    "lenet.q5": [(1, "training set"), (3, "before"), (4, "trained with"), (5, "not the value")],
    "pooling_and_properties.q1": [
        ([[4, 5], [8, 6]], "max pooling"),
        ([[8, 12], [16, 16]], "sums"),
        ([[2, 4], [3, 4]], "exchanged"),
        ([[2, 3], [4, 5]], "3 of 4"),
        ([2, 3, 3, 4], "table"),
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
        (lambda x, s: x.max(), "table"),
    ],
    "pooling_and_properties.q3": [
        (8, "two pixels apart"),
        (9, "pooling"),
        (7, "without the pooling"),
        (6, "missing"),
        (12, "after the pooling"),
        (11, "not the value"),
    ],
    "pooling_and_properties.q4": [
        (lambda a, b: correlate2d(a, b, padding=b.shape[0] - 1), "flipped"),
        (lambda a, b: convolve2d(a, b, padding="same"), "sees more"),
        (lambda a, b: a + b, "side by side"),
        (lambda a, b: a @ b, "matrix product"),
        (lambda a, b: correlate2d(b, a, padding=a.shape[0] - 1), "turned round"),
        (lambda a, b: convolve2d(a, b, padding=b.shape[0] - 1).T, "are right"),
    ],
    "pooling_and_properties.q5": [
        (50348032 // 448 + 1000, "not the value"),
        (116508, "biases"),
        (50348032, "Divide"),
        (448, "convolutional"),
        (110, "outputs"),
        (98775, "keep their size"),
        (0, "other way"),
    ],
    "googlenet.q1": [
        ((600_000, 5_000_000), "order"),
        ((5_000_000, 500_000), "1 × 1 layer itself"),
        ((5_000_000, 100_000), "alone"),
        ((50_000, 6_000), "one pixel"),
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
        (lambda model: sum(weight.size for weight in model.weights), "frozen ones"),
        (lambda model: sum(weight.size for weight in model.non_trainable_weights), "Those are the frozen"),
        (lambda model: len(model.trainable_weights), "many parameters"),
        (lambda model: 7, "not the value"),
    ],
    "transfer_learning.q4": [
        ([2, 2, 0], "(a)"),
        ([1, 1, 0], "(b)"),
        ([1, 2, 2], "(c)"),
        ([0, 1, 2], "0 of 3"),
        (1, "list"),
    ],
    "resnet.q1": [
        ([False, True, False], "identity"),
        ([True, True, True], "same shape"),
        ([False, False, False], "comes out"),
        ([True, False, False], "keep the maps"),
        ([False, False, True], "halves"),
        ([True, True, False], "1 of 3"),
        (True, "list"),
    ],
    "resnet.q2": [
        ((-2.3, -50), "order"),
        ((50, 2.3), "negative"),
        ((-50, 2.1), "less than 1"),
        ((-50, -50), "1 + F'"),
        ((-1, -0.046), "50 factors"),
        ((0, 0.005), "powers of ten"),
    ],
    "resnet.q3": [(150, "dense layer"), (50, "Each has"), (102, "not two"), (156, "shortcuts"), (34, "not the value")],
    "resnet.q4": [
        (lambda x, g, b, e: (x - x.mean()) / np.sqrt(x.var() + e) * g + b, "its own"),
        (lambda x, g, b, e: (x - x.mean(0)) / np.sqrt(x.var(0) + e), "gamma and beta"),
        (lambda x, g, b, e: (x - x.mean(0)) / (x.var(0) + e) * g + b, "square root"),
        (lambda x, g, b, e: (x - x.mean(0)) / (x.std(0) + e) * g + b, "inside the root"),
        (lambda x, g, b, e: np.float64(0), "table"),
    ],
    "resnet.q5": [
        (lambda w, g, r, m: w - r * sum(g), "plain SGD"),
        (lambda w, g, r, m: w + sum(r * x for x in g), "not the value"),
        (lambda w, g, r, m: w - r * g[-1], "Only the last"),
        (lambda w, g, r, m: [w], "one number"),
    ],
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


@pytest.mark.parametrize("name, exercise", exercises())
@pytest.mark.parametrize(
    "answer",
    [
        "forty",
        "",
        [],
        [[1, 2], [3]],
        {},
        (None, None),
        float("nan"),
        [np.inf, 1],
        1j,
        object(),
        np.zeros((2, 2, 2, 2, 2)),
        True,
        lambda: 3,
        lambda *a: "text",
        lambda *a: [[1], [1, 2]],
        lambda *a: 1 / 0,
        len,
    ],
)
def test_strange_answers_get_feedback_and_no_traceback(name, exercise, answer):
    verdict, text = exercise.evaluate(answer)
    assert verdict is False and len(text) > 10


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

    exercise = stride_padding_channels.q5
    verdict, feedback = exercise.evaluate(destroys)
    assert verdict is False and "changes the arrays" in feedback
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
def test_a_filter_may_have_any_scale_and_be_rounded(scale):
    from utils.exercises import images_and_filters_2d

    thirds = np.array([[-0.33] * 3, [0.67] * 3, [-0.33] * 3])
    assert images_and_filters_2d.q5.evaluate(scale * thirds)[0] is True


def test_half_filled_answers_are_told_so():
    from utils.exercises import convolution_1d

    assert "filled in" in convolution_1d.q3.evaluate((92, None, 108))[1]
