"""One's own photographs as an image set: a folder with one sub-folder for each class.

Keras' image_dataset_from_directory reads such folders, too. But it ignores how the camera was held, knows four formats
only, and with every file that is added it sets other ones aside.
"""

import hashlib
import mimetypes
import os
import re
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from utils.pixels import cut_to_size, read_image
from utils.validation import check_memory

FEWEST = 5  # different photographs in a class, so that a part can be set aside
LEFT_BY_SYSTEMS = {"thumbs.db", "desktop.ini", "icon\r", "__macosx"}  # the others begin with a dot
SHOWN = 30  # files in one message


def load_folder(folder, image_size=None):
    """Return the photographs of a folder as `(x_train, y_train), (x_test, y_test), class_names`.

    About a fifth of each class is for testing. The bytes of a file decide about that, and about the order: a photograph
    that is added later, or has another name, moves none of the others. (Only a class that would be all on one side
    gives one photograph to the other.) Whoever wants to decide makes two sub-folders train and test, with one for each
    class in both.

    Args:
        folder: pathlib.Path. Hidden files, and those that Windows and macOS leave in a folder, are passed over.
        image_size: As in `utils.datasets.load`. It is not needed if all photographs have the same size.

    Returns:
        x: uint8 of shape (images, height, width, 3), as `utils.pixels.read_image` sees them: grey photographs have
        three equal channels. y: int64 of shape (images,), which counts class_names, the names of the sub-folders.

    Raises:
        ValueError: For a folder that is not made so: one class, an empty one, one with less than 5 different
            photographs, names that differ only in capitals, folders inside of classes, photographs in no class or in
            two; for files that are no pictures, which are all listed; and for other sizes without an image_size.
        OSError: For a folder that may not be read.
    """
    sides = _sides(folder)
    names = sorted(sides[0])
    paths = [path for classes in sides for name in names for path in classes[name]]
    labels = np.array([names.index(path.parent.name) for path in paths])
    x, sums = _read(folder, paths, image_size)
    _check_different(paths, sums)
    if len(sides) == 2:
        test = np.arange(len(paths)) >= sum(map(len, sides[0].values()))
    else:
        _check_numbers(folder, names, labels, sums)
        test = _for_testing(sums, labels)
    order = np.argsort(sums, kind="stable")
    train, test = order[~test[order]], order[test[order]]
    return (x[train], labels[train]), (x[test], labels[test]), names


def _for_testing(sums, labels):
    """Mark the photographs whose sum is in the lowest fifth of all possible ones, at least one in each class."""
    numbers = np.array([int(value[:12], 16) / 16**12 for value in sums])
    test = numbers < 1 / 5
    for label in np.unique(labels):
        own = labels == label
        if not test[own].any():
            test |= own & (numbers == numbers[own].min())
        if test[own].all():
            test &= ~own | (numbers < numbers[own].max())
    return test


def _sides(folder):
    """Return the files by class: one dict, or two, for training and for testing, if the user has made these folders."""
    if not folder.is_dir():
        reason = "is a file; unpack it, if it is an archive" if folder.exists() else "does not exist"
        raise ValueError(f"name must be an image set or the path of a folder, but {folder.absolute()} {reason}")
    folders = [path for path in _visible(folder) if path.is_dir()]
    inside = {path.name.lower(): path for path in folders}
    if not {"train", "test"} <= set(inside) or len(inside) < len(folders):
        return [_classes(folder)]
    if others := sorted(set(inside) - {"train", "test"}):
        raise ValueError(
            f"{folder} has the sub-folders train and test, but also {', '.join(others)}; move what is in there to "
            "train or test (the notebooks take validation images out of the training images)"
        )
    sides = [_classes(inside["train"]), _classes(inside["test"])]
    if one := sorted(set(sides[0]) ^ set(sides[1])):
        raise ValueError(f"train and test in {folder} must have the same classes, but only one has {', '.join(one)}")
    return sides


def _classes(folder):
    """Return the files in each sub-folder of a folder, by its name."""
    entries = _visible(folder)
    classes = {path.name: _visible(path) for path in entries if path.is_dir()}
    loose = [path.name for path in entries if path.name not in classes and (_is_picture(path) or not path.exists())]
    nested = [f"{path.parent.name}/{path.name}" for paths in classes.values() for path in paths if path.is_dir()]
    empty = [name for name, paths in classes.items() if not paths]
    spelled = [unicodedata.normalize("NFKC", name).strip().casefold() for name in classes]
    alike = [name for name, spelling in zip(classes, spelled) if spelled.count(spelling) > 1]
    found = f"has {', '.join(classes) or 'none'}"
    problems = {
        "must hold its photographs in sub-folders, one for each class; move these, or remove them": loose,
        "has folders inside of classes; put all photographs of a class into one folder, and where there are parts for "
        "training and testing, name them train and test": nested,
        "has classes without a photograph; add some, or remove the folders": empty,
        "has classes whose names differ only in their spelling; make one of them": alike,
        "needs a sub-folder for each of at least two classes": [found] if len(classes) < 2 else [],
    }
    for problem, cases in problems.items():
        if cases:
            raise ValueError(f"{folder} {problem}: {_listed(cases, ', ')}")
    return classes


def _visible(folder):
    """Return what a folder holds, without hidden files and those of the system, in the order of the names."""
    paths = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in paths if path.name.lower() not in LEFT_BY_SYSTEMS)


def _is_picture(path):
    return (mimetypes.guess_type(path.name, strict=False)[0] or "").startswith("image/")


def _listed(cases, separator):
    more = [f"and {len(cases) - SHOWN} more"] if len(cases) > SHOWN else []
    return separator.join([*cases[:SHOWN], *more])


def _read(folder, paths, image_size):
    """Return all photographs in one array, and the SHA-256 of their files."""

    def read(path):
        try:
            image = read_image(path)
            with path.open("rb") as file:
                value = hashlib.file_digest(file, "sha256").hexdigest()
        except (ValueError, OSError) as error:
            return str(error), None
        return value, image if image_size is None else np.asarray(cut_to_size(image, image_size))

    if image_size is not None:
        check_memory("image_size", image_size, (len(paths), *image_size, 3), itemsize=1)
    images, sums, bad = [], [], []
    with ThreadPoolExecutor(max_workers=4) as pool:  # one after the other if they are kept as large as they are
        for value, image in pool.map(read, paths) if image_size else map(read, paths):
            if image is None:
                bad.append(value)
                continue
            images.append(image)
            sums.append(value)
            if image.shape != images[0].shape:
                raise ValueError(
                    f"the images of {folder} differ in size; give an image_size, for example image_size=96"
                )
    if bad:
        raise ValueError(
            f"{len(bad)} of the {len(paths)} files in {folder} cannot be read; mend them, or move them out of it:\n"
            + _listed(bad, "\n")
        )
    return np.stack(images), sums


def _check_different(paths, sums):
    """Raise ValueError if a photograph is in two classes, or both in train and in test."""
    first, twice = {}, []
    for path, value in zip(paths, sums):
        other = first.setdefault(value, path)
        if other.parent != path.parent:
            twice.append(f"{other} and {path}")
    if twice:
        pairs = _listed(twice, "\n")
        raise ValueError(f"a photograph must be in one folder only; remove one of each pair:\n{pairs}")


def _check_numbers(folder, names, labels, sums):
    """Raise ValueError if a class has too few photographs for both sides; copies do not count."""
    numbers = Counter(label for label, _ in set(zip(labels.tolist(), sums)))
    if few := [f"{name} ({numbers[label]})" for label, name in enumerate(names) if numbers[label] < FEWEST]:
        raise ValueError(
            f"{folder} needs at least {FEWEST} different photographs in each class, of which some are for testing; add "
            f"some to {', '.join(few)}, or make folders train and test, and in both a folder for each class"
        )


def plain_path(argument, value):
    """Return the path of a folder as the system will read it.

    Args:
        argument: Its name, for the message.
        value: A str or a pathlib.Path; ~ stands for the home directory.

    Raises:
        ValueError: For what the system would read in another way than meant, such as addresses and paths in quotes.
    """
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
        raise ValueError(f"{argument} cannot be {text!r}: {error} Give the full path of a folder") from error
