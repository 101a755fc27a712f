"""How one reader learns: epoch by epoch, on batches of like length, stopped by validation.

An epoch's batches depend on the seed and the epoch's number alone, and a checkpoint holds all
else, so that a run that was broken off goes on as if it had not been.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from os import PathLike
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unrolled.regressor import checkpoints
from unrolled.regressor.encoding import MOST_STEPS, Encoded
from unrolled.regressor.examples import Indices
from unrolled.regressor.layers import Reader
from unrolled.regressor.text_model import of_batches
from unrolled.text.batches import by_length

Floats = NDArray[np.float32]
#: Steps over which the learning rate rises from 0.
WARM_UP = 30


@dataclass(frozen=True)
class Hyperparameters:
    """The sizes of a reader and how it is trained; see ``TextRegressor`` for each."""

    embedding_dim: int
    units: int
    dropout: float
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    random_state: int


@dataclass(frozen=True)
class TrainingData:
    """What is learnt: numbers of mean 0 and deviation 1, and how the counter answers them.

    ``targets`` float32 and ``weights`` float64 (n,) are of all texts, ``train`` and ``validation``
    say which rows are for what, and ``counted`` holds the counter's answers to the validation
    texts.
    """

    encoded: Encoded
    targets: Floats
    weights: NDArray[np.float64]
    train: Indices
    validation: Indices
    counted: Floats


def answers(model: keras.Model, encoded: Encoded, rows: Indices, size: int = 256) -> NDArray[Any]:
    """Return what a model of batches answers for texts, (n,), in the order of ``rows``."""
    found = np.empty(len(rows), model.output.dtype)
    for places, batch in encoded.batches(rows, size, seed=None):
        found[places] = np.asarray(model.predict_on_batch(tuple(batch)))[:, 0]
    return found


def best_share(
    truth: Floats, read: Floats, counted: Floats, weights: NDArray[np.floating]
) -> float:
    """Return the share of reading, 0 to 1, that makes the weighted squared error least.

    >>> y, right, wrong = (np.array(v, np.float32) for v in ([1, 2], [1, 2], [0, 0]))
    >>> best_share(y, right, wrong, np.ones(2, np.float32))
    1.0
    """
    apart = (read - counted).astype(np.float64)
    length = float(np.sum(weights * apart**2))
    if length == 0:
        return 0.0
    return float(np.clip(np.sum(weights * apart * (truth - counted)) / length, 0, 1))


def judged(data: TrainingData, read: Floats) -> tuple[float, float]:
    """Return the best share of what was read of the validation texts, and the error it leaves.

    The error is the root of the weighted mean square, of reading and counting together.
    """
    truth, weights = data.targets[data.validation], data.weights[data.validation]
    share = best_share(truth, read, data.counted, weights)
    apart = (share * read + (1 - share) * data.counted - truth).astype(np.float64)
    return share, float(np.sqrt(np.average(apart**2, weights=weights)))


class Trainee:
    """One reader in training: it can go one epoch on, be put away, and be taken up again."""

    def __init__(self, data: TrainingData, chosen: Hyperparameters) -> None:
        """Make the reader, ready for its first step."""
        keras.utils.set_random_seed(chosen.random_state)
        self.data, self.chosen = data, chosen
        self.reader = Reader(
            len(data.encoded.pieces), chosen.embedding_dim, chosen.units, chosen.dropout
        )
        self.model = of_batches(self.reader)
        lengths = data.encoded.texts.lengths[data.train]
        # As many in every epoch: only the order of equal lengths changes.
        self.steps = sum(1 for _ in by_length(lengths, chosen.batch_size, 0, MOST_STEPS))
        rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            decay_steps=max(chosen.epochs * self.steps - WARM_UP, 1),
            warmup_target=chosen.learning_rate,
            warmup_steps=WARM_UP,
        )
        self.model.compile(
            optimizer=keras.optimizers.Adam(rate, clipnorm=1.0),
            loss="mse",
            jit_compile=False,  # XLA would compile anew for every length of text.
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self.history: list[dict[str, float]] = []
        self.best = self.model.get_weights()

    @property
    def done(self) -> bool:
        """Whether all epochs are over, or ``patience`` of them brought nothing better."""
        errors = [record["validation_rmse"] for record in self.history]
        if not errors:
            return False
        since = len(errors) - 1 - int(np.argmin(errors))
        # Of Keras's EarlyStopping: a patience of 0 bears no more than one of 1 does.
        return len(errors) >= self.chosen.epochs or since >= max(self.chosen.patience, 1)

    def go_on(
        self, on_batch: Callable[[float], None] = lambda loss: None, deadline: float = inf
    ) -> bool:
        """Train for one more epoch, and measure what was learnt.

        Ctrl-C breaks the epoch off; what has been learnt by then is measured and kept.

        Parameters
        ----------
        on_batch
            Told the loss of every batch.
        deadline
            When to break the epoch off, in the seconds of ``time.monotonic``.

        Returns
        -------
        bool
            Whether the epoch is whole.

        """
        start = time.perf_counter()
        meter = _Meter(on_batch, deadline)
        broken_off = None
        try:
            self.model.fit(self._batches(), epochs=1, shuffle=False, verbose=0, callbacks=[meter])
        except KeyboardInterrupt as error:
            broken_off = error
        if meter.losses:
            seconds = time.perf_counter() - start
            self._measure({"seconds": seconds, "loss": float(np.mean(meter.losses))})
        if broken_off:
            raise broken_off
        return len(meter.losses) == self.steps

    def finish(self) -> Reader:
        """Return the reader with its best weights."""
        self.model.set_weights(self.best)
        return self.reader

    def _batches(self) -> tf.data.Dataset:
        """Return the batches of the next epoch, in an order of their own."""
        data = self.data
        seed = 1_000_003 * self.chosen.random_state + len(self.history)

        def batches() -> Iterator[tuple[Any, Floats, Floats]]:
            for places, batch in data.encoded.batches(data.train, self.chosen.batch_size, seed):
                rows = data.train[places]
                yield tuple(batch), data.targets[rows], data.weights[rows].astype(np.float32)

        whole, number = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.float32)
        signature = ((tf.TensorSpec((None, None), tf.int32), whole, whole), number, number)
        fed = tf.data.Dataset.from_generator(batches, output_signature=signature)
        # A generator does not tell its length, and Keras would call its end an interruption.
        return fed.apply(tf.data.experimental.assert_cardinality(self.steps)).prefetch(2)

    def _measure(self, record: dict[str, float]) -> None:
        """Add to the history how good reading and counting together are now."""
        read = answers(self.model, self.data.encoded, self.data.validation)
        share, error = judged(self.data, read)
        # Not a number is never better: a training that got out of hand keeps its first weights.
        if error < min((earlier["validation_rmse"] for earlier in self.history), default=inf):
            self.best = self.model.get_weights()
        self.history.append({**record, "share": share, "validation_rmse": error})

    def save(self, path: str | PathLike[str]) -> None:
        """Write all that :meth:`load` needs to go on from here, whole or not at all."""
        checkpoints.write(path, self._arrays(), self.history)

    def load(self, path: str | PathLike[str]) -> None:
        """Take up what :meth:`save` put away.

        Raises ``ValueError`` for a file that was not written by a reader of the same sizes.
        """
        self._take(*checkpoints.read(path, self._arrays(), self.chosen.epochs))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: data and hyperparameters, of which all is made again."""
        return Trainee, (self.data, self.chosen), (self._arrays(), self.history)

    def __setstate__(self, state: tuple[dict[str, NDArray[Any]], list[dict[str, float]]]) -> None:
        """Take up what was pickled."""
        self._take(*state)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that changes in training but the history, by name."""
        now = {f"now_{i}": np.asarray(value) for i, value in enumerate(self._variables())}
        return now | {f"best_{i}": weight for i, weight in enumerate(self.best)}

    def _take(self, found: dict[str, NDArray[Any]], history: list[dict[str, float]]) -> None:
        """Take up what :meth:`_arrays` returned, and a history."""
        for i, variable in enumerate(self._variables()):
            variable.assign(found[f"now_{i}"])
        self.best = [found[f"best_{i}"] for i in range(len(self.best))]
        self.history = history

    def _variables(self) -> list[Any]:
        # Both hold more than weights: the state of dropout's generator, Adam's averages and steps.
        return [*self.model.variables, *self.model.optimizer.variables]


class _Meter(keras.callbacks.Callback):
    """Passes the loss of every batch on, and ends the epoch at the deadline."""

    def __init__(self, on_batch: Callable[[float], None], deadline: float) -> None:
        super().__init__()
        self.on_batch, self.deadline = on_batch, deadline
        self.losses: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.losses.append(float((logs or {})["loss"]))
        self.on_batch(self.losses[-1])
        if time.monotonic() > self.deadline:
            self.model.stop_training = True
