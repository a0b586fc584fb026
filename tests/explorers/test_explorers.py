"""What all explorers have in common: they are safe, small, usable by everybody, and the same on every surface."""

import base64
import functools
import io
import re

import numpy as np
import pytest
from PIL import Image

from course.pictures import difference
from records.explorers import CHANGES, EXPLORERS
from tests.helpers import refuses
from utils import explorers, plots
from utils.explorers.explorer import PAGES, Explorer, packed

everywhere = pytest.mark.parametrize("name", EXPLORERS)


@functools.cache
def made(name):
    """The explorer of this name as the notebooks show it."""
    return EXPLORERS[name]()


def test_every_explorer_and_every_page_is_tried():
    functions = set(explorers.__all__) - {"Explorer"}
    assert functions == set(EXPLORERS) == set(CHANGES) == {page.stem for page in PAGES.glob("*.html")}


@everywhere
def test_a_sandboxed_frame_lies_in_front_of_a_described_picture(name):
    shown = made(name)._repr_html_()
    (sandbox,) = re.findall(r'<iframe [^>]*sandbox="([^"]*)"', shown)
    assert sandbox == "allow-scripts"
    alt, png = re.search(r'<img alt="([^"]+)"[^>]* src="data:image/png;base64,([^"]+)"', shown).groups()
    assert len(alt) >= 20 and Image.open(io.BytesIO(base64.b64decode(png))).size[0] >= 300
    (title,) = re.findall(r'<iframe title="([^"]+)"', shown)
    assert len(title) >= 40
    assert "<script" not in shown and shown.count("<iframe") == 1  # outside of the frame there is nothing that runs


@everywhere
def test_a_page_is_small_without_its_data(name):
    page = re.sub(r'(?<=<script id="data" type="application/json">).*?(?=</script>)', "", made(name).page)
    assert len(page.encode()) < 60_000
    assert "src=" not in page.replace("srcdoc", "") and "http:" not in page and "https:" not in page


@everywhere
def test_the_file_of_a_page_works_when_a_browser_opens_it(name, browser):
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((PAGES / f"{name}.html").as_uri())
    assert not errors and page.evaluate("document.body.innerText.length") > 50


@everywhere
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(name, scheme, show):
    from axe_playwright_python.sync_playwright import Axe

    frame = show(made(name), color_scheme=scheme)
    found = Axe().run(frame).response["violations"]
    serious = [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found if serious_one(rule)]
    assert not serious


def serious_one(rule):
    return rule["impact"] in ("serious", "critical")


SMALL_TEXT = """() => [...document.querySelectorAll("body *:not(.only-heard, script, option)")]
    .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .filter(e => parseFloat(getComputedStyle(e).fontSize) < 15.9).map(e => e.outerHTML.slice(0, 100))"""


@everywhere
def test_it_fits_a_phone_and_a_lecture_hall(name, show):
    explorer = made(name)
    for width, height in ((390, 844), (640, 720), (776, 720), (1000, 720), (1280, 720)):
        frame = show(explorer, width, height, picture=width == 1280)
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        content, room = frame.evaluate("[document.documentElement.getBoundingClientRect().height, innerHeight]")
        assert content <= room + 1, width
    assert room <= 720
    assert frame.evaluate(SMALL_TEXT) == []


@everywhere
@pytest.mark.parametrize("width", [390, 900])
def test_a_scroll_bar_beside_a_page_does_not_make_it_taller(name, width, show):
    frame = show(made(name), width)  # Firefox lays pages out with one, and then leaves it there if it is needed
    frame.evaluate("document.body.style.marginRight = `${17 / document.documentElement.style.zoom}px`")
    assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")


@pytest.mark.parametrize("width", [390, 800, 1100, 1280])
def test_a_press_is_where_it_is_seen_however_small_the_page_is_drawn(width, show):
    frame = show(small(), width)
    frame.evaluate("addEventListener('click', event => { window.found = placeOf(event, byId('sum')); })")
    frame.locator("#sum").scroll_into_view_if_needed()
    box = frame.locator("#sum").bounding_box()
    frame.page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    size = frame.evaluate("[byId('sum').clientWidth / 4, byId('sum').clientHeight / 2]")
    np.testing.assert_allclose(frame.evaluate("found"), size, atol=2)


@everywhere
def test_a_page_that_opens_out_of_sight_looks_the_same_when_it_comes_into_sight(name, show):
    explorer = made(name)
    page = show(explorer, 1000).page
    page.wait_for_timeout(100)
    expected = page.screenshot()
    page.set_content(f'<!doctype html><body><div style="display:none">{explorer._repr_html_()}</div>')
    page.frames[1].wait_for_load_state()
    assert page.frames[1].evaluate("innerWidth") == 0
    page.evaluate("document.querySelector('div').style.display = ''")
    page.wait_for_timeout(300)
    found = page.screenshot()
    assert difference(expected, found) < 0.1


def test_a_frame_that_began_without_a_width_gets_its_size_without_a_resize_event(show):
    frame = show(small(), 1000)  # browsers may give a sandboxed frame its width later, and say nothing
    frame.evaluate("document.documentElement.style.zoom = 1")  # as if fit() had found no width
    frame.wait_for_function("Math.abs(document.documentElement.style.zoom - innerWidth / 1264) < 1e-3", timeout=3000)


# What a finger drags in each page: a swipe that begins there does not scroll.
DRAGGED = {
    "equivariance": ["digit"],
    "filter_laboratory": ["before", "after"],
    "lenet5": ["pad", "input"],
    "receptive_fields": ["map"],
    "sliding_filter": ["image"],  # the pixels in the window: a cell and a field each
    "smoothing": ["bars"],
}
NO_SCROLLING = """[...document.querySelectorAll("body *")].filter(e => getComputedStyle(e).touchAction === "none")"""
LOOKS = """JSON.stringify([...document.querySelectorAll("canvas")].map(e => e.toDataURL())) + document.body.innerHTML"""


@everywhere
def test_what_does_not_scroll_is_dragged(name, show):
    frame = show(made(name), 390, 844)
    owners = frame.evaluate(f"[...new Set({NO_SCROLLING}.map(e => e.id || e.closest('table').id))]")
    assert owners == DRAGGED.get(name, [])
    for i in range(frame.evaluate(f"{NO_SCROLLING}.length")):
        box = frame.evaluate_handle(f"{NO_SCROLLING}[{i}]").as_element()
        box.scroll_into_view_if_needed()
        at, mouse, looks = box.bounding_box(), frame.page.mouse, [frame.evaluate(LOOKS)]
        mouse.move(at["x"] + 0.5 * at["width"], at["y"] + 0.7 * at["height"])
        mouse.down()
        looks.append(frame.evaluate(LOOKS))
        right = -1 if frame.evaluate("typeof column === 'number' && column > 1") else 1
        mouse.move(at["x"] + 0.5 * at["width"] + 50 * right, at["y"] + 0.2 * at["height"], steps=3)
        mouse.up()
        assert len({*looks, frame.evaluate(LOOKS)}) > 1


@everywhere
def test_every_control_has_a_name_and_is_reached_by_tab(name, show):
    frame = show(made(name))
    controls = "document.querySelectorAll('button, input, select, textarea, canvas[tabindex]')"
    assert frame.evaluate(f"[...{controls}].length") > 0
    labelled = "e.labels?.length || e.hasAttribute('aria-label') || e.hasAttribute('aria-labelledby')"
    assert frame.evaluate(f"[...{controls}].filter(e => !({labelled} || e.textContent.trim())).map(e => e.id)") == []
    reached = set()
    frame.evaluate(f"[...{controls}].forEach((e, i) => e.dataset.control = i)")
    for _ in range(80):
        frame.page.keyboard.press("Tab")
        reached.add(frame.evaluate("document.activeElement.dataset.control ?? null"))
    wanted = frame.evaluate(f"""[...{controls}].filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 &&
        !(e.type === "radio" && !e.checked)).map(e => e.dataset.control)""")
    assert set(wanted) <= reached


@everywhere
def test_a_change_is_said_politely(name, show):
    frame = show(made(name))
    assert frame.evaluate("document.querySelector('#said').getAttribute('aria-live')") == "polite"
    before = frame.evaluate("byId('said').textContent")
    frame.evaluate(f"() => {{ const change = {CHANGES[name]}; for (let i = 0; i < 3; i++) change(i); }}")
    frame.wait_for_function(
        "before => byId('said').textContent.length > 10 && byId('said').textContent !== before", arg=before
    )


BREAKING = ["</script><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "<!--", "\u2028"]
LECTURE = {"image": [[1, 2], [3, 4]], "kernel": [[1]], "place": [0, 0]}


def small(description="a small one", name="a", **more):
    return Explorer("sliding_filter", LECTURE | more, plots.grids({name: np.eye(2)}), description, 400, 400)


@pytest.mark.parametrize("text", BREAKING)
def test_names_cannot_break_out(text, show):
    assert show(small(3 * text, text, word=text)).evaluate("data.word") == text


@pytest.mark.parametrize("value", [np.nan, np.inf, np.eye(2), object(), {1, 2}])
def test_data_that_json_does_not_know_are_refused(value):
    refuses(lambda: small(x=value), "finite numbers")


def test_a_page_that_no_notebook_could_hold_is_refused():
    refuses(lambda: small(x="y" * 10**6), "less data")


@pytest.mark.parametrize("kind", ["uint8", "float16"])
def test_arrays_arrive_as_they_are(kind, show):
    values = np.arange(256) if kind == "uint8" else np.r_[np.linspace(-3, 3, 99), 2.0**-24, -(2.0**-15), 65504, 0]
    assert show(small(a=packed(values, kind))).evaluate("[...unpack(data.a)]") == values.astype(kind).tolist()


TOO_MUCH = [([256], "uint8"), ([-1], "uint8"), ([0.5], "uint8"), ([7e4], "float16"), ([np.nan], "float16")]


@pytest.mark.parametrize("array, kind", TOO_MUCH)
def test_numbers_that_a_type_does_not_hold_are_refused(array, kind):
    refuses(lambda: packed(array, kind), f"fit into {kind}")
