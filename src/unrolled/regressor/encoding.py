"""Texts as a network takes them: batches of like length, every different token once, as pieces."""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.examples import Indices, Tokenized
from unrolled.regressor.pieces import Pieces
from unrolled.text.batches import by_length

#: The most steps in a batch, padding included: what a batch of long texts takes of memory.
MOST_STEPS = 8192


class Batch(NamedTuple):
    """N texts as the network takes them.

    ``words`` int32 (N, T) numbers the different tokens of the batch from 1; 0 is padding.
    ``pieces`` int32 (P,) holds the piece ids of all these tokens, end to end, and ``owners``
    int32 (P,), in rising order, the number of the token that each belongs to.
    Token 0, the padding, owns one piece, id 0.
    """

    words: NDArray[np.int32]
    pieces: NDArray[np.int32]
    owners: NDArray[np.int32]


class Encoded:
    """Tokenised texts with the pieces of every token, looked up once.

    Token ``i`` has the piece ids ``flat[starts[i]:starts[i + 1]]``, of which there is at least one.

    >>> from unrolled.regressor.examples import tokenize
    >>> texts = tokenize(["so late", "so"])
    >>> encoded = Encoded(texts, Pieces.fit(texts.counts(np.array([0, 1])), min_count=1))
    >>> encoded.batch(np.array([0, 1])).words
    array([[1, 2, 3],
           [1, 2, 0]], dtype=int32)

    """

    def __init__(self, texts: Tokenized, pieces: Pieces) -> None:
        """Look up every token's pieces."""
        self.texts, self.pieces = texts, pieces
        flat, starts = array("i"), array("q", [0])
        for token in texts.tokens:
            flat.extend(pieces.ids(token))
            starts.append(len(flat))
        self.flat, self.starts = np.frombuffer(flat, np.int32), np.frombuffer(starts, np.int64)

    def batch(self, rows: Indices) -> Batch:
        """Return these texts as one batch, padded behind to the longest of them."""
        texts = [self.texts.of(row) for row in rows]
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
        return Batch(words, pieces, owners.astype(np.int32))

    def batches(
        self, rows: Indices, size: int, seed: int | None
    ) -> Iterator[tuple[Indices, Batch]]:
        """Yield batches of texts of like length, each with its places in ``rows``.

        ``size`` is the most texts in a batch; long texts come in smaller ones.
        A ``seed`` shuffles; without one the shortest texts come first.
        """
        for places in by_length(self.texts.lengths[rows], size, seed, MOST_STEPS):
            yield places, self.batch(rows[places])
