"""What is counted is a ridge on sublinear TF-IDF weights, as scikit-learn makes them."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from unrolled.regressor import counting
from unrolled.regressor.counting import Counted, Counting, Grams
from unrolled.regressor.pieces import tagged, tokens

TEXTS = [list(tokens(text)) for text in [
    "so late so late", "never so late", "Late again!", "once", "so soon :-)", "sooo soon",
    "it is soon", "it was late once more", "is it", "never again", "a word", "another word, late",
]]  # fmt: skip
TEXT = st.lists(st.sampled_from(["so", "late", "Late", "!", ":-)", "xyzzy", "never"]), max_size=9)


def runs(text):
    """Return all runs of 2 to 5 letters of a text's tokens, as they come."""
    ended = [f"<{token.lower()}>" for token in text]
    return [
        word[i : i + n] for word in ended for n in range(2, 6) for i in range(len(word) - n + 1)
    ]


def features(texts, learnt_from):
    """Return the features of texts as scikit-learn makes them: words, then letters."""
    shared = {"lowercase": False, "sublinear_tf": True}
    words = TfidfVectorizer(
        tokenizer=lambda text: [t.lower() for t in text],
        token_pattern=None,
        ngram_range=(1, 2),
        **shared,
    )
    letters = TfidfVectorizer(analyzer=runs, **shared)
    blocks = [each.fit(learnt_from).transform(texts).toarray() for each in (words, letters)]
    names = [each.get_feature_names_out() for each in (words, letters)]
    return np.hstack(blocks), [f"{part} {name}" for part in (0, 1) for name in names[part]]


@pytest.fixture(scope="module")
def targets():
    return np.random.default_rng(0).normal(size=len(TEXTS)).astype(np.float32)


@pytest.mark.parametrize("alpha", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("weights", [np.ones(8), np.linspace(0.2, 3, 8)], ids=["alike", "weighted"])
@pytest.mark.parametrize("letters", [1, 0.25, 2])
def test_the_answers_are_those_of_a_ridge_on_features_of_scikit_learn(
    targets, alpha, weights, letters
):
    found = Counted(TEXTS[:8]).learn(targets[:8], weights, alpha, letters)
    known, names = features(TEXTS[:8], TEXTS[:8])
    assert sorted(named(found.grams)) == sorted(names)
    lengths = [letters ** (0.5 if name.startswith("1 ") else -0.5) for name in names]
    ridge = Ridge(alpha=alpha, solver="cholesky")
    ridge.fit(known * lengths, targets[:8], sample_weight=weights)
    expected = ridge.predict(features(TEXTS, TEXTS[:8])[0] * lengths)
    np.testing.assert_allclose(found.answers(TEXTS), expected, atol=2e-3)
    assert found.answers(TEXTS).dtype == np.float32


def named(grams):
    return [*(f"0 {name}" for name in grams.words), *(f"1 {name}" for name in grams.letters)]


def random_weights(texts):
    counted, rng = Counted(texts), np.random.default_rng(1)
    return Counting(
        counted.grams,
        np.stack([counted.idf, rng.normal(size=len(counted.grams))], axis=1).astype(np.float32),
        0.5,
    )


@given(st.lists(TEXT, min_size=1, max_size=7))
def test_an_answer_is_a_sum_over_the_features_of_one_text(texts):
    ridge = random_weights(TEXTS)
    found, names = features(texts, TEXTS)
    numbers = {name: n for n, name in enumerate(named(ridge.grams))}
    weights = ridge.table[[numbers[name] for name in names], 1]
    np.testing.assert_allclose(ridge.answers(texts), found @ weights + 0.5, atol=1e-5)
    alone = [ridge.answers([text])[0] for text in texts]
    np.testing.assert_array_equal(ridge.answers(texts), alone)


def test_neither_blocks_nor_what_is_kept_change_an_answer(monkeypatch):
    ridge = random_weights(TEXTS)
    expected = ridge.answers(TEXTS)
    monkeypatch.setattr(counting, "_AT_ONCE", 2)
    monkeypatch.setattr(counting, "_KEPT", 3)
    again = pickle.loads(pickle.dumps(ridge))
    assert again.grams == ridge.grams
    np.testing.assert_array_equal(again.answers(iter(TEXTS)), expected)
    np.testing.assert_array_equal(random_weights(TEXTS).table, ridge.table)


def test_of_many_the_most_frequent_are_counted():
    grams = Grams.fit(TEXTS, most=3)
    assert grams.words == ["late", "it", "so"]
    assert len(grams.letters) == 3
    assert "never so" in Grams.fit(TEXTS).words


@pytest.mark.parametrize("counted", [[], ["so so"], ["late so"], ["so so", "late so"]])
@pytest.mark.parametrize("text", ["so so", "so late", "late so", "late late"])
def test_a_pair_counts_only_where_it_is_listed(counted, text):
    """Of every two words, whichever stand before or behind them in the list."""
    grams = Grams(["so", "late", *counted], [])
    columns = grams.counts([text.split()]).columns
    assert [grams.words[n] for n in columns if n > 1] == [pair for pair in counted if pair == text]


def test_a_tag_is_one_word_and_has_no_letters():
    texts = [list(tokens(tagged("so late", "tweets")))] * 2
    grams = Grams.fit(texts)
    assert "⟦tweets⟧" in grams.words
    assert not any("⟦" in run for run in grams.letters)


def test_a_text_of_unknown_words_gets_the_bias():
    ridge = random_weights(TEXTS)
    np.testing.assert_array_equal(ridge.answers([["§"], []]), 0.5)
    assert ridge.answers([]).shape == (0,)


def test_where_nothing_stands_in_the_texts_the_weighted_mean_is_all():
    ridge = Counted([[], []]).learn(np.array([1, 4]), np.array([2, 1]), 1.0)
    assert len(ridge.grams) == 0
    assert ridge.answers([[], ["so"]]) == pytest.approx([2, 2])


@pytest.mark.parametrize("value", [0, 3])
def test_equal_targets_are_answered_as_they_are(value):
    ridge = Counted(TEXTS).learn(np.full(12, value), np.ones(12), 1.0)
    np.testing.assert_allclose(ridge.answers(TEXTS), value, atol=1e-5)


@pytest.mark.parametrize("names", [(["so", "so"], []), ([], ["so", "so"])])
def test_a_name_that_stands_twice_is_refused(names):
    with pytest.raises(ValueError, match="expected every word and run of letters once"):
        Grams(*names)
