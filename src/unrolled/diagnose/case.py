"""What all checks look at: a copy of the model, some of the rows, its answers and its training."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from unrolled.diagnose.copies import copy_of, layers_of
from unrolled.diagnose.rehearsal import Training, trained
from unrolled.diagnose.targets import Judge, aligned, constant, judge_of

Array = NDArray[Any]
ROWS, SERIES = 256, 400


class Case:
    """A model of sequences with rows of its data; ``answers`` are those of the copy, once."""

    def __init__(self, model: keras.Model, x: Array, y: Array, kind: str, seed: int) -> None:
        """Copy the model, draw the rows and let it answer; ``kind`` is floats, ids or texts."""
        self.original, self.kind = model, kind
        self.all_x, self.all_y = x, y
        self.rng = np.random.default_rng(seed)
        self.fixed = self._fixed_batch()
        self.model = copy_of(model, self.tensor(self._padded(x[:2])))
        self.start = self.model.get_weights()
        # XLA would take seconds for each shape of rows.
        self.model.compile(jit_compile=False)
        few = np.sort(self.rng.permutation(len(x))[:ROWS])
        self.x, given = x[few], y[few]
        self.answers = self.ask(self.x)
        self.mask = self._mask()
        self.judge: Judge = judge_of(model, y, self.answers)
        self.given = given
        self.y, self.is_repeated = aligned(given, self.answers, self.judge)
        self.y_numbers = self.judge.numbers(self.y, self.answers)

    def _fixed_batch(self) -> int | None:
        """Return the batch size that the model insists on, as stateful layers do.

        One that was built by ``fit`` has the shape of its first batch, and takes any other.
        """
        if not any(getattr(layer, "stateful", False) for layer in layers_of(self.original)):
            return None
        shape = getattr(self.original, "input_shape", None)
        return shape[0] if isinstance(shape, tuple) and shape else None

    def tensor(self, rows: Array) -> Any:
        """Return rows as the model takes them."""
        if self.kind == "texts":
            return keras.ops.convert_to_tensor(rows.tolist(), dtype="string")
        if self.kind == "ids":
            return keras.ops.convert_to_tensor(rows.astype(np.int32))
        return keras.ops.convert_to_tensor(rows)

    def _padded(self, rows: Array) -> Array:
        """Return rows, repeated to a whole batch where the model insists on one."""
        if not self.fixed:
            return rows
        return np.resize(rows, (self.fixed, *rows.shape[1:])) if len(rows) < self.fixed else rows

    def ask(self, x: Array, batch: int = ROWS) -> Array:
        """Return the answers to rows, float64, from batches of one size."""
        size = self.fixed or batch
        answers = []
        for start in range(0, len(x), size):
            rows = x[start : start + size]
            self.forget()
            answer = self.model.predict_on_batch(self.tensor(self._padded(rows)))
            answers.append(np.asarray(answer)[: len(rows)])
        longest = max(a.shape[1] for a in answers) if answers[0].ndim == 3 else 0
        return np.concatenate([_lengthened(a, longest) for a in answers]).astype(np.float64)

    def call(self, x: Array) -> Array:
        """Return the answers of one direct call on a few of the rows."""
        self.forget()
        answer = self.model(self.tensor(self._padded(x[: self.fixed or 4])))
        return np.asarray(keras.ops.convert_to_numpy(answer)).astype(np.float64)

    def _mask(self) -> Array | None:
        """Return which steps of the answers count, (n, T), if they have steps and a mask."""
        if self.answers.ndim < 3 or self.fixed:
            return None
        answer = self.model(self.tensor(self.x), training=False)
        mask = getattr(answer, "_keras_mask", None)
        return None if mask is None else np.asarray(keras.ops.convert_to_numpy(mask))

    def forget(self) -> None:
        """Let layers that keep a state start afresh."""
        for layer in self.layers:
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
                layer.reset_state()

    @cached_property
    def layers(self) -> list[Any]:
        """All layers of the copy."""
        return layers_of(self.model)

    @cached_property
    def recurrent(self) -> list[Any]:
        """Its recurrent layers, those inside of ``Bidirectional`` one by one."""
        return [layer for layer in self.layers if isinstance(layer, keras.layers.RNN)]

    @cached_property
    def weights(self) -> Array | None:
        """Which steps count, as numbers, where answers are made for every step."""
        return None if self.mask is None else self.mask.astype(np.float64)

    @cached_property
    def loss(self) -> float:
        """The model's loss on the rows."""
        return self.judge(self.y, self.answers, self.weights)

    @cached_property
    def guess(self) -> float:
        """The loss of the best constant on the rows."""
        return constant(self.judge, self.y, self.answers, self.weights)

    @property
    def learns(self) -> bool:
        """Whether the model does better than the best constant, by more than a hair."""
        return bool(self.loss < 0.98 * self.guess)

    @cached_property
    def spread(self) -> float:
        """The mean deviation of answers over the rows, as numbers or probabilities."""
        return float(self.judge.shares(self.answers).std(0).mean())

    @cached_property
    def steps(self) -> int:
        """The number of steps of a row; 0 for texts."""
        return 0 if self.kind == "texts" else int(self.x.shape[1])

    @cached_property
    def real(self) -> Array | None:
        """Which steps of the rows are no padding, (n, T), or None where no row is padded."""
        if self.kind == "texts":
            return None
        value = next(
            (la.mask_value for la in self.layers if isinstance(la, keras.layers.Masking)), 0
        )
        steps = self.x != value
        steps = steps if steps.ndim == 2 else steps.any(tuple(range(2, steps.ndim)))
        if value != 0 or any(getattr(la, "mask_zero", False) for la in self.layers):
            return None if steps.all() or not steps.any() else steps
        return steps if _looks_padded(steps) else None

    @cached_property
    def is_series(self) -> bool:
        """Whether each row is the one before, moved by one step."""
        x = self.all_x[:SERIES]
        if self.kind == "texts" or x.shape[1] < 2 or len(x) < 8:
            return False
        return bool(np.allclose(x[1:, :-1], x[:-1, 1:]) and not np.allclose(x[1:], x[:-1]))

    @property
    def free_length(self) -> bool:
        """Whether the model takes rows of any length."""
        shape = getattr(self.original, "input_shape", None)
        if self.kind == "texts" or not isinstance(shape, tuple) or len(shape) < 2:
            return False
        return shape[1] is None

    @contextmanager
    def moved(self, layer: Any, index: int) -> Iterator[None]:
        """Give one weight of a layer other numbers for a while."""
        variable = layer.weights[index]
        old = np.array(keras.ops.convert_to_numpy(variable))
        variable.assign(old + self.rng.normal(0, 0.5, old.shape).astype(old.dtype))
        try:
            yield
        finally:
            variable.assign(old)

    @cached_property
    def training(self) -> Training:
        """Train the copy as the model would be trained, then put its weights back."""
        return trained(self)


def _lengthened(rows: Array, steps: int) -> Array:
    """Return answers of batches of different lengths at the longest one's."""
    if not steps or rows.ndim < 2 or rows.shape[1] == steps:
        return rows
    room = [(0, 0), (0, steps - rows.shape[1]), *[(0, 0)] * (rows.ndim - 2)]
    return np.pad(rows, room)


def _looks_padded(steps: Array) -> bool:
    """Tell whether steps of zeros are padding: runs at one end of rows, and none inside."""
    if steps.shape[1] < 3 or not steps.any(1).all():
        return False
    first, last = steps.argmax(1), steps.shape[1] - steps[:, ::-1].argmax(1)
    outside = steps.shape[1] - (last - first)
    inside = last - first - steps.sum(1)
    return bool((outside > 1).mean() > 0.2 and inside.sum() <= 0.02 * steps.sum())
