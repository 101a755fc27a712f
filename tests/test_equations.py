"""The equations on the pages are the cells: they compute the same numbers along the same arrows."""

from pathlib import Path

import numpy as np
import pytest
from cases import random_params, random_state

from unrolled.attention import additive, dot_product
from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.cells.after import lru, min_gru, min_lstm, selective, slstm
from unrolled.equations import EquationError, differences, labelled, names_of, of_step, read
from unrolled.equations.writing import latex
from unrolled.figures.graphs import cell_graph
from unrolled.live.values import agree, with_operations

BOOK = Path(__file__).parents[1] / "book"
# Label: page, cell, its options, the name of its figure.
CELLS = {
    "eq-rnn": ("rnn.md", rnn, {}, "rnn"),
    "eq-lstm": ("lstm.md", lstm, {}, "lstm"),
    "eq-gru": ("gru.md", gru, {"reset_after": True}, "gru"),
    "eq-gru-before": ("gru.md", gru, {"reset_after": False}, "gru_reset_before"),
}
# Cells without a drawn figure: their numbers alone are compared.
EQUATIONS = {
    **CELLS,
    "eq-peephole": ("custom-cells.md", peephole, {}, None),
    "eq-min-gru": ("after-lstm.md", min_gru, {}, None),
    "eq-min-lstm": ("after-lstm.md", min_lstm, {}, None),
    "eq-lru": ("after-lstm.md", lru, {}, None),
    "eq-selective": ("after-lstm.md", selective, {}, None),
    "eq-slstm": ("after-lstm.md", slstm, {}, None),
}


def lines_of(label):
    return labelled((BOOK / EQUATIONS[label][0]).read_text(encoding="utf-8"), label)


def changed(label, old, new):
    page = (BOOK / EQUATIONS[label][0]).read_text(encoding="utf-8")
    assert old in page
    return labelled(page.replace(old, new), label)


@pytest.mark.parametrize("label", EQUATIONS)
def test_the_equations_compute_what_step_computes(label, rng):
    """Every line of the page, on random arrays, to 1e-12: states and every gate by its name."""
    page, cell, options, _ = EQUATIONS[label]
    for batch, features, units in [(3, 4, 5), (1, 1, 2), (2, 3, 1)]:
        params = random_params(cell, rng, features, units, options)
        state, x = random_state(cell, rng, batch, units), rng.normal(0, 1, (batch, features))
        equations = lines_of(label)
        assert {f"{k}_t" for k in cell.State._fields} <= {name for name, _ in equations.lines}
        for name, error in differences(equations, *of_step(cell, params, state, x)).items():
            assert error <= 1e-12, f"{name} of {label} in {page} differs by {error:.1e}"


@pytest.mark.parametrize("label", CELLS)
def test_the_figure_has_the_arrows_of_the_equations(label):
    """Each variable of the page is made in the figure from the same things in the same way."""
    agree(cell_graph(CELLS[label][3]), lines_of(label))


def test_a_figure_of_other_equations_is_refused():
    with pytest.raises(EquationError, match=r"c_t: figure and equation disagree"):
        agree(
            cell_graph("lstm"), changed("eq-lstm", r"f_t \odot c_{t-1} +", r"f_t \odot c_{t-1} -")
        )
    with pytest.raises(EquationError, match="expected a figure of"):
        agree(cell_graph("rnn"), lines_of("eq-lstm"))


@pytest.mark.parametrize("label", CELLS)
def test_every_operation_of_a_figure_has_the_value_that_it_draws(label, rng):
    """What stands in the figure between the variables is computed from the same line."""
    graph, lines = cell_graph(CELLS[label][3]), lines_of(label)
    names = {name: rng.normal() for name in lines.inputs()}
    names = {name: np.full((1, 1), value) for name, value in names.items()}
    found = with_operations(graph, lines).evaluate(names)
    for name in (n.name for n in graph.nodes if n.rule in ("times", "plus")):
        a, b = (found.get(f"node {s}", found.get(s)) for s in graph.sources(name))
        made = a * b if name not in ("+",) else a + b
        assert np.allclose(found[f"node {name}"], made, rtol=0, atol=1e-15), name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\sqrt{x_t}", "cannot read"),
        (r"\frac{x_t}", "expected begin"),
        (r"\max(x_t)", "expected comma"),
        (r"\sigma x_t", "expected open"),
        (r"(x_t", "expected close"),
        (r"x_t + ", "expected name"),
        (r"- x_t", "expected name"),
        (r"x_t)", "cannot read"),
        (r"\mathbf{x}_t W", "cannot read"),
        (r"x_t / 2", "cannot read"),
    ],
)
def test_what_is_not_known_is_refused_loudly(text, words):
    with pytest.raises(EquationError, match=words):
        read(f"h_t = {text}")


def test_blocks_and_names_that_are_not_there_are_refused():
    page = "```{math}\n:label: eq-a\na = b = c\n```\n```{math}\n:label: eq-b\nh_t &= q_t\n```\n"
    with pytest.raises(EquationError, match="labelled eq-c"):
        labelled(page, "eq-c")
    with pytest.raises(EquationError, match="eq-a: expected one ="):
        labelled(page, "eq-a")
    with pytest.raises(EquationError, match="nothing is known of q_t"):
        labelled(page, "eq-b").evaluate({})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected equations"),
        ("x_t W", "expected one ="),
        (r"h_t = x_t \\ h_t = x_t", "h_t twice"),
        (r"\tanh(h_t) = x_t", "one name before ="),
        (f"h_t = {'(' * 500}x_t{')' * 500}", "at most 100 brackets"),
    ],
)
def test_lines_that_make_no_program_are_refused(text, words):
    with pytest.raises(EquationError, match=words):
        read(text)


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match="LaTeX in a string"):
        read(3)


def test_a_product_needs_odot_unless_it_is_of_matrices():
    with pytest.raises(EquationError, match="two matrices"):
        read("h_t = x_t b").evaluate({"x_t": np.ones((2, 3)), "b": np.ones(3)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2 + 3 - 1", 4), ("2 - 3 - 1", -2), (r"2 \odot 3 + 1", 7), (r"1 + 2 \odot 3", 7),
     (r"(1 + 2) \odot 3", 9), (r"\tanh(0) - \sigma(0)", -0.5)],
)  # fmt: skip
def test_precedence(text, expected):
    assert read(f"a = {text}").evaluate({})["a"] == expected


@pytest.mark.parametrize("label", EQUATIONS)
def test_a_tangent_is_what_a_small_step_changes(label, rng):
    """The change of every line, against central differences in the state before and the input."""
    _, cell, options, _ = EQUATIONS[label]
    params = random_params(cell, rng, 4, 3, options)
    state, x = random_state(cell, rng, 2, 3), rng.normal(0, 1, (2, 4))
    names = names_of(cell, params, state, x)
    moved = [name for name in names if name.endswith(("_{t-1}", "_t"))]
    changes = {name: rng.normal(0, 1, names[name].shape) for name in moved}
    equations = lines_of(label)
    found = equations.tangent(moved).evaluate(names | {f"d {k}": d for k, d in changes.items()})
    ends = [
        equations.evaluate(names | {k: names[k] + side * 1e-6 * d for k, d in changes.items()})
        for side in (-1, 1)
    ]
    for name, _ in equations.lines:
        slope = (ends[1][name] - ends[0][name]) / 2e-6
        assert np.abs(found[f"d {name}"] - slope).max() <= 1e-8, name


def test_what_nothing_moves_has_no_tangent():
    assert read("a_t = x_t + b").tangent(["h_{t-1}"]).lines == read("a_t = x_t + b").lines


def test_a_changed_sign_on_the_page_is_another_program(rng):
    params = random_params(lstm, rng, 2, 3, {})
    step = of_step(lstm, params, random_state(lstm, rng, 1, 3), rng.normal(0, 1, (1, 2)))
    wrong = changed("eq-lstm", r"c_{t-1} + i_t", r"c_{t-1} - i_t")
    assert differences(wrong, *step)["c_t"] > 0.01


def attention_lines(label):
    return labelled((BOOK / "attention.md").read_text(encoding="utf-8"), label)


def test_the_equations_of_attention_compute_what_the_modules_compute(rng):
    """Every line of both, on random arrays, to 1e-12."""
    params = additive.Params(*(rng.normal(size=s) for s in [(4, 3), (5, 3), (3,)]))
    query, keys = rng.normal(size=(1, 4)), rng.normal(size=(1, 6, 5))
    context, cache = additive.step(params, query, keys)
    lines = attention_lines("eq-attention")
    names = {"h_{t-1}": query, "K": keys[0], "W_q": params.query_kernel}
    names |= {"W_k": params.key_kernel, "v": params.scale[None]}
    scores = (cache.E @ params.scale)[0][None]
    expected = {"E_t": cache.E[0], "e_t": scores, "a_t": cache.a, "c_t": context}
    assert [name for name, _ in lines.lines] == [*expected]
    assert max(differences(lines, names, expected).values()) <= 1e-12

    q, k, v = (rng.normal(size=s) for s in [(3, 4), (6, 4), (6, 2)])
    y, cache = dot_product.attend(q, k, v)
    names = {"Q": q, "K": k, "V": v, "s": 0.5}
    expected = {"E": 0.5 * q @ k.T, "A": cache.a, "Y": y}
    lines = attention_lines("eq-attention-dot")
    assert max(differences(lines, names, expected).values()) <= 1e-12


def test_softmax_and_transpose_are_read_written_and_not_moved():
    lines = read(r"a_t = \operatorname{softmax}\left(v E^{\top}\right) \\ c_t = (a_t K)^\top")
    (_, weights), (_, turned) = lines.lines
    for tree in (weights, turned):
        assert read(f"h_t = {latex(tree)}").lines[0][1] == tree
    assert lines.javascript().startswith(
        "({add, minus, times, dot, sigmoid, tanh, softmax, transposed}) =>"
    )
    assert "softmax" not in read("h_t = x_t W").javascript()
    with pytest.raises(EquationError, match="of what moves"):
        lines.tangent(["v"])
