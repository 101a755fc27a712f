"""How a model is judged: its loss, its targets in the shape of its answers, the best constant."""

from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Judge(NamedTuple):
    """A loss, and what it takes for an answer: ``mse``, ``binary``, ``classes`` or ``sparse``."""

    loss: Any
    name: str
    task: str
    from_logits: bool
    is_compiled: bool

    @property
    def is_regression(self) -> bool:
        """Whether answers are numbers, not classes."""
        return self.task == "numbers"

    def __call__(self, y: Array, answers: Array, weights: Array | None = None) -> float:
        """Return the mean loss; ``weights`` says which steps count, shape (n, T)."""
        if isinstance(self.loss, keras.losses.Loss):
            return float(self.loss(y, answers, sample_weight=weights))
        each = np.asarray(self.loss(y, answers), np.float64)
        if weights is not None and each.shape == weights.shape:
            return float((each * weights).mean())
        return float(each.mean())

    def shares(self, answers: Array) -> Array:
        """Return answers as numbers or, for classes, as probabilities."""
        if self.is_regression or not self.from_logits:
            return np.asarray(answers)
        if self.task == "binary":
            return np.asarray(0.5 * (1 + np.tanh(answers / 2)))
        powers = np.exp(answers - answers.max(-1, keepdims=True))
        return np.asarray(powers / powers.sum(-1, keepdims=True))

    def numbers(self, y: Array, answers: Array) -> Array:
        """Return targets in the shape of the answers: classes become ones and zeros."""
        if self.task == "sparse":
            return np.asarray(np.eye(answers.shape[-1])[y.astype(int)])
        return np.asarray(y, np.float64)


def judge_of(model: keras.Model, y: Array, answers: Array) -> Judge:
    """Return the loss that a model was compiled with, or the one that suits its targets."""
    loss = getattr(model, "loss", None) if getattr(model, "compiled", False) else None
    while isinstance(loss, list | tuple | dict) and len(loss) == 1:
        loss = next(iter(loss.values())) if isinstance(loss, dict) else loss[0]
    if isinstance(loss, list | tuple | dict):
        raise ValueError(f"model: expected one loss, got {len(loss)}")
    is_compiled = loss is not None
    function = keras.losses.get(loss if is_compiled else _suitable(y, answers))
    name = str(getattr(function, "__name__", type(function).__name__))
    plain = name.lower().replace("_", "")
    task = "numbers"
    if "crossentropy" in plain:
        task = "sparse" if "sparse" in plain else "binary" if "binary" in plain else "classes"
    config = function.get_config() if isinstance(function, keras.losses.Loss) else {}
    from_logits = bool(config.get("from_logits", False))
    return Judge(function, name, task, from_logits, is_compiled)


def _suitable(y: Array, answers: Array) -> Any:
    """Return a loss for targets of a model that has none."""
    if y.dtype.kind not in "iub" or answers.ndim < 2:
        return "mse"
    inside = bool(answers.min() >= 0 and answers.max() <= 1)
    if answers.shape[-1] > 1 and y.size * answers.shape[-1] == answers.size:
        sums_to_one = inside and np.allclose(answers.sum(-1), 1, atol=1e-2)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=not sums_to_one)
    return "binary_crossentropy" if inside and set(np.unique(y)) <= {0, 1} else "mse"


def aligned(y: Array, answers: Array, judge: Judge) -> tuple[Array, bool]:
    """Return targets that fit the answers, and whether they only fit by being repeated.

    Raises ``ValueError`` where they do not fit at all.
    """
    shape = answers.shape[:-1] if judge.task == "sparse" else answers.shape
    for same in (y, y[..., None], y[..., 0] if y.shape[-1] == 1 and y.ndim > 1 else y):
        if same.shape == shape:
            return same, False
    if judge.task != "sparse" and y.ndim <= len(shape) and y.size:
        # Keras repeats targets along axes that they lack, without a word.
        spread = y.reshape(y.shape[0], *[1] * (len(shape) - y.ndim), *y.shape[1:])
        try:
            return np.broadcast_to(spread, shape), True
        except ValueError:
            try:
                np.broadcast_shapes(spread.shape, shape)
            except ValueError:
                pass
            else:
                return np.broadcast_to(spread.mean(-1, keepdims=True), shape), True
    raise ValueError(f"y: expected shape {shape}, as the model answers, got {y.shape}")


def constant(judge: Judge, y: Array, answers: Array, weights: Array | None) -> float:
    """Return the loss of the best answer that is the same for all: mean, median or shares."""
    y_numbers = judge.numbers(y, answers)
    counted = y_numbers if weights is None else y_numbers[weights.astype(bool)]
    axes = tuple(range(counted.ndim - 1)) if counted.ndim > 1 else (0,)
    if judge.is_regression:
        tries = [counted.mean(axes), np.median(counted, axes)]
    else:
        share = np.clip(counted.mean(axes), 1e-7, 1 - 1e-7)
        tries = [share]
        if judge.from_logits:
            tries = [np.log(share / (1 - share)) if judge.task == "binary" else np.log(share)]
    same = (np.broadcast_to(one, answers.shape).astype(answers.dtype) for one in tries)
    return min(judge(y, one, weights) for one in same)
