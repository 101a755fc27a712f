"""Words as numbers and vectors, each worked out once and kept for the next text."""

from itertools import chain, islice

import numpy as np

from unrolled.activations import Array
from unrolled.regressor.pieces import START, Pieces, tokens

#: What kept vectors may take of memory before all are forgotten.
MOST_BYTES = 256 << 20
# How many words have their pieces looked up at once, so that these fit a processor's cache.
_AT_ONCE = 1024


class Words:
    """The different words read so far, numbered from 1; number 0, all zeros, is padding.

    Parameters
    ----------
    pieces
        The V pieces that are known.
    tables
        For each reader the vectors of the pieces (V, D).
    max_length
        The most tokens to read of one text, ``START`` included.

    Attributes
    ----------
    vectors
        For each reader the vectors of the words, row by number: the sum of their pieces' vectors
        over the root of the number of pieces.

    """

    def __init__(self, pieces: Pieces, tables: list[Array], max_length: int) -> None:
        """Begin with padding and ``START``, which is number 1."""
        self.pieces, self._tables = pieces, tables
        self._max_length = max_length
        self._forget()

    def cut(self, text: str) -> list[str]:
        """Return the tokens that are read of a text, ``START`` first."""
        return [START, *islice(tokens(text), self._max_length - 1)]

    def numbers(self, texts: list[list[str]]) -> list[list[int]]:
        """Return the numbers of the words of texts that were cut; they hold until the next call."""
        if sum(rows.nbytes for rows in self.vectors) > MOST_BYTES:
            self._forget()
        known = self._numbers
        new: dict[str, int] = {}
        found = []
        for text in texts:
            row = []
            for token in text:
                number = known.get(token) or new.get(token)
                if number is None:
                    number = new[token] = 1 + len(known) + len(new)
                row.append(number)
            found.append(row)
        if new:
            self._learn(new)
        return found

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self.vectors = [np.zeros((1, table.shape[1]), np.float32) for table in self._tables]
        self._learn({START: 1})

    def _learn(self, new: dict[str, int]) -> None:
        """Add the rows of words, whose numbers follow those of all others."""
        known, words = 1 + len(self._numbers), list(new)
        self.vectors = [_with_room(rows, known + len(words)) for rows in self.vectors]
        for start in range(0, len(words), _AT_ONCE):
            ids = [self.pieces.ids(word) for word in words[start : start + _AT_ONCE]]
            counts = np.array([len(each) for each in ids])
            flat, starts = np.fromiter(chain.from_iterable(ids), np.intp), counts.cumsum() - counts
            roots = np.sqrt(counts, dtype=np.float32)[:, None]
            here = slice(known + start, known + start + len(ids))
            for rows, table in zip(self.vectors, self._tables, strict=True):
                np.divide(np.add.reduceat(table[flat], starts), roots, out=rows[here])
        # Last, so that a call that is broken off leaves no word without its rows.
        self._numbers.update(new)


def _with_room(rows: Array, count: int) -> Array:
    """Return the rows in an array of at least ``count``, twice as large as before if it grows."""
    if count <= len(rows):
        return rows
    grown = np.empty((max(count, 2 * len(rows)), rows.shape[1]), rows.dtype)
    grown[: len(rows)] = rows
    return grown
