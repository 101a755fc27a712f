"""Texts as numbers, in memory or on disk, and batches of them for a network to read.

Every different token has a number of its own, so a text is a short row of integers however large
the corpus is, and a batch looks each of its different tokens up only once.
"""

import hashlib
import tempfile
import weakref
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count
from unrolled.regressor.pieces import START, Pieces, tokens
from unrolled.text.batches import by_length

#: The most tokens that are read of one text, ``START`` included.
LONGEST_TEXT = 512
#: The most steps in a batch, padding included: what a batch of long texts takes of memory.
MOST_STEPS = 8192
# Numbers that are kept in memory before they go to disk.
_BLOCK = 1_000_000


class Reading(NamedTuple):
    """One batch as the network takes it.

    ``words`` int32 (N, T) numbers the different tokens of the batch from 1; 0 is padding.
    ``pieces`` int32 (P,) holds the piece ids of all these tokens, end to end, and ``owners``
    int32 (P,), in rising order, the number of the token that each belongs to.
    Token 0, the padding, owns one piece, id 0.
    """

    words: NDArray[np.int32]
    pieces: NDArray[np.int32]
    owners: NDArray[np.int32]


class Encoded(NamedTuple):
    """Texts as numbers of tokens.

    ``tokens`` holds every different token; ``flat`` the numbers of all texts, end to end;
    text ``n`` is ``flat[starts[n]:starts[n + 1]]`` and never empty.
    ``keys`` tells equal texts from different ones, ``cut`` counts the texts that were too long.
    """

    tokens: list[str]
    flat: NDArray[np.int32]
    starts: NDArray[np.int64]
    keys: NDArray[np.uint64]
    cut: int

    @property
    def texts(self) -> int:
        """The number of texts."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of tokens of each text."""
        return np.diff(self.starts)

    def of(self, row: int) -> NDArray[np.int32]:
        """Return the token numbers of one text."""
        return self.flat[self.starts[row] : self.starts[row + 1]]

    def counts(self, rows: NDArray[np.intp]) -> dict[str, int]:
        """Return how often each token stands in these texts; those that do not are left out."""
        total = np.zeros(len(self.tokens), np.int64)
        for start in range(0, len(rows), 65_536):
            numbers = np.concatenate([self.of(row) for row in rows[start : start + 65_536]])
            total += np.bincount(numbers, minlength=len(total))
        return {self.tokens[i]: int(total[i]) for i in np.flatnonzero(total)}


class Encoder:
    """Turns texts into numbers one at a time, so that the texts themselves need not be kept.

    Parameters
    ----------
    on_disk
        Keep the numbers in a temporary file that is gone with the program, not in memory.
    longest
        The most tokens to read of one text; the rest is cut off, and counted in ``cut``.

    Examples
    --------
    >>> encoder = Encoder()
    >>> for text in ["so late", "so so"]:
    ...     encoder.add(text)
    >>> encoded = encoder.finish()
    >>> encoded.tokens, encoded.of(1)
    (['⟦⟧', 'so', 'late'], array([0, 1, 1], dtype=int32))

    """

    def __init__(self, on_disk: bool = False, longest: int = LONGEST_TEXT) -> None:
        """Start with no text."""
        self.longest = as_count(longest, "longest", least=2)
        self.cut = 0
        self._numbers = {START: 0}
        self._flat, self._starts, self._keys = array("i"), array("q", [0]), array("Q")
        self._file = tempfile.TemporaryFile() if on_disk else None  # noqa: SIM115  (kept open)
        if self._file is not None:
            weakref.finalize(self, self._file.close)

    def add(self, text: str) -> None:
        """Encode one text; one without a token becomes ``START`` alone."""
        row = [0]
        for token in tokens(text):
            if len(row) == self.longest:
                self.cut += 1
                break
            row.append(self._numbers.setdefault(token, len(self._numbers)))
        self._flat.extend(row)
        self._starts.append(self._starts[-1] + len(row))
        written = array("i", row).tobytes()
        self._keys.append(int.from_bytes(hashlib.blake2b(written, digest_size=8).digest()))
        if self._file is not None and len(self._flat) > _BLOCK:
            self._flat.tofile(self._file)
            self._flat = array("i")

    def finish(self) -> Encoded:
        """Return all texts added so far; nothing can be added afterwards."""
        flat = np.frombuffer(self._flat, np.int32) if self._flat else np.zeros(0, np.int32)
        if self._file is not None:
            self._flat.tofile(self._file)
            self._file.flush()
            flat = np.memmap(self._file, np.int32, "r") if self._starts[-1] else flat
        starts, keys = np.frombuffer(self._starts, np.int64), np.array(self._keys, np.uint64)
        return Encoded(list(self._numbers), flat, starts, keys, self.cut)


class Library:
    """The pieces of every token of a corpus, looked up once.

    >>> encoder = Encoder()
    >>> encoder.add("so late")
    >>> encoder.add("so")
    >>> encoded = encoder.finish()
    >>> library = Library(encoded, Pieces.fit(encoded.counts(np.array([0, 1])), min_count=1))
    >>> library.read(np.array([0, 1])).words
    array([[1, 2, 3],
           [1, 2, 0]], dtype=int32)

    """

    def __init__(self, encoded: Encoded, pieces: Pieces) -> None:
        """Look up every token's pieces."""
        self.encoded = encoded
        flat, starts = array("i"), array("q", [0])
        for token in encoded.tokens:
            flat.extend(pieces.ids(token))
            starts.append(len(flat))
        self.flat, self.starts = np.frombuffer(flat, np.int32), np.frombuffer(starts, np.int64)

    def read(self, rows: NDArray[np.intp]) -> Reading:
        """Return these texts as one batch, padded behind to the longest of them."""
        texts = [self.encoded.of(row) for row in rows]
        lengths = np.array([len(text) for text in texts])
        used, numbers = np.unique(np.concatenate(texts), return_inverse=True)
        words = np.zeros((len(rows), lengths.max()), np.int32)
        words[np.arange(words.shape[1]) < lengths[:, None]] = numbers + 1
        first, counts = self.starts[used], self.starts[used + 1] - self.starts[used]
        # The positions of every piece of every used token: runs, end to end.
        ends = np.cumsum(counts)
        places = np.arange(ends[-1]) - np.repeat(ends - counts, counts) + np.repeat(first, counts)
        pieces = np.concatenate([np.zeros(1, np.int32), self.flat[places]])
        owners = np.repeat(np.arange(len(used) + 1), np.concatenate([[1], counts]))
        return Reading(words, pieces, owners.astype(np.int32))

    def batches(
        self, rows: NDArray[np.intp], size: int, seed: int | None
    ) -> Iterator[tuple[NDArray[np.intp], Reading]]:
        """Yield batches of texts of like length, each with its places in ``rows``.

        ``size`` is the most texts in a batch; long texts come in smaller ones.
        A ``seed`` shuffles; without one the shortest texts come first.
        """
        for places in by_length(self.encoded.lengths[rows], size, seed, MOST_STEPS):
            yield places, self.read(rows[places])
