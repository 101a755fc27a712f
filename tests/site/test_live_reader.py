"""What is typed is read and rated by a recorded model, as `portable` does, and runs nothing."""

from __future__ import annotations

import gzip
import json
import re
from contextlib import contextmanager

import numpy as np
import pytest
from visits import HEAVIEST, visit
from web_cases import long_texts, odd_texts, recorded_model

from unrolled import live
from unrolled.live.picture import source
from unrolled.regressor.portable import Model

READERS = ("book/index.html", "book/bilstm-regression.html")
RATERS = ("book/human-ratings.html", "book/your-own-text.html")
PAGES = (*READERS, *RATERS)
BOX = ".typed-box :is(input, textarea)"
TWO = "#text=ten+to+six&beside=six+to+ten"
#: Half of the last digit that a page shows, and a little.
CENTI, DECI = 0.0051, 0.051


@pytest.fixture(scope="module")
def clock():
    return Model(recorded_model("clock"))


@pytest.fixture(scope="module")
def rater():
    return Model(recorded_model("rater"))


@contextmanager
def opened(browser, book, name, query="", width=1280):
    """Open a page and its live picture, by the keyboard unless the address has a setting for it."""
    with visit(browser, book / name, width, query) as seen:
        if not query:
            seen.page.focus(".live-start")
            seen.page.keyboard.press("Enter")
        seen.page.wait_for_selector(BOX)
        yield seen
        assert seen.errors == []
        assert seen.strangers() == []


def typed(page, text, box=0):
    """Type a text into a box, as a person does."""
    field = page.locator(BOX).nth(box)
    field.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)
    page.keyboard.press("Enter" if "input" in field.evaluate("e => e.localName") else "Tab")


def numbers(text):
    """Return the numbers of a text, whose minus is a sign of its own."""
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


def minutes(page, place=0):
    return numbers(page.locator(".reader-exact").nth(place).inner_text())[0]


def test_the_page_is_light_until_a_picture_is_touched(book, browser):
    for name in PAGES:
        with visit(browser, book / name) as seen:
            seen.page.wait_for_selector(".live-start")
            assert not [url for url in seen.requests if "model.js" in url or "predictor" in url]
            assert seen.weight() <= HEAVIEST
            seen.page.click(".live-start")
            seen.page.wait_for_selector(BOX)
            assert len([url for url in seen.requests if "model.js" in url]) == 1


def test_the_scripts_of_both_take_at_most_8_kib():
    files = {*live.reader().files, *live.rater().files} - {*live.Live("", "", {}).files}
    scripts = "".join(map(source, sorted(files - {"live/.js"})))
    assert len(gzip.compress(scripts.encode())) <= 8 * 1024


@pytest.mark.parametrize("name", READERS)
def test_a_typed_sentence_moves_the_clock_to_what_portable_answers(book, browser, clock, name):
    with opened(browser, book, name) as seen:
        for text in ("ten to six", "half past seven", "the train leaves at 20 past 9", "a hat"):
            typed(seen.page, text)
            answer = clock.predict([text])[0]
            assert abs(minutes(seen.page) - answer) < DECI
            whole = round(minutes(seen.page)) % 720
            shown = seen.page.locator(".reader-time").first.inner_text()
            assert shown == f"{whole // 60 or 12}:{whole % 60:02}"
            assert shown in seen.page.locator(".reader-clock svg").first.get_attribute("aria-label")
            turn = seen.page.locator(".reader-hand").nth(1).evaluate("e => e.style.transform")
            assert turn == f"rotate({6 * whole}deg)"


def test_where_two_sentences_part_inside_the_cell(book, browser, clock):
    """The question of the page: how does "ten to six" differ from "six to ten" inside the cell."""
    one, other = map(clock.gates, ("ten to six", "six to ten"))
    with opened(browser, book, READERS[1]) as seen:
        page = seen.page
        typed(page, "ten to six")
        page.get_by_role("button", name="Compare two sentences").press("Enter")
        typed(page, "six to ten", box=1)
        assert np.allclose(
            [minutes(page), minutes(page, 1)],
            clock.predict(["ten to six", "six to ten"]), atol=DECI,
        )  # fmt: skip
        for way, last, words in (("forward", -1, ("ten", "six")), ("backward", 0, ("six", "ten"))):
            page.locator(f"input[value={way}]").press("Space")
            a, b = (each.values[f"c {way}"][last] for each in (one, other))
            unit = int(np.abs(a - b).argmax())
            told = page.locator(".reader-compared").inner_text()
            assert "part at word 1: “{}” and “{}”".format(*words) in told
            assert np.allclose(numbers(told)[1:], [unit, a[unit], b[unit]], atol=CENTI)
            page.get_by_role("button", name="Show that unit").press("Enter")
            now = page.locator(".reader-readout").inner_text()
            assert np.allclose(numbers(now), [unit, a[unit], b[unit]], atol=CENTI)


def test_steps_and_the_map_are_moved_by_touch_and_show_every_gate(book, browser, clock):
    values = clock.gates("ten to six").values
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto((book / READERS[0]).resolve().as_uri() + TWO)
    page.locator(".reader-map svg").first.wait_for()
    page.get_by_role("button", name="Step").tap()  # Behind the end it begins again.
    assert page.locator(".reader-forward, .reader-backward").count() == 0
    assert page.locator(".reader-time").first.inner_text() == "–:––"
    for step in range(1, 5):
        page.get_by_role("button", name="Step").tap()
        first = page.locator(".reader-tokens").first
        assert first.locator(".reader-forward").count() == step
        assert first.locator(".reader-backward").count() == step
    for side in ("Top", "Bottom"):  # The rule is not cut out of the site's style sheet.
        colour = first.locator("li").first.evaluate(f"e => getComputedStyle(e).border{side}Color")
        assert colour != "rgba(0, 0, 0, 0)"
    assert page.locator(".reader-time").first.inner_text() != "–:––"
    drawing = page.locator(".reader-map svg").first
    size = drawing.bounding_box()
    for gate in "ifoch":
        page.locator(f"input[value={gate}]").tap()
        drawing.tap(position={"x": 0.7 * size["width"], "y": 0.5 * size["height"]})
        shown = page.locator(".reader-readout").inner_text()
        unit, value, _ = numbers(shown)
        k = ["⟦⟧", "ten", "to", "six"].index(re.search("“(.+?)”", shown)[1])
        assert abs(value - values[f"{gate} forward"][k, int(unit)]) < CENTI
        assert k > 0
        assert unit > 0
    context.close()


def test_unknown_words_are_marked_and_told(book, browser):
    with opened(browser, book, READERS[0]) as seen:
        typed(seen.page, "tenn to six жук")
        marked = {
            kind: seen.page.locator(f".reader-{kind}").all_inner_texts()
            for kind in ("parts", "unknown")
        }
        assert marked == {"parts": ["tenn"], "unknown": ["жук"]}
        told = seen.page.locator(".reader-told").first.inner_text()
        assert told == "Known by its parts alone: “tenn”. Not known at all: “жук”."
        seen.page.wait_for_function(
            "told => document.querySelector('.live-said').textContent.includes(told)", arg=told
        )


def test_an_address_carries_a_sentence(book, browser, clock):
    with opened(browser, book, READERS[0], "#text=six+to+ten&gate=f&unit=3") as seen:
        page = seen.page
        assert abs(minutes(page) - clock.predict(["six to ten"])[0]) < DECI
        assert numbers(page.locator(".reader-readout").inner_text())[0] == 3
        page.evaluate("location.hash = 'text=half+past+four'")
        expected = clock.predict(["half past four"])[0]
        page.wait_for_function(
            "() => document.querySelector('.reader-tokens').textContent.endsWith('four')"
        )
        assert abs(minutes(page) - expected) < DECI
        typed(page, "ten to two")
        page.wait_for_function("() => location.hash.includes('text=ten+to+two')")


def test_who_wants_no_motion_gets_none(book, browser):
    with opened(browser, book, READERS[0]) as seen:
        assert seen.page.get_by_role("button", name="Play").count() == 1
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto((book / READERS[0]).resolve().as_uri() + TWO)
    page.locator(".reader-map").first.wait_for()
    assert page.get_by_role("button", name="Play").count() == 0
    duration = page.locator(".reader-hand").first.evaluate(
        "e => getComputedStyle(e).transitionDuration"
    )
    assert duration == "0s"
    context.close()


def test_playing_ends_where_all_is_read(book, browser):
    with opened(browser, book, READERS[0]) as seen:
        play = seen.page.get_by_role("button", name="Play")
        play.press("Enter")
        seen.page.get_by_role("button", name="Stop").wait_for()
        assert seen.page.locator(".reader-time").first.inner_text() == "–:––"
        play.wait_for()
        assert seen.page.locator(".reader-time").first.inner_text() != "–:––"


@pytest.mark.parametrize("name", RATERS)
def test_a_typed_text_is_rated_as_portable_rates_it(book, browser, rater, name):
    with opened(browser, book, name) as seen:
        page = seen.page
        for text in ("not the worst way to spend two hours", "so good", "xqzzy жук"):
            typed(page, text)
            answers, lows, highs, _ = (each[0] for each in rater.predict([text], 0.9))
            assert abs(numbers(page.locator(".rater-score").inner_text())[0] - answers) < CENTI
            low, high = numbers(page.locator(".rater-sure").inner_text())[:2]
            assert np.allclose([low, high], np.clip([lows, highs], -4, 4), atol=CENTI)
            words = text.split()
            assert page.locator(".rater-words li span").all_inner_texts() == words
            found = [
                numbers(one)[0] for one in page.locator(".rater-words small").all_inner_texts()
            ]
            if len(words) > 2:
                without = [" ".join(words[:n] + words[n + 1 :]) for n in range(len(words))]
                assert np.allclose(found, answers - rater.predict(without), atol=CENTI)
                most = words[int(np.abs(found).argmax())]
                page.wait_for_function(
                    "most => document.querySelector('.live-said').textContent.includes(most)",
                    arg=f"“{most}” moved it most",
                )
        told = page.locator(".rater-sure").inner_text()
        assert told.endswith("Not known at all: “xqzzy”, “жук”.")


FUZZ = """texts => {
  const box = document.querySelector(".typed-box :is(input, textarea)");
  for (const text of JSON.parse(texts)) {
    box.value = text;
    box.dispatchEvent(new Event("change"));
  }
}"""
MARKUP = [
    "<img src=x onerror='window.ran = 1'>", "<script>window.ran = 1</script>", "ten\0to\0six",
    "</script><svg onload=window.ran=1>", "javascript:window.ran=1", "&lt;b&gt;", "\ud800 six",
    "{{constructor.constructor('window.ran=1')()}}", "", " ", "\n\t", "\u202eten to six", "⟦tag⟧ x",
]  # fmt: skip


@pytest.mark.parametrize("name", [READERS[0], RATERS[0]])
def test_a_thousand_odd_inputs_leave_no_error_and_run_nothing(book, browser, name):
    odd = odd_texts(1000 - len(MARKUP) - len(long_texts()) - 1)
    texts = [*MARKUP, *long_texts(), "ten to six " * 10_000, *odd]
    assert len(texts) == 1000
    with opened(browser, book, name) as seen:
        kinds = "() => [...new Set([...document.querySelectorAll('.live-panel *')]" + (
            ".map(e => e.localName))].sort().join()"
        )
        before = seen.page.evaluate(kinds)
        for start in range(0, 1000, 50):
            seen.page.evaluate(FUZZ, json.dumps(texts[start : start + 50]))
            assert seen.page.evaluate("() => window.ran") is None
            new = {*seen.page.evaluate(kinds).split(",")} - {*before.split(",")}
            assert new <= {"li", "path", "rect", "text", "small", "span"}
        # What was typed last is answered as if nothing had been before.
        typed(seen.page, "so good")
        answer = seen.page.evaluate(
            "name => unrolled.model(unrolled.models[name]).predict('so good')",
            "clock" if name in READERS else "rater",
        )
        shown = seen.page.locator(".reader-exact, .rater-score").first.inner_text()
        assert abs(numbers(shown)[0] - answer) < DECI


def test_a_server_serves_both_and_what_fails_can_be_tried_again(server, browser, clock, rater):
    page = browser.new_page()
    page.route("**/clock-model.js", lambda route: route.abort(), times=1)
    page.goto(f"{server}/{READERS[0]}")
    page.click(".live-start")
    page.get_by_role("button", name="Try again").click()
    typed(page, "ten to six")
    assert abs(minutes(page) - clock.predict(["ten to six"])[0]) < DECI
    page.goto(f"{server}/{RATERS[0]}#text=so+good")
    page.wait_for_selector(BOX)
    shown = numbers(page.locator(".rater-score").inner_text())[0]
    assert abs(shown - rater.predict(["so good"])[0]) < CENTI
    page.close()
