"""How sure a number from a few seeds is: intervals that assume no bell curve, by SciPy."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import binom, binomtest


class Median(NamedTuple):
    """A median with the values that enclose it, and how surely they do."""

    value: float
    low: float
    high: float
    confidence: float


def median(values: Sequence[float], least: float = 0.95) -> Median:
    """Return the median of independent values, with its narrowest interval of order statistics.

    The k-th lowest and the k-th highest of n values enclose the median of what they were drawn
    from unless fewer than k values fall on one side, so the confidence is
    1 − 2 P(Binomial(n, 1/2) < k), whatever the distribution.
    k is the greatest that gives at least ``least``; if none does, it is 1, and ``confidence``
    says so.

    Raises ``ValueError`` where there is no value.

    >>> median([7, 1, 2, 3, 4, 5, 6, 9, 8, 10])
    Median(value=5.5, low=2, high=9, confidence=0.978515625)
    """
    ordered, n = sorted(values), len(values)
    if not n:
        raise ValueError("expected at least one value, got none")
    k = max(int(binom.ppf((1 - least) / 2, n, 0.5)), 1)
    confidence = float(1 - 2 * binom.cdf(k - 1, n, 0.5))
    return Median(statistics.median(ordered), ordered[k - 1], ordered[n - k], confidence)


def share(successes: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval of 95 % for the share that ``successes`` in ``of`` stand for.

    Raises ``ValueError`` where the successes are not between 0 and ``of``, or ``of`` is 0.

    >>> [round(end, 2) for end in share(10, 10)]
    [0.72, 1.0]
    """
    interval = binomtest(successes, of).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
