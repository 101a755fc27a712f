"""A selective state space in its smallest form: the input says how long a step of time is.

::

    u = x W_u + b_u                   what enters, a channel for each unit
    d = softplus(x W_d + b_d)         how long the step is, above 0
    B = x W_B + b_B, C = x W_C + b_C  what is let in and out, one number for all units
    f = exp(-d * exp(rate))           what is kept after so long a step
    s = f * s_prev + d * B * u
    h = C * s + skip * u

Source: :cite:t:`gu2023`, with one number of state for each channel, where the paper has 16, and
without the convolution and the gate around it. Unlike a gate, d moves two things: a long step
forgets more *and* lets more in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, exp, softplus
from unrolled.cells import shared
from unrolled.cells.after.shared import check_kernel, check_shape, named
from unrolled.checks import check_counts

GATES = ("u", "d", "B", "C")


class Params(NamedTuple):
    """What is learnt: kernel W (D, 2H + 2), its bias (2H + 2,), rate and skip, each (H,).

    The kernel's blocks are u and d, H wide, and the columns of B and C.
    """

    kernel: Array
    bias: Array
    rate: Array
    skip: Array


class State(NamedTuple):
    """What is carried: h (N, H), which is only shown, and s (N, H)."""

    h: Array
    s: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, what it was made of, the state."""

    x: Array
    s_prev: Array
    u: Array
    d: Array
    B: Array
    C: Array
    f: Array
    s: Array
    h: Array


def init(
    rng: np.random.Generator,
    features: int,
    units: int,
    dtype: DTypeLike = np.float64,
    steps: tuple[float, float] = (0.001, 0.1),
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The bias of d makes steps of lengths spread evenly, in logarithms, over ``steps``, as in the
    paper; B and C start near 1, rate at 0, skip at 1. The kernel is Glorot uniform.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> [a.shape for a in init(np.random.default_rng(0), features=4, units=5)]
    [(4, 12), (12,), (5,), (5,)]
    """
    check_counts(features=features, units=units)
    length = np.exp(rng.uniform(np.log(steps[0]), np.log(steps[1]), units))
    bias = np.concatenate([np.zeros(units), np.log(np.expm1(length)), np.ones(2)])
    kernel = shared.glorot_uniform(rng, features, 2 * units + 2, dtype)
    return Params(kernel, bias.astype(dtype), np.zeros(units, dtype), np.ones(units, dtype))


def count(features: int, units: int) -> int:
    """Return how many numbers a cell learns: 2 (H + 1) (D + 1) + 2 H.

    >>> count(features=4, units=5)
    70
    """
    check_counts(features=features, units=units)
    return 2 * (units + 1) * (features + 1) + 2 * units


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    features, units = check_kernel(params.kernel, params.bias, blocks=2, more=2)
    check_shape("rate", params.rate, (units,))
    check_shape("skip", params.skip, (units,))
    return features, units


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: h and s, zeros (N, H)."""
    zeros = np.zeros((batch, len(params.rate)), params.kernel.dtype)
    return State(zeros, zeros.copy())


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., 2H + 2) for x (..., D); here it is all there is."""
    return x @ params.kernel + params.bias


def parts(xW: Array) -> tuple[Array, Array, Array, Array]:
    """Return u and the sum of d, (..., H), and B and C, (..., 1), of the share (..., 2H + 2)."""
    u, a_d = shared.blocks(xW[..., :-2], 2)
    return u, a_d, xW[..., -2:-1], xW[..., -1:]


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = init(np.random.default_rng(0), 1, 1)
    >>> half = np.array([0.0, np.log(np.expm1(np.log(2))), 1.0, 1.0])  # d = log 2
    >>> before = State(np.zeros((1, 1)), np.ones((1, 1)))
    >>> step(params._replace(bias=half), before, np.zeros((1, 1)))[0].s
    array([[0.5]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    _, s_prev = state

    u, a_d, B, C = parts(xW)
    d = softplus(a_d)
    f = exp(-d * exp(params.rate))
    s = f * s_prev + d * B * u
    h = C * s + params.skip * u

    return State(h, s), Cache(x, s_prev, u, d, B, C, f, s, h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h and s, each (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    """
    x, s_prev, u, d, B, C, f, s, _ = cache
    d_h, d_s = d_state
    rate = exp(params.rate)

    # h = C * s + skip * u
    d_C, d_skip = (d_h * s).sum(axis=-1, keepdims=True), (d_h * u).sum(axis=0)
    d_s, d_u = d_s + d_h * C, d_h * params.skip

    # s = f * s_prev + d * B * u
    d_f, d_s_prev = d_s * s_prev, d_s * f
    d_d, d_u = d_s * B * u, d_u + d_s * d * B
    d_B = (d_s * d * u).sum(axis=-1, keepdims=True)

    # f = exp(-d * rate)
    d_d, d_rate = d_d - d_f * f * rate, -(d_f * f * d * rate).sum(axis=0)

    # d = softplus(a_d);  u, a_d, B, C = parts(xW)
    slope = -np.expm1(-d)  # sigmoid(a_d), from what the softplus gives
    d_a = np.concatenate([d_u, d_d * slope, d_B, d_C], axis=-1)

    # xW = x @ W + b
    d_params = Params(x.T @ d_a, d_a.sum(axis=0), d_rate, d_skip)
    return d_params, State(np.zeros_like(s), d_s_prev), d_a @ params.kernel.T


def linear(params: Params, xW: Array) -> tuple[Array, Array]:
    """Return decay and write of s = a * s_prev + b, (..., H), from the share (..., 2H + 2)."""
    u, a_d, B, _ = parts(xW)
    d = softplus(a_d)
    return exp(-d * exp(params.rate)), d * B * u


def carried(state: State) -> Array:
    """Return what a scan carries, (N, H)."""
    return state.s


def shown(params: Params, s: Array, xW: Array) -> State:
    """Return the states in which the linear states are s (..., H)."""
    u, _, _, C = parts(xW)
    return State(C * s + params.skip * u, s)


def names(params: Params) -> dict[str, Array]:
    """Return what is learnt by its names in the cell's equations."""
    found = named(GATES, W=parts(params.kernel), b=parts(params.bias))
    return found | {"A": -np.exp(params.rate), "k": params.skip}
