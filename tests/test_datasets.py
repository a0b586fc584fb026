"""Image sets by name: each is loaded as it is, or refused."""

import itertools
import re

import nbformat
import numpy as np
import pytest
import tensorflow_datasets as tfds
from IPython.core.inputtransformer2 import TransformerManager
from PIL import Image

from course.notebooks import NOTEBOOKS, ROOT
from tests.helpers import SETS, child, digest, needs, needs_fork, refuses
from utils import datasets, validation


def test_arrays_belong_to_the_caller(cache, digits):
    again = datasets.load("uci_digits", cache)
    assert digest(again) == digest(digits)
    again[0][0][:] = 7
    again[2].append("ten")
    assert digest(datasets.load("uci_digits", str(cache))) == digest(digits)


def test_where_prepared_sets_are_looked_for(cache, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "prepare", lambda *args: pytest.fail("looked in the wrong folder"))
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


@needs(SETS)
def test_mnist():
    (x_train, y_train), (x_test, y_test), class_names = datasets.load("mnist", SETS)
    assert x_train.shape == (60000, 28, 28, 1) and x_test.shape == (10000, 28, 28, 1)
    assert np.bincount(y_train)[0] == 5923 and np.bincount(y_test).tolist()[:3] == [980, 1135, 1032]
    assert class_names == list("0123456789")
    assert x_train.mean() == pytest.approx(0.1307 * 255, abs=0.02)


@needs(SETS)
def test_another_spelling_is_understood_after_a_set_was_loaded():
    loaded = datasets.load("tf_flowers", SETS, image_size=4)
    assert digest(datasets.load("TF-flowers", SETS, image_size=4)) == digest(loaded)


@needs(SETS)
def test_flowers_are_cut_resized_and_split():
    (x_train, y_train), (_, y_test), class_names = datasets.load("tf_flowers", SETS, image_size=(48, 64))
    assert class_names == ["dandelion", "daisy", "tulips", "sunflowers", "roses"]
    assert np.bincount(y_train).tolist() == [96] * 5 and np.bincount(y_test).tolist() == [24] * 5
    files = tfds.builder("tf_flowers", data_dir=str(SETS)).as_dataset(split="train", as_supervised=True)
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
    refuses(lambda: datasets.load(name, tmp_path), *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("image_size", [0, 2.5, (8,), (8, -1), "8"])
def test_a_bad_image_size_is_refused(image_size, cache):
    with pytest.raises(ValueError, match="image_size"):
        datasets.load("uci_digits", cache, image_size)


@pytest.mark.parametrize("name, image_size", [("mnist_5k", 10**6), ("uci_digits", (10**9, 1)), ("drawings", 50_000)])
def test_images_that_need_more_memory_than_there_is_are_no_damage(name, image_size, cache):
    refuses(lambda: datasets.load(name, cache, image_size), "image_size=", "bytes of memory here; make it smaller")


def test_a_set_that_does_not_fit_into_memory_is_named(monkeypatch, cache):
    monkeypatch.setattr(validation, "MEMORY", 5_000 * 28 * 28 - 1)
    refuses(lambda: datasets.load("mnist_5k", cache), "name='mnist_5k'", "(5000, 28, 28, 1), 3,920,000 bytes")
    monkeypatch.setattr(validation, "MEMORY", 5_000 * 28 * 28)
    assert len(datasets.load("mnist_5k", cache)[0][0]) == 4_000


def test_the_capitals_of_a_name_do_not_matter(cache, digits):
    assert digest(datasets.load("UCI_Digits", cache)) == digest(digits)


OWN = ["data.py", "utils.py", "data/__init__.py", "plots.py"]  # files of a student
FORKS = """
import os, sys, traceback
import tensorflow, tensorflow_datasets

cache, *arguments = sys.argv[1:]
for number, (setup, folder) in enumerate(zip(arguments[::2], arguments[1::2])):
    if not os.fork():  # a process of its own, which need not import all that again
        try:
            os.chdir(folder)
            exec(setup, {"number": number, "cache": cache})
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(0)
    os.wait()
"""


FIRST = {"data.py": "import data", "data/__init__.py": ""}  # before the course on the path, and loaded or not
ELSEWHERE = {  # where a kernel may start, seen from the folder above the course
    "the course": "course",
    "a folder in notebooks": "course/notebooks/mine",
    "the folder above": ".",
    "a folder beside": "beside",
    "a folder of another project": "another",
}


@pytest.fixture(scope="module")
def found(cache, tmp_path_factory):
    """What the setup cells find: by the file of a student beside the notebooks, and by where the kernel starts."""
    sources = [nbformat.read(path, 4).cells[1].source for path in NOTEBOOKS.glob("*.ipynb")]
    (begin,) = {source[: re.search("^sys.path.*\n", source, re.MULTILINE).end()] for source in sources}  # all alike
    show = 'os.chdir("/"); print(number, datasets.load("uci_digits", cache)[0][0].shape, plots.__name__)'
    folders = {}
    for own in (*OWN, ""):
        above = tmp_path_factory.mktemp("above")
        for folder in ("course/notebooks/mine", "another/utils", "beside"):
            (above / folder).mkdir(parents=True)
        for folder in ("data", "utils"):
            (above / "course" / folder).symlink_to(ROOT / folder)
        file = above / "course" / "notebooks" / (own or "01.ipynb")
        file.parent.mkdir(exist_ok=True)
        file.write_text("my = 1")
        folders[own] = above / "course" / "notebooks"
    (above / "another" / "utils" / "__init__.py").touch()
    folders |= {name: above / place for name, place in ELSEWHERE.items()}
    imports = f"from utils import datasets, plots\n{show}"
    setup = f"{TransformerManager().transform_cell(begin)}\n{imports}"
    cases = {name: (setup, place) for name, place in folders.items()}
    for own, line in FIRST.items():
        setup = f"import os, sys\nsys.path[:0] = ['.', {str(ROOT)!r}]\n{line}\n{imports}"
        cases[own, "first"] = setup, folders[own]
    printed, complaints = child(FORKS, cache, *itertools.chain(*cases.values())).communicate()
    lines = dict(line.split(" ", 1) for line in printed.splitlines() if line[:1].isdigit())
    return {name: lines.get(str(number), complaints) for number, name in enumerate(cases)}


@needs_fork
@pytest.mark.parametrize("own", OWN)
def test_files_of_a_student_beside_the_notebooks_do_no_harm(own, found):
    assert found[own] == "(1437, 28, 28, 1) utils.plots"


@needs_fork
@pytest.mark.parametrize("own", FIRST)
def test_a_module_called_data_does_no_harm_before_the_course_on_the_path(own, found):
    assert found[own, "first"] == "(1437, 28, 28, 1) utils.plots"


@needs_fork
@pytest.mark.parametrize("place", ["", *list(ELSEWHERE)[:3]])
def test_a_kernel_that_starts_elsewhere_finds_the_course(place, found):
    assert found[place] == "(1437, 28, 28, 1) utils.plots"


@needs_fork
@pytest.mark.parametrize("place", list(ELSEWHERE)[3:])
def test_a_kernel_that_does_not_find_the_course_says_where_it_looked(place, found):
    assert re.search(f"AssertionError: no course in .*/{ELSEWHERE[place]}, above or below it: open", found[place])
