"""Make hand-outs of the notebooks, for students and for instructors, to run and to print.

Two folders, `students` and `instructors`, are complete: with the notebooks, pages to print, and what they need to run.
Students get the exercises empty, and no solutions: not in the notebooks, not by `.solution()`, and no link to the
public course. Instructors get the solutions, the feedback to the usual mistakes, and the notes for the speaker.

A checker must know what is right. Who opens its file in `utils/exercises` finds numbers there, and the public course
holds all solutions: for marks, use other numbers.
"""

from course.notebooks import add_notebooks, write
from course.publishing.folder import PUBLISHED, add_output, need, stored, whole
from course.publishing.handouts import library
from course.publishing.handouts.page import page
from course.publishing.handouts.versions import for_instructors, for_students

DEFAULT = PUBLISHED / "handouts"
VERSIONS = {"students": for_students, "instructors": for_instructors}


def add_arguments(parser):
    """Declare the options of the command."""
    add_notebooks(parser)
    add_output(parser, DEFAULT)


def main(options):
    """Carry out the command; return its exit status."""
    with whole(options.output) as folder:
        build(options.notebooks, folder)
    print(f"hand-outs are in {options.output}")
    return 0


def build(notebooks, folder):
    """Fill a folder with both versions of notebooks.

    Args:
        notebooks: Their paths.
        folder: An empty folder.

    Raises:
        CannotPublish: If a library is missing, or a notebook cannot be published.
    """
    need("nbconvert", "math_core")
    names = {path.name for path in notebooks}
    for version in VERSIONS:
        for name in ("notebooks", "print"):
            (folder / version / name).mkdir(parents=True)
        library.copy_library(folder / version, solutions=version == "instructors")
        text = library.readme(version, names)
        (folder / version / "README.md").write_text(text, encoding="utf-8", newline="\n")
    for path in notebooks:
        notebook = stored(path)
        for version, make in VERSIONS.items():
            made = make(notebook, path)
            write(made, folder / version / "notebooks" / path.name)
            text = page(made, path, f"for {version}")
            (folder / version / "print" / f"{path.stem}.html").write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.stem}: hand-outs for students and instructors", flush=True)
