"""CSV, TSV, JSON lines, Parquet and plain lines: bytes in, row after row out."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

from unrolled.regressor.tables.errors import TableError, listed, one_line
from unrolled.regressor.tables.lines import LONGEST, numbered_lines, read_lines
from unrolled.regressor.tables.rows import Columns, Row, check_columns, check_header, row_of

Kind = Literal["csv", "tsv", "jsonl", "parquet", "txt"]


def _read_txt(stream: BinaryIO, name: str, columns: Columns) -> Iterator[Row]:
    return read_lines(stream, name)


def _read_csv(stream: BinaryIO, name: str, columns: Columns, delimiter: str = ",") -> Iterator[Row]:
    records = _csv_records((line for _, line in numbered_lines(stream, name)), name, delimiter)
    _, header = next(records, (0, None))
    if header is None:
        return
    check_header(header, columns, name)
    for number, fields in records:
        if len(fields) != len(header):
            raise TableError(
                f"{name}, line {number}: expected {len(header)} fields as in the header, "
                f"got {len(fields)}"
            )
        yield row_of(number, dict(zip(header, fields, strict=True)), columns, f"{name}, line")


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
    for number, line in numbered_lines(stream, name):
        if line.isspace():
            continue
        where = f"{name}, line {number}"
        try:
            record = json.loads(line, object_pairs_hook=_unique)
        except json.JSONDecodeError as error:
            problem = f"{error.msg} at position {error.pos + 1}"
            raise TableError(f"{where}: expected a JSON object, got: {problem}") from None
        except (ValueError, RecursionError) as error:
            raise TableError(f"{where}: expected a JSON object, got: {one_line(error)}") from None
        if not isinstance(record, dict):
            raise TableError(f"{where}: expected a JSON object, got {record!r:.60}")
        check_columns(record, columns, where)
        yield row_of(number, record, columns, f"{name}, line")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError(f"the same name twice among {listed(name for name, _ in pairs)}")
    return record


def _read_parquet(stream: BinaryIO, name: str, columns: Columns) -> Iterator[Row]:
    number = 0
    with _parquet_file(stream, name) as file:
        check_header(file.schema_arrow.names, columns, name)
        for batch in file.iter_batches(64, columns=columns.named()):
            for record in batch.to_pylist():
                number += 1
                yield row_of(number, record, columns, f"{name}, row")


def parquet_size(stream: BinaryIO, name: str) -> int:
    """Return the bytes of a Parquet file's columns before they were compressed."""
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
    except (ArrowException, OSError, ValueError, OverflowError) as error:
        raise TableError(
            f"{name}: expected a whole Parquet file, got: {one_line(error)}"
        ) from error


READERS: dict[Kind, Callable[[BinaryIO, str, Columns], Iterator[Row]]] = {
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
    "txt": _read_txt,
}
