"""A cloud of points with the line of its binned means: what is true of many, point by point."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import TEXT, chart
from unrolled.figures.labels import Floats, short
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, drawn, from_figure

#: The most points that are drawn, the most bins, and the fewest points in one.
MOST_POINTS, MOST_BINS, FEWEST = 1500, 10, 5


class Bins(NamedTuple):
    """The means of x and y in each of B bins, and half a 95 % interval of the latter, all (B,)."""

    x: Floats
    y: Floats
    half: Floats


def binned(x: Floats, y: Floats) -> Bins:
    """Return the means in bins of as many points each, as far as equal x allow.

    >>> bins = binned(np.arange(10.0), np.repeat([0.0, 1.0], 5))
    >>> bins.x, bins.y
    (array([2., 7.]), array([0., 1.]))
    """
    count = int(np.clip(len(x) // FEWEST, 1, MOST_BINS))
    edges = np.unique(np.quantile(x, np.arange(1, count) / count))
    places = np.searchsorted(edges, x, side="right" if count == 1 else "left")
    parts = [np.flatnonzero(places == place) for place in np.unique(places)]
    halves = [1.96 * y[p].std(ddof=1) / np.sqrt(len(p)) if len(p) > 1 else 0.0 for p in parts]
    means = [np.array([values[part].mean() for part in parts]) for values in (x, y)]
    return Bins(means[0], means[1], np.array(halves))


@drawn
def cloud(
    x: ArrayLike, y: ArrayLike, xlabel: str, ylabel: str, diagonal: bool = False, log: bool = False,
    alt: str | None = None,
) -> Picture:  # fmt: skip
    """Draw points, faint, and the means of bins of them with 95 % intervals, joined by a line.

    Parameters
    ----------
    x, y
        (n,) each. At most 1,500 points are drawn; the means are those of all.
    xlabel, ylabel
        What the axes show, with their units.
    diagonal
        Whether the dashed line is where y is x; else it is where y is 0.
    log
        Whether the x-axis is logarithmic; then all x must be above 0.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not finite numbers of one length, or x is not above 0 under ``log``.

    Examples
    --------
    >>> cloud([1, 2, 3], [1, 2, 4], "answer", "truth", diagonal=True).alt
    '3 points, truth over answer, which runs from 1 to 3. The dashed line is
    where both are equal. The mean is 2.33 at 2.'

    """
    at, values = as_numbers(x, "x"), as_numbers(y, "y")
    same_length(at, values, "x and y")
    if log and (at <= 0).any():
        raise ValueError(f"x: expected values above 0, got {short(float(at.min()))}")
    figure, axes = chart(xlabel, ylabel)
    if log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(lambda value, _: short(value))
        axes.minorticks_off()
    else:
        whole = bool((at == np.round(at)).all())
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=whole, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    shown = np.arange(len(at))
    if len(at) > MOST_POINTS:
        shown = np.random.default_rng(0).permutation(len(at))[:MOST_POINTS]
    faint = float(np.clip(12 / np.sqrt(len(shown)), 0.2, 0.7))
    colour = placeholder("h")
    axes.plot(at[shown], values[shown], "o", ms=4.5, mew=0, alpha=faint, color=colour)
    _reference(axes, at, diagonal)
    bins = binned(at, values)
    axes.errorbar(
        bins.x, bins.y, bins.half, fmt="-o", ms=6, lw=2.2, elinewidth=1.6, capsize=3,
        color=placeholder("f"), zorder=4,
    )  # fmt: skip
    axes.annotate(
        "mean", (bins.x[-1], bins.y[-1]), xytext=(8, 6), textcoords="offset points", size=TEXT,
        color=placeholder("f"), annotation_clip=False,
    )  # fmt: skip
    return from_figure(figure, alt or _said(at, bins, xlabel, ylabel, diagonal), 0, 600)


def _reference(axes: Axes, at: Floats, diagonal: bool) -> None:
    """Draw the line on which an answer is exact."""
    ends = np.array([at.min(), at.max()])
    if ends[0] == ends[1]:
        return  # A line of one point would be none.
    there = ends if diagonal else 0 * ends
    axes.plot(ends, there, color=placeholder("muted"), lw=1.6, ls=(0, (5, 4)), zorder=3)


def _said(at: Floats, bins: Bins, xlabel: str, ylabel: str, diagonal: bool) -> str:
    line = "where both are equal" if diagonal else "at 0"
    means = ", ".join(f"{short(y)} at {short(x)}" for x, y in zip(bins.x, bins.y, strict=True))
    return (
        f"{len(at):,} points, {ylabel} over {xlabel}, which runs from {short(at.min())} to "
        f"{short(at.max())}. The dashed line is {line}. The mean is {means}."
    )
