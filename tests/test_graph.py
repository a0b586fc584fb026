"""The graph of a Keras model against what was built."""

import keras
import numpy as np
import pytest
from keras import layers

from tests.helpers import refuses
from utils.graph import Call, calls, layer_outputs, run, up_to, window_of, without_weights


def branched():
    """A shared layer, an operation, branches of different length, a tensor that is read twice."""
    x = keras.Input((6, 6, 2), name="image")
    shared = layers.Conv2D(2, 3, padding="same", name="shared")
    a = shared(x)
    b = shared(layers.ReLU(name="relu")(a))
    left, right = layers.Conv2D(3, 1, name="left")(b), layers.Conv2D(3, 1, name="right")(a)
    y = layers.Add(name="add")([right, left, right]) * 2.0
    return keras.Model(x, layers.GlobalAveragePooling2D(name="mean")(y))


def stacked():
    return keras.Sequential([keras.Input((5,), name="series"), layers.Dense(3, name="d1"), layers.Dense(2, name="d2")])


def two_in_two_out():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    total = layers.Add(name="total")([a, b])
    return keras.Model([a, b], [layers.Dense(2, name="first")(total), layers.ReLU(name="second")(total)])


def nested():
    x = keras.Input((5,), name="series")
    return keras.Model(x, layers.Dense(2, name="last")(stacked()(x)))


def names(model, places):
    return [calls(model)[place].layer.name for place in places]


def test_calls_come_after_what_they_read():
    model = branched()
    found = calls(model)
    assert all(isinstance(call, Call) for call in found)
    assert [call.layer.name for call in found].count("shared") == 2
    assert len(found) == len(model.layers) + 2  # a second call, and a product
    for place, call in enumerate(found):
        assert all(parent < place < child for parent in call.parents for child in call.children or [place + 1])
        assert [id(tensor) for tensor in call.inputs] == [
            next(id(t) for t in found[parent].outputs if t is tensor)
            for parent, tensor in zip(call.parents, call.inputs)
        ]
        assert all(place in found[child].parents for child in call.children)
        assert call.depth == 1 + max((found[child].depth for child in call.children), default=-1)


def test_parents_are_those_of_each_input_and_children_come_as_they_were_built():
    model = branched()
    by_name = {call.layer.name: call for call in calls(model)}
    assert names(model, by_name["add"].parents) == ["right", "left", "right"]
    first, second = (call for call in calls(model) if call.layer.name == "shared")
    assert names(model, first.parents) == ["image"] and names(model, second.parents) == ["relu"]
    assert names(model, first.children) == ["relu", "right"] and names(model, second.children) == ["left"]
    assert by_name["image"].inputs == by_name["image"].parents == by_name["mean"].children == []


def test_a_layer_in_two_models_has_the_calls_of_each():
    whole = stacked()
    part = keras.Sequential([keras.Input((5,)), whole.get_layer("d1")])
    layers.ReLU()(whole.get_layer("d1").output)  # read outside of both
    for model, readers in ((whole, ["d2"]), (part, [])):
        (call,) = (call for call in calls(model) if call.layer.name == "d1")
        assert names(model, call.children) == readers
        assert call.outputs[0] is calls(model)[-1].outputs[0] or readers


@pytest.mark.parametrize("build", [branched, stacked, two_in_two_out, nested])
def test_running_the_graph_is_calling_the_model(build):
    model = build()
    x = [np.random.default_rng(0).normal(size=(4, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    x = x if len(x) > 1 else x[0]
    seen = []

    def call(layer, *inputs, **arguments):
        seen.append(layer.name)
        return layer(*inputs, **arguments)

    found, expected = run(model, x, call), model(x)
    assert isinstance(found, list) == isinstance(expected, list)
    for ours, kerass in zip(keras.tree.flatten(found), keras.tree.flatten(expected)):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (ours, kerass)), atol=1e-6)
    assert seen == [call.layer.name for call in calls(model) if call.inputs]


def test_another_way_to_call_a_layer_is_used():
    model = stacked()
    doubled = run(model, np.ones((1, 5), "float32"), lambda layer, x: 2 * layer(x))
    first, second = model.layers
    expected = 2 * second(2 * first(np.ones((1, 5), "float32")))
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (doubled, expected)), rtol=1e-5)


def test_nothing_is_added_to_keras_own_record_and_no_automatic_name_is_used_up():
    model = stacked()

    def state():
        name = keras.Model(model.inputs, model.outputs).name  # functional, functional_1, ...
        return int(name.partition("_")[2] or 0), [len(layer._inbound_nodes) for layer in model.layers]

    number, nodes = state()
    calls(model)
    run(model, np.ones((1, 5), "float32"), lambda layer, x: layer(x))
    assert state() == (number + 1, nodes)


def test_parts_share_weights_and_lead_to_what_was_asked_for():
    model = branched()
    part = up_to(model, ["left", "add"])
    assert part.get_layer("left") is model.get_layer("left")
    assert [tuple(output.shape[1:]) for output in part.outputs] == [(6, 6, 3)] * 2
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 2)).astype("float32")
    found = [keras.ops.convert_to_numpy(network(x)) for network in (up_to(model, "mean"), model)]
    np.testing.assert_allclose(*found, atol=1e-6)
    assert list(layer_outputs(model)) == ["shared", "relu", "right", "left", "add", "mean"]
    assert [len(outputs) for outputs in layer_outputs(model).values()] == [2, 1, 1, 1, 1, 1]
    refuses(lambda: up_to(model, "shared"), "'shared' is used 2 times")
    with pytest.raises(ValueError, match=r"layer must be .* got 'conv'; its layers are: shared"):
        up_to(model, "conv")
    with pytest.raises(ValueError, match=r"model must be .* one batch of images, got .* 2 inputs"):
        up_to(two_in_two_out(), "total")


def test_windows():
    assert window_of(layers.Conv2D(1, (3, 5))) == (3, 5)
    assert window_of(layers.MaxPooling2D(2)) == (2, 2)
    assert window_of(layers.Conv1D(1, 4)) == (4,)
    assert window_of(layers.Dense(3)) is window_of(layers.ReLU()) is None


def test_without_weights_leaves_other_weights_alone():
    with without_weights():
        bare = layers.Dense(3)
        bare.build((None, 2))
    real = layers.Dense(3)
    real.build((None, 2))
    with keras.StatelessScope():
        pass
    assert bare.kernel.shape == (2, 3) and bare.kernel._value is None
    assert np.any(real.get_weights()[0])
    with pytest.raises(KeyError), without_weights():
        raise KeyError
    assert np.any(keras.ops.convert_to_numpy(layers.Dense(1)(np.ones((1, 4)))))


@pytest.mark.parametrize(
    "model", [None, "vgg16", layers.Dense(2), keras.Sequential([layers.Dense(2)]), keras.Sequential()], ids=str
)
def test_what_has_no_graph_is_refused(model):
    with pytest.raises(ValueError, match=r"model must be a Keras model whose input shape is known, got .*keras.Input"):
        calls(model)
