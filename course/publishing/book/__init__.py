"""The book: how the notebooks, as they are stored, become pages.

    chapter.py       a notebook without its notes, with folded set-up, hints and solutions
    links.py         a link to a file is one to its page, or to the file at the public address
    glossary.py      glossary.md as a page, and its terms as links in the chapters
    library.py       a page for each module of `utils`, read from its source
    references.py    what the chapters cite, on one page
    finish.py        what is mended in the pages that Sphinx has made
    font.py          a font for formulas, as large as the formulas need
    source.py        all of these as a folder of text files
    search.js        what the search adds to that of Sphinx: terms and objects under their names come first
    scorer.js        in which order it lists the rest
    extension.py     what Sphinx has to know in order to make a book of that folder
    complete.py      does the book have every chapter, figure and explorer of the notebooks?

`course/book.py` does one after the other.
"""
