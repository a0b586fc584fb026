"""Training helpers that Keras lacks: runs over several seeds, fresh starts, progress as dots."""

import contextlib
import gc

import keras
import numpy as np
import pandas as pd

from utils.validation import has_masked, integer

OWN_COLUMNS = {"name", "seed", "epoch"}


def train(networks, x, y=None, *, epochs, seeds=0, measure=None, **fit):
    """Train each network once per seed and return its learning curves.

    Args:
        networks: A dict: name -> function without arguments that builds and compiles a model. It is called after the
            seed is set, which so decides the first weights and the order of the batches.
        x, y: As for Keras' `fit`: arrays, or a tf.data.Dataset in place of both.
        epochs: The number of epochs.
        seeds: An int or several. Only the first seed compiles a training step: for each further one that model starts
            over with the numbers of a new one.
        measure: A function of the model that returns numbers by name, such as {"test error": 0.1}. It is called after
            each training; its numbers stand in the row of the last epoch.
        fit: Further arguments of Keras' `fit`, such as batch_size, validation_data, callbacks; verbose is 0 by default.

    Returns:
        (table, models). `table` is a DataFrame with the columns "name", "seed", "epoch" (from 1), one for each entry of
        Keras' history, and those of `measure`. "loss", "accuracy", ... are averages over the batches of the epoch,
        while the weights change; "val_loss", "val_accuracy", ... are taken after the epoch, NaN where validation_freq
        leaves it out. A training whose loss becomes NaN or infinite ends with that epoch, and its line says so.
        `models` is a dict: name -> the model as the last seed left it. (TensorFlow 2.21 keeps the weights of every
        trained model until Python ends, see https://github.com/tensorflow/tensorflow/issues/80895; JAX does not.)

    Raises:
        ValueError: For networks that are not functions, or return a model that is not compiled or has been trained; for
            a learning rate that is not above 0, no examples, and numbers with the names of other columns.

    Introduced in notebook 05.
    """
    epochs, seeds = integer("epochs", epochs, 1), np.atleast_1d(seeds)
    if not isinstance(networks, dict) or not networks:
        raise ValueError(f'networks must be a dict with at least one entry, {{"name": function}}, got {networks!r}')
    if not len(seeds):
        raise ValueError("seeds must hold at least one int, for example (0, 1, 2)")
    _check_examples(x, y, again=len(networks) * len(seeds) > 1 and not fit.get("steps_per_epoch"))
    _check_no_mask("validation_data and sample_weight", [fit.get("validation_data"), fit.get("sample_weight")])
    tables, models = [], {}
    for name, build in networks.items():
        restart = known = None
        for seed in (integer("seeds", seed, 0) for seed in seeds):
            keras.utils.set_random_seed(seed)
            new = _new_model(name, build)
            description = _description(new)
            if description and description == known:
                restart(new=new)
            else:
                models[name], known = new, description
                restart = description and starting_point(new)
            del new
            gc.collect()  # Keras models contain reference cycles; without this, those no longer needed stay in memory
            history = _history(models[name], f"{name}, seed {seed}", x, y, epochs, **fit)
            for key, value in _measured(measure, models[name], history).items():
                history.loc[history.index[-1], key] = value
            tables.append(history.assign(name=name, seed=seed))
    table = pd.concat(tables, ignore_index=True)
    return table[["name", "seed", *table.columns.drop(["name", "seed"])]], models


def starting_point(model):
    """Save the state of a model, so that training can restart from it without recompiling.

    Compiling the training step takes a second or more, often longer than training a small network.

    Args:
        model: A Keras model, built and compiled.

    Returns:
        A function `restart(seed=None, new=None)` that restores the weights, the optimizer's counters and averages, and
        the learning rate. With seed=3, say, the model gets new random weights instead, and the seed also decides the
        order of the batches in a `fit` that follows. With new=other it gets the weights of another model that has the
        same layers. `restart` raises ValueError for other layers, and if the model was compiled again or given other
        layers in the meantime: then it needs a new starting point.

    Raises:
        ValueError: For a model that is not built or not compiled, and a learning rate that is not above 0.

    Introduced in notebook 04.
    """
    if getattr(model, "optimizer", None) is None:
        raise ValueError(f"model must be compiled first, with model.compile(...), got {model!r}")
    if not model.built or not model.variables:
        raise ValueError(f"model must be built first; begin its layers with keras.Input(shape), got {model!r}")
    _check_rate(model.optimizer)
    optimizer, own = model.optimizer, list(model.variables)
    optimizer.build(model.trainable_variables)
    variables = [*own, *optimizer.variables]
    values = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]

    def restart(seed=None, new=None):
        _check_unchanged(model, optimizer, own)
        if seed is not None:
            keras.utils.set_random_seed(integer("seed", seed, 0))
            new = keras.models.clone_model(model) if new is None else new
        if new is not None and [v.shape for v in new.variables] != [v.shape for v in model.variables]:
            raise ValueError(f"new must have the layers of {model.name}, but its weights have other shapes")
        for variable, value in zip(variables, values):
            variable.assign(value)
        if new is not None:
            for variable, value in zip(model.variables, new.variables):  # also the seeds of Dropout
                variable.assign(value)

    return restart


class Dots(keras.callbacks.Callback):
    """Show progress as dots on one line, the same in every run, so that outputs can be compared.

    For `fit` and `predict` with verbose=0. Where a loss becomes NaN or infinite, training ends, and the line says so:
    no further epoch would mend that.

    Args:
        name: The beginning of the line.
        per_epoch: Dots for each epoch; with more than one, the first of them come before the epoch is over.

    Introduced in notebook 01.
    """

    def __init__(self, name, per_epoch=1):
        super().__init__()
        self.name = name
        self.per_epoch = integer("per_epoch", per_epoch, 1)

    def on_train_begin(self, logs=None):
        self.epochs, self.stopped = 0, ""
        print(f"{self.name:<24} ", end="", flush=True)

    def on_epoch_begin(self, epoch, logs=None):
        self.shown = 0

    def on_train_batch_begin(self, batch, logs=None):  # on_train_batch_end would make Keras wait for every batch
        if self.params["steps"]:  # unknown in the first epoch of a generator
            self._show(batch * self.per_epoch // self.params["steps"])

    def on_epoch_end(self, epoch, logs=None):
        self._show(self.per_epoch)
        self.epochs += 1
        for name, value in (logs or {}).items():
            if name.endswith("loss") and not name.startswith("val_") and not np.isfinite(value).all():
                self.model.stop_training, self.stopped = True, f", stopped: {name} is {value}"

    def on_train_end(self, logs=None):
        print(f" {self.epochs} epoch{'s' if self.epochs != 1 else ''}{self.stopped}", flush=True)

    def on_predict_begin(self, logs=None):
        self.on_train_begin()
        self.on_epoch_begin(0)

    on_predict_batch_begin = on_train_batch_begin

    def on_predict_end(self, logs=None):
        self._show(self.per_epoch)
        print(flush=True)

    def _show(self, dots):
        if dots > self.shown:  # flushing costs time even if nothing was printed
            print("." * (dots - self.shown), end="", flush=True)
            self.shown = dots


def _history(model, title, x, y, epochs, callbacks=None, verbose=0, **fit):
    if model.built and model.trainable_variables:  # else fit() creates these, and TensorFlow compiles the step twice
        model.optimizer.build(model.trainable_variables)
        if keras.backend.backend() == "tensorflow" and y is not None:
            with contextlib.suppress(Exception):  # a train_step of one's own may do without; if not, fit says why
                _make_metrics(model, *keras.tree.map_structure(lambda values: values[:1], (x, y)))
    callbacks = getattr(callbacks, "callbacks", keras.tree.flatten(callbacks) if callbacks else [])  # as fit reads them
    check = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _check_epoch(model, logs))
    dots = Dots(title, per_epoch=-(-30 // epochs))  # 30 for the whole run, or more
    every = fit.get("validation_freq", 1)
    if "validation_freq" in fit:  # in the types that fit takes
        every = integer("validation_freq", every, 1) if hasattr(every, "__index__") else list(every)
        fit["validation_freq"] = every
    history = model.fit(x, y, epochs=epochs, verbose=verbose, callbacks=[*callbacks, check, dots], **fit)
    if not history.history:
        raise ValueError(f"x must hold at least one example for each epoch, and epochs={epochs} exceed initial_epoch")
    table = pd.DataFrame({"epoch": np.array(history.epoch) + 1})
    checked = table["epoch"] % every == 0 if isinstance(every, int) else table["epoch"].isin(every)
    for key, values in history.history.items():
        table.loc[checked if key.startswith("val_") else table.index, key] = values
    return table


def _make_metrics(model, x, y):
    """Create the variables of loss and metrics; one example is enough."""
    prediction = model(x)
    model.compute_loss(x, y, prediction)
    model.compute_metrics(x, y, prediction)
    model.reset_metrics()


def _description(model):
    """Return layers and optimizer as configurations, without the names that Keras counts on; None if they have none."""
    if not model.built or not model.trainable_variables:  # as after build() of a model that is a class of its own
        return None
    try:
        parts = [*model.layers, model.optimizer]
        return [(type(part), {**part.get_config(), "name": None}) for part in parts]
    except NotImplementedError:
        return None


def _new_model(name, build):
    model = build() if callable(build) and not isinstance(build, keras.Model) else None
    if getattr(model, "optimizer", None) is None:
        raise ValueError(
            f"networks[{name!r}] must be a function that builds, compiles and returns a Keras model, got {build!r}"
        )
    if int(keras.ops.convert_to_numpy(model.optimizer.iterations)) > 0:
        raise ValueError(
            f"networks[{name!r}] must build a new model whenever it is called, but returned one that was trained before"
        )
    _check_rate(model.optimizer)
    return model


def _check_unchanged(model, optimizer, variables):
    """Refuse to restart a model that is no longer the one of the starting point."""
    if model.optimizer is not optimizer:
        raise ValueError(f"{model.name} was compiled again after its starting_point(model); take a new one afterwards")
    if list(map(id, model.variables)) != list(map(id, variables)):
        raise ValueError(f"{model.name} got other layers after its starting_point(model); take a new one afterwards")


def _check_rate(optimizer):
    """Refuse a learning rate with which nothing is learned; a schedule may begin at 0."""
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    settings = getattr(optimizer, "inner_optimizer", optimizer).get_config()  # inside: in mixed precision
    schedule = isinstance(settings.get("learning_rate"), dict)
    if not (0 < rate < np.inf or (schedule and rate == 0)):
        raise ValueError(f"learning_rate must be above 0 and finite, for example 0.001, got {rate}")


def _check_epoch(model, logs):
    """Refuse names of metrics that the table has already, and what a schedule or a callback makes of the rate."""
    _check_new(logs, OWN_COLUMNS, "a metric")
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    if not 0 <= rate < np.inf:
        raise ValueError(f"learning_rate must not fall below 0 and be finite, but after an epoch it is {rate}")


def _check_no_mask(names, arrays):
    """Refuse masked entries."""
    if any(map(has_masked, keras.tree.flatten(arrays))):
        raise ValueError(f"{names} have masked entries, which Keras would read; fill them first, as with .filled(0)")


def _check_examples(x, y, again):
    """Refuse data without an example, and data that can be read only once where it has to be read again."""
    leaves = keras.tree.flatten((x, y))
    _check_no_mask("x and y", leaves)
    if any(len(getattr(part, "shape", ())) and part.shape[0] == 0 for part in leaves):
        raise ValueError("x and y must hold at least one example, got none")
    if any(map(np.isscalar, leaves)):
        raise ValueError("x and y must be arrays or a dataset; turn a list of numbers into one with np.array")
    if again and hasattr(x, "__next__"):
        raise ValueError("x can be read only once, but every network and seed reads it; give arrays or a dataset")


def _measured(measure, model, history):
    """Return the numbers of `measure` by name, none of which may be the name of another column."""
    found = measure(model) if measure else {}
    if not isinstance(found, dict):
        raise ValueError(f'measure must return a dict, such as {{"test error": 0.1}}, got {found!r}')
    _check_new(found, {*OWN_COLUMNS, *history.columns}, "a number of measure")
    return found


def _check_new(names, taken, giver):
    """Refuse names of columns that the table has already."""
    if again := sorted(set(names or ()) & set(taken)):
        raise ValueError(f"{giver} is called {again[0]!r}, as another column of the table; give it another name")
