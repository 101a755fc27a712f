"""The adding problem at small scale, by the recipe of :cite:t:`schmidhuber_problems`.

100 steps, 8 units, batches of 32, Adam whose learning rate is halved every so often, gradients
clipped by their norm.
The numbers lie in [−1, 1] and the answer is their plain sum, so a constant's mean squared error
is 2/3, the variance of that sum.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from unrolled.tasks import Sequences, adding

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


def train(cell: str, recipe: Recipe, seed: int) -> NDArray[np.float64]:
    """Train one network and return its mean squared error on unseen sequences.

    Parameters
    ----------
    cell
        A layer of Keras: ``"LSTM"``, ``"GRU"`` or ``"SimpleRNN"``.
    recipe
        See :class:`Recipe`.
    seed
        Of the weights and of the sequences that are learnt from.

    Returns
    -------
    array
        Before training and after every ``stage`` batches, (1 + batches / stage,).

    """
    import keras

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((recipe.steps, 2)),
            getattr(keras.layers, cell)(recipe.units),
            keras.layers.Dense(1),
        ]
    )
    rate = keras.optimizers.schedules.ExponentialDecay(
        recipe.rate, recipe.halved_every, 0.5, staircase=True
    )
    adam = keras.optimizers.Adam(rate, global_clipnorm=recipe.clip)
    model.compile(adam, loss="mse", jit_compile=True)
    unseen = make(recipe.test, recipe.steps, 10**6)
    rng = np.random.default_rng([seed, 1])
    errors = []
    for stage in range(1 + recipe.batches // recipe.stage):
        if stage:
            learnt = make(recipe.stage * recipe.batch, recipe.steps, rng)
            model.fit(learnt.x, learnt.targets, recipe.batch, verbose=0, shuffle=False)
        answers = model.predict(unseen.x, recipe.test // 4, verbose=0)
        errors.append(float(np.mean((answers - unseen.targets) ** 2)))
    return np.array(errors)
