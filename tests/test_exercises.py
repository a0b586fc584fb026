"""Every exercise accepts its own solution, rejects the usual wrong answers, and never gives the answer away."""

import importlib
import re
import sys
import textwrap
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import keras
import numpy as np
import pandas as pd
import pytest

import utils.exercises
from course.notebooks import NOTEBOOKS, ROOT
from tests.helpers import raises
from utils.exercises import (
    MODULES,
    cnn_at_a_glance,
    designed_filters,
    images_and_filters_2d,
    lenet,
    stride_padding_channels,
    transfer_learning,
)
from utils.exercises.exercise import LONGEST, Exercise
from utils.exercises.judges import same_numbers
from utils.models import lenet5


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
    exec(exercise.solution_code, scope)
    return scope["answer"]


def wrong_answers(name):
    """Return pairs of a wrong answer and a word that the feedback must contain."""
    module, question = name.split(".")
    return importlib.import_module(f"tests.wrong_answers.{module}").WRONG[question]


def test_the_modules_are_those_of_the_notebooks_in_order():
    stems = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    assert [f"{chapter:02}_{module}" for chapter, module in enumerate(MODULES)] == stems
    files = {path.stem for path in (ROOT / "utils" / "exercises").glob("*.py")}
    assert files == {*MODULES, "__init__", "designed_filters", "exercise", "judges"}


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_at_least_four_exercises_numbered_in_order_and_wrong_answers_to_each(module):
    content = importlib.import_module(f"utils.exercises.{module}")
    found = {name: exercise for name, exercise in vars(content).items() if isinstance(exercise, Exercise)}
    assert len(found) >= 4
    assert list(found) == [f"q{k}" for k in range(1, len(found) + 1)]
    chapter = MODULES.index(module)
    assert [exercise.number for exercise in found.values()] == [f"{chapter}.{k}" for k in range(1, len(found) + 1)]
    assert content.__doc__.startswith(f"Exercises of notebook {chapter:02}: ")
    assert list(importlib.import_module(f"tests.wrong_answers.{module}").WRONG) == list(found)


@pytest.mark.parametrize("name, exercise", exercises())
def test_the_solution_that_is_shown_is_right(name, exercise):
    verdict, text = exercise.evaluate(solution(exercise))
    assert verdict is True and text == exercise.lesson


@pytest.mark.parametrize("name, exercise", exercises())
def test_at_least_three_typical_mistakes_are_rejected_with_their_own_feedback(name, exercise):
    check_feedback(name, exercise, wrong_answers(name))


def check_feedback(name, exercise, wrong_answers):
    feedback = set()
    for wrong, word in wrong_answers:
        verdict, text = exercise.evaluate(wrong)
        assert verdict is False, f"{name} accepts {wrong}"
        assert word.lower() in text.lower(), f"{name}, {wrong}: {text}"
        assert len(text) < LONGEST, f"{name}, {wrong}: {text}"
        feedback.add(text)
    assert len(feedback) >= 3, f"{name}: the same feedback for different mistakes"


@pytest.mark.parametrize("name, exercise", exercises())
def test_feedback_and_hint_do_not_give_the_answer_away(name, exercise):
    check_secrecy(name, exercise, wrong_answers(name))


def check_secrecy(name, exercise, wrong_answers):
    answer = solution(exercise)
    texts = [exercise.evaluate(wrong)[1] for wrong, _ in wrong_answers] + [exercise.hint_text]
    if callable(answer):
        secrets = [line.strip() for line in exercise.solution_code.splitlines() if "return" in line or "+=" in line]
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


def recursive(*arguments):
    return recursive(*arguments)


ITSELF = []
ITSELF.append(ITSELF)


# Made anew for each exercise, because some can be used only once.
@pytest.mark.parametrize("name, exercise", exercises())
def test_each_mistake_that_a_judge_knows_gets_its_own_feedback(name, exercise):
    assert exercise.mistakes
    for wrong, feedback in exercise.mistakes:
        assert exercise.evaluate(wrong) == (False, " ".join(feedback.split()))


@pytest.mark.parametrize("name, exercise", exercises())
def test_each_mistake_that_a_judge_knows_is_among_the_wrong_answers(name, exercise):
    usual = Counter(" ".join(feedback.split()) for _, feedback in exercise.mistakes)
    assert not usual - Counter(exercise.evaluate(wrong)[1] for wrong, _ in wrong_answers(name))


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


def test_the_example_for_instructors_is_one():
    text = utils.exercises.__doc__
    code, wrong = (
        re.search(pattern, text, re.MULTILINE | re.DOTALL)[0] for pattern in (r"^ +q9 = .*?^ +\)$", r'"q9": .*?,$')
    )
    scope = {"Exercise": Exercise, "same_numbers": same_numbers}
    exec(textwrap.dedent(code), scope)
    answers = eval(f"{{{wrong}}}")["q9"]
    assert scope["q9"].evaluate(solution(scope["q9"])) == (True, scope["q9"].lesson)
    check_feedback("the example", scope["q9"], answers)
    check_secrecy("the example", scope["q9"], answers)


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
    assert transfer_learning.q3.evaluate(count)[0] is True, transfer_learning.q3.evaluate(count)


@pytest.mark.parametrize("scale", [0.003, 1, 33.3])
def test_a_filter_may_have_any_scale_and_thirds_but_not_rounded_ones(scale):
    thirds = np.array([[-1 / 3] * 3, [2 / 3] * 3, [-1 / 3] * 3])
    assert images_and_filters_2d.q7.evaluate(scale * thirds)[0] is True
    verdict, feedback = images_and_filters_2d.q7.evaluate(scale * thirds.round(2))
    assert verdict is False and "1/3" in feedback, "0.01 is not 0"


@pytest.mark.parametrize("side", designed_filters.SIDES)
def test_one_of_the_usual_filters_moves_an_image_to_a_side(side):
    moved = [designed_filters.shifts(kernel, side) for kernel in designed_filters.MOVING]
    assert moved.count(None) == 1 and len(set(moved)) >= 5


@pytest.mark.parametrize("ground, right", [("dark", 3), ("bright", 2)])
@pytest.mark.parametrize("line", ["horizontal", "vertical"])
def test_one_of_the_usual_filters_finds_lines_and_each_mistake_is_named(line, ground, right):
    usual = designed_filters.LINES if line == "horizontal" else designed_filters.LINES.transpose(0, 2, 1)
    found = [designed_filters.finds_lines(kernel, line, ground) for kernel in usual]
    words = ["A flat region does not give 0", " line does not give 0", "does not give a positive", "Rounded weights?"]
    assert found.pop(right) is None
    assert all(word in feedback for word, feedback in zip(words, found, strict=True))
    assert designed_filters.finds_lines(-usual[right], line, ground) == found[2]


@pytest.mark.parametrize("side", range(16, 65, 4))
def test_the_hint_names_the_sizes_of_the_maps(side):
    maps, sizes = keras.Input((side, side, 1)), []
    for layer in lenet5().layers:
        if layer.name in ("C1", "S2", "C3", "S4"):
            maps = layer(maps)
            sizes.append(maps.shape[1])
    hint = lenet.parameters_for_images(side).hint_text
    assert re.findall(r"(\d+) × \1", hint) == [str(size) for size in sizes]


@pytest.mark.parametrize("largest", [True, False])
def test_the_hint_gives_a_way_to_the_largest_only_where_they_are_wanted(largest):
    assert ("-probabilities" in cnn_at_a_glance.best_or_worst(largest).hint_text) == largest


@pytest.mark.parametrize("answer", [-45, 315, -405, [-45.0], np.float32(-45.01), np.array([[315]])])
def test_a_direction_is_the_same_after_full_turns(answer):
    assert images_and_filters_2d.q6.evaluate(answer)[0] is True


@pytest.mark.parametrize("answer", [(12, 16, 6, 10), ((12, 16), (6, 10)), [[12, 16, 6, 10]], np.array([12, 16, 6, 10])])
def test_numbers_may_be_grouped(answer):
    assert stride_padding_channels.q4.evaluate(answer)[0] is True
