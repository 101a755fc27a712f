"""How far back a gradient reaches, where it explodes, and what clipping does, cell by cell.

Sizes of gradients are spectral norms of exact derivatives, see
:func:`unrolled.experiments.gradient_flow.jacobians.sizes`.
Cells are measured on sequences of the adding problem and trained on them; clipping is tried on
another task, see :mod:`unrolled.experiments.gradient_flow.recall`. Whatever is trained gets a
search for its learning rate, on seeds of its own.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from unrolled.activations import Array
from unrolled.cells.shared import Cell
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.gradient_flow import recall
from unrolled.experiments.gradient_flow.cells import CELLS, SWEPT, scaled
from unrolled.experiments.gradient_flow.jacobians import sizes
from unrolled.experiments.gradient_flow.teaching import Trained, ends, half_decades, trained
from unrolled.experiments.rounding import rounded
from unrolled.experiments.search import search
from unrolled.tasks import adding

#: A loss of the adding problem below this is one of a cell that has learnt it.
LEARNT = adding.BASELINE / 2


@dataclasses.dataclass(frozen=True)
class Config:
    """What is measured, and how often.

    Learning rates are counted in half decades: k stands for 10 ** (k / 2).

    Parameters
    ----------
    seeds
        One cell of each kind is drawn, measured and trained for each.
    search_seeds
        Others, on which the rate is found for the training between two measurements.
    wild_seeds, wild_search_seeds
        The same for the training with and without a limit.
    units, steps
        H of every cell and T of every sequence.
    sequences
        On how many unseen sequences each cell is measured.
    distances
        T - t at which sizes are kept, rising.
    updates, batch, limit
        Of the training between the two measurements: by Adam, with gradients cut to ``limit``.
    window
        Over how many updates losses are averaged; the last window's mean is the loss.
    adam, descent
        The lowest and the highest half decade with which a search begins, by rule. It goes on
        beyond them until the best rate has a worse one on either side.
    bounds
        The half decades at which a search gives up; that training is then not reported.
    scales
        By what the recurrent kernels of the sweep are multiplied.
    levels
        A gradient has exploded that has grown by more than this.
    wild
        Cell and scale at which training is tried with and without a limit.
    wild_updates
        Of that training, by Adam and by plain gradient descent.

    """

    seeds: tuple[int, ...] = tuple(range(10))
    search_seeds: tuple[int, ...] = tuple(range(100, 103))
    wild_seeds: tuple[int, ...] = tuple(range(24))
    wild_search_seeds: tuple[int, ...] = tuple(range(100, 108))
    units: int = 16
    steps: int = 40
    sequences: int = 4
    distances: tuple[int, ...] = (0, 1, 2, 3, *range(4, 41, 2))
    updates: int = 1000
    batch: int = 32
    limit: float = 1.0
    window: int = 50
    adam: tuple[int, int] = (-6, -3)
    descent: tuple[int, int] = (-3, 1)
    bounds: tuple[int, int] = (-10, 4)
    scales: tuple[float, ...] = (0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0, 11.3, 16.0)
    levels: tuple[float, ...] = (10.0, 1000.0)
    wild: tuple[tuple[str, float], ...] = (
        ("RNN, orthogonal", 1.75), ("LSTM, bias 1", 3.0), ("GRU", 4.0),
    )  # fmt: skip
    wild_updates: int = 200


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    seeds=(0, 1), search_seeds=(8, 9), wild_seeds=(0, 1), wild_search_seeds=(8, 9),
    units=4, steps=8, sequences=2, distances=(0, 4, 8), updates=4, batch=4, window=2,
    adam=(-4, -4), descent=(-2, -2), bounds=(-5, -1), scales=(1.0, 4.0),
    wild=(("RNN, orthogonal", 4.0),), wild_updates=4,
)  # fmt: skip


#: Which part of the work it is; each has all seeds.
Job = tuple[str, ...]


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring the seeds of every part together.

    Returns
    -------
    dict
        ``flow``: by cell, ``start`` and ``trained``, each by what is measured (see
        :func:`~unrolled.experiments.gradient_flow.jacobians.sizes`) with ``bands``, the 10 %, 50 %
        and 90 % points over the seeds at each distance, and ``ends``, each seed's size at the
        largest distance; ``loss``, each seed's, and ``learnt_at``, the number of updates after
        which a window's mean was first below half of the baseline, None for never. A seed's size
        is the median over its sequences.
        ``sweep``: by cell, ``bands`` by scale, ``ends`` by seed and scale, and ``over``, by level
        the shares of seeds and sequences that exceed it, by scale; all for the whole state at the
        largest distance.
        ``clipping``: rows with ``cell``, ``scale``, ``rule``, ``limit`` (None for none), ``loss``,
        each seed's, and the 50 %, 90 %, 99 % points and the greatest of ``lengths`` and ``moves``
        over all updates.
        All training has ``rate``, and ``search``, the losses of the searching seeds by rate. Where
        no rate was found it is None, and the seeds were not trained.
        All numbers have four significant digits, and None is what is not finite.

    """
    return {
        "flow": {job[1]: _flowed(each, config) for job, each in found.items() if job[0] == "flow"},
        "sweep": {job[1]: _swept(each, config) for job, each in found.items() if job[0] == "sweep"},
        "clipping": [_clipped(job, each) for job, each in found.items() if job[0] == "clipping"],
    }


def jobs(config: Config) -> list[Job]:
    """Return all parts, the longest first.

    Raises ``ValueError`` if there is no seed of a sort or no sequence, if a distance is none of 0
    to ``steps``, or if updates are no whole windows.
    """
    sorts = config.seeds, config.search_seeds, config.wild_seeds, config.wild_search_seeds
    if not all(sorts) or config.sequences < 1:
        raise ValueError(f"expected at least one seed of each sort and one sequence, got {config}")
    if not set(config.distances) <= set(range(config.steps + 1)):
        raise ValueError(f"expected distances from 0 to {config.steps}, got {config.distances}")
    if config.updates % config.window or config.wild_updates % config.window:
        raise ValueError(f"expected updates in windows of {config.window}, got {config}")
    parts: list[Job] = [("flow", name) for name in reversed(CELLS)]
    parts += [
        ("clipping", name, str(scale), rule, str(limit))
        for name, scale in config.wild
        for rule in ("descent", "adam")
        for limit in (np.inf, config.limit)
    ]
    return parts + [("sweep", name) for name in reversed(SWEPT)]


def measure(config: Config, job: Job) -> Any:
    """Do one part of the work for every seed, with a generator for what each of them draws."""
    kind, name, *way = job
    cell, draw = CELLS[name]
    size = partial(_sized, config, cell)
    train: Callable[..., list[Trained]] = partial(
        trained, name, units=config.units, length=config.steps, window=config.window,
        batch=config.batch,
    )  # fmt: skip
    ladder = half_decades(*config.bounds)
    starts = [draw(np.random.default_rng([seed, 0]), config.units) for seed in config.seeds]
    if kind == "sweep":
        return [
            [size(scaled(params, scale), seed, (config.steps,))["state"] for scale in config.scales]
            for params, seed in zip(starts, config.seeds, strict=True)
        ]
    if kind == "clipping":
        scale, rule, limit = way
        teach = partial(
            train, float(scale), recall.make, readout=False,
            steps=config.wild_updates, clip=float(limit), adam=rule == "adam",
        )  # fmt: skip
        first = config.adam if rule == "adam" else config.descent
        tries = partial(ends, teach, config.wild_search_seeds)
        rate, tried = search(tries, ladder, half_decades(*first))
        learnt = teach(config.wild_seeds, rate) if rate else []
        return {"rate": rate, "search": tried, "seeds": [one[1:] for one in learnt]}
    teach = partial(
        train, 1.0, adding.modern, readout=True,
        steps=config.updates, clip=config.limit, adam=True,
    )  # fmt: skip
    tries = partial(ends, teach, config.search_seeds)
    rate, tried = search(tries, ladder, half_decades(*config.adam))
    learnt = teach(config.seeds, rate) if rate else []
    stages = {"start": starts} | ({"trained": [one.params for one in learnt]} if rate else {})
    found = {
        stage: [size(*each, config.distances) for each in zip(drawn, config.seeds, strict=True)]
        for stage, drawn in stages.items()
    }
    return {"rate": rate, "search": tried, "losses": [one.losses for one in learnt], **found}


def _sized(
    config: Config, cell: Cell, params: Any, seed: int, distances: tuple[int, ...]
) -> dict[str, list[list[float]]]:
    """Return sizes by what is measured, (sequences, distances); no training saw the sequences."""
    unseen = adding.modern(config.sequences, config.steps, np.random.default_rng([seed, 1]))
    each = [sizes(cell, params, one, distances) for one in unseen.x]
    return {name: [one[name] for one in each] for name in each[0]}


def _found(each: Mapping[str, Any]) -> dict[str, Any]:
    """Return which learning rate was found, and how."""
    return {
        "rate": each["rate"],
        "search": {rate: rounded(losses) for rate, losses in each["search"].items()},
    }


def _flowed(each: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Bring the seeds of one cell together, before and after training."""
    together = _found(each)
    together["loss"] = [rounded(losses[-1]) for losses in each["losses"]]
    together["learnt_at"] = [
        next((config.window * n for n, loss in enumerate(losses, 1) if loss < LEARNT), None)
        for losses in each["losses"]
    ]
    for stage in each.keys() & {"start", "trained"}:
        together[stage] = {}
        for name in each[stage][0]:
            by_seed = np.median([one[name] for one in each[stage]], axis=1)
            together[stage][name] = {"bands": bands(by_seed), "ends": rounded(by_seed[:, -1])}
    return together


def _swept(each: Sequence[ArrayLike], config: Config) -> dict[str, Any]:
    """Bring the seeds of one cell together, by scale."""
    values = np.asarray(each, np.float64)[..., 0]  # (seeds, scales, sequences)
    over = {f"{level:g}": (values > level).mean(axis=(0, 2)) for level in config.levels}
    by_seed = np.median(values, axis=2)
    return {
        "bands": bands(by_seed),
        "ends": rounded(by_seed),
        "over": {level: rounded(shares) for level, shares in over.items()},
    }


def _clipped(job: Job, each: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the seeds of one way of training together."""
    _, cell, scale, rule, limit = job
    row = {"cell": cell, "scale": float(scale), "rule": rule, "limit": rounded(float(limit))}
    row |= _found(each)
    if each["seeds"]:
        losses, *updates = zip(*each["seeds"], strict=True)
        row["loss"] = [rounded(one[-1]) for one in losses]
        for what, every in zip(("lengths", "moves"), updates, strict=True):
            row[what] = rounded(np.quantile(every, (0.5, 0.9, 0.99, 1.0), method="lower"))
    return row


def bands(by_seed: Array) -> list[list[float]]:
    """Return the 10 %, 50 % and 90 % points of (seeds, points), three rows.

    Between two seeds a point is found on a logarithmic scale; 1e-300 stands for what is less.

    >>> bands(np.array([[1.0], [100.0]]))[1]
    [10.0]
    """
    logs = np.log(np.maximum(by_seed, 1e-300))
    found: list[list[float]] = rounded(np.exp(np.quantile(logs, (0.1, 0.5, 0.9), axis=0)))
    return found


EXPERIMENT = Experiment(
    name="gradient-flow", config=CONFIG, quick=QUICK, jobs=jobs, work=measure, gather=gather
)
