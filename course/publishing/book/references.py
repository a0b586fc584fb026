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
# What a line says to the readers of its chapter: which topic or part of the work to look at, and why.
REMARKS = re.compile(
    r"; (?:topics?|table) .*?(?=\. \[|$)"
    r"|, (?:chapters?|sections?|figure) .*?(?=\. |, \[|$)"
    r"| \((?!\d{4})[^()]*\)(?=\. \[)"
)
# Two chapters give initials and put the year last: A. B. Author, C. Author: *Title*, Journal 1, 2015. Link
INITIALS = r"(?:[A-Z]\. )+"
YEAR_LAST = re.compile(
    rf"^(?P<names>{INITIALS}[^:*]+?)(?P<others> and others)?: (?P<title>\*[^*]+\*)(?P<where>.*?),? (?P<year>\d{{4}})\. "
)
AFTER = re.compile(r"(?<=\))(?:: |, |\. ).*")


def cited(cells):
    """List the works under "References" in some Markdown cells, as they are written there."""
    items = [item for cell in cells for section in SECTION.findall(cell.source) for item in ITEM.findall(section)]
    return [work for item in items for work in TWO_WORKS.split(item)]


def works(citations):
    """Gather what is said about each work.

    Args:
        citations: A dict: for each chapter the works that it cites, in Markdown.

    Returns:
        A dict: for each work, named by its DOI or else its title, its longest text, without remarks, and its chapters.
    """
    found = {}
    for chapter, lines in citations.items():
        for line in lines:
            text, chapters = found.get(key(line), ("", ()))
            chapters = tuple(dict.fromkeys([*chapters, chapter]))
            found[key(line)] = (max(text, without_remarks(line), key=len), chapters)
    return found


def without_remarks(line):
    """Return a line without what is said to the readers of its chapter; what follows a DOI is such a remark."""
    line = REMARKS.sub("", line)
    if address := IDENTIFIER.search(line):
        line = line[: address.end()] + AFTER.sub("", line[address.end() :])
    return line


def in_one_style(line):
    """Return a line with names and year as most have them: Author & Author (2015), *Title*, Journal 1, Link."""
    return YEAR_LAST.sub(year_first, line)


def year_first(found):
    """Return what `YEAR_LAST` has found, with the year after the names."""
    names = [re.sub(rf"^{INITIALS}", "", name) for name in found["names"].split(", ")]
    first = ", ".join(names[:-1]) + (" & " if names[1:] else "") + names[-1]
    return f"{first}{' et al.' if found['others'] else ''} ({found['year']}), {found['title']}{found['where']}, "


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
    entries = {True: [], False: []}  # has it a title?
    for name, (text, chapters) in sorted(works(citations).items(), key=lambda item: (year(item[1][0]), item[0])):
        entry = f"- {with_doi(in_one_style(text), name)} <br>Cited in {', '.join(map(link, chapters))}."
        entries["*" in text].append(entry)
    lines = ["# References", "", "What the chapters cite, the oldest first.", "", *entries[True], ""]
    return "\n".join([*lines, "## Data", "", *entries[False]]) + "\n"


def with_doi(text, name):
    """Return the text about a work as a sentence, with its DOI."""
    text = text.strip().rstrip(".")
    if name.startswith("10.") and f"doi.org/{name}" not in text:
        text += f", [doi:{name}](https://doi.org/{name})"
    if name in DOIS["titles"].values():
        text = text.replace(f"[doi:{name}]", f"reprinted as [doi:{name}]")
    return text + "."


def year(text):
    """Return the year of a work, or 9999 if none is given."""
    years = re.findall(r"(?<![\d./:])(?:19|20)\d\d(?!\d|\.\d{4})", re.sub(r"\]\([^)]*\)", "", text))
    return int(years[0]) if years else 9999
