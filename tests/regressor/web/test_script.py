"""The script that a model is exported as: its cell, its names, its weights, its form."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_cases import random_model, sentences

from unrolled.regressor import web
from unrolled.regressor.covariates import Category, Covariates, Number
from unrolled.regressor.portable import Model
from unrolled.regressor.web.__main__ import compiled

PAGE = Path(__file__).parents[3] / "book" / "lstm.md"


@pytest.fixture(scope="module")
def content():
    return random_model(sentences(60))


def test_the_cell_is_the_equation_of_the_page_to_the_byte():
    page = PAGE.read_text(encoding="utf-8")
    committed = Path(web.__file__).with_name("lstm.js").read_text(encoding="utf-8")
    assert compiled(page) == committed
    changed = page.replace(r"i_t \odot g_t", r"i_t \odot c_{t-1}")
    assert changed != page
    assert compiled(changed) != committed


def restored(kept):
    """Return names as the script reads them, which counts in halves of what lies beyond U+FFFF."""
    found, name = [], ""
    for shared, rest in zip(kept["shared"], kept["rest"], strict=True):
        halves = name.encode("utf-16-le")[: 2 * int(shared, 36)]
        name = halves.decode("utf-16-le") + rest
        found.append(name)
    return found


@given(st.lists(st.text(st.sampled_from("ab <\n\U0001f600\U0001f601\uffff"), max_size=50)))
def test_names_are_read_as_they_were_written(names):
    assert restored(web._names(sorted(names))) == sorted(names)


def test_a_name_with_half_a_character_names_nothing_in_a_browser():
    assert restored(web._names(["a\ud83d", "b", "\ud83d\ude00"])) == ["", "b", ""]


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_no_weight_moves_by_more_than_half_a_step_of_its_row(content, bits):
    def rows(weights):
        (table, *_), _, *readers = weights.parts
        yield 16, table.T
        for vectors, *cells, readout, _ in readers:
            yield 8, vectors
            yield from ((16, np.atleast_2d(each)) for each in (*cells, readout.T))

    pairs = zip(rows(content.weights), rows(web.rounded(content, bits).weights), strict=True)
    for (least, before), (_, after) in pairs:
        steps = np.abs(before).max(axis=1) / (2 ** (max(bits, least) - 1) - 1)
        assert (np.abs(after - before) <= 0.501 * steps[:, None]).all()
        assert (after == before).all() == (bits == 32)


def test_fewer_bits_move_answers_further(content):
    texts = sentences(300)
    by_bits = {bits: web.moves(content, texts, bits).max() for bits in (8, 16, 32)}
    assert by_bits[32] == 0
    assert 0 < 20 * by_bits[16] < by_bits[8] < content.config.scale


def test_rows_of_nothing_and_of_the_largest_weights_stay():
    rows = np.array([[0, 0], [1e15, -1e15], [1e-45, 0]], np.float32)
    for bits in 8, 16, 32:
        np.testing.assert_allclose(web._Matrix.of(rows, bits).rows, rows, rtol=1e-6, atol=1e-38)


def test_the_script_may_stand_anywhere(content):
    text = web.script(content, "</script>\n\u2028", 8)
    assert text.isascii()
    assert "</script" not in text
    assert "<!--" not in text
    last = text.splitlines()[-1]
    assert last.startswith(r'(unrolled.models ??= {})["\u003c/script>\n\u2028"] = {')
    assert json.loads(last.partition(" = ")[2].removesuffix(";")) == web.data(content, 8)


def test_a_model_of_no_names_at_all_has_a_script():
    content = random_model([], readers=1)
    kept = web.data(content)
    assert kept["words"] == {"shared": "", "rest": []} == kept["letters"]
    assert restored(kept["pieces"]) == ["⟦⟧"]
    assert np.isfinite(Model(web.rounded(content, 16)).predict(["so late"])).all()


def test_data_have_columns_where_a_model_has_and_are_of_another_format_then():
    columns = Number("price", 2.0, 0.5, True), Category("kind", ("a", "b"))
    content = random_model(["so late"], covariates=Covariates("said", columns))
    kept = web.data(content)
    assert kept["format"] == 2
    assert kept["columns"] == [
        {"name": "price", "mean": 2.0, "scale": 0.5, "gaps": True},
        {"name": "kind", "values": ("a", "b")},
    ]
    assert kept["beside"] == content.weights.beside.tolist()
    usage = web.script(content, "m").partition("(() => {")[0]
    assert 'model.predict("Any text that is not empty.", {"price":null,"kind":null})' in usage
    plain = web.data(random_model(["so late"]))
    assert plain["format"] == 1
    assert kept.keys() - plain.keys() == {"columns", "beside"}
