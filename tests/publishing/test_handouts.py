"""Hand-outs: students find no solution in what they are given, instructors find all, and both can be printed."""

import ast
import contextlib
import filecmp
import html
import importlib
import io
import re
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.__main__ import main
from course.code import bound_and_read, without_argument
from course.handouts import VERSIONS, build
from course.notebooks import NOTEBOOKS, ROOT, markdown_cells, read, still_pictures
from course.publishing import parts
from course.publishing.folder import CannotPublish
from course.publishing.handouts import answers, library, page, versions
from tests.helpers import child
from utils.exercises import MODULES
from utils.exercises.exercise import Exercise

ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
each = pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem[:2])


@pytest.fixture(scope="session")
def handouts(tmp_path_factory):
    """The folder with the hand-outs of all notebooks."""
    folder = tmp_path_factory.mktemp("handouts")
    build(ALL, folder)
    return folder


def exercises():
    modules = [importlib.import_module(f"utils.exercises.{name}") for name in MODULES]
    return [thing for module in modules for thing in vars(module).values() if isinstance(thing, Exercise)]


def texts(folder):
    """Return what the text files of a folder hold, cells of notebooks as they are read."""
    found = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file()}
    for path in folder.rglob("*.ipynb"):
        found[path] = "\n".join(cell.source for cell in read(path).cells)
    return found


# For students


@each
def test_students_get_the_notebook_with_empty_exercises(path, handouts):
    stored, given = read(path), read(handouts / "students" / "notebooks" / path.name)
    answers = {question.answer.id: question for question in parts.questions(stored, path)}
    kept = [cell for cell in stored.cells if not parts.is_notes(cell)]
    assert [cell.id for cell in given.cells] == [cell.id for cell in kept]
    for before, cell in zip(kept, given.cells):
        if cell.id in answers:
            assert not cell.outputs and cell.execution_count is None
            assert f"exercises.{answers[cell.id].name}.check(" in cell.source and ".hint()" in cell.source
        elif cell.cell_type == "code":
            assert cell.outputs == before.outputs and (cell.source == before.source or parts.is_setup(before))


def test_students_find_no_solution_and_no_way_to_one(handouts):
    shown = texts(handouts / "students")
    everything = "\n".join(text for path, text in shown.items() if path.parent.name != "exercises")
    for exercise in exercises():
        code = exercise.solution_code.strip()
        assert code not in everything or "\n" not in code, f"{exercise.number}: {code}"
    for name in MODULES:
        file = Path("utils", "exercises", f"{name}.py")
        assert shown[handouts / "students" / file] == library.without_solutions((ROOT / file).read_text("utf-8"))
    assert ".solution()" not in "\n".join(text for path, text in shown.items() if "utils" not in path.parts)
    for way in ("colab.research", "google.colab", "git clone", "**Notes.**"):
        assert way not in everything, way


def test_the_tests_of_solutions_would_find_them(handouts):
    shown = texts(handouts / "instructors")
    everything = "\n".join(text for path, text in shown.items() if path.parent.name != "exercises")
    found = [exercise.solution_code.strip() in everything for exercise in exercises()]
    assert sum(found) > len(found) / 2  # of the others, an import or a line is left out
    assert "google.colab" in everything and "**Notes.**" in everything


def test_students_can_run_checkers_and_hints_but_no_solutions_where_the_course_is_not(handouts):
    """From the set-up cell of their notebook, in its folder."""
    path = handouts / "students" / "notebooks" / "01_convolution_1d.ipynb"
    (begin,) = [cell.source for cell in read(path).cells if cell.source.startswith("import os, sys")]
    code = """
print(exercises.__file__)
exercises.q1.check(49)
exercises.q1.check(50)
exercises.q1.hint()
for exercise in (exercises.q1, exercises.q2, exercises.q6):
    assert exercise.solution_code is None
    exercise.solution()
"""
    printed, complaints = child(begin + code, cwd=path.parent).communicate()
    lines = printed.splitlines()
    assert not complaints and lines[0].startswith(str(handouts / "students"))
    right, wrong, hint, *refused = lines[1:]
    assert "right" in right and "plain average" in wrong and "Hint 1.1" in hint
    assert [line[:13] for line in refused] == ["Solution 1.1:", "Solution 1.2:", "Solution 1.6:"]
    assert all("not part of this hand-out" in line for line in refused)


@pytest.mark.parametrize("name", MODULES)
def test_nothing_but_the_solution_is_taken_out_of_a_module(name):
    def keywords(source):
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        made = [call for call in calls if ast.unparse(call.func) == "Exercise"]
        return [{given.arg: ast.dump(given.value) for given in call.keywords} for call in made]

    source = (ROOT / "utils" / "exercises" / f"{name}.py").read_text(encoding="utf-8")
    before, after = keywords(source), keywords(library.without_solutions(source))
    solutions = [given.pop("solution") for given in before], [given.pop("solution") for given in after]
    assert len(before) >= 4 and after == before
    assert set(solutions[1]) == {ast.dump(ast.Constant(None))} and not set(solutions[0]) & set(solutions[1])


# For instructors

NEEDED = re.compile(r"^import numpy.*|^from utils.pretrained .*|^from math .*", re.MULTILINE)  # by solutions


@each
def test_the_solutions_of_instructors_print_what_is_stored_with_them(path, handouts):
    given = read(handouts / "instructors" / "notebooks" / path.name)
    module = importlib.import_module(f"utils.exercises.{MODULES[int(path.name[:2])]}")
    names = {"exercises": module}
    solved = 0
    for cell in given.cells:
        if cell.cell_type == "code" and parts.CHECK.search(cell.source):
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(cell.source, names)
            assert [printed.getvalue()] == [output.text for output in cell.outputs]
            solved += 1
        elif cell.cell_type == "code":
            exec("\n".join(NEEDED.findall(cell.source)), names)
    assert solved == len(parts.questions(read(path), path))


@each
def test_a_solution_changes_no_name_that_a_later_cell_reads(path, handouts):
    stored = {cell.id: cell for cell in read(path).cells}
    changed = set()  # by the solutions so far
    for cell in read(handouts / "instructors" / "notebooks" / path.name).cells:
        if cell.cell_type == "code" and parts.CHECK.search(cell.source):
            changed |= versions.bound_by(cell.source) - versions.bound_by(stored[cell.id].source) - {"answer"}
        elif cell.cell_type == "code":
            bound, reads = bound_and_read(cell)
            assert not reads & changed - bound, cell.source
            changed -= bound


def test_a_solution_that_would_is_put_into_a_function(handouts):
    given = read(handouts / "instructors" / "notebooks" / "01_convolution_1d.ipynb")
    first, second = [cell.source for cell in given.cells if parts.CHECK.search(cell.source)][:2]
    assert first.startswith("def solved():\n    x, w = [10") and "\nanswer = solved()\n" in first
    assert second.startswith("def smooth(x, w):\n    values") and "solved" not in second


@each
def test_instructors_read_the_hint_and_the_feedback_to_each_mistake(path, handouts):
    given = read(handouts / "instructors" / "notebooks" / path.name)
    notes = {cell.id: cell.source for cell in given.cells if parts.is_notes(cell)}
    for question in parts.questions(read(path), path):
        shown = re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", notes[f"{question.answer.id}-notes"])
        assert question.exercise.hint_text in shown and question.exercise.mistakes
        assert all(feedback in shown for _, feedback in question.exercise.mistakes)


@pytest.mark.parametrize(
    "answer, text",
    [
        (52, "52"),
        (37_752_832, "37,752,832"),
        (1 / 3, "0.333333"),
        (-1e-7, "-1e-07"),
        ((12800, 2.5), "(12800, 2.5)"),
        ([[1, 0], [0, 1]], "[[1, 0], [0, 1]]"),
        ([True, False], "[True, False]"),
        ("fc7", '"fc7"'),
    ],
)
def test_wrong_answers_are_shown_as_students_write_them(answer, text):
    assert versions.shown(answer) == text


# To print


@pytest.mark.parametrize(
    "source, left",
    [
        ('plots.images(a, size=4,\n             shows="é" \n "two")', "plots.images(a, size=4)"),
        ('f(a, shows="x",\n  b=1)', "f(a,\n  b=1)"),
        ('f(shows=g(")"))', "f()"),
        ('f(shows="x", b=1)', "f(b=1)"),
        ('f((a), shows="x",)\ng(b, shows="y")', "f((a),)\ng(b)"),
        ('f(a,  # why\n  shows="x")', None),
        ('%matplotlib inline\nf(a, shows="x")', None),
        ('text = "f(a, shows=1)"', None),
    ],
)
def test_only_the_argument_is_left_out_or_nothing(source, left):
    assert without_argument(source, "shows") == (left or source)


@each
def test_printed_code_does_not_tell_what_its_figure_shows(path, handouts):
    for version in VERSIONS:
        text = (handouts / version / "print" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert "shows=" not in re.sub(r"<[^>]*>", "", text)


@each
def test_on_paper_nothing_is_for_colab(path, handouts):
    for version in VERSIONS:
        text = words((handouts / version / "print" / f"{path.stem}.html").read_text(encoding="utf-8"))
        assert "import os, sys course = [" in text
        assert not re.search(r"git clone|Open in Colab|google\.colab|YOUR_ACCOUNT", text)


@each
@pytest.mark.parametrize("version", VERSIONS)
def test_a_page_holds_all_pictures_with_descriptions_and_nothing_that_runs_or_loads(version, path, handouts):
    text = (handouts / version / "print" / f"{path.stem}.html").read_text(encoding="utf-8")
    outputs = [output for cell in read(path).cells for output in cell.get("outputs", [])]
    alts = [parts.description(output) for output in outputs if "image/png" in output.get("data", {})]
    stills = [alt for output in outputs for alt, _ in still_pictures(output.get("data", {}).get("text/html", ""))]
    found = re.findall(r'<img alt="([^"]{20,})" src="data:image/png;base64,', text)
    assert text.count("<img ") == len(found) == len(alts) + len(stills) and set(stills) <= set(found)
    assert not re.findall(r'<script|<iframe|<link|@import|url\(|\bsrc="(?!data:)', text)
    spoken = re.sub(r'<pre.*?</pre>|<code.*?</code>|<annotation.*?</annotation>|alt="[^"]*"', "", text, flags=re.DOTALL)
    formulas = any("$" in cell.source for cell in markdown_cells(read(path)))
    assert ("<math" in text) is formulas and "$" not in spoken


@each
def test_links_of_a_page_lead_somewhere(path, handouts):
    for version in VERSIONS:
        file = handouts / version / "print" / f"{path.stem}.html"
        links = re.findall(r'href="([^":#]+)[^":]*"', file.read_text(encoding="utf-8"))
        assert "../README.md" in links and all((file.parent / link).exists() for link in links)


def test_readme_names_files_of_its_folder(handouts):
    for version in VERSIONS:
        text = (handouts / version / "README.md").read_text(encoding="utf-8")
        links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if ":" not in link]
        assert len(links) > 10 and all((handouts / version / link).exists() for link in links)
        sheets = [f"print/{path.stem}{kind}.html" for path in ALL for kind in ("", "_exercises")]
        assert set(sheets) == {link for link in links if link.startswith("print/")}
    assert "01_" not in library.readme("students", {"02_images_and_filters_2d.ipynb": "Images"})


def asked_on(text):
    """Return the exercises on a sheet: number -> HTML."""
    parts_of = re.split(r'<section class="asked">\s*<h3[^>]*>Exercise ([\d.]+)', text)
    return dict(zip(parts_of[1::2], parts_of[2::2]))


def words(text):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", text)))


@each
def test_the_sheet_for_students_has_each_question_and_room_for_an_answer_and_nothing_else(path, handouts):
    text = (handouts / "students" / "print" / f"{path.stem}_exercises.html").read_text(encoding="utf-8")
    asked, questions = asked_on(text), parts.questions(read(path), path)
    assert list(asked) == [question.exercise.number for question in questions]
    for question, shown in zip(questions, asked.values()):
        start = question.question.source.split("\n")[2]
        assert words(page.markdown(start)).strip() in words(shown) and shown.count('class="space') == 1
        assert " ".join(answers.given(question.answer.source).split()) in words(shown)
        assert ('class="space program"' in shown) is (question.variable != "answer")
        assert question.exercise.lesson not in words(shown)
    assert 'class="name"' in text and "exercises.q" not in text and "<img" not in text


@each
def test_the_sheet_for_instructors_answers_each_question(path, handouts):
    text = (handouts / "instructors" / "print" / f"{path.stem}_exercises.html").read_text(encoding="utf-8")
    asked, questions = asked_on(text), parts.questions(read(path), path)
    assert list(asked) == [question.exercise.number for question in questions]
    for question, shown in zip(questions, map(words, asked.values())):
        feedback = [feedback for _, feedback in question.exercise.mistakes]
        for wanted in (versions.solution(question), question.exercise.lesson, *feedback):
            assert " ".join(wanted.replace("`", "").split()) in shown
    assert "exercises.q" not in text and 'class="space' not in text and 'class="name"' not in text


def test_what_is_given_is_what_stands_before_the_place_for_the_answer():
    source = "x = [1,\n     2]\nanswer = None   # a < b\n\nexercises.q1.check(answer)\n# exercises.q1.hint()"
    assert answers.given(source) == "x = [1,\n     2]"
    assert answers.without_calls(source) == "x = [1,\n     2]\nanswer = None   # a < b"
    assert "Your answer, a &lt; b:" in answers.given_and_space(source)
    code = answers.given_and_space("def f(x):\n    ...      # your code\n\n\nexercises.q1.check(f)")
    assert words(code).strip() == "def f(x): Space for your code:"


PAPER = {"A4": (210, 297), "Letter": (216, 279)}  # mm
PLACES = [
    "students/print/01_convolution_1d",
    "instructors/print/06_alexnet_zfnet_vgg",
    "students/print/08_resnet_exercises",
    "instructors/print/02_images_and_filters_2d_exercises",
]
MARGINS = (30, 34)  # of page.css
TOO_LARGE = """([width, height]) => [...document.querySelectorAll("main *")].filter(
    part => part.getBoundingClientRect().right > width + 1 || part.scrollWidth > part.clientWidth + 1
            && getComputedStyle(part).display == "block"
            || part.matches("figure, .code, table, .exercise, .notes") && (part.getBoundingClientRect().height > height
                || getComputedStyle(part).breakInside != "avoid")
).map(part => part.outerHTML.slice(0, 120))"""


@pytest.fixture
def sheet(browser):
    """A page of the browser that prints; what it asks from a network fails the test."""
    context = browser.new_context()
    asked = []
    context.on("request", lambda request: asked.append(request.url) if request.url[:4] == "http" else None)
    page = context.new_page()
    page.emulate_media(media="print")
    yield page
    context.close()
    assert asked == []


@pytest.mark.parametrize("paper", PAPER)
@pytest.mark.parametrize("place", PLACES)
def test_everything_fits_on_the_paper(place, paper, handouts, sheet):
    width, height = (round((size - margin) * 96 / 25.4) for size, margin in zip(PAPER[paper], MARGINS))
    sheet.set_viewport_size({"width": width, "height": height})
    sheet.goto((handouts / f"{place}.html").as_uri())
    assert sheet.evaluate(TOO_LARGE, [width, height]) == []
    pages = sheet.pdf(format=paper).count(b"/Type /Page\n")
    assert 1 <= pages <= 3 if place.endswith("_exercises") else pages > 10


CELLS = """() => [...document.querySelectorAll("table")].map(table => [
    ...[...table.querySelectorAll("th[colspan]")].map(head => getComputedStyle(head).textAlign),
    ...[...table.querySelectorAll("td")].map(cell => getComputedStyle(cell).whiteSpace)])"""
BOOK = ROOT / "course" / "publishing" / "book" / "static" / "book.css"


def test_the_name_of_a_group_of_columns_stands_over_its_middle_and_cells_are_not_broken(handouts, sheet):
    sheet.goto((handouts / "students" / "print" / "06_alexnet_zfnet_vgg.html").as_uri())
    tables = [set(values) for values in sheet.evaluate(CELLS)]
    assert all(values <= {"center", "nowrap"} for values in tables) and {"center", "nowrap"} in tables
    table = '<table class="dataframe"><tr><th colspan="2">A</th></tr><tr><td>7 × 7, stride 2</td></tr></table>'
    sheet.set_content(f'<style>{BOOK.read_text(encoding="utf-8")}</style><div class="cell_output">{table}</div>')
    assert sheet.evaluate(CELLS) == [["center", "nowrap"]]
    sheet.set_content(f"<style>th {{ text-align: right; }}</style>{table}")
    assert sheet.evaluate(CELLS) == [["right", "normal"]]


def serious(sheet):
    """Return what axe-core finds that keeps people from reading a page."""
    found = Axe().run(sheet).response["violations"]
    return [violation["id"] for violation in found if violation["impact"] in ("serious", "critical")]


def test_nothing_keeps_people_from_reading_a_page(handouts, sheet):
    sheet.emulate_media(media="screen")
    sheet.set_viewport_size({"width": 390, "height": 800})
    sheet.goto((handouts / "instructors" / "print" / "00_cnn_at_a_glance.html").as_uri())
    assert sheet.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(sheet) == []
    sheet.set_content('<html lang="en"><title>A page</title><main><h1>Title</h1><img src="data:,">')
    assert serious(sheet) == ["image-alt"]


def test_what_does_not_fit_would_be_found(sheet):
    style = page.style()
    wide = "x" * 400
    sheet.set_viewport_size({"width": 680, "height": 990})
    sheet.set_content(f'<style>{style}</style><main><p>fine</p><p>{wide}</p><figure style="height:1100px"></figure>')
    assert [text[:5] for text in sheet.evaluate(TOO_LARGE, [680, 990])] == ["<p>xx", "<figu"]


# Bad input


def small(folder, name="01_small.ipynb", count=1):
    check = new_code_cell(
        "answer = None\n\nexercises.q1.check(answer)\n# exercises.q1.solution()", execution_count=count
    )
    cells = [new_markdown_cell("# Title"), new_markdown_cell("### Exercise 1.1"), check]
    nbformat.write(new_notebook(cells=cells), folder / name)
    return folder / name


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda folder: small(folder, count=None), "python -m course run 01"),
        (lambda folder: small(folder, "small.ipynb"), "must begin with a number"),
        (lambda folder: ROOT / "README.md", "README.md is not a notebook"),
    ],
)
def test_what_cannot_be_handed_out_is_said_in_a_line_and_nothing_is_written(make, words, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    notebook = make(tmp_path / "in")
    assert main(["handouts", str(notebook), "--output", str(tmp_path / "out" / "handouts")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line and not list(tmp_path.glob("out/*"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    assert main(["handouts", "01", "--output", str(tmp_path / "file" / "handouts")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "file") in line and "--output names another" in line


def test_two_builds_are_the_same(tmp_path):
    notebooks = [small(tmp_path), NOTEBOOKS / "03_stride_padding_channels.ipynb"]
    for name in ("one", "two"):
        build(notebooks, tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    same, *different = filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", files, shallow=False)
    assert different == [[], []] and Path("students/print/01_small.html") in same


def test_a_cell_without_a_place_for_an_answer_is_refused(tmp_path):
    notebook = read(small(tmp_path))
    notebook.cells[-1].source = "exercises.q1.check(answer)"
    with pytest.raises(CannotPublish, match="no place"):
        versions.for_instructors(notebook, tmp_path / "01_small.ipynb")
