"""How an LSTM's forward pass scales with T, H and N, and what a mask and XLA cost."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unrolled.activations import Array
from unrolled.cells import lstm
from unrolled.experiments.timing import clocked, medians
from unrolled.libraries import layouts
from unrolled.unroll import unroll_fast

#: Sizes by letter: N texts, T steps, D features, H units.
Sizes = Mapping[str, int]


def multiply_adds(N: int, T: int, D: int, H: int) -> int:
    """Return the multiplications, each with its addition, in the products of a forward pass.

    A step of one text multiplies x (D) by W (D, 4H) and h (H) by U (H, 4H).

    >>> multiply_adds(N=1, T=1, D=2, H=3)
    60
    """
    return N * T * 4 * H * (D + H)


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the exponent p of the power law ``seconds = a * size**p`` that fits best.

    The fit is by least squares on logarithms.

    >>> round(slope([1, 2, 4], [3.0, 12.0, 48.0]), 6)
    2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def scaling(base: Sizes, grid: Mapping[str, Sequence[int]], turns: int) -> dict[str, Any]:
    """Return, letter by letter, what a forward pass takes when one size alone is changed.

    For each letter of ``grid``: its ``sizes``, the ``multiply_adds``, the median ``seconds`` of
    ``fast``, our ``unroll_fast``, and of ``keras``, the layer compiled to a graph, and the
    ``slopes`` of all three on logarithmic scales.
    """
    found = {}
    for letter, sizes in grid.items():
        each = [{**base, letter: size} for size in sizes]
        costs = [float(multiply_adds(**one)) for one in each]
        runs = [_forward(one, turns) for one in each]
        seconds = {name: [run[name] for run in runs] for name in runs[0]}
        found[letter] = {
            "sizes": list(sizes),
            "multiply_adds": costs,
            "seconds": seconds,
            "slopes": {
                name: slope(sizes, values)
                for name, values in {"multiply_adds": costs, **seconds}.items()
            },
        }
    return found


def compile_cost(
    base: Sizes, lengths: Sequence[int], turns: int
) -> dict[str, list[dict[str, Any]]]:
    """Return what the first call with each length costs, and what a later one does.

    One function is called with one length after the other, as training on batches of like
    length calls it: ``graph`` takes any length once it is traced, ``xla`` compiles for each.
    By name, for each length: ``steps``, ``first`` and ``later`` in seconds.
    """
    layer = _layer(base)
    found: dict[str, list[dict[str, Any]]] = {}
    for name, xla in (("graph", False), ("xla", True)):
        any_length = tf.TensorSpec((base["N"], None, base["D"]), tf.float32)
        signature = None if xla else [any_length]
        compiled = tf.function(layer, autograph=False, jit_compile=xla, input_signature=signature)
        found[name] = []
        for steps in lengths:
            act = partial(_finished, compiled, tf.constant(_inputs({**base, "T": steps})))
            first = clocked(act)()
            found[name].append(
                {"steps": steps, "first": first, "later": medians({name: act}, turns)[name]}
            )
    return found


def masked(base: Sizes, turns: int) -> dict[str, dict[str, float]]:
    """Return the median seconds on texts of 1 to T steps, padded to T, without and with a mask.

    By contestant, ``fast`` and ``keras``: seconds ``without`` and ``with``. The forward pass alone.
    """
    x = _inputs(base)
    lengths = np.linspace(1, base["T"], base["N"]).round().astype(int)
    params, layer = _params(base), _layer(base)
    inputs = tf.constant(x)
    mask = tf.sequence_mask(lengths, base["T"])
    plain = tf.function(lambda a: layer(a), autograph=False)
    hidden = tf.function(lambda a, m: layer(a, mask=m), autograph=False)
    acts: dict[str, dict[str, Callable[[], Any]]] = {
        "fast": {
            "without": lambda: unroll_fast(lstm, params, x),
            "with": lambda: unroll_fast(lstm, params, x, lengths=lengths),
        },
        "keras": {
            "without": lambda: _finished(plain, inputs),
            "with": lambda: _finished(hidden, inputs, mask),
        },
    }
    return {name: medians(pair, turns) for name, pair in acts.items()}


def _forward(sizes: Sizes, turns: int) -> dict[str, float]:
    """Return the median seconds of one forward pass."""
    x, params = _inputs(sizes), _params(sizes)
    inputs, compiled = tf.constant(x), tf.function(_layer(sizes), autograph=False)
    return medians(
        {
            "fast": lambda: unroll_fast(lstm, params, x),
            "keras": lambda: _finished(compiled, inputs),
        },
        turns,
    )


def _finished(compiled: Any, *inputs: Any) -> Array:
    """Run a compiled function and wait for its outputs."""
    return np.asarray(compiled(*inputs).numpy())


def _inputs(sizes: Sizes) -> Array:
    shape = sizes["N"], sizes["T"], sizes["D"]
    return np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)


def _params(sizes: Sizes) -> lstm.Params:
    return lstm.init(np.random.default_rng(0), sizes["D"], sizes["H"], np.float32)


def _layer(sizes: Sizes) -> Any:
    """Return Keras's layer with the same weights."""
    layer = keras.layers.LSTM(sizes["H"], return_sequences=True)
    layer.build((None, None, sizes["D"]))
    layer.set_weights(layouts.to_keras(_params(sizes)))
    return layer
