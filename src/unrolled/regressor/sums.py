"""Counting and its ridge as sums over shards of the texts, so that no machine has to hold all.

What stands in how many texts adds up, and so do the products by which conjugate gradients solve
the ridge's normal equations: one sum over all shards a step. The matrix itself, of G times G
numbers, is never made.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.counting import MOST_GRAMS, Counting, Features, Grams, Text, documents

Doubles = NDArray[np.float64]
#: Adds what each shard makes of its arguments: here one after the other, or on many machines.
Total = Callable[[Callable[["Shard"], Any]], Any]


def added(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    """Return the sum of the counts of shards, as ``Pieces.fit`` takes it.

    >>> added([{"so": 2}, {"so": 1, "late": 1}])
    Counter({'so': 3, 'late': 1})
    """
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total


def grams(each: Sequence[tuple[Counter[str], Counter[str]]], most: int = MOST_GRAMS) -> Grams:
    """Return what is to be counted, from what ``documents`` found in each shard."""
    words, letters = zip(*each, strict=True)
    return Grams.of_counts(added(words), added(letters), most)


class Shard(NamedTuple):
    """A part of the texts: its features as a sparse matrix, targets and weights (n,)."""

    matrix: Any
    targets: Doubles
    weights: Doubles

    @classmethod
    def of(
        cls, counts: Features, grams: Grams, idf: NDArray[np.float32],
        targets: NDArray[Any], weights: NDArray[Any],
    ) -> "Shard":  # fmt: skip
        """Weigh the counts of a shard by the IDF of all."""
        from scipy.sparse import csr_matrix

        rows, columns, values = grams.weighed(counts, idf)
        shape = len(targets), len(grams)
        matrix = csr_matrix((values, (rows, columns)), shape)
        return cls(matrix, np.asarray(targets, np.float64), np.asarray(weights, np.float64))

    def totals(self) -> Doubles:
        """Return the sums of weights, of targets, of features, and of targets times features."""
        weighed = self.weights * self.targets
        sums = self.matrix.T @ np.stack([self.weights, weighed], axis=1)
        return np.concatenate([[self.weights.sum(), weighed.sum()], *sums.T])

    def product(self, v: Doubles) -> Doubles:
        """Return the shard's part of the normal equations' matrix, times a vector (G,)."""
        found: Doubles = self.matrix.T @ (self.weights * (self.matrix @ v))
        return found


def idf(counts: Iterable[Features], size: int, texts: int) -> NDArray[np.float32]:
    """Return the IDF of ``size`` features, from the counts of shards of so many texts in all."""
    found = sum((np.bincount(each.columns, minlength=size) for each in counts), np.zeros(size))
    return (np.log((1 + texts) / (1 + found)) + 1).astype(np.float32)


def in_turn(shards: Sequence[Shard]) -> Total:
    """Return what adds over shards that are all here."""
    return lambda act: reduce(np.add, map(act, shards))


def ridge(total: Total, features: int, alpha: float) -> tuple[Doubles, float]:
    """Return the weights (G,) and the bias of a ridge of penalty ``alpha`` over all shards.

    It is what scikit-learn's ``Ridge`` finds with ``sparse_cg``: an intercept without a penalty,
    conjugate gradients to the same tolerance.
    """
    from scipy.sparse.linalg import LinearOperator, cg

    totals = total(Shard.totals)
    weight, target = totals[:2]
    of_features, of_both = np.split(totals[2:], 2)
    means = of_features / weight

    def product(v: Doubles) -> Doubles:
        whole = total(lambda shard: shard.product(v))
        found: Doubles = whole - of_features * (means @ v) + alpha * v
        return found

    matrix = LinearOperator((features, features), matvec=product, dtype=np.float64)
    found, _ = cg(matrix, of_both - means * target, rtol=1e-4, maxiter=10 * features)
    return found, float(target / weight - means @ found)


def counting(
    shards: Sequence[tuple[Sequence[Text], NDArray[Any], NDArray[Any]]], alpha: float
) -> Counting:
    """Return the ridge of shards of texts, targets and weights, as ``Counted.learn`` finds it.

    It shows the order of the sums; where shards lie on other machines, each step is theirs.
    """
    known = grams([documents(texts) for texts, _, _ in shards])
    counts = [known.counts(texts) for texts, _, _ in shards]
    weighed = idf(counts, len(known), sum(len(texts) for texts, _, _ in shards))
    each = [
        Shard.of(count, known, weighed, targets, weights)
        for count, (_, targets, weights) in zip(counts, shards, strict=True)
    ]
    weights, bias = ridge(in_turn(each), len(known), alpha)
    table = np.stack([weighed, weights.astype(np.float32)], axis=1)
    return Counting(known, table, float(np.float32(bias)))
