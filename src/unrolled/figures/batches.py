"""A padded batch as a grid: which cells are words, and which only fill the row."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from unrolled.arrays import as_array
from unrolled.figures.axes import write
from unrolled.figures.palette import placeholder
from unrolled.figures.picture import Picture, drawn, from_figure

#: The largest batch that is drawn: more cells would not be read.
MOST_ROWS, MOST_STEPS = 12, 24
#: The height of a cell, in points.
CELL = 32.0

Words = Sequence[str] | Sequence[Sequence[str]]


@drawn
def padded_batch(
    ids: ArrayLike,
    mask: ArrayLike,
    words: Words | None = None,
    side: str = "post",
    alt: str | None = None,
) -> Picture:
    """Draw a batch of padded sequences; the padding is hatched.

    Parameters
    ----------
    ids
        (N, T) integers, at most 12 × 24.
    mask
        (N, T) bools, true where there is a word.
    words
        The vocabulary, so that ``words[id]`` is a word, or the words of each row without its
        padding. Without it the ids are written.
    side
        Where the padding stands: ``"post"``, after the words, or ``"pre"``, before them.
    alt
        Replaces the description that is made from the batch.

    Raises
    ------
    TypeError, ValueError
        If shapes or types are wrong, if the batch is too large to be read, if ``words`` does not
        fit it, or if ``mask`` has its padding on another side.

    Examples
    --------
    >>> padded_batch([[2, 3], [4, 0]], [[True, True], [True, False]]).alt
    'A batch of 2 rows, each 2 steps long, padded after the words. Row 1 has
    2 words: 2 3. Row 2 has 1 word: 4, and 1 step of padding.'

    """
    rows, real = _check(ids, mask, side)
    texts = _texts(rows, real, words)
    longest = max(len(text) for row in texts for text in row)
    cell = max(36.0, 7.6 * longest + 14)
    count, steps = rows.shape
    left, top = 58.0, 30.0
    width = max(left + cell * steps + 4, left + 224)
    height = top + CELL * count + 36
    figure = Figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for n in range(count):
        y = top + CELL * n
        write(axes, left - 10, y + CELL / 2, f"row {n + 1}", "muted", ha="right")
        for t in range(steps):
            _cell(axes, left + cell * t, y, cell, texts[n][t], bool(real[n, t]))
    for t in range(steps):
        write(axes, left + cell * (t + 0.5), top - 14, str(t + 1), "muted")
    _key(axes, left, height - 15)
    least = 0 if width <= 400 else int(0.85 * width)
    return from_figure(figure, alt or _said(texts, real, side), least, int(1.25 * width))


def _check(
    ids: ArrayLike, mask: ArrayLike, side: str
) -> tuple[NDArray[np.int64], NDArray[np.bool]]:
    """Return ids and mask as arrays, or say what is wrong with them."""
    rows, real = as_array(ids, "ids"), as_array(mask, "mask")
    if not np.issubdtype(rows.dtype, np.integer):
        raise TypeError(f"ids: expected integers, got {rows.dtype}")
    if real.dtype != np.bool_:
        raise TypeError(f"mask: expected bools, got {real.dtype}")
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"ids: expected a filled (N, T) array, got shape {rows.shape}")
    if real.shape != rows.shape:
        raise ValueError(f"mask: expected the shape of ids, {rows.shape}, got {real.shape}")
    if rows.shape[0] > MOST_ROWS or rows.shape[1] > MOST_STEPS:
        raise ValueError(
            f"ids: expected at most {MOST_ROWS} rows of {MOST_STEPS} steps, got {rows.shape}"
        )
    if side not in ("post", "pre"):
        raise ValueError(f"side: expected 'post' or 'pre', got {side!r}")
    ordered = np.sort(real, axis=1)
    if not np.array_equal(real, ordered[:, ::-1] if side == "post" else ordered):
        where = "after" if side == "post" else "before"
        raise ValueError(f"mask: expected padding only {where} the words, got {real.tolist()}")
    return rows, real


def _texts(rows: NDArray[np.int64], real: NDArray[np.bool], words: Words | None) -> list[list[str]]:
    """Return what is written in each cell: a word, or an id where there are no words."""
    texts = [[str(value) for value in row] for row in rows.tolist()]
    if words is None:
        return texts
    if isinstance(words, str):
        raise TypeError(f"words: expected a vocabulary or rows of words, got {words!r}")
    vocabulary = all(isinstance(word, str) for word in words)
    if not vocabulary and len(words) != len(rows):
        raise ValueError(f"words: expected {len(rows)} rows of words, got {len(words)}")
    for n, row in enumerate(texts):
        places = np.flatnonzero(real[n])
        if vocabulary and (wrong := [i for i in rows[n, places] if not 0 <= i < len(words)]):
            raise ValueError(
                f"words: expected a word for every id, got {len(words)} words and the id {wrong[0]}"
            )
        own = [words[i] for i in rows[n, places]] if vocabulary else words[n]
        if len(own) != len(places):
            raise ValueError(f"words: expected {len(places)} words in row {n + 1}, got {len(own)}")
        for t, word in zip(places, own, strict=True):
            row[t] = str(word)
    return texts


def _cell(axes: Axes, x: float, y: float, width: float, text: str, real: bool) -> None:
    """Draw one cell: a word on a tint, or padding under a hatch."""
    inset = (x + 2, y + 2), width - 4, CELL - 4
    if real:
        axes.add_patch(Rectangle(*inset, lw=0, alpha=0.16, fc=placeholder("h")))
        write(axes, x + width / 2, y + CELL / 2, text, "ink")
    else:
        axes.add_patch(Rectangle(*inset, lw=1, fc="none", ec=placeholder("muted"), hatch="////"))
        # The pad id keeps a clear ground: a number under a hatch cannot be read.
        axes.add_patch(
            Rectangle(
                (x + width / 2 - 9, y + 7), 18, CELL - 14, lw=0, zorder=2, fc=placeholder("surface")
            )
        )
        write(axes, x + width / 2, y + CELL / 2, text, "muted")


def _key(axes: Axes, x: float, y: float) -> None:
    """Say what the two kinds of cell are."""
    axes.add_patch(Rectangle((x + 2, y - 8), 20, 16, lw=0, alpha=0.16, fc=placeholder("h")))
    write(axes, x + 28, y, "word", "muted", ha="left")
    axes.add_patch(
        Rectangle((x + 82, y - 8), 20, 16, lw=1, fc="none", ec=placeholder("muted"), hatch="////")
    )
    write(axes, x + 108, y, "padding, masked", "muted", ha="left")


def _said(texts: list[list[str]], real: NDArray[np.bool], side: str) -> str:
    """Return the batch in words."""
    where = "after" if side == "post" else "before"
    said = [
        f"A batch of {len(texts)} rows, each {real.shape[1]} steps long, padded {where} the words."
    ]
    for n, row in enumerate(texts):
        own = [text for text, word in zip(row, real[n], strict=True) if word]
        count, pads = len(own), len(row) - len(own)
        line = f"Row {n + 1} has {count} word{'s' * (count != 1)}"
        line += f": {' '.join(own)}" if own else ""
        line += f", and {pads} step{'s' * (pads != 1)} of padding" if pads else ""
        said.append(line + ".")
    return " ".join(said)
