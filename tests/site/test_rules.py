"""Each rule for a page is broken once here, and the rule must say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from site_rules import RULES, Site

GOOD = """<!DOCTYPE html>
<html lang="en"><head><title>A page</title>
<meta name="description" content="What it is about.">
<meta name="viewport" content="width=device-width">
<script defer src="_static/a.js"></script>
<link rel="stylesheet" href="style.css"><link rel="canonical" href="https://example.org/">
</head><body><form><input type="search" name="q"></form>
<h1 id="top">A page</h1><img src="a.png" alt="A curve that falls.">
<svg role="img" aria-label="A cell."></svg>
<a href="#top">up</a><a href="other.html#there">on</a><a href="https://example.org/">away</a>
<div class="cell"><div class="cell_output"><pre>0.5</pre></div></div>
<article class="bd-article"><p><a class="reference" href="#t"><span class="std-numref">T</span></a>
and <a class="reference" href="#f"><span class="std-numref">F</span></a></p>
<table id="t"><caption>Numbers.</caption></table>
<figure id="f"><div class="cell_output"><svg role="img" aria-label="A."></svg></div>
<figcaption>A.</figcaption></figure>
<details><summary>The table</summary></details></article>
</body></html>"""
OTHER = GOOD.partition("<article")[0].replace("_static/a.js", "a.png")
OTHER = OTHER.replace('id="top"', 'id="there"').replace("#top", "") + "</body></html>"
CSS = "p { background: url(data:image/png;base64,AA==) } @font-face { src: url('a.png') }"


def site(folder: Path, page: str = GOOD, css: str = CSS) -> Site:
    """Write a site of two pages and read it."""
    (folder / "a.png").write_bytes(b"")
    (folder / "_static").mkdir(exist_ok=True)
    (folder / "_static" / "a.js").write_bytes(b"")
    (folder / "style.css").write_text(css)
    (folder / "other.html").write_text(OTHER)
    (folder / "page.html").write_text(page)
    return Site.read(folder)


def faults(folder: Path, page: str = GOOD, css: str = CSS) -> dict[str, list[str]]:
    found = {rule.__name__: list(rule(site(folder, page, css))) for rule in RULES}
    return {name: list_of for name, list_of in found.items() if list_of}


def test_a_good_site_has_no_fault(tmp_path):
    assert faults(tmp_path) == {}


BROKEN = {
    "shows_code_that_fits": [
        ("</article>", f"<pre>{'x' * 76}</pre></article>"),
        ("</article>", "<pre># as ``x``</pre></article>"),
        ("</article>", "<pre># of :cite:t:`x`</pre></article>"),
    ],
    "captions_every_picture_and_table": [
        ("<caption>Numbers.</caption>", ""),
        ("<figcaption>A.</figcaption>", ""),
        ('href="#t"', 'href="#top"'),
        ('href="#f"', 'href="#top"'),
    ],
    "is_read_in_one_sitting": [("</article>", f"{'word ' * 4000}</article>")],
    "names_every_fold": [
        ("The table</summary>", "</summary>"),
        ("The table</summary>", "Show code cell source</summary>"),
    ],
    "loads_nothing_from_elsewhere": [
        ("</body>", '<script defer src="https://cdn.example/x.js"></script></body>'),
        ("</body>", '<script defer src="//cdn.example/x.js"></script></body>'),
        ("</body>", '<p style="background: url(https://cdn.example/x.png)"></p></body>'),
        ("</body>", "<style>@import 'https://cdn.example/x.css';</style></body>"),
        ("</head>", '<link rel="preconnect" href="https://cdn.example"></head>'),
        ("</body>", '<img alt="A." src="a.png" srcset="https://cdn.example/x.png 2x"></body>'),
        ('href="style.css"', 'href="/style.css"'),
    ],
    "loads_only_what_is_there": [('src="a.png"', 'src="b.png"')],
    "describes_every_picture": [
        (' alt="A curve that falls."', ""),
        ("A curve that falls.", ""),
        ("A curve that falls.", "../_images/3a75.png"),
        (' aria-label="A cell."', ""),
    ],
    "introduces_every_page": [
        ("<!DOCTYPE html>", ""),
        (' lang="en"', ""),
        ("<title>A page</title>", "<title> </title>"),
        ("What it is about.", ""),
        ('<meta name="viewport" content="width=device-width">', ""),
    ],
    "has_one_search_box": [
        ('<input type="search" name="q">', ""),
        ("</form>", '<input type="search" name="q"></form>'),
    ],
    "follows_every_link": [
        ("other.html#there", "missing.html"),
        ("other.html#there", "other.html#nowhere"),
        ('href="#top"', 'href="#bottom"'),
    ],
    "names_each_place_once": [("<svg", '<p id="top"></p><svg')],
    "blocks_no_page": [("defer src", "src")],
    "asks_for_every_file": [("_static/a.js", "a.png")],
    "hides_no_failure": [
        ("0.5", "Traceback (most recent call last): ValueError"),
        ("<pre>0.5</pre>", '<div class="output stderr">a warning</div>'),
        ("0.5", "&lt;stderr&gt;"),
        ("0.5", "WARNING:tensorflow:5 out of the last 17 calls triggered retracing"),
    ],
}
CASES = [(rule, old, new) for rule, pairs in BROKEN.items() for old, new in pairs]


@pytest.mark.parametrize(("rule", "old", "new"), CASES)
def test_a_broken_page_is_found_by_its_rule_alone(tmp_path, rule, old, new):
    assert old in GOOD
    assert list(faults(tmp_path, GOOD.replace(old, new, 1))) == [rule]


@pytest.mark.parametrize(
    "css", ["@import 'https://cdn.example/x.css';", "p { background: url(//cdn.example/x.png) }"]
)
def test_a_style_sheet_that_loads_from_elsewhere_is_found(tmp_path, css):
    assert list(faults(tmp_path, css=css)) == ["loads_nothing_from_elsewhere"]


def test_every_rule_is_broken_by_some_case():
    assert set(BROKEN) == {rule.__name__ for rule in RULES}
