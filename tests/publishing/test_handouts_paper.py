"""Hand-outs on paper: pages and sheets of exercises hold what they should, fit, and are readable."""

import base64
import html
import re
from pathlib import Path

import matplotlib
import pytest
from axe_playwright_python.sync_playwright import Axe

from course.code import without_argument
from course.handouts import VERSIONS
from course.notebooks import NOTEBOOKS, ROOT, markdown_cells, read, still_pictures
from course.publishing import parts
from course.publishing.handouts import answers, library, page, versions

ALL = sorted(NOTEBOOKS.glob("*.ipynb"))
each = pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem[:2])


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
            || part.matches("figure, .code, .table table, .exercise, .together:has(figure), .asked")
            && (part.getBoundingClientRect().height > height
                || getComputedStyle(part).breakInside != "avoid")
).map(part => part.outerHTML.slice(0, 120))"""


FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")


def font_face(file, weight):
    data = base64.b64encode((FONTS / file).read_bytes()).decode()
    return f"@font-face {{ font-family: Wide; font-weight: {weight}; src: url(data:font/ttf;base64,{data}); }}"


def wide_letters():
    """Return a style with the widest of the fonts that a page asks for; Matplotlib brings it."""
    faces = font_face("DejaVuSans.ttf", "normal") + font_face("DejaVuSans-Bold.ttf", "bold")
    return faces + "body { font-family: Wide !important; }"


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
    sheet.add_style_tag(content=wide_letters())  # the font above may be a narrower one
    for weight in ("normal", "bold"):
        assert sheet.evaluate(f"document.fonts.load('{weight} 10pt Wide').then(fonts => fonts.length)") == 1
    assert sheet.evaluate(TOO_LARGE, [width, height]) == []
    pages = sheet.pdf(format=paper).count(b"/Type /Page\n")
    assert 1 <= pages <= 3 if place.endswith("_exercises") else pages > 10


WIDTHS = """() => [...document.querySelectorAll("figure img")].map(picture =>
    [picture.naturalWidth, picture.naturalHeight, picture.getBoundingClientRect().width])"""


def test_letters_are_as_large_in_one_figure_as_in_the_next(handouts, sheet):
    sheet.set_viewport_size({"width": 680, "height": 990})
    sheet.goto((handouts / "students" / "print" / "02_images_and_filters_2d.html").as_uri())
    scales = [shown / width for width, height, shown in sheet.evaluate(WIDTHS) if 0.56 * height < 350]
    assert len(scales) > 15 and max(scales) - min(scales) < 0.01


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
