"""Forecasts by small networks, of many seeds side by side."""

from typing import NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.choosing.cells import Kind
from unrolled.experiments.training import Network, evaluate, init_network, stack, train
from unrolled.series import Windows
from unrolled.tasks import Sequences


class Schedule(NamedTuple):
    """How long is trained: steps, how often the validation part is looked at, windows a step."""

    steps: int
    looks: int
    batch: int


class Learnt(NamedTuple):
    """S networks, each as it was when it erred least on the validation part, and that loss, (S,)."""

    networks: Network
    losses: Array


def learn(
    kind: Kind,
    units: int,
    windows: Windows,
    validation: Windows,
    members: list[tuple[int, float]],
    schedule: Schedule,
) -> Learnt:
    """Train a network for each of ``members``, a seed and a learning rate, on fresh batches.

    The rate falls to 0 in a straight line. A seed decides the start and the order of the windows.
    """
    seeds, rates = zip(*members, strict=True)
    learnt_from, unseen = sequences(windows), sequences(validation)
    sizes = windows.inputs.shape[2], units, windows.targets.shape[1]
    networks = stack(
        init_network(kind.init, np.random.default_rng([seed, 0]), *sizes) for seed in seeds
    )
    rngs = {seed: np.random.default_rng([seed, 1]) for seed in seeds}
    falling = np.linspace(1, 0, schedule.steps, endpoint=False)[:, None] * np.array(rates)

    def draw(rng: np.random.Generator, count: int) -> Sequences:
        rows = rng.integers(len(learnt_from.x), size=count)
        return Sequences(*(part[rows] for part in learnt_from))

    best, least = networks, evaluate(kind.cell, networks, unseen, "squared")[1]
    for stage in train(
        kind.cell, networks, draw, [rngs[seed] for seed in seeds], falling, loss="squared",
        steps=schedule.steps, every=schedule.steps // schedule.looks, batch=schedule.batch,
    ):  # fmt: skip
        losses = evaluate(kind.cell, stage.networks, unseen, "squared")[1]
        best = _where(losses < least, stage.networks, best)
        least = np.fmin(losses, least)
    return Learnt(best, least)


def sequences(windows: Windows) -> Sequences:
    """Return windows as sequences; what is missing of a target is left out with its window.

    The static features, if any, stand beside the input of every step.
    """
    rows = ~np.isnan(windows.targets).any(axis=1)
    x, steps = windows.inputs[rows], windows.inputs.shape[1]
    beside = np.repeat(windows.static[rows, None], steps, axis=1)
    return Sequences(
        np.concatenate([x, beside], axis=2), windows.targets[rows], np.full(len(x), steps)
    )


def _where(better: Array, new: Network, old: Network) -> Network:
    """Return for each member the new network where it is better."""
    import jax

    def chosen(a: Array, b: Array) -> Array:
        return np.where(better.reshape(-1, *[1] * (np.ndim(a) - 1)), a, b)

    return jax.tree.map(chosen, new, old)  # type: ignore[no-any-return]
