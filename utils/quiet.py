"""Import TensorFlow without the notes of its C++ parts, which Jupyter shows in red above the first result.

They say that no GPU was found and which instructions are used. TensorFlow writes them before it reads
TF_CPP_MIN_LOG_LEVEL, straight to the process' stderr; so that is a file while TensorFlow is imported. What is more than
a note is written to stderr afterwards.
"""

import contextlib
import os
import sys
import tempfile
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader

STDERR = 2
NOTES = (b"I0000 ", b"WARNING: All log messages before absl::InitializeLog()")  # how lines of no consequence begin


class Finder(MetaPathFinder):
    """Find TensorFlow, to be loaded quietly, and leave all other modules to other finders."""

    def find_spec(self, name, path=None, target=None):
        """Return how to load the module, None if it is not TensorFlow."""
        spec = PathFinder.find_spec(name, path) if name == "tensorflow" else None
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = QuietLoader(spec.loader.name, spec.loader.path)
        return spec


class QuietLoader(SourceFileLoader):
    """Load a module and keep the notes that it writes from stderr."""

    def exec_module(self, module):
        """Run the code of the module."""
        with without_notes():
            super().exec_module(module)


@contextlib.contextmanager
def without_notes():
    """Collect what the process writes to stderr, and write there in the end what is more than a note."""
    with contextlib.ExitStack() as stack:
        try:
            stderr = os.dup(STDERR)
            stack.callback(os.close, stderr)
            file = stack.enter_context(tempfile.TemporaryFile())
        except OSError:  # a program without a console, or nowhere to write
            yield
            return
        os.dup2(file.fileno(), STDERR)
        try:
            yield
        finally:
            if sys.__stderr__:
                sys.__stderr__.flush()
            os.dup2(stderr, STDERR)
            file.seek(0)
            os.write(STDERR, b"".join(line for line in file if not line.startswith(NOTES)))


def install():
    """Let TensorFlow be imported quietly from now on."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
