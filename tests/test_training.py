"""Runs over seeds, and progress that looks the same in every run."""

import functools
import gc
import itertools
import weakref

import keras
import numpy as np
import pytest

from tests.helpers import refuses
from utils.training import Dots, starting_point, train

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype("float32")
Y = X @ [[1.0], [2.0], [3.0]]


def network(rate=0.1, units=()):
    layers = [keras.layers.Dense(n, activation="relu", name=f"hidden{i}") for i, n in enumerate(units)]
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1, name="dense")])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"], run_eagerly=True)  # nothing to trace: faster here
    return model


def last_line(capsys):
    return capsys.readouterr().out.splitlines()[-1]


def test_every_network_is_trained_once_for_each_seed(capsys):
    networks = {"slow": lambda: network(0.001), "fast": network}
    table, models = train(networks, X, Y, epochs=3, seeds=(4, 5), batch_size=10, validation_data=(X, Y))
    assert list(table.columns[:3]) == ["name", "seed", "epoch"]
    assert {"loss", "mae", "val_loss", "val_mae"} == set(table.columns[3:])
    runs = [tuple(row) for row in table[["name", "seed", "epoch"]].itertuples(index=False)]
    assert runs == list(itertools.product(["slow", "fast"], [4, 5], [1, 2, 3]))
    assert [line.split(" .")[0].strip() for line in capsys.readouterr().out.splitlines()] == [
        "slow, seed 4",
        "slow, seed 5",
        "fast, seed 4",
        "fast, seed 5",
    ]
    end = table[table.epoch == 3].set_index(["name", "seed"]).val_loss
    assert end["fast", 4] < 0.1 * end["slow", 4] and end["fast", 4] != end["fast", 5]
    for name, model in models.items():
        assert model.evaluate(X, Y, verbose=0)[0] == pytest.approx(end[name, 5], rel=1e-4), "the last seed's model"


def test_a_seed_decides_the_first_weights_and_the_order_of_the_batches(capsys):
    first, _ = train({"a": network}, X, Y, epochs=2, seeds=7, batch_size=10)
    keras.utils.set_random_seed(99)
    again, _ = train({"b": lambda: network(units=[2]), "a": network}, X, Y, epochs=2, seeds=[8, 7], batch_size=10)
    again = again[(again.name == "a") & (again.seed == 7)]
    np.testing.assert_allclose(again.loss, first.loss, rtol=1e-6)
    keras.utils.set_random_seed(7)
    np.testing.assert_allclose(network().fit(X, Y, 10, epochs=2, verbose=0).history["loss"], first.loss, rtol=1e-6)


def test_at_most_the_trained_model_and_a_new_one_are_in_memory(capsys):
    made = []

    def build(units=()):
        assert sum(ref() is not None for ref in made) <= 1, "freed before the next one needs its memory"
        made.append(weakref.ref(model := network(units=[len(made)] if units else ())))
        return model

    _, models = train({"a": build}, X, Y, epochs=1, seeds=range(3))
    gc.collect()
    assert [ref() for ref in made] == [models["a"], None, None], "all seeds in the model that is compiled"
    made = [*made[:1]]
    del models
    _, models = train({"a": lambda: build(units=True)}, X, Y, epochs=1, seeds=range(3))
    gc.collect()
    assert [ref() for ref in made[-3:]] == [None, None, models["a"]], "they differ, so each is compiled"


def counting(build, traced):
    """The model that `build` returns, with a note in `traced` for each training step that is compiled."""

    class Counting(keras.Model):
        def train_step(self, data):
            traced.append(1)
            return super().train_step(data)

    def counted():
        inputs, outputs, optimizer = build()
        model = Counting(inputs, outputs)
        model.compile(optimizer, "mse", metrics=["mae"])
        return model

    return counted


def dropping(rate=0.05):
    inputs = keras.Input((3,))
    hidden = keras.layers.Dropout(0.3)(keras.layers.BatchNormalization()(keras.layers.Dense(5)(inputs)))
    return inputs, keras.layers.Dense(1)(hidden), keras.optimizers.Adam(rate)


def test_further_seeds_need_no_compilation_and_learn_the_same(capsys):
    """Batch normalisation, dropout and Adam have numbers of their own, which must not outlive a seed, as the rate."""
    falling = keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=100)  # after the second epoch
    traced, fit = [], dict(epochs=2, batch_size=10, callbacks=[falling])
    table, models = train({"a": counting(dropping, traced)}, X, Y, seeds=(0, 1, 2), **fit)
    assert len(traced) == 1
    for seed in (0, 1, 2):
        alone, single = train({"a": counting(dropping, traced)}, X, Y, seeds=seed, **fit)
        np.testing.assert_allclose(table[table["seed"] == seed]["loss"], alone["loss"], rtol=1e-5)
    assert len(traced) == 4 and table["loss"].nunique() == 6
    for weights, others in zip(models["a"].get_weights(), single["a"].get_weights()):
        np.testing.assert_allclose(weights, others, rtol=1e-4, atol=1e-6)


def test_a_network_that_differs_from_seed_to_seed_is_compiled_again(capsys):
    rates, traced = iter([0.1, 0.001]), []
    train({"a": counting(lambda: dropping(next(rates)), traced)}, X, Y, epochs=1, seeds=(0, 1))
    assert len(traced) == 2


def test_what_is_measured_stands_in_the_row_of_the_last_epoch(capsys):
    def measure(model):
        return {"test mae": model.evaluate(X, Y, verbose=0)[1], "epochs": int(model.optimizer.iterations) / 4}

    options = dict(epochs=3, batch_size=10, validation_data=(X, Y), measure=measure)
    table, _ = train({"a": network, "b": lambda: network(0.01)}, X, Y, seeds=(0, 1), **options)
    last = table[table["epoch"] == 3]
    assert table["test mae"].count() == 4 and list(last["epochs"]) == [3] * 4
    np.testing.assert_allclose(last["test mae"], last["val_mae"], rtol=1e-5)


def test_what_fit_is_given_arrives(capsys):
    plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1, min_delta=100)
    table, _ = train({"a": network}, X, Y, epochs=3, seeds=(0, 1), callbacks=[plateau], shuffle=False, batch_size=40)
    np.testing.assert_allclose(table.learning_rate, [0.1, 0.1, 0.01] * 2, rtol=1e-5)


@pytest.mark.parametrize("every, checked", [(2, [2, 4]), ([1, 5], [1, 5]), (1, [1, 2, 3, 4, 5])])
def test_epochs_without_validation_have_a_gap(every, checked, capsys):
    options = dict(epochs=5, batch_size=10, validation_data=(X, Y), validation_freq=every)
    table, _ = train({"a": network}, X, Y, **options)
    keras.utils.set_random_seed(0)
    history = network().fit(X, Y, verbose=0, **options).history
    found = table.set_index("epoch")["val_mae"].dropna()
    assert list(found.index) == checked and len(table) == 5
    np.testing.assert_allclose(found, history["val_mae"], rtol=1e-6)


def test_a_dataset_takes_the_place_of_x_and_y(capsys):
    import tensorflow as tf

    table, _ = train({"a": network}, tf.data.Dataset.from_tensor_slices((X, Y)).batch(10), epochs=1)
    by_arrays, _ = train({"a": network}, X, Y, epochs=1, batch_size=10, shuffle=False)
    np.testing.assert_allclose(table.loss, by_arrays.loss, rtol=1e-6)


TRAINED = network()
TRAINED.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    "networks, settings, word",
    [
        ({}, {}, "networks must be a dict"),
        (network, {}, "networks must be a dict"),
        ({"a": TRAINED}, {}, r"networks\['a'\] must be a function"),
        ({"a": lambda: keras.Sequential([keras.Input((3,))])}, {}, "compiles"),
        ({"a": lambda: None}, {}, "returns a Keras model"),
        ({"a": lambda: TRAINED}, {}, "a new model"),
        ({"a": network}, {"epochs": 0}, "epochs"),
        ({"a": network}, {"seeds": ()}, "seeds"),
        ({"a": network}, {"seeds": (0.5,)}, "seeds"),
        ({"a": network}, {"seeds": -1}, "seeds"),
    ],
)
def test_bad_input_of_train_is_named(networks, settings, word):
    with pytest.raises(ValueError, match=word):
        train(networks, X, Y, **{"epochs": 1} | settings)


def test_one_dot_an_epoch_on_one_line(capsys):
    network().fit(X, Y, epochs=5, verbose=0, callbacks=[Dots("a line")])
    assert capsys.readouterr().out == f"{'a line':24} ..... 5 epochs\n"


@pytest.mark.parametrize("batch_size", [40, 7, 3])
def test_as_many_dots_whatever_the_number_of_batches(capsys, batch_size):
    network().fit(X, Y, batch_size, epochs=2, verbose=0, callbacks=[Dots("a", per_epoch=5)])
    assert last_line(capsys).endswith(" .......... 2 epochs")


def test_dots_move_while_a_long_epoch_goes_on(capsys):
    seen = []
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(capsys.readouterr().out))
    network().fit(X, Y, batch_size=4, epochs=1, verbose=0, callbacks=[Dots("a", per_epoch=5), look])
    assert [text.count(".") for text in seen] == [0, 0, 1, 0, 1, 0, 1, 0, 1, 0]


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_dots_of_a_dataset_of_unknown_length(capsys):
    import tensorflow as tf

    def pairs():
        yield from zip(X, Y)

    signature = (tf.TensorSpec((3,)), tf.TensorSpec((1,)))
    unknown = tf.data.Dataset.from_generator(pairs, output_signature=signature).batch(10)
    network().fit(unknown, epochs=2, verbose=0, callbacks=[Dots("a", per_epoch=3)])
    assert last_line(capsys).endswith(" ...... 2 epochs")


def test_epochs_that_were_not_run_are_not_counted(capsys):
    stop = keras.callbacks.EarlyStopping("loss", patience=0, min_delta=1e9)
    network().fit(X, Y, epochs=9, verbose=0, callbacks=[Dots("a"), stop])
    assert last_line(capsys).endswith(" .. 2 epochs")
    network().fit(X, Y, epochs=1, verbose=0, callbacks=[Dots("a")])
    assert last_line(capsys).endswith(" . 1 epoch")


def test_short_runs_show_thirty_dots_and_long_ones_one_for_each_epoch(capsys):
    for epochs, dots in ((4, 32), (31, 31)):
        train({"a": network}, X, Y, epochs=epochs)
        assert last_line(capsys).count(".") == dots


def drawing_network(optimizer=keras.optimizers.Adam):
    """With numbers of every kind: weights, averages, the seed of Dropout, the optimizer's own."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5), keras.layers.BatchNormalization()])
    model.add(keras.layers.Dropout(0.3))
    model.add(keras.layers.Dense(1))
    model.compile(optimizer(0.05), "mse", run_eagerly=True)
    return model


def learn(model, epochs=2):
    return model.fit(X, Y, batch_size=10, epochs=epochs, verbose=0).history["loss"]


OPTIMIZERS = [keras.optimizers.Adam, functools.partial(keras.optimizers.SGD, momentum=0.9)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_from_a_starting_point_repeats_itself(optimizer):
    model = drawing_network(optimizer)
    learn(model, epochs=1)  # a starting point need not be a new model
    restart, losses = starting_point(model), []
    for _ in range(3):
        restart()
        assert int(model.optimizer.iterations) == 4
        keras.utils.set_random_seed(0)
        losses.append(learn(model))
        model.optimizer.learning_rate = 7
    np.testing.assert_allclose(losses[1:], losses[:2], rtol=1e-6)
    restart()
    learn(model, epochs=1)
    assert learn(model)[0] < 0.9 * losses[0][0], "else it proves nothing"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_model_that_starts_from_a_seed_learns_as_one_that_was_built_anew(optimizer):
    keras.utils.set_random_seed(3)
    losses = learn(drawing_network(optimizer))
    keras.utils.set_random_seed(8)
    model = drawing_network(optimizer)
    restart = starting_point(model)
    first = learn(model)
    restart(seed=3)
    assert int(model.optimizer.iterations) == 0
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    np.testing.assert_allclose(learn(model), losses, rtol=1e-6)
    restart(seed=4)
    assert abs(learn(model)[0] - losses[0]) > 1e-3 * losses[0], "else it proves nothing"
    keras.utils.set_random_seed(8)
    restart(new=drawing_network(optimizer))
    np.testing.assert_allclose(learn(model), first, rtol=1e-6)


def test_bad_input_of_a_starting_point_is_named():
    with pytest.raises(ValueError, match="compiled"):
        starting_point(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]))
    unbuilt = keras.Sequential([keras.layers.Dense(1)])
    unbuilt.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"built first.*keras.Input"):
        starting_point(unbuilt)
    model = network(units=[4])
    restart, weights = starting_point(model), model.get_weights()
    learn(model)
    trained = model.get_weights()
    for seed in (-1, 0.5):
        with pytest.raises(ValueError, match="seed"):
            restart(seed)
    for other in (network(), network(units=[5])):
        with pytest.raises(ValueError, match="new must have the layers of"):
            restart(new=other)
    np.testing.assert_equal(model.get_weights(), trained)
    restart()
    np.testing.assert_equal(model.get_weights(), weights)


def test_the_training_step_is_compiled_once(capsys):
    """With metrics and the optimizer's variables at hand, TensorFlow does not need a second attempt."""
    traced = []
    train({"a": counting(dropping, traced)}, X, Y, epochs=2, batch_size=10, validation_data=(X, Y))
    assert len(traced) == 1


# Any argument of `fit`, any model


class Loud(keras.callbacks.Callback):
    """A callback that counts the epochs of all trainings."""

    def __init__(self):
        super().__init__()
        self.seen = 0

    def on_epoch_end(self, epoch, logs=None):
        self.seen += 1


@pytest.mark.parametrize("hold", [list, tuple, keras.callbacks.CallbackList, lambda one: one[0], lambda one: [one, []]])
def test_callbacks_come_as_fit_takes_them(hold, capsys):
    loud = Loud()
    train({"a": network}, X, Y, epochs=2, seeds=(0, 1), callbacks=hold([loud]))
    assert loud.seen == 4


def by_keras(build, x=X, y=Y, **fit):
    """The losses that Keras' own fit gives, the oracle."""
    keras.utils.set_random_seed(0)
    return build().fit(x, y, **{"verbose": 0} | fit).history["loss"]


WEIGHTS = np.linspace(0.1, 2, 40).astype("float32")
OTHERS = [
    {"callbacks": None},
    {"callbacks": []},
    {"verbose": 0},
    {"verbose": 2},
    {"validation_split": 0.25},
    {"sample_weight": WEIGHTS},
    {"steps_per_epoch": 2},
    {"initial_epoch": 1},
]


@pytest.mark.parametrize("options", OTHERS, ids=str)
def test_arguments_of_fit_mean_what_they_mean_there(options, capsys):
    options = {"epochs": 2, "batch_size": 10} | options
    table, _ = train({"a": network}, X, Y, **options)
    np.testing.assert_allclose(table["loss"], by_keras(network, **options), rtol=1e-6)
    assert list(table["epoch"]) == list(range(1 + options.get("initial_epoch", 0), 3))


@pytest.mark.parametrize("every", [np.int64(2), np.uint8(2), range(2, 9, 2), {2, 4}])
def test_epochs_of_validation_in_other_types(every, capsys):
    table, _ = train({"a": network}, X, Y, epochs=4, validation_data=(X, Y), validation_freq=every)
    assert list(table.dropna()["epoch"]) == [2, 4]


class Subclassed(keras.Model):
    """Without inputs: its layers are known when it is called."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)


class Lossless(keras.Sequential):
    """With a training step of its own, which needs no loss, and none that it would compute."""

    def train_step(self, *data):
        return {"steps": 1.0}

    def compute_loss(self, *arguments, **named):
        raise NotImplementedError("no loss here")


def subclassed(start):
    model = Subclassed()
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    start(model)
    return model


@pytest.mark.parametrize(
    "start", [lambda model: None, lambda model: model.build((None, 3)), lambda model: model(X[:1])]
)
def test_a_class_of_its_own_is_trained_before_and_after_it_is_built(start, capsys):
    def build():
        return subclassed(start)

    table, _ = train({"a": build}, X, Y, epochs=2, seeds=(0, 1))
    np.testing.assert_allclose(table["loss"][:2], by_keras(build, epochs=2), rtol=1e-5)
    alone, _ = train({"a": build}, X, Y, epochs=2, seeds=1)
    np.testing.assert_allclose(table["loss"][2:], alone["loss"], rtol=1e-5)


def test_a_training_step_of_its_own_needs_no_loss(capsys):
    def build():
        model = Lossless([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile("sgd", run_eagerly=True)
        return model

    table, _ = train({"a": build}, X, Y, epochs=2, seeds=(0, 1))
    assert list(table["steps"]) == [1] * 4 and "loss" not in table


def test_several_outputs_and_a_loss_that_a_layer_adds(capsys):
    class Adds(keras.layers.Layer):
        def call(self, x):
            self.add_loss(keras.ops.mean(x**2))
            return x

    def two():
        x = keras.Input((3,))
        model = keras.Model(x, {name: keras.layers.Dense(1, name=name)(x) for name in ("p", "q")})
        model.compile(keras.optimizers.SGD(0.1), {"p": "mse", "q": "mae"}, run_eagerly=True)
        return model

    def adding():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1), Adds()])
        model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
        return model

    y = {"p": Y, "q": -Y}
    table, _ = train({"a": two}, X, y, epochs=2)
    np.testing.assert_allclose(table["loss"], by_keras(two, y=y, epochs=2), rtol=1e-5)
    np.testing.assert_allclose(table["loss"], table["p_loss"] + table["q_loss"], rtol=1e-5)
    table, _ = train({"a": adding}, X, epochs=2)
    np.testing.assert_allclose(table["loss"], by_keras(adding, y=None, epochs=2), rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_other_precisions_learn_as_in_fit_and_start_again(policy, capsys):
    def build():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, dtype=policy)])
        optimizer = keras.optimizers.SGD(0.1)
        if policy == "mixed_float16":  # as compile would do, were it the policy of all
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=64)
        model.compile(optimizer, "mse", run_eagerly=True)
        return model

    table, models = train({"a": build}, X, Y, epochs=2, seeds=(1, 0))
    np.testing.assert_allclose(table["loss"][2:], by_keras(build, epochs=2), rtol=1e-3)
    first, restart = models["a"].get_weights(), starting_point(models["a"])
    learn(models["a"])
    assert not np.array_equal(models["a"].get_weights()[0], first[0])
    restart()
    np.testing.assert_equal(models["a"].get_weights(), first)


# No examples, no numbers, names that are taken


def compiled(rate):
    def build():
        model = network()
        model.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=True)
        return model

    return build


@pytest.mark.parametrize("rate", [float("nan"), 0.0, -0.1, float("inf")])
def test_a_learning_rate_that_teaches_nothing_is_refused(rate):
    refuses(lambda: train({"a": compiled(rate)}, X, Y, epochs=1), "learning_rate must be above 0", "0.001", str(rate))
    refuses(lambda: starting_point(compiled(rate)()), "learning_rate must be above 0", str(rate))
    decay = keras.optimizers.schedules.ExponentialDecay(rate, 3, 0.5)
    if rate:
        refuses(lambda: train({"a": compiled(decay)}, X, Y, epochs=1), "learning_rate must be", str(rate))


def test_a_schedule_may_begin_and_end_at_zero_but_not_fall_below(capsys):
    schedules = keras.optimizers.schedules
    up_and_down = schedules.CosineDecay(0.0, 2, warmup_target=0.1, warmup_steps=2)
    table, _ = train({"a": compiled(up_and_down)}, X, Y, epochs=4, batch_size=40)
    assert table["loss"].iloc[-1] < table["loss"].iloc[0]
    below = schedules.PiecewiseConstantDecay([0], [0.1, -0.1])
    refuses(lambda: train({"a": compiled(below)}, X, Y, epochs=3), "learning_rate must not fall below 0", "-0.1")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_training_ends_where_the_loss_is_no_number_and_says_so(value, capsys):
    x = X.copy()
    x[3, 1] = value
    table, _ = train({"bad": network, "good": lambda: network(1e-30)}, x, Y, epochs=4)
    assert len(table[table.name == "bad"]) == 1 and not np.isfinite(table["loss"].iloc[0])
    assert capsys.readouterr().out.splitlines()[0].endswith((" 1 epoch, stopped: loss is nan", ": loss is inf"))
    network().fit(x, Y, epochs=3, verbose=0, callbacks=[Dots("by hand")])
    assert "1 epoch, stopped: loss is" in last_line(capsys)


@pytest.mark.parametrize("name", ["epoch", "seed", "name"])
def test_names_of_columns_are_taken(name, capsys):
    def build():
        model = network()
        model.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsoluteError(name=name)], run_eagerly=True)
        return model

    refuses(lambda: train({"a": build}, X, Y, epochs=2), f"a metric is called {name!r}", "another name")
    refuses(lambda: train({"a": network}, X, Y, epochs=1, measure=lambda model: {name: 1}), f"called {name!r}")


def test_bad_numbers_of_measure_are_named(capsys):
    refuses(lambda: train({"a": network}, X, Y, epochs=1, measure=lambda model: {"loss": 1}), "called 'loss'")
    refuses(lambda: train({"a": network}, X, Y, epochs=1, measure=lambda model: None), "measure must return a dict")


@pytest.mark.parametrize("place", [0, 1])
def test_masked_data_is_refused(place):
    """Keras would read what is under the mask."""
    data = [np.ones((4, 2), "float32"), np.zeros((4, 1))]
    data[place] = np.ma.masked_array(data[place], np.eye(*data[place].shape))
    refuses(lambda: train({"a": lambda: None}, *data, epochs=1), "x and y have masked entries", ".filled(0)")
    plain = [np.ones((4, 2), "float32"), np.zeros((4, 1))]
    refuses(lambda: train({"a": lambda: None}, *plain, epochs=1, validation_data=data), "validation_data", "masked")
    weights = np.ma.masked_array(np.ones(4), [0, 1, 0, 0])
    refuses(lambda: train({"a": lambda: None}, *plain, epochs=1, sample_weight=weights), "sample_weight", "masked")


def test_data_without_examples_and_data_that_ends_are_refused(capsys):
    batches = ((X[:8], Y[:8]) for _ in range(3))
    refuses(lambda: train({"a": network}, batches, epochs=1, seeds=(0, 1)), "x can be read only once", "arrays")
    assert len(train({"a": network}, batches, epochs=1)[0]) == 1, "once is enough for it"
    refuses(lambda: train({"a": network}, X[:0], Y[:0], epochs=1), "at least one example")
    refuses(lambda: train({"a": network}, {"x": X[:0]}, Y, epochs=1), "at least one example")
    refuses(lambda: train({"a": network}, X, [1.0] * 40, epochs=1), "x and y must be arrays", "np.array")
    refuses(lambda: train({"a": network}, X, Y, epochs=1, initial_epoch=1), "at least one example for each epoch")


# What no longer is the model of its starting point


@pytest.mark.parametrize(
    "change, word",
    [
        (lambda model: model.compile("sgd", "mse"), "compiled again"),
        (lambda model: setattr(model, "optimizer", keras.optimizers.Adam()), "compiled again"),
        (lambda model: model.add(keras.layers.Dense(1)), "other layers"),
        (lambda model: model.pop(), "other layers"),
    ],
)
def test_a_changed_model_does_not_restart(change, word):
    model = network(units=[4])
    restart = starting_point(model)
    change(model)
    for again in (restart, lambda: restart(seed=1), lambda: restart(new=network(units=[4]))):
        refuses(again, word, "starting_point(model)", "afterwards")
    model.compile("sgd", "mse")
    starting_point(model)()


@pytest.mark.parametrize("per_epoch", [0, 1.5])
def test_dots_are_counted_in_whole_numbers(per_epoch):
    refuses(lambda: Dots("a", per_epoch=per_epoch), "per_epoch must be")


def test_small_integers_of_numpy_count_the_dots(capsys):
    network().fit(X, Y, batch_size=2, epochs=1, verbose=0, callbacks=[Dots("a", per_epoch=np.uint8(30))])
    assert last_line(capsys).count(".") == 30
