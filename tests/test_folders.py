"""One's own photographs: what Keras reads from the same folder, upright and complete, or a word about what is wrong."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from tests.helpers import digest, refuses
from utils import datasets, folders
from utils.folders import load_folder


def picture(seed, rows=12, columns=16):
    return np.random.default_rng(seed).integers(0, 256, size=(rows, columns, 3), dtype=np.uint8)


def write(folder, numbers, suffix="png"):
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        Image.fromarray(picture(number)).save(folder / f"{number}.{suffix}")


@pytest.fixture
def photos(tmp_path):
    """Two classes with twenty photographs each."""
    for label, name in enumerate(("cat", "dog")):
        write(tmp_path / "photos" / name, range(100 * label, 100 * label + 20))
    return tmp_path / "photos"


def by_content(*parts):
    """Return the labels by the bytes of the images."""
    return {image.tobytes(): int(label) for x, y in parts for image, label in zip(x, y)}


# What is read


def test_the_images_and_labels_are_those_that_keras_reads(photos):
    import keras

    train, test, names = load_folder(photos)
    read = keras.utils.image_dataset_from_directory(photos, image_size=(12, 16), batch_size=None, verbose=False)
    assert names == read.class_names
    expected = {image.astype("uint8").tobytes(): int(label) for image, label in tfds.as_numpy(read)}
    assert by_content(train, test) == expected and len(expected) == 40
    for x, y in (train, test):
        assert x.dtype == np.uint8 and x.shape[1:] == (12, 16, 3) and y.dtype == np.int64 and y.shape == (len(x),)


def test_photographs_are_upright_and_of_three_channels(photos):
    upright = np.kron(picture(500, 3, 4), np.ones((8, 8, 1), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: to be turned by 90 degrees
    Image.fromarray(np.rot90(upright)).save(photos / "cat" / "turned.png", exif=exif)
    Image.fromarray(upright[..., 0]).save(photos / "cat" / "grey.png")
    Image.fromarray(upright[..., 0].astype("uint16") * 257).save(photos / "cat" / "deep.png")
    Image.fromarray(np.dstack([upright, np.full((24, 32), 0, "uint8")])).save(photos / "dog" / "transparent.png")
    Image.fromarray(upright).convert("CMYK").save(photos / "dog" / "inks.tif")
    Image.fromarray(upright).save(photos / "dog" / "lossless.webp", lossless=True)
    (x_train, _), (x_test, _), _ = load_folder(photos, (24, 32))
    found = {image.tobytes() for image in (*x_train, *x_test)}
    inks = np.asarray(Image.fromarray(upright).convert("CMYK").convert("RGB"))
    for expected in (upright, np.dstack([upright[..., 0]] * 3), np.full_like(upright, 255), inks):
        assert expected.tobytes() in found
    assert len(x_train) + len(x_test) == 46


def test_photographs_that_need_more_memory_than_there_is_are_not_read(photos):
    refuses(lambda: load_folder(photos, (10**6, 10**6)), "image_size=", "bytes of memory here")


def test_the_middle_is_cut_out_and_resized(photos):
    (whole, _), _, _ = load_folder(photos)
    (small, _), _, _ = load_folder(photos, (6, 6))
    for image, part in zip(whole, small):
        shrunk = Image.fromarray(image[:, 2:14]).resize((6, 6), Image.Resampling.BILINEAR)
        assert np.abs(part.astype(int) - np.asarray(shrunk).astype(int)).max() <= 1


def test_load_takes_a_path_and_a_text(photos, monkeypatch):
    expected = digest(load_folder(photos, (8, 8)))
    assert digest(datasets.load(photos, image_size=8)) == expected
    assert digest(datasets.load(str(photos), image_size=8)) == expected
    monkeypatch.setattr(folders, "read_image", lambda path: pytest.fail("not this one"))
    refuses(lambda: datasets.load(photos, image_size=0), "image_size")
    monkeypatch.undo()
    monkeypatch.setenv("TFDS_DATA_DIR", "gs://nowhere")  # is not needed
    monkeypatch.chdir(photos.parent)
    for text in ("./photos", "photos/", "photos/../photos", "../" + photos.parent.name + "/photos"):
        monkeypatch.setenv("TFDS_DATA_DIR", str(photos / "none"))
        assert digest(datasets.load(text, image_size=8)) == expected
    monkeypatch.setenv("HOME", str(photos.parent))
    monkeypatch.setenv("USERPROFILE", str(photos.parent))
    assert digest(datasets.load("~/photos", image_size=8)) == expected
    monkeypatch.chdir(photos)
    assert digest(datasets.load(".", image_size=8)) == expected
    assert digest(datasets.load(Path(), image_size=8)) == expected


def test_names_of_sets_stay_names(cache, digits, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos.parent)
    for name in ("uci_digits", "mnist", "emnist"):
        shutil.copytree(photos, tmp_path / name)
    assert digest(datasets.load("uci_digits", cache)) == digest(digits)
    assert digest(datasets.load("uci_digits:1.0.0", cache)) == digest(digits)
    shutil.copytree(photos, tmp_path / "emnist" / "letters")
    refuses(lambda: datasets.load("emnist/letters", cache), "'emnist/letters'", "./emnist/letters")
    refuses(lambda: datasets.load("photos", cache), "'photos'", "./photos")
    refuses(lambda: datasets.load("imagenette/small", cache), "small")
    refuses(lambda: datasets.load("pictures/of/mine", cache), str(tmp_path / "pictures/of/mine"), "does not exist")


@pytest.mark.parametrize("name", ["gs://bucket/photos", "https://host/photos", "'./photos'", "$HOME/photos", "./a\nb"])
def test_a_path_that_means_something_else_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refuses(lambda: datasets.load(name), "name must be the path of a folder", repr(name))


@pytest.mark.parametrize("name", ["photos.zip", "missing"])
def test_what_is_no_folder_is_refused(name, tmp_path):
    (tmp_path / "photos.zip").touch()
    refuses(lambda: datasets.load(tmp_path / name), str(tmp_path / name), "unpack" if "zip" in name else "not exist")


def test_nothing_is_printed_and_nothing_written(photos, capfd):
    before = sorted(photos.parent.rglob("*"))
    load_folder(photos, (8, 8))
    assert sorted(photos.parent.rglob("*")) == before
    assert capfd.readouterr().out == ""


# What is for training, and what for testing


def test_about_a_fifth_is_for_testing(tmp_path):
    for label, name in enumerate("ab"):
        write(tmp_path / name, range(1000 * label, 1000 * label + 150))
    (x, y), (x_test, y_test), _ = load_folder(tmp_path)
    assert np.bincount(y).sum() + np.bincount(y_test).sum() == 300
    assert all(18 <= number <= 42 for number in np.bincount(y_test))  # 30; 2.4 standard deviations
    assert not by_content((x, y)).keys() & by_content((x_test, y_test)).keys()
    assert 0.3 < np.mean(y[:120]) < 0.7 and 0.3 < np.mean(y[120:]) < 0.7  # mixed


def test_neither_names_nor_times_nor_the_order_of_the_files_matter(photos, monkeypatch):
    expected = digest(load_folder(photos))
    for number, path in enumerate(photos.rglob("*.png")):
        os.utime(path, (number, number))
        path.rename(path.with_name(f"{97 * number % 101}-renamed.PNG"))
    assert digest(load_folder(photos)) == expected
    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: reversed(list(iterdir(path))))
    assert digest(load_folder(photos)) == expected


def test_photographs_that_are_added_move_no_others(photos):
    before = [by_content(part) for part in load_folder(photos)[:2]]
    order = [image.tobytes() for image in load_folder(photos)[0][0]]
    write(photos / "cat", range(300, 330))
    write(photos / "ant", range(400, 405))  # a class, too, before the others
    after = [by_content(part) for part in load_folder(photos)[:2]]
    for old, new in zip(before, after):
        assert old.keys() < new.keys()
    assert [image.tobytes() for image in load_folder(photos)[0][0] if image.tobytes() in before[0]] == order


@pytest.mark.parametrize("number", [5, 6, 8])
def test_small_classes_are_in_both_parts(number, tmp_path):
    for start in range(0, 30 * number, number):
        write(tmp_path / f"class {start:03}", range(start, start + number))
    (_, y), (_, y_test), names = load_folder(tmp_path)
    assert len(names) == 30
    for part in (y, y_test):
        assert np.bincount(part, minlength=30).min() >= 1


def test_folders_of_the_user_for_training_and_testing(tmp_path):
    for half, start in (("train", 0), ("Test", 50)):
        for label, name in enumerate(("cat", "dog")):
            write(tmp_path / half / name, range(start + 100 * label, start + 100 * label + 3))
    (x, y), (x_test, y_test), names = load_folder(tmp_path)
    assert names == ["cat", "dog"]
    assert by_content((x, y)) == {picture(100 * k + n).tobytes(): k for k in (0, 1) for n in (0, 1, 2)}
    assert by_content((x_test, y_test)) == {picture(100 * k + n + 50).tobytes(): k for k in (0, 1) for n in (0, 1, 2)}


def test_a_class_may_be_called_train(photos):
    (photos / "cat").rename(photos / "train")
    assert load_folder(photos)[2] == ["dog", "train"]


def test_a_photograph_twice_in_a_class_is_on_one_side(photos):
    for path in list((photos / "cat").iterdir()):
        shutil.copy(path, path.with_name("copy of " + path.name))
    (x, _), (x_test, _), _ = load_folder(photos)
    assert len(x) + len(x_test) == 60
    assert not {image.tobytes() for image in x} & {image.tobytes() for image in x_test}


# What is passed over, and what is refused

OVER = [".DS_Store", "Thumbs.db", "desktop.ini", "._1.png", ".hidden/x.txt", ".ipynb_checkpoints/1.png", "__MACOSX/1"]


def test_what_systems_leave_is_passed_over(photos):
    expected = digest(load_folder(photos))
    for folder in (photos, photos / "cat"):
        for name in OVER:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("no picture")
    for name in ("README.md", "labels.csv"):  # beside the classes
        (photos / name).write_text("about these photographs")
    assert digest(load_folder(photos)) == expected


def test_files_that_are_no_pictures_are_all_listed(photos):
    png = (photos / "dog" / "100.png").read_bytes()
    contents = {"cat/notes.txt": b"cats", "cat/empty.jpg": b"", "dog/cut.png": png[:200], "dog/film.mov": b"\0" * 99}
    for name, content in contents.items():
        (photos / name).write_bytes(content)
    (photos / "dog" / "link.jpg").symlink_to(photos / "nowhere.jpg")
    words = [str(photos / name) for name in (*contents, "dog/link.jpg")]
    refuses(lambda: load_folder(photos, (8, 8)), "5 of the 45 files", "move them out", *words)
    refuses(lambda: load_folder(photos), "5 of the 45 files", *words)


def test_a_long_list_is_cut(photos):
    for number in range(40):
        (photos / "cat" / f"{number}.txt").touch()
    with pytest.raises(ValueError, match="40 of the 80 files") as caught:
        load_folder(photos, (8, 8))
    assert str(caught.value).count("\n") == folders.SHOWN + 1 and str(caught.value).endswith("and 10 more")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes")
def test_a_pipe_is_not_waited_for(photos):
    os.mkfifo(photos / "cat" / "pipe.png")
    refuses(lambda: load_folder(photos), "1 of the 41 files", "pipe.png")


def remove_class(photos):
    shutil.rmtree(photos / "cat")


def empty_class(photos):
    for path in (photos / "cat").iterdir():
        path.unlink()
    (photos / "cat" / ".DS_Store").touch()


def few(photos):
    for number in range(4, 20):
        (photos / "cat" / f"{number}.png").unlink()
    shutil.copy(photos / "cat" / "1.png", photos / "cat" / "again.png")


def halves(*more):
    def change(photos):
        (photos / "train").mkdir()
        for name in ("cat", "dog"):
            (photos / name).rename(photos / "train" / name)
            write(photos / "test" / name, [901 if name == "cat" else 902])
        for name in more:
            write(photos / name, [len(name)])

    return change


def test_in_both(photos):
    halves()(photos)
    assert len(load_folder(photos)[1][0]) == 2
    shutil.copy(photos / "train" / "cat" / "7.png", photos / "test" / "cat" / "other.png")
    refuses(lambda: load_folder(photos), "in one folder only", "train/cat/7.png and ", "test/cat/other.png")


REFUSED = {
    "one class": (remove_class, ["at least two classes", "has dog"]),
    "no class": (lambda p: (remove_class(p), shutil.rmtree(p / "dog")), ["at least two classes", "has none"]),
    "an empty class": (empty_class, ["without a photograph", "cat", "remove the folders"]),
    "few photographs": (few, ["at least 5", "cat (4)", "folders train and test"]),
    "other capitals": (lambda p: write(p / "Cat", [7777]), ["spelling", "Cat, cat"]),
    "accents in two ways": (
        lambda p: (write(p / "n\u00e9", [7]), write(p / "ne\u0301", [8])),
        ["spelling", "n\u00e9", "ne\u0301"],
    ),
    "a folder in a class": (lambda p: write(p / "cat" / "more", [3]), ["inside of classes", "cat/more", "train and"]),
    "a folder for validation": (halves("val"), ["also val", "validation images out of"]),
    "a class for training only": (halves("train/bird"), ["same classes", "bird"]),
    "a class in other capitals for testing": (
        lambda p: (halves()(p), (p / "test" / "cat").rename(p / "test" / "Cat")),
        ["same classes", "Cat, cat"],
    ),
    "train and test without classes": (
        lambda p: (remove_class(p), (p / "dog").rename(p / "train"), write(p / "test", [1])),
        ["train must hold its photographs in sub-folders"],
    ),
    "a photograph without a class": (lambda p: write(p, [1]), ["in sub-folders", "1.png"]),
    "a class that is a link to nothing": (lambda p: (p / "bird").symlink_to(p / "nowhere"), ["bird"]),
    "one photograph in two classes": (
        lambda p: shutil.copy(p / "cat" / "7.png", p / "dog" / "x.png"),
        ["in one folder only", "cat/7.png and ", "dog/x.png", "remove one"],
    ),
    "several sizes": (
        lambda p: Image.fromarray(picture(1, 9, 9)).save(p / "dog" / "9.png"),
        ["differ in size", "image_size=96"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_folder_that_is_not_made_so_is_refused(case, photos):
    change, words = REFUSED[case]
    change(photos)
    refuses(lambda: load_folder(photos), str(photos), *words)
