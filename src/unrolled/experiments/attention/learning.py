"""Many translators trained side by side, by JAX, and asked to write by themselves."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.attention.sentences import END, START, Ids, Pairs
from unrolled.experiments.attention.translator import Translator, encode, loss, step
from unrolled.unroll import unroll_scan


def forced(model: Translator, pairs: Pairs) -> Array:
    """Return the log-probabilities (N, K, V) of each sign after the right ones before it."""
    import jax
    from jax import numpy as jnp

    model = jax.tree.map(jnp.asarray, model)
    memory, state = encode(model, pairs.ids, pairs.lengths, unroll_scan)
    signs = jnp.asarray(pairs.signs).T
    before = jnp.concatenate([jnp.full_like(signs[:1], START), signs[:-1]])

    def write(state: Any, before: Any) -> Any:
        state, log_p, _ = step(model, memory, state, before)
        return state, log_p

    _, log_p = jax.lax.scan(write, state, before)
    return jnp.swapaxes(log_p, 0, 1)  # type: ignore[no-any-return]


def alone(model: Translator, ids: Any, lengths: Any, most: int) -> Ids:
    """Return what is written greedily (N, most): each sign after the model's own before it."""
    import jax
    from jax import numpy as jnp

    model = jax.tree.map(jnp.asarray, model)
    memory, state = encode(model, ids, lengths, unroll_scan)

    def write(carry: Any, _: Any) -> Any:
        state, before = carry
        state, log_p, _ = step(model, memory, state, before)
        sign = jnp.argmax(log_p, axis=-1)
        return (state, sign), sign

    start = jnp.full(len(ids), START)
    _, signs = jax.lax.scan(write, (state, start), None, length=most)
    return signs.T  # type: ignore[no-any-return]


def train(
    models: Translator,
    pool: Pairs,
    seeds: Sequence[int],
    rates: Sequence[float],
    *,
    steps: int,
    batch: int,
    clip: float,
) -> tuple[Translator, Array]:
    """Train M models, the first axis of all arrays, and return them with their losses (M, steps).

    Each draws its batches from the pool by its own seed; its rate falls to nothing as half a
    cosine does :cite:p:`loshchilov2017`.
    """
    from jax import numpy as jnp

    rows = [np.random.default_rng([seed, 1]).integers(len(pool.ids), size=(steps, batch))
            for seed in seeds]  # fmt: skip
    falls = 0.5 * (1 + np.cos(np.pi * np.arange(steps) / steps))
    each = np.outer(falls, rates).astype(np.float32)
    models, losses = _training(clip)(
        models, pool._replace(signs=jnp.asarray(pool.signs)), np.stack(rows, axis=1), each
    )
    return models, np.asarray(losses).T


def write(models: Translator, pairs: Pairs, most: int) -> Ids:
    """Return what each of M models writes of its own to the same N sentences, (M, N, most)."""
    return np.asarray(_writing(most)(models, pairs.ids, pairs.lengths))


@cache
def _writing(most: int) -> Any:
    import jax

    return jax.jit(jax.vmap(partial(alone, most=most), in_axes=(0, None, None)))


@cache
def _training(clip: float) -> Any:
    import jax
    import optax
    from jax import numpy as jnp

    rule = optax.flatten(
        optax.chain(optax.clip_by_global_norm(clip), optax.zero_nans(), optax.scale_by_adam())
    )

    def lost(model: Translator, batch: Pairs) -> Any:
        return loss(forced(model, batch), batch.signs, END)

    def update(model: Any, state: Any, pool: Pairs, rows: Any, rate: Any) -> Any:
        batch = Pairs(*(jnp.asarray(array)[rows] for array in pool))
        value, slopes = jax.value_and_grad(lost)(model, batch)
        changes, state = rule.update(slopes, state)
        changes = jax.tree.map(lambda change: -rate * change, changes)
        return optax.apply_updates(model, changes), state, value

    def run(models: Any, pool: Pairs, rows: Any, rates: Any) -> Any:
        def once(carry: Any, now: Any) -> Any:
            models, state = carry
            *carry, value = jax.vmap(update, in_axes=(0, 0, None, 0, 0))(models, state, pool, *now)
            return tuple(carry), value

        (models, _), values = jax.lax.scan(
            once, (models, jax.vmap(rule.init)(models)), (rows, rates)
        )
        return models, values

    return jax.jit(run)
