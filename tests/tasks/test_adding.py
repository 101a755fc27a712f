"""The adding problem is what the papers say it is, sequence by sequence."""

import numpy as np
import pytest

from unrolled.tasks import adding


@pytest.mark.parametrize("steps", [22, 100, 105])
def test_an_original_sequence_is_the_papers(steps):
    """Each rule of section 5.4 is read off the sequences themselves, one by one."""
    made = adding.original(400, steps=steps, seed=3)
    assert set(made.lengths) == set(range(steps, steps + steps // 10 + 1))
    seen_first, seen_second = set(), set()
    for x, target, length in zip(made.x, made.targets, made.lengths, strict=True):
        values, marks = x[:length].T
        assert (x[length:] == 0).all()
        assert (np.abs(values) <= 1).all()
        assert values.min() < 0 < values.max()
        assert marks[0] == marks[-1] == -1
        assert (marks[1:-1] >= 0).all()
        at = np.flatnonzero(marks == 1)
        assert len(at) in (1, 2)
        assert set(marks[1:-1]) == {0, 1}
        if len(at) == 2:  # A mark on the first pair counts as zero: then there is one.
            assert at[0] < 10 or at[1] < 10
            seen_first.add(at[0])
        assert at[-1] < steps // 2 - 1
        seen_second.add(at[-1])
        np.testing.assert_allclose(target, 0.5 + values[at].sum() / 4, rtol=1e-12)
    assert set(range(1, 8)) <= seen_first
    assert max(seen_second) == steps // 2 - 2


def test_a_mark_on_the_first_pair_is_rare_and_counts_as_zero():
    made = adding.original(4000, seed=0)
    marks = (made.x[..., 1] == 1).sum(axis=1)
    # The first mark falls there 1 in 10 times, the second 9/10 of 1 in 48.
    assert abs((marks == 1).mean() - (0.1 + 0.9 / 48)) < 0.02
    one = marks == 1
    total = (made.x[..., 0] * (made.x[..., 1] == 1)).sum(axis=1)
    np.testing.assert_allclose(made.targets[one, 0], 0.5 + total[one] / 4, rtol=1e-12)


@pytest.mark.parametrize("steps", [2, 5, 100])
def test_a_modern_sequence_has_a_mark_in_each_half(steps):
    made = adding.modern(500, steps=steps, seed=1)
    values, marks = made.x[..., 0], made.x[..., 1]
    assert (values >= 0).all()
    assert (values < 1).all()
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks[:, : steps // 2].sum(axis=1) == 1).all()
    assert (marks[:, steps // 2 :].sum(axis=1) == 1).all()
    assert (marks.sum(axis=0) > 0).mean() > 0.95
    np.testing.assert_allclose(made.targets[:, 0], (values * marks).sum(axis=1))
    assert made.targets.shape == (500, 1)
    assert (made.lengths == steps).all()


def test_the_baseline_is_the_variance_of_the_sum():
    targets = adding.modern(100_000, steps=2, seed=0).targets
    assert abs(targets.var() - adding.BASELINE) < 0.002
    assert abs(np.mean((targets - 1) ** 2) - adding.BASELINE) < 0.002


@pytest.mark.parametrize("make", [adding.original, adding.modern])
def test_a_seed_fixes_the_sequences_and_a_generator_goes_on(make):
    one, again, other = make(5, seed=1), make(5, seed=1), make(5, seed=2)
    assert all((a == b).all() for a, b in zip(one, again, strict=True))
    assert (one.x != other.x).any()
    rng = np.random.default_rng(1)
    first, second = make(5, seed=rng), make(5, seed=rng)
    assert (first.x == one.x).all()
    assert (second.x != one.x).any()


def test_an_answer_is_correct_within_four_hundredths():
    targets = np.full((4, 1), 0.5)
    answers = np.array([[0.5], [0.461], [0.5399], [0.5401]])
    assert adding.correct(answers, targets).tolist() == [True, True, True, False]


@pytest.mark.parametrize("make", [adding.original, adding.modern])
@pytest.mark.parametrize(
    ("bad", "error"),
    [({"count": 0}, ValueError), ({"count": 1.0}, TypeError), ({"steps": 1}, ValueError)],
)
def test_a_size_that_cannot_be_is_refused(make, bad, error):
    with pytest.raises(error, match=r"expected .* got"):
        make(**{"count": 1, "steps": 100} | bad)
