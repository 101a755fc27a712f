"""Padding marks what is real, and a batch is no longer than its longest row."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.text import bucketed, pad
from unrolled.text.batches import by_length

ROWS = st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=12)


@given(ROWS, st.sampled_from(["pre", "post"]))
def test_what_the_mask_keeps_is_what_was_put_in(rows, side):
    ids, mask = pad(rows, side=side)
    assert (ids.dtype, mask.dtype) == (np.int32, np.bool_)
    assert ids.shape == mask.shape == (len(rows), max(map(len, rows)))
    assert [row[kept].tolist() for row, kept in zip(ids, mask, strict=True)] == rows
    assert not ids[~mask].any()
    rises = np.diff(mask.astype(int), axis=1)
    assert (rises >= 0).all() if side == "pre" else (rises <= 0).all()


@given(ROWS, st.integers(0, 6), st.sampled_from(["pre", "post"]))
def test_cutting_keeps_the_side_that_was_not_named(rows, length, truncate):
    ids, mask = pad(rows, length, truncate=truncate)
    assert ids.shape == (len(rows), length)
    for row, given_row, kept in zip(ids, rows, mask, strict=True):
        start = max(len(given_row) - length, 0) if truncate == "pre" else 0
        assert row[kept].tolist() == given_row[start : start + length]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("truncate", ["pre", "post"])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_agrees_with_keras(side, truncate, length):
    import keras

    rows = [[3], [4, 5, 6], [7, 8], []]
    theirs = keras.utils.pad_sequences(rows, length, padding=side, truncating=truncate)
    np.testing.assert_array_equal(pad(rows, length, side, truncate).ids, theirs)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (([],), ValueError, "expected at least one row of ids"),
        (("text",), ValueError, "expected at least one row of ids"),
        (([3, 4],), TypeError, "expected a list of ids at row 0, got 3"),
        (([[1.5]],), TypeError, "expected integer ids, got float64 at row 0"),
        (([["a"]],), TypeError, "expected integer ids"),
        (([[2], [0]],), ValueError, r"expected ids from 1 .*got 0 to 0 at row 1"),
        (([[-1]],), ValueError, "got -1 to -1"),
        (([[2**31]],), ValueError, "expected ids from 1 to 2147483647"),
        (([[1]], -1), ValueError, "length: expected at least 0, got -1"),
        (([[1]], 2.0), TypeError, "length: expected an integer, got float"),
        (([[1, 2, 3]], 2), ValueError, "expected rows of at most length=2 ids, got one of 3"),
        (([[1]], 2, "left"), ValueError, "side: expected 'pre' or 'post', got 'left'"),
        (([[1]], 2, "pre", "mid"), ValueError, "truncate: expected .* got 'mid'"),
    ],
)
def test_bad_rows_are_refused(arguments, error, says):
    with pytest.raises(error, match=says):
        pad(*arguments)


@given(ROWS, st.integers(1, 5), st.integers(0, 3))
def test_batches_hold_every_row_once(rows, size, seed):
    batches = list(bucketed(rows, size, seed))
    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(rows)))
    for batch in batches:
        assert len(batch.rows) <= size
        for row, ids, mask in zip(*batch, strict=True):
            assert ids[mask].tolist() == rows[row]


def test_batches_waste_less_than_one_block_and_come_in_random_order():
    rows = [[1] * (1 + i % 17) for i in range(200)]
    batches = list(bucketed(rows, 16, seed=0))
    assert sum(batch.ids.size for batch in batches) < 0.65 * pad(rows).ids.size
    lengths = [batch.ids.shape[1] for batch in batches]
    assert lengths != sorted(lengths)
    again, other = (list(bucketed(rows, 16, seed)) for seed in (0, 1))
    assert all((a.rows == b.rows).all() for a, b in zip(batches, again, strict=True))
    assert not all(np.array_equal(a.rows, b.rows) for a, b in zip(batches, other, strict=True))


def test_a_batch_size_below_one_is_refused():
    with pytest.raises(ValueError, match="size: expected at least 1, got 0"):
        list(bucketed([[1]], 0))
    with pytest.raises(TypeError, match="size: expected an integer"):
        list(bucketed([[1]], 1.5))


LENGTHS = st.lists(st.integers(1, 60), max_size=40).map(np.array)


@given(LENGTHS, st.integers(1, 9), st.none() | st.integers(0, 3), st.none() | st.integers(1, 99))
def test_rows_of_like_length_come_together_and_each_once(lengths, size, seed, most_steps):
    batches = list(by_length(lengths, size, seed, most_steps))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch) <= size
        if most_steps is not None:
            assert len(batch) == 1 or len(batch) * lengths[batch].max() <= most_steps
    # No batch reaches into the lengths of another.
    spans = sorted((lengths[batch].min(), lengths[batch].max()) for batch in batches)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


@given(LENGTHS, st.integers(1, 9), st.integers(1, 99))
def test_every_seed_makes_batches_of_the_same_sizes(lengths, size, most_steps):
    """So an epoch has as many steps as any other, whatever its seed."""

    def shapes(seed):
        batches = by_length(lengths, size, seed, most_steps)
        return sorted((len(batch), lengths[batch].max()) for batch in batches)

    assert shapes(None) == shapes(0) == shapes(1)


@given(LENGTHS, st.integers(1, 9), st.integers(1, 99))
def test_a_batch_is_filled_as_far_as_the_next_row_allows(lengths, size, most_steps):
    batches = list(by_length(lengths, size, None, most_steps))
    for batch, following in itertools.pairwise(batches):
        assert len(batch) == size or (len(batch) + 1) * lengths[following[0]] > most_steps


def test_without_a_seed_the_shortest_come_first_and_equal_ones_in_order():
    lengths = np.array([2, 1, 2, 1, 3])
    batches = by_length(lengths, size=2, seed=None)
    assert [batch.tolist() for batch in batches] == [[1, 3], [0, 2], [4]]
    lengths = np.arange(300) * 7 % 5
    rows = [(lengths[row], row) for batch in by_length(lengths, 8, None) for row in batch]
    assert rows == sorted(rows)


@pytest.mark.parametrize(("most_steps", "sizes"), [(9, [3]), (8, [2, 1]), (2, [1, 1, 1])])
def test_a_batch_may_have_just_as_many_steps_as_are_allowed(most_steps, sizes):
    batches = by_length(np.array([3, 3, 3]), 5, None, most_steps)
    assert [len(batch) for batch in batches] == sizes


def test_a_seed_mixes_equal_lengths_and_the_order_of_batches():
    lengths = np.repeat([1, 2, 3, 4], 8)

    def batches(seed):
        return [batch.tolist() for batch in by_length(lengths, 4, seed)]

    assert batches(0) == batches(0)
    assert {frozenset(b) for b in batches(0)} != {frozenset(b) for b in batches(1)}
    assert [lengths[b[0]] for b in batches(0)] != sorted(lengths[b[0]] for b in batches(0))


def test_a_size_below_one_makes_no_batches_without_end():
    with pytest.raises(ValueError, match="size: expected at least 1, got 0"):
        list(by_length(np.array([1, 2]), 0, None))
