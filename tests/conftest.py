"""Fixtures of several test files. What is large is imported where it is needed: most tests do without it."""

import gc
import os
import socket

import pytest
from filelock import FileLock

from tests.helpers import no_network


def pytest_collection_finish():
    """Let the garbage collector leave alone what the tests import: searching TensorFlow's modules takes its time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def keras_on_the_cpu():
    """Compute on the CPU: a GPU may round float32 products to fewer digits than the comparisons allow."""
    import tensorflow as tf

    with tf.device("CPU:0"):
        yield


@pytest.fixture(scope="session")
def common(tmp_path_factory, worker_id):
    """A folder of all processes that test."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def once(common):
    """A function that lets one process make a folder for all of them: `once(name, make)` calls `make(folder)`."""

    def made(name, make):
        folder = common / name
        with FileLock(common / f"{name}.lock"):
            if not folder.exists():
                make(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def cache(common):
    """A folder with all bundled sets, prepared without a network, once for all processes that test."""
    from utils import datasets

    folder = common / "bundled"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(socket, "getaddrinfo", no_network)
        monkeypatch.setattr(socket.socket, "connect", no_network)
        for name in datasets.BUNDLED:
            datasets.load(name, folder)
    return folder


@pytest.fixture(scope="session")
def digits(cache):
    from utils import datasets

    return datasets.load("uci_digits", cache)


@pytest.fixture(scope="session")
def browser():
    """Chromium or Chrome, driven by Playwright; without one tests are skipped, unless BROWSER_REQUIRED is set."""
    from playwright.sync_api import Error, sync_playwright

    from records.explorers import launch

    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except Error as error:
            if os.environ.get("BROWSER_REQUIRED"):
                raise
            pytest.skip(f"there is no browser (on Debian: apt-get install chromium): {str(error).splitlines()[0]}")
        yield browser
        browser.close()
