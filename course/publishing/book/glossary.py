"""The glossary: a page of definitions, and in each chapter a link from the first use of every term.

glossary.md has a line for each term: its name in bold, in brackets other names, forms, and the chapters where the word
means something else, and the definition.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes

from course.publishing.book.fold import FoldNode

SOURCE = Path(__file__).with_name("glossary.md")
SEARCH = Path(__file__).with_name("search.js")
BRACKETS = r"(?: \((?:also (?P<others>[^;)]+))?(?:(?:; )?as (?P<forms>[^;)]+))?(?:(?:; )?not (?P<chapters>[^)]+))?\))?"
ENTRY = re.compile(rf"^- \*\*(?P<name>[^*]+)\*\*{BRACKETS}: (?P<text>.+)", re.MULTILINE)
PAGE = "glossary"
NO_PROSE = (
    *(nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw),
    *(nodes.title, nodes.term, nodes.reference, addnodes.pending_xref, FoldNode),
)


class Term(NamedTuple):
    """A term of the glossary."""

    name: str
    others: tuple[str, ...]  # names with an entry of their own
    forms: tuple[str, ...]  # forms and spellings without one
    elsewhere: tuple[str, ...]  # numbers of the chapters where the word means something else
    text: str  # the definition, in Markdown


def terms(text=None):
    """List the terms of a text like glossary.md, which is the default."""
    text = SOURCE.read_text(encoding="utf-8") if text is None else text
    return [
        Term(found["name"], *map(listed, found.group("others", "forms", "chapters")), found["text"])
        for found in ENTRY.finditer(text)
    ]


def listed(text):
    """Return the parts of a text with commas."""
    return tuple(text.split(", ")) if text else ()


def page(terms):
    """Return the page in MyST's Markdown: by their first letters, the terms and their other names in order."""
    entries = {term.name: term.text for term in terms}
    entries |= {other: f"See {{term}}`{term.name}`." for term in terms for other in term.others}
    letters = {}
    for name in sorted(entries, key=str.lower):
        letters.setdefault(name[0].upper(), []).append(f"{name}\n  {entries[name]}\n")
    jump = " · ".join(f"[{letter}](#{letter.lower()})" for letter in letters)
    parts = [f"## {letter}\n\n:::{{glossary}}\n" + "\n".join(part) + ":::\n" for letter, part in letters.items()]
    return "\n".join(["# Glossary\n", f"{jump}\n", *parts])


def pattern(terms):
    """Return a pattern that finds all names of the terms in prose, in the singular and the plural, and their names.

    Returns:
        (a compiled pattern, a dict from the name of a group in it to the name of a term)
    """
    names = sorted(
        ((name, term.name) for term in terms for name in (term.name, *term.others, *term.forms)), key=by_length
    )
    groups = {f"n{k}": term for k, (_, term) in enumerate(names)}
    choices = "|".join(f"(?P<n{k}>{forms(name)})" for k, (name, _) in enumerate(names))
    return re.compile(rf"(?<![\w-])(?:{choices})(?![\w-])", re.IGNORECASE), groups


def by_length(item):
    """Sort the longest name first, so that it is found where a shorter one is a part of it."""
    return -len(item[0])


def forms(name):
    """Return a pattern for a name in the singular and the plural, broken between its words or not."""
    singular = r"[\s-]+".join(map(re.escape, re.split(r"[ -]", name)))
    return f"{singular[:-1]}(?:y|ies)" if re.search("[^aeiou]y$", name) else f"{singular}(?:e?s)?"


def setup(app):
    """Let Sphinx link the terms."""
    app.connect("builder-inited", begin)
    app.connect("doctree-read", link_first_uses)
    app.connect("doctree-resolved", link_back)
    app.connect("build-finished", add_to_search)


def begin(app):
    """Prepare what the pages need."""
    app.env.course_terms = pattern(terms())
    app.env.course_uses = {}  # the name of a term -> [(page, id of its first use there)]


def link_first_uses(app, tree):
    """Link the first use of each term in a chapter to the glossary."""
    page = app.env.docname
    if page == PAGE:
        for definition in tree.findall(nodes.definition):
            own = {term.astext() for term in definition.parent.findall(nodes.term)}
            link_terms(definition, app.env.course_terms, own)
    if not page.startswith("notebooks/"):
        return
    elsewhere = {term.name for term in terms() if page.removeprefix("notebooks/")[:2] in term.elsewhere}
    for term in link_terms(tree, app.env.course_terms, elsewhere):
        app.env.course_uses.setdefault(term, []).append(page)


def link_terms(tree, known, seen):
    """Link the first use of each term below a node.

    Args:
        tree: The node.
        known: The pattern of all terms, and what its groups mean.
        seen: Names of terms that get no link.

    Returns:
        The names of the terms that got one.
    """
    wanted, groups = known
    linked = []
    for text in [text for text in tree.findall(nodes.Text) if is_prose(text)]:
        new, end = [], 0
        for found in wanted.finditer(text):
            name = groups[found.lastgroup]
            if name in seen or name in linked:
                continue
            linked.append(name)
            new += [nodes.Text(text[end : found.start()]), link(name, found[0])]
            end = found.end()
        if new:
            text.parent.replace(text, [*new, nodes.Text(text[end:])])
    return linked


def is_prose(text):
    """Return True for text that is not code, formula, heading, link or reference, and not folded."""
    node = text.parent
    while node is not None:
        if isinstance(node, NO_PROSE):
            return False
        if isinstance(node, nodes.section) and node.next_node(nodes.title).astext() == "References":
            return False
        node = node.parent
    return True


def link(name, text):
    """Return a link to a term that Sphinx will resolve, with the place of the use as its id."""
    reference = addnodes.pending_xref(
        "", nodes.inline("", text), refdomain="std", reftype="term", reftarget=name, refexplicit=True, refwarn=True
    )
    return nodes.inline("", "", reference, ids=[anchor(name)], classes=["term"])


def anchor(name):
    """Return the id of the first use of a term on a page."""
    return "use-" + re.sub(r"\W+", "-", name.lower()).strip("-")


def link_back(app, tree, page):
    """Add to each definition the chapters that use the term, as links to the places where they do so first."""
    if page != PAGE:
        return
    for item in tree.findall(nodes.definition_list_item):
        name = item.next_node(nodes.term).astext()
        links = [link_to_use(app, name, user) for user in app.env.course_uses.get(name, [])]
        if links:
            line = nodes.raw("", f'<p class="uses">In chapters {", ".join(links)}</p>', format="html")
            item.next_node(nodes.definition).append(line)


def link_to_use(app, name, page):
    """Return the HTML of a link to the first use of a term on a page: it shows its number, and is read out in full."""
    number = page.removeprefix("notebooks/")[:2]
    address = f"{app.builder.get_relative_uri(PAGE, page)}#{anchor(name)}"
    return f'<a class="reference internal" aria-label="{name} in chapter {number}" href="{address}">{number}</a>'


def add_to_search(app, error):
    """Give the search the names of all terms, and the places where chapters use them first."""
    if error:
        return
    ids = app.env.domains.standard_domain.objects
    known = {
        term.name: {
            "names": [term.name, *term.others, *term.forms],
            "id": ids["term", term.name][1],
            "uses": {user: anchor(term.name) for user in app.env.course_uses.get(term.name, [])},
        }
        for term in terms()
        if ("term", term.name) in ids
    }
    file = Path(app.outdir) / "_static/searchtools.js"
    added = f"const TERMS = {json.dumps(known, sort_keys=True)};\n{SEARCH.read_text(encoding='utf-8')}"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{added}", encoding="utf-8", newline="\n")
