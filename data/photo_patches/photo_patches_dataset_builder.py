"""Patches of 15 photographs that come with scikit-image and scikit-learn: which photograph is a patch from?"""

import numpy as np
import tensorflow_datasets as tfds

PATCH = 96  # rows and columns
PATCHES = {"train": 60, "test": 30}  # of each photograph: the former from its left half, the latter from its right

# Class: (package, photograph, reduction). Some photographs are reduced, so that a patch shows enough of their subject.
PHOTOS = {
    "brick": ("skimage", "brick", 1),
    "cat": ("skimage", "chelsea", 1),
    "coffee": ("skimage", "coffee", 2),
    "coins": ("skimage", "coins", 1),
    "flower": ("sklearn", "flower.jpg", 2),
    "galaxies": ("skimage", "hubble_deep_field", 1),
    "grass": ("skimage", "grass", 1),
    "gravel": ("skimage", "gravel", 1),
    "handwriting": ("skimage", "text", 1),
    "launch pad": ("skimage", "rocket", 2),
    "moon": ("skimage", "moon", 2),
    "motorcycle": ("skimage", "stereo_motorcycle", 2),
    "page": ("skimage", "page", 1),
    "retina": ("skimage", "retina", 4),
    "tissue": ("skimage", "immunohistochemistry", 1),
}


class Builder(tfds.core.GeneratorBasedBuilder):
    """60 training and 30 test patches of each of 15 photographs."""

    VERSION = tfds.core.Version("1.0.0")  # raise it when the photographs or the patches change

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(PATCH, PATCH, 3)),
                    "label": tfds.features.ClassLabel(names=list(PHOTOS)),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://scikit-image.org/docs/stable/api/skimage.data.html",
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in PATCHES}

    def _generate_examples(self, split):
        for label, name in enumerate(PHOTOS):
            for number, patch in enumerate(patches(name, split)):
                yield f"{name} {number}", {"image": patch, "label": label}


def patches(name, split):
    """The patches of one photograph: (number, 96, 96, 3), all of them different, the same on every computer."""
    image = photo(name)
    width = image.shape[1] // 2
    half = image[:, :width] if split == "train" else image[:, -width:]
    rows, columns = half.shape[0] - PATCH + 1, width - PATCH + 1
    rng = np.random.default_rng([list(PHOTOS).index(name), list(PATCHES).index(split)])
    corners = rng.choice(rows * columns, PATCHES[split], replace=False)
    return np.stack(
        [half[row : row + PATCH, column : column + PATCH] for row, column in zip(*divmod(corners, columns))]
    )


def photo(name):
    """The photograph behind a class: (height, width, 3) from 0 to 255, grey ones with three equal channels."""
    package, source, reduction = PHOTOS[name]
    if package == "sklearn":
        from sklearn.datasets import load_sample_image

        image = load_sample_image(source)
    else:
        import skimage.data

        image = getattr(skimage.data, source)()
    if source == "stereo_motorcycle":
        image = image[0]  # the left camera's
    if image.ndim == 2:
        image = np.stack([image] * 3, axis=-1)
    return reduce(image, reduction)


def reduce(image, factor):
    """The means of blocks of factor x factor pixels, rounded; rows and columns that fill no block are left out."""
    height, width = (size // factor for size in image.shape[:2])
    blocks = image[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    return ((blocks.sum((1, 3), dtype=int) + factor**2 // 2) // factor**2).astype(np.uint8)
