"""One training of a cell for each seed, and the search for its learning rate."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.experiments.gradient_flow.cells import CELLS, scaled
from unrolled.experiments.training import Network, stack, train
from unrolled.tasks import Sequences


def searched(
    losses_at: Callable[[float], Sequence[float]], first: tuple[int, int], bounds: tuple[int, int]
) -> tuple[float | None, dict[str, list[float]]]:
    """Return the learning rate with the lowest median loss, and the losses by rate.

    Rates are half decades: those from ``first[0]`` to ``first[1]`` and, while the best of all is
    the lowest or the highest, the next beyond it. Past ``bounds`` none is found, which is None.
    Of several that are best the lowest is taken.

    >>> searched(lambda rate: [abs(rate - 0.1)], first=(-6, -4), bounds=(-10, 0))[0]
    0.1
    >>> searched(lambda rate: [rate], first=(-6, -4), bounds=(-10, 0))[0] is None
    True
    """
    found: dict[int, list[float]] = {}
    todo = list(range(first[0], first[1] + 1))
    while todo and bounds[0] <= todo[0] <= bounds[1]:
        found |= {k: list(losses_at(_rate(k))) for k in todo}
        best = min(sorted(found), key=lambda k: np.median(found[k]))
        todo = [k for k in (best - 1, best + 1) if k not in found]
    losses = {str(_rate(k)): found[k] for k in sorted(found)}
    return None if todo else _rate(best), losses


def _rate(half_decades: int) -> float:
    return float(f"{10 ** (half_decades / 2):.2g}")


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


def ends(teach: Callable[..., list[Trained]], seeds: Sequence[int], rate: float) -> list[float]:
    """Return where the training of each seed ends."""
    return [one.losses[-1] for one in teach(seeds, rate)]


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
