"""A term leads to the glossary where a page first uses it, and nowhere else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup, NavigableString, Tag
from first_use import GLOSSARY, LEFT_ALONE, first_uses, forms
from site_rules import Site
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[2]
TERMS = """
Glossary
========

.. glossary::

   cell
   recurrent cell
      What makes the new state.

   cell state
      A second state of the cell.

   batch
      What is computed together.
"""
CONTENTS = """
Contents
========

.. toctree::

   page
   glossary
"""
PAGE = """
A cell
======

The ``cell`` of :doc:`batches <glossary>`, :math:`cell` and sub-cell.

.. math:: batch

=====  =====
batch  cell
=====  =====

.. container:: cell

   A batch in a notebook.

*Batches* of cell
states; then a batch.

A recurrent cell, and a cell.
"""


def built(folder: Path, page: str = PAGE, terms: str = TERMS) -> BeautifulSoup:
    """Write and build a page beside a glossary, and return its text."""
    (folder / "book").mkdir(exist_ok=True)
    for name, text in {"index": CONTENTS, "page": page, "glossary": terms}.items():
        path = folder / "book" / f"{name}.rst"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    settings = {"extensions": ["first_use"], "root_doc": "book/index", "html_theme": "basic"}
    out, trees, said = folder / "out", folder / "trees", io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(folder, None, out, trees, "html", settings, status=None, warning=said)
        app.build()
    assert not said.getvalue()
    html = (out / "book" / "page.html").read_text(encoding="utf-8")
    (body,) = BeautifulSoup(html, "html.parser").select(".body")
    return body


def links(body: BeautifulSoup) -> list[tuple[str, str]]:
    return [(" ".join(a.text.split()), a["href"]) for a in body.select("a.first-use")]


def test_only_the_first_use_in_running_text_is_a_link(tmp_path):
    assert links(built(tmp_path)) == [
        ("Batches", "glossary.html#term-batch"),
        ("cell states", "glossary.html#term-cell-state"),
        ("recurrent cell", "glossary.html#term-cell"),
    ]


def test_the_text_is_left_as_it_was(tmp_path):
    text = built(tmp_path).get_text()
    assert text == built(tmp_path, terms=TERMS.replace("batch", "other")).get_text()
    assert "Batches of cell\nstates; then a batch." in text


def test_another_glossary_changes_pages_that_are_not_read_again(tmp_path):
    built(tmp_path)
    page = built(tmp_path, terms=TERMS.replace("batch", "sub-cell"))
    assert links(page)[0] == ("sub-cell", "glossary.html#term-sub-cell")
    assert "Batches" not in dict(links(page))
    assert links(built(tmp_path, terms="None\n====\n")) == []


@pytest.mark.parametrize(
    ("term", "plural"),
    [("Cell", "cells"), ("entropy", "entropies"), ("batch", "batches"), ("Relay", "relays")],
)
def test_a_term_is_known_in_small_letters_and_in_its_plural(term, plural):
    assert {term.lower(), plural} <= {*forms(term)}


# What HTML has in place of the parts of a page that are no running text.
NO_TEXT = "h1, h2, h3, h4, h5, h6, pre, code, table, figcaption, script, svg, mjx-container, .cell"
NO_TEXT += ", .sd-card, .caption, .admonition-title, [role=listitem], a:not(.first-use)"


def entries(site: Site) -> dict[str, tuple[str, Tag]]:
    """Return the place and the text of each form of each term."""
    found: dict[str, tuple[str, Tag]] = {}
    for text in site.pages[f"{GLOSSARY}.html"].select("dl.glossary > dd"):
        before = text.find_previous_siblings(["dt", "dd"])
        terms = before[: next((i for i, tag in enumerate(before) if tag.name == "dd"), None)]
        for term in terms:
            place = str(terms[-1]["id"])
            found |= {form: (place, text) for form in forms(term.find(string=True))}
    return found


def unlinked(page: BeautifulSoup, known: dict[str, str]) -> Iterator[str]:
    """Yield each term whose first use on a page does not lead to its entry."""
    (article,) = page.select("article.bd-article")
    left_out = {id(part) for tag in article.select(NO_TEXT) for part in tag.descendants}
    texts = [
        part
        for part in article.descendants
        if type(part) is NavigableString and id(part) not in left_out
    ]
    for number, match, place in first_uses([str(text) for text in texts], known):
        link = texts[number].parent
        if link.name != "a" or not link["href"].endswith(f"#{place}"):
            yield match[0]


@pytest.fixture
def pages(built_site: Site) -> dict[str, BeautifulSoup]:
    """Return the pages that are read, not looked up."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    names = {contents["root"], *chapters} - LEFT_ALONE
    return {name: built_site.pages[f"{name}.html"] for name in sorted(names)}


@pytest.fixture
def built_site(request: pytest.FixtureRequest) -> Site:
    """Return the built book."""
    return request.getfixturevalue("built")


@pytest.mark.site
def test_no_page_uses_a_term_before_it_leads_to_the_glossary(built_site, pages):
    known = {form: place for form, (place, _) in entries(built_site).items()}
    assert len(known) > 100
    found = {name: list(unlinked(page, known)) for name, page in pages.items()}
    assert not {name: words for name, words in found.items() if words}


@pytest.mark.site
def test_every_entry_is_used_and_leads_to_a_page(built_site, pages):
    known = dict(entries(built_site).values())
    used = {a["href"].split("#")[1] for page in pages.values() for a in page.select("a.first-use")}
    assert used == set(known)
    for place, text in known.items():
        to = {a["href"].split("#")[0] for a in text.select("a[href]")} - {""}
        assert to, f"{place} leads to no page"


def test_a_term_that_leads_nowhere_is_seen():
    page = '<article class="bd-article"><h1>Cells</h1><p>{} A gate.</p></article>'
    known = {"cell": "term-cell", "gate": "term-gate"}
    for text, missing in {
        '<a class="first-use" href="g.html#term-cell">cell</a>, cell': ["gate"],
        '<a class="first-use" href="g.html#term-gate">cell</a>': ["cell", "gate"],
        'cell, <a class="first-use" href="g.html#term-cell">cell</a>': ["cell", "gate"],
        "<code>cell</code>": ["gate"],
    }.items():
        assert list(unlinked(BeautifulSoup(page.format(text), "html.parser"), known)) == missing
