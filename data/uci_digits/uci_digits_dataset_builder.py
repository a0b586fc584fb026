"""The handwritten digits that come with scikit-learn, in the layout of MNIST."""

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from data.package import needed

TRAINING_DIGITS = 1437  # of 1,797, in the order of the file; the others are for testing


class Builder(tfds.core.GeneratorBasedBuilder):
    """1,797 digits on 28 x 28 pixels."""

    VERSION = tfds.core.Version("1.0.0")  # raise it when the images, their number or the split change

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(28, 28, 1)),
                    "label": tfds.features.ClassLabel(names=[str(digit) for digit in range(10)]),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://doi.org/10.24432/C50P49",
        )

    def _split_generators(self, dl_manager):
        digits = needed("sklearn.datasets", "pip install scikit-learn").load_digits()
        examples = list(enumerate(zip(digits.images, digits.target)))
        return {
            "train": self._generate_examples(examples[:TRAINING_DIGITS]),
            "test": self._generate_examples(examples[TRAINING_DIGITS:]),
        }

    def _generate_examples(self, examples):
        for number, (counts, label) in examples:
            yield number, {"image": enlarge(counts), "label": int(label)}


def enlarge(counts):
    """Enlarge 8 x 8 numbers from 0 (paper) to 16 (ink) to an image of 28 x 28 x 1 pixels from 0 to 255.

    Every number becomes 3 x 3 pixels, interpolated bicubically: a digit of 24 x 24 pixels in the middle of 28 x 28.
    The frame of paper lets its strokes fade out instead of being cut off.
    """
    grey = np.rint(np.pad(counts, 1) * (255 / 16)).astype(np.uint8)
    enlarged = Image.fromarray(grey).resize((30, 30), Image.Resampling.BICUBIC)
    return np.asarray(enlarged)[1:-1, 1:-1, None]
