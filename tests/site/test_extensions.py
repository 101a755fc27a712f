"""What the book's extensions do to a page or a signature, each seen on the smallest example."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import pytest
import readable_site
from api_names import as_written
from captions import Numbers
from readable_site import REDIRECT, REPAIRS, repaired
from shown_code import link_code
from sphinx.domains.std import StandardDomain

REPAIRED = {
    "drop_icon_script": (
        '<script src="_static/scripts/fontawesome.js?digest=1"></script><i class="fas fa-x"></i>',
        '<i aria-hidden="true" class="fas fa-x"></i>',
    ),
    "wait_with_scripts": (
        '<script src="a.js"></script><script>DOCUMENTATION_OPTIONS.a = 1</script>'
        "<script>let b</script>",
        '<script defer="" src="a.js"></script>'
        '<script type="module">DOCUMENTATION_OPTIONS.a = 1</script><script>let b</script>',
    ),
    "search_where_one_searches": (
        '<script defer="" src="../searchindex.js?v=1"></script><p></p>',
        "<p></p>",
    ),
    "start_in_auto": (
        '<script>d.mode = s.getItem("mode") || ""; d.theme = s.getItem("theme") || ""</script>'
        "<html></html>",
        '<script>d.mode = s.getItem("mode") || "auto"; d.theme = s.getItem("theme") || '
        '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")</script>'
        '<html data-theme="light"></html>',
    ),
    "keep_one_viewport": (
        '<meta content="a" name="viewport"/><meta content="b" name="viewport"/>',
        '<meta content="a" name="viewport"/>',
    ),
    "name_side_bar": (
        '<div id="pst-primary-sidebar"></div>',
        '<div aria-label="Book" id="pst-primary-sidebar" role="region"></div>',
    ),
    "list_references": (
        '<div role="doc-biblioentry"></div>',
        '<div role="listitem"></div>',
    ),
    "free_empty_headings": (
        "<tr><th></th><th>a</th></tr>",
        "<tr><td></td><th>a</th></tr>",
    ),
    "keep_one_search_box": (
        '<dialog id="pst-search-dialog"><form><input type="search"/></form></dialog>'
        '<form><input type="search"/></form>',
        '<dialog id="pst-search-dialog"></dialog><form><input type="search"/></form>',
    ),
    "name_by_what_is_seen": (
        '<summary aria-label="Toggle">Show <p>code</p></summary>'
        '<button aria-label="Search"><i></i></button>',
        '<summary>Show <p>code</p></summary><button aria-label="Search"><i></i></button>',
    ),
    "download_notebook": (
        '<a href="a.ipynb" target="_blank">a</a><a href="a.md" target="_blank">b</a>',
        '<a download="" href="a.ipynb">a</a><a href="a.md" target="_blank">b</a>',
    ),
    "show_source_menu": (
        '<i class="fab fa-github"></i>',
        '<i aria-hidden="true" class="fas fa-code-branch"></i>',
    ),
    "tell_reading_time": (
        f'<link rel="prev"/><article class="bd-article"><h1>A</h1>{"word " * 439}'
        '<pre class="cell">one line</pre><details>word word</details></article>',
        '<link rel="prev"/><article class="bd-article"><h1>A</h1>'
        f'<p class="reading-time">2 minutes to read</p>{"word " * 439}'
        '<pre class="cell">one line</pre><details>word word</details></article>',
    ),
    "share_letters": (
        '<svg><defs><path d="M 1" id="u1-A-41"/></defs><use xlink:href="#u1-A-41"/></svg>'
        '<svg><defs><path d="M 1" id="u2-A-41"/><path d="M 2" id="u2-A-42"/></defs>'
        '<use xlink:href="#u2-A-41"/><use xlink:href="#u2-A-42"/></svg>'
        '<svg><defs><path d="M 2" id="u3" style="fill: red"/></defs></svg>',
        '<svg><defs><path d="M 1" id="l-0"></path></defs><use xlink:href="#l-0"></use></svg>'
        '<svg><defs><path d="M 2" id="l-1"></path></defs>'
        '<use xlink:href="#l-0"></use><use xlink:href="#l-1"></use></svg>'
        '<svg><defs><path d="M 2" id="l-2" style="fill: red"></path></defs></svg>',
    ),
    "round_places": (
        '<svg><path d="M 208.418377 36 L -0.005 1e-3" transform="translate(1.23456) scale(0.0156)">'
        "</path></svg>",
        '<svg><path d="M 208.4 36 L -0.0 1e-3" transform="translate(1.2) scale(0.0156)">'
        "</path></svg>",
    ),
    "drop_titles": (
        '<a href="api.html" title="unrolled.cells">a</a><a href="b.html" title="More">b</a>',
        '<a href="api.html">a</a><a href="b.html" title="More">b</a>',
    ),
    "drop_idle_spans": (
        '<code><span class="pre">a</span> <span class="n">b</span></code>',
        '<code>a <span class="n">b</span></code>',
    ),
    "withdraw_paper": (
        '<ul><li><a href="../unrolled.pdf">a</a></li><li>b</li></ul>',
        "<ul><li>b</li></ul>",
    ),
}


def attributes_in_order(html: str) -> str:
    """Write each tag's attributes in alphabetical order, so that pages can be compared."""
    from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    for tag in page.find_all(True):
        tag.attrs = dict(sorted(tag.attrs.items()))
    return str(page)


@pytest.mark.parametrize("repair", [repair.__name__ for repair in REPAIRS])
def test_a_page_is_repaired_once_and_then_left_alone(repair):
    broken, good = REPAIRED[repair]
    once = repaired(broken)
    assert attributes_in_order(once) == good
    assert repaired(once) == once


def test_the_page_of_the_search_keeps_its_scripts():
    page = '<script defer="" src="searchindex.js"></script><p id="search-results"></p>'
    assert repaired(page) == page


def test_code_keeps_its_spaces_and_signs():
    code = "<pre>if a &lt; b:\n    c = a &amp; b  # more\n</pre>"
    assert repaired(code) == code


def test_a_description_is_added_only_where_there_is_none():
    bare = "<html><head></head></html>"
    assert repaired(bare, "New.").count('content="New."') == 1
    assert repaired(repaired(bare, "Old."), "New.").count("New.") == 0


def test_code_takes_time_to_read_and_what_is_folded_none():
    lines = "\n" * 220
    page = (
        '<link rel="prev"/><article class="bd-article"><h1>A</h1><p class="cell"></p>{}</article>'
    )
    assert "6 minutes" in repaired(page.format(f"<pre>{lines}</pre>"))
    assert "1 minute to" in repaired(page.format(f"<details><pre>{lines}</pre></details>"))


def test_a_rebuild_repairs_the_pages_that_were_written_again(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(readable_site, "REPAIRS", (lambda page: seen.append(str(page)),))
    site, doctrees = tmp_path / "html", tmp_path / "doctrees"
    site.mkdir()
    doctrees.mkdir()
    app = SimpleNamespace(
        outdir=site,
        doctreedir=doctrees,
        builder=SimpleNamespace(format="html"),
        config=SimpleNamespace(root_doc="index", html_title="A book"),
    )
    (site / "a.html").write_text("<p>a</p>")
    (site / "b.html").write_text("<p>b</p>")
    for rebuilt, repaired_now in [
        ({}, ["<p>a</p>", "<p>b</p>"]),
        ({}, []),
        ({"b.html": "<p>c</p>"}, ["<p>c</p>"]),
        ({"b.html": "<p>b</p>"}, ["<p>b</p>"]),
    ]:
        for name, html in rebuilt.items():
            (site / name).write_text(html)
        seen.clear()
        readable_site.repair_site(app, None)
        assert seen == repaired_now, rebuilt


def block(code):
    return (
        '<div class="highlight-python notranslate"><div class="highlight">'
        f"<pre>{code}</pre></div></div>"
    )


@pytest.mark.parametrize("prose", ["", "<p>a</p>\n<svg><path/></svg>"])
@pytest.mark.parametrize("codes", [[], ["x"], ["x", "x", "y"]])
def test_code_alone_is_parsed_and_linked(prose, codes):
    def link(page, html, how, *, also):
        assert html.count("<pre>") == len(codes)
        assert not prose or prose not in html
        lines = [n for n, line in enumerate(html.splitlines()) if "<pre>" in line]
        assert len(set(lines)) == len(codes), "what is in one line counts as one block"
        return html.replace("x", f"<a>{page} {how} {also}</a>")

    page = prose.join(["", *map(block, codes), ""])
    linked = prose.join(["", *(block(code.replace("x", "<a>p 1 2</a>")) for code in codes), ""])
    assert link_code("p", page, 1, also=2, plainly=link) == linked


def test_numbered_references_read_a_page_once(monkeypatch):
    class Env:
        read = ()

        def get_doctree(self, page):
            self.read += (page,)
            return page

    def resolve(domain, env, page):
        return env.get_doctree(page)

    monkeypatch.setattr(StandardDomain, "_resolve_numref_xref", resolve)
    env, domain = Env(), Numbers.__new__(Numbers)
    assert [domain._resolve_numref_xref(env, page) for page in "aabba"] == [*"aabba"]
    assert env.read == ("a", "b")


def test_many_pages_are_repaired_side_by_side_as_one_is(tmp_path):
    pages = {f"{n}.html": f'<meta name="viewport"/>{n}<span class="pre">x</span>' for n in range(9)}
    for name, html in pages.items():
        (tmp_path / name).write_text(html)
    assert len(pages) >= readable_site.MANY
    paths = [tmp_path / name for name in pages]
    found = list(readable_site._all_repaired(paths))
    assert found == [repaired(html) for html in pages.values()] != list(pages.values())
    assert found[:2] == list(readable_site._all_repaired(paths[:2]))


def test_the_page_at_the_root_is_whole():
    page = REDIRECT.format(title="Unrolled", start="book/index.html")
    for part in ("<!DOCTYPE html>", 'lang="en"', "<title>Unrolled</title>", "url=book/index.html"):
        assert part in page


Alias = dict[str, list[int]]


class Point(NamedTuple):
    """Two numbers and a name kept to itself."""

    x: Alias
    y: int = 0


class Walker:
    """Something with a method."""

    pace: int

    def __init__(self, pace: Alias) -> None:
        """Set out."""

    def walk(self, start: Point, *, steps: int = 3) -> Alias:
        """Go on."""
        raise NotImplementedError


def test_signatures_read_as_their_source():
    assert as_written(Point) == ("(x: Alias, y: int = 0)", None)
    assert as_written(Walker) == ("(pace: Alias)", None)
    assert as_written(Walker.walk) == ("(start: Point, *, steps: int=3)", "Alias")


def test_what_has_no_source_keeps_its_own_signature():
    assert as_written(len) is None
    assert as_written(KeyError) is None
