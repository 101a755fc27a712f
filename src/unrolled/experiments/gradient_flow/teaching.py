"""One training of a cell for each seed, and the learning rates that may be tried."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.experiments.gradient_flow.cells import CELLS, scaled
from unrolled.experiments.training import Network, stack, train
from unrolled.tasks import Sequences


def half_decades(lowest: int, highest: int) -> tuple[float, ...]:
    """Return the learning rates between two powers of the root of ten, both among them.

    >>> half_decades(-4, -2)
    (0.01, 0.032, 0.1)
    """
    return tuple(float(f"{10 ** (power / 2):.2g}") for power in range(lowest, highest + 1))


class Trained(NamedTuple):
    """What one training leaves: the cell's parameters, and what happened on the way.

    ``losses`` are means over windows of updates; ``norms`` and ``moves``, one for each update, are
    those of :class:`unrolled.experiments.training.Stage`. From the first update on whose numbers
    are not finite, where training has lost its way, all of them are infinite.
    """

    params: Any
    losses: list[float]
    norms: list[float]
    moves: list[float]


def ends(
    teach: Callable[..., list[Trained]], seeds: Sequence[int], rates: Sequence[float]
) -> list[list[float]]:
    """Return where the training of each seed ends, by rate."""
    return [[one.losses[-1] for one in teach(seeds, rate)] for rate in rates]


def trained(
    name: str,
    scale: float,
    make: Callable[[int, int, np.random.Generator], Sequences],
    seeds: Sequence[int],
    rate: float,
    *,
    units: int,
    length: int,
    steps: int,
    window: int,
    readout: bool,
    **options: Any,
) -> list[Trained]:
    """Train a cell for each seed, with a readout that starts at the mean answer or with none.

    ``make`` makes so many sequences of that ``length``; ``steps`` are updates, and ``options``
    those of :func:`unrolled.experiments.training.train`.
    """
    cell, draw = CELLS[name]
    rngs = [np.random.default_rng([seed, 0]) for seed in seeds]
    starts = [scaled(draw(rng, units), scale) for rng in rngs]
    means = [make(1000, length, rng).targets.mean(axis=0) for rng in rngs]
    networks = [
        Network(params, np.zeros((units, 1)), mean) if readout else Network(params)
        for params, mean in zip(starts, means, strict=True)
    ]
    dtype = "float32" if readout else "float64"  # In which what explodes stays a number.
    (stage,) = train(
        cell, stack(networks, dtype), lambda rng, count: make(count, length, rng), rngs,
        rate, loss="squared", steps=steps, every=steps, **options,
    )  # fmt: skip
    found = []
    for s, *told in zip(range(len(rngs)), stage.losses, stage.norms, stage.moves, strict=True):
        fine = np.isfinite(told[:2]).all(axis=0).cumprod(dtype=bool)
        losses, norms, moves = np.where(fine, told, np.inf)
        params = type(starts[s])(*(np.float64(array[s]) for array in stage.networks.cell))
        windows = losses.reshape(-1, window).mean(axis=1)
        found.append(Trained(params, windows.tolist(), norms.tolist(), moves.tolist()))
    return found
