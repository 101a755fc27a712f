"""A series from a CSV file with a column of dates and a column of numbers."""

import csv
from os import PathLike
from pathlib import Path

from unrolled.series.series import Series, on_grid


def read(
    path: str | PathLike[str], time: str, value: str, *, period: float | None = None
) -> Series:
    r"""Return the series of a CSV file, on a grid; see :func:`on_grid` for what a step is.

    Parameters
    ----------
    path
        A file in UTF-8 whose first line names its columns.
    time, value
        Names of columns: dates as ISO 8601 writes them, or numbers such as years; and numbers. An
        empty number is a missing one, and a line without a date and a number is skipped.
    period
        Steps of a season; None where there is none.

    Raises
    ------
    OSError
        Where the file cannot be opened.
    ValueError
        For a file that is no such table, with the line that is wrong, and as :func:`on_grid`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mine = Path(folder, "mine.csv")
    ...     lines = "day,sold", "2024-03-01,5", "2024-03-02,", "2024-03-03,7"
    ...     written = mine.write_text("\n".join(lines))
    ...     read(mine, "day", "sold").values
    array([ 5., nan,  7.])

    """
    times: list[str] = []
    values: list[float] = []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            columns = rows.fieldnames or []
            for name in (time, value):
                if name not in columns:
                    got = ", ".join(columns)
                    raise ValueError(f"{path}: expected a column {name!r}, got {got}")
            for row in rows:
                when, number = ((row[name] or "").strip() for name in (time, value))
                if when or number:
                    times.append(when)
                    values.append(_number(number, f"{path}, line {rows.line_num}: {value}"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected a file in UTF-8: {error}") from None
    except csv.Error as error:
        raise ValueError(f"{path}: expected a CSV file: {error}") from None
    try:
        return on_grid(_numbers_or_dates(times), values, period=period)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _number(written: str, where: str) -> float:
    try:
        return float(written or "nan")
    except ValueError:
        raise ValueError(f"{where}: expected a number, got {written!r:.60}") from None


def _numbers_or_dates(times: list[str]) -> list[str] | list[float]:
    """Return times as numbers where all are, such as years, which are no dates by themselves."""
    try:
        return [float(when) for when in times]
    except ValueError:
        return times
