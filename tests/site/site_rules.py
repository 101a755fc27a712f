"""What every page of a built site must keep to: each rule takes a site and yields its faults.

A site is a folder of HTML as a reader would copy it to a disk, without a server behind it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

LOADING = {
    "script": ["src"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "embed": ["src"],
    "object": ["data"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "use": ["href", "xlink:href"],
    "image": ["href", "xlink:href"],
}
# A link element loads its target for these relations; for others it only points.
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect"}
LOADING_LINKS |= {"dns-prefetch", "manifest", "apple-touch-icon"}
STYLE_URL = re.compile(r"""url\(\s*['"]?([^'")]+)|@import\s+['"]([^'"]+)""")
FILE_NAME = re.compile(r"^\S*\.(png|svg|jpe?g|gif|webp)$", re.IGNORECASE)
RST = re.compile(r"``|:[a-z:]+:`")
COLUMNS = 75
WORDS = 4000
LISTS = ("book/api.html", "book/references.html", "book/glossary.html")
LEFTOVERS = ("Traceback (most recent call last)", "<stderr>", "&lt;stderr&gt;", "WARNING:")


@dataclass(frozen=True)
class Site:
    """The parsed pages of a folder, each under its path within it."""

    root: Path
    pages: dict[str, BeautifulSoup] = field(compare=False)

    @classmethod
    def read(cls, root: Path) -> Site:
        """Parse every page of a folder."""
        paths = sorted(path for path in root.rglob("*.html"))
        return cls(
            root.resolve(),
            {
                path.relative_to(root).as_posix(): BeautifulSoup(
                    path.read_text(encoding="utf-8"), "html.parser"
                )
                for path in paths
            },
        )

    @cached_property
    def anchors(self) -> dict[str, set[str]]:
        """The places within each page that a link can point to."""
        return {
            name: {str(tag["id"]) for tag in page.select("[id]")}
            | {str(tag["name"]) for tag in page.select("a[name]")}
            for name, page in self.pages.items()
        }


Rule = Callable[[Site], Iterator[str]]


def leaves(url: str) -> bool:
    """Tell whether a URL asks another machine, or a server's root, instead of a file nearby."""
    parts = urlsplit(url.strip())
    return parts.scheme not in {"", "data"} or bool(parts.netloc) or parts.path.startswith("/")


def loaded(page: BeautifulSoup) -> Iterator[str]:
    """Yield every URL that a browser fetches in order to show the page."""
    for tag in page.find_all(True):
        for name in LOADING.get(tag.name, []):
            value = str(tag.get(name, ""))
            urls = [part.split()[0] for part in value.split(",") if part.split()]
            yield from urls if name == "srcset" else [value] * bool(value)
        if tag.name == "link" and LOADING_LINKS & set(tag.get_attribute_list("rel")):
            yield str(tag.get("href", ""))
        yield from style_urls(str(tag.get("style", "")))
        if tag.name == "style":
            yield from style_urls(tag.get_text())


def style_urls(css: str) -> Iterator[str]:
    """Yield every URL that a style sheet loads."""
    for first, second in STYLE_URL.findall(css):
        yield first or second


def loads_nothing_from_elsewhere(site: Site) -> Iterator[str]:
    """Find what a page or its styles load that is not a file beside them."""
    for name, page in site.pages.items():
        for url in loaded(page):
            if leaves(url):
                yield f"{name}: loads {url}"
    for sheet in sorted(site.root.rglob("*.css")):
        for url in style_urls(sheet.read_text(encoding="utf-8")):
            if leaves(url):
                yield f"{sheet.relative_to(site.root).as_posix()}: loads {url}"


def loads_only_what_is_there(site: Site) -> Iterator[str]:
    """Find what a page loads that is not in the site."""
    for name, page in site.pages.items():
        for url in loaded(page):
            parts = urlsplit(url)
            if leaves(url) or parts.scheme == "data" or not parts.path:
                continue
            if not (site.root / name).parent.joinpath(unquote(parts.path)).is_file():
                yield f"{name}: {url} is not there"


def describes_every_picture(site: Site) -> Iterator[str]:
    """Find images without words for who cannot see them; a file's name is none."""
    for name, page in site.pages.items():
        for image in page.find_all("img"):
            alt = str(image.get("alt", "")).strip()
            if not alt and decorative(image):
                continue
            if not alt or FILE_NAME.match(alt):
                yield f"{name}: {image.get('src')} has the alt text {alt!r}"
        for drawing in page.find_all("svg"):
            if drawing.get("role") == "img" and not labelled(drawing):
                yield f"{name}: a drawing (svg role=img) without a label"


def decorative(image: Tag) -> bool:
    """Tell whether an image says by itself that there is nothing to read in it."""
    return image.get("alt") == "" and image.get("role") in {"presentation", "none"}


def labelled(drawing: Tag) -> bool:
    """Tell whether an inline drawing has a name."""
    if str(drawing.get("aria-label", "")).strip():
        return True
    return bool(drawing.get("aria-labelledby")) or drawing.find("title") is not None


def introduces_every_page(site: Site) -> Iterator[str]:
    """Find pages without doctype, language, title, description or a width that fits a phone."""
    for name, page in site.pages.items():
        if "<!doctype html" not in (site.root / name).read_text(encoding="utf-8")[:200].lower():
            yield f"{name}: no doctype"
        if not page.html or not page.html.get("lang"):
            yield f"{name}: no language"
        if not page.title or not page.title.get_text(strip=True):
            yield f"{name}: no title"
        for wanted in ("description", "viewport"):
            found = page.select(f'meta[name="{wanted}"]')
            if len(found) != 1 or not str(found[0].get("content", "")).strip():
                yield f"{name}: {len(found)} {wanted}s, or an empty one"


def has_one_search_box(site: Site) -> Iterator[str]:
    """Find pages without exactly one search box; only one that sends the reader on needs none."""
    for name, page in site.pages.items():
        count = len(page.select('input[type="search"], input[name="q"]'))
        if count != 1 and not page.select('meta[http-equiv="refresh" i]'):
            yield f"{name}: {count} search boxes"


def follows_every_link(site: Site) -> Iterator[str]:
    """Find links within the site that lead to no page, or to no place within it."""
    for name, page in site.pages.items():
        for link in page.select("a[href]"):
            url = str(link["href"])
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            path = (site.root / name).parent / unquote(parts.path) if parts.path else None
            target = (path or site.root / name).resolve()
            if not target.is_file():
                yield f"{name}: {url} leads nowhere"
                continue
            known = site.anchors.get(target.relative_to(site.root).as_posix())
            if parts.fragment and known is not None and unquote(parts.fragment) not in known:
                yield f"{name}: {url} has no such place"


def names_each_place_once(site: Site) -> Iterator[str]:
    """Find ids that stand more than once on their page."""
    for name, page in site.pages.items():
        for place, count in Counter(str(tag["id"]) for tag in page.select("[id]")).items():
            if count > 1:
                yield f"{name}: id {place!r} stands {count} times"


def hides_no_failure(site: Site) -> Iterator[str]:
    """Find what a failing cell left behind on a page."""
    for name, page in site.pages.items():
        for output in page.select(".cell_output, .cell"):
            text = output.get_text()
            if any(mark in text for mark in LEFTOVERS) or output.select(".stderr"):
                yield f"{name}: an output shows an error: {text.strip()[:80]!r}"


def blocks_no_page(site: Site) -> Iterator[str]:
    """Find scripts that a browser waits for before it shows what comes after."""
    for name, page in site.pages.items():
        for script in page.select("script[src]"):
            if not script.has_attr("defer") and script.get("type") != "module":
                yield f"{name}: waits for {script['src']}"


def asks_for_every_file(site: Site) -> Iterator[str]:
    """Find files beside the pages that neither a page nor a style sheet nor a script names."""
    named = "".join(
        path.read_text(encoding="utf-8")
        for kind in ("*.html", "*.css", "*.js")
        for path in site.root.rglob(kind)
    )
    for path in sorted(site.root.joinpath("_static").rglob("*")):
        if path.is_file() and path.name not in named:
            yield f"{path.relative_to(site.root).as_posix()}: no page asks for it"


def chapters(site: Site) -> Iterator[tuple[str, Tag]]:
    """Yield the text of each page of the book."""
    for name, page in site.pages.items():
        yield from ((name, text) for text in page.select("article.bd-article"))


def shows_code_that_fits(site: Site) -> Iterator[str]:
    """Find lines of code or output that are too wide, and marks of another language in code."""
    for name, text in chapters(site):
        for box in text.select("pre"):
            for line in box.get_text().splitlines():
                if len(line) > COLUMNS:
                    yield f"{name}: {len(line)} columns: {line}"
            for mark in RST.findall(box.get_text()):
                yield f"{name}: {mark} in a box of code"


def captions_every_picture_and_table(site: Site) -> Iterator[str]:
    """Find pictures and tables without a caption, and captions that no sentence cites."""
    cited = {
        unquote(urlsplit(str(link["href"])).fragment)
        for page in site.pages.values()
        for link in page.select("a.reference[href*='#']:has(.std-numref)")
    }
    for name, text in chapters(site):
        for shown in text.select('table:not(.indextable), .cell_output svg[role="img"]'):
            named = shown if shown.name == "table" else shown.find_parent("figure")
            if named is None or not named.select("caption, figcaption"):
                yield f"{name}: no caption: {str(shown)[:60]} {shown.get_text()[:60].split()}"
            elif named.get("id") not in cited:
                yield f"{name}: no sentence cites {named.get('id')}"


def is_read_in_one_sitting(site: Site) -> Iterator[str]:
    """Find pages of too many words; drawings, formulas and references are not counted."""
    for name, text in chapters(site):
        if name in LISTS:
            continue
        text = copy(text)
        for part in text.select("svg, math, mjx-math, script, style, .citation"):
            part.decompose()
        count = len("".join(text.strings).split())
        if count > WORDS:
            yield f"{name}: {count} words"


def names_every_fold(site: Site) -> Iterator[str]:
    """Find folds that do not say what they hold."""
    for name, text in chapters(site):
        for fold in text.select("details > summary"):
            said = fold.get_text(" ", strip=True)
            if not said or "code cell" in said:
                yield f"{name}: a fold is called {said!r}"


RULES: tuple[Rule, ...] = (
    loads_nothing_from_elsewhere,
    loads_only_what_is_there,
    describes_every_picture,
    introduces_every_page,
    has_one_search_box,
    follows_every_link,
    names_each_place_once,
    hides_no_failure,
    blocks_no_page,
    asks_for_every_file,
    shows_code_that_fits,
    captions_every_picture_and_table,
    is_read_in_one_sitting,
    names_every_fold,
)
