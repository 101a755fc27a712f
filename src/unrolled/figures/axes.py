"""The look that all charts share, and labels that stand beside what they name."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unrolled.figures.labels import Floats, plain, short
from unrolled.figures.palette import placeholder

#: Points; a chart shown at 350 CSS pixels shrinks its 13-point text to about 10.
WIDTH, HEIGHT = 460.0, 300.0
TEXT = 13.0


def chart(
    xlabel: str, ylabel: str, width: float = WIDTH, height: float = HEIGHT, pad: float = 10
) -> tuple[Figure, Axes]:
    """Return an empty chart with its axes named: the vertical one ``pad`` points above its top."""
    figure = Figure(figsize=(width / 72, height / 72), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(xlabel, size=TEXT)
    axes.set_title(ylabel, size=TEXT, loc="left", pad=pad, x=0)
    axes.tick_params(which="both", labelsize=12, length=0, pad=5)
    axes.grid(color=placeholder("grid"), lw=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(placeholder("muted"))
    return figure, axes


def band(axes: Axes, x: Floats, values: Floats, role: str, style: str = "-") -> Floats:
    """Draw the mean of (seeds, len(x)) values over a band from the least to the greatest."""
    mean: Floats = values.mean(axis=0)
    if len(values) > 1:
        axes.fill_between(
            x, values.min(axis=0), values.max(axis=0), lw=0, alpha=0.18, color=placeholder(role)
        )
    marker = "o" if len(x) == 1 else ""
    axes.plot(
        x, mean, style, color=placeholder(role), lw=2.2, marker=marker, solid_capstyle="round"
    )
    return mean


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic; call it once all is drawn.

    Powers of ten mark it, and plain numbers where it spans less than two of them.
    """
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high >= 100 * low:
        return
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.log10(high))
    ticks = np.outer(powers, (1, 2, 3, 5)).ravel()
    if np.sum((low <= ticks) & (ticks <= high)) < 3:  # So short an axis needs steps of its own.
        ticks = np.asarray(MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high))
    ticks = ticks[(low <= ticks) & (ticks <= high)]
    axes.set_yticks(ticks, [short(tick) for tick in ticks])
    axes.minorticks_off()


def end_labels(
    figure: Figure, axes: Axes, x: float, labels: Mapping[str, float], roles: Mapping[str, str]
) -> None:
    """Name each line at its right end, apart from one another, without a legend.

    Call it last: the distance that two labels need depends on the limits of the axes.
    """
    figure.draw_without_rendering()  # The layout has to be settled before it is measured.
    names, heights = list(labels), list(labels.values())
    inverse = 72 / figure.dpi
    points = np.array([axes.transData.transform((x, y))[1] * inverse for y in heights])
    order = np.argsort(points, kind="stable")
    places = apart(points[order], TEXT * 1.25)
    for index, place in zip(order, places, strict=True):
        axes.annotate(
            plain(names[index]),
            (x, heights[index]),
            xytext=(8, place - points[index]),
            textcoords="offset points",
            size=TEXT,
            va="center",
            color=placeholder(roles[names[index]]),
            annotation_clip=False,
        )


def apart(places: Sequence[float] | np.ndarray, gap: float) -> list[float]:
    """Return sorted places moved as little as it takes to stand at least ``gap`` apart.

    >>> apart([0.0, 1.0, 50.0], 10.0)
    [-4.5, 5.5, 50.0]
    """
    groups: list[list[float]] = []
    for place in places:
        groups.append([float(place)])
        while len(groups) > 1:
            (low, high) = groups[-2:]
            top = np.mean(low) + gap * (len(low) - 1) / 2
            bottom = np.mean(high) - gap * (len(high) - 1) / 2
            if bottom - top >= gap:
                break
            groups[-2:] = [low + high]
    return [
        float(np.mean(group)) + gap * (k - (len(group) - 1) / 2)
        for group in groups
        for k in range(len(group))
    ]


def trend(mean: Floats) -> str:
    """Say where a curve starts and ends."""
    first, last = short(mean[0]), short(mean[-1])
    if first == last:
        return f"stays at {last}" if len(mean) > 1 else f"is {last}"
    return f"{'falls' if mean[-1] < mean[0] else 'rises'} from {first} to {last}"


def write(
    axes: Axes, x: float, y: float, text: str, role: str, ha: str = "center", size: float = 12
) -> None:
    """Write text centred on the height ``y``, in the colour of ``role``."""
    axes.text(x, y, plain(text), size=size, ha=ha, va="center_baseline", color=placeholder(role))
