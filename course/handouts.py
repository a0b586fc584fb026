"""Make hand-outs of the notebooks, for students and for instructors, to run and to print.

Two folders, `students` and `instructors`, are complete: with the notebooks, pages to print, and what they need to run.
Students get the exercises empty, and no solutions: not in the notebooks, not by `.solution()`, and no link to the
public course. Instructors get the solutions, the feedback to the usual mistakes, and the notes for the speaker.

A checker must know what is right: whoever opens its file in `utils/exercises` finds numbers there, and the public
course holds all solutions. Graded work needs other numbers: python -m course assignment.
"""

from course.notebooks import add_notebooks, write
from course.publishing.folder import PUBLISHED, add_output, need, stored, whole
from course.publishing.handouts import library
from course.publishing.handouts.exercises import sheet
from course.publishing.handouts.page import page, title_of
from course.publishing.handouts.versions import for_instructors, for_students

DEFAULT = PUBLISHED / "handouts"
VERSIONS = {"students": for_students, "instructors": for_instructors}


def add_arguments(parser):
    """Declare the options of the command."""
    add_notebooks(parser)
    add_output(parser, DEFAULT)


def main(options):
    """Carry out the command; return its exit status."""
    build(options.notebooks, options.output)
    print(f"hand-outs are in {options.output}")
    return 0


def build(notebooks, folder):
    """Make both versions of notebooks.

    Args:
        notebooks: Their paths.
        folder: The folder that holds them; what was there is replaced.

    Raises:
        CannotPublish: If a library is missing, or a notebook cannot be published.
    """
    need("nbconvert", "math_core")
    contents = {path: stored(path) for path in notebooks}
    titles = {path.name: title_of(notebook) for path, notebook in contents.items()}
    with whole(folder) as new:
        for version in VERSIONS:
            begin(new / version, version, titles)
        for path, notebook in contents.items():
            for version, make in VERSIONS.items():
                made = make(notebook, path)
                write(made, new / version / "notebooks" / path.name)
                save(new / version / "print" / f"{path.stem}.html", page(made, path, version))
                save(new / version / "print" / f"{path.stem}_exercises.html", sheet(notebook, path, version))
            print(f"hand-outs of {path.name}", flush=True)


def begin(folder, version, titles):
    """Make the folder of a version, with all but its notebooks; `titles` is their file -> title."""
    for name in ("notebooks", "print"):
        (folder / name).mkdir(parents=True)
    library.copy_library(folder, solutions=version == "instructors")
    save(folder / "README.md", library.readme(version, titles))


def save(file, text):
    """Write a text file."""
    file.write_text(text, encoding="utf-8", newline="\n")
