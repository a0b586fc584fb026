"""The directive `fold`: what it holds is seen after a press on its title, by mouse or keyboard, without a script."""

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective


class FoldNode(nodes.General, nodes.Element):
    """What is folded."""


class Fold(SphinxDirective):
    """Put the content into a `FoldNode`; the argument is its title, the option what it is for, which is only heard."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"for": directives.unchanged_required}

    def run(self):
        """Read the content."""
        return [FoldNode("", *self.parse_content_to_nodes(), title=self.arguments[0], of=self.options["for"])]


def setup(app):
    """Register the directive, and the element of HTML that it becomes."""
    app.add_node(FoldNode, override=True, html=(visit, depart))
    app.add_directive("fold", Fold, override=True)


def visit(translator, node):
    """Open the element."""
    translator.body.append(
        f'<details class="fold"><summary aria-label="{node["title"]} for {node["of"]}">{node["title"]}</summary>'
    )


def depart(translator, node):
    """Close the element."""
    translator.body.append("</details>")
