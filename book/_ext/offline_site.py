"""Make the site whole in itself: it asks no other machine for anything, even as plain files."""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

MATHJAX = "static/mathjax/"
MATHJAX_ENTRY = "tex-mml-chtml.js"  # `mathjax_path` in _config.yml names it too.


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy MathJax and its fonts out of the installed package, which carries it whole."""
    if exception is not None or app.builder.format != "html":
        return
    for file in distribution("sphinx-mathjax-offline").files or []:
        _, found, name = file.as_posix().partition(MATHJAX)
        if found and (name == MATHJAX_ENTRY or name.startswith("output/chtml/fonts/woff-v2/")):
            target = Path(app.outdir) / "_static" / "mathjax" / name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)


def drop_spare_files(app: Sphinx, exception: Exception | None) -> None:
    """Remove what no page loads: the theme's source maps and its second set of icons."""
    if exception is None and app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        for spare in [*static.rglob("*.map"), static / "scripts" / "fontawesome.js"]:
            spare.unlink(missing_ok=True)


def offer_notebook(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Offer the executed page as a notebook; the theme does so only for a launch service."""
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"
    if tree is not None and executed.exists():
        context["ipynb_source"] = f"{page}.ipynb"
        target = Path(app.outdir) / "_sources" / f"{page}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(executed, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", offer_notebook)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", drop_spare_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
