"""The set-up cell of each notebook on Colab: it clones the course, installs what it needs, and then imports it.

Stand-ins take the place of `google.colab` and `%pip`, and git clones from a folder instead of the public address.
"""

import os
import shutil
import subprocess

import pytest

from course.address import repository
from course.notebooks import NOTEBOOKS, ROOT, read
from course.publishing.parts import is_setup
from tests.helpers import child, needs_fork

ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
NAME = repository().rsplit("/", 1)[-1]
NO_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}  # of whoever runs the tests

COLAB = """
import os, sys, types
import keras, pandas, scipy.ndimage, scipy.signal, skimage.data, skimage.filters, matplotlib.pyplot
from IPython.core.interactiveshell import InteractiveShell

def pip(line):
    print("pip", line, os.path.exists(line.split()[-1]))

sys.modules["google.colab"] = types.ModuleType("google.colab")
for number, (source, folder) in enumerate(zip(sys.argv[1::2], sys.argv[2::2])):
    print("notebook", number, flush=True)
    if not os.fork():  # a process of its own, which need not import all that again
        os.chdir(folder)
        sys.path = [place for place in sys.path if place not in ("", os.environ["ROOT"])]
        shell = InteractiveShell()
        shell.register_magic_function(pip)
        done = shell.run_cell(source + "\\nimport utils")
        if done.success:
            print(shell.user_ns["exercises"].__name__, "in", os.getcwd(), "from", shell.user_ns["utils"].__path__[0])
        sys.stdout.flush()
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A git repository with the files of the course that notebooks need, as they are now."""
    folder = tmp_path_factory.mktemp("published")
    for name in ("data", "utils"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "notebooks").mkdir()
    for name in ("requirements.txt", "notebooks/01_convolution_1d.ipynb"):
        shutil.copy(ROOT / name, folder / name)
    person = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    environment = os.environ | NO_SETTINGS
    for arguments in (["init"], ["add", "."], [*person, "commit", "-m", "the course"]):
        subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def printed(published, tmp_path_factory):
    """What set-up cells print: each in an empty folder, the first again in the same one, and one that stays outside."""
    sources = [next(cell.source for cell in read(path).cells if is_setup(cell)) for path in ALL]
    folders = [tmp_path_factory.mktemp("content") for _ in ALL]
    outside = sources[0].replace("os.chdir(", "len("), tmp_path_factory.mktemp("content")
    runs = [*zip(sources, folders), (sources[0], folders[0]), outside]
    names = [*(path.stem for path in ALL), "again", "outside"]
    environment = os.environ | NO_SETTINGS
    environment |= {
        "ROOT": str(ROOT),
        "IPYTHONDIR": str(tmp_path_factory.mktemp("ipython")),
        "GIT_CONFIG_COUNT": "1",  # git takes these settings as if they stood in a file
        "GIT_CONFIG_KEY_0": f"url.{published.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": repository(),
    }
    arguments = [argument for run in runs for argument in run]
    lines, complaints = child(COLAB, *arguments, env=environment).communicate()
    found = [part.splitlines()[1:] for part in lines.split("notebook ")[1:]]
    assert len(found) == len(runs), complaints
    return {name: (lines, folder) for name, lines, (_, folder) in zip(names, found, runs)}


def imports(path, folder):
    """Return the last line of a set-up cell that went well."""
    course = folder / NAME
    return f"utils.exercises.{path.stem[3:]} in {course / 'notebooks'} from {course / 'utils'}"


@needs_fork
@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem[:2])
def test_on_colab_a_notebook_clones_the_course_installs_and_imports_it(path, printed):
    lines, folder = printed[path.stem]
    assert lines == ["pip install -q -r ../requirements.txt True", imports(path, folder)]


@needs_fork
def test_after_a_restart_of_the_kernel_the_clone_is_found_again(printed):
    lines, folder = printed["again"]
    assert "already exists" in lines[0] and lines[-1] == imports(ALL[0], folder)


@needs_fork
def test_a_cell_that_stays_outside_of_the_clone_would_be_found(printed):
    lines, folder = printed["outside"]
    assert lines[0] == "pip install -q -r ../requirements.txt False" and lines[-1] != imports(ALL[0], folder)
