"""What is counted is ridge regression on weighted counts, built here a second time by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from unrolled.regressor import counting
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.pieces import START, Pieces, tokens

TEXTS = [
    "so late so late", "never so late", "Late again!", "once", "so soon :-)", "sooo soon",
    "it is soon", "it was late once more", "is it", "never again", "a word", "another word, late",
]  # fmt: skip


def encoded_of(texts, known=None):
    tokenized = tokenize(texts)
    rows = np.arange(len(texts) if known is None else known)
    pieces = Pieces.fit(tokenized.counts(rows), min_count=1)
    return Encoded(tokenized, pieces)


def counts_of(text, pieces):
    row = np.zeros(len(pieces))
    for token in [START, *tokens(text)]:
        for i in pieces.ids(token):
            row[i] += 1
    return row


def features_of(texts, pieces, learnt_from):
    """Return counts times a smooth IDF, over the root of what all that stands there adds."""
    rarity = np.empty(len(pieces))
    for i in range(len(pieces)):
        having = sum(counts_of(text, pieces)[i] > 0 for text in learnt_from)
        rarity[i] = math.log((1 + len(learnt_from)) / (1 + having)) + 1
    rows = np.array([counts_of(text, pieces) for text in texts])
    return rows * rarity / np.sqrt(rows @ rarity**2)[:, None]


@pytest.fixture(scope="module")
def targets():
    return np.random.default_rng(0).normal(size=len(TEXTS)).astype(np.float32)


@pytest.mark.parametrize("alpha", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_weights_are_those_of_a_ridge_on_features_made_by_hand(targets, alpha, weighted):
    encoded = encoded_of(TEXTS, known=8)
    weights = np.linspace(0.2, 3, 8, dtype=np.float32) if weighted else None
    found = counting.learn(encoded, np.arange(8), targets[:8], weights, alpha=alpha)
    ridge = Ridge(alpha=alpha, solver="cholesky")
    ridge.fit(features_of(TEXTS[:8], encoded.pieces, TEXTS[:8]), targets[:8], sample_weight=weights)
    expected = ridge.predict(features_of(TEXTS, encoded.pieces, TEXTS[:8]))
    answers = found.answers(encoded, np.arange(len(TEXTS)))
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected, atol=2e-3)
    assert found.table.shape == (len(encoded.pieces), 2)
    assert found.table.dtype == np.float32


@given(st.lists(st.integers(0, len(TEXTS) - 1), min_size=1, max_size=9))
def test_an_answer_is_a_sum_over_the_pieces_of_the_text(rows):
    encoded = encoded_of(TEXTS)
    rng = np.random.default_rng(1)
    table = np.abs(rng.normal(size=(len(encoded.pieces), 2))).astype(np.float32)
    weights = counting.PieceWeights(table, 0.5)
    found = weights.answers(encoded, np.array(rows))
    for row, answer in zip(rows, found, strict=True):
        counts = counts_of(TEXTS[row], encoded.pieces)
        above, below = counts @ table.astype(np.float64)
        assert answer == pytest.approx(above / math.sqrt(below) + 0.5, rel=1e-5)


def test_a_text_of_unknown_words_gets_a_number_too(targets):
    encoded = encoded_of([*TEXTS, "xyzzy", "⟦⟧"], known=12)
    found = counting.learn(encoded, np.arange(12), targets)
    answers = found.answers(encoded, np.array([12, 13]))
    assert np.isfinite(answers).all()


@pytest.mark.parametrize("value", [0, 3])
def test_equal_targets_are_answered_as_they_are(value):
    encoded = encoded_of(TEXTS)
    found = counting.learn(encoded, np.arange(12), np.full(12, value, np.float32))
    np.testing.assert_allclose(found.answers(encoded, np.arange(12)), value, atol=1e-5)


def test_one_text_is_enough():
    encoded = encoded_of(["so late"])
    found = counting.learn(encoded, np.array([0]), np.array([2], np.float32))
    assert found.answers(encoded, np.array([0])) == pytest.approx([2])


def test_of_very_many_texts_some_are_drawn_by_the_seed(targets, monkeypatch):
    encoded = encoded_of(TEXTS)
    rows, weights = np.arange(12), np.linspace(1, 2, 12, dtype=np.float32)

    def learn(rows, seed):
        return counting.learn(encoded, rows, targets[rows], weights[rows], seed=seed)

    whole = learn(rows, 1)
    monkeypatch.setattr(counting, "MOST_TEXTS", 12)
    np.testing.assert_array_equal(learn(rows, 1).table, whole.table)
    monkeypatch.setattr(counting, "MOST_TEXTS", 5)
    drawn = np.sort(np.random.default_rng(1).permutation(12)[:5])
    some = learn(rows, 1)
    monkeypatch.undo()
    np.testing.assert_array_equal(some.table, learn(drawn, 1).table)
    assert some.bias == learn(drawn, 1).bias
    assert not np.array_equal(some.table, whole.table)


def test_the_draw_follows_the_seed(targets, monkeypatch):
    monkeypatch.setattr(counting, "MOST_TEXTS", 5)
    encoded = encoded_of(TEXTS)
    one, same, other = (
        counting.learn(encoded, np.arange(12), targets, seed=seed).table for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
