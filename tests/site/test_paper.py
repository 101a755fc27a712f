"""The printed book: whole, unfolded, and its contents name the pages on which things stand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from paper import PDF, offer_paper, parts, print_pages, whole
from visits import visit

ROOT = Path(__file__).resolve().parents[2]
CONTENTS = """\
root: book/index
parts:
  - caption: Cells
    chapters: [{file: book/rnn}, {file: book/lstm}]
"""
PAGE = """\
<html><head><style>mjx-c {{ margin: 0 }}
@font-face {{ src: url(../_static/mathjax/a.woff) }}</style>
</head><body><div class="dropdown-download-buttons"><ul></ul></div><article class="bd-article">
<section id="top"><h1>About {0}<a class="headerlink" href="#top">#</a></h1>
<p>See <a href="lstm.html#exercises"><span class="doc">there</span></a>, <a href="#top">above</a>,
<a href="../search.html">the search</a> and <a href="https://example.org">elsewhere</a>.</p>
<div class="cell tag_hide-input"><details><summary>
<p class="collapsed admonition-title">What it prints</p>
<p class="expanded admonition-title">What it prints</p></summary>
<div class="highlight"><pre>fold of <span class="n">{0}</span></pre></div></details>
<svg><g clip-path="url(#top)"/></svg></div>
<div class="admonition dropdown"><p class="admonition-title">A proof</p><p>Words.</p></div>
<section id="exercises"><h2>Exercises</h2><p><strong>7.</strong> Why?</p>
<div class="cell"><details><summary><p class="admonition-title">Solution</p></summary>
<pre>because of {0}</pre></details></div></section>
<section id="references"><h2>References</h2></section></section></article></body></html>
"""


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "html" / "book"
    folder.mkdir(parents=True)
    for name in ("index", "rnn", "lstm"):
        (folder / f"{name}.html").write_text(PAGE.format(name))
    (tmp_path / "_toc.yml").write_text(CONTENTS)
    return folder.parent


def faults(page: BeautifulSoup, chapters: list[str]) -> list[str]:
    """Return all that the whole book lacks."""
    found = [str(one["id"]) for one in page.select(".chapter")]
    ids = Counter(str(tag["id"]) for tag in page.select("[id]"))
    links = [str(link["href"]) for link in page.select("a[href]")]
    return [
        *[f"chapters {found}"] * (found != chapters),
        *(f"id {name} stands {count} times" for name, count in ids.items() if count > 1),
        *(f"{to} leads nowhere" for to in links if to[0] == "#" and to[1:] not in ids),
        *(f"{to} leads to the site" for to in links if to[0] != "#" and "://" not in to),
        *("a fold is shut" for _ in page.select("details")),
        *(
            f"solutions of {part['id']} do not stand last"
            for part in page.select(".chapter")
            if (last := part.find("section", id=f"{part['id']}--solutions"))
            and last.find_next_sibling()
        ),
    ]


def test_pages_become_one_book(site):
    page = BeautifulSoup(whole(site, site.parent / "_toc.yml"), "html.parser")
    assert not faults(page, ["index", "rnn", "lstm"])
    lstm = page.find(id="lstm")
    last = lstm.find_all("section", recursive=False)[-1]
    assert "because of lstm" in last.get_text()
    assert "Solution 7" in last.get_text()
    assert lstm.find(id="lstm--exercises").find("a", href="#lstm--solution-1")
    assert "fold of lstm" in lstm.get_text()
    assert [title.get_text() for title in lstm.select(".fold-title")][:1] == ["What it prints"]
    assert "A proof" in lstm.get_text()
    assert not page.select("span.n")
    assert lstm.g["clip-path"] == "url(#lstm--top)"
    assert page.find(id="rnn").find("a", class_="ref")["href"] == "#lstm--exercises"
    for once in "mjx-c { margin", "../html/_static/mathjax/a.woff":
        assert str(page.head).count(once) == 1
    assert [line.span.get_text() for line in page.select(".contents a.h1")] == [
        "Introduction", "About rnn", "About lstm",
    ]  # fmt: skip


def test_what_a_whole_book_lacks_is_found():
    bad = '<div class="chapter" id="a"><details></details><p id="a"><a href="#b"></a></p></div>'
    assert len(faults(BeautifulSoup(bad, "html.parser"), ["b"])) == 4


def misplaced(pdf: Path, chapters: int) -> list[str]:
    """Return the headings that are not on the page that the printed contents name."""
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(pdf)
    tops = [one for one in reader.outline if not isinstance(one, list)]
    assert tops[0].title == "Contents"
    assert len(tops) == 1 + chapters
    number = reader.get_destination_page_number
    first = number(tops[1])

    def text(*pages: int) -> str:
        return " ".join(" ".join(reader.pages[page].extract_text() for page in pages).split())

    contents = text(*range(1, first))
    return [
        one.title
        for one in tops[1:]
        if f"{one.title} {number(one) + 1}" not in contents or one.title not in text(number(one))
    ]


@pytest.mark.site
def test_the_contents_name_the_printed_pages(site, browser):
    source = site.parent / "paper" / "book.html"
    source.parent.mkdir()
    source.write_text(whole(site, site.parent / "_toc.yml"))
    print_pages(browser, source, site / PDF)
    assert not misplaced(site / PDF, 3)
    wrong = source.read_text().replace("data-page", "data-no-page")
    source.write_text(wrong)
    print_pages(browser, source, site / PDF)
    assert len(misplaced(site / PDF, 3)) == 3


def test_every_page_offers_the_printed_book(site):
    offer_paper(site)
    offer_paper(site)
    page = BeautifulSoup((site / "book" / "rnn.html").read_text(), "html.parser")
    assert [link["href"] for link in page.select("li a[download]")] == ["../unrolled.pdf"]


@pytest.mark.slow
@pytest.mark.site
def test_the_built_book_becomes_one_whole(book):
    chapters = [Path(page).name for part in parts(ROOT / "_toc.yml") for page in part.pages]
    page = BeautifulSoup(whole(book, ROOT / "_toc.yml"), "html.parser")
    assert not faults(page, chapters)
    solutions = sum("Solution" in line.get_text() for line in page.select(".to-solution"))
    assert solutions == len(page.select("[id*=--solution-]")) > len(chapters)


@pytest.mark.site
def test_the_built_book_is_printed_as_its_contents_say(book):
    if not (book / PDF).exists():
        pytest.skip("no printed book: `nox -s pdf` prints it")
    assert not misplaced(book / PDF, sum(len(part.pages) for part in parts(ROOT / "_toc.yml")))


CODE = (
    "<article class='bd-content'><pre>"
    + "x" * 300
    + "</pre><details><p>shut</p></details></article>"
)


@pytest.mark.site
def test_a_page_is_printed_with_its_folds_open_and_its_code_whole(tmp_path, browser):
    static, page = (ROOT / "book" / "_static").as_uri(), tmp_path / "page.html"
    page.write_text(
        f"<html data-theme='dark'><link rel='stylesheet' href='{static}/unrolled.css'>"
        f"<script>const DOCUMENTATION_OPTIONS = {{}}</script><script src='{static}/unrolled.js'>"
        f"</script><body>{CODE}"
    )
    with visit(browser, page) as seen:
        fold = "() => document.querySelector('details').clientHeight"
        theme = "() => document.documentElement.dataset.theme"
        shut = seen.page.evaluate(fold)
        assert seen.overflow() > 0
        seen.page.emulate_media(media="print")
        assert seen.overflow() == 0
        assert seen.page.evaluate(fold) > 1.5 * shut
        seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert seen.page.evaluate(theme) == "light"
        seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert seen.page.evaluate(theme) == "dark"
