"""Read the Markdown of a notebook: headings, links, and the numbers in its prose."""

import re


def headings(source):
    """Return the number signs of each heading, fenced code left out."""
    return re.findall(r"^(#{1,6}) ", without_fences(source), re.MULTILINE)


def without_fences(source):
    """Remove fenced code."""
    return re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.MULTILINE | re.DOTALL)


def links(source):
    """Return the targets of links and images, without their anchors."""
    found = re.findall(r"\]\(\s*([^)\s]+)|(?:href|src)=[\"']([^\"']+)", without_fences(source))
    return [(markdown or tag).split("#")[0] for markdown, tag in found]


def without_references(cells):
    """Yield each cell's parts, which begin at its headings, as (cell, part); those under "References" are left out."""
    reference_level = None
    for cell in cells:
        for part in re.split(r"(?m)^(?=#{1,6} )", without_fences(cell.source)):
            if heading := re.match(r"(#{1,6}) +(.*)", part):
                level = len(heading[1])
                if heading[2].strip().lower() == "references":
                    reference_level = level
                elif reference_level and level <= reference_level:
                    reference_level = None
            if not reference_level:
                yield cell, part


NOT_PROSE = re.compile(
    r"`[^`]*`"  # code in a line
    r"|\]\([^)]*\)|https?://\S+"  # targets of links
    r"|\b10\.\d{4,}/\S+|arxiv:\s*[\d.]+"  # DOIs and arXiv numbers
    r"|<[^>]*>",  # HTML tags
    re.IGNORECASE,
)


def prose(source):
    """Return the text to read of Markdown without fenced code: no code in a line, targets of links, DOIs or tags."""
    return NOT_PROSE.sub(" ", source)


SEPARATOR = r"(?:,|\{,\}|\\,|\u2009|\u202f|\u00a0)"
NUMBER = re.compile(rf"(?<![\w.])(?:\d{{1,3}}(?:{SEPARATOR}\d{{3}})+(?!\d)|\d+)(?:\.\d+)?")


def numbers(text):
    """Return all numbers in the text, written without separators and without zeros at the end of decimals."""
    plain = [re.sub(SEPARATOR, "", found) for found in NUMBER.findall(text)]
    return [re.sub(r"\.?0+$", "", number) if "." in number else number for number in plain]


def large_numbers(text):
    """Return the numbers of four or more digits before the decimal point that are not years."""
    years = re.compile(r"(?<![\d.,}])(?:19|20)\d\d(?!\d|,\d|\{,|\.\d)")
    return [number for number in numbers(years.sub(" ", text)) if len(number.split(".")[0]) >= 4]
