"""The long short-term memory cell: a second state, c, that gates protect.

i = sigmoid(x W_i + h_prev U_i + b_i)    how much to write
f = sigmoid(x W_f + h_prev U_f + b_f)    how much to keep
g = tanh   (x W_c + h_prev U_c + b_c)    what could be written, the candidate
o = sigmoid(x W_o + h_prev U_o + b_o)    how much to show
c = f * c_prev + i * g
h = o * tanh(c)

Source: :cite:t:`hochreiter1997`, with the forget gate of :cite:t:`gers2000`.
The parameter layout is that of Keras's ``LSTM``: blocks i, f, c, o side by side.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, sigmoid, tanh
from unrolled.cells import shared

GATES = ("i", "f", "c", "o")


class Params(NamedTuple):
    """What is learnt: kernel W (D, 4H), recurrent kernel U (H, 4H), bias b (4H,)."""

    kernel: Array
    recurrent_kernel: Array
    bias: Array


class State(NamedTuple):
    """What is carried to the next step: hidden state h (N, H) and cell state c (N, H)."""

    h: Array
    c: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, the gates, the state after."""

    x: Array
    h_prev: Array
    c_prev: Array
    i: Array
    f: Array
    g: Array
    o: Array
    c: Array
    h: Array


def init(
    rng: np.random.Generator,
    features: int,
    units: int,
    dtype: DTypeLike = np.float64,
    forget_bias: float = 1.0,
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The kernel is Glorot uniform, the recurrent kernel orthogonal, as in Keras.
    The bias is zero but for the forget gate, which starts open :cite:p:`jozefowicz2015`.
    Raises ``ValueError`` where a size is not a positive integer.

    >>> params = init(np.random.default_rng(0), features=4, units=5)
    >>> [a.shape for a in params]
    [(4, 20), (5, 20), (20,)]
    """
    shared.check_sizes(features, units)
    bias = np.zeros(4 * units, dtype)
    bias[units : 2 * units] = forget_bias
    return Params(
        shared.glorot_uniform(rng, features, 4 * units, dtype),
        shared.orthogonal(rng, units, 4 * units, dtype),
        bias,
    )


def count(features: int, units: int) -> int:
    """Return how many numbers a cell learns: 4 H (D + H + 1), four times a plain cell.

    >>> count(features=4, units=5)
    200
    """
    shared.check_sizes(features, units)
    return 4 * units * (features + units + 1)


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    features, units = shared.check_params(params.kernel, params.recurrent_kernel, gates=4)
    shared.check_bias(params.bias, (4 * units,))
    return features, units


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: h and c, zeros (N, H)."""
    h = np.zeros((batch, len(params.recurrent_kernel)), params.recurrent_kernel.dtype)
    return State(h, h.copy())


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., 4H) for x (..., D); it needs no state."""
    return x @ params.kernel + params.bias


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = Params(np.zeros((1, 4)), np.zeros((1, 4)), np.zeros(4))
    >>> state, cache = step(params, State(np.zeros((1, 1)), np.ones((1, 1))), np.zeros((1, 1)))
    >>> state.c  # every gate is half open and the candidate is 0
    array([[0.5]])
    """
    if xW is None:
        features, units = check(params)
        shared.check_input(x, features)
        shared.check_state(state, len(x), units)
        xW = project(params, x)
    U, (h_prev, c_prev) = params.recurrent_kernel, state

    a_i, a_f, a_g, a_o = np.split(xW + h_prev @ U, 4, axis=-1)  # gates side by side
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o)
    c = f * c_prev + i * g  # keep some, write some
    h = o * tanh(c)  # show some

    return State(h, c), Cache(x, h_prev, c_prev, i, f, g, o, c, h)
