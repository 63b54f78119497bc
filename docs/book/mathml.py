"""Formulas as MathML, which browsers draw by themselves."""

from typing import Any

from docutils import nodes
from math_core import LatexToMathML
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def render(node: nodes.Element, block: bool) -> str:
    """The MathML of a formula; what cannot be read is an error that shows it."""
    text = node.astext().strip()
    try:
        return _CONVERTER.convert_with_local_state(text, displaystyle=block)
    except Exception as error:
        raise ExtensionError(f"a formula that cannot be read: {text}: {error}") from error


_CONVERTER = LatexToMathML()


def visit_inline(writer: Any, node: nodes.math) -> None:
    """Within a line."""
    writer.body.append(render(node, block=False))
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.math_block) -> None:
    """On lines of its own."""
    writer.body.append(f'<div class="formula">{render(node, block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Makes this the way of Sphinx to show formulas."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
