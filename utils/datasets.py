"""Labelled image sets as NumPy arrays: those that come with the course, those of TensorFlow Datasets, and one's own.

TensorFlow Datasets (TFDS) prepares a set once, as files in a folder, and reads those files ever after:
`utils.preparation`. `utils.folders` reads one's own photographs.
"""

import os
import re
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from utils.folders import load_folder, plain_path
from utils.pixels import cut_to_size
from utils.preparation import BUNDLED, SHARDS, check_files, damaged, prepare
from utils.validation import check_memory, choice, pair


def load(name, data_dir=None, image_size=None):
    """Return an image set as `(x_train, y_train), (x_test, y_test), class_names`.

    The result is that of keras.datasets, with the names added. The order is mixed, but the same in every run: it is
    that of TFDS' files. The test images are those of TFDS' split "test"; without one, of "validation"; without that,
    the last fifth of each class. Nothing incomplete is ever read, however many processes load at once. What a set lost
    or exchanged after it was prepared here is noticed; in one that was prepared elsewhere and copied, only what its
    description contradicts is: see data/README.md.

    Args:
        name: "mnist_5k", "uci_digits" and "drawings" come with the course and need no network. Every other labelled
            image set of TFDS is fetched at its first use: "mnist", "fashion_mnist", "cifar10", "tf_flowers" and many
            more. The path of a folder, a pathlib.Path or a text with a slash such as "./photos", stands for one's own
            photographs, in one sub-folder for each class: see `utils.folders.load_folder`.
        data_dir: The folder of the prepared sets. Default: the environment variable TFDS_DATA_DIR, or else
            ~/tensorflow_datasets.
        image_size: Int or pair (rows, columns), needed for sets whose images differ in size. The largest part of each
            image that has this aspect ratio is cut from its middle and resized (bilinear, antialiased).

    Returns:
        x: uint8 of shape (images, height, width, channels). y: int64 of shape (images,), which counts class_names, a
        list of str.

    Raises:
        ValueError: For an unknown name, for a set of something else than labelled images, for a missing image_size, for
            more images than the memory holds, and for a data_dir that is no plain path: an address such as gs://...,
            a path in quotes. For a folder of photographs, see there.
        ConnectionError: Where a set cannot be fetched.
        ModuleNotFoundError: If the package that a set is made from is not installed.
        OSError: Where a set cannot be stored: PermissionError, or else no room is left.
        RuntimeError: If the stored files are damaged.

    Source: TFDS, https://www.tensorflow.org/datasets. Introduced in notebook 04.
    """
    if image_size is not None:
        image_size = pair("image_size", image_size)
    if folder := _own_folder(name, data_dir):
        return load_folder(folder, image_size)
    data_dir = _folder(data_dir)
    builder = _builder(name, data_dir)
    image, label = _labelled_images(name, builder.info)
    if image_size is None and None in image.shape:
        raise ValueError(f"the images of {name} differ in size; give an image_size, for example image_size=96")
    if not builder.data_path.exists():
        prepare(name, builder, data_dir)
        builder = _builder(name, data_dir)
    return *_read(name, builder, image_size), list(label.names)


def _folder(data_dir):
    """Return the folder of the prepared sets."""
    variable = os.environ.get("TFDS_DATA_DIR")
    if data_dir is None or data_dir == "":
        return plain_path("TFDS_DATA_DIR", variable) if variable else plain_path("data_dir", "~/tensorflow_datasets")
    return plain_path("data_dir", data_dir)


def _own_folder(name, data_dir):
    """Return the folder that a name stands for, or None for the name of a set; what may be both is refused."""
    if isinstance(name, os.PathLike):
        return Path(name).expanduser()
    if not isinstance(name, str) or "\0" in name or re.match(r"\w{2,}:(?![/\\])", name):  # as in "mnist:3.0.1"
        return None
    exists, separated = Path(name).is_dir() and name != "", bool(re.search(r"[/\\]|^\.+$|^~", name))
    if not exists and not separated:
        return None
    base = re.split(r"[/\\:]", name)[0]
    known = _letters(base) in map(_letters, tfds.list_builders(with_community_datasets=False))
    known = known or (re.match(r"\w(?!:)", base) is not None and (_folder(data_dir) / base).is_dir())
    if exists and known == separated:
        raise ValueError(f"name={name!r} may be an image set or a folder; for the folder give './{name}'")
    if known:
        return None
    return Path(name) if exists else plain_path("name", name)


def _builder(name, data_dir):
    """Return TFDS' object that prepares and describes a set, once it is certain that its files can be believed."""
    empty = data_dir / "no such folder"  # TFDS believes every description that it finds, so at first it finds none
    try:
        folder = data_dir / tfds.builder(name, data_dir=empty).data_path.relative_to(empty)
    except Exception as error:  # for an unknown name it lists hundreds of names
        base = re.split("[/:]", str(name))[0]
        if base in tfds.list_builders(with_community_datasets=False):
            raise ValueError(f"name must be a name that TensorFlow Datasets knows, got {name!r}: {error}") from error
        folder = _files_alone(name, data_dir / base)
        if folder is None:
            return _builder(_known_name(name), data_dir)
    try:
        prepared = folder.exists()
    except OSError as error:
        raise PermissionError(
            f"{data_dir} cannot be read ({error}); set data_dir or the environment variable TFDS_DATA_DIR to another "
            "folder"
        ) from error
    if prepared:
        check_files(name, folder)
    try:
        return tfds.builder(name, data_dir=str(data_dir))
    except Exception as error:
        raise damaged(name, folder, error) from error


def _files_alone(name, folder):
    """Return the folder of a prepared set of which TFDS has only the files, no builder; None if there is none."""
    try:
        return Path(tfds.builder(name, data_dir=str(folder.parent)).data_path) if folder.is_dir() else None
    except Exception:
        return None


def _known_name(name):
    """Return the name of a set as TFDS spells it: capitals, hyphens and blanks do not matter, "CIFAR-10" is cifar10."""
    known = sorted(set(tfds.list_builders(with_community_datasets=False)))  # one that was in use stands there twice
    base, rest = re.fullmatch(r"([^/:]*)(.*)", name, re.DOTALL).groups() if isinstance(name, str) else ("", "")
    alike = [word for word in known if _letters(word) == _letters(base)]
    if len(alike) == 1 and alike[0] != base:
        return alike[0] + rest
    kinds = f"an image set that comes with the course ({', '.join(BUNDLED)}) or one of TensorFlow Datasets"
    return choice("name", name, known, kinds)


def _letters(name):
    return re.sub(r"[\s_.-]", "", name.lower())


def _labelled_images(name, info):
    """Return the features of TFDS that describe the images and their labels."""
    keys, features = info.supervised_keys, info.features
    if isinstance(keys, tuple) and len(keys) == 2 and all(isinstance(key, str) for key in keys):
        image, label = (features[key] for key in keys)
        pictures = isinstance(image, tfds.features.Image) and image.np_dtype == np.uint8 and image.shape[-1]
        if pictures and isinstance(label, tfds.features.ClassLabel):
            return image, label
    found = ", ".join(f"{key}: {type(feature).__name__}" for key, feature in (features or {}).items())
    raise ValueError(f"name must be a set of 8-bit images with one label each; {name} has {found}")


def _read(name, builder, image_size):
    """Return (x_train, y_train), (x_test, y_test) from the files of a prepared set."""
    import tensorflow as tf

    folder, splits = Path(builder.data_path), builder.info.splits
    _check_splits(name, folder, splits)
    if "train" not in splits:
        raise ValueError(f"name must be a set with training images; {name} has only the splits {', '.join(splits)}")
    _check_memory(name, builder.info, image_size)
    try:
        x, y = _arrays(builder, "train", image_size)
        for split in ("test", "validation"):
            if split in splits:
                return (x, y), _arrays(builder, split, image_size)
    except tf.errors.OpError as error:
        reason = str(error).split("}} ")[-1].split(" [Op:")[0]  # without the name of TensorFlow's operation
        raise damaged(name, folder, reason) from error
    test = _last_fifth(y)
    return (x[~test], y[~test]), (x[test], y[test])


def _check_memory(name, info, image_size):
    """Raise ValueError if the images of a set, each of this size, do not fit into memory."""
    image = info.features[info.supervised_keys[0]]
    rows, columns = image_size or image.shape[:2]
    number = sum(split.num_examples for split in info.splits.values())
    argument, value = ("name", name) if image_size is None else ("image_size", image_size)
    check_memory(argument, value, (number, rows, columns, image.shape[-1]), itemsize=1)


def _check_splits(name, folder, splits):
    """Raise RuntimeError unless a folder holds the files that its dataset_info.json lists, and numbers that can be."""
    found = {path.name: path.stat().st_size for path in folder.glob(SHARDS)}
    try:
        listed = {path.name for split in splits.values() for path in split.filepaths}
    except ValueError as error:  # the pattern of the names is damaged
        raise damaged(name, folder, error) from error
    if set(found) != listed or not listed:
        reason = f"there are the files {sorted(found)}, but dataset_info.json lists {sorted(listed) or 'none'}"
        raise damaged(name, folder, reason)
    for split in {"train", "test", "validation"} & set(splits):
        number, size = splits[split].num_examples, sum(found[path.name] for path in splits[split].filepaths)
        if not 0 < number <= size:
            raise damaged(name, folder, f"dataset_info.json lists {number} {split} images in {size} bytes")


def _arrays(builder, split, image_size):
    """Return all images and labels of a split, in the order of the files."""
    import tensorflow as tf

    config = tfds.ReadConfig(try_autocache=False)
    examples = builder.as_dataset(split=split, as_supervised=True, read_config=config)
    if image_size is not None:
        examples = examples.map(
            lambda image, label: (cut_to_size(image, image_size), label), num_parallel_calls=tf.data.AUTOTUNE
        )
    number = builder.info.splits[split].num_examples
    images, labels = tfds.as_numpy(examples.batch(number).get_single_element())
    classes = builder.info.features[builder.info.supervised_keys[1]].num_classes
    if len(images) != number:
        raise damaged(builder.name, builder.data_path, f"there are {len(images)} {split} images in place of {number}")
    if labels.min() < -1 or labels.max() >= classes:
        raise damaged(builder.name, builder.data_path, f"there are labels from {labels.min()} to {labels.max()}")
    if (labels < 0).any():  # that is how TFDS stores "unknown"
        raise ValueError(
            f"name must be a set with one label for each image; the {split} images of {builder.name} lack it"
        )
    return images, labels


def _last_fifth(labels):
    """Mark the labels that are among the last fifth of their class (rounded)."""
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        chosen[places[len(places) - round(len(places) / 5) :]] = True
    return chosen
