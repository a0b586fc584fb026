"""How `utils.datasets` prepares an image set: in one process at a time, and sealed, so that damage is noticed.

The seal of a set is the file course.sha256 in its folder: the SHA-256 of every file that TensorFlow Datasets (TFDS)
wrote. `sha256sum -c course.sha256` checks it, too.
"""

import contextlib
import errno
import hashlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path

import filelock
import requests
import tensorflow_datasets as tfds


def _use_own_package(name):
    """Let `import` find a package of the course, also where a student's file of that name comes before the course."""
    folder = Path(__file__).parents[1] / name
    loaded = getattr(sys.modules.get(name), "__path__", ())
    if folder.resolve() not in [Path(path).resolve() for path in loaded]:
        place = {"submodule_search_locations": [str(folder)]}
        spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", **place)
        sys.modules[name] = importlib.util.module_from_spec(spec)


# Made from files of packages, see data/README.md. Importing their builders tells TFDS that these sets exist.
_use_own_package("data")
drawings = importlib.import_module("data.drawings.drawings_dataset_builder")
mnist_5k = importlib.import_module("data.mnist_5k.mnist_5k_dataset_builder")
uci_digits = importlib.import_module("data.uci_digits.uci_digits_dataset_builder")
BUNDLED = tuple(module.Builder.name for module in (drawings, mnist_5k, uci_digits))

DESCRIPTION, SEAL, SHARDS = "dataset_info.json", "course.sha256", "*-of-[0-9][0-9][0-9][0-9][0-9]"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_PERMISSION = (errno.EACCES, errno.EPERM, errno.EROFS)

if "ipykernel" in sys.modules:  # TFDS would draw its progress with widgets: outputs that only the first run would have
    tfds.disable_progress_bar()


def prepare(name, builder, data_dir):
    """Let TFDS fetch a set and write its files, in one process at a time, and seal them."""
    folder = Path(builder.data_path)
    with _lock(name, data_dir / builder.name):
        if folder.exists():  # by now: another process has prepared it
            return
        try:
            _connect(builder, data_dir)
            # TFDS says this on stdout, which belongs to the caller and cannot be redirected for this thread alone.
            for message in ("_log_download_bytes", "_log_download_done"):
                setattr(builder, message, lambda: None)
            _say(f"Preparing dataset {name} in {folder} ...")
            builder.download_and_prepare()
            _seal(folder)
            _say(f"Dataset {name} downloaded and prepared. Subsequent calls will reuse these files.")
        except (requests.RequestException, tfds.download.DownloadError) as error:
            raise ConnectionError(
                f"{name} is not in {data_dir} and cannot be fetched: {error}\n"
                f"Without a network there are {', '.join(BUNDLED)}. To have {name} as well, run\n"
                f"    python -c \"import tensorflow_datasets as tfds; tfds.load('{name}', data_dir='fetched')\"\n"
                f"on a computer with a network, and copy its folder fetched/{builder.name} to {data_dir}"
            ) from error
        except Exception as error:
            if _kind_of_failure(error):
                raise cannot_be_stored(name, data_dir, error) from error
            raise
        finally:
            _remove_leftovers(builder, data_dir)


def _say(text):
    if sys.stderr is not None:  # as in a program without a console
        print(text, file=sys.stderr, flush=True)


def _kind_of_failure(error):
    """Return OSError for a full disk, PermissionError for one that may not be written to, None for all else."""
    import tensorflow as tf

    number = getattr(error, "errno", None)
    full = isinstance(error, OSError) and "Not enough disk space" in str(error)  # TFDS' own words
    if full or number in NO_ROOM or isinstance(error, tf.errors.ResourceExhaustedError):
        return OSError
    if number in NO_PERMISSION or isinstance(error, tf.errors.PermissionDeniedError):
        return PermissionError
    return None


def cannot_be_stored(name, folder, error):
    """Return the error for a folder that cannot hold a set, with the remedy."""
    kind = OSError if getattr(error, "errno", None) in NO_ROOM else _kind_of_failure(error) or PermissionError
    return kind(
        f"{name} has to be prepared first, and {folder} cannot be written to ({error}); make room there, or set "
        "data_dir or the environment variable TFDS_DATA_DIR to another folder"
    )


@contextlib.contextmanager
def _lock(name, folder):
    """Hold the lock of a set; its file stays in the folder. The system gives the lock back if the process dies."""
    lock = filelock.FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=1)
        except filelock.Timeout:
            _say(f"Waiting for another process that prepares {name} ...")
            lock.acquire()
    except OSError as error:
        raise cannot_be_stored(name, folder, error) from error
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


def _sums(folder):
    """Return the SHA-256 of the files that a set consists of, by name. The others only repeat TFDS' builder."""
    sums = {}
    for path in sorted([folder / DESCRIPTION, *folder.glob(SHARDS)]):
        with path.open("rb") as file:
            sums[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def _seal(folder):
    """Write down the sums of a set that has just been prepared, all or nothing."""
    unfinished = folder / f"{SEAL}.tmp"
    try:
        unfinished.write_text("".join(f"{value}  {name}\n" for name, value in _sums(folder).items()))
        unfinished.replace(folder / SEAL)
    except OSError:  # a set without a seal is read, too, but one that is not known to be whole is not kept
        shutil.rmtree(folder)
        raise


def check_files(name, folder):
    """Raise RuntimeError unless the files of a prepared set can be read and are those that were sealed.

    TFDS would wait for ever for a pipe in the place of a file. Sets that were prepared elsewhere have no seal.
    """
    try:
        for path in (folder / DESCRIPTION, folder / SEAL, *folder.glob(SHARDS)):
            if not path.is_file() and (path.name != SEAL or os.path.lexists(path)):
                raise damaged(name, folder, f"{path.name} is no file, or a link to nothing")
        if (folder / SEAL).exists():
            sealed = (folder / SEAL).read_text(errors="replace")
            sums = _sums(folder)
            expected = dict(reversed(line.split("  ", 1)) for line in sealed.splitlines() if "  " in line)
            changed = sorted(file for file in {*sums, *expected} if sums.get(file) != expected.get(file))
            if changed or not expected:
                raise damaged(name, folder, f"{', '.join(changed)} changed since the set was prepared")
    except OSError as error:
        raise damaged(name, folder, error) from error


def damaged(name, folder, reason):
    """Return the error for damaged files, with the remedy."""
    return RuntimeError(f"the files of {name} are damaged: {reason}\nDelete the folder {folder} and load {name} again")
