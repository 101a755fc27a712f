"""A small Transformer encoder, for many seeds side by side: pre-norm, several heads, a mask.

It stands where a cell stands in :mod:`unrolled.experiments.training`, but it has no step: ``read``
takes a whole sequence. The encoder is that of :cite:t:`vaswani2017`, with each layer normalised
before its sublayers and not after them :cite:p:`xiong2020`; ``gelu`` stands between the two
matrices of the feed-forward part. JAX is loaded when it is first needed.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array
from unrolled.cells.shared import glorot_uniform
from unrolled.checks import check_counts

#: Layers, heads in each, how much wider than d the feed-forward part is, and the width of a head.
LAYERS, HEADS, WIDER = 2, 4, 2
#: What a masked score is: so low that its share is zero, and finite, so that its gradient is.
MASKED = -1e9
#: By how much positions count at first: words are no longer than this before they are learnt.
PACE = 0.3
#: What is added to a variance before its root is taken.
EPSILON = 1e-6


class Norm(NamedTuple):
    """Layer normalisation: a scale and a shift for each of d numbers."""

    scale: Array
    shift: Array


class Layer(NamedTuple):
    """A layer of width d: the products of attention, then the feed-forward part.

    Of several layers every array has one more axis in front. ``query``, ``key`` and ``value`` are (d, heads, d / heads), ``output`` (heads, d / heads, d);
    each has a bias. ``wide`` is (d, 2d) and ``narrow`` (2d, d).
    """

    before: Norm
    query: Array
    query_bias: Array
    key: Array
    key_bias: Array
    value: Array
    value_bias: Array
    output: Array
    output_bias: Array
    between: Norm
    wide: Array
    wide_bias: Array
    narrow: Array
    narrow_bias: Array


class Params(NamedTuple):
    """``kernel`` (D, d) and ``bias`` bring inputs to the width d; then come the layers.

    ``pace`` (d,) is by how much the positions count, and ``last`` the norm after all layers.
    """

    kernel: Array
    bias: Array
    pace: Array
    layers: Layer
    last: Norm


def init(
    rng: np.random.Generator, features: int, units: int, dtype: DTypeLike = np.float64
) -> Params:
    """Return fresh parameters for inputs of D ``features`` and a width d of ``units``.

    Matrices are drawn by :func:`~unrolled.cells.shared.glorot_uniform`, biases are zero.
    Raises ``ValueError`` unless the width is even and a multiple of the heads.

    >>> params = init(np.random.default_rng(0), features=2, units=8)
    >>> params.kernel.shape, params.layers.query.shape
    ((2, 8), (2, 8, 4, 2))
    """
    check_counts(features=features, units=units)
    if units % HEADS or units % 2:
        raise ValueError(f"units: expected an even multiple of {HEADS} heads, got {units}")

    def drawn(rows: int, columns: int, *shape: int) -> Array:
        each = [glorot_uniform(rng, rows, columns, dtype) for _ in range(LAYERS)]
        return np.stack(each).reshape(LAYERS, *(shape or (rows, columns)))

    def zeros(*shape: int) -> Array:
        return np.zeros((LAYERS, *shape), dtype)

    def norm() -> Norm:
        return Norm(zeros(units) + 1, zeros(units))

    head, wide = (HEADS, units // HEADS), WIDER * units
    products = [part for _ in range(3) for part in (drawn(units, units, units, *head), zeros(*head))]
    layers = Layer(
        norm(), *products, drawn(units, units, *head, units), zeros(units),
        norm(), drawn(units, wide), zeros(wide), drawn(wide, units), zeros(units),
    )  # fmt: skip
    kernel = glorot_uniform(rng, features, units, dtype)
    zero, one = np.zeros(units, dtype), np.ones(units, dtype)
    return Params(kernel, zero, PACE * one, layers, Norm(one, zero))


def count(features: int, units: int) -> int:
    """Return how many parameters an encoder has.

    >>> params = init(np.random.default_rng(0), 3, 8)
    >>> layers = params.layers
    >>> parts = [*layers.before, *layers.between, *layers[1:9], *layers[10:]]
    >>> parts += [params.kernel, params.bias, params.pace, *params.last]
    >>> sum(part.size for part in parts) == count(3, 8)
    True
    """
    d = units
    attention = 4 * (d * d + d)
    forward = 2 * WIDER * d * d + WIDER * d + d
    return features * d + 2 * d + LAYERS * (attention + forward + 4 * d) + 2 * d


def positions(steps: int, units: int) -> Array:
    """Return sines and cosines that tell T steps apart, (T, d) :cite:p:`vaswani2017`.

    >>> positions(3, 4).round(2)
    array([[ 0.  ,  0.  ,  1.  ,  1.  ],
           [ 0.84,  0.01,  0.54,  1.  ],
           [ 0.91,  0.02, -0.42,  1.  ]])
    """
    half = np.arange(units // 2)
    angles = np.arange(steps)[:, None] / 10_000.0 ** (2 * half / units)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def read(params: Params, x: Any, lengths: Any, every: bool) -> Any:
    """Return what is read from sequences x (N, T, D), an array of JAX.

    It is (N, T, d) for ``every`` step, and otherwise the mean of the steps that count, (N, d).
    A step at or after a sequence's end counts nowhere, whatever stands in it.
    """
    import jax
    import jax.numpy as jnp

    steps = x.shape[1]
    mask = jnp.arange(steps) < jnp.asarray(lengths)[:, None]
    x = jnp.where(mask[..., None], x, 0)
    h = x @ params.kernel + params.bias
    h = h + params.pace * positions(steps, h.shape[-1]).astype(h.dtype)

    def deeper(h: Any, layer: Layer) -> Any:
        h = h + attend(layer, normal(layer.before, h), mask)
        return h + forward(layer, normal(layer.between, h)), None

    h = normal(params.last, jax.lax.scan(deeper, h, params.layers)[0])
    if every:
        return h
    kept = mask[..., None].astype(h.dtype)
    return (h * kept).sum(axis=1) / kept.sum(axis=1)


def attend(layer: Layer, x: Any, mask: Any) -> Any:
    """Let every step of x (N, T, d) look at all steps that ``mask`` (N, T) does not hide."""
    import jax
    import jax.numpy as jnp

    query, key, value = (
        jnp.einsum("ntd,dhk->nhtk", x, kernel) + bias[:, None]
        for kernel, bias in (
            (layer.query, layer.query_bias),
            (layer.key, layer.key_bias),
            (layer.value, layer.value_bias),
        )
    )
    scores = query @ jnp.swapaxes(key, -1, -2) / np.sqrt(key.shape[-1])
    shares = jax.nn.softmax(jnp.where(mask[:, None, None], scores, MASKED))
    return jnp.einsum("nhtk,hkd->ntd", shares @ value, layer.output) + layer.output_bias


def forward(layer: Layer, x: Any) -> Any:
    """Widen each step of x (N, T, d) by itself, bend it and bring it back to its width."""
    import jax

    wide = jax.nn.gelu(x @ layer.wide + layer.wide_bias)
    return wide @ layer.narrow + layer.narrow_bias


def normal(norm: Norm, x: Any) -> Any:
    """Give the d numbers of each step mean 0 and variance 1, then scale and shift them.

    Source: :cite:t:`ba2016`.

    >>> normal(Norm(np.ones(2), np.zeros(2)), np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])
    """
    off = x - x.mean(axis=-1, keepdims=True)
    variance = (off**2).mean(axis=-1, keepdims=True)
    return off / (variance + EPSILON) ** 0.5 * norm.scale + norm.shift
