"""What Sphinx has to know to make the book: an extension, and its settings.

Formulas are MathML, so that no page needs a script for them. Terms of the glossary become links after a page is read:
then code, headings, links and formulas are told apart by their kind, and not by their spelling.
"""

from pathlib import Path

from docutils.nodes import SkipNode

from course.publishing import mathematics
from course.publishing.book import fold, glossary

TITLE = "Convolutional neural networks, cell by cell"
LICENCES = "Text and figures: CC BY 4.0; code: MIT licence."


def settings():
    """Return the configuration of Sphinx."""
    return {
        "project": TITLE,
        "html_title": TITLE,
        "extensions": ["myst_nb", "course.publishing.book.extension"],
        "language": "en",
        "smartquotes": False,
        "default_role": "py:obj",  # `name` in a docstring is a link if there is such a name
        "nb_execution_mode": "off",  # what is stored is what is shown
        "nb_merge_streams": True,
        "nb_code_prompt_show": "Show the set-up",
        "nb_code_prompt_hide": "Hide the set-up",
        "myst_enable_extensions": ["dollarmath", "colon_fence"],
        "myst_heading_anchors": 3,
        "html_math_renderer": "mathml",
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {
            "use_download_button": False,
            "show_toc_level": 2,
            "max_navbar_depth": 1,
            "navigation_with_keys": False,
            "footer_content_items": ["extra-footer.html"],
            "extra_footer": LICENCES,
            "navbar_persistent": [],
            "navbar_start": [],
            "navbar_center": [],
            "navbar_end": [],
        },
        "html_context": {"default_mode": "auto"},  # light or dark, as the system has it
        "html_use_index": False,
        "html_domain_indices": False,
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_show_search_summary": False,  # fetches pages, which browsers forbid on file://
        "html_static_path": ["static"],
        "html_css_files": ["book.css"],
        "html_js_files": [("book.js", {"defer": "defer"})],
        "html_search_scorer": str(Path(__file__).with_name("scorer.js")),
        "add_module_names": False,
        "toc_object_entries_show_parents": "hide",
    }


def setup(app):
    """Register the extension; Sphinx calls this."""
    app.add_html_math_renderer("mathml", inline_renderers=(visit_math, None), block_renderers=(visit_block, None))
    app.connect("html-page-context", add_to_head)
    fold.setup(app)
    glossary.setup(app)
    return {"parallel_read_safe": False}


def add_to_head(app, page, template, context, tree):
    """Let the still picture of an explorer be seen where scripts are switched off."""
    context["metatags"] = (
        context.get("metatags", "") + "<noscript><style>.cell_output iframe { display: none; }</style></noscript>"
    )


def visit_math(translator, node):
    """Write a formula within a line."""
    translator.body.append(mathematics.mathml(node.astext()))
    raise SkipNode


def visit_block(translator, node):
    """Write a formula on a line of its own; book.js lets a keyboard scroll it where it is too wide."""
    formula = mathematics.mathml(node.astext(), display=True)
    translator.body.append(f'<div class="formula">{formula}</div>')
    raise SkipNode
