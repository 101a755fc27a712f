"""Old results, made again: the original LSTM on its own tasks, and the adding problem today."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unrolled.experiments.replications import original_lstm, original_trials, small_adding
from unrolled.experiments.replications.original_trials import ADDING, ORDER_6A, Setup
from unrolled.experiments.replications.small_adding import Recipe
from unrolled.experiments.resume import resumable


@dataclasses.dataclass(frozen=True)
class Config:
    """What is made again, and how often.

    Parameters
    ----------
    setups
        The experiments of 1997, by name.
    seeds
        One trial of each of them for each seed; the paper made 10.
    latest
        How many sequences in a row have to be correct.
    test, test_seed
        How many unseen sequences every trial is tested on, and their seed.
    points
        How many sequences one point of a learning curve averages over.
    recipe, cells, small_seeds
        The adding problem at small scale: how it is trained, with which layers of Keras, and
        how often.
    workers
        Processes that train side by side, each with one thread; 1 trains in this process.

    """

    setups: tuple[tuple[str, Setup], ...] = (("adding", ADDING), ("order-6a", ORDER_6A))
    seeds: tuple[int, ...] = tuple(range(10))
    latest: int = original_trials.LATEST
    test: int = 2560
    test_seed: int = 10**6
    points: int = 2000
    recipe: Recipe = dataclasses.field(default_factory=Recipe)
    cells: tuple[str, ...] = ("LSTM", "SimpleRNN")
    small_seeds: tuple[int, ...] = tuple(range(5))
    workers: int = 2


CONFIG = Config()
#: The same path through the code, in seconds; nothing is learnt in so short a time.
QUICK = Config(
    setups=tuple((n, dataclasses.replace(s, most=1000)) for n, s in CONFIG.setups),
    seeds=(0, 1), latest=100, test=50, points=500, cells=("LSTM",), small_seeds=(0,), workers=1,
    recipe=Recipe(steps=10, units=2, batches=40, stage=20, test=40),
)  # fmt: skip


class Job(NamedTuple):
    """One training: all trials of a setup, or one network of the small scale."""

    name: str
    seed: int
    config: Config

    def __str__(self) -> str:
        """Return what is told when it is done."""
        if self.name in dict(self.config.setups):
            return f"{self.name}, {len(self.config.seeds)} trials"
        return f"adding at small scale, {self.name}, seed {self.seed}"


def run(
    config: Config, tell: Callable[[str], None] = print, keep: Path | None = None
) -> dict[str, Any]:
    """Make all trials again.

    ``tell`` and ``keep`` are those of :func:`unrolled.experiments.resume.resumable`.

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

    Raises
    ------
    ValueError
        If there is no seed.

    """
    if not config.seeds or not config.small_seeds:
        raise ValueError(f"expected at least one seed of each kind, got {config}")
    jobs = [Job(name, 0, config) for name, _ in config.setups]
    jobs += [Job(cell, seed, config) for cell in config.cells for seed in config.small_seeds]
    values: dict[str, Any] = {"original": {}, "small": {cell: [] for cell in config.cells}}
    for job, found in resumable(
        _learn, jobs, "experiments.replications.study", config.workers, keep, tell=tell
    ):
        if job.name in values["small"]:
            values["small"][job.name].append(found)
        else:
            values["original"][job.name] = found
    return values


def _learn(job: Job) -> Any:
    """Train what a job names, in whatever process."""
    setups = dict(job.config.setups)
    if job.name in setups:
        return _trials(setups[job.name], job.config)
    return [float(f"{e:.3g}") for e in small_adding.train(job.name, job.config.recipe, job.seed)]


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
