"""The cells whose gradients are compared, and how each of them is drawn."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import gru, lstm, rnn, shared
from unrolled.experiments import irnn
from unrolled.experiments.gradient_flow.recall import FEATURES


class Start(NamedTuple):
    """A cell and how its parameters are drawn, from a generator and the number of units."""

    cell: Any
    draw: Callable[[np.random.Generator, int], Any]


def _random(radius: float) -> Start:
    """Return a plain cell whose recurrent kernel is normal, scaled to a spectral radius."""

    def draw(rng: np.random.Generator, units: int) -> rnn.Params:
        U = rng.standard_normal((units, units))
        U *= radius / np.abs(np.linalg.eigvals(U)).max()
        return rnn.init(rng, FEATURES, units)._replace(recurrent_kernel=U)

    return Start(rnn, draw)


def orthogonal_blocks(rng: np.random.Generator, units: int, gates: int) -> Array:
    """Draw a recurrent kernel (H, gates * H) of which each block (H, H) is orthogonal.

    Keras and :mod:`unrolled.cells` draw a kernel with orthonormal rows as one matrix. A plain
    cell's one block is then orthogonal, and those of a cell with gates are smaller, by about
    1 / sqrt(gates). With this one the same kernel is the same for all cells.

    >>> U = orthogonal_blocks(np.random.default_rng(0), units=3, gates=4)
    >>> U.shape, bool(np.allclose(U @ U.T, 4 * np.eye(3)))
    ((3, 12), True)
    """
    return np.hstack([shared.orthogonal(rng, units, units, np.float64) for _ in range(gates)])


def _gated(cell: Any, **options: float) -> Start:
    """Return a cell with gates and its usual start, but for the blocks."""

    def draw(rng: np.random.Generator, units: int) -> Any:
        params = cell.init(rng, FEATURES, units, **options)
        blocks = orthogonal_blocks(rng, units, len(cell.GATES))
        return params._replace(recurrent_kernel=blocks)

    return Start(cell, draw)


CELLS = {
    "RNN, radius 0.8": _random(0.8),
    "RNN, radius 1": _random(1.0),
    "RNN, radius 1.25": _random(1.25),
    "RNN, orthogonal": Start(rnn, lambda rng, units: rnn.init(rng, FEATURES, units)),
    "IRNN": Start(irnn, lambda rng, units: irnn.init(rng, FEATURES, units)),
    "LSTM, bias 0": _gated(lstm, forget_bias=0.0),
    "LSTM, bias 1": _gated(lstm, forget_bias=1.0),
    "LSTM, bias 3": _gated(lstm, forget_bias=3.0),
    "GRU": _gated(gru),
}
#: What the sweep scales: a radius of 1 stands for all radii.
SWEPT = [name for name in CELLS if name not in ("RNN, radius 0.8", "RNN, radius 1.25")]


def scaled(params: Any, scale: float) -> Any:
    """Return parameters whose recurrent kernel is ``scale`` times what it was.

    >>> scaled(rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.ones(1)), 2.0).recurrent_kernel
    array([[2.]])
    """
    return params._replace(recurrent_kernel=scale * params.recurrent_kernel)
