"""A corpus as numbers: the same in memory and on disk, and a batch is what a plain loop makes."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.regressor import encoded as module
from unrolled.regressor.encoded import MOST_STEPS, Encoder, Library
from unrolled.regressor.pieces import START, Pieces, tokens

WORDS = st.sampled_from(
    ["so", "late", "later", "so!", ":-)", "⟦⟧", "Straße", "é", "\ud83d", "a" * 30]
)
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=1, max_size=8)


def encode(texts, **options):
    encoder = Encoder(**options)
    for text in texts:
        encoder.add(text)
    return encoder.finish()


def library_of(texts, min_count=1, **options):
    encoded = encode(texts, **options)
    counts = encoded.counts(np.arange(encoded.texts))
    return Library(encoded, Pieces.fit(counts, min_count=min_count))


@given(TEXTS, st.integers(2, 9))
def test_a_text_is_start_and_its_tokens_and_what_is_cut_is_counted(texts, longest):
    encoded = encode(texts, longest=longest)
    whole = [[START, *tokens(text)] for text in texts]
    found = [[encoded.tokens[i] for i in encoded.of(row)] for row in range(encoded.texts)]
    assert found == [row[:longest] for row in whole]
    assert encoded.cut == sum(len(row) > longest for row in whole)
    assert encoded.lengths.tolist() == [len(row) for row in found]
    assert len(set(encoded.tokens)) == len(encoded.tokens)
    assert (encoded.flat.dtype, encoded.starts.dtype) == (np.int32, np.int64)


@given(TEXTS, st.integers(2, 9))
def test_keys_are_equal_where_the_tokens_are(texts, longest):
    encoded = encode(texts, longest=longest)
    rows = [encoded.of(row).tolist() for row in range(encoded.texts)]
    for one, other in itertools.combinations(range(len(rows)), 2):
        assert (encoded.keys[one] == encoded.keys[other]) == (rows[one] == rows[other])


@given(TEXTS, st.integers(2, 9), st.integers(0, 10))
def test_on_disk_is_as_in_memory(texts, longest, block):
    here = encode(texts, longest=longest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        there = encode(texts, longest=longest, on_disk=True)
    assert isinstance(there.flat, np.memmap)
    assert (here.tokens, here.cut) == (there.tokens, there.cut)
    for name in ("flat", "starts", "keys"):
        one, other = getattr(here, name), getattr(there, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_numbers_on_disk_leave_the_memory_and_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "_BLOCK", 100)
    encoder = Encoder(on_disk=True)
    for _ in range(1000):
        encoder.add("one two three")
        assert len(encoder._flat) <= 104
    assert list(tmp_path.iterdir()) == []
    assert encoder.finish().flat.shape == (4000,)


@pytest.mark.parametrize("on_disk", [False, True])
def test_without_a_text_there_is_nothing(on_disk):
    encoded = encode([], on_disk=on_disk)
    assert (encoded.texts, encoded.tokens, encoded.cut) == (0, [START], 0)
    assert encoded.flat.shape == encoded.keys.shape == encoded.lengths.shape == (0,)


@pytest.mark.parametrize("on_disk", [False, True])
def test_what_was_returned_does_not_change_afterwards(on_disk):
    encoder = Encoder(on_disk=on_disk)
    encoder.add("so late")
    encoded = encoder.finish()
    with pytest.raises(BufferError):
        encoder.add("so soon")
    del encoder
    assert (encoded.texts, encoded.of(0).tolist()) == (1, [0, 1, 2])


@pytest.mark.parametrize(
    ("longest", "error", "says"),
    [
        (1, ValueError, "longest: expected at least 2, got 1"),
        (9.5, TypeError, "longest: expected an integer, got float"),
    ],
)
def test_a_length_that_leaves_no_token_is_refused(longest, error, says):
    with pytest.raises(error, match=says):
        Encoder(longest=longest)


@given(TEXTS, st.data())
def test_counts_are_those_of_a_loop(texts, data):
    encoded = encode(texts)
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=5))
    expected = {}
    for row in rows:
        for token in [START, *tokens(texts[row])]:
            expected[token] = expected.get(token, 0) + 1
    assert encoded.counts(np.array(rows, np.intp)) == expected


@given(TEXTS, st.integers(1, 3), st.data())
def test_a_batch_holds_the_pieces_that_a_loop_finds(texts, min_count, data):
    library = library_of(texts, min_count)
    names = library.encoded.tokens
    pieces = Pieces.fit(library.encoded.counts(np.arange(len(texts))), min_count=min_count)
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=5))
    reading = library.read(np.array(rows))
    assert [array.dtype for array in reading] == [np.int32] * 3
    assert len(reading.pieces) == len(reading.owners)
    owned = {}
    for piece, owner in zip(reading.pieces.tolist(), reading.owners.tolist(), strict=True):
        owned.setdefault(owner, []).append(piece)
    assert list(owned) == list(range(len(owned)))
    assert reading.owners.tolist() == sorted(reading.owners)
    assert owned.pop(0) == [0]
    texts_read = [[START, *tokens(texts[row])] for row in rows]
    assert reading.words.shape == (len(rows), max(map(len, texts_read)))
    for words, text in zip(reading.words.tolist(), texts_read, strict=True):
        assert [owned[word] for word in words[: len(text)]] == [pieces.ids(t) for t in text]
        assert set(words[len(text) :]) <= {0}
    # Every different token stands there once, and none that is in no text of the batch.
    assert len(owned) == len({token for text in texts_read for token in text}) <= len(names)


def test_batches_of_a_library_hold_each_text_once_and_no_more_than_fits():
    rng = np.random.default_rng(0)
    lengths = [*rng.integers(0, 40, 300).tolist(), 511, 511]
    library = library_of([" ".join(["so"] * length) for length in lengths])
    rows = rng.permutation(302)[:280]
    rows = np.append(rows, [300, 301])
    found = list(library.batches(rows, size=64, seed=3))
    assert sorted(np.concatenate([places for places, _ in found])) == list(range(282))
    for places, reading in found:
        assert len(places) <= 64
        assert reading.words.size <= MOST_STEPS
        np.testing.assert_array_equal(
            (reading.words != 0).sum(axis=1), library.encoded.lengths[rows[places]]
        )


def test_the_same_seed_makes_the_same_batches_and_none_puts_the_shortest_first():
    library = library_of([" ".join("abcdefgh"[: 1 + i % 8]) for i in range(50)])
    rows = np.arange(50)

    def places(seed):
        return [places.tolist() for places, _ in library.batches(rows, 4, seed)]

    assert places(1) == places(1) != places(2)
    lengths = [library.encoded.lengths[batch].max() for batch in places(None)]
    assert lengths == sorted(lengths)
    assert [len(batch) for batch in places(1)].count(2) == 1


def test_a_token_without_a_known_piece_is_the_unknown_one():
    encoded = encode(["so late", "zzz"])
    library = Library(encoded, Pieces.fit({"so": 1}, min_count=1))
    reading = library.read(np.array([1]))
    assert reading.words.tolist() == [[1, 2]]
    assert reading.pieces.tolist() == [0, 2, 1]
    assert reading.owners.tolist() == [0, 1, 2]
