"""The built book in a browser, from a disk: nothing fetched, nothing unreadable, nothing cut off.

Chromium is the system's own. Without one these tests are skipped, unless CI or
UNROLLED_BROWSER=required says that there must be one.
"""

from __future__ import annotations

import random

import pytest
from visits import HEAVIEST, Visit, visit

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
    with visit(browser, page) as seen:
        assert any(fault in text for text in seen.faults())
