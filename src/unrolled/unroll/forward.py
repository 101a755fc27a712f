"""The only loop over time: one cell, one set of weights, one step per element.

A cell knows nothing of lengths, masks or direction; they belong to the loop.
"""

from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike

from unrolled import masks
from unrolled.activations import Array
from unrolled.cells.shared import Cell, check_input, check_state

MaskedOutputs = Literal["repeat", "zero"]


class Run(NamedTuple):
    """What a pass over time leaves: outputs (N, T, H), one for every step of the input.

    ``last`` is the output (N, H) of the last step taken that was not masked, zeros where there
    was none.
    ``state`` is the state after the last step, ``caches`` one cache a step in the order of time,
    ``mask`` the mask (N, T) that was used, or None.
    """

    outputs: Array
    last: Array
    state: Any
    caches: list[Any]
    mask: masks.Mask | None


def unroll(
    cell: Cell,
    params: Any,
    x: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    initial_state: Any = None,
    reverse: bool = False,
    masked_outputs: MaskedOutputs = "repeat",
) -> Run:
    """Run ``cell`` over sequences x (N, T, D).

    A masked step changes nothing: the state passes through.
    Its output repeats the one before it, or is zero with ``masked_outputs="zero"``; both are
    Keras's conventions (``zero_output_for_mask``).
    ``lengths`` (N,) masks the end of each row, ``mask`` (N, T) any steps.
    ``reverse`` reads from the last step to the first; outputs stay aligned with x (Keras's
    ``go_backwards`` returns them in the order they were computed).

    Raises ``ValueError`` for shapes that do not fit, a length below 0 or above T, and an unknown
    ``masked_outputs``; ``TypeError`` for inputs that are not real numbers.

    >>> from unrolled.cells import rnn
    >>> params = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1))
    >>> run = unroll(rnn, params, [[[0.5], [0.5], [9.0]]], lengths=[2])
    >>> run.outputs.round(3).ravel()  # the third step is padding: nothing moves
    array([0.462, 0.745, 0.745])
    """
    features, units = cell.check(params)
    x = _sequences(x, features)
    batch, steps, _ = x.shape
    mask = masks.resolve(lengths, mask, batch, steps)
    check_choice("masked_outputs", masked_outputs, ("repeat", "zero"))
    state = cell.zero_state(params, batch) if initial_state is None else initial_state
    check_state(state, batch, units)

    inputs = np.ascontiguousarray(x.swapaxes(0, 1))  # time first: each step is one block
    shares = cell.project(params, inputs)
    outputs = np.empty((steps, batch, units), shares.dtype)
    last = np.zeros(outputs.shape[1:], outputs.dtype)
    caches: list[Any] = [None] * steps
    for t in reversed(range(steps)) if reverse else range(steps):
        new, caches[t] = cell.step(params, state, inputs[t], shares[t])
        if mask is None:
            state, outputs[t] = new, new.h
            last = outputs[t]
        else:
            keep = mask[:, t, None]
            state = type(new)(*(np.where(keep, a, b) for a, b in zip(new, state, strict=True)))
            last = np.where(keep, new.h, last)
            outputs[t] = last if masked_outputs == "repeat" else np.where(keep, new.h, 0)
    return Run(outputs.swapaxes(0, 1), last, state, caches, mask)


def _sequences(x: ArrayLike, features: int) -> Array:
    """Return x as a real array (N, T, D), or raise."""
    values = np.asarray(x)
    if not np.issubdtype(values.dtype, np.floating) and not np.issubdtype(values.dtype, np.integer):
        raise TypeError(f"expected inputs of real numbers, got {values.dtype}")
    if values.ndim != 3:
        raise ValueError(f"expected inputs of shape (N, T, D), got {values.shape}")
    check_input(values, features)
    return cast(Array, values)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ``ValueError`` unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ValueError(f"expected {name} to be one of {', '.join(choices)}, got {value!r}")
