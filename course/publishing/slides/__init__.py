"""What the command `slides` needs: the notebook made ready, a template, fonts, and the scripts that arrange slides.

`cells` takes out what is not for the room, `page` puts a notebook into `template`, `fonts` makes the fonts small, and
`printing` makes PDF files. The page that opens cuts the notebook into blocks (`blocks.js`), finds the best slides
for them (`arrange.js`), and hands these to reveal.js (`deck.js`).
"""
