"""CSV, TSV, JSON lines, Parquet and plain lines: bytes in, row after row out."""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

from unrolled.extras import cause_of, missing_extra
from unrolled.regressor.examples import Example
from unrolled.regressor.tables.errors import TableError, as_table_errors, listed, one_line
from unrolled.regressor.tables.rows import (
    Columns,
    at_least_one,
    check_columns,
    check_header,
    example_of,
)

Kind = Literal["csv", "tsv", "jsonl", "parquet", "txt"]
#: The longest line in bytes, and the longest field in characters.
LONGEST = 10_000_000
#: Where a row stands, and what stands in it by the name of its column.
Record = tuple[int, Mapping[str, Any]]
_NO_QUOTES = "where a quote is a sign like others, say --no-quotes (quotes=False)"


def read_lines(stream: BinaryIO, name: str) -> Iterator[Example]:
    r"""Yield one text a line, each as soon as its line has arrived.

    Raises :class:`TableError` for a line that is no UTF-8, holds NUL or is too long, and at the
    end if there was no line.

    >>> import io
    >>> [row.text for row in read_lines(io.BytesIO(b"ten to six\r\nsix to ten"), "lines")]
    ['ten to six', 'six to ten']
    """
    rows = (
        Example(line.removesuffix("\n").removesuffix("\r"), number=number)
        for number, line in _numbered_lines(stream, name)
    )
    return at_least_one(rows, name)


def read(
    kind: Kind, stream: BinaryIO, name: str, columns: Columns, quotes: bool
) -> Iterator[Example]:
    """Yield the rows of a file of one kind, each as soon as it is read."""
    if kind == "txt":
        return read_lines(stream, name)
    unit = f"{name}, {'row' if kind == 'parquet' else 'line'}"
    records = RECORDS[kind](stream, name, columns, quotes)
    return (example_of(number, record, columns, unit) for number, record in records)


def _read_csv(
    stream: BinaryIO, name: str, columns: Columns, quotes: bool, delimiter: str = ","
) -> Iterator[Record]:
    lines = (line for _, line in _numbered_lines(stream, name))
    records = _csv_records(lines, name, delimiter, quotes)
    _, header = next(((number, fields) for number, fields in records if fields), (0, None))
    if header is None:
        return
    check_header(header, columns, name)
    blank: list[int] = []
    for number, fields in records:
        if not fields:
            # In a file of one column a blank line is an empty field, unless it is at the end.
            blank += [number] * (len(header) == 1)
            continue
        for line in blank:
            yield line, {header[0]: ""}
        blank.clear()
        if len(fields) != len(header):
            raise TableError(
                f"{name}, line {number}: expected {len(header)} fields as in the header, "
                f"got {len(fields)}"
            )
        yield number, dict(zip(header, fields, strict=True))


def _read_tsv(stream: BinaryIO, name: str, columns: Columns, quotes: bool) -> Iterator[Record]:
    return _read_csv(stream, name, columns, quotes, "\t")


def _csv_records(
    lines: Iterable[str], name: str, delimiter: str, quotes: bool
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where a row starts and its fields, none where it is blank."""
    # The limit belongs to the whole process: it is raised, never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    quoting: Any = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    start = 1
    try:
        for fields in reader:
            # Few who write a TSV mean such a field; most have a text that begins with a quote.
            if delimiter == "\t" and reader.line_num > start:
                raise TableError(
                    f"{name}, line {start}: expected a row of one line, got a quoted field that "
                    f"ends in line {reader.line_num}; {_NO_QUOTES}"
                )
            yield start, fields
            start = reader.line_num + 1
    except csv.Error as error:
        where = f"{name}, line {start}"
        if "new-line character" in str(error):
            raise TableError(f"{where}: expected lines that end in LF or CRLF, got CR") from None
        raise TableError(
            f"{where}: expected every quote to be closed and quotes inside quotes to be doubled, "
            f"got: {str(error).expandtabs(1)}; {_NO_QUOTES}"
        ) from None


def _read_jsonl(stream: BinaryIO, name: str, columns: Columns, quotes: bool) -> Iterator[Record]:
    for number, line in _numbered_lines(stream, name):
        if line.isspace():
            continue
        where = f"{name}, line {number}"
        try:
            record = json.loads(line, object_pairs_hook=_Record)
        except json.JSONDecodeError as error:
            problem = f"{error.msg} at position {error.pos + 1}"
            raise TableError(f"{where}: expected a JSON object, got: {problem}") from None
        except (ValueError, RecursionError) as error:
            raise TableError(f"{where}: expected a JSON object, got: {one_line(error)}") from None
        if not isinstance(record, _Record):
            raise TableError(f"{where}: expected a JSON object, got {record!r:.60}")
        check_columns(record, columns, where)
        if twice := record.twice.intersection(columns.named()):
            raise TableError(
                f"{where}: expected a JSON object, got: the same name twice among "
                f"{listed(sorted(twice))}"
            )
        yield number, record


class _Record(dict[str, Any]):
    """An object of JSON that remembers which of its names stand there more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(self) < len(pairs) else {}
        self.twice = {key for key, count in counts.items() if count > 1}


def _read_parquet(stream: BinaryIO, name: str, columns: Columns, quotes: bool) -> Iterator[Record]:
    number = 0
    with _parquet_file(stream, name) as file:
        check_header(file.schema_arrow.names, columns, name)
        for batch in file.iter_batches(64, columns=columns.named() or None):
            for record in batch.to_pylist():
                number += 1
                yield number, record


def parquet_size(stream: BinaryIO, name: str) -> int:
    """Return the bytes of a Parquet file's columns before they were compressed."""
    with _parquet_file(stream, name) as file:
        groups = range(file.metadata.num_row_groups)
        return sum(file.metadata.row_group(group).total_byte_size for group in groups)


@contextmanager
def _parquet_file(stream: BinaryIO, name: str) -> Iterator[Any]:
    try:
        from pyarrow import ArrowException, parquet  # type: ignore
    except ImportError as error:
        is_absent = missing_extra(error) == "pyarrow"
        got = "no such library; pip install pyarrow" if is_absent else cause_of(error)
        raise TableError(f"{name}: expected pyarrow to read Parquet, got {got}") from error
    try:
        # So it reads page by page; else a whole group of rows, which may be the whole file.
        yield parquet.ParquetFile(stream, buffer_size=2**16, pre_buffer=False)
    except TableError:
        raise
    except (ArrowException, OSError, ValueError, OverflowError) as error:
        raise TableError(
            f"{name}: expected a whole Parquet file, got: {one_line(error)}"
        ) from error


def _numbered_lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number and its line end."""
    number = 0
    with as_table_errors(name):
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


RECORDS: dict[Kind, Callable[[BinaryIO, str, Columns, bool], Iterator[Record]]] = {
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}
#: What a file may be: a table, or one text a line.
FORMATS: tuple[Kind, ...] = (*RECORDS, "txt")
