"""Columns of a table: the texts, and what stands beside them, each different cell kept once.

A table is a DataFrame or a mapping of names to lists. A cell holds a number, a word or nothing.
"""

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import LARGEST
from unrolled.lists import as_texts, is_missing

#: Texts, or a table with a column of them.
Texts = Iterable[str] | Mapping[str, Any]
#: What stands in a column: a number, a word, or nothing.
Cell = float | str | None


class Coded(NamedTuple):
    """A column of n cells: ``codes`` int32 (n,) says which of ``values`` stands in each."""

    codes: NDArray[np.int32]
    values: list[Cell]

    @property
    def cells(self) -> list[Cell]:
        """All cells, in order."""
        return [self.values[code] for code in self.codes]


class Coder:
    """Takes the cells of a column as they come, and keeps each different one once.

    >>> coder = Coder("price")
    >>> for found in ("9.5", 9.5, None, "  "):
    ...     coder.append(found)
    >>> coder.coded()
    Coded(codes=array([0, 0, 1, 1], dtype=int32), values=[9.5, None])
    """

    def __init__(self, name: str) -> None:
        """Have a column of a name without a cell."""
        self.name, self._codes, self._known = name, array("i"), dict[Cell, int]()

    def append(self, found: Any) -> None:
        """Take one more cell; raises ``ValueError`` for what is no number, word or nothing."""
        value = cell(found, self.name)
        self._codes.append(self._known.setdefault(value, len(self._known)))

    def coded(self) -> Coded:
        """Return the column."""
        return Coded(np.frombuffer(self._codes, np.int32), list(self._known))


def cell(found: Any, name: str) -> Cell:
    """Return what a cell holds: a finite number, also where it is written in a text, or a word.

    Raises ``ValueError`` for anything else; ``name`` is that of its column.
    """
    if is_missing(found) or (isinstance(found, str) and not found.strip()):
        return None
    if isinstance(found, bool | np.bool_):
        return str(found)
    number = math.nan
    if isinstance(found, str):
        try:
            number = float(found) if "_" not in found else math.nan  # "1_5" is one to Python alone.
        except ValueError:
            return found.strip()
        if not math.isfinite(number):  # "nan" and "inf" are words.
            return found.strip()
    else:
        with suppress(TypeError, ValueError, OverflowError):
            number = float(found)
    if not abs(number) <= LARGEST:
        raise ValueError(
            f"column {name!r}: expected a word or a number up to {LARGEST:g} in size, "
            f"got {found!r:.60}"
        )
    return number


def coded(table: Any, names: Iterable[str]) -> dict[str, Coded]:
    """Return columns of a table, by name; raises ``ValueError`` for what is no number or word."""
    found = {}
    for name in names:
        coder = Coder(name)
        for value in _cells(table, name):
            coder.append(value.as_py() if hasattr(value, "as_py") else value)
        found[name] = coder.coded()
    return found


def apart(
    X: Any, text: str | None, names: Sequence[str], name: str = "X"
) -> tuple[list[str], dict[str, Coded]]:
    """Return the texts of a list, or of a table's column ``text``, and further columns of it.

    A table has columns by name: a DataFrame, or a mapping of names to lists.
    Raises ``TypeError`` or ``ValueError`` for what is no list of texts, or no table with all the
    columns in one length.
    """
    if text is None or not (names or _is_table(X)):
        return as_texts(X, name, filled=True), {}
    if not _is_table(X):
        raise TypeError(
            f"{name}: expected a table with the columns {', '.join(map(repr, (text, *names)))}, "
            f"got {type(X).__name__}"
        )
    there = X.columns if hasattr(X, "columns") else X.keys()
    for wanted in (text, *names):
        if wanted not in there:
            raise ValueError(f"{name}: expected a column {wanted!r}, got {list(there)!r:.100}")
    texts = as_texts(_cells(X, text), f"{name}, column {text!r}", filled=True)
    columns = coded(X, names)
    for wanted, column in columns.items():
        if len(column.codes) != len(texts):
            raise ValueError(
                f"{name}, column {wanted!r}: expected {len(texts)} cells, one for each text, "
                f"got {len(column.codes)}"
            )
    return texts, columns


def _is_table(X: Any) -> bool:
    return isinstance(X, Mapping) or hasattr(X, "columns")


def _cells(table: Any, name: str) -> Iterable[Any]:
    column: Iterable[Any] = table[name]
    return column
