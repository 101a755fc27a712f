"""The pages' equations, compiled and run in a browser, are the cells."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest
from cases import random_params, random_state
from test_equations import EQUATIONS, lines_of

from unrolled.equations import names_of

SETTINGS = 1000


@pytest.fixture(scope="module")
def page(browser):
    found = browser.new_page()
    yield found
    found.close()


@pytest.mark.parametrize("label", EQUATIONS)
def test_a_browser_computes_what_step_computes(page, label):
    """Every line, 1,000 random settings of any size up to 4, to 1e-12."""
    _, cell, options, _ = EQUATIONS[label]
    rng, sent, expected = np.random.default_rng(0), [], []
    for _ in range(SETTINGS):
        features, units = rng.integers(1, 5, 2).tolist()
        params = random_params(cell, rng, features, units, options)
        state, x = random_state(cell, rng, 1, units), rng.normal(0, 1, (1, features))
        after, cache = cell.step(params, state, x)
        expected.append(cache._asdict() | after._asdict())
        rows = {k: a[0] if k.endswith(("_t", "}")) else a
                for k, a in names_of(cell, params, state, x).items()}  # fmt: skip
        sent.append({name: array.tolist() for name, array in rows.items()})
    calls = (files("unrolled.equations") / "arrays.js").read_text(encoding="utf-8")
    equations = lines_of(label)
    found = page.evaluate(
        f"""sent => {{ {calls} const step = ({equations.javascript()})(unrolled.arrays);
        return sent.map(v => Object.fromEntries(Object.entries(step(v)).map(
          ([name, row]) => [name, [...row]]))) }}""",
        json.loads(json.dumps(sent)),
    )
    for mine, theirs in zip(found, expected, strict=True):
        for name, _ in equations.lines:
            error = np.abs(np.array(mine[name]) - theirs[name.removesuffix("_t")][0]).max()
            assert error <= 1e-12, f"{name} of {label}"
