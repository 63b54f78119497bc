"""The book: `sphinx-build -W docs OUT`. Formulas become MathML when it is built, so that pages need neither a network nor a script."""

import sys
import tomllib
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "book"), str(ROOT / "analysis")]

project = "kinetaxis"
author = "the founders of kinetaxis"
release = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "mathml"]
exclude_patterns = ["book", "live", "requirements.txt"]
# A page that a toctree may name before it is written.
suppress_warnings = ["toc.empty_glob"]
nitpicky = False

# Headings and anchors as code hosts make them, so that one link serves both.
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
math_numfig = False

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
default_role = "code"
highlight_language = "none"

html_theme = "furo"
html_title = "kinetaxis"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_static_path = ["book/static"]
html_css_files = ["book.css"]


def setup(app: Sphinx) -> None:
    """Links to folders of the project, and to pages beside the book, are none in it."""

    def beside(app: Sphinx, page: nodes.document) -> None:
        for link in list(page.findall(addnodes.pending_xref)):
            target = (HERE / app.env.docname).parent / link["reftarget"]
            is_page = Path(f"{target}.md").is_file() and not target.resolve().is_relative_to(HERE)
            if link["reftype"] == "myst" and (target.is_dir() or is_page):
                link.replace_self(link.children)

    app.connect("doctree-read", beside)
