"""What is mended in the pages that Sphinx and its theme have made: names and places for those who do not see them."""

import re

EXPLORERS = re.compile(r'(srcdoc="[^"]*")')
SKIP = 'href="#main-content">Skip'
ARTICLE = '<article class="bd-article"'
PICTURE = re.compile(r'<img (?=[^>]*src="((?:\.\./)?_images/[^"]+)")[^>]*>')
TWICE = re.compile(r"<title>(.+) &#8212; \1</title>")


def page(html):
    """Return a page with what it lacked; explorers, pages in it, stay as they are."""
    parts = EXPLORERS.split(html)
    parts[::2] = map(mended, parts[::2])
    return skip_to_article("".join(parts))


def mended(html):
    """Return a part of a page: the set-up is called as it is shown, a picture is a link to its full size.

    A keyboard need not stop at the link from a heading to itself.
    """
    html = html.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    html = html.replace('<a class="headerlink"', '<a tabindex="-1" class="headerlink"')
    html = TWICE.sub(r"<title>\1</title>", html)
    return PICTURE.sub(lambda picture: f'<a class="full-size" href="{picture[1]}">{picture[0]}</a>', html)


def skip_to_article(html):
    """Let the link that skips what stands before the text lead to the text itself; the page of the search has none."""
    if ARTICLE not in html:
        return html
    return html.replace(SKIP, 'href="#article">Skip').replace(ARTICLE, f'{ARTICLE} id="article" tabindex="-1"', 1)


def table(html):
    """Return the HTML of a DataFrame; of each header it is said whether it is one of a column or of a row."""
    head, end, body = html.partition("</thead>")
    if 'class="dataframe"' not in head:
        return html
    head = head.replace("<th></th>", "<td></td>").replace("<th>", '<th scope="col">')
    return head + end + body.replace("<th>", '<th scope="row">').replace("<th rowspan", '<th scope="rowgroup" rowspan')
