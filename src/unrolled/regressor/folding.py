"""What is to be learnt, and folds: which texts are learnt from, and which are asked then.

The texts are cut into folds, whole groups at a time. Each fold is asked what a model answers that
has learnt from the others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.examples import Examples, Indices, Tokenized

#: Beyond so many texts or tokens one fold is asked, for it is large enough.
LARGE_TEXTS, LARGE_TOKENS = 20_000, 2_000_000

Floats = NDArray[np.float32]
Fold = tuple[Indices, Indices]


class Task(NamedTuple):
    """What is to be learnt: n texts, with targets, weights and groups (n,), and covariates (n, F).

    The targets have mean 0 and deviation 1 over the rows that are learnt from, the weights mean 1.
    """

    texts: Tokenized
    targets: Floats
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]
    beside: Floats

    def less(self, beside: Floats) -> "Task":
        """Return what covariates with weights (F,) leave to be learnt."""
        return self._replace(targets=self.targets - self.beside @ beside)


def folds(data: Examples, rows: Indices, also: Indices, number: int, seed: int) -> list[Fold]:
    """Return the rows to learn from and those to ask, fold by fold.

    There are ``number`` folds of whole groups, fewer where the groups are few. One asks a tenth,
    and is all where the texts are many. A text of several groups is in one fold alone, and
    one that stands in ``also`` is not asked.
    Raises ``ValueError`` where there are no two groups with different texts.
    """
    from sklearn.model_selection import GroupKFold

    told = np.isin(data.texts.keys, data.texts.keys[also])
    if number == 1 or len(rows) > LARGE_TEXTS or data.texts.lengths[rows].sum() > LARGE_TOKENS:
        asked, known = data.parts(rows, [0.1], seed)
        return _not_told([(known, asked)], told)
    numbers, sizes = np.unique(data.groups[rows], return_inverse=True, return_counts=True)[1:]
    texts, first, which = np.unique(data.texts.keys[rows], return_index=True, return_inverse=True)
    # Texts without a group, which are groups of one, are together where they are the same.
    groups = np.where(sizes[numbers] == 1, len(sizes) + which, numbers)
    groups = np.unique(groups, return_inverse=True)[1]
    count = int(groups.max()) + 1
    parts: list[Indices] = []
    if count > 1:
        drawn = np.random.default_rng(seed).permutation(count)[groups]
        split = GroupKFold(min(number, count)).split(rows, groups=drawn)
        place = np.empty(len(rows), np.intp)
        for part, (_, asked) in enumerate(split):
            place[asked] = part
        home = place == place[first][which]
        parts = [rows[home & (place == part)] for part in range(min(number, count))]
        parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        only = "" if len(texts) == len(rows) else f", only {len(texts)} of them distinct"
        raise ValueError(
            f"expected enough groups to fill 2 parts, got {len(sizes)} groups of {len(rows)} "
            f"texts{only}"
        )
    whole = [(np.concatenate([*parts[:n], *parts[n + 1 :]]), part) for n, part in enumerate(parts)]
    return _not_told(whole, told)


def _not_told(folds: list[Fold], told: NDArray[np.bool_]) -> list[Fold]:
    """Return the folds that still ask something if no text is asked that is told."""
    found = [(known, asked[~told[asked]]) for known, asked in folds if not told[asked].all()]
    if not found:
        raise ValueError("also: expected texts to measure with that are not told, got none")
    return found


def with_more(folds: Sequence[Fold], also: Indices) -> list[Fold]:
    """Return folds that learn from what only teaches, too."""
    return [(np.concatenate([known, also]), asked) for known, asked in folds]


def with_taught(task: Task, rows: Indices, also: Indices, weight: float) -> tuple[Task, Indices]:
    """Return a task and the rows to learn from, with what only teaches if it has a weight."""
    if not weight:
        return task, rows
    return weighted(task, also, weight), np.concatenate([rows, also])


def weighted(task: Task, also: Indices, weight: float) -> Task:
    """Return a task in which what only teaches has a weight."""
    weights = task.weights.copy()
    weights[also] *= weight
    return task._replace(weights=weights)
