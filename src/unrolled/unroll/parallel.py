"""The loop over time for cells that are linear in their state: many steps at once.

A step s = a * s_prev + b maps the state before to the state after, and two such maps, one after
the other, are one more of the kind: first (a, b), then (c, d), is (a * c, c * b + d).
Because that composition is associative, brackets may be set at will: a *scan*
:cite:p:`blelloch1990`. Nothing is ever divided by a product of decays, so none can underflow into
a wrong answer; a product that is too small for a number is 0, which is what it is worth.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.cells.after.shared import ScannedCell
from unrolled.cells.shared import CacheT, ParamsT, StateT, each
from unrolled.unroll.fast import Answer
from unrolled.unroll.forward import MaskedOutputs, prepared

Numbers = NDArray[Any]


def blocked_scan(decay: Numbers, write: Numbers, first: Numbers, block: int = 0) -> Numbers:
    """Return s after every step of s = decay * s_prev + write, which are (T, ...), from ``first``.

    The steps are cut into blocks, and one loop over the steps of a block serves all of them; then
    one loop over the blocks hands each the state that the one before it ends with. So NumPy is
    called about 2 sqrt(T) times in place of T. ``block`` is the length of one, by default the
    square root.

    >>> blocked_scan(np.full(5, 0.5), np.ones(5), np.array(0.0)).tolist()
    [1.0, 1.5, 1.75, 1.875, 1.9375]
    """
    steps = len(decay)
    block = min(block or math.isqrt(max(steps, 1)), max(steps, 1))
    blocks = -(-steps // block)
    dtype = np.result_type(decay, write, first)
    # The last block is filled up with zeros, which no other step sees.
    kept, s = np.zeros((2, blocks * block, *write.shape[1:]), dtype)
    kept[:steps], s[:steps] = decay, write
    kept, s = (a.reshape(blocks, block, *write.shape[1:]) for a in (kept, s))
    # Each block as if it began at zero, and what it keeps of its start.
    for t in range(1, block):
        s[:, t] += kept[:, t] * s[:, t - 1]
        kept[:, t] *= kept[:, t - 1]
    starts = np.empty((blocks, *write.shape[1:]), dtype)
    start: Any = first
    for number in range(blocks):
        starts[number] = start
        start = kept[number, -1] * start + s[number, -1]
    s += kept * starts[:, None]
    whole: Numbers = s.reshape(blocks * block, *write.shape[1:])[:steps]
    return whole


def unroll_parallel(
    cell: ScannedCell[ParamsT, StateT, CacheT],
    params: ParamsT,
    x: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    initial_state: StateT | Sequence[ArrayLike] | None = None,
    reverse: bool = False,
    masked_outputs: MaskedOutputs = "repeat",
    initial_output: ArrayLike | None = None,
) -> Answer[StateT]:
    """Do what ``unroll`` does by :func:`blocked_scan`, and keep nothing for a backward pass.

    Takes and raises what ``unroll`` does, and ``TypeError`` for a cell that is not linear in its
    state; the results agree to rounding.

    >>> from unrolled.cells.after import min_gru
    >>> from unrolled.unroll import unroll
    >>> rng = np.random.default_rng(0)
    >>> params, x = min_gru.init(rng, 3, 4), rng.normal(0, 1, (2, 500, 3))
    >>> loop = unroll(min_gru, params, x)
    >>> scan = unroll_parallel(min_gru, params, x)
    >>> float(np.abs(loop.outputs - scan.outputs).max()) < 1e-12
    True
    """
    check_linear(cell)
    params = each(np.asarray, params)
    start = prepared(cell, params, x, lengths, mask, initial_state, masked_outputs, initial_output)
    keep = None if start.mask is None else start.mask.T[..., None]
    inputs = np.ascontiguousarray(start.x.swapaxes(0, 1))
    return scanned(np, blocked_scan, cell, params, inputs, keep, start.state, start.last, reverse,
                   masked_outputs)  # fmt: skip


def check_linear(cell: Any) -> None:
    """Raise ``TypeError`` for a cell that has no linear form."""
    if not isinstance(cell, ScannedCell):
        name = getattr(cell, "__name__", type(cell).__name__)
        raise TypeError(f"expected a cell that is linear in its state, with linear(), got {name}")


def scanned(
    xp: Any, scan: Any, cell: Any, params: Any, inputs: Any, keep: Any, state: Any, last: Any,
    reverse: bool, masked_outputs: str,
) -> Answer[Any]:  # fmt: skip
    """Scan inputs (T, N, D) by NumPy or JAX; ``keep`` (T, N, 1) says which steps count."""
    steps = len(inputs)
    shares = cell.project(params, inputs)
    dtype = xp.result_type(shares, *state)
    if not steps:
        return Answer(xp.zeros((state.h.shape[0], 0, state.h.shape[1]), dtype), last, state)
    if reverse:
        shares, keep = shares[::-1], None if keep is None else keep[::-1]
    decay, write = cell.linear(params, shares)
    if keep is not None:  # A masked step keeps all and writes nothing.
        decay, write = xp.where(keep, decay, 1), xp.where(keep, write, 0)
    after = cell.shown(params, scan(decay, write, cell.carried(state)), shares)
    h = after.h
    ends = each(lambda a: a[-1], after)
    if keep is None:
        outputs, last = h, h[-1]
    else:
        # What a step repeats is the output of the last step up to it that counted, if any.
        number = xp.where(keep, xp.arange(steps)[:, None, None], -1)
        newest = xp.maximum.accumulate(number)
        seen = xp.take_along_axis(h, xp.broadcast_to(xp.maximum(newest, 0), h.shape), axis=0)
        ends = ends._replace(h=xp.where(newest[-1] < 0, state.h, seen[-1]))
        seen = xp.where(newest < 0, last, seen)
        outputs = seen if masked_outputs == "repeat" else xp.where(keep, h, 0)
        last = seen[-1]
    if reverse:
        outputs = outputs[::-1]
    ends = each(lambda a: a.astype(dtype), ends)
    return Answer(outputs.swapaxes(0, 1).astype(dtype), last.astype(dtype), ends)
