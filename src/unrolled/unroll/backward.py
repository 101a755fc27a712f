"""Backpropagation through time: the loop of ``forward`` read from its last step to its first.

Source: :cite:t:`werbos1990`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Generic, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.arrays import as_array
from unrolled.cells.shared import (
    CacheT,
    Cell,
    GatheringCell,
    ParamsT,
    StateT,
    check_state,
    each,
)
from unrolled.unroll.bidirectional import BidirectionalRun
from unrolled.unroll.forward import Run, as_state

#: About how many rows of the inputs and states are multiplied at once for the weights' gradients.
ROWS = 1024


class Gradients(NamedTuple, Generic[ParamsT, StateT]):
    """What comes back: gradients at the parameters, the inputs x (N, T, D), the first state."""

    params: ParamsT
    x: Array
    initial_state: StateT


class BidirectionalGradients(NamedTuple, Generic[ParamsT, StateT]):
    """What comes back from two passes; ``x`` (N, T, D) is the sum over both."""

    forward: ParamsT
    backward: ParamsT
    x: Array
    initial_state: tuple[StateT, StateT]


def unroll_backward(
    cell: Cell[ParamsT, StateT, CacheT],
    params: ParamsT,
    run: Run[StateT, CacheT],
    *,
    d_outputs: Array | None = None,
    d_last: Array | None = None,
    d_state: StateT | Sequence[Array] | None = None,
) -> Gradients[ParamsT, StateT]:
    """Carry gradients at a run's outcome back to its parameters, inputs and initial state.

    ``d_outputs`` (N, T, H) is the gradient at ``run.outputs``, ``d_last`` (N, H) at ``run.last``
    and ``d_state`` at ``run.state``, a state or a plain sequence of its arrays; what is not given
    counts as zero.
    The weights' gradients need no order, so those of many steps are made by one product.
    Raises ``ValueError`` for a gradient of another shape than what it belongs to, ``TypeError``
    for a ``d_state`` of another kind.

    >>> from unrolled.cells import rnn
    >>> from unrolled.unroll import unroll
    >>> params = rnn.init(np.random.default_rng(0), 2, 3)
    >>> run = unroll(rnn, params, np.ones((4, 5, 2)))
    >>> gradients = unroll_backward(rnn, params, run, d_last=np.ones((4, 3)))
    >>> gradients.params.kernel.shape, gradients.x.shape
    ((2, 3), (4, 5, 2))
    """
    params = each(partial(as_array, name="params"), params)
    d_outputs = _like("d_outputs", d_outputs, run.outputs).swapaxes(0, 1)
    d_last = _like("d_last", d_last, run.last)
    nothing = each(np.zeros_like, run.state)
    d_state = nothing if d_state is None else as_state(nothing, d_state)
    check_state(d_state, *run.last.shape)
    d_params = each(np.zeros_like, params)
    batch, steps, _ = run.outputs.shape
    d_x = np.zeros((steps, batch, len(params.kernel)), run.outputs.dtype)
    # A cell of one's own may give its step's gradients in one piece.
    split: Any = cell if isinstance(cell, GatheringCell) else None
    d_a: list[Any] = [None] * steps
    d_before: StateT

    for t in reversed(run.order):
        keep = np.True_ if run.mask is None else run.mask[:, t, None]

        # outputs[t] = last, or zero where it is masked
        shown = run.masked_outputs == "repeat"
        d_last = d_last + np.where(keep | shown, d_outputs[t], 0)

        # last = where(keep, new.h, last);  state = where(keep, new, state)
        d_new = each(partial(np.where, keep), d_state, nothing)
        d_new = d_new._replace(h=d_new.h + np.where(keep, d_last, 0))
        d_last = np.where(keep, 0, d_last)
        d_passed = each(partial(np.where, keep), nothing, d_state)

        # new, cache = step(params, state, x[t])
        cache = run.caches[t]
        if split:
            d_a[t], d_before = split.state_backward(params, cache, d_new)
        else:
            d_step, d_before, d_x[t] = cell.step_backward(params, cache, d_new)
            d_params = each(np.add, d_params, d_step)
        d_state = each(np.add, d_before, d_passed)

    if split:
        for some in _parts(steps, batch):
            d_step, d_rows = split.weights_backward(
                params, _rows(run.caches[some]), np.concatenate(d_a[some])
            )
            d_params = each(np.add, d_params, d_step)
            d_x[some] = d_rows.reshape(-1, *d_x.shape[1:])

    return Gradients(d_params, d_x.swapaxes(0, 1), d_state)


def _parts(steps: int, batch: int) -> list[slice]:
    """Return the steps in parts of about ``ROWS`` rows: more would cost memory for nothing."""
    size = max(1, ROWS // max(1, batch))
    return [slice(start, start + size) for start in range(0, steps, size)]


def _rows(caches: Sequence[Any]) -> Any:
    """Return the caches of several steps as one, whose rows are those of all."""
    return each(lambda *arrays: np.concatenate(arrays), *caches)


def bidirectional_backward(
    cell: Cell[ParamsT, StateT, CacheT],
    forward: ParamsT,
    backward: ParamsT,
    run: BidirectionalRun[StateT, CacheT],
    *,
    d_outputs: Array | None = None,
    d_last: Array | None = None,
    d_states: tuple[StateT | Sequence[Array] | None, StateT | Sequence[Array] | None] = (
        None,
        None,
    ),
) -> BidirectionalGradients[ParamsT, StateT]:
    """Carry gradients at a bidirectional run's outcome back to both passes.

    ``d_outputs`` and ``d_last`` have the shapes of ``run.outputs`` and ``run.last``, merged.
    Raises ``ValueError`` for a gradient of another shape than what it belongs to.
    """
    outputs = _unmerge(_like("d_outputs", d_outputs, run.outputs), run.merge)
    lasts = _unmerge(_like("d_last", d_last, run.last), run.merge)
    there, back = (
        unroll_backward(cell, params, part, d_outputs=d_out, d_last=d_end, d_state=d_state)
        for params, part, d_out, d_end, d_state in zip(
            (forward, backward), (run.forward, run.backward), outputs, lasts, d_states, strict=True
        )
    )
    return BidirectionalGradients(
        there.params, back.params, there.x + back.x, (there.initial_state, back.initial_state)
    )


def _unmerge(d_merged: Array, merge: str) -> tuple[Array, Array]:
    if merge == "concat":
        there, back = np.split(d_merged, 2, axis=-1)
        return there, back
    share = d_merged if merge == "sum" else d_merged / 2
    return share, share


def _like(name: str, gradient: Array | None, value: Array) -> Array:
    """Return ``gradient``, zeros where it is None, or raise where its shape is wrong."""
    if gradient is None:
        return np.zeros_like(value)
    array = as_array(gradient, name)
    if array.shape != value.shape:
        raise ValueError(f"expected {name} of shape {value.shape}, got {array.shape}")
    return array
