"""Weights that smooth a noisy series: each of them can be dragged, and error, lag and noise follow."""

import numpy as np

from utils import kernels, plots
from utils.convolution import convolve1d
from utils.explorers.explorer import Explorer, packed
from utils.validation import real_array

SHAPES = {"box": kernels.box, "triangular": kernels.triangular}
SHAPES |= {"exponential": kernels.exponential, "gaussian": kernels.gaussian}
LONGEST = 30  # weights
VIEW = 80  # readings in the picture
MOST_READINGS, MOST_NOISE = 2000, 100_000
PITCH, SAMPLES = 440, 8000  # Hz, and one second at 8,000 samples a second: notebook 01


def smoothing(readings=None, truth=None, weights=None, noise=None, unit="km", step="s"):
    """Show how weights smooth a series: the estimate, its lag, the noise that is left, and what it does to a tone.

    Args:
        readings: (n,) numbers, 80 to 2,000 of them; by default those of notebook 01, with their truth and noise.
        truth: (n,) what was to be measured. Without it no errors are shown.
        weights: At most 30, that of the newest reading first; by default `kernels.triangular(7)`.
        noise: (n,) or (flights, n) errors of other readings, over which all errors are measured; by default those of
            `readings`.
        unit: Of the readings.
        step: From one reading to the next.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: For other shapes and lengths, for noise without truth, and for either without readings.

    Introduced in notebook 01.
    """
    if readings is None:
        if truth is not None or noise is not None:
            raise ValueError("truth and noise belong to readings, and readings is missing; give it as well")
        readings, truth, noise = _flight()
    readings = _series("readings", readings)
    if truth is None and noise is not None:
        raise ValueError("noise needs the truth that it was added to; give truth as well")
    if truth is not None:
        truth = _series("truth", truth, len(readings))
        noise = readings - truth if noise is None else noise
        noise = np.atleast_2d(real_array("noise", noise, [("n",), ("flights", "n")]))
        if noise.shape[1] != len(readings) or noise.size > MOST_NOISE:
            raise ValueError(
                f"noise must have shape (flights, {len(readings)}) and at most {MOST_NOISE:,} numbers, got shape "
                f"{noise.shape}; take a part"
            )
    weights = kernels.triangular(7) if weights is None else real_array("weights", weights, [("weights",)]).astype(float)
    if len(weights) > LONGEST:
        raise ValueError(f"weights must be at most {LONGEST}, got {len(weights)}; take a shorter window")
    if np.abs(weights).max() > 10:
        raise ValueError(f"weights must lie between -10 and 10, got {weights.min()} to {weights.max()}; divide them")
    unit, step = str(unit), str(step)
    data = {
        "readings": readings.tolist(),
        "truth": None if truth is None else truth.tolist(),
        "noise": None if truth is None else packed(noise, "float16"),
        "weights": weights.tolist(),
        "shape": next((name for name, shape in SHAPES.items() if np.allclose(weights, shape(len(weights)))), "own"),
        "time": 49,
        "unit": unit,
        "step": step,
        "pitch": PITCH,
        "hiss": packed(np.random.default_rng(seed=3).normal(0, 1, size=SAMPLES), "float16"),
    }
    return Explorer(
        "smoothing",
        data,
        _still(readings, truth, weights, unit, step),
        f"{len(weights)} weights smooth {len(readings)} readings. The weights can be dragged, their shape and number "
        f"chosen; the estimate{'' if truth is None else ', its lag and the noise left'} follow.",
        height=670,
        narrow=1150,
    )


def _flight():
    """Return readings, truth and the noise of 50 more flights, as notebook 01 makes them."""
    t = np.arange(600)
    position = 50 * np.sin(2 * np.pi * t / 400) + 20 * np.sin(2 * np.pi * t / 160)
    readings = position + np.random.default_rng(seed=1).normal(0, 10, size=600)
    return readings, position, np.random.default_rng(seed=2).normal(0, 10, size=(50, 600))


def _series(name, values, length=None):
    values = real_array(name, values, [("n",)]).astype(float)
    if length is not None and len(values) != length:
        raise ValueError(f"{name} must have as many numbers as readings, {length}, got {len(values)}")
    if not VIEW <= len(values) <= MOST_READINGS:
        raise ValueError(f"{name} must have {VIEW} to {MOST_READINGS:,} numbers, got {len(values)}; take another part")
    if np.abs(values).max() >= 1e6:
        raise ValueError(
            f"{name} must hold numbers below a million in size, got up to {np.abs(values).max():g}; scale it"
        )
    return values


def _still(readings, truth, weights, unit, step):
    first = slice(VIEW)
    lines = {"readings": readings[first]} | ({} if truth is None else {"truth": truth[first]})
    lines["estimate"] = (np.arange(len(weights) - 1, VIEW), convolve1d(readings[first], weights))
    unit, step = (word.replace("$", r"\$") for word in (unit, step))  # a dollar, not the begin of a formula
    return plots.lines(
        lines,
        dots=["readings"],
        xlabel=f"time t ({step})",
        ylabel=unit,
        title=f"A weighted average of the last {len(weights)} readings",
        shows="The estimate is smoother than the readings.",
    )
