"""Exercises of notebook 05: LeNet-5."""

import numpy as np

from utils.exercises.exercise import Exercise, same_function, same_numbers

q1 = Exercise(
    "5.1",
    same_numbers(
        (32, 2000),
        mistakes=[
            ((2000, 32), "The order is parameters, connections."),
            ((32, 1600), "The bias of a unit is a connection too."),
            ((32, 400), "That is the number of units. How many numbers does each of them read?"),
            ((2, 2000), "Each of the 16 maps has a coefficient and a bias of its own."),
            ((80, 2000), "The four pixels of a window share one coefficient: they are added up first."),
            ((16, 2000), "Each of the 16 maps has a coefficient and a bias, not one of the two."),
            (
                (32, 6400),
                "The windows do not overlap: how many of them does a map of 10 × 10 hold? And count the biases.",
            ),
            ((32, 8000), "The windows do not overlap: the maps get half as wide and half as high."),
        ],
    ),
    "Each map has two parameters. Each of the 5 × 5 units of a map reads the four pixels of its window and a bias.",
    """
parameters = 16 * 2
connections = 16 * (5 * 5) * (2 * 2 + 1)
answer = (parameters, connections)
""",
    "Subsampling costs connections but hardly any parameters.",
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
    """Pairs of equal columns."""
    _, counts = np.unique(table, axis=1, return_counts=True)
    return (counts * (counts - 1) // 2).sum()


q2 = Exercise(
    "5.2",
    same_function(
        _pairs,
        cases=_tables,
        mistakes=[
            (
                lambda table: 2 * _pairs(table),
                "You count every pair twice: maps 0 and 1, and again maps 1 and 0.",
            ),
            (lambda table: 2 * _pairs(table) + table.shape[1], "You also compare each map with itself."),
            (lambda table: _pairs(table) + table.shape[1], "You also compare each map with itself."),
            (lambda table: _pairs(table.T), "You compare input maps. The maps of the layer are the columns."),
            (
                lambda table: _pairs(table.sum(axis=0, keepdims=True)),
                "You compare how many maps are read. Which ones they are matters as well.",
            ),
            (
                lambda table: table.shape[1] - np.unique(table, axis=1).shape[1],
                "Three equal columns are three pairs, not two.",
            ),
            (
                lambda table: table.shape[1] * (table.shape[1] - 1) // 2,
                "That is the number of all pairs. In which of them are the two columns equal?",
            ),
        ],
    ),
    "Compare column i with every column j before it. Two columns are the same if all of their entries are equal: "
    "`(a == b).all()` says so, and `sum` counts True as 1.",
    """
def twins(table):
    columns = table.T
    return sum((columns[i] == columns[j]).all()
               for i in range(len(columns)) for j in range(i))

answer = twins
""",
    "CONNECTIONS has no twins, a full table for 16 maps has 120 pairs. There only different first weights keep two "
    "maps from becoming the same.",
)

q3 = Exercise(
    "5.3",
    same_numbers(
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
    "For each of the 84 units: the difference to the pixel, squared. Then add up. For 77 of them that is 0.",
    """
wrong_sign = 5 * (1 - -1)**2
zero = 2 * (1 - 0)**2
answer = wrong_sign + zero
""",
    "Every flipped pixel costs 4. The nearest picture wins, so that some wrong units do no harm.",
)

_first = 6 * (5 * 5 + 1) + 16 * (5 * 5 * 6 + 1)
_last = 84 * (120 + 1) + 10 * (84 + 1)

q4 = Exercise(
    "5.4",
    same_numbers(
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
    "The maps are 24 × 24, 12 × 12, 8 × 8 and 4 × 4. Only one layer's number of parameters changes.",
    """
C1, C3 = 6 * (5 * 5 * 1 + 1), 16 * (5 * 5 * 6 + 1)
C5 = 120 * (4 * 4 * 16 + 1)
F6, output = 84 * (120 + 1), 10 * (84 + 1)
answer = C1 + C3 + C5 + F6 + output
""",
    "Two pixels less on each side, and more than a quarter of the parameters is gone: all of them in C5.",
)

q5 = Exercise(
    "5.5",
    same_numbers(
        2,
        mistakes=[
            (1, "Then most test photographs show a plant that is in the training set as well."),
            (3, "Then the network has seen every single plant of the test before."),
            (4, "Then the network is tested on what it was trained with."),
        ],
    ),
    "Which plants will the network meet in the field? The test must be like that.",
    """
answer = 2
""",
    "Split by plant, by writer, by patient: by what will be new when the network is used.",
)
