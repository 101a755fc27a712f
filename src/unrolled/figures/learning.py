"""The learning curve: how an error falls while a model trains, and which epoch is kept."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers
from unrolled.figures.axes import band, chart, end_labels, trend
from unrolled.figures.labels import Floats, short
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, drawn, from_figure

ROLES = {"training": "f", "validation": "h"}


@drawn
def learning_curve(
    history: Mapping[str, ArrayLike],
    baseline: float | None = None,
    best: int | None = None,
    ylabel: str = "loss",
    metric: str = "loss",
    baseline_label: str = "baseline",
    alt: str | None = None,
) -> Picture:
    """Draw the training and the validation curve, and mark the epoch that is kept.

    Parameters
    ----------
    history
        What Keras's ``History.history`` holds: ``metric`` and, where there is validation,
        ``"val_" + metric``, each (epochs,) or (seeds, epochs). Several seeds become a band from
        the least to the greatest value about their mean.
    baseline, baseline_label
        A value to beat, drawn as a horizontal line, and its name.
    best
        The epoch that is kept, counted from 1. Without it, the one with the least validation
        value (or training value, where there is no validation); over several seeds, each of
        which keeps its own, it is named the lowest.
    ylabel
        What is measured, with its unit.
    metric
        The key of the training curve in ``history``.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If a curve is missing, of a wrong shape or not finite, or ``best`` is no epoch.

    Examples
    --------
    >>> learning_curve({"loss": [3, 2, 1], "val_loss": [3, 2, 2.5]}).alt
    'Loss over 3 epochs. Training falls from 3 to 1. Validation falls from 3
    to 2.5. Epoch 2 is kept, with a validation value of 2.'

    """
    curves = _curves(history, metric)
    judge = "validation" if "validation" in curves else "training"
    seeds, count = curves[judge].shape
    epochs = np.arange(1.0, count + 1)
    mark = "lowest" if best is None and seeds > 1 else "kept"
    best = _epoch(curves[judge], best)
    figure, axes = chart("epoch", ylabel, pad=26)
    means = {name: band(axes, epochs, curve, ROLES[name]) for name, curve in curves.items()}
    labels = {name: float(mean[-1]) for name, mean in means.items()}
    value = float(means[judge][best - 1])
    said = [
        f"{ylabel[:1].upper()}{ylabel[1:]} over {count} epochs"
        f"{f', mean and range of {seeds} seeds' if seeds > 1 else ''}."
    ]
    said += [f"{name.capitalize()} {trend(mean)}." for name, mean in means.items()]
    said.append(f"Epoch {best} is {mark}, with a {judge} value of {short(value)}.")
    if baseline is not None:
        labels[baseline_label] = float(as_numbers(baseline, "baseline", (0,)))
        axes.plot(
            epochs[[0, -1]],
            [labels[baseline_label]] * 2,
            color=placeholder("muted"),
            lw=1.6,
            ls=(0, (5, 4)),
        )
        said.append(f"The {baseline_label} is {short(labels[baseline_label])}.")
    _mark(axes, best, value, ROLES[judge], f"epoch {best} {mark}", best / count)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, min_n_ticks=1))
    axes.margins(x=0.02)
    end_labels(figure, axes, float(count), labels, {baseline_label: "muted"} | ROLES)
    return from_figure(figure, alt or " ".join(said), 0, 600)


def _epoch(judge: Floats, best: int | None) -> int:
    """Return the epoch to mark, counted from 1, or say why there is none."""
    if best is None:
        return int(judge.mean(axis=0).argmin()) + 1
    epochs = judge.shape[1]
    if isinstance(best, bool) or not isinstance(best, int | np.integer) or not 1 <= best <= epochs:
        raise ValueError(f"best: expected an epoch from 1 to {epochs}, got {best!r}")
    return int(best)


def _mark(axes: Axes, best: int, value: float, role: str, label: str, along: float) -> None:
    """Mark an epoch by a ring on its curve and a label above; ``along`` is its place, 0 to 1."""
    axes.axvline(best, color=placeholder("muted"), lw=1.2, ls=(0, (1, 2.5)))
    axes.plot(
        [best],
        [value],
        "o",
        ms=9,
        mew=2,
        color=placeholder("surface"),
        mec=placeholder(role),
        zorder=5,
    )
    axes.annotate(
        label,
        (best, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 4),
        va="bottom",
        textcoords="offset points",
        size=12,
        color=placeholder("muted"),
        ha="left" if along <= 0.3 else "right" if along > 0.7 else "center",
    )


def _curves(history: Mapping[str, ArrayLike], metric: str) -> dict[str, Floats]:
    """Return the curves of a history as (seeds, epochs) arrays of one shape."""
    if not isinstance(history, Mapping):
        raise TypeError(f"history: expected a mapping of names to curves, got {history!r}")
    if metric not in history:
        raise ValueError(f"history: expected a curve {metric!r}, got {sorted(history)}")
    keys = {"training": metric, "validation": f"val_{metric}"}
    curves = {
        name: np.atleast_2d(as_numbers(history[key], key, (1, 2)))
        for name, key in keys.items()
        if key in history
    }
    shapes = {curve.shape for curve in curves.values()}
    if len(shapes) > 1:
        raise ValueError(f"history: expected curves of one shape, got {sorted(shapes)}")
    return curves
