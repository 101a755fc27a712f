"""The live cells, moved by keyboard and by touch: their numbers are those of the package."""

from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from cases import OURS
from test_equations import BOOK, EQUATIONS, lines_of
from visits import SETTLED, number, visit

from unrolled import equations, live
from unrolled.cells import peephole
from unrolled.unroll import unroll

pytestmark = pytest.mark.site
NUMBERS = """place => Object.fromEntries([...place.querySelectorAll(".live-number")].map(
  each => [each.dataset.name, each.querySelector("output").textContent]))"""


class Panel(SimpleNamespace):
    """One live picture that is open: what it shows, and how it is moved."""

    @classmethod
    def on(cls, seen, name):
        place = seen.page.locator(f".unrolled-live[data-name='{name}']")
        if place.locator(".live-start").count():
            place.locator(".live-start").focus()
            seen.page.keyboard.press("Enter")
        return cls(seen=seen, page=seen.page, place=place)

    def numbers(self):
        return {k: number(v) for k, v in self.place.evaluate(NUMBERS).items() if v != "–"}

    def scene(self, words):
        self.place.get_by_role("button", name=words, exact=True).focus()
        self.page.keyboard.press("Enter")

    def slide(self, label, to):
        """Move a slider by its arrow keys."""
        if self.place.locator("details:not([open])").count():
            self.place.locator("summary").focus()
            self.page.keyboard.press("Enter")
        slider = self.place.get_by_label(label, exact=True)
        slider.focus()
        steps = round((to - float(slider.input_value())) / float(slider.get_attribute("step")))
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowUp" if steps > 0 else "ArrowDown")

    def hold(self, gate, how):
        group = self.place.get_by_role("group", name=f"gate {gate}")
        group.get_by_label(how).focus()
        self.page.keyboard.press("Space")

    def answer(self):
        return self.place.locator(".live-answer").inner_text()


def told(label):
    """Return what the page tells the live picture of an equation: its YAML."""
    page = (BOOK / EQUATIONS[label][0]).read_text(encoding="utf-8")
    return yaml.safe_load(page.partition(f"```{{live}} cell {label}\n")[2].partition("```")[0])


def by_package(label, setting):
    """Return every number after the last of 12 steps of a setting, by the package's own loop."""
    cell, options = EQUATIONS[label][1:3]
    params = cell.init(np.random.default_rng(0), 1, 1)
    if options.get("reset_after") is False:
        params = params._replace(bias=np.zeros(3))
    two = {"b": 0, "b^U": 1} if np.ndim(params.bias) == 2 else {"b": ()}
    arrays = {k: np.array(v) for k, v in params._asdict().items()}
    whole = {"W": 1.0, "U": 0.5} | setting
    for n, gate in enumerate(cell.GATES):
        one = len(cell.GATES) == 1
        for letter, name in (("W", "kernel"), ("U", "recurrent_kernel")):
            arrays[name][0, n] = whole.get(letter if one else f"{letter}_{gate}", whole[letter])
        for letter, row in two.items():
            key = letter if one else f"{letter}_{gate}"
            arrays["bias"][*([row] if row != () else []), n] = whole.get(key, whole.get("b", 0))
        held = {"open": 50, "shut": -50}.get(whole.get(gate), 0)
        arrays["bias"][*([1] if "b^U" in two else []), n] += held
    if cell is peephole:
        arrays["peephole"] = np.array([[whole.get(f"p_{g}", 0.0)] for g in "ifo"])
    x = np.zeros(12)
    x[0] = 1
    x = np.array(whole.get("x", x), float)
    start = cell.State(*(np.full((1, 1), float(whole.get(s, 0))) for s in cell.State._fields))
    run = unroll(cell, type(params)(**arrays), x[None, :, None], initial_state=start)
    return [{k: v.item() for k, v in step._asdict().items()} for step in run.caches]


def by_equation(label, setting):
    """Return the same by the equation, in NumPy, for a cell without a recurrent kernel."""
    lines, whole = lines_of(label), {"W": 1.0} | setting
    inputs = np.array(whole.get("x", [1] + [0] * 11), float)
    values = {name: whole.get(name, whole.get(name[0], 0.0)) for name in lines.inputs()}
    # Two gates that are shut have a share each only where neither is 0.
    far = 30 if label == "eq-min-lstm" else 50
    for gate, way in {"open": far, "shut": -far}.items():
        for name in (name for name, how in whole.items() if how == gate):
            values[f"b_{name}"] += way
    values = {name: np.array([[value]], float) for name, value in values.items()}
    found = []
    for x in inputs:
        made = lines.evaluate(values | {"x_t": np.array([[x]])})
        values |= {f"{s[0]}_{{t-1}}": made[f"{s[0]}_t"] for s in values if s.endswith("{t-1}")}
        found.append({k.removesuffix("_t"): v.item() for k, v in made.items() if k.endswith("_t")})
    return found


def expected_of(label, setting):
    """Return every number after the last step, by the loop where its parameters are kernels."""
    kernels = "recurrent_kernel" in EQUATIONS[label][1].Params._fields
    return (by_package if kernels else by_equation)(label, setting)[-1]


def close(numbers, expected):
    """Tell whether shown numbers are the expected ones, to the digits that they have."""
    return all(
        abs(numbers[f"{k}_t"] - v) <= max(0.00051, 0.06 * abs(v) * (abs(v) < 5e-4))
        for k, v in expected.items()
        if f"{k}_t" in numbers
    )


@pytest.mark.parametrize("label", EQUATIONS)
def test_every_scene_shows_what_the_package_computes(book, browser, label):
    page = EQUATIONS[label][0].replace(".md", ".html")
    given = told(label)
    start = given.get("start", {})
    assert len(given["scenes"]) == 3
    with visit(browser, book / "book" / page) as seen:
        panel = Panel.on(seen, label)
        assert close(panel.numbers(), expected_of(label, start))
        for words, scene in given["scenes"].items():
            panel.scene(words)
            # All of a letter are given by the letter; what has a name of its own is not.
            rest = {k: v for k, v in start.items() if k[0] not in scene or k[0] == "b"}
            assert close(panel.numbers(), expected_of(label, rest | scene)), words
        assert not seen.errors


def test_what_does_a_forget_gate_at_nine_tenths_keep_after_ten_steps(book, browser):
    with visit(browser, book / "book" / "lstm.html") as seen:
        panel = Panel.on(seen, "eq-lstm")
        panel.scene("Forget")
        assert not panel.answer()
        panel.slide("b_f", 2.2)
        panel.slide("step t", 10)
        shown = panel.numbers()
        expected = by_package("eq-lstm", {"c": 1, "i": "shut", "W_f": 0, "U_f": 0, "b_f": 2.2})[9]
        assert close(shown, expected)
        assert abs(shown["f_t"] - 0.9) < 0.001
        assert abs(shown["c_t"] - 0.9**10) < 0.002
        assert f"{shown['c_t']:.3f}" in panel.answer()


def test_what_happens_to_a_gru_with_z_at_one(book, browser):
    with visit(browser, book / "book" / "gru.html") as seen:
        panel = Panel.on(seen, "eq-gru")
        panel.scene("Forget")
        assert not panel.answer()
        panel.hold("z", "open")
        assert panel.numbers()["h_t"] == 0.8
        assert "0.800" in panel.answer()


def states(label, setting):
    """Return the hidden state after each of 12 steps, by the package's own loop."""
    return np.array([step["h"] for step in by_package(label, setting)])


def test_what_the_pages_say_of_the_scenes_and_of_answers():
    # rnn: the state fades, stays, or changes its sign at each step.
    fading, kept, swinging = (states("eq-rnn", s) for s in told("eq-rnn")["scenes"].values())
    assert (np.diff(fading) < 0).all()
    assert fading[-1] < 1e-3
    assert np.abs(kept[6:] - kept[-1]).max() < 1e-3 < kept[-1]
    assert (swinging[1:] * swinging[:-1] < 0).all()
    # Where U lies between −1 and 1 the state always fades.
    for weight in np.linspace(-1, 1, 20):
        assert (np.diff(np.abs(states("eq-rnn", {"U": weight}))) < 0).all()
    # Above 1 U decides the size of what is held, and the input no more than its sign.
    for weight in (1.5, 2, 3):
        held = [states("eq-rnn", {"U": weight, "x": [x] + [0] * 11})[-1] for x in (-2, 0.5, 1, 2)]
        assert np.ptp(np.abs(held)) < 1e-3 < np.abs(held).min()
        assert held[0] < 0 < min(held[1:])
    # gru: counting, its state comes closer to the candidate at each step, and stops there.
    steps = by_package("eq-gru", told("eq-gru")["scenes"]["Count"])
    left = np.array([step["g"] - step["h"] for step in steps])
    assert (np.diff(left) < 0).all()
    assert left[-1] > 0
    # The LSTM counts: what it holds grows by as much at each step.
    steps = by_package("eq-lstm", {"b_f": 1, **told("eq-lstm")["scenes"]["Count"]})
    assert np.allclose(np.diff([step["c"] for step in steps]), np.tanh(1), atol=1e-9)


def test_the_other_questions_are_answered_by_moving(book, browser):
    with visit(browser, book / "book" / "rnn.html") as seen:
        panel = Panel.on(seen, "eq-rnn")
        panel.scene("Keep")
        panel.slide("U", 1.5)
        assert not panel.answer()
        panel.slide("U", 0.8)
        assert f"{panel.numbers()['h_t']:.3f}" in panel.answer()
    with visit(browser, book / "book" / "gru.html") as seen:
        panel = Panel.on(seen, "eq-gru-before")
        panel.scene("See the past")
        assert not panel.answer()
        panel.hold("r", "shut")
        assert "h is 0.000" in panel.answer()
    with visit(browser, book / "book" / "custom-cells.html") as seen:
        panel = Panel.on(seen, "eq-peephole")
        panel.scene("Count")
        panel.slide("p_o", 1.5)
        assert not panel.answer()
        panel.slide("b_o", -9.5)
        assert panel.answer()


def test_a_finger_draws_inputs_and_takes_steps(book, browser):
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    context.set_default_timeout(0)
    page = context.new_page()
    page.goto((book / "book" / "lstm.html").as_uri())
    place = page.locator(".unrolled-live[data-name='eq-lstm']")
    place.locator(".live-start").tap()
    panel = Panel(page=page, place=place)
    place.get_by_role("button", name="Back", exact=True).tap()
    assert place.get_by_label("step t").input_value() == "11"
    inputs = place.locator(".live-inputs")
    inputs.scroll_into_view_if_needed()
    box = place.get_by_label("input x at step 5").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 2)
    x = [float(one.input_value()) for one in inputs.locator("input").all()]
    assert x[4] > 1.5
    place.get_by_role("button", name="Step", exact=True).tap()
    assert close(panel.numbers(), by_package("eq-lstm", {"b_f": 1, "x": x})[-1])
    context.close()


def test_a_mouse_draws_over_many_inputs_in_one_stroke(book, browser):
    with visit(browser, book / "book" / "rnn.html") as seen:
        panel = Panel.on(seen, "eq-rnn")
        ends = [panel.place.get_by_label(f"input x at step {t}") for t in (3, 9)]
        ends[0].scroll_into_view_if_needed()
        (a, b) = (one.bounding_box() for one in ends)
        seen.page.mouse.move(a["x"] + a["width"] / 2, a["y"] + a["height"] / 4)
        seen.page.mouse.down()
        seen.page.mouse.move(b["x"] + b["width"] / 2, b["y"] + b["height"] / 4, steps=30)
        seen.page.mouse.up()
        x = [float(one.input_value()) for one in panel.place.locator(".live-inputs input").all()]
        assert all(value == pytest.approx(1, abs=0.15) for value in x[2:9])
        assert x[1] == x[9] == 0


def test_an_address_carries_a_setting(book, browser):
    page = book / "book" / "lstm.html"
    with visit(browser, page, query="#f=open&i=shut&c=0.5") as seen:
        place = seen.page.locator(".unrolled-live[data-name='eq-lstm']")
        panel = Panel(page=seen.page, place=place)
        assert panel.numbers()["c_t"] == 0.5
        panel.slide("c at start", 1)
        seen.page.wait_for_function("location.hash.includes('c=1')")
        assert "live=" not in seen.page.evaluate("location.hash")
    with visit(
        browser, book / "book" / "gru.html", query="#live=eq-gru-before&z=open&h=0.3"
    ) as seen:
        opened = seen.page.locator(".live-panel")
        assert opened.count() == 1
        panel = Panel(
            page=seen.page, place=seen.page.locator(".unrolled-live[data-name='eq-gru-before']")
        )
        assert panel.numbers()["h_t"] == 0.3
        panel.slide("h at start", 0.5)
        seen.page.wait_for_function("location.hash.includes('h=0.5')")
        assert "live=eq-gru-before&" in seen.page.evaluate("location.hash")


def test_no_address_is_an_error(book, browser):
    rng = random.Random(0)
    keys = ["f", "x", "t", "c", "b", "W", "b_f", "live", "__proto__", "constructor", "q", ""]
    ends = [
        "open",
        "1e999",
        "NaN",
        "-",
        "1,2,3,,,x",
        "<img src=x onerror=alert(1)>",
        "%00",
        "1" * 500,
    ]
    with visit(browser, book / "book" / "lstm.html") as seen:
        Panel.on(seen, "eq-lstm")
        for _ in range(100):
            parts = [f"{rng.choice(keys)}={rng.choice(ends)}" for _ in range(rng.randint(1, 6))]
            seen.page.evaluate("hash => { location.hash = hash }", "&".join(parts))
            seen.page.evaluate(SETTLED)
        assert not seen.errors
        assert seen.page.locator(".live-panel img").count() == 0


LIT = """() => ({
  rows: [...document.querySelectorAll("mjx-mtr")].filter(r => !r.querySelector("mjx-mtr"))
    .flatMap((row, n) => row.classList.contains("live-lit") ? [n] : []),
  lines: [...document.querySelectorAll(".live-line.live-lit")].map(e => e.textContent.trim()),
  nodes: [...document.querySelectorAll("[data-node].live-lit")].map(e => e.dataset.node),
})"""


def test_a_node_its_equation_and_its_code_light_each_other(book, browser):
    with visit(browser, book / "book" / "lstm.html") as seen:
        panel = Panel.on(seen, "eq-lstm")
        panel.place.locator("[data-name=c_t]").focus()
        lit = seen.page.evaluate(LIT)
        assert len(lit["rows"]) == 1
        assert lit["lines"] == ["c = f * c_prev + i * g  # keep some, write some"]
        assert set(lit["nodes"]) == {"keep", "write", "+", "c_t"}
        # From the code to the figure, and from an arrow to the code.
        seen.page.locator(".live-line", has_text="h = o * tanh(c)").hover()
        assert set(seen.page.evaluate(LIT)["nodes"]) == {"tanh", "show", "h_t"}
        forget = seen.page.locator("#fig-lstm [data-node='f_t']")
        forget.scroll_into_view_if_needed()
        box = forget.bounding_box()
        seen.page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 40)  # Its arrow upwards.
        assert seen.page.evaluate(LIT)["lines"] == lit["lines"]
        seen.page.mouse.move(0, 0)
        assert not any(seen.page.evaluate(LIT).values())


def test_every_node_and_arrow_of_a_figure_has_its_number(book, browser):
    with visit(browser, book / "book" / "lstm.html") as seen:
        Panel.on(seen, "eq-lstm").scene("Forget")
        texts = seen.page.locator("#fig-lstm .live-values text").all_text_contents()
        last = by_package("eq-lstm", {"c": 1, "i": "shut", "W_f": 0, "U_f": 0, "b_f": 1})[-1]
        for value in (
            last["c"],
            last["h"],
            last["f"],
            last["f"] * last["c_prev"],
            np.tanh(last["c"]),
        ):
            assert any(abs(number(text) - value) < 0.0051 for text in texts if text), value
        titles = seen.page.locator("#fig-lstm .live-values path title").all_text_contents()
        assert len(titles) == seen.page.locator("#fig-lstm [data-edge]").count()
        assert all(titles)


def test_who_wants_no_motion_gets_none(book, browser):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto((book / "book" / "lstm.html").as_uri())
    page.locator(".live-start").first.click()
    assert page.get_by_role("button", name="Step", exact=True).count() == 1
    assert page.get_by_role("button", name="Play", exact=True).count() == 0
    context.close()


def test_a_cell_of_ones_own_moves_where_there_is_no_page(tmp_path, browser):
    """As in a notebook: its HTML is all there is."""
    made = live.cell(
        equations.read(r"h_t = a \odot h_{t-1} + (1 - a) \odot \tanh(x_t W + b)"),
        start={"a": 0.9},
    )
    page = tmp_path / "own.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>A</title>{made._repr_html_()}")
    with visit(browser, page) as seen:
        panel = Panel.on(seen, made.name)
        panel.slide("a", 0.8)
        assert panel.numbers()["h_t"] == round(0.8**11 * 0.2 * np.tanh(1), 3)
        panel.slide("step t", 1)
        assert panel.numbers()["h_t"] == round(0.2 * np.tanh(1), 3)
        assert not seen.errors


def test_the_cells_of_this_file_are_all_that_there_are():
    assert {cell for _, cell, *_ in EQUATIONS.values()} == {cell for cell, _ in OURS.values()}
