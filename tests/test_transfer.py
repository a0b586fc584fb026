"""Transfer learning: what is frozen stays as it is, bit by bit, and what is counted is what is trained."""

import re

import keras
import numpy as np
import pytest
from keras import layers

from tests.helpers import refuses
from utils.blocks import BLOCK_PATTERNS, block_of
from utils.graph import without_weights
from utils.pretrained import backbone
from utils.transfer import Way, add_head, block_ends, block_names, compute_features, freeze, split_at_blocks, unfreeze


def tiny(pooling=True):
    """Two residual blocks with batch normalisation; the shortcut of the second passes its boundary."""
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="stem_conv")(image)
    for block in ("block1a", "block1b"):
        y = layers.Conv2D(4, 3, padding="same", use_bias=False, name=f"{block}_conv")(x)
        y = layers.BatchNormalization(momentum=0.5, name=f"{block}_bn")(y)
        y = layers.ReLU(name=f"{block}_activation")(y)
        x = layers.Add(name=f"{block}_add")([x, y])
    x = layers.Conv2D(6, 1, name="top_conv")(x)
    if pooling:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return keras.Model(image, x, name="tiny")


STEM, CONV, NORM, TOP, HEAD = 3 * 4 * 9 + 4, 4 * 4 * 9, 4 * 4, 4 * 6 + 6, 6 * 3 + 3


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return add_head(tiny(), 3)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(12, 8, 8, 3)).astype("float32"), np.arange(12) % 3


def train(model, x, y):
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=2, batch_size=4, verbose=0)


def weights(model):
    """The weights of each layer, by its name."""
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}


def changed(before, after):
    """The names of the layers of which any weight is another one now, and of those of which all are."""
    different = {name: [not np.array_equal(a, b) for a, b in zip(before[name], after[name])] for name in before}
    return ({name for name in before if any(different[name])}, {name for name in before if all(different[name])})


# The head


def test_a_head_on_a_base():
    base = tiny()
    model = add_head(base, 5, dropout=0.3, name="flowers")
    assert model.name == "flowers" and model.output_shape == (None, 5)
    assert [layer.name for layer in model.layers] == [*(layer.name for layer in base.layers), "head_dropout", "head"]
    assert model.get_layer("head_dropout").rate == 0.3
    assert all(ours is theirs for ours, theirs in zip(model.layers, base.layers))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(np.ones((1, 8, 8, 3)))), 1 / 5, rtol=1e-6)
    logits = add_head(base, 5, classifier_activation=None)
    assert "head_dropout" not in [layer.name for layer in logits.layers]
    assert logits.get_layer("head").activation is keras.activations.linear
    x = np.ones((1, 8, 8, 3))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x)).sum(), 1, rtol=1e-6)


def test_bad_heads():
    refuses(lambda: add_head(tiny(pooling=False), 3), "must end in a vector", "(None, 8, 8, 6)", 'pooling="avg"')
    refuses(lambda: add_head(tiny(), 0), "classes must be at least 1, got 0")
    image = keras.Input((4,))
    refuses(lambda: add_head(keras.Model(image, [image, image * 2]), 3), "one input and one output, got 1 and 2")
    refuses(lambda: add_head(keras.Sequential([layers.Dense(2)]), 3), "keras.Input(shape=...)")
    for dropout in (-0.1, 1, 20):
        refuses(lambda: add_head(tiny(), 3, dropout=dropout), "dropout must be", str(dropout))


# Freezing


def test_only_the_head_learns_after_freeze(model, data):
    table = freeze(model)
    before = weights(model)
    train(model, *data)
    some, every = changed(before, weights(model))
    assert some == every == {"head"}
    assert list(table.columns) == ["name", "layers", "parameters", "trainable"]
    assert table.values.tolist() == [
        ["stem_conv", 1, STEM, 0],
        ["block1a", 2, CONV + NORM, 0],
        ["block1b", 2, CONV + NORM, 0],
        ["top_conv", 1, TOP, 0],
        ["head", 1, HEAD, HEAD],
        ["total", 7, STEM + 2 * (CONV + NORM) + TOP + HEAD, HEAD],
    ]


@pytest.mark.parametrize(
    "options, learning, trainable",
    [
        ({"blocks": 1}, {"block1b_conv", "top_conv"}, CONV + TOP),
        ({"blocks": 2}, {"block1a_conv", "block1b_conv", "top_conv"}, 2 * CONV + TOP),
        ({"layers": 1}, {"top_conv"}, TOP),
        ({"layers": 2}, {"block1b_conv", "top_conv"}, CONV + TOP),
        ({"layers": 4}, {"stem_conv", "block1a_conv", "block1b_conv", "top_conv"}, STEM + 2 * CONV + TOP),
    ],
)
def test_what_is_unfrozen_learns_and_nothing_else(options, learning, trainable, model, data):
    unfreeze(model, blocks=2)  # what was unfrozen before does not matter
    table = unfreeze(model, **options)
    total = table.set_index("name").loc["total"]
    assert total["trainable"] == trainable + HEAD == sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert total["parameters"] == model.count_params() and total["layers"] == 7
    before = weights(model)
    train(model, *data)
    some, every = changed(before, weights(model))
    assert some == every == learning | {"head"}
    freeze(model)
    before = weights(model)
    train(model, *data)
    assert changed(before, weights(model))[0] == {"head"}


def test_batch_normalisation_computes_with_its_averages_while_training(model, data):
    unfreeze(model, blocks=2)
    x, base = data[0], keras.Model(model.input, model.get_layer("head").input)  # the head is still zero
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(base(x, training=True)),
        keras.ops.convert_to_numpy(base(x, training=False)),
        rtol=1e-6,
    )
    for layer in model.layers:
        layer.trainable = True
    difference = keras.ops.convert_to_numpy(base(x, training=True) - base(x, training=False))
    assert np.abs(difference).max() > 1e-3


class Unit(layers.Layer):
    """A layer of one's own, with batch normalisation in a list."""

    def __init__(self, **options):
        super().__init__(**options)
        self.steps = [layers.Conv2D(4, 1), layers.BatchNormalization(momentum=0.5)]

    def call(self, x, training=False):
        for step in self.steps:
            x = step(x, training=training) if isinstance(step, layers.BatchNormalization) else step(x)
        return x


def nested_model():
    return keras.Sequential([keras.Input((8, 8, 3)), Unit(name="unit")], name="outer")


HOLDERS = {  # what holds batch normalisation, and how many of its numbers may be learned
    "in a model": (lambda: tiny(pooling=False), STEM + 2 * CONV + TOP),
    "in a layer of one's own": (lambda: Unit(name="unit"), 3 * 4 + 4),
    "in a layer in a model": (nested_model, 3 * 4 + 4),
    "in TimeDistributed": (lambda: layers.TimeDistributed(layers.BatchNormalization(momentum=0.5), name="rows"), 0),
    "in Sequential in TimeDistributed": (
        lambda: layers.TimeDistributed(
            keras.Sequential([layers.Dense(2), layers.BatchNormalization(momentum=0.5)]), name="rows"
        ),
        3 * 2 + 2,
    ),
}


@pytest.mark.parametrize("where", HOLDERS)
def test_batch_normalisation_stays_frozen_wherever_it_is(where, data):
    build, learned = HOLDERS[where]
    image = keras.Input((8, 8, 3), name="image")
    base = keras.Model(image, layers.GlobalAveragePooling2D()(build()(layers.Conv2D(3, 1, name="first")(image))))
    model = add_head(base, 3)
    model.trainable = True
    table = unfreeze(model, layers=1)
    expected = (learned or 3 * 3 + 3) + model.get_layer("head").count_params()  # else the layer before it
    assert table["trainable"].iloc[-1] == expected == sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    norms = [layer for layer in model._flatten_layers() if isinstance(layer, layers.BatchNormalization)]
    before = [layer.get_weights() for layer in norms]
    train(model, *data)
    assert norms and all(not layer.trainable for layer in norms)
    for layer, values in zip(norms, before):
        np.testing.assert_equal(layer.get_weights(), values, err_msg="averages included")


def test_depthwise_filters_inside_other_layers_stay_frozen_too():
    image = keras.Input((8, 8, 3), name="image")
    inside = keras.Sequential([layers.DepthwiseConv2D(3), layers.Conv2D(4, 1)], name="inside")
    wrapped = layers.TimeDistributed(keras.Sequential([layers.Reshape((6, 1, 4)), layers.DepthwiseConv2D(1)]))
    model = add_head(keras.Model(image, layers.Flatten()(wrapped(inside(image)))), 2)
    table = unfreeze(model, layers=1, depthwise=False).set_index("name")
    assert table["trainable"]["inside"] == 3 * 4 + 4 == table["trainable"]["total"] - table["trainable"]["head"]


@pytest.mark.parametrize("kind", [int, np.uint8, np.int8, np.uint64, np.int64])
def test_whole_numbers_of_every_kind_count_the_same(kind, model):
    """-x wraps for an unsigned integer of NumPy, where it is 254 or more."""
    assert unfreeze(model, blocks=kind(2))["trainable"].iloc[-1] == 2 * CONV + TOP + HEAD
    assert unfreeze(model, layers=kind(2))["trainable"].iloc[-1] == CONV + TOP + HEAD
    front, rest = split_at_blocks(model, kind(1))
    assert front.layers[-1].name == "block1a_add" and rest.layers[-1].name == "head"
    refuses(lambda: unfreeze(model, blocks=kind(3)), "blocks must be at most 2, as many as", "got 3")


def test_a_model_that_was_frozen_as_a_whole(model):
    model.trainable = False
    assert freeze(model)["trainable"].iloc[-1] == HEAD
    model.trainable = False
    assert unfreeze(model, layers=1)["trainable"].iloc[-1] == TOP + HEAD


def test_bad_arguments_of_unfreeze(model):
    refuses(lambda: unfreeze(model), "either blocks or layers")
    refuses(lambda: unfreeze(model, blocks=1, layers=1), "either blocks or layers")
    refuses(lambda: unfreeze(model, blocks=3), "blocks must be at most 2", "got 3")
    refuses(lambda: unfreeze(model, layers=5), "layers must be at most 4", "got 5")
    refuses(lambda: unfreeze(model, blocks=0), "blocks must be at least 1, got 0")
    refuses(lambda: unfreeze(model, layers=2.0), "layers must be a whole number, got 2.0")
    for function in (freeze, lambda base: unfreeze(base, blocks=1), lambda base: unfreeze(base, layers=1)):
        refuses(lambda: function(tiny()), '"head"', "tiny has none", "add_head")
    plain = add_head(keras.Sequential([keras.Input((3,)), layers.Dense(2, name="only")]), 2)
    refuses(lambda: unfreeze(plain, blocks=1), "at most 0", "layers=")


# Blocks of known networks


KNOWN = {  # how many blocks, the first and the last, what precedes the last, the layers that unfreeze(blocks=1) trains
    "EfficientNetLite0": (16, "block1a", "block7a", "block6d_add", {
        "block7a_expand_conv", "block7a_dwconv", "block7a_project_conv", "top_conv"}),
    "MobileNetV2": (17, "expanded_conv", "block_16", "block_15_add", {
        "block_16_expand", "block_16_depthwise", "block_16_project", "Conv_1"}),
    "MobileNet": (13, "conv_1", "conv_13", "conv_pw_12_relu", {"conv_dw_13", "conv_pw_13"}),
    "ResNet50": (16, "conv2_block1", "conv5_block3", "conv5_block2_out", {
        "conv5_block3_1_conv", "conv5_block3_2_conv", "conv5_block3_3_conv"}),
    "VGG16": (5, "block1", "block5", "block4_pool", {"block5_conv1", "block5_conv2", "block5_conv3"}),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_blocks_of_known_networks(name):
    count, first, last, before, learning = KNOWN[name]
    base, _ = backbone(name, (32, 32, 3), weights=None)
    model = add_head(base, 4)
    names = block_names(model)
    assert (len(names), names[0], names[-1]) == (count, first, last)
    table = unfreeze(model, blocks=1).set_index("name")
    assert {layer.name for layer in model.layers if layer.trainable_weights} == learning | {"head"}
    assert table["parameters"]["total"] == model.count_params() and set(names) <= set(table.index)
    assert table["trainable"]["total"] == sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    refuses(lambda: unfreeze(model, blocks=count + 1), f"blocks must be at most {count}")
    front, rest = split_at_blocks(model, 1)
    assert front.layers[-1].name == before
    assert {layer.name for layer in rest.layers if layer.trainable_weights} == learning | {"head"}
    for blocks in (2, count - 1, count):
        split_at_blocks(model, blocks)
    front, rest = split_at_blocks(model, 3)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(rest(front(x))), keras.ops.convert_to_numpy(model(x)), rtol=1e-5
    )


FAMILIES = {  # how many layers with weights, batch normalisation not counted, lie behind the last block but two
    "ConvNeXtTiny": 11,
    "DenseNet121": 4,
    "EfficientNetB0": 11,
    "EfficientNetV2B0": 11,
    "InceptionResNetV2": 11,
    "InceptionV3": 18,
    "MobileNet": 4,
    "MobileNetV2": 7,
    "MobileNetV3Small": 11,
    "ResNet50V2": 6,
    "VGG16": 6,
    "Xception": 5,
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_last_blocks_of_every_family_are_unfrozen_whole(name):
    with without_weights():
        build = getattr(keras.applications, name)
        model = add_head(build(include_top=False, weights=None, input_shape=(96, 96, 3), pooling="avg"), 3)
    unfreeze(model, blocks=2)
    front, rest = split_at_blocks(model, 2)
    behind = {layer.name for layer in rest.layers if layer.weights}
    norms = {layer.name for layer in model.layers if isinstance(layer, layers.BatchNormalization)}
    learning = {layer.name for layer in model.layers if layer.trainable_weights}
    assert learning == behind - norms, "shortcuts included"
    assert len(learning) == FAMILIES[name] + 1, "and the head"
    assert not learning & {layer.name for layer in front.layers}


def test_a_network_without_blocks_offers_its_layers():
    with without_weights():
        model = add_head(
            keras.applications.NASNetMobile((32, 32, 3), include_top=False, weights=None, pooling="avg"), 3
        )
    refuses(lambda: unfreeze(model, blocks=1), "blocks must be at most 0", "say layers=...")
    assert unfreeze(model, layers=3)["trainable"].iloc[-1] > 0


def test_shortcuts_without_a_name_belong_to_their_block():
    """As in Xception: the convolution of a shortcut has a name of its own."""
    image = x = keras.Input((8, 8, 3))
    for number in (1, 2, 3):
        y = layers.Conv2D(4, 1, name=f"block{number}_conv")(x)
        x = layers.Add(name=f"sum{number}")([layers.Conv2D(4, 1, name=f"way{number}")(x), y])
    model = add_head(keras.Model(image, layers.Flatten(name="flat")(x)), 2)
    for count in (1, 2, 3):
        unfreeze(model, blocks=count)
        learning = {layer.name for layer in model.layers if layer.trainable_weights} - {"head"}
        assert learning == {
            f"{kind}{n}" + "_conv" * (kind == "block") for n in (3, 2, 1)[:count] for kind in ("block", "way")
        }
        front, rest = split_at_blocks(model, count)
        x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
        np.testing.assert_allclose(
            rest.predict_on_batch(front.predict_on_batch(x)), model.predict_on_batch(x), rtol=1e-5
        )


# Features, computed once


@pytest.mark.parametrize("blocks", [1, 2])
def test_training_the_rest_is_training_the_model(blocks, model, data):
    x, y = data
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    before = weights(model)
    for network in (model, twin):
        unfreeze(network, blocks=blocks)
    front, rest = split_at_blocks(model, blocks)
    computed = compute_features(front, x)
    for network, images in ((rest, computed), (twin, x)):
        keras.utils.set_random_seed(1)
        train(network, images, y)
    some, _ = changed(before, weights(model))
    assert some == {"block1b_conv", "top_conv", "head"} | ({"block1a_conv"} if blocks == 2 else set())
    np.testing.assert_array_equal(compute_features(front, x), computed)
    np.testing.assert_allclose(rest.predict(computed, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
    for ours, theirs in zip(model.get_weights(), twin.get_weights()):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_depthwise_filters_may_stay_frozen():
    base, _ = backbone("EfficientNetLite0", (32, 32, 3), weights=None)
    model = add_head(base, 4)

    def learning(**options):
        table = unfreeze(model, **options)
        layers_that_learn = {layer.name for layer in model.layers if layer.trainable_weights}
        return layers_that_learn, table.set_index("name")["trainable"]["total"]

    every, count = learning(blocks=6)
    some, fewer = learning(blocks=6, depthwise=False)
    depthwise = {f"block{block}_dwconv" for block in ("5c", "6a", "6b", "6c", "6d", "7a")}
    assert every - some == depthwise and some < every
    assert 0.03 < 1 - fewer / count < 0.06
    last, _ = learning(layers=3, depthwise=False)
    assert last == {"block7a_expand_conv", "block7a_project_conv", "top_conv", "head"}


def test_a_cut_through_two_connections_is_refused():
    image = keras.Input((8, 8, 3))
    stem = layers.Conv2D(4, 1, name="stem")(image)
    x = layers.Conv2D(4, 1, name="block1_conv")(stem)
    x = layers.Conv2D(4, 1, name="block2_conv")(x)
    x = layers.Add(name="sum")([stem, x])
    model = add_head(keras.Model(image, layers.Flatten(name="flat")(x)), 2)
    refuses(lambda: split_at_blocks(model, 1), "blocks=1 would cut 2 connections", "block1_conv", "stem")
    front, rest = split_at_blocks(model, 2)
    assert front.layers[-1].name == "stem" and rest.output_shape == (None, 2)
    refuses(lambda: split_at_blocks(model, 3), "blocks must be at most 2")


def test_a_model_inside_a_model_is_refused():
    image = keras.Input((8, 8, 3))
    model = keras.Model(
        image, layers.Dense(2, name="head")(tiny()(layers.ReLU(name="block1_relu")(image))), name="outer"
    )
    refuses(lambda: unfreeze(model, blocks=1), "outer has a model inside, tiny")
    refuses(lambda: split_at_blocks(model, 1), "outer has a model inside, tiny")


def test_operations_lie_on_the_way_as_layers_do():
    image = keras.Input((8, 8, 3))
    x = keras.ops.relu(layers.Conv2D(4, 3, name="block1_conv")(image) / 2.0)
    x = keras.ops.relu(layers.Conv2D(4, 3, name="block2_conv")(x)) + 1.0
    model = add_head(keras.Model(image, layers.Flatten(name="flat")(x)), 2)
    front, rest = split_at_blocks(model, 1)
    assert [layer.name for layer in rest.layers[1:]] == ["block2_conv", "flat", "head"]
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(rest(front(x))), keras.ops.convert_to_numpy(model(x)), rtol=1e-5
    )
    unfreeze(model, blocks=1)
    assert [layer.name for layer in model.layers if layer.trainable_weights] == ["block2_conv", "head"]


def test_features(data, capsys):
    base, images, sizes = tiny(), np.random.default_rng(0).integers(0, 256, (11, 8, 8, 3), dtype="uint8"), []

    def preprocess_input(batch):
        sizes.append(len(batch))
        return batch / np.float32(255)

    found = compute_features(base, images, preprocess_input, batch_size=4)
    expected = keras.ops.convert_to_numpy(base(images / np.float32(255)))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert sizes == [4, 4, 3] and found.dtype == np.float32
    assert capsys.readouterr().out == f"{'11 images':<24} {'.' * 30}\n"
    np.testing.assert_allclose(compute_features(base, images / np.float32(255)), expected, rtol=1e-5, atol=1e-6)


def test_bad_arguments_of_features():
    base, images = tiny(), np.zeros((2, 8, 8, 3))
    refuses(lambda: compute_features(base, images[:0]), "at least one image", "(0, 8, 8, 3)")
    refuses(lambda: compute_features(base, images[:, :7]), "(images, 8, 8, 3)", "(2, 7, 8, 3)")
    refuses(lambda: compute_features(base, images[0]), "(images, 8, 8, 3)", "(8, 8, 3)")
    refuses(lambda: compute_features(base, images, batch_size=0), "batch_size must be at least 1, got 0")


@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16", "float64"])
def test_features_are_float32_in_every_precision(policy):
    image = keras.Input((4, 4, 3))
    flat = layers.Flatten()(image)
    layer = layers.Dense(2, kernel_initializer="ones", dtype=policy)
    images = np.random.default_rng(0).integers(0, 9, (5, 4, 4, 3))
    found = compute_features(keras.Model(image, {"a": layer(flat), "b": [flat]}), images)
    assert found["a"].dtype == found["b"][0].dtype == np.float32
    np.testing.assert_allclose(found["a"][:, 0], images.sum(axis=(1, 2, 3)), rtol=0.01)


def test_features_of_images_of_any_size_and_in_a_list():
    image = keras.Input((None, None, 3))
    base, images = keras.Model(image, layers.GlobalAveragePooling2D()(image)), np.arange(150.0).reshape(2, 5, 5, 3)
    for given in (images, list(images)):
        np.testing.assert_allclose(compute_features(base, given), images.mean(axis=(1, 2)), rtol=1e-6)
    refuses(lambda: compute_features(base, images[..., :2]), "(images, None, None, 3)", "(2, 5, 5, 2)")
    two = keras.Model([image, other := keras.Input((5, 5, 3))], [image + other])
    refuses(lambda: compute_features(two, images), "model must read one batch of images", "2 inputs")


@pytest.mark.parametrize(
    "preprocess",
    [
        lambda batch: batch[:-1],
        lambda batch: np.concatenate([batch, batch]),
        lambda batch: batch[batch[:, 0, 0, 0] < 3],
    ],
)
def test_a_preprocess_input_that_drops_or_adds_images_is_refused(preprocess):
    images = np.arange(5)[:, None, None, None] * np.ones((8, 8, 3))
    refuses(lambda: compute_features(tiny(), images, preprocess, batch_size=5), "one input for each image", "5 images")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_have_no_features(value):
    images = np.zeros((5, 8, 8, 3), "float32")
    refuses(lambda: compute_features(tiny(), images, lambda batch: batch + value), "the features are NaN or infinite")
    images[4, 3, 2, 1] = value
    refuses(lambda: compute_features(tiny(), images, batch_size=2), "images contains NaN or infinity")
    refuses(lambda: compute_features(tiny(), images.astype(str)), "images must hold real numbers")


def test_the_name_of_a_block_is_what_its_pattern_encloses():
    found = {example: block_of(keras.layers.ReLU(name=example)) for _, example in BLOCK_PATTERNS}
    assert list(found.values()) == ["block35_1", "mixed10", "block6a", "conv5_block3", "expanded_conv", "conv_13"]
    assert all(re.match(pattern, example) for pattern, example in BLOCK_PATTERNS)


def test_block_ends():
    assert block_ends(tiny()) == {"block1a": "block1a_add", "block1b": "block1b_add"}
    base, _ = backbone("VGG16", (32, 32, 3), weights=None)
    assert list(block_ends(base).items())[-1] == ("block5", "block5_pool")


@pytest.mark.parametrize(
    "name, ends",
    [
        ("Xception", {"block1": "block1_conv2_act", "block2": "add", "block13": "add_11"}),
        ("ResNet50V2", {"conv2_block1": "conv2_block1_out", "conv5_block1": "conv5_block1_out"}),
        ("VGG16", {"block1": "block1_pool", "block4": "block4_pool"}),
        ("MobileNetV2", {"expanded_conv": "expanded_conv_project_BN", "block_2": "block_2_add"}),
        ("ConvNeXtTiny", {"convnext_tiny_stage_0_block_0": "convnext_tiny_stage_0_block_0_identity"}),
    ],
)
def test_after_its_end_nothing_else_of_a_block_is_read(name, ends):
    keras.backend.clear_session(free_memory=False)  # Keras counts the layers without a name
    with without_weights():
        base = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(96, 96, 3))
    found = block_ends(base)
    assert list(found) == block_names(base) and found.items() >= ends.items()
    if name != "ConvNeXtTiny":  # where the sum is no layer
        for end in ends.values():
            keras.Model(base.get_layer(end).output, base.output)


def test_a_model_with_two_outputs_gives_two_arrays():
    inputs = keras.Input((4, 4, 3), name="image")
    maps = layers.Conv2D(2, 3, name="maps")(inputs)
    both = keras.Model(inputs, [maps, layers.GlobalAveragePooling2D(name="means")(maps)])
    images = np.random.default_rng(0).random((5, 4, 4, 3)).astype("float32")
    found_maps, means = compute_features(both, images, batch_size=2)
    assert found_maps.shape == (5, 2, 2, 2)
    np.testing.assert_allclose(means, found_maps.mean(axis=(1, 2)), atol=1e-6)


# Learning again and again


def dense(kernel_initializer="zeros"):
    head = layers.Dense(3, "softmax", kernel_initializer=kernel_initializer, name="head")
    return keras.Sequential([keras.Input((6,), name="features"), head])


@pytest.fixture(scope="module")
def separable():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    return (np.eye(6)[labels] + rng.normal(0, 0.1, (60, 6))).astype("float32"), labels


@pytest.mark.parametrize("random", [False, True])
def test_a_way_starts_anew_each_time_and_its_seed_decides(random, separable):
    x, y = separable
    way = Way(dense("glorot_uniform"), x[:40], x[40:], random=random)

    def learn(seed, chosen=range(30), epochs=3):
        way.learn(np.array(chosen), y, 0.01, epochs=epochs, seed=seed, batch_size=10)
        return way.model.get_weights()[0]

    first = learn(0)
    assert not np.array_equal(first, learn(1)) and not np.array_equal(first, learn(0, range(10, 40)))
    np.testing.assert_array_equal(first, learn(0))
    steps = int(way.model.optimizer.iterations)
    assert steps == 9, "the optimizer has to start anew as well"
    start = [np.abs(learn(seed, epochs=1) - way_start(way, random, seed)).max() for seed in (0, 1)]
    assert max(start) < 0.05, "three small steps lead away from where it started"


def way_start(way, random, seed):
    """The kernel from which a way starts."""
    way.restart()
    if random:
        keras.utils.set_random_seed(seed)
        return keras.models.clone_model(way.model).get_weights()[0]
    return way.model.get_weights()[0]


def test_what_a_way_learns_and_how_it_is_counted(separable):
    x, y = separable
    way = Way(dense(), x[:40], x[40:])
    assert way.accuracy(y[40:]) == np.mean(y[40:] == 0), "a head of zeros says the first class"
    way.learn(np.arange(30), y, 0.1)
    assert way.accuracy(y[40:]) == 1
    assert way.accuracy(np.array([0, 1, 1]), np.eye(6)[[0, 1, 2]]) == pytest.approx(2 / 3)


def test_the_learning_rate_of_a_way_falls_along_half_a_cosine(separable, monkeypatch):
    x, y = separable
    way, rates = Way(dense(), x, x), []
    monkeypatch.setattr(way.model, "train_on_batch", lambda *_: rates.append(float(way.model.optimizer.learning_rate)))
    way.learn(np.arange(10), y, 0.4, epochs=4)
    np.testing.assert_allclose(rates, 0.4 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2, rtol=1e-5)


@pytest.mark.parametrize("count, sizes", [(40, [20, 20]), (25, [25]), (26, [13, 13]), (52, [18, 17, 17])])
def test_each_epoch_reads_every_chosen_image_once_in_batches_of_about_equal_size(count, sizes, separable, monkeypatch):
    x, y = separable
    way, seen = Way(dense(), x, x), []
    monkeypatch.setattr(way.model, "train_on_batch", lambda inputs, labels: seen.append((inputs, labels)))
    chosen = np.arange(60)[::-1][:count]
    way.learn(chosen, y, 0.1, epochs=2)
    assert [len(inputs) for inputs, _ in seen] == 2 * sizes
    first, second = seen[: len(sizes)], seen[len(sizes) :]
    for epoch in (first, second):
        inputs, labels = (np.concatenate(part) for part in zip(*epoch))
        np.testing.assert_array_equal(np.sort(inputs, axis=0), np.sort(x[chosen], axis=0))
        np.testing.assert_array_equal(labels, y[[int(np.flatnonzero((x == row).all(axis=1))[0]) for row in inputs]])
    assert not np.array_equal(first[0][0], second[0][0]), "the second epoch has another order"


def test_bad_arguments_of_a_way(separable):
    x, y = separable
    way = Way(dense(), x, x)
    refuses(lambda: way.learn([], y, 0.1), "chosen must hold the place of at least one image")
    refuses(lambda: way.learn([0], y, 0), "learning_rate must be above 0", "0.001", "got 0")
    refuses(lambda: way.learn([0], y, float("nan")), "learning_rate must be above 0")
    refuses(lambda: way.learn([0], y, 0.1, epochs=0), "epochs must be at least 1, got 0")
    refuses(lambda: way.learn([0], y, 0.1, batch_size=0), "batch_size must be at least 1, got 0")
    for rate in (float("inf"), True, -0.1):
        refuses(lambda: way.learn([0], y, rate), "learning_rate must be above 0")
    for chosen in ([0.0], [60], [-1], np.ones(60, bool), [[0, 1]]):
        refuses(lambda: way.learn(chosen, y, 0.1), "chosen must hold places of images, whole numbers from 0 to 59")
    refuses(lambda: way.learn([0], y, 0.1, seed=0.5), "seed must be a whole number")
    refuses(lambda: Way(dense(), x * np.nan, x).learn([0, 1], y, 0.1), "made weights NaN or infinite")
    for labels in (y[:, None], y[:5], 0):
        refuses(lambda: way.accuracy(labels), "labels must be one for each of the 60 inputs")
    way.model.compile("sgd", "sparse_categorical_crossentropy")
    refuses(lambda: way.learn([0], y, 0.1), "compiled again")
