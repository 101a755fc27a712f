"""What gates do while a text is read: one row per unit, one column per word."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from unrolled.checks import as_numbers, same_length
from unrolled.figures.axes import write
from unrolled.figures.labels import Floats, short
from unrolled.figures.palette import INKS, placeholder
from unrolled.figures.picture import Picture, drawn, from_figure
from unrolled.lists import as_texts

TOP = 36.0
TEXT = 12.5
#: The most cells that are drawn: each one is a shape of its own in the picture.
MOST_CELLS = 6000


@drawn
def gates(
    tokens: Sequence[str], values: Mapping[str, ArrayLike], alt: str | None = None
) -> Picture:
    """Draw the values of gates over the words of one text, as heat maps.

    The stronger the colour, the further from 0; a value below 0 is hatched too, so that its sign
    does not rest on colour.

    Parameters
    ----------
    tokens
        T words.
    values
        Name to values between −1 and 1: (T,), such as a mean over units, or (T, H), one row for
        each unit. A name whose first letter is a gate of the book takes that gate's colour.
    alt
        Replaces the description that is made from the numbers.

    Raises
    ------
    TypeError, ValueError
        If there is no token or no gate, a shape does not fit, a value is not finite or outside
        −1 to 1, or there are more than 6000 cells.

    Examples
    --------
    >>> gates(["ten", "to"], {"f": [0.25, 0.75]}).alt
    'Values over 2 words: ten, to. f: mean 0.5; highest at word 2, to, with
    0.75; lowest at word 1, ten, with 0.25.'

    """
    words = as_texts(tokens, "tokens")
    if not values:
        raise ValueError("values: expected at least one gate, got none")
    maps = {name: _check(name, array, len(words)) for name, array in values.items()}
    if (cells := sum(array.size for array in maps.values())) > MOST_CELLS:
        raise ValueError(f"values: expected at most {MOST_CELLS} cells, got {cells}")
    column = max(38.0, 7.6 * max(map(len, words)) + 10)
    heights = {
        name: 34.0 if array.shape[1] == 1 else min(12.0, 150 / array.shape[1])
        for name, array in maps.items()
    }
    left = max(map(len, maps)) * 8.0 + 24
    signed = any((array < 0).any() for array in maps.values())
    width = left + max(column * len(words) + 8, 250 if signed else 120)
    height = TOP + sum(heights[n] * a.shape[1] + 12 for n, a in maps.items()) + 28
    figure = Figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for t, word in enumerate(words):
        write(axes, left + column * (t + 0.5), TOP - 16, word, "ink", size=TEXT)
    y = TOP
    for name, array in maps.items():
        y = _map(axes, name, array, (left, y), column, heights[name]) + 12
    _key(axes, left, height - 16, signed)
    least = 0 if width <= 400 else int(0.85 * width)
    said = [f"Values over {len(words)} words: {', '.join(words)}."]
    said += [_said(name, array, words) for name, array in maps.items()]
    return from_figure(figure, alt or " ".join(said), least, int(1.25 * width))


def _check(name: str, values: ArrayLike, steps: int) -> Floats:
    """Return a gate's values as (T, H)."""
    array = as_numbers(values, name, (1, 2))
    same_length(array, range(steps), f"{name} and tokens")
    if np.abs(array).max() > 1:
        raise ValueError(
            f"{name}: expected values from -1 to 1, "
            f"got {short(array.min())} to {short(array.max())}"
        )
    return array.reshape(steps, -1)


def _map(
    axes: Axes, name: str, array: Floats, corner: tuple[float, float], column: float, height: float
) -> float:
    """Draw one gate's map with its upper left corner at ``corner``; return where it ends."""
    left, y = corner
    role = name[:1] if name[:1] in INKS else "h"
    steps, units = array.shape
    for t in range(steps):
        for unit in range(units):
            value = float(array[t, unit])
            place = left + column * t + 1, y + height * unit
            _cell(axes, place, column - 2, height - (1 if units == 1 else 0.4), value, role)
    bottom = y + height * units
    axes.add_patch(
        Rectangle(
            (left, y - 1),
            column * steps,
            height * units + 1,
            lw=1,
            fc="none",
            ec=placeholder("muted"),
        )
    )
    write(axes, left - 10, (y + bottom) / 2, name, role, ha="right", size=TEXT)
    return float(bottom)


def _cell(
    axes: Axes, place: tuple[float, float], width: float, height: float, value: float, role: str
) -> None:
    """Draw one value: the colour's strength is its size, a hatch is its sign."""
    axes.add_patch(Rectangle(place, width, height, lw=0, fc=placeholder(role), alpha=abs(value)))
    if value < 0:
        axes.add_patch(
            Rectangle(place, width, height, lw=0, fc="none", hatch="...", ec=placeholder("ink"))
        )


def _key(axes: Axes, x: float, y: float, signed: bool) -> None:
    """Say what the strength of a colour means, and the hatch where there is one."""
    write(axes, x, y, "0", "muted", ha="left", size=TEXT)
    for k in range(6):
        _cell(axes, (x + 14 + 12 * k, y - 7), 12, 14, k / 5, "muted")
    write(axes, x + 92, y, "1", "muted", ha="left", size=TEXT)
    if signed:
        _cell(axes, (x + 130, y - 7), 24, 14, -0.3, "muted")
        write(axes, x + 160, y, "below 0", "muted", ha="left", size=TEXT)


def _said(name: str, array: Floats, words: list[str]) -> str:
    """Return one gate's map in words."""
    mean = array.mean(axis=1)
    high, low = int(mean.argmax()), int(mean.argmin())
    units = f" of {array.shape[1]} units" if array.shape[1] > 1 else ""
    return (
        f"{name}: mean{units} {short(float(mean.mean()))}; highest at word {high + 1}, "
        f"{words[high]}, with {short(mean[high])}; lowest at word {low + 1}, {words[low]}, "
        f"with {short(mean[low])}."
    )
