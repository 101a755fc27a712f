"""A stack's parameters: our cells' own beginnings, transposed, and a linear readout.

All numbers of a member stand in one row, so that its gradient has one norm, and one step of an
optimiser updates everything; the parts are views.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import gru, lstm, rnn, shared
from unrolled.experiments.choosing.stacked.gru import GRU
from unrolled.experiments.choosing.stacked.lstm import LSTM
from unrolled.experiments.choosing.stacked.plain import Plain
from unrolled.experiments.choosing.stacked.shared import Cell, Params


class Kind(NamedTuple):
    """A cell of the comparison: how it runs, how one member starts, how many numbers it learns."""

    cell: Cell
    init: Callable[..., Any]
    size: Callable[[int, int], int]


def _irnn(rng: np.random.Generator, features: int, units: int) -> rnn.Params:
    """Start as :cite:t:`le2015`: the identity, no bias, and a kernel of small normal numbers."""
    kernel = 0.001 * rng.standard_normal((features, units))
    return rnn.Params(kernel, np.eye(units), np.zeros(units))


#: Every cell of the comparison, by the name that results and figures give it.
KINDS = {
    "RNN": Kind(Plain(), rnn.init, rnn.count),
    "IRNN": Kind(Plain("relu"), _irnn, rnn.count),
    "LSTM, bias 0": Kind(LSTM(), partial(lstm.init, forget_bias=0.0), lstm.count),
    "LSTM, bias 1": Kind(LSTM(), lstm.init, lstm.count),
    "GRU, before": Kind(
        GRU(), partial(gru.init, reset_after=False), partial(gru.count, reset_after=False)
    ),
    "GRU, after": Kind(GRU(), gru.init, gru.count),
}


def units_for(size: Callable[[int, int], int], budget: int, features: int) -> int:
    """Return the units of a cell of that ``size`` whose parameters come nearest to the budget.

    >>> units_for(gru.count, lstm.count(2, 16), features=2)
    18
    """
    units = 1
    while size(features, units + 1) <= budget:
        units += 1
    return min(units, units + 1, key=lambda n: abs(size(features, n) - budget))


class Sizes(NamedTuple):
    """What a network is built of; with a vocabulary, inputs are ids and D is an embedding's."""

    kind: str
    units: int
    features: int
    outputs: int
    vocabulary: int = 0


class Network(NamedTuple):
    """The numbers of S members: ``flat`` (S, P), and views into it."""

    flat: Array
    cell: Params
    readout: Array
    bias: Array
    embedding: Array | None


def build(sizes: Sizes, seeds: Sequence[int], dtype: str = "float32") -> Network:
    """Return one member for each seed, each started as if it were alone."""
    rows = [_member(sizes, np.random.default_rng([seed, 0])) for seed in seeds]
    flat = np.stack([np.concatenate([a.ravel() for a in row]) for row in rows]).astype(dtype)
    return view(sizes, flat)


def view(sizes: Sizes, flat: Array) -> Network:
    """Return a network whose parts are views of (S, P) numbers."""
    shapes = [a.shape for a in _member(sizes, np.random.default_rng(0))]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    kernel, recurrent, bias, readout, readout_bias, *embedding = (
        part.reshape(len(flat), *shape)
        for part, shape in zip(np.split(flat, cuts, axis=1), shapes, strict=True)
    )
    cell = Params(kernel, recurrent, bias)
    return Network(flat, cell, readout, readout_bias, embedding[0] if embedding else None)


def _member(sizes: Sizes, rng: np.random.Generator) -> list[Array]:
    """Return one member's arrays, the cell's transposed."""
    kernel, recurrent, bias = KINDS[sizes.kind].init(rng, sizes.features, sizes.units)
    readout = shared.glorot_uniform(rng, sizes.units, sizes.outputs, np.float64).T
    parts = [kernel.T, recurrent.T, bias[..., None], readout, np.zeros((sizes.outputs, 1))]
    if sizes.vocabulary:
        # Keras's Embedding starts so.
        parts.append(rng.uniform(-0.05, 0.05, (sizes.vocabulary, sizes.features)))
    return parts
