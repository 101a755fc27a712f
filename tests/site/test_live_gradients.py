"""The gradients that a reader moves are those of the package, and can be moved in every way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from visits import SETTLED, visit

from unrolled.cells import gru, lstm, rnn
from unrolled.experiments.gradient_flow import jacobians

pytestmark = pytest.mark.site
RESULTS = Path(__file__).parents[2] / "book" / "results" / "gradient-flow.json"
DATA = """() => JSON.parse(document.querySelector(
  ".unrolled-live script[type='application/json']").textContent)"""
# What the page draws and what it makes of it: weights, a sequence, and sizes by steps back.
COMPUTED = """([key, seed, radius, bias, steps]) => {
  const place = document.querySelector(".unrolled-live"), found = unrolled.gradients;
  const data = JSON.parse(place.querySelector("script[type='application/json']").textContent);
  const cell = data.cells.find(each => each.key === key);
  const step = unrolled.programs[place.dataset.name](unrolled.arrays)[cell.program];
  const weights = found.set(found.drawn(cell, data.units, seed), {radius, bias});
  const inputs = found.sequence(steps, seed);
  const plain = rows => typeof rows[0] === "number" ? [...rows] : rows.map(row => [...row]);
  return {
    weights: Object.fromEntries(Object.entries(weights).map(([k, v]) => [k, plain(v)])),
    inputs: plain(inputs), sizes: found.sizes(step, cell, weights, data.units, inputs),
  };
}"""
CELLS = {"rnn": rnn, "rnn-orthogonal": rnn, "lstm": lstm, "gru": gru, "gru-before": gru}


@pytest.fixture(scope="module")
def page(browser, book):
    with visit(browser, book / "book" / "gradient-flow.html") as seen:
        yield seen.page


def params_of(cell, weights):
    """Put the weights of the page into the package's layout."""
    if cell is rnn:
        return rnn.Params(*(np.array(weights[name]) for name in ("W", "U", "b")))
    side = [np.hstack([weights[f"{letter}_{gate}"] for gate in cell.GATES]) for letter in "WUb"]
    if "b^U_h" in weights:
        second = np.hstack([weights[f"b^U_{gate}"] for gate in cell.GATES])
        side[2] = np.stack([side[2], second])
    return cell.Params(*side)


def package(key, made):
    """Return the package's sizes for what the page has drawn."""
    inputs = np.array(made["inputs"])
    distances = tuple(range(len(inputs) + 1))
    cell = CELLS[key]
    found = jacobians.sizes(cell, params_of(cell, made["weights"]), inputs, distances)
    return np.array(found["state"])


@pytest.mark.parametrize("key", CELLS)
def test_the_page_computes_the_sizes_that_the_package_computes(page, key):
    """Vanishing and growing, short and long, to a billionth of each size."""
    settings = [(0, 1.0, 1.0, 40), (1, 0.5, -2.0, 40), (2, 1.3, 3.0, 17), (3, 2.0, 1.0, 12),
                (4, 0.2, 0.0, 60), (999_999, 1.1, 5.0, 1)]  # fmt: skip
    for seed, radius, bias, steps in settings:
        made = page.evaluate(COMPUTED, [key, seed, radius, bias, steps])
        np.testing.assert_allclose(made["sizes"], package(key, made), rtol=1e-9)


def uniform(seed, count):
    """Return what Mulberry32 gives."""
    found = []
    for _ in range(count):
        seed = (seed + 0x6D2B79F5) & 0xFFFFFFFF
        a = (seed ^ seed >> 15) * (1 | seed) & 0xFFFFFFFF
        a ^= (a + (a ^ a >> 7) * (61 | a)) & 0xFFFFFFFF
        found.append((a ^ a >> 14) / 2**32)
    return found


@pytest.mark.parametrize("key", CELLS)
def test_cells_and_sequences_are_drawn_as_in_the_experiment(page, key):
    """Glorot's limit, blocks of the radius, a bias for one gate; a mark in each half."""
    for seed in range(3):
        made = page.evaluate(COMPUTED, [key, seed, 1.5, 2.5, 11])
        weights = {name: np.array(rows) for name, rows in made["weights"].items()}
        kernels = np.array([rows for name, rows in weights.items() if name[0] == "W"])
        limit = np.sqrt(6 / (2 + 16 * len(kernels)))
        assert kernels.shape[1:] == (2, 16)
        assert 0.9 * limit < np.abs(kernels).max() <= limit
        for name, rows in weights.items():
            if name[0] == "U" and key == "rnn":
                assert np.isclose(np.abs(np.linalg.eigvals(rows)).max(), 1.5, rtol=1e-12)
                assert not np.allclose(rows @ rows.T, 2.25 * np.eye(16), atol=0.1)
            elif name[0] == "U":
                np.testing.assert_allclose(rows @ rows.T, 2.25 * np.eye(16), atol=1e-12)
            elif name[0] == "b":
                assert (rows == (2.5 if name == "b_f" else 0)).all()
        first, second, *numbers = uniform(2 * seed + 1, 13)
        inputs = np.array(made["inputs"])
        assert inputs[:, 0].tolist() == numbers
        assert np.flatnonzero(inputs[:, 1]).tolist() == [int(5 * first), 5 + int(6 * second)]


def test_the_spectral_norm_and_radius_are_numpys(page):
    """Random, symmetric, nearly singular, huge, tiny and zero matrices."""
    rng = np.random.default_rng(0)
    some = [rng.normal(0, 1, (n, n)) for n in (1, 2, 7, 32)]
    near = np.eye(5) + 1e-4 * rng.normal(0, 1, (5, 5))
    some += [some[2] + some[2].T, np.outer(some[2][0], some[2][1]), near, np.diag([1.0, -1.0])]
    some += [1e200 * some[1], 1e-200 * some[1], np.zeros((3, 3)), np.eye(4)]
    call = """rows => ["norm", "spectralRadius"].map(f =>
      unrolled.gradients[f](rows.map(row => Float64Array.from(row))))"""
    for matrix in some:
        size, radius = page.evaluate(call, matrix.tolist())
        assert np.isclose(size, np.linalg.norm(matrix, 2), rtol=1e-12, atol=0)
        if 1e-100 < np.abs(matrix).max() < 1e100:  # Its entries are squared.
            assert np.isclose(radius, np.abs(np.linalg.eigvals(matrix)).max(), rtol=1e-9)
    infinite = page.evaluate("() => unrolled.gradients.norm([Float64Array.of(1e400)])")
    assert infinite == np.inf


def test_the_bands_are_those_on_file(page):
    flow = json.loads(RESULTS.read_text(encoding="utf-8"))["values"]["flow"]
    data = page.evaluate(DATA)
    names = {"radius": "RNN, radius", "bias": "LSTM, bias"}
    for cell in data["cells"]:
        for words, bands in cell["bands"].items():
            name, value = words.split()
            of = f"{names[name]} {value}" if cell["key"] in ("rnn", "lstm") else cell["words"]
            expected = flow[of]["start"]["state"]["bands"]
            np.testing.assert_allclose(bands, expected, rtol=0.05)
            assert np.shape(bands) == (3, len(data["distances"]))
    assert [len(cell["bands"]) for cell in data["cells"]] == [3, 1, 3, 1, 0]
    assert max(flow["RNN, radius 1"]["start"]["state"]["ends"]) < 10  # As its answer says.


def test_a_reader_finds_with_the_keyboard_which_spectral_radius_explodes(browser, book):
    """The radius at which the picture says so is the first at which the package has tenfold."""
    with visit(browser, book / "book" / "gradient-flow.html") as seen:
        page = seen.page
        page.locator(".live-start").focus()
        page.keyboard.press("Enter")
        slider = page.get_by_role("slider", name="radius")
        slider.focus()
        for _ in range(80):
            page.evaluate(SETTLED)
            if "it explodes" in page.locator(".live-said").inner_text():
                break
            assert not page.locator(".live-answer").inner_text()
            page.keyboard.press("ArrowRight")
        else:
            pytest.fail("no radius explodes")
        radius, seed = float(slider.input_value()), page.evaluate(DATA)["seed"]
        assert slider.get_attribute("aria-valuetext") == f"{radius:.2f}"
        before, here = (
            package("rnn", page.evaluate(COMPUTED, ["rnn", seed, each, 1, 40]))[-1]
            for each in (round(radius - 0.05, 2), radius)
        )
        assert before <= 10 < here
        assert page.locator(".live-said").inner_text() == (
            f"40 steps back the gradient is {here:.0f} times as large: it explodes."
        )
        assert f"A radius of {radius:.2f} does it over 40 steps." in (
            page.locator(".live-answer").inner_text()
        )
        assert "it explodes" in page.locator(".live-plot").get_attribute("aria-label")
        assert f"radius={radius:g}&bias=1&steps=40&seed={seed}" in page.url
        assert not seen.errors


def test_a_reader_opens_the_forget_gate_by_touch(browser, book):
    """With touch alone: another cell, another bias, another seed; more comes back."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto((book / "book" / "gradient-flow.html").as_uri())
    page.locator(".live-start").tap()
    assert not page.get_by_role("slider", name="forget bias").is_visible()
    page.get_by_text("LSTM", exact=True).and_(page.locator(".live-choice span")).tap()
    page.get_by_role("button", name="Draw again").tap()
    slider = page.get_by_role("slider", name="forget bias")
    said = []
    for part in (0.1, 0.9):
        box = slider.bounding_box()
        page.touchscreen.tap(box["x"] + part * box["width"], box["y"] + box["height"] / 2)
        page.evaluate(SETTLED)
        seed = page.evaluate(DATA)["seed"] + 1
        made = page.evaluate(COMPUTED, ["lstm", seed, 1, float(slider.input_value()), 40])
        said.append((page.locator(".live-said").inner_text(), package("lstm", made)[-1]))
    (shut, low), (open_, high) = said
    assert low < 1e-3 < 10 < high
    assert shut.startswith("40 steps back ")
    assert "it vanishes" in shut
    assert f"is {high:,.0f} times as large: it explodes" in open_
    context.close()


def test_an_address_carries_a_setting_and_only_what_there_is(browser, book):
    file = book / "book" / "gradient-flow.html"
    with visit(browser, file, query="#cell=lstm&bias=3&radius=1.23&steps=1e9&seed=5") as seen:
        page = seen.page
        page.evaluate(SETTLED)
        values = page.locator(".live-slider input").evaluate_all("all => all.map(one => one.value)")
        assert values == ["1.25", "3", "80"]
        assert page.locator(".live-choice :checked").input_value() == "lstm"
        assert page.get_by_text("seed 5").is_visible()
        for wrong in ("cell=constructor&radius=NaN", "seed=-1&steps=", "bias=<b>&cell=__proto__"):
            page.evaluate("wrong => { location.hash = wrong }", wrong)
            page.evaluate(SETTLED)
            assert page.locator(".live-choice :checked").input_value() == "rnn"
        assert not seen.errors
