"""One sequence of a task: a dot for each step, and a few steps that matter."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers
from unrolled.figures.axes import TEXT, chart
from unrolled.figures.labels import plain, short
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, drawn, from_figure
from unrolled.lists import as_texts


@drawn
def marked_steps(
    values: ArrayLike,
    marks: Mapping[int, str],
    ylabel: str = "value",
    rows: Sequence[str] | None = None,
    alt: str | None = None,
) -> Picture:
    """Draw a sequence step by step, with some of its steps in colour and named.

    Parameters
    ----------
    values
        (T,), one number for each step; with ``rows`` the number of its row, counted from 0.
    marks
        Step, counted from 0, to what stands beside it.
    ylabel
        What the values are.
    rows
        Names for whole values, such as the symbols of a language; the first is the lowest row.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If the values are not finite numbers, or a mark lies outside the sequence, or a value is
        no row.

    Examples
    --------
    >>> marked_steps([0.5, -1, 0.25], {1: "X"}, ylabel="number").alt
    'Number over 3 steps, from -1 to 0.5. Marked: X at step 1, -1.'

    """
    heights = as_numbers(values, "values")
    names = None if rows is None else as_texts(rows, "rows")
    for step in marks:
        if not 0 <= step < len(heights):
            raise ValueError(f"marks: expected steps from 0 to {len(heights) - 1}, got {step}")
    if names is not None and not np.isin(heights, np.arange(len(names))).all():
        raise ValueError(f"values: expected rows from 0 to {len(names) - 1}, got {heights}")
    figure, axes = chart("step", ylabel, height=230)
    others = np.setdiff1d(np.arange(len(heights)), list(marks))
    axes.plot(others, heights[others], "o", ms=5, mew=0, color=placeholder("muted"))
    said = []
    for step, name in marks.items():
        axes.plot([step], [heights[step]], "o", ms=9, mew=0, color=placeholder("f"))
        axes.annotate(
            plain(name),
            (step, heights[step]),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            size=TEXT,
            color=placeholder("f"),
        )
        row = short(float(heights[step])) if names is None else names[int(heights[step])]
        said.append(f"{name} at step {step}, {row}")
    axes.margins(x=0.05, y=0.12)
    span = f"from {short(heights.min())} to {short(heights.max())}"
    if names is not None:
        axes.set_yticks(np.arange(len(names)), [plain(name) for name in names])
        axes.set_ylim(-0.6, len(names) - 0.4)
        span = f"each one of {', '.join(names)}"
    made = f"{ylabel[:1].upper()}{ylabel[1:]} over {len(heights)} steps, {span}. "
    return from_figure(figure, alt or f"{made}Marked: {'; '.join(said) or 'none'}.", 0, 600)
