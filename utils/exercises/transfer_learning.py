"""Exercises of notebook 09: transfer learning."""

from types import SimpleNamespace

import numpy as np

from utils.exercises.exercise import Exercise, same_function, same_numbers

q1 = Exercise(
    "9.1",
    same_numbers(
        0,
        mistakes=[
            (1, "Cracks are lines on a material. Which layers know about those?"),
            (2, "Digits are strokes, and nothing like a photograph. Which layers know about strokes?"),
        ],
    ),
    "The last layers have learned the parts of ImageNet's things. Which task is about such parts?",
    """
answer = 0
""",
    "More than a hundred of ImageNet's 1,000 classes are dogs. For the other two, earlier layers are worth more.",
)

_INSIDE, _ONCE = (5 + 0.01) * 20, 5 + 0.01 * 20

q2 = Exercise(
    "9.2",
    same_numbers(
        _INSIDE / _ONCE,
        mistakes=[
            (20, "Nearly. The head takes a little time as well, also where the base runs only once."),
            (_ONCE / _INSIDE, "The other way round: how many times as long does the slower one take?"),
            (_INSIDE, "That is one time. Divide it by the other."),
            (501, "Compare the two ways of training, not the base with the head."),
        ],
        tolerance=0.5,
    ),
    "Inside: (5 + 0.01) ms, 20 times. Once: 5 ms, and 0.01 ms 20 times. The number of images cancels.",
    """
answer = (5 + 0.01) * 20 / (5 + 0.01 * 20)
""",
    "About as many times as there are epochs, because the head costs next to nothing.",
)


def _model(*layers):
    """Something with layers whose weights are (shape, trainable or not)."""

    def layer(weights):
        arrays = [(np.zeros(shape), trainable) for shape, trainable in weights]
        return SimpleNamespace(
            weights=[array for array, _ in arrays],
            trainable_weights=[array for array, trainable in arrays if trainable],
            non_trainable_weights=[array for array, trainable in arrays if not trainable],
        )

    found = [layer(weights) for weights in layers]
    kinds = ("weights", "trainable_weights", "non_trainable_weights")
    return SimpleNamespace(
        layers=found, **{kind: [weight for one in found for weight in getattr(one, kind)] for kind in kinds}
    )


def _count(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


q3 = Exercise(
    "9.3",
    same_function(
        lambda model: _count(model.trainable_weights),
        cases=[
            (_model([((3, 3, 4, 8), False)], [((8,), False)], [((8, 5), True), ((5,), True)]),),
            (_model([((2, 2), True)], [], [((7,), True), ((7,), False)]),),
        ],
        mistakes=[
            (lambda model: _count(model.weights), "Those are all parameters. Leave out the frozen ones."),
            (lambda model: _count(model.non_trainable_weights), "Those are the frozen ones."),
            (lambda model: len(model.trainable_weights), "That is the number of arrays. Each holds many parameters."),
            (
                lambda model: sum(weight.shape[0] for weight in model.trainable_weights),
                "You count the first axis only. Multiply all numbers of the shape.",
            ),
        ],
    ),
    "Go through model.layers and their trainable_weights; np.prod(weight.shape) is the size of one array.",
    """
import numpy as np

def trainable(model):
    return sum(np.prod(weight.shape) for layer in model.layers for weight in layer.trainable_weights)

answer = trainable
""",
    "trainable(model) gives the total in the last row of the table that unfreeze returns.",
)

q4 = Exercise(
    "9.4",
    same_numbers(
        [1, 2, 0],
        mistakes=[
            ([2, 2, 0], "(a): perhaps, but ten minutes are short, and 80 images too few to see whether it is better."),
            ([1, 1, 0], "(b): is there time, and are there images enough, to let some layers of the base learn?"),
            ([1, 2, 2], "(c): how many channels does the base read, and how often does it halve the width?"),
            ([1, 2, 1], "(c): how many channels does the base read, and how often does it halve the width?"),
            ([0, 2, 0], "(a): from scratch was the worst choice with few labels."),
        ],
    ),
    "How many labels are there, how much time is there, and can the base read the images at all?",
    """
answer = [1, 2, 0]
""",
    "Few labels, little time: frozen. Many, and time to measure: fine-tuned. Nothing like photographs: from scratch.",
)
