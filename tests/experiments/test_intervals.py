"""The intervals hold what they promise, counted and simulated."""

import numpy as np
import pytest

from unrolled.experiments import intervals


def test_the_interval_of_the_median_covers_it_as_often_as_it_says(rng):
    """On a lopsided distribution, exponential, whose median is ln 2."""
    draws = rng.exponential(size=(4000, 10))
    found = [intervals.median(row) for row in draws.tolist()]
    covered = np.mean([m.low <= np.log(2) <= m.high for m in found])
    assert found[0].confidence == pytest.approx(1 - 2 * 11 / 1024)
    assert abs(covered - found[0].confidence) < 0.01


def test_few_values_promise_little():
    assert intervals.median([1.0]) == (1.0, 1.0, 1.0, 0.0)
    assert intervals.median([3, 1, 2]) == (2, 1, 3, 0.75)
    with pytest.raises(ValueError, match="at least one value"):
        intervals.median([])


def test_wilsons_interval_is_the_published_one():
    """Ten of ten, and 81 of 263 as in Newcombe's comparison of seven methods (1998)."""
    assert intervals.share(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert intervals.share(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert intervals.share(0, 10)[0] == 0
    for wrong in ((11, 10), (-1, 10), (0, 0)):
        with pytest.raises(ValueError, match="must"):
            intervals.share(*wrong)
