"""One block of rows in, its answers out: what is sent to whoever answers."""

import math
import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor import portable
from unrolled.regressor.batches.asking import asked, is_cut
from unrolled.regressor.examples import Example


def load(path: str | os.PathLike[str]) -> Any:
    """Return the model in a file, for ONNX Runtime where its name says so; raises as its ``load``.

    >>> load("missing.onnx")
    Traceback (most recent call last):
    ValueError: missing.onnx: expected a model file, got: No such file...
    """
    if os.fsdecode(path).endswith(".onnx"):
        from unrolled.regressor import onnx

        return onnx.load(path)
    return portable.load(path)


class Block(NamedTuple):
    """What is answered to n rows.

    ``columns`` float64 holds the answers, (1, n), or with the ends of their intervals, (3, n);
    NaN for an empty text. ``strange`` (n,) is true for a text in which nothing is known, if there
    are intervals; ``cut`` counts the texts too long to be read whole.
    """

    columns: NDArray[np.float64]
    strange: NDArray[np.bool_]
    cut: int


class Lines(NamedTuple):
    """A block as text, a line for each row, and what it counts."""

    text: str
    strange: int
    cut: int


class Answering:
    """Answers blocks of rows with a model, and with intervals of a level unless that is None."""

    def __init__(self, model: portable.Model, level: float | None) -> None:
        """Raise ``ValueError`` where the model has no intervals of that level."""
        self.model, self.level = model, level
        if level is not None:
            model.doubt.ratio(level)

    def block(self, rows: list[Example]) -> Block:
        """Return the answers to some rows."""
        known = [place for place, row in enumerate(rows) if row.text.strip()]
        columns = np.full((1 if self.level is None else 3, len(rows)), np.nan)
        strange, most = np.zeros(len(rows), np.bool_), self.model.config.max_length
        if known:
            texts = asked(self.model, [rows[place] for place in known])
            if self.level is None:
                columns[:, known] = self.model.predict(texts)
            else:
                *found, strange[known] = self.model.predict(texts, self.level)
                columns[:, known] = found
        return Block(columns, strange, sum(is_cut(row.text, most) for row in rows))

    def lines(self, rows: list[Example]) -> Lines:
        """Return the answers to some rows as text: numbers parted by tabs, a line for each row."""
        columns, strange, cut = self.block(rows)
        scale = self.model.config.scale
        text = "".join(
            "\t".join(_shown(number, scale) for number in row) + "\n" for row in columns.T
        )
        return Lines(text, int(strange.sum()), cut)


def _shown(answer: float, scale: float) -> str:
    """Return the shortest number that is the same in float64, to as many digits as are known.

    What is read and counted is float32, so a ten-millionth of the scale is the last that counts.
    """
    digits = max(8 - math.floor(math.log10(scale)), 0) if scale else None
    return np.format_float_positional(answer, digits, trim="0")
