"""The loop over time for outputs alone: no caches, no new arrays inside the loop."""

from collections.abc import Sequence
from functools import partial
from typing import Generic, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
) -> Answer[StateT]:
    """Do what ``unroll`` does, faster, and keep nothing for a backward pass.

    Takes and raises what ``unroll`` does; the results agree to rounding.
    A cell without a fused form, such as one of your own, goes through ``unroll``.

    >>> from unrolled.cells import lstm
    >>> rng = np.random.default_rng(0)
    >>> params, x = lstm.init(rng, 3, 4), rng.normal(0, 1, (2, 5, 3))
    >>> slow, fast = unroll(lstm, params, x), unroll_fast(lstm, params, x)
    >>> float(np.abs(slow.outputs - fast.outputs).max()) < 1e-14
    True
    """
    params = each(partial(as_array, name="params"), params)
    start = prepared(cell, params, x, lengths, mask, initial_state, masked_outputs, initial_output)
    if not fused.has_form(cell):
        run = unroll(cell, params, start.x, mask=start.mask, initial_state=start.state,
                     reverse=reverse, masked_outputs=masked_outputs,
                     initial_output=start.last)  # fmt: skip
        return Answer(run.outputs, run.last, run.state)

    dtype = np.result_type(start.x, *params, *start.state)
    params = each(lambda a: np.asarray(a, dtype), params)
    x = np.ascontiguousarray(start.x.swapaxes(0, 1), dtype)
    state = [np.array(a, dtype) for a in start.state]
    masked = None if start.mask is None else [np.flatnonzero(~column) for column in start.mask.T]
    outputs, last = run_arranged(
        fused.arranged(cell, params), x, state, start.last.astype(dtype), masked, reverse
    )
    if start.mask is not None and masked_outputs == "zero":
        last = last.copy()
        outputs[~start.mask.T] = 0
    return Answer(outputs.swapaxes(0, 1), last, each(lambda _, a: a, start.state, state))


def run_arranged(
    arranged: fused.Arranged,
    x: Array,
    state: list[Array],
    last: Array | None = None,
    masked: Sequence[NDArray[np.intp]] | None = None,
    reverse: bool = False,
) -> tuple[Array, Array]:
    """Return the outputs (T, N, H) and the last one (N, H) of a cell over x (T, N, D).

    Of C cells every shape has C before all others. Nothing is checked: all arrays are of the type
    of the weights. ``state`` is moved to the last one in place. At step t the rows ``masked[t]``
    keep their state and repeat their output; before the first step that is ``last``.
    """
    *cells, steps, batch, features = x.shape
    ready = arranged(batch)
    shares = np.matmul(x.reshape(*cells, steps * batch, features), ready.kernel)
    shares += ready.bias
    shares = shares.reshape(len(ready.kernel), *cells, steps, batch, shares.shape[-1])
    outputs = np.empty(shares.shape[1:], shares.dtype)
    last = state[0] if last is None else last

    for t in order(steps, reverse):
        away = None if masked is None else masked[t]
        kept = [a[..., away, :] for a in state] if away is not None and len(away) else None
        ready.advance(shares[..., t, :, :], state)
        outputs[..., t, :, :] = state[0]
        if kept is not None:
            outputs[..., t, away, :] = last[..., away, :]
            for a, before in zip(state, kept, strict=True):
                a[..., away, :] = before
        last = outputs[..., t, :, :]
    return outputs, last
