"""The LSTM of 1997, as :cite:t:`hochreiter1997` describe it, several trials at once.

Memory cells stand in blocks; the cells of a block share an input gate and an output gate.
There is no forget gate: what was written once stays.
Every unit of the hidden layer, cell or gate, is fed by the inputs, by all units of the hidden
layer one step before, and by a bias; the outputs are fed by the cells and a bias.

S counts trials that know nothing of each other: each has weights and sequences of its own.
B counts blocks, C cells, M = 2B + C units in the order input gates, output gates, cells,
and K outputs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.activations import Array, d_sigmoid, d_tanh, sigmoid
from unrolled.tasks import Sequences


class Sizes(NamedTuple):
    """How many features, blocks, cells in each block and outputs a network has."""

    features: int
    blocks: int
    cells: int
    outputs: int


class Params(NamedTuple):
    """Weights of S trials, or their gradients.

    ``kernel`` (S, D, M), ``recurrent`` (S, M, M), ``bias`` (S, M), ``readout`` (S, C, K) and
    ``readout_bias`` (S, K).
    """

    kernel: Array
    recurrent: Array
    bias: Array
    readout: Array
    readout_bias: Array


class Run(NamedTuple):
    """What a forward pass leaves for the backward pass: S trials, T steps.

    ``x`` (S, T, D), ``units`` (S, T + 1, M) with zeros first, ``written`` (S, T, B, C/B) what g
    made of each cell's input, ``held`` (S, B, C/B) what h made of the last state, and
    ``outputs`` (S, K) at the end.
    """

    x: Array
    units: Array
    written: Array
    held: Array
    outputs: Array


def count(sizes: Sizes) -> int:
    """Return the number of weights of one network, biases among them.

    >>> count(Sizes(features=2, blocks=2, cells=2, outputs=1)) == (2 + 8 + 1) * 8 + 5 == 93
    True
    >>> count(Sizes(features=8, blocks=2, cells=2, outputs=4)) == (8 + 8 + 1) * 8 + 5 * 4 == 156
    True
    """
    features, blocks, cells, outputs = sizes
    units = blocks * (2 + cells)
    return (features + units + 1) * units + (blocks * cells + 1) * outputs


def init(sizes: Sizes, input_gates: Sequence[float], seeds: Sequence[int]) -> Params:
    """Draw all weights from U[−0.1, 0.1], one trial for each seed.

    ``input_gates`` are the biases that the input gates start with instead, one a block: below
    zero, so that a gate is nearly shut at first and a state does not drift.
    Raises ``ValueError`` unless there is one for each block.
    """
    features, blocks, cells, outputs = sizes
    if len(input_gates) != blocks:
        raise ValueError(f"expected {blocks} biases of input gates, got {len(input_gates)}")
    M, C = blocks * (2 + cells), blocks * cells
    shapes = [(features, M), (M, M), (M,), (C, outputs), (outputs,)]
    rngs = [np.random.default_rng(seed) for seed in seeds]
    drawn = Params(*(np.stack([rng.uniform(-0.1, 0.1, shape) for rng in rngs]) for shape in shapes))
    drawn.bias[:, :blocks] = input_gates
    return drawn


def ending_together(sequences: Sequences) -> tuple[Array, NDArray[np.bool_]]:
    """Move sequences to the right so that all end at the last step.

    Returns ``x`` (N, T, D) and ``alive`` (N, T), false before a sequence starts.

    >>> from unrolled.tasks import adding
    >>> x, alive = ending_together(adding.original(5))
    >>> x[:, -1, 1]
    array([-1., -1., -1., -1., -1.])
    """
    T = sequences.x.shape[1]
    at = np.arange(T) - (T - sequences.lengths[:, None])
    alive = at >= 0
    moved = np.take_along_axis(sequences.x, np.maximum(at, 0)[..., None], axis=1)
    return moved * alive[..., None], alive


def blocks_of(params: Params) -> int:
    """Return B: the units that are no cells are two gates a block."""
    units, cells = params.bias.shape[-1], params.readout.shape[-2]
    return int(units - cells) // 2


def forward(params: Params, x: Array, alive: NDArray[np.bool_]) -> Run:
    """Run one sequence for each trial: ``x`` (S, T, D), ``alive`` (S, T), all true at the end."""
    W, U, b, V, c = params
    (S, T, _), B = x.shape, blocks_of(params)
    driven = x @ W + b[:, None]
    driven[~alive] = -np.inf  # Shuts every gate: before the start all is zero, and stays so.
    units = np.zeros((S, T + 1, b.shape[-1]))
    written = np.empty((S, T, B, V.shape[1] // B))
    s = np.zeros(written[:, 0].shape)
    for t in range(T):
        a = driven[:, t] + (units[:, t, None] @ U)[:, 0]
        i, o = sigmoid(a[:, :B, None]), sigmoid(a[:, B : 2 * B, None])
        g = 4 * sigmoid(a[:, 2 * B :].reshape(s.shape)) - 2
        s = s + i * g  # nothing is forgotten
        h = 2 * sigmoid(s) - 1
        units[:, t + 1] = np.concatenate([part.reshape(S, -1) for part in (i, o, o * h)], axis=1)
        written[:, t] = g
    y = sigmoid((units[:, -1, None, 2 * B :] @ V)[:, 0] + c)
    return Run(x, units, written, h, y)


def backward(params: Params, run: Run, targets: Array) -> Params:
    """Return the truncated gradient of ½ Σ (y − target)² with ``targets`` (S, K).

    As in the paper, an error that leaves a gate or a cell's input is not followed further back:
    ``units`` one step before count as given.
    Inside a cell it is followed to the first step and never scaled, because s(t) = s(t−1) + i g.
    """
    x, units, g, h, y = run
    B, (S, T, _) = blocks_of(params), x.shape
    i, o = units[:, 1:, :B, None], units[:, -1, B : 2 * B, None]
    # y = sigmoid(cells @ V + c)
    d_y = (y - targets) * d_sigmoid(y)
    d_readout = units[:, -1, 2 * B :, None] * d_y[:, None]
    # cells = o * h, at the last step
    d_cells = (params.readout @ d_y[:, :, None]).reshape(h.shape)
    d_o = (d_cells * h).sum(axis=-1) * d_sigmoid(o[..., 0])
    # h = 2 * sigmoid(s) - 1 = tanh(s / 2)
    d_s = (d_cells * o * d_tanh(h) / 2)[:, None]
    # s = sum over t of i * g, with g = 4 * sigmoid(a) - 2 = 2 * tanh(a / 2)
    d_units = np.zeros((S, T, units.shape[-1]))
    d_units[:, :, :B] = (d_s * g).sum(axis=-1) * d_sigmoid(i[..., 0])
    d_units[:, -1, B : 2 * B] = d_o
    d_units[:, :, 2 * B :] = (d_s * i * d_tanh(g / 2)).reshape(S, T, -1)
    # units = f(x @ W + units one step before @ U + b)
    return Params(
        x.swapaxes(1, 2) @ d_units,
        units[:, :-1].swapaxes(1, 2) @ d_units,
        d_units.sum(axis=1),
        d_readout,
        d_y,
    )
