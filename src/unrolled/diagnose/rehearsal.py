"""What becomes of a copy in training: in rehearsal on all rows, then on a few by heart."""

from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from unrolled.diagnose.copies import Around
from unrolled.diagnose.targets import constant

if TYPE_CHECKING:
    from unrolled.diagnose.case import Case

Array = NDArray[Any]
#: Rows that are learnt by heart; steps of the rehearsal, and most and least of learning by heart.
HEART, REHEARSAL, STEPS, PATIENCE = 8, 30, 200, 100


class Training(NamedTuple):
    """What became of a copy in training: in rehearsal on all rows, then on one small batch."""

    broke_at: int | None
    broken: str
    own: float
    best: float
    guess: float
    rows: int


def _optimizer(case: "Case") -> Any:
    """Return a fresh optimizer of the model's settings."""
    own = getattr(case.original, "optimizer", None)
    if own is None:
        return keras.optimizers.Adam(1e-2)
    return keras.optimizers.deserialize(keras.optimizers.serialize(own))


def _rows_by_heart(case: "Case") -> Array:
    """Return indices of a few different rows with different targets."""
    flat = case.y_numbers.reshape(len(case.x), -1)
    wanted = HEART if case.answers.ndim < 3 else max(2, 2 * HEART // case.answers.shape[1])
    wanted = case.fixed or wanted
    x = case.x.astype(str) if case.kind == "texts" else case.x.reshape(len(case.x), -1)
    _, first = np.unique(x, axis=0, return_index=True)
    order = first[np.argsort(flat[first].mean(1), kind="stable")]
    picked = order[np.linspace(0, len(order) - 1, min(wanted, len(order))).round().astype(int)]
    return np.resize(picked, wanted) if case.fixed else np.unique(picked)


class _Learner:
    """The copy, compiled once; ``again`` puts its weights and its optimizer back to the start."""

    def __init__(self, case: "Case", optimizer: Any) -> None:
        self.case, self.optimizer = case, optimizer
        # A shell, so that the copy itself keeps its compiled way to answer.
        self.model = Around(case.model)
        self.model.compile(optimizer, case.judge.loss, jit_compile=False)
        optimizer.build(case.model.trainable_variables)
        self.start = [np.array(keras.ops.convert_to_numpy(v)) for v in optimizer.variables]

    def step(self, rows: Array) -> float:
        """Train on rows of these indices, and return the loss before."""
        self.case.forget()
        x = self.case.tensor(self.case.x[rows])
        loss = self.model.train_on_batch(x, self.case.given[rows])
        return float(np.asarray(loss).ravel()[0])

    def again(self) -> None:
        """Forget what was learnt."""
        self.case.model.set_weights(self.case.start)
        for variable, value in zip(self.optimizer.variables, self.start, strict=True):
            variable.assign(value)


def trained(case: "Case") -> Training:
    """Rehearse on all rows, then learn a few by heart, by the own optimizer and by Adam."""
    rows = _rows_by_heart(case)
    weights = None if case.weights is None else case.weights[rows]
    guess = constant(case.judge, case.y[rows], case.answers[rows], weights)
    start = case.judge(case.y[rows], case.answers[rows], weights)
    learner = _Learner(case, _optimizer(case))
    try:
        broke_at, broken = _rehearsed(learner, len(rows))
        own = best = _by_heart(learner, rows, guess, start)
        if own > 0.1 * guess and broke_at is None:
            learner = _Learner(case, keras.optimizers.Adam(1e-2))
            best = min(own, _by_heart(learner, rows, guess, start))
    finally:
        case.model.set_weights(case.start)
    return Training(broke_at, broken, own, best, guess, len(rows))


def _rehearsed(learner: _Learner, size: int) -> tuple[int | None, str]:
    """Train on batches of all rows; return at which step which layer's numbers broke, if one."""
    case = learner.case
    order = case.rng.permutation(np.resize(np.arange(len(case.x)), REHEARSAL * size))
    for number, rows in enumerate(order.reshape(REHEARSAL, size), 1):
        loss = learner.step(rows)
        if name := broken_weight(case) or "the loss" * (not np.isfinite(loss)):
            return number, name
    return None, ""


def _by_heart(learner: _Learner, rows: Array, guess: float, start: float) -> float:
    """Return the lowest loss on a few rows in some hundred steps, or the first that is low."""
    learner.again()
    case, best = learner.case, start
    weights = None if case.weights is None else case.weights[rows]
    for number in range(STEPS):
        loss = learner.step(rows)
        best = min(best, loss) if np.isfinite(loss) else best
        if number % 25 == 24:  # Without dropout.
            answers = case.ask(case.x[rows])
            best = min(best, case.judge(case.y[rows], answers, weights))
        is_stuck = number == PATIENCE and best > 0.98 * start
        if not np.isfinite(loss) or best <= 0.1 * guess or is_stuck:
            break
    return best


def broken_weight(case: "Case") -> str:
    """Return the name of the first layer with a weight that is no number, or nothing."""
    for layer in case.layers:
        for weight in layer.weights:
            value = np.asarray(keras.ops.convert_to_numpy(weight))
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                return str(layer.name)
    return ""
