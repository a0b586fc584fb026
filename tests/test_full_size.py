"""The notebooks with full-size data, where they are at hand: in the folder "shared" beside the repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
TFDS = ROOT.parent / "shared" / "tfds"


def run(notebook, result, **parameters):
    """Run a notebook with other parameters, in its own folder; returns all that it printed."""
    options = [text for name, value in parameters.items() for text in ("-p", name, str(value))]
    command = [sys.executable, "-m", "papermill", "--cwd", ROOT / "notebooks", "--no-progress-bar"]
    environment = os.environ | {"TFDS_DATA_DIR": str(TFDS), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [*command, ROOT / "notebooks" / notebook, result, *options], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cells = nbformat.read(result, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


@pytest.mark.skipif(not (TFDS / "mnist").is_dir(), reason="MNIST, prepared by TFDS, is not beside the repository")
def test_lenet_learns_all_of_mnist(tmp_path):
    printed = run("05_lenet.ipynb", tmp_path / "result.ipynb", DATASET="mnist", EPOCHS=1)
    assert "60,000 images for training, 10,000 for testing" in printed
    (accuracy,) = re.findall(r"([\d.]+)% of 10,000 digits are right", printed)
    assert float(accuracy) > 95  # after one epoch; five are needed for 99
