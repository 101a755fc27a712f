"""Several machines that train one reader: each reads its part of every batch, and all add up.

``TF_CONFIG``, as TensorFlow takes it (and Ray Train sets it), says who they are. Every worker runs
the same program on the same data, and makes the same model: they differ in which rows of a batch
they read. Gradients are added by ``tf.distribute.MultiWorkerMirroredStrategy``; weights and Adam
stay plain, for all make the same step.

Keras's own step is not used then, for two reasons. It would cut a batch between any rows, while
pieces and owners are not parted by texts. And it would clip each worker's gradient before they are
added.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

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
        with self.there():
            try:
                self.strategy = tf.distribute.MultiWorkerMirroredStrategy()
            except RuntimeError as error:
                raise RuntimeError(
                    "TF_CONFIG: expected to be heeded before TensorFlow computes anything, got: "
                    f"{_one_line(error)}"
                ) from None
        if self.strategy.num_replicas_in_sync != count:
            raise RuntimeError(
                f"TF_CONFIG: expected one device for each of {count} workers, "
                f"got {self.strategy.num_replicas_in_sync}"
            )
        # What is added has to have a device, which what is handed in has not.
        act = lambda values: self.strategy.run(lambda v: summed(tf.identity(v)), (values,))  # noqa: E731
        self._sums = tf.function(act)

    def added(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return the sum of all workers' values; each has to ask, and all get the same bits."""
        asked = tf.constant(np.asarray(values, np.float32))
        with self.there():
            found: NDArray[np.float32] = self._sums(asked).numpy()
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

    def rows(self, count: int) -> slice:
        """Return which of a batch's rows this worker reads: one where there are too few for all."""
        return slice(0, 1) if count <= self.number else slice(self.number, None, self.count)

    @contextmanager
    def there(self) -> Iterator[None]:
        """Raise ``RuntimeError`` where another worker is gone meanwhile."""
        try:
            yield
        except _GONE as error:
            raise RuntimeError(
                f"TF_CONFIG: expected {self.count} workers that answer each other, got one that is "
                f"gone; where there is a checkpoint, all go on from it: {_one_line(error)}"
            ) from None


@cache
def workers() -> Workers | None:
    """Return this worker among others, or None where it is alone."""
    number, count = told()
    return Workers(number, count) if count > 1 else None


def summed(numbers: Any) -> Any:
    """Return the sums of what all workers have, inside of what a strategy runs.

    Of a gradient of some rows the rows are those of all: the pieces are the whole batch's.
    """
    flat = tf.nest.flatten(numbers, expand_composites=False)
    ours = [n.values if isinstance(n, tf.IndexedSlices) else n for n in flat]
    sums = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, ours)
    added = [
        tf.IndexedSlices(s, n.indices, n.dense_shape) if isinstance(n, tf.IndexedSlices) else s
        for n, s in zip(flat, sums, strict=True)
    ]
    return tf.nest.pack_sequence_as(numbers, added)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:150]
