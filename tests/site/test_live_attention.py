"""What the live translator writes, and where it looks, is what the package computes."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from test_equations import BOOK

from unrolled import equations, live
from unrolled.equations.writing import literal
from unrolled.experiments.attention import sentences, study
from unrolled.experiments.attention import translator as translators
from unrolled.live.picture import source

pytestmark = pytest.mark.site
TEXTS = ["let us meet at ten to six", "twenty-five past SIX!", "zzz half", "six"]


@pytest.fixture(scope="module")
def model():
    """Make a translator of random weights, as 16 bits keep them."""
    drawn = study.fresh(0, 3, 4)
    rng = np.random.default_rng(0)
    moved = jax.tree.map(lambda a: a + rng.normal(0, 0.5, a.shape), drawn)
    return study.script(moved)["script"]


def equations_of():
    own = ["eq-attention-first", "eq-attention"]
    pages = {"eq-gru": "gru.md", **dict.fromkeys(own, "attention.md")}
    texts = {label: (BOOK / page).read_text(encoding="utf-8") for label, page in pages.items()}
    return {label: equations.labelled(page, label) for label, page in texts.items()}


def test_a_browser_writes_and_looks_as_the_package_does(browser, model):
    """Every sign, its probability and all weights, to 1e-9."""
    made = live.attention(equations_of())
    compiled = {name: lines.javascript() for name, lines in made.program.items()}
    page = browser.new_page()
    page.evaluate("window.unrolled = {}")
    for file in made.files:
        page.add_script_tag(content=source(file))
    page.add_script_tag(content=model)
    programs = ", ".join(f"{literal(k)}: ({v})(unrolled.arrays)" for k, v in compiled.items())
    found = page.evaluate(
        f"""([texts, roles, limits]) => {{
        const model = unrolled.translator(
          unrolled.models.attention, {{{programs}}}, roles, limits);
        return texts.map(text => model.read(unrolled.padding.wordsOf(text))
          .map(({{sign, p, weights}}) => [sign, p, [...weights]])); }}""",
        [TEXTS, made.data["roles"], {"words": 40, "signs": 12}],
    )
    page.close()
    restored = study.restored(model)
    for text, told in zip(TEXTS, found, strict=True):
        signs, chances, weights = translators.written_out(restored, text, 12)
        assert [sign for sign, _, _ in told] == signs
        np.testing.assert_allclose([p for _, p, _ in told], chances, rtol=0, atol=1e-9)
        np.testing.assert_allclose([a for _, _, a in told], weights, rtol=0, atol=1e-9)
    assert len(sentences.SIGNS) == 14


def test_other_equations_are_refused():
    with pytest.raises(ValueError, match="a GRU, a first state and attention"):
        live.attention({"eq": equations.read("h_t = x_t W")})
