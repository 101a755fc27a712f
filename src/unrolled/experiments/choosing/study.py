"""What RNN, IRNN, LSTM and GRU learn under equal budgets: four tasks, a search, ten seeds.

Each cell gets the same search over learning rates, on seeds of its own, which goes on where the
best rate lies at an end of those tried. What is reported comes from other seeds, at the rate that
did best, and from sequences that no search has seen. Where no rate has learnt anything, or the best
is an end of all, none is chosen, and nothing is reported but the search.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import lstm
from unrolled.experiments.choosing.cells import ALL, KINDS, Kind, units_for
from unrolled.experiments.choosing.tasks import (
    WORDS,
    Task,
    baseline,
    held_out,
    prepared,
    ridge,
    unlearnt,
)
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.rounding import rounded
from unrolled.experiments.search import search
from unrolled.experiments.training import evaluate, init_network, stack, train
from unrolled.tasks import Sequences

#: Losses above this, and what is no number, count as this: a network that has blown up.
WORST = 1e3


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, and where the budgets are equal.

    Parameters
    ----------
    tasks
        Name, size and training steps of each; the size is T of adding and of copy, and the
        text's split seed for tweets.
    kinds
        Names in :data:`unrolled.experiments.choosing.cells.ALL`.
    units
        Of the LSTM. The other cells get as many units as come nearest to its parameters.
    equal_units
        Names of tasks on which all cells are trained with ``units`` units too.
    rates, first, search_seeds
        The rates that may be tried, those that each cell begins with, and the seeds of each
        trial; see :func:`unrolled.experiments.search.search`. The loss of a rate is the mean of
        its trials, none of which counts for more than one that has learnt nothing.
    learnt
        A rate has learnt something if its loss is below this share of the loss of a model that
        has learnt nothing, on the same sequences.
    seeds
        What is reported: one training each at the cell's own rate, where it has one.
    batch, clip
        Sequences in a batch, and the norm beyond which a gradient is shortened.
    looks, held_out
        How often a curve is measured after its start, and on how many sequences.

    """

    tasks: tuple[tuple[str, int, int], ...] = (
        ("adding", 50, 800),
        ("adding", 100, 1200),
        ("adding", 200, 1200),
        ("order", 100, 800),
        ("copy", 1, 1600),
        ("copy", 10, 1600),
        ("copy", 30, 1600),
        ("tweets", 0, 400),
    )
    kinds: tuple[str, ...] = tuple(KINDS)
    units: int = 16
    equal_units: tuple[str, ...] = ("copy-1",)
    rates: tuple[float, ...] = (
        6.25e-5, 2.5e-4, 1e-3, 4e-3, 1.6e-2, 6.4e-2, 0.256, 1.024, 4.096,
    )  # fmt: skip
    first: tuple[float, ...] = (4e-3, 1.6e-2, 6.4e-2)
    search_seeds: tuple[int, ...] = (100, 101, 102)
    learnt: float = 0.95
    seeds: tuple[int, ...] = tuple(range(10))
    batch: int = 20
    clip: float = 1.0
    looks: int = 16
    held_out: int = 256


CONFIG = Config()
#: The same path through the code, in seconds, most of which go to compiling it for each task.
QUICK = Config(
    tasks=(("adding", 5, 4), ("copy", 1, 2), ("tweets", 0, 2)),
    kinds=("GRU, before",), units=1, equal_units=("adding-5",),
    rates=(1e-2,), first=(1e-2,), search_seeds=(100,), learnt=2.0, seeds=(0, 1),
    batch=4, looks=2, held_out=8,
)  # fmt: skip

#: Task, its size and steps, kind of cell and units.
Job = tuple[str, int, int, str, int]


def jobs(config: Config) -> list[Job]:
    """Return each cell of one size on one task: its search, and then its trainings.

    Raises ``ValueError`` if there is no seed.
    """
    if not config.seeds or not config.search_seeds:
        raise ValueError(f"expected at least one seed of each sort, got {config}")
    return sorted(set(_places(config).values()), key=lambda job: (-_cost(config, job), str(job)))


def work(config: Config, job: Job) -> dict[str, Any]:
    """Search for a cell's learning rate, then train it once for each seed."""
    name, size, steps, kind, units = job
    task = prepared(name, size)
    unseen = {part: held_out(name, size, part, config.held_out) for part in ("validation", "test")}
    nothing = unlearnt(name, size, unseen["validation"])

    def learnt(part: str, rates: Sequence[float], seeds: Sequence[int]) -> Learnt:
        return learn(
            ALL[kind], units, task, [(seed, rate) for rate in rates for seed in seeds],
            unseen[part], steps=steps, looks=config.looks, batch=config.batch, clip=config.clip,
        )  # fmt: skip

    def losses_at(rates: list[float]) -> Array:
        finals = learnt("validation", rates, config.search_seeds).losses[:, -1]
        return finals.reshape(len(rates), -1)

    rate, tried = search(
        losses_at, config.rates, config.first,
        score=lambda losses: float(np.minimum(losses, nothing).mean()),
        nothing=config.learnt * nothing,
    )  # fmt: skip
    found: dict[str, Any] = {
        "units": units,
        "parameters": ALL[kind].parameters(task.features, units),
        "rate": rate,
        "search": {rate: rounded(losses) for rate, losses in tried.items()},
    }
    if rate is not None:
        reported = learnt("test", [rate], config.seeds)
        found["losses"] = [rounded(curve) for curve in reported.losses]
        found["scores"] = rounded(reported.scores)
    return found


class Learnt(NamedTuple):
    """Losses on unseen sequences, (S, looks + 1), and the scores (S,) at the end."""

    losses: Array
    scores: Array


def learn(
    kind: Kind,
    units: int,
    task: Task,
    members: list[tuple[int, float]],
    unseen: Sequences,
    *,
    steps: int,
    looks: int,
    batch: int = 20,
    clip: float = 1.0,
) -> Learnt:
    """Train a network for each of ``members``, a seed and a learning rate, side by side.

    A seed decides the start and the sequences. Each network is measured on ``unseen`` sequences
    before its first step and ``looks`` times after it.
    Raises ``ValueError`` where ``steps`` is no multiple of ``looks``.
    """
    seeds, rates = zip(*members, strict=True)
    sizes = task.features, units, task.outputs, task.vocabulary
    networks = stack(
        init_network(kind.init, np.random.default_rng([seed, 0]), *sizes) for seed in seeds
    )
    rngs = {seed: np.random.default_rng([seed, 1]) for seed in seeds}
    stages = train(
        kind.cell, networks, task.draw, [rngs[seed] for seed in seeds], rates,
        loss=task.loss, steps=steps, every=steps // looks, batch=batch, clip=clip,
    )  # fmt: skip
    losses = []
    for now in [networks, *(stage.networks for stage in stages)]:
        outputs, found = evaluate(kind.cell, now, unseen, task.loss)
        losses.append(np.minimum(np.nan_to_num(found, nan=WORST), WORST))
    scores = [task.score(each, unseen.targets) for each in outputs]
    return Learnt(np.array(losses).T, np.array(scores))


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all cells on all tasks together.

    Returns
    -------
    dict
        By task, such as ``"adding-50"``: ``baseline``, the loss of a model that has learnt
        nothing; ``steps``, where the curves were measured; and ``runs``, by ``"parameters"`` and
        ``"units"``, that which is equal, and by cell: ``units``, ``parameters`` of the cell,
        ``rate``, or None where none was chosen; ``search``, the final losses by rate; and where
        there is a rate ``losses``, one curve for each seed, and ``scores``, one
        for each seed after the last step: the share of answers within 0.04 (adding), of right
        classes (order), of recalled symbols (copy), or Pearson's r (tweets).
        ``tweets`` has ``ridge`` besides, the r of a ridge on counted words.

    """
    values: dict[str, Any] = {}
    for (name, equal, kind), job in _places(config).items():
        if name not in values:
            values[name] = {**_about(config, job), "runs": {}}
        values[name]["runs"].setdefault(equal, {})[kind] = found[job]
    return values


def _places(config: Config) -> dict[tuple[str, str, str], Job]:
    """Return by task, that which is equal, and cell the job whose outcome stands there."""
    places = {}
    for task, size, steps in config.tasks:
        name = f"{task}-{size}"
        features = prepared(task, size).features
        budget = lstm.count(features, config.units)
        for kind in config.kinds:
            fair = units_for(ALL[kind].parameters, budget, features)
            places[name, "parameters", kind] = (task, size, steps, kind, fair)
            if name in config.equal_units:
                places[name, "units", kind] = (task, size, steps, kind, config.units)
    return places


def _cost(config: Config, job: Job) -> float:
    """Return about how long a job takes, in no unit."""
    task, size, steps, kind, units = job
    length = {"adding": size, "order": 110, "copy": size + 20, "tweets": WORDS}[task]
    return length * steps * ({"RNN": 1, "IRNN": 1}.get(kind, 3) * units + 40)


def _about(config: Config, job: Job) -> dict[str, Any]:
    """Return what is known of a task before anything is trained."""
    task, size, steps, *_ = job
    about: dict[str, Any] = {
        "baseline": baseline(task, size),
        "steps": list(range(0, steps + 1, steps // config.looks)),
    }
    return about | ({"ridge": rounded(ridge(size))} if task == "tweets" else {})


EXPERIMENT = Experiment(
    name="learning-power",
    config=CONFIG,
    quick=QUICK,
    jobs=jobs,
    work=work,
    gather=gather,
    cost=_cost,
    ratings=lambda config: [task for task, *_ in config.tasks if task == "tweets"],
)
