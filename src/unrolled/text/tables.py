"""Texts and numbers from a user's file, row after row: a file may be larger than memory."""

import codecs
import csv
import gzip
import json
import math
import shutil
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, cast

from unrolled.text.checks import LARGEST

Kind = Literal["csv", "tsv", "jsonl", "parquet", "txt"]

SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "txt",
}
#: The longest line in bytes, and the longest field in characters.
LONGEST = 10_000_000


class TableError(ValueError):
    """Something in the user's file is not as expected: one line that says where and what."""


class Row(NamedTuple):
    """One text and what is known of it; ``None`` where no column was named.

    ``number`` is the line where the row starts, from 1 (in Parquet, which has no lines, the row).
    """

    number: int
    text: str
    target: float | None
    group: str | None
    weight: float | None


class Columns(NamedTuple):
    """The names of the columns to read."""

    text: str | None
    target: str | None
    group: str | None
    weight: str | None

    def named(self) -> list[str]:
        """Return the names that were given."""
        return [column for column in self if column is not None]


class Table:
    """The rows of one file, made by :func:`open_table`.

    Each ``iter(table)`` reads the file again from its start and holds a few rows at a time.
    It raises :class:`TableError` at the first row that is wrong, or at the end if there was none.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        kind: Kind,
        columns: Columns,
        spool: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        """Hold what :func:`open_table` found; ``spool`` is a folder to delete at the end."""
        self.path = path
        self.name = name
        self.kind = kind
        self.columns = columns
        self._spool = spool

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows in the file's order."""
        with self._open() as stream:
            yield from _some(READERS[self.kind](stream, self.name, self.columns), self.name)

    @cached_property
    def size(self) -> int:
        """Bytes that reading gives: more than on the disk if the file is compressed."""
        with self._open() as stream:
            if self.kind == "parquet":
                return _parquet_size(stream, self.name)
            if isinstance(stream, gzip.GzipFile):
                return sum(len(block) for block in iter(lambda: stream.read(2**20), b""))
        return self.path.stat().st_size

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        opened = gzip.open if self.path.suffix.lower() == ".gz" else open
        with _as_table_errors(self.name), opened(self.path, "rb") as stream:
            yield cast(BinaryIO, stream)

    def close(self) -> None:
        """Delete the copy of standard input, if there is one; a file stays where it is."""
        if self._spool:
            self._spool.cleanup()

    def __enter__(self) -> "Table":
        """Return the table, to be closed when the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the table."""
        self.close()


def open_table(
    source: str | Path,
    *,
    text: str | None,
    target: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    kind: Kind | None = None,
) -> Table:
    r"""Find the columns of a file and return its rows, which are read when they are asked for.

    Texts come as they are in the file, empty ones too. Blank lines between rows are skipped,
    except in a file of one text a line, where a blank line is an empty text.

    Parameters
    ----------
    source
        A file in UTF-8: ``.csv``, ``.tsv`` or ``.tab`` (quoted as in CSV), ``.jsonl`` or
        ``.ndjson`` (one object a line), ``.txt`` (one text a line), each also ``.gz``; or
        ``.parquet``, which needs pyarrow. ``"-"`` is standard input, which is copied to a
        temporary file until the table is closed.
    text, target, group, weight
        Exact names of columns: the texts; numbers to predict; what related texts share, a word
        or a whole number; how much a row counts, 0 or more. A file of one text a line has none.
    kind
        What the file is, if its name does not say so. Standard input is ``"csv"``, or ``"txt"``
        where no text column is named.

    Raises
    ------
    TableError
        If the file cannot be read or its first row is wrong.
    ValueError
        If ``kind`` is unknown.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "clock.csv"
    ...     _ = path.write_text('said,minutes\n"ten to six, sharp",350\n', encoding="utf-8")
    ...     with open_table(path, text="said", target="minutes") as table:
    ...         list(table)
    [Row(number=2, text='ten to six, sharp', target=350.0, group=None, weight=None)]

    """
    if kind is not None and kind not in READERS:
        raise ValueError(f"kind: expected one of {tuple(READERS)}, got {kind!r}")
    columns = Columns(text, target, group, weight)
    if str(source) == "-":
        kind = kind or ("txt" if text is None else "csv")
        _check_choice("standard input", kind, columns)
        table = _spooled(standard_input(), "standard input", kind, columns)
    else:
        path = Path(source)
        name = _printable(str(source))
        _check_file(path, name)
        kind = kind or _kind_of(path, name)
        _check_choice(name, kind, columns)
        table = Table(path, name, kind, columns)
    try:
        for _ in table:  # A file that cannot serve is told of now, not when training begins.
            break
    except BaseException:
        table.close()
        raise
    return table


def standard_input() -> BinaryIO:
    """Return the bytes of standard input; raise :class:`TableError` if it is closed."""
    if sys.stdin is None:  # So Python says that there is none.
        raise TableError("standard input: expected it to be open, got a closed one")
    return sys.stdin.buffer


def read_lines(stream: BinaryIO, name: str) -> Iterator[Row]:
    r"""Yield one text a line, each as soon as its line has arrived.

    Raises :class:`TableError` for a line that is no UTF-8, holds NUL or is too long, and at the
    end if there was no line.

    >>> import io
    >>> [row.text for row in read_lines(io.BytesIO(b"ten to six\r\nsix to ten"), "lines")]
    ['ten to six', 'six to ten']
    """
    texts = ((n, line.removesuffix("\n").removesuffix("\r")) for n, line in _lines(stream, name))
    return _some((Row(number, text, None, None, None) for number, text in texts), name)


def _some(rows: Iterable[Row], name: str) -> Iterator[Row]:
    row = None
    for row in rows:
        yield row
    if row is None:
        raise TableError(f"{name}: expected at least one row, got none")


def _check_file(path: Path, name: str) -> None:
    with _as_table_errors(name):
        if path.is_file():
            return
        if path.is_dir():
            found = "a folder"
        elif path.exists():
            found = "a pipe or a device (standard input is called -)"
        else:
            found = "none of that name"
    raise TableError(f"{name}: expected a file, got {found}")


def _kind_of(path: Path, name: str) -> Kind:
    inner = Path(path.stem) if path.suffix.lower() == ".gz" else path
    kind = SUFFIXES.get(inner.suffix.lower())
    if kind is None or (kind == "parquet" and inner is not path):
        raise TableError(
            f"{name}: expected a name that ends in {', '.join(SUFFIXES)} (texts also in .gz), "
            f"got {path.name!r}"
        )
    return kind


def _check_choice(name: str, kind: Kind, columns: Columns) -> None:
    if kind == "txt" and columns.named():
        raise TableError(
            f"{name}: expected no column names for a file of one text a line, "
            f"got {columns.named()[0]!r}"
        )
    if kind != "txt" and columns.text is None:
        raise TableError(f"{name}: expected the name of the column of texts, got none")


def _spooled(stream: BinaryIO, name: str, kind: Kind, columns: Columns) -> Table:
    with _as_table_errors(name):
        folder = tempfile.TemporaryDirectory(prefix="unrolled-")
        path = Path(folder.name) / "rows"
        try:
            with path.open("wb") as copy:
                shutil.copyfileobj(stream, copy)
        except BaseException:
            folder.cleanup()
            raise
    return Table(path, name, kind, columns, folder)


@contextmanager
def _as_table_errors(name: str) -> Iterator[None]:
    """Turn what the system or gzip says of a file into one line."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or _one_line(error)
        raise TableError(f"{name}: expected a file that can be read, got: {reason}") from error


def _lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number and its line end."""
    number = 0
    with _as_table_errors(name):
        # Not the stream's own loop, which would take a file without line ends into memory whole.
        while line := stream.readline(LONGEST + 1):
            number += 1
            if number == 1:
                if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    raise TableError(f"{name}: expected UTF-8, got UTF-16; save it as UTF-8")
                line = line.removeprefix(codecs.BOM_UTF8)
            if line:
                try:
                    text = _decoded(line)
                except ValueError as error:
                    raise TableError(f"{name}, line {number}: {error}") from None
                yield number, text


def _decoded(line: bytes) -> str:
    if len(line) > LONGEST:
        raise ValueError(f"expected at most {LONGEST} bytes, got more")
    if b"\0" in line:
        raise ValueError("expected text, got a NUL byte; save the file as UTF-8")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"expected UTF-8, got byte 0x{line[error.start]:02x} at position {error.start + 1}; "
            "save the file as UTF-8"
        ) from None


def _read_txt(stream: BinaryIO, name: str, columns: Columns) -> Iterator[Row]:
    return read_lines(stream, name)


def _read_csv(stream: BinaryIO, name: str, columns: Columns, delimiter: str = ",") -> Iterator[Row]:
    records = _csv_records((line for _, line in _lines(stream, name)), name, delimiter)
    _, header = next(records, (0, None))
    if header is None:
        return
    _check_header(header, columns, name)
    for number, fields in records:
        if len(fields) != len(header):
            raise TableError(
                f"{name}, line {number}: expected {len(header)} fields as in the header, "
                f"got {len(fields)}"
            )
        yield _row(number, dict(zip(header, fields, strict=True)), columns, f"{name}, line")


def _read_tsv(stream: BinaryIO, name: str, columns: Columns) -> Iterator[Row]:
    return _read_csv(stream, name, columns, "\t")


def _csv_records(
    lines: Iterable[str], name: str, delimiter: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where a row starts and its fields, for each row that is not blank."""
    # The limit belongs to the whole process: it is raised, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        for fields in reader:
            if fields:
                yield start, fields
            start = reader.line_num + 1
    except csv.Error as error:
        where = f"{name}, line {start}"
        if "new-line character" in str(error):
            raise TableError(f"{where}: expected lines that end in LF or CRLF, got CR") from None
        raise TableError(
            f"{where}: expected every quote to be closed and quotes inside quotes to be doubled, "
            f"got: {str(error).expandtabs(1)}"
        ) from None


def _read_jsonl(stream: BinaryIO, name: str, columns: Columns) -> Iterator[Row]:
    for number, line in _lines(stream, name):
        if line.isspace():
            continue
        where = f"{name}, line {number}"
        try:
            record = json.loads(line, object_pairs_hook=_unique)
        except json.JSONDecodeError as error:
            problem = f"{error.msg} at position {error.pos + 1}"
            raise TableError(f"{where}: expected a JSON object, got: {problem}") from None
        except (ValueError, RecursionError) as error:
            raise TableError(f"{where}: expected a JSON object, got: {_one_line(error)}") from None
        if not isinstance(record, dict):
            raise TableError(f"{where}: expected a JSON object, got {record!r:.60}")
        _check_columns(record, columns, where)
        yield _row(number, record, columns, f"{name}, line")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError(f"the same name twice among {_listed(name for name, _ in pairs)}")
    return record


def _read_parquet(stream: BinaryIO, name: str, columns: Columns) -> Iterator[Row]:
    number = 0
    with _parquet_file(stream, name) as file:
        _check_header(file.schema_arrow.names, columns, name)
        for batch in file.iter_batches(64, columns=columns.named()):
            for record in batch.to_pylist():
                number += 1
                yield _row(number, record, columns, f"{name}, row")


def _parquet_size(stream: BinaryIO, name: str) -> int:
    with _parquet_file(stream, name) as file:
        groups = range(file.metadata.num_row_groups)
        return sum(file.metadata.row_group(group).total_byte_size for group in groups)


@contextmanager
def _parquet_file(stream: BinaryIO, name: str) -> Iterator[Any]:
    try:
        from pyarrow import ArrowException, parquet  # type: ignore
    except ImportError:
        raise TableError(
            f"{name}: expected pyarrow to read Parquet, got no such library; pip install pyarrow"
        ) from None
    try:
        # So it reads page by page; else a whole group of rows, which may be the whole file.
        yield parquet.ParquetFile(stream, buffer_size=2**16, pre_buffer=False)
    except TableError:
        raise
    except (ArrowException, OSError, ValueError) as error:
        raise TableError(
            f"{name}: expected a whole Parquet file, got: {_one_line(error)}"
        ) from error


READERS: dict[Kind, Callable[[BinaryIO, str, Columns], Iterator[Row]]] = {
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
    "txt": _read_txt,
}


def _check_header(found: Collection[str], columns: Columns, name: str) -> None:
    _check_columns(found, columns, name)
    for column, count in Counter(found).items():
        # Spreadsheets leave columns without a name behind; they matter to nobody.
        if count > 1 and (column or column in columns):
            raise TableError(f"{name}: expected one column {column!r}, got {count}")


def _check_columns(found: Collection[str], columns: Columns, where: str) -> None:
    for column in columns.named():
        if column not in found:
            raise TableError(f"{where}: expected a column {column!r}, got {_listed(found)}")


def _row(number: int, record: Mapping[str, Any], columns: Columns, unit: str) -> Row:
    text, target, group, weight = columns
    try:
        return Row(
            number,
            _cell(record, text, _text),
            _cell(record, target, _target),
            _cell(record, group, _group),
            _cell(record, weight, _weight),
        )
    except ValueError as error:
        raise TableError(f"{unit} {number}, {error}") from None


def _cell(record: Mapping[str, Any], column: str | None, read: Callable[[Any], Any]) -> Any:
    if column is None:
        return None
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


def _target(value: Any) -> float:
    return _number(value, -LARGEST)


def _weight(value: Any) -> float:
    return _number(value, 0)


def _number(value: Any, least: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    # True is no number here, and "1_5" is one to Python alone.
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        number = math.nan
    if not least <= number <= LARGEST:
        raise ValueError(f"expected a number from {least:g} to {LARGEST:g}, got {value!r:.60}")
    return number


def _group(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(f"expected a word or a whole number, got {value!r:.60}")
    return str(value)


def _listed(names: Iterable[str]) -> str:
    return _short(", ".join(repr(name) for name in names))


def _one_line(error: BaseException) -> str:
    return _short(" ".join(str(error).split()))


def _short(words: str) -> str:
    return words if len(words) <= 200 else f"{words[:200]} …"


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)
