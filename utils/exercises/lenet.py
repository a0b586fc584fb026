"""Exercises of notebook 05: LeNet-5."""

import numpy as np

from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_function, same_numbers

q1 = Exercise(
    judge=same_numbers(
        (32, 2000),
        mistakes=[
            ((2000, 32), "The order is parameters, connections."),
            ((32, 1600), "The bias of a unit is a connection too."),
            ((32, 400), "That is the number of units. How many numbers does each of them read?"),
            ((2, 2000), "Each of the 16 maps has a coefficient and a bias of its own."),
            ((80, 2000), "The four pixels of a window share one coefficient: they are added up first."),
            ((16, 2000), "Each of the 16 maps has a coefficient and a bias, not one of the two."),
            ((32, 6400), "The windows do not overlap: how many does a map of 10 × 10 hold? And count the biases."),
            ((32, 8000), "The windows do not overlap: the maps get half as wide and half as high."),
        ],
    ),
    hint="Each map has two parameters. Each of its 5 × 5 units reads the four pixels of its window and a bias.",
    solution="""
parameters = 16 * 2
connections = 16 * (5 * 5) * (2 * 2 + 1)
answer = (parameters, connections)
""",
    lesson="Subsampling costs connections but hardly any parameters.",
)

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

q3 = Exercise(
    judge=same_numbers(
        5 * 2**2 + 2 * 1**2,
        mistakes=[
            (7, "You count the units that differ. Their differences are squared before they are added up."),
            (12, "The differences are squared before they are added up."),
            (28, "A unit that gives 0 differs by 1 from its pixel, not by 2."),
            (5 + 2 * 0.25, "A pixel is 1 or -1: a wrong sign is a difference of 2."),
            (np.sqrt(22), "The output unit does not take a square root."),
            (84 - 7, "The units that agree with their pixel add nothing."),
            (20, "The two units that give 0 are not equal to their pixels either."),
            (10, "The difference between 1 and -1 is 2, and it is squared."),
        ],
    ),
    hint="For each of the 84 units: the difference to the pixel, squared. Then add up. For 77 of them that is 0.",
    solution="""
wrong_sign = 5 * (1 - -1)**2
zero = 2 * (1 - 0)**2
answer = wrong_sign + zero
""",
    lesson="Every flipped pixel costs 4. The nearest picture wins, so that some wrong units do no harm.",
)

_first = 6 * (5 * 5 + 1) + 16 * (5 * 5 * 6 + 1)
_last = 84 * (120 + 1) + 10 * (84 + 1)

q4 = Exercise(
    judge=same_numbers(
        _first + 120 * (4 * 4 * 16 + 1) + _last,
        mistakes=[
            (61706, "That is the network for 32 × 32 pixels. How large are the maps of S4 now?"),
            (6 * 25 + 16 * 6 * 25 + 120 * 16 * 16 + 84 * 120 + 10 * 84, "The biases are missing."),
            (_first + 120 * (4 * 4 * 16) + _last, "The 120 biases of C5 are missing."),
            (_first + 120 * (4 * 4 + 1) + _last, "C5 reads all 16 maps of S4."),
            (_first + 120 * (7 * 7 * 16 + 1) + _last, "C1 and C3 do not pad: each of them costs four rows."),
            (_first + 120 * (3 * 3 * 16 + 1) + _last, "Follow the sizes: 28, minus 4, halved, minus 4, halved."),
            (120 * (4 * 4 * 16 + 1), "That is C5 alone. The other layers have parameters too."),
        ],
    ),
    hint="The maps are 24 × 24, 12 × 12, 8 × 8 and 4 × 4. Only one layer's number of parameters changes.",
    solution="""
C1, C3 = 6 * (5 * 5 * 1 + 1), 16 * (5 * 5 * 6 + 1)
C5 = 120 * (4 * 4 * 16 + 1)
F6, output = 84 * (120 + 1), 10 * (84 + 1)
answer = C1 + C3 + C5 + F6 + output
""",
    lesson="Two pixels less on each side, and more than a quarter of the parameters is gone: all of them in C5.",
)

_powers = np.exp([3, 1, 0, 0])
_p = float(_powers[1] / _powers.sum())

q5 = Exercise(
    judge=same_numbers(
        (_p, -np.log(_p)),
        mistakes=[
            ((-np.log(_p), _p), "The order is probability, loss."),
            ((_powers[0] / _powers.sum(), -np.log(_powers[0] / _powers.sum())), "That is the first class."),
            ((0.25, -np.log(0.25)), "Softmax does not divide scores by their sum: first each becomes a power of e."),
            ((_p, np.log(_p)), "The logarithm of a number below 1 is negative. A loss is not: mind the sign."),
            ((_p, -np.log10(_p)), "The natural logarithm is meant, `np.log`."),
            ((_p, 1 - _p), "The loss is minus the logarithm of the probability, not what is missing to 1."),
            (
                (_powers[1] / _powers[:2].sum(), -np.log(_powers[1] / _powers[:2].sum())),
                "The score 0 counts as well: e to the power 0 is 1.",
            ),
        ],
        tolerance=5e-3,
    ),
    hint=(
        "Softmax: e to the power of each score, divided by the sum of all four powers. "
        "The loss is minus the logarithm of the right class's probability."
    ),
    solution="""
import numpy as np

powers = np.exp([3, 1, 0, 0])
p = powers[1] / powers.sum()
answer = (p, -np.log(p))
""",
    lesson="The loss looks only at the probability of the right class. All other scores matter through the sum.",
)

q6 = Exercise(
    judge=same_numbers(
        (7, 5),
        mistakes=[
            ((5, 7), "The order is: epochs trained, epoch whose weights are kept."),
            ((7, 7), "`restore_best_weights` goes back to the epoch with the lowest loss so far."),
            ((8, 8), "After the seventh epoch the loss has not fallen for two epochs. Is there an eighth?"),
            ((5, 5), "Nobody knows after the fifth epoch that the sixth will be worse. How long does `patience` wait?"),
            ((6, 5), "One epoch without a new best is not two."),
            ((4, 3), "One epoch without a new best is not two."),
            ((5, 3), "The loss after the fifth epoch, 0.48, is a new best: the count starts again."),
            ((7, 4), "The first epoch is epoch 1."),
            ((7, 3), "0.5 is the best for a while only. Look for the lowest loss before the stop."),
        ],
    ),
    hint=(
        "Go through the list and keep the lowest loss so far. "
        "How many epochs in a row have passed without a new lowest?"
    ),
    solution="""
val_loss = [0.9, 0.6, 0.5, 0.52, 0.48, 0.49, 0.55, 0.47]
best, waited = 0, 0
for epoch in range(1, len(val_loss)):
    best, waited = (epoch, 0) if val_loss[epoch] < val_loss[best] else (best, waited + 1)
    if waited == 2:
        break
answer = (epoch + 1, best + 1)
""",
    lesson="The 0.47 that would have come next is not seen. More patience costs epochs and may find a better network.",
)

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

q8 = Exercise(
    judge=same_numbers(
        (93, 32),
        mistakes=[
            ((32, 93), "The order is: answers, pixels of the width."),
            ((92, 32), "The first window is at place 0: add 1 for it."),
            ((100, 32), "The last window ends where the line ends. How far can windows move?"),
            ((369, 32), "Neighbouring windows are 4 pixels apart: two poolings, each with a stride of 2."),
            ((185, 32), "There are two poolings, each with a stride of 2."),
            ((12, 32), "That is the line cut into pieces that do not overlap."),
            ((13, 32), "That is the line cut into pieces that do not overlap."),
            ((93, 4), "4 pixels lie between the beginnings of two windows. How wide is a window?"),
            ((93, 400), "An answer depends on its window only."),
            ((93, 5), "5 is the width of C5's filters, in places of S4. How many pixels of the line is that?"),
        ],
    ),
    hint="Follow the widths: C1 takes 4 away, S2 halves, C3 takes 4 away, S4 halves, C5 takes 4 away.",
    solution="""
width = 400
for layer in ("C1", "S2", "C3", "S4", "C5"):
    width = width // 2 if layer.startswith("S") else width - 4
answer = (width, 32)               # 32: for an image of 32 x 32 there is one answer
""",
    lesson="The same as (400 - 32) / 4 + 1: windows of 32 pixels, 4 apart.",
)
