"""The notebooks with full-size data, where they are at hand: in the folder "shared" beside the repository."""

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest

from course.notebooks import NOTEBOOKS
from tests.helpers import SETS, SHARED

KERAS = SHARED / "keras"


def run(notebook, result, until=None, **parameters):
    """Run a notebook with other parameters, in its own folder; returns all that it printed.

    until: a heading before which it ends, where what follows does not depend on the parameters.
    """
    path = result.with_name(notebook)
    cells = nbformat.read(NOTEBOOKS / notebook, as_version=4)
    if until:
        (end,) = (k for k, cell in enumerate(cells.cells) if cell.source.startswith(f"## {until}"))
        del cells.cells[end:]
    nbformat.write(cells, path)
    options = [text for item in parameters.items() for text in ("-y", f"{item[0]}: {json.dumps(item[1])}")]
    command = [sys.executable, "-m", "papermill", "--cwd", NOTEBOOKS, "--no-progress-bar"]
    data = result.with_name("tfds")  # the prepared sets, beside which those that come with the course can be prepared
    data.mkdir()
    for folder in SETS.iterdir():
        (data / folder.name).symlink_to(folder)
    keras = result.with_name("keras")  # the weights, beside which those that come with the course can be kept
    (keras / "models").mkdir(parents=True)
    for file in (KERAS / "models").glob("*"):
        (keras / "models" / file.name).symlink_to(file)
    environment = os.environ | {"TFDS_DATA_DIR": str(data), "KERAS_HOME": str(keras)}
    done = subprocess.run([*command, path, result, *options], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    cells = nbformat.read(result, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


@pytest.mark.skipif(not (SETS / "mnist").is_dir(), reason="MNIST, prepared by TFDS, is not beside the repository")
def test_lenet_learns_mnist(tmp_path):
    choice = dict(DATASET="mnist", IMAGES=10_000, EPOCHS=2, SEEDS=[0])
    printed = run("05_lenet.ipynb", tmp_path / "result.ipynb", **choice)
    assert "60,000 images for training, 10,000 for testing" in printed
    (accuracy,) = re.findall(r"([\d.]+)% of 10,000 images are right", printed)
    assert float(accuracy) > 95  # after two epochs; six with all images are needed for 99


@pytest.mark.skipif(not (SETS / "cifar10").is_dir(), reason="CIFAR-10, prepared by TFDS, is not beside the repository")
def test_inception_with_colour_images_in_several_sizes(tmp_path):
    choice = dict(DATASET="cifar10", IMAGES=1000, EPOCHS=1, SEEDS=[0])
    printed = run("07_googlenet.ipynb", tmp_path / "result.ipynb", **choice)
    assert "1,000 images for training, 1,000 for testing" in printed  # the first ones
    assert re.search(r"better than nearest neighbour on the whole canvas: [0-4] of 4", printed)


@pytest.mark.skipif(not (SETS / "cifar10").is_dir(), reason="cifar10, prepared by TFDS, is not beside the repository")
def test_residual_networks_learn_small_colour_images(tmp_path):
    printed = run("08_resnet.ipynb", tmp_path / "result.ipynb", DATASET="cifar10", EPOCHS=1, SEEDS=[0])
    assert "1,600 images to train with, 800 for validation, 1,000 for testing" in printed
    assert "10 classes: guessing is wrong for 90% of the images" in printed
    (runs,) = re.findall(r"training error of plain 56 above that of plain 20: in (\d) of 1 runs", printed)
    assert runs in "01" and "taking out one block hurts most in the network that is" in printed


@pytest.mark.skipif(not ((SETS / "tf_flowers").is_dir() and KERAS.is_dir()), reason="tf_flowers or weights are missing")
def test_transfer_learning_with_flowers_and_a_network_of_keras_applications(tmp_path):
    choice = dict(DATASET="tf_flowers", BACKBONE="MobileNetV2", OPTIONS={"alpha": 0.35}, SEEDS=[0])
    choice |= dict(LABELS_PER_CLASS=[20], FAR_DATASET="uci_digits", FAR_LABELS_PER_CLASS=[2], BLOCKS=2, EPOCHS=10)
    printed = run("09_transfer_learning.ipynb", tmp_path / "result.ipynb", **choice, POOL=200)
    assert "200 images to draw from, 120 for testing, 5 classes" in printed
    assert "mobilenetv2_0.35_224: 410,208 parameters, 1,280 features for an image" in printed
    (draw,) = re.findall(r"20 labels a class, draw 0: (.*)", printed)
    accuracy = {name: float(value) for name, value in re.findall(r"([a-z][a-z -]*) ([\d.]+)%", draw)}
    assert accuracy["frozen"] > accuracy["from scratch"] + 5 and accuracy["fine-tuned"] > accuracy["from scratch"] + 5


@pytest.mark.skipif(not (SETS / "cifar10").is_dir(), reason="CIFAR-10, prepared by TFDS, is not beside the repository")
def test_the_parts_of_alexnet_are_tried_with_colour_images(tmp_path):
    choice = dict(DATASET="cifar10", IMAGES=1000, EPOCHS=1, SEEDS=[0])
    printed = run("06_alexnet_zfnet_vgg.ipynb", tmp_path / "result.ipynb", until="What five depths", **choice)
    assert "1,000 images for training, 1,000 for testing, 10 classes" in printed
    assert re.search(r"[\d.]+% of the test images right; colour histogram: [\d.]+%", printed)
