"""Tools for those who maintain or teach the course, behind one front door: `python -m course --help`.

Reading the notebooks needs none of this; neither they nor `utils` import it.
"""
