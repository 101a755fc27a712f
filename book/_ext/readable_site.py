"""Repair what the theme leaves unreadable for some readers, once the pages are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    return {"parallel_read_safe": True, "parallel_write_safe": True}
