"""Equations beside the cell that they describe."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.equations.program import Equations

Array = Any


def names_of(cell: Any, params: Any, state: Any, x: Array) -> dict[str, Array]:
    """Return the arrays of one step of a cell of this package by their names in its equations.

    >>> from unrolled.cells import rnn
    >>> params = rnn.init(np.random.default_rng(0), features=2, units=3)
    >>> list(names_of(rnn, params, rnn.zero_state(params, 1), np.ones((1, 2))))
    ['x_t', 'h_{t-1}', 'W', 'U', 'b']
    """
    names = {"x_t": x} | {f"{k}_{{t-1}}": a for k, a in state._asdict().items()}
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


def differences(
    equations: Equations,
    cell: Any,
    params: Any,
    state: Any,
    x: Array,
    names: Mapping[str, Array] | None = None,
) -> dict[str, float]:
    """Return, for each line, how far what it computes is from what ``cell.step`` computes.

    The largest difference counts. ``names`` are the arrays by their names in the equations; they
    need to be given for a cell that is not of this package. A value of a step is found by its
    letter in the cell's ``Cache`` or ``State``.
    Raises ``KeyError`` for a line whose letter neither has.

    >>> from unrolled import equations
    >>> from unrolled.cells import rnn
    >>> plain = equations.read(r"h_t = \\tanh(x_t W + h_{t-1} U + b)")
    >>> params = rnn.init(np.random.default_rng(0), features=2, units=3)
    >>> differences(plain, rnn, params, rnn.zero_state(params, 1), np.ones((1, 2)))
    {'h_t': 0.0}
    """
    after, cache = cell.step(params, state, x)
    expected = cache._asdict() | after._asdict()
    found = equations.evaluate(names or names_of(cell, params, state, x))
    return {
        name: float(np.abs(found[name] - expected[name.removesuffix("_t")]).max())
        for name, _ in equations.lines
    }
