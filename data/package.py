"""Access to the packages that hold the images of the bundled sets."""

import importlib


def needed(module, command):
    """Import a module that a set is made from, or say which command installs it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the images come with the package {module.split('.')[0]}, which is not installed; run\n    {command}"
        ) from error
