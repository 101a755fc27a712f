"""A split keeps related texts together and nothing tested is learnt by heart."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unrolled.text import Corpus, Splits, split_by_group
from unrolled.text.corpora import split_rows


def documents(count, sentences=3):
    groups = [str(i) for i in range(count) for _ in range(sentences)]
    texts = [f"sentence {i}" for i in range(len(groups))]
    return Corpus(texts, np.arange(len(groups)), groups)


@given(st.integers(10, 40), st.integers(0, 5), st.integers(1, 4))
def test_documents_stay_together_and_nothing_is_lost(count, seed, sentences):
    corpus = documents(count, sentences)
    splits = split_by_group(corpus, seed=seed)
    parts = [splits.train, splits.validation, splits.test]
    for one, other in itertools.combinations(parts, 2):
        assert set(one.groups).isdisjoint(other.groups)
    assert sorted(text for part in parts for text in part.texts) == sorted(corpus.texts)
    for part in parts:
        for text, target in zip(part.texts, part.targets, strict=True):
            assert text == f"sentence {int(target)}"


def test_shares_are_met():
    splits = split_by_group(documents(100), validation=0.1, test=0.2)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (210, 30, 60)


def test_the_same_seed_splits_alike_and_another_otherwise():
    one, same, other = (split_by_group(documents(50), seed=seed).test.ids for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("seed", range(5))
def test_a_text_that_is_tested_is_dropped_from_training(seed):
    # Every text stands in two documents, so without the rule some stand on both sides.
    corpus = Corpus([f"text {i % 30}" for i in range(60)], np.arange(60))
    splits = split_by_group(corpus, seed=seed)
    parts = [set(part.texts) for part in (splits.train, splits.validation, splits.test)]
    for one, other in itertools.combinations(parts, 2):
        assert one.isdisjoint(other)
    assert len(splits.test) == 12


def test_ids_follow_their_texts():
    corpus = Corpus(["a", "b", "c"], [1, 2, 3], ["x", "y", "z"], ["i", "j", "k"])
    taken = corpus.take([2, 0])
    assert (taken.texts, taken.groups, taken.ids) == (["c", "a"], ["z", "x"], ["k", "i"])
    assert taken.targets.tolist() == [3, 1]


def test_targets_are_float64_and_read_only():
    mine = np.array([1.0, 2.0])
    corpus = Corpus(["a", "b"], mine)
    assert corpus.targets.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        corpus.targets[0] = 5
    mine[0] = 7
    assert corpus.targets[0] == 1


@pytest.mark.parametrize(
    ("texts", "targets", "error", "says"),
    [
        ([], [], ValueError, "expected at least one text, got none"),
        ("six", [1], TypeError, "got one bare str"),
        (5, [1], TypeError, "expected a list of strings, got int"),
        (["a", None], [1, 2], TypeError, "got NoneType at index 1"),
        (["a", "b"], [1], ValueError, "expected equal lengths, got 2 and 1"),
        (["a"], [np.nan], ValueError, "expected finite numbers, got nan at index 0"),
        (["a", "b"], [0, np.inf], ValueError, "got inf at index 1"),
        (["a"], [-1e300], ValueError, r"from -9e\+18 to 9e\+18, got -1e\+300"),
        (["a"], ["1"], TypeError, "expected real numbers, got dtype <U1"),
        (["a"], [[1]], ValueError, r"got shape \(1, 1\)"),
        (["a", "b"], [[1], [1, 2]], ValueError, "got rows of unequal length"),
    ],
)
def test_a_corpus_that_does_not_fit_together_is_refused(texts, targets, error, says):
    with pytest.raises(error, match=says):
        Corpus(texts, targets)


def test_groups_and_ids_must_be_as_many_as_the_texts():
    with pytest.raises(ValueError, match="texts and groups: expected equal lengths, got 2 and 1"):
        Corpus(["a", "b"], [1, 2], ["x"])
    with pytest.raises(ValueError, match="texts and ids: expected equal lengths, got 2 and 3"):
        Corpus(["a", "b"], [1, 2], ["x", "y"], ["1", "2", "3"])


def test_splits_that_share_a_group_are_refused():
    one, two = Corpus(["a"], [1], ["x"]), Corpus(["b"], [1], ["y"])
    with pytest.raises(ValueError, match="train and test to share no group, got 1 shared"):
        Splits(one, two, one)


@pytest.mark.parametrize("shares", [(0, 0.2), (0.5, 0.5), (0.1, 1.2), (-0.1, 0.2), (0.1, np.nan)])
def test_shares_out_of_range_are_refused(shares):
    with pytest.raises(ValueError, match="expected shares above 0"):
        split_by_group(documents(10), *shares)


def test_too_few_documents_are_refused():
    with pytest.raises(ValueError, match="got 2 groups of 6 texts"):
        split_by_group(documents(2))


NUMBERS = st.lists(st.integers(-3, 12), min_size=12, max_size=60).map(np.array)


@given(NUMBERS, st.integers(0, 5))
def test_rows_are_parted_by_group_and_nothing_is_lost(groups, seed):
    assume(len(set(groups.tolist())) >= 6)
    parts = split_rows(groups, np.arange(len(groups)), (0.2, 0.1), seed)
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    for part in parts:
        assert part.tolist() == sorted(part)
    for one, other in itertools.combinations(parts, 2):
        assert not set(groups[one]) & set(groups[other])
    # A share is met, and by no more than its last group.
    for part, share in zip(parts[:-1], (0.2, 0.1), strict=True):
        largest = max(np.count_nonzero(groups == group) for group in set(groups[part]))
        assert share * len(groups) <= len(part) < share * len(groups) + largest


@given(NUMBERS, st.integers(0, 5))
def test_the_names_of_groups_do_not_matter(groups, seed):
    """Only which rows share one, and in what order they come."""
    assume(len(set(groups.tolist())) >= 6)
    keys = np.arange(len(groups))
    other = np.array([{g: -7 * g % 31 for g in range(-3, 13)}[group] for group in groups.tolist()])
    for one, two in zip(
        split_rows(groups, keys, [0.3], seed), split_rows(other, keys, [0.3], seed), strict=True
    ):
        np.testing.assert_array_equal(one, two)


@given(NUMBERS, st.integers(0, 5))
def test_a_text_stays_in_the_first_part_that_has_it(keys, seed):
    groups, wanted, seen = np.arange(len(keys)), [], set()
    for whole in split_rows(groups, groups, (0.1, 0.1), seed):
        wanted.append([row for row in whole.tolist() if keys[row] not in seen])
        seen |= set(keys[wanted[-1]].tolist())
    assume(all(wanted))  # A part that is left empty is refused; see below.
    assert [part.tolist() for part in split_rows(groups, keys, (0.1, 0.1), seed)] == wanted


def test_another_seed_parts_the_rows_otherwise():
    groups = np.arange(40)
    one, same, other = (split_rows(groups, groups, [0.2], seed)[0].tolist() for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0,), (np.nan,), (0.1, np.nan), (1.5,)])
def test_shares_of_rows_out_of_range_are_refused(shares):
    with pytest.raises(ValueError, match="expected shares above 0 that add up to less than 1"):
        split_rows(np.arange(9), np.arange(9), shares)


def test_a_part_that_equal_texts_leave_empty_is_refused():
    with pytest.raises(ValueError, match="to fill 2 parts, got 9 groups of 9 texts"):
        split_rows(np.arange(9), np.zeros(9, int), [0.2])
