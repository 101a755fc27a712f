"""The gated recurrent unit: one state, and a gate that chooses between old and new.

::

    z = sigmoid(x W_z + h_prev U_z + b_z)    how much of the old state to keep
    r = sigmoid(x W_r + h_prev U_r + b_r)    how much of it the candidate sees
    g = tanh(x W_h + b_h + r * (h_prev U_h + bU_h))   reset after the product
    g = tanh(x W_h + b_h + (r * h_prev) U_h)          reset before the product
    h = z * h_prev + (1 - z) * g

Source: :cite:t:`cho2014`, where the reset comes before the product.
The parameter layout is that of Keras's ``GRU``: blocks z, r, h side by side.
The bias tells the two forms apart, as it does in Keras: (2, 3H) resets after, (3H,) before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_sigmoid, d_tanh, sigmoid, tanh
from unrolled.cells import shared
from unrolled.checks import check_counts

GATES = ("z", "r", "h")


class Params(NamedTuple):
    """What is learnt: kernel W (D, 3H), recurrent kernel U (H, 3H), bias (2, 3H) or (3H,).

    Row 0 of a (2, 3H) bias belongs to the input, row 1 to the recurrent product.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array

    @property
    def reset_after(self) -> bool:
        """Whether the reset gate acts after the recurrent product (Keras's default)."""
        return self.bias.ndim == 2


class State(NamedTuple):
    """What is carried to the next step: hidden state h (N, H)."""

    h: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, the gates, the state after.

    ``hU`` is the candidate's recurrent product as it enters tanh: h_prev U_h + bU_h where the
    reset comes after, (r * h_prev) U_h where it comes before.
    """

    x: Array
    h_prev: Array
    z: Array
    r: Array
    g: Array
    hU: Array
    h: Array


def init(
    rng: np.random.Generator,
    features: int,
    units: int,
    dtype: DTypeLike = np.float64,
    reset_after: bool = True,
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The kernel is Glorot uniform, the recurrent kernel orthogonal, the bias zero, as in Keras.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> params = init(np.random.default_rng(0), features=4, units=5)
    >>> [a.shape for a in params]
    [(4, 15), (5, 15), (2, 15)]
    """
    check_counts(features=features, units=units)
    return Params(
        shared.glorot_uniform(rng, features, 3 * units, dtype),
        shared.orthogonal(rng, units, 3 * units, dtype),
        np.zeros((2, 3 * units) if reset_after else 3 * units, dtype),
    )


def count(features: int, units: int, reset_after: bool = True) -> int:
    """Return how many numbers a cell learns: 3 H (D + H + 1), and 3 H more where reset is after.

    >>> count(4, 5, reset_after=False), count(4, 5)
    (150, 165)
    """
    check_counts(features=features, units=units)
    return 3 * units * (features + units + (2 if reset_after else 1))


def check(params: Params) -> tuple[int, int]:
    """Return (D, H), or raise ``ValueError`` where the parameters do not fit together."""
    features, units = shared.check_params(params.kernel, params.recurrent_kernel, gates=3)
    if np.shape(params.bias) not in {(3 * units,), (2, 3 * units)}:
        raise ValueError(
            f"expected a bias of shape {(2, 3 * units)} (reset after the product) or "
            f"{(3 * units,)} (reset before), got {np.shape(params.bias)}"
        )
    return features, units


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: zeros (N, H)."""
    return State(np.zeros((batch, len(params.recurrent_kernel)), params.recurrent_kernel.dtype))


def project(params: Params, x: Array) -> Array:
    """Return the input's share x W + b, (..., 3H) for x (..., D); it needs no state."""
    return x @ params.kernel + (params.bias[0] if params.reset_after else params.bias)


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = Params(np.zeros((1, 3)), np.zeros((1, 3)), np.zeros((2, 3)))
    >>> state, cache = step(params, State(np.ones((1, 1))), np.zeros((1, 1)))
    >>> state.h  # z is one half and the candidate is 0
    array([[0.5]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    U, (h_prev,) = params.recurrent_kernel, state
    x_z, x_r, x_h = shared.blocks(xW, 3)

    if params.reset_after:
        h_z, h_r, hU = shared.blocks(h_prev @ U + params.bias[1], 3)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        g = tanh(x_h + r * hU)
    else:
        U_z, U_r, U_h = shared.blocks(U, 3)
        z, r = sigmoid(x_z + h_prev @ U_z), sigmoid(x_r + h_prev @ U_r)
        hU = (r * h_prev) @ U_h
        g = tanh(x_h + hU)
    h = z * h_prev + (1 - z) * g  # keep some, renew the rest

    return State(h), Cache(x, h_prev, z, r, g, hU, h)


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
    """Carry the gradient of one step back to the sums a (N, 3H) and to the state before.

    It is the part of ``step_backward`` that has to go step by step.
    Read it against ``step``, from the bottom up: each forward line stands above its derivative.
    """
    U, (_, h_prev, z, r, g, hU, _) = params.recurrent_kernel, cache
    (d_h,) = d_state

    # h = z * h_prev + (1 - z) * g
    d_z, d_g, d_h_prev = d_h * (h_prev - g), d_h * (1 - z), d_h * z

    if params.reset_after:
        # g = tanh(x_h + r * hU)
        d_a_g = d_g * d_tanh(g)
        d_r, d_hU = d_a_g * hU, d_a_g * r

        # z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        d_a_z, d_a_r = d_z * d_sigmoid(z), d_r * d_sigmoid(r)

        # h_z, h_r, hU = blocks(h_prev @ U + b[1])
        d_rec = np.concatenate([d_a_z, d_a_r, d_hU], axis=-1)
        d_h_prev = d_h_prev + d_rec @ U.T
    else:
        U_z, U_r, U_h = shared.blocks(U, 3)

        # hU = (r * h_prev) @ U_h
        # g = tanh(x_h + hU)
        d_a_g = d_g * d_tanh(g)
        d_rh = d_a_g @ U_h.T
        d_r, d_h_prev = d_rh * h_prev, d_h_prev + d_rh * r

        # z, r = sigmoid(x_z + h_prev @ U_z), sigmoid(x_r + h_prev @ U_r)
        d_a_z, d_a_r = d_z * d_sigmoid(z), d_r * d_sigmoid(r)
        d_h_prev = d_h_prev + d_a_z @ U_z.T + d_a_r @ U_r.T

    return np.concatenate([d_a_z, d_a_r, d_a_g], axis=-1), State(d_h_prev)


def weights_backward(params: Params, cache: Cache, d_a: Array) -> tuple[Params, Array]:
    """Carry the gradient at the sums a (N, 3H) on to the parameters and to the input x (N, D).

    The N rows may be those of one step or of many.
    """
    h_prev, r = cache.h_prev, cache.r
    d_a_z, d_a_r, d_a_g = shared.blocks(d_a, 3)

    # xW = x @ W + b, with b[0] for b where the reset comes after
    d_W, d_b, d_x = cache.x.T @ d_a, d_a.sum(axis=0), d_a @ params.kernel.T

    if params.reset_after:
        # a_z, a_r = x_z + h_z, x_r + h_r;  a_g = x_h + r * hU
        # h_z, h_r, hU = blocks(h_prev @ U + b[1])
        d_rec = np.concatenate([d_a_z, d_a_r, d_a_g * r], axis=-1)
        d_U, d_b = h_prev.T @ d_rec, np.stack([d_b, d_rec.sum(axis=0)])
    else:
        # a_z, a_r = x_z + h_prev @ U_z, x_r + h_prev @ U_r
        # a_g = x_h + (r * h_prev) @ U_h
        d_U_blocks = h_prev.T @ d_a_z, h_prev.T @ d_a_r, (r * h_prev).T @ d_a_g
        d_U = np.concatenate(d_U_blocks, axis=-1)

    return Params(d_W, d_U, d_b), d_x
