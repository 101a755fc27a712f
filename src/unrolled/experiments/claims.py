"""What a few seeds allow to be said: each comparison is a test, and its words are the outcome.

A page counts its comparisons, for of twenty at 95 % one comes out by chance: with m of them each
is made at 1 − 0.05/m, so that all hold together with 95 % (Bonferroni) :cite:p:`dunn1961`.
The tests are SciPy's and assume no bell curve but where it is said.
"""

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, binomtest, fisher_exact, mannwhitneyu, norm, t, ttest_rel

from unrolled.activations import Array
from unrolled.checks import as_count, as_number, as_numbers, same_length

HIGHER, LOWER, LEVEL = "higher than", "lower than", "not told apart from"


class Claims:
    """The comparisons of one page, which are made at a confidence for all of them together.

    Parameters
    ----------
    comparisons
        How many will be made; one more raises, and so does :meth:`told` after fewer.
    confidence
        Of all of them together, between 0 and 1.

    Examples
    --------
    >>> claims = Claims(comparisons=2)
    >>> claims.compare([7, 9, 8, 9, 7], [1, 2, 3, 2, 1])
    'higher than'
    >>> claims.compare([7, 9, 8], [1, 2, 3])  # Three seeds tell nothing.
    'not told apart from'
    >>> claims.told()
    '2 comparisons, each at 97.5 %, so that all hold together with 95 %'

    """

    def __init__(self, comparisons: int, confidence: float = 0.95) -> None:
        """Say how many comparisons there will be."""
        self.comparisons = as_count(comparisons, "comparisons")
        self.confidence = as_number(confidence, "confidence", below=1)
        self._made = 0

    @property
    def each(self) -> float:
        """The confidence of one comparison."""
        return 1 - (1 - self.confidence) / self.comparisons

    def compare(self, first: ArrayLike, second: ArrayLike, *, paired: bool = False) -> str:
        """Say how the first values lie to the second: higher, lower, or not told apart.

        Independent values, (m,) and (n,), are ranked (Mann–Whitney, two-sided)
        :cite:p:`mann1947`, so that infinite losses may be among them.
        Where value i of both has the same seed, ``paired`` compares the differences; with five of
        them a test of ranks can tell nothing, so that is Student's, which takes the differences
        for normal :cite:p:`student1908`.

        Raises ``ValueError`` for values that are none or not numbers, and one comparison too many.
        """
        a, b = _values(first, "first"), _values(second, "second")
        if not paired:
            return self._said(mannwhitneyu(a, b).pvalue, _sign(a, b))
        same_length(a, b, "first and second")
        off = as_numbers(a - b, "differences")
        if len(off) < 2:
            raise ValueError(f"first and second: expected at least 2 pairs, got {len(off)}")
        level = off.std() == 0
        return self._said(float(off[0] == 0) if level else ttest_rel(a, b).pvalue, off.mean())

    def compare_mean(self, values: ArrayLike, mean: float, of: int) -> str:
        """Say how the values lie to a mean of ``of`` others of which no more is told.

        Student's, for normal values: the others are taken to spread as these do
        :cite:p:`student1908`.

        Raises ``ValueError`` for fewer than two values, and one comparison too many.

        >>> Claims(1).compare_mean([7, 9, 8, 9, 7], mean=3, of=5)
        'higher than'
        """
        own, others = _values(values, "values"), as_count(of, "of")
        if len(own) < 2:
            raise ValueError(f"values: expected at least 2, got {len(own)}")
        self._count()
        half = t.ppf((1 + self.each) / 2, len(own) - 1)
        half *= own.std(ddof=1) * np.sqrt(1 / len(own) + 1 / others)
        return _outside(float(own.mean()), mean - half, mean + half)

    def compare_shares(self, first: tuple[int, int], second: tuple[int, int]) -> str:
        """Say how often the first succeeds to the second, each (successes, trials).

        Fisher's exact test, two-sided :cite:p:`fisher1935`; raises as :func:`share`.

        >>> Claims(1).compare_shares((10, 10), (4, 10))
        'higher than'
        """
        for pair in (first, second):
            share(*pair)
        table = [[k, n - k] for k, n in (first, second)]
        return self._said(fisher_exact(table).pvalue, first[0] / first[1] - second[0] / second[1])

    def compare_intervals(
        self, first: tuple[float, float], second: tuple[float, float], confidence: float = 0.95
    ) -> str:
        """Say how one estimate lies to another, each known by its interval (low, high).

        The errors are taken for normal, as wide as intervals of that ``confidence`` say, and for
        independent: for two models that answered the same texts, which often err together, that
        is careful. An estimate whose low is its high is taken for exact.

        Raises ``ValueError`` unless low is at most high, and for two exact ones.

        >>> claims = Claims(3)
        >>> claims.compare_intervals((0.84, 0.88), (0.70, 0.74))
        'higher than'
        >>> claims.compare_intervals((0.84, 0.88), (0.82, 0.86))
        'not told apart from'
        >>> claims.compare_intervals((0.84, 0.88), (0.91, 0.91))
        'lower than'
        """
        for low, high in (first, second):
            if not low <= high:
                raise ValueError(f"expected an interval from low to high, got {low} and {high}")
        width = float(np.hypot(first[1] - first[0], second[1] - second[0]))
        if not width:
            raise ValueError(f"expected an interval of some width, got {first} and {second}")
        off = (sum(first) - sum(second)) / width  # Middles and half-widths, each doubled.
        return self._said(2 * norm.sf(abs(off) * norm.ppf((1 + confidence) / 2)), off)

    def near(self, values: Sequence[float], target: float, factor: float = 2) -> str:
        """Say whether the median is within a factor of a target above 0, whatever the values.

        >>> Claims(1).near([0.8, 1.1, 0.9, 1.2, 1.3, 0.9, 1.0, 0.8], 1)
        'near 1'
        >>> Claims(1).near([0.1, 2.1, 0.9, 1.2, 1.3, 0.9, 1.0, 0.8], 1)
        'not told to be near 1'
        """
        self._count()
        _, low, high, confidence = median(_values(values, "values").tolist(), self.each)
        if confidence >= self.each and target / factor <= low and high <= target * factor:
            return f"near {target:g}"
        if confidence >= self.each and (high < target / factor or low > target * factor):
            return f"away from {target:g}"
        return f"not told to be near {target:g}"

    def beside(self, difference: float, error: float) -> str:
        """Say on which side of 0 a difference with a standard error lies, by its normal interval.

        Its confidence is that of one comparison, and it counts as none: it is the second half of
        one, where seeds *and* texts have to tell two apart.

        >>> Claims(1).beside(0.5, error=0.1)
        'higher than'
        """
        half = float(norm.ppf((1 + self.each) / 2)) * error
        return _outside(difference, -half, half)

    def compare_difference(self, difference: float, error: float) -> str:
        """Say how one estimate lies to another by their difference and its standard error.

        >>> Claims(1).compare_difference(0.5, error=0.4)
        'not told apart from'
        """
        self._count()
        return self.beside(difference, error)

    def told(self) -> str:
        """Return the words on how many comparisons were made, and how surely all hold.

        Raises ``ValueError`` where fewer were made than were announced.
        """
        if self._made != self.comparisons:
            raise ValueError(f"expected {self.comparisons} comparisons, got {self._made}")
        many = f"{self.comparisons} comparison{'s' * (self.comparisons > 1)}"
        together = f"{100 * self.confidence:.4g} %"
        if self.comparisons == 1:
            return f"{many}, at {together}"
        return f"{many}, each at {100 * self.each:.4g} %, so that all hold together with {together}"

    def _count(self) -> None:
        if self._made == self.comparisons:
            raise ValueError(f"expected {self.comparisons} comparisons, got one more")
        self._made += 1

    def _said(self, p: float, sign: float) -> str:
        self._count()
        if not (p <= 1 - self.each and sign):
            return LEVEL
        return HIGHER if sign > 0 else LOWER


def in_seeds(successes: int, of: int) -> str:
    """Say in how many seeds something came out.

    Raises ``ValueError`` unless the successes are between 0 and ``of``, which is at least 1.

    >>> in_seeds(10, 10), in_seeds(7, 10), in_seeds(0, 10)
    ('in all 10 seeds', 'in 7 of 10 seeds', 'in none of 10 seeds')
    """
    share(successes, of)
    if successes in (0, of):
        return f"in {'all' if successes else 'none of'} {of} seeds"
    return f"in {successes} of {of} seeds"


def listed(names: Iterable[str], none: str = "none") -> str:
    """Write names in a row; where one holds a comma, semicolons part them.

    >>> listed(["RNN", "GRU", "LSTM"]), listed(["RNN"]), listed([])
    ('RNN, GRU and LSTM', 'RNN', 'none')
    >>> listed(["GRU", "LSTM, bias 1", "LSTM, bias 3"])
    'GRU; LSTM, bias 1 and LSTM, bias 3'
    """
    *most, last = names = [*names] or [none]
    comma = "; " if any(", " in name for name in names) else ", "
    return f"{comma.join(most)} and {last}" if most else last


def between(value: float, low: float = -np.inf, high: float = np.inf) -> float:
    """Return a value in which no chance is, or raise ``AssertionError`` unless it is in bounds.

    >>> between(0.5, low=0.4)
    0.5
    """
    if not low <= value <= high:
        raise AssertionError(f"expected a number from {low:g} to {high:g}, got {value:g}")
    return value


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
    """Return Wilson's interval of 95 % for a share :cite:p:`wilson1927`.

    Raises ``ValueError`` where the successes are not between 0 and ``of``, or ``of`` is 0.

    >>> [round(end, 2) for end in share(10, 10)]
    [0.72, 1.0]
    """
    if not 0 <= as_count(successes, "successes", 0) <= as_count(of, "of"):
        raise ValueError(f"successes: expected 0 to {of}, got {successes}")
    interval = binomtest(successes, of).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def _values(values: ArrayLike, name: str) -> Array:
    found = np.asarray(values, float)
    if found.ndim != 1 or not len(found) or np.isnan(found).any():
        raise ValueError(f"{name}: expected numbers of shape (n,), got {values!r:.60}")
    return found


def _sign(a: Array, b: Array) -> float:
    """Return above 0 where a value of ``a`` is more often above one of ``b`` than below."""
    return float((a[:, None] > b).sum() - (a[:, None] < b).sum())


def _outside(value: float, low: float, high: float) -> str:
    return LOWER if value < low else HIGHER if value > high else LEVEL
