"""The LSTM of 1997 learning online, compiled: one sequence, one step of learning.

The same formulae as :mod:`unrolled.experiments.replications.original_lstm`, which say what they
mean; a test holds the two equal.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.activations import Array
from unrolled.experiments.replications.original_lstm import Params, blocks_of


def learn(
    params: Params, x: Array, alive: NDArray[np.bool_], targets: Array, rates: Array
) -> tuple[Params, Array]:
    """Learn from N sequences for each of S trials, one after the other.

    Parameters
    ----------
    params
        Of S trials.
    x, alive
        (N, S, T, D) and (N, S, T), all sequences ending at the last step.
    targets
        (N, S, K).
    rates
        (N, S), the learning rate at each sequence; a trial does not learn where it is zero.

    Returns
    -------
    params, outputs
        The weights after the last sequence, and the outputs (N, S, K), each from before its
        sequence was learnt from.

    """
    import tensorflow as tf

    closed = np.where(alive, 0.0, -np.inf)[..., None]
    given = (tf.constant(array) for array in (x, closed, targets, rates[..., None]))
    learnt, outputs = _compiled()(tuple(map(tf.constant, params)), *given, blocks_of(params))
    return Params(*(np.array(array) for array in learnt)), np.array(outputs)


_made: list[Any] = []


def _compiled() -> Any:
    """Return the compiled loop, made once: TensorFlow is loaded when it is first needed."""
    if not _made:
        import tensorflow as tf

        _made.append(tf.function(_loop, jit_compile=True, autograph=False))
    return _made[0]


def _loop(params: Any, x: Any, closed: Any, targets: Any, rates: Any, blocks: int) -> Any:
    """Learn from ``x`` one sequence at a time."""
    import tensorflow as tf

    def learn_one(n: Any, params: Any, outputs: Any) -> Any:
        run = _forward(params, x[n], closed[n], blocks)
        slopes = _backward(params, x[n], run, targets[n], blocks)
        stepped = tuple(
            p - tf.reshape(rates[n], [-1] + [1] * (p.shape.rank - 1)) * slope
            for p, slope in zip(params, slopes, strict=True)
        )
        return n + 1, stepped, tf.tensor_scatter_nd_update(outputs, [[n]], run[-1][None])

    _, learnt, outputs = tf.while_loop(
        lambda n, *_: n < x.shape[0], learn_one, (0, params, tf.zeros_like(targets))
    )
    return learnt, outputs


def _forward(params: Any, x: Any, closed: Any, B: int) -> Any:
    import tensorflow as tf

    W, U, b, V, c = params
    (S, T, _), M, C = x.shape, b.shape[-1], V.shape[1]
    driven = tf.transpose(x @ W + b[:, None] + closed, [1, 0, 2])

    def step(t: Any, y: Any, s: Any, units: Any, written: Any) -> Any:
        a = driven[t] + tf.reduce_sum(y[:, :, None] * U, axis=1)
        gates = 0.5 + 0.5 * tf.tanh(a[:, : 2 * B] / 2)
        g = tf.reshape(2 * tf.tanh(a[:, 2 * B :] / 2), [S, B, -1])
        s = s + gates[:, :B, None] * g
        cells = gates[:, B:, None] * tf.tanh(s / 2)
        y = tf.concat([gates, tf.reshape(cells, [S, C])], axis=1)
        units = tf.tensor_scatter_nd_update(units, [[t + 1]], y[None])
        return t + 1, y, s, units, tf.tensor_scatter_nd_update(written, [[t]], g[None])

    kept = [tf.zeros(shape, b.dtype) for shape in ([T + 1, S, M], [T, S, B, C // B])]
    start = (0, tf.zeros_like(b), kept[1][0], *kept)
    _, last, s, units, written = tf.while_loop(lambda t, *_: t < T, step, start)
    outputs = tf.sigmoid(tf.reduce_sum(last[:, 2 * B :, None] * V, axis=1) + c)
    return units, written, tf.tanh(s / 2), outputs


def _backward(params: Any, x: Any, run: Any, targets: Any, B: int) -> Any:
    import tensorflow as tf

    units, g, h, y = run
    (S, T, _), C = x.shape, params[3].shape[1]
    i, o = units[1:, :, :B, None], units[-1, :, B : 2 * B, None]
    d_y = (y - targets) * y * (1 - y)
    d_readout = units[-1, :, 2 * B :, None] * d_y[:, None]
    d_cells = tf.reshape(tf.reduce_sum(params[3] * d_y[:, None], axis=2), h.shape)
    d_o = (tf.reduce_sum(d_cells * h, axis=-1, keepdims=True) * o * (1 - o))[..., 0]
    d_s = d_cells * o * (1 - h * h) / 2
    d_i = tf.reduce_sum(d_s * g, axis=-1, keepdims=True) * i * (1 - i)
    d_o_always = tf.concat([tf.zeros([T - 1, S, B], d_o.dtype), d_o[None]], axis=0)
    d_g = tf.reshape(d_s * i * (1 - g * g / 4), [T, S, C])
    d_units = tf.concat([d_i[..., 0], d_o_always, d_g], axis=2)
    return (
        tf.einsum("std,tsm->sdm", x, d_units),
        tf.einsum("tsn,tsm->snm", units[:-1], d_units),
        tf.reduce_sum(d_units, axis=0),
        d_readout,
        d_y,
    )
