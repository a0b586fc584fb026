"""The variants of each notebook's exercises, in modules that are named like those of `utils.exercises`.

Each has a dict VARIANTS. An exercise that is not in it has no other numbers to ask for, and is not graded.
"""
