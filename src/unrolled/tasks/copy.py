"""Copy memory: see ten symbols, wait, and write them down.

The task of :cite:t:`hochreiter1997` in the form of :cite:t:`arjovsky2016` and :cite:t:`bai2018`.
"""

import numpy as np

from unrolled.checks import as_count
from unrolled.tasks.sequences import Seed, Sequences

#: How many symbols are to be kept, and of how many kinds each may be.
LENGTH, KINDS = 10, 8
#: Of the inputs 0 says nothing, 1 to 8 are the symbols, and 9 asks for the answer.
BLANK, ASK = 0, KINDS + 1


def make(count: int, delay: int = 100, seed: Seed = 0) -> Sequences:
    """Make sequences of T + 20 steps.

    Ten symbols, drawn evenly from eight; then T − 1 blanks, the sign that asks, and ten blanks.
    The answer is blank for T + 10 steps and then repeats the ten symbols.

    Parameters
    ----------
    count
        N, how many sequences.
    delay
        T, from the last symbol to the first that is asked for, at least 1.
    seed
        The same seed gives the same sequences; a generator goes on where it is.

    Returns
    -------
    Sequences
        ``x`` (N, T + 20, 10), one-hot; ``targets`` (N, T + 20, 9), one-hot, what is asked for at
        each step; ``lengths`` (N,), all T + 20.

    Raises
    ------
    TypeError, ValueError
        If a size is no integer or is too small.

    Examples
    --------
    >>> made = make(2, delay=5)
    >>> made.x.shape, made.targets.shape
    ((2, 25, 10), (2, 25, 9))
    >>> made.x[0].argmax(axis=1)
    array([7, 6, 5, 3, 3, 1, 1, 1, 2, 7, 0, 0, 0, 0, 9,
           0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    >>> made.targets[0].argmax(axis=1)
    array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
           7, 6, 5, 3, 3, 1, 1, 1, 2, 7])

    """
    N, T = as_count(count, "count"), as_count(delay, "delay")
    drawn = np.random.default_rng(seed).integers(1, KINDS + 1, (N, LENGTH))
    read = np.full((N, T + 2 * LENGTH), BLANK)
    written = read.copy()
    read[:, :LENGTH], read[:, T + LENGTH - 1] = drawn, ASK
    written[:, -LENGTH:] = drawn
    return Sequences(np.eye(KINDS + 2)[read], np.eye(KINDS + 1)[written], np.full(N, T + 20))


def baseline(delay: int) -> float:
    """Return the cross-entropy, in nats per step, of the best answers without a memory.

    Such a model knows the step, so it knows T + 10 answers of T + 20 for certain; to the others
    it gives 1/8 for each symbol: 10 ln 8 / (T + 20).

    >>> round(baseline(1000), 5)
    0.02039
    """
    return float(LENGTH * np.log(KINDS) / (as_count(delay, "delay") + 2 * LENGTH))
