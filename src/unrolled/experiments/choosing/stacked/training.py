"""Training of a stack: every member has its own data, its own norm to clip and its own Adam."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.activations import Array
from unrolled.experiments.choosing.stacked.network import KINDS, Network, Sizes, build, view
from unrolled.experiments.choosing.stacked.shared import Run, quiet, weights
from unrolled.tasks import Sequences

#: Errors above this, and what is no number, count as this: a member that has blown up.
WORST = 1e3


class Task(NamedTuple):
    """What is learnt: ``draw(rng, count)`` makes sequences, ``score`` says how well it went.

    ``loss`` is the mean squared error, or the cross-entropy in nats.
    ``every`` asks for an answer at each step, not at each sequence's end.
    ``score(outputs, targets)`` takes (M, S, K, N) and gives (S,), with M = T or 1.
    ``vocabulary`` says how many ids there are where the inputs (N, T) are ids.
    """

    draw: Callable[[np.random.Generator, int], Sequences]
    features: int
    outputs: int
    loss: Literal["squared", "entropy"]
    score: Callable[[Array, Array], Array]
    every: bool = False
    vocabulary: int = 0


class Member(NamedTuple):
    """One training among others: its seed, of the start and of the data, and its rate."""

    seed: int
    rate: float


class Plan(NamedTuple):
    """How long and how: the same for all members of a stack."""

    steps: int
    batch: int
    look_every: int
    clip: float = 1.0


class Batch(NamedTuple):
    """Sequences as a stack reads them.

    ``x`` (T, S, D, N), or ids (T, S, N); ``targets`` (M, S, K, N); ``lengths`` (S, N).
    A batch that all members share has 1 for S.
    """

    x: NDArray[Any]
    targets: Array
    lengths: NDArray[np.int64]


class Learnt(NamedTuple):
    """The losses and scores on the validation sequences, (S, looks), and the trained numbers."""

    losses: Array
    scores: Array
    flat: Array


def train(
    sizes: Sizes, task: Task, members: Sequence[Member], plan: Plan, validation: Sequences
) -> Learnt:
    """Train all members side by side, and look at each before the first step and after some.

    Raises ``ValueError`` where ``plan.steps`` is no multiple of ``plan.look_every``.
    """
    if plan.steps % plan.look_every:
        raise ValueError(f"expected steps to be a multiple of look_every, got {plan}")
    net = build(sizes, [m.seed for m in members])
    adam = Adam(net.flat, np.array([m.rate for m in members]))
    seeds = sorted({m.seed for m in members})
    rows = [seeds.index(m.seed) for m in members]
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    held_out = stack([validation])
    losses, scores = [], []
    for step in range(plan.steps + 1):
        if step % plan.look_every == 0:
            loss, score = look(sizes, task, net, held_out)
            losses.append(loss)
            scores.append(score)
        if step < plan.steps:
            batch = stack([task.draw(rng, plan.batch) for rng in rngs], rows)
            adam.step(clipped(gradient(sizes, task, net, batch), plan.clip))
    return Learnt(np.array(losses).T, np.array(scores).T, net.flat)


def stack(drawn: Sequence[Sequences], rows: Sequence[int] = (0,)) -> Batch:
    """Return the sequences of all members as one batch; member s reads ``drawn[rows[s]]``."""
    # Ids, (N, T), stay integers.
    dtype = np.float32 if drawn[0].x.ndim == 3 else np.int64
    x = np.stack([np.moveaxis(d.x, 0, -1) for d in drawn], axis=1).astype(dtype)
    targets = np.stack([_steps_first(d.targets) for d in drawn], axis=1).astype(np.float32)
    lengths = np.stack([d.lengths for d in drawn])
    if list(rows) == list(range(len(drawn))):
        return Batch(x, targets, lengths)
    return Batch(x[:, rows], targets[:, rows], lengths[list(rows)])


def _steps_first(targets: Array) -> Array:
    """Return (M, K, N) of targets (N, K) or (N, T, K)."""
    return np.moveaxis(targets if targets.ndim == 3 else targets[:, None], 0, -1)


def look(sizes: Sizes, task: Task, net: Network, batch: Batch) -> tuple[Array, Array]:
    """Return every member's loss and score, (S,) each; what has blown up counts as WORST."""
    with quiet():
        _, outputs = forward(sizes, task, net, batch)
        loss, _ = lost(task, outputs, batch.targets)
        score = task.score(outputs, batch.targets)
    loss = np.nan_to_num(loss, nan=WORST, posinf=WORST)
    return np.minimum(loss, WORST), np.nan_to_num(score, nan=0.0)


def forward(sizes: Sizes, task: Task, net: Network, batch: Batch) -> tuple[Run, Array]:
    """Return the run and the outputs (M, S, K, N), M = T or 1."""
    x = batch.x
    if net.embedding is not None:
        members = np.arange(len(net.flat))[None, :, None]
        x = net.embedding[members, x].swapaxes(-1, -2)
    run = KINDS[sizes.kind].cell.forward(net.cell, x)
    outputs: Array = net.readout @ _seen(task, net, batch, run)
    outputs += net.bias
    return run, outputs


def _seen(task: Task, net: Network, batch: Batch, run: Run) -> Array:
    """Return the states that the readout sees, (M, S, H, N)."""
    if task.every:
        return run.hidden[1:]
    return run.hidden[_ends(net, batch)].swapaxes(-1, -2)[None]


def _ends(net: Network, batch: Batch) -> tuple[NDArray[np.int64], ...]:
    """Return where in (T + 1, S, H, N) the states after each sequence's last step stand."""
    members, units = len(net.flat), net.cell.recurrent_kernel.shape[-1]
    lengths = np.broadcast_to(batch.lengths, (members, batch.lengths.shape[1]))
    rows, columns = np.arange(members)[:, None, None], np.arange(lengths.shape[1])[None, :, None]
    return lengths[..., None], rows, np.arange(units)[None, None], columns


def lost(task: Task, outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Return the loss (S,) and its gradient at the outputs (M, S, K, N)."""
    M, _, K, N = outputs.shape
    if task.loss == "squared":
        error = outputs - targets
        return (error * error).mean(axis=(0, 2, 3)), error * (2 / (M * K * N))
    logs = outputs - outputs.max(axis=2, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=2, keepdims=True))
    loss = -(targets * logs).sum(axis=2).mean(axis=(0, 2))
    return loss, (np.exp(logs) - targets) / (M * N)


def gradient(sizes: Sizes, task: Task, net: Network, batch: Batch) -> Array:
    """Return the gradient (S, P) of every member's loss."""
    with quiet():
        run, outputs = forward(sizes, task, net, batch)
        _, d_outputs = lost(task, outputs, batch.targets)
        d_seen = net.readout.swapaxes(-1, -2) @ d_outputs
        d_hidden: Array = d_seen
        if not task.every:
            d_states = np.zeros_like(run.hidden)
            d_states[_ends(net, batch)] = d_seen[0].swapaxes(-1, -2)
            d_hidden = d_states[1:]
        d_cell, d_a = KINDS[sizes.kind].cell.backward(net.cell, run, d_hidden)
        found = view(sizes, np.empty_like(net.flat))
        for part, grad in zip(found.cell, d_cell, strict=True):
            part[...] = grad
        found.readout[...], found.bias[...] = weights(d_outputs, _seen(task, net, batch, run))
        if found.embedding is not None:
            found.embedding[...] = 0
            d_x = (net.cell.kernel.swapaxes(-1, -2) @ d_a).swapaxes(-1, -2)
            members = np.broadcast_to(np.arange(len(net.flat))[None, :, None], batch.x.shape)
            np.add.at(found.embedding, (members, batch.x), d_x)
    return found.flat


def clipped(gradients: Array, norm: float) -> Array:
    """Return (S, P) gradients, each longer than ``norm`` shortened to it.

    A gradient that is not finite becomes zero: its member stays where it is for this step.

    >>> clipped(np.array([[3.0, 4.0], [0.3, 0.4], [np.inf, 0.0]]), 1.0)
    array([[0.6, 0.8],
           [0.3, 0.4],
           [0. , 0. ]])
    """
    with quiet():
        norms = np.sqrt((gradients * gradients).sum(axis=1, keepdims=True))
    fine = np.isfinite(norms)
    scale = np.where(norms > norm, norm / np.where(fine & (norms > 0), norms, 1), 1)
    return np.where(fine, gradients, 0) * scale.astype(gradients.dtype)


class Adam:
    """Adam with the defaults of Keras, and a learning rate for each member."""

    def __init__(self, numbers: Array, rates: Array) -> None:
        """Update (S, P) ``numbers`` in place, with (S,) ``rates``."""
        self.numbers, self.rates = numbers, rates.astype(numbers.dtype)[:, None]
        self.mean, self.square = np.zeros_like(numbers), np.zeros_like(numbers)
        self.steps = 0

    def step(self, gradients: Array) -> None:
        """Take one step against (S, P) ``gradients``."""
        self.steps += 1
        self.mean += 0.1 * (gradients - self.mean)
        self.square += 0.001 * (gradients * gradients - self.square)
        scale = np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        self.numbers -= self.rates * np.float32(scale) * self.mean / (np.sqrt(self.square) + 1e-7)
