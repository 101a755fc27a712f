"""Equations beside the cell that they describe."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.equations.program import Equations

Array = Any
Names = Mapping[str, Array]


def names_of(cell: Any, params: Any, state: Any, x: Array) -> dict[str, Array]:
    """Return the arrays of one step of a cell of this package by their names in its equations.

    >>> from unrolled.cells import rnn
    >>> params = rnn.init(np.random.default_rng(0), features=2, units=3)
    >>> state = rnn.zero_state(params, batch=1)
    >>> list(names_of(rnn, params, state, np.ones((1, 2))))
    ['x_t', 'h_{t-1}', 'W', 'U', 'b']
    """
    names = {"x_t": x} | {f"{k}_{{t-1}}": a for k, a in state._asdict().items()}
    if hasattr(cell, "names"):  # A cell that has other weights than W, U and b says so itself.
        own: dict[str, Array] = cell.names(params)
        return names | own
    gates = cell.GATES
    if len(gates) == 1:
        return names | {"W": params.kernel, "U": params.recurrent_kernel, "b": params.bias}
    rows = np.atleast_2d(params.bias)  # A GRU that resets after the product has two.
    for letter, matrix in [
        ("W", params.kernel),
        ("U", params.recurrent_kernel),
        *zip(("b", "b^U"), rows, strict=False),
    ]:
        parts = np.split(matrix, len(gates), axis=-1)
        names |= {f"{letter}_{gate}": a for gate, a in zip(gates, parts, strict=True)}
    if hasattr(params, "peephole"):
        names |= {f"p_{gate}": row for gate, row in zip("ifo", params.peephole, strict=True)}
    return names


def of_step(cell: Any, params: Any, state: Any, x: Array) -> tuple[Names, Names]:
    """Take one step; return what went in and what came out by the names in the cell's equations.

    >>> from unrolled.cells import rnn
    >>> params = rnn.init(np.random.default_rng(0), features=2, units=3)
    >>> state = rnn.zero_state(params, batch=1)
    >>> _, after = of_step(rnn, params, state, np.ones((1, 2)))
    >>> after["h_t"].shape
    (1, 3)
    """
    after, cache = cell.step(params, state, x)
    found = cache._asdict() | after._asdict()
    return names_of(cell, params, state, x), {f"{name}_t": a for name, a in found.items()}


def differences(equations: Equations, names: Names, expected: Names) -> dict[str, float]:
    r"""Return, for each line, how far its array is from the one expected: the largest entry.

    ``names`` are the arrays that the equations take. Raises ``KeyError`` for a line of which
    nothing is expected, and as :meth:`Equations.evaluate` does.

    >>> from unrolled import equations
    >>> from unrolled.cells import rnn
    >>> plain = equations.read(r"h_t = \tanh(x_t W + h_{t-1} U + b)")
    >>> params = rnn.init(np.random.default_rng(0), features=2, units=3)
    >>> step = of_step(rnn, params, rnn.zero_state(params, 1), np.ones((1, 2)))
    >>> differences(plain, *step)
    {'h_t': 0.0}
    """
    found = equations.evaluate(names)
    return {name: float(np.abs(found[name] - expected[name]).max()) for name, _ in equations.lines}
