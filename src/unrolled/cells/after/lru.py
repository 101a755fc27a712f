"""The linear recurrent unit: a complex number for each unit turns and shrinks its state.

::

    r = exp(-exp(radius)), w = exp(angle), e = exp(scale)    learnt through these, so 0 < r < 1
    p = r * (cos(w) * p_prev - sin(w) * q_prev) + e * (x W_p)
    q = r * (sin(w) * p_prev + cos(w) * q_prev) + e * (x W_q)
    h = tanh(p C_p - q C_q + x W_h + b)

With s = p + j q and the number r exp(j w) = a the two lines of the state are s = a * s_prev + u.
They are kept as two real arrays, which every library takes and central differences can move.

Source: :cite:t:`orvieto2023`, where layers between the linear recurrences make what is shown
nonlinear; here tanh stands for them, and a bias in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_tanh, exp, namespace, tanh
from unrolled.cells import shared
from unrolled.cells.after.shared import check_kernel, check_shape, named
from unrolled.checks import check_counts

GATES = ("p", "q", "h")


class Params(NamedTuple):
    """What is learnt: kernel W (D, 3H), its bias (3H,), output kernel C (2H, H), rates (3, H).

    The kernel's blocks are p, q and h; the rows of ``rates`` are radius, angle and scale. The
    bias of the blocks p and q is added before the scale e.
    """

    kernel: Array
    bias: Array
    output_kernel: Array
    rates: Array


class State(NamedTuple):
    """What is carried: h (N, H), which is only shown, and the parts p and q (N, H) of s."""

    h: Array
    p: Array
    q: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, what is written, the state."""

    x: Array
    p_prev: Array
    q_prev: Array
    u: Array
    v: Array
    p: Array
    q: Array
    h: Array


def init(
    rng: np.random.Generator,
    features: int,
    units: int,
    dtype: DTypeLike = np.float64,
    radius: tuple[float, float] = (0.9, 0.999),
    most: float = np.pi / 10,
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The numbers are uniform on a ring between two radii, at angles up to ``most``, and the scale
    keeps the state's variance at that of what is written, as in the paper, which takes such
    rings for long sequences. Kernels are Glorot uniform, the bias is zero.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> [a.shape for a in init(np.random.default_rng(0), features=4, units=5)]
    [(4, 15), (15,), (10, 5), (3, 5)]
    """
    check_counts(features=features, units=units)
    low, high = radius
    square = rng.uniform(low**2, high**2, units)
    rates = [
        np.log(-np.log(square) / 2),
        np.log(most * (1 - rng.random(units))),
        np.log(1 - square) / 2,
    ]
    return Params(
        shared.glorot_uniform(rng, features, 3 * units, dtype),
        np.zeros(3 * units, dtype),
        shared.glorot_uniform(rng, 2 * units, units, dtype),
        np.array(rates).astype(dtype),
    )


def count(features: int, units: int) -> int:
    """Return how many numbers a cell learns: H (3 D + 2 H + 6).

    >>> count(features=4, units=5)
    140
    """
    check_counts(features=features, units=units)
    return units * (3 * features + 2 * units + 6)


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    features, units = check_kernel(params.kernel, params.bias, blocks=3)
    check_shape("output kernel", params.output_kernel, (2 * units, units))
    check_shape("rates", params.rates, (3, units))
    return features, units


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: h, p and q, zeros (N, H)."""
    zeros = np.zeros((batch, params.output_kernel.shape[-1]), params.kernel.dtype)
    return State(zeros, zeros.copy(), zeros.copy())


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., 3H) for x (..., D); it needs no state."""
    return x @ params.kernel + params.bias


def turned(params: Params) -> tuple[Array, Array, Array]:
    """Return r cos(w), r sin(w) and e, each (H,)."""
    r, w, e = exp(-exp(params.rates[0])), exp(params.rates[1]), exp(params.rates[2])
    xp = namespace(w)
    return r * xp.cos(w), r * xp.sin(w), e


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = init(np.random.default_rng(0), 1, 1)
    >>> quarter = np.log([[0.5], [np.pi / 2], [1.0]])  # r = 1/2, w = a quarter turn, e = 1
    >>> quarter[0] = np.log(-quarter[0])
    >>> before = State(*np.array([[[0.0]], [[1.0]], [[0.0]]]))
    >>> after, _ = step(params._replace(rates=quarter), before, np.zeros((1, 1)))
    >>> after.p.round(3), after.q.round(3)
    (array([[0.]]), array([[0.5]]))
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    _, p_prev, q_prev = state
    re, im, e = turned(params)

    u, v, a_h = shared.blocks(xW, 3)
    p = re * p_prev - im * q_prev + e * u  # turn, shrink, write
    q = im * p_prev + re * q_prev + e * v
    h = _shown(params, p, q, a_h)

    return State(h, p, q), Cache(x, p_prev, q_prev, u, v, p, q, h)


def _shown(params: Params, p: Array, q: Array, a_h: Array) -> Array:
    C, units = params.output_kernel, p.shape[-1]
    return tanh(p @ C[:units] - q @ C[units:] + a_h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h, p and q, each (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    """
    x, p_prev, q_prev, u, v, p, q, h = cache
    d_h, d_p, d_q = d_state
    (re, im, e), C = turned(params), params.output_kernel
    C_p, C_q = np.split(C, 2)

    # h = tanh(p @ C_p - q @ C_q + a_h)
    d_a_h = d_h * d_tanh(h)
    d_C = np.concatenate([p.T @ d_a_h, -q.T @ d_a_h])
    d_p, d_q = d_p + d_a_h @ C_p.T, d_q - d_a_h @ C_q.T

    # p = re * p_prev - im * q_prev + e * u;  q = im * p_prev + re * q_prev + e * v
    d_p_prev, d_q_prev = re * d_p + im * d_q, re * d_q - im * d_p
    d_re = (d_p * p_prev + d_q * q_prev).sum(axis=0)
    d_im = (d_q * p_prev - d_p * q_prev).sum(axis=0)
    d_e, d_u, d_v = (d_p * u + d_q * v).sum(axis=0), e * d_p, e * d_q

    # re, im, e = r cos(w), r sin(w), exp(scale);  r = exp(-exp(radius)), w = exp(angle)
    d_radius = -exp(params.rates[0]) * (d_re * re + d_im * im)
    d_angle = exp(params.rates[1]) * (d_im * re - d_re * im)
    d_rates = np.stack([d_radius, d_angle, d_e * e])

    # u, v, a_h = blocks(xW, 3);  xW = x @ W + b
    d_a = np.concatenate([d_u, d_v, d_a_h], axis=-1)
    d_params = Params(x.T @ d_a, d_a.sum(axis=0), d_C, d_rates)
    return d_params, State(np.zeros_like(h), d_p_prev, d_q_prev), d_a @ params.kernel.T


def linear(params: Params, xW: Array) -> tuple[Array, Array]:
    """Return decay and write of s = a * s_prev + b, complex (..., H), from the share (..., 3H)."""
    (re, im, e), (u, v, _) = turned(params), shared.blocks(xW, 3)
    write = e * (u + 1j * v)
    return re + 1j * im + 0 * write, write


def carried(state: State) -> Array:
    """Return what a scan carries, complex (N, H): p and q as one number."""
    s: Array = state.p + 1j * state.q
    return s


def shown(params: Params, s: Array, xW: Array) -> State:
    """Return the states in which p and q are the parts of s (..., H)."""
    return State(_shown(params, s.real, s.imag, shared.blocks(xW, 3)[2]), s.real, s.imag)


def names(params: Params) -> dict[str, Array]:
    """Return what is learnt by its names in the cell's equations."""
    radius, angle, scale = np.exp(params.rates)
    C_p, C_q = np.split(params.output_kernel, 2)
    return {
        **named(GATES, W=shared.blocks(params.kernel, 3), b=shared.blocks(params.bias, 3)),
        "r": np.exp(-radius), "w": angle, "e": scale, "C_p": C_p, "C_q": C_q,
    }  # fmt: skip
