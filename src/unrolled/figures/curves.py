"""Lines over steps or lengths, with a band where there are several seeds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import band, chart, end_labels, logarithmic, trend
from unrolled.figures.labels import short
from unrolled.figures.palette import SERIES
from unrolled.figures.picture import Picture, drawn, from_figure


@drawn
def lines_with_bands(
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    log: bool = False,
    xlabel: str = "step",
    ylabel: str = "value",
    roles: Mapping[str, str] | None = None,
    alt: str | None = None,
) -> Picture:
    """Draw several series, such as gradient norms over time, each with a band over its seeds.

    Parameters
    ----------
    x
        Where the values stand, (points,), rising.
    series
        Name to values, (points,) or (seeds, points).
    log
        Whether the vertical axis is logarithmic; then all values must be above zero.
    xlabel, ylabel
        What the axes show, with their units.
    roles
        Name to colour role; without it the series take the book's colours in turn.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If a series has a wrong shape, holds what is not finite, or is not above zero under
        ``log``; if ``x`` does not rise; if there is no series or more than there are colours.

    Examples
    --------
    >>> lines_with_bands([1, 2], {"RNN": [1, 0.1], "LSTM": [1, 0.9]}).alt
    'Value over step, from 1 to 2. RNN falls from 1 to 0.1. LSTM falls from
    1 to 0.9.'

    """
    at = as_numbers(x, "x")
    if (np.diff(at) <= 0).any():
        raise ValueError(f"x: expected rising values, got {at.tolist()}")
    if not 1 <= len(series) <= len(SERIES):
        raise ValueError(f"series: expected 1 to {len(SERIES)} series, got {len(series)}")
    figure, axes = chart(xlabel, ylabel)
    chosen = dict(zip(series, SERIES, strict=False)) | dict(roles or {})
    means = {}
    for name, values in series.items():
        array = np.atleast_2d(as_numbers(values, name, (1, 2)))
        same_length(array[0], at, f"{name} and x")
        if log and (array <= 0).any():
            raise ValueError(
                f"{name}: expected values above 0 on a logarithmic axis, "
                f"got {short(float(array.min()))}"
            )
        means[name] = band(axes, at, array, chosen[name])
    axes.margins(x=0.02)
    if log:
        logarithmic(axes)
    labels = {name: float(mean[-1]) for name, mean in means.items()}
    end_labels(figure, axes, float(at[-1]), labels, chosen)
    said = [
        f"{ylabel[:1].upper()}{ylabel[1:]} over {xlabel}, from {short(at[0])} to {short(at[-1])}."
    ]
    said += [f"{name} {trend(mean)}." for name, mean in means.items()]
    return from_figure(figure, alt or " ".join(said), 0, 600)
