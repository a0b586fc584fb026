"""Labelled image sets by name, as NumPy arrays: those that come with the course, and those of TensorFlow Datasets.

TensorFlow Datasets (TFDS) prepares a set once, as files in a folder, and reads those files ever after:
`utils.preparation`.
"""

import os
import re
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from utils.preparation import BUNDLED, SHARDS, check_files, damaged, prepare
from utils.validation import choice, pair


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
            more.
        data_dir: The folder of the prepared sets. Default: the environment variable TFDS_DATA_DIR, or else
            ~/tensorflow_datasets.
        image_size: Int or pair (rows, columns), needed for sets whose images differ in size. The largest part of each
            image that has this aspect ratio is cut from its middle and resized (bilinear, antialiased).

    Returns:
        x: uint8 of shape (images, height, width, channels). y: int64 of shape (images,), which counts class_names, a
        list of str.

    Raises:
        ValueError: For an unknown name, for a set of something else than labelled images, for a missing image_size, and
            for a data_dir that is no plain path: an address such as gs://..., a path in quotes.
        ConnectionError: Where a set cannot be fetched.
        ModuleNotFoundError: If the package that a set is made from is not installed.
        OSError: Where a set cannot be stored: PermissionError, or else no room is left.
        RuntimeError: If the stored files are damaged.

    Source: TFDS, https://www.tensorflow.org/datasets. Introduced in notebook 04.
    """
    data_dir = _folder(data_dir)
    builder = _builder(name, data_dir)
    image, label = _labelled_images(name, builder.info)
    if image_size is not None:
        image_size = pair("image_size", image_size)
    elif None in image.shape:
        raise ValueError(f"the images of {name} differ in size; give an image_size, for example image_size=96")
    if not builder.data_path.exists():
        prepare(name, builder, data_dir)
        builder = _builder(name, data_dir)
    return *_read(name, builder, image_size), list(label.names)


def _folder(data_dir):
    """Return the folder of the prepared sets; what the system would read in another way than meant is refused."""
    argument, value = "data_dir", data_dir
    if data_dir is None or data_dir == "":
        argument, value = "TFDS_DATA_DIR", os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str):
        raise ValueError(f"{argument} must be the path of a folder, got {value!r}; give a str or a pathlib.Path")
    text = os.fspath(value)
    doubts = {
        "an address; give a folder of this computer": r"[a-z][a-z0-9+.-]+:[/\\]",
        "a path of Windows; this system separates folders by /": r"[a-z]:/|.*\\" if os.name != "nt" else r"(?!)",
        "in quotes or has blanks around it; remove them": r"[\s'\"‘’“”`]|.*[\s'\"‘’“”`]$",
        "broken by a control character; remove it": r".*[\x00-\x1f\x7f]",
        "a variable that nobody replaces; use os.path.expandvars": r".*(\$\w|\$\{|\$\(|%\w+%)",
    }
    for doubt, pattern in doubts.items():
        if re.match(pattern, text, re.IGNORECASE | re.DOTALL):
            raise ValueError(f"{argument} must be the path of a folder, but {text!r} is {doubt}")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"{argument} cannot be {text!r}: {error} Give the full path of a folder as data_dir"
        ) from error


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
    known = tfds.list_builders(with_community_datasets=False)
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
            lambda image, label: (_resize(image, image_size), label), num_parallel_calls=tf.data.AUTOTUNE
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


def _resize(image, image_size):
    """Cut from the middle the largest part of an image that has the aspect ratio of `image_size`, and resize it."""
    import tensorflow as tf

    height, width = tf.shape(image)[0], tf.shape(image)[1]
    rows = tf.minimum(height, tf.maximum(width * image_size[0] // image_size[1], 1))
    columns = tf.minimum(width, tf.maximum(height * image_size[1] // image_size[0], 1))
    part = tf.image.crop_to_bounding_box(image, (height - rows) // 2, (width - columns) // 2, rows, columns)
    resized = tf.image.resize(part, image_size, antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)


def _last_fifth(labels):
    """Mark the labels that are among the last fifth of their class (rounded)."""
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        chosen[places[len(places) - round(len(places) / 5) :]] = True
    return chosen
