"""The loop over time for outputs alone: no caches, no new arrays inside the loop."""

from collections.abc import Sequence
from functools import partial
from typing import Generic, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unrolled.activations import Array
from unrolled.arrays import as_array
from unrolled.cells import fused
from unrolled.cells.shared import CacheT, Cell, ParamsT, StateT, each
from unrolled.unroll.forward import MaskedOutputs, order, prepared, unroll


class Answer(NamedTuple, Generic[StateT]):
    """What a loop without caches leaves: outputs (N, T, H), last output (N, H), final state."""

    outputs: Array
    last: Array
    state: StateT


def unroll_fast(
    cell: Cell[ParamsT, StateT, CacheT],
    params: ParamsT,
    x: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    initial_state: StateT | Sequence[ArrayLike] | None = None,
    reverse: bool = False,
    masked_outputs: MaskedOutputs = "repeat",
    initial_output: ArrayLike | None = None,
    arranged: fused.Arranged | None = None,
) -> Answer[StateT]:
    """Do what ``unroll`` does, faster, and keep nothing for a backward pass.

    Takes and raises what ``unroll`` does; the results agree to rounding.
    A cell without a fused form, such as one of your own, goes through ``unroll``.
    Where many calls have the same ``params``, ``arranged`` spares all but one of them some work:
    it is what ``unrolled.cells.fused.arranged`` made of them, of the type of ``x``.

    >>> from unrolled.cells import lstm
    >>> rng = np.random.default_rng(0)
    >>> params, x = lstm.init(rng, 3, 4), rng.normal(0, 1, (2, 5, 3))
    >>> slow, fast = unroll(lstm, params, x), unroll_fast(lstm, params, x)
    >>> float(np.abs(slow.outputs - fast.outputs).max()) < 1e-14
    True
    """
    params = each(partial(as_array, name="params"), params)
    start = prepared(cell, params, x, lengths, mask, initial_state, masked_outputs, initial_output)
    x, keep = start.x, start.mask
    batch, steps, features = x.shape
    dtype = np.result_type(x, *params, *start.state)
    params = each(lambda a: np.asarray(a, dtype), params)
    arranged = arranged or fused.arranged(cell, params)
    if arranged is None:
        run = unroll(cell, params, x, mask=keep, initial_state=start.state, reverse=reverse,
                     masked_outputs=masked_outputs, initial_output=start.last)  # fmt: skip
        return Answer(run.outputs, run.last, run.state)

    ready = arranged(batch)
    rows = np.ascontiguousarray(x.swapaxes(0, 1), dtype).reshape(1, steps * batch, features)
    shares = np.matmul(rows, ready.kernel)
    shares += ready.bias
    shares = shares.reshape(len(ready.kernel), steps, batch, shares.shape[-1])
    state = [np.array(a, dtype) for a in start.state]
    outputs = np.empty((steps, *state[0].shape), dtype)
    last = start.last.astype(dtype)
    masked = None if keep is None else [np.flatnonzero(~column) for column in keep.T]

    for t in order(steps, reverse):
        away = None if masked is None else masked[t]
        kept = [a[away] for a in state] if away is not None and len(away) else None
        ready.advance(shares[:, t], state)
        outputs[t] = state[0]
        if kept is not None:
            outputs[t, away] = last[away]
            for a, before in zip(state, kept, strict=True):
                a[away] = before
        last = outputs[t]
    if keep is not None and masked_outputs == "zero":
        last = last.copy()
        outputs[~keep.T] = 0
    return Answer(outputs.swapaxes(0, 1), last, each(lambda _, a: a, start.state, state))
