"""What a trained model is asked: rows as they arrive, checked, in blocks."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

from unrolled.regressor import portable
from unrolled.regressor.examples import Example
from unrolled.regressor.pieces import tokens
from unrolled.regressor.tables import TableError, filled

#: The most texts, and letters in them but for the last one's, that are answered together.
BLOCK, LETTERS = 4096, 2**20
#: The most bytes that are taken from standard input at once; fewer if no more have arrived.
CHUNK = 2**16


class Lines:
    r"""The lines of a stream as they arrive; ``waiting`` tells whether one is here already.

    >>> lines = Lines(BytesIO(b"ten to six\nsix to ten\nsix"))
    >>> lines.readline(100), lines.waiting
    (b'ten to six\n', True)
    >>> lines.readline(100), lines.waiting
    (b'six to ten\n', False)
    >>> lines.readline(100), lines.readline(100)
    (b'six', b'')
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Take nothing yet from a stream that can ``read1``."""
        self._stream: Any = stream
        self._lines, self._rest = BytesIO(), bytearray()
        self.waiting = False

    def readline(self, most: int) -> bytes:
        """Return the next line, or its first ``most`` bytes; nothing at the end."""
        while not self.waiting and len(self._rest) < most:
            chunk = self._stream.read1(CHUNK)
            if not chunk:
                break
            lines, end, rest = chunk.rpartition(b"\n")
            if end:
                self._lines = BytesIO(b"".join([self._rest, lines, end]))
                self._rest.clear()
                self.waiting = True
            self._rest += rest
        if self.waiting:
            line = self._lines.readline(most)
            self.waiting = self._lines.tell() < len(self._lines.getbuffer())
            return line
        line = bytes(self._rest[:most])
        del self._rest[:most]
        return line


class Questions:
    """Rows to be answered, checked as they come.

    Raises ``TableError`` at an empty text if that is an error, and at a word for a number.
    """

    def __init__(
        self, rows: Iterable[Example], name: str, model: portable.Model, empty: str = "error"
    ) -> None:
        """Take rows from a source called ``name``, for a model."""
        self.rows = filled(rows, name) if empty == "error" else rows
        self.name, self.covariates = name, model.covariates

    def __iter__(self) -> Iterator[Example]:
        """Yield the rows."""
        for row in self.rows:
            try:
                self.covariates.check(row.beside)
            except ValueError as error:
                raise TableError(f"{self.name}, line {row.number}, {error}") from None
            yield row


def is_cut(text: str, max_length: int) -> bool:
    """Tell whether a text has more tokens than are read, the sign of its start being one."""
    # A sign unfolds into 18 at most, by Unicode's form NFKC, and one of ASCII into itself.
    most = len(text) * (1 if text.isascii() else 18)
    return most >= max_length and len(list(islice(tokens(text), max_length))) == max_length


def asked(model: portable.Model, rows: list[Example]) -> Any:
    """Return what a model takes: texts, or a table where columns stand beside them."""
    texts, names = [row.text for row in rows], model.covariates.names
    if not names:
        return texts
    columns = zip(*(row.beside for row in rows), strict=True)
    return {model.covariates.text: texts, **dict(zip(names, map(list, columns), strict=True))}


def blocks(
    rows: Iterable[Example], pause: Callable[[], bool] = lambda: False
) -> Iterator[list[Example]]:
    """Yield rows in blocks; one ends early where ``pause()`` says that no row is at hand.

    An error among the rows is raised after those before it.
    """
    block: list[Example] = []
    letters = 0
    try:
        for row in rows:
            block.append(row)
            letters += len(row.text)
            if len(block) == BLOCK or letters >= LETTERS or pause():
                yield block
                block, letters = [], 0
    except TableError:
        if block:
            yield block
        raise
    if block:
        yield block
