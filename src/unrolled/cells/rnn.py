"""The plain recurrent cell: the old state and the input, mixed once.

::

    h = tanh(x W + h_prev U + b)

Source: :cite:t:`elman1990`; the parameter layout is that of Keras's ``SimpleRNN``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_tanh, tanh
from unrolled.cells import shared
from unrolled.checks import check_counts

GATES = ("h",)


class Params(NamedTuple):
    """What is learnt: kernel W (D, H), recurrent kernel U (H, H), bias b (H,)."""

    kernel: Array
    recurrent_kernel: Array
    bias: Array


class State(NamedTuple):
    """What is carried to the next step: hidden state h (N, H)."""

    h: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, the state after."""

    x: Array
    h_prev: Array
    h: Array


def init(
    rng: np.random.Generator, features: int, units: int, dtype: DTypeLike = np.float64
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The kernel is Glorot uniform, the recurrent kernel orthogonal, the bias zero, as in Keras.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> params = init(np.random.default_rng(0), features=4, units=5)
    >>> [a.shape for a in params]
    [(4, 5), (5, 5), (5,)]
    """
    check_counts(features=features, units=units)
    return Params(
        shared.glorot_uniform(rng, features, units, dtype),
        shared.orthogonal(rng, units, units, dtype),
        np.zeros(units, dtype),
    )


def count(features: int, units: int) -> int:
    """Return how many numbers a cell learns: H (D + H + 1).

    >>> count(features=4, units=5)
    50
    """
    check_counts(features=features, units=units)
    return units * (features + units + 1)


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    features, units = shared.check_params(params.kernel, params.recurrent_kernel, gates=1)
    shared.check_bias(params.bias, (units,))
    return features, units


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: zeros (N, H)."""
    return State(np.zeros((batch, len(params.recurrent_kernel)), params.recurrent_kernel.dtype))


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., H) for x (..., D); it needs no state."""
    return x @ params.kernel + params.bias


def step(
    params: Params,
    state: State,
    x: Array,
    xW: Array | None = None,
) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1))
    >>> state, cache = step(params, State(np.zeros((1, 1))), np.array([[0.5]]))
    >>> state.h.round(4)  # tanh(0.5)
    array([[0.4621]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    U, (h_prev,) = params.recurrent_kernel, state

    h = tanh(xW + h_prev @ U)

    return State(h), Cache(x, h_prev, h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    Source: :cite:t:`werbos1990`.
    """
    d_a, d_before = state_backward(params, cache, d_state)
    d_params, d_x = weights_backward(params, cache, d_a)
    return d_params, d_before, d_x


def state_backward(params: Params, cache: Cache, d_state: State) -> tuple[Array, State]:
    """Carry the gradient of one step back to the sum a (N, H) and to the state before.

    It is the part of ``step_backward`` that has to go step by step.
    Read it against ``step``, from the bottom up: each forward line stands above its derivative.
    """
    (d_h,) = d_state

    # h = tanh(a)
    d_a = d_h * d_tanh(cache.h)

    # a = xW + h_prev @ U
    d_h_prev = d_a @ params.recurrent_kernel.T

    return d_a, State(d_h_prev)


def weights_backward(params: Params, cache: Cache, d_a: Array) -> tuple[Params, Array]:
    """Carry the gradient at the sum a (N, H) on to the parameters and to the input x (N, D).

    The N rows may be those of one step or of many.
    """
    # a = x @ W + h_prev @ U + b
    d_W, d_U, d_b = cache.x.T @ d_a, cache.h_prev.T @ d_a, d_a.sum(axis=0)
    d_x = d_a @ params.kernel.T

    return Params(d_W, d_U, d_b), d_x
