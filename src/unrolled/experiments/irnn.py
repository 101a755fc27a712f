"""The plain cell with a rectifier for tanh, started at the identity: an IRNN.

::

    h = max(0, x W + h_prev U + b)

Source: :cite:t:`le2015`. A cell for experiments, with the names that every cell has; parameters,
state and cache are those of :mod:`unrolled.cells.rnn`. NumPy and JAX run it.
"""

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array
from unrolled.cells import rnn, shared
from unrolled.cells.rnn import Cache, Params, State
from unrolled.checks import check_counts

GATES = rnn.GATES
check, count, project, zero_state = rnn.check, rnn.count, rnn.project, rnn.zero_state


def init(
    rng: np.random.Generator, features: int, units: int, dtype: DTypeLike = np.float64
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and H ``units``.

    The kernel is normal with a standard deviation of 0.001, the recurrent kernel the identity,
    the bias zero, as in the paper.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> init(np.random.default_rng(0), features=1, units=2).recurrent_kernel
    array([[1., 0.],
           [0., 1.]])
    """
    check_counts(features=features, units=units)
    kernel = rng.normal(0, 1e-3, (features, units)).astype(dtype)
    return Params(kernel, np.eye(units, dtype=dtype), np.zeros(units, dtype))


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.

    >>> params = Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1))
    >>> step(params, State(np.array([[2.0]])), np.array([[-0.5]]))[0].h
    array([[1.5]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    U, (h_prev,) = params.recurrent_kernel, state

    a = xW + h_prev @ U
    h = a * (a > 0)

    return State(h), Cache(x, h_prev, h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    """
    W, U, _ = params
    (d_h,) = d_state

    # h = max(0, xW + h_prev @ U)
    d_a = d_h * (cache.h > 0)
    d_U, d_h_prev = cache.h_prev.T @ d_a, d_a @ U.T

    # xW = x @ W + b
    d_W, d_b, d_x = cache.x.T @ d_a, d_a.sum(axis=0), d_a @ W.T

    return Params(d_W, d_U, d_b), State(d_h_prev), d_x
