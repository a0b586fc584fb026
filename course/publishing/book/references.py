"""What the chapters cite, on one page: each work once, in order of its year, with its DOI and the chapters.

Two lines are about one work if they link the same DOI or arXiv number, or else have the same title.
"""

import re
import tomllib
from pathlib import Path

DOIS = tomllib.loads(Path(__file__).with_name("dois.toml").read_text(encoding="utf-8"))
SECTION = re.compile(r"^## References\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
ITEM = re.compile(r"^- (.+(?:\n  .+)*)", re.MULTILINE)
TWO_WORKS = re.compile(r", and (?=[A-Z][^*]*\*)")
IDENTIFIER = re.compile(r"https?://(doi\.org|arxiv\.org)/(?:abs/)?([^)\s]+)")
LECTURE = re.compile(r"(?<=^The lecture: )(.*?);.*")  # its topics differ from chapter to chapter


def cited(cells):
    """List the works under "References" in some Markdown cells, as they are written there."""
    items = [item for cell in cells for section in SECTION.findall(cell.source) for item in ITEM.findall(section)]
    return [LECTURE.sub(r"\1.", work) for item in items for work in TWO_WORKS.split(item)]


def works(citations):
    """Gather what is said about each work.

    Args:
        citations: A dict: for each chapter the works that it cites, in Markdown.

    Returns:
        A dict: for each work its longest text and its chapters. Its key is its DOI, or else its title.
    """
    found = {}
    for chapter, lines in citations.items():
        for line in lines:
            text, chapters = found.get(key(line), ("", ()))
            found[key(line)] = (max(text, line, key=len), tuple(dict.fromkeys([*chapters, chapter])))
    return found


def key(line):
    """Return a work's DOI, or its title if it has none, or else the line."""
    if identifier := IDENTIFIER.search(line):
        site, name = identifier.groups()
        return name if site == "doi.org" else DOIS["published"].get(name, f"10.48550/arXiv.{name}")
    title = re.search(r"\*([^*]+)\*", line)
    title = re.sub(r"\W+", " ", (title[1] if title else line).lower()).strip()
    return DOIS["titles"].get(title, title)


def page(citations, link):
    """Return the page in Markdown.

    Args:
        citations: As for `works`.
        link: A function that makes of a chapter a link to it.
    """
    lines = ["# References", "", "What the chapters cite, the oldest first."]
    for name, (text, chapters) in sorted(works(citations).items(), key=lambda item: (year(item[1][0]), item[0])):
        lines += ["", f"- {with_doi(text, name)} <br>Cited in {', '.join(map(link, chapters))}."]
    return "\n".join(lines) + "\n"


def with_doi(text, name):
    """Return the text about a work as a sentence, with its DOI."""
    text = text.strip().rstrip(".")
    if name.startswith("10.") and f"doi.org/{name}" not in text:
        text += f", [doi:{name}](https://doi.org/{name})"
    return text + "."


def year(text):
    """Return the year of a work, or 9999 if none is given."""
    years = re.findall(r"(?<![\d./:])(?:19|20)\d\d(?!\d|\.\d{4})", re.sub(r"\]\([^)]*\)", "", text))
    return int(years[0]) if years else 9999
