"""Examples are checked one by one, named where they are wrong, and split by group and by text."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.regressor.examples import Example, collect
from unrolled.regressor.pieces import START


def test_examples_become_numbers():
    rows = [
        Example("so late", 1.5, "a"),
        Example("so soon", -2, None, 3),
        Example("late", 0, "b"),
        Example("so late", 1, "a", 0),
    ]
    data = collect(iter(rows))
    assert data.encoded.tokens == [START, "so", "late", "soon"]
    assert data.targets.tolist() == [1.5, -2, 0, 1]
    assert data.weights.tolist() == [1, 3, 1, 0]
    assert (data.targets.dtype, data.weights.dtype) == (np.float32, np.float32)
    same = data.groups[:, None] == data.groups
    assert same.sum() == 4 + 2
    assert same[0, 3]


def test_a_group_of_any_name_is_apart_from_a_text_without_one():
    data = collect([Example("a", 1), Example("b", 1, "-1"), Example("c", 1), Example("d", 1, "0")])
    assert len(set(data.groups.tolist())) == 4


def test_options_reach_the_encoder():
    data = collect([Example("one two three", 1)], on_disk=True, longest=2)
    assert data.encoded.cut == 1
    assert data.encoded.flat.tolist() == [0, 1]
    assert isinstance(data.encoded.flat, np.memmap)


@pytest.mark.parametrize(
    ("example", "says"),
    [
        (Example("", 1, name="line 7"), "line 7: expected a text, got ''"),
        (Example(" \n", 1), r"text: expected a text, got ' \\n'"),
        (Example("\u3000\u1680", 1), "text: expected a text"),
        (Example("a", math.nan, name="line 7"), r"line 7: expected a finite target.*got nan"),
        (Example("a", math.inf), "expected a finite target"),
        (Example("a", -1.1e15), r"up to 1e\+15 in size, got -11"),
        (
            Example("a", 1, weight=-0.1, name="line 7"),
            "line 7: expected a weight from 0 .*got -0.1",
        ),
        (Example("a", 1, weight=math.nan), r"expected a weight from 0 to 1e\+15, got nan"),
        (Example("a", 1, weight=math.inf), "expected a weight"),
        (Example("a", 1, weight=1.1e15), r"expected a weight from 0 to 1e\+15, got 11"),
    ],
)
@pytest.mark.parametrize("on_disk", [False, True])
def test_an_example_that_cannot_be_learnt_from_is_named(example, says, on_disk):
    with pytest.raises(ValueError, match=says):
        collect([Example("fine", 0), example], on_disk=on_disk)


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="expected at least one text, got none"):
        collect([])
    with pytest.raises(ValueError, match="at least one weight above 0, got only zeros"):
        collect([Example("a", 1, weight=0), Example("b", 1, weight=1e-60)])


EXAMPLES = st.lists(
    st.builds(
        Example,
        st.sampled_from([f"text {i}" for i in range(30)]),
        st.just(1.0),
        st.none() | st.sampled_from("abcdefgh"),
        st.sampled_from([1.0, 1.0, 2.0, 0.0]),
    ),
    min_size=40,
    max_size=60,
)


@given(EXAMPLES, st.integers(0, 3))
def test_no_group_and_no_text_is_on_two_sides_and_weight_0_on_none(rows, seed):
    data = collect([*rows, *(Example(f"a new text {i}", 1) for i in range(20))])
    parts = data.split(0.2, 0.1, seed=seed)
    assert len(parts) == 3
    for one, other in itertools.combinations(parts, 2):
        assert not set(data.groups[one]) & set(data.groups[other])
        assert not set(data.encoded.keys[one]) & set(data.encoded.keys[other])
    used = np.concatenate(parts)
    assert len(set(used)) == len(used)
    assert data.weights[used].all()
    # A row that is in no part has no weight, or its text stands in a part.
    left = np.setdiff1d(np.arange(data.encoded.texts), used)
    assert set(data.encoded.keys[left[data.weights[left] > 0]]) <= set(data.encoded.keys[used])


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


def test_too_few_groups_are_refused():
    data = collect([Example("a", 1, "x"), Example("b", 2, "x")])
    with pytest.raises(ValueError, match="enough groups to fill 2 parts, got 1 groups of 2 texts"):
        data.split(0.5)
