"""Additive attention: a decoder asks, once a step, which of the words it should look at.

::

    E = tanh(query W_q + keys W_k)  how each key looks to this query
    e = E v^T                       a score for each key
    a = softmax(e)                  a weight for each, together 1
    context = a keys                what was looked at

Source: :cite:t:`bahdanau2015`.
Keras's ``AdditiveAttention`` is the part from the sum in the brackets on: its query and keys are
projected already, and its ``scale`` is v.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, d_softmax, d_tanh, softmax, tanh
from unrolled.arrays import unmasked
from unrolled.attention.weights import kept
from unrolled.cells.shared import glorot_uniform
from unrolled.checks import check_counts


class Params(NamedTuple):
    """What is learnt: kernels for queries (Q, A) and keys (K, A), and the scores' vector (A,)."""

    query_kernel: Array
    key_kernel: Array
    scale: Array


class Cache(NamedTuple):
    """What a step leaves behind: what it read, E (N, S, A), and the weights a (N, S)."""

    query: Array
    keys: Array
    E: Array
    a: Array


def init(
    rng: np.random.Generator,
    queries: int,
    keys: int,
    units: int,
    dtype: DTypeLike = np.float64,
) -> Params:
    """Return fresh parameters: A ``units`` for queries of Q features and keys of K.

    All are Glorot uniform :cite:p:`glorot2010`.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> params = init(np.random.default_rng(0), queries=4, keys=6, units=5)
    >>> [a.shape for a in params]
    [(4, 5), (6, 5), (5,)]
    """
    check_counts(queries=queries, keys=keys, units=units)
    return Params(
        glorot_uniform(rng, queries, units, dtype),
        glorot_uniform(rng, keys, units, dtype),
        glorot_uniform(rng, units, 1, dtype)[:, 0],
    )


def count(queries: int, keys: int, units: int) -> int:
    """Return how many numbers are learnt: A (Q + K + 1).

    >>> count(queries=4, keys=6, units=5)
    55
    """
    check_counts(queries=queries, keys=keys, units=units)
    return units * (queries + keys + 1)


def check(params: Params) -> tuple[int, int, int]:
    """Return (Q, K, A), or raise ``ValueError`` where the parameters do not fit together."""
    unmasked(tuple(params), "params")
    shapes = [tuple(a.shape) for a in params]
    if [len(shape) for shape in shapes] != [2, 2, 1] or len({shape[-1] for shape in shapes}) > 1:
        raise ValueError(
            f"expected kernels (Q, A) and (K, A) and a scale (A,), got shapes {shapes}"
        )
    (queries, units), (keys, _), _ = shapes
    return queries, keys, units


def project(params: Params, keys: Array) -> Array:
    """Return the keys' share keys W_k, (N, S, A); it is the same for every query."""
    return keys @ params.key_kernel


def step(
    params: Params, query: Array, keys: Array, mask: Any = None, projected: Array | None = None
) -> tuple[Array, Cache]:
    """Look at keys (N, S, K) with a query (N, Q), and return their weighted mean (N, K).

    ``mask`` (N, S), boolean, is False where a key is padding: it has no weight, and may hold
    anything. ``projected`` is ``project(params, keys)`` where the caller has it already.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = Params(np.zeros((1, 1)), np.array([[9.0]]), np.array([9.0]))
    >>> keys = np.array([[[-1.0], [1.0], [1.0]]])
    >>> _, cache = step(params, np.zeros((1, 1)), keys)
    >>> cache.a.round(3)  # these parameters pass over the first key
    array([[0. , 0.5, 0.5]])
    """
    _check_inputs(params, query, keys, mask)
    keys = kept(keys, mask)
    projected = project(params, keys) if projected is None else kept(projected, mask)

    asked = (query @ params.query_kernel)[:, None]
    E = tanh(asked + projected)  # how each looks to this query
    e = (E @ params.scale[:, None])[..., 0]  # a score for each
    a = softmax(e, mask)  # a weight for each
    context = (a[:, None] @ keys)[:, 0]  # what was looked at

    return context, Cache(query, keys, E, a)


def step_backward(params: Params, cache: Cache, d_context: Array) -> tuple[Params, Array, Array]:
    """Carry a gradient d_context (N, K) back to the parameters, the query and the keys.

    Read it against ``step``, from the bottom up. At padding the gradient is exactly 0.
    """
    query, keys, E, a = cache

    # context = a keys
    d_a = (keys @ d_context[..., None])[..., 0]
    d_keys = a[..., None] * d_context[:, None]

    # a = softmax(e), e = E v^T
    d_e = d_softmax(a, d_a)
    d_scale = (E * d_e[..., None]).sum(axis=(0, 1))
    d_E = d_e[..., None] * params.scale

    # E = tanh(sums), sums = query W_q + keys W_k
    d_sums = d_E * d_tanh(E)
    d_asked = d_sums.sum(axis=1)  # The query is the same for all keys.
    d_W_q, d_query = query.T @ d_asked, d_asked @ params.query_kernel.T
    d_W_k = np.tensordot(keys, d_sums, ([0, 1], [0, 1]))
    d_keys = d_keys + d_sums @ params.key_kernel.T

    return Params(d_W_q, d_W_k, d_scale), d_query, d_keys


def _check_inputs(params: Params, query: Array, keys: Array, mask: Any) -> None:
    """Raise ``ValueError`` where query, keys or mask do not fit the parameters."""
    queries, width, _ = check(params)
    unmasked(query, "query")
    unmasked(keys, "keys")
    if len(query.shape) != 2 or query.shape[-1] != queries:
        raise ValueError(f"expected a query (N, {queries}), got shape {tuple(query.shape)}")
    if len(keys.shape) != 3 or keys.shape[-1] != width or keys.shape[0] != query.shape[0]:
        raise ValueError(
            f"expected keys ({query.shape[0]}, S, {width}), got shape {tuple(keys.shape)}"
        )
    if mask is not None and tuple(mask.shape) != tuple(keys.shape[:2]):
        raise ValueError(
            f"expected a mask of shape {tuple(keys.shape[:2])}, got {tuple(mask.shape)}"
        )
