"""What holds of every live picture, whatever it shows: it is for everybody, and it is light."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from visits import NARROWEST, SETTLED, WIDTHS, visit

from unrolled.figures.palette import ROLES
from unrolled.live.picture import source

pytestmark = pytest.mark.site
#: The pages with live pictures, and settings that need the most room, where one is not enough.
PAGES = {
    "rnn": "",
    "lstm": "",
    "gru": "",
    "custom-cells": "",
    "gradient-flow": "#cell=lstm&bias=3&radius=1.5",
    "text-to-tensors": "#mask=off&zeros=20&texts=" + "w" * 500,
    "index": "#text=ten+to+six&beside=six+to+ten",
    "bilstm-regression": "#text=tenn+to+six+жук&beside=six+to+ten",
    "human-ratings": "",
    "your-own-text": "#text=was+für+ein+Glück",
    "attention": "#text=" + "twenty-five+" * 40,
    "after-lstm": "",
}
#: The page of the windows comes with its picture.
FORECASTING = Path(__file__).resolve().parents[2] / "book" / "forecasting.md"
if FORECASTING.exists() and "{live} windows" in FORECASTING.read_text(encoding="utf-8"):
    PAGES["forecasting"] = "#steps=24&ahead=12&gaps=tell&mistake=all&raise=2"
READY = """() => [...document.querySelectorAll(".live-panel")].every(panel =>
  panel.querySelector("svg, table") && !panel.textContent.includes("The model is loaded"))"""


def open_all(page):
    for start in page.locator(".live-start").all()[::-1]:
        start.click()
    page.wait_for_function(READY)
    for fold in page.locator(".live-panel details").all():
        fold.evaluate("fold => { fold.open = true }")
    page.evaluate(SETTLED)


def test_these_are_all_pages_with_live_pictures(book):
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (book / "book").glob("*.html")}
    assert {name for name, text in pages.items() if "unrolled-live" in text} == set(PAGES)


def test_a_page_loads_each_script_once_and_brings_none(book):
    for name in PAGES:
        page = BeautifulSoup(
            (book / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser"
        )
        loaded = [one["src"] for one in page.select("script[src*='_static/live/']")]
        assert "../_static/live/core.js" in loaded
        assert len(loaded) == len(set(loaded))
        assert not page.select("[data-live]")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_an_open_picture_is_for_everybody(book, browser, name, width):
    with visit(browser, book / "book" / f"{name}.html", width, PAGES[name]) as seen:
        seen.weight = lambda: 0.0  # What is loaded when it is touched is weighed elsewhere.
        open_all(seen.page)
        assert seen.faults() == []
        tall = "() => [...document.querySelectorAll('.live-panel svg')].map(e => e.clientHeight)"
        assert max(seen.page.evaluate(tall)) < WIDTHS[width]
        seen.page.set_viewport_size(NARROWEST)
        seen.page.evaluate(SETTLED)
        assert seen.overflow() <= 0
        assert seen.page.locator(".live-panel").evaluate_all(
            "panels => panels.filter(one => one.scrollWidth > one.clientWidth).length"
        ) == 0  # fmt: skip


def test_a_server_serves_them_as_a_disk_does(server, browser):
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(0)
    for name in PAGES:
        page.goto(f"{server}/book/{name}.html")
        open_all(page)
    assert errors == []
    page.close()


def test_without_script_the_figure_stands(book, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((book / "book" / "lstm.html").as_uri())
    assert page.locator("#fig-lstm svg").is_visible()
    assert not page.locator(".unrolled-live").first.is_visible()
    context.close()


def test_all_scripts_together_are_light(book):
    """Each compressed by itself, as a server sends it; models come when they are touched."""
    scripts = [file.read_bytes() for file in (book / "_static" / "live").glob("*.js")
               if not file.name.endswith("-model.js")]  # fmt: skip
    assert len(scripts) > 8
    assert sum(len(gzip.compress(script)) for script in scripts) <= 32 * 1024
    assert not any(b"innerHTML" in script for script in scripts)
    used = {role for role in ROLES if f"--unrolled-{role}" in source("live/live.css")}
    assert {"ink", "surface", "panel"} <= used
