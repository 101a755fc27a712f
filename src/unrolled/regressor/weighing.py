"""How much reading and counting count, from answers to texts that neither has learnt from.

The texts are cut into folds, whole groups at a time. Each fold is asked what a model answers that
has learnt from the others: out-of-fold answers. By them the penalty of the ridge, the epochs of
the readers and the share of reading are chosen; then all is learnt again from all texts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.counting import Counted, Counting, Grams
from unrolled.regressor.examples import Examples, Indices, Tokenized

#: The most texts, and tokens in them, that the ridge learns from: more change little.
MOST_TEXTS, MOST_TOKENS = 100_000, 2_000_000
#: Beyond so many texts or tokens one fold is asked, for it is large enough.
LARGE_TEXTS = 20_000
#: The powers of two between which the penalty of the ridge is looked for.
_PENALTIES = range(-6, 11)
#: The powers of the root of two between which the length of the letters' block is looked for.
_LETTERS = range(-4, 5)
#: How much a text may count that only teaches, beside one that may be asked; or not at all.
WEIGHTS = (0.1, 0.3, 1.0)
#: The same for the readers, who take longer to ask; or not at all.
READING_WEIGHT = 0.3
#: What a gain is to be above 0, in standard errors: a test at 5 %, to one side.
SURE = 1.645
#: The same on the first fold, for the others to be read at all.
PROMISING = 0.5

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


class Teaching(NamedTuple):
    """The penalty of the ridge, how much a text counts that only teaches, 0 to 1, and ``letters``.

    Those are how many times as long the letters' features are as the words'.
    """

    alpha: float
    also: float
    letters: float = 1.0


class Plan(NamedTuple):
    """What the out-of-fold answers say: ``share`` is 0 without reading and 1 without counting.

    ``taught`` is for the readers what ``also`` is for the ridge, and ``dropout`` theirs.
    """

    alpha: float
    also: float
    letters: float
    epochs: int
    share: float
    taught: float = 0.0
    dropout: float = 0.0


def folds(data: Examples, rows: Indices, also: Indices, number: int, seed: int) -> list[Fold]:
    """Return the rows to learn from and those to ask, fold by fold.

    There are ``number`` folds of whole groups, fewer where the groups are few. One asks a tenth,
    and is all where the texts are many. A text of several groups is in one fold alone, and
    one that stands in ``also`` is not asked.
    Raises ``ValueError`` where there are no two groups with different texts.
    """
    from sklearn.model_selection import GroupKFold

    told = np.isin(data.texts.keys, data.texts.keys[also])
    if number == 1 or len(rows) > LARGE_TEXTS or data.texts.lengths[rows].sum() > MOST_TOKENS:
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


def plan(
    task: Task,
    teaching: Teaching,
    counted: Floats,
    read: Sequence[Floats],
) -> Plan:
    """Return what is to be learnt again from all texts.

    Parameters
    ----------
    task, teaching
        What was learnt, and how.
    counted, read
        Out-of-fold answers (n,) of counting, and of reading after every epoch.

    """
    if not read:
        return Plan(*teaching, 0, 0.0)
    asked = ~np.isnan(counted)
    best, share, both = _best(task, counted, read, asked)
    # To have learnt to read is to err less than one number for all: 0 here.
    zero = np.zeros_like(counted)
    reads = helps(task, read[best], zero, asked, 0)
    if not (reads and helps(task, both, counted, asked)):
        return Plan(*teaching, 0, 0.0)
    if not helps(task, both, read[best], asked):
        return Plan(*teaching, best + 1, 1.0)
    return Plan(*teaching, best + 1, share)


def promises(task: Task, counted: Floats, read: Sequence[Floats], rows: Indices) -> bool:
    """Tell whether reading may help, by what was read of the texts of one fold."""
    asked = np.zeros(len(counted), bool)
    asked[rows] = True
    return helps(task, _best(task, counted, read, asked)[2], counted, asked, PROMISING)


def _best(
    task: Task, counted: Floats, read: Sequence[Floats], asked: NDArray[np.bool_]
) -> tuple[int, float, Floats]:
    """Return after which epoch reading and counting do best together, its share, and answers.

    It is the last one unless another is better beyond chance.
    """
    shares = [best_share(task, counted, each, asked) for each in read]
    both = [share * each + (1 - share) * counted for share, each in zip(shares, read, strict=True)]
    best = int(np.argmin([error(task, each, asked) for each in both]))
    if not helps(task, both[best], both[-1], asked):
        best = len(both) - 1
    return best, shares[best], both[best]


def error(task: Task, answers: Floats, asked: NDArray[np.bool_] | None = None) -> float:
    """Return the root of the weighted mean square error; it is infinite where one is no number.

    Unless it is said which texts were asked, they are those with an answer.
    """
    asked = ~np.isnan(answers) if asked is None else asked
    squares = (answers[asked] - task.targets[asked]).astype(np.float64) ** 2
    mean = np.average(squares, weights=task.weights[asked])
    return float(np.nan_to_num(np.sqrt(mean), nan=np.inf))


def best_share(task: Task, counted: Floats, read: Floats, asked: NDArray[np.bool_]) -> float:
    """Return the share of reading, 0 to 1, that makes the weighted squared error least."""
    apart = (read - counted).astype(np.float64)[asked]
    length = float(np.sum(task.weights[asked] * apart**2))
    off = (task.targets - counted)[asked]
    if not 0 < length < np.inf:
        return 0.0
    return float(np.clip(np.sum(task.weights[asked] * apart * off) / length, 0, 1))


def helps(
    task: Task, both: Floats, alone: Floats, asked: NDArray[np.bool_], sure: float = SURE
) -> bool:
    """Tell whether answers are better than others beyond chance, which counts in groups."""
    squares = [
        (each[asked] - task.targets[asked]).astype(np.float64) ** 2 for each in (alone, both)
    ]
    gains = task.weights[asked] * (squares[0] - squares[1])
    by_group = np.bincount(np.unique(task.groups[asked], return_inverse=True)[1], gains)
    spread = by_group.std(ddof=1) * np.sqrt(len(by_group)) if len(by_group) > 1 else np.inf
    return bool(by_group.sum() > sure * spread)


def _thinned(texts: Tokenized, rows: Indices, seed: int) -> Indices:
    """Return as many rows as the ridge learns from, drawn by the seed and in their order."""
    drawn = np.random.default_rng(seed).permutation(rows)[:MOST_TEXTS]
    return np.sort(drawn[: np.searchsorted(texts.lengths[drawn].cumsum(), MOST_TOKENS) + 1])
