"""Old results, made again: the original LSTM on its own tasks, and the adding problem today."""

import dataclasses
from typing import Any

import numpy as np

from unrolled.experiments.experiment import Experiment
from unrolled.experiments.replications import original_lstm, original_trials, small_adding
from unrolled.experiments.replications.original_trials import ADDING, ORDER_6A, Setup
from unrolled.experiments.replications.small_adding import Recipe


@dataclasses.dataclass(frozen=True)
class Config:
    """What is made again, and how often.

    Parameters
    ----------
    setups
        The experiments of 1997, by name, each at two learning rates: the paper's on half the
        squared error, and twice that, which is the paper's on the whole of it.
    seeds
        One trial of each of them for each seed; the paper made 10.
    latest
        How many sequences in a row have to be correct.
    test, test_seed
        How many unseen sequences every trial is tested on, and their seed.
    points
        How many sequences one point of a learning curve averages over.
    recipe, cells, small_seeds
        The adding problem at small scale: how it is trained, with which cells, and how often.

    """

    setups: tuple[tuple[str, Setup], ...] = (
        ("adding-doubled", dataclasses.replace(ADDING, rate=2 * ADDING.rate)),
        ("adding", ADDING),
        ("order-6a", ORDER_6A),
        ("order-6a-doubled", dataclasses.replace(ORDER_6A, rate=2 * ORDER_6A.rate)),
    )
    seeds: tuple[int, ...] = tuple(range(10))
    latest: int = original_trials.LATEST
    test: int = 2560
    test_seed: int = 10**6
    points: int = 2000
    recipe: Recipe = dataclasses.field(default_factory=Recipe)
    cells: tuple[str, ...] = tuple(small_adding.CELLS)
    small_seeds: tuple[int, ...] = tuple(range(5))


CONFIG = Config()
#: The same path through the code, in seconds; nothing is learnt in so short a time.
QUICK = Config(
    setups=tuple((n, dataclasses.replace(s, most=1000)) for n, s in CONFIG.setups),
    seeds=(0, 1), latest=100, test=50, points=500, cells=("LSTM",), small_seeds=(0,),
    recipe=Recipe(steps=10, units=2, batches=40, stage=20, test=40),
)  # fmt: skip


#: All trials of a setup, or all networks of a cell at small scale, and how many they are.
Job = tuple[str, int]


def jobs(config: Config) -> list[Job]:
    """Return all trainings, those as long as each other in pairs.

    Raises ``ValueError`` if there is no seed.
    """
    if not config.seeds or not config.small_seeds:
        raise ValueError(f"expected at least one seed of each kind, got {config}")
    original = [(name, len(config.seeds)) for name, _ in config.setups]
    return original + [(cell, len(config.small_seeds)) for cell in config.cells]


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring all trials together.

    Returns
    -------
    dict
        ``original``: for each setup ``weights``, their number, and ``trials``, one a seed: after
        how many ``sequences`` the criterion was met (None where it was not), after how many
        certain ``shares`` of the latest were correct, how many of the test sequences were
        ``wrong``, the test's mean absolute ``error``, and the learning ``curve``, a point every
        ``points`` sequences.
        ``small``: for each cell one learning curve a seed, the mean squared error on unseen
        sequences after every stage.

    """
    values: dict[str, Any] = {"original": {}, "small": {}}
    for (name, _), one in found.items():
        values["small" if name in config.cells else "original"][name] = one
    return values


def learn(config: Config, job: Job) -> Any:
    """Train what a job names, in whatever process."""
    name, _ = job
    if name in config.cells:
        errors = small_adding.train(name, config.recipe, config.small_seeds)
        return [[float(f"{error:.3g}") for error in curve] for curve in errors]
    return _trials(dict(config.setups)[name], config)


def _trials(setup: Setup, config: Config) -> dict[str, Any]:
    params, trials = original_trials.train(setup, config.seeds, latest=config.latest)
    tests = original_trials.on_unseen(setup, params, config.test, config.test_seed)
    chunks = config.points // original_trials.CHUNK
    return {
        "weights": original_lstm.count(setup.sizes),
        "trials": [
            {
                **trial,
                **test,
                "seed": seed,
                "curve": [
                    round(float(np.mean(trial["curve"][at : at + chunks])), 4)
                    for at in range(0, len(trial["curve"]) - chunks + 1, chunks)
                ],
            }
            for seed, trial, test in zip(config.seeds, trials, tests, strict=True)
        ],
    }


EXPERIMENT = Experiment(
    name="replications", config=CONFIG, quick=QUICK, jobs=jobs, work=learn, gather=gather
)
