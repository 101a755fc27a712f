"""A search for a learning rate that does not end at an edge of what was tried."""

from collections.abc import Callable, Sequence


def search(
    lost: Callable[[list[float]], Sequence[float]],
    ladder: Sequence[float],
    first: Sequence[float],
    nothing: float = float("inf"),
) -> float | None:
    """Return the rate of the least loss, whose neighbours on the ladder have all been tried.

    While the best has a neighbour that has not, that is tried next, so the search ends at an edge
    only where the ladder does. Where nothing has been learnt, the whole ladder is tried.

    Parameters
    ----------
    lost
        Tries rates and returns a loss for each.
    ladder, first
        All rates that may be tried, rising, and those to begin with.
    nothing
        A loss that tells that nothing has been learnt, as every greater one.

    Returns
    -------
    float or None
        The lowest where several are best; None where no rate of the ladder has learnt anything.

    Examples
    --------
    >>> ladder = (0.001, 0.01, 0.1, 1.0)
    >>> search(lambda rates: [abs(rate - 0.2) for rate in rates], ladder, first=[0.01])
    0.1
    >>> search(lambda rates: [7.0 for rate in rates], ladder, first=[0.01], nothing=7) is None
    True

    """
    tried: dict[float, float] = {}
    todo = list(first)
    while todo:
        tried |= zip(todo, lost(todo), strict=True)
        best = min(sorted(tried), key=lambda rate: tried[rate])
        at = ladder.index(best)
        near = ladder if tried[best] >= nothing else ladder[max(at - 1, 0) : at + 2]
        todo = [rate for rate in near if rate not in tried]
    return best if tried[best] < nothing else None
