"""What live windows are given, and what they refuse."""

import numpy as np
import pytest

from unrolled import live
from unrolled.series import Series, made, split


def test_windows_hold_the_series_and_its_parts():
    series, _ = made(3, 150, gaps=0.1)
    made_of = live.windows(series, validation=0.2, test=0.1, steps=5, ahead=2, at=40)
    values = [np.nan if value is None else value for value in made_of.data["values"]]
    np.testing.assert_array_equal(values, series.values)
    parts = split(series, 0.2, 0.1)
    assert [part[1:] for part in made_of.data["parts"]] == [[p.start, p.stop] for p in parts]
    assert made_of.data["start"] == {"steps": 5, "ahead": 2, "at": 40}
    assert "calendar" in made_of.data["note"]
    plain = live.windows(Series(series.values, series.times))
    assert "calendar" not in plain.data["note"]


SHORT, LONG = made(0, 30)[0], made(0, 301)[0]
EMPTY = Series(np.full(100, np.nan), np.arange(100))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"series": [1.0, 2.0]}, TypeError, "expected a Series, got list"),
        ({"series": LONG}, ValueError, "at most 300 steps, got 301"),
        ({"series": SHORT}, ValueError, "expected"),
        ({"series": EMPTY}, ValueError, "two values to learn from"),
        ({"steps": 25}, ValueError, "steps: expected at most 24, got 25"),
        ({"ahead": 13}, ValueError, "ahead: expected at most 12, got 13"),
        ({"at": 118}, ValueError, "from 12 to 117, got 118"),
        ({"at": 11}, ValueError, "from 12 to 117, got 11"),
        ({"steps": 0}, ValueError, "steps"),
        ({"test": 1.5}, ValueError, "test"),
    ],
)
def test_what_makes_no_window_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        live.windows(**given)
