"""Texts with their numbers, as integers: what the text regressor learns from.

Every different token has an id of its own, so a text is a short row of integers however large the
corpus is, in memory or on disk.
"""

import hashlib
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.columns import Cell, Coded, Coder
from unrolled.regressor.pieces import START, tokens
from unrolled.text.corpora import split_rows

Indices = NDArray[np.intp]
#: The most tokens that are read of one text, ``START`` included.
MAX_LENGTH = 512
# Ids that are kept in memory before they go to disk.
_BLOCK = 1_000_000


class Example(NamedTuple):
    """One text, its number if it is known, the group it belongs to, if any, and how much it counts.

    ``number`` is its place in a file: the line where it starts, from 1 (in Parquet, which has no
    lines, the row). ``beside`` holds the cells of further columns, in the order of their names.
    """

    text: str
    target: float = nan
    group: str | None = None
    weight: float = 1.0
    number: int = 0
    beside: tuple[Cell, ...] = ()


@dataclass(frozen=True, eq=False)
class Tokenized:
    """Texts as ids of tokens.

    ``tokens`` holds every different token; ``flat`` int32 the ids of all texts, end to end;
    text ``n`` is ``flat[starts[n]:starts[n + 1]]`` and never empty.
    ``keys`` tells equal texts from different ones, ``cut`` counts the texts that were too long.
    """

    tokens: list[str]
    flat: NDArray[np.int32]
    starts: NDArray[np.int64]
    keys: NDArray[np.uint64]
    cut: int

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.keys)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of tokens of each text."""
        return np.diff(self.starts)

    def of(self, row: int) -> NDArray[np.int32]:
        """Return the ids of one text's tokens."""
        return self.flat[self.starts[row] : self.starts[row + 1]]

    def words(self, rows: Indices) -> list[list[str]]:
        """Return the tokens of some texts, without ``START``."""
        return [[self.tokens[token] for token in self.of(row)[1:]] for row in rows]

    def counts(self, rows: Indices) -> dict[str, int]:
        """Return how often each token stands in these texts; those that do not are left out."""
        total = np.zeros(len(self.tokens), np.int64)
        for start in range(0, len(rows), 65_536):
            ids = np.concatenate([self.of(row) for row in rows[start : start + 65_536]])
            total += np.bincount(ids, minlength=len(total))
        return {self.tokens[i]: int(total[i]) for i in np.flatnonzero(total)}


def tokenize(
    texts: Iterable[str], *, on_disk: bool = False, max_length: int = MAX_LENGTH
) -> Tokenized:
    """Turn texts into ids one at a time, so that the texts themselves need not be kept.

    Parameters
    ----------
    texts
        At least one; one without a token becomes ``START`` alone.
    on_disk
        Keep the ids in a temporary file that is gone with them, not in memory.
    max_length
        The most tokens to read of one text, at least 2; the rest is cut off.

    Examples
    --------
    >>> found = tokenize(["so late", "so so"])
    >>> found.tokens, found.of(1)
    (['⟦⟧', 'so', 'late'], array([0, 1, 1], dtype=int32))

    """
    ids = {START: 0}
    flat, starts, keys, cut = array("i"), array("q", [0]), array("Q"), 0
    with tempfile.TemporaryFile() if on_disk else nullcontext() as file:
        for text in texts:
            row = [0]
            for token in tokens(text):
                if len(row) == max_length:
                    cut += 1
                    break
                row.append(ids.setdefault(token, len(ids)))
            flat.extend(row)
            starts.append(starts[-1] + len(row))
            written = array("i", row).tobytes()
            keys.append(int.from_bytes(hashlib.blake2b(written, digest_size=8).digest()))
            if file is not None and len(flat) > _BLOCK:
                flat.tofile(file)
                flat = array("i")
        if not keys:
            raise ValueError("expected at least one text, got none")
        if file is None:
            all_ids = np.frombuffer(flat, np.int32)
        else:
            flat.tofile(file)
            file.flush()
            all_ids = np.memmap(file, np.int32, "r")  # It outlives the file's name and handle.
    return Tokenized(
        list(ids), all_ids, np.frombuffer(starts, np.int64), np.frombuffer(keys, np.uint64), cut
    )


class Examples(NamedTuple):
    """n tokenised texts with ``targets`` and ``weights`` float64 (n,), ``groups`` int (n,).

    ``cells`` holds further columns by name, of n cells each, and ``text`` is the texts' own name.
    """

    texts: Tokenized
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]
    text: str | None = None
    cells: Mapping[str, Coded] = {}

    def split(self, *shares: float, seed: int = 0) -> list[Indices]:
        """Return the rows of each share, in this order, and last those of the rest.

        Groups are never cut, and a text that stands in one part is dropped from all later ones.
        A text of weight 0 is in no part.
        Raises ``ValueError`` if a share is out of range or there are too few groups.
        """
        return self.parts(self.rows, shares, seed)

    @property
    def rows(self) -> Indices:
        """All rows that count: a text of weight 0 does not."""
        return np.flatnonzero(self.weights)

    def parts(self, rows: Indices, shares: Sequence[float], seed: int) -> list[Indices]:
        """Split some rows as :meth:`split` does all that count."""
        parts = split_rows(self.groups[rows], self.texts.keys[rows], shares, seed)
        return [rows[part] for part in parts]


def collect(
    examples: Iterable[Example], *, on_disk: bool = False, max_length: int = MAX_LENGTH,
    text: str | None = None, beside: Sequence[str] = (),
) -> Examples:  # fmt: skip
    """Tokenise examples one at a time; they may come from a file larger than memory.

    Parameters
    ----------
    examples
        At least one, checked where they come from: texts with something to read in them, targets
        up to 9e18 in size, weights from 0 to 1e15. One without a group is a group of its own.
    on_disk, max_length
        As for :func:`tokenize`.
    text, beside
        The names of the column of texts, and of those beside it.

    Raises
    ------
    ValueError
        If there is no example or all weights are 0.

    Examples
    --------
    >>> found = collect([Example("so late", 1, "a"), Example("so soon", 2, "a")])
    >>> len(found.texts), found.targets, found.groups
    (2, array([1., 2.]), array([0, 0]))

    """
    targets, weights, groups = array("d"), array("d"), array("q")
    names: dict[str, int] = {}
    coders = [Coder(name) for name in beside]

    def texts() -> Iterator[str]:
        for said, target, group, weight, _, cells in examples:
            targets.append(target)
            weights.append(weight)
            # Groups count from 0 as they come; a text without one gets a number of its own below 0.
            number = -len(targets) if group is None else names.setdefault(group, len(names))
            groups.append(number)
            # What only teaches has nothing beside it.
            for coder, value in zip(coders, cells or (None,) * len(coders), strict=True):
                coder.append(value)
            yield said

    tokenized = tokenize(texts(), on_disk=on_disk, max_length=max_length)
    if not any(weights):
        raise ValueError("expected at least one weight above 0, got only zeros")
    return Examples(
        tokenized,
        np.frombuffer(targets, np.float64),
        np.frombuffer(weights, np.float64),
        np.frombuffer(groups, np.int64),
        text,
        {coder.name: coder.coded() for coder in coders},
    )
