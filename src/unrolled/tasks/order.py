"""Temporal order: say in which order the symbols X and Y came.

Experiment 6 of :cite:t:`hochreiter1997`: two (6a) or three (6b) symbols among a hundred that
mean nothing decide the class, by their order alone.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count
from unrolled.tasks.sequences import Seed, Sequences, within

Form = Literal["6a", "6b"]
#: The symbols, in the order of the input's features.
SYMBOLS = "EBabcdXY"
#: The classes by form. Counted in X = 0 and Y = 1, the first symbol the highest, they are in order.
CLASSES: dict[Form, str] = {"6a": "QRSU", "6b": "QRSUVABC"}
#: Where the symbols X and Y stand, first and last step, both included, counted from 0.
PLACES: dict[Form, tuple[tuple[int, int], ...]] = {
    "6a": ((10, 20), (50, 60)),
    "6b": ((10, 20), (33, 43), (66, 76)),
}
#: The least and the greatest length, both included.
LENGTHS = (100, 110)
#: The largest error of any output that still counts as correct.
TOLERANCE = 0.3


def make(count: int, form: Form = "6a", seed: Seed = 0) -> Sequences:
    """Make sequences of symbols, one-hot, and their classes, one-hot.

    A sequence starts with E, ends with B, has X or Y at 2 (6a) or 3 (6b) places drawn evenly
    from :data:`PLACES`, and a, b, c or d everywhere else.
    Its length is drawn evenly from :data:`LENGTHS`.
    In 6a XX is class Q, XY is R, YX is S and YY is U.

    Parameters
    ----------
    count
        N, how many sequences.
    form
        ``"6a"`` with 4 classes or ``"6b"`` with 8.
    seed
        The same seed gives the same sequences; a generator goes on where it is.

    Returns
    -------
    Sequences
        ``x`` (N, 110, 8), ``targets`` (N, 4 or 8), ``lengths`` (N,).

    Raises
    ------
    TypeError, ValueError
        If ``count`` is no positive integer or ``form`` is unknown.

    Examples
    --------
    >>> made = make(2, "6a", seed=0)
    >>> made.x.shape, made.targets.shape
    ((2, 110, 8), (2, 4))
    >>> text = read(made)[0]
    >>> text[0] + text[-1], [symbol for symbol in text if symbol in "XY"]
    ('EB', ['Y', 'X'])
    >>> CLASSES["6a"][made.targets[0].argmax()]
    'S'

    """
    N = as_count(count, "count")
    if form not in PLACES:
        raise ValueError(f"form: expected one of {', '.join(PLACES)}, got {form!r}")
    rng, rows = np.random.default_rng(seed), np.arange(N)
    lengths = rng.integers(*LENGTHS, N, endpoint=True)
    symbols = rng.integers(SYMBOLS.index("a"), SYMBOLS.index("X"), (N, LENGTHS[1]))
    symbols[:, 0] = SYMBOLS.index("E")
    symbols[rows, lengths - 1] = SYMBOLS.index("B")
    classes = np.zeros(N, dtype=np.int64)
    for low, high in PLACES[form]:
        is_y = rng.integers(0, 2, N)
        symbols[rows, rng.integers(low, high, N, endpoint=True)] = SYMBOLS.index("X") + is_y
        classes = 2 * classes + is_y
    x = np.eye(len(SYMBOLS))[symbols]
    x[np.arange(LENGTHS[1]) >= lengths[:, None]] = 0
    return Sequences(x, np.eye(len(CLASSES[form]))[classes], lengths)


def read(sequences: Sequences) -> list[str]:
    """Return each sequence as a string of symbols, without what comes after its end.

    >>> [len(text) for text in read(make(3))] == make(3).lengths.tolist()
    True
    """
    each = zip(sequences.x.argmax(axis=-1), sequences.lengths, strict=True)
    return ["".join(SYMBOLS[i] for i in row[:length]) for row, length in each]


def correct(
    outputs: NDArray[np.floating[Any]], targets: NDArray[np.floating[Any]]
) -> NDArray[np.bool_]:
    """Return for each answer (..., classes) whether the error of every output is below 0.3.

    >>> outputs = np.array([[0.8, 0.2], [0.8, 0.4]])
    >>> correct(outputs, np.array([[1.0, 0.0], [1.0, 0.0]]))
    array([ True, False])
    """
    return within(TOLERANCE, outputs, targets)
