"""The only loop over time: one cell, one set of weights, one step per element.

A cell knows nothing of lengths, masks or direction; they belong to the loop.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Generic, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike

from unrolled import masks
from unrolled.activations import Array
from unrolled.arrays import as_array, not_real
from unrolled.cells.shared import (
    CacheT,
    Cell,
    ParamsT,
    StateT,
    check_input,
    check_state,
    each,
)
from unrolled.checks import check_counts

MaskedOutputs = Literal["repeat", "zero"]


class Run(NamedTuple, Generic[StateT, CacheT]):
    """What a pass over time leaves: outputs (N, T, H), one for every step of the input.

    ``last`` is the output (N, H) of the last step taken that was not masked, zeros where there
    was none.
    ``state`` is the state after the last step, ``caches`` one cache per step in the order of time,
    ``mask`` the mask (N, T) that was used, or None; ``reverse`` and ``masked_outputs`` as given.
    """

    outputs: Array
    last: Array
    state: StateT
    caches: list[CacheT]
    mask: masks.Mask | None
    reverse: bool
    masked_outputs: MaskedOutputs

    @property
    def order(self) -> range:
        """The steps in the order they were taken."""
        return order(len(self.caches), self.reverse)


def unroll(
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
) -> Run[StateT, CacheT]:
    """Run ``cell`` over sequences x (N, T, D).

    A masked step changes nothing: the state passes through.
    Its output repeats the one before it, or is zero with ``masked_outputs="zero"``; both are
    Keras's conventions (``zero_output_for_mask``).
    ``lengths`` (N,) masks the end of each row, ``mask`` (N, T) any steps.
    ``reverse`` reads from the last step to the first; outputs stay aligned with x (Keras's
    ``go_backwards`` returns them in the order they were computed).
    ``initial_output`` (N, H) is what masked steps repeat before the first step that counts; it
    is zero for a new sequence, and the ``last`` of the run before for one that goes on.

    Raises ``ValueError`` for shapes that do not fit, a length below 0 or above T, and an unknown
    ``masked_outputs``; ``TypeError`` for inputs that are not real numbers.

    >>> from unrolled.cells import rnn
    >>> params = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1))
    >>> run = unroll(rnn, params, [[[0.5], [0.5], [9.0]]], lengths=[2])
    >>> run.outputs.round(3).ravel()  # step 3 is padding: nothing moves
    array([0.462, 0.745, 0.745])
    """
    params = each(partial(as_array, name="params"), params)
    start = prepared(cell, params, x, lengths, mask, initial_state, masked_outputs, initial_output)
    x, mask, state, last = start
    steps = x.shape[1]
    inputs = np.ascontiguousarray(x.swapaxes(0, 1))  # time first: each step is one block
    shares = cell.project(params, inputs)
    outputs = np.empty((steps, *state.h.shape), np.result_type(shares, *state))
    last = last.astype(outputs.dtype)
    caches: list[Any] = [None] * steps
    for t in order(steps, reverse):
        new, caches[t] = cell.step(params, state, inputs[t], shares[t])
        if mask is None:
            state, outputs[t] = new, new.h
            last = new.h
        else:
            keep = mask[:, t, None]
            state = each(partial(np.where, keep), new, state)
            last = np.where(keep, new.h, last)
            outputs[t] = last if masked_outputs == "repeat" else np.where(keep, new.h, 0)
    return Run(outputs.swapaxes(0, 1), last, state, caches, mask, reverse, masked_outputs)


class Start(NamedTuple, Generic[StateT]):
    """What a loop over time starts from, checked: inputs (N, T, D), mask (N, T), state, output."""

    x: Array
    mask: masks.Mask | None
    state: StateT
    last: Array


def prepared(
    cell: Cell[ParamsT, StateT, CacheT],
    params: ParamsT,
    x: ArrayLike,
    lengths: ArrayLike | None,
    mask: ArrayLike | None,
    initial_state: StateT | Sequence[ArrayLike] | None,
    masked_outputs: str,
    initial_output: ArrayLike | None,
) -> Start[StateT]:
    """Check all that a loop over time is given, with zeros put where a step is masked."""
    start = checked(cell, params, x, lengths, mask, initial_state, masked_outputs, initial_output)
    if start.mask is None:
        return start
    # Padding may hold anything, NaN too.
    return start._replace(x=np.where(start.mask[..., None], start.x, 0))


def checked(
    cell: Cell[ParamsT, StateT, CacheT],
    params: ParamsT,
    x: ArrayLike,
    lengths: ArrayLike | None,
    mask: ArrayLike | None,
    initial_state: StateT | Sequence[ArrayLike] | None,
    masked_outputs: str,
    initial_output: ArrayLike | None,
) -> Start[StateT]:
    """Check all that a loop over time is given, and return it as arrays."""
    features, units = cell.check(params)
    x = _sequences(x, features)
    batch, steps, _ = x.shape
    mask = masks.resolve(lengths, mask, batch, steps)
    check_choice("masked_outputs", masked_outputs, ("repeat", "zero"))
    state = cell.zero_state(params, batch)
    if initial_state is not None:
        state = as_state(state, initial_state)
    check_state(state, batch, units)
    last = (
        np.zeros_like(state.h)
        if initial_output is None
        else as_array(initial_output, "initial_output")
    )
    if last.shape != (batch, units):
        raise ValueError(f"expected an initial output of shape {(batch, units)}, got {last.shape}")
    return Start(x, mask, state, last)


def order(steps: int, reverse: bool) -> range:
    """Return the steps 0..T-1 in the order of reading."""
    return range(steps - 1, -1, -1) if reverse else range(steps)


def unroll_chunks(
    cell: Cell[ParamsT, StateT, CacheT],
    params: ParamsT,
    x: ArrayLike,
    steps: int,
    *,
    lengths: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    initial_state: StateT | Sequence[ArrayLike] | None = None,
    masked_outputs: MaskedOutputs = "repeat",
    initial_output: ArrayLike | None = None,
) -> Iterator[Run[StateT, CacheT]]:
    """Run ``cell`` over x (N, T, D), ``steps`` steps at a time, the state carried over.

    The runs' outputs, end to end, are those of one ``unroll`` over the whole; there is at least
    one run, so that the last one has the final state.
    Gradients of one run stop at its first step: this is truncated backpropagation through time
    :cite:p:`williams1990`.
    Raises as ``unroll`` does, for ``steps`` too: ``TypeError`` for what is no integer,
    ``ValueError`` below 1.

    >>> from unrolled.cells import rnn
    >>> params = rnn.init(np.random.default_rng(0), 2, 3)
    >>> runs = unroll_chunks(rnn, params, np.zeros((1, 7, 2)), steps=3)
    >>> [run.outputs.shape[1] for run in runs]
    [3, 3, 1]
    """
    check_counts(steps=steps)
    features, _ = cell.check(params)
    x = _sequences(x, features)
    whole = masks.resolve(lengths, mask, len(x), x.shape[1])
    state, output = initial_state, initial_output
    for start in range(0, max(x.shape[1], 1), steps):  # With no steps, one run hands the state on.
        part = slice(start, start + steps)
        run = unroll(
            cell,
            params,
            x[:, part],
            mask=None if whole is None else whole[:, part],
            initial_state=state,
            masked_outputs=masked_outputs,
            initial_output=output,
        )
        state, output = run.state, run.last
        yield run


def as_state(kind: StateT, given: Any) -> StateT:
    """Return ``given``, a state or a sequence of its arrays, as a state of the kind of another."""
    fields = kind._fields
    if not isinstance(given, (tuple, list)) or len(given) != len(fields):
        count = (
            f"{len(given)} of them" if isinstance(given, (tuple, list)) else type(given).__name__
        )
        names = ", ".join(fields)
        raise TypeError(f"expected a state of {len(fields)} array(s), {names}, got {count}")
    return each(lambda _, a: as_array(a, "state"), kind, given)


def _sequences(x: ArrayLike, features: int) -> Array:
    """Return x as a real array (N, T, D), or raise."""
    values = as_array(x, "x")
    if not np.issubdtype(values.dtype, np.floating) and not np.issubdtype(values.dtype, np.integer):
        raise TypeError(f"expected inputs of real numbers, got {not_real(values.dtype)}")
    if values.ndim != 3:
        raise ValueError(f"expected inputs of shape (N, T, D), got {values.shape}")
    check_input(values, features)
    return cast(Array, values)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ``ValueError`` unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ValueError(f"expected {name} to be one of {', '.join(choices)}, got {value!r}")
