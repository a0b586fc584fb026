"""Links between files of the repository, as links of the book.

A file that is a page of the book is linked as that page; any other file, such as the licence, at the public address.
"""

import posixpath
import re

from course.address import repository
from course.notebooks import ROOT
from course.publishing.folder import CannotPublish

# Code is matched first and left alone.
LINK = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)|`[^`\n]+`|\]\((?P<target>[^()\s]+)\)", re.MULTILINE | re.DOTALL)


def relink(text, path, pages):
    """Turn the targets of a Markdown text's links into those of the book.

    Args:
        text: The Markdown.
        path: Its file, from the root of the repository; relative links begin in its folder.
        pages: A dict: for each file that is a page, or a picture on one, its path in the folder that Sphinx reads.

    Raises:
        CannotPublish: If a link leads to a file that is not there.
    """
    return LINK.sub(lambda found: f"]({target(found['target'], path, pages)})" if found["target"] else found[0], text)


def target(link, path, pages):
    """Return where one link leads; `path` and `pages` as for `relink`."""
    file, mark, anchor = link.partition("#")
    if not file or re.match(r"[a-z]+:", link):
        return link
    name = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
    if name in pages:
        return f"/{pages[name]}{mark}{anchor}"
    return public(name, path)


def public(name, path):
    """Return the public address of a file or folder of the repository, which `path` links to."""
    if not (ROOT / name).exists():
        raise CannotPublish(f"{path} links to {name}, which is not there; correct the link")
    kind = "tree" if (ROOT / name).is_dir() else "blob"
    return f"{repository()}/{kind}/main/{name}"
