"""The long short-term memory cell: a second state, c, that gates protect.

::

    i = sigmoid(x W_i + h_prev U_i + b_i)  how much to write
    f = sigmoid(x W_f + h_prev U_f + b_f)  how much to keep
    g = tanh   (x W_c + h_prev U_c + b_c)  what could be written, the candidate
    o = sigmoid(x W_o + h_prev U_o + b_o)  how much to show
    c = f * c_prev + i * g
    h = o * tanh(c)

Source: :cite:t:`hochreiter1997`, with the forget gate of :cite:t:`gers2000`.
The parameter layout is that of Keras's ``LSTM``: blocks i, f, c, o side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_sigmoid, d_tanh, sigmoid, tanh
from unrolled.cells import shared
from unrolled.checks import check_counts

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
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> params = init(np.random.default_rng(0), features=4, units=5)
    >>> [a.shape for a in params]
    [(4, 20), (5, 20), (20,)]
    """
    check_counts(features=features, units=units)
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
    check_counts(features=features, units=units)
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
    >>> before = State(h=np.zeros((1, 1)), c=np.ones((1, 1)))
    >>> state, cache = step(params, before, np.zeros((1, 1)))
    >>> state.c  # every gate is half open and the candidate is 0
    array([[0.5]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    U, (h_prev, c_prev) = params.recurrent_kernel, state

    a_i, a_f, a_g, a_o = shared.blocks(xW + h_prev @ U, 4)  # four blocks
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o)
    c = f * c_prev + i * g  # keep some, write some
    h = o * tanh(c)  # show some

    return State(h, c), Cache(x, h_prev, c_prev, i, f, g, o, c, h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h and c, each (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    Source: :cite:t:`werbos1990`.
    """
    d_a, d_before = state_backward(params, cache, d_state)
    d_params, d_x = weights_backward(params, cache, d_a)
    return d_params, d_before, d_x


def state_backward(params: Params, cache: Cache, d_state: State) -> tuple[Array, State]:
    """Carry the gradient of one step back to the sums a (N, 4H) and to the state before.

    It is the part of ``step_backward`` that has to go step by step.
    Read it against ``step``, from the bottom up: each forward line stands above its derivative.
    """
    _, _, c_prev, i, f, g, o, c, _ = cache
    d_h, d_c = d_state

    # h = o * tanh(c)
    tanh_c = tanh(c)
    d_o = d_h * tanh_c
    d_c = d_c + d_h * o * d_tanh(tanh_c)

    # c = f * c_prev + i * g
    d_f, d_c_prev = d_c * c_prev, d_c * f
    d_i, d_g = d_c * g, d_c * i

    # i, f, g, o = sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o)
    d_a_i, d_a_f = d_i * d_sigmoid(i), d_f * d_sigmoid(f)
    d_a_g, d_a_o = d_g * d_tanh(g), d_o * d_sigmoid(o)

    # a_i, a_f, a_g, a_o = blocks(xW + h_prev @ U)
    d_a = np.concatenate([d_a_i, d_a_f, d_a_g, d_a_o], axis=-1)
    d_h_prev = d_a @ params.recurrent_kernel.T

    return d_a, State(d_h_prev, d_c_prev)


def weights_backward(params: Params, cache: Cache, d_a: Array) -> tuple[Params, Array]:
    """Carry the gradient at the sums a (N, 4H) on to the parameters and to the input x (N, D).

    The N rows may be those of one step or of many.
    """
    # a = x @ W + h_prev @ U + b
    d_W, d_U, d_b = cache.x.T @ d_a, cache.h_prev.T @ d_a, d_a.sum(axis=0)
    d_x = d_a @ params.kernel.T

    return Params(d_W, d_U, d_b), d_x
