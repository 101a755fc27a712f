"""What was answered against what is true, as a map with numbers."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import TEXT, write
from unrolled.figures.labels import Floats, short
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, drawn, from_figure
from unrolled.lists import as_texts

#: Points: the side of a cell, and the room for names and titles.
SIDE, LEFT, TOP = 38.0, 58.0, 50.0
#: The strongest shade: text on it must be readable in both themes.
STRONGEST = 0.4


@drawn
def confusion(
    counts: ArrayLike,
    names: Sequence[str],
    true: str = "true class",
    answered: str = "answered",
    alt: str | None = None,
) -> Picture:
    """Draw a row for each true class and a column for each answer, shaded by the share of the row.

    The diagonal holds what is right and has a frame; where there is nothing, nothing is written.

    Parameters
    ----------
    counts
        (K, K), from 0: how often class i was taken for class j; a mean over seeds is no integer.
    names
        K short names.
    true, answered
        What rows and columns are called.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If the counts are no finite numbers (K, K), K is not the number of names, or a count is
        below 0 or a row empty.

    Examples
    --------
    >>> confusion([[8, 2], [0, 10]], ["a", "b"]).alt
    'A map of true class against answered, 2 by 2. Of 20, 18 lie on the
    diagonal. Off it the largest is 2, a taken for b; 1 of 2 off the
    diagonal are above 0. Right in each row: a 8 of 10, b 10 of 10.'

    """
    table, labels = as_numbers(counts, "counts", (2,)), as_texts(names, "names")
    same_length(table, labels, "counts and names")
    same_length(table.T, labels, "columns of counts and names")
    if table.min() < 0 or not table.sum(axis=1).all():
        raise ValueError("counts: expected numbers from 0, and one above 0 in each row")
    width, height = LEFT + SIDE * len(labels) + 8, TOP + SIDE * len(labels) + 8
    figure = Figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    shares = table / table.sum(axis=1, keepdims=True)
    for (i, j), count in np.ndenumerate(table):
        place = LEFT + SIDE * j, TOP + SIDE * i
        role = "h" if i == j else "f"
        alpha = STRONGEST * (0.25 + 0.75 * shares[i, j]) if count else 0
        edge = placeholder("muted" if i == j else "grid")
        fill = Rectangle(place, SIDE, SIDE, lw=0, fc=placeholder(role), alpha=alpha)
        axes.add_patch(fill)
        frame = Rectangle(place, SIDE, SIDE, lw=1, fc="none", ec=edge, zorder=2 + (i == j))
        axes.add_patch(frame)
        if count:
            write(axes, place[0] + SIDE / 2, place[1] + SIDE / 2, _count(count), "ink", size=12)
    for k, name in enumerate(labels):
        write(axes, LEFT + SIDE * (k + 0.5), TOP - 13, name, "ink", size=TEXT)
        write(axes, LEFT - 12, TOP + SIDE * (k + 0.5), name, "ink", ha="right", size=TEXT)
    write(axes, LEFT + SIDE * len(labels) / 2, 14, answered, "muted", size=TEXT)
    middle = TOP + SIDE * len(labels) / 2
    axes.text(
        14, middle, true, rotation=90, size=TEXT, ha="center", va="center",
        color=placeholder("muted"),
    )  # fmt: skip
    return from_figure(figure, alt or _said(table, labels, true, answered), 0, int(1.35 * width))


def _count(value: float) -> str:
    return short(round(value, 1)) if round(value, 1) else "<0.1"


def _said(table: Floats, names: list[str], true: str, answered: str) -> str:
    """Return the map in words."""
    off = table - np.diag(np.diag(table))
    i, j = np.unravel_index(int(off.argmax()), off.shape)
    said = [
        f"A map of {true} against {answered}, {len(names)} by {len(names)}.",
        f"Of {short(table.sum())}, {short(np.trace(table))} lie on the diagonal.",
    ]
    if off.any():
        said.append(
            f"Off it the largest is {_count(off[i, j])}, {names[i]} taken for {names[j]}; "
            f"{np.count_nonzero(off)} of {table.size - len(names)} off the diagonal are above 0."
        )
    rows = zip(names, np.diag(table), table.sum(axis=1), strict=True)
    each = ", ".join(f"{name} {_count(right)} of {short(of)}" for name, right, of in rows)
    return " ".join([*said, f"Right in each row: {each}."])
