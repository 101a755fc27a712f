"""The adding problem: remember two marked numbers among many, and add them.

Each step brings a number and a mark.
``original`` is the form of :cite:t:`hochreiter1997`, section 5.4; ``modern`` is the short form
that :cite:t:`le2015` and :cite:t:`bai2018` use.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count
from unrolled.tasks.sequences import Seed, Sequences, within

#: The mean squared error of a model that always answers 1, the mean, in the modern form.
BASELINE = 1 / 6
#: The largest error of an answer in the original form that still counts as correct.
TOLERANCE = 0.04


def original(count: int, steps: int = 100, seed: Seed = 0) -> Sequences:
    """Make sequences as the paper of 1997 did.

    The numbers are drawn from U[−1, 1].
    The lengths are drawn evenly from T to T + T/10, both included.
    The first mark falls on one of the first 10 pairs, the second on another pair among the first
    T/2 − 1; a marked pair has 1 beside its number, the first and the last pair have −1, all
    others 0.
    Where a mark falls on the first pair, its −1 stays and its number counts as zero.
    The target is 0.5 + (X₁ + X₂) / 4.

    Parameters
    ----------
    count
        N, how many sequences.
    steps
        T, the least length, at least 22, so that the second mark has 10 pairs to fall on.
    seed
        The same seed gives the same sequences; a generator goes on where it is.

    Returns
    -------
    Sequences
        ``x`` (N, T + T/10, 2), ``targets`` (N, 1), ``lengths`` (N,).

    Raises
    ------
    TypeError, ValueError
        If a size is no integer or is too small.

    Examples
    --------
    >>> made = original(3, steps=100, seed=0)
    >>> made.x.shape, made.targets.shape
    ((3, 110, 2), (3, 1))
    >>> x = made.x[0, : made.lengths[0]]
    >>> x[[0, -1], 1]
    array([-1., -1.])
    >>> marked = x[x[:, 1] == 1, 0]
    >>> len(marked), bool(made.targets[0, 0] == 0.5 + marked.sum() / 4)
    (2, True)

    """
    N, T = as_count(count, "count"), as_count(steps, "steps", 22)
    rng, rows = np.random.default_rng(seed), np.arange(N)
    lengths = rng.integers(T, T + T // 10, N, endpoint=True)
    x = np.zeros((N, T + T // 10, 2))
    x[..., 0] = rng.uniform(-1, 1, x.shape[:2]) * (np.arange(x.shape[1]) < lengths[:, None])
    first = rng.integers(0, 10, N)
    second = rng.integers(0, T // 2 - 2, N)
    second += second >= first  # One of the pairs that are left.
    total = np.zeros(N)
    for at in (first, second):
        x[rows, at, 1] = 1
        total += np.where(at > 0, x[rows, at, 0], 0)
    x[:, 0, 1] = x[rows, lengths - 1, 1] = -1
    return Sequences(x, 0.5 + total[:, None] / 4, lengths)


def correct(
    outputs: NDArray[np.floating[Any]], targets: NDArray[np.floating[Any]]
) -> NDArray[np.bool_]:
    """Return for each answer (..., 1) of the original form whether its error is below 0.04.

    >>> correct(np.array([[0.53], [0.55]]), np.array([[0.5], [0.5]]))
    array([ True, False])
    """
    return within(TOLERANCE, outputs, targets)


def modern(count: int, steps: int = 100, seed: Seed = 0) -> Sequences:
    """Make sequences of one length, with a mark in each half.

    The numbers are drawn from U[0, 1], the marks are 0 and 1, and the target is the plain sum of
    the two marked numbers.
    A model that always answers 1 has a mean squared error of 1/6, the variance of that sum.

    Parameters
    ----------
    count
        N, how many sequences.
    steps
        T, the length of every sequence, at least 2.
    seed
        The same seed gives the same sequences; a generator goes on where it is.

    Returns
    -------
    Sequences
        ``x`` (N, T, 2), ``targets`` (N, 1), ``lengths`` (N,), all T.

    Raises
    ------
    TypeError, ValueError
        If a size is no integer or is too small.

    Examples
    --------
    >>> made = modern(1000, steps=50, seed=0)
    >>> made.x.shape, made.targets.shape
    ((1000, 50, 2), (1000, 1))
    >>> bool(abs(np.mean((made.targets - 1) ** 2) - BASELINE) < 0.02)
    True

    """
    N, T = as_count(count, "count"), as_count(steps, "steps", 2)
    rng, rows = np.random.default_rng(seed), np.arange(N)
    x = np.zeros((N, T, 2))
    x[..., 0] = rng.random((N, T))
    x[rows, rng.integers(0, T // 2, N), 1] = 1
    x[rows, rng.integers(T // 2, T, N), 1] = 1
    return Sequences(x, x.prod(axis=-1).sum(axis=1, keepdims=True), np.full(N, T))
