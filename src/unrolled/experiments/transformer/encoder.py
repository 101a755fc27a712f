"""A small Transformer encoder, for many seeds side by side: pre-norm, several heads, a mask.

It stands where a cell stands in :mod:`unrolled.experiments.training`, but it has no step: ``read``
takes a whole sequence. The encoder is that of :cite:t:`vaswani2017`, with each layer normalised
before its sublayers and not after them :cite:p:`xiong2020`; ``gelu`` stands between the two
matrices of the feed-forward part. JAX is loaded when it is first needed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array
from unrolled.attention import multi_head
from unrolled.cells.shared import glorot_uniform
from unrolled.checks import check_counts

#: Layers, heads in each, how much wider than d the feed-forward part is, and the width of a head.
LAYERS, HEADS, WIDER = 2, 4, 2
#: By how much positions count at first: words are no longer than this before they are learnt.
PACE = 0.3
#: What is added to a variance before its root is taken.
EPSILON = 1e-6


class Norm(NamedTuple):
    """Layer normalisation: a scale and a shift for each of d numbers."""

    scale: Array
    shift: Array


class Layer(NamedTuple):
    """A layer of width d: attention, then the feed-forward part, each after its norm.

    ``wide`` is (d, 2d) and ``narrow`` (2d, d), each with its bias. Of several layers every array
    has one more axis in front.
    """

    before: Norm
    attention: multi_head.Params
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
    >>> params.kernel.shape, params.layers.attention.query_kernel.shape
    ((2, 8), (2, 8, 4, 2))
    """
    check_counts(features=features, units=units)
    if units % HEADS or units % 2:
        raise ValueError(f"units: expected an even multiple of {HEADS} heads, got {units}")

    one, zero, wide = np.ones(units, dtype), np.zeros(units, dtype), WIDER * units

    def layer() -> Layer:
        return Layer(
            Norm(one, zero), multi_head.init(rng, units, HEADS, units // HEADS, dtype=dtype),
            Norm(one, zero), glorot_uniform(rng, units, wide, dtype), np.zeros(wide, dtype),
            glorot_uniform(rng, wide, units, dtype), zero,
        )  # fmt: skip

    layers = _mapped(lambda *each: np.stack(each), *(layer() for _ in range(LAYERS)))
    kernel = glorot_uniform(rng, features, units, dtype)
    return Params(kernel, zero, PACE * one, layers, Norm(one, zero))


def _mapped(act: Callable[..., Any], *trees: Any) -> Any:
    """Apply ``act`` to arrays at the same place of several named tuples, at any depth."""
    if not isinstance(trees[0], tuple):
        return act(*trees)
    return type(trees[0])(*(_mapped(act, *each) for each in zip(*trees, strict=True)))


def count(features: int, units: int) -> int:
    """Return how many parameters an encoder has.

    >>> sizes = []
    >>> _ = _mapped(lambda a: sizes.append(a.size), init(np.random.default_rng(0), 3, 8))
    >>> sum(sizes) == count(3, 8)
    True
    """
    d = units
    attention = multi_head.count(d, HEADS, d // HEADS)
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
        a = normal(layer.before, h)
        h = h + multi_head.forward(layer.attention, a, mask=mask)[0]
        return h + forward(layer, normal(layer.between, h)), None

    h = normal(params.last, jax.lax.scan(deeper, h, params.layers)[0])
    if every:
        return h
    kept = mask[..., None].astype(h.dtype)
    return (h * kept).sum(axis=1) / kept.sum(axis=1)


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
