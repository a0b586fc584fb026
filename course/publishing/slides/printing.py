"""Slides as PDF files, printed by Chromium or Chrome without a window."""

import os
import subprocess
import tempfile

from course.publishing import browser
from course.publishing.folder import CannotPublish

PATIENCE = 180  # seconds; printing takes about four


def browser_or_error():
    """Return the path of the browser.

    Raises:
        CannotPublish: If none is installed.
    """
    if not (path := browser.installed()):
        raise CannotPublish("--pdf needs Chromium or Chrome; install one (on Debian: apt-get install chromium)")
    return path


def print_pdf(chromium, page):
    """Print slides into a PDF file beside them.

    Args:
        chromium: Path of the browser.
        page: Path of the HTML file.

    Raises:
        CannotPublish: If the browser writes none.
    """
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        command = [chromium, "--headless", "--disable-gpu", f"--user-data-dir={profile}", "--no-pdf-header-footer"]
        command += [f"--print-to-pdf={target}", page.resolve().as_uri()]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium does not start for root otherwise
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        except subprocess.TimeoutExpired:
            last = f"not ready after {PATIENCE} s"
    if not target.exists():
        raise CannotPublish(f"{chromium} made no PDF of {page.name}: {last}")
