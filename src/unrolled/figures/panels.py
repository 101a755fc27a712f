"""Curves in panels of one scale, a panel for each model, so that bands do not cover each other."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import TEXT, WIDTH, end_labels, logarithmic, trend
from unrolled.figures.labels import plain, short
from unrolled.figures.palette import SERIES, placeholder
from unrolled.figures.picture import Picture, drawn, from_figure
from unrolled.lists import as_texts

HEIGHT = 150.0
TOP = 30.0
GAP = 9.0  # On each side of a panel, so that no two touch.


@drawn
def panels(
    x: Mapping[str, ArrayLike],
    curves: Mapping[str, Mapping[str, ArrayLike]],
    log: bool = False,
    xlabel: str = "step",
    ylabel: str = "value",
    baseline: float | None = None,
    columns: int = 2,
    alt: str | None = None,
) -> Picture:
    """Draw in each panel some of the same lines, each a median over seeds in a band of quartiles.

    Parameters
    ----------
    x
        Line to where its values stand, (points,), rising.
    curves
        Panel to line to values, (seeds, points). All panels have one scale.
    log
        Whether the y-axis is logarithmic; then all values must be above zero.
    xlabel, ylabel
        What the axes show, with their units.
    baseline
        A value that is drawn as a horizontal line through all panels.
    columns
        How many panels stand side by side.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If there is no panel; if a panel has no line, or one that is not in ``x``, or ``x`` has
        more than there are colours; if a curve has a wrong shape, is not finite, or is not above
        zero under ``log``.

    Examples
    --------
    >>> seeds = [[1, 0.9], [1, 0.8], [1, 0.4]]
    >>> panels({"T = 5": [0, 9]}, {"RNN": {"T = 5": seeds}}).alt
    'Value over step, one panel each, medians in bands of quartiles. RNN:
    T = 5 falls from 1 to 0.8.'

    """
    if not 1 <= len(as_texts(list(x), "x")) <= len(SERIES):
        raise ValueError(f"x: expected 1 to {len(SERIES)} lines, got {len(x)}")
    names = as_texts(list(curves), "curves")
    rows = -(-len(names) // columns)
    apart = ConstrainedLayoutEngine(h_pad=GAP / 72, w_pad=GAP / 72)
    height = rows * (HEIGHT + 2 * GAP) + TOP
    figure = Figure(figsize=(WIDTH / 72, height / 72), layout=apart)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    roles = dict(zip(x, SERIES, strict=False))
    at = {line: as_numbers(places, line) for line, places in x.items()}
    # A step or an epoch is a whole number, and so is what stands beside its axis.
    whole = all((places == np.round(places)).all() for places in at.values())
    said = [
        f"{ylabel[:1].upper()}{ylabel[1:]} over {xlabel}, one panel each, medians in bands of "
        "quartiles."
    ]
    ends: list[tuple[Axes, dict[str, float]]] = []
    for axes, name in zip(grid, names, strict=False):
        _furnish(axes, name, whole)
        if not curves[name] or not set(curves[name]) <= set(x):
            raise ValueError(f"{name}: expected lines among {list(x)}, got {list(curves[name])}")
        middles = {}
        for line, values in curves[name].items():
            array = as_numbers(values, f"{name}, {line}", (2,))
            same_length(array[0], at[line], f"{name}, {line} and x")
            if log and (array <= 0).any():
                raise ValueError(
                    f"{name}, {line}: expected values above 0 on a logarithmic axis, "
                    f"got {short(float(array.min()))}"
                )
            low, middle, high = np.quantile(array, [0.25, 0.5, 0.75], axis=0)
            colour = placeholder(roles[line])
            axes.fill_between(at[line], low, high, lw=0, alpha=0.22, color=colour)
            dot = "o" if len(middle) == 1 else ""
            axes.plot(at[line], middle, color=colour, lw=2, marker=dot, solid_capstyle="round")
            middles[line] = middle
        if baseline is not None:
            axes.axhline(baseline, color=placeholder("muted"), lw=1.4, ls=(0, (5, 4)), zorder=1)
        ends.append((axes, {line: float(middle[-1]) for line, middle in middles.items()}))
        made = ", ".join(f"{line} {trend(middle)}" for line, middle in middles.items())
        said.append(f"{name}: {made}.")
    for axes in grid[len(names) :]:
        axes.remove()
    figure.supxlabel(xlabel, size=TEXT)
    figure.suptitle(ylabel, size=TEXT, x=0.01, ha="left")
    for axes, labels in ends:
        if log:
            logarithmic(axes)
        _label(figure, axes, at, labels, roles)
    if baseline is not None:
        said.append(f"A dashed line marks {short(baseline)}.")
    return from_figure(figure, alt or " ".join(said), 0, 640)


def _furnish(axes: Axes, name: str, whole: bool) -> None:
    """Give a panel its name and its grid."""
    axes.set_title(plain(name), size=TEXT, loc="left", color=placeholder("ink"))
    axes.tick_params(which="both", labelsize=12, length=0, pad=4)
    axes.grid(color=placeholder("grid"), lw=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(placeholder("muted"))
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=whole, min_n_ticks=1 if whole else 2))
    axes.margins(x=0.02)


def _label(
    figure: Figure,
    axes: Axes,
    at: Mapping[str, np.ndarray],
    labels: Mapping[str, float],
    roles: Mapping[str, str],
) -> None:
    """Name the lines at the right edge of a panel."""
    edge = max(float(places[-1]) for places in at.values())
    end_labels(figure, axes, edge, labels, roles)
