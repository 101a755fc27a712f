"""An encoder and a decoder: words in, signs out, with a fixed state between them or attention.

The same lines run in NumPy, where a page shows them, and in JAX, where they are trained.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array, namespace, tanh
from unrolled.attention import additive
from unrolled.attention.weights import kept
from unrolled.cells import gru
from unrolled.cells.shared import glorot_uniform
from unrolled.experiments.attention.sentences import END, SIGNS, START, vocabulary
from unrolled.unroll import unroll


class Translator(NamedTuple):
    """What is learnt, for V words, K signs, E units each way of the encoder and H of the decoder.

    ``words`` (V, D) and ``signs`` (K, S) have a row for each; ``first`` (2E, H) makes the decoder's
    first state; ``kernel`` (H + 2E, K) and ``bias`` (K,) make the scores of the next sign.
    Without ``attention`` the decoder sees the encoder's last states, at every step the same.
    """

    words: Array
    forward: gru.Params
    backward: gru.Params
    first: Array
    signs: Array
    decoder: gru.Params
    kernel: Array
    bias: Array
    attention: additive.Params | None = None


class Memory(NamedTuple):
    """A sentence as the decoder has it: keys (N, S, 2E), their share of E, a mask, last states."""

    keys: Array
    projected: Array | None
    mask: Any
    last: Array


def init(
    rng: np.random.Generator,
    words: int,
    signs: int,
    units: tuple[int, int],
    features: tuple[int, int] = (12, 8),
    asked: int | None = None,
) -> Translator:
    """Draw a translator with (E, H) ``units``; ``asked`` are the units of its attention, if any.

    >>> drawn = init(np.random.default_rng(0), words=9, signs=3, units=(2, 4), asked=5)
    >>> drawn.kernel.shape, drawn.attention.scale.shape
    ((8, 3), (5,))
    """
    (E, H), (D, S) = units, features
    return Translator(
        words=rng.uniform(-0.5, 0.5, (words, D)),
        forward=gru.init(rng, D, E),
        backward=gru.init(rng, D, E),
        first=glorot_uniform(rng, 2 * E, H, np.float64),
        signs=rng.uniform(-0.5, 0.5, (signs, S)),
        decoder=gru.init(rng, S + 2 * E, H),
        kernel=glorot_uniform(rng, H + 2 * E, signs, np.float64),
        bias=np.zeros(signs),
        attention=additive.init(rng, H, 2 * E, asked) if asked else None,
    )


def encode(
    model: Translator, ids: Any, lengths: Any, loop: Callable[..., Any] = unroll
) -> tuple[Memory, gru.State]:
    """Read sentences of ids (N, S) both ways; return what the decoder has, and its first state.

    ``loop`` is :func:`~unrolled.unroll.unroll_scan` where JAX reads.
    """
    x = model.words[ids]
    ways = [
        loop(gru, params, x, lengths=lengths, reverse=reverse, masked_outputs="zero")
        for params, reverse in ((model.forward, False), (model.backward, True))
    ]
    xp = namespace(ways[0].outputs)
    keys = xp.concatenate([way.outputs for way in ways], axis=-1)
    last = xp.concatenate([way.last for way in ways], axis=-1)
    mask = xp.arange(ids.shape[1]) < lengths[:, None]
    projected = None if model.attention is None else additive.project(model.attention, keys)
    return Memory(keys, projected, mask, last), gru.State(tanh(last @ model.first))


def look(model: Translator, memory: Memory, query: Array) -> tuple[Array, Array | None]:
    """Return what the decoder sees of the sentence (N, 2E), and the weights (N, S), if any."""
    if model.attention is None:
        return memory.last, None
    context, cache = additive.step(
        model.attention, query, memory.keys, memory.mask, memory.projected
    )
    return context, cache.a


def step(
    model: Translator, memory: Memory, state: gru.State, before: Any
) -> tuple[gru.State, Array, Array | None]:
    """Write one sign: from the sign ``before`` (N,) to the log-probabilities of the next (N, K)."""
    context, weights = look(model, memory, state.h)
    xp = namespace(context)
    x = xp.concatenate([model.signs[before], context], axis=-1)
    state, _ = gru.step(model.decoder, state, x)
    seen = xp.concatenate([state.h, context], axis=-1)
    scores = seen @ model.kernel + model.bias
    scores = scores - xp.amax(scores, axis=-1, keepdims=True)
    log_p = scores - xp.log(xp.sum(xp.exp(scores), axis=-1, keepdims=True))
    return state, log_p, weights


def written_out(
    model: Translator, text: str, most: int = 40
) -> tuple[list[str], list[float], Array]:
    """Write an answer greedily; return its signs, their probabilities and where each looked.

    The last sign is "end", unless there are ``most``; the weights are (signs, words).
    """
    ids = np.array(vocabulary().encode([text]))
    memory, state = encode(model, ids, np.array([ids.shape[1]]))
    sign, signs, chances, looked = START, list[str](), list[float](), []
    while len(signs) < most and sign != END:
        state, log_p, weights = step(model, memory, state, np.array([sign]))
        sign = int(log_p[0].argmax())
        signs.append(SIGNS[sign])
        chances.append(float(np.exp(log_p[0, sign])))
        looked.append(np.zeros(ids.shape[1]) if weights is None else weights[0])
    return signs, chances, np.array(looked)


def loss(log_p: Array, signs: Any, end: int) -> Array:
    """Return the mean of -log p of the signs (N, K), up to the first ``end`` and with it.

    ``log_p`` is (N, K, V). What stands after the end is padding, and outside.
    """
    xp = namespace(log_p)
    signs = xp.asarray(signs)
    ended = xp.cumsum(signs == end, axis=1) - (signs == end)
    counts = ended == 0
    told = xp.take_along_axis(kept(log_p, counts), signs[..., None], axis=-1)[..., 0]
    mean: Array = -xp.sum(told) / xp.sum(counts)
    return mean
