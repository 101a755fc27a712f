"""Multi-head attention: several looks at once, each with projections of its own.

::

    q = x W_q + b_q    what each step asks
    k = c W_k + b_k    by what each step of the context is found
    v = c W_v + b_v    what it says then
    y = attend(q, k, v) W_o + b_o, summed over the heads

Where the context c is x itself this is self-attention.
Source: :cite:t:`vaswani2017`. The parameter layout is that of Keras's ``MultiHeadAttention``,
so that ``Params(*layer.get_weights())`` are its weights.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from unrolled.activations import Array, namespace
from unrolled.arrays import unmasked
from unrolled.attention import dot_product
from unrolled.attention.weights import kept, transposed
from unrolled.cells.shared import glorot_uniform
from unrolled.checks import check_counts


class Params(NamedTuple):
    """What is learnt, for M heads of A units, queries from D features and context from C.

    Kernels are (D, M, A) for the queries, (C, M, A) for keys and values and (M, A, D) for the
    output; biases are (M, A), and (D,) for the output.
    """

    query_kernel: Array
    query_bias: Array
    key_kernel: Array
    key_bias: Array
    value_kernel: Array
    value_bias: Array
    output_kernel: Array
    output_bias: Array


class Cache(NamedTuple):
    """What a pass leaves behind: its inputs, and what each head saw and answered (N, M, T, A)."""

    x: Array
    context: Array | None
    heads: dot_product.Cache
    answers: Array
    mask: Any

    @property
    def weights(self) -> Array:
        """How much each step took of each (N, M, T, S)."""
        return self.heads.a


def init(
    rng: np.random.Generator,
    features: int,
    heads: int,
    units: int,
    context: int | None = None,
    dtype: DTypeLike = np.float64,
) -> Params:
    """Return fresh parameters: M ``heads`` of A ``units`` for D ``features``.

    ``context`` is C, where what is read has another number of features.
    Kernels are Glorot uniform over all heads together :cite:p:`glorot2010`, biases zero.
    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    >>> params = init(np.random.default_rng(0), features=6, heads=2, units=3)
    >>> params.query_kernel.shape, params.output_kernel.shape
    ((6, 2, 3), (2, 3, 6))
    """
    context = features if context is None else context
    check_counts(features=features, heads=heads, units=units, context=context)

    def projection(width: int) -> tuple[Array, Array]:
        kernel = glorot_uniform(rng, width, heads * units, dtype)
        return kernel.reshape(width, heads, units), np.zeros((heads, units), dtype)

    q, k, v = projection(features), projection(context), projection(context)
    out = glorot_uniform(rng, heads * units, features, dtype).reshape(heads, units, features)
    return Params(*q, *k, *v, out, np.zeros(features, dtype))


def count(features: int, heads: int, units: int) -> int:
    """Return how many numbers self-attention learns: 4 D M A for the kernels, and the biases.

    >>> count(features=6, heads=2, units=3)
    168
    """
    check_counts(features=features, heads=heads, units=units)
    width = heads * units
    return 4 * features * width + 3 * width + features


def check(params: Params) -> tuple[int, int, int, int]:
    """Return (D, C, M, A), or raise ``ValueError`` where the parameters do not fit together."""
    unmasked(tuple(params), "params")
    if len(params.query_kernel.shape) != 3 or len(params.key_kernel.shape) != 3:
        raise ValueError(
            "expected kernels (D, M, A) and (C, M, A), got shapes "
            f"{tuple(params.query_kernel.shape)} and {tuple(params.key_kernel.shape)}"
        )
    features, heads, units = params.query_kernel.shape
    context = params.key_kernel.shape[0]
    reads, head = (context, heads, units), (heads, units)
    expected = (
        (features, heads, units), head, reads, head, reads, head, (heads, units, features),
        (features,),
    )  # fmt: skip
    for name, array, shape in zip(params._fields, params, expected, strict=True):
        if tuple(array.shape) != shape:
            raise ValueError(f"expected {name} of shape {shape}, got {tuple(array.shape)}")
    return features, context, heads, units


def forward(
    params: Params,
    x: Array,
    context: Array | None = None,
    mask: Any = None,
    causal: bool = False,
) -> tuple[Array, Cache]:
    """Let each step of x (N, T, D) look at a context (N, S, C), or at x itself.

    ``mask`` (N, S), boolean, is False at the steps of the context that are padding: nobody looks
    there, and where the context is x itself the answer there is 0. ``causal`` lets a step see
    none that come after it. Returns the answers (N, T, D) and a cache.
    Raises ``ValueError`` where a shape does not fit.

    >>> params = init(np.random.default_rng(0), features=6, heads=2, units=3)
    >>> y, cache = forward(params, np.ones((1, 4, 6)), causal=True)
    >>> cache.weights[0, 0].round(2)  # equal steps are looked at equally
    array([[1.  , 0.  , 0.  , 0.  ],
           [0.5 , 0.5 , 0.  , 0.  ],
           [0.33, 0.33, 0.33, 0.  ],
           [0.25, 0.25, 0.25, 0.25]])
    """
    _check_inputs(params, x, context, mask)
    itself = context is None
    if context is None:
        x = read = kept(x, mask)
    else:
        context = read = kept(context, mask)
    W_q, b_q, W_k, b_k, W_v, b_v, W_o, b_o = params

    q = _heads(x, W_q, b_q)  # (N, M, T, A)
    k, v = _heads(read, W_k, b_k), _heads(read, W_v, b_v)
    answers, heads = dot_product.attend(q, k, v, _allowed(mask, causal, q, k))
    y = namespace(x).sum(answers @ W_o, axis=1) + b_o  # every head adds its part

    return kept(y, mask) if itself else y, Cache(x, context, heads, answers, mask)


def backward(params: Params, cache: Cache, d_y: Array) -> tuple[Params, Array, Array | None]:
    """Carry a gradient d_y (N, T, D) back to the parameters, to x and to the context.

    The third is None for self-attention, where x is all that was read. NumPy's arrays alone.
    Read it against ``forward``, from the bottom up. At padding the gradient is exactly 0.
    """
    x, context, heads, answers, mask = cache
    W_q, _, W_k, _, W_v, _, W_o, _ = params
    read = x if context is None else context
    d_y = kept(d_y, mask) if context is None else d_y

    # y = sum(answers @ W_o, axis=1) + b_o
    each = d_y[:, None]
    d_answers, d_W_o = each @ transposed(W_o), (transposed(answers) @ each).sum(axis=0)
    d_b_o = d_y.sum(axis=(0, 1))

    # answers, heads = attend(q, k, v, ...)
    d_q, d_k, d_v = dot_product.attend_backward(heads, d_answers)

    # q, k, v = x W_q + b_q, read W_k + b_k, read W_v + b_v
    d_W_q, d_b_q, d_x = _heads_backward(x, W_q, d_q)
    d_W_k, d_b_k, d_by_k = _heads_backward(read, W_k, d_k)
    d_W_v, d_b_v, d_by_v = _heads_backward(read, W_v, d_v)

    d_params = Params(d_W_q, d_b_q, d_W_k, d_b_k, d_W_v, d_b_v, d_W_o, d_b_o)
    if context is None:
        return d_params, kept(d_x + d_by_k + d_by_v, mask), None
    return d_params, d_x, kept(d_by_k + d_by_v, mask)


def _heads(x: Array, kernel: Array, bias: Array) -> Array:
    """Return x (N, T, D) as each head sees it, (N, M, T, A)."""
    each: Array = x[:, None] @ namespace(kernel).moveaxis(kernel, 1, 0) + bias[:, None]
    return each


def _heads_backward(x: Array, kernel: Array, d_heads: Array) -> tuple[Array, Array, Array]:
    """Return the gradients at the kernel, the bias and x."""
    # heads = x[:, None] @ W + b[:, None], with the heads of W in front
    d_kernel = np.moveaxis((transposed(x)[:, None] @ d_heads).sum(axis=0), 0, 1)
    d_x = (d_heads @ transposed(np.moveaxis(kernel, 1, 0))).sum(axis=1)
    return d_kernel, d_heads.sum(axis=(0, 2)), d_x


def _allowed(mask: Any, causal: bool, q: Array, k: Array) -> Any:
    """Return where a query may look, as a mask that broadcasts to (N, M, T, S), or None."""
    padding = None if mask is None else mask[:, None, None, :]
    if not causal:
        return padding
    xp = namespace(q)
    steps, seen = xp.arange(q.shape[-2]), xp.arange(k.shape[-2])
    before = seen[None, :] <= steps[:, None]
    return before if padding is None else padding & before


def _check_inputs(params: Params, x: Array, context: Array | None, mask: Any) -> None:
    """Raise ``ValueError`` where inputs, context or mask do not fit the parameters."""
    features, width, _, _ = check(params)
    read = x if context is None else context
    unmasked(x, "x")
    unmasked(read, "context")
    for name, array, size in (("x", x, features), ("the context", read, width)):
        if len(array.shape) != 3 or array.shape[-1] != size:
            raise ValueError(
                f"expected {name} of shape (N, T, {size}), got shape {tuple(array.shape)}"
            )
    if x.shape[0] != read.shape[0]:
        raise ValueError(f"expected a context of {x.shape[0]} rows, got {read.shape[0]}")
    if mask is not None and tuple(mask.shape) != tuple(read.shape[:2]):
        raise ValueError(
            f"expected a mask of shape {tuple(read.shape[:2])}, got {tuple(mask.shape)}"
        )
