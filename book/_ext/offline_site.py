"""Make the site whole in itself: it asks no other machine for anything, even as plain files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx


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
    return {"parallel_read_safe": True, "parallel_write_safe": True}
