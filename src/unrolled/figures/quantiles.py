"""Lines that are medians, each in a band between two other quantiles."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import chart, end_labels, logarithmic, trend
from unrolled.figures.labels import Floats, short
from unrolled.figures.palette import SERIES, placeholder
from unrolled.figures.picture import Picture, drawn, from_figure


@drawn
def medians_with_bands(
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    limits: tuple[float, float] | None = None,
    log_x: bool = False,
    level: float | None = None,
    xlabel: str = "step",
    ylabel: str = "value",
    roles: Mapping[str, str] | None = None,
    alt: str | None = None,
) -> Picture:
    """Draw medians, such as of gradient norms over seeds, on a logarithmic y-axis.

    Parameters
    ----------
    x
        Where the values stand, (points,), rising.
    series
        Name to a low quantile, the median and a high quantile, (3, points), above zero.
    limits
        The least and the greatest value of the y-axis, for pictures that are to be
        compared; a band may go beyond, a median may not.
    log_x
        Whether the horizontal axis is logarithmic too; its ticks are then the values of ``x``.
    level
        A value to compare with, drawn as a horizontal line.
    xlabel, ylabel
        What the axes show, with their units.
    roles
        Name to colour role; without it the series take the book's colours in turn.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If a series has a wrong shape, is not finite, not above zero or not in order; if a median
        lies outside ``limits``; if ``x`` does not rise; if there is no series or more than there
        are colours.

    Examples
    --------
    >>> rnn = [[0.9, 0.1], [1.0, 0.2], [1.1, 0.3]]
    >>> medians_with_bands([1, 2], {"RNN": rnn}).alt
    'Value over step, from 1 to 2: medians. RNN falls from 1 to 0.2.'

    """
    at = as_numbers(x, "x")
    if (np.diff(at) <= 0).any():
        raise ValueError(f"x: expected rising values, got {at.tolist()}")
    if not 1 <= len(series) <= len(SERIES):
        raise ValueError(f"series: expected 1 to {len(SERIES)} series, got {len(series)}")
    figure, axes = chart(xlabel, ylabel)
    if log_x:
        axes.set_xscale("log")
        # Lengths such as 4,096 are said in full.
        ticks = [f"{value:,.0f}" if value == round(value) else short(value) for value in at]
        axes.set_xticks(at, ticks)
        axes.minorticks_off()
    if level is not None:
        axes.axhline(level, color=placeholder("muted"), lw=1.2, ls=(0, (5, 4)))
    chosen = dict(zip(series, SERIES, strict=False)) | dict(roles or {})
    middles = {}
    for name, values in series.items():
        low, middle, high = _quantiles(name, values, len(at), limits)
        axes.fill_between(at, low, high, lw=0, alpha=0.18, color=placeholder(chosen[name]))
        axes.plot(at, middle, color=placeholder(chosen[name]), lw=2.2, solid_capstyle="round")
        middles[name] = middle
    axes.margins(x=0.02)
    if limits:
        axes.set_ylim(*limits)
    logarithmic(axes)
    labels = {name: float(middle[-1]) for name, middle in middles.items()}
    end_labels(figure, axes, float(at[-1]), labels, chosen)
    across = f"{xlabel}, from {short(at[0])} to {short(at[-1])}"
    said = [f"{ylabel[:1].upper()}{ylabel[1:]} over {across}: medians."]
    said += [f"{name} {trend(middle)}." for name, middle in middles.items()]
    return from_figure(figure, alt or " ".join(said), 0, 600)


def _quantiles(
    name: str, values: ArrayLike, points: int, limits: tuple[float, float] | None
) -> Floats:
    """Return a series as (3, points), or say what is wrong with it."""
    array = as_numbers(values, name, (2,))
    same_length(array, range(3), f"{name} and quantiles")
    same_length(array[0], range(points), f"{name} and x")
    if (array <= 0).any():
        raise ValueError(f"{name}: expected values above 0, got {short(float(array.min()))}")
    if (np.diff(array, axis=0) < 0).any():
        raise ValueError(f"{name}: expected a low quantile, the median and a high quantile")
    if limits and not (limits[0] <= array[1].min() and array[1].max() <= limits[1]):
        raise ValueError(
            f"{name}: expected medians from {short(limits[0])} to {short(limits[1])}, "
            f"got {short(float(array[1].min()))} to {short(float(array[1].max()))}"
        )
    return array
