"""Real series that statsmodels carries, so that nothing is downloaded :cite:p:`seabold2010`."""

from typing import Any

from unrolled.extras import needed
from unrolled.series.series import Series, on_grid

#: Weeks in a year.
YEAR = 365.25 / 7


def co2() -> Series:
    """Return the weekly CO₂ in the air at Mauna Loa from 1958 to 2001, in parts per million.

    Some weeks are missing :cite:p:`keeling2004`. Raises ``ImportError`` where ``statsmodels`` is
    not installed; the extra ``unrolled[series]`` brings it.

    >>> series = co2()
    >>> len(series), f"{series.times[0]:.10}", series.values[:2]
    (2284, '1958-03-29', array([316.1, 317.3]))
    """
    data = _carried_by_statsmodels("co2")
    return on_grid(data.index.to_numpy(), data["co2"].to_numpy(), period=YEAR)


def sunspots() -> Series:
    """Return the yearly number of sunspots from 1700 to 2008; raises as :func:`co2`.

    >>> series = sunspots()
    >>> len(series), series.values[:3]
    (309, array([ 5., 11., 16.]))
    """
    data = _carried_by_statsmodels("sunspots")
    return on_grid(data["YEAR"].to_numpy(), data["SUNACTIVITY"].to_numpy())


def _carried_by_statsmodels(name: str) -> Any:
    return needed(f"statsmodels.datasets.{name}", f"the series {name}").load().data
