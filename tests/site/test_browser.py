"""The built book in a browser, from a disk: nothing fetched, nothing unreadable, nothing cut off.

Chromium is the system's own. Without one these tests are skipped, unless CI or
UNROLLED_BROWSER=required says that there must be one.
"""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import pytest
from visits import HEAVIEST, WIDTHS, Visit, visit

from unrolled.figures.palette import ROLES

pytestmark = pytest.mark.site


def test_the_root_sends_the_reader_on(book, browser):
    with visit(browser, book / "book" / "index.html") as start:
        title = start.page.title()
        start.page.goto((book / "index.html").as_uri())
        start.page.wait_for_url("**/book/index.html")
        assert start.page.title() == title


def test_search_finds_the_lstm_without_a_server(book, browser):
    with visit(browser, book / "search.html", query="?q=LSTM") as seen:
        seen.page.wait_for_selector("#search-results .search a[href*='lstm.html']")
        assert not seen.strangers()
        assert not seen.errors


def test_search_quotes_articles_and_not_what_stands_around_them(book, built, browser):
    with visit(browser, book / "search.html") as seen:
        here = "http://book.test/"
        seen.page.route(
            f"{here}**",
            lambda route: route.fulfill(path=book / urlsplit(route.request.url).path[1:]),
        )
        seen.page.goto(f"{here}search.html?q=gradient")
        result = seen.page.locator("#search-results li", has=seen.page.locator(".context")).first
        quoted = result.locator(".context").inner_text().strip(".")
        address = result.locator("a").first.get_attribute("href")
        read = "async url => Search.htmlToText(await (await fetch(url)).text())"
        assert quoted in seen.page.evaluate(read, address.partition("#")[0])
        for name in (name for name, page in built.pages.items() if page.article):
            text, page = seen.page.evaluate(read, name), built.pages[name]
            title = page.article.h1 or page.article.h2
            assert text.strip().startswith(title.get_text().strip("#"))
            contents = page.select_one("#pst-page-toc-nav")
            assert contents is None or " ".join(contents.get_text().split()) not in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["search.html", "book/index.html"])
def test_the_magnifier_stands_beside_the_words(book, browser, name, width):
    with visit(browser, book / name, width) as seen:
        if name != "search.html":
            seen.page.locator(".search-button__button:visible").click()
        form = seen.page.locator("form.bd-search:visible")
        icon, words = (form.locator(one).bounding_box() for one in ("i", "input"))
        assert icon["x"] + icon["width"] <= words["x"]
        assert abs(icon["y"] + icon["height"] / 2 - words["y"] - words["height"] / 2) < 3


def test_75_columns_of_code_fit_into_the_lines_of_the_text(book, browser):
    with visit(browser, book / "book" / "lstm.html") as seen:
        boxes, scrolling = seen.page.evaluate(
            """() => {
              document.querySelectorAll("details").forEach(fold => fold.open = true);
              const boxes = [...document.querySelectorAll(".bd-article pre")];
              for (const box of boxes) box.textContent = "x".repeat(75);
              return [boxes.length, boxes.filter(box => box.scrollWidth > box.clientWidth).length];
            }"""
        )
    assert boxes > 5
    assert not scrolling


def test_without_script_a_page_and_its_pictures_are_light_in_the_dark(book, browser):
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto((book / "book" / "rnn.html").as_uri())
    body, ink = page.evaluate(
        """() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(
        document.querySelector(".unrolled-picture")).getPropertyValue("--unrolled-ink")]"""
    )
    assert body == "rgb(255, 255, 255)"
    assert ink == ROLES["ink"].light
    context.close()


def test_a_picture_has_its_place_before_it_has_come(book, browser):
    page = browser.new_page()
    page.route("**/*.svg", lambda route: None)  # It never comes.
    page.goto((book / "book" / "index.html").as_uri(), wait_until="commit")
    page.wait_for_selector("article img", state="attached")
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("article img")].map(
        one => [one.clientWidth, one.clientHeight])"""
    )
    assert sizes
    assert all(width and height for width, height in sizes)
    page.close()


def test_in_the_dark_a_page_is_dark_before_its_scripts_have_come(book, browser):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    page.goto((book / "book" / "rnn.html").as_uri())
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()


def test_a_first_visit_has_no_error(book, browser):
    context = browser.new_context()  # Without the choices that other visits have made.
    context.set_default_timeout(0)
    seen = Visit(context.new_page())
    seen.page.goto((book / "book" / "index.html").as_uri())
    assert not seen.errors
    context.close()


BAD_PAGES = {
    "asks": '<img alt="A." src="http://127.0.0.1:9/x.png">',
    "error": "<script>throw new Error('broken')</script>",
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "light: color-contrast": '<p style="color: #ccc">pale</p>',
    "dark: color-contrast": "<style>p { transition: color 9s }"
    "@media (prefers-color-scheme: dark) { p { color: #ccc } }</style><p>pale in the dark</p>",
    "label-content-name-mismatch": '<button aria-label="Toggle">Show</button>',
    "light: hidden focus": '<a href="#" style="outline: none">here</a>',
    "dark: hidden focus": "<style>a { outline: 3px solid black !important }"
    "@media (prefers-color-scheme: dark) { body { color: white; background: #222 } }"
    '</style><a href="#" style="color: white">here</a>',
    "wider than 320": '<div style="width: 340px">wide</div>',
    "scrolls": '<div style="width: 3000px">wide</div>',
    "weighs": '<img alt="A." src="heavy.bin">',
    "2 formulas": '<span class="math">x^2</span>'
    '<span class="math"><mjx-container><mjx-c></mjx-c></mjx-container></span>',
}


@pytest.mark.parametrize("fault", BAD_PAGES)
def test_a_bad_page_is_found(tmp_path, browser, fault):
    (tmp_path / "heavy.bin").write_bytes(random.Random(0).randbytes(HEAVIEST * 1024))
    page = tmp_path / "page.html"
    page.write_text(
        "<!DOCTYPE html><html lang='en'><title>A</title><main><h1>A</h1>"
        f"{BAD_PAGES[fault]}</main></html>"
    )
    with visit(browser, page, min(WIDTHS)) as seen:
        assert any(fault in text for text in seen.faults())
