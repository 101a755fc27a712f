"""Print the built site as one PDF: `python book/_ext/paper.py` after `nox -s docs`.

The pages' articles become the chapters of one file, in the order of the contents. What can be
unfolded is unfolded, the solutions of a chapter stand at its end, and links lead within the file.
A browser cannot look ahead, so a page number is read from one print and written into the next.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from published import date_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
PDF = "unrolled.pdf"
OFFER = f'a[href$="{PDF}"]'
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-gpu", "--no-sandbox")  # fmt: skip
#: What a screen needs and paper does not.
FURNITURE = "a.headerlink, script, button, input, noscript, .reading-time"
#: Words of code that have no colour; each would be an element of the PDF's structure.
PLAIN = ".highlight span:is(.n, .p, .w, .x)"
SOLUTION = re.compile(r"^Solution\b")
NUMBER = re.compile(r"^(\d+)\.$")
#: What every chapter ends with is not told in the contents.
BACK_MATTER = {"Further reading", "References"}
#: Attributes that name a place of the same page.
PLACES = ("id", "for", "data-page", "aria-labelledby", "aria-describedby")
#: Writes page numbers where they belong; before the first print, as many digits as they have.
FILL = """numbers => document.querySelectorAll("[data-page]").forEach(
  e => { e.textContent = numbers[e.dataset.page] ?? "000"; })"""
MOST_PRINTS = 4
REFERENCES = re.compile(r"(url\(['\"]?#)")


class Part(NamedTuple):
    """A caption of the contents and the pages under it."""

    caption: str
    pages: list[str]


def parts(contents: Path) -> list[Part]:
    """Return the parts of the book, the front page alone in the first."""
    read = yaml.safe_load(contents.read_text(encoding="utf-8"))
    rest = [Part(one["caption"], [c["file"] for c in one["chapters"]]) for one in read["parts"]]
    return [Part("", [read["root"]]), *rest]


def place(page: str, anchor: str = "") -> str:
    """Return the id that a page, or a place on it, has in the whole."""
    return "--".join(filter(None, (page.rpartition("/")[2], anchor)))


def chapter(html: BeautifulSoup, page: str, known: set[str]) -> Tag:
    """Return the article of a page as a chapter of the book."""
    made = html.select_one("article.bd-article")
    assert made is not None, f"{page}: no article"
    for spare in made.select(FURNITURE):
        spare.decompose()
    for word in made.select(PLAIN):
        word.unwrap()
    unfold(html, made)
    for tag in made.find_all(True):
        own_places(tag, page, known)
    if not (first := made.find("section", recursive=False)) or not first.get("id"):
        raise ValueError(f"{page}: expected an article that is a section with an id")
    made.name, made["id"], made["class"] = "div", place(page), "chapter"
    made["style"] = f"page: {place(page)}"
    return made


def unfold(html: BeautifulSoup, made: Tag) -> None:
    """Open every fold, and gather the solutions at the end of the chapter."""
    answers = []
    for fold in made.select("details, .admonition.dropdown"):
        title = fold.select_one(".admonition-title") or fold.select_one("summary")
        name = title.get_text(" ", strip=True) if title else ""
        box = html.new_tag("div", attrs={"class": "fold"})
        for spare in fold.select("summary, .admonition-title"):
            spare.decompose()
        box.extend([*fold.contents])
        fold.replace_with(box)
        if SOLUTION.match(name):
            answers.append(box)
        elif name:
            box.insert(0, labelled(html, name))
    if not answers:
        return
    section = html.new_tag("section", id="solutions")
    section.append(heading := html.new_tag("h2"))
    heading.string = "Solutions"
    made.append(section)
    for count, box in enumerate(answers, 1):
        marks = [p.strong and p.strong.get_text() for p in box.find_all_previous("p")]
        asked = next((mark for mark in marks if mark and NUMBER.match(mark)), f"{count}.")
        name = f"Solution {asked[:-1]}"
        answer, question = f"solution-{count}", f"exercise-{count}"
        cell = box.find_parent(class_="cell") or box
        there = html.new_tag("p", id=question, attrs={"class": "to-solution"})
        there.append(link := html.new_tag("a", href=f"#{answer}", attrs={"class": "ref"}))
        link.string = name
        link.append(html.new_tag("i", attrs={"data-page": answer}))
        cell.replace_with(there)
        section.append(label := labelled(html, ""))
        label["id"] = answer
        label.append(back := html.new_tag("a", href=f"#{question}"))
        back.string = name
        section.append(cell)


def labelled(html: BeautifulSoup, name: str) -> Tag:
    """Return the line above what was folded."""
    label = html.new_tag("p", attrs={"class": "fold-title"})
    label.string = name
    return label


def own_places(tag: Tag, page: str, known: set[str]) -> None:
    """Name places so that no two pages share one, and lead links to them."""
    for name, value in [*tag.attrs.items()]:
        if name in PLACES:
            tag[name] = " ".join(place(page, one) for one in str(value).split())
        elif isinstance(value, str) and "#" in value and name not in ("href", "xlink:href"):
            tag[name] = REFERENCES.sub(rf"\g<1>{place(page)}--", value)
    for name in {"href", "xlink:href", "src"} & {*tag.attrs}:
        parts = urlsplit(str(tag[name]))
        if parts.scheme or parts.netloc:
            continue
        folder = Path(page).parent
        target = re.sub(r"[^/]+/\.\./", "", (folder / unquote(parts.path)).as_posix())
        if name == "src":
            tag[name] = f"../html/{target}"
        elif not parts.path:
            tag[name] = "#" + place(page, parts.fragment)
        elif target.removesuffix(".html") in known:
            tag[name] = "#" + place(target.removesuffix(".html"), parts.fragment)
            if tag.select(".doc, .std"):  # One that the prose makes, not the code.
                tag["class"] = "ref"
                tag.append(Tag(name="i", attrs={"data-page": str(tag["href"])[1:]}))
        else:
            del tag[name]  # To a page of the site that is not in the book.


def rules_of(pages: Mapping[str, BeautifulSoup]) -> str:
    """Return the rules of all pages' formulas, each once."""
    styles = [str(s.string) for p in pages.values() for s in p.select("head > style") if s.string]
    formulas = "".join(style for style in styles if "mjx-" in style)
    rules = dict.fromkeys(rule.strip() + "}" for rule in formulas.split("}") if rule.strip())
    return "\n".join(rules).replace("../_static/", "../html/_static/")


def whole(site: Path, contents: Path) -> str:
    """Return the book as one page of HTML, in which page numbers are still empty."""
    book = parts(contents)
    names = [page for part in book for page in part.pages]
    pages = {
        page: BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        for page in names
    }
    styles = rules_of(pages)
    chapters = {page: chapter(html, page, {*names}) for page, html in pages.items()}
    start = chapters[names[0]].h1
    assert start is not None
    start.string = "Introduction"  # The front page of the site has the name of the book.
    running, lines = [], []
    for part in book:
        lines.append(f"<p>{escape(part.caption)}</p>" if part.caption else "")
        for page in part.pages:
            title = chapters[page].h1
            assert title is not None
            name = title.get_text(" ", strip=True)
            quoted = name.replace("\\", "").replace('"', "\\22 ")
            running.append(f'@page {place(page)} {{ @top-right {{ content: "{quoted}" }} }}')
            lines.append(entry("h1", place(page), escape(name)))
            for head in chapters[page].select("h2"):
                if head.get_text() not in BACK_MATTER:
                    lines.append(entry("h2", str(head.parent["id"]), head.decode_contents()))
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    title, _, subtitle = map(escape, settings["title"].partition(": "))
    written = ", ".join(filter(None, (f"Version {about['version']}", date_in_words(ROOT))))
    mark = (ROOT / "book" / "_static" / "favicon.svg").read_text(encoding="utf-8")
    sheet = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    return "\n".join(
        (
            f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
            f"<title>{title}: {subtitle}</title>"
            '<link rel="stylesheet" href="../html/_static/pygments.css">',
            f"<style>{styles}</style><style>{sheet}",
            *running,
            f'</style></head><body><div class="cover">{mark}<p class="title">{title}</p>'
            f'<p class="subtitle">{subtitle}</p>',
            f"<p>{escape(settings['author'])}</p><p>{written}</p></div>",
            f'<nav class="contents"><h1>Contents</h1>{"".join(lines)}</nav>',
            *map(str, chapters.values()),
            "</body></html>",
        )
    )


def entry(kind: str, target: str, title: str) -> str:
    """Return a line of the contents."""
    title = re.sub(r' id="[^"]*"', "", title)
    return (
        f'<a class="{kind}" href="#{target}"><span>{title}</span><i data-page="{target}"></i></a>'
    )


def numbers_in(pdf: Path) -> dict[str, int]:
    """Return the page on which each place of a PDF stands that a link leads to."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    page_number = reader.get_destination_page_number
    places = reader.named_destinations.items()
    return {name.removeprefix("/"): 1 + page_number(to) for name, to in places}


@contextmanager
def system_chromium() -> Iterator[Browser]:
    """Start the system's own Chromium."""
    from playwright.sync_api import sync_playwright

    if (path := next(filter(None, map(shutil.which, NAMES)), None)) is None:
        raise FileNotFoundError(f"no browser among {', '.join(NAMES)}")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=[*QUIET], timeout=0)
        yield browser
        browser.close()


def print_pages(browser: Browser, source: Path, target: Path) -> None:
    """Print a page of HTML, again and again until the numbers in it are those of its pages."""
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(0)
    numbers: dict[str, int] = {}
    for _ in range(MOST_PRINTS):
        page.goto(source.resolve().as_uri())  # A page printed before may break elsewhere.
        page.evaluate(FILL, numbers)
        page.pdf(path=target, prefer_css_page_size=True, print_background=True, outline=True,
                 tagged=bool(numbers))  # fmt: skip
        before, numbers = numbers, numbers_in(target)
        if before == numbers:
            return page.close()
    raise RuntimeError(f"page numbers still move after {MOST_PRINTS} prints")


def offer_paper(site: Path) -> None:
    """Let the download menu of every page offer the printed book."""
    for path in sorted(site.rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        if (menu := page.select_one(".dropdown-download-buttons ul")) and not menu.select(OFFER):
            up = "../" * (len(path.relative_to(site).parts) - 1)
            menu.append(item := page.new_tag("li"))
            look = {"class": "btn btn-sm dropdown-item", "title": "Download the whole book"}
            item.append(link := page.new_tag("a", attrs={**look, "href": up + PDF, "download": ""}))
            link.append(icon := page.new_tag("span", attrs={"class": "btn__icon-container"}))
            icon.append(
                page.new_tag("i", attrs={"class": "fas fa-file-pdf", "aria-hidden": "true"})
            )
            link.append(text := page.new_tag("span", attrs={"class": "btn__text-container"}))
            text.string = "The whole book, .pdf"
            path.write_text(str(page), encoding="utf-8")


def main() -> None:
    """Print the book that is in `_build/html` and let its pages offer it."""
    site = ROOT / "_build" / "html"
    source = ROOT / "_build" / "paper" / "book.html"
    source.parent.mkdir(exist_ok=True)
    source.write_text(whole(site, ROOT / "_toc.yml"), encoding="utf-8")
    with system_chromium() as browser:
        print_pages(browser, source, site / PDF)
    offer_paper(site)


if __name__ == "__main__":
    sys.exit(main())
