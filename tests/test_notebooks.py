"""The notebooks as files: every rule of notebook_rules.py on every notebook, and every rule on bad notebooks."""

import base64
import copy
import re
import sys
import types

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import notebook_rules
import rerun

NOTEBOOKS = sorted((rerun.ROOT / "notebooks").glob("*.ipynb"))
COLAB = rerun.colab_link(rerun.repository(), "notebooks/01_sample.ipynb")


@pytest.mark.parametrize("rule", notebook_rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, rule):
    complaints = rule(nbformat.read(path, as_version=4), path)
    assert not complaints, "\n" + "\n".join(complaints)


def test_the_readme_has_the_address_of_pyproject():
    text = (rerun.ROOT / "README.md").read_text(encoding="utf-8")
    assert text == rerun.stamp_text(text, rerun.repository()), "run tests/rerun.py"


def figure_output(alt="A line that rises from the left to the right"):
    data = {"text/plain": "<Figure size 640x480 with 1 Axes>", "image/png": "iVBORw0KGgo="}
    return new_output("display_data", data, metadata={"image/png": {"alt": alt}})


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def sample():
    """A notebook that follows all rules; its place is notebooks/01_sample.ipynb, between 00 and 02."""
    links = f"[before](00_first.ipynb) [contents](../README.md#contents) [next](02_last.ipynb) [![]({COLAB})]({COLAB})"
    setup = f"""import os, sys
if "google.colab" in sys.modules:
    !git clone -q --depth 1 {rerun.repository()}
    %cd -q {rerun.repository().split("/")[-1]}/notebooks
    %pip install -q -r ../requirements.txt
import numpy as np"""
    questions = "\n".join(f"exercises.q{n}.check({n})" for n in range(1, 5))
    text = (
        "In 2012 LeNet-5 had 61,706 parameters and $1{,}234.5$ others, arXiv:1512.03385, `x[1000]`, "
        "[here](https://example.org/9999), https://example.org/8888, doi 10.1109/5.726791."
    )
    cells = [
        new_markdown_cell(f"# Title\n\n{links}"),
        new_code_cell(setup),
        new_markdown_cell(f"## Section\n\n{text}\n\n```\n# comment\n7777\n```"),
        new_code_cell("print(61706)\nplt.show()", outputs=[stream("61706\n1234.50\n"), figure_output()]),
        new_code_cell(questions),
        new_markdown_cell("## References\n\nPages 2278 to 2324, 3333.\n\n### More\n\n4444"),
    ]
    count = 0
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
    return new_notebook(cells=cells, metadata=copy.deepcopy(rerun.NOTEBOOK_METADATA))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where the sample stands: with a README, the notebooks beside it and a module of four questions."""
    (tmp_path / "notebooks").mkdir()
    for name in ("README.md", "notebooks/00_first.ipynb", "notebooks/01_sample.ipynb", "notebooks/02_last.ipynb"):
        (tmp_path / name).touch()
    questions = types.ModuleType("utils.exercises.sample")
    questions.q1 = questions.q2 = questions.q3 = questions.q4 = questions.query = None
    monkeypatch.setitem(sys.modules, questions.__name__, questions)
    return tmp_path / "notebooks" / "01_sample.ipynb"


@pytest.mark.parametrize("rule", notebook_rules.RULES, ids=lambda rule: rule.__name__)
def test_the_sample_follows_every_rule(place, rule):
    assert rule(sample(), place) == []


# Each changes one thing in the sample; cells: 0 title, 1 setup, 2 text, 3 outputs, 4 exercises, 5 references.
def source(index, old, new):
    def change(notebook):
        assert old in notebook.cells[index].source
        notebook.cells[index].source = notebook.cells[index].source.replace(old, new)

    return change


def cell(index, **attributes):
    return lambda notebook: notebook.cells[index].update(attributes)


def output(new):
    return lambda notebook: notebook.cells[3].outputs.append(new)


def no_outputs(notebook):
    for code in notebook_rules.code_cells(notebook):
        code.outputs = []


def figure_without_picture(notebook):
    del notebook.cells[3].outputs[1].data["image/png"]


def slide_type(value):
    return lambda notebook: notebook.cells[2].metadata.slideshow.update(slide_type=value)


def metadata(notebook):
    notebook.metadata["widgets"] = {}


def language_version(notebook):
    notebook.metadata["language_info"]["version"] = "3.11.7"


def recycled_name(notebook):
    notebook.cells[3].source = "x = 1"
    notebook.cells[4].source += "\nprint(x)"
    notebook.cells += [new_markdown_cell("## Later"), new_code_cell("for x in range(3):\n    pass")]


BAD = [
    ("can_be_run_again", recycled_name),
    ("names_its_layers", cell(3, source="keras.Sequential([keras.Input((4,)), layers.Dense(3)])")),
    ("names_its_layers", cell(3, source="keras.layers.Conv2D(3, 3, padding='same')(x)")),
    ("was_executed", no_outputs),
    ("was_executed", cell(3, execution_count=None)),
    ("was_executed", cell(3, execution_count=7)),
    ("was_executed", output(new_output("error", ename="ValueError", evalue="", traceback=[]))),
    ("was_executed", output(stream("warning", "stderr"))),
    ("was_executed", figure_without_picture),
    ("is_normalised", metadata),
    ("is_normalised", language_version),
    ("is_normalised", cell(2, id="")),
    ("is_normalised", cell(2, id="not a valid id!")),
    ("is_normalised", lambda notebook: notebook.cells[2].metadata.update(collapsed=True)),
    ("has_known_magics_only", source(3, "print", "%matplotlib inline\nprint")),
    ("has_known_magics_only", source(3, "print", "%pip install x\nprint")),
    ("has_known_magics_only", source(3, "print", "%%time\nprint")),
    ("has_known_magics_only", source(3, "print", "files = !ls\nprint")),
    ("has_known_magics_only", source(3, "print(61706)", "np.sum?")),
    ("has_known_magics_only", source(1, "!git", "!wget")),
    ("has_known_magics_only", source(1, "%cd", "%load_ext")),
    ("has_one_title", source(2, "## Section", "# Section")),
    ("has_one_title", source(0, "# Title", "## Title")),
    ("has_one_title", source(2, "## Section", "### Section")),
    ("has_one_title", lambda notebook: notebook.cells.reverse()),
    ("has_short_cells", cell(3, source="\n".join("x = 1" for _ in range(16)))),
    ("has_short_cells", cell(3, source="x = " + "1" * 97)),
    ("is_a_slide_show", slide_type("slides")),
    ("is_a_slide_show", lambda notebook: notebook.cells[2].metadata.pop("slideshow")),
    ("prints_its_numbers", source(2, "61,706", "61,707")),
    ("prints_its_numbers", source(2, "61,706", "61 thousand, that is $61{,}707$,")),
    ("prints_its_numbers", source(2, "61,706", "61\u202f707")),
    ("prints_its_numbers", source(2, "61,706", "61707")),
    ("prints_its_numbers", source(2, "1{,}234.5", "1{,}234.6")),
    ("prints_its_numbers", source(2, "In 2012", "In 2,012 cases")),
    ("prints_its_numbers", source(5, "## References", "## Reference")),
    ("prints_its_numbers", source(5, "### More", "## More")),
    ("has_working_links", source(0, "02_last", "02_other")),
    ("has_working_links", source(0, "[before](00_first.ipynb)", "")),
    ("has_working_links", source(0, "../README.md", "README.md")),
    ("has_working_links", source(0, "01_sample", "02_last")),
    ("has_working_links", source(0, "colab.research", "other.research")),
    ("has_working_links", source(1, "https://github.com/", "https://github.com/not-")),
    ("has_working_links", source(2, "https://example.org/9999", "03_later.ipynb#section")),
    ("has_working_links", source(2, "## Section", '## Section\n<img src="missing.png">')),
    ("checks_all_exercises", source(4, "exercises.q2.check(2)", "")),
    ("checks_all_exercises", source(4, "q2.check", "q2.hint")),
    ("checks_all_exercises", source(4, "q2.check", "q5.check")),
    ("describes_its_pictures", output(figure_output(alt="too short"))),
    ("describes_its_pictures", output(new_output("display_data", {"image/png": "iVBORw0KGgo="}))),
    ("has_no_machine_paths", output(stream("/".join(["", "home", "ada", "utils.py:3: warning"])))),
    ("has_no_machine_paths", output(new_output("display_data", {"text/html": '<a href="/' + 'tmp/x.html">'}))),
    ("has_no_machine_paths", source(3, "print", "open('C:\\\\Users\\\\ada')\nprint")),
    ("has_readable_outputs", output(new_output("execute_result", {"text/plain": "<object at 0x7f5b>"}))),
    ("has_readable_outputs", output(new_output("execute_result", {"text/plain": "[<matplotlib.lines.Line2D>]"}))),
    ("has_readable_outputs", output(stream("(np.float32(0.5), np.int64(3))"))),
    ("has_readable_outputs", output(stream("np.True_"))),
    ("starts_quickly", source(1, "import numpy", "from keras import layers\nimport numpy")),
    ("starts_quickly", source(1, "import numpy", "import tensorflow as tf\nimport numpy")),
]


@pytest.mark.parametrize(("rule", "change"), BAD, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(BAD)])
def test_a_bad_notebook_is_refused(place, rule, change):
    notebook = sample()
    change(notebook)
    assert getattr(notebook_rules, rule)(notebook, place)


def test_a_large_file_is_refused(place):
    place.write_bytes(b" " * (notebook_rules.MAX_BYTES + 1))
    assert notebook_rules.is_small(sample(), place)


def test_too_few_questions_are_refused(place):
    del sys.modules["utils.exercises.sample"].q4
    notebook = sample()
    source(4, "exercises.q4.check(4)", "")(notebook)
    assert notebook_rules.checks_all_exercises(notebook, place)


def test_a_notebook_without_exercise_file_is_refused(place):
    assert notebook_rules.checks_all_exercises(sample(), place.with_name("01_other.ipynb"))


def test_every_rule_is_shown_to_refuse():
    assert {rule.__name__ for rule in notebook_rules.RULES} == {rule for rule, _ in BAD} | {"is_small"}


FORMS = [
    ("61,706", ["61706"]),
    ("61{,}706", ["61706"]),
    (r"61\,706", ["61706"]),
    ("61\u202f706", ["61706"]),
    ("1,234.50.", ["1234.5"]),
    ("1000.0", ["1000"]),
    ("(None, 224, 224,3)", ["224", "224", "3"]),
    ("conv2d_1000 and x1000", []),
]


@pytest.mark.parametrize(("text", "expected"), FORMS, ids=[text for text, _ in FORMS])
def test_numbers_are_read_in_every_form(text, expected):
    assert notebook_rules.numbers(text) == expected


def test_the_picture_of_the_readme_is_the_one_in_the_notebook():
    found = set()
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            for tag in cell.metadata.get("tags", []):
                if tag.startswith("picture="):
                    name = f"{tag.removeprefix('picture=')}.png"
                    png = next(out.data["image/png"] for out in cell.outputs if "image/png" in out.get("data", {}))
                    assert (path.parent / name).read_bytes() == base64.b64decode(png), f"python tests/rerun.py {path}"
                    found.add(f"notebooks/{name}")
    shown = set(re.findall(r"!\[[^\]]{20,}\]\(([^)]+\.png)\)", (rerun.ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown == found != set()
