"""Intervals hold as many new numbers as they say, and reach farther where an answer is unsure."""

import crepes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.regressor import intervals
from unrolled.regressor.counting import Grams
from unrolled.regressor.intervals import Doubt, Intervals
from unrolled.regressor.pieces import RESERVED, Pieces


def drawn(rng, n):
    """Return signs of n texts and errors, which are larger where two of the signs are."""
    found = rng.uniform(0, 1, (n, intervals.SIGNS)).astype(np.float32)
    return found, (rng.standard_t(4, n) * np.exp(found @ [2.0, 0.0, 1.0])).astype(np.float32)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_as_many_new_errors_lie_within_as_the_level_says(rng, level):
    held = []
    for _ in range(30):
        doubt = intervals.learn(*drawn(rng, 300))
        found, errors = drawn(rng, 300)
        held.append(np.abs(errors) <= doubt.half_widths(found, level))
    assert np.mean(held) == pytest.approx(level, abs=0.01)


def test_what_is_unsure_has_the_wider_interval_and_is_held_as_often(rng):
    doubt = intervals.learn(*drawn(rng, 3000))
    found, errors = drawn(rng, 20_000)
    half = doubt.half_widths(found, 0.9)
    held, unsure = np.abs(errors) <= half, found[:, 0] > 0.5
    assert half[unsure].mean() > 2 * half[~unsure].mean()
    for part in (unsure, ~unsure, found[:, 2] > 0.5, found[:, 1] > 0.5):
        assert held[part].mean() == pytest.approx(0.9, abs=0.02)
    np.testing.assert_allclose(doubt.weights[1:], [2, 0, 1], atol=0.2)


def test_another_library_makes_the_same_intervals(rng):
    """From the same ratios, and how unsure each new answer is."""
    found, errors = drawn(rng, 200)
    doubt = intervals.learn(found, errors)
    theirs = crepes.ConformalRegressor().fit(errors, sigmas=doubt.unsure(found))
    new, _ = drawn(rng, 50)
    answers = rng.normal(size=50)
    for level in (0.5, 0.9, 0.99):
        expected = theirs.predict_int(answers, sigmas=doubt.unsure(new), confidence=level)
        half = doubt.half_widths(new, level)
        np.testing.assert_allclose(
            np.stack([answers - half, answers + half], 1), expected, rtol=1e-5
        )


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_a_level_that_the_texts_are_too_few_for_is_refused(n, level):
    rng = np.random.default_rng(n)
    doubt = intervals.learn(*drawn(rng, n))
    found, _ = drawn(rng, 3)
    if np.ceil((n + 1) * level) > n:
        with pytest.raises(ValueError, match=rf"interval: expected at most 0\.\d+, for {n} texts"):
            doubt.half_widths(found, level)
    else:
        half = doubt.half_widths(found, level)
        assert half.shape == (3,)
        assert (half >= 0).all()


@pytest.mark.parametrize(
    ("level", "error", "says"),
    [
        (0.9, ValueError, "interval: expected none, for 0 texts were asked that taught nothing"),
        (0, ValueError, "interval: expected a number above 0 and below 1, got 0"),
        (1, ValueError, "interval: expected a number above 0 and below 1, got 1"),
        (90, ValueError, "interval: expected a number above 0 and below 1, got 90"),
        (np.nan, ValueError, "interval: expected a number above 0 and below 1, got nan"),
        ("90", TypeError, "interval: expected a number above 0 and below 1, got str '90'"),
    ],
)
def test_what_is_no_level_is_refused(level, error, says):
    with pytest.raises(error, match=says):
        intervals.NONE.half_widths(np.zeros((1, 3), np.float32), level)


def test_errors_of_nothing_make_intervals_of_nothing():
    doubt = intervals.learn(np.zeros((20, 3), np.float32), np.zeros(20, np.float32))
    assert (doubt.half_widths(np.zeros((2, 3), np.float32), 0.9) == 0).all()


def test_of_many_ratios_some_are_kept_by_the_seed(rng, monkeypatch):
    found, errors = drawn(rng, 500)
    monkeypatch.setattr(intervals, "MOST_SCORES", 100)
    one, same, other = (intervals.learn(found, errors, seed) for seed in (1, 1, 2))
    assert len(one.scores) == 100
    assert (np.diff(one.scores) >= 0).all()
    np.testing.assert_array_equal(one.scores, same.scores)
    assert not np.array_equal(one.scores, other.scores)


def test_the_signs_are_the_distance_the_length_and_what_is_unknown():
    counted, read = np.array([1, 2], np.float32), np.array([3, 1.5], np.float32)
    unknown = np.array([0, 0.5], np.float32)
    found = intervals.signs(read, counted, np.array([1, 7]), unknown)
    np.testing.assert_allclose(found, [[2, np.log(2), 0], [0.5, np.log(8), 0.5]], rtol=1e-6)
    assert not intervals.signs(None, counted, np.array([1, 7]), unknown)[:, 0].any()


def test_where_nothing_is_counted_a_token_is_known_by_any_piece():
    pieces = Pieces([*RESERVED, "<so", "=late"])
    texts = [["sole", "late", "xyzzy", "§"], ["LATE"], []]
    found = intervals.unknown(texts, Grams([], []), pieces)
    np.testing.assert_allclose(found, [0.5, 0, 1])


def test_a_text_is_strange_in_which_nothing_is_known():
    signs = np.array([[0, 1, 1], [0, 1, 0.9]], np.float32)
    found = Intervals.around(np.array([1.0, 2.0]), np.array([0.5, 0.25]), signs)
    assert [each.tolist() for each in found] == [[1, 2], [0.5, 1.75], [1.5, 2.25], [True, False]]


def test_vast_signs_and_weights_still_give_numbers():
    doubt = Doubt(np.full(4, 1e15, np.float32), np.array([1e15], np.float32))
    half = doubt.half_widths(np.full((2, 3), 1e10, np.float32), 0.5)
    assert np.isfinite(half).all()
