"""Keys of the slides: Space, the overview, explorers that keep the keyboard, and the view for the speaker."""

import pytest

from tests.publishing.test_slides import PLACE, PRESENT, go, open_explorer, text


def test_space_shows_every_slide_in_order_after_a_jump_back(small):
    sections = [text(f"## S{n}", f"a{n}", f"**Predict:** {n}?") for n in range(3)]
    opened = small(
        (text("# Title"), "slide"),
        *((cell, kind) for n in range(3) for cell, kind in ((sections[n], "slide"), (text(f"b{n}"), "fragment"))),
    )
    forward = walk(opened, 7)
    assert len(set(forward)) == 7
    for key, number in (("2", 1), ("4", 3)):
        for pressed in ("g", key, "Enter"):
            opened.keyboard.press(pressed)
        opened.wait_for_function(f"document.querySelector('{PRESENT}').dataset.number === '{key}/7'")
        assert walk(opened, 7 - number) == forward[number:]


def walk(opened, count):
    """Press Space from slide to slide, and return the numbers of the slides that came."""
    seen = []
    for _ in range(count):
        seen.append(opened.locator(PRESENT).get_attribute("data-number"))
        opened.keyboard.press("Space")
    return seen


def test_enter_opens_the_slide_that_was_chosen_in_the_overview(built, show):
    opened = show(built / "00_cnn_at_a_glance.html")
    for key in ("Escape", "ArrowRight", "ArrowRight"):
        opened.keyboard.press(key)
    opened.wait_for_function("Reveal.isOverview() && Reveal.getIndices().h > 0")
    chosen = opened.evaluate(PLACE)
    opened.keyboard.press("Enter")
    assert not opened.evaluate("Reveal.isOverview()") and opened.evaluate(PLACE) == chosen


@pytest.fixture
def explorer(built, show):
    """Slides at the first explorer of notebook 02, and the explorer's frame."""
    opened = show(built / "02_images_and_filters_2d.html")
    frame = open_explorer(opened, 0)
    return opened, frame


def test_an_explorer_lives_in_a_slide_and_fills_its_frame(explorer):
    opened, frame = explorer
    box = opened.locator(f"{PRESENT} .explorer").bounding_box()
    assert box["width"] > 1000 and box["y"] + box["height"] < 720
    height, wanted = frame.evaluate("[innerHeight, document.documentElement.scrollHeight]")
    assert wanted <= height + 1
    before = frame.locator("body").inner_text()
    frame.locator("input:not([type=radio])").first.fill("7")
    assert frame.locator("body").inner_text() != before


def test_an_explorer_keeps_the_keyboard_and_gives_it_back(explorer):
    opened, frame = explorer
    place = opened.evaluate(PLACE)
    frame.locator("input").first.focus()
    for key in ("ArrowRight", "ArrowDown", "s", "Home"):
        opened.keyboard.press(key)
    assert opened.evaluate(PLACE) == place and len(opened.context.pages) == 1
    opened.keyboard.press("Escape")
    opened.wait_for_function("document.activeElement === document.body")
    opened.keyboard.press("ArrowRight")
    opened.wait_for_function(f"({PLACE})() !== '{place}'")


def test_the_keys_of_a_presenter_work_inside_an_explorer(explorer):
    opened, frame = explorer
    for key in ("PageDown", "PageUp", "PageUp"):
        place = opened.evaluate(PLACE)
        frame.locator("input").first.focus()
        opened.keyboard.press(key)
        opened.wait_for_function(f"({PLACE})() !== '{place}'")
        assert opened.evaluate("document.activeElement === document.body")


def test_the_view_for_the_speaker_opens_without_a_network(built, show):
    opened = show(built / "00_cnn_at_a_glance.html")
    column = go(
        opened, "[...document.querySelectorAll('section.page')].find(one => /Exercise 0.1/.test(one.textContent))"
    )
    with opened.context.expect_page() as waiting:
        opened.keyboard.press("s")
    notes = waiting.value
    notes.wait_for_function(
        "/Hint.*Solution.*Usual mistakes/s.test(document.querySelector('.speaker-controls-notes .value')?.innerText)"
    )
    frames = [frame for frame in notes.frames if frame.url.startswith("file:")]
    assert len(frames) == 2 and f"#/{column}" in frames[0].url
    for frame in frames:
        frame.wait_for_function("window.Reveal && Reveal.isReady()")
