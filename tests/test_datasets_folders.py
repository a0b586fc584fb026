"""What image sets meet on real computers: odd folders and names, full disks, threads, files that were changed."""

import contextlib
import errno
import json
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

from data.uci_digits import uci_digits_dataset_builder as uci_digits
from tests.helpers import digest, refuses
from utils import datasets, preparation


@pytest.fixture
def copy(cache, tmp_path):
    """A copy of the prepared digits; returns the folder of their files."""
    shutil.copytree(cache / "uci_digits", tmp_path / "uci_digits")
    return tmp_path / "uci_digits" / "1.0.0"


# Folders and names


@pytest.mark.parametrize(
    "folder, word",
    [
        ("gs://bucket/sets", "address"),
        ("file:///nowhere/at/all", "address"),
        ("s3:/one/slash", "address"),
        (Path("hdfs://x/y"), "address"),
        ("HTTPS://h/x", "address"),
        ("'/nowhere/sets'", "quotes"),
        ('"~/sets"', "quotes"),
        ("“sets”", "quotes"),
        (" sets", "blanks"),
        ("\n/nowhere/sets", "blanks"),
        ("sets\t", "blanks"),
        ("one\ntwo", "control"),
        ("null\0", "control"),
        ("$HOME/sets", "variable"),
        ("sets/${USER}", "variable"),
        ("%TEMP%/sets", "variable"),
    ],
)
@pytest.mark.parametrize("argument", ["data_dir", "TFDS_DATA_DIR"])
def test_a_folder_that_is_no_plain_path_is_refused(folder, word, argument, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if argument == "TFDS_DATA_DIR" and "\0" not in str(folder):  # which no variable can hold
        monkeypatch.setenv("TFDS_DATA_DIR", str(folder))
        refuses(lambda: datasets.load("uci_digits"), "TFDS_DATA_DIR", word)
    else:
        refuses(lambda: datasets.load("uci_digits", folder), "data_dir", repr(str(folder)), word)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="these are paths there")
@pytest.mark.parametrize("folder", [r"C:\data", r"\\server\sets", r"my\sets", "C:/data"])
def test_a_path_of_windows_is_refused_elsewhere(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refuses(lambda: datasets.load("uci_digits", folder), "data_dir", "Windows")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", [7, b"sets", ["sets"], False])
def test_a_folder_of_another_type_is_refused(folder):
    refuses(lambda: datasets.load("uci_digits", folder), "data_dir", repr(folder), "pathlib.Path")


@pytest.mark.parametrize("folder", ["my sets", "größe", "a:b", "it's", "50% off", "c$", "x=1,y", "-"])
def test_odd_names_of_folders_are_taken_as_they_are(folder, cache, digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / folder).symlink_to(cache)
    assert digest(datasets.load("uci_digits", folder)) == digest(digits)
    assert list(tmp_path.iterdir()) == [tmp_path / folder]


@pytest.mark.parametrize("folder", [None, "~/sets"])
def test_without_a_home_a_folder_is_asked_for(folder, monkeypatch):
    def no_home(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    monkeypatch.setattr(Path, "expanduser", no_home)
    refuses(lambda: datasets.load("uci_digits", folder), "home directory", "full path", "data_dir")


@pytest.mark.parametrize(
    "name, known",
    [
        ("CIFAR10", "cifar10"),
        ("CIFAR-10", "cifar10"),
        ("cifar 100", "cifar100"),
        ("CIFAR-10.1", "cifar10_1"),
        ("fashion-mnist", "fashion_mnist"),
        ("Fashion MNIST", "fashion_mnist"),
        ("FashionMNIST", "fashion_mnist"),
        ("tf-flowers", "tf_flowers"),
        ("stl-10", "stl10"),
        ("MNIST:3.0.1", "mnist:3.0.1"),
        ("EMNIST/letters", "emnist/letters"),
        ("Mnist-5k", "mnist_5k"),
    ],
)
def test_usual_spellings_are_understood(name, known):
    assert datasets._known_name(name) == known


@pytest.mark.parametrize("name", ["tf_flowers", "horses_or_humans", "rock_paper_scissors"])
def test_a_spelling_is_understood_after_the_set_was_in_use_as_well(name, tmp_path):
    tfds.builder(name, data_dir=tmp_path)
    assert datasets._known_name(name.replace("_", "-").upper()) == name


def test_a_set_under_another_spelling(cache, digits):
    assert digest(datasets.load("uci digits", cache)) == digest(digits)


@pytest.mark.parametrize("name", ["fashion-mnst", "cifar-11", "uci-digit"])
def test_other_spellings_get_a_suggestion(name, tmp_path):
    refuses(lambda: datasets.load(name, tmp_path), repr(name), "did you mean")


# Files that were changed after the set was prepared


def is_damaged(copy):
    """Assert that the digits are refused, and with which remedy."""
    words = "files of uci_digits are damaged", f"Delete the folder {copy} and load uci_digits again"
    refuses(lambda: datasets.load("uci_digits", copy.parents[1]), *words, error=RuntimeError)


def shard(copy, split):
    return copy / f"uci_digits-{split}.tfrecord-00000-of-00001"


def edit_description(copy, change):
    info = json.loads((copy / "dataset_info.json").read_text())
    change({split["name"]: split for split in info["splits"]}, info)
    (copy / "dataset_info.json").write_text(json.dumps(info))


def edit_records(copy, change, split="train"):
    """Rewrite the records of a shard, with valid checksums."""
    import tensorflow as tf

    path = str(shard(copy, split))
    records = change([record.numpy() for record in tf.data.TFRecordDataset(path)])
    with tf.io.TFRecordWriter(path) as writer:
        for record in records:
            writer.write(record)


def set_label(value):
    def change(records):
        import tensorflow as tf

        example = tf.train.Example.FromString(records[3])
        labels = example.features.feature["label"].int64_list.value
        labels[0] = (labels[0] + 1) % 10 if value == "another" else value
        return [*records[:3], example.SerializeToString(), *records[4:]]

    return lambda copy: edit_records(copy, change)


def set_length(value):
    return lambda copy: edit_description(copy, lambda splits, info: splits["train"].update(shardLengths=[value]))


def swap_splits(copy):
    train, test = (shard(copy, split).read_bytes() for split in ("train", "test"))
    shard(copy, "train").write_bytes(test)
    shard(copy, "test").write_bytes(train)

    def lengths(splits, info):
        train, test = splits["train"], splits["test"]
        train["shardLengths"], test["shardLengths"] = test["shardLengths"], train["shardLengths"]

    edit_description(copy, lengths)


def rename_split(name):
    def change(copy):
        shard(copy, "test").rename(shard(copy, name))
        edit_description(copy, lambda splits, info: splits["test"].update(name=name))

    return change


def drop_split(copy):
    shard(copy, "test").unlink()
    edit_description(copy, lambda splits, info: info["splits"].remove(splits["test"]))


SEALED = {
    "splits swapped": swap_splits,
    "split called extra": rename_split("extra"),
    "split called validation": rename_split("validation"),
    "split dropped with its file": drop_split,
    "record twice": lambda copy: edit_records(copy, lambda records: [records[1], *records[1:]]),
    "order reversed": lambda copy: edit_records(copy, lambda records: records[::-1]),
    "label of another class": set_label("another"),
    "seal emptied": lambda copy: (copy / preparation.SEAL).write_text(""),
    "seal cut": lambda copy: (copy / preparation.SEAL).write_bytes((copy / preparation.SEAL).read_bytes()[:90]),
}
# These are noticed without the seal, too: in sets that were prepared elsewhere
NOTICED = {
    **{
        f"length {value}": set_length(value) for value in ("0", "-1", "1", "100", "1438", "99999999999", str(2**63 - 1))
    },
    **{f"label {value}": set_label(value) for value in (10, 250, -7, 2**40)},
    "dangling link": lambda copy: (shard(copy, "test").unlink(), shard(copy, "test").symlink_to(copy / "nowhere")),
    "link to itself": lambda copy: (shard(copy, "test").unlink(), shard(copy, "test").symlink_to(shard(copy, "test"))),
    "folder": lambda copy: (shard(copy, "test").unlink(), shard(copy, "test").mkdir()),
}
if hasattr(os, "mkfifo"):
    NOTICED["pipe"] = lambda copy: (shard(copy, "train").unlink(), os.mkfifo(shard(copy, "train")))
    NOTICED["pipe as description"] = lambda copy: (
        (copy / "dataset_info.json").unlink(),
        os.mkfifo(copy / "dataset_info.json"),
    )
if Path("/proc/self/mem").exists():  # it exists, and reading it fails
    NOTICED["unreadable"] = lambda copy: (
        shard(copy, "test").unlink(),
        shard(copy, "test").symlink_to("/proc/self/mem"),
    )


@pytest.mark.parametrize("damage", {**SEALED, **NOTICED})
def test_what_changed_since_the_preparation_is_reported(damage, copy):
    {**SEALED, **NOTICED}[damage](copy)
    is_damaged(copy)


@pytest.mark.parametrize("damage", NOTICED)
def test_what_cannot_be_is_reported_without_a_seal(damage, copy):
    (copy / preparation.SEAL).unlink()
    NOTICED[damage](copy)
    is_damaged(copy)


def test_a_set_prepared_elsewhere_is_read(copy, digits, tmp_path):
    tfds.builder("uci_digits", data_dir=tmp_path / "fetched").download_and_prepare()
    assert not list((tmp_path / "fetched").rglob(preparation.SEAL))
    assert digest(datasets.load("uci_digits", tmp_path / "fetched")) == digest(digits)


def test_the_seal_is_that_of_sha256sum(copy):
    import hashlib

    lines = (copy / preparation.SEAL).read_text().splitlines()
    assert len(lines) == 3
    for line in lines:
        value, name = line.split("  ")
        assert value == hashlib.sha256((copy / name).read_bytes()).hexdigest()


# Disks


def fail_after(error, monkeypatch, number=100):
    """Let the preparation of the digits fail half-way."""

    def interrupt(self, examples):
        yield from list(generate(self, examples))[:number]
        raise error

    generate = uci_digits.Builder._generate_examples
    monkeypatch.setattr(uci_digits.Builder, "_generate_examples", interrupt)


@pytest.mark.parametrize(
    "number, kind",
    [
        (errno.ENOSPC, OSError),
        (errno.EDQUOT, OSError),
        (errno.EFBIG, OSError),
        (errno.EROFS, PermissionError),
        (errno.EACCES, PermissionError),
    ],
)
def test_a_disk_that_cannot_hold_the_set(number, kind, tmp_path, monkeypatch, digits):
    fail_after(OSError(number, os.strerror(number)), monkeypatch)
    with pytest.raises(OSError, match="uci_digits has to be prepared first") as caught:
        datasets.load("uci_digits", tmp_path)
    assert type(caught.value) is kind and os.strerror(number) in str(caught.value)
    assert str(tmp_path) in str(caught.value) and "TFDS_DATA_DIR" in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]
    monkeypatch.undo()
    assert digest(datasets.load("uci_digits", tmp_path)) == digest(digits)


def test_a_disk_that_is_full_when_the_set_is_sealed(tmp_path, monkeypatch, digits):
    def full(path, text):
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(preparation.Path, "write_text", full)
    refuses(lambda: datasets.load("uci_digits", tmp_path), str(tmp_path), "make room", error=OSError)
    assert not (tmp_path / "uci_digits" / "1.0.0").exists()
    monkeypatch.undo()
    assert digest(datasets.load("uci_digits", tmp_path)) == digest(digits)


def test_other_errors_of_a_preparation_stay_what_they_are(tmp_path, monkeypatch):
    error = FileNotFoundError(errno.ENOENT, "an image is missing")
    fail_after(error, monkeypatch)
    with pytest.raises(FileNotFoundError, match="an image is missing"):
        datasets.load("uci_digits", tmp_path)


def test_without_a_console_sets_are_prepared(tmp_path, monkeypatch, digits):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    loaded = datasets.load("uci_digits", tmp_path)
    monkeypatch.undo()
    assert digest(loaded) == digest(digits)


# Threads


def test_threads_find_stdout_as_it_is(tmp_path, digits, monkeypatch):
    """While two sets are prepared, and afterwards."""
    seen, halfway = [], threading.Barrier(2)

    def watch(self, *arguments):
        if self.name == "uci_digits":
            seen.extend([sys.stdout, sys.stderr])
        with contextlib.suppress(threading.BrokenBarrierError):
            halfway.wait(timeout=20)  # both are being prepared now
        return split(self, *arguments)

    split = uci_digits.Builder._split_generators
    monkeypatch.setattr(uci_digits.Builder, "_split_generators", watch)
    before, results = (sys.stdout, sys.stderr), []
    folders = [tmp_path / "one", tmp_path / "two"]
    threads = [
        threading.Thread(target=lambda folder=folder: results.append(digest(datasets.load("uci_digits", folder))))
        for folder in folders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [digest(digits)] * 2
    assert not halfway.broken and all(stream in before for stream in seen) and len(seen) == 4
    assert (sys.stdout, sys.stderr) == before


def test_nothing_is_printed_on_stdout(tmp_path, capsys):
    datasets.load("uci_digits", tmp_path)
    printed = capsys.readouterr()
    assert printed.out == "" and "Dataset uci_digits downloaded and prepared" in printed.err


def test_the_progress_of_tfds_stays_as_the_user_set_it(tmp_path):
    from tensorflow_datasets.core.utils import tqdm_utils

    tfds.disable_progress_bar()
    try:
        datasets.load("uci_digits", tmp_path)
        assert not tqdm_utils._active
    finally:
        tfds.enable_progress_bar()
