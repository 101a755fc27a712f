"""A search for a learning rate that does not end at an edge of what was tried."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from unrolled.activations import Array


class Found(NamedTuple):
    """The rate of the lowest score, None where there is none, and the losses of all tried."""

    rate: float | None
    losses: dict[str, list[float]]


def search(
    losses_at: Callable[[list[float]], Sequence[Sequence[float]] | Array],
    ladder: Sequence[float],
    first: Sequence[float],
    score: Callable[[Sequence[float] | Array], float] = np.median,
    nothing: float = np.inf,
) -> Found:
    """Find the rate of the lowest score whose neighbours on a ladder of rates are both worse.

    While the best has a neighbour that was not tried, that is tried next. Where nothing has been
    learnt, the whole ladder is tried.

    Parameters
    ----------
    losses_at
        Tries rates, and returns the losses of all trials of each.
    ladder, first
        All rates that may be tried, rising, and those to begin with.
    score
        Makes one number of the losses of a rate; of equal ones, the lowest rate is taken.
    nothing
        A score that tells that nothing has been learnt, as every greater one.

    Returns
    -------
    Found
        Its rate is None where none has learnt anything, or the best is an end of the ladder,
        unless that has one rate alone, which leaves no choice.

    Examples
    --------
    >>> ladder = (0.001, 0.01, 0.1, 1.0)
    >>> search(lambda rates: [[abs(rate - 0.2)] for rate in rates], ladder, first=[0.01])
    Found(rate=0.1, losses={'0.001': [0.199], '0.01': [0.19], '0.1': [0.1], '1.0': [0.8]})
    >>> search(lambda rates: [[rate] for rate in rates], ladder, first=[0.01]).rate is None
    True

    """
    losses: dict[float, list[float]] = {}
    scores: dict[float, float] = {}
    todo = list(first)
    while todo:
        for rate, each in zip(todo, losses_at(todo), strict=True):
            losses[rate], scores[rate] = list(each), float(score(each))
        best = min(sorted(scores), key=scores.__getitem__)
        at = ladder.index(best)
        near = ladder if scores[best] >= nothing else ladder[max(at - 1, 0) : at + 2]
        todo = [rate for rate in near if rate not in scores]
    chosen = scores[best] < nothing and (0 < at < len(ladder) - 1 or len(ladder) == 1)
    return Found(best if chosen else None, {str(rate): losses[rate] for rate in sorted(losses)})
