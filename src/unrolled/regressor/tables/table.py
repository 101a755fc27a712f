"""The rows of one file, read from its start each time they are asked for."""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from unrolled.regressor.tables.errors import as_table_errors
from unrolled.regressor.tables.formats import READERS, Kind, parquet_size
from unrolled.regressor.tables.rows import Columns, Row, at_least_one


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
            yield from at_least_one(READERS[self.kind](stream, self.name, self.columns), self.name)

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
