"""Classifiers of sequences, many side by side: a rate that falls to nothing, the best of a few."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import gru, lstm, rnn
from unrolled.experiments.choosing.cells import units_for
from unrolled.experiments.training import both_ways, evaluate, init_network, stack, train
from unrolled.tasks import Sequences

#: Cells by the name that results and figures give them.
CELLS: dict[str, Any] = {"RNN": rnn, "GRU": gru, "LSTM": lstm}
#: How many cells read, by the name of the arrangement.
WAYS = {"one way": 1, "both ways": 2}
#: A loss that is no number counts as this: a network that has blown up.
WORST = 1e3

Draw = Callable[[np.random.Generator, int], Sequences]


class Reader(NamedTuple):
    """A cell, how many of it read, and the units of each."""

    cell: str
    ways: str
    units: int

    def parameters(self, features: int) -> int:
        """Return the parameters of its cells, without the readout.

        >>> Reader("LSTM", "both ways", 2).parameters(features=3)
        96
        """
        return WAYS[self.ways] * int(CELLS[self.cell].count(features, self.units))


def reader(cell: str, ways: str, budget: int, features: int) -> Reader:
    """Return the reader whose cells' parameters come nearest to the budget.

    >>> reader("LSTM", "both ways", lstm.count(12, 24), features=12).units
    16
    """

    def count(features: int, units: int) -> int:
        return Reader(cell, ways, units).parameters(features)

    return Reader(cell, ways, units_for(count, budget, features))


def learn(
    one: Reader,
    draws: Callable[[int], Draw],
    members: Sequence[tuple[int, float]],
    unseen: Sequences,
    *,
    updates: int,
    batch: int,
) -> Array:
    """Train a network for each of ``members``, a seed and a learning rate, side by side.

    ``draws`` gives the source of batches of a seed. The rate falls on a straight line to 0.
    Returns what each network answers to each of the ``unseen`` sequences, (S, N, K), before
    softmax: the highest is its class.
    """
    seeds, rates = zip(*members, strict=True)
    cell = CELLS[one.cell]
    init = cell.init if WAYS[one.ways] == 1 else both_ways(cell.init)
    sizes = unseen.x.shape[-1], one.units, unseen.targets.shape[-1]
    networks = stack(init_network(init, np.random.default_rng([s, 0]), *sizes) for s in seeds)
    rngs = {seed: np.random.default_rng([seed, 1]) for seed in seeds}
    sources = {rngs[seed]: draws(seed) for seed in rngs}
    falling = np.linspace(1, 0, updates, endpoint=False)[:, None] * np.array(rates)
    (stage,) = train(
        cell, networks, lambda rng, count: sources[rng](rng, count), [rngs[s] for s in seeds],
        falling, loss="entropy", steps=updates, every=updates, batch=batch,
    )  # fmt: skip
    return evaluate(cell, stage.networks, unseen, "entropy")[0]


def losses(outputs: Array, targets: Array) -> Array:
    """Return the cross-entropy of each answer (S, N), of outputs (S, N, K), targets (N, K).

    What is no number, or above it, counts as :data:`WORST`.

    >>> losses(np.zeros((1, 2, 4)), np.eye(4)[[0, 3]]).round(2)
    array([[1.39, 1.39]])
    """
    with np.errstate(invalid="ignore", over="ignore"):
        highest = outputs.max(axis=-1, keepdims=True)
        sums = np.log(np.exp(outputs - highest).sum(axis=-1)) + highest[..., 0]
        each = sums - (outputs * targets).sum(axis=-1)
    found: Array = np.minimum(np.nan_to_num(each, nan=WORST), WORST)
    return found


def best(losses: dict[float, list[float]]) -> float:
    """Return the rate of the lowest mean loss, the lowest rate of equal ones.

    >>> best({0.01: [1.0, 2.0], 0.1: [1.5, 0.5]})
    0.1
    """
    return min(sorted(losses), key=lambda rate: float(np.mean(losses[rate])))
