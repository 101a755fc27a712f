"""What is given to a live picture, and what a page gets of it."""

import json
import re

import pytest

from unrolled import equations, figures, live
from unrolled.equations.writing import latex

LEAKY = equations.read(r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot x_t \\ z_t = \sigma(x_t + b)")
GATED = equations.read(
    r"z_t = \sigma(x_t W_z + b_z) \\ h_t = z_t \odot h_{t-1} + (1 - z_t) \odot x_t"
)


def test_a_cell_knows_its_states_weights_and_gates():
    data = live.cell(GATED, start={"W": 0.5, "z": "open"}, steps=3).data
    assert data["states"] == ["h"]
    assert data["weights"] == ["W_z", "b_z"]
    assert data["gates"] == {"z": "b_z"}
    assert data["start"] == {
        "x": [1.0, 0.0, 0.0],
        "h": 0.0,
        "W_z": 0.5,
        "b_z": 0.0,
        "W": 0.5,
        "z": "open",
    }
    assert data["nodes"]["x_t"] == ["z_t", "h_t"]


@pytest.mark.parametrize(
    ("lines", "given", "error", "words"),
    [
        (r"h_t = x_t W", {}, equations.EquationError, "a state that goes from step to step"),
        (r"h_t = h_{t-1}", {}, equations.EquationError, "an input x_t"),
        (r"h_t = h_{t-1} + x_t", {"start": {"q": 1}}, ValueError, r"got \['q'\]"),
        (r"h_t = h_{t-1} + x_t", {"scenes": {"A": {"f": "open"}}}, ValueError, r"got \['f'\]"),
        (r"h_t = h_{t-1} + x_t", {"steps": 0}, ValueError, "steps"),
        (r"h_t = h_{t-1} + x_t", {"graph": "lstm"}, equations.EquationError, "a figure of"),
        (r"h_t = h_{t-1} + x_t", {"graph": "elman"}, ValueError, "got 'elman'"),
    ],
)
def test_what_makes_no_live_cell_is_refused(lines, given, error, words):
    with pytest.raises(error, match=words):
        live.cell(equations.read(lines), **given)


def test_no_text_of_the_data_ends_its_script():
    made = live.cell(GATED, title="</script><script>alert(1)</script>")
    held = re.search(r'<script type="application/json">(.*?)</script>', made.place(), re.DOTALL)[1]
    assert json.loads(held)["title"] == "</script><script>alert(1)</script>"


def test_two_cells_of_a_page_are_told_apart():
    assert live.cell(GATED).name != live.cell(equations.read("h_t = h_{t-1} + x_t")).name


def test_a_figure_is_drawn_from_equations_with_an_arrow_for_all_that_is_taken():
    graph, picture = figures.wiring_graph(GATED), figures.wiring(GATED)
    assert graph.edges == (("x_t", "z_t"), ("z_t", "h_t"), ("h_{t-1}", "h_t"), ("x_t", "h_t"))
    drawn = set(re.findall(r'data-edge="([^"]+)"', picture.svg))
    assert drawn == {":".join(edge) for edge in graph.edges}
    assert picture.alt.endswith("The value h(t) is computed from z(t), h(t-1) and x(t).")


@pytest.mark.parametrize(
    "text",
    [r"\sigma(x_t)", r"a - (b - c)", r"a - b - c", r"a \odot (b + c) - d", r"(a + b) W",
     r"a \odot b W", r"(a \odot b) W", r"a - (b + c) \odot \tanh(d - (e - 2))",
     r"a \odot (b \odot c)"],
)  # fmt: skip
def test_what_is_written_from_a_tree_reads_as_the_same_tree(text):
    ((_, tree),) = equations.read(f"h_t = {text}").lines
    assert equations.read(f"h_t = {latex(tree)}").lines[0][1] == tree


def test_a_line_that_needs_a_later_one_is_not_evaluated():
    with pytest.raises(equations.EquationError, match="nothing is known of z_t"):
        LEAKY.evaluate({"x_t": 1.0, "h_{t-1}": 0.0, "b": 0.0})
