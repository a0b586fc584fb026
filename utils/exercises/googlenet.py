"""Exercises of notebook 07: GoogLeNet."""

from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_function, same_numbers

q1 = Exercise(
    judge=same_numbers(
        (5_000_000, 600_000),
        mistakes=[
            ((600_000, 5_000_000), "The order is: without, with the 1 × 1 layer."),
            ((5_000_000, 500_000), "The 1 × 1 layer itself costs something too."),
            ((5_000_000, 100_000), "That is the 1 × 1 layer alone. The 5 × 5 layer after it costs something too."),
            ((5, 0.6), "Those are millions. Give the numbers themselves."),
            ((50_000, 6_000), "That is one pixel. How many are there?"),
            ((200_000, 120_000), "A 5 × 5 filter reads 25 pixels of every map, not one."),
            ((5_000_000, 5_100_000), "After the reduction the 5 × 5 filters read fewer maps. How many?"),
            ((250_000, 125_000), "That is the work for one 5 × 5 filter. How many are there?"),
        ],
    ),
    hint=(
        "Products for one value, times values in the output: "
        "without the reduction (5 * 5 * 100) for each of 10 * 10 * 20."
    ),
    solution="""
without = (10 * 10 * 20) * (5 * 5 * 100)
reduction = (10 * 10 * 10) * (1 * 1 * 100)
answer = (without, reduction + (10 * 10 * 20) * (5 * 5 * 10))
""",
    lesson="5 million against 0.6 million: the reduction costs little and makes everything after it ten times cheaper.",
)


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

_KEPT = 100 + 200 + 60 + 40

q3 = Exercise(
    judge=same_numbers(
        (_KEPT, _KEPT - 40 + 400),
        mistakes=[
            ((_KEPT + 50 + 20, _KEPT - 40 + 400 + 50 + 20), "Reduced maps are read inside the branch only."),
            ((_KEPT - 40, _KEPT - 40 + 400), "The pooling branch adds maps: as many as its 1 × 1 layer has filters."),
            ((_KEPT, _KEPT - 40), "Without a 1 × 1 layer the pooling branch stays. How many maps does it give?"),
            ((_KEPT, _KEPT + 400), "The 1 × 1 layer is gone, so its maps are gone as well."),
            ((_KEPT - 40 + 400, _KEPT), "The order is: with, without the 1 × 1 layer."),
        ],
    ),
    hint="The output holds what the last layer of each branch gives. Max pooling gives as many maps as it reads.",
    solution="""
with_projection = 100 + 200 + 60 + 40
without = 100 + 200 + 60 + 400
answer = (with_projection, without)
""",
    lesson="The 1 × 1 layer after the pooling keeps the depth from growing with every module.",
)

_DENSE_3X3, _REDUCE_3X3, _BRANCH_5X5 = 28 * 28 * 9 * 96 * 128, 28 * 28 * 192 * 96, 28 * 28 * 16 * (192 + 25 * 32)

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

q5 = Exercise(
    judge=same_numbers(
        (12_800, 912),
        mistakes=[
            ((912, 12_800), "The order is: full, separable."),
            ((800, 912), "Each of the 32 filters reads all 16 maps."),
            ((12_800, 400), "That is the filtering of each map. The 1 × 1 layer that mixes the maps has weights too."),
            ((12_800, 512), "That is the 1 × 1 layer. The filters of 5 × 5 before it have weights too."),
            ((12_800, 1312), "With a multiplier of 1 each of the 16 maps has one filter, not one for each output."),
            ((12_800, 6912), "A filter of the first step reads one map only."),
            ((12_800, 13_312), "A filter of the first step reads one map only."),
            ((12_832, 944), "There are no biases."),
            ((12_800, 400 * 512), "The weights of the two steps are added up, not multiplied."),
        ],
    ),
    hint=(
        "Full: 32 filters, each with 5 × 5 weights for each of 16 maps. "
        "Separable: one filter of 5 × 5 for each map, then a 1 × 1 convolution."
    ),
    solution="""
full = 5 * 5 * 16 * 32
separable = 5 * 5 * 16 + 16 * 32
answer = (full, separable)
""",
    lesson="14 times fewer. The windows are paid for once per map, not once per pair of maps.",
)

_flattened, _pooled = (16 * 16 * 512 + 1) * 100, (512 + 1) * 100

q6 = Exercise(
    judge=same_numbers(
        (_flattened, _pooled),
        mistakes=[
            ((_pooled, _flattened), "The order is: after Flatten, after pooling."),
            (((8 * 8 * 512 + 1) * 100, _pooled), "The last maps grow with the image."),
            (((2 * 8 * 8 * 512 + 1) * 100, _pooled), "Twice as wide and twice as high: four times as many places."),
            ((_flattened, (4 * 512 + 1) * 100), "The mean of a map is one number, however large the map is."),
            ((_flattened, (512 // 4 + 1) * 100), "The mean of a map is one number, however large the map is."),
            ((_flattened - 100, _pooled - 100), "Each class has a bias as well."),
            ((16 * 16 * 512, 512), "These are the inputs. Each has a weight for every class."),
        ],
    ),
    hint="A dense layer has (inputs + 1) * classes parameters. How large are the maps now, and what is left of each?",
    solution="""
flatten = (16 * 16 * 512 + 1) * 100
pooled = (512 + 1) * 100
answer = (flatten, pooled)
""",
    lesson=(
        "After pooling, the number of parameters does not depend on the size of the image: "
        "the same network can be applied to images of any size."
    ),
)
