"""Exercises of notebook 06: AlexNet, ZFNet and VGG."""

import numpy as np

from utils.arithmetic import conv_parameters
from utils.deconvnet import pool_with_switches, unpool
from utils.exercises.exercise import Exercise, in_words
from utils.exercises.judges import knows, same_function, same_numbers

_SCORES = (
    (0.1, 0.5, 0.2, 0.1, 0.1),
    (0.3, 0.1, 0.1, 0.1, 0.4),
    (0.2, 0.1, 0.4, 0.15, 0.15),
    (0.6, 0.2, 0.1, 0.05, 0.05),
)


def top_two_error(scores=_SCORES, labels=(2, 0, 1, 1)):
    """Make exercise 6.1 for other scores and labels."""
    best = [sorted(range(len(row)), key=lambda column: -row[column])[:2] for row in scores]
    right = [label in columns for label, columns in zip(labels, best)]
    images, wrong = len(labels), right.count(False)
    top_one = sum(label != columns[0] for label, columns in zip(labels, best)) / images
    lines = []
    for image, ((first, second), label, found) in enumerate(zip(best, labels, right)):
        verdict = "is among them" if found else "is not: wrong"
        highest = " are highest" * (image == 0)
        lines.append(f"# image {image}: columns {first} and {second}{highest}, label {label} {verdict}")
    return Exercise(
        judge=same_numbers(
            wrong / images,
            mistakes=[
                (1 - wrong / images, "That is the part that is right. The error counts the others."),
                (top_one, "That is the top-1 error. The second guess counts as well."),
                (100 * wrong / images, "That is a percentage. Give a number between 0 and 1."),
                (images - wrong, "Count the images that are wrong, and divide by the number of images."),
                (0, "A label that is not among the two highest scores is an error. There is at least one."),
                ((wrong + 1) / images, "Go through the rows once more. Which two columns are highest, counted from 0?"),
            ],
        ),
        hint="For each row find the two highest scores. Is the column with the number of the label one of them?",
        solution="\n" + "\n".join(lines) + f"\nanswer = {wrong} / {images}\n",
        lesson=(
            f"The top-1 error of the same scores is {top_one:g}"
            + (": every first guess is wrong." if top_one == 1 else ".")
        ),
    )


q1 = top_two_error()


def grouped_parameters(maps=256, filters=384, size=3, groups=2):
    """Make exercise 6.2 for another layer and another number of groups."""
    right, parts = conv_parameters(size, maps, filters, groups=groups), maps // groups
    share = {2: "halve the weights", 3: "leave a third of the weights", 4: "leave a quarter of the weights"}[groups]
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (conv_parameters(size, maps, filters), f"That is one group: here every filter reads all {maps} maps."),
                (right - filters, "These are the weights. The biases are missing."),
                (conv_parameters(size, parts, filters // groups), f"That is one of the {in_words(groups)} groups."),
                (right - filters + filters // groups, f"Every one of the {filters} filters has a bias."),
                (right + filters * (groups - 1), "A filter has one bias, not one for each group."),
            ],
        ),
        hint=(
            f"There are still {filters} filters with a bias each. But a filter reads only the {parts} maps of its own "
            "group."
        ),
        solution=f"""
weights = {size} * {size} * {parts}      # of one filter: it reads {_SHARES[groups]} of the {maps} maps
answer = (weights + 1) * {filters}
""",
        lesson=f"{in_words(groups).capitalize()} groups {share}, and leave the biases as they are.",
    )


_SHARES = {2: "half", 3: "a third", 4: "a quarter"}

q2 = grouped_parameters()

_SMALLER = {
    **dict.fromkeys(
        ("conv1", "conv2", "conv3", "conv4"),
        "That saves less than a million: this layer has few parameters, and so has the layer after it.",
    ),
    "conv5": "A good thought: the layer after it loses half of its weights, 19 million in all. Another one saves more.",
    "fc7": "That saves half of fc7 and half of the weights of fc8, 10 million. Another layer saves more.",
    "fc8": "fc8 must keep one neuron for each class.",
}


@knows(*_SMALLER)
def _halved(answer):
    name = answer.strip().lower() if isinstance(answer, str) else None
    if name == "fc6":
        return None
    return _SMALLER.get(name, 'Give the name of one layer with weights in quotation marks, for example "conv1".')


q3 = Exercise(
    judge=_halved,
    hint=(
        "The layer that you choose loses half of its parameters, and the layer after it half of its weights. "
        "Add both up."
    ),
    solution="""
answer = "fc6"      # 37,752,832 / 2 of its own and 4,096 * 4,096 / 2 weights of fc7
""",
    lesson="That saves 27 million, nearly half of AlexNet. conv5 is second, for fc6 reads its maps.",
)


def _case(seed, shape, size):
    """Make a pooled map whose windows do not overlap, its switches, and the size of the map that was pooled."""
    return *pool_with_switches(np.random.default_rng(seed).integers(1, 50, shape).astype(float), size), *shape


def _sorted(pooled, switches, height, width):
    out = np.zeros(height * width)
    out[np.sort(switches.ravel())] = pooled.ravel()
    return out.reshape(height, width)


def _at_corners(pooled, switches, height, width):
    out = np.zeros((height, width))
    rows, columns = height // pooled.shape[0], width // pooled.shape[1]
    out[::rows, ::columns] = pooled
    return out


def _everywhere(pooled, switches, height, width):
    rows, columns = height // pooled.shape[0], width // pooled.shape[1]
    return np.repeat(np.repeat(pooled, rows, axis=0), columns, axis=1)


def _columns_first(pooled, switches, height, width):
    return unpool(pooled, switches, (height, width)).reshape(width, height).T


def _reshaped(pooled, switches, height, width):
    return unpool(pooled, switches, (height, width)).reshape(width, height)


q4 = Exercise(
    judge=same_function(
        lambda pooled, switches, height, width: unpool(pooled, switches, (height, width)),
        cases=[_case(1, (4, 4), 2), _case(2, (4, 6), 2), _case(3, (9, 6), 3)],
        mistakes=[
            (_at_corners, "You put each value into the corner of its window. The switches say where it was."),
            (_everywhere, "You fill each window with its maximum. Only one pixel gets it, the others are 0."),
            (_reshaped, "Rows and columns of your result are exchanged: reshape takes the height first."),
            (
                lambda pooled, switches, height, width: unpool(pooled, switches, (height, width)).T,
                "Rows and columns of your result are exchanged: it has height rows and width columns.",
            ),
            (_columns_first, "Rows and columns are exchanged: the switches count row by row."),
            (_sorted, "The values and the switches no longer belong together. Do not sort them."),
            (
                lambda pooled, switches, height, width: (unpool(pooled, switches, (height, width)) > 0).astype(float),
                "The places are right. Put the values of pooled there, not 1.",
            ),
            (
                lambda pooled, switches, height, width: unpool(pooled, switches, (height, width)).ravel(),
                "The places are right. Give the result its rows and columns with reshape.",
            ),
        ],
    ),
    hint="Begin with height * width zeros in one row: a switch is an index into it. Then .reshape(height, width).",
    solution="""
import numpy as np

def put_back(pooled, switches, height, width):
    image = np.zeros(height * width)
    image[switches.ravel()] = pooled.ravel()
    return image.reshape(height, width)

answer = put_back
""",
    lesson="The values return to where they came from. What pooling threw away stays 0.",
)


def _climb(image, weights, bias, rate, steps, slope=lambda x, w, y: w, active=lambda total: total > 0, low=-1, high=1):
    """Climb the output of one neuron by gradient ascent on its pixels. The usual mistakes change the last four."""
    x, weights = np.array(image, float), np.asarray(weights, float)
    for _ in range(steps):
        total = np.sum(weights * x)
        x = np.clip(x + rate * active(total + bias) * slope(x, weights, max(total + bias, 0)), low, high)
    return x


def _with(**changes):
    return lambda *arguments: _climb(*arguments, **changes)


def _without_bias(image, weights, bias, rate, steps):
    return _climb(image, weights, 0, rate, steps)


def _once(image, weights, bias, rate, steps):
    return _climb(image, weights, bias, rate, 1)


_TINY, _EDGE = np.array([[0.1, 0.2], [0.0, -0.1]]), np.array([[-1.0, 0, 1]] * 3)

q5 = Exercise(
    judge=same_function(
        _climb,
        cases=[
            (_TINY, np.array([[1.0, -2], [0.5, 0]]), 0.5, 0.1, 1),  # one step, no pixel at a limit
            (_TINY, np.array([[1.0, -2], [0.5, 0]]), 0.5, 0.1, 6),  # one pixel at a limit
            (_EDGE.T / 10, _EDGE, 0.2, 0.3, 40),  # all at a limit, but for those of weight 0; active by its bias
            (abs(_TINY), np.array([[1.0, 2], [0.5, 0]]), -0.7, 0.1, 5),  # not active because of its bias
            (np.full((2, 3), 0.25), np.array([[-1.0, -1, -1], [1, -1, -1]]), 0.1, 0.1, 3),  # not active
        ],
        mistakes=[
            (
                _with(slope=lambda x, w, y: -w),
                "Your steps go downhill: the neuron answers less and less. Ascent goes the other way.",
            ),
            (
                _with(active=lambda total: True),
                "The maximum is forgotten: where it gives 0, a small change of a pixel changes nothing.",
            ),
            (_without_bias, "Is the neuron active? The bias decides about that as well."),
            (_with(low=-np.inf, high=np.inf), "The steps are right. Keep all pixels between the two limits."),
            (_with(low=0), "The lower limit is not 0: pixels below 0 are darker than grey."),
            (
                _with(slope=lambda x, w, y: x),
                "That is the slope with respect to the weights. Here the weights stay and the pixels change.",
            ),
            (
                _with(slope=lambda x, w, y: y * w),
                "The slope says how much y changes with a pixel. It does not grow with y itself.",
            ),
            (
                _with(slope=lambda x, w, y: np.sign(w)),
                "You use only the sign of the slope. How strongly a pixel matters counts as well.",
            ),
            (_with(slope=lambda x, w, y: w[::-1, ::-1]), "No flip: each pixel meets the weight at its own place."),
            (_once, "That is a single step. Repeat it, and look at each step whether the neuron is active."),
        ],
    ),
    hint=(
        "y is a sum of weight times pixel. If one pixel grows by a little, by how much does the sum grow? "
        "And what does the maximum leave of that while the sum is below 0? np.clip cuts to a range."
    ),
    solution="""
import numpy as np

def climb(image, weights, bias, rate, steps):
    for _ in range(steps):
        active = (weights * image).sum() + bias > 0
        image = np.clip(image + rate * active * weights, -1, 1)
    return image

answer = climb
""",
    lesson=(
        "The slope is the filter itself: the image turns into the filter's pattern, at last into its signs. "
        "From an image to which the neuron is silent, no step leads anywhere."
    ),
)


def small_filters_for_a_large_one(size=11):
    """Make exercise 6.6 for another large filter, of an odd size."""
    layers = (size - 1) // 2
    saved = 100 * (1 - layers * 9 / size**2)
    fields = [2 * layer + 1 for layer in range(1, layers + 1)]
    mistakes = [
        ((layers, 100 - saved), "The layers are right. The second number is what remains, not what is saved."),
        ((layers, saved / 100), "Nearly: give the second number as a percentage."),
        (
            (layers - 1, 100 * (1 - (layers - 1) * 9 / size**2)),
            f"{in_words(layers - 1).capitalize()} layer{'s see' if layers > 2 else ' sees'} {size - 2} × {size - 2}. "
            "Every layer adds two pixels, beginning with one.",
        ),
        (
            (layers + 1, 100 * (1 - (layers + 1) * 9 / size**2)),
            f"{in_words(layers + 1).capitalize()} layers see more. The first one sees three pixels.",
        ),
        ((layers, 100 * (1 - 9 / size**2)), "The layers are right. Count the weights of all of them."),
        ((layers, int(saved)), "The layers are right. Round the percentage; you cut off its decimals."),
        ((layers, 0), f"The layers are right. Compare {layers} · 9 · C^2 with the weights of one large filter."),
    ]
    if int(saved) == round(saved):
        del mistakes[5]
    return Exercise(
        judge=same_numbers(
            (layers, saved),
            # a number of layers is whole; 63, 62.8 and 62.81 are the same percentage
            tolerance=(0, max(0.2, abs(saved - round(saved)) + 0.001)),
            mistakes=mistakes,
        ),
        hint="One layer sees 3, every further one adds 2. A layer with filters of F × F has F * F * C * C weights.",
        solution=f"""
layers = ({size} - 1) // 2                       # {", ".join(map(str, fields))}
saved = 100 * (1 - layers * 3 * 3 / ({size} * {size}))
answer = (layers, saved)
""",
        lesson=(
            f"{9 * layers} C² weights in place of {size**2} C²: the larger the field, the more small filters save."
        ),
    )


q6 = small_filters_for_a_large_one()


def dense_layer_on_means(total=60_965_224, side=6, maps=256, neurons=4096, layer="fc6"):
    """Make exercise 6.7 for another network; `layer` names its first dense layer."""
    before, after = (side * side * maps + 1) * neurons, (maps + 1) * neurons
    right, gone = total - before + after, (before - after) / total
    subject = layer if layer == "fc6" else layer.capitalize()
    share = "Sixty" if round(100 * gone) == 60 else f"{100 * gone:.0f}"
    return Exercise(
        judge=same_numbers(
            right,
            mistakes=[
                (after, f"That is {layer} alone. What is the whole network?"),
                (before - after, "That is what is saved. What is left?"),
                (total - before, f"That is the network without {layer}. It is still there, only smaller."),
                (right - neurons, f"The biases of {layer} are missing."),
                (total - before + 2 * neurons, f"There are {maps} maps, so {layer} reads {maps} numbers."),
            ],
        ),
        hint=(
            f"{subject} had ({side} * {side} * {maps} + 1) * {neurons} parameters. "
            f"Take them away and add what it has when it reads {maps} numbers."
        ),
        solution=f"""
before = ({side} * {side} * {maps} + 1) * {neurons}
after = ({maps} + 1) * {neurons}
answer = {total:_} - before + after
""",
        lesson=f"{share} per cent of all parameters are gone, and not one convolution has changed.",
    )


q7 = dense_layer_on_means()
