"""The loop over time for JAX, which compiles it, differentiates it and runs many at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unrolled.cells.shared import CacheT, Cell, ParamsT, StateT
from unrolled.unroll.fast import Answer
from unrolled.unroll.forward import MaskedOutputs, checked


def unroll_scan(
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
    """Do what ``unroll`` does under ``jax.lax.scan``, and return arrays of JAX.

    Takes and raises what ``unroll`` does, in the precision that JAX is set to.
    ``jax.jit``, ``jax.grad`` and ``jax.vmap`` go through it, for parameters, inputs, lengths,
    masks and states; values that JAX traces have a shape to check, but no numbers yet.
    Outside of ``jax.jit`` the loop is compiled anew at every call.
    Raises ``ModuleNotFoundError`` where JAX is missing; the extra ``jax`` brings it.

    >>> import jax
    >>> from unrolled.cells import lstm
    >>> rng = np.random.default_rng(0)
    >>> params, x = lstm.init(rng, 3, 4), rng.normal(0, 1, (2, 5, 3))
    >>> def total(params):
    ...     return unroll_scan(lstm, params, x).last.sum()
    >>> jax.grad(total)(params).kernel.shape
    (3, 16)
    """
    import jax
    from jax import numpy as jnp

    begun = traced(cell, params, x, lengths, mask, initial_state, masked_outputs, initial_output)
    params, inputs, keep, state, last = begun
    shares = cell.project(params, inputs)

    def step(carry: Any, now: Any) -> Any:
        (state, last), (x, xW, keep) = carry, now
        new, _ = cell.step(params, state, x, xW)
        if keep is None:
            return (new, new.h), new.h
        state = jax.tree.map(lambda a, b: jnp.where(keep, a, b), new, state)
        last = jnp.where(keep, new.h, last)
        return (state, last), last if masked_outputs == "repeat" else jnp.where(keep, new.h, 0)

    (state, last), outputs = jax.lax.scan(
        step, (state, last), (inputs, shares, keep), reverse=reverse
    )
    return Answer(jnp.swapaxes(outputs, 0, 1), last, state)


class Traced(NamedTuple):
    """What a loop of JAX starts from: inputs (T, N, D), ``keep`` (T, N, 1), state, output."""

    params: Any
    inputs: Any
    keep: Any
    state: Any
    last: Any


def traced(
    cell: Any,
    params: Any,
    x: Any,
    lengths: Any,
    mask: Any,
    initial_state: Any,
    masked_outputs: Any,
    initial_output: Any,
) -> Traced:
    """Check all that a loop over time is given, as far as JAX knows it, and return its arrays."""
    import jax
    from jax import numpy as jnp

    def known(a: Any) -> Any:
        """Return ``a``, or zeros of its shape where JAX is tracing it."""
        if isinstance(a, jax.core.Tracer):
            return np.broadcast_to(np.zeros((), a.dtype), a.shape)
        return a

    states = initial_state
    if isinstance(initial_state, (tuple, list)):
        states = tuple(map(known, initial_state))
    start = checked(cell, params, known(x), known(lengths), known(mask), states, masked_outputs,
                    known(initial_output))  # fmt: skip

    keep = None
    params = jax.tree.map(jnp.asarray, params)
    inputs = jnp.swapaxes(jnp.asarray(x), 0, 1)  # time first: each step is one block
    if start.mask is not None:
        if lengths is not None:
            mask = jnp.arange(len(inputs)) < jnp.asarray(lengths)[:, None]
        keep = jnp.asarray(mask).T[..., None]
        inputs = jnp.where(keep, inputs, 0)
    state = start.state if initial_state is None else type(start.state)(*initial_state)
    dtype = jnp.result_type(inputs, *jax.tree.leaves(params), *state)
    state = jax.tree.map(lambda a: jnp.asarray(a, dtype), state)
    last = jnp.asarray(start.last if initial_output is None else initial_output, dtype)
    return Traced(params, inputs, keep, state, last)
