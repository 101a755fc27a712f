"""Train one small Keras model many times over: compiled once, begun anew from every seed.

Compiling such a model takes longer than training it on a few thousand rows. So a new training
only puts new weights in.
"""

from collections.abc import Callable, Iterable, Iterator

import keras
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
#: So many updates are worth compiling for this machine (XLA): slow to begin with, and then many
#: times as fast. Fewer are not worth a graph. The outcome is the same but for rounding.
ENOUGH = 500


class Learner:
    """A model from ids (N, T) to one number each, (N, 1), that can be trained again and again.

    Parameters
    ----------
    build
        Makes the model, untrained. It is called once more for every training, so that the first
        weights are those that its seed gives.
    steps
        T, the same for all rows: another length is another compilation.
    updates
        About how many steps of the optimizer are to come, see :data:`ENOUGH`.

    Examples
    --------
    >>> def build():
    ...     layers = keras.layers
    ...     return keras.Sequential(
    ...         [layers.Embedding(5, 2), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    ...     )
    >>> learner = Learner(build, steps=3, updates=4)
    >>> ids, targets = np.array([[1, 2, 3], [2, 3, 4]], np.int32), np.array([350, 605])
    >>> learner.learn(ids, targets, ids, epochs=4, batch=2, learning_rate=0.1, seed=0).shape
    (4, 2)

    """

    def __init__(self, build: Callable[[], keras.Sequential], steps: int, updates: int) -> None:
        """Build the model once; it is compiled when it is first trained."""
        self.build, self.steps = build, steps
        self.model = self._built()
        large = updates >= ENOUGH
        self.model.compile(keras.optimizers.Adam(), "mse", jit_compile=large, run_eagerly=not large)
        self.model.optimizer.build(self.model.trainable_variables)
        self._start = [np.asarray(variable) for variable in self.model.optimizer.variables]

    def learn(
        self,
        ids: NDArray[np.int32],
        targets: NDArray[np.floating],
        held_out: NDArray[np.int32],
        *,
        epochs: int,
        batch: int,
        learning_rate: float,
        seed: int,
    ) -> Floats:
        """Train from new weights and return the answers to ``held_out`` after every epoch.

        The loss is the mean squared error of targets with mean 0 and standard deviation 1, the
        optimizer Adam :cite:p:`kingma2015`, and its step shrinks to nothing over the epochs. The
        rows are drawn anew in every epoch; the last few that fill no batch are left out of it.

        Parameters
        ----------
        ids
            Rows to learn from, int32 (N, T).
        targets
            What to answer, (N,), in any unit.
        held_out
            Rows to answer, int32 (M, T).
        epochs, batch, learning_rate
            As for Keras.
        seed
            Decides the first weights and the order of the rows. Two trainings of models with
            the same layers and the same seed begin with the same weights, whatever T is.

        Returns
        -------
        array
            float32 (epochs, M), in the unit of the targets.

        Raises
        ------
        ValueError
            If the rows are not T long, or fewer than one batch.

        """
        rates = [learning_rate * (1 - epoch / epochs) for epoch in range(epochs)]
        return np.stack(list(self.epochs(ids, targets, held_out, rates, batch=batch, seed=seed)))

    def epochs(
        self,
        ids: NDArray[np.int32],
        targets: NDArray[np.floating],
        held_out: NDArray[np.int32],
        rates: Iterable[float],
        *,
        batch: int,
        seed: int,
    ) -> Iterator[Floats]:
        """Train one epoch for each learning rate, and yield the answers (M,) after it.

        All else is as in :meth:`learn`; who asks for no more ends the training.
        """
        for name, rows in (("ids", ids), ("held_out", held_out)):
            if rows.ndim != 2 or rows.shape[1] != self.steps:
                raise ValueError(f"{name}: expected rows of {self.steps} ids, got {rows.shape}")
        if len(ids) < batch:
            raise ValueError(f"ids: expected at least one batch of {batch} rows, got {len(ids)}")
        self._begin(seed)
        mean, scale = float(targets.mean()), float(targets.std())
        wanted = ((targets - mean) / scale).astype(np.float32)
        order, count = np.random.default_rng(seed), len(ids) // batch
        for rate in rates:
            self.model.optimizer.learning_rate = rate
            for places in order.permutation(len(ids))[: count * batch].reshape(count, batch):
                self.model.train_on_batch(ids[places], wanted[places, None])
            yield mean + scale * self.model.predict_on_batch(held_out)[:, 0]

    def _built(self) -> keras.Sequential:
        model = self.build()
        model.build((None, self.steps))
        return model

    def _begin(self, seed: int) -> None:
        """Put the weights in that ``seed`` gives, and let the optimizer forget."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(self._built().get_weights())
        for variable, value in zip(self.model.optimizer.variables, self._start, strict=True):
            variable.assign(value)
