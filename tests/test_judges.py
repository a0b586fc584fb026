"""What an exercise prints, and how judges compare, describe and call answers of any kind."""

import itertools
import signal
import threading
import time

import numpy as np
import pytest

from tests.helpers import raises
from utils.exercises import convolution_1d, judges, resnet, stride_padding_channels, transfer_learning
from utils.exercises.exercise import LONGEST, Exercise
from utils.exercises.judges import knows, same_function, same_numbers

needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarm")


def judged_by(judge):
    return Exercise(judge=judge, hint="a hint", solution="answer = 0", lesson="a lesson")


def asked(expected, **options):
    return judged_by(same_numbers(expected, **options))


def feedback(exercise, answer):
    verdict, text = exercise.evaluate(answer)
    assert verdict is False
    return text


def test_half_filled_answers_are_told_so():
    assert "filled in" in convolution_1d.q3.evaluate((92, None, 108))[1]


def test_a_function_without_return_counts_as_unanswered(capsys):
    convolution_1d.q2.check(lambda x, w: None)
    assert "returns nothing yet" in capsys.readouterr().out


def test_check_hint_and_solution_print_what_they_promise(capsys):
    convolution_1d.q1.check(49)
    convolution_1d.q1.check(50)
    convolution_1d.q1.hint()
    convolution_1d.q1.solution()
    out = capsys.readouterr().out
    assert "Exercise 1.1: right." in out and "Exercise 1.1: not yet." in out
    assert "Hint 1.1" in out and "Solution 1.1" in out and "x[4] * w[0]" in out


def test_without_a_solution_an_exercise_says_so(capsys):
    exercise = Exercise(judge=same_numbers(3), hint="a hint", lesson="a lesson")
    exercise.check(3)
    exercise.solution()
    right, solution = capsys.readouterr().out.splitlines()
    assert right == "Exercise ?: right. a lesson" and "not part of this hand-out" in solution


def test_a_judge_of_ones_own_can_name_the_mistakes_that_it_knows():
    @knows(1, 2, 3)
    def judge(answer):
        return None if answer == 3 else f"{answer} is too small."

    assert judged_by(judge).mistakes == ((1, "1 is too small."), (2, "2 is too small."))
    assert judged_by(lambda answer: None).mistakes == ()


def test_an_exercise_can_be_tried_before_it_stands_in_a_module(capsys):
    exercise = asked(3)
    exercise.check(3)
    exercise.check("three")
    exercise.hint()
    assert capsys.readouterr().out.splitlines() == [
        "Exercise ?: right. a lesson",
        "Exercise ?: not yet. The entry 'three' is text. Write a number, without quotation marks.",
        "Hint ?: a hint",
    ]


def test_the_answer_of_a_student_is_not_modified_and_mutating_functions_do_not_spoil_the_cases():
    def destroys(image, p):
        image[:] = 0
        return np.pad(image, p)

    assert "changes what it is given" in feedback(stride_padding_channels.q1, destroys)
    assert stride_padding_channels.q1.evaluate(np.pad)[0] is True


def test_each_value_has_its_own_tolerance():
    exercise = asked((5, 62.8), tolerance=(0, 0.2))
    assert exercise.evaluate((5.0, 62.9))[0] is True
    assert "the first" in feedback(exercise, (5.1, 62.8))
    assert "the second" in feedback(exercise, (5, 62.5))


def test_arrays_without_an_axis_are_numbers_and_others_in_a_list_are_rows():
    for answer in ((np.array(5.0), 6), [np.array(5), np.array(6)], np.array([np.array(5), 6])):
        assert asked((5, 6)).evaluate(answer)[0] is True
    for rows in ([np.zeros(2), np.zeros(3)], [np.zeros((2, 2)), np.zeros((2, 3))], [5, [6]], [np.zeros(1), 6]):
        assert "different lengths" in feedback(asked((5, 6)), rows)


def test_a_usual_mistake_may_be_rounded_but_not_confused_with_another_value():
    exercise = asked(0.005, mistakes=[(0.00499001, "drawn twice"), (np.sqrt(22), "a root"), (51264, "a bias")])
    assert [feedback(exercise, wrong) for wrong in (0.00499, 4.69, 51264)] == ["drawn twice", "a root", "a bias"]
    for wrong in (0.00501, 5.0, 51265):
        assert "drawn" not in feedback(exercise, wrong) and "bias" not in feedback(exercise, wrong)


def test_typed_whole_numbers_have_no_dtype_and_computed_ones_have():
    for wrong in (18, [18], np.array(18)):
        assert "dtype" not in feedback(asked(18.776), wrong)
    assert "dtype" not in feedback(asked((5, 62.8)), np.array([5, 62]))
    halves = judged_by(same_function(lambda x: x / 2, cases=[(np.array([3.0, 5.0]),)]))
    assert "dtype" in feedback(halves, lambda x: (x / 2).astype(int))
    tenths = judged_by(same_function(lambda x: x / 10, cases=[(np.array([3.0, 5.0]),)]))
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
    halves = judged_by(same_function(lambda x: x / 2, cases=[(np.array([3.0, 5.0]),)]))
    assert ("any sizes" in feedback(halves, raises(error))) is sizes


def test_a_list_that_a_function_changes_does_not_spoil_the_next_check():
    def empties(w, gradients, rate, momentum):
        while gradients:
            gradients.pop()
        return w

    def descend(w, gradients, rate, momentum):
        v = 0
        for gradient in gradients:
            v = momentum * v - rate * gradient
            w = w + v
        return w

    assert "changes what it is given" in feedback(resnet.q2, empties)
    assert resnet.q2.evaluate(descend)[0] is True


def test_a_model_that_a_function_thaws_does_not_spoil_the_next_check():
    def thaws(model):
        model.trainable = True
        return model.count_params()

    assert "frozen ones" in feedback(transfer_learning.q3, thaws)
    assert transfer_learning.q3.evaluate(lambda model: sum(map(np.size, model.trainable_weights)))[0] is True


def freezes(model):
    model.trainable = False


def freezes_one_layer(model):
    model.layers[-1].trainable = False


def forgets(model):
    model.set_weights([0 * weight for weight in model.get_weights()])


@pytest.mark.parametrize("change", [freezes, freezes_one_layer, forgets])
def test_a_right_answer_that_changes_a_model_is_told_so_every_time(change):
    def answer(model):
        count = sum(map(np.size, model.trainable_weights))
        change(model)
        return count

    for _ in range(2):
        assert "changes what it is given" in feedback(transfer_learning.q3, answer)
    assert transfer_learning.q3.evaluate(lambda model: sum(map(np.size, model.trainable_weights)))[0] is True


@pytest.mark.parametrize(
    "argument, change",
    [
        (([1, 2], (3, [4])), lambda x: x[1][1].append(5)),
        ({"a": np.ones(2)}, lambda x: x["a"].fill(7)),
        ({"a": 1}, lambda x: x.clear()),
        ([np.zeros(2), [np.zeros(3)]], lambda x: x[1][0].__setitem__(0, np.nan)),
        (np.array([1.0, np.nan]), lambda x: x.sort()),
    ],
    ids=["list in tuple", "array in dict", "dict", "array in list", "nothing changes"],
)
def test_changes_deep_inside_the_arguments_are_seen_and_do_not_spoil_the_next_check(argument, change):
    def reference(x):
        return len(x)

    def answer(x):
        count = len(x)
        change(x)
        return count

    exercise = judged_by(same_function(reference, cases=[(argument,), (argument,)]))
    if isinstance(argument, np.ndarray):
        assert exercise.evaluate(answer)[0] is True
    else:
        assert feedback(exercise, answer).endswith("changes what it is given. Work on a copy.")
    assert exercise.evaluate(reference)[0] is True


def loops(x):
    while True:
        pass


def catches(x):
    while True:
        try:
            time.sleep(1e-3)
        except Exception:
            pass


def sleeps(x):
    time.sleep(1e9)


def grows(x):
    return sum(1 for _ in itertools.count())


@needs_alarm
@pytest.mark.parametrize("forever", [loops, catches, sleeps, grows])
def test_a_function_that_never_ends_is_stopped_and_the_next_one_is_not(forever, monkeypatch):
    monkeypatch.setattr(judges, "LONGEST_CALL", 0.1)
    exercise = judged_by(same_function(lambda x: x, cases=[(1,), (2,)]))
    former = signal.getsignal(signal.SIGALRM)
    assert "does not end" in feedback(exercise, forever)
    assert signal.getsignal(signal.SIGALRM) is former and signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert exercise.evaluate(lambda x: x)[0] is True
    time.sleep(0.15)  # nothing is left that would ring now


def test_functions_are_judged_outside_of_the_main_thread_too():
    found = []
    exercise = judged_by(same_function(lambda x: x, cases=[(1,)]))
    thread = threading.Thread(target=lambda: found.append(exercise.evaluate(lambda x: x)))
    thread.start()
    thread.join()
    assert found[0][0] is True


@pytest.mark.parametrize("truth", [True, np.True_, [True], np.ones((), bool), (1, True)])
def test_truth_values_are_no_numbers(truth):
    expected = (1, 1) if isinstance(truth, tuple) else [1] if isinstance(truth, list) else 1
    assert "truth value" in feedback(asked(expected), truth)
    assert "truth value" in feedback(judged_by(same_function(lambda x: expected, cases=[(1,)])), lambda x: truth)


@pytest.mark.parametrize("mask", [[False, True, False], True])
def test_an_answer_with_masked_rows_is_refused(mask):
    """NumPy takes what is under the mask."""
    right = asked([[1, 2, 3], [4, 5, 6]])
    rows = [np.ma.masked_array([1, 2, 3], mask), np.array([4, 5, 6])]
    assert "masked" in feedback(right, rows) and "masked" in feedback(right, tuple(rows))
    assert right.evaluate([np.ma.masked_array([1, 2, 3]), rows[1]])[0] is True
    assert "NaN or infinity" in feedback(right, [[1, 2, np.nan], rows[1]])


def test_masked_answers_are_refused():
    assert "masked" in feedback(asked((1, 2)), np.ma.masked_array([1, 2], [False, True]))


def test_complex_numbers_nan_and_generators_are_named():
    assert "list(...)" in feedback(asked((0, 1)), (i for i in range(2)))
    for wrong in (2 + 0j, np.complex64(2), np.array([2 + 0j])):
        assert "complex" in feedback(asked(2), wrong)
    assert "NaN" in feedback(asked((1, 2)), (1, np.nan))


def test_feedback_is_short_and_what_matters_is_not_cut_off():
    arguments = tuple(np.arange(12.0).reshape(3, 4) / 7 for _ in range(5))
    exercise = judged_by(same_function(lambda *a: 1, cases=[arguments]))
    assert len(feedback(exercise, raises(IndexError("x" * 999)))) < LONGEST
    assert feedback(exercise, raises(IndexError("x" * 999))).endswith("any sizes.")
    assert feedback(exercise, lambda *a: [1, 2]).endswith("expected one value, got a list of 2 values.")
    assert len(feedback(judged_by(lambda answer: "text " * 999), 1)) == LONGEST < 280
