"""Variants of the exercises of notebook 07. Left out: `largest_reduction`, and the plans for Inception 3a."""

from course.publishing.assignment.variant import Variant, one, whole
from utils.exercises import googlenet as exercises
from utils.exercises.exercise import in_words


def branches(rng):
    """Draw the numbers of an Inception module."""
    reduced = 10 * whole(rng, 3, 9), 10 * whole(rng, 1, 4)
    first, three, five, projected = (10 * whole(rng, low, high) for low, high in ((6, 15), (12, 30), (4, 12), (2, 9)))
    return dict(maps=10 * whole(rng, 41, 70), branches=[first, reduced[0], three, reduced[1], five, projected])


def ask_for_maps(maps, branches):
    """Ask exercise 7.3."""
    first, reduced_3, three, reduced_5, five, projected = branches
    module = (
        f"Another module reads {maps} maps. Its numbers, in the same order: {first}; {reduced_3}, {three}; "
        f"{reduced_5}, {five}; {projected}."
    )
    if maps != 400:
        module = (
            f"An Inception module reads {maps} maps. Its branches: {first} filters of 1 × 1; {reduced_3} of 1 × 1, "
            f"then {three} of 3 × 3; {reduced_5} of 1 × 1, then {five} of 5 × 5; "
            f"max pooling, then {projected} of 1 × 1."
        )
    return f"{module} How many maps does it give? And how many would it give without the 1 × 1 layer after the pooling?"


TIMES = {2: "twice as wide and twice as high", 3: "three times as wide and as high"}

VARIANTS = {
    "q1": Variant(
        exercises.reduction_by_hand,
        draw=lambda rng: (
            lambda reduced, factor: dict(
                maps=reduced * factor,
                size=one(rng, 10, 12, 20, 30),
                filters=one(rng, 20, 30, 40, 50),
                kernel=one(rng, 3, 5, 7),
                reduced=reduced,
            )
        )(one(rng, 4, 5, 8, 10, 12), whole(rng, 4, 12)),
        question=lambda maps, size, filters, kernel, reduced: (
            f"On paper: a layer reads {maps} maps of {size} × {size} pixels and applies {filters} filters of "
            f'{kernel} × {kernel}, with `padding="same"`. How many multiply-adds does it take (products with the '
            f"padding's zeros count)? And how many, if {in_words(reduced)} 1 × 1 filters come first?"
        ),
    ),
    "q3": Variant(exercises.maps_of_a_module, draw=branches, question=ask_for_maps),
    "q5": Variant(
        exercises.separable_weights,
        draw=lambda rng: dict(
            maps=one(rng, 8, 10, 12, 20, 24), filters=one(rng, 16, 30, 40, 48, 64), size=one(rng, 3, 5, 7)
        ),
        question=lambda maps, filters, size: (
            f"A layer reads {maps} maps and gives {filters}, with filters of {size} × {size}, without biases. "
            "How many weights does it have as a full convolution, and how many as a separable one with "
            "`depth_multiplier=1`?"
        ),
    ),
    "q6": Variant(
        exercises.larger_images,
        draw=lambda rng: dict(
            side=whole(rng, 4, 9), maps=one(rng, 128, 256, 384), classes=one(rng, 10, 20, 50, 200), times=one(rng, 2, 3)
        ),
        question=lambda side, maps, classes, times: (
            f"The last maps of a network are {side} × {side} × {maps}, and there are {classes} classes. Now the "
            f"network is built for images {TIMES[times]}. How many parameters does its dense layer have then after "
            "`Flatten`, and how many after global average pooling?"
        ),
    ),
}
