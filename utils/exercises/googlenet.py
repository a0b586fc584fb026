"""Exercises of notebook 07: GoogLeNet."""

from utils.exercises.exercise import Exercise, in_words
from utils.exercises.judges import same_function, same_numbers


def reduction_by_hand(maps=100, size=10, filters=20, kernel=5, reduced=10):
    """Make exercise 7.1 for another layer; `reduced` divides `maps`."""
    pixels, window = size * size, kernel * kernel
    plain, first, second = (
        pixels * filters * window * maps,
        pixels * reduced * maps,
        pixels * filters * window * reduced,
    )
    right = (plain, first + second)
    price = "little" if 4 * first <= second else "something"
    name = f"{kernel} × {kernel}"
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (right[::-1], "The order is: without, with the 1 × 1 layer."),
                ((plain, second), "The 1 × 1 layer itself costs something too."),
                ((plain, first), f"That is the 1 × 1 layer alone. The {name} layer after it costs something too."),
                ((plain / 1e6, right[1] / 1e6), "Those are millions. Give the numbers themselves."),
                ((plain // pixels, right[1] // pixels), "That is one pixel. How many are there?"),
                (
                    (plain // window, first + second // window),
                    f"A {name} filter reads {window} pixels of every map, not one.",
                ),
                ((plain, first + plain), f"After the reduction the {name} filters read fewer maps. How many?"),
                (
                    (plain // filters, first + second // filters),
                    f"That is the work for one {name} filter. How many are there?",
                ),
            ],
        ),
        hint=(
            "Products for one value, times values in the output: "
            f"without the reduction ({kernel} * {kernel} * {maps}) for each of {size} * {size} * {filters}."
        ),
        solution=f"""
without = ({size} * {size} * {filters}) * ({kernel} * {kernel} * {maps})
reduction = ({size} * {size} * {reduced}) * (1 * 1 * {maps})
answer = (without, reduction + ({size} * {size} * {filters}) * ({kernel} * {kernel} * {reduced}))
""",
        lesson=(
            f"{plain / 1e6:.3g} million against {right[1] / 1e6:.3g} million: the reduction costs {price} and makes "
            f"everything after it {in_words(maps // reduced)} times cheaper."
        ),
    )


q1 = reduction_by_hand()


def _largest_reduction(pixels, maps, kernel_size, filters, budget):
    return budget // (pixels * (maps + kernel_size**2 * filters))


q2 = Exercise(
    judge=same_function(
        _largest_reduction,
        cases=[
            (28 * 28, 192, 5, 32, 12_500_000),
            (100, 100, 5, 20, 600_000),
            (100, 100, 5, 20, 599_999),
            (14 * 14, 512, 3, 224, 40_000_000),
            (49, 832, 1, 128, 1_000_000),
            (100, 100, 5, 20, 59_999),
            (100, 100, 5, 20, 0),
        ],
        mistakes=[
            (
                lambda pixels, maps, kernel_size, filters, budget: (
                    budget / (pixels * (maps + kernel_size**2 * filters))
                ),
                "That is no whole number of maps. Round down, so that the branch stays within the budget.",
            ),
            (
                lambda pixels, maps, kernel_size, filters, budget: (
                    -(-budget // (pixels * (maps + kernel_size**2 * filters)))
                ),
                "You round up, and then the branch costs more than the budget.",
            ),
            (
                lambda *arguments: max(1, _largest_reduction(*arguments)),
                "Right, as long as something fits. What is the result where not even one map does?",
            ),
            (
                lambda *arguments: max(0, _largest_reduction(*arguments[:-1], arguments[-1] - 1)),
                "A branch that costs exactly the budget is allowed, too.",
            ),
            (
                lambda pixels, maps, kernel_size, filters, budget: budget // (pixels * kernel_size**2 * filters),
                "You count the second layer only. The 1 × 1 layer reads all the maps.",
            ),
            (
                lambda pixels, maps, kernel_size, filters, budget: budget // (pixels * maps),
                "You count the 1 × 1 layer only. The filters after it read what it makes.",
            ),
            (
                lambda pixels, maps, kernel_size, filters, budget: budget // (pixels * (maps + kernel_size * filters)),
                "The window of a filter has kernel_size rows and as many columns.",
            ),
            (
                lambda pixels, maps, kernel_size, filters, budget: budget // (maps + kernel_size**2 * filters),
                "Every pixel is computed. You count one.",
            ),
        ],
    ),
    hint="Write the cost of the branch with D1 reduced maps. It is proportional to D1: what is the cost for D1 = 1?",
    solution="""
def largest_reduction(pixels, maps, kernel_size, filters, budget):
    cost_of_one = pixels * maps + pixels * filters * kernel_size**2
    return budget // cost_of_one

answer = largest_reduction
""",
    lesson="Both layers of the branch grow in proportion to D1, so a budget fixes it.",
)


def maps_of_a_module(maps=400, branches=(100, 50, 200, 20, 60, 40)):
    """Make exercise 7.3 for another module; the numbers of its branches are those of the table, in order."""
    one, reduced_3, three, reduced_5, five, projected = branches
    kept = one + three + five + projected
    without = kept - projected + maps
    return Exercise(
        judge=same_numbers(
            (kept, without),
            mistakes=[
                (
                    (kept + reduced_3 + reduced_5, without + reduced_3 + reduced_5),
                    "Reduced maps are read inside the branch only.",
                ),
                ((kept - projected, without), "The pooling branch adds maps: as many as its 1 × 1 layer has filters."),
                (
                    (kept, kept - projected),
                    "Without a 1 × 1 layer the pooling branch stays. How many maps does it give?",
                ),
                ((kept, kept + maps), "The 1 × 1 layer is gone, so its maps are gone as well."),
                ((without, kept), "The order is: with, without the 1 × 1 layer."),
            ],
        ),
        hint="The output holds what the last layer of each branch gives. Max pooling gives as many maps as it reads.",
        solution=f"""
with_projection = {one} + {three} + {five} + {projected}
without = {one} + {three} + {five} + {maps}
answer = (with_projection, without)
""",
        lesson="The 1 × 1 layer after the pooling keeps the depth from growing with every module.",
    )


q3 = maps_of_a_module()

_DENSE_3X3, _REDUCE_3X3 = 28 * 28 * 9 * 96 * 128, 28 * 28 * 192 * 96

q4 = Exercise(
    judge=same_numbers(
        2,
        mistakes=[
            (1, "The filters of 5 × 5 are large, but there are few and they read few maps. Compare the branches."),
            (3, "That saves half of one layer. Does another plan save more?"),
            (round((_DENSE_3X3 + _REDUCE_3X3) / 2), "That is what it saves. Give the number of the plan."),
        ],
    ),
    hint="Work out what each layer of the module costs, or read it off the table. Which layers does each plan touch?",
    solution="""
branch_5x5 = 28 * 28 * 16 * 192 + 28 * 28 * 32 * (5 * 5 * 16)
reduce_3x3, conv_3x3 = 28 * 28 * 96 * 192, 28 * 28 * 128 * (3 * 3 * 96)
saved = {1: branch_5x5, 2: (reduce_3x3 + conv_3x3) / 2, 3: conv_3x3 / 2}
answer = max(saved, key=saved.get)
""",
    lesson="12, 51 and 43 million: fewer reduced maps make both layers of the branch cheaper.",
)


def separable_weights(maps=16, filters=32, size=5):
    """Make exercise 7.5 for another layer."""
    window = size * size
    full, depthwise, pointwise = window * maps * filters, window * maps, maps * filters
    one_map = "A filter of the first step reads one map only."
    return Exercise(
        judge=same_numbers(
            (full, depthwise + pointwise),
            mistakes=[
                ((depthwise + pointwise, full), "The order is: full, separable."),
                ((window * filters, depthwise + pointwise), f"Each of the {filters} filters reads all {maps} maps."),
                (
                    (full, depthwise),
                    "That is the filtering of each map. The 1 × 1 layer that mixes the maps has weights too.",
                ),
                (
                    (full, pointwise),
                    f"That is the 1 × 1 layer. The filters of {size} × {size} before it have weights too.",
                ),
                (
                    (full, window * filters + pointwise),
                    f"With a multiplier of 1 each of the {maps} maps has one filter, not one for each output.",
                ),
                ((full, depthwise * maps + pointwise), one_map),
                ((full, full + pointwise), one_map),
                ((full + filters, depthwise + pointwise + filters), "There are no biases."),
                ((full, depthwise * pointwise), "The weights of the two steps are added up, not multiplied."),
            ],
        ),
        hint=(
            f"Full: {filters} filters, each with {size} × {size} weights for each of {maps} maps. "
            f"Separable: one filter of {size} × {size} for each map, then a 1 × 1 convolution."
        ),
        solution=f"""
full = {size} * {size} * {maps} * {filters}
separable = {size} * {size} * {maps} + {maps} * {filters}
answer = (full, separable)
""",
        lesson=(
            f"{full / (depthwise + pointwise):.0f} times fewer. "
            "The windows are paid for once per map, not once per pair of maps."
        ),
    )


q5 = separable_weights()


def larger_images(side=8, maps=512, classes=100, times=2):
    """Make exercise 7.6 for another network, and images `times` as wide and as high."""
    flattened, pooled = ((times * side) ** 2 * maps + 1) * classes, (maps + 1) * classes
    twice = {2: "Twice", 3: "Three times", 4: "Four times"}[times]
    one_number = "The mean of a map is one number, however large the map is."
    return Exercise(
        judge=same_numbers(
            (flattened, pooled),
            mistakes=[
                ((pooled, flattened), "The order is: after Flatten, after pooling."),
                (((side * side * maps + 1) * classes, pooled), "The last maps grow with the image."),
                (
                    ((times * side * side * maps + 1) * classes, pooled),
                    f"{twice} as wide and {twice.lower()} as high: {in_words(times**2)} times as many places.",
                ),
                ((flattened, (times**2 * maps + 1) * classes), one_number),
                ((flattened, (maps // times**2 + 1) * classes), one_number),
                ((flattened - classes, pooled - classes), "Each class has a bias as well."),
                (((times * side) ** 2 * maps, maps), "These are the inputs. Each has a weight for every class."),
            ],
        ),
        hint=(
            "A dense layer has (inputs + 1) * classes parameters. How large are the maps now, and what is left of each?"
        ),
        solution=f"""
flatten = ({times * side} * {times * side} * {maps} + 1) * {classes}
pooled = ({maps} + 1) * {classes}
answer = (flatten, pooled)
""",
        lesson=(
            "After pooling, the number of parameters does not depend on the size of the image: "
            "the same network can be applied to images of any size."
        ),
    )


q6 = larger_images()
