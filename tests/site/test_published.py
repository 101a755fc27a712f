"""A tiny book, built with a public address and without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from published import source_date
from site_rules import (
    Site,
    asks_for_every_file,
    introduces_every_page,
    loads_nothing_from_elsewhere,
)

ROOT = Path(__file__).resolve().parents[2]
HOME = "https://example.org/unrolled"
CONF = """\
import sys
sys.path.insert(0, {extensions!r})
extensions = ["sphinx_book_theme", "readable_site", "published", "light_site"]
project, author, html_title = "Unrolled: step by step", "Somebody", "Unrolled"
html_theme, root_doc = "sphinx_book_theme", "book/index"
html_baseurl = {address!r}
html_theme_options = {{"repository_url": {source!r}, "repository_branch": "main"}}
"""
FRONT = """\
.. meta:: :description: The "front" page.
.. role:: built-on

Front
=====
Built\\ :built-on:`.`

.. toctree::

   lstm
"""
CHAPTER = """\
.. meta::
   :description: One cell.

The *LSTM* cell
===============
Words.
"""
EXTRAS = ("404.html", "sitemap.xml", "_static/card.png")


def build(folder: Path, address: str, source: str) -> Site:
    """Build the tiny book and read its site."""
    (folder / "book").mkdir(exist_ok=True)
    text = CONF.format(extensions=str(ROOT / "book" / "_ext"), address=address, source=source)
    (folder / "conf.py").write_text(text)
    (folder / "book" / "index.rst").write_text(FRONT.replace(":: :desc", "::\n   :desc"))
    (folder / "book" / "lstm.rst").write_text(CHAPTER)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", ".", "out"]
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "PYTHONPATH": str(ROOT / "src")}
    subprocess.run(command, cwd=folder, env=env, check=True)
    return Site.read(folder / "out")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def known(folder):
    return build(folder, HOME, "https://github.com/somebody/unrolled")


@pytest.mark.slow
def test_a_published_site_says_where_it_is(known):
    page = known.pages["book/lstm.html"]
    said = {tag["property"]: tag["content"] for tag in page.select('meta[property^="og:"]')}
    assert said["og:title"] == "The LSTM cell"
    assert said["og:description"] == "One cell."
    assert said["og:url"] == f"{HOME}/book/lstm.html"
    assert said["og:image"] == f"{HOME}/_static/card.png"
    assert page.select_one('link[rel="canonical"]')["href"] == f"{HOME}/book/lstm.html"
    front = known.pages["index.html"]
    assert front.select_one('link[rel="canonical"]')["href"] == f"{HOME}/book/index.html"
    assert len(front.select('meta[property="og:image"]')) == 1


def test_a_published_site_has_a_map_a_card_and_a_page_for_what_is_lost(known):
    places = ElementTree.parse(known.root / "sitemap.xml").getroot()
    assert [place[0].text for place in places] == [
        f"{HOME}/book/{name}.html" for name in ("index", "lstm")
    ]
    card = (known.root / EXTRAS[2]).read_bytes()
    assert card[:4] == b"\x89PNG"
    assert [int.from_bytes(card[at : at + 4]) for at in (16, 20)] == [1200, 630]
    lost = known.pages["404.html"]
    assert lost.a["href"] == f"{HOME}/book/index.html"
    assert lost.form["action"] == f"{HOME}/search.html"
    assert not (known.root / "robots.txt").exists()
    for rule in (asks_for_every_file, introduces_every_page, loads_nothing_from_elsewhere):
        assert not [fault for fault in rule(known) if "404" in fault or "card" in fault]


def test_pages_link_their_source(known):
    links = [str(link["href"]) for link in known.pages["book/lstm.html"].select("a[href]")]
    assert "https://github.com/somebody/unrolled/edit/main/book/lstm.rst" in links
    assert any("/blob/main/book/lstm.rst" in link for link in links)
    assert not known.pages["book/lstm.html"].select(".fab")


@pytest.mark.slow
def test_without_an_address_nothing_of_it_is_built(known, folder):
    bare = build(folder, "", "")
    assert not [name for name in EXTRAS if (bare.root / name).exists()]
    for page in bare.pages.values():
        assert not page.select('meta[property^="og:"], meta[name^="twitter"], [rel="canonical"]')
        assert not page.select('a[href*="/edit/"], a[href*="github.com"]')
    assert "Built, from the source of 14 November 2023" in bare.pages["book/index.html"].get_text()


@pytest.mark.slow
def test_a_site_at_a_root_speaks_to_robots(folder, known):
    root = build(folder, "https://example.org", "")
    said = (root.root / "robots.txt").read_text()
    assert said.endswith("Sitemap: https://example.org/sitemap.xml\n")


def test_a_source_without_history_has_no_date(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert source_date(tmp_path) is None
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    env = {**os.environ, "GIT_COMMITTER_DATE": "2024-02-03T04:05:06Z"}
    commit = [*git, "commit", "-q", "--allow-empty", "-m", "a"]
    subprocess.run(commit, cwd=tmp_path, env=env, check=True)
    assert source_date(tmp_path).isoformat() == "2024-02-03T04:05:06+00:00"
