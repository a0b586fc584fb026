"""The page's estimates and errors are those of utils.convolution and of notebook 01, whatever weights somebody has."""

import numpy as np
import pytest

from tests.helpers import refuses
from utils import explorers, kernels
from utils.convolution import convolve1d

SHAPES = {
    "box": kernels.box,
    "triangular": kernels.triangular,
    "exponential": kernels.exponential,
    "gaussian": kernels.gaussian,
}
# Moves the controls as somebody does, and returns what is shown.
CHOOSE = """([shape, length]) => {
    byId(shape).click();
    byId("length").value = length;
    byId("length").oninput();
    return shown();
}"""
SHOWN = """() => {
    const number = name => Number(byId(name).textContent.replace("\u2212", "-").split(" ")[0]);
    window.shown = () => ({ weights, estimate: [...estimate], errors: ["error", "lag", "left"].map(number),
        age: number("age"), through: number("through"), sound: heard(weights),
        bars: document.querySelectorAll("#bars .bar").length });
}"""

t = np.arange(600)
position = 50 * np.sin(2 * np.pi * t / 400) + 20 * np.sin(2 * np.pi * t / 160)
x = position + np.random.default_rng(seed=1).normal(0, 10, size=600)
flights_noise = np.random.default_rng(seed=2).normal(0, 10, size=(50, 600))


def rms(error):
    return np.sqrt(np.mean(np.square(error)))


def errors(kernel):
    """As notebook 01 has it: the rms of error, lag and noise left, from t = 29 on."""
    start = 30 - len(kernel)
    lag = convolve1d(position, kernel)[start:] - position[29:]
    left = np.array([convolve1d(e, kernel)[start:] for e in flights_noise])
    return rms(lag + left), rms(lag), rms(left)


def opened(show, *arguments, **more):
    frame = show(explorers.smoothing(*arguments, **more))
    frame.evaluate(SHOWN)
    return frame


def test_estimates_and_errors_are_those_of_the_library(show):
    frame = opened(show)
    for shape, kernel in SHAPES.items():
        for length in (1, 2, 7, 10, 29, 30):
            shown, w = frame.evaluate(CHOOSE, [shape, length]), kernel(length)
            np.testing.assert_allclose(shown["weights"], w, atol=1e-12)
            np.testing.assert_allclose(shown["estimate"], convolve1d(x, w), atol=1e-9)
            np.testing.assert_allclose(shown["errors"], errors(w), atol=0.0051)
            np.testing.assert_allclose(shown["age"], w @ np.arange(length), atol=0.0051)
            np.testing.assert_allclose(shown["through"], np.sqrt(np.sum(w**2)), atol=0.0051)
            assert shown["bars"] == length


@pytest.mark.parametrize("seed", range(4))
def test_weights_of_ones_own(seed, show):
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 5, size=120).cumsum()
    readings, w = truth + rng.normal(0, 3, size=120), rng.normal(0, 1, size=rng.integers(1, 31))
    shown = opened(show, readings, truth, w, unit="m", step="min").evaluate("shown()")
    s, start = convolve1d(readings, w), 30 - len(w)
    lag, left = (convolve1d(truth, w) - truth[len(w) - 1 :])[start:], convolve1d(readings - truth, w)[start:]
    np.testing.assert_allclose(shown["estimate"], s, atol=1e-9)
    np.testing.assert_allclose(shown["errors"], [rms(lag + left), rms(lag), rms(left)], atol=0.01)


def test_the_tone_is_that_of_notebook_01(show):
    seconds = np.arange(8000) / 8000
    tone, hiss = np.sin(2 * np.pi * 440 * seconds), np.random.default_rng(seed=3).normal(0, 1, size=8000)
    frame = opened(show)
    for shape, length in (("box", 9), ("gaussian", 30), ("exponential", 1)):
        found, w = frame.evaluate(CHOOSE, [shape, length])["sound"], SHAPES[shape](length)
        signal, rest = (np.mean(convolve1d(part, w) ** 2) for part in (tone, hiss))
        np.testing.assert_allclose([found["signal"], found["rest"]], [signal, rest], rtol=1e-3)
        np.testing.assert_allclose(found["decibels"], 10 * np.log10(signal / rest), atol=0.01)
    assert frame.inner_text("#heard") == "440 Hz in hiss: press and compare."  # no numbers before anything is heard
    frame.locator("#play-filtered").click()
    frame.evaluate(CHOOSE, ["box", 9])
    assert frame.inner_text("#heard") == "tone over hiss: 2.6 dB (before: \u22123 dB)"


def test_it_is_silent_until_a_button_is_pressed_and_says_where_there_is_no_sound(show):
    frame = opened(show)
    assert frame.evaluate("speaker === undefined && playing === undefined")
    frame.evaluate("window.AudioContext = undefined")
    frame.locator("#play-all").click()
    assert frame.inner_text("#heard").startswith("tone over hiss: \u22123 dB (unfiltered) (no sound here")


def test_a_press_plays_what_the_weights_leave_of_the_tone(show):
    frame = opened(show)
    frame.evaluate("""() => { window.AudioContext = class {
        state = "running"; destination = "speakers";
        async resume() {}
        createBuffer(channels, length, rate) { return { rate, copyToChannel(samples) { this.samples = samples; } }; }
        createBufferSource() { return { connect() {}, start() { this.on = true; }, stop() { this.on = false; } }; }
    }; }""")
    for button, length in (("#play-all", 8000), ("#play-filtered", 7994)):
        frame.locator(button).click()
        frame.wait_for_function("n => playing?.on && playing.buffer.samples.length === n", arg=length)
    played = np.array(frame.evaluate("[...playing.buffer.samples]"))
    seconds = np.arange(8000) / 8000
    recording = np.sin(2 * np.pi * 440 * seconds) + np.random.default_rng(seed=3).normal(0, 1, size=8000)
    expected = convolve1d(recording, kernels.triangular(7))
    np.testing.assert_allclose(played, 0.5 * expected / np.abs(expected).max(), atol=1e-3)
    assert frame.evaluate("playing.buffer.rate") == 8000 and "no sound" not in frame.inner_text("#heard")


def test_a_weight_is_dragged_and_the_others_make_room(show):
    frame = opened(show)
    box = frame.locator("#bars").bounding_box()
    place = lambda age: box["x"] + (age + 0.5) / 7 * box["width"]  # noqa: E731
    frame.page.mouse.move(place(2), box["y"] + 200)
    frame.page.mouse.down()
    frame.page.mouse.move(place(5), box["y"] + 40)  # it stays the weight that was taken hold of
    frame.page.mouse.up()
    w, before = np.array(frame.evaluate("weights")), kernels.triangular(7)
    assert w[2] > 0.4 and frame.locator("#own").is_checked()
    np.testing.assert_allclose(w.sum(), 1)
    others = np.arange(7) != 2
    np.testing.assert_allclose(w[others] / before[others], (1 - w[2]) / (1 - before[2]))
    np.testing.assert_allclose(frame.evaluate("shown().errors"), errors(w), atol=0.0051)
    frame.locator("#keep").uncheck()
    frame.page.mouse.click(place(6), box["y"] + box["height"] - 30)  # below the axis
    changed = np.array(frame.evaluate("weights"))
    assert changed[6] < 0
    np.testing.assert_allclose(changed[:6], w[:6])
    frame.locator("#reset").click()
    np.testing.assert_allclose(frame.evaluate("weights"), before)


def test_arrow_keys_choose_and_change_a_weight(show):
    frame = opened(show)
    frame.locator("#keep").uncheck()
    frame.locator("#bars").focus()
    for key in ("ArrowLeft", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp"):
        frame.page.keyboard.press(key)
    w = kernels.triangular(7)
    np.testing.assert_allclose(frame.evaluate("weights"), [*w[:2], 0.2, *w[3:]])
    assert frame.get_attribute("#bars", "aria-valuetext") == "age 2: 0.2"
    assert frame.inner_text("#chosen") == "weight 2 s ago: 0.2, sum: 1.02"


def test_the_sum_stays_one_whatever_is_done(show):
    frame = opened(show)
    sums = frame.evaluate("""() => { const sums = [], see = () => sums.push(total(weights));
        for (const [a, value] of [[0, 1], [3, -0.2], [1, 0.5], [6, 1], [0, 0]]) { setWeight(a, value); see(); }
        for (const n of [1, 9, 30, 2]) { byId("length").value = n; byId("length").oninput(); see(); }
        setWeight(0, 0.3); see();
        byId("keep").click(); setWeight(0, 0.5); setWeight(1, -0.5); byId("keep").click(); see();
        return sums; }""")
    np.testing.assert_allclose(sums, np.ones(11))


def test_the_estimate_by_hand_and_the_ends(show):
    frame = opened(show)
    assert frame.inner_text("#at") == "estimate 55.18, reading 62.47, truth 53.56\u00a0km"  # s_49 of notebook 01
    frame.locator("#time").focus()
    w = kernels.triangular(7)
    for key, time in (("Home", 6), ("End", 599)):  # from the first full window on
        frame.page.keyboard.press(key)
        s = convolve1d(x, w)[time - 6]
        assert frame.inner_text("#at").startswith(f"estimate {s:.2f}".rstrip("0").replace("-", "\u2212"))
    starts = frame.evaluate("""() => Array.from({length: 571}, (_, i) => { time = 29 + i; return viewStart(); })""")
    times = np.arange(29, 600)
    assert all(0 <= start <= time - 29 and time < start + 80 <= 600 for start, time in zip(starts, times))


def test_nothing_is_cut_off_when_the_sum_grows(show):
    frame = opened(show)
    frame.locator("#keep").uncheck()
    box = frame.locator("#bars").bounding_box()
    mouse, x = frame.page.mouse, box["x"] + box["width"] / 14
    for k in range(8):  # each time to the top, from where the weight is now
        mouse.move(x, box["y"] + 150)
        mouse.down()
        mouse.move(x, box["y"] - 40)
        assert frame.evaluate("getSelection().isCollapsed")
        mouse.up()
        frame.evaluate(f"setWeight(3, {-0.4 * k})")
        inside = """() => {
            const [series, bars] = ["series", "bars"].map(id => byId(id).getBoundingClientRect());
            const within = all => part => part.getBoundingClientRect().top >= all.top - 1 &&
                part.getBoundingClientRect().bottom <= all.bottom - 40;
            return [...document.querySelectorAll("#bars .bar")].every(within(bars)) &&
                [...document.querySelectorAll("#series .estimate, #series .now, #series .truth")].every(within(series));
        }"""
        assert frame.evaluate(inside)
        widths, numbers = frame.evaluate("""() => [["reading", "lag", "left", "error"].map(name =>
            byId(`${name}-bar`).getBoundingClientRect().width), [oneReading, ...shown().errors]]""")
        one, error, lag, left = numbers
        np.testing.assert_allclose(np.divide(widths, widths[3]), np.divide([one, lag, left, error], error), atol=0.01)
    w = frame.evaluate("weights")
    assert w[0] > 1.5 and frame.inner_text("#chosen").startswith("weight 0 s ago")
    np.testing.assert_allclose(frame.evaluate("() => { setWeight(0, 11); return weights[0]; }"), 10)


def test_axes_have_names_that_stay_text(show):
    frame = opened(show, unit="<b>m & n", step="min")
    words = "id => [...byId(id).querySelectorAll('text')].map(word => word.textContent)"
    shown = frame.evaluate(f"['bars', 'series'].map({words})")
    assert {"weight", "age a (min)"} <= set(shown[0]) and {"<b>m & n", "time t (min)"} <= set(shown[1])
    assert frame.inner_text("#over").startswith("Root mean squares over 50 series, from t = 29 min on:")


def test_time_waits_for_the_first_full_window(show):
    frame = opened(show)
    frame.evaluate("moveTo(6)")
    frame.evaluate(CHOOSE, ["box", 20])
    assert frame.evaluate("[time, byId('time').min, byId('time').value]") == [19, "19", "19"]
    frame.evaluate(CHOOSE, ["box", 1])
    assert frame.evaluate("[time, byId('time').min, byId('time').value]") == [19, "0", "19"]
    frame.evaluate("moveTo(0)")
    assert frame.inner_text("#at").startswith(f"estimate {x[0]:.2f}".rstrip("0"))


def test_a_series_without_truth_has_no_errors(show):
    frame = show(explorers.smoothing(np.r_[np.zeros(50), np.ones(50)], weights=kernels.box(4), unit="</script>"))
    assert frame.locator("#errors").is_hidden() and "truth" not in frame.inner_text("#at")
    np.testing.assert_allclose(frame.evaluate("[...estimate]")[46:51], [0, 0.25, 0.5, 0.75, 1])
    assert frame.inner_text("#at").endswith("</script>")


def test_a_series_that_does_not_change(show):
    frame = opened(show, np.full(80, 3.0), np.full(80, 3.0))
    np.testing.assert_allclose(frame.evaluate("shown().errors"), [0, 0, 0])
    frame.evaluate(CHOOSE, ["box", 30])
    assert "NaN" not in frame.inner_text("body") + frame.inner_html("#series")


series = np.zeros(100)


@pytest.mark.parametrize(
    "arguments, fragment",
    [
        (dict(readings=np.zeros(79)), "readings must have 80 to 2,000 numbers, got 79"),
        (dict(readings=np.zeros((100, 2))), "readings must have shape (n,)"),
        (dict(readings=np.full(100, np.nan)), "readings contains NaN"),
        (dict(readings=np.full(100, 1e6)), "readings must hold numbers below a million"),
        (dict(readings=series, truth=np.zeros(99)), "truth must have as many numbers as readings, 100, got 99"),
        (dict(truth=series), "readings is missing"),
        (dict(noise=series), "readings is missing"),
        (dict(readings=series, noise=series), "noise needs the truth"),
        (dict(readings=series, truth=series, noise=np.zeros((3, 99))), "noise must have shape (flights, 100)"),
        (dict(readings=series, truth=series, noise=np.zeros((1001, 100))), "at most 100,000 numbers"),
        (dict(weights=np.ones(31)), "weights must be at most 30, got 31"),
        (dict(weights=[]), "weights has shape (0,)"),
        (dict(weights=[11]), "weights must lie between -10 and 10"),
        (dict(weights="</script>"), "weights must hold real numbers"),
    ],
)
def test_bad_input(arguments, fragment):
    refuses(lambda: explorers.smoothing(**arguments), fragment)


def test_what_stands_at_a_time_has_the_same_room_for_all_numbers(show):
    for width in (390, 700, 1280):
        frame = show(explorers.smoothing(1e5 * np.random.default_rng(0).normal(size=200)), width)
        places = frame.evaluate("""() => [30, 77, 150, 199].map(t => { moveTo(t);
            return byId("play-all").getBoundingClientRect().top + byId("at").getBoundingClientRect().height; })""")
        assert max(places) - min(places) < 0.1


def test_the_number_of_a_negative_weight_stands_below_its_bar(show):
    frame = show(explorers.smoothing())
    frame.evaluate("() => { weights = [0.7, -0.4, 0.7]; chosen = 1; draw(); }")
    (bar, number), (up, above) = (
        frame.evaluate("""() => [1, 0].map(a => [[...document.querySelectorAll("#bars .bar")][a],
        [...document.querySelectorAll("#bars .on-text")][a]].map(e => e.getBoundingClientRect().toJSON()))""")
    )
    assert number["top"] > bar["bottom"] - 2 and above["bottom"] < up["top"] + 2
