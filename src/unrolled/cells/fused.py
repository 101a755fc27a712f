"""The same steps once more, for speed: gates apart, buffers reused, nothing kept.

Read ``rnn``, ``lstm`` and ``gru`` to understand the cells; a test holds these equal to them.
The blocks of a kernel stand one behind the other, (k, D, H) instead of (D, kH), so that every
gate is one contiguous array. Several cells of one kind and size go side by side, each over its own
input: their arrays have one more axis, behind that of the blocks, (k, C, D, H).
A sigmoid is 0.5 * (1 + tanh(a / 2)): its halves go into the weights beforehand, which is exact
in binary, and one call of tanh then does for all the gates.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import gru, lstm, rnn


class Fused(NamedTuple):
    """A cell, or C of them, made ready for one batch size.

    ``kernel`` (k, D, H) and ``bias`` (k, 1, H) give the input's share, (k, N, H) a step.
    ``advance(share, state)`` moves the arrays of ``state``, each (N, H), one step in place; it
    may use up ``share``. Of several cells every shape has C before its last two axes.
    """

    kernel: Array
    bias: Array
    advance: Callable[[Array, list[Array]], None]


#: Cells whose weights stand in blocks: they make themselves ready for a batch size N.
Arranged = Callable[[int], Fused]


def has_form(cell: Any) -> bool:
    """Tell whether a cell has a fused form."""
    return any(cell is known for known in (rnn, lstm, gru))


def arranged(cell: Any, *params: Any) -> Arranged:
    """Return a cell that has a fused form with its weights in blocks, or several side by side."""
    [first, *others] = params
    arrange: Callable[..., Arranged] = _rnn if cell is rnn else _lstm
    if cell is gru:
        arrange = _gru_after if first.reset_after else _gru_before
    arrays = map(np.stack, zip(*params, strict=True)) if others else first
    return arrange(*arrays)


def _blocks(array: Array, order: tuple[int, ...], sigmoids: int) -> Array:
    """Return (..., kH) as (k, ..., H), reordered, the first ``sigmoids`` blocks halved."""
    parts = np.split(array, len(order), axis=-1)
    halves = [0.5] * sigmoids + [1.0] * (len(order) - sigmoids)
    scaled = [parts[n] * array.dtype.type(half) for n, half in zip(order, halves, strict=True)]
    return np.stack(scaled)


def _gates(U: Array, count: int, batch: int) -> Array:
    """Return room for gates (count, ..., N, H) of cells whose blocks are U (k, ..., H, H)."""
    return np.empty((count, *U.shape[1:-2], batch, U.shape[-1]), U.dtype)


def _finish_sigmoids(t: Array) -> None:
    """Turn tanh(a / 2) into sigmoid(a), in place."""
    t += 1
    t *= 0.5


def _rnn(W: Array, U: Array, b: Array) -> Arranged:
    def advance(share: Array, state: list[Array]) -> None:
        (h,) = state
        share[0] += h @ U
        np.tanh(share[0], out=h)

    return lambda batch: Fused(W[None], b[None, ..., None, :], advance)


def _lstm(W: Array, U: Array, b: Array) -> Arranged:
    W, U, b = (_blocks(a, (0, 1, 3, 2), sigmoids=3) for a in (W, U, b[..., None, :]))

    def ready(batch: int) -> Fused:
        gates = _gates(U, 4, batch)
        i, f, o, g = gates
        sigmoids, write = gates[:3], np.empty_like(i)

        def advance(share: Array, state: list[Array]) -> None:
            h, c = state
            np.matmul(h, U, out=gates)
            np.add(gates, share, out=gates)
            np.tanh(gates, out=gates)
            _finish_sigmoids(sigmoids)
            np.multiply(f, c, out=c)
            np.multiply(i, g, out=write)
            np.add(c, write, out=c)
            np.tanh(c, out=write)
            np.multiply(o, write, out=h)

        return Fused(W, b, advance)

    return ready


def _gru_after(W: Array, U: Array, b: Array) -> Arranged:
    arrays = W, U, b[..., :1, :], b[..., 1:, :]
    W, U, b_x, b_h = (_blocks(a, (0, 1, 2), sigmoids=2) for a in arrays)
    b_x[:2] += b_h[:2]  # The two biases of z and r are only ever added.

    def ready(batch: int) -> Fused:
        gates = _gates(U, 3, batch)
        z, r, hU = gates

        def advance(share: Array, state: list[Array]) -> None:
            (h,) = state
            np.matmul(h, U, out=gates)
            np.add(gates[:2], share[:2], out=gates[:2])
            np.tanh(gates[:2], out=gates[:2])
            _finish_sigmoids(gates[:2])
            np.add(hU, b_h[2], out=hU)
            _renew(h, z, share[2], np.multiply(r, hU, out=hU))

        return Fused(W, b_x, advance)

    return ready


def _gru_before(W: Array, U: Array, b: Array) -> Arranged:
    W, U, b = (_blocks(a, (0, 1, 2), sigmoids=2) for a in (W, U, b[..., None, :]))

    def ready(batch: int) -> Fused:
        gates = _gates(U, 2, batch)
        z, r = gates

        def advance(share: Array, state: list[Array]) -> None:
            (h,) = state
            np.matmul(h, U[:2], out=gates)
            np.add(gates, share[:2], out=gates)
            np.tanh(gates, out=gates)
            _finish_sigmoids(gates)
            _renew(h, z, share[2], np.multiply(r, h, out=r) @ U[2])

        return Fused(W, b, advance)

    return ready


def _renew(h: Array, z: Array, x_h: Array, hU: Array) -> None:
    """Move h to z h + (1 - z) tanh(x_h + hU), in place, as g + z (h - g)."""
    np.add(x_h, hU, out=hU)
    g = np.tanh(hU, out=hU)
    np.subtract(h, g, out=h)
    np.multiply(h, z, out=h)
    np.add(h, g, out=h)
