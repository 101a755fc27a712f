"""How one reader learns: epoch by epoch, on batches of like length.

An epoch's batches depend on the seed and the epoch's number alone, and a checkpoint holds all
else, so that a run that was broken off goes on as if it had not been.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from math import inf
from os import PathLike
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unrolled.regressor import checkpoints
from unrolled.regressor.encoding import MOST_STEPS, Batch, Encoded
from unrolled.regressor.examples import Indices
from unrolled.regressor.layers import Reader
from unrolled.regressor.one_op import Adam
from unrolled.regressor.text_model import of_batches
from unrolled.regressor.workers import summed, workers
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
    """What is learnt: numbers of mean 0 and deviation 1, and which texts are asked what was learnt.

    ``targets`` float32 and ``weights`` float64 (n,) are of all texts, ``known`` says which rows are
    learnt from, and ``asked`` which ones are answered after every epoch; there may be none.
    """

    encoded: Encoded
    targets: Floats
    weights: NDArray[np.float64]
    known: Indices
    asked: Indices


def answers(model: keras.Model, encoded: Encoded, rows: Indices, size: int = 256) -> NDArray[Any]:
    """Return what a model of batches answers for texts, (n,), in the order of ``rows``."""
    found = np.empty(len(rows), model.output.dtype)
    for places, batch in encoded.batches(rows, size, seed=None):
        found[places] = np.asarray(model.predict_on_batch(tuple(batch)))[:, 0]
    return found


class Network:
    """A reader with all that trains it, compiled once: it can begin anew from any seed."""

    def __init__(self, vocabulary_size: int, chosen: Hyperparameters) -> None:
        """Make the reader, which knows up to so many pieces.

        Raises ``ValueError`` in the scope of a strategy of ``tf.distribute``.
        """
        self.workers = workers()  # First, for it has to be told to TensorFlow before all else.
        if tf.distribute.has_strategy():
            raise ValueError(
                "fit: expected to be called outside of any scope of tf.distribute, got one; "
                "TF_CONFIG alone says which machines train together"
            )
        self._make = partial(
            Reader, vocabulary_size, chosen.embedding_dim, chosen.units, chosen.dropout
        )
        self.reader = self._make()
        self.model = of_batches(self.reader)
        # Squares averaged over 20 steps, for a few hundred are all that there may be.
        self.optimizer = Adam(beta_2=0.95, clipnorm=1.0)
        self.optimizer.build(self.model.trainable_variables)
        strategy = self.workers.strategy if self.workers else tf.distribute.get_strategy()
        self._step = _step_of(self.model, self.optimizer, strategy)

    @property
    def variables(self) -> list[Any]:
        """All that training changes: weights, the state of dropout, Adam's averages and steps."""
        return [*self.model.variables, *self.optimizer.variables]

    def learn(self, batch: Batch, targets: Floats, weights: Floats, rate: float) -> float:
        """Make one step and return its loss; where there are other workers, they do it together."""
        rows: slice = slice(None)
        others: AbstractContextManager[None] = nullcontext()
        share = weights / np.float32(len(targets))
        if self.workers:
            rows, others = self.workers.rows(len(targets)), self.workers.there()
            share = share * (self.workers.number < len(targets))
        words, pieces, owners = batch
        with others:
            given = (words[rows], pieces, owners), targets[rows], share[rows], np.float32(rate)
            return float(self._step(*given))

    def begin(self, seed: int) -> None:
        """Be as a network that was just made with a seed."""
        keras.utils.set_random_seed(seed)
        fresh = self._make()
        fresh.build()
        for variable, value in zip(self.reader.variables, fresh.variables, strict=True):
            variable.assign(value)
        for variable in self.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))


class Trainee:
    """One reader in training: it can go one epoch on, be put away, and be taken up again.

    ``history`` has a record for each epoch, and ``read`` (epochs, asked) float32 what it answered
    then to the texts that it is asked. A ``network`` may be lent to one trainee after the other.
    """

    def __init__(
        self, data: TrainingData, chosen: Hyperparameters, network: Network | None = None
    ) -> None:
        """Have a reader ready for its first step."""
        self.data, self.chosen = data, chosen
        self.network = network or Network(len(data.encoded.pieces), chosen)
        self.network.begin(chosen.random_state)
        lengths = data.encoded.texts.lengths[data.known]
        # As many in every epoch: only the order of equal lengths changes.
        self.steps = sum(1 for _ in by_length(lengths, chosen.batch_size, 0, MOST_STEPS))
        self.history: list[dict[str, float]] = []
        self.read = np.zeros((chosen.epochs, len(data.asked)), np.float32)

    @property
    def done(self) -> bool:
        """Whether all epochs are over, or ``patience`` of them brought nothing better."""
        errors = [record["validation_rmse"] for record in self.history if len(self.data.asked)]
        if not errors:
            return len(self.history) >= self.chosen.epochs
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
            Told the mean loss of the epoch's batches, after each of them.
        deadline
            When to break the epoch off, in the seconds of ``time.monotonic``.

        Returns
        -------
        bool
            Whether the epoch is whole.

        """
        start, data = time.perf_counter(), self.data
        if others := self.network.workers:
            if deadline < inf:
                raise ValueError("minutes: expected None among several workers, got a deadline")
            others.check_same(texts=len(data.known), epochs=len(self.history))
        done, loss = 0, 0.0  # How many batches, and the sum of their losses.
        broken_off = None
        try:
            for rate, (places, batch) in zip(self.rates(), self._batches(), strict=True):
                rows = data.known[places]
                weights = data.weights[rows].astype(np.float32)
                loss += self.network.learn(batch, data.targets[rows], weights, rate)
                done += 1
                on_batch(loss / done)
                if time.monotonic() > deadline:
                    break
        except KeyboardInterrupt as error:
            broken_off = error
        # Where others wait for this worker's next step, there is nothing to be measured together.
        if done and not (broken_off and self.network.workers):
            seconds = time.perf_counter() - start
            self._measure({"seconds": seconds, "loss": loss / done})
        if broken_off:
            raise broken_off
        return done == self.steps

    def rates(self) -> Floats:
        """Return the learning rate of each step of the next epoch: it rises, then falls to 0.

        It falls as half a wave of a cosine does.
        Source: :cite:t:`loshchilov2017`.
        """
        steps = len(self.history) * self.steps + np.arange(self.steps)
        falling = np.clip(
            (steps - WARM_UP) / max(self.chosen.epochs * self.steps - WARM_UP, 1), 0, 1
        )
        share = np.minimum(steps / WARM_UP, 0.5 + 0.5 * np.cos(np.pi * falling))
        return (self.chosen.learning_rate * share).astype(np.float32)

    def _batches(self) -> Iterator[tuple[Indices, Batch]]:
        """Return the batches of the next epoch, in an order of their own."""
        seed = 1_000_003 * self.chosen.random_state + len(self.history)
        return self.data.encoded.batches(self.data.known, self.chosen.batch_size, seed)

    def _measure(self, record: dict[str, float]) -> None:
        """Add an epoch to the history, with the weighted error of what is asked."""
        data = self.data
        if len(data.asked):
            read = answers(self.network.model, data.encoded, data.asked)
            if others := self.network.workers:  # So that all have the same bits to decide by.
                read = others.added(read) / np.float32(others.count)
            self.read[len(self.history)] = read
            squares = (read - data.targets[data.asked]).astype(np.float64) ** 2
            error = np.sqrt(np.average(squares, weights=data.weights[data.asked]))
            # Not a number is never better.
            record["validation_rmse"] = float(np.nan_to_num(error, nan=np.inf))
        self.history.append(record)

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
        now = {f"now_{i}": np.asarray(value) for i, value in enumerate(self.network.variables)}
        return now | {"read": self.read}

    def _take(self, found: dict[str, NDArray[Any]], history: list[dict[str, float]]) -> None:
        """Take up what :meth:`_arrays` returned, and a history."""
        for i, variable in enumerate(self.network.variables):
            variable.assign(found[f"now_{i}"])
        self.read, self.history = found["read"].copy(), history


def _step_of(model: keras.Model, optimizer: Adam, strategy: tf.distribute.Strategy) -> Any:
    """Return a function that takes this worker's rows of a batch, and makes the step of all."""
    variables = model.trainable_variables
    whole, number = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.float32)
    batch = (tf.TensorSpec((None, None), tf.int32), whole, whole)

    def learnt(batch: Any, targets: Any, share: Any) -> Any:
        with tf.GradientTape() as tape:
            answers = model(batch, training=True)[:, 0]
            loss = tf.reduce_sum(share * (answers - targets) ** 2)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        return summed((gradients, loss))

    @tf.function(input_signature=(batch, number, number, tf.TensorSpec((), tf.float32)))  # type: ignore[untyped-decorator]
    def step(batch: Any, targets: Any, share: Any, rate: Any) -> Any:
        gradients, loss = strategy.run(learnt, (batch, targets, share))
        optimizer.learning_rate.assign(rate)
        optimizer.apply(gradients, variables)
        return loss

    return step
