"""From the probabilities of a next symbol to a whole sequence: the greedy way, and a beam.

A model is one function, ``step(state, symbols) -> (state, log_p)``: it is given the state of B
sequences and the last symbol of each, integers (B,), and returns the state after, and the
logarithms of the probabilities of K next symbols, (B, K). A state is a named tuple of arrays
whose first axis is B, as that of a cell.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.activations import Array
from unrolled.cells.shared import each
from unrolled.checks import check_counts

Symbols = NDArray[np.integer[Any]]
Step = Callable[[Any, Symbols], tuple[Any, Array]]


class Found(NamedTuple):
    """A sequence without its end sign, the logarithm of its probability, and whether it ended."""

    symbols: tuple[int, ...]
    log_p: float
    ended: bool


def greedy(step: Step, state: Any, start: int, end: int, most: int) -> Found:
    """Take the most probable symbol at every step, until it is ``end`` or there are ``most``.

    ``state`` is that of one sequence, and ``start`` is what stands before its first symbol.
    Raises ``TypeError`` or ``ValueError`` unless ``most`` is a count.

    >>> def step(state, symbols):  # 0 is followed by 1, and 1 by the end, 2
    ...     return state, np.log([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])[symbols]
    >>> greedy(step, (), start=0, end=2, most=5).symbols
    (1,)
    """
    check_counts(most=most)
    symbols: list[int] = []
    last, total = start, 0.0
    while len(symbols) < most and last != end:
        state, log_p = step(state, np.array([last]))
        last = int(log_p[0].argmax())
        total += float(log_p[0, last])
        symbols.append(last)
    ended = last == end
    return Found(tuple(symbols[: len(symbols) - ended]), total, ended)


def beam(step: Step, state: Any, start: int, end: int, most: int, width: int) -> list[Found]:
    """Follow the ``width`` most probable beginnings at once, and return what ended, best first.

    A sequence has at most ``most`` symbols, its end counted; where none ended within them, what
    there is is returned. Width 1 is the greedy way; a width of K ** most leaves nothing out.
    Raises ``TypeError`` or ``ValueError`` unless ``most`` and ``width`` are counts.

    >>> def step(state, symbols):
    ...     return state, np.log([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])[symbols]
    >>> found = beam(step, (), start=0, end=2, most=3, width=4)
    >>> [one.symbols for one in found][:2]
    [(1,), ()]
    """
    check_counts(most=most, width=width)
    symbols = np.zeros((1, 0), int)
    last, log_p, ended = np.array([start]), np.zeros(1), list[Found]()
    for _ in range(most):
        state, after = step(state, last)
        total = log_p[:, None] + after
        best = np.argsort(-total, axis=None, kind="stable")[:width]
        rows, last = np.unravel_index(best, total.shape)
        symbols = np.concatenate([symbols[rows], last[:, None]], axis=1)
        log_p, done = total[rows, last], last == end

        ended += _found(symbols[done, :-1], log_p[done], True)
        symbols, last, log_p = symbols[~done], last[~done], log_p[~done]
        state = each(lambda a, rows=rows[~done]: a[rows], state) if len(state) else state
        # What goes on can only become less probable.
        if not len(last) or (len(ended) >= width and _least(ended, width) >= log_p.max()):
            break
    ended = ended or _found(symbols, log_p, False)
    return sorted(ended, key=lambda found: -found.log_p)[:width]


def _least(ended: list[Found], width: int) -> float:
    """Return the log-probability of the last of the best ``width``."""
    return sorted((found.log_p for found in ended), reverse=True)[width - 1]


def _found(symbols: Symbols, log_p: Array, ended: bool) -> list[Found]:
    rows = zip(symbols.tolist(), log_p.tolist(), strict=True)
    return [Found(tuple(row), one, ended) for row, one in rows]
