"""Predictions against the truth, and values side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import TEXT, chart
from unrolled.figures.labels import alike, plain, short
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, drawn, from_figure
from unrolled.lists import as_texts


@drawn
def scatter(
    targets: ArrayLike, predictions: ArrayLike, unit: str = "", alt: str | None = None
) -> Picture:
    """Draw each prediction over its target, with the line on which a prediction is exact.

    Parameters
    ----------
    targets, predictions
        (n,) each, in the same unit.
    unit
        The unit of both, such as ``"minutes"``.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not finite numbers of one length.

    Examples
    --------
    >>> scatter([0, 10, 20], [1, 10, 18], unit="minutes").alt
    '3 predictions against their targets, in minutes. Targets run from 0 to
    20, predictions from 1 to 18. Half of the predictions lie within 1 of
    the target; the farthest is 2 away.'

    """
    true = as_numbers(targets, "targets")
    guess = as_numbers(predictions, "predictions")
    same_length(guess, true, "predictions and targets")
    in_unit = f", {unit}" if unit else ""
    figure, axes = chart(f"target{in_unit}", f"prediction{in_unit}", 380, 380)
    low = float(min(true.min(), guess.min()))
    high = float(max(true.max(), guess.max()))
    room = 0.04 * (high - low or 1.0)
    axes.set(xlim=(low - room, high + room), ylim=(low - room, high + room), aspect="equal")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.plot([low, high], [low, high], color=placeholder("muted"), lw=1.6, ls=(0, (5, 4)))
    axes.annotate(
        "exact",
        (high, high),
        xytext=(14, 0),
        textcoords="offset points",
        size=TEXT,
        annotation_clip=False,
        color=placeholder("muted"),
    )
    # Many points overlap: each is faint, so that a crowd shows as one.
    faint = float(np.clip(12 / np.sqrt(len(true)), 0.25, 0.8))
    axes.plot(true, guess, "o", ms=5, mew=0, alpha=faint, color=placeholder("h"))
    error = np.abs(guess - true)
    said = (
        f"{len(true):,} predictions against their targets{', in ' + unit if unit else ''}. "
        f"Targets run from {short(true.min())} to {short(true.max())}, predictions from "
        f"{short(guess.min())} to {short(guess.max())}. Half of the predictions lie within "
        f"{short(float(np.median(error)))} of the target; the farthest is "
        f"{short(error.max())} away."
    )
    return from_figure(figure, alt or said, 0, 440)


@drawn
def bars(
    labels: Sequence[str],
    values: ArrayLike,
    errors: ArrayLike | None = None,
    xlabel: str = "",
    highlight: str | None = None,
    alt: str | None = None,
) -> Picture:
    """Draw one horizontal bar for each label, in the order given, with its value beside it.

    Parameters
    ----------
    labels
        n names.
    values
        (n,) numbers, 0 or above.
    errors
        (n,) half-widths, such as a standard deviation over seeds, drawn as whiskers.
    xlabel
        What is compared, with its unit.
    highlight
        The label whose bar has a colour of its own.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If lengths differ, a value or an error is negative or not finite, or ``highlight`` is no
        label.

    Examples
    --------
    >>> bars(["RNN", "LSTM"], [1.5, 6.0], xlabel="parameters, thousands").alt
    'Bars comparing parameters, thousands. RNN: 1.50. LSTM: 6.00.'

    """
    names, sizes = as_texts(labels, "labels"), as_numbers(values, "values")
    same_length(sizes, names, "values and labels")
    spread = np.zeros_like(sizes) if errors is None else as_numbers(errors, "errors")
    same_length(spread, names, "errors and labels")
    for name, array in (("values", sizes), ("errors", spread)):
        if (array < 0).any():
            raise ValueError(f"{name}: expected 0 or above, got {short(array.min())}")
    if highlight is not None and highlight not in names:
        raise ValueError(f"highlight: expected one of {names}, got {highlight!r}")
    figure, axes = chart("", xlabel, height=48 + 34.0 * len(names))
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    places = np.arange(len(names))
    roles = ["f" if name == highlight else "h" for name in names]
    axes.barh(places, sizes, height=0.62, color=[placeholder(role) for role in roles], alpha=0.85)
    written = alike(sizes)
    for place, size, error in zip(places, sizes, spread, strict=True):
        if error:
            axes.plot(
                [max(size - error, 0), size + error],
                [place, place],
                lw=1.8,
                color=placeholder("ink"),
                marker="|",
                ms=9,
                mew=1.8,
            )
        said = written(size) + (f" ± {short(error)}" if error else "")
        axes.annotate(
            said,
            (size + error, place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center_baseline",
            size=TEXT,
            color=placeholder("ink"),
            annotation_clip=False,
        )
    axes.axvline(0, color=placeholder("muted"), lw=1.2)
    axes.set_yticks(places, [plain(name) for name in names], size=TEXT, color=placeholder("ink"))
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(0, float((sizes + spread).max()) or 1.0))
    parts = [
        f"{name}: {written(size)}" + (f", plus or minus {short(error)}" if error else "") + "."
        for name, size, error in zip(names, sizes, spread, strict=True)
    ]
    opening = f"Bars comparing {xlabel}." if xlabel else "Bars."
    return from_figure(figure, alt or " ".join([opening, *parts]), 0, 600)
