"""How far back a gradient reaches, where it explodes, and what clipping does, cell by cell.

Sizes of gradients are spectral norms of exact derivatives, see
:func:`unrolled.experiments.gradient_flow.jacobians.sizes`.
Cells are measured on sequences of the adding problem and trained on them; clipping is tried on
another task, see :mod:`unrolled.experiments.gradient_flow.recall`.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unrolled.activations import Array
from unrolled.cells import rnn
from unrolled.cells.shared import Cell
from unrolled.experiments import irnn
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.gradient_flow import recall
from unrolled.experiments.gradient_flow.cells import CELLS, SWEPT, scaled
from unrolled.experiments.gradient_flow.jacobians import sizes
from unrolled.experiments.rounding import rounded
from unrolled.experiments.training import Network, stack, train
from unrolled.tasks import Sequences, adding


@dataclasses.dataclass(frozen=True)
class Config:
    """What is measured, and how often.

    Parameters
    ----------
    seeds
        One cell of each kind is drawn, measured and trained for each.
    units, steps
        H of every cell and T of every sequence.
    sequences
        On how many unseen sequences each cell is measured.
    distances
        T - t at which sizes are kept, rising.
    updates, batch, limit
        Of the training between the two measurements: by Adam, with gradients cut to ``limit``.
    rate, plain_rate
        Of Adam; the second in that training, for cells without gates, which need shorter steps.
    scales
        By what the recurrent kernels of the sweep are multiplied.
    levels
        A gradient has exploded that has grown by more than this.
    wild
        Cell and scale at which training is tried with and without a limit.
    wild_updates, descent_rate
        Of that training: by Adam at ``rate``, and by plain gradient descent at ``descent_rate``.

    """

    seeds: tuple[int, ...] = tuple(range(10))
    units: int = 16
    steps: int = 40
    sequences: int = 4
    distances: tuple[int, ...] = (0, 1, 2, 3, *range(4, 41, 2))
    updates: int = 500
    batch: int = 32
    rate: float = 1e-2
    plain_rate: float = 1e-3
    limit: float = 1.0
    scales: tuple[float, ...] = (0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0, 11.3, 16.0)
    levels: tuple[float, ...] = (10.0, 1000.0)
    wild: tuple[tuple[str, float], ...] = (
        ("RNN, orthogonal", 1.5), ("LSTM, bias 1", 6.0), ("GRU", 6.0),
    )  # fmt: skip
    wild_updates: int = 150
    descent_rate: float = 1.0


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    seeds=(0, 1), units=4, steps=8, sequences=2, distances=(0, 4, 8), updates=3, batch=4,
    scales=(1.0, 4.0), wild=(("RNN, orthogonal", 4.0),), wild_updates=3,
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
        largest distance; and ``loss``, each seed's mean over the last 50 updates. A seed's size is
        the median over its sequences.
        ``sweep``: by cell, ``bands`` by scale, and ``over``, by level the shares of seeds and
        sequences that exceed it, by scale; both for the whole state at the largest distance.
        ``clipping``: rows with ``cell``, ``scale``, ``rule``, ``limit`` (None for none), ``loss``,
        each seed's mean over the last 20 updates, ``lost``, the share of seeds whose loss is above
        that of the best constant, ``learnt``, the share below half of it, and the 50 %, 90 %,
        99 % points and the greatest of ``lengths`` and ``moves`` over all updates.
        All numbers have four significant digits.

    """
    return {
        "flow": {job[1]: _flowed(each) for job, each in found.items() if job[0] == "flow"},
        "sweep": {job[1]: _swept(each, config) for job, each in found.items() if job[0] == "sweep"},
        "clipping": [_clipped(job, each) for job, each in found.items() if job[0] == "clipping"],
    }


def jobs(config: Config) -> list[Job]:
    """Return all parts, the longest first.

    Raises ``ValueError`` if there is no seed or no sequence, or a distance is none of 0 to
    ``steps``.
    """
    if not config.seeds or config.sequences < 1:
        raise ValueError(f"expected at least one seed and one sequence, got {config}")
    if not set(config.distances) <= set(range(config.steps + 1)):
        raise ValueError(f"expected distances from 0 to {config.steps}, got {config.distances}")
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
    rngs = [np.random.default_rng([seed, 0]) for seed in config.seeds]
    starts = [draw(rng, config.units) for rng in rngs]
    size = partial(_sized, config, cell)
    if kind == "sweep":
        return [
            [size(scaled(params, scale), seed, (config.steps,))["state"] for scale in config.scales]
            for params, seed in zip(starts, config.seeds, strict=True)
        ]
    if kind == "clipping":
        scale, rule, limit = way
        trained = _trained(
            config, cell, [scaled(params, float(scale)) for params in starts], recall.make, rngs,
            config.rate if rule == "adam" else config.descent_rate, readout=False,
            steps=config.wild_updates, clip=float(limit), adam=rule == "adam",
        )  # fmt: skip
        return [
            {"loss": float(np.mean(losses[-20:])), "lengths": norms, "moves": moves}
            for _, losses, norms, moves in trained
        ]
    rate = config.plain_rate if cell in (rnn, irnn) else config.rate
    trained = _trained(
        config, cell, starts, adding.modern, rngs, rate, readout=True,
        steps=config.updates, clip=config.limit, adam=True,
    )  # fmt: skip
    return [
        {
            "start": size(before, seed, config.distances),
            "trained": size(after, seed, config.distances),
            "loss": float(np.mean(losses[-50:])),
        }
        for before, (after, losses, *_), seed in zip(starts, trained, config.seeds, strict=True)
    ]


class Trained(NamedTuple):
    """What one training leaves: the cell's parameters, and for each update three numbers.

    ``losses``, ``norms`` and ``moves`` are those of :class:`unrolled.experiments.training.Stage`.
    They end at the first update whose numbers are not finite, where training has lost its way;
    the three are infinite there.
    """

    params: Any
    losses: list[float]
    norms: list[float]
    moves: list[float]


def _trained(
    config: Config,
    cell: Cell,
    starts: Sequence[Any],
    make: Callable[[int, int, np.random.Generator], Sequences],
    rngs: Sequence[np.random.Generator],
    rate: float,
    readout: bool,
    steps: int,
    **options: Any,
) -> list[Trained]:
    """Train a cell for each seed, with a readout that starts at the mean answer or with none."""
    means = [make(1000, config.steps, rng).targets.mean(axis=0) for rng in rngs]
    networks = [
        Network(params, np.zeros((config.units, 1)), mean) if readout else Network(params)
        for params, mean in zip(starts, means, strict=True)
    ]
    (stage,) = train(
        cell, stack(networks, "float64"), lambda rng, count: make(count, config.steps, rng), rngs,
        rate, loss="squared", steps=steps, every=steps, batch=config.batch, **options,
    )  # fmt: skip
    found = []
    for s, *told in zip(range(len(rngs)), stage.losses, stage.norms, stage.moves, strict=True):
        numbers = np.array(told)
        fine = np.isfinite(numbers[:2]).all(axis=0)
        if not fine.all():
            numbers = numbers[:, : fine.argmin() + 1]
            numbers[:, -1] = np.inf
        params = type(starts[s])(*(np.array(array[s]) for array in stage.networks.cell))
        found.append(Trained(params, *numbers.tolist()))
    return found


def _sized(
    config: Config, cell: Cell, params: Any, seed: int, distances: tuple[int, ...]
) -> dict[str, list[list[float]]]:
    """Return sizes by what is measured, (sequences, distances); no training saw the sequences."""
    unseen = adding.modern(config.sequences, config.steps, np.random.default_rng([seed, 1]))
    each = [sizes(cell, params, one, distances) for one in unseen.x]
    return {name: [one[name] for one in each] for name in each[0]}


def _flowed(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bring the seeds of one cell together, before and after training."""
    together: dict[str, Any] = {"loss": rounded([one["loss"] for one in each])}
    for stage in ("start", "trained"):
        together[stage] = {}
        for name in each[0][stage]:
            by_seed = np.median([one[stage][name] for one in each], axis=1)
            together[stage][name] = {"bands": bands(by_seed), "ends": rounded(by_seed[:, -1])}
    return together


def _swept(each: Sequence[ArrayLike], config: Config) -> dict[str, Any]:
    """Bring the seeds of one cell together, by scale."""
    values = np.asarray(each, np.float64)[..., 0]  # (seeds, scales, sequences)
    over = {f"{level:g}": (values > level).mean(axis=(0, 2)) for level in config.levels}
    return {
        "bands": bands(np.median(values, axis=2)),
        "over": {level: rounded(shares) for level, shares in over.items()},
    }


def _clipped(job: Job, each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bring the seeds of one way of training together."""
    _, name, scale, rule, limit = job
    losses = np.array([one["loss"] for one in each])
    row: dict[str, Any] = {
        "cell": name,
        "scale": float(scale),
        "rule": rule,
        "limit": rounded(float(limit)),
        "loss": rounded(losses),
        "lost": rounded((~(losses <= recall.BASELINE)).mean()),
        "learnt": rounded((losses < recall.BASELINE / 2).mean()),
    }
    for what in ("lengths", "moves"):
        every = np.concatenate([one[what] for one in each])
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
