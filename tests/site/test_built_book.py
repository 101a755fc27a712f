"""The built book keeps every rule; without a book these checks are skipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from fontTools import ttLib
from site_rules import RULES

pytestmark = pytest.mark.site
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_built_book_keeps(built, rule):
    found = list(rule(built))
    assert not found, "\n".join(found)


def test_every_chapter_of_the_contents_is_built(built):
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    missing = {f"{name}.html" for name in [contents["root"], *chapters]} - set(built.pages)
    assert not missing


def test_no_notebook_or_readme_became_a_page_by_accident(built):
    allowed = {"404.html", "index.html", "search.html", "genindex.html", "py-modindex.html"}
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    stray = [
        name
        for name in built.pages
        if name not in allowed and name.removesuffix(".html") not in contents
    ]
    assert not stray


def test_the_font_of_icons_has_every_icon_that_a_style_sheet_shows(book):
    font = next((book / "_static").rglob("fa-solid-*.woff"))
    css = "".join(path.read_text(encoding="utf-8") for path in (book / "_static").rglob("*.css"))
    shown = re.findall('([\\w-]+): *"([\ue000-\uf8ff])"', css)
    # A link's mark of GitHub is of another font, and no page has one.
    shown = [(name, icon) for name, icon in shown if "-git" not in name]
    icons = {icon for name, icon in shown if name == "content" or f"var({name})" in css}
    assert icons
    with ttLib.TTFont(font) as known:
        assert {*map(ord, icons)} <= {*known.getBestCmap()}


def test_types_are_printed_as_the_source_writes_them(built):
    """How an annotation's value prints is up to the Python and the NumPy that build the book."""
    text = built.pages["book/api.html"].get_text()
    assert "targets: NDArray[np.float64]" in text
    assert "dtype[" not in text
