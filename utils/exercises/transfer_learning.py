"""Exercises of notebook 09: transfer learning."""

import numpy as np

from utils.exercises.exercise import Exercise
from utils.exercises.judges import same_function, same_numbers

TASKS = {  # which tasks the last layers help with, and what to ask about the others
    "telling breeds of dogs apart": None,
    "telling kinds of songbirds apart": None,
    "telling kinds of sports cars apart": None,
    "finding cracks in steel": "Cracks are lines on a material. Which layers know about those?",
    "finding broken threads in cloth": "Cloth is a texture. Which layers know about those?",
    "reading handwritten digits": (
        "Digits are strokes, and nothing like a photograph. Which layers know about strokes?"
    ),
    "reading notes of music": "Notes are strokes, and nothing like a photograph. Which layers know about strokes?",
}
_LESSONS = {
    "telling breeds of dogs apart": "More than a hundred of ImageNet's 1,000 classes are dogs.",
    "telling kinds of songbirds apart": "More than fifty of ImageNet's 1,000 classes are birds.",
    "telling kinds of sports cars apart": "Some ten of ImageNet's 1,000 classes are kinds of cars.",
}


def near_task(tasks=("telling breeds of dogs apart", "finding cracks in steel", "reading handwritten digits")):
    """Make exercise 9.1 for other tasks out of TASKS, one of them near to ImageNet."""
    (near,) = [place for place, task in enumerate(tasks) if TASKS[task] is None]
    return Exercise(
        judge=same_numbers(near, mistakes=[(place, TASKS[task]) for place, task in enumerate(tasks) if TASKS[task]]),
        hint="The last layers have learned the parts of ImageNet's things. Which task is about such parts?",
        solution=f"answer = {near}",
        lesson=f"{_LESSONS[tasks[near]]} For the other two, earlier layers help more.",
    )


q1 = near_task()


def features_once(base=5, head=0.01, epochs=20):
    """Make exercise 9.2 for other times, in ms for an image, and another number of epochs."""
    inside, once = (base + head) * epochs, base + head * epochs
    return Exercise(
        judge=same_numbers(
            inside / once,
            mistakes=[
                (epochs, "Nearly. The head takes a little time as well, also where the base runs only once."),
                (once / inside, "The other way round: how many times as long does the slower one take?"),
                (inside, "That is one time. Divide it by the other."),
                ((base + head) / head, "Compare the two ways of training, not the base with the head."),
            ],
            tolerance=0.3,
        ),
        hint=(
            f"Inside: ({base} + {head}) ms, {epochs} times. Once: {base} ms, and {head} ms {epochs} times. "
            "The number of images cancels."
        ),
        solution=f"answer = ({base} + {head}) * {epochs} / ({base} + {head} * {epochs})",
        lesson="About as many times as there are epochs, because the head costs next to nothing.",
    )


q2 = features_once()


def _models():
    """Build small models one by one: no function can spoil those of the next check. Feedback names them."""
    from keras import Input, Sequential, layers  # here, because it takes seconds

    base = Sequential([Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.Flatten()])
    base.trainable = False
    yield (Sequential([base, layers.Dense(5)], name="a frozen base with a new dense layer"),)
    dense = [Input((6,)), layers.Dense(3), layers.BatchNormalization(), layers.Dense(2)]
    yield (Sequential(dense, name="two dense layers with batch normalisation"),)
    frozen = Sequential([Input((4,)), layers.Dense(3)], name="one dense layer, frozen")
    frozen.trainable = False
    yield (frozen,)


def _count(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


q3 = Exercise(
    judge=same_function(
        lambda model: _count(model.trainable_weights),
        cases=_models,
        mistakes=[
            (lambda model: _count(model.weights), "Those are all parameters. Leave out the frozen ones."),
            (lambda model: _count(model.non_trainable_weights), "Those are the frozen ones."),
            (
                lambda model: sum(layer.count_params() for layer in model.layers if layer.trainable),
                "A layer that is trained may hold numbers that are not, such as the means of batch normalisation.",
            ),
            (lambda model: len(model.trainable_weights), "That is the number of arrays. Each holds many parameters."),
            (
                lambda model: sum(weight.shape[0] for weight in model.trainable_weights),
                "You count the first axis only. Multiply all numbers of the shape.",
            ),
        ],
    ),
    hint="Go through model.layers and their trainable_weights; np.prod(weight.shape) is the size of one array.",
    solution="""
import numpy as np

def trainable(model):
    return sum(np.prod(weight.shape) for layer in model.layers for weight in layer.trainable_weights)

answer = trainable
""",
    lesson="trainable(model) gives the total in the last row of the table that unfreeze returns.",
)


def standard_error(p=0.6, images=200):
    """Make exercise 9.4 for another accuracy and another number of test images."""
    q = round(1 - p, 6)
    right = 100 * np.sqrt(p * q / images)
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (right / 100, "As a fraction, yes. How many percentage points are that?"),
                (100 * p * q / images, "That is before the square root is taken."),
                (p * q / images, "That is before the square root is taken; and the answer is in percentage points."),
                (100 * np.sqrt(p * q) / images, "The number of images belongs under the root."),
                (100 * np.sqrt(p * q), f"That is for a single image. What do {images} make of it?"),
                (100 * np.sqrt(p / images), "One factor under the root is missing: the fraction that is wrong."),
                (round(right, 1), "Nearly. Give two decimals."),
            ],
            tolerance=0.02,
        ),
        hint=(f"p is {p}, the accuracy, and n is {images}, the number of test images. 0.01 is one percentage point."),
        solution=f"""
import numpy as np

answer = 100 * np.sqrt({p} * (1 - {p}) / {images})
""",
        lesson=(
            "Differences of two or three points on 200 images say little, even if both runs were the same in all else."
            if images == 200
            else f"Differences below {1.4 * right:.1f} points on {images} images say little, even if both runs were "
            "the same in all else."
        ),
    )


q4 = standard_error()

q5 = Exercise(
    judge=same_numbers(
        [1, 2, 3, 0],
        mistakes=[
            ([3, 2, 3, 0], "(a): perhaps, but how much did fine-tuning add near ImageNet, and in which time?"),
            ([2, 2, 3, 0], "(a): the last blocks were cut off where they know nothing of the task. And of dogs?"),
            ([0, 2, 3, 0], "(a): which way was the worst with few labels, near ImageNet?"),
            ([1, 1, 3, 0], "(b): are these like photographs? How did the last block's features do on the digits?"),
            ([1, 0, 3, 0], "(b): what was ahead of the small network on the digits, with so few labels?"),
            ([1, 3, 3, 0], "(b): in ten minutes, with so few? Which way was as good on the digits, in seconds?"),
            ([1, 2, 1, 0], "(c): is there time, and are there images enough, to let some layers of the base learn?"),
            ([1, 2, 2, 0], "(c): is there time, and are there images enough, to let some layers of the base learn?"),
            ([1, 2, 3, 1], "(d): how many channels does the base read, and how often does it halve the width?"),
            ([1, 2, 3, 2], "(d): how many channels does the base read, and how often does it halve the width?"),
            ([1, 2, 3, 3], "(d): how many channels does the base read, and how often does it halve the width?"),
        ],
    ),
    hint="Is the task near or far? How many labels are there, how much time, and can the base read the images at all?",
    solution="answer = [1, 2, 3, 0]",
    lesson=(
        "Near and few labels: the last features. Far: earlier ones. Many labels and time: fine-tuned. "
        "Not readable for the base: from scratch."
    ),
)
