"""The scan of JAX, for cells that are linear in their state."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from unrolled.cells.after.shared import ScannedCell
from unrolled.cells.shared import CacheT, ParamsT, StateT
from unrolled.unroll.fast import Answer
from unrolled.unroll.forward import MaskedOutputs
from unrolled.unroll.parallel import check_linear, scanned
from unrolled.unroll.scan import traced


def unroll_associative(
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
    """Do what ``unroll`` does under ``jax.lax.associative_scan``, and return arrays of JAX.

    Takes and raises what ``unroll_scan`` does, and ``TypeError`` for a cell that is not linear in
    its state. ``jax.grad`` of it is a scan as well, from the last step to the first.

    >>> import jax
    >>> import numpy as np
    >>> from unrolled.cells.after import lru
    >>> rng = np.random.default_rng(0)
    >>> params, x = lru.init(rng, 3, 4), rng.normal(0, 1, (2, 5, 3))
    >>> slope = jax.grad(lambda p: unroll_associative(lru, p, x).last.sum())
    >>> jax.jit(slope)(params).rates.shape
    (3, 4)
    """
    import jax
    from jax import numpy as jnp

    check_linear(cell)
    begun = traced(cell, params, x, lengths, mask, initial_state, masked_outputs, initial_output)
    params, inputs, keep, state, last = begun

    def after(one: Any, other: Any) -> Any:
        (a, b), (c, d) = one, other
        return a * c, c * b + d

    def scan(decay: Any, write: Any, first: Any) -> Any:
        kept, s = jax.lax.associative_scan(after, (decay, write))
        return kept * first + s

    return scanned(jnp, scan, cell, params, inputs, keep, state, last, reverse, masked_outputs)
