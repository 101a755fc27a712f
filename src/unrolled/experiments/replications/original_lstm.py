"""The LSTM of 1997, as :cite:t:`hochreiter1997` describe it: another cell, and its gradient is cut.

Memory cells stand in blocks; the cells of a block share an input gate and an output gate.
There is no forget gate: what was written once stays.
Every unit of the hidden layer, cell or gate, is fed by the inputs, by all units of the hidden
layer one step before, and by a bias; the outputs are fed by the cells and a bias.

B counts blocks, C cells, M = 2B + C units in the order input gates, output gates, cells,
and K outputs. JAX is loaded when it is first needed.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array, sigmoid, tanh
from unrolled.tasks import Sequences


class Sizes(NamedTuple):
    """How many features, blocks, cells in each block and outputs a network has."""

    features: int
    blocks: int
    cells: int
    outputs: int


class Params(NamedTuple):
    """Weights of a network, or their gradients; of S trials with S as the first axis.

    ``kernel`` (D, M), ``recurrent_kernel`` (M, M), ``bias`` (M,), ``readout`` (C, K) and
    ``readout_bias`` (K,).
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array
    readout: Array
    readout_bias: Array


class State(NamedTuple):
    """What is carried to the next step: all units y (M,), and what the cells hold, s (B, C/B)."""

    y: Array
    s: Array


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


def init(sizes: Sizes, input_gates: Sequence[float], seed: int) -> Params:
    """Draw all weights of a network from U[−0.1, 0.1].

    ``input_gates`` are the biases that the input gates start with instead, one a block: below
    zero, so that a gate is nearly shut at first and a state does not drift.
    Raises ``ValueError`` unless there is one for each block.
    """
    features, blocks, cells, outputs = sizes
    if len(input_gates) != blocks:
        raise ValueError(f"expected {blocks} biases of input gates, got {len(input_gates)}")
    M, C = blocks * (2 + cells), blocks * cells
    shapes = [(features, M), (M, M), (M,), (C, outputs), (outputs,)]
    rng = np.random.default_rng(seed)
    drawn = Params(*(rng.uniform(-0.1, 0.1, shape) for shape in shapes))
    drawn.bias[:blocks] = input_gates
    return drawn


def step(params: Params, state: State, xW: Array) -> State:
    """Take one step; ``xW`` (M,) is the inputs' share of what feeds the units, x W + b.

    The paper cuts the gradient: an error that has come to a gate or to a cell's input changes
    the weights there and is not followed further back, so the units one step before count as
    given. In s it is followed to the first step, and never scaled.
    """
    import jax

    B = len(state.s)
    fed = jax.lax.stop_gradient(state.y)
    a = xW + fed @ params.recurrent_kernel
    gates = sigmoid(a[: 2 * B, None])
    i, o = gates[:B], gates[B:]
    g = 2 * tanh(a[2 * B :] / 2)  # 4 sigmoid(a) - 2
    s = state.s + i * g.reshape(state.s.shape)  # nothing is forgotten
    h = tanh(s / 2)  # 2 sigmoid(s) - 1
    return State(jax.numpy.concatenate([gates.ravel(), (o * h).ravel()]), s)


def forward(params: Params, x: Array, length: int) -> tuple[Array, State]:
    """Run over one sequence x (T, D) of ``length`` steps; return the outputs (K,) and the state."""
    import jax

    W, _, b, V, c = params
    C = len(V)
    blocks = (len(b) - C) // 2  # The units that are no cells are two gates a block.

    def one(state: State, now: Any) -> tuple[State, None]:
        xW, alive = now
        new = step(params, state, xW)
        return jax.tree.map(lambda a, b: jax.numpy.where(alive, a, b), new, state), None

    zeros = jax.numpy.zeros_like(b)
    start = State(zeros, zeros[:C].reshape(blocks, -1))
    state, _ = jax.lax.scan(one, start, (x @ W + b, np.arange(len(x)) < length))
    return sigmoid(state.y[2 * blocks :] @ V + c), state


def loss(params: Params, x: Array, length: int, targets: Array) -> tuple[Any, Array]:
    """Return ½ Σ (y − target)² of one sequence with ``targets`` (K,), and the outputs y (K,)."""
    y, _ = forward(params, x, length)
    return ((y - targets) ** 2).sum() / 2, y


def learn(params: Params, sequences: Sequences, rates: Array) -> tuple[Params, Array]:
    """Learn online from N sequences for each of S trials: one sequence, one update.

    Parameters
    ----------
    params
        Of S trials, which know nothing of each other.
    sequences
        N for each trial: x (N, S, T, D), targets (N, S, K), lengths (N, S).
    rates
        (N, S), the learning rate at each sequence; a trial does not learn where it is zero.

    Returns
    -------
    params, outputs
        The weights after the last sequence, and the outputs (N, S, K), each from before its
        sequence was learnt from, in 64 bits.

    """
    import jax

    with jax.enable_x64(True):
        learnt, outputs = _learning()(params, sequences, rates)
        return Params(*map(np.array, learnt)), np.array(outputs)


def answers(params: Params, sequences: Sequences) -> Array:
    """Return the outputs (S, N, K) of S trials to the same N sequences, in 64 bits."""
    import jax

    with jax.enable_x64(True):
        each = jax.vmap(lambda params, x, length: forward(params, x, length)[0], (None, 0, 0))
        run = jax.jit(jax.vmap(each, (0, None, None)))
        return np.array(run(params, sequences.x, sequences.lengths))


@cache
def _learning() -> Any:
    import jax

    def one(params: Params, now: tuple[Sequences, Array]) -> tuple[Params, Array]:
        (x, targets, length), rate = now
        slopes, y = jax.grad(loss, has_aux=True)(params, x, length, targets)
        return jax.tree.map(lambda p, slope: p - rate * slope, params, slopes), y

    def trial(params: Params, sequences: Sequences, rates: Array) -> Any:
        return jax.lax.scan(one, params, (sequences, rates))

    return jax.jit(jax.vmap(trial, in_axes=(0, 1, 1), out_axes=(0, 1)))
