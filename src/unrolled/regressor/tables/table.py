"""From the name of a file, or standard input, to its rows, read anew each time."""

import gzip
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

from unrolled.regressor.examples import Example
from unrolled.regressor.tables.errors import TableError, as_table_errors, printable
from unrolled.regressor.tables.finding import Role, check_is_header, find, head
from unrolled.regressor.tables.formats import FORMATS, RECORDS, Kind, parquet_size, read
from unrolled.regressor.tables.rows import Columns, at_least_one

SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "txt",
}


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
        quotes: bool = True,
        spool: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        """Hold what :func:`open_table` found; ``spool`` is a folder to delete at the end."""
        self.path = path
        self.name = name
        self.kind = kind
        self.columns = columns
        self.quotes = quotes
        self._spool = spool
        #: What was found by a look at the rows, for nobody had named it.
        self.found: dict[Role, str] = {}

    def __iter__(self) -> Iterator[Example]:
        """Yield the rows in the file's order."""
        with self._open() as stream:
            rows = read(self.kind, stream, self.name, self.columns, self.quotes)
            yield from at_least_one(rows, self.name)

    def find(self, wanted: Mapping[Role, str | None]) -> None:
        """Find columns: under the name that each may have, or else by a look at the first rows.

        Raises :class:`TableError` where there is no such choice, or more than one.
        """
        with self._open() as stream:
            everything = Columns(None, None, None, None)
            records = RECORDS[self.kind](stream, self.name, everything, self.quotes)
            cells = head(at_least_one(records, self.name))
        usual: dict[Any, Any] = {role: name for role, name in wanted.items() if name in cells}
        columns = self.columns._replace(**usual)
        left = [role for role in wanted if role not in usual]
        if len(left) == 2 and self.kind in ("csv", "tsv"):
            check_is_header(self.name, cells)
        self.columns = find(cells, columns, left)
        self.found = {role: str(getattr(self.columns, role)) for role in left}

    @cached_property
    def size(self) -> int:
        """Bytes that reading gives: more than on the disk if the file is compressed."""
        with self._open() as stream:
            if self.kind == "parquet":
                return parquet_size(stream, self.name)
            if isinstance(stream, gzip.GzipFile):
                return sum(len(block) for block in iter(lambda: stream.read(2**20), b""))
        return self.path.stat().st_size

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        opened = gzip.open if self.path.suffix.lower() == ".gz" else open
        with as_table_errors(self.name), opened(self.path, "rb") as stream:
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
    beside: tuple[str, ...] = (),
    kind: Kind | None = None,
    quotes: bool = True,
    find: Mapping[Role, str | None] | None = None,
) -> Table:
    r"""Find the columns of a file and return its rows, which are read when they are asked for.

    Texts come as they are in the file, empty ones too. Blank lines between rows are skipped,
    except in a file of one text a line or of one column, where a blank line is an empty text.

    Parameters
    ----------
    source
        A file in UTF-8: ``.csv``, ``.tsv`` or ``.tab`` (quoted as in CSV, but a row is one line),
        ``.jsonl`` or ``.ndjson`` (one object a line), ``.txt`` (one text a line), each also
        ``.gz``; or ``.parquet``, which needs pyarrow. ``"-"`` is standard input, which is copied
        to a temporary file until the table is closed.
    text, target, group, weight
        Exact names of columns: the texts; numbers to predict; what related texts share, a word
        or a whole number; how much a row counts, 0 or more. A file of one text a line has none.
    beside
        Names of further columns: numbers, or words that are categories; a cell may be empty.
    kind
        What the file is, if its name does not say so. Standard input is ``"csv"``, or ``"txt"``
        where no text column is named.
    quotes
        Whether quotes in CSV and TSV hold a field together. If not, they are signs like others,
        and every line is a row.
    find
        Which of ``text`` and ``target`` to find where they are not named, each with the name that
        it usually has, or None. Where no column has that name, the first rows have to leave one
        choice; ``Table.found`` tells what was found so.

    Raises
    ------
    TableError
        If the file cannot be read, its first row is wrong, or it is not clear what to find.
    ValueError
        If ``kind`` is unknown.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "clock.csv"
    ...     _ = path.write_text('said,minutes\n"ten to six, sharp",350\n', encoding="utf-8")
    ...     with open_table(path, text="said", target="minutes") as table:
    ...         list(table)
    [Example(text='ten to six, sharp', target=350.0, group=None, weight=1.0, number=2, beside=())]

    """
    if kind is not None and kind not in FORMATS:
        raise ValueError(f"kind: expected one of {FORMATS}, got {kind!r}")
    columns = Columns(text, target, group, weight, beside)
    wanted = {role: name for role, name in (find or {}).items() if getattr(columns, role) is None}
    if str(source) == "-":
        kind = kind or ("txt" if text is None and not wanted else "csv")
        _check_choice("standard input", kind, columns, quotes, wanted)
        table = _spooled(standard_input(), "standard input", kind, columns, quotes)
    else:
        path = Path(source)
        name = printable(str(source))
        _check_file(path, name)
        kind = kind or _kind_of(path, name)
        _check_choice(name, kind, columns, quotes, wanted)
        table = Table(path, name, kind, columns, quotes)
    try:
        if wanted and kind != "txt":
            table.find(wanted)
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


def _check_file(path: Path, name: str) -> None:
    with as_table_errors(name):
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


def _check_choice(
    name: str, kind: Kind, columns: Columns, quotes: bool, wanted: Mapping[Role, str | None]
) -> None:
    if not quotes and kind not in ("csv", "tsv"):
        raise TableError(f"{name}: expected CSV or TSV to read without quotes, got {kind}")
    if kind == "txt" and columns.named():
        raise TableError(
            f"{name}: expected no column names for a file of one text a line, "
            f"got {columns.named()[0]!r}"
        )
    if kind == "txt" and "target" in wanted:
        raise TableError(f"{name}: expected a table with a column of numbers, got one text a line")
    if kind != "txt" and columns.text is None and "text" not in wanted:
        raise TableError(f"{name}: expected the name of the column of texts, got none")


def _spooled(stream: BinaryIO, name: str, kind: Kind, columns: Columns, quotes: bool) -> Table:
    with as_table_errors(name):
        folder = tempfile.TemporaryDirectory(prefix="unrolled-")
        path = Path(folder.name) / "rows"
        try:
            with path.open("wb") as copy:
                shutil.copyfileobj(stream, copy)
        except BaseException:
            folder.cleanup()
            raise
    return Table(path, name, kind, columns, quotes, folder)
