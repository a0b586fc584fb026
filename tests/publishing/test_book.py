"""The book has all that the notebooks have, every link of it leads somewhere, and people can use it."""

import ast
import functools
import html
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from course import book as command
from course.__main__ import main as front_door
from course.address import repository
from course.notebooks import NOTEBOOKS, ROOT, markdown_cells, read
from course.publishing import parts
from course.publishing.book import complete, finish, font, glossary, library, links, references
from course.publishing.book.chapter import answer, plain
from course.publishing.folder import CannotPublish
from utils.exercises.exercise import Exercise

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
CHAPTERS = [path.stem for path in PATHS]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The book of all notebooks."""
    folder = tmp_path_factory.mktemp("site") / "book"
    command.build(PATHS, folder)
    return folder


@pytest.fixture(scope="module")
def pages(book):
    """The HTML of each page, by its path in the book."""
    return {
        path.relative_to(book).as_posix(): path.read_text(encoding="utf-8") for path in sorted(book.rglob("*.html"))
    }


def article(page):
    """Return the part of a page between the columns, without the pages of explorers in it."""
    text = re.search(r"<article .*?</article>", page, re.DOTALL)[0]
    return without_explorers(text)


def small(folder, *cells, name="07_new.ipynb"):
    """Write a notebook of some cells, texts or with an output, and return its path."""
    cells = [nbformat.v4.new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / name)
    return folder / name


def test_every_notebook_is_a_chapter_under_its_number(pages):
    for path in PATHS:
        title = markdown_cells(read(path))[0].source.split("\n")[0].removeprefix("# ")
        heading = re.search(r"<h1>(.*?)<a ", pages[f"notebooks/{path.stem}.html"])[1]
        assert heading == f"{path.stem[:2]} {title}"


def test_it_is_small_enough_to_be_carried_about(book, pages):
    assert sum(path.stat().st_size for path in book.rglob("*") if path.is_file()) < 20_000_000
    assert max(len(page.encode()) for page in pages.values()) < 2_500_000
    assert not [path for path in book.rglob("*") if path.suffix == ".map" or path.name in command.UNUSED]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem[:2])
def test_every_picture_has_the_description_of_its_notebook(path, pages):
    page = pages[f"notebooks/{path.stem}.html"]
    outputs = [output for cell in read(path).cells for output in cell.get("outputs", [])]
    wanted = [parts.description(output) for output in outputs if parts.description(output)]
    shown = [html.unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"[^>]* src="\.\./_images', page)]
    assert shown == wanted and wanted
    assert all(re.findall(r'<img[^>]* alt="([^"]*)"', article(page)))
    explorers = sum(map(parts.is_explorer, outputs))
    assert len(re.findall(r'<iframe loading="lazy" onload="[^"]+" title="[^"]+"', page)) == explorers


def test_a_book_that_lacks_something_is_noticed(book, tmp_path):
    path = PATHS[1]
    wanted = {path: read(path)}
    page = tmp_path / "notebooks" / f"{path.stem}.html"
    with pytest.raises(CannotPublish, match="lacks the chapter 01_convolution_1d"):
        complete.compare(wanted, tmp_path)
    page.parent.mkdir()
    (tmp_path / "_images").symlink_to(book / "_images")
    text = (book / "notebooks" / page.name).read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    assert complete.compare(wanted, tmp_path)
    for broken in (text.replace("<iframe ", "<div "), re.sub(r'(src="../_images/\w)', r"\1x", text, count=1)):
        page.write_text(broken, encoding="utf-8")
        with pytest.raises(CannotPublish, match="12 pictures, 1 explorer; its chapter: "):
            complete.compare(wanted, tmp_path)


def test_notes_are_left_out_and_the_set_up_is_folded(pages):
    for path in PATHS:
        page = article(pages[f"notebooks/{path.stem}.html"])
        assert any(map(parts.is_notes, read(path).cells)) and "<strong>Notes.</strong>" not in page
        (folded,) = re.findall(r"<details class=\"admonition hide above-input\">.*?</details>", page, re.DOTALL)
        assert "google.colab" in folded
        assert page.count("google.colab") == folded.count("google.colab")


def test_exercises_have_hint_and_solution_folded(pages):
    for path in PATHS:
        page = article(pages[f"notebooks/{path.stem}.html"])
        notebook = chapter_of(path)
        assert re.findall(r'<details class="fold"><summary aria-label="([^"]+)">', page) == [
            f"{kind} for {int(path.stem[:2])}.{number}"
            for number in range(1, len(parts.questions(notebook, path)) + 1)
            for kind in ("Hint", "Solution")
        ]
        assert "not answered yet" not in page and "badge.svg" not in page
        assert f'href="../../slides/{path.stem}.html"' in page and ">Open in Colab</a>" in page


def chapter_of(path):
    notebook = read(path)
    notebook.cells = [cell for cell in notebook.cells if not parts.is_notes(cell)]
    return notebook


def test_an_answer_shows_its_text_as_it_is():
    exercise = Exercise(judge=None, hint="a * b * c, `x_1`, $5 <b>", solution="\nanswer = a * b\n", lesson="It is [1].")
    assert "::::{fold} Hint\n:for: 8.1\na \\* b \\* c, `x_1`, \\$5 \\<b>\n::::" in answer(exercise, "8.1")
    assert "```python\nanswer = a * b\n```\n\nIt is \\[1\\].\n::::" in answer(exercise, "8.1")
    assert plain("`a_b` a_b") == "`a_b` a\\_b"


# Links


def without_explorers(page):
    """Return a page without the pages inside of it."""
    return re.sub(r'srcdoc="[^"]*"', "", page)


@functools.cache
def identifiers(page):
    """Return what links to places in a page may name."""
    return set(re.findall(r' id="([^"]*)"', page))


def broken(name, pages, files):
    """Return the links of a page that lead nowhere; slides stand beside the book."""
    found = []
    for target in set(map(html.unescape, re.findall(r'(?:href|src)="([^"]*)"', pages[name]))):
        if re.match("https?:|mailto:|data:", target):
            found += [] if leads_to_the_repository(target) else [target]
            continue
        file, _, anchor = target.partition("#")
        path = (
            posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(file.split("?")[0]))) if file else name
        )
        if path not in files or (anchor and anchor not in identifiers(pages[path])):
            found.append(target)
    return found


def leads_to_the_repository(target):
    """Return False for a link to a file of the repository that is not there; other sites are not asked."""
    found = re.fullmatch(rf"{re.escape(repository())}/(?:blob|tree)/main/([^#]+)(?:#.*)?", target)
    return not found or (ROOT / found[1]).exists()


@pytest.fixture(scope="module")
def files(book):
    """What links may lead to, as paths in the book."""
    slides = {f"../slides/{name}.html" for name in CHAPTERS}
    return slides | {path.relative_to(book).as_posix() for path in book.rglob("*") if path.is_file()}


def test_every_link_leads_somewhere(pages, files):
    pages = {name: without_explorers(page) for name, page in pages.items()}
    assert {name: found for name in pages if (found := broken(name, pages, files))} == {}


def test_a_link_that_leads_nowhere_is_found(pages, files):
    away = f"{repository()}/blob/main/LICENCE"
    for wrong in ("nowhere.html", "index.html#nowhere", "#nowhere", "../slides/10_more.html", away):
        assert broken("glossary.html", pages | {"glossary.html": f'<a href="{wrong}">'}, files) == [wrong]


def test_links_to_files_are_links_to_pages_or_to_the_repository():
    pages = {"README.md": "index.md", "notebooks/05_lenet.ipynb": "notebooks/05_lenet.ipynb"}
    text = "[a](../README.md#start) `[a](../README.md)` [b](05_lenet.ipynb) [c](../LICENSE) [d](#e) [f](https://g.h)"
    assert links.relink(text, "notebooks/01_convolution_1d.ipynb", pages) == (
        f"[a](/index.md#start) `[a](../README.md)` [b](/notebooks/05_lenet.ipynb) "
        f"[c]({repository()}/blob/main/LICENSE) [d](#e) [f](https://g.h)"
    )
    assert links.target("../utils", "notebooks/x.ipynb", pages) == f"{repository()}/tree/main/utils"
    with pytest.raises(CannotPublish, match=r"README\.md links to LICENCE, which is not there"):
        links.relink("[licence](LICENCE)", "README.md", pages)


def test_nothing_is_loaded_from_elsewhere(pages):
    for name, page in pages.items():
        for tag in re.findall(r"<(?:img|script|iframe|link|source)\b[^>]*>", without_explorers(page)):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag), (name, tag)


# Glossary, library, references


def test_the_glossary_is_large_and_every_term_is_used(pages):
    terms = glossary.terms()
    assert len(terms) >= 60 and len({term.name for term in terms}) == len(terms)
    assert glossary.SOURCE.read_text(encoding="utf-8").count("\n- **") == len(terms)
    page = article(pages["glossary.html"])
    others = sum(len(term.others) for term in terms)
    assert page.count("In chapters ") == len(terms) == page.count("<dt ") - others


@pytest.mark.parametrize("name", CHAPTERS, ids=lambda name: name[:2])
def test_a_chapter_links_the_first_use_of_each_term(name, pages):
    page = article(pages[f"notebooks/{name}.html"])
    linked = re.findall(r'<span class="term" id="(use-[\w-]+)"><a [^>]*href="(\.\./glossary\.html#term-[^"]+)"', page)
    assert len(linked) == len(set(linked)) >= 10
    assert not re.search(r'<h\d>(?:(?!</h\d>).)*class="term"', page, re.DOTALL)
    for element in ("pre", "code", "a", "math"):
        for inside in re.findall(rf"<{element}\b.*?</{element}>", page, re.DOTALL):
            assert 'class="term"' not in inside
    for identifier, _ in linked:
        assert f'href="notebooks/{name}.html#{identifier}"' in pages["glossary.html"]


def test_terms_are_found_in_all_their_forms_and_nowhere_else():
    terms = glossary.terms("- **feature map** (also map; not 03): A map.\n- **bias** (as biases): One.\n- **batch**: x")
    assert terms[0] == ("feature map", ("map",), (), ("03",), "A map.")
    wanted, groups = glossary.pattern(terms)
    text = "Feature\nmaps, feature-map; MAPS, bias biases batches mapping heatmap re-map batch2"
    found = [(match[0], groups[match.lastgroup]) for match in wanted.finditer(text)]
    assert found == [
        *(("Feature\nmaps", "feature map"), ("feature-map", "feature map"), ("MAPS", "feature map")),
        *(("bias", "bias"), ("biases", "bias"), ("batches", "batch")),
    ]


def test_the_library_lists_all_that_is_public_and_who_introduces_it(pages):
    index = article(pages["library/index.html"])
    for module, tree in library.modules().items():
        page = pages.get(f"library/{'.'.join(module.split('.')[:2])}.html", "")
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                text = ast.get_docstring(node) or ""
                assert f'id="{module}.{node.name}"' in page, node.name
                assert f"#{module}.{node.name}" in index
                claim = re.search(r"ntroduced in notebook\s+(\d\d)", text)
                entry = re.search(rf'id="{module}.{node.name}">.*?(?=<dl class="py|\Z)', page, re.DOTALL)[0]
                (chapter,) = re.findall(r"<em>Introduced in</em>.*?>(\d\d)<", entry)[:1] or [None]
                assert claim is None or claim[1] == chapter, node.name
    assert "utils.exercises.lenet" not in pages["library/utils.exercises.html"]


def test_signatures_are_those_of_the_source():
    tree = ast.parse('def f(a, *, b=1):\n    """Do it."""\n\nclass C:\n    """It."""\n    def __init__(self, c): ...')
    assert [(item.name, item.signature) for item in library.entries("m", tree)] == [("f", "(a, *, b=1)"), ("C", "(c)")]


def test_every_work_that_is_cited_has_its_line(pages):
    page = article(pages["references.html"])
    for path in PATHS:
        items = references.cited(markdown_cells(read(path)))
        assert len(items) >= 4
        for item in items:
            for _, identifier in references.IDENTIFIER.findall(item):
                assert identifier in page
    dois = re.findall(r'href="https://doi\.org/([^"]+)"', page)
    assert len(dois) == len(set(dois)) >= 30
    assert len(re.findall("Cited in", page)) == page.count("<li>")


def test_two_lines_about_one_work_are_one():
    lenet = "LeCun et al. (1998), *Gradient-based learning*, [doi](https://doi.org/10.1109/5.726791)"
    resnet = "He (2015), *Residual learning*, [arXiv](https://arxiv.org/abs/1512.03385), and Lin (2013), *Network*"
    cells = [nbformat.v4.new_markdown_cell(f"## References\n\n- {lenet}: digits.\n- {resnet}\n\nNext: x")]
    cited = references.cited(cells)
    assert cited[0] == f"{lenet}: digits." and len(cited) == 3
    found = references.works({"05": cited, "06": ["LeCun, *Gradient* [doi](https://doi.org/10.1109/5.726791)"]})
    assert list(found) == ["10.1109/5.726791", "10.1109/CVPR.2016.90", "network"]
    assert found["10.1109/5.726791"] == (lenet, ("05", "06"))
    for said in ("A (2010), *B*, chapters 4.3 (x) and 9. MIT", "A (2010), *B*; topics 'C'.", "A (2010), *B*, figure 4"):
        assert references.without_remarks(said).removesuffix(". MIT") == "A (2010), *B*"
    assert references.year("*Perception 2001*, 10.1234/2010.5, 1998 (1997)") == 2001


def test_authors_are_named_in_one_style():
    line = "K. He, X. Y. Zhang, Q. V. Le: *Delving: deep*, ICCV 2015. [arXiv](https://arxiv.org/abs/1502.01852)"
    assert references.in_one_style(line) == (
        "He, Zhang & Le (2015), *Delving: deep*, ICCV, [arXiv](https://arxiv.org/abs/1502.01852)"
    )
    assert references.in_one_style("D. Ba and others: *It?*, IJCV 1, 2015. x") == "Ba et al. (2015), *It?*, IJCV 1, x"
    assert references.in_one_style("Lin (2013), *Network*") == "Lin (2013), *Network*"


def test_a_doi_of_a_reprint_is_called_one():
    reprint, own = "10.1145/3065386", "10.1109/5.726791"
    written = f"A (2012), *B*, [doi:{reprint}](https://doi.org/{reprint})"
    for text in ("A (2012), *B*", written):
        assert references.with_doi(text, reprint) == written.replace("[doi", "reprinted as [doi") + "."
    assert "reprinted" not in references.with_doi("A (1998), *B*", own)


# Building


def test_two_builds_give_the_same_bytes(tmp_path, monkeypatch):
    some = {"utils.sums": library.modules()["utils.sums"]}
    monkeypatch.setattr(library, "modules", lambda: some)
    path = small(tmp_path, "# New\n\nA feature map: $x^2$", "## More\n\nAnother feature map")
    for folder in ("one", "two"):
        command.build([path], tmp_path / folder)
    one, two = ({file.relative_to(tmp_path / folder): file.read_bytes() for file in (tmp_path / folder).rglob("*")
                 if file.is_file()} for folder in ("one", "two"))  # fmt: skip
    assert one == two and Path("notebooks/07_new.html") in one
    page = one[Path("notebooks/07_new.html")].decode()
    assert page.count('class="term"') == 1 and "<msup>" in page
    assert str(tmp_path) not in page


@pytest.mark.parametrize(
    "text, named",
    [("# New\n\n{ref}`nowhere`", "index.md:3: .*nowhere"), ("# New\n\n### Too deep", "index.md:3: .*Non-consecutive")],
)
def test_a_warning_of_sphinx_is_a_fault(tmp_path, text, named):
    (tmp_path / "source" / "static").mkdir(parents=True)
    (tmp_path / "source" / "index.md").write_text(text, encoding="utf-8")
    with pytest.raises(CannotPublish, match=f"the book has faults: {named}"):
        command.make(tmp_path)


def test_bad_input_ends_with_one_line_and_leaves_the_old_book(tmp_path, capsys):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "index.html").write_text("old")
    (tmp_path / "file").write_text("not a folder")
    never_run = str(small(tmp_path, "# New", nbformat.v4.new_code_cell("1")))
    unlinked = str(small(tmp_path, "# New\n\n[x](gone.md)", name="08_new.ipynb"))
    for notebook, folder, named in (
        (never_run, "book", "run python -m course run 07"),
        (unlinked, "book", "correct the link"),
        (unlinked, "file/book", "--output names another"),
    ):
        assert front_door(["book", notebook, "--output", str(tmp_path / folder)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert named in line
    with pytest.raises(CannotPublish, match="there is no notebook"):
        command.build([], tmp_path / "book")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["07_new.ipynb", "08_new.ipynb", "book", "file"]
    assert (tmp_path / "book" / "index.html").read_text() == "old"


def test_the_font_has_the_characters_of_the_formulas_and_a_table_for_browsers():
    from io import BytesIO

    from fontTools.ttLib import TTFont

    characters = font.characters(["<p>é<math><mo>&#x2211;</mo><mi>x</mi><annotation>\\q</annotation></math>"])
    assert characters == {"∑", "x"}
    file = font.math_font(characters)
    assert len(file) < 60_000
    with TTFont(BytesIO(file)) as made:
        assert "MATH" in made and {0x2211, ord("x"), 0x1D465} <= set(made.getBestCmap())


ROOTS = """() => document.fonts.load("20px Formulas", "√").then(() =>
  [...document.querySelectorAll("msqrt, mroot")].map(root =>
  root.getBoundingClientRect().width - root.firstElementChild.getBoundingClientRect().width))"""
ROOT_SIGN = "<math><msqrt><mrow><mi>x</mi><mo>+</mo><mi>y</mi></mrow></msqrt></math>"


@pytest.mark.parametrize("drawn, signs", [(font.DRAWN, True), ("", False)])
def test_roots_have_their_sign(drawn, signs, book, pages, browser, monkeypatch):
    from base64 import b64encode

    monkeypatch.setattr(font, "DRAWN", drawn)
    made = b64encode(font.math_font(font.characters([ROOT_SIGN]))).decode()
    window = browser.new_page()
    window.set_content(
        f"<style>@font-face {{ font-family: Formulas; src: url(data:font/woff;base64,{made}) }}"
        f"math {{ font-family: Formulas }}</style>{ROOT_SIGN}"
    )
    assert [width > 3 for width in window.evaluate(ROOTS)] == [signs]
    window.close()


def test_all_roots_of_the_book_have_their_sign(pages, book, browser):
    window = browser.new_page()
    found = [name for name, page in pages.items() if re.search("<msqrt|<mroot", page)]
    assert found
    for name in found:
        window.goto((book / name).as_uri())
        assert min(window.evaluate(ROOTS)) > 3, name
    window.close()


# In a browser

LOOKED_AT = ["index.html", "notebooks/04_pooling_and_properties.html", "glossary.html"]


@pytest.fixture(scope="module")
def context(browser):
    """A browser's window that asks no server for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    assert asked and [url for url in asked if not url.startswith(("file:", "data:", "about:", "blob:"))] == []


@pytest.fixture
def window(context):
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    page.close()
    assert errors == []


def test_the_search_finds_words_and_opens_the_chapter(book, window):
    window.goto((book / "index.html").as_uri())
    window.keyboard.press("Control+k")
    window.keyboard.type("receptive field")
    window.keyboard.press("Enter")
    window.locator("ul.search a", has_text="04 Pooling").first.click()
    window.wait_for_url("**/04_pooling_and_properties.html*")
    assert window.locator("article h1").inner_text().startswith("04 Pooling")


def test_the_search_lists_glossary_and_chapters_before_the_library(book, window):
    window.goto((book / "search.html").as_uri() + "?q=receptive+field")
    window.locator("ul.search a", has_text="Changes").wait_for()
    found = [re.split("[/?#]", link)[0] for link in window.evaluate(LINKS)]
    order = [found.index(part) for part in ("glossary.html", "notebooks", "library")]
    assert order == sorted(order) and order[0] == 0


@pytest.mark.parametrize(
    "query, first",
    [
        ("receptive field", "Glossary: receptive field"),
        ("Batch Normalization", "Glossary: batch normalisation"),
        ("skip connections", "Glossary: shortcut"),
        ("1x1 convolution", "Glossary: 1 × 1 convolution"),
        ("conv2d", "utils.convolution.conv2d"),
    ],
)
def test_what_is_called_so_is_found_first_and_once(query, first, book, window):
    window.goto((book / "search.html").as_uri() + f"?q={query.replace(' ', '+')}")
    window.locator("ul.search a", has_text=re.compile(r"^\d\d ")).first.wait_for()
    found = window.locator("ul.search a").all_inner_texts()
    assert found[0] == first and found.count(first) == 1 and "Glossary" not in found


def test_chapters_that_use_a_term_open_there(book, pages, window):
    window.goto((book / "search.html").as_uri() + "?q=receptive+field")
    window.locator("ul.search a", has_text="Changes").wait_for()
    found = [link for link in window.evaluate(LINKS) if link.startswith("notebooks/")]
    using = {name for name, page in pages.items() if 'id="use-receptive-field"' in page}
    assert {link.split("#")[0] for link in found if link.endswith("#use-receptive-field")} >= using - {"glossary.html"}
    assert using


LINKS = "[...document.querySelectorAll('ul.search a')].map(link => link.getAttribute('href'))"


@pytest.mark.parametrize("system", ["light", "dark"])
def test_figures_and_explorers_follow_the_theme_that_the_reader_chooses(book, browser, system):
    window = browser.new_page(color_scheme=system, reduced_motion="reduce")
    window.goto((book / "notebooks/04_pooling_and_properties.html").as_uri())
    window.locator("iframe").scroll_into_view_if_needed()
    wait_for_grounds(window, system)
    for theme in ("Dark", "Light"):
        window.get_by_role("button", name="Color mode").click()
        window.locator(".theme-switch-container .dropdown-item", has_text=theme).click()
        wait_for_grounds(window, theme.lower())
        assert not window.locator(".theme-switch-container .dropdown-menu").is_visible()
    window.close()


def wait_for_grounds(window, theme):
    """Wait until page and explorer have the theme; figures stand on white in both."""
    ground = "getComputedStyle(document.querySelector('{}')).backgroundColor === '{}'"
    dark = theme == "dark"
    window.wait_for_function(ground.format("body", "rgb(18, 18, 18)" if dark else "rgb(255, 255, 255)"), timeout=5000)
    window.wait_for_function(ground.format(".cell_output img:not([style])", "rgb(255, 255, 255)"), timeout=5000)
    frame = window.locator("iframe").element_handle().content_frame()
    frame.wait_for_function(ground.format("html", "rgb(20, 24, 30)" if dark else "rgb(255, 255, 255)"), timeout=5000)


@pytest.mark.parametrize("name", [*LOOKED_AT, "library/utils.models.html"])
def test_on_a_phone_nothing_is_wider_than_the_screen(name, book, window):
    window.set_viewport_size({"width": 390, "height": 844})
    window.goto((book / name).as_uri())
    assert window.evaluate("document.documentElement.scrollWidth") == 390
    window.evaluate("document.querySelector('article p').style.width = '500px'")
    assert window.evaluate("document.documentElement.scrollWidth") > 390


def test_a_keyboard_opens_a_hint_and_an_explorer_is_alive(book, window):
    window.goto((book / "notebooks/04_pooling_and_properties.html").as_uri())
    hint = window.locator("details.fold").first
    assert not hint.locator("p").is_visible()
    hint.locator("summary").focus()
    window.keyboard.press("Enter")
    assert hint.locator("p").is_visible()
    window.locator("iframe").scroll_into_view_if_needed()
    frame = window.locator("iframe").element_handle().content_frame()
    frame.wait_for_load_state()
    before = frame.evaluate("place.join()")
    frame.locator("[tabindex='0'], canvas").first.focus()
    window.keyboard.press("ArrowRight")
    assert frame.evaluate("place.join()") != before


READ = [("index", "light"), ("index", "dark"), ("notebooks/00_cnn_at_a_glance", "light"), ("references", "dark")]


@pytest.mark.parametrize("name, theme", READ)
def test_nothing_keeps_people_from_reading(name, theme, book, window):
    from axe_playwright_python.sync_playwright import Axe

    window.emulate_media(color_scheme=theme)
    window.goto((book / f"{name}.html").as_uri())
    window.wait_for_function("document.getAnimations().every(each => each.playState !== 'running')")  # fading colours
    found = Axe().run(window, options={"resultTypes": ["violations"], "iframes": False})  # explorers have their own
    assert serious(found) == []


def serious(results):
    """Return what axe-core found to be serious, with the first place of each."""
    found = [rule for rule in results.response["violations"] if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]


def test_what_keeps_people_from_reading_is_found(window):
    from axe_playwright_python.sync_playwright import Axe

    window.set_content('<html lang="en"><title>x</title><img src="data:,"><p style="color: #ccc">pale</p>')
    assert {name for name, _ in serious(Axe().run(window))} == {"image-alt", "color-contrast"}


def test_what_is_heard_says_what_is_seen(book, window):
    window.goto((book / "notebooks/04_pooling_and_properties.html").as_uri())
    assert window.locator("details.hide > summary").get_attribute("aria-label") is None
    window.locator("#pst-skip-link a").focus()
    window.keyboard.press("Enter")
    assert window.evaluate("document.activeElement.localName") == "article"
    window.locator("iframe").scroll_into_view_if_needed()
    still = window.locator("img:has(+ iframe)")
    window.wait_for_function("document.querySelector('img:has(+ iframe)').ariaHidden === 'true'", timeout=5000)
    assert still.count() == 1
    assert window.locator("table.dataframe th:not([scope])").count() == 0 < window.locator("th[scope=row]").count()
    window.goto((book / "glossary.html").as_uri())
    assert window.get_by_role("link", name="stride in chapter 03").inner_text() == "03"


def test_a_keyboard_stops_only_where_something_moves(book, window):
    window.goto((book / "notebooks/08_resnet.html").as_uri())
    window.wait_for_function(
        "document.querySelector('article pre[tabindex]')", timeout=5000
    )  # the theme does so, later
    still = (
        "[...document.querySelectorAll('article [tabindex=\"0\"]')].filter(one => one.scrollWidth <= one.clientWidth)"
    )
    assert window.evaluate(f"{still}.length") == 0
    window.evaluate("document.querySelector('.formula').style.width = '20px'; dispatchEvent(new Event('resize'))")
    assert window.locator(".formula[tabindex='0']").count() >= 1


def test_a_picture_opens_in_full_size(book, pages, window):
    window.goto((book / "notebooks/04_pooling_and_properties.html").as_uri())
    window.locator("a.full-size").first.click()
    window.wait_for_url("**/_images/*.png")
    assert article(pages["notebooks/04_pooling_and_properties.html"]).count('class="full-size"') == len(
        re.findall("<img [^>]*_images", article(pages["notebooks/04_pooling_and_properties.html"]))
    )


def test_headers_of_tables_are_told_apart():
    start = '<table class="dataframe"><thead>'
    made = finish.table(f"{start}<th></th><th>a</th></thead><th>0</th><td>1</td></table>")
    assert made == f'{start}<td></td><th scope="col">a</th></thead><th scope="row">0</th><td>1</td></table>'
    assert finish.table("<table><th>other</th></table>") == "<table><th>other</th></table>"


def test_a_page_is_mended_outside_of_explorers():
    page = "<title>X &#8212; X</title><iframe srcdoc=\"<img src='_images/x'><title>X &#8212; X</title>\">"
    assert finish.page(page) == page.replace("<title>X &#8212; X</title><iframe", "<title>X</title><iframe")


def test_without_scripts_text_formulas_and_pictures_are_there(book, browser):
    context = browser.new_context(java_script_enabled=False)
    window = context.new_page()
    window.goto((book / "notebooks/04_pooling_and_properties.html").as_uri())
    assert window.get_by_text("Pooling replaces each window").first.is_visible()
    assert window.locator("math").first.is_visible() and window.locator(".cell_output img").first.is_visible()
    explorer = window.locator(".cell_output:has(iframe)")
    assert explorer.locator("img").is_visible() and not explorer.locator("iframe").is_visible()
    context.close()
