"""Two passes over the same sequence, one from each end, and their outputs merged."""

from collections.abc import Sequence
from typing import Generic, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unrolled.activations import Array
from unrolled.cells.shared import CacheT, Cell, ParamsT, StateT
from unrolled.unroll.forward import Run, check_choice, unroll

Merge = Literal["concat", "sum", "mean"]


class BidirectionalRun(NamedTuple, Generic[StateT, CacheT]):
    """What two passes leave: ``outputs`` for every step and ``last``, both already merged.

    ``outputs`` is (N, T, 2H), or (N, T, H) for the merges sum and mean; ``last`` is (N, 2H) or
    (N, H): the forward pass after the last step beside the backward pass after the first.
    ``states`` holds the two final states, forward first; ``forward`` and ``backward`` the runs,
    ``merge`` how they were merged.
    """

    outputs: Array
    last: Array
    states: tuple[StateT, StateT]
    forward: Run[StateT, CacheT]
    backward: Run[StateT, CacheT]
    merge: Merge


def bidirectional(
    cell: Cell[ParamsT, StateT, CacheT],
    forward: ParamsT,
    backward: ParamsT,
    x: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    initial_state: tuple[StateT | Sequence[ArrayLike], StateT | Sequence[ArrayLike]] | None = None,
    merge: Merge = "concat",
) -> BidirectionalRun[StateT, CacheT]:
    """Read x (N, T, D) in both directions with two sets of parameters, and merge.

    Outputs are zero where a step is masked, as in Keras's ``Bidirectional``.
    Raises as ``unroll`` does, and ``ValueError`` for an unknown ``merge`` or two cells of
    different size.
    Source: :cite:t:`schuster1997`.

    >>> from unrolled.cells import lstm
    >>> rng = np.random.default_rng(0)
    >>> there, back = lstm.init(rng, 3, 4), lstm.init(rng, 3, 4)
    >>> run = bidirectional(lstm, there, back, rng.standard_normal((2, 5, 3)))
    >>> run.outputs.shape, run.last.shape
    ((2, 5, 8), (2, 8))
    """
    check_choice("merge", merge, ("concat", "sum", "mean"))
    sizes = [cell.check(params)[1] for params in (forward, backward)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"expected two cells of the same number of units, got {sizes}")
    start = (None, None) if initial_state is None else initial_state
    runs = [
        unroll(
            cell,
            params,
            x,
            lengths=lengths,
            mask=mask,
            initial_state=state,
            reverse=reverse,
            masked_outputs="zero",
        )
        for params, state, reverse in ((forward, start[0], False), (backward, start[1], True))
    ]
    return BidirectionalRun(
        _merge(runs[0].outputs, runs[1].outputs, merge),
        _merge(runs[0].last, runs[1].last, merge),
        (runs[0].state, runs[1].state),
        runs[0],
        runs[1],
        merge,
    )


def _merge(forward: Array, backward: Array, merge: Merge) -> Array:
    if merge == "concat":
        return np.concatenate([forward, backward], axis=-1)
    total = forward + backward
    return total if merge == "sum" else total / 2
