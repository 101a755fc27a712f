"""The minimal LSTM: an input and a forget gate that share 1 between them, and one state.

::

    i = sigmoid(x W_i + b_i)      how much could be written
    f = sigmoid(x W_f + b_f)      how much could be kept
    g = x W_h + b_h               what is written, the candidate
    k = f / (f + i)               what is kept, of what is kept and written
    h = k * h_prev + (1 - k) * g

Source: :cite:t:`feng2024`, with the gates normalised so that the state's scale does not hang on
how long the sequence is. It is the LSTM without recurrent kernel, output gate, cell state and tanh.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_sigmoid, sigmoid, softplus
from unrolled.cells import shared
from unrolled.cells.after.shared import check_kernel, named
from unrolled.checks import check_counts

GATES = ("i", "f", "h")


class Params(NamedTuple):
    """What is learnt: kernel W (D, 3H) and bias b (3H,), blocks i, f and h side by side."""

    kernel: Array
    bias: Array


class State(NamedTuple):
    """What is carried to the next step: hidden state h (N, H)."""

    h: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, the gates, the state after."""

    x: Array
    h_prev: Array
    i: Array
    f: Array
    g: Array
    k: Array
    h: Array


def init(
    rng: np.random.Generator,
    features: int,
    units: int,
    dtype: DTypeLike = np.float64,
    forget_bias: float = 0.0,
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The kernel is Glorot uniform, the bias zero but for the forget gate's.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> [a.shape for a in init(np.random.default_rng(0), features=4, units=5)]
    [(4, 15), (15,)]
    """
    check_counts(features=features, units=units)
    bias = np.zeros(3 * units, dtype)
    bias[units : 2 * units] = forget_bias
    return Params(shared.glorot_uniform(rng, features, 3 * units, dtype), bias)


def count(features: int, units: int) -> int:
    """Return how many numbers a cell learns: 3 H (D + 1).

    >>> count(features=4, units=5)
    75
    """
    check_counts(features=features, units=units)
    return 3 * units * (features + 1)


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    return check_kernel(params.kernel, params.bias, blocks=3)


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: zeros (N, H)."""
    return State(np.zeros((batch, check(params)[1]), params.kernel.dtype))


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., 3H) for x (..., D); here it is all there is."""
    return x @ params.kernel + params.bias


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = Params(np.zeros((1, 3)), np.array([0.0, 0.0, 3.0]))
    >>> step(params, State(np.ones((1, 1))), np.zeros((1, 1)))[0].h  # both gates stand at a half
    array([[2.]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    (h_prev,) = state

    a_i, a_f, g = shared.blocks(xW, 3)
    i, f = sigmoid(a_i), sigmoid(a_f)
    k = kept(a_i, a_f)  # f / (f + i)
    h = k * h_prev + (1 - k) * g

    return State(h), Cache(x, h_prev, i, f, g, k, h)


def kept(a_i: Array, a_f: Array) -> Array:
    """Return f / (f + i) of the gates' sums: the sigmoid of log f - log i.

    Two gates that are shut as far as a number goes have a share as well.

    >>> kept(np.array(-1000.0), np.array(-1000.0))
    np.float64(0.5)
    """
    return sigmoid(softplus(-a_i) - softplus(-a_f))


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    """
    x, h_prev, i, f, g, k, _ = cache
    (d_h,) = d_state

    # h = k * h_prev + (1 - k) * g
    d_h_prev, d_k, d_g = d_h * k, d_h * (h_prev - g), d_h * (1 - k)

    # k = sigmoid(softplus(-a_i) - softplus(-a_f)), and 1 - i is the slope of -softplus(-a_i)
    d_a_k = d_k * d_sigmoid(k)
    d_a = np.concatenate([-d_a_k * (1 - i), d_a_k * (1 - f), d_g], axis=-1)

    # xW = x @ W + b
    return Params(x.T @ d_a, d_a.sum(axis=0)), State(d_h_prev), d_a @ params.kernel.T


def linear(params: Params, xW: Array) -> tuple[Array, Array]:
    """Return decay and write of h = a * h_prev + b, (..., H), from the share (..., 3H)."""
    a_i, a_f, g = shared.blocks(xW, 3)
    return kept(a_i, a_f), kept(a_f, a_i) * g


def carried(state: State) -> Array:
    """Return what a scan carries, (N, H): the whole state."""
    return state.h


def shown(params: Params, s: Array, xW: Array) -> State:
    """Return the states that a scan has found."""
    return State(s)


def names(params: Params) -> dict[str, Array]:
    """Return what is learnt by its names in the cell's equations."""
    return named(GATES, W=shared.blocks(params.kernel, 3), b=shared.blocks(params.bias, 3))
