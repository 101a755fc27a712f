"""Windows that a reader drags over a series: what is input, what is target, what looks ahead."""

import math
from collections.abc import Mapping

import numpy as np

from unrolled.checks import as_count
from unrolled.live.picture import Live
from unrolled.series import Framing, Series, made, split

#: The most that a reader may set: steps of a window, and steps ahead.
MOST = {"steps": 24, "ahead": 12}
#: More steps than this are no longer told apart in the chart.
LONGEST = 300
NOTE = "Drag the window. Hollow: missing, and filled in."
CALENDAR = "The calendar, an input known in advance, is not shown."


def windows(
    series: Series | None = None,
    *,
    name: str = "windows",
    title: str = "A window, dragged over a series",
    steps: int = 12,
    ahead: int = 3,
    at: int | None = None,
    validation: float = 0.15,
    test: float = 0.15,
    asks: Mapping[str, str] | None = None,
) -> Live:
    """Let a reader drag a window, make a mistake with it, and test whether it looks ahead.

    The page makes its windows as :class:`~unrolled.series.Framing` does. Of a series with a period
    the calendar is left out, for it is known in advance and cannot look ahead.

    Parameters
    ----------
    series
        At most 300 steps; left out, a made one of 120, a fifth of them missing.
    name, title
        As for :func:`~unrolled.live.cell`.
    steps, ahead
        Of the window at first, at most 24 and 12.
    at
        Its first target; left out, 8 steps into the test part.
    validation, test
        As for :func:`~unrolled.series.split`.
    asks
        ``question`` is asked; ``answer`` is told once a mistake is seen to look ahead.

    Raises
    ------
    TypeError
        For what is no series.
    ValueError
        For a series that is too long, or too short for every window that a reader may set; for a
        window out of bounds.

    Examples
    --------
    >>> found = windows()
    >>> found.data["parts"], found.data["start"]["at"]
    ([['training', 0, 84], ['validation', 84, 102], ['test', 102, 120]], 110)

    """
    if series is None:
        series, _ = made(95, 120, gaps=0.15, drift=20)
    if not isinstance(series, Series):
        raise TypeError(f"expected a Series, got {type(series).__name__}")
    T, parts = len(series), split(series, validation, test)
    if T > LONGEST:
        raise ValueError(f"expected a series of at most {LONGEST} steps, got {T}")
    start = {"steps": as_count(steps, "steps"), "ahead": as_count(ahead, "ahead")}
    for key, value in start.items():
        if value > MOST[key]:
            raise ValueError(f"{key}: expected at most {MOST[key]}, got {value}")
    train = series[parts.train]
    for way in (False, True):
        Framing.fit(train, MOST["steps"], MOST["ahead"], from_last=way).windows(series)
    at = min(parts.test.start + 8, T - ahead) if at is None else as_count(at, "at")
    if not steps <= at <= T - ahead:
        raise ValueError(f"at: expected a first target from {steps} to {T - ahead}, got {at}")
    data = {
        "title": title,
        "invitation": "Drag a window over a series",
        "values": [None if np.isnan(value) else value for value in series.values.tolist()],
        "parts": [
            [words, part.start, part.stop]
            for words, part in zip(("training", "validation", "test"), parts, strict=True)
        ],
        "start": start | {"at": at},
        "most": MOST,
        "raise": _slider(2 * Framing.fit(train, 1).scale),
        "note": NOTE if series.period is None else f"{NOTE} {CALENDAR}",
        "asks": asks and dict(asks),
    }
    return Live("windows", name, data, scripts=("live/chart.js",))


def _slider(most: float) -> tuple[float, float]:
    """Return about as much, and a step, both round.

    >>> _slider(6.2)
    (6.0, 0.1)
    """
    return float(f"{most:.1g}"), 10.0 ** (math.floor(math.log10(most)) - 1)
