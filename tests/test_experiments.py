"""What measures the experiments takes what it tries out of the notebooks, and counts right."""

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from records import experiments
from records.experiments import __main__ as command

NUMBERS = ["04", "05", "06", "07", "08", "09"]  # by_notebook() would load images in every process that collects tests
CELLS = [
    new_markdown_cell("# Title"),
    new_code_cell("import math\nprint('set up')"),
    new_code_cell("RATE = 1", metadata={"tags": ["parameters"]}),
    new_code_cell("raise RuntimeError('this cell trains')"),
    new_code_cell("def area(r):\n    return RATE * math.pi * r**2", metadata={"tags": ["experiment"]}),
    new_code_cell("double = 2 * area(1)", metadata={"tags": ["experiment", "nbval-ignore-output"]}),
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    nbformat.write(new_notebook(cells=CELLS), tmp_path / "01_sample.ipynb")
    monkeypatch.setattr(experiments, "NOTEBOOKS", tmp_path)


def test_only_the_tagged_cells_are_run(place, capsys):
    names = experiments.notebook("01_sample")
    assert names["double"] == 2 * names["area"](1) == pytest.approx(6.283, abs=1e-3)
    assert capsys.readouterr().out == ""


def test_parameters_are_replaced(place):
    assert experiments.notebook("01_sample", RATE=10)["double"] == pytest.approx(62.83, abs=1e-2)
    with pytest.raises(KeyError, match="no parameter RAET"):
        experiments.notebook("01_sample", RAET=10)


def test_a_line_of_the_table():
    experiment = experiments.Experiment("more is more", lambda seed: {"a": seed, "b": 2.0}, lambda n: n["a"] < n["b"])
    row = command.row("01", experiment, range(5))
    assert row.startswith("| more is more | a 2.000 (0.000 to 4.000); b 2.000 (2.000 to 2.000) | 2 of 5 |")


def test_the_best_rate_is_the_one_with_the_best_mean(capsys):
    table = pd.DataFrame(
        {"contender": ["x"] * 4, "rate": [1, 1, 2, 2], "seed": [0, 1] * 2, "validation": [0.9, 0.1, 0.6, 0.6]}
    )
    command.show_rates("01", experiments.Experiment("claim", None, None, lambda: table))
    assert "best: {'x': ('x', 2)}" in capsys.readouterr().out.replace("np.str_", "").replace("np.int64(2)", "2")


def test_a_table_is_kept_beside_its_experiments(capsys, tmp_path, monkeypatch):
    experiment = experiments.Experiment("more is more", lambda seed: {"a": seed}, lambda n: n["a"] >= 0)
    monkeypatch.setattr(command, "by_notebook", lambda: {"01": [experiment]})
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    command.main(["01"])
    assert not list(tmp_path.iterdir())
    command.main(["01", "--seeds", "3", "--save"])
    kept = (tmp_path / "nb01.md").read_text(encoding="utf-8")
    assert kept.strip() in capsys.readouterr().out
    assert kept.startswith("# Notebook 01: 3 seeds") and "| more is more | a 1.000 (0.000 to 2.000) | 3 of 3 |" in kept


@pytest.mark.parametrize("number", NUMBERS)
def test_the_tables_kept_are_those_of_the_experiments(number):
    kept = (command.FOLDER / f"nb{number}.md").read_text(encoding="utf-8")
    lines = [line.split(" | ") for line in kept.splitlines() if line.startswith("| ")][1:]
    assert [line[0].removeprefix("| ") for line in lines] == [x.claim for x in command.by_notebook()[number]]
    assert all(int(line[2].split(" of ")[1]) == 5 for line in lines)


def test_every_module_of_experiments_is_found(capsys):
    found = command.by_notebook()
    assert list(found) == NUMBERS
    assert all(list(experiments.NOTEBOOKS.glob(f"{number}_*.ipynb")) for number in found)
    assert all(isinstance(experiment, experiments.Experiment) for number in found for experiment in found[number])
    with pytest.raises(SystemExit):
        command.main(["99"])
    assert "no experiments of 99; there are 04, 05" in capsys.readouterr().err
