"""The windows that a reader drags are those of the package, and what looks ahead is found."""

from __future__ import annotations

import gzip
import re
from itertools import product

import numpy as np
import pytest
from live import lean
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils
from visits import NARROWEST, SETTLED, WIDTHS, number, visit

from unrolled import live
from unrolled.live.picture import source
from unrolled.series import Framing, Series, made, split
from unrolled.series.framing import carried

pytestmark = pytest.mark.site
ASKS = {"question": "Which lets the future in?", "answer": "Each of the three."}
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Windows</title>
<meta name="viewport" content="width=device-width"><style>
:focus-visible { outline: 3px solid #0a7d91; }
html[data-theme=dark] { background: #121212; color: #fff; }
</style><main><h1>Windows</h1>%s</main>"""
# Of each first target: the window of a setting, and whether it looks ahead where one raises.
FRAMES = """([values, setting, parts, by]) => {
  const {fit, frame, places, tested} = unrolled.windows, train = parts[0][1];
  const learnt = fit(values, setting, train);
  return [learnt, parts.map(([start, stop]) => places(values, setting, start, stop).map(at => ({
    at, ...frame(values, setting, learnt, at), ahead: tested(values, setting, train, at, by).ahead,
  })))];
}"""
ROWS = """() => Object.fromEntries([...document.querySelectorAll(".live-batch tr")].map(row =>
  [row.cells[0].textContent, [...row.cells].slice(1).map(cell => cell.textContent)]))"""
MOVED = "() => document.querySelectorAll('.live-moved').length"
SETTINGS = [
    {"steps": steps, "ahead": ahead, "gaps": gaps, "last": last, "mistake": mistake}
    for (steps, ahead), gaps, last, mistake in product(
        [(1, 1), (12, 3), (24, 12)],
        ["carry", "tell", "skip"],
        ["off", "on"],
        ["none", "all", "off", "future"],
    )
]


@pytest.fixture(scope="module")
def page_of_windows(tmp_path_factory):
    page = tmp_path_factory.mktemp("windows") / "windows.html"
    made_of = live.windows(asks=ASKS)
    page.write_text(PAGE % made_of._repr_html_(), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def seen(browser, page_of_windows):
    with visit(browser, page_of_windows, query="#at=110") as found:
        yield found


def shown_series():
    return made(95, 120, gaps=0.15, drift=20)[0]


def holes(seed, share):
    """Make a series of 70 steps of which any may be missing, the first too."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=70).cumsum()
    values[rng.random(70) < share] = np.nan
    if seed % 2:
        values[:3] = np.nan
    return Series(values, np.arange(70))


def between(values):
    """Fill gaps with a line, which ends with the last value."""
    taken = ~np.isnan(values)
    return np.interp(np.arange(len(values)), np.flatnonzero(taken), values[taken])


def by_package(series, setting, part, learn_from=None):
    """Return the framing, the windows of a part, the mistakes made by hand, and their start."""
    parts, mistake = split(series), setting["mistake"]
    framing = Framing.fit(
        (learn_from or series)[slice(None) if mistake == "all" else parts.train],
        setting["steps"], setting["ahead"],
        gaps=setting["gaps"], from_last=setting["last"] == "on",
    )  # fmt: skip
    plain = Series(series.values, series.times)  # Without a calendar.
    try:
        found = framing.windows(plain, part)
    except ValueError:
        return framing, None, None
    scaled = (series.values - framing.mean) / framing.scale
    filled = between(scaled) if mistake == "future" else np.nan_to_num(carried(scaled))
    ends = found.at + (mistake == "off")
    before = np.arange(-framing.steps, 0)
    origin = filled[ends - 1] * framing.from_last
    if mistake not in ("off", "future"):
        return framing, found, origin * framing.scale
    inputs = found.inputs.copy()
    inputs[..., 0] = filled[ends[:, None] + before]
    if mistake == "future":  # Before the first value there is no line.
        first = np.flatnonzero(~np.isnan(scaled))[0]
        inputs[..., 0][ends[:, None] + before < first] = 0
    inputs[..., 0] -= origin[:, None]
    if framing.gaps == "tell" and mistake == "off":
        taken = ~np.isnan(scaled)
        steps = np.arange(len(taken))
        age = steps - np.maximum.accumulate(np.where(taken, steps, -1))
        inputs[..., 1] = taken[ends[:, None] + before]
        inputs[..., 2] = np.minimum(age / framing.steps, 1)[ends[:, None] + before]
    targets = np.stack([scaled[at : at + framing.ahead] for at in found.at]) - origin[:, None]
    return framing, found._replace(inputs=inputs, targets=targets), origin * framing.scale


def raised(series, start, by):
    return Series(series.values + by * (np.arange(len(series)) >= start), series.times)


def looks_ahead(series, setting, at, by):
    """Tell whether an input or the scale moves with what comes from the first target on."""
    train, here = split(series).train.stop, slice(at, at + setting["ahead"])
    before, old, start = by_package(series, setting, here)
    after, new, later = by_package(
        raised(series, at, by), setting, here, learn_from=raised(series, max(at, train), by)
    )
    return bool(
        np.abs(new.inputs - old.inputs).max() > 1e-9
        or np.abs(later - start).max() > 1e-9
        or abs(after.mean - before.mean) > 1e-9
        or abs(after.scale - before.scale) > 1e-9
    )


def compared(seen, series, setting, by=2.0):
    """Compare all windows of a setting, and return which of them look ahead."""
    parts = split(series)
    given = [[part.start, part.stop] for part in parts]
    asked = [*series.values.tolist()]
    learnt, found = seen.page.evaluate(FRAMES, [asked, setting, given, by])
    ahead = []
    for part, frames in zip(parts, found, strict=True):
        framing, expected, start = by_package(series, setting, part)
        assert abs(learnt["mean"] - framing.mean) < 1e-12
        assert abs(learnt["scale"] - framing.scale) < 1e-12
        assert [each["at"] for each in frames] == ([] if expected is None else expected.at.tolist())
        if expected is None:
            continue
        for name in ("inputs", "targets"):
            there = np.array([each[name] for each in frames])
            np.testing.assert_allclose(there, getattr(expected, name), rtol=0, atol=1e-12)
        np.testing.assert_allclose([each["start"] for each in frames], start, rtol=0, atol=1e-12)
        ahead += [(each["at"], each["ahead"]) for each in frames]
    return ahead


@pytest.mark.parametrize("mistake", ["none", "all", "off", "future"])
def test_windows_are_those_of_the_package(seen, mistake):
    """Of every part, for every way with gaps, of series with holes anywhere, to 1e-12."""
    for series in (shown_series(), *(holes(seed, 0.2 + 0.2 * seed) for seed in range(2))):
        for setting in SETTINGS:
            if setting["mistake"] == mistake:
                compared(seen, series, setting)


def test_what_looks_ahead_is_found_and_nothing_else(seen):
    """As the package itself moves when the mistakes are made with it."""
    series, counts = shown_series(), {}
    for setting in SETTINGS:
        found = compared(seen, series, setting)
        for at, ahead in found[::9]:
            assert ahead == looks_ahead(series, setting, at, 2.0), (setting, at)
        many = sum(ahead for _, ahead in found)
        counts.setdefault(setting["mistake"], []).append(many / len(found))
    assert set(counts["none"]) == {0}
    assert set(counts["all"]) == {1}
    assert min(counts["off"]) > 0.5
    assert max(counts["future"]) > min(counts["future"]) == 0  # Nothing is filled where one skips.


def shown(page):
    rows = page.evaluate(ROWS)
    return {name: [np.nan if cell in ("", "–") else number(cell) for cell in cells]
            for name, cells in rows.items()}  # fmt: skip


@pytest.mark.parametrize(
    "setting",
    [each | {"at": 107} for each in SETTINGS if each["steps"] == 12 and each["gaps"] != "skip"],
    ids=lambda setting: "-".join(map(str, setting.values())),
)
def test_a_table_and_words_show_the_numbers_of_the_package(browser, page_of_windows, setting):
    series, at = shown_series(), setting["at"]
    query = "#" + "&".join(f"{name}={value}" for name, value in setting.items())
    framing, windows, _ = by_package(series, setting, slice(at, at + 3))
    with visit(browser, page_of_windows, query=query) as found:
        page = found.page
        rows = shown(page)
        first = at - 12 + (setting["mistake"] == "off")
        assert rows["step"] == list(range(first, at + 3))
        close = {"rtol": 0, "atol": 0.0051}
        np.testing.assert_allclose(rows["value"], series.values[first : at + 3], **close)
        np.testing.assert_allclose(rows["input"][:12], windows.inputs[0, :, 0], **close)
        np.testing.assert_allclose(rows["target"][-3:], windows.targets[0], **close)
        if setting["gaps"] == "tell":
            told = np.stack([rows["taken"], rows["since"]], axis=1)[:12]
            np.testing.assert_allclose(told, windows.inputs[0, :, 1:], **close)
        facts = page.locator(".live-facts li").all_inner_texts()
        mean, scale, *_ = (number(each) for each in re.findall(r"−?\d+\.\d+", facts[0]))
        np.testing.assert_allclose([mean, scale], [framing.mean, framing.scale], **close)
        known = series.values if setting["mistake"] == "all" else series.values[:84]
        assert facts[0].endswith(f", steps 0 to {len(known) - 1}.")
        if setting["last"] == "off":
            assert f"learnt from {np.isfinite(known).sum()} values" in facts[0]
        assert facts[1] == "This window is of the test part."
        counts = [by_package(series, setting, part)[1] for part in split(series)]
        many = [0 if each is None else len(each.at) for each in counts]
        assert facts[2] == "Windows: training {}, validation {}, test {}.".format(*many)
        assert len(facts) == 3 + (setting["mistake"] != "none")
        assert not found.errors


def test_a_reader_finds_a_leak_with_the_keyboard(browser, page_of_windows):
    with visit(browser, page_of_windows) as found:
        page = found.page
        page.locator(".live-start").focus()
        page.keyboard.press("Enter")
        for label in ("first target", "raise by"):
            page.get_by_label(label, exact=True).focus()
            for _ in range(3):
                page.keyboard.press("ArrowLeft" if label == "first target" else "ArrowUp")
        page.evaluate(SETTLED)
        said = page.locator(".live-said")
        assert said.inner_text().startswith(
            "All values from step 107 on are raised by 0.30: 0 of 12 inputs moved. Nothing looks"
        )
        assert said.inner_text().endswith(" 0 of 96 look ahead.")
        assert page.evaluate(MOVED) == 0
        answer, group = page.locator(".live-answer"), page.get_by_role("group", name="Mistake")
        mean = Framing.fit(raised(shown_series(), 107, 0.3), 1).mean
        for words, moved in {
            "scaled with all values": 12,
            "window one off": 0,  # Step 107 was never taken.
            "gaps filled with later values": 4,
        }.items():
            assert bool(answer.inner_text()) == (words != "scaled with all values")
            group.get_by_label(words).focus()
            page.keyboard.press("Space")
            page.evaluate(SETTLED)
            assert f": {moved} of 12 inputs moved" in said.inner_text()
            assert page.evaluate(MOVED) == moved
            leaks = "The future was let in." if moved else "This window shows nothing of the mist"
            assert leaks in said.inner_text()
            if moved == 12:
                shift = mean - Framing.fit(shown_series(), 1).mean
                assert f"the mean moved by {shift:.2f}" in said.inner_text()
        assert answer.inner_text() == ASKS["answer"]
        assert "4 of 12, lie on a line to step 109" in page.locator(".live-facts").inner_text()
        group.get_by_label("window one off").check()
        page.get_by_label("first target", exact=True).fill("99")
        page.evaluate(SETTLED)
        step, value = 99, shown_series().values[99] + 0.3
        facts = page.locator(".live-facts").inner_text()
        assert f"The last input is the first target, step {step}: {value:.2f}." in facts
        assert "1 of 12 inputs moved. The future was let in." in said.inner_text()
        assert not found.errors


def place_of(page, step):
    """Return where on the screen a step of the chart is."""
    box = page.locator(".live-plot").bounding_box()
    left, right = box["x"] + 32, box["x"] + box["width"] - 14
    return left + (step + 1) / 121 * (right - left), box["y"] + 100


def test_a_reader_drags_the_window(browser, page_of_windows):
    """Inside the window it is dragged from where it is held; elsewhere it comes to the pointer."""
    with visit(browser, page_of_windows, query="#at=110&ahead=3") as found:
        page, at = found.page, found.page.get_by_label("first target", exact=True)
        page.mouse.move(*place_of(page, 105))
        page.mouse.down()
        page.mouse.move(*place_of(page, 95), steps=4)
        assert at.input_value() == "100"
        page.mouse.move(*place_of(page, -50), steps=4)
        assert at.input_value() == "12"
        page.mouse.up()
        page.mouse.move(*place_of(page, 60))
        assert at.input_value() == "12"
        page.mouse.click(*place_of(page, 60))
        assert at.input_value() == "60"
        page.evaluate(SETTLED)
        assert "at=60" in page.url
        assert shown(page)["step"][0] == 48
        assert not found.errors


def test_a_reader_drags_the_window_by_touch(browser, page_of_windows):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(page_of_windows.as_uri())
    page.locator(".live-start").tap()
    page.evaluate(SETTLED)
    touch = context.new_cdp_session(page)
    for kind, step in (("touchStart", 105), ("touchMove", 95), ("touchMove", 65)):
        x, y = place_of(page, step)
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.evaluate(SETTLED)
    assert abs(int(page.get_by_label("first target", exact=True).input_value()) - 70) <= 1
    context.close()


def test_a_window_between_two_parts_belongs_to_none(seen):
    page = seen.page
    for query, words in {
        "#at=83": "Its targets lie in the training and the validation part: it belongs to none.",
        "#at=100": "Its targets lie in the validation and the test part: it belongs to none.",
        "#at=81": "This window is of the training part.",
        "#at=99": "This window is of the validation part.",
    }.items():
        page.evaluate("wanted => { location.hash = wanted }", query)
        page.evaluate(SETTLED)
        assert page.locator(".live-facts li").nth(1).inner_text() == words
    for query, words in {
        "#at=104&ahead=3": "no value was taken that it could be judged by",
        "#at=110&gaps=skip": "an input is missing",
    }.items():
        page.evaluate("wanted => { location.hash = wanted }", query)
        page.evaluate(SETTLED)
        assert page.locator(".live-said").inner_text() == f"There is no window here: {words}."
        assert not page.locator(".live-batch").is_visible()


def test_an_address_carries_a_setting_and_only_what_there_is(seen):
    page = seen.page
    for query in (
        "#at=1e9&steps=99&ahead=-3&raise=1e3",
        "#gaps=constructor&mistake=__proto__&at=x",
    ):
        page.evaluate("wanted => { location.hash = wanted }", query)
        page.evaluate(SETTLED)
        values = {label: page.get_by_label(label, exact=True).input_value()
                  for label in ("first target", "steps", "ahead", "raise by")}  # fmt: skip
        wild = "1e9" in query
        assert values == {
            "first target": "119" if wild else "110", "steps": "24" if wild else "12",
            "ahead": "1" if wild else "3", "raise by": "6" if wild else "0",
        }  # fmt: skip
        assert page.locator(".live-choice :checked").evaluate_all(
            "all => all.map(one => one.value)") == ["carry", "off", "none"]  # fmt: skip
    assert not seen.errors


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_for_everybody(browser, page_of_windows, width):
    query = "#steps=24&ahead=12&gaps=tell&mistake=all&raise=2&at=80"
    with visit(browser, page_of_windows, width, query) as found:
        found.page.evaluate(SETTLED)
        assert found.faults() == []
        found.page.set_viewport_size(NARROWEST)
        found.page.evaluate(SETTLED)
        assert found.overflow() <= 0
        assert found.page.locator(".live-panel").evaluate(
            "panel => panel.scrollWidth - panel.clientWidth") <= 0  # fmt: skip


def test_its_script_is_light():
    assert len(gzip.compress(lean(source("live/windows.js")).encode())) <= 4096


def test_a_page_says_which_series(tmp_path):
    """The directive makes it, as `unrolled.series.made` does."""
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser', 'live']\nsource_suffix = {'.md': 'markdown'}\n"
    )
    (tmp_path / "index.md").write_text(
        "# Windows\n\n```{live} windows\nsteps: 7\nseries: {seed: 4, length: 99, gaps: 0.2}\n"
        "asks:\n  question: A?\n  answer: B.\n```\n"
    )
    out = tmp_path / "out"
    with patch_docutils(), docutils_namespace():
        Sphinx(tmp_path, tmp_path, out, tmp_path / "trees", "html", status=None).build()
    page = (out / "index.html").read_text(encoding="utf-8")
    asks = {"question": "A?", "answer": "B."}
    expected = live.windows(made(4, 99, gaps=0.2)[0], steps=7, asks=asks)
    assert expected.place() in page
    assert (out / "_static" / "live" / "windows.js").exists()
    assert '_static/live/windows.js"' in page
