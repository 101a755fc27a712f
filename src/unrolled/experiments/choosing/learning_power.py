"""What RNN, IRNN, LSTM and GRU learn under equal budgets: four tasks, a search, ten seeds.

Each cell gets the same search over learning rates, on seeds of its own; what is reported comes
from other seeds, at the rate that did best, and from sequences that no search has seen.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unrolled.cells import lstm
from unrolled.experiments.choosing.contest import (
    WORDS,
    Job,
    Settings,
    baseline,
    learn,
    prepared,
    ridge,
)
from unrolled.experiments.choosing.stacked.network import KINDS, units_for
from unrolled.experiments.resume import resumable
from unrolled.experiments.rounding import rounded


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, and where the budgets are equal.

    Parameters
    ----------
    tasks
        Name, size and training steps of each; the size is T of adding and of copy, and the
        text's split seed for tweets.
    kinds
        Names in :data:`unrolled.experiments.choosing.stacked.network.KINDS`.
    units
        Of the LSTM. The other cells get as many units as come nearest to its parameters.
    equal_units
        Names of tasks on which all cells are trained with ``units`` units too.
    settings
        What is the same for all.
    workers
        Processes that train side by side, each with one thread; 1 trains in this process.

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
    equal_units: tuple[str, ...] = ("adding-50", "copy-1")
    settings: Settings = dataclasses.field(default_factory=Settings)
    workers: int = 2


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    tasks=(("adding", 5, 4), ("order", 100, 2), ("copy", 1, 2), ("tweets", 0, 2)),
    units=3,
    equal_units=("adding-5",),
    settings=Settings((1e-3, 1e-2), (100,), seeds=(0, 1), batch=4, looks=2, held_out=8),
    workers=1,
)


def run(
    config: Config, tell: Callable[[str], None] = print, keep: Path | None = None
) -> dict[str, Any]:
    """Search and train every cell on every task.

    ``tell`` and ``keep`` are those of :func:`unrolled.experiments.resume.resumable`.

    Returns
    -------
    dict
        By task, such as ``"adding-50"``: ``baseline``, the loss of a model that has learnt
        nothing; ``steps``, where the curves were measured; and ``runs``, by ``"parameters"`` and
        ``"units"``, that which is equal, and by cell: ``units``, ``parameters`` of the cell,
        ``rate``, ``search``, the final losses by rate, ``losses``, one curve for each seed, and
        ``scores``, one for each seed after the last step: the share of answers within 0.04
        (adding), of right classes (order), of recalled symbols (copy), or Pearson's r (tweets).
        ``tweets`` has ``ridge`` besides, the r of a ridge on counted words.

    Raises
    ------
    DataUnavailable
        If the tweets cannot be had.
    ValueError
        If there is no seed, or a number of steps is no multiple of ``looks``.

    """
    if not config.settings.seeds or not config.settings.search_seeds:
        raise ValueError(f"expected at least one seed of each sort, got {config}")
    places = _places(config)
    values: dict[str, Any] = {}
    for (name, _, _), job in places.items():
        if name not in values:  # Before the long work, since this is where data may be missing.
            values[name] = {**_about(job), "runs": {}}
    jobs = sorted(set(places.values()), key=lambda job: (-_cost(job), str(job)))
    found = dict(
        resumable(learn, jobs, "experiments.choosing.contest", config.workers, keep, _cost, tell)
    )
    for (name, equal, kind), job in places.items():
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
            fair = units_for(KINDS[kind].size, budget, features)
            job = Job(task, size, steps, kind, fair, config.settings)
            places[name, "parameters", kind] = job
            if name in config.equal_units:
                places[name, "units", kind] = job._replace(units=config.units)
    return places


def _cost(job: Job) -> float:
    """Return about how long a job takes, in no unit."""
    length = {"adding": job.size, "order": 110, "copy": job.size + 20, "tweets": WORDS}[job.task]
    gates = {"RNN": 1, "IRNN": 1}.get(job.kind, 3)
    return length * job.steps * (gates * job.units + 40)


def _about(job: Job) -> dict[str, Any]:
    """Return what is known of a task before anything is trained."""
    every = job.steps // job.settings.looks
    about: dict[str, Any] = {
        "baseline": baseline(job.task, job.size),
        "steps": list(range(0, job.steps + 1, every)),
    }
    return about | ({"ridge": rounded(ridge(job.size))} if job.task == "tweets" else {})
