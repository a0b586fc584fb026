"""tests/rerun.py on small notebooks: what is written, when, and what is not."""

import base64
import stat

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import rerun

IGNORED = {"tags": ["nbval-ignore-output"]}
TIME = "import time\nprint(time.perf_counter_ns())"


def write_notebook(path, *cells):
    """A notebook as an editor would leave it, never run."""
    metadata = {"kernelspec": {"name": "somebody's", "display_name": "x"}, "widgets": {}, "colab": {}}
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
    return path


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def notebook(tmp_path):
    cells = [
        new_markdown_cell("# Title"),
        new_code_cell("import sys\nprint('a')\nprint('warned', file=sys.stderr)\nprint('b')\n6 * 7"),
        new_code_cell("import os\nos.write(2, b'from C++')\nos.path.exists('beside.txt')"),
        new_code_cell(TIME, metadata={**IGNORED, "collapsed": True, "slideshow": {"slide_type": "slide"}}),
    ]
    (tmp_path / "beside.txt").touch()
    return write_notebook(tmp_path / "01_small.ipynb", *cells)


def test_a_second_run_changes_nothing_and_refresh_renews_ignored_outputs(notebook, capsys, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # as on the command line
    notebook.chmod(0o640)
    assert rerun.main([str(notebook)]) == 0
    first = notebook.read_bytes()
    assert rerun.main([str(notebook)]) == 0
    assert notebook.read_bytes() == first
    assert rerun.main([str(notebook), "--refresh"]) == 0
    assert notebook.read_bytes() != first
    lines = [line for line in capsys.readouterr().out.splitlines() if " s, " in line]
    assert [line.split(", ")[-1] for line in lines] == ["written", "unchanged", "written"]
    assert stat.S_IMODE(notebook.stat().st_mode) == 0o640
    assert [path.name for path in notebook.parent.iterdir() if path.suffix == ".tmp"] == []

    saved = read(notebook)
    assert saved.metadata == rerun.NOTEBOOK_METADATA
    code = saved.cells[1:]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    stream, result = code[0].outputs
    assert (stream.name, stream.text) == ("stdout", "a\nb\n")
    assert (result.data["text/plain"], result.execution_count) == ("42", 1)
    assert [output.data["text/plain"] for output in code[1].outputs] == ["True"]  # beside the notebook; no C++ message
    assert set(code[2].metadata) == {"outputs_of", "slideshow", "tags"}
    assert notebook.read_text(encoding="utf-8").endswith("}\n")


def test_ignored_outputs_are_renewed_when_their_source_changes(notebook):
    assert rerun.main([str(notebook)]) == 0
    first = read(notebook)
    edited = read(notebook)
    edited.cells[3].source += "  # edited"
    nbformat.write(edited, notebook)
    assert rerun.main([str(notebook)]) == 0
    second = read(notebook)
    assert second.cells[3].outputs != first.cells[3].outputs
    assert second.cells[3].metadata["outputs_of"] != first.cells[3].metadata["outputs_of"]


@pytest.mark.parametrize(("source", "told"), [("1 / 0", "division by zero"), ("import os\nos._exit(1)", "kernel died")])
def test_a_failing_cell_leaves_the_file_alone(tmp_path, capsys, source, told):
    bad = write_notebook(tmp_path / "01_bad.ipynb", new_code_cell("1"), new_code_cell(source))
    good = write_notebook(tmp_path / "02_good.ipynb", new_code_cell("print(1)"))
    before = bad.read_bytes()
    assert rerun.main([str(bad), str(good)]) == 1
    assert bad.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [bad.name, good.name]
    out = capsys.readouterr().out
    assert "01_bad.ipynb: code cell 2: " in out and told in out
    assert read(good).cells[0].outputs, "the other notebooks are still run"


def test_ids_are_kept_and_missing_or_double_ones_are_always_the_same(tmp_path):
    text = """{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["one"]},
        {"cell_type": "markdown", "metadata": {}, "source": "two", "id": "kept"},
        {"cell_type": "markdown", "metadata": {}, "source": "three", "id": "kept"}]}"""
    path = tmp_path / "old.ipynb"
    path.write_text(text, encoding="utf-8")
    ids = [cell.id for cell in rerun.read(path).cells]
    assert ids[1] == "kept" and len(set(ids)) == 3
    assert ids == [cell.id for cell in rerun.read(path).cells]


ADDRESS = "https://github.com/somebody/a-course"


def test_the_address_is_stamped_into_links_and_setup():
    before = """[Colab](https://colab.research.google.com/github/YOUR_ACCOUNT/x/blob/master/notebooks/00_old.ipynb)
    !git clone -q --depth 1 https://github.com/YOUR_ACCOUNT/cnn-notebooks
    %cd -q cnn-notebooks/notebooks
    %cd other"""
    after = """[Colab](https://colab.research.google.com/github/somebody/a-course/blob/main/notebooks/01_new.ipynb)
    !git clone -q --depth 1 https://github.com/somebody/a-course
    %cd -q a-course/notebooks
    %cd other"""
    assert rerun.stamp_text(before, ADDRESS, own_path="notebooks/01_new.ipynb") == after
    assert rerun.stamp_text(after, ADDRESS, own_path="notebooks/01_new.ipynb") == after


def test_the_readme_keeps_which_notebook_a_link_opens(tmp_path):
    readme = tmp_path / "README.md"
    link = "https://colab.research.google.com/github/{}/blob/main/notebooks/07_x.ipynb"
    readme.write_text(f"[a]({link.format('YOUR_ACCOUNT/cnn')})\n    git clone https://github.com/YOUR_ACCOUNT/cnn\n")
    rerun.stamp_readme(readme, ADDRESS)
    assert readme.read_text() == f"[a]({link.format('somebody/a-course')})\n    git clone {ADDRESS}\n"
    rerun.stamp_readme(tmp_path / "missing.md", ADDRESS)


def test_the_address_is_read_from_pyproject(tmp_path):
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(f'[tool.course]\nrepository = "{ADDRESS}/"\n')
    assert rerun.repository(pyproject) == ADDRESS
    assert rerun.repository().startswith("https://github.com/")


def test_a_failure_while_writing_leaves_no_traces(tmp_path, monkeypatch):
    path = tmp_path / "file.ipynb"
    path.write_text("old")

    def broken(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(rerun.Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        rerun.replace(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == ["file.ipynb"] and path.read_text() == "old"


def test_a_tagged_figure_is_written_beside_the_notebook(tmp_path):
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    path = write_notebook(tmp_path / "01_small.ipynb", new_code_cell(source, metadata={"tags": ["picture=cover"]}))
    assert rerun.main([str(path)]) == 0
    stored = next(out.data["image/png"] for out in read(path).cells[0].outputs if "image/png" in out.data)
    assert (tmp_path / "cover.png").read_bytes() == base64.b64decode(stored)
