"""What several tests of publications need."""

import pytest

from course.handouts import build
from course.notebooks import NOTEBOOKS


@pytest.fixture(scope="session")
def handouts(tmp_path_factory):
    """The folder with the hand-outs of all notebooks."""
    folder = tmp_path_factory.mktemp("handouts")
    build(sorted(NOTEBOOKS.glob("*.ipynb")), folder)
    return folder
