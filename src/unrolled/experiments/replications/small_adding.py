"""The adding problem at small scale, by the recipe of :cite:t:`schmidhuber_problems`.

100 steps, 8 units, batches of 32, Adam whose learning rate is halved every so often, gradients
clipped by their norm.
The numbers lie in [−1, 1] and the answer is their plain sum, so a constant's mean squared error
is 2/3, the variance of that sum.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.activations import Array
from unrolled.cells import lstm, rnn
from unrolled.experiments import training
from unrolled.experiments.training import evaluate, init_network, stack
from unrolled.tasks import Sequences, adding

#: The cells that are trained, by the name that the result gives them.
CELLS: dict[str, Any] = {"LSTM": lstm, "RNN": rnn}
#: Mean squared error of a model that always answers 0.
BASELINE = 2 / 3


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one network is trained: sizes, numbers of batches, and learning rates."""

    steps: int = 100
    units: int = 8
    batch: int = 32
    batches: int = 8000
    rate: float = 5e-3
    halved_every: int = 1500
    clip: float = 1.0
    stage: int = 400
    test: int = 2560


def make(count: int, steps: int, seed: int | np.random.Generator) -> Sequences:
    """Return sequences of the modern form, moved from [0, 1] to [−1, 1].

    >>> made = make(2000, 10, seed=0)
    >>> bool(abs((made.targets**2).mean() - BASELINE) < 0.05)
    True
    """
    x, targets, lengths = adding.modern(count, steps, seed)
    x[..., 0] = 2 * x[..., 0] - 1
    return Sequences(x, 2 * targets - 2, lengths)


def train(name: str, recipe: Recipe, seeds: Sequence[int]) -> Array:
    """Train one network for each seed and return its mean squared errors on unseen sequences.

    Parameters
    ----------
    name
        Of the cell, in :data:`CELLS`.
    recipe
        See :class:`Recipe`.
    seeds
        Of the weights and of the sequences that are learnt from.

    Returns
    -------
    array
        Before training and after every ``stage`` batches, (S, 1 + batches / stage).

    """
    cell = CELLS[name]
    rngs = [np.random.default_rng([seed, 0]) for seed in seeds]
    start = stack(init_network(cell.init, rng, 2, recipe.units, 1) for rng in rngs)
    stages = training.train(
        cell,
        start,
        lambda rng, count: make(count, recipe.steps, rng),
        [np.random.default_rng([seed, 1]) for seed in seeds],
        recipe.rate * 0.5 ** (np.arange(recipe.batches)[:, None] // recipe.halved_every),
        loss="squared",
        steps=recipe.batches,
        every=recipe.stage,
        batch=recipe.batch,
        clip=recipe.clip,
    )
    unseen = make(recipe.test, recipe.steps, 10**6)
    networks = [start, *(stage.networks for stage in stages)]
    return np.transpose([evaluate(cell, now, unseen, "squared")[1] for now in networks])
