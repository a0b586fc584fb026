"""On Keras' other backends, networks and what looks inside them give the numbers that they give here."""

import contextlib
import functools
import gc
import importlib.util
import os
from unittest import mock

import keras
import numpy as np
import pytest

from tests.helpers import child
from tests.networks import LOSSES, SMALL, digest, fill, inception, noise, photos, residual, small
from utils.deconvnet import RULES, deconvnet
from utils.interpret import feature_maps, input_gradient, top_patches
from utils.models import efficientnet_lite0
from utils.pretrained import preprocess_input

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")


def networks():
    """The outputs of every network for the same weights and images; those with new kinds of layers make a step."""
    found, trained = {}, set()
    gc.collect()
    gc.freeze()  # so that the collections below need not search through all modules again
    # small ones first: between them they have the layers of GoogLeNet, whose step takes JAX long to compile
    builders = {"inception": inception, "residual": residual, **SMALL}
    for name, build in builders.items():
        with without_initial_weights():
            model = fill(build())
        x = photos(model, 2)
        found.update({f"{name} output {i}": y for i, y in enumerate(keras.tree.flatten(model.predict_on_batch(x)))})
        kinds = {type(layer) for layer in model.layers}
        if kinds <= trained:
            continue
        trained |= kinds
        before = {weight.path: weight.numpy() for weight in model.trainable_weights}
        layer_names = {layer.name for layer in model.layers}
        # TensorFlow computes operation by operation, which spares compiling a single step; on JAX that takes longer
        eagerly = keras.backend.backend() == "tensorflow"
        scores = name in ("inception", "residual")  # the others end with probabilities
        loss = LOSSES.get(name, keras.losses.SparseCategoricalCrossentropy(from_logits=scores))
        model.compile(keras.optimizers.SGD(0.01), loss, run_eagerly=eagerly)
        loss = model.train_on_batch(x, [np.array([1, 2])] * len(model.outputs))
        assert np.isfinite(loss).all(), (name, loss)
        for weight in model.trainable_weights:
            value = weight.numpy()
            assert np.isfinite(value).all(), (name, weight.path)
            # a bias in front of batch normalisation has no gradient, only rounding errors, and not always those
            idle = weight.path.endswith("/bias") and f"{weight.path.removesuffix('/bias')}_norm" in layer_names
            assert idle or not np.array_equal(value, before[weight.path]), (name, weight.path)
        del model, before
        gc.collect()
    gc.unfreeze()
    assert len(found) == len(builders) + 2 and len(trained) > 15
    return found


def without_initial_weights():
    """Spare the drawing of initial weights that are replaced: on JAX it takes half of the time."""
    stack = contextlib.ExitStack()
    for initializer in (keras.initializers.VarianceScaling, keras.initializers.RandomNormal):
        stack.enter_context(mock.patch.object(initializer, "__call__", lambda self, shape, **_: np.zeros(shape)))
    return stack


def interpreted():
    """What looks inside a network finds there."""
    images = photos(model := fill(small()))
    maps = feature_maps(model, images, "concat")["concat"]
    strongest = np.unravel_index(maps[0].argmax(), maps[0].shape)
    return {rule: deconvnet(model, images, "concat", 1, rule=rule) for rule in RULES} | {
        "maps": maps,
        "windows": [patch.window for patch in top_patches(model, images, "concat")[1]],
        "derivative": input_gradient(model, images[0], strongest),
    }


def pretrained():
    """The probabilities of EfficientNet-Lite0 with ImageNet's weights, and all of these."""
    with without_initial_weights():
        model = efficientnet_lite0(input_shape=(64, 64, 3))
    return {
        "probabilities": model.predict_on_batch(preprocess_input(noise(2, 64, 64, 3))),
        "weights": np.frombuffer(bytes.fromhex(digest(model)), "uint8"),
    }


TOLERANCES = {networks: {"rtol": 1e-3, "atol": 1e-4}, interpreted: {"atol": 1e-4}, pretrained: {"atol": 1e-5}}


def save(folder):
    """Compute all on the backend that the environment names."""
    assert keras.backend.backend() == os.environ["KERAS_BACKEND"] != "tensorflow"
    for part in TOLERANCES:
        np.savez(folder / part.__name__, **part())


no_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is not installed: no requirement")


@pytest.fixture(scope="module", params=["jax", pytest.param("torch", marks=no_torch)])
def elsewhere(request, tmp_path_factory):
    """A function that returns what a process with another backend finds, which computes while this one goes on."""
    folder = tmp_path_factory.mktemp(request.param)
    flags = "--xla_backend_optimization_level=0"  # compiling is most of the work
    environment = os.environ | {"KERAS_BACKEND": request.param, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    code = "import pathlib, sys\nfrom tests import test_backends\ntest_backends.save(pathlib.Path(sys.argv[1]))"

    def found(part):
        complaints = process.communicate()[1] if process.poll() is None else ""
        assert (folder / f"{part.__name__}.npz").exists(), complaints
        return np.load(folder / f"{part.__name__}.npz")

    with child(code, folder, env=environment) as process:
        yield found
        process.kill()


here = functools.cache(lambda part: part())


@pytest.mark.parametrize("part", TOLERANCES)
def test_other_backends_find_the_same(part, elsewhere):
    expected = here(part)
    found = elsewhere(part)
    assert set(expected) == set(found)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], err_msg=name, **TOLERANCES[part])
        assert np.ptp(expected[name]) > 1e-3, name
