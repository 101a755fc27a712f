"""What comes next, by counting: n-grams, the language model that a network has to beat."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


class Counts(NamedTuple):
    """How often each run of n letters came, as a number ``runs`` (rising) and its ``times``."""

    runs: Ids
    times: Ids


class NGrams(NamedTuple):
    """Counts of runs of 1, 2, ... n letters out of V; see :func:`fit`."""

    letters: int
    counts: tuple[Counts, ...]

    def chances(self, ids: Ids) -> list[Floats]:
        """Return the probability of each letter of ids (N, T) by runs of 1, 2, ... n, (N, T) each.

        What few have been seen to follow is mixed with what follows one letter less
        :cite:p:`witten1991`: with ``c`` the times that a run was gone on from and ``d`` how many
        different letters came then, a letter that came ``k`` times has ``(k + d p) / (c + d)``,
        where ``p`` is its probability by the shorter run. Before the shortest, all letters are
        alike. Where fewer letters stand before, those are used.
        """
        ids = np.asarray(ids, np.int64)
        found = [np.full(ids.shape, 1 / self.letters)]
        for n, (whole, begun) in enumerate(zip(self.counts, self._begun(), strict=True), 1):
            runs = _runs(ids, n, self.letters)
            k = _looked_up(whole, runs)
            c, d = (_looked_up(one, runs // self.letters) for one in begun)
            p = found[-1][:, n - 1 :]
            known = c + d > 0
            found.append(found[-1].copy())
            found[-1][:, n - 1 :] = np.where(known, (k + d * p) / np.where(known, c + d, 1), p)
        return found[1:]

    def _begun(self) -> list[tuple[Counts, Counts]]:
        """Return of each n how often a run's first n − 1 letters went on, and in how many ways."""
        found = []
        for runs, times in self.counts:
            firsts, place, ways = np.unique(
                runs // self.letters, return_inverse=True, return_counts=True
            )
            total = np.bincount(place, times).astype(np.int64)
            found.append((Counts(firsts, total), Counts(firsts, ways.astype(np.int64))))
        return found


def fit(ids: Ids, n: int, letters: int) -> NGrams:
    """Count the runs of up to ``n`` letters in rows of ids (N, T) below ``letters``, V.

    Raises ``TypeError`` or ``ValueError`` for a size that is no positive integer, and
    ``ValueError`` where runs are too long to be numbered by 63 bits.

    >>> text = np.array([[0, 1, 0, 1, 0, 0]])
    >>> fit(text, n=2, letters=2).chances(np.array([[0, 1]]))
    [array([[0.625, 0.375]]), array([[0.625, 0.55 ]])]
    """
    as_count(n, "n")
    if n * math.log2(as_count(letters, "letters")) > 63:
        raise ValueError(f"n: expected at most {int(63 / math.log2(letters))}, got {n}")
    counted = (np.unique(_runs(ids, k, letters), return_counts=True) for k in range(1, n + 1))
    return NGrams(letters, tuple(Counts(runs, times) for runs, times in counted))


def _runs(ids: Ids, n: int, letters: int) -> Ids:
    """Return a number for each run of n letters that ends in ids (N, T), (N, T − n + 1)."""
    ids = np.asarray(ids, np.int64)
    steps = ids.shape[1] - n + 1
    runs = np.zeros((len(ids), max(steps, 0)), np.int64)
    for at in range(n):
        runs = runs * letters + ids[:, at : at + steps]
    return runs


def _looked_up(counts: Counts, runs: Ids) -> Floats:
    """Return how often each run was counted, 0 for what never came."""
    place = np.minimum(np.searchsorted(counts.runs, runs), len(counts.runs) - 1)
    return np.where(counts.runs[place] == runs, counts.times[place], 0).astype(np.float64)
