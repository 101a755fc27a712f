"""Every seed a dot: several trainings of each kind beside one another, in groups."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers
from unrolled.figures.axes import TEXT, chart
from unrolled.figures.labels import Floats, alike, plain, short
from unrolled.figures.palette import SERIES, placeholder
from unrolled.figures.picture import Picture, drawn, from_figure


@drawn
def seed_dots(
    groups: Mapping[str, Mapping[str, ArrayLike]],
    xlabel: str = "value",
    baselines: Mapping[str, float] | None = None,
    zero: bool = True,
    alt: str | None = None,
) -> Picture:
    """Draw a dot for every seed, a bar from the least to the greatest, and the mean beside it.

    Parameters
    ----------
    groups
        Name of a group to the name of a row to values, one for each seed. Rows of one name have
        one colour in all groups.
    xlabel
        What is measured, with its unit.
    baselines
        Name to a value to beat, drawn as a vertical line.
    zero
        Whether the axis begins at 0.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If there is no group or no row, a row holds no finite numbers, or there are more
        different rows than colours.

    Examples
    --------
    >>> seed_dots({"GRU": {"mask": [20, 22], "no mask": [184, 186]}}, "error, minutes").alt
    'Error, minutes: mean, and the range over the seeds. GRU: mask 21, 20 to 22; no mask 185, 184
    to 186.'

    """
    table = _checked(groups)
    names = list(dict.fromkeys(name for rows in table.values() for name in rows))
    if len(names) > len(SERIES):
        raise ValueError(f"groups: expected 1 to {len(SERIES)} different rows, got {len(names)}")
    roles = dict(zip(names, SERIES, strict=False))
    count = sum(len(rows) for rows in table.values())
    lines = dict(baselines or {})
    height = 70 + 24.0 * count + 30.0 * len(table) + 18 * bool(lines)
    figure, axes = chart("", "", height=height)
    axes.set_xlabel(xlabel, size=TEXT)
    axes.grid(axis="y", visible=False)
    place, ticks = 0.0, []
    written = alike([values.mean() for rows in table.values() for values in rows.values()])
    for group, rows in table.items():
        axes.annotate(
            plain(group), (0, place), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center_baseline", size=TEXT, weight="bold",
            color=placeholder("ink"),
        )  # fmt: skip
        for name, values in rows.items():
            place += 1
            ticks.append((place, name))
            _row(axes, place, values, roles[name], written(values.mean()))
        place += 1.25
    for name, value in lines.items():
        axes.axvline(value, color=placeholder("muted"), lw=1.6, ls=(0, (5, 4)), zorder=1)
        axes.annotate(
            plain(name), (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 4),
            textcoords="offset points", ha="center", va="bottom", size=12,
            color=placeholder("muted"), annotation_clip=False,
        )  # fmt: skip
    axes.set_yticks([at for at, _ in ticks], [plain(name) for _, name in ticks], size=TEXT)
    for label, (_, name) in zip(axes.get_yticklabels(), ticks, strict=True):
        label.set_color(placeholder(roles[name]))
    axes.set_ylim(place - 0.55, -0.6)
    everything = np.concatenate(
        [
            *(values for rows in table.values() for values in rows.values()),
            [float(value) for value in lines.values()],
        ]
    )
    low, high = float(everything.min()), float(everything.max())
    start = min(0.0, low) if zero else low - 0.06 * (high - low or 1.0)
    axes.set_xlim(start, high + 0.03 * (high - start or 1.0))
    return from_figure(figure, alt or _said(table, lines, xlabel, written), 0, 600)


def _checked(groups: Mapping[str, Mapping[str, ArrayLike]]) -> dict[str, dict[str, Floats]]:
    """Return the values as arrays, or say what is missing."""
    table = {
        group: {name: as_numbers(values, f"{group}, {name}") for name, values in rows.items()}
        for group, rows in groups.items()
    }
    if not table or not all(table.values()):
        raise ValueError(f"groups: expected at least one row in each of at least one, got {table}")
    return table


def _row(axes: Axes, place: float, values: Floats, role: str, mean: str) -> None:
    """Draw the range, the seeds and the mean of one kind of training, and write the mean."""
    colour = placeholder(role)
    axes.plot(
        [values.min(), values.max()], [place, place], lw=7, alpha=0.25, color=colour,
        solid_capstyle="round",
    )  # fmt: skip
    axes.plot(values, np.full(len(values), place), "o", ms=5, mew=0, alpha=0.7, color=colour)
    axes.plot([values.mean()], [place], "|", ms=13, mew=2.4, color=placeholder("ink"))
    axes.annotate(
        mean, (values.max(), place), xytext=(9, 0),
        textcoords="offset points", va="center_baseline", size=TEXT, color=placeholder("ink"),
        annotation_clip=False,
    )  # fmt: skip


def _said(
    table: Mapping[str, Mapping[str, Floats]],
    lines: dict[str, float],
    xlabel: str,
    written: Callable[[float], str],
) -> str:
    """Say the mean and the range of every row."""
    said = [f"{xlabel[:1].upper()}{xlabel[1:]}: mean, and the range over the seeds."]
    for group, rows in table.items():
        each = [
            f"{name} {written(values.mean())}"
            + (f", {written(values.min())} to {written(values.max())}" if len(values) > 1 else "")
            for name, values in rows.items()
        ]
        said.append(f"{group}: {'; '.join(each)}.")
    said += [f"{name} is at {short(float(value))}." for name, value in lines.items()]
    return " ".join(said)
