"""The series that are forecast, and how each is framed."""

from collections.abc import Callable
from typing import NamedTuple

from unrolled import series
from unrolled.series import Law, Series
from unrolled.series.framing import Gaps


class Task(NamedTuple):
    """A series and how it is asked: made(), gives it with the law it was made by, if it was.

    ``steps`` is what a window shows, ``order`` how many values the autoregression goes by.
    """

    load: Callable[[int | None], tuple[Series, Law | None]]
    steps: int
    order: int
    gaps: Gaps = "carry"
    from_last: bool = False


def _made(length: int | None) -> tuple[Series, Law | None]:
    return series.made(0, length or 2000, gaps=0.05)


def _turning(length: int | None) -> tuple[Series, Law | None]:
    return series.made(0, length or 2000, memory=0.9, drift=0.0, turns=True)


def _co2(length: int | None) -> tuple[Series, Law | None]:
    return series.co2()[-length if length else 0 :], None


def _sunspots(length: int | None) -> tuple[Series, Law | None]:
    return series.sunspots()[-length if length else 0 :], None


#: By the name that results and pages use; a length cuts off what lies before.
TASKS = {
    "made": Task(_made, 24, 3, gaps="tell"),
    "turning": Task(_turning, 24, 3),
    "co2": Task(_co2, 26, 3, from_last=True),
    "sunspots": Task(_sunspots, 22, 9),
}
