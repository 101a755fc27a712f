"""Several machines that train one reader: each reads its part of every batch, and all add up.

``TF_CONFIG``, as TensorFlow takes it (and Ray Train sets it), says who they are. Every worker runs
the same program on the same data, and makes the same model: they differ in which rows of a batch
they read. Gradients are added by ``tf.distribute.MultiWorkerMirroredStrategy``; weights and Adam
stay plain, for all make the same step.

Keras's own ``fit`` is not used then, for three reasons. It would cut a batch between any rows,
while pieces and owners are not parted by texts. It would clip each worker's gradient before they
are added. And of a piece that several words have, Keras's Adam squares each word's part for
itself, so that the words of a batch have to be numbered for all workers alike.
"""

import json
import os
from collections.abc import Iterable
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

#: What a collective operation fails with where a worker is gone.
_GONE = (
    tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError,
    tf.errors.DeadlineExceededError, tf.errors.InternalError, tf.errors.FailedPreconditionError,
)  # fmt: skip


def told() -> tuple[int, int]:
    """Return which worker this is, from 0, and how many there are, by ``TF_CONFIG``; or (0, 1).

    Raises ``ValueError`` for what is no such text.

    >>> told()
    (0, 1)
    """
    config = os.environ.get("TF_CONFIG", "")
    if not config.strip():
        return 0, 1
    try:
        found = json.loads(config)
        cluster, task = found.get("cluster", {}), found.get("task", {})
        names = [name for name in ("chief", "worker") if name in cluster]
        places = [(name, n) for name in names for n in range(len(cluster[name]))]
        if not places:
            return 0, 1
        return places.index((task["type"], int(task["index"]))), len(places)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(
            "TF_CONFIG: expected JSON with a cluster of workers and a task, which is one of them, "
            f"got {config!r:.200}"
        ) from None


class Workers:
    """One worker among others, ``number`` of ``count``, and what they do together."""

    def __init__(self, number: int, count: int) -> None:
        """Wait until all are there; raise ``RuntimeError`` where one is not to be had."""
        self.number, self.count = number, count
        try:
            self.strategy = tf.distribute.MultiWorkerMirroredStrategy()
        except RuntimeError as error:
            raise RuntimeError(
                "TF_CONFIG: expected to be heeded before TensorFlow computes anything, got: "
                f"{_one_line(error)}"
            ) from None
        except _GONE as error:
            raise self._alone(error) from None
        if self.strategy.num_replicas_in_sync != count:
            raise RuntimeError(
                f"TF_CONFIG: expected one device for each of {count} workers, "
                f"got {self.strategy.num_replicas_in_sync}"
            )
        # What is added has to have a device, which what is handed in has not.
        act = lambda values: self.strategy.run(lambda v: _summed(tf.identity(v)), (values,))  # noqa: E731
        self._sums = tf.function(act)

    def _alone(self, error: BaseException) -> RuntimeError:
        return RuntimeError(
            f"TF_CONFIG: expected {self.count} workers that answer each other, got one that is "
            f"gone; where there is a checkpoint, all go on from it: {_one_line(error)}"
        )

    def added(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return the sum of all workers' values; each has to ask, and all get the same bits."""
        asked = tf.constant(np.asarray(values, np.float32))
        try:
            found: NDArray[np.float32] = self._sums(asked).numpy()
        except _GONE as error:
            raise self._alone(error) from None
        return found

    def check_same(self, **counts: int) -> None:
        """Raise ``ValueError`` where another worker has other counts, of up to six digits."""
        ours = np.array([*counts.values()], np.float32) % 2**20
        # Whoever has the mean by chance hears of it from those who have not, for they end.
        if not np.array_equal(self.added(ours), self.count * ours):
            shown = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise ValueError(
                "TF_CONFIG: expected all workers to have the same data and checkpoint, got "
                f"{shown} here, and others elsewhere"
            )

    def fit(self, model: keras.Model, batches: Iterable[Any], callback: Any) -> None:
        """Train for one epoch on batches of all workers' rows, as ``model.fit`` does on one."""
        step = _step_of(model, self.strategy)
        callback.set_model(model)
        model.stop_training, losses, seen = False, 0.0, 0
        for number, ((words, pieces, owners), targets, weights) in enumerate(batches):
            callback.on_train_batch_begin(number)
            # Of fewer rows than workers one reads what counts nothing.
            mine = slice(self.number, None, self.count)
            is_idle = len(targets) <= self.number
            rows = slice(0, 1) if is_idle else mine
            share = weights[rows] * (0.0 if is_idle else 1 / len(targets))
            try:
                loss = step((words[rows], pieces, owners), targets[rows], share)
            except _GONE as error:
                raise self._alone(error) from None
            losses, seen = losses + len(targets) * float(loss), seen + len(targets)
            callback.on_train_batch_end(number, {"loss": losses / seen})  # As Keras tells it.


@cache
def workers() -> Workers | None:
    """Return this worker among others, or None where it is alone."""
    number, count = told()
    return Workers(number, count) if count > 1 else None


@cache
def _step_of(model: keras.Model, strategy: Any) -> Any:
    """Return a function that takes this worker's rows of a batch, and makes the step of all."""
    variables = model.trainable_variables

    def parts(batch: Any, targets: Any, share: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            answers = model(batch, training=True)[:, 0]
            loss = tf.reduce_sum(share * (answers - targets) ** 2)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        # The pieces are those of the whole batch, so all workers have the same rows of the table.
        numbers = [g.values if isinstance(g, tf.IndexedSlices) else g for g in gradients]
        summed, total = _summed((numbers, loss))
        return [_with(g, n) for g, n in zip(gradients, summed, strict=True)], total

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(batch: Any, targets: Any, share: Any) -> Any:
        gradients, loss = strategy.run(parts, (batch, targets, share))
        model.optimizer.apply(gradients, variables)
        return loss

    return step


def _summed(values: Any) -> Any:
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def _with(gradient: Any, numbers: Any) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(numbers, gradient.indices, gradient.dense_shape)
    return numbers


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:150]
