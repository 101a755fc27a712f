"""The texts that a reader pads are those of the package, and no text does more than be read."""

from __future__ import annotations

import random

import numpy as np
import pytest
from visits import SETTLED, number, visit

from unrolled import text
from unrolled.cells import rnn
from unrolled.unroll import unroll

pytestmark = pytest.mark.site
DATA = """() => JSON.parse(document.querySelector(
  ".unrolled-live script[type='application/json']").textContent)"""
# Texts come as code units, for half a surrogate cannot be sent.
SET = """units => {
  const box = document.querySelector(".live-panel textarea");
  box.value = String.fromCharCode(...units);
  box.dispatchEvent(new Event("input", {bubbles: true}));
}"""
SHOWN = """() => [...document.querySelectorAll(".live-batch tbody")].map(body => {
  const [words, ids, mask] = [...body.rows].map(row =>
    [...row.cells].slice(1).map(cell => cell.textContent));
  return {words, ids: ids.map(Number), mask: mask.map(each => each === "true")};
})"""
STATES = """([rows, zeros, side, mask]) => {
  const place = document.querySelector(".unrolled-live"), found = unrolled.padding;
  const data = JSON.parse(place.querySelector("script[type='application/json']").textContent);
  const step = unrolled.programs[place.dataset.name](unrolled.arrays);
  const ids = found.pad(rows, zeros, side);
  return [ids, ids.map(row => found.read(step, data, row, mask).map(state => [...state]))];
}"""
PIECES = [
    *("ten", "to", "SIX", "Noon", "past", "it's", "6:15", ":-(", "!!!", "é", "É", "İ", "ß", "ǅ"),
    *("\u202eabc", "\u200b", "\u00a0", "\u2028", "\x1c", "\x1f", "\x85", "\0", "\ufeff", "א ב"),
    *("مرحبا", "👩\u200d👩\u200d👧", "<b>", "&lt;", "<script>window.ran=1</script>", "{{x}}"),
    *("<img src=x onerror='window.ran=1'>", "javascript:window.ran=1", "__proto__", "constructor"),
    *(" ", "  ", "\t", "\v", "\f", "\r", "a" * 300),
]  # fmt: skip


@pytest.fixture(scope="module")
def seen(browser, book):
    with visit(browser, book / "book" / "text-to-tensors.html", query="#zeros=2") as found:
        yield found


@pytest.fixture(scope="module")
def data(seen):
    return seen.page.evaluate(DATA)


@pytest.fixture(scope="module")
def cell(data):
    return rnn.Params(*(np.array(data["weights"][name]) for name in ("W", "U", "b")))


def texts_of(count, seed):
    """Make odd texts of one line, without halves of surrogates."""
    rng = random.Random(seed)
    for _ in range(count):
        parts = rng.choices(PIECES, k=rng.choice([rng.randint(0, 12), 60]))
        parts += [chr(rng.choice([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)]))
                  for _ in range(rng.randint(0, 3))]  # fmt: skip
        rng.shuffle(parts)
        yield rng.choice(["", " "]).join(parts).replace("\n", "")


def test_words_are_those_of_the_package(seen):
    """Each character below 1,000 and a thousand odd texts."""
    some = [f"A{chr(code)}b Z" for code in range(1000)] + list(texts_of(1000, 0))
    found = seen.page.evaluate("all => all.map(unrolled.padding.wordsOf)", some)
    assert found == [text.words(each) for each in some]


def test_its_vocabulary_is_that_of_the_page(data):
    vocabulary = text.Vocabulary.fit(text.clock.load().train.texts)
    assert data["words"] == vocabulary.words
    assert len(data["embedding"]) == len(vocabulary)


@pytest.mark.parametrize("side", ["post", "pre"])
def test_ids_masks_and_states_are_those_of_the_package(seen, data, cell, side):
    """Rows of every length, an empty one too; with the mask by lengths and by mask, and without."""
    vocabulary = text.Vocabulary(data["words"])
    rows = vocabulary.encode([*texts_of(40, 1), "!!!"])
    assert min(map(len, rows)) == 0
    E = np.array(data["embedding"])
    for zeros in (0, 7):
        length = max(map(len, rows)) + zeros
        expected = text.pad(rows, length, side)
        ids, masked = seen.page.evaluate(STATES, [rows, zeros, side, True])
        assert (np.array(ids) == expected.ids).all()
        run = unroll(rnn, cell, E[expected.ids], mask=expected.mask)
        np.testing.assert_allclose(masked, run.outputs, rtol=0, atol=1e-12)
        if side == "post":
            run = unroll(rnn, cell, E[expected.ids], lengths=[len(row) for row in rows])
            np.testing.assert_allclose(masked, run.outputs, rtol=0, atol=1e-12)
        _, bare = seen.page.evaluate(STATES, [rows, zeros, side, False])
        run = unroll(rnn, cell, E[expected.ids])
        np.testing.assert_allclose(bare, run.outputs, rtol=0, atol=1e-12)
        assert np.abs(np.array(bare)[:, -1] - np.array(masked)[:, -1]).max() > 0.1


def ends(data, cell, side, masked):
    """Return where the texts that stand there at first end, and where each ends alone."""
    vocabulary, E = text.Vocabulary(data["words"]), np.array(data["embedding"])
    rows = vocabulary.encode(data["texts"])
    ids, mask = text.pad(rows, max(map(len, rows)) + 20, side)
    run = unroll(rnn, cell, E[ids], mask=mask if masked else None)
    alone = [unroll(rnn, cell, E[row][None]).last[0] if row else np.zeros(3) for row in rows]
    return run.outputs[:, -1], np.array(alone)


def test_a_reader_takes_the_mask_off_with_the_keyboard(browser, book, data, cell):
    """With it the padding is as if it were not there; without it the words are forgotten."""
    with visit(browser, book / "book" / "text-to-tensors.html") as found:
        page = found.page
        page.locator(".live-start").focus()
        page.keyboard.press("Enter")
        page.get_by_role("group", name="Mask").get_by_label("off").focus()
        page.keyboard.press("Space")
        assert not page.locator(".live-answer").inner_text()
        page.get_by_role("slider", name="zeros").focus()
        page.keyboard.press("End")
        assert page.locator(".live-answer").inner_text()
        said = {}
        for mask in ("on", "off"):
            page.get_by_role("group", name="Mask").get_by_label(mask).focus()
            page.keyboard.press("Space")
            for side, words in (("post", "after the words"), ("pre", "before them")):
                page.get_by_role("radio", name=words).focus()
                page.keyboard.press("Space")
                page.evaluate(SETTLED)
                said[mask, side] = page.locator(".live-said").inner_text()
                there, alone = ends(data, cell, side, mask == "on")
                rows = page.locator(".live-batch tbody tr:nth-child(5) td").all_inner_texts()
                shown = [[number(v) for v in row.split(", ")]
                         for row in rows]  # fmt: skip
                np.testing.assert_allclose(shown, there, rtol=0, atol=0.005)
        assert said["on", "post"] == said["on", "pre"]
        apart = np.abs(alone[0] - alone[1]).max()
        assert said["on", "pre"].endswith(f" 1 and 2 end {apart:.2f} apart; "
                                          f"alone they end {apart:.2f} apart.")  # fmt: skip
        assert "off by 0.00" in said["on", "post"]
        after, _ = ends(data, cell, "post", False)
        assert np.abs(after - after[0]).max() < 1e-6 < 0.5 < apart  # As the answer says.
        before, _ = ends(data, cell, "pre", False)
        assert np.abs(before[0] - before[1]).max() > 0.5
        worst = np.abs(after - alone).max()
        assert f"ends up to {worst:.2f} from where it ends alone" in said["off", "post"]
        assert not found.errors


def test_a_reader_types_and_pads_by_touch(browser, book, data):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto((book / "book" / "text-to-tensors.html").as_uri())
    page.locator(".live-start").tap()
    page.get_by_label("Texts, one a line").tap()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Zebra at TEN!\n\n!!!\nten")
    page.locator(".live-choice span", has_text="before them").tap()
    vocabulary = text.Vocabulary(data["words"])
    rows = vocabulary.encode(["Zebra at TEN!", "!!!", "ten"])
    expected = text.pad(rows, 3 + data["zeros"], "pre")
    found = page.evaluate(SHOWN)
    assert [each["ids"] for each in found] == expected.ids.tolist()
    assert [each["mask"] for each in found] == expected.mask.tolist()
    assert found[0]["words"][-3:] == ["zebra", "at", "ten"]
    assert found[0]["ids"][-3] == text.OOV
    context.close()


def test_a_thousand_texts_are_read_and_run_nothing(seen, data):
    """Markup, right to left, NUL, halves of surrogates: shown as text, with the package's ids."""
    page, vocabulary = seen.page, text.Vocabulary(data["words"])
    limits = data["limits"]
    rng, texts = random.Random(3), list(texts_of(4000, 2))
    page.evaluate("() => { window.tags = document.getElementsByTagName('*').length; }")
    asked = []
    for _ in range(1000):
        lines = rng.choices(texts, k=rng.randint(0, 5))
        whole = "\n".join(lines).replace("\r", "\v")  # A box makes one a new line.
        units = np.frombuffer(whole.encode("utf-16-le"), "<u2").tolist()
        broken = rng.random() < 0.2
        if broken:
            units.insert(rng.randint(0, len(units)), rng.randrange(0xD800, 0xE000))
        asked.append((whole, units, broken))
    every = f"all => all.map(units => {{ ({SET})(units); return ({SHOWN})(); }})"
    shown = page.evaluate(every, [units for _, units, _ in asked])  # A call each takes a minute.
    for (whole, units, broken), found in zip(asked, shown, strict=True):
        if broken or len(units) > limits["letters"]:
            assert len(found) <= limits["texts"]
            continue
        kept = [line for line in whole.split("\n") if line.strip(" \t\v\f")]
        if not kept:
            assert not found
            continue
        rows = [row[: limits["words"]] for row in vocabulary.encode(kept[: limits["texts"]])]
        expected = text.pad(rows, max(map(len, rows)) + 2)
        assert [each["ids"] for each in found] == expected.ids.tolist()
    assert page.evaluate("() => window.ran") is None
    panel = page.locator(".live-panel")
    assert panel.locator("img, script, b, iframe").count() == 0
    page.evaluate(SETTLED)
    assert not seen.errors
    assert not seen.strangers()


def test_a_million_letters_are_cut_and_it_says_so(seen, data):
    limits = data["limits"]
    many = "\n".join(["ten to six " * 2000] * 50)
    assert len(many) > 1_000_000
    for whole, words in [
        (many, f"Only the first {limits['letters']} letters, {limits['words']} words of a text"),
        ("ten\n" * 9, f"Only {limits['texts']} texts are read."),
        ("ten", ""),
    ]:
        seen.page.get_by_label("Texts, one a line").fill(whole)
        assert seen.page.locator(".live-note").first.inner_text().startswith(words)
        assert seen.page.locator(".live-batch td").count() < 1000
        assert len(seen.page.url) < 10_000
    assert seen.page.locator(".live-note").first.inner_text() == ""


def test_an_address_carries_a_setting_and_only_what_there_is(browser, book):
    file = book / "book" / "text-to-tensors.html"
    query = "#texts=noon%0Aten,+to%3Csix&side=pre&mask=off&zeros=1e9"
    with visit(browser, file, query=query) as found:
        page = found.page
        box = page.get_by_label("Texts, one a line")
        assert box.input_value() == "noon\nten, to<six"
        shown = page.evaluate(SHOWN)
        assert [each["words"][-2:] for each in shown] == [["", "noon"], ["ten", "tosix"]]
        assert len(shown[0]["ids"]) == 22
        box.fill("a & b=c#d\nsix")
        page.evaluate(SETTLED)
        page.reload()
        assert box.input_value() == "a & b=c#d\nsix"
        for wrong in ("side=constructor&zeros=NaN", "mask=<b>&zeros=-1", "texts=&side=__proto__"):
            page.evaluate("wrong => { location.hash = wrong }", wrong)
            page.evaluate(SETTLED)
            assert page.locator(".live-choice :checked").evaluate_all(
                "all => all.map(one => one.value)") == ["post", "on"]  # fmt: skip
        assert page.locator(".live-said").inner_text() == "Type a text."
        assert not found.errors
