"""Rows of dots in groups: every seed a dot, or one dot in its interval."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
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
    >>> errors = {"mask": [20, 22], "no mask": [184, 186]}
    >>> seed_dots({"GRU": errors}, "error, minutes").alt
    'Error, minutes: mean, and the range over the seeds. GRU: mask 21, 20 to
    22; no mask 185, 184 to 186.'

    """
    table = _checked(groups)
    names = list(dict.fromkeys(name for rows in table.values() for name in rows))
    if len(names) > len(SERIES):
        raise ValueError(f"groups: expected 1 to {len(SERIES)} different rows, got {len(names)}")
    roles = dict(zip(names, SERIES, strict=False))
    lines = dict(baselines or {})
    written = alike([values.mean() for rows in table.values() for values in rows.values()])

    def row(axes: Axes, place: float, name: str, values: Floats) -> None:
        _row(axes, place, values, roles[name], written(values.mean()))

    figure, axes = _grouped(table, xlabel, roles, row, bool(lines))
    for name, value in lines.items():
        axes.axvline(value, color=placeholder("muted"), lw=1.6, ls=(0, (5, 4)), zorder=1)
        axes.annotate(
            plain(name), (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 4),
            textcoords="offset points", ha="center", va="bottom", size=12,
            color=placeholder("muted"), annotation_clip=False,
        )  # fmt: skip
    everything = np.concatenate(
        [
            *(values for rows in table.values() for values in rows.values()),
            [float(value) for value in lines.values()],
        ]
    )
    _limit(axes, everything, zero)
    return from_figure(figure, alt or _said(table, lines, xlabel, written), 0, 600)


@drawn
def intervals(
    groups: Mapping[str, Mapping[str, ArrayLike]],
    xlabel: str = "value",
    highlight: str | None = None,
    alt: str | None = None,
) -> Picture:
    """Draw a dot in its interval for every row; all groups have one scale.

    Parameters
    ----------
    groups
        Name of a group to the name of a row to three numbers: the value, and the lower and the
        upper end of its interval. A group may lack rows, and has the others in the first's order.
    xlabel
        What is measured, with its unit.
    highlight
        The one row that is drawn in a colour of its own.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If there is no group or no row, a row does not hold three finite numbers of which the
        first lies between the others, rows stand in another order than in the first group, or
        no row has the name ``highlight``.

    Examples
    --------
    >>> tweets = {"ridge": [0.83, 0.8, 0.85], "both": [0.92, 0.91, 0.93]}
    >>> intervals({"tweets": tweets}, "r").alt
    'R, with intervals. tweets: ridge 0.830, 0.800 to 0.850; both 0.920,
    0.910 to 0.930.'

    """
    table = _checked(groups)
    order = list(next(iter(table.values())))
    for group, rows in table.items():
        if list(rows) != [name for name in order if name in rows]:
            raise ValueError(f"{group}: expected rows in the order {order}, got {list(rows)}")
        for name, triple in rows.items():
            if triple.shape != (3,) or not triple[1] <= triple[0] <= triple[2]:
                raise ValueError(
                    f"{group}, {name}: expected a value and the ends of its interval, got {triple}"
                )
    if highlight is not None and highlight not in order:
        raise ValueError(f"highlight: expected one of {order}, got {highlight!r}")
    written = alike([end for rows in table.values() for triple in rows.values() for end in triple])

    def row(axes: Axes, place: float, name: str, triple: Floats) -> None:
        value, low, high = triple
        colour = placeholder("f" if name == highlight else "h")
        axes.plot([low, high], [place, place], lw=2.2, color=colour, solid_capstyle="round")
        axes.plot([value], [place], "o", ms=7, mew=0, color=colour)
        _beside(axes, high, place, written(value))

    roles = {name: "f" if name == highlight else "ink" for name in order}
    figure, axes = _grouped(table, xlabel, roles, row)
    _limit(axes, np.concatenate([one for rows in table.values() for one in rows.values()]), False)
    said = [f"{xlabel[:1].upper()}{xlabel[1:]}, with intervals."]
    for group, rows in table.items():
        each = [
            f"{name} {written(value)}, {written(low)} to {written(high)}"
            for name, (value, low, high) in rows.items()
        ]
        said.append(f"{group}: {'; '.join(each)}.")
    return from_figure(figure, alt or " ".join(said), 0, 600)


def _grouped(
    table: Mapping[str, Mapping[str, Floats]],
    xlabel: str,
    roles: Mapping[str, str],
    row: Callable[[Axes, float, str, Floats], None],
    lines: bool = False,
) -> tuple[Figure, Axes]:
    """Draw every row under the name of its group, and name it at the left."""
    count = sum(len(rows) for rows in table.values())
    figure, axes = chart("", "", height=70 + 24.0 * count + 30.0 * len(table) + 18 * lines)
    axes.set_xlabel(xlabel, size=TEXT)
    axes.grid(axis="y", visible=False)
    place, ticks = 0.0, []
    for group, rows in table.items():
        axes.annotate(
            plain(group), (0, place), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center_baseline", size=TEXT, weight="bold",
            color=placeholder("ink"),
        )  # fmt: skip
        for name, values in rows.items():
            place += 1
            ticks.append((place, name))
            row(axes, place, name, values)
        place += 1.25
    axes.set_yticks([at for at, _ in ticks], [plain(name) for _, name in ticks], size=TEXT)
    for label, (_, name) in zip(axes.get_yticklabels(), ticks, strict=True):
        label.set_color(placeholder(roles[name]))
    axes.set_ylim(place - 0.55, -0.6)
    return figure, axes


def _limit(axes: Axes, everything: Floats, zero: bool) -> None:
    """Let the axis hold all values, and 0 where it has to."""
    low, high = float(everything.min()), float(everything.max())
    start = min(0.0, low) if zero else low - 0.06 * (high - low or 1.0)
    axes.set_xlim(start, high + 0.03 * (high - start or 1.0))


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
    _beside(axes, values.max(), place, mean)


def _beside(axes: Axes, edge: float, place: float, text: str) -> None:
    """Write at the right of a row."""
    axes.annotate(
        text, (edge, place), xytext=(9, 0),
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
