"""A page of the built book, opened in a browser from a disk, and all that is wrong with it."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

# Of thousands of texts, each of which takes axe a millisecond, only two of each look are judged:
# those of one colour, size and weight on one ground.
CONTRAST = {"id": "color-contrast", "selector": ".a-look"}
# axe holds one back as an experiment. All rules take twice the time of those that look at colours,
# so a page meets them in one theme on a wide screen and in the other on a phone.
ALL_RULES = {"rules": {"label-content-name-mismatch": {"enabled": True}}}
COLOURS = {"runOnly": [CONTRAST["id"], "link-in-text-block"]}
MARK_LOOKS = """() => {
  const grounds = new Map([[null, ""]]), counts = new Map();
  const ground = e => {
    if (!grounds.has(e)) {
      const s = getComputedStyle(e);
      const own = [s.backgroundColor, s.backgroundImage, s.opacity];
      grounds.set(e, [...own, ground(e.parentElement)].join());
    }
    return grounds.get(e);
  };
  for (const e of document.body.querySelectorAll("*")) {
    e.classList.remove("a-look");
    const says = [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (!says || !e.checkVisibility({visibilityProperty: true}) || e.clientWidth === 1) continue;
    const s = getComputedStyle(e);
    const look = [s.color, s.fontSize, s.fontWeight, s.textShadow, ground(e)].join();
    counts.set(look, (counts.get(look) ?? 0) + 1);
    if (counts.get(look) <= 2) e.classList.add("a-look");
  }
}"""
FORMULAS = """() => [...document.querySelectorAll(".math")].filter(formula => {
  const letters = [...formula.querySelectorAll("mjx-container mjx-c")];
  return !letters.length || letters.some(
    letter => getComputedStyle(letter, "::before").content === "none");
}).length"""
TURN = """theme => {
  document.documentElement.dataset.theme = theme;
  document.getAnimations().forEach(animation => animation.cancel());  // No colour is on its way.
}"""
# Once a key was pressed, a browser shows the focus of what a script focuses, too.
# One of each kind is judged: a tag with its classes in a parent with its own.
HIDDEN_FOCUS = """() => {
  const numbers = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const ground = e => {
    const colour = e ? numbers(getComputedStyle(e).backgroundColor) : [255, 255, 255];
    return colour.length === 3 || colour[3] === 1 ? colour : ground(e.parentElement);
  };
  const light = colour => {
    const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.slice(0, 3).map(v => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const kinds = new Set(), hidden = [];
  for (const e of document.querySelectorAll("a[href], button, input, summary, [tabindex]")) {
    if (e.tabIndex < 0 || !e.checkVisibility({visibilityProperty: true})) continue;
    const kind = [e.tagName, e.className, e.parentElement.className].join();
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    e.focus({preventScroll: true});
    const ring = getComputedStyle(e.closest("form") ?? e);  // A box of search has it around all.
    const [a, b] = [light(numbers(ring.outlineColor)), light(ground(e.parentElement))];
    const seen = ring.outlineStyle === "solid" && parseFloat(ring.outlineWidth) >= 2;
    if (!seen || Math.max(a, b) < 3 * Math.min(a, b)) hidden.push(e.outerHTML.slice(0, 120));
  }
  document.activeElement.blur();
  return hidden;
}"""
# A live picture is drawn with the next frame, and says what it shows 400 ms later.
SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
  () => setTimeout(done, 450))))"""
#: The windows in which pages are read: width and height in pixels.
WIDTHS = {1280: 900, 390: 844}
#: The narrowest window: a phone's, or that of a reader who enlarges a page four times.
NARROWEST = {"width": 320, "height": 568}
#: The most that a page may ask for on its first load, in KiB as a server sends them.
HEAVIEST = 200
BUILT = Path(__file__).resolve().parents[2] / "_build" / "html"
#: Every page that is built; where there is none, a name for the test that is skipped.
PAGES = sorted(page.relative_to(BUILT).as_posix() for page in BUILT.rglob("*.html")) or ["no book"]


#: How a picture writes a power of ten and a minus.
TINY = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


def number(text: str) -> float:
    """Read a number as a live picture writes it."""
    return float(text.replace("·10", "e").translate(TINY))


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

    def on_a_phone(self) -> bool:
        """Tell whether the window is the narrower one."""
        return self.page.viewport_size["width"] == min(WIDTHS)

    def overflow(self) -> int:
        """Return by how many pixels the page scrolls sideways."""
        return self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def unreadable(self) -> list[str]:
        """Return what axe finds in both themes, and which focus is not seen."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        self.page.evaluate(axe.axe_script)
        self.page.evaluate("rule => axe.configure({rules: [rule]})", CONTRAST)
        found = []
        self.page.keyboard.press("Tab")
        whole = "dark" if self.on_a_phone() else "light"
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme)
            self.page.evaluate(TURN, theme)
            self.page.evaluate(MARK_LOOKS)
            # Preloading would read the style sheets once more, which a page on a disk may not;
            # to tell what passes too would take half as long again.
            which = ALL_RULES if theme == whole else COLOURS
            options = {"preload": False, "resultTypes": ["violations"], **which}
            for one in self.page.evaluate("axe.run", options)["violations"]:
                found.append(f"{theme}: {one['id']}: {one['nodes'][0]['html'][:120]}")
            for one in self.page.evaluate(HIDDEN_FOCUS):
                found.append(f"{theme}: hidden focus: {one}")
        return found

    def weight(self) -> float:
        """Return how much was asked for, in KiB, each file once and compressed."""
        files = {unquote(urlsplit(url).path) for url in self.requests if url.startswith("file:")}
        read = [Path(name).read_bytes() for name in files if Path(name).is_file()]
        return sum(min(len(gzip.compress(data)), len(data)) for data in read) / 1024

    def raw_formulas(self) -> int:
        """Return how many formulas stand as TeX, or without the rules that draw their letters."""
        return self.page.evaluate(FORMULAS)

    def faults(self) -> list[str]:
        """Return all that is wrong with this visit."""
        found = [
            *(f"asks {url}" for url in self.strangers()),
            *(f"error {text}" for text in self.errors),
            *self.unreadable(),
            *[f"weighs {self.weight():.0f} KiB"] * (self.weight() > HEAVIEST),
            *[f"scrolls sideways by {self.overflow()} px"] * (self.overflow() > 0),
            *[f"{self.raw_formulas()} formulas are not set"] * (self.raw_formulas() > 0),
        ]
        if self.on_a_phone():
            self.page.set_viewport_size(NARROWEST)
            found += [f"is wider than 320 px by {self.overflow()} px"] * (self.overflow() > 0)
        return found


@contextmanager
def visit(browser, path: Path, width: int = 1280, query: str = ""):
    """Open a file in a light window of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme="light"
    )
    for setting in ("mode", "theme"):  # Where the theme keeps the reader's choice.
        context.add_init_script(f"localStorage.setItem('{setting}', 'light')")
    context.set_default_timeout(0)  # None: a slow machine is no fault of the page.
    found = Visit(context.new_page())
    found.page.goto(path.resolve().as_uri() + query)
    yield found
    context.close()


def faults_of(page: Path, browser, width: int) -> list[str]:
    """Read a page in a window of one width and return what is wrong."""
    if 'http-equiv="refresh"' in page.read_text(encoding="utf-8"):
        return []  # It sends the reader on.
    with visit(browser, page, width) as seen:
        return seen.faults()
