"""A text letter by letter, with a bar over each."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import TEXT, WIDTH
from unrolled.figures.labels import plain, short
from unrolled.figures.palette import SERIES, placeholder
from unrolled.figures.picture import Picture, drawn, from_figure

#: What is written for a space, which has no shape of its own.
SPACE = "␣"


@drawn
def letter_bars(
    text: str, rows: Mapping[str, ArrayLike], ylabel: str = "bits", alt: str | None = None
) -> Picture:
    """Draw a row of bars for each reader of a text, one bar a letter, all on one scale.

    Parameters
    ----------
    text
        n letters.
    rows
        Name to values, (n,), 0 or above.
    ylabel
        What is measured.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If there is no row or more than there are colours, or a row has another length than the
        text, or a value that is negative or not finite.

    Examples
    --------
    >>> letter_bars("ab", {"one reader": [1, 0]}).alt
    'Bits for each letter of "ab". one reader: 1 in all, at most 1, for "a".'

    """
    if not 1 <= len(rows) <= len(SERIES):
        raise ValueError(f"rows: expected 1 to {len(SERIES)} rows, got {len(rows)}")
    values = {name: as_numbers(row, name) for name, row in rows.items()}
    for name, row in values.items():
        same_length(row, text, f"{name} and text")
        if (row < 0).any():
            raise ValueError(f"{name}: expected 0 or above, got {short(row.min())}")
    figure = Figure(figsize=(WIDTH / 72, (40 + 105 * len(rows)) / 72), layout="constrained")
    panels = figure.subplots(len(rows), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    places = np.arange(len(text))
    said = [f'{ylabel[:1].upper()}{ylabel[1:]} for each letter of "{text}".']
    for axes, (name, row), role in zip(panels, values.items(), SERIES, strict=False):
        axes.bar(places, row, width=0.72, color=placeholder(role), alpha=0.85)
        axes.set_title(plain(name), size=TEXT, loc="left", color=placeholder("ink"))
        axes.tick_params(which="both", labelsize=12, length=0, pad=4)
        axes.grid(axis="y", color=placeholder("grid"), lw=1)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(placeholder("muted"))
        most = int(row.argmax())
        said.append(
            f'{name}: {short(row.sum())} in all, at most {short(row[most])}, for "{text[most]}".'
        )
    panels[-1].set_xticks(places, [SPACE if letter == " " else letter for letter in text])
    panels[-1].set_xlim(-0.7, len(text) - 0.3)
    for label, letter in zip(panels[-1].get_xticklabels(), text, strict=True):
        label.set_color(placeholder("muted" if letter == " " else "ink"))
    figure.suptitle(ylabel, size=TEXT, x=0.01, ha="left")
    return from_figure(figure, alt or " ".join(said), 0, 640)
