"""The minimal GRU: a gate chooses between old and new, and neither looks at the state.

::

    z = sigmoid(x W_z + b_z)      how much to write
    g = x W_h + b_h               what is written, the candidate
    h = (1 - z) * h_prev + z * g

Source: :cite:t:`feng2024`. It is the GRU without its recurrent kernel, its reset gate and tanh;
z is how much is *new*, as in the paper, where Keras's GRU has how much is old.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_sigmoid, sigmoid
from unrolled.cells import shared
from unrolled.cells.after.shared import check_kernel, named
from unrolled.checks import check_counts

GATES = ("z", "h")


class Params(NamedTuple):
    """What is learnt: kernel W (D, 2H) and bias b (2H,), blocks z and h side by side."""

    kernel: Array
    bias: Array


class State(NamedTuple):
    """What is carried to the next step: hidden state h (N, H)."""

    h: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, gate and candidate, the state."""

    x: Array
    h_prev: Array
    z: Array
    g: Array
    h: Array


def init(
    rng: np.random.Generator, features: int, units: int, dtype: DTypeLike = np.float64
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The kernel is Glorot uniform, the bias zero.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> [a.shape for a in init(np.random.default_rng(0), features=4, units=5)]
    [(4, 10), (10,)]
    """
    check_counts(features=features, units=units)
    kernel = shared.glorot_uniform(rng, features, 2 * units, dtype)
    return Params(kernel, np.zeros(2 * units, dtype))


def count(features: int, units: int) -> int:
    """Return how many numbers a cell learns: 2 H (D + 1).

    >>> count(features=4, units=5)
    50
    """
    check_counts(features=features, units=units)
    return 2 * units * (features + 1)


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    return check_kernel(params.kernel, params.bias, blocks=2)


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: zeros (N, H)."""
    return State(np.zeros((batch, check(params)[1]), params.kernel.dtype))


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., 2H) for x (..., D); here it is all there is."""
    return x @ params.kernel + params.bias


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = Params(np.zeros((1, 2)), np.array([0.0, 3.0]))
    >>> state, _ = step(params, State(np.ones((1, 1))), np.zeros((1, 1)))
    >>> state.h  # half of 1, half of 3
    array([[2.]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    (h_prev,) = state

    a_z, g = shared.blocks(xW, 2)
    z = sigmoid(a_z)
    h = (1 - z) * h_prev + z * g  # keep the rest, write a share

    return State(h), Cache(x, h_prev, z, g, h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    """
    x, h_prev, z, g, _ = cache
    (d_h,) = d_state

    # h = (1 - z) * h_prev + z * g
    d_h_prev, d_z, d_g = d_h * (1 - z), d_h * (g - h_prev), d_h * z

    # z = sigmoid(a_z);  a_z, g = blocks(xW, 2)
    d_a = np.concatenate([d_z * d_sigmoid(z), d_g], axis=-1)

    # xW = x @ W + b
    return Params(x.T @ d_a, d_a.sum(axis=0)), State(d_h_prev), d_a @ params.kernel.T


def linear(params: Params, xW: Array) -> tuple[Array, Array]:
    """Return decay and write of h = a * h_prev + b, (..., H), from the share (..., 2H)."""
    a_z, g = shared.blocks(xW, 2)
    return sigmoid(-a_z), sigmoid(a_z) * g


def carried(state: State) -> Array:
    """Return what a scan carries, (N, H): the whole state."""
    return state.h


def shown(params: Params, s: Array, xW: Array) -> State:
    """Return the states that a scan has found."""
    return State(s)


def names(params: Params) -> dict[str, Array]:
    """Return what is learnt by its names in the cell's equations."""
    return named(GATES, W=shared.blocks(params.kernel, 2), b=shared.blocks(params.bias, 2))
