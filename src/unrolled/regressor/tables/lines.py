"""Bytes as lines of text, each as soon as it has arrived."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from unrolled.regressor.tables.errors import TableError, as_table_errors
from unrolled.regressor.tables.rows import Row, at_least_one

#: The longest line in bytes, and the longest field in characters.
LONGEST = 10_000_000


def read_lines(stream: BinaryIO, name: str) -> Iterator[Row]:
    r"""Yield one text a line, each as soon as its line has arrived.

    Raises :class:`TableError` for a line that is no UTF-8, holds NUL or is too long, and at the
    end if there was no line.

    >>> import io
    >>> [row.text for row in read_lines(io.BytesIO(b"ten to six\r\nsix to ten"), "lines")]
    ['ten to six', 'six to ten']
    """
    rows = (
        Row(number, line.removesuffix("\n").removesuffix("\r"), None, None, None)
        for number, line in numbered_lines(stream, name)
    )
    return at_least_one(rows, name)


def numbered_lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
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
