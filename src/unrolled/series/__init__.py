"""Series in time and sound: made ones whose best error is known, real ones, and their windows."""

from unrolled.series.forecasts import autoregression, persistence, ridge, seasonal_naive
from unrolled.series.framing import Framing, Parts, Windows, carried, rolling, split, together
from unrolled.series.made import Law, made
from unrolled.series.measures import Shift, mase, shift
from unrolled.series.reading import read
from unrolled.series.real import co2, sunspots
from unrolled.series.series import Series, on_grid

__all__ = [
    "Framing",
    "Law",
    "Parts",
    "Series",
    "Shift",
    "Windows",
    "autoregression",
    "carried",
    "co2",
    "made",
    "mase",
    "on_grid",
    "persistence",
    "read",
    "ridge",
    "rolling",
    "seasonal_naive",
    "shift",
    "split",
    "sunspots",
    "together",
]
