"""Two small tasks, a cell that is trained on them, and the rules by which it learns: plain NumPy.

``ADDING`` is :func:`unrolled.tasks.adding.modern`: what is asked for may lie far back.

``RECALL`` asks for the sign of the first of two random numbers, at the last step but one. What
is asked for is near: all that comes from farther back is a distraction.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells.shared import Cell
from unrolled.tasks import adding
from unrolled.unroll import unroll, unroll_backward

FEATURES = 2
LAG = 2

#: Takes gradients and returns the changes of the arrays, in the same order.
Rule = Callable[[Sequence[Array]], list[Array]]


class Task(NamedTuple):
    """What is asked of a cell.

    ``draw(rng, count, steps)`` returns sequences (count, steps, 2) and answers (count,).
    ``constant`` is the mean squared error of the best constant answer.
    ``readout`` says whether the last h is read by weights that are learnt, which start at 0, and a
    bias, which starts at the mean answer; else the first number of the last h is the answer.
    """

    draw: Callable[[np.random.Generator, int, int], tuple[Array, Array]]
    constant: float
    readout: bool


def _sums(rng: np.random.Generator, count: int, steps: int) -> tuple[Array, Array]:
    x, targets, _ = adding.modern(count, steps, rng)
    return x, targets[:, 0]


def recall(rng: np.random.Generator, count: int, steps: int) -> tuple[Array, Array]:
    """Return normal sequences (count, steps, 2), and half the sign of a number near the end.

    >>> x, y = recall(np.random.default_rng(0), 3, 10)
    >>> bool((y == 0.5 * np.sign(x[:, 8, 0])).all())
    True
    """
    x = rng.standard_normal((count, steps, FEATURES))
    return x, 0.5 * np.sign(x[:, -LAG, 0])


ADDING = Task(_sums, constant=adding.BASELINE, readout=True)
RECALL = Task(recall, constant=0.25, readout=False)


def adam(rate: float) -> Rule:
    """Return the rule of :cite:t:`kingma2015`, with its constants 0.9, 0.999 and 1e-8.

    >>> adam(0.5)([np.array([2.0])])[0].round(6)  # the first step is as long as the rate
    array([-0.5])
    """
    step = 0
    first: list[Array] = []
    second: list[Array] = []

    def changes(gradients: Sequence[Array]) -> list[Array]:
        nonlocal step, first, second
        if not step:
            first, second = ([np.zeros_like(g) for g in gradients] for _ in range(2))
        step += 1
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients, strict=True)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients, strict=True)]
        scale = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        return [-scale * m / (np.sqrt(v) + 1e-8) for m, v in zip(first, second, strict=True)]

    return changes


def descent(rate: float) -> Rule:
    """Return plain gradient descent.

    >>> descent(0.5)([np.array([2.0])])
    [array([-1.])]
    """
    return lambda gradients: [-rate * g for g in gradients]


def length(gradients: Sequence[Array]) -> float:
    """Return the global norm: the length of all arrays as one vector.

    >>> length([np.array([3.0]), np.array([[4.0]])])
    5.0
    """
    return float(np.sqrt(sum(float((g**2).sum()) for g in gradients)))


class Trained(NamedTuple):
    """What training leaves: the cell's parameters, and for each update three numbers.

    ``losses`` are mean squared errors on sequences that were not seen before, ``lengths`` global
    norms of the gradient before it is cut, ``moves`` global norms of the change of the weights.
    Training that has lost its way ends at the first update whose numbers are not finite; that
    update's loss, length and move are then infinite, and ``params`` those that led to it.
    """

    params: Any
    losses: list[float]
    lengths: list[float]
    moves: list[float]


def train(
    cell: Cell,
    params: Any,
    task: Task,
    rule: Rule,
    limit: float,
    rng: np.random.Generator,
    updates: int,
    steps: int,
    batch: int,
) -> Trained:
    """Train a cell on fresh sequences of ``task``, ``steps`` long.

    ``limit`` is the length to which a longer gradient is cut, of all arrays together
    :cite:p:`pascanu2013`; infinity cuts nothing.
    """
    mean = task.draw(rng, 1000, steps)[1].mean(keepdims=True)
    readout = [np.zeros(len(params.recurrent_kernel)), mean]
    arrays = [*params, *(readout if task.readout else [])]
    told: list[tuple[float, float, float]] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(updates):
            loss, gradients = slopes(cell, type(params), arrays, *task.draw(rng, batch, steps))
            size = length(gradients)
            if not np.isfinite(loss + size):
                told.append((np.inf, np.inf, np.inf))
                break
            shrink = min(1.0, limit / size) if size else 1.0
            changes = rule([shrink * g for g in gradients])
            arrays = [a + change for a, change in zip(arrays, changes, strict=True)]
            told.append((loss, size, length(changes)))
    losses, lengths, moves = (list(column) for column in zip(*told, strict=True))
    return Trained(type(params)(*arrays[:3]), losses, lengths, moves)


def slopes(
    cell: Cell, kind: type, arrays: Sequence[Array], x: Array, y: Array
) -> tuple[float, list[Array]]:
    """Return the mean squared error and its gradients at every array.

    ``arrays`` are the parameters of the cell, and the readout's weights (H,) and bias (1,) where
    there is one.
    """
    params, readout = kind(*arrays[:3]), arrays[3:]
    run = unroll(cell, params, x)
    h = run.last
    error = (h @ readout[0] + readout[1] if readout else h[:, 0]) - y
    d_answer = 2 * error / len(y)
    weights = readout[0] if readout else np.eye(1, h.shape[1])[0]
    back = unroll_backward(cell, params, run, d_last=np.outer(d_answer, weights))
    d_readout = [h.T @ d_answer, d_answer.sum(keepdims=True)] if readout else []
    return float((error**2).mean()), [*back.params, *d_readout]
