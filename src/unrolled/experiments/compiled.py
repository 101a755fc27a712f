"""Train one small Keras model many times over: compiled once, begun anew from every seed.

Compiling such a model takes longer than training it on a few thousand rows. So a pass over all
batches is one compiled function, and a new training only puts new weights in.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]


class Learner:
    """A model from ids (N, T) to one number each, (N, 1), that can be trained again and again.

    Parameters
    ----------
    build
        Makes the model, untrained. It is called once more for every training, so that the first
        weights are those that its seed gives.
    steps
        T, the same for all rows: another length is another compilation.
    jit
        Whether to compile for this machine (XLA): slow to begin with, and several times as fast.

    Examples
    --------
    >>> def build():
    ...     layers = keras.layers
    ...     return keras.Sequential(
    ...         [layers.Embedding(5, 2), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    ...     )
    >>> learner = Learner(build, steps=3)
    >>> ids, targets = np.array([[1, 2, 3], [2, 3, 4]], np.int32), np.array([0.0, 1.0])
    >>> learner.learn(ids, targets, ids, epochs=4, batch=2, learning_rate=0.1, seed=0).shape
    (4, 2)

    """

    def __init__(self, build: Callable[[], keras.Sequential], steps: int, jit: bool = True) -> None:
        """Build the model once; it is compiled when it is first trained."""
        self.build, self.steps = build, steps
        self.model = self._built()
        self.optimizer = keras.optimizers.Adam()
        self.optimizer.build(self.model.trainable_variables)
        self._start = [np.asarray(variable) for variable in self.optimizer.variables]
        self._pass = tf.function(self._all_batches, autograph=False, jit_compile=jit)
        self._answer = tf.function(self._answers, autograph=False, jit_compile=jit)

    def learn(
        self,
        ids: NDArray[np.int32],
        targets: ArrayLike,
        held_out: NDArray[np.int32],
        *,
        epochs: int,
        batch: int,
        learning_rate: float,
        seed: int,
    ) -> Floats:
        """Train from new weights and return the answers to ``held_out`` after every epoch.

        The loss is the mean squared error, the optimizer Adam :cite:p:`kingma2015`, and its step
        shrinks to nothing over the epochs. The rows are drawn anew in every epoch; the last few
        that fill no batch are left out of it.

        Parameters
        ----------
        ids
            Rows to learn from, int32 (N, T).
        targets
            What to answer, (N,). Numbers of about unit size are learnt best.
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
            float32 (epochs, M).

        Raises
        ------
        ValueError
            If the rows are not T long, or fewer than one batch.

        """
        for name, rows in (("ids", ids), ("held_out", held_out)):
            if rows.ndim != 2 or rows.shape[1] != self.steps:
                raise ValueError(f"{name}: expected rows of {self.steps} ids, got {rows.shape}")
        if len(ids) < batch:
            raise ValueError(f"ids: expected at least one batch of {batch} rows, got {len(ids)}")
        self._begin(seed)
        numbers = np.asarray(targets, np.float32)
        order = np.random.default_rng(seed)
        count = len(ids) // batch
        found = []
        for epoch in range(epochs):
            self.optimizer.learning_rate.assign(learning_rate * (1 - epoch / epochs))
            drawn = order.permutation(len(ids))[: count * batch].reshape(count, batch)
            self._pass(tf.constant(ids[drawn]), tf.constant(numbers[drawn]))
            found.append(self._answer(tf.constant(held_out)).numpy()[:, 0])
        return np.stack(found)

    def _built(self) -> keras.Sequential:
        model = self.build()
        model.build((None, self.steps))
        return model

    def _begin(self, seed: int) -> None:
        """Put the weights in that ``seed`` gives, and let the optimizer forget."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(self._built().get_weights())
        for variable, value in zip(self.optimizer.variables, self._start, strict=True):
            variable.assign(value)

    def _all_batches(self, ids: tf.Tensor, targets: tf.Tensor) -> None:
        """Take one step for each of the batches, (batches, N, T) and (batches, N)."""
        variables = self.model.trainable_variables

        def step(place: tf.Tensor) -> tuple[tf.Tensor]:
            with tf.GradientTape() as tape:
                answers = self.model(ids[place], training=True)[:, 0]
                loss = tf.reduce_mean(tf.square(answers - targets[place]))
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            return (place + 1,)

        tf.while_loop(lambda place: place < tf.shape(ids)[0], step, (tf.constant(0),))

    def _answers(self, ids: tf.Tensor) -> tf.Tensor:
        return self.model(ids, training=False)
