"""The ridge that counts, once its penalty and all else about it is found by folds."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.counting import Counted, Counting, Grams
from unrolled.regressor.examples import Indices, Tokenized
from unrolled.regressor.folding import Floats, Fold, Task, weighted, with_more
from unrolled.regressor.weighing import Teaching, error

#: The most texts, and tokens in them, that a ridge learns from: more change little.
MOST_TEXTS, MOST_TOKENS = 100_000, 2_000_000
#: The powers of two between which the penalty is looked for.
_PENALTIES = range(-6, 11)
#: The powers of the root of two between which the length of the letters' block is looked for.
_LETTERS = range(-4, 5)
#: How much a text may count that only teaches, beside one that may be asked; or not at all.
WEIGHTS = (0.1, 0.3, 1.0)


def learn(task: Task, rows: Indices, alpha: float, seed: int, letters: float = 1.0) -> Counting:
    """Return the ridge of some texts, or of as many of them as change it."""
    rows = _thinned(task.texts, rows, seed)
    counted = Counted(task.texts.words(rows), task.beside[rows])
    return counted.learn(task.targets[rows], task.weights[rows], alpha, letters)


class Ridges:
    """Ridges of any penalty and weights, each fold's on features that are worked out once."""

    def __init__(self, task: Task, folds: Sequence[Fold], seed: int) -> None:
        """Find the features of what is learnt from."""
        self.task, self.asked = task, [asked for _, asked in folds]
        self.known = [_thinned(task.texts, rows, seed) for rows, _ in folds]
        self.counted = [Counted(task.texts.words(rows), task.beside[rows]) for rows in self.known]

    def answers(self, weights: NDArray[np.float64], power: int, letters: int) -> "Answered":
        """Return the out-of-fold answers for powers of two and of its root: see `Teaching`."""
        task, found = self.task, np.full(len(weights), np.nan, np.float32)
        beside = []
        for counted, known, asked in zip(self.counted, self.known, self.asked, strict=True):
            ridge = counted.learn(task.targets[known], weights[known], *_of(power, letters))
            added = task.beside[asked] @ ridge.beside
            found[asked] = ridge.answers(task.texts.words(asked)) + added
            beside.append(ridge.beside)
        return Answered(found, beside)


def beside_alone(task: Task, folds: Sequence[Fold]) -> Floats:
    """Return what a ridge on the covariates alone answers out of fold, (n,), NaN if not asked."""
    from sklearn.linear_model import Ridge

    found = np.full(len(task.targets), np.nan, np.float32)
    for known, asked in folds:
        ridge = Ridge().fit(task.beside[known], task.targets[known], task.weights[known])
        found[asked] = ridge.predict(task.beside[asked])
    return found


class Answered(NamedTuple):
    """Out-of-fold answers (n,), NaN if not asked, and each fold's weights of covariates, (F,)."""

    answers: Floats
    beside: list[Floats]


def counting(
    task: Task, folds: Sequence[Fold], also: Indices, seed: int
) -> tuple[Teaching, Answered, list[Grams]]:
    """Return what teaches with the least error, and what the ridges of the folds answered.

    Penalty and length of letters are looked for from where both are 1, to whichever neighbour is
    better. The last value holds what the ridge of each fold counts.
    """
    ridges = Ridges(task, folds, seed)
    answers: dict[tuple[int, int], Answered] = {}
    errors: dict[tuple[int, int], float] = {}
    todo = [(0, 0), (1, 0)]
    while todo:
        answers |= {point: ridges.answers(task.weights, *point) for point in todo}
        errors |= {point: error(task, answers[point].answers) for point in todo}
        power, letters = best = min(sorted(errors), key=errors.__getitem__)
        near = [(power - 1, letters), (power + 1, letters)]
        near += [(power, letters - 1), (power, letters + 1)]
        todo = [
            each
            for each in near
            if each[0] in _PENALTIES and each[1] in _LETTERS and each not in errors
        ]
    weights, plain = {0.0: answers[best]}, ridges
    if len(also):
        ridges = Ridges(task, with_more(folds, also), seed)
        for weight in WEIGHTS:
            weights[weight] = ridges.answers(weighted(task, also, weight).weights, *best)
    chosen = min(weights, key=lambda weight: error(task, weights[weight].answers))
    grams = [counted.grams for counted in (ridges if chosen else plain).counted]
    alpha, longer = _of(*best)
    return Teaching(alpha, chosen, longer), weights[chosen], grams


def _of(power: int, letters: int) -> tuple[float, float]:
    """Return a penalty and the length of letters."""
    return 2.0**power, 2.0 ** (letters / 2)


def _thinned(texts: Tokenized, rows: Indices, seed: int) -> Indices:
    """Return as many rows as the ridge learns from, drawn by the seed and in their order."""
    drawn = np.random.default_rng(seed).permutation(rows)[:MOST_TEXTS]
    return np.sort(drawn[: np.searchsorted(texts.lengths[drawn].cumsum(), MOST_TOKENS) + 1])
