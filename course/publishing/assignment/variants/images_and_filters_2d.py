"""Variants of the exercises of notebook 02. `correlate` has no numbers: its solution is public."""

from course.publishing.assignment.variant import Variant, one, table, whole
from utils.exercises import images_and_filters_2d as exercises


def nine_pixels(rng):
    """Draw nine pixels that get brighter towards one corner."""
    base = 10 * whole(rng, 1, 3)
    rows, columns = (sorted([0, 10 * whole(rng, 0, 4), 10 * whole(rng, 1, 6)]) for _ in range(2))
    nine = [[base + row + column for column in columns] for row in rows]
    nine = nine[::-1] if rng.random() < 0.5 else nine
    return dict(nine=[row[::-1] for row in nine] if rng.random() < 0.5 else nine)


def stripes(rng):
    """Draw stripes, and columns to keep whose alias has a whole number of them."""
    less = whole(rng, 2, 6)
    step = less * one(rng, 2, 3, 5, 6, 7)
    return dict(period=step + less, step=step)


def ask_for_columns(period, step):
    """Ask exercise 2.5."""
    begin, again = "The stripes in a photograph are", ""
    if (period, step) == (10, 8):
        begin, again = "Now the stripes are", "again "
    stripes = ", ".join(str(k * period) for k in range(4))
    return (
        f"{begin} brightest at the columns {stripes}, ... and {again}every {EVERY[step]} column is kept. "
        "How many *kept* columns is it from one brightest column to the next?"
    )


def ask_for_direction(nine):
    """Ask exercise 2.6."""
    lecture = tuple(map(tuple, nine)) == ((10, 10, 10), (10, 10, 40), (10, 40, 70))
    first, second, third = (", ".join(map(str, row)) for row in nine)
    return (
        f"Nine pixels of an image: {first} in the first row, {second} in the second, {third} in the third. "
        "In which direction does the gradient point, according to Sobel's filters?"
        + ("" if lecture else " Answer to one decimal.")
    )


def ask_for_line(line, ground):
    """Ask exercise 2.7."""
    other, shade = "vertical" if line == "horizontal" else "horizontal", "bright" if ground == "dark" else "dark"
    return (
        f"Design a 3×3 filter that gives 0 on any flat region and on any {other} line, and a positive value at the "
        f"centre of a {shade} {line} line, one pixel thick, on a {ground} ground."
    )


def as_code(rows):
    """Write a table as the notebook does."""
    return str([list(row) for row in rows])


ENDINGS = {21: "st", 22: "nd", 23: "rd", 31: "st", 32: "nd", 33: "rd", 41: "st", 42: "nd"}
EVERY = {number: f"{number}{ENDINGS.get(number, 'th')}" for number in range(4, 43)}
SIDES = {"left": "to the **left**", "right": "to the **right**", "up": "**up**", "down": "**down**"}

VARIANTS = {
    "q1": Variant(
        exercises.bytes_of_an_image,
        draw=lambda rng: dict(rows=100 * whole(rng, 2, 40), columns=100 * whole(rng, 2, 40)),
        question=lambda rows, columns: (
            f"How many bytes does an uncompressed RGB image of {rows} × {columns} pixels take, 8 bits for each colour?"
        ),
    ),
    "q2": Variant(
        exercises.filter_by_hand,
        draw=lambda rng: dict(image=table(rng, (3, 3), 0, 5), kernel=table(rng, (2, 2), 0, 4)),
        question=lambda image, kernel: (
            f"Apply the filter `{as_code(kernel)}` to the image below, on the succeeding pixels. Work it out on paper."
        ),
        given=lambda image, kernel: (
            f"image = np.array({as_code(image)})\n"
            "answer = None                  # a list of rows, for example [[1, 2], [3, 4]]"
        ),
    ),
    "q4": Variant(
        exercises.shifting_filter,
        draw=lambda rng: dict(side=one(rng, "left", "up", "down")),
        question=lambda side: (
            f"Find a 3×3 filter that moves the whole image one pixel {SIDES[side]}. "
            + (
                "It is used as in `correlate2d`, without a flip; the result belongs to the pixel under its centre."
                if side == "right"
                else "It is laid on the pixels as it is, without a flip, and the nine products are added up; "
                "the sum belongs to the pixel under its centre."
            )
        ),
    ),
    "q5": Variant(
        exercises.alias,
        draw=stripes,
        question=ask_for_columns,
    ),
    "q6": Variant(
        exercises.gradient_direction,
        draw=nine_pixels,
        question=ask_for_direction,
        given=lambda nine: (
            f"nine = np.array({as_code(nine)})\n"
            "answer = None                  # an angle in degrees: 0 is right, 90 is up"
        ),
    ),
    "q7": Variant(
        exercises.line_filter,
        draw=lambda rng: dict(
            zip(("line", "ground"), one(rng, ("vertical", "dark"), ("vertical", "bright"), ("horizontal", "bright")))
        ),
        question=ask_for_line,
    ),
}
