"""Texts as integers, the same in memory and on disk; examples split by group and by text."""

import itertools
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.regressor import examples
from unrolled.regressor.examples import Example, collect, tokenize
from unrolled.regressor.pieces import START, tokens

WORDS = st.sampled_from(
    ["so", "late", "later", "so!", ":-)", "⟦⟧", "Straße", "é", "\ud83d", "a" * 30]
)
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=1, max_size=8)


@given(TEXTS, st.integers(2, 9))
def test_a_text_is_start_and_its_tokens_and_what_is_cut_is_counted(texts, longest):
    found = tokenize(texts, max_length=longest)
    whole = [[START, *tokens(text)] for text in texts]
    read = [[found.tokens[i] for i in found.of(row)] for row in range(len(found))]
    assert read == [row[:longest] for row in whole]
    assert found.cut == sum(len(row) > longest for row in whole)
    assert found.lengths.tolist() == [len(row) for row in read]
    assert len(set(found.tokens)) == len(found.tokens)
    assert (found.flat.dtype, found.starts.dtype) == (np.int32, np.int64)


@given(TEXTS, st.integers(2, 9))
def test_keys_are_equal_where_the_tokens_are(texts, longest):
    found = tokenize(texts, max_length=longest)
    rows = [found.of(row).tolist() for row in range(len(found))]
    for one, other in itertools.combinations(range(len(rows)), 2):
        assert (found.keys[one] == found.keys[other]) == (rows[one] == rows[other])


@given(TEXTS, st.integers(2, 9), st.integers(0, 10))
def test_on_disk_is_as_in_memory(texts, longest, block):
    here = tokenize(texts, max_length=longest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "_BLOCK", block)
        there = tokenize(texts, max_length=longest, on_disk=True)
    assert isinstance(there.flat, np.memmap)
    assert (here.tokens, here.cut) == (there.tokens, there.cut)
    for name in ("flat", "starts", "keys"):
        one, other = getattr(here, name), getattr(there, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_ids_on_disk_leave_the_memory_and_the_folder(tmp_path, monkeypatch):
    files, make = [], tempfile.TemporaryFile

    def opened():
        files.append(make(dir=tmp_path))
        return files[-1]

    def texts():
        for number in range(1000):
            # Of 4 bytes each, all but the last hundred or so.
            assert files[0].tell() >= 4 * (4 * number - 104)
            yield "one two three"

    monkeypatch.setattr(examples.tempfile, "TemporaryFile", opened)
    monkeypatch.setattr(examples, "_BLOCK", 100)
    found = tokenize(texts(), on_disk=True)
    assert files[0].closed
    assert list(tmp_path.iterdir()) == []
    assert found.flat.shape == (4000,)
    assert found.of(999).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("on_disk", [False, True])
def test_without_a_text_there_is_nothing(on_disk):
    with pytest.raises(ValueError, match="expected at least one text, got none"):
        tokenize([], on_disk=on_disk)


@given(TEXTS, st.data())
def test_counts_are_those_of_a_loop(texts, data):
    found = tokenize(texts)
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=5))
    expected = {}
    for row in rows:
        for token in [START, *tokens(texts[row])]:
            expected[token] = expected.get(token, 0) + 1
    assert found.counts(np.array(rows, np.intp)) == expected


def test_examples_become_numbers():
    rows = [
        Example("so late", 1.5, "a"),
        Example("so soon", -2, None, 3),
        Example("late", 0, "b"),
        Example("so late", 1, "a", 0),
    ]
    data = collect(iter(rows))
    assert data.texts.tokens == [START, "so", "late", "soon"]
    assert data.targets.tolist() == [1.5, -2, 0, 1]
    assert data.weights.tolist() == [1, 3, 1, 0]
    assert (data.targets.dtype, data.weights.dtype) == (np.float64, np.float64)
    same = data.groups[:, None] == data.groups
    assert same.sum() == 4 + 2
    assert same[0, 3]


def test_a_group_of_any_name_is_apart_from_a_text_without_one():
    data = collect([Example("a", 1), Example("b", 1, "-1"), Example("c", 1), Example("d", 1, "0")])
    assert len(set(data.groups.tolist())) == 4


def test_options_reach_the_tokens():
    data = collect([Example("one two three", 1)], on_disk=True, max_length=2)
    assert data.texts.cut == 1
    assert data.texts.flat.tolist() == [0, 1]
    assert isinstance(data.texts.flat, np.memmap)


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="expected at least one text, got none"):
        collect([])
    assert collect([Example("a", 1, weight=1e-46)]).weights.tolist() == [1e-46]
    with pytest.raises(ValueError, match="at least one weight above 0, got only zeros"):
        collect([Example("a", 1, weight=0), Example("b", 1, weight=0)])


EXAMPLES = st.lists(
    st.builds(
        Example,
        st.sampled_from([f"text {i}" for i in range(30)]),
        st.just(1.0),
        st.none() | st.sampled_from("abcdefgh"),
        st.sampled_from([1.0, 1.0, 2.0, 0.0]),
        st.just(0),
        st.just(()),
    ),
    min_size=40,
    max_size=60,
)


@pytest.mark.slow
@given(EXAMPLES, st.integers(0, 3))
def test_no_group_and_no_text_is_on_two_sides_and_weight_0_on_none(rows, seed):
    data = collect([*rows, *(Example(f"a new text {i}", 1) for i in range(20))])
    parts = data.split(0.2, 0.1, seed=seed)
    assert len(parts) == 3
    for one, other in itertools.combinations(parts, 2):
        assert not set(data.groups[one]) & set(data.groups[other])
        assert not set(data.texts.keys[one]) & set(data.texts.keys[other])
    used = np.concatenate(parts)
    assert len(set(used)) == len(used)
    assert data.weights[used].all()
    # A row that is in no part has no weight, or its text stands in a part.
    left = np.setdiff1d(np.arange(len(data.texts)), used)
    assert set(data.texts.keys[left[data.weights[left] > 0]]) <= set(data.texts.keys[used])


def test_a_text_of_weight_0_is_as_good_as_left_out():
    rows = [Example(f"text {i}", i, "abcdef"[i % 6], float(i % 4 > 0)) for i in range(40)]
    whole, rest = collect(rows), collect([row for row in rows if row.weight])
    kept = np.flatnonzero(whole.weights)
    for one, other in zip(whole.split(0.3, seed=1), rest.split(0.3, seed=1), strict=True):
        assert one.tolist() == kept[other].tolist()


def test_another_seed_splits_otherwise():
    data = collect([Example(f"text {i}", 1) for i in range(40)])
    one, same, other = (data.split(0.2, seed=seed)[0].tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_some_rows_are_split_without_the_others():
    data = collect([Example(f"text {i}", 1, str(i // 2), float(i % 9 > 0)) for i in range(60)])
    assert data.rows.tolist() == [i for i in range(60) if i % 9]
    rows = data.rows[::3]
    parts = data.parts(rows, [0.3, 0.3], seed=1)
    assert min(map(len, parts)) > 2
    assert sorted(np.concatenate(parts)) == rows.tolist()
    for one, other in itertools.combinations(parts, 2):
        assert not set(data.groups[one]) & set(data.groups[other])


def test_too_few_groups_are_refused():
    data = collect([Example("a", 1, "x"), Example("b", 2, "x")])
    with pytest.raises(ValueError, match="enough groups to fill 2 parts, got 1 groups of 2 texts"):
        data.split(0.5)
