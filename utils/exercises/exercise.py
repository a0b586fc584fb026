"""An exercise: check an answer, give a hint, show the solution."""

import sys

from utils.exercises import MODULES

LONGEST = 270  # characters of feedback: with the number of the exercise they stay below 300

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = (  # ORDINALS[1] is the first
    *("zeroth", "first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)


class Unanswered(Exception):
    """Raised by a judge when a function still returns None."""


class TooLong(BaseException):
    """Raised in an answer that runs for too long; not an Exception, so that `except Exception` does not catch it."""


class Wrong(Exception):
    """Raised by a judge, or by what it calls, with the feedback; its first letter becomes a capital."""


class Exercise:
    """One exercise: `check` an answer, ask for a `hint`, see the `solution`.

    Args:
        judge: A function that takes the answer. It returns None if the answer is right, and otherwise one or two
            sentences of feedback that help without giving the answer away. `utils.exercises.judges` makes such
            functions.
        hint: A step towards the answer, but not the answer.
        solution: Python code that leaves its result in a variable called `answer`. The tests run it. Hand-outs for
            students come without it.
        lesson: The point of the exercise, printed with a right answer and with the solution.
    """

    def __init__(self, *, judge, hint, lesson, solution=None):
        self.judge = judge
        self.hint_text = hint
        self.solution_code = solution
        self.lesson = lesson

    @property
    def mistakes(self):
        """Pairs (wrong answer, feedback): the usual mistakes that the judge knows by name."""
        return tuple(getattr(self.judge, "mistakes", ()))

    @property
    def number(self):
        """Chapter and question: "5.2" for `q2` of lenet.py, which belongs to notebook 05; "?" outside of MODULES."""
        for chapter, name in enumerate(MODULES):
            module = sys.modules.get(f"utils.exercises.{name}")
            for variable, value in vars(module).items() if module else ():
                if value is self:
                    return f"{chapter}.{variable.removeprefix('q')}"
        return "?"

    def check(self, answer=None):
        """Judge an answer and print the verdict, with feedback on a wrong one."""
        verdict, text = self.evaluate(answer)
        print(
            f"Exercise {self.number}: {text}"
            if verdict is None
            else f"Exercise {self.number}: {'right' if verdict else 'not yet'}. {text}"
        )

    def evaluate(self, answer=None):
        """Judge an answer without printing.

        Args:
            answer: A number, text, an array, a function. None and ... are no answers.

        Returns:
            (True, lesson), (False, feedback), or (None, request) if there is no answer yet.
        """
        if answer is None or answer is ...:
            return None, "not answered yet. Fill in your answer and run the cell again; .hint() helps."
        try:
            feedback = self.judge(answer)
        except Unanswered:
            return None, "your function returns nothing yet. Write its body, end with `return`; .hint() helps."
        except Wrong as wrong:
            feedback = str(wrong)
            feedback = feedback[0].upper() + feedback[1:]
        return (True, self.lesson) if feedback is None else (False, shorten(feedback, LONGEST))

    def hint(self):
        """Print the hint."""
        print(f"Hint {self.number}: {self.hint_text}")

    def solution(self):
        """Print the solution and the lesson."""
        if self.solution_code is None:
            print(f"Solution {self.number}: it is not part of this hand-out; .hint() helps.")
            return
        print(f"Solution {self.number}:\n\n{self.solution_code.strip()}\n\n{self.lesson}")


def in_words(number):
    """Return a whole number as text, up to twelve in letters."""
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def shorten(text, length):
    """Return a text as one line of at most `length` characters."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 3] + "..."
