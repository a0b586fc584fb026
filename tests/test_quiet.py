"""TensorFlow is imported without its notes, and nothing else is lost."""

import os
import sys

import pytest

from tests.helpers import child, raises
from utils import quiet

SETTINGS = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "TF_NUM_INTRAOP_THREADS")


def stderr_of(code, **more):
    """Run code in a Python of its own that nobody has set up, and return what it writes to stderr."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    printed, complaints = child(code, env=environment | more).communicate()
    assert printed == "3.0\n", complaints
    return complaints


def test_a_student_sees_nothing_of_the_import_and_all_that_comes_later():
    code = "import sys, utils, keras, tensorflow_datasets, utils.datasets; print(float(keras.ops.sum([1.0, 2.0])))"
    assert stderr_of(f"{code}; print('kept', file=sys.stderr)") == "kept\n"


TALK = """
import contextlib, os
with contextlib.suppress(OSError):  # where there is no stderr
    os.write(2, b"I0000 a note\\n")
    os.write(2, b"a warning\\n")
"""


@pytest.fixture
def talkative(tmp_path):
    """A folder with a package `tensorflow` that takes no time, but writes a note and a warning when it is imported."""
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text(TALK)
    (package / "nn.py").touch()
    (tmp_path / "another.py").write_text("import tensorflow.nn")
    return str(tmp_path)


@pytest.mark.parametrize("first", ["tensorflow", "tensorflow.nn", "another"])
def test_whatever_imports_tensorflow_first(first, talkative):
    assert stderr_of(f"import utils, {first}, tensorflow; print(3.0)", PYTHONPATH=talkative) == "a warning\n"
    assert "a note" in stderr_of(f"import {first}; print(3.0)", PYTHONPATH=talkative), "else it proves nothing"


def test_it_works_without_stderr(talkative):
    code = "import os; os.close(2); import utils, tensorflow; print(3.0)"
    assert stderr_of(code, PYTHONPATH=talkative) == ""


def test_only_notes_are_left_out(capfd):
    with quiet.without_notes():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n")
        os.write(2, b"I0000 00:00:1 1 port.cc:153] a note\nE0000 00:00:1 1 dso.cc:1] an error\n\xff, not a note")
    assert capfd.readouterr().err == "E0000 00:00:1 1 dso.cc:1] an error\n\ufffd, not a note"


def test_where_nothing_can_be_written_all_is_shown(capfd, monkeypatch):
    monkeypatch.setattr(quiet.tempfile, "TemporaryFile", raises(OSError("no space")))
    with quiet.without_notes():
        os.write(2, b"I0000 a note\n")
    assert capfd.readouterr().err == "I0000 a note\n"


def test_an_import_that_fails_leaves_stderr_as_it_was(capfd):
    with pytest.raises(ImportError), quiet.without_notes():
        os.write(2, b"why\n")
        raise ImportError
    os.write(2, b"later\n")
    assert capfd.readouterr().err == "why\nlater\n"


def test_other_modules_are_left_alone():
    finder = quiet.Finder()
    assert finder.find_spec("json") is finder.find_spec("tensorflow_datasets") is None
    assert finder.find_spec("tensorflow", []) is None  # not installed
    assert isinstance(finder.find_spec("tensorflow").loader, quiet.QuietLoader)


def test_it_is_installed_once():
    quiet.install()
    assert sum(isinstance(finder, quiet.Finder) for finder in sys.meta_path) == 1
