r"""How far a gradient reaches: the derivative of the last state by every earlier one, exactly.

The **state** of step t is all that a cell carries to the next step, as one row: s_t = h_t for a
plain cell and a GRU (H numbers), s_t = (h_t, c_t) for an LSTM (2 H numbers).
With the inputs given, s_T is a function of s_t for every t < T. Its derivative is the matrix
\partial s_T / \partial s_t, with a row for each number of s_T and a column for each of s_t. It is
the product of the Jacobians of single steps, J_T J_{T-1} ... J_{t+1}.

Nothing here multiplies Jacobians: a batch of unit rows is carried back by the cell's own
``step_backward``, row j asking what the number j of s_T owes to s_t.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from unrolled.activations import Array
from unrolled.cells.shared import Cell
from unrolled.unroll import unroll


def through_time(cell: Cell, params: Any, x: Array) -> Iterator[Array]:
    r"""Yield \partial s_T / \partial s_t for t = T, T-1, ..., 0, each (S, S).

    ``x`` (T, D) is one sequence; S is H, or 2 H for an LSTM, whose h stands before its c.
    Raises ``ValueError`` unless ``x`` has two axes.

    >>> from unrolled.cells import rnn
    >>> params = rnn.Params(np.zeros((1, 2)), 0.5 * np.eye(2), np.zeros(2))
    >>> [float(matrix[0, 0]) for matrix in through_time(rnn, params, np.zeros((3, 1)))]
    [1.0, 0.5, 0.25, 0.125]
    """
    if np.ndim(x) != 2:
        raise ValueError(f"expected one sequence (T, D), got shape {np.shape(x)}")
    run = unroll(cell, params, x[None])
    size = sum(part.shape[1] for part in run.state)
    matrix = np.eye(size, dtype=run.outputs.dtype)
    yield matrix
    for cache in reversed(run.caches):
        # All rows of the batch have been through the same step.
        alike = (np.broadcast_to(a, (size, a.shape[1])) for a in cache)
        d_state = type(run.state)(*np.split(matrix, len(run.state), axis=1))
        rows = type(cache)(*alike)
        _, d_state, _ = cell.step_backward(params, rows, d_state)
        matrix = np.concatenate(d_state, axis=1)
        yield matrix


def sizes(cell: Cell, params: Any, x: Array, distances: tuple[int, ...]) -> dict[str, list[float]]:
    r"""Return how much a gradient may grow on its way back, by T - t in ``distances``.

    Each number is a spectral norm: the most by which the matrix can stretch a row.

    ``state`` is that of \partial s_T / \partial s_t.
    ``h`` is that of its block \partial h_T / \partial h_t, with c_t held where there is one.
    An LSTM has two more: ``c``, the block \partial c_T / \partial c_t with h_t held, and
    ``road``, the cell-state path alone: the largest entry of f_{t+1} * ... * f_T, which is what
    is left of ``c`` where every way through h is cut.

    >>> from unrolled.cells import lstm
    >>> params = lstm.init(np.random.default_rng(0), features=1, units=2)
    >>> found = sizes(lstm, params, np.zeros((4, 1)), (0, 4))
    >>> sorted(found), found["state"][0]
    (['c', 'h', 'road', 'state'], 1.0)
    """
    units = len(params.recurrent_kernel)
    found: dict[str, list[float]] = {"state": [], "h": []}
    for distance, matrix in enumerate(through_time(cell, params, x)):
        if distance not in distances:
            continue
        found["state"].append(norm(matrix))
        found["h"].append(norm(matrix[:units, :units]))
        if len(matrix) > units:
            found.setdefault("c", []).append(norm(matrix[units:, units:]))
    if "c" in found:
        gates = [np.ones(units), *(cache.f[0] for cache in reversed(_caches(cell, params, x)))]
        roads = np.cumprod(gates, axis=0).max(axis=1)
        found["road"] = [float(roads[distance]) for distance in distances]
    return found


def norm(matrix: Array) -> float:
    """Return the largest singular value, infinite where an entry is no finite number.

    >>> norm(np.array([[3.0, 0.0], [0.0, -4.0]]))
    4.0
    """
    if not np.isfinite(matrix).all():
        return float("inf")
    return float(np.linalg.norm(matrix, 2))


def _caches(cell: Cell, params: Any, x: Array) -> list[Any]:
    return unroll(cell, params, x[None]).caches
