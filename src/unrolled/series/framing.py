"""Windows of a series: what is input, what is target, and what is known in advance.

Nothing here looks ahead: the inputs of a forecast end before its first target, a missing value is
filled in from the past, and scaling is learnt from the training part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from unrolled.checks import as_count, as_number
from unrolled.series.series import Numbers, Series

#: What is done about a value that is missing; see :class:`Framing`.
Gaps = Literal["carry", "tell", "skip"]


class Parts(NamedTuple):
    """Three runs of one series, one after the other."""

    train: slice
    validation: slice
    test: slice


def split(series: Series, validation: float = 0.15, test: float = 0.15) -> Parts:
    """Split by time: what comes first is learnt from, what comes last is forecast.

    Raises ``ValueError`` for shares that are not between 0 and 1, and where a part is empty.

    >>> split(Series(np.zeros(10), np.arange(10)), 0.2, 0.2).test
    slice(8, 10, None)
    """
    T = len(series)
    for name, share in {"validation": validation, "test": test}.items():
        as_number(share, name, below=1)
    first, second = round(T * (1 - validation - test)), round(T * (1 - test))
    if not 0 < first < second < T:
        raise ValueError(
            f"expected a step for each part, got {T} steps, of which {validation:g} are for "
            f"validation and {test:g} for the test"
        )
    return Parts(slice(0, first), slice(first, second), slice(second, T))


def rolling(series: Series, origins: int, test: int, validation: int) -> Iterator[Parts]:
    """Yield splits whose test parts follow each other up to the end of the series.

    From each origin all before it may be learnt from: a rolling origin :cite:p:`tashman2000`.

    Parameters
    ----------
    series
        What is split.
    origins
        How many splits.
    test, validation
        Steps of each test part, and of each validation part before it.

    Raises
    ------
    ValueError
        Where nothing is left to learn from at the first origin.

    Examples
    --------
    >>> ten = Series(np.zeros(10), np.arange(10))
    >>> [parts.test for parts in rolling(ten, 2, test=3, validation=1)]
    [slice(4, 7, None), slice(7, 10, None)]

    """
    origins, test = as_count(origins, "origins"), as_count(test, "test")
    validation = as_count(validation, "validation")
    first = len(series) - origins * test
    if first <= validation:
        raise ValueError(
            f"expected more than {origins * test + validation} steps, got {len(series)}"
        )
    for origin in range(first, len(series), test):
        known = origin - validation
        yield Parts(slice(0, known), slice(known, origin), slice(origin, origin + test))


class Windows(NamedTuple):
    """N windows of a series, in the unit in which a network works.

    ``inputs`` (N, steps, D): the value of each step that was seen; then, where gaps are told,
    whether it was taken (1 or 0) and how long ago the last one was, in windows; then the calendar.
    ``known`` (N, ahead, F): the calendar of the steps that are asked for.
    ``static`` (N, S): what is true of the whole series.
    ``targets`` (N, ahead): what is asked for, NaN where it was never taken.
    ``last`` (N,): the last value before.
    ``season`` (N, ahead): the value one season before each target, or more seasons where that was
    not yet known; the last value where there is no season.
    ``at`` (N,): the index in the series of each first target.
    """

    inputs: Numbers
    known: Numbers
    static: Numbers
    targets: Numbers
    last: Numbers
    season: Numbers
    at: NDArray[np.int64]

    def complete(self) -> "Windows":
        """Return those windows whose targets were all taken: those that can be learnt from."""
        rows = ~np.isnan(self.targets).any(axis=1)
        return Windows._make(part[rows] for part in self)


@dataclass(frozen=True)
class Framing:
    """How a series becomes windows, and how forecasts come back into its unit.

    Made by :meth:`fit`, from the training part alone.

    Parameters
    ----------
    steps, ahead
        How many steps a window shows, and how many are forecast.
    gaps
        A missing input is the last value before it (``"carry"``); with ``"tell"`` the window also
        says which values were taken and how long ago the last one was :cite:p:`che2018`; with
        ``"skip"`` there is no window with a missing input.
    from_last
        Whether all values of a window are counted from its last one. For one step ahead the
        target is then the difference from one step to the next.
    mean, scale
        Of the training part: values are less the mean and over the scale.

    """

    steps: int
    ahead: int
    gaps: Gaps
    from_last: bool
    mean: float
    scale: float

    @classmethod
    def fit(
        cls,
        train: Series | Sequence[Series],
        steps: int,
        ahead: int = 1,
        *,
        gaps: Gaps = "carry",
        from_last: bool = False,
    ) -> "Framing":
        """Learn the mean and the scale of the training part, or of those of several series.

        With ``from_last`` the mean is 0 and the scale that of the differences over ``ahead`` steps.

        Raises ``TypeError`` or ``ValueError`` for steps below 1, an unknown way with gaps, and
        fewer than two values.

        >>> Framing.fit(Series(np.array([1.0, 3.0]), np.arange(2)), steps=1).scale
        1.0
        """
        steps, ahead = as_count(steps, "steps"), as_count(ahead, "ahead")
        if gaps not in ("carry", "tell", "skip"):
            raise ValueError(f"gaps: expected carry, tell or skip, got {gaps!r}")
        each = [part.values for part in ([train] if isinstance(train, Series) else train)]
        if from_last:
            each = [values[ahead:] - carried(values)[:-ahead] for values in each]
        values = np.concatenate(each)
        taken = values[~np.isnan(values)]
        if len(taken) < 2:
            raise ValueError(f"expected at least two values to learn from, got {len(taken)}")
        mean = 0.0 if from_last else float(taken.mean())
        scale = float(np.sqrt(np.mean((taken - mean) ** 2))) or 1.0
        return cls(steps, ahead, gaps, from_last, mean, scale)

    def windows(self, series: Series, part: slice = slice(None)) -> Windows:
        """Return the windows whose targets all lie in a part, in the order of time.

        Their inputs may reach back before the part: the past is known. A window without any value
        in its past is left out, and so is one whose targets are all missing.

        Raises ``ValueError`` where the part has no window.

        >>> series = Series(np.array([1.0, 2.0, np.nan, 4.0, 5.0]), np.arange(5))
        >>> found = Framing(2, 1, "carry", False, mean=0, scale=1).windows(series)
        >>> found.inputs[..., 0], found.targets
        (array([[2., 2.],
               [2., 4.]]), array([[4.],
               [5.]]))
        """
        start, stop, _ = part.indices(len(series))
        at = np.arange(max(start, self.steps), stop - self.ahead + 1)
        at = at[self._can_be_asked(series.values, at)] if len(at) else at
        if not len(at):
            raise ValueError(
                f"expected a part with {self.steps} steps before a target, got none of steps "
                f"{start} to {stop}, where {self.ahead} are forecast"
            )
        return self._at(series, at)

    def future(self, series: Series) -> Windows:
        """Return the one window after which nothing is known yet; its targets are missing.

        Raises ``ValueError`` for a series of fewer than ``steps`` steps, or without a value.

        >>> framing = Framing(2, 1, "carry", False, mean=0, scale=1)
        >>> three = Series(np.array([1.0, 2.0, 3.0]), np.arange(3))
        >>> framing.future(three).inputs[..., 0]
        array([[2., 3.]])
        """
        if len(series) < self.steps or np.isnan(series.values).all():
            raise ValueError(f"expected {self.steps} steps with a value, got {len(series)} steps")
        return self._at(series.extended(self.ahead), np.array([len(series)]))

    def _at(self, series: Series, at: NDArray[np.int64]) -> Windows:
        """Return the windows whose first targets are these."""
        values = (series.values - self.mean) / self.scale
        filled = carried(values)
        first = at - self.steps
        last = filled[at - 1]
        origin = last if self.from_last else np.zeros(len(at))
        calendar = series.calendar()
        shown = _runs(np.nan_to_num(filled), first, self.steps) - origin[:, None]
        features = [shown[..., None], _runs(calendar, first, self.steps)]
        if self.gaps == "tell":
            taken = ~np.isnan(values)
            since = np.minimum(_age(taken) / self.steps, 1.0)
            told = np.stack([taken.astype(np.float64), since], axis=1)
            features.insert(1, _runs(told, first, self.steps))
        return Windows(
            np.concatenate(features, axis=-1),
            _runs(calendar, at, self.ahead),
            np.tile(series.static, (len(at), 1)),
            _runs(values, at, self.ahead) - origin[:, None],
            last - origin,
            filled[_season_before(series, at, self.ahead)] - origin[:, None],
            at,
        )

    def undo(self, forecasts: NDArray[Any], series: Series, at: NDArray[np.integer]) -> Numbers:
        """Return forecasts (N, ahead) of the steps from ``at`` (N,) on in the series' own unit.

        >>> series = Series(np.array([7.0, 9.0]), np.arange(2))
        >>> framing = Framing(1, 1, "carry", True, mean=0, scale=2)
        >>> framing.undo(np.array([[0.5]]), series, np.array([1]))
        array([[8.]])
        """
        away = np.asarray(forecasts, np.float64) * self.scale + self.mean
        return away + carried(series.values)[at - 1][:, None] if self.from_last else away

    def _can_be_asked(self, values: Numbers, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each first target whether there is something to go by, and to be judged by."""
        taken = ~np.isnan(values)
        asked = _runs(taken, at, self.ahead).any(axis=1)
        if self.gaps == "skip":
            return np.asarray(asked & _runs(taken, at - self.steps, self.steps).all(axis=1))
        return np.asarray(asked & np.maximum.accumulate(taken)[at - 1])


def together(each: Sequence[Windows]) -> Windows:
    """Return the windows of several series as those of one, (N,) being the sum of theirs."""
    return Windows(*(np.concatenate(parts) for parts in zip(*each, strict=True)))


def carried(values: Numbers) -> Numbers:
    """Return values (T,) with each missing one as the last before it; NaN where there is none.

    >>> carried(np.array([np.nan, 1.0, np.nan, 3.0]))
    array([nan,  1.,  1.,  3.])
    """
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    return values[last]


def _runs(values: NDArray[Any], first: NDArray[np.int64], steps: int) -> NDArray[Any]:
    """Return runs (N, steps, ...) of values (T, ...) from each of ``first`` (N,) on."""
    return np.moveaxis(sliding_window_view(values, steps, axis=0), -1, 1)[first]


def _age(taken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many steps ago, (T,), the last value was taken: 0 where it was taken then."""
    steps = np.arange(len(taken))
    return steps - np.maximum.accumulate(np.where(taken, steps, -1))


def _season_before(series: Series, at: NDArray[np.int64], ahead: int) -> NDArray[np.int64]:
    """Return the indices (N, ahead) of the values that a seasonal naive forecast repeats."""
    after = np.arange(ahead)
    if series.period is None:
        return np.repeat(at[:, None] - 1, ahead, axis=1)
    period = round(series.period)
    found = at[:, None] + after - period * (after // period + 1)
    return np.where(found < 0, at[:, None] - 1, found)
