"""Rows of ids, all made the same length, with a mask that remembers which steps are real."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.arrays import as_array
from unrolled.checks import as_count
from unrolled.lists import refuse_named
from unrolled.text.vocabulary import PAD

Side = Literal["pre", "post"]


class Padded(NamedTuple):
    """Ids and mask, both of shape (N, T); the mask is true where an id is real."""

    ids: NDArray[np.int32]
    mask: NDArray[np.bool_]


class Batch(NamedTuple):
    """One batch: which rows of the data it holds, in order, and their padded ids."""

    rows: NDArray[np.intp]
    ids: NDArray[np.int32]
    mask: NDArray[np.bool_]


def pad(
    sequences: Sequence[Sequence[int]],
    length: int | None = None,
    side: Side = "post",
    truncate: Side | None = None,
) -> Padded:
    """Put rows of ids into one array, filled up with 0.

    Parameters
    ----------
    sequences
        N rows of ids, each at least 1. A row may be empty: its mask is then all false.
    length
        T. Left out, the longest row decides.
    side
        Where the zeros go: behind the ids (``"post"``) or before them (``"pre"``).
    truncate
        What to do with a row longer than ``length``: cut its end (``"post"``) or its beginning
        (``"pre"``, which Keras's ``pad_sequences`` does by default). Left out, it is an error.

    Returns
    -------
    Padded
        ``ids`` int32 (N, T) and ``mask`` bool (N, T).

    Raises
    ------
    TypeError, ValueError
        If there is no row, a row holds no positive integers, ``length`` is negative, a side is
        unknown, or a row is longer than ``length`` and ``truncate`` does not say what to do.

    Examples
    --------
    >>> ids, mask = pad([[5, 2], [7, 3, 4]])
    >>> ids
    array([[5, 2, 0],
           [7, 3, 4]], dtype=int32)
    >>> mask[0]
    array([ True,  True, False])
    >>> pad([[7, 3, 4]], length=2, truncate="pre").ids
    array([[3, 4]], dtype=int32)

    """
    rows = _as_rows(sequences)
    for name, value in [("side", side), ("truncate", truncate)]:
        if value not in ("pre", "post") and not (name == "truncate" and value is None):
            raise ValueError(f"{name}: expected 'pre' or 'post', got {value!r}")
    longest = max(len(row) for row in rows)
    T = longest if length is None else as_count(length, "length", least=0)
    if longest > T and truncate is None:
        raise ValueError(
            f"expected rows of at most length={T} ids, got one of {longest}; "
            "say truncate='pre' or 'post' to cut it"
        )
    ids = np.full((len(rows), T), PAD, dtype=np.int32)
    for target, row in zip(ids, rows, strict=True):
        kept = row[max(len(row) - T, 0) :] if truncate == "pre" else row[:T]
        start = T - len(kept) if side == "pre" else 0
        target[start : start + len(kept)] = kept
    return Padded(ids, ids != PAD)


def bucketed(
    sequences: Sequence[Sequence[int]], size: int, seed: int = 0, side: Side = "post"
) -> Iterator[Batch]:
    """Yield batches of rows of like length, each padded to its own longest row.

    Rows are sorted by length, cut into batches, and the batches come in random order.
    Ties of length are broken at random, so another seed makes other batches.

    Parameters
    ----------
    sequences
        N rows of ids, as for :func:`pad`.
    size
        Rows in a batch; one batch may hold fewer.
    seed
        Of the shuffle.
    side
        As for :func:`pad`.

    Raises
    ------
    TypeError, ValueError
        As :func:`pad`, and if ``size`` is below 1.

    Examples
    --------
    >>> batches = list(bucketed([[2], [3, 4], [5], [6, 7]], size=2))
    >>> sorted(batch.ids.shape for batch in batches)
    [(2, 1), (2, 2)]

    """
    rows = _as_rows(sequences)
    for chosen in by_length(np.array([len(row) for row in rows]), size, seed):
        yield Batch(chosen, *pad([rows[i] for i in chosen], side=side))


def by_length(
    lengths: NDArray[np.integer], size: int, seed: int | None, most_steps: int | None = None
) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each batch: like lengths together, the batches in random order.

    Parameters
    ----------
    lengths
        Of N rows, (N,).
    size
        Rows in a batch; one batch may hold fewer.
    seed
        Of the order within a length and of the order of batches; ``None`` leaves the shortest
        first.
    most_steps
        The most steps in a batch, padding included; one row alone may have more.

    Raises
    ------
    TypeError, ValueError
        If ``size`` is no integer of at least 1.

    Examples
    --------
    >>> list(by_length(np.array([3, 1, 2, 9]), size=2, seed=None, most_steps=8))
    [array([1, 2]), array([0]), array([3])]

    """
    size = as_count(size, "size")
    rng = None if seed is None else np.random.default_rng(seed)
    shuffled = np.arange(len(lengths)) if rng is None else rng.permutation(len(lengths))
    order = shuffled[np.argsort(lengths[shuffled], kind="stable")]
    batches, start = [], 0
    while start < len(order):
        stop = min(start + size, len(order))
        if most_steps is not None:  # Rows stand in order of length, so the last is the longest.
            steps = lengths[order[start:stop]] * np.arange(1, stop - start + 1)
            stop = start + max(1, int(np.count_nonzero(steps <= most_steps)))
        batches.append(order[start:stop])
        start = stop
    places = range(len(batches)) if rng is None else rng.permutation(len(batches))
    for index in places:
        yield batches[index]


def _as_rows(sequences: Sequence[Sequence[int]]) -> list[NDArray[np.int32]]:
    if isinstance(sequences, str):
        raise ValueError(f"sequences: expected at least one row of ids, got {sequences!r:.40}")
    refuse_named(sequences, "sequences", "rows of ids")
    rows: list[NDArray[np.int32]] = []
    for index, sequence in enumerate(sequences):
        row = as_array(sequence, f"sequences at row {index}")
        if row.ndim != 1:
            raise TypeError(
                f"sequences: expected a list of ids at row {index}, got {sequence!r:.40}"
            )
        if len(row) and row.dtype.kind not in "iu":
            raise TypeError(f"sequences: expected integer ids, got {row.dtype} at row {index}")
        # An id of 0 would be taken for padding, and a huge one would wrap around in int32.
        if len(row) and not 1 <= row.min() <= row.max() <= np.iinfo(np.int32).max:
            raise ValueError(
                f"sequences: expected ids from 1 to {np.iinfo(np.int32).max} (0 is padding), "
                f"got {row.min()} to {row.max()} at row {index}"
            )
        rows.append(row.astype(np.int32))
    if not rows:
        raise ValueError(f"sequences: expected at least one row of ids, got {sequences!r:.40}")
    return rows
