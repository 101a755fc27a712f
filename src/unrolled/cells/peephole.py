"""Another cell, an LSTM whose gates also look at the cell state: an example of how to write one.

::

    i = sigmoid(x W_i + h_prev U_i + p_i * c_prev + b_i)
    f = sigmoid(x W_f + h_prev U_f + p_f * c_prev + b_f)
    g = tanh   (x W_c + h_prev U_c + b_c)
    c = f * c_prev + i * g
    o = sigmoid(x W_o + h_prev U_o + p_o * c + b_o)    sees the new cell state
    h = o * tanh(c)

Source: :cite:t:`gers2002`.
It has the same few names as the other cells, and the loop over time needs no more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_sigmoid, d_tanh, sigmoid, tanh
from unrolled.arrays import unmasked
from unrolled.cells import lstm, shared
from unrolled.cells.lstm import Cache, State

GATES = lstm.GATES


class Params(NamedTuple):
    """What is learnt: an LSTM's kernel, recurrent kernel and bias, and a peephole (3, H).

    The peephole's rows belong to the gates i, f and o.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array
    peephole: Array


def init(
    rng: np.random.Generator, features: int, units: int, dtype: DTypeLike = np.float64
) -> Params:
    """Return fresh parameters: those of an LSTM, and peepholes that are still zero.

    >>> [a.shape for a in init(np.random.default_rng(0), features=4, units=5)]
    [(4, 20), (5, 20), (20,), (3, 5)]
    """
    return Params(*lstm.init(rng, features, units, dtype), np.zeros((3, units), dtype))


def count(features: int, units: int) -> int:
    """Return how many numbers a cell learns: an LSTM's, and 3 H more.

    >>> count(features=4, units=5)
    215
    """
    return lstm.count(features, units) + 3 * units


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    features, units = lstm.check(lstm.Params(*params[:3]))
    unmasked(params.peephole, "peephole")
    if np.shape(params.peephole) != (3, units):
        raise ValueError(f"expected a peephole of shape {(3, units)}, got {params.peephole.shape}")
    return features, units


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: h and c, zeros (N, H)."""
    return lstm.zero_state(lstm.Params(*params[:3]), batch)


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., 4H) for x (..., D); it needs no state."""
    return x @ params.kernel + params.bias


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = init(np.random.default_rng(0), 2, 3)
    >>> state, _ = step(params, zero_state(params, 1), np.ones((1, 2)))
    >>> plain, _ = lstm.step(lstm.Params(*params[:3]), zero_state(params, 1), np.ones((1, 2)))
    >>> bool((state.h == plain.h).all())  # with peepholes of 0 it is an LSTM
    True
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    U, p, (h_prev, c_prev) = params.recurrent_kernel, params.peephole, state
    p_i, p_f, p_o = p[0], p[1], p[2]

    a_i, a_f, a_g, a_o = shared.blocks(xW + h_prev @ U, 4)
    i, f = sigmoid(a_i + p_i * c_prev), sigmoid(a_f + p_f * c_prev)
    g = tanh(a_g)
    c = f * c_prev + i * g
    o = sigmoid(a_o + p_o * c)
    h = o * tanh(c)

    return State(h, c), Cache(x, h_prev, c_prev, i, f, g, o, c, h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h and c, each (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    """
    W, U, _, (p_i, p_f, p_o) = params
    x, h_prev, c_prev, i, f, g, o, c, _ = cache
    d_h, d_c = d_state

    # h = o * tanh(c)
    tanh_c = tanh(c)
    d_o = d_h * tanh_c
    d_c = d_c + d_h * o * d_tanh(tanh_c)

    # o = sigmoid(a_o + p_o * c)
    d_a_o = d_o * d_sigmoid(o)
    d_p_o, d_c = (d_a_o * c).sum(axis=0), d_c + d_a_o * p_o

    # c = f * c_prev + i * g
    d_f, d_c_prev = d_c * c_prev, d_c * f
    d_i, d_g = d_c * g, d_c * i

    # g = tanh(a_g)
    d_a_g = d_g * d_tanh(g)

    # i, f = sigmoid(a_i + p_i * c_prev), sigmoid(a_f + p_f * c_prev)
    d_a_i, d_a_f = d_i * d_sigmoid(i), d_f * d_sigmoid(f)
    d_p_i, d_p_f = (d_a_i * c_prev).sum(axis=0), (d_a_f * c_prev).sum(axis=0)
    d_c_prev = d_c_prev + d_a_i * p_i + d_a_f * p_f

    # a_i, a_f, a_g, a_o = blocks(xW + h_prev @ U)
    d_a = np.concatenate([d_a_i, d_a_f, d_a_g, d_a_o], axis=-1)
    d_U, d_h_prev = h_prev.T @ d_a, d_a @ U.T

    # xW = x @ W + b
    d_W, d_b, d_x = x.T @ d_a, d_a.sum(axis=0), d_a @ W.T

    return Params(d_W, d_U, d_b, np.stack([d_p_i, d_p_f, d_p_o])), State(d_h_prev, d_c_prev), d_x
