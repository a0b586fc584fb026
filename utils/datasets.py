"""Labelled image sets by name, as NumPy arrays: those that come with the course, and those of TensorFlow Datasets.

TensorFlow Datasets (TFDS) prepares a set once, as files in a folder, and reads those files ever after.
"""

import contextlib
import os
import shutil
import sys
from pathlib import Path

import filelock
import numpy as np
import requests
import tensorflow_datasets as tfds

from data.drawings import drawings_dataset_builder as drawings
from data.mnist_5k import mnist_5k_dataset_builder as mnist_5k
from data.uci_digits import uci_digits_dataset_builder as uci_digits
from utils.validation import choice, pair

# Made from files of packages, see data/README.md. Importing their builders tells TFDS that these sets exist.
BUNDLED = tuple(module.Builder.name for module in (drawings, mnist_5k, uci_digits))


def load(name, data_dir=None, image_size=None):
    """Return an image set as `(x_train, y_train), (x_test, y_test), class_names`.

    The result is that of keras.datasets, with the names added. The order is mixed, but the same in every run: it is
    that of TFDS' files. The test images are those of TFDS' split "test"; without one, of "validation"; without that,
    the last fifth of each class. Nothing incomplete is ever read, however many processes load at once.

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
        ValueError: For an unknown name, for a set of something else than labelled images, and for a missing image_size.
        ConnectionError: Where a set cannot be fetched.
        ModuleNotFoundError: If the package that a set is made from is not installed.
        PermissionError: Where a set cannot be stored.
        RuntimeError: If the stored files are damaged.

    Source: TFDS, https://www.tensorflow.org/datasets. Introduced in notebook 04.
    """
    data_dir = Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()
    builder = _builder(name, data_dir)
    image, label = _labelled_images(name, builder.info)
    if image_size is not None:
        image_size = pair("image_size", image_size)
    elif None in image.shape:
        raise ValueError(f"the images of {name} differ in size; give an image_size, for example image_size=96")
    if not builder.data_path.exists():
        _prepare(name, builder, data_dir)
        builder = _builder(name, data_dir)
    return *_read(name, builder, image_size), list(label.names)


def _builder(name, data_dir):
    """Return TFDS' object that prepares and describes a set."""
    try:
        return tfds.builder(name, data_dir=str(data_dir))
    except Exception as error:
        reason = error
    # The name is wrong, or the description of a prepared set is damaged: an empty folder tells which.
    empty = data_dir / "no such folder"
    try:
        folder = tfds.builder(name, data_dir=empty).data_path.relative_to(empty)
    except tfds.core.DatasetNotFoundError:  # it lists hundreds of names
        folder = None
    except Exception as error:
        raise ValueError(f"name must be a name that TensorFlow Datasets knows, got {name!r}: {error}") from reason
    if folder is None:
        known = tfds.list_builders(with_community_datasets=False)
        kinds = f"an image set that comes with the course ({', '.join(BUNDLED)}) or one of TensorFlow Datasets"
        return _builder(choice("name", name, known, kinds), data_dir)
    raise _damaged(name, data_dir / folder, reason) from reason


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


def _prepare(name, builder, data_dir):
    """Let TFDS fetch the set and write its files, in one process at a time."""
    with _lock(name, data_dir / builder.name):
        if builder.data_path.exists():  # by now: another process has prepared it
            return
        try:
            _connect(builder, data_dir)
            with _tfds_on_stderr():
                builder.download_and_prepare()
        except (requests.RequestException, tfds.download.DownloadError) as error:
            raise ConnectionError(
                f"{name} is not in {data_dir} and cannot be fetched: {error}\n"
                f"Without a network there are {', '.join(BUNDLED)}. To have {name} as well, run\n"
                f"    python -c \"import tensorflow_datasets as tfds; tfds.load('{name}', data_dir='fetched')\"\n"
                f"on a computer with a network, and copy its folder fetched/{builder.name} to {data_dir}"
            ) from error
        finally:
            _remove_leftovers(builder, data_dir)


@contextlib.contextmanager
def _lock(name, folder):
    """Hold the lock of a set; its file stays in the folder. The system gives the lock back if the process dies."""
    lock = filelock.FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=1)
        except filelock.Timeout:
            print(f"Waiting for another process that prepares {name} ...", file=sys.stderr, flush=True)
            lock.acquire()
    except OSError as error:
        raise PermissionError(
            f"{name} has to be prepared first, and {folder} cannot be written to ({error}); set data_dir or the "
            "environment variable TFDS_DATA_DIR to another folder"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _remove_leftovers(builder, data_dir):
    """Delete the temporary files of failed or interrupted preparations. Call it only while holding the lock."""
    folder = Path(builder.data_path)
    downloads = data_dir / "downloads" / builder.name
    for path in (*folder.parent.glob(f"incomplete.*_{folder.name}"), *downloads.glob("*.tmp.*")):
        shutil.rmtree(path, ignore_errors=True)


def _connect(builder, data_dir):
    """Raise requests.ConnectionError within seconds if there is no network: TFDS tries for more than three minutes.

    Sets with files from an earlier download, and sets that fetch nothing, are not checked.
    """
    urls = [url for url in builder.url_infos or () if url.startswith("http")][:1]
    if not urls or any((data_dir / "downloads" / builder.name).glob("*")):
        return
    failures = []
    for url in (*urls, "https://storage.googleapis.com/tfds-data"):  # TFDS keeps copies of some sets there
        try:
            requests.head(url, timeout=10)
            return
        except requests.ConnectionError as error:
            failures.append(error)
        except requests.RequestException:  # somebody answered
            return
    raise failures[0]


@contextlib.contextmanager
def _tfds_on_stderr():
    """Send TFDS' messages to stderr as text.

    In a notebook TFDS prints to stdout and draws its progress with widgets: outputs that only the first run would have.
    """
    tfds.display_progress_bar(enable="ipykernel" not in sys.modules)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        tfds.display_progress_bar(enable=True)


def _read(name, builder, image_size):
    """Return (x_train, y_train), (x_test, y_test) from the files of a prepared set."""
    import tensorflow as tf

    folder, splits = Path(builder.data_path), builder.info.splits
    _check_files(name, folder, splits)
    if "train" not in splits:
        raise ValueError(f"name must be a set with training images; {name} has only the splits {', '.join(splits)}")
    try:
        x, y = _arrays(builder, "train", image_size)
        for split in ("test", "validation"):
            if split in splits:
                return (x, y), _arrays(builder, split, image_size)
    except (tf.errors.DataLossError, tf.errors.FailedPreconditionError, tf.errors.InvalidArgumentError) as error:
        reason = str(error).split("}} ")[-1].split(" [Op:")[0]  # without the name of TensorFlow's operation
        raise _damaged(name, folder, reason) from error
    test = _last_fifth(y)
    return (x[~test], y[~test]), (x[test], y[test])


def _check_files(name, folder, splits):
    """Raise RuntimeError unless a folder holds the files that its dataset_info.json lists, and no other shards."""
    found = {path.name for path in folder.glob("*-of-[0-9][0-9][0-9][0-9][0-9]")}
    try:
        listed = {path.name for split in splits.values() for path in split.filepaths}
    except ValueError as error:  # the pattern of the names is damaged
        raise _damaged(name, folder, error) from error
    if found != listed or not listed:
        reason = f"there are the files {sorted(found)}, but dataset_info.json lists {sorted(listed) or 'none'}"
        raise _damaged(name, folder, reason)


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


def _damaged(name, folder, reason):
    return RuntimeError(f"the files of {name} are damaged: {reason}\nDelete the folder {folder} and load {name} again")
