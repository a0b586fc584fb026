"""What all publications share: a folder is written as a whole, and the parts of a notebook are known."""

import re

import nbformat
import pytest

from course.__main__ import main
from course.notebooks import NOTEBOOKS, read
from course.publishing import parts
from course.publishing.folder import CannotPublish, need, stored, whole
from course.publishing.mathematics import mathml


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "deep" / "book"
    with whole(folder) as new:
        (new / "old page").write_text("old")
    with whole(folder) as new:
        assert (folder / "old page").exists() and not list(new.iterdir())
        (new / "page").write_text("new")
    assert [path.name for path in folder.iterdir()] == ["page"]
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_after_an_error_the_old_folder_is_there_and_nothing_else(tmp_path, error):
    with whole(tmp_path / "book") as new:
        (new / "page").write_text("old")
    with pytest.raises(error), whole(tmp_path / "book") as new:
        (new / "page").write_text("half")
        raise error
    assert (tmp_path / "book" / "page").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CannotPublish, match=r"file.*--output"), whole(tmp_path / "file" / "book"):
        pass


def test_what_is_not_installed_is_named_with_the_remedy():
    with pytest.raises(CannotPublish, match=r"no_such_module .*requirements-publish\.txt"):
        need("json", "no_such_module")
    need("json")


@pytest.mark.parametrize("counts", [[None], [1, None]])
def test_a_notebook_that_was_not_run_is_refused(tmp_path, counts):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("1", execution_count=count) for count in counts]
    )
    nbformat.write(notebook, tmp_path / "07_new.ipynb")
    with pytest.raises(CannotPublish, match=r"07_new\.ipynb .* python -m course run 07"):
        stored(tmp_path / "07_new.ipynb")


def test_an_unknown_command_or_notebook_ends_with_one_line(capsys):
    for arguments, named in ((["bok"], "bok"), (["check", "17"], "17")):
        with pytest.raises(SystemExit):
            main(arguments)
        assert named in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem[:2])
def test_all_exercises_of_a_notebook_are_found(path):
    notebook = read(path)
    headings = [cell.source for cell in notebook.cells if re.match("### Exercise", cell.source)]
    found = parts.questions(notebook, path)
    assert [question.question.source for question in found] == headings and len(found) >= 4
    for question in found:
        assert parts.QUESTION.match(question.question.source)[1] == question.exercise.number
    assert sum(map(parts.is_setup, notebook.cells)) == 1
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    described = [parts.description(output) for output in outputs if "image/png" in output.get("data", {})]
    assert all(described) and not any("$" in text for text in described)
    assert any(map(parts.is_explorer, outputs)) == (1 <= int(path.stem[:2]) <= 8)


def test_formulas_become_mathml():
    assert "<msup>" in mathml("x^2") and 'display="block"' not in mathml("x^2")
    assert 'display="block"' in mathml(r"\sum_{i=0}^{n} x_i", display=True)
    assert mathml("a &lt; b") == mathml("a < b")
