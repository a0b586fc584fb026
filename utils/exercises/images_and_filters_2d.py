"""Exercises of notebook 02: images and filters."""

import functools
import math

import numpy as np

from utils.convolution import convolve2d, correlate2d, correlate2d_sums
from utils.exercises.designed_filters import LINES, MOVING, SIDES, finds_lines, shifts
from utils.exercises.exercise import Exercise, in_words
from utils.exercises.judges import knows, same_function, same_numbers


def bytes_of_an_image(rows=600, columns=600):
    """Make exercise 2.1 for an image of any size."""
    pixels = rows * columns
    return Exercise(
        judge=same_numbers(
            3 * pixels,
            mistakes=[
                (pixels, "That is a grey image. How many numbers does a pixel of an RGB image have?"),
                (3 * columns, f"An image has rows and columns: {columns} pixels are a single row."),
                (8 * 3 * pixels, "Those are bits. Eight of them are a byte."),
                (4 * pixels, "That would be four numbers a pixel, with transparency. RGB has fewer."),
                (3 * pixels / 1e6, "That is the number of millions. Give the number of bytes."),
                (3 * pixels / 1e3, "That is the number of thousands. Give the number of bytes."),
            ],
        ),
        hint="Pixels first: rows times columns. Then bytes: one for each colour of a pixel.",
        solution=f"answer = {rows} * {columns} * 3",
        lesson=f"3 {'N' if rows == columns else 'M'} * N bytes: twice the resolution takes four times the memory.",
    )


q1 = bytes_of_an_image()


def filter_by_hand(image=((1, 2, 0), (0, 1, 3), (4, 0, 1)), kernel=((0, 1), (2, 3))):
    """Make exercise 2.2 for another image of 3 × 3 and another filter of 2 × 2."""
    image, kernel = np.array(image), np.array(kernel)
    first = image[:2, :2].ravel()
    places = [
        [" + ".join(f"{w}*{x}" for w, x in zip(kernel.ravel(), image[i : i + 2, j : j + 2].ravel())) for j in range(2)]
        for i in range(2)
    ]
    return Exercise(
        judge=same_numbers(
            correlate2d(image, kernel),
            mistakes=[
                (convolve2d(image, kernel), "You flipped the filter. On the succeeding pixels it stays as it is."),
                (
                    correlate2d(image, kernel.T),
                    "Rows and columns of the filter are exchanged: its second row is {}, {}.".format(*kernel[1]),
                ),
                (correlate2d(image, kernel).T, "Rows and columns of your result are exchanged."),
                (image[:2, :2] * kernel, "These are the products of the first place. Add them up, then slide on."),
            ],
        ),
        hint=(
            f"Four places. At the first the pixels under the filter are {', '.join(map(str, first))}; "
            "multiply each by its weight and add."
        ),
        solution=f"""
answer = [[{places[0][0]},  {places[0][1]}],
          [{places[1][0]},  {places[1][1]}]]
""",
        lesson="Four places, four sums of four products.",
    )


q2 = filter_by_hand()

_cases = [
    (np.arange(20.0).reshape(4, 5) ** 2, np.array([[1.0, 2.0], [3.0, 5.0]])),
    (
        np.array([[3.0, 1.0, 4.0, 1.0], [5.0, 9.0, 2.0, 6.0], [5.0, 3.0, 5.0, 8.0]]),
        np.array([[1.0, 0.0, -2.0], [0.5, 4.0, 1.0]]),
    ),
    (np.arange(9.0).reshape(3, 3), np.array([[2.0]])),
    (np.array([[0.5, 3.0], [1.0, 2.0]]), np.array([[-1.0, -2.0]])),
    (np.array([[2.0, 1.0, 0.0], [4.0, 3.0, 1.0]]), np.array([[1.0, 0.0, 2.0], [3.0, -1.0, 1.0]])),  # fits in once
]

q3 = Exercise(
    judge=same_function(
        correlate2d_sums,
        cases=_cases,
        mistakes=[
            (convolve2d, "You flip the kernel. On the succeeding pixels it stays as it is."),
            (
                lambda image, kernel: correlate2d(image, kernel)[:-1, :-1],
                "The last row and column of places are missing: count how often the kernel fits.",
            ),
            (
                lambda image, kernel: correlate2d(image, kernel, padding="same"),
                "Your result is as large as the image. Use only places where the whole kernel fits in.",
            ),
            (lambda image, kernel: correlate2d(image, kernel).T, "Rows and columns of your result are exchanged."),
        ],
    ),
    hint="The result has image.shape[0] - kernel.shape[0] + 1 rows. At (i, j) the pixels are image[i:i+m, j:j+n].",
    solution="""
import numpy as np

def correlate(image, kernel):
    m, n = kernel.shape
    result = np.zeros((image.shape[0] - m + 1, image.shape[1] - n + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.sum(image[i:i + m, j:j + n] * kernel)
    return result

answer = correlate
""",
    lesson="The inner sums over a and b are one NumPy line; the two loops move the window.",
)


def shifting_filter(side="right"):
    """Make exercise 2.4 for another side: left, right, up or down."""
    rows, columns, opposite, where, neighbour = SIDES[side]
    table = np.zeros((3, 3), int)
    table[1 - rows, 1 - columns] = 1
    lines = [str(row.tolist()) + end for row, end in zip(table, (",", ",", "]"))]
    lines[1 - rows] += f"      # take the pixel {where} the centre"
    return Exercise(
        judge=knows(*MOVING)(lambda kernel: shifts(kernel, side)),
        hint="In a moved image every pixel is a copy of one neighbour. Which neighbour of (i, j) ends up at (i, j)?",
        solution="\nanswer = [" + "\n          ".join(lines) + "\n",
        lesson=(
            f"The weight {where.removeprefix('to the ')} the centre copies the {neighbour} neighbour, "
            f"so everything moves {side}. A true convolution would flip the filter, and move the image {opposite}."
        ),
    )


q4 = shifting_filter()


def _columns(step):
    return ", ".join(str(k * step) for k in range(4))


def alias(period=10, step=8):
    """Make exercise 2.5 for other stripes; the kept columns are nearer to each other than the stripes."""
    both = math.lcm(period, step)
    kept, stripes = both // step, both // period
    wider = "twice" if stripes == 2 else f"{in_words(stripes)} times"
    return Exercise(
        judge=same_numbers(
            kept,
            mistakes=[
                (both, "That is the distance in pixels of the original. How many of the kept columns is it?"),
                (
                    period / step,
                    f"There are whole columns only: after how many steps of {step} does one meet a brightest column "
                    "again?",
                ),
                (
                    step / period,
                    "That is the part of a stripe between two kept columns. When have whole stripes passed?",
                ),
                (2 * kept, f"After {in_words(2 * kept)} columns the pattern has repeated twice. Find the first time."),
                (2 * both, "That is in pixels, and the pattern repeats earlier."),
                (stripes, "That is how many real stripes lie between two that you see."),
                (
                    period - step,
                    "That is by how many pixels each kept column misses the next stripe. How many steps make a stripe?",
                ),
                (step, "That is how far apart the kept columns are. Which of them is the next to be a brightest one?"),
            ],
        ),
        hint=(
            f"The kept columns are {_columns(step)}, ... A stripe is brightest at the columns {_columns(period)}, "
            f"... Which is the next column that is in both lists, and how many steps of {step} is it?"
        ),
        solution=f"""
import math

answer = math.lcm({step}, {period}) // {step}         # column {both} is the next in both lists
""",
        lesson=(
            f"{in_words(kept).capitalize()} kept columns, {both} pixels: stripes {wider} as wide as "
            "the real ones, which are not in the scene."
        ),
    )


q5 = alias()


def _same_direction(degrees, mistakes):
    """Make a judge that takes full turns for nothing."""
    judge = same_numbers(degrees, mistakes=mistakes, tolerance=0.1)

    @functools.wraps(judge)
    def judge_direction(answer):
        try:
            turned = np.asarray(answer, float)
        except Exception:  # whatever an object does when it is turned into an array; `judge` finds words for it
            return judge(answer)
        if turned.size == 1 and np.isfinite(turned).all() and np.abs(turned).max() >= 5:  # degrees
            return judge(float((turned.item() + 180) % 360 - 180))
        return judge(answer)

    return judge_direction


def _sobel(name, plus, minus):
    """Write down one of Sobel's sums, as the solution shows it."""
    plus, minus = (f"({a} + 2*{b} + {c})" for a, b, c in (plus, minus))
    return f"{name} = {plus} - {minus}"


def gradient_direction(nine=((10, 10, 10), (10, 10, 40), (10, 40, 70))):
    """Make exercise 2.6 for other pixels, the brightest of them in a corner."""
    nine = np.array(nine)
    weights = np.array([1, 2, 1])
    s_x, s_y = weights @ (nine[:, 2] - nine[:, 0]), weights @ (nine[0] - nine[2])
    degrees = float(np.degrees(np.arctan2(s_y, s_x)))
    vertical, horizontal = "up" if s_y > 0 else "down", "right" if s_x > 0 else "left"
    return Exercise(
        judge=_same_direction(
            degrees,
            mistakes=[
                (-degrees, "Rows are counted downwards. Is it the upper or the lower side that is brighter?"),
                ((degrees + 360) % 360 - 180, "Check both signs: S_x is right minus left, S_y is top minus bottom."),
                ((360 - degrees) % 360 - 180, "Check the sign of S_x: it is right minus left."),
                (np.radians(degrees), "That is the angle in radians. Turn it into degrees."),
                (
                    -np.radians(degrees),
                    "That is an angle in radians; and check the sign of S_y: it is top minus bottom.",
                ),
                (np.hypot(s_x, s_y), "That is the length of the arrow. Which way does it point?"),
                ((s_x, s_y), "Those are S_x and S_y. Now the angle: atan2(S_y, S_x)."),
                ((s_x, -s_y), "Check the sign of S_y: it is top minus bottom. Then take the angle."),
                (s_y / s_x, "That is S_y / S_x, the tangent of the angle."),
                (0, "The image also changes from top to bottom."),
                (90 * np.sign(s_y), "The image also changes from left to right."),
            ],
        ),
        hint=(
            "Lay the two filters on the nine pixels: S_x is the right column minus the left one with weights 1, 2, 1; "
            "S_y the top row minus the bottom row. Then numpy.degrees(numpy.arctan2(S_y, S_x))."
        ),
        solution=f"""
import numpy as np

{_sobel("S_x", nine[:, 2], nine[:, 0])}
{_sobel("S_y", nine[0], nine[2])}
answer = np.degrees(np.arctan2(S_y, S_x))
""",
        lesson=(
            f"It points {vertical} and to the {horizontal}, across the edge, to the bright corner."
            + f" {degrees % 360:.4g} degrees is the same direction." * (degrees < 0)
        ),
    )


q6 = gradient_direction()


def line_filter(line="horizontal", ground="dark"):
    """Make exercise 2.7 for horizontal or vertical lines on a dark or bright ground."""
    other, part, middle = ("vertical", "column", "row") if line == "horizontal" else ("horizontal", "row", "column")
    usual = (LINES if line == "horizontal" else LINES.transpose(0, 2, 1)).tolist()
    sign, name = (1, "positive") if ground == "dark" else (-1, "negative")
    table = sign * np.array([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]])
    rows = [f"[{', '.join(f'{weight:2}' for weight in row)}]" for row in (table if line == "horizontal" else table.T)]
    return Exercise(
        judge=knows(*usual)(lambda kernel: finds_lines(kernel, line, ground)),
        hint=(
            f"A {other} line covers one {part} of the filter, a {line} line one {middle}. "
            f"What must every {part} add up to, and what the middle {middle}?"
        ),
        solution="\nanswer = [" + ",\n          ".join(rows) + "]\n",
        lesson=(
            f"Every {part} adds up to 0, the middle {middle} to a {name} number. "
            f"Turned by 90 degrees, such a filter finds {other} lines."
        ),
    )


q7 = line_filter()
