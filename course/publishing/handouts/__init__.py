"""What the command `handouts` needs: two versions of a notebook, printable pages, and what the notebooks need to run.

`versions` makes a student's and an instructor's notebook of a stored one, `page` prints it (`page.html`, `page.css`),
`exercises` prints the questions alone, `answers` is the room to write, and `library` copies `utils`, for students
without the solutions. The README of each folder begins as `students.md` or `instructors.md` do.
"""
