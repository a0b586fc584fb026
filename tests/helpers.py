"""What the tests of several modules need."""

import hashlib
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from course.notebooks import ROOT

SHARED = ROOT.parent / "shared"  # full-size data sets and weights, where they are at hand
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
SETS, WEIGHTS = SHARED / "tfds", SHARED / "keras" / "models"


def needs(*folders):
    """A mark: skip the test where these folders are not beside the repository."""
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    return pytest.mark.skipif(bool(missing), reason=f"there is no {', '.join(missing)}")


def refuses(call, *fragments, error=ValueError):
    """Assert that a call without arguments raises an error whose message holds every fragment."""
    with pytest.raises(error) as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)


def raises(error):
    """Return a function that raises an error, whatever it is given."""

    def function(*arguments):
        raise error

    return function


def child(code, *arguments, prefix=(), cwd=ROOT, env=None):
    """Start Python on some code, in the root of the repository; returns the process."""
    command = [*prefix, sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def no_network(*args, **kwargs):
    """Stand in for a function that would ask the network."""
    raise socket.gaierror("no network in this test")


def digest(loaded):
    """A hash of all that datasets.load returns."""
    hashed = hashlib.sha256()
    for array in (*loaded[0], *loaded[1], np.array(loaded[2])):
        hashed.update(f"{array.shape} {array.dtype}".encode() + array.tobytes())
    return hashed.hexdigest()
