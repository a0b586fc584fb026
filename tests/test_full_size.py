"""The notebooks with full-size data, where they are at hand: in the folder "shared" beside the repository."""

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest

from course.notebooks import NOTEBOOKS
from tests.helpers import SETS, WEIGHTS, needs

pytestmark = pytest.mark.on_request

WITHOUT = {  # beginnings of sections that do not depend on the parameters, and that no other section needs
    "05_lenet.ipynb": ("LeNet-5 of 1998", "C3 and its table", "From maps to an answer", "The LeNet-5 of the textbooks"),
    "06_alexnet_zfnet_vgg.ipynb": ("AlexNet", "Overlapping", "Local", "ZFNet", "Deconvnet by", "What five", "VGG-16"),
    "07_googlenet.ipynb": ("All filter", "1 × 1", "The Inception", "GoogLeNet", "Global average", "Twelve times"),
    "08_resnet.ipynb": ("The residual block", "ResNet-18"),
}


@pytest.fixture(scope="module")
def environment(cache, tmp_path_factory):
    """Where notebooks find full-size sets and weights beside those that come with the course, all of them prepared."""
    folder = tmp_path_factory.mktemp("full_size")
    for source, target in ((SETS, folder / "tfds"), (cache, folder / "tfds"), (WEIGHTS, folder / "keras" / "models")):
        target.mkdir(parents=True, exist_ok=True)
        for entry in source.glob("*"):
            (target / entry.name).symlink_to(entry)
    return os.environ | {"TFDS_DATA_DIR": str(folder / "tfds"), "KERAS_HOME": str(folder / "keras")}


@pytest.fixture
def run(environment, tmp_path):
    """A function that runs a notebook with other parameters, in its own folder, and returns all that it printed."""

    def printed(notebook, **parameters):
        content = nbformat.read(NOTEBOOKS / notebook, as_version=4)
        section, without, left_out = "", WITHOUT.get(notebook, ()), set()
        for cell in content.cells:
            if cell.cell_type == "markdown":
                section = (re.findall("^## (.*)", cell.source, re.MULTILINE) or [section])[-1]
            elif section.startswith(without):  # only its imports stay
                left_out.add(section)
                cell.source = "\n".join(re.findall(r"^(?:import|from) .*", cell.source, re.MULTILINE))
        assert len(left_out) == len(without)
        nbformat.write(content, tmp_path / notebook)
        options = [text for item in parameters.items() for text in ("-y", f"{item[0]}: {json.dumps(item[1])}")]
        command = [sys.executable, "-m", "papermill", "--cwd", NOTEBOOKS, "--no-progress-bar"]
        command += [tmp_path / notebook, tmp_path / "result.ipynb", *options]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        cells = nbformat.read(tmp_path / "result.ipynb", as_version=4).cells
        return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))

    return printed


@needs(SETS / "mnist")
def test_lenet_learns_mnist(run):
    choice = dict(DATASET="mnist", IMAGES=10_000, EPOCHS=2, SEEDS=[0])
    printed = run("05_lenet.ipynb", **choice)
    assert "60,000 images for training, 10,000 for testing" in printed
    (accuracy,) = re.findall(r"([\d.]+)% of 10,000 images are right", printed)
    assert float(accuracy) > 95  # after two epochs; six with all images are needed for 99


@needs(SETS / "cifar10")
def test_inception_with_colour_images_in_several_sizes(run):
    choice = dict(DATASET="cifar10", IMAGES=1000, EPOCHS=1, SEEDS=[0])
    printed = run("07_googlenet.ipynb", **choice)
    assert "1,000 images for training, 1,000 for testing" in printed  # the first ones
    assert re.search(r"better than nearest neighbour on the whole canvas: [0-4] of 4", printed)


@needs(SETS / "cifar10")
def test_residual_networks_learn_small_colour_images(run):
    choice = dict(DATASET="cifar10", EPOCHS=1, SEEDS=[0])
    printed = run("08_resnet.ipynb", **choice)
    assert "1,600 images to train with, 800 for validation, 1,000 for testing" in printed
    assert "10 classes: guessing is wrong for 90% of the images" in printed
    (runs,) = re.findall(r"training error of plain 56 above that of plain 20: in (\d) of 1 runs", printed)
    assert runs in "01" and "taking out one block hurts most in the network that is" in printed


@needs(SETS / "tf_flowers", WEIGHTS)
def test_transfer_learning_with_flowers_and_a_network_of_keras_applications(run):
    choice = dict(DATASET="tf_flowers", BACKBONE="MobileNetV2", OPTIONS={"alpha": 0.35}, SEEDS=[0])
    choice |= dict(LABELS_PER_CLASS=[20], FAR_DATASET="uci_digits", FAR_LABELS_PER_CLASS=[2], BLOCKS=2, EPOCHS=10)
    printed = run("09_transfer_learning.ipynb", **choice, POOL=200)
    assert "200 images to draw from, 120 for testing, 5 classes" in printed
    assert "mobilenetv2_0.35_224: 410,208 parameters, 1,280 features for an image" in printed
    (draw,) = re.findall(r"20 labels a class, draw 0: (.*)", printed)
    accuracy = {name: float(value) for name, value in re.findall(r"([a-z][a-z -]*) ([\d.]+)%", draw)}
    assert accuracy["frozen"] > accuracy["from scratch"] + 5 and accuracy["fine-tuned"] > accuracy["from scratch"] + 5


@needs(SETS / "cifar10")
def test_the_parts_of_alexnet_are_tried_with_colour_images(run):
    choice = dict(DATASET="cifar10", IMAGES=1000, EPOCHS=1, SEEDS=[0])
    printed = run("06_alexnet_zfnet_vgg.ipynb", **choice)
    assert "1,000 images for training, 1,000 for testing, 10 classes" in printed
    assert re.search(r"[\d.]+% of the test images right; colour histogram: [\d.]+%", printed)
