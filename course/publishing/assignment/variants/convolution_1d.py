"""Variants of the exercises of notebook 01. The functions `smooth` and `step` have no numbers to vary."""

from course.publishing.assignment.variant import Variant, one, whole
from utils.exercises import convolution_1d as exercises

WEIGHTS = ((0.6, 0.3, 0.1), (0.7, 0.2, 0.1), (0.5, 0.4, 0.1), (0.8, 0.1, 0.1), (0.4, 0.35, 0.25), (0.5, 0.25, 0.25))


def example(rng):
    """Draw an example, a weight below the lowest point of its loss, and a rate with which a step does not pass it."""
    z, v = whole(rng, 2, 5), whole(rng, 0, 3)
    rates = [rate for rate in (0.01, 0.02, 0.03, 0.04, 0.05) if 2 * rate * z**2 < 0.99]
    return dict(z=z, p=z * v + whole(rng, 1, 6), v=v, rate=one(rng, *rates))


VARIANTS = {
    "q1": Variant(
        exercises.weighted_average,
        draw=lambda rng: dict(x=[10 * whole(rng, 1, 9) for _ in range(5)], w=list(one(rng, *WEIGHTS))),
        question=lambda x, w: (
            f"The last five readings are `x = {list(x)}`, with `x[4] = {x[4]}` the newest. The weights are "
            f"`w = {list(w)}`, with `w[0]` for the newest. What is $s_4$? Work it out on paper."
        ),
    ),
    "q3": Variant(
        exercises.three_lengths,
        draw=lambda rng: dict(samples=whole(rng, 40, 300), size=2 * whole(rng, 1, 12) + 1),
        question=lambda samples, size: (
            f"A recording has {samples} samples and the kernel has {size}. "
            "How long is the result in the modes `valid`, `same` and `full`?"
        ),
    ),
    "q4": Variant(
        exercises.two_boxes,
        draw=lambda rng: dict(first=whole(rng, 2, 5), second=whole(rng, 2, 5)),
        question=lambda first, second: (
            f"You smooth with a box of {first}, then smooth the result with a box of {second}"
            f"{' again' * (first == second)}. One single kernel does both at once. Which? Fractions like "
            f"`1/{first * second}` are welcome."
        ),
    ),
    "q5": Variant(
        exercises.readings_for_an_error,
        draw=lambda rng: dict(zip(("before", "after"), (lambda a, r: (a * r, a))(whole(rng, 2, 6), whole(rng, 3, 9)))),
        question=lambda before, after: (
            f"A sensor's errors have a standard deviation of {before} m and are independent of each other. The object "
            f"stands still. How many readings must a plain average take in to bring the error down to {after} m?"
        ),
    ),
    "q6": Variant(
        exercises.one_step,
        draw=example,
        question=lambda z, p, v, rate: (
            f"One step by hand. There is a single example with $z = {z}$ and $p = {p}$, so the loss is "
            f"$({z}v - {p})^2$. The weight is $v = {v}$ and the learning rate {rate}. "
            "What is $v$ after one step of gradient descent?"
        ),
    ),
}
