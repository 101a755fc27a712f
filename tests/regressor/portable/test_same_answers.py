"""The NumPy cells answer as Keras does, text by text, however the texts come."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pandas
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from regressor_cases import planned

from unrolled.activations import sigmoid
from unrolled.regressor import TextRegressor, portable
from unrolled.regressor.pieces import RESERVED, START, tokens
from unrolled.regressor.portable import model as running
from unrolled.regressor.portable import words
from unrolled.text import clock

pytestmark = pytest.mark.usefixtures("eager")
SOME = st.lists(st.text(min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=60)


def by_keras(model, texts):
    return np.asarray(model(tf.constant(texts)))[:, 0]


@pytest.fixture(scope="module")
def pair(both):
    """Return one model twice: as Keras has it, and as NumPy reads it from the file."""
    large, path = both(
        "pair.keras", embedding_dim=24, units=16, readers=3, share=0.6, max_length=40
    )
    return large, portable.load(path)


@pytest.fixture
def small(saved):
    return portable.load(saved)


def test_thousands_of_texts_get_the_answers_of_keras(pair, texts):
    large, small = pair
    answers = small.predict(texts)
    assert (answers.dtype, answers.shape) == (np.float64, (len(texts),))
    assert answers.std() > 0.5
    np.testing.assert_allclose(answers, by_keras(large, texts), rtol=0, atol=1e-4)


@settings(max_examples=15)
@given(SOME)
def test_any_text_of_unicode_gets_the_answer_of_keras(pair, some):
    large, small = pair
    np.testing.assert_allclose(small.predict(some), by_keras(large, some), rtol=0, atol=1e-4)


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("readers", [1, 2])
def test_reading_alone_and_counting_alone_are_those_of_keras(both, texts, share, readers):
    large, path = both(
        "part.keras", embedding_dim=5, units=9, readers=readers, share=share, max_length=12
    )
    some = texts[1400:1600]
    np.testing.assert_allclose(
        portable.load(path).predict(some), by_keras(large, some), rtol=0, atol=1e-4
    )


@pytest.mark.parametrize("part", ["counting", "reading"])
def test_a_model_of_one_part_is_the_same_in_keras_in_numpy_and_loaded_again(request, texts, part):
    large, path = request.getfixturevalue(part)
    some = texts[1400:1600]
    answers = portable.load(path).predict(some)
    assert answers.std() > 0.1
    np.testing.assert_allclose(answers, by_keras(large, some), rtol=0, atol=1e-4)
    again = TextRegressor.load(path)
    np.testing.assert_allclose(again.predict(some), answers, rtol=0, atol=1e-4)
    (weights,) = {len(again.model_.weights), len(large.weights)}
    assert weights == {"counting": 5, "reading": 5 + 9}[part]


def test_what_stands_beside_a_text_counts_alike_in_keras_in_numpy_and_loaded_again(beside, texts):
    large, path = beside
    small, again = portable.load(path), TextRegressor.load(path)
    prices, kinds = [2, None, 3.5, "1"] * 50, ["a", "b", "c", None, "b"] * 40
    table = {"kind": kinds, "said": texts[1400:1600], "price": prices, "more": None}
    answers = small.predict(table)
    features = np.array(
        [
            [(float(p) - 2) / 0.5 if p else 0, p is None, k == "a", k == "b"]
            for p, k in zip(prices, kinds, strict=True)
        ]
    )
    by_keras = np.asarray(large((tf.constant(table["said"]), features)))[:, 0]
    np.testing.assert_allclose(answers, by_keras, rtol=0, atol=1e-4)
    np.testing.assert_allclose(again.predict(table), answers, rtol=0, atol=1e-4)
    assert (again.text, again.columns) == ("said", ("price", "kind"))
    weights = large.counter.get_weights()[2]
    plain = small.predict({**table, "price": [2] * 200, "kind": ["new"] * 200})
    np.testing.assert_allclose(answers - plain, 2 * features @ weights, rtol=0, atol=1e-4)
    found = small.predict(table, interval=0.9)
    np.testing.assert_array_equal(found.answers, answers)
    np.testing.assert_allclose(again.predict(table, interval=0.9), found, rtol=0, atol=1e-4)
    frame = pandas.DataFrame(table).convert_dtypes()
    np.testing.assert_array_equal(small.predict(frame), answers)


def test_a_model_with_columns_asks_for_them(beside):
    large, path = beside
    small, again = portable.load(path), TextRegressor.load(path)
    for predict in small.predict, again.predict:
        with pytest.raises(TypeError, match=r"expected a table with the columns 'said', 'price', "):
            predict(["so late"])
        with pytest.raises(ValueError, match=r"expected a column 'kind', got \['said', 'price'\]"):
            predict({"said": ["so late"], "price": [1]})
        with pytest.raises(ValueError, match=r"column 'price': expected a number, got 'dear'"):
            predict({"said": ["so late"], "price": ["dear"], "kind": ["a"]})
        with pytest.raises(ValueError, match=r"column 'kind': expected 1 cells, one for each text"):
            predict({"said": ["so late"], "price": [1], "kind": ["a", "b"]})
    with pytest.raises(ValueError, match=r"expected tables with \['price', 'kind'\], for predict"):
        next(small.predict_stream(["so late"]))
    with pytest.raises(ValueError, match=r"expected strings \(N,\) and features \(N, 4\), got str"):
        large(tf.constant(["so late"]))


@pytest.mark.parametrize("part", ["saved", "counting", "reading"])
def test_intervals_are_the_same_in_numpy_and_loaded_again(request, texts, part):
    path = request.getfixturevalue(part)
    path = path if part == "saved" else path[1]
    some = [*texts[1400:1600], "\u4e00\u4e01", *texts[:3]]
    small, again = portable.load(path), TextRegressor.load(path)
    found = small.predict(some, interval=0.9)
    np.testing.assert_array_equal(found.answers, small.predict(some))
    assert len({*(found.highs - found.lows).round(6)}) > 9
    assert (found.lows < found.highs).all()
    assert found.strange[200]
    assert not found.strange[-3:].any()
    for one, other in zip(again.predict(some, interval=0.9), found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
    with pytest.raises(ValueError, match=r"interval: expected at most 0\.968, for 30 texts were"):
        small.predict(some, interval=0.97)


@pytest.mark.slow
def test_a_trained_model_answers_alike_in_keras_in_numpy_and_loaded_again(tmp_path, monkeypatch):
    """The scale is minutes, of which float32 has four digits behind the point."""
    spoken = clock.load(train=150, validation=10, test=200)
    # Both parts are to be seen, whatever they are worth here.
    planned(monkeypatch, epochs=1, share=0.5)
    model = TextRegressor(embedding_dim=8, units=8, epochs=1, verbose=0, folds=2)
    model.fit(spoken.train.texts, spoken.train.targets)
    path = tmp_path / "clock.keras"
    model.save(path)
    small, again = portable.load(path), TextRegressor.load(path)
    answers = model.predict(spoken.test.texts)
    np.testing.assert_allclose(small.predict(spoken.test.texts), answers, rtol=0, atol=1e-3)
    np.testing.assert_array_equal(again.predict(spoken.test.texts), answers)
    assert again.get_params() == {**model.get_params(), "verbose": 1}
    assert small.about == model.model_.config["about"]
    assert set(small.about) == {"settings", "versions", "plan", "report"}


@pytest.mark.parametrize("about", [{}, {"settings": [1]}, {"settings": {"units": 7, "new": 1}}])
def test_a_file_that_tells_little_of_its_making_is_loaded_too(both, about):
    sizes = {"embedding_dim": 3, "units": 2, "readers": 1, "share": 0.5, "max_length": 9}
    loaded = TextRegressor.load(both("bare.keras", about=about, **sizes)[1])
    assert loaded.predict(["so late"]).shape == (1,)
    assert loaded.units == (7 if about.get("settings", [1]) != [1] else 64)


def test_a_text_is_answered_alike_alone_and_among_others(small, texts):
    some = texts[1480:1520]
    alone = np.concatenate([small.predict([text]) for text in some])
    np.testing.assert_allclose(small.predict(some), alone, rtol=0, atol=1e-5)


def test_a_stream_gives_the_same_numbers_in_order_and_reads_little_ahead(small, texts):
    read = 0

    def arriving():
        nonlocal read
        for text in texts[1400:]:
            read += 1
            yield text

    answers = small.predict_stream(arriving(), size=16)
    first = list(islice(answers, 5))
    assert read == 16
    assert all(type(answer) is float for answer in first)
    np.testing.assert_allclose([*first, *answers], small.predict(texts[1400:]), rtol=0, atol=1e-5)


def test_long_texts_do_not_wait_for_a_full_block(small, monkeypatch):
    monkeypatch.setattr(running, "MOST_LETTERS", 100)
    read = iter(["late " * 30, "so late", "late " * 10])
    next(small.predict_stream(read))
    assert next(read) == "so late"


def test_what_is_forgotten_is_worked_out_again(pair, texts, monkeypatch):
    _, small = pair
    answers = small.predict(texts[:1700])
    monkeypatch.setattr(words, "MOST_BYTES", 0)
    monkeypatch.setattr(running, "BLOCK", 100)
    np.testing.assert_allclose(small.predict(texts[:1700]), answers, rtol=0, atol=1e-5)
    held = len(small._words._numbers)
    assert held < len({token for text in texts[:1700] for token in tokens(text)}) / 2


def test_a_call_that_is_broken_off_leaves_the_model_as_it_was(small, monkeypatch):
    expected = small.predict(["so late", "once more"])

    def broken_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(words, "_with_room", broken_off)
        with pytest.raises(KeyboardInterrupt):
            small.predict(["quite another thing"])
    np.testing.assert_array_equal(small.predict(["so late", "once more"]), expected)
    assert np.isfinite(small.predict(["quite another thing"])).all()


def test_threads_may_share_a_model(saved, texts):
    model = portable.load(saved)
    blocks = [texts[n : n + 40] for n in range(0, 3000, 40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(model.predict, blocks))
    expected = portable.load(saved).predict(texts[:3000])
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=0, atol=1e-5)


def test_a_long_text_is_cut_where_keras_cuts_it(pair):
    large, small = pair
    words = [f"word{n}" for n in range(60)]
    whole, cut, shorter = (" ".join(words[:n]) for n in (60, 39, 38))
    answers = small.predict([whole, cut, shorter])
    assert answers[0] == pytest.approx(answers[1], abs=1e-6)
    assert abs(answers[1] - answers[2]) > 1e-3
    np.testing.assert_allclose(answers, by_keras(large, [whole, cut, shorter]), rtol=0, atol=1e-4)


def test_half_a_character_that_keras_cannot_take_is_read_too(small):
    assert np.isfinite(small.predict(["so \ud800 late"])).all()


def test_the_gates_are_those_behind_the_answer(both):
    """From what the cells did at each token the whole answer can be put together by hand."""
    large, path = both("gates.keras", embedding_dim=6, units=4, readers=1, share=1.0, max_length=12)
    text = "Meet me at ten to six, not at six to ten, will you? I shall be late"
    found = portable.load(path).gates(text)
    assert found.tokens == [START, *islice(tokens(text), 11)]
    assert list(found.values) == [
        f"{name} {way}" for way in ("forward", "backward") for name in "ifgoch"
    ]
    assert all(array.shape == (12, 4) for array in found.values.values())
    h = np.hstack([found.values["h forward"], found.values["h backward"]])
    kernel, bias = large.readers[0].readout.get_weights()
    read = np.concatenate([h.mean(axis=0), h.max(axis=0)]) @ kernel + bias
    np.testing.assert_allclose(1.0 + 2.0 * read, by_keras(large, [text]), rtol=0, atol=1e-4)
    for way, step in ("forward", 1), ("backward", -1):
        i, f, g, o, c, h = (found.values[f"{name} {way}"][::step] for name in "ifgoch")
        np.testing.assert_allclose(c[1:], f[1:] * c[:-1] + i[1:] * g[1:], atol=1e-6)
        np.testing.assert_allclose(h, o * np.tanh(c), atol=1e-6)
    # At the first step there is no state yet, and START is one piece.
    kernel, _, bias = large.readers[0].both_ways.forward_layer.get_weights()
    x = large.readers[0].vectors.get_weights()[0][RESERVED.index(START)]
    for name, a in zip("ifgo", np.split(x @ kernel + bias, 4), strict=True):
        squash = np.tanh if name == "g" else sigmoid
        np.testing.assert_allclose(found.values[f"{name} forward"][0], squash(a), atol=1e-6)


def test_a_model_that_only_counts_has_no_gates(counting):
    small = portable.load(counting[1])
    with pytest.raises(ValueError, match="expected a model that reads, got one that only counts"):
        small.gates("so late")


def test_an_empty_text_is_refused_by_its_index(small):
    for answer in small.predict, lambda texts: list(small.predict_stream(texts, size=1)):
        with pytest.raises(ValueError, match=r"^texts: expected a text, got ' \\n' at index 1$"):
            answer(["so late", " \n"])
        with pytest.raises(TypeError, match=r"^texts: expected only strings, got int at index 1$"):
            answer(["so late", 5])
        with pytest.raises(
            TypeError, match=r"^texts: expected a list of strings, got one bare str"
        ):
            answer("so late")
    with pytest.raises(ValueError, match=r"^texts: expected at least one text, got none"):
        small.predict([])
    with pytest.raises(ValueError, match=r"^text: expected a text, got ''"):
        small.gates("")
    with pytest.raises(TypeError, match=r"^text: expected only strings, got list"):
        small.gates(["so late"])
    with pytest.raises(ValueError, match=r"^size: expected at least 1, got 0"):
        next(small.predict_stream(["so late"], size=0))


def test_no_text_at_all_streams_no_number(small):
    assert list(small.predict_stream([])) == []
