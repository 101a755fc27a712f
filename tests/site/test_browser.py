"""The built book in a browser, from a disk: nothing fetched, nothing unreadable, nothing cut off.

Chromium is the system's own. Without one these tests are skipped, unless CI or
UNROLLED_BROWSER=required says that there must be one.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.site
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = bool(os.environ.get("CI")) or os.environ.get("UNROLLED_BROWSER") == "required"
WIDTHS = {1280: 900, 390: 844}
QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
ALONE = ["--disable-sync", "--disable-gpu", "--no-sandbox"]


@pytest.fixture(scope="module")
def browser():
    """Start the system's Chromium, or skip with the reason."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        (pytest.fail if REQUIRED else pytest.skip)(f"no browser among {', '.join(NAMES)}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=[*QUIET, *ALONE])
        yield chromium
        chromium.close()


class Visit:
    """One page in one window: what it asked for and what went wrong."""

    def __init__(self, page) -> None:
        """Listen to a window before it opens anything."""
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.errors.append(f"no {request.url}"))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.listen)

    def listen(self, message) -> None:
        """Keep what the console calls an error."""
        if message.type == "error":
            self.errors.append(message.text)

    def strangers(self) -> list[str]:
        """Return what was asked of anything but the disk."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]

    def overflow(self) -> int:
        """Return by how many pixels the page scrolls sideways."""
        return self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def unreadable(self) -> list[str]:
        """Return what axe finds, each with the element that it is found on."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        # Preloading would read the style sheets once more, which a page on a disk may not.
        found = axe.run(self.page, options={"preload": False}).response["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]

    def raw_formulas(self) -> int:
        """Return how many formulas still stand as TeX."""
        return self.page.evaluate(
            "() => [...document.querySelectorAll('.math')]"
            ".filter(e => !e.querySelector('mjx-container')).length"
        )

    def faults(self) -> list[str]:
        """Return all that is wrong with this visit."""
        return [
            *(f"asks {url}" for url in self.strangers()),
            *(f"error {text}" for text in self.errors),
            *self.unreadable(),
            *[f"scrolls sideways by {self.overflow()} px"] * (self.overflow() > 0),
            *[f"{self.raw_formulas()} formulas are not set"] * (self.raw_formulas() > 0),
        ]


@contextmanager
def visit(browser, path: Path, width: int = 1280, theme: str = "light", query: str = ""):
    """Open a file in a window of its own and wait until its formulas are set."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme
    )
    for setting in ("mode", "theme"):  # Where the theme keeps the reader's choice.
        context.add_init_script(f"localStorage.setItem('{setting}', '{theme}')")
    found = Visit(context.new_page())
    found.page.goto(path.resolve().as_uri() + query)
    found.page.evaluate("() => window.MathJax?.startup?.promise?.then(() => true)")
    yield found
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_can_be_read(built, browser, width, theme):
    found = []
    for name, page in built.pages.items():
        if page.select('meta[http-equiv="refresh" i]'):
            continue
        with visit(browser, built.root / name, width, theme) as seen:
            found += [f"{name}: {fault}" for fault in seen.faults()]
    assert not found, "\n".join(found)


def test_the_root_sends_the_reader_on(built, browser):
    with visit(browser, built.root / "book" / "index.html") as start:
        title = start.page.title()
        start.page.goto((built.root / "index.html").as_uri())
        start.page.wait_for_url("**/book/index.html")
        assert start.page.title() == title


def test_search_finds_the_lstm_without_a_server(built, browser):
    with visit(browser, built.root / "search.html", query="?q=LSTM") as seen:
        seen.page.wait_for_selector("#search-results .search a[href*='lstm.html']", timeout=10_000)
        assert not seen.strangers()
        assert not seen.errors


BAD_PAGES = {
    "asks": '<img alt="A." src="http://127.0.0.1:9/x.png">',
    "error": "<script>throw new Error('broken')</script>",
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "scrolls": '<div style="width: 3000px">wide</div>',
    "formulas": '<span class="math">x^2</span>',
}


@pytest.mark.parametrize("fault", BAD_PAGES)
def test_a_bad_page_is_found(tmp_path, browser, fault):
    page = tmp_path / "page.html"
    page.write_text(
        "<!DOCTYPE html><html lang='en'><title>A</title><main><h1>A</h1>"
        f"{BAD_PAGES[fault]}</main></html>"
    )
    with visit(browser, page) as seen:
        seen.page.wait_for_timeout(100)  # A refused connection is reported a moment later.
        assert any(fault in text for text in seen.faults())
