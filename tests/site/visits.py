"""A page of the built book, opened in a browser from a disk, and all that is wrong with it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest
from site_rules import Site

#: The windows in which pages are read: width and height in pixels.
WIDTHS = {1280: 900, 390: 844}


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
        # Preloading would read the style sheets once more, which a page on a disk may not;
        # to tell what passes too would take half as long again.
        found = axe.run(
            self.page, options={"preload": False, "resultTypes": ["violations"]}
        ).response["violations"]
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
    context.set_default_timeout(0)  # None: a slow machine is no fault of the page.
    found = Visit(context.new_page())
    found.page.goto(path.resolve().as_uri() + query)
    found.page.evaluate("() => window.MathJax?.startup?.promise?.then(() => true)")
    yield found
    context.close()


def faults_of_every_page(built: Site, browser, width: int, theme: str) -> list[str]:
    """Read all pages in windows of one width and theme and return what is wrong."""
    found = []
    for name, page in built.pages.items():
        if page.select('meta[http-equiv="refresh" i]'):
            continue
        with visit(browser, built.root / name, width, theme) as seen:
            found += [f"{name}: {fault}" for fault in seen.faults()]
    return found
