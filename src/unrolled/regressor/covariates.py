"""Covariates: numbers and categories that stand beside a text, as features.

A number is taken less its mean and over its deviation. A category has a feature for each of its
values, 1 where it is that one. What is missing is 0 in all of them, as is a new category, and a
number that is missing at times has a feature that says so.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import LARGEST
from unrolled.regressor.columns import Cell, Coded, apart

#: The most values of a category that have a feature of their own: the most frequent ones.
MOST_VALUES = 100

Floats = NDArray[np.float32]


class Number(NamedTuple):
    """A column of numbers; a ``scale`` of 0 has no feature, ``gaps`` one for what is missing."""

    name: str
    mean: float
    scale: float
    gaps: bool

    @property
    def width(self) -> int:
        """How many features it has."""
        return (self.scale > 0) + self.gaps

    def check(self, value: Cell) -> None:
        """Raise ``ValueError`` at a word."""
        if isinstance(value, str):
            raise ValueError(f"column {self.name!r}: expected a number, got {value!r:.60}")

    def features(self, values: Sequence[Cell]) -> Floats:
        """Return the features (V, F) of V cells; raises ``ValueError`` at a word."""
        for value in values:
            self.check(value)
        numbers = np.array([math.nan if value is None else value for value in values], np.float64)
        absent = np.isnan(numbers)
        found = [np.where(absent, 0, (numbers - self.mean) / self.scale)] if self.scale else []
        found += [absent] if self.gaps else []
        return np.array(found, np.float32).reshape(self.width, len(values)).T


class Category(NamedTuple):
    """A column of categories, with a feature for each of its ``values``."""

    name: str
    values: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many features it has."""
        return len(self.values)

    def features(self, values: Sequence[Cell]) -> Floats:
        """Return the features (V, F) of V cells."""
        places = {value: place for place, value in enumerate(self.values)}
        found = np.zeros((len(values), self.width), np.float32)
        for row, value in enumerate(values):
            if value is not None and _word(value) in places:
                found[row, places[_word(value)]] = 1
        return found


class Covariates(NamedTuple):
    """What was learnt of the columns beside a text; ``text`` is the name of the texts' own.

    Examples
    --------
    >>> from unrolled.regressor.columns import coded
    >>> cells = coded({"price": [1, 3, None], "brand": ["b", "a", "b"]}, ["price", "brand"])
    >>> found = Covariates.fit("review", cells, np.arange(3))
    >>> found.columns
    (Number(name='price', mean=2.0, scale=1.0, gaps=True), Category(name='brand', values=('b',)))
    >>> found.features(coded({"price": [4], "brand": ["new"]}, found.names), 1)
    array([[2., 0., 0.]], dtype=float32)

    """

    text: str | None = None
    columns: tuple[Number | Category, ...] = ()

    @classmethod
    def fit(
        cls, text: str | None, cells: Mapping[str, Coded], rows: NDArray[np.intp]
    ) -> "Covariates":
        """Find what stands in some rows of each column.

        Raises ``ValueError`` for a column in which nothing stands.
        """
        return cls(text, tuple(_column(name, column, rows) for name, column in cells.items()))

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def width(self) -> int:
        """How many features there are, F."""
        return sum(column.width for column in self.columns)

    @property
    def silent(self) -> list[str]:
        """The names of columns that say nothing: each row has the same, or one of its own."""
        return [column.name for column in self.columns if not column.width]

    def features(self, cells: Mapping[str, Coded], count: int) -> Floats:
        """Return the features (N, F) of N rows; raises ``ValueError`` for a word as a number."""
        each = [np.zeros((count, 0), np.float32)]
        each += [
            column.features(cells[column.name].values)[cells[column.name].codes]
            for column in self.columns
        ]
        return np.concatenate(each, axis=1)

    def check(self, cells: Sequence[Cell]) -> None:
        """Raise ``ValueError`` where a row of cells has a word for a number."""
        for column, found in zip(self.columns, cells, strict=True):
            if isinstance(column, Number):
                column.check(found)

    def apart(self, X: Any, name: str = "X") -> tuple[list[str], dict[str, Coded]]:
        """Return the texts of a list, or of a table with all its columns; see :func:`apart`."""
        return apart(X, self.text, self.names, name)

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`from_json` takes."""
        return {"text": self.text, "columns": [column._asdict() for column in self.columns]}

    @classmethod
    def from_json(cls, found: Any) -> "Covariates":
        """Return what stands in a file; raises ``ValueError`` for anything else."""
        _expect(isinstance(found, dict) and set(found) == {"text", "columns"}, found)
        text, columns = found["text"], found["columns"]
        _expect(text is None or isinstance(text, str), text)
        _expect(isinstance(columns, list) and (text is not None or not columns), columns)
        read = tuple(map(_column_of_json, columns))
        names = [text, *(column.name for column in read)]
        _expect(len(set(names)) == len(names), names)
        return cls(text, read)


def _column_of_json(found: Any) -> Number | Category:
    _expect(isinstance(found, dict), found)
    for kind, checks in _CHECKS.items():
        if found.keys() == checks.keys():
            for key, is_sound in checks.items():
                _expect(is_sound(found[key]), found[key])
            values: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
            return kind(**values)
    raise ValueError(f"expected the columns beside the texts, got {found!r:.60}")


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= LARGEST


def _are_words(values: Any) -> bool:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return False
    return len(set(values)) == len(values) <= MOST_VALUES


_CHECKS: dict[type[Number] | type[Category], dict[str, Callable[[Any], bool]]] = {
    Number: {
        "name": lambda value: isinstance(value, str),
        "mean": _is_finite,
        "scale": lambda value: _is_finite(value) and value >= 0,
        "gaps": lambda value: isinstance(value, bool),
    },
    Category: {"name": lambda value: isinstance(value, str), "values": _are_words},
}


def _expect(is_sound: bool, found: Any) -> None:
    if not is_sound:
        raise ValueError(f"expected the columns beside the texts, got {found!r:.60}")


def _column(name: str, column: Coded, rows: NDArray[np.intp]) -> Number | Category:
    codes = column.codes[rows]
    counts = np.bincount(codes, minlength=len(column.values))
    present = [place for place in np.flatnonzero(counts) if column.values[place] is not None]
    values = [column.values[place] for place in present]
    if not values:
        raise ValueError(
            f"column {name!r}: expected something in one of {len(rows)} rows at least, "
            "got nothing in any"
        )
    # All rows say what kind it is, for a number is asked of all.
    if not any(isinstance(value, str) for value in column.values):
        numbers = np.repeat(np.array(values, np.float64), counts[present])
        # Numbers that are all the same can have a deviation of a rounding error.
        scale = float(numbers.std()) if len(values) > 1 else 0.0
        return Number(name, float(numbers.mean()), scale, len(numbers) < len(rows))
    words = Counter[str]()
    for place, value in zip(present, values, strict=True):
        words[_word(value)] += int(counts[place])
    frequent = sorted(words.items(), key=lambda each: (-each[1], each[0]))
    # What stands in one row alone, or in every one, tells nothing.
    kept = [word for word, count in frequent if 1 < count < len(rows)]
    return Category(name, tuple(kept[:MOST_VALUES]))


def _word(value: Cell) -> str:
    """Return a category's name, which may look like a number."""
    return value if isinstance(value, str) else f"{value:.15g}"


#: Of a model that takes texts alone.
NONE = Covariates()
