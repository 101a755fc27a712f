"""The LSTM with exponential gates: a gate may say "this now counts more than all before".

::

    g = tanh(x W_c + h_prev U_c + b_c)       what could be written
    o = sigmoid(x W_o + h_prev U_o + b_o)    how much to show
    a = x W_i + h_prev U_i + b_i             the logarithm of what is written
    k = x W_f + h_prev U_f + b_f + m_prev    and of what is kept
    m = max(k, a)                            the stabiliser: the greater of the two
    i = exp(a - m), f = exp(k - m)           so that one gate is 1 and no gate overflows
    c = f * c_prev + i * g
    n = f * n_prev + i                       the normaliser: the sum of all weights
    h = o * c / n

Source: :cite:t:`beck2024`, with one head. The gates look at the state, so there is no scan.
The kernels' blocks are i, f, c and o, as the LSTM's.
"""

from typing import NamedTuple

import numpy as np

from unrolled.activations import Array, d_sigmoid, d_tanh, exp, namespace, sigmoid, tanh
from unrolled.cells import lstm, shared
from unrolled.cells.lstm import Params, check, count, init, project

__all__ = ["Params", "check", "count", "init", "project"]
GATES = lstm.GATES


class State(NamedTuple):
    """What is carried: hidden state h, cell state c, normaliser n, stabiliser m, each (N, H)."""

    h: Array
    c: Array
    n: Array
    m: Array


class Cache(NamedTuple):
    """What one step leaves behind: its input, the state before, the gates, the state after."""

    x: Array
    h_prev: Array
    c_prev: Array
    n_prev: Array
    g: Array
    o: Array
    a: Array
    k: Array
    m: Array
    i: Array
    f: Array
    c: Array
    n: Array
    h: Array


def zero_state(params: Params, batch: int) -> State:
    """Return the state before the first step: zeros (N, H), and minus infinity for m.

    That is the logarithm of nothing: what was written so far.
    """
    h, c = lstm.zero_state(params, batch)
    return State(h, c, c.copy(), c - np.inf)


def step(params: Params, state: State, x: Array, xW: Array | None = None) -> tuple[State, Cache]:
    """Take one step: inputs x (N, D) and the state before, to the state after.

    ``xW`` is ``project(params, x)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = Params(np.zeros((1, 4)), np.zeros((1, 4)), np.array([1000.0, 0.0, 9.0, 0.0]))
    >>> before = State(*np.array([[[0.0]], [[1.0]], [[1.0]], [[0.0]]]))
    >>> step(params, before, np.zeros((1, 1)))[0].h  # what is written counts e^1000 times as much
    array([[0.49999998]])
    """
    if xW is None:
        shared.check_step(check(params), state, x)
        xW = project(params, x)
    h_prev, c_prev, n_prev, m_prev = state

    a, a_f, a_g, a_o = shared.blocks(xW + h_prev @ params.recurrent_kernel, 4)
    g, o = tanh(a_g), sigmoid(a_o)
    k = a_f + m_prev
    m = namespace(a).maximum(k, a)
    i, f = exp(a - m), exp(k - m)  # the greater of the two is 1
    c = f * c_prev + i * g
    n = f * n_prev + i
    h = o * c / n  # a mean of all candidates, weighted

    return State(h, c, n, m), Cache(x, h_prev, c_prev, n_prev, g, o, a, k, m, i, f, c, n, h)


def step_backward(params: Params, cache: Cache, d_state: State) -> tuple[Params, State, Array]:
    """Carry the gradient of one step from its outcome back to what went in.

    ``d_state`` is the gradient at the state after the step, h, c, n and m, each (N, H).
    Returns the gradients at the parameters, at the state before and at the input x (N, D).
    """
    x, h_prev, c_prev, n_prev, g, o, a, k, _, i, f, c, n, h = cache
    d_h, d_c, d_n, d_m = d_state

    # h = o * c / n
    d_o, d_c, d_n = d_h * c / n, d_c + d_h * o / n, d_n - d_h * h / n

    # n = f * n_prev + i;  c = f * c_prev + i * g
    d_f, d_i = d_n * n_prev + d_c * c_prev, d_n + d_c * g
    d_n_prev, d_c_prev, d_g = d_n * f, d_c * f, d_c * i

    # i, f = exp(a - m), exp(k - m)
    d_a, d_k = d_i * i, d_f * f
    d_m = d_m - d_a - d_k

    # m = maximum(k, a)
    d_a, d_k = d_a + np.where(a > k, d_m, 0), d_k + np.where(a > k, 0, d_m)

    # k = a_f + m_prev;  g, o = tanh(a_g), sigmoid(a_o)
    d_sums = np.concatenate([d_a, d_k, d_g * d_tanh(g), d_o * d_sigmoid(o)], axis=-1)

    # a, a_f, a_g, a_o = blocks(x @ W + h_prev @ U + b)
    W, U, _ = params
    d_params = Params(x.T @ d_sums, h_prev.T @ d_sums, d_sums.sum(axis=0))
    return d_params, State(d_sums @ U.T, d_c_prev, d_n_prev, d_k), d_sums @ W.T
