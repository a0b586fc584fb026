"""What the commands `book`, `slides`, `handouts` and `assignment` share; each is a module of `course`.

All of them read the notebooks as they are stored, run none, and need no network. What they make stands in one folder,
which git ignores:

    published/site/book      a page for each notebook, glossary, index of utils
    published/site/slides    a file for each notebook
    published/handouts       for students and for instructors
    published/assignments    graded exercises, with other numbers
    published/grades         points and feedback for what was handed in
"""
