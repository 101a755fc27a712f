"""Repair, once the pages are written, what the theme leaves unreadable to some readers.

Each repair is a function on the parsed page and leaves a repaired page as it is.
A rebuild writes only the pages that changed, and repairs only those:
the doctrees' folder keeps a fingerprint of every page as it was left.
"""

from __future__ import annotations

import hashlib
import json
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup, NavigableString, Tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx

GENERATED = {
    "search.html": "Search the pages of Unrolled, a book about recurrent networks.",
    "genindex.html": "Every function, class and term of Unrolled, in alphabetical order.",
    "py-modindex.html": "The modules of the unrolled package, in alphabetical order.",
}
#: What the reader's system asks for, in JavaScript.
SYSTEM = '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
#: A place in a drawing; a scale, which may be small, is none.
PLACE = re.compile(r"-?\d+\.\d{2,}")
MOVES = re.compile(r"translate\([^)]*\)")
#: Tags and classes of what takes no time to read: pictures, tables, what is folded.
PASSED_OVER = {"svg", "style", "table", "mjx-container", "details", "dropdown", "citation"}
#: So many pages are worth the start of other processes.
MANY = 8
AFTER_OTHERS = 900  # Sphinx calls listeners in this order; the default is 500.


def drop_icon_script(page: BeautifulSoup) -> None:
    """Drop Font Awesome's script of 1.5 MB: the style sheet already carries the same icons."""
    for script in page.select('script[src*="scripts/fontawesome.js"]'):
        script.decompose()
    for icon in page.select('i[class*="fa-"]'):
        icon["aria-hidden"] = "true"


def wait_with_scripts(page: BeautifulSoup) -> None:
    """Let no script stop the page from being drawn: each waits, in its order, for all of it."""
    for script in page.select("script[src]"):
        script["defer"] = ""
        del script["async"]
    for script in page.find_all("script", string=re.compile("DOCUMENTATION_OPTIONS")):
        script["type"] = "module"  # Which waits, too.


def search_where_one_searches(page: BeautifulSoup) -> None:
    """Leave the scripts and the index of the search to its page; the theme loads them anywhere."""
    if not page.select("#search-results"):
        for name in ("searchtools.js", "language_data.js", "searchindex.js"):
            for script in page.select(f'script[src*="{name}"]'):
                script.decompose()


def start_in_auto(page: BeautifulSoup) -> None:
    """Follow the reader's system from the first paint until they choose; without script, be light.

    The theme would ask the system in a script that waits for the page,
    and where no script runs the page would be light and its drawings would follow the system.
    """
    for script in page.find_all("script", string=re.compile(r'getItem\("(mode|theme)"\) \|\| ""')):
        script.string = (
            str(script.string)
            .replace('("mode") || ""', '("mode") || "auto"')
            .replace('("theme") || ""', f'("theme") || {SYSTEM}')
        )
    for root in page.select("html:not([data-theme])"):
        root["data-theme"] = "light"


def keep_one_viewport(page: BeautifulSoup) -> None:
    """Keep one of the three viewport settings that Sphinx and the theme write."""
    for spare in page.select('meta[name="viewport"]')[1:]:
        spare.decompose()


def name_side_bar(page: BeautifulSoup) -> None:
    """Make the side bar a named region, so that the book's title in it is reachable by landmark."""
    for bar in page.select("#pst-primary-sidebar"):
        bar["role"] = "region"
        bar["aria-label"] = "Book"


def list_references(page: BeautifulSoup) -> None:
    """Make each reference an item of its list; its own role is deprecated."""
    for item in page.select("[role=doc-biblioentry]"):
        item["role"] = "listitem"


def free_empty_headings(page: BeautifulSoup) -> None:
    """Turn a table's empty corner into a plain cell, which is not announced as a heading."""
    for cell in page.find_all("th"):
        if not cell.get_text(strip=True) and not cell.find("img"):
            cell.name = "td"


def keep_one_search_box(page: BeautifulSoup) -> None:
    """Leave the search page its own box alone; the theme adds one that opens over it."""
    if len(page.select('input[type="search"]')) > 1:
        for form in page.select("#pst-search-dialog form"):
            form.decompose()


def name_by_what_is_seen(page: BeautifulSoup) -> None:
    """Name a fold or a button by the words on it, which are what its reader sees and may say."""
    for named in page.select("summary[aria-label], button[aria-label]"):
        if named.get_text(strip=True):
            del named["aria-label"]


def download_notebook(page: BeautifulSoup) -> None:
    """Save the notebook of a page, which a browser would show as text."""
    for link in page.select('a[href$=".ipynb"]'):
        link["download"] = ""
        del link["target"]


def show_source_menu(page: BeautifulSoup) -> None:
    """Draw the menu of links to the source with an icon that the site has; it has no brands."""
    for icon in page.select("i.fab, span.fab"):
        icon["class"] = ["fas", "fa-code-branch"]


def tell_reading_time(page: BeautifulSoup) -> None:
    """Say under the title of a chapter how long reading it takes, what is folded left out.

    People read about 220 words of prose a minute; a line of code is counted as six words.
    """
    article = page.select_one("article.bd-article")
    if not article or article.select(".reading-time") or not page.select('link[rel="prev"]'):
        return
    if not article.h1 or not article.select(".cell"):  # A list, not a chapter.
        return
    words = sum(
        len(part.split()) if isinstance(part, str) else 6 * len(part.get_text().splitlines())
        for part in read_on_the_way(article)
    )
    minutes = max(1, round(words / 220))
    said = page.new_tag("p", attrs={"class": "reading-time"})
    said.string = f"{minutes} minute{'s' * (minutes > 1)} to read"
    article.h1.insert_after(said)


def read_on_the_way(part: Tag) -> Iterator[Tag | str]:
    """Yield the strings and the code of a part of a page, and not what is looked up or unfolded."""
    for inner in part.children:
        if type(inner) is NavigableString or (isinstance(inner, Tag) and inner.name == "pre"):
            yield inner
        elif isinstance(inner, Tag) and PASSED_OVER.isdisjoint(
            [inner.name, *inner.get_attribute_list("class")]
        ):
            yield from read_on_the_way(inner)


def withdraw_paper(page: BeautifulSoup) -> None:
    """Offer no printed book that is older than the page: `paper.py` prints it and offers it."""
    for link in page.select('a[href$="unrolled.pdf"]'):
        (link.find_parent("li") or link).decompose()


def share_letters(page: BeautifulSoup) -> None:
    """Keep one drawing of each letter that the figures of a page are written with.

    Every figure brings its own, for as a picture it stands alone, and letters are half of it.
    """
    shapes: dict[tuple[str, ...], str] = {}
    names: dict[str, str] = {}
    for path in page.select("svg defs > path[id][d]"):
        shape = tuple(str(path.get(name)) for name in ("d", "transform", "style"))
        known = shape in shapes
        name = shapes.setdefault(shape, f"l-{len(shapes)}")
        names[f"#{path['id']}"] = f"#{name}"
        path["id"] = name
        if known:
            path.decompose()
    for use in page.select("svg use"):
        use["xlink:href"] = names.get(str(use["xlink:href"]), str(use["xlink:href"]))


def round_places(page: BeautifulSoup) -> None:
    """Draw figures to a tenth of a pixel."""

    def rounded(found: re.Match[str]) -> str:
        return PLACE.sub(lambda place: f"{float(place[0]):.1f}", found[0])

    for path in page.select("svg path[d]"):
        path["d"] = PLACE.sub(rounded, " ".join(str(path["d"]).split()))
    for moved in page.select("svg [transform]"):
        moved["transform"] = MOVES.sub(rounded, str(moved["transform"]))


def drop_titles(page: BeautifulSoup) -> None:
    """Let no link say a second time what it leads to: the package's names, and its sources."""
    for link in page.select('a[title^="unrolled."], dl.py a.reference[title]'):
        del link["title"]


def drop_idle_spans(page: BeautifulSoup) -> None:
    """Leave out what parts the words of a literal and has no style here."""
    for span in page.select("span.pre"):
        span.unwrap()


REPAIRS = (
    drop_icon_script,
    wait_with_scripts,
    search_where_one_searches,
    start_in_auto,
    keep_one_viewport,
    name_side_bar,
    list_references,
    free_empty_headings,
    keep_one_search_box,
    name_by_what_is_seen,
    download_notebook,
    show_source_menu,
    tell_reading_time,
    withdraw_paper,
    share_letters,
    round_places,
    drop_titles,
    drop_idle_spans,
)


def repaired(html: str, description: str | None = None) -> str:
    """Return a page with every repair made, and with a description if it has none."""
    page = BeautifulSoup(html, "html.parser")
    for repair in REPAIRS:
        repair(page)
    if description and page.head and not page.select('meta[name="description"]'):
        page.head.append(
            page.new_tag("meta", attrs={"name": "description", "content": description})
        )
    return str(page)


REDIRECT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{title}, a book about recurrent networks, starts here.">
<meta http-equiv="refresh" content="0; url={start}">
</head>
<body><main><h1>{title}</h1><p><a href="{start}">Open the book</a></p></main></body>
</html>
"""


def fingerprint(html: str) -> str:
    """Return what tells a page as these repairs left it from any other."""
    return hashlib.sha256(Path(__file__).read_bytes() + html.encode()).hexdigest()


def _repaired(path: Path) -> str:
    return repaired(path.read_text(encoding="utf-8"), GENERATED.get(path.name))


def _all_repaired(paths: list[Path]) -> Iterable[str]:
    """Return the repaired pages, made on all cores where there are many."""
    if len(paths) < MANY:
        return map(_repaired, paths)
    # Started anew, for a process that has loaded TensorFlow may not fork.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return [*pool.map(_repaired, paths)]


def repair_site(app: Sphinx, exception: Exception | None) -> None:
    """Repair every page in the output folder that is not as the last repair left it."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    record = Path(app.doctreedir, "repaired.json")
    left = {*json.loads(record.read_text())} if record.exists() else set()
    pages = {}
    (site / "unrolled.pdf").unlink(missing_ok=True)
    for path in sorted(site.rglob("*.html")):
        if "_static" in path.relative_to(site).parts:
            path.unlink()  # The theme's templates, copied along with its styles.
            continue
        pages[path] = path.read_text(encoding="utf-8")
    todo = [path for path, html in pages.items() if fingerprint(html) not in left]
    for path, html in zip(todo, _all_repaired(todo), strict=True):
        path.write_text(html, encoding="utf-8")
        pages[path] = html
    record.write_text(json.dumps([fingerprint(html) for html in pages.values()]))
    start = f"{app.config.root_doc}.html"
    if start != "index.html":
        page = REDIRECT.format(title=app.config.html_title, start=start)
        (site / "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", repair_site, priority=AFTER_OTHERS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
