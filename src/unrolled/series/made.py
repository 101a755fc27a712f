"""Series made by a law, of which it is known exactly how well they can be forecast."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count, as_number
from unrolled.series.series import Numbers, Series
from unrolled.tasks import Seed


@dataclass(frozen=True, eq=False)
class Law:
    """What a series was made by; who knows it forecasts as well as can be done.

    A value is ``expected`` (T,), a season and a drift, and a remainder n that remembers: n at t is
    ``memory`` times n at t−1 and a shock, normal with the deviation ``shock``. Such a remainder is
    an autoregression of order 1 :cite:p:`box2015`. Where it ``turns``, it is ``memory`` times −|n|:
    an autoregression with a threshold at 0 :cite:p:`tong1980`.
    """

    expected: Numbers
    memory: float
    shock: float
    turns: bool = False

    def forecast(
        self, series: Series, at: NDArray[np.integer], ahead: int = 1
    ) -> tuple[Numbers, Numbers]:
        """Return the best forecasts (N, ahead) and the deviations of their errors, (N, ahead).

        That of row i, column k is of step ``at[i] + k``, from what was taken before ``at[i]``: the
        mean of all that can come, which has the least squared error.

        Raises ``ValueError`` where the remainder turns and more than the next step is asked for,
        for of that no formula is known, and where nothing was taken before.

        >>> series, law = made(0, 50)
        >>> law.forecast(series, np.array([40]), 2)[1].round(3)
        array([[1.   , 1.221]])
        """
        since = _since(series)[at]
        if not (since <= at).all():
            raise ValueError("expected a value before each forecast, got none")
        last = np.asarray(at) - since
        remainder = (series.values - self.expected)[last]
        gap = since[:, None] + np.arange(ahead)
        if self.turns:
            if (gap > 1).any():
                raise ValueError("expected one step after a taken value: the remainder turns")
            remainder = -np.abs(remainder)
        steps = np.asarray(at)[:, None] + np.arange(ahead)
        kept = self.memory**gap
        ratio = (1 - kept**2) / (1 - self.memory**2)
        return self.expected[steps] + kept * remainder[:, None], self.shock * np.sqrt(ratio)


def made(
    seed: Seed = 0,
    length: int = 2000,
    *,
    period: int = 12,
    season: float = 3.0,
    drift: float = 2.0,
    memory: float = 0.7,
    shock: float = 1.0,
    gaps: float = 0.0,
    turns: bool = False,
) -> tuple[Series, Law]:
    """Return a series and the law that it was made by.

    Parameters
    ----------
    seed
        Or a generator that goes on.
    length
        T, 1 or more.
    period, season
        Steps of a season, and by how much it goes up and down. It is no pure sine.
    drift
        By how much all values rise in 1,000 steps.
    memory, shock
        What is left of the remainder after a step, from 0 to below 1, and the deviation of what
        is added. ``memory`` is the series' static feature: think of how sheltered a place is.
    gaps
        The share of values that are missing, below 1; in runs of five on average.
    turns
        Whether the remainder turns; see :class:`Law`.

    Raises
    ------
    TypeError, ValueError
        For a number out of these bounds.

    Examples
    --------
    >>> series, law = made(0, 1000, gaps=0.2)
    >>> missing = np.isnan(series.values).mean()
    >>> len(series), series.static, bool(0.1 < missing < 0.3)
    (1000, array([0.7]), True)

    """
    length, period = as_count(length, "length"), as_count(period, "period", 2)
    memory = as_number(memory, "memory", below=1, closed=True)
    shock, gaps = as_number(shock, "shock"), as_number(gaps, "gaps", below=1, closed=True)
    for name, value in {"season": season, "drift": drift}.items():
        as_number(value, name, -np.inf)
    rng = np.random.default_rng(seed)
    time = np.arange(length)
    turn = 2 * np.pi * time / period
    wave = np.sin(turn) + 0.5 * np.sin(2 * turn)
    law = Law(season * wave + drift * time / 1000, memory, shock, turns)
    values = law.expected + _remainder(law, rng)
    return Series(
        np.where(_missing(rng, length, gaps), np.nan, values), time, period, np.array([memory])
    ), law


def _remainder(law: Law, rng: np.random.Generator) -> Numbers:
    """Draw a remainder that has long forgotten how it began."""
    shocks = rng.normal(0, law.shock, 200 + len(law.expected))
    found, now = np.empty_like(shocks), 0.0
    for t, shock in enumerate(shocks):
        now = found[t] = law.memory * (-abs(now) if law.turns else now) + shock
    return found[200:]


def _missing(
    rng: np.random.Generator, length: int, share: float, run: int = 5
) -> NDArray[np.bool_]:
    """Draw which values are missing, in runs of five on average; the first never is."""
    missing, now = np.zeros(length, np.bool_), False
    begins = min(1.0, share / (1 - share) / run)
    for t, chance in enumerate(rng.random(length)):
        now = bool(chance >= 1 / run) if now else bool(chance < begins)
        missing[t] = now and t > 0
    return missing


def _since(series: Series) -> NDArray[np.int64]:
    """Return for each step how many steps lie between it and the last value taken before it.

    1 where the step before it was taken; more than the step's index where none was.
    """
    steps = np.arange(len(series))
    seen = np.where(np.isnan(series.values), -1, steps)
    last = np.concatenate([[-1], np.maximum.accumulate(seen)[:-1]])
    return np.where(last < 0, len(series) + 1, steps - last)
