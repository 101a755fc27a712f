"""How far back a gradient reaches, where it explodes, and what clipping does, cell by cell.

Sizes of gradients are spectral norms of exact derivatives, see
:func:`unrolled.experiments.gradient_flow.jacobians.sizes`.
Cells are measured on sequences of the adding problem and trained on them; clipping is tried on
another task, see :mod:`unrolled.experiments.gradient_flow.toys`.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from unrolled.activations import Array
from unrolled.cells import rnn
from unrolled.cells.shared import Cell
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.gradient_flow import irnn, toys
from unrolled.experiments.gradient_flow.jacobians import sizes
from unrolled.experiments.gradient_flow.starts import STARTS, SWEPT, scaled
from unrolled.experiments.gradient_flow.toys import ADDING, RECALL
from unrolled.experiments.rounding import rounded


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


#: Which part of the work it is, and the seed.
Job = tuple[Any, ...]


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
    parts: dict[tuple[str, ...], list[Any]] = {}
    for (*key, _), one in found.items():
        parts.setdefault(tuple(key), []).append(one)
    return {
        "flow": {key[1]: _flowed(each) for key, each in parts.items() if key[0] == "flow"},
        "sweep": {key[1]: _swept(each, config) for key, each in parts.items() if key[0] == "sweep"},
        "clipping": [_clipped(key, each) for key, each in parts.items() if key[0] == "clipping"],
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
    keys: list[tuple[str, ...]] = [("flow", name) for name in reversed(STARTS)]
    keys += [
        ("clipping", name, str(scale), rule, str(limit))
        for name, scale in config.wild
        for rule in ("descent", "adam")
        for limit in (np.inf, config.limit)
    ]
    keys += [("sweep", name) for name in reversed(SWEPT)]
    return [(*key, seed) for key in keys for seed in config.seeds]


def measure(config: Config, job: Job) -> Any:
    """Do one part of the work, with a generator of its own for what it draws."""
    kind, name, *way, seed = job
    cell, draw = STARTS[name]
    rng = np.random.default_rng([seed, 0])
    params = draw(rng, config.units)
    if kind == "sweep":
        return [
            _sized(cell, scaled(params, scale), seed, config, (config.steps,))["state"]
            for scale in config.scales
        ]
    if kind == "clipping":
        scale, rule, limit = way
        rules = {"descent": toys.descent(config.descent_rate), "adam": toys.adam(config.rate)}
        trained = toys.train(
            cell, scaled(params, float(scale)), RECALL, rules[rule], float(limit), rng,
            config.wild_updates, config.steps, config.batch,
        )  # fmt: skip
        loss = float(np.mean(trained.losses[-20:]))
        return {"loss": loss, "lengths": trained.lengths, "moves": trained.moves}
    rate = config.plain_rate if cell in (rnn, irnn) else config.rate
    trained = toys.train(
        cell, params, ADDING, toys.adam(rate), config.limit, rng,
        config.updates, config.steps, config.batch,
    )  # fmt: skip
    return {
        "start": _sized(cell, params, seed, config, config.distances),
        "trained": _sized(cell, trained.params, seed, config, config.distances),
        "loss": float(np.mean(trained.losses[-50:])),
    }


def _sized(
    cell: Cell, params: Any, seed: int, config: Config, distances: tuple[int, ...]
) -> dict[str, list[list[float]]]:
    """Return sizes by what is measured, (sequences, distances); no training saw the sequences."""
    x, _ = ADDING.draw(np.random.default_rng([seed, 1]), config.sequences, config.steps)
    each = [sizes(cell, params, one, distances) for one in x]
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


def _clipped(key: tuple[str, ...], each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bring the seeds of one way of training together."""
    _, name, scale, rule, limit = key
    losses = np.array([one["loss"] for one in each])
    row: dict[str, Any] = {
        "cell": name,
        "scale": float(scale),
        "rule": rule,
        "limit": rounded(float(limit)),
        "loss": rounded(losses),
        "lost": rounded((~(losses <= RECALL.constant)).mean()),
        "learnt": rounded((losses < RECALL.constant / 2).mean()),
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
