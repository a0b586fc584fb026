"""The notebooks as files: every rule of course/rules.py on every notebook, and every rule on bad notebooks."""

import base64
import copy
import re

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import address, check, markdown, notebooks, rules
from course.__main__ import main

NOTEBOOKS = sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))
NOTES = {"slideshow": {"slide_type": "notes"}, "jupyter": {"source_hidden": True}}
COLAB = address.colab_link(address.repository(), "notebooks/01_sample.ipynb")


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, rule):
    complaints = list(rule(rules.Notebook.read(path)))
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize(("name", "before"), [("README.md", "git clone "), ("CITATION.cff", "repository-code: ")])
def test_readme_and_citation_have_the_address_of_pyproject(tmp_path, name, before):
    assert check.address_complaints(notebooks.ROOT / name) == []
    (tmp_path / name).write_text(f"{before}https://github.com/not-the/course", encoding="utf-8")
    assert "python -m course address" in check.address_complaints(tmp_path / name)[0]


def figure_output(alt="A line that rises from the left to the right"):
    data = {"text/plain": "<Figure size 640x480 with 1 Axes>", "image/png": "iVBORw0KGgo="}
    return new_output("display_data", data, metadata={"image/png": {"alt": alt}})


def explorer_html(alt="A line that rises from the left to the right", title="A line that can be turned about"):
    return f'<img alt="{alt}" src="data:image/png;base64,iVBORw0KGgo="><iframe title="{title}" srcdoc="p"></iframe>'


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def sample():
    """A notebook that follows all rules; its place is notebooks/01_sample.ipynb, between 00 and 02."""
    links = f"[before](00_first.ipynb) [contents](../README.md#contents) [next](02_last.ipynb) [![]({COLAB})]({COLAB})"
    setup = f"""import os, sys
if "google.colab" in sys.modules:
    !git clone -q --depth 1 {address.repository()}
    os.chdir("{address.repository().split("/")[-1]}/notebooks")
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
        *(new_markdown_cell(f"{rules.NOTES}\n{'word ' * 60}", metadata=NOTES) for _ in range(3)),
    ]
    count = 0
    for cell in cells:
        cell.metadata.setdefault("slideshow", {"slide_type": "slide"})
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
    return new_notebook(cells=cells, metadata=copy.deepcopy(notebooks.METADATA))


@pytest.fixture
def place(tmp_path):
    """Where the sample stands: with a README, the notebooks beside it and a module of four questions."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "utils" / "exercises").mkdir(parents=True)
    questions = [f"q{number} = Exercise()\n" for number in range(1, 5)] + ["query = 1\n", "    q9 = 2\n"]
    (tmp_path / "utils" / "exercises" / "sample.py").write_text("".join(questions), encoding="utf-8")
    for name in ("README.md", "notebooks/00_first.ipynb", "notebooks/01_sample.ipynb", "notebooks/02_last.ipynb"):
        (tmp_path / name).touch()
    return tmp_path / "notebooks" / "01_sample.ipynb"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_sample_follows_every_rule(place, rule):
    assert list(rule(rules.Notebook(sample(), place))) == []


# Each changes one thing in the sample; cells: 0 title, 1 setup, 2 text, 3 outputs, 4 exercises, 5 references,
# 6 to 8 speaker notes.
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
    for code in notebooks.code_cells(notebook):
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


def answer_beside_its_prediction(notebook):
    notebook.cells[2].source += "\n\n**Predict:** will it?"
    notebook.cells[3].metadata["slideshow"]["slide_type"] = "-"


def answer_after_notes(notebook):
    answer_beside_its_prediction(notebook)
    notes = new_markdown_cell("**Notes.**\n\nWait.", metadata={"slideshow": {"slide_type": "notes"}})
    notebook.cells.insert(3, notes)


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
    ("has_known_magics_only", source(1, "%pip", "%load_ext")),
    ("compiles_as_a_script", source(1, "os.chdir", "%cd ")),
    ("compiles_as_a_script", source(3, "print(61706)", "if True:\n    !ls")),
    ("compiles_as_a_script", source(3, "print(61706)", "%%html\n<b>61706</b>")),
    ("is_compared", cell(3, metadata={"tags": ["nbval-skip"]})),
    ("is_compared", cell(3, metadata={"tags": ["nbval-ignore-output", "raises-exception"]})),
    ("is_compared", source(3, "print(61706)", "#  NBVAL_IGNORE_OUTPUT\nprint(61706)")),
    ("has_one_title", source(2, "## Section", "# Section")),
    ("has_one_title", source(0, "# Title", "## Title")),
    ("has_one_title", source(2, "## Section", "### Section")),
    ("has_one_title", lambda notebook: notebook.cells.reverse()),
    ("has_short_cells", cell(3, source="\n".join("x = 1" for _ in range(16)))),
    ("has_short_cells", cell(3, source="x = " + "1" * 97)),
    ("is_a_slide_show", slide_type("slides")),
    ("is_a_slide_show", lambda notebook: notebook.cells[2].metadata.pop("slideshow")),
    ("has_speaker_notes", lambda notebook: notebook.cells.pop()),
    ("has_speaker_notes", source(7, "**Notes.**\n", "**Notes.** ")),
    ("has_speaker_notes", source(2, "## Section", "**Notes.**\n")),
    ("has_speaker_notes", source(7, "word", "two words")),
    ("has_speaker_notes", cell(7, source="**Notes.**\n")),
    ("has_speaker_notes", cell(7, metadata={"slideshow": {"slide_type": "notes"}})),
    ("has_speaker_notes", cell(4, metadata=NOTES)),
    ("has_speaker_notes", lambda notebook: notebook.cells.insert(4, notebook.cells[7])),
    ("is_a_slide_show", answer_beside_its_prediction),
    ("is_a_slide_show", answer_after_notes),
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
    ("describes_its_pictures", output(new_output("display_data", {"text/html": explorer_html(alt="a picture")}))),
    ("describes_its_pictures", output(new_output("display_data", {"text/html": explorer_html(title="")}))),
    (
        "describes_its_pictures",
        output(new_output("display_data", {"text/html": '<iframe title="No picture behind it">'})),
    ),
    ("has_no_machine_paths", output(stream("/".join(["", "home", "ada", "utils.py:3: warning"])))),
    ("has_no_machine_paths", output(new_output("display_data", {"text/html": '<a href="/' + 'tmp/x.html">'}))),
    ("has_no_machine_paths", source(3, "print", "open('C:\\\\Users\\\\ada')\nprint")),
    ("has_readable_outputs", output(new_output("execute_result", {"text/plain": "<object at 0x7f5b>"}))),
    ("has_readable_outputs", output(new_output("execute_result", {"text/plain": "[<matplotlib.lines.Line2D>]"}))),
    ("has_readable_outputs", output(stream("(np.float32(0.5), np.int64(3))"))),
    ("has_readable_outputs", output(stream("np.True_"))),
    ("starts_quickly", source(1, "import numpy", "from keras import layers\nimport numpy")),
    ("starts_quickly", source(1, "import numpy", "import tensorflow as tf\nimport numpy")),
    ("sets_up_tensorflow", source(1, "import numpy", "import keras\nfrom utils import plots\nimport numpy")),
    ("sets_up_tensorflow", source(1, "import numpy", "import numpy, tensorflow.nn, utils")),
    ("sets_up_tensorflow", source(1, "import numpy", "if numpy:\n    import tensorflow_datasets\nimport utils, numpy")),
    ("converts_tensors", source(3, "print", "np.asarray(model.get_layer('C1')(x))\nprint")),
    (
        "converts_tensors",
        source(3, "print", "net = keras.Model(a, b)\nnp.testing.assert_allclose(x, net(x)[0])\nprint"),
    ),
    ("converts_tensors", source(3, "print", "for y in (layers.ReLU(name='r')(x), x):\n    np.mean(y)\nprint")),
    ("converts_tensors", source(3, "print", "y = 2 * keras.ops.sum(x)\nnp.sqrt(y)\nprint")),
    ("converts_tensors", source(3, "print", "from utils.models import vgg16\nnet = vgg16()\nnp.max(net(x))\nprint")),
    ("converts_tensors", source(3, "print", "kernel.numpy()\nprint")),
]


@pytest.mark.parametrize(("rule", "change"), BAD, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(BAD)])
def test_a_bad_notebook_is_refused(place, rule, change):
    notebook = sample()
    change(notebook)
    assert list(getattr(rules, rule)(rules.Notebook(notebook, place)))


def test_a_large_file_is_refused(place):
    place.write_bytes(b" " * (rules.MAX_BYTES + 1))
    assert list(rules.is_small(rules.Notebook(sample(), place)))


def test_too_few_questions_are_refused(place):
    module = place.parents[1] / "utils" / "exercises" / "sample.py"
    module.write_text(module.read_text(encoding="utf-8").replace("q4", "q_4"), encoding="utf-8")
    notebook = sample()
    source(4, "exercises.q4.check(4)", "")(notebook)
    assert list(rules.checks_all_exercises(rules.Notebook(notebook, place)))


def test_a_notebook_without_exercise_file_is_refused(place):
    assert list(rules.checks_all_exercises(rules.Notebook(sample(), place.with_name("01_other.ipynb"))))


def test_another_picture_beside_the_notebook_is_refused(place):
    notebook = rules.Notebook(sample(), place)
    notebook.cells[3].metadata["tags"] = ["picture=cover"]
    assert "cover.png is not the picture" in next(rules.saves_its_pictures(notebook))
    (place.parent / "cover.png").write_bytes(b"another")
    assert list(rules.saves_its_pictures(notebook))
    (place.parent / "cover.png").write_bytes(base64.b64decode(notebook.cells[3].outputs[1].data["image/png"]))
    assert not list(rules.saves_its_pictures(notebook))


def test_every_rule_is_shown_to_refuse():
    assert {rule.__name__ for rule in rules.RULES} == {rule for rule, _ in BAD} | {"is_small", "saves_its_pictures"}


def test_check_prints_the_complaints_and_says_by_its_status_whether_there_are_any(place, capsys):
    nbformat.write(sample(), place)
    assert main(["check", str(place)]) == 0
    assert f"all {len(rules.RULES)} rules" in capsys.readouterr().out
    bad = sample()
    source(3, "print", "%time\nprint")(bad)
    nbformat.write(bad, place)
    assert main(["check", str(place)]) == 1
    assert capsys.readouterr().out == "01_sample.ipynb: cell 4 ('%time') uses the magic or command 'time'\n"


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
    assert markdown.numbers(text) == expected


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_jupytext_makes_a_script_that_compiles(path):
    script = jupytext.writes(nbformat.read(path, as_version=4), fmt="py:percent")
    compile(script, path.stem, "exec")
    assert script.count("# %%") >= 20


def test_the_readme_shows_the_pictures_that_notebooks_save():
    contents = [nbformat.read(path, as_version=4) for path in NOTEBOOKS]
    found = {f"notebooks/{name}" for content in contents for name in notebooks.tagged_pictures(content)}
    readme = (notebooks.ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"!\[[^\]]{20,}\]\(([^)]+\.png)\)", readme))
    assert shown == found != set()
