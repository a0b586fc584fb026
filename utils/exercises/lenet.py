"""Exercises of notebook 05: LeNet-5."""

import numpy as np

from utils.exercises.exercise import ORDINALS, Exercise, in_words
from utils.exercises.judges import same_function, same_numbers


def subsampling(maps=16, size=10):
    """Make exercise 5.1 for other maps."""
    units = maps * (size // 2) ** 2
    right = (2 * maps, 5 * units)
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (right[::-1], "The order is parameters, connections."),
                ((2 * maps, 4 * units), "The bias of a unit is a connection too."),
                ((2 * maps, units), "That is the number of units. How many numbers does each of them read?"),
                ((2, 5 * units), f"Each of the {maps} maps has a coefficient and a bias of its own."),
                ((5 * maps, 5 * units), "The four pixels of a window share one coefficient: they are added up first."),
                ((maps, 5 * units), f"Each of the {maps} maps has a coefficient and a bias, not one of the two."),
                (
                    (2 * maps, maps * size**2 * 4),
                    f"The windows do not overlap: how many does a map of {size} × {size} hold? And count the biases.",
                ),
                (
                    (2 * maps, maps * size**2 * 5),
                    "The windows do not overlap: the maps get half as wide and half as high.",
                ),
            ],
        ),
        hint=(
            f"Each map has two parameters. Each of its {size // 2} × {size // 2} units reads the four pixels of its "
            "window and a bias."
        ),
        solution=f"""
parameters = {maps} * 2
connections = {maps} * ({size // 2} * {size // 2}) * (2 * 2 + 1)
answer = (parameters, connections)
""",
        lesson="Subsampling costs connections but hardly any parameters.",
    )


q1 = subsampling()

_tables = [
    (np.array([[1, 0, 1, 1, 0], [1, 1, 1, 0, 0], [0, 0, 0, 1, 1]], bool),),
    (np.array([[1, 1, 0, 1], [0, 0, 1, 0]], bool),),
    (np.ones((3, 5), bool),),
    (np.eye(4, 6, dtype=bool),),
    (np.zeros((3, 2), bool),),
    (np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]], bool),),
]


def _pairs(table):
    """Count the pairs of equal columns."""
    _, counts = np.unique(table, axis=1, return_counts=True)
    return (counts * (counts - 1) // 2).sum()


q2 = Exercise(
    judge=same_function(
        _pairs,
        cases=_tables,
        mistakes=[
            (lambda table: 2 * _pairs(table), "You count every pair twice: maps 0 and 1, and again maps 1 and 0."),
            (lambda table: 2 * _pairs(table) + table.shape[1], "You also compare each map with itself."),
            (lambda table: _pairs(table) + table.shape[1], "You also compare each map with itself."),
            (lambda table: _pairs(table.T), "You compare input maps. The maps of the layer are the columns."),
            (
                lambda table: _pairs(table.sum(axis=0, keepdims=True)),
                "You compare how many maps are read. Which ones they are matters as well.",
            ),
            (lambda table: table.shape[1] - np.unique(table, axis=1).shape[1], "Three equal columns are three pairs."),
            (
                lambda table: table.shape[1] * (table.shape[1] - 1) // 2,
                "That is the number of all pairs. In which of them are the two columns equal?",
            ),
        ],
    ),
    hint=(
        "Compare column i with every column j before it. Two columns are the same if all of their entries are equal: "
        "`(a == b).all()` says so, and `sum` counts True as 1."
    ),
    solution="""
def twins(table):
    columns = table.T
    return sum((columns[i] == columns[j]).all()
               for i in range(len(columns)) for j in range(i))

answer = twins
""",
    lesson=(
        "CONNECTIONS has no twins, a full table for 16 maps has 120 pairs. "
        "There only different first weights keep two maps from becoming the same."
    ),
)


def distance_to_a_picture(wrong=5, zero=2):
    """Make exercise 5.3 for other numbers of units, those with a wrong sign and those that give 0."""
    right = 4 * wrong + zero
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (
                    wrong + zero,
                    "You count the units that differ. Their differences are squared before they are added up.",
                ),
                (2 * wrong + zero, "The differences are squared before they are added up."),
                (4 * (wrong + zero), "A unit that gives 0 differs by 1 from its pixel, not by 2."),
                (wrong + zero * 0.25, "A pixel is 1 or -1: a wrong sign is a difference of 2."),
                (np.sqrt(right), "The output unit does not take a square root."),
                (84 - wrong - zero, "The units that agree with their pixel add nothing."),
                (4 * wrong, f"The {in_words(zero)} units that give 0 are not equal to their pixels either."),
                (2 * wrong, "The difference between 1 and -1 is 2, and it is squared."),
            ],
        ),
        hint=(
            "For each of the 84 units: the difference to the pixel, squared. Then add up. "
            f"For {84 - wrong - zero} of them that is 0."
        ),
        solution=f"""
wrong_sign = {wrong} * (1 - -1)**2
zero = {zero} * (1 - 0)**2
answer = wrong_sign + zero
""",
        lesson="Every flipped pixel costs 4. The nearest picture wins, so that some wrong units do no harm.",
    )


q3 = distance_to_a_picture()


def parameters_for_images(side=28):
    """Make exercise 5.4 for images of another size; after C3 they must have an even number of rows."""
    c1, s2, c3 = side - 4, (side - 4) // 2, (side - 4) // 2 - 4
    left = c3 // 2  # rows and columns of S4
    first = 6 * (5 * 5 + 1) + 16 * (5 * 5 * 6 + 1)
    last = 84 * (120 + 1) + 10 * (84 + 1)
    return Exercise(
        judge=same_numbers(
            first + 120 * (left * left * 16 + 1) + last,
            mistakes=[
                (61706, "That is the network for 32 × 32 pixels. How large are the maps of S4 now?"),
                (6 * 25 + 16 * 6 * 25 + 120 * left * left * 16 + 84 * 120 + 10 * 84, "The biases are missing."),
                (first + 120 * (left * left * 16) + last, "The 120 biases of C5 are missing."),
                (first + 120 * (left * left + 1) + last, "C5 reads all 16 maps of S4."),
                (
                    first + 120 * ((side // 4) ** 2 * 16 + 1) + last,
                    "C1 and C3 do not pad: each of them costs four rows.",
                ),
                (
                    first + 120 * ((left - 1) ** 2 * 16 + 1) + last,
                    f"Follow the sizes: {side}, minus 4, halved, minus 4, halved.",
                ),
                (120 * (left * left * 16 + 1), "That is C5 alone. The other layers have parameters too."),
            ],
        ),
        hint=(
            f"The maps are {c1} × {c1}, {s2} × {s2}, {c3} × {c3} and {left} × {left}. "
            "Only one layer's number of parameters changes."
        ),
        solution=f"""
C1, C3 = 6 * (5 * 5 * 1 + 1), 16 * (5 * 5 * 6 + 1)
C5 = 120 * ({left} * {left} * 16 + 1)
F6, output = 84 * (120 + 1), 10 * (84 + 1)
answer = C1 + C3 + C5 + F6 + output
""",
        lesson=(
            "Two pixels less on each side, and more than a quarter of the parameters is gone: all of them in C5."
            if side == 28
            else "The size of the image changes the parameters of C5 alone."
        ),
    )


q4 = parameters_for_images()


def softmax_and_loss(scores=(3, 1, 0, 0), label=1):
    """Make exercise 5.5 for other scores of four classes, some of them 0; `label` is the right class, from 0 on."""
    scores = np.array(scores)
    powers = np.exp(scores)
    best, share = int(np.argmax(scores)), scores[label] / scores.sum()
    p, p_best, p_nonzero = (
        float(power / total)
        for power, total in (
            (powers[label], powers.sum()),
            (powers[best], powers.sum()),
            (powers[label], powers[scores != 0].sum()),
        )
    )
    return Exercise(
        judge=same_numbers(
            (p, -np.log(p)),
            mistakes=[
                ((-np.log(p), p), "The order is probability, loss."),
                ((p_best, -np.log(p_best)), f"That is the {ORDINALS[best + 1]} class."),
                (
                    (share, -np.log(share)),
                    "Softmax does not divide scores by their sum: first each becomes a power of e.",
                ),
                ((p, np.log(p)), "The logarithm of a number below 1 is negative. A loss is not: mind the sign."),
                ((p, -np.log10(p)), "The natural logarithm is meant, `np.log`."),
                ((p, 1 - p), "The loss is minus the logarithm of the probability, not what is missing to 1."),
                ((p_nonzero, -np.log(p_nonzero)), "The score 0 counts as well: e to the power 0 is 1."),
            ],
            tolerance=5e-3,
        ),
        hint=(
            "Softmax: e to the power of each score, divided by the sum of all four powers. "
            "The loss is minus the logarithm of the right class's probability."
        ),
        solution=f"""
import numpy as np

powers = np.exp({scores.tolist()})
p = powers[{label}] / powers.sum()
answer = (p, -np.log(p))
""",
        lesson="The loss looks only at the probability of the right class. All other scores matter through the sum.",
    )


q5 = softmax_and_loss()


def early_stopping(losses=(0.9, 0.6, 0.5, 0.52, 0.48, 0.49, 0.55, 0.47)):
    """Make exercise 5.6 for other losses.

    They fall to a first low, rise once, fall to a new low, stay above it for two epochs, and only then fall again.
    """
    rises = [epoch for epoch in range(1, len(losses)) if losses[epoch] > losses[epoch - 1]]
    low, best, trained = rises[0], rises[1], rises[1] + 2  # counted from 1
    one_is_not_two = "One epoch without a new best is not two."
    return Exercise(
        judge=same_numbers(
            (trained, best),
            mistakes=[
                ((best, trained), "The order is: epochs trained, epoch whose weights are kept."),
                ((trained, trained), "`restore_best_weights` goes back to the epoch with the lowest loss so far."),
                (
                    (len(losses), len(losses)),
                    f"After the {ORDINALS[trained]} epoch the loss has not fallen for two epochs. "
                    f"Is there {'an' if trained in (7, 10) else 'a'} {ORDINALS[trained + 1]}?",
                ),
                (
                    (best, best),
                    f"Nobody knows after the {ORDINALS[best]} epoch that the {ORDINALS[best + 1]} will be worse. "
                    "How long does `patience` wait?",
                ),
                ((best + 1, best), one_is_not_two),
                ((low + 1, low), one_is_not_two),
                (
                    (best, low),
                    f"The loss after the {ORDINALS[best]} epoch, {losses[best - 1]}, is a new best: "
                    "the count starts again.",
                ),
                ((trained, best - 1), "The first epoch is epoch 1."),
                (
                    (trained, low),
                    f"{losses[low - 1]} is the best for a while only. Look for the lowest loss before the stop.",
                ),
            ],
        ),
        hint=(
            "Go through the list and keep the lowest loss so far. "
            "How many epochs in a row have passed without a new lowest?"
        ),
        solution=f"""
val_loss = {list(losses)}
best, waited = 0, 0
for epoch in range(1, len(val_loss)):
    best, waited = (epoch, 0) if val_loss[epoch] < val_loss[best] else (best, waited + 1)
    if waited == 2:
        break
answer = (epoch + 1, best + 1)
""",
        lesson=(
            f"The {losses[-1]} that would have come next is not seen. "
            "More patience costs epochs and may find a better network."
        ),
    )


q6 = early_stopping()

q7 = Exercise(
    judge=same_numbers(
        2,
        mistakes=[
            (1, "Then most test photographs show a plant that is in the training set as well."),
            (3, "Then the network has seen every single plant of the test before."),
            (4, "Then the network is tested on what it was trained with."),
        ],
    ),
    hint="Which plants will the network meet in the field? The test must be like that.",
    solution="answer = 2",
    lesson="Split by plant, by writer, by patient: by what will be new when the network is used.",
)


def sliding_network(width=400):
    """Make exercise 5.8 for a line of another width, a multiple of 4."""
    right = (width - 32) // 4 + 1
    pieces = "That is the line cut into pieces that do not overlap."
    return Exercise(
        judge=same_numbers(
            (right, 32),
            mistakes=[
                ((32, right), "The order is: answers, pixels of the width."),
                ((right - 1, 32), "The first window is at place 0: add 1 for it."),
                ((width // 4, 32), "The last window ends where the line ends. How far can windows move?"),
                ((width - 31, 32), "Neighbouring windows are 4 pixels apart: two poolings, each with a stride of 2."),
                (((width - 32) // 2 + 1, 32), "There are two poolings, each with a stride of 2."),
                ((width // 32, 32), pieces),
                ((-(-width // 32), 32), pieces),
                ((right, 4), "4 pixels lie between the beginnings of two windows. How wide is a window?"),
                ((right, width), "An answer depends on its window only."),
                ((right, 5), "5 is the width of C5's filters, in places of S4. How many pixels of the line is that?"),
            ],
        ),
        hint="Follow the widths: C1 takes 4 away, S2 halves, C3 takes 4 away, S4 halves, C5 takes 4 away.",
        solution=f"""
width = {width}
for layer in ("C1", "S2", "C3", "S4", "C5"):
    width = width // 2 if layer.startswith("S") else width - 4
answer = (width, 32)               # 32: for an image of 32 x 32 there is one answer
""",
        lesson=f"The same as ({width} - 32) / 4 + 1: windows of 32 pixels, 4 apart.",
    )


q8 = sliding_network()
