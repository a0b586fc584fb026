"""Slides in a real browser: everything fits and can be read, questions come before answers, explorers live."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course import slides
from course.notebooks import NOTEBOOKS, read, write
from tests.helpers import ROOT
from utils.explorers.explorer import WIDE

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
AUDIT = (ROOT / "tests/publishing/audit.js").read_text(encoding="utf-8")
SIZES = ({"width": 1280, "height": 720}, {"width": 1024, "height": 768})
PRESENT = "section.present section.present"
PLACE = "() => JSON.stringify(Reveal.getIndices())"


def go(opened, section):
    """Show a slide, given as JavaScript, with everything on it; return the number of its column."""
    return opened.evaluate(f"""() => {{
        const place = Reveal.getIndices({section});
        Reveal.slide(place.h, place.v);
        while (Reveal.availableFragments().next) Reveal.nextFragment();
        return place.h;
    }}""")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem[:2])
def test_everything_fits_and_can_be_read(built, show, path):
    opened = show(built / f"{path.stem}.html")
    for size in SIZES:
        opened.set_viewport_size(size)
        assert opened.evaluate(AUDIT) == []
    for number in range(opened.locator(".explorer").count()):
        width, height, wanted = open_explorer(opened, number).evaluate(
            "[innerWidth, innerHeight, document.documentElement.scrollHeight]"
        )
        assert width == WIDE and wanted <= height


def open_explorer(opened, number):
    """Show the slide with an explorer, and return the explorer's frame."""
    go(opened, f"document.querySelectorAll('.explorer')[{number}].closest('section')")
    frame = opened.locator(f"{PRESENT} iframe").element_handle().content_frame()
    frame.wait_for_function("innerWidth > 0 && document.readyState === 'complete'")
    return frame


@pytest.fixture(scope="module")
def beginning(tmp_path_factory):
    """The slides of a notebook's first cells, with code, results and a question."""
    notebook = read(PATHS[1])
    notebook.cells = notebook.cells[:16]
    folder = tmp_path_factory.mktemp("beginning")
    write(notebook, folder / PATHS[1].name)
    slides.build([folder / PATHS[1].name], folder / "slides")
    return folder / "slides" / f"{PATHS[1].stem}.html"


@pytest.mark.parametrize(
    ("style", "complaint"),
    [
        (".block { font-size: 60px !important }", "does not fit"),
        (".block { position: relative; left: 300px }", "does not fit"),
        (".code pre { white-space: pre; overflow: hidden; width: 300px }", "hides|cut"),
        (".code pre { width: 300px }", "line of code is broken"),
        (".block > p { font-size: 19px }", "p has 19 pixels"),
        ("pre { font-size: 17px !important }", "has 17 pixels"),
        (".block { max-height: 60px; overflow: auto }", "hides"),
    ],
)
def test_the_audit_finds_what_does_not_fit(beginning, show, style, complaint):
    opened = show(beginning)
    assert opened.evaluate(AUDIT) == []
    opened.add_style_tag(content=style)
    assert re.search(complaint, "\n".join(opened.evaluate(AUDIT)))


def test_the_audit_finds_answers_beside_their_question(beginning, show):
    opened = show(beginning)
    opened.evaluate("document.querySelector('.predict').parentElement.after(document.querySelector('.block'))")
    assert "more follows a question" in "\n".join(opened.evaluate(AUDIT))


def text(*lines):
    return new_markdown_cell("\n\n".join(lines))


def code(source, *outputs):
    return new_code_cell(source, outputs=list(outputs))


def printed(*lines):
    return new_output("stream", name="stdout", text="\n".join(lines))


def table(rows, columns):
    cells = "".join(f"<th>a{column}</th>" for column in range(columns + 1))
    body = "".join(
        f"<tr><th>r{row}</th>" + "".join(f"<td>v{row}x{column}</td>" for column in range(columns)) + "</tr>"
        for row in range(rows)
    )
    html = f'<table class="dataframe"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>'
    return new_output("execute_result", {"text/html": html, "text/plain": "table"}, execution_count=1)


def test_what_is_longer_than_a_slide_goes_on_on_the_next(small):
    opened = small(
        (text("# Title", "Words"), "slide"),
        (text("## Long", *(f"- item{n} " + "word " * 12 for n in range(30))), "slide"),
        (code("1", printed(*(f"line{n} " + "x" * (n % 160) for n in range(90)))), "subslide"),
        (code("2", table(60, 3)), "subslide"),
        (code("3", table(3, 40)), "subslide"),
        (text("## Short", "Words"), "slide"),
    )
    assert opened.evaluate(AUDIT) == []
    opened.emulate_media(media="print")  # where all slides are visible
    titles = opened.locator("h1, h2").all_inner_texts()
    assert titles[:3] == ["Title", "Long", "Long (2)"] and titles[-2:] == [f"Long ({len(titles) - 2})", "Short"]
    shown = opened.locator(".slides").inner_text()
    found = re.findall(r"\b(?:item|line)\d+\b|\bv\d+x\d+\b", shown)
    expected = [f"item{n}" for n in range(30)] + [f"line{n}" for n in range(90)]
    expected += [f"v{row}x{column}" for row in range(60) for column in range(3)]
    assert found[: len(expected)] == expected
    assert sorted(found[len(expected) :]) == sorted(f"v{row}x{column}" for row in range(3) for column in range(40))


def test_a_step_shows_what_one_cell_brings(small):
    opened = small(
        (text("# Title"), "slide"),
        (text("## Steps", "One"), "slide"),
        (code("two", printed("with it")), "fragment"),
        (text("and two"), "-"),
        (text("Three"), "fragment"),
        (text("**Note.** Wait."), "notes"),
        (text("**A.** Think. **Predict:** four?"), "fragment"),
        (text("Five"), "-"),
    )
    states = []
    for _ in range(6):
        visible = opened.locator(f"{PRESENT} .block:visible")
        states.append([block.inner_text().strip() for block in visible.all() if is_shown(block)])
        opened.keyboard.press("PageDown")
    one, two = ["One"], ["One", "two", "with it", "and two"]
    asked = [*two, "Three", "A. Think. Predict: four?"]
    assert states == [[], one, two, [*two, "Three"], asked, ["Five"]]
    assert "Wait." in opened.evaluate("Reveal.getSlideNotes(document.querySelectorAll('section.page')[1])")


def test_what_a_colon_announces_comes_in_the_same_step(small):
    opened = small(
        (text("# Steps", "One"), "slide"),
        (text("**Two:**"), "fragment"),
        (code("two"), "subslide"),
        (text("Three"), "fragment"),
    )
    steps = [block.get_attribute("data-fragment-index") for block in opened.locator(".block").all()]
    assert steps == [None, "0", "0", "1"]


def is_shown(block):
    return block.evaluate("block => !block.matches('.fragment:not(.visible)')")


def test_slides_are_the_same_on_each_opening_and_in_each_window(built, show):
    opened = show(built / "02_images_and_filters_2d.html")
    arranged = opened.evaluate(SHOWN)
    for size in (SIZES[1], {"width": 390, "height": 844}):
        opened.set_viewport_size(size)
        assert opened.evaluate(SHOWN) == arranged
        opened.reload()
        opened.wait_for_function("window.Reveal && Reveal.isReady()")
        assert opened.evaluate(SHOWN) == arranged


SHOWN = """() => [...document.querySelectorAll("section.page")].map(page => page.className.match(/size-\\d/)[0]
    + page.textContent + [...page.querySelectorAll(".figure, .explorer")].map(figure => figure.style.width))"""


def test_the_number_of_a_slide_and_of_all_is_shown(built, show):
    opened = show(built / "07_googlenet.html")
    total = opened.evaluate("document.querySelectorAll('section.page').length")
    opened.keyboard.press("End")
    opened.keyboard.press("PageUp")
    opened.wait_for_function(
        f"document.querySelector('.slide-number').innerText.replaceAll(/\\s/g, '') == '{total - 1}/{total}'"
    )


def test_three_slides_have_no_serious_barrier(built, show):
    from axe_playwright_python.sync_playwright import Axe

    for stem, number in (("01_convolution_1d", 4), ("02_images_and_filters_2d", 16), ("09_transfer_learning", 20)):
        opened = show(built / f"{stem}.html")
        go(opened, f"document.querySelectorAll('section.page')[{number}]")
        found = Axe().run(opened, context=PRESENT).response["violations"]
        assert [
            (one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")
        ] == []


def test_pictures_and_explorers_are_described(built):
    for path in PATHS:
        body = (built / f"{path.stem}.html").read_text(encoding="utf-8")
        pictures = re.findall(r'<img class="figure" alt="([^"]*)"', body)
        assert len(pictures) == body.count('class="figure"') and all(len(alt) >= 20 for alt in pictures)
        assert "No description" not in body and "badge" not in body and "google.colab" not in body


def test_the_list_names_all_slides(built, browser):
    opened = browser.new_page()
    opened.goto((built / "index.html").as_uri())
    links = [link.get_attribute("href") for link in opened.locator("li a").all()]
    opened.close()
    assert links == [f"{path.stem}.html" for path in PATHS]
    assert sorted(file.name for file in built.iterdir()) == sorted([*links, "index.html"])


def test_a_pdf_has_a_page_for_each_slide(built, browser, tmp_path, show):
    path = PATHS[8]
    slides.build([path], tmp_path / "slides", pdf=True)
    file = (tmp_path / "slides" / f"{path.stem}.pdf").read_bytes()
    sizes = re.findall(rb"/MediaBox \[([^\]]*)\]", file)
    total = show(built / f"{path.stem}.html").evaluate("document.querySelectorAll('section.page').length")
    assert len(sizes) == total and set(sizes) == {b"0 0 960 540"}
    assert f'href="{path.stem}.pdf"' in (tmp_path / "slides" / "index.html").read_text(encoding="utf-8")
