"""A batch is what a plain loop makes of the texts, and batches hold each text once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unrolled.regressor.encoding import MOST_STEPS, Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.pieces import START, Pieces, tokens

WORDS = st.sampled_from(
    ["so", "late", "later", "so!", ":-)", "⟦⟧", "Straße", "é", "\ud83d", "a" * 30]
)
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=1, max_size=8)


def encoded_of(texts, min_count=1):
    tokenized = tokenize(texts)
    counts = tokenized.counts(np.arange(len(texts)))
    return Encoded(tokenized, Pieces.fit(counts, min_count=min_count))


@given(TEXTS, st.integers(1, 3), st.data())
def test_a_batch_holds_the_pieces_that_a_loop_finds(texts, min_count, data):
    encoded = encoded_of(texts, min_count)
    names = encoded.texts.tokens
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=5))
    batch = encoded.batch(np.array(rows))
    assert [array.dtype for array in batch] == [np.int32] * 3
    assert len(batch.pieces) == len(batch.owners)
    owned = {}
    for piece, owner in zip(batch.pieces.tolist(), batch.owners.tolist(), strict=True):
        owned.setdefault(owner, []).append(piece)
    assert list(owned) == list(range(len(owned)))
    assert batch.owners.tolist() == sorted(batch.owners)
    assert owned.pop(0) == [0]
    texts_read = [[START, *tokens(texts[row])] for row in rows]
    assert batch.words.shape == (len(rows), max(map(len, texts_read)))
    for words, text in zip(batch.words.tolist(), texts_read, strict=True):
        assert [owned[word] for word in words[: len(text)]] == [encoded.pieces.ids(t) for t in text]
        assert set(words[len(text) :]) <= {0}
    # Every different token stands there once, and none that is in no text of the batch.
    assert len(owned) == len({token for text in texts_read for token in text}) <= len(names)


def test_batches_hold_each_text_once_and_no_more_than_fits():
    rng = np.random.default_rng(0)
    lengths = [*rng.integers(0, 40, 300).tolist(), 511, 511]
    encoded = encoded_of([" ".join(["so"] * length) for length in lengths])
    rows = rng.permutation(302)[:280]
    rows = np.append(rows, [300, 301])
    found = list(encoded.batches(rows, size=64, seed=3))
    assert sorted(np.concatenate([places for places, _ in found])) == list(range(282))
    for places, batch in found:
        assert len(places) <= 64
        assert batch.words.size <= MOST_STEPS
        np.testing.assert_array_equal(
            (batch.words != 0).sum(axis=1), encoded.texts.lengths[rows[places]]
        )


def test_the_same_seed_makes_the_same_batches_and_none_puts_the_shortest_first():
    encoded = encoded_of([" ".join("abcdefgh"[: 1 + i % 8]) for i in range(50)])
    rows = np.arange(50)

    def places(seed):
        return [places.tolist() for places, _ in encoded.batches(rows, 4, seed)]

    assert places(1) == places(1) != places(2)
    lengths = [encoded.texts.lengths[each].max() for each in places(None)]
    assert lengths == sorted(lengths)
    assert [len(batch) for batch in places(1)].count(2) == 1


def test_a_token_without_a_known_piece_is_the_unknown_one():
    encoded = Encoded(tokenize(["so late", "zzz"]), Pieces.fit({"so": 1}, min_count=1))
    batch = encoded.batch(np.array([1]))
    assert batch.words.tolist() == [[1, 2]]
    assert batch.pieces.tolist() == [0, 2, 1]
    assert batch.owners.tolist() == [0, 1, 2]
