"""Graded assignments: exercises with other numbers, and the judging of what students hand in.

    variant.py    other numbers for an exercise, drawn by a seed; `variants` has them for each notebook
    notebook.py   the notebook that a student gets, and the same with solutions
    submission.py finds what was handed in and reads it, whatever it is
    runner.py     runs a student's cells, in a process of its own that confine.py shuts in
    collect.py    starts that process, and ends it
    plain.py      answers as plain data: all that comes back from it
    verdict.py    lets the judges of `utils.exercises` judge these data
    report.py     the table of points, and a page of feedback for each student

No code of a student runs in the process that judges, and the key is out of reach for the process that runs it.
"""
