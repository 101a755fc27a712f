"""What RNN, IRNN, LSTM and GRU learn under equal budgets: four tasks, a search, ten seeds.

Each cell gets the same search over learning rates, on seeds of its own; what is reported comes
from other seeds, at the rate that did best, and from sequences that no search has seen.
"""

import dataclasses
from typing import Any

from unrolled.cells import lstm
from unrolled.experiments.choosing import contest
from unrolled.experiments.choosing.contest import (
    WORDS,
    Settings,
    baseline,
    learn,
    prepared,
    ridge,
)
from unrolled.experiments.choosing.stacked.network import KINDS, units_for
from unrolled.experiments.experiment import Experiment
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


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    tasks=(("adding", 5, 4), ("order", 100, 2), ("copy", 1, 2), ("tweets", 0, 2)),
    units=3,
    equal_units=("adding-5",),
    settings=Settings((1e-3, 1e-2), (100,), seeds=(0, 1), batch=4, looks=2, held_out=8),
)

#: Task, its size and steps, kind of cell and units.
Job = tuple[str, int, int, str, int]


def jobs(config: Config) -> list[Job]:
    """Return each cell of one size on one task: its search, and then its trainings.

    Raises ``ValueError`` if there is no seed.
    """
    if not config.settings.seeds or not config.settings.search_seeds:
        raise ValueError(f"expected at least one seed of each sort, got {config}")
    return sorted(set(_places(config).values()), key=lambda job: (-_cost(config, job), str(job)))


def work(config: Config, job: Job) -> dict[str, Any]:
    """Search and train one cell on one task."""
    return learn(contest.Job(*job, config.settings))


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all cells on all tasks together.

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
            fair = units_for(KINDS[kind].size, budget, features)
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
        "steps": list(range(0, steps + 1, steps // config.settings.looks)),
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
