"""What a series is: numbers at equal steps of time, some of which may be missing."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.arrays import as_array
from unrolled.checks import as_count, as_number, as_numbers, same_length

Numbers = NDArray[np.float64]

#: How far, in steps, a time may lie from its place.
NEAR = 0.01
#: More steps than this between the first time and the last are taken for a mistake in the times.
MOST_STEPS = 10_000_000


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers at equal steps, and what is known of them; a slice of it is a series again.

    Parameters
    ----------
    values
        (T,), NaN where none was taken.
    times
        (T,) of each step: ``datetime64``, or numbers.
    period
        Steps of a season, 2 or more; None where there is none, or none of a fixed length.
    static
        (S,): what is true of the whole series, such as a place.

    Examples
    --------
    >>> Series(np.array([3.0, np.nan, 5.0]), np.arange(3))[1:].values
    array([nan,  5.])

    """

    values: Numbers
    times: NDArray[Any]
    period: float | None = None
    static: Numbers = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        """Return how many steps there are, taken or missing."""
        return len(self.values)

    def __getitem__(self, part: slice) -> "Series":
        """Return a run of it."""
        return replace(self, values=self.values[part], times=self.times[part])

    def extended(self, ahead: int) -> "Series":
        """Return it with so many steps more, whose values are missing.

        >>> Series(np.array([3.0]), np.arange(1)).extended(2).times
        array([0, 1, 2])
        """
        step = _step(self.times) if len(self) > 1 else 1
        more = self.times[-1] + step * np.arange(1, as_count(ahead, "ahead") + 1)
        values = np.concatenate([self.values, np.full(ahead, np.nan)])
        return replace(self, values=values, times=np.concatenate([self.times, more]))

    def calendar(self) -> Numbers:
        """Return what is known of each step in advance, (T, 4): where in its season it lies.

        Sine and cosine, so that the end of a season is near its beginning, of whole and of half
        seasons, so that a sum of them has more than one form; (T, 0) without a period.

        >>> Series(np.zeros(2), np.arange(2), period=4).calendar().round(1)
        array([[ 0.,  1.,  0.,  1.],
               [ 1.,  0.,  0., -1.]])
        """
        if self.period is None:
            return np.zeros((len(self), 0))
        turns = 2 * np.pi * self.steps() / self.period
        waves = [wave(times * turns) for times in (1, 2) for wave in (np.sin, np.cos)]
        return np.stack(waves, axis=1)

    def steps(self) -> Numbers:
        """Return how many steps each time is after the beginning of its clock, (T,).

        So a part of a series has the calendar of the whole.
        """
        return self.times.astype(np.float64) / self.step

    @property
    def step(self) -> float:
        """The distance of two times, in the unit of the times."""
        return float(_step(self.times).astype(np.float64)) if len(self) > 1 else 1.0


def on_grid(
    times: ArrayLike,
    values: ArrayLike,
    *,
    period: float | None = None,
    static: ArrayLike = (),
) -> Series:
    """Return the series of some times and numbers, NaN at each step at which there is none.

    Times may come in any order. The step is the most frequent distance of two that follow each
    other; dates that are all the first, or the last, of a month are months apart.

    Parameters
    ----------
    times
        (n,) different dates (``datetime64``, what pandas reads, or texts as ISO 8601 writes
        them), or numbers.
    values
        (n,) numbers; NaN is a missing one.
    period, static
        As of :class:`Series`.

    Raises
    ------
    TypeError, ValueError
        For times that are no times, that are fewer than two, that come twice, or that are not a
        whole number of steps apart, and for values that are not as many numbers.

    Examples
    --------
    >>> days = ["2024-03-01", "2024-03-02", "2024-03-04", "2024-03-05"]
    >>> on_grid(days, [5, 6, 8, 9]).values
    array([ 5.,  6., nan,  8.,  9.])

    """
    stamps, numbers = _times(times), _values(values)
    same_length(stamps, numbers, "times and values")
    if period is not None:
        period = as_number(period, "period", 2, closed=True)
    order = np.argsort(stamps, kind="stable")
    stamps, numbers = stamps[order], numbers[order]
    gaps = np.diff(stamps)
    if not gaps.astype(np.float64).all():
        twice = stamps[1:][gaps.astype(np.float64) == 0][0]
        raise ValueError(f"times: expected each once, got {twice} twice")
    step = _step(stamps)
    places = np.rint(at := (stamps - stamps[0]) / step)
    off = np.abs(at - places)
    if off.max() > NEAR:
        raise ValueError(
            f"times: expected all to be whole steps of {step} apart, got {stamps[off.argmax()]} "
            f"after {stamps[0]}"
        )
    if places[-1] >= MOST_STEPS:
        raise ValueError(
            f"times: expected at most {MOST_STEPS:,} steps of {step}, got {stamps[0]} to "
            f"{stamps[-1]}"
        )
    filled = np.full(int(places[-1]) + 1, np.nan)
    filled[places.astype(np.int64)] = numbers
    whole = stamps[0] + np.arange(len(filled)) * step
    known = as_numbers(static, "static") if np.size(static) else np.zeros(0)
    return Series(filled, whole, period, known)


def _times(times: ArrayLike) -> NDArray[Any]:
    """Return (n,) dates, in months where they are months apart, or float64; none is missing."""
    given = as_array(times, "times")
    if given.dtype.kind in "OUT":
        try:
            given = given.astype("datetime64[us]")
        except (ValueError, TypeError) as error:
            raise ValueError(f"times: expected dates as ISO 8601 writes them: {error}") from None
    if given.dtype.kind not in "Miuf":
        raise TypeError(f"times: expected dates or numbers, got dtype {given.dtype}")
    if given.ndim != 1 or len(given) < 2:
        raise ValueError(f"times: expected shape (n,), n at least 2, got shape {given.shape}")
    is_date = given.dtype.kind == "M"
    stamps: NDArray[Any] = given.astype("datetime64[us]" if is_date else np.float64)
    missing = np.isnat(stamps) if is_date else ~np.isfinite(stamps)
    if missing.any():
        raise ValueError(f"times: expected none missing, got {stamps[missing][0]}")
    if is_date:
        months, day = stamps.astype("datetime64[M]"), np.timedelta64(1, "D")
        ends = (stamps + day).astype("datetime64[M]")
        if (stamps == months).all() or (stamps + day == ends).all():
            return months
    return stamps


def _values(values: ArrayLike) -> Numbers:
    given = as_array(values, "values")
    try:
        numbers = given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"values: expected numbers: {error}") from None
    if numbers.ndim != 1:
        raise ValueError(f"values: expected shape (n,), got {numbers.shape}")
    if np.isinf(numbers).any():
        raise ValueError("values: expected finite numbers, or NaN where one is missing, got inf")
    return numbers


def _step(times: NDArray[Any]) -> Any:
    """Return the most frequent distance of two neighbours, up to rounding."""
    gaps = np.diff(times)
    is_date = times.dtype.kind == "M"
    alike = gaps if is_date else np.round(gaps / np.median(gaps), 6)
    found, counts = np.unique(alike, return_counts=True)
    most = gaps[alike == found[counts.argmax()]]
    return most[0] if is_date else most.mean()
