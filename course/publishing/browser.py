"""The browser that is installed: it measures slides in the tests and prints them."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def installed():
    """Return the path of Chromium or Chrome, or None if neither is on PATH."""
    return next(filter(None, map(shutil.which, NAMES)), None)
