"""`python -m course run` on small notebooks: what is written, when, and what is not."""

import base64
import os
import stat

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course import notebooks
from course.__main__ import COMMANDS, main

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
    assert main(["run", str(notebook)]) == 0
    first = notebook.read_bytes()
    assert main(["run", str(notebook)]) == 0
    assert notebook.read_bytes() == first
    assert main(["run", str(notebook), "--refresh"]) == 0
    assert notebook.read_bytes() != first
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("01_small.ipynb  ")]
    assert [row[1] for row in rows] == ["written", "unchanged", "written"]
    assert all(0 < float(row[2]) < 100 for row in rows), "seconds"
    assert stat.S_IMODE(notebook.stat().st_mode) == 0o640 or os.name == "nt", "Windows knows no more than read-only"
    assert [path.name for path in notebook.parent.iterdir() if path.suffix == ".tmp"] == []

    saved = read(notebook)
    assert saved.metadata == notebooks.METADATA
    code = saved.cells[1:]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    stream, result = code[0].outputs
    assert (stream.name, stream.text) == ("stdout", "a\nb\n")
    assert (result.data["text/plain"], result.execution_count) == ("42", 1)
    assert [output.data["text/plain"] for output in code[1].outputs] == ["True"]  # beside the notebook; no C++ message
    assert set(code[2].metadata) == {"outputs_of", "slideshow", "tags"}
    assert notebook.read_text(encoding="utf-8").endswith("}\n")


def test_notebooks_run_side_by_side_on_one_thread_each(tmp_path, capsys):
    cell = new_code_cell("import os, time\nprint(os.environ['OMP_NUM_THREADS'])\ntime.sleep(0.5)")
    paths = [write_notebook(tmp_path / f"0{k}_x.ipynb", cell) for k in (1, 2)]
    broken = write_notebook(tmp_path / "03_x.ipynb", new_code_cell("1 / 0"))
    assert main(["run", "--jobs", "2", *map(str, paths), str(broken)]) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.endswith(("MiB", "unknown"))]
    assert [row[:2] for row in rows] == [["01_x.ipynb", "written"], ["02_x.ipynb", "written"], ["03_x.ipynb", "FAILED"]]
    assert [read(path).cells[0].outputs[0].text for path in paths] == ["1\n", "1\n"]


def test_ignored_outputs_are_renewed_when_their_source_changes(notebook):
    assert main(["run", str(notebook)]) == 0
    first = read(notebook)
    edited = read(notebook)
    edited.cells[3].source += "  # edited"
    nbformat.write(edited, notebook)
    assert main(["run", str(notebook)]) == 0
    second = read(notebook)
    assert second.cells[3].outputs != first.cells[3].outputs
    assert second.cells[3].metadata["outputs_of"] != first.cells[3].metadata["outputs_of"]


@pytest.mark.parametrize(("source", "told"), [("1 / 0", "division by zero"), ("import os\nos._exit(1)", "kernel died")])
def test_a_failing_cell_leaves_the_file_alone(tmp_path, capsys, source, told):
    bad = write_notebook(tmp_path / "01_bad.ipynb", new_code_cell("1"), new_code_cell(source))
    good = write_notebook(tmp_path / "02_good.ipynb", new_code_cell("print(1)"))
    before = bad.read_bytes()
    assert main(["run", str(bad), str(good)]) == 1
    assert bad.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [bad.name, good.name]
    out = capsys.readouterr().out
    assert "01_bad.ipynb (1 of 2): code cell 2: " in out and told in out
    assert [line.split()[:2] for line in out.splitlines()[-2:]] == [[bad.name, "FAILED"], [good.name, "written"]]
    assert read(good).cells[0].outputs, "the other notebooks are still run"


def test_ids_are_kept_and_missing_or_double_ones_are_always_the_same(tmp_path):
    text = """{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["one"]},
        {"cell_type": "markdown", "metadata": {}, "source": "two", "id": "kept"},
        {"cell_type": "markdown", "metadata": {}, "source": "three", "id": "kept"}]}"""
    path = tmp_path / "old.ipynb"
    path.write_text(text, encoding="utf-8")
    ids = [cell.id for cell in notebooks.read(path).cells]
    assert ids[1] == "kept" and len(set(ids)) == 3
    assert ids == [cell.id for cell in notebooks.read(path).cells]


def test_notebooks_are_found_by_number_and_path(capsys):
    assert notebooks.find("01") == notebooks.find(str(notebooks.NOTEBOOKS / "01_convolution_1d.ipynb"))
    with pytest.raises(SystemExit):
        main(["run", "99"])
    error = capsys.readouterr().err
    assert "there is no notebook '99'" in error and "00, 01, 02" in error


def test_every_command_explains_itself(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    told = capsys.readouterr().out
    for module in COMMANDS:
        name, summary = module.__name__.rsplit(".", 1)[-1], module.__doc__.splitlines()[0]
        assert name in told and summary in " ".join(told.split())
        with pytest.raises(SystemExit, match="0"):
            main([name, "--help"])
        assert module.__doc__.strip() in capsys.readouterr().out


def test_a_failure_while_writing_leaves_no_traces(tmp_path, monkeypatch):
    path = tmp_path / "file.ipynb"
    path.write_text("old")

    def broken(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(notebooks.Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        notebooks.replace(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == ["file.ipynb"] and path.read_text() == "old"


def test_a_tagged_figure_is_written_beside_the_notebook(tmp_path):
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    path = write_notebook(tmp_path / "01_small.ipynb", new_code_cell(source, metadata={"tags": ["picture=cover"]}))
    assert main(["run", str(path)]) == 0
    stored = next(out.data["image/png"] for out in read(path).cells[0].outputs if "image/png" in out.data)
    assert (tmp_path / "cover.png").read_bytes() == base64.b64decode(stored)
