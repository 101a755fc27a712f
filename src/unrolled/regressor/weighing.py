"""How much reading and counting count, from answers to texts that neither has learnt from.

By these out-of-fold answers the epochs of the readers and the share of reading are chosen; then
all is learnt again from all texts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.examples import Indices
from unrolled.regressor.folding import Floats, Task

#: What a gain is to be above 0, in standard errors: a test at 5 %, to one side.
SURE = 1.645
#: The same on the first fold, for the others to be read at all.
PROMISING = 0.5


class Teaching(NamedTuple):
    """The penalty of the ridge, how much a text counts that only teaches, 0 to 1, and ``letters``.

    Those are how many times as long the letters' features are as the words'.
    """

    alpha: float
    also: float
    letters: float = 1.0


class Plan(NamedTuple):
    """What the out-of-fold answers say: ``share`` is 0 without reading and 1 without counting.

    ``taught`` is for the readers what ``also`` is for the ridge, and ``dropout`` theirs; ``left``
    says whether they learn what columns beside the texts leave, or the targets themselves.
    """

    alpha: float
    also: float
    letters: float
    epochs: int
    share: float
    taught: float = 0.0
    left: bool = False
    dropout: float = 0.0


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
    return Plan(*teaching, *shared(task, counted, read, ~np.isnan(counted)))


def shared(
    task: Task, counted: Floats, read: Sequence[Floats], asked: NDArray[np.bool_]
) -> tuple[int, float]:
    """Return how many epochs to read, and the share of reading."""
    best, share, both = _best(task, counted, read, asked)
    # To have learnt to read is to err less than one number for all: 0 here.
    zero = np.zeros_like(counted)
    reads = helps(task, read[best], zero, asked, 0)
    if not (reads and helps(task, both, counted, asked)):
        return 0, 0.0
    if not helps(task, both, read[best], asked):
        return best + 1, 1.0
    return best + 1, share


def promises(task: Task, counted: Floats, read: Sequence[Floats], rows: Indices) -> bool:
    """Tell whether reading may help, by what was read of the texts of one fold."""
    asked = _mask(task, rows)
    return helps(task, _best(task, counted, read, asked)[2], counted, asked, PROMISING)


def suffices(task: Task, counted: Floats, read: Sequence[Floats], rows: Indices) -> bool:
    """Tell whether reading is to be all, by what was read of the texts of one fold."""
    return shared(task, counted, read, _mask(task, rows))[1] == 1


def least(task: Task, counted: Floats, read: Sequence[Floats], rows: Indices) -> float:
    """Return the error of both together, by what was read of the texts of one fold."""
    asked = _mask(task, rows)
    return error(task, _best(task, counted, read, asked)[2], asked)


def gains(
    task: Task,
    counted: Floats,
    read: Sequence[Floats],
    other: Sequence[Floats],
    rows: Indices,
    sure: float,
) -> bool:
    """Tell whether it is better to read in another way, by what was read of one fold in each."""
    asked = _mask(task, rows)
    one, another = (_best(task, counted, each, asked)[2] for each in (read, other))
    if np.isinf(error(task, one, asked)):  # A training that got out of hand.
        return bool(np.isfinite(error(task, another, asked)))
    return helps(task, another, one, asked, sure)


def _mask(task: Task, rows: Indices) -> NDArray[np.bool_]:
    """Return which of all texts are some rows, (n,)."""
    return np.isin(np.arange(len(task.targets)), rows)


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
    return bool(by_group.sum() > (sure and sure * spread))
