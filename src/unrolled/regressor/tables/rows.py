"""A record's cells as one example: what the columns are called, and what each may hold."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from math import isnan, nan
from typing import Any, NamedTuple, TypeVar

from unrolled.checks import LARGEST, LARGEST_TARGET
from unrolled.regressor.columns import cell
from unrolled.regressor.examples import Example
from unrolled.regressor.tables.errors import NoRowsError, TableError, listed

Row = TypeVar("Row")


class Columns(NamedTuple):
    """The names of the columns to read."""

    text: str | None
    target: str | None
    group: str | None
    weight: str | None
    beside: tuple[str, ...] = ()

    def named(self) -> list[str]:
        """Return the names that were given."""
        return [column for column in (*self[:4], *self.beside) if column is not None]


def at_least_one(rows: Iterable[Row], name: str) -> Iterator[Row]:
    """Yield the rows; raise :class:`NoRowsError` at the end if there was none."""
    row = None
    for row in rows:
        yield row
    if row is None:
        raise NoRowsError(f"{name}: expected at least one row, got none")


def filled(rows: Iterable[Example], name: str) -> Iterator[Example]:
    """Yield the rows; raise :class:`TableError` at a text with nothing but white space."""
    for row in rows:
        if not row.text.strip():
            raise TableError(f"{name}, line {row.number}: expected a text, got {row.text!r:.40}")
        yield row


def check_header(found: Collection[str], columns: Columns, name: str) -> None:
    """Raise :class:`TableError` unless a file has each column once; others matter to nobody."""
    check_columns(found, columns, name)
    counts = Counter(found)
    for column in columns.named():
        if counts[column] > 1:
            raise TableError(f"{name}: expected one column {column!r}, got {counts[column]}")


def check_columns(found: Collection[str], columns: Columns, where: str) -> None:
    """Raise :class:`TableError` unless each column was found."""
    for column in columns.named():
        if column not in found:
            raise TableError(f"{where}: expected a column {column!r}, got {listed(found)}")


def example_of(number: int, record: Mapping[str, Any], columns: Columns, unit: str) -> Example:
    """Return the example in a record, cell by column.

    Raises :class:`TableError` for the first cell that holds what its column may not; ``unit``
    says where: the file's name, then "line" or "row".

    >>> columns = Columns(text="said", target="minutes", group=None, weight=None)
    >>> example_of(2, {"said": "ten to six", "minutes": "350"}, columns, "clock.csv, line")
    Example(text='ten to six', target=350.0, group=None, weight=1.0, number=2, beside=())
    """
    text, target, group, weight, beside = columns
    try:
        return Example(
            _cell(record, text, _text, ""),
            _cell(record, target, as_target, nan),
            _cell(record, group, _group, None),
            _cell(record, weight, _weight, 1.0),
            number,
            tuple(cell(record[name], name) for name in beside),
        )
    except ValueError as error:
        raise TableError(f"{unit} {number}, {error}") from None


def _cell(
    record: Mapping[str, Any], column: str | None, read: Callable[[Any], Any], absent: Any
) -> Any:
    if column is None:
        return absent
    try:
        return read(record[column])
    except ValueError as error:
        raise ValueError(f"column {column!r}: {error}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {value!r:.60}")
    # JSON and Parquet can hold what a line of UTF-8 text cannot.
    if "\0" in value:
        raise ValueError("expected a text, got one with a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("expected a text, got half a surrogate pair in it") from None
    return value


def as_target(value: Any) -> float:
    """Return a number to predict; raises ``ValueError`` for what is none."""
    return _number(value, -LARGEST_TARGET, LARGEST_TARGET)


def _weight(value: Any) -> float:
    return _number(value, 0, LARGEST)


def _number(value: Any, least: float, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = nan
    # True is no number here, and "1_5" is one to Python alone.
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        number = nan
    if not least <= number <= most:
        bounds = "" if isnan(number) else f" from {least:g} to {most:g}"
        raise ValueError(f"expected a number{bounds}, got {value!r:.60}")
    return number


def _group(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise ValueError(f"expected a word or a whole number, got {value!r:.60}")
    return str(value)
