"""What live gradients and live padding are given, and what they refuse."""

import re

import numpy as np
import pytest

from unrolled import equations, live

PLAIN = equations.read(r"h_t = \tanh(x_t W + h_{t-1} U + b)")
CELL = {"words": "RNN", "equations": "eq", "kernel": "normal", "bands": {"radius 1": "mine"}}
BANDS = [[1.0, 0.1234], [1.0, 0.5], [1.0, 1e-9]]
RECORDED = {
    "config": {"units": 4, "steps": 3, "seeds": [0, 1], "distances": [0, 3]},
    "values": {"flow": {"mine": {"start": {"state": {"bands": BANDS}}}}},
}


def test_gradients_have_the_bands_and_the_settings_of_the_experiment():
    made = live.gradients({"eq": PLAIN}, cells={"rnn": CELL}, recorded=RECORDED)
    assert made.data["cells"][0]["bands"] == {"radius 1": [[1.0, 0.12], [1.0, 0.5], [1.0, 1e-9]]}
    assert (made.data["units"], made.data["steps"], made.data["seeds"]) == (4, 3, 2)
    assert "d h_t" in made.place()


@pytest.mark.parametrize(
    ("lines", "cell", "error", "words"),
    [
        (PLAIN, {"equations": "eq-b"}, ValueError, "'eq-b'"),
        (PLAIN, {"kernel": "sparse"}, ValueError, "'sparse'"),
        (PLAIN, {"bands": {"radius 1": "other"}}, KeyError, "other"),
        (equations.read("h_t = x_t W"), {}, equations.EquationError, "a state"),
        (equations.read("h_t = h_{t-1} U"), {}, equations.EquationError, "an input x_t"),
    ],
)
def test_gradients_of_what_is_not_there_are_refused(lines, cell, error, words):
    with pytest.raises(error, match=words):
        live.gradients({"eq": lines}, cells={"rnn": CELL | cell}, recorded=RECORDED)


def test_padding_draws_a_cell_and_an_embedding_from_its_seed():
    one, same, other = (
        live.padding(PLAIN, texts=["a"], fit=["a b"], units=2, seed=seed).data for seed in (0, 0, 1)
    )
    assert one == same != other
    shapes = {name: np.shape(rows) for name, rows in one["weights"].items()}
    assert shapes == {"W": (3, 2), "U": (2, 2), "b": (2,)}
    assert np.shape(one["embedding"]) == (4, 3)


@pytest.mark.parametrize("lines", ["c_t = c_{t-1} + x_t", "h_t = h_{t-1} U", "h_t = x_t W"])
def test_padding_needs_an_input_and_a_state_h(lines):
    with pytest.raises(equations.EquationError, match="expected an input x_t and a state h"):
        live.padding(equations.read(lines), texts=["a"], fit=["a"])


def test_no_formula_of_a_cell_stands_in_javascript():
    """What squashes is named in compiled programs and in what they call, and nowhere else."""
    for file in sorted(live.FILES):
        if file.endswith(".js") and file != "equations/arrays.js":
            assert not re.search(r"tanh|sigmoid", live.picture.source(file)), file
