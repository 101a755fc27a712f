"""Both ways, or deeper? Three cells, each in four arrangements, on clock sentences and on tweets.

Results hold metrics, counts and sizes. They hold no text of the archive.
"""

import dataclasses
from itertools import product, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.activations import Array
from unrolled.experiments.arrangements.models import (
    ARRANGEMENTS,
    CELLS,
    build,
    parameters,
    units_for,
)
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.rounding import rounded
from unrolled.experiments.search import search
from unrolled.text import Splits, Vocabulary, baselines, clock, metrics, pad, ratings

MATCHED = ("parameters", "units")
TASKS = ("clock", "tweets")
METRICS = ("mae", "pearson")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and how often.

    Parameters
    ----------
    tasks, cells, arrangements
        Names in :data:`TASKS`, :data:`CELLS` and :data:`ARRANGEMENTS`.
    clock_sizes
        Numbers of clock sentences to train on, to validate with and to test on.
    split_seed
        Of both splits; one for all trainings.
    embedding
        D, of every model.
    units
        H in each direction and layer, where units are matched. One LSTM of so many units has the
        parameters that all recurrent layers of a model may have, where parameters are matched.
    patience, epochs, batch
        Of a training. The epoch is kept that answers the validation texts best, and the training
        ends when so many epochs since then were none better, or after ``epochs``.
    rates, first, trial_seed
        Steps of the optimizer that may be tried, and those to begin with: each arrangement takes
        the one that does best on the validation texts with ``trial_seed``, which is none of
        ``seeds``; see :func:`unrolled.experiments.search.search`.
    matched
        What is made equal, by task: names in :data:`MATCHED`.
    seeds
        One training of each kind for each.

    """

    tasks: tuple[str, ...] = TASKS
    cells: tuple[str, ...] = tuple(CELLS)
    arrangements: tuple[str, ...] = tuple(ARRANGEMENTS)
    clock_sizes: tuple[int, int, int] = (2048, 512, 1024)
    split_seed: int = 0
    embedding: int = 32
    units: int = 32
    matched: tuple[tuple[str, ...], ...] = (("parameters",), ("parameters",))
    patience: int = 6
    epochs: int = 100
    batch: int = 64
    rates: tuple[float, ...] = (6.25e-5, 2.5e-4, 1e-3, 4e-3, 1.6e-2, 6.4e-2, 0.256, 1.024)
    first: tuple[float, ...] = (4e-3, 1.6e-2)
    trial_seed: int = 99
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    tasks=("clock",), cells=("RNN",), arrangements=("both ways",),
    clock_sizes=(64, 16, 16), embedding=2, units=2, matched=(MATCHED,), patience=1,
    epochs=2, batch=32, rates=(1e-2,), first=(1e-2,), seeds=(0,),
)  # fmt: skip


#: A task, a cell, its arrangement and its units.
Job = tuple[str, str, str, int]


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Bring every arrangement of every cell together, matched by parameters and by units.

    Returns
    -------
    dict
        For each task ``counts`` of texts; ``rivals``, the test metrics of a constant and of
        ridges on words and on words and pairs; and ``scores`` by what is matched
        (``parameters``, ``units``), cell and arrangement: ``units``, ``parameters`` of the
        recurrent layers, ``rate``, ``search``, the validation error by rate, and for each seed
        ``mae``, ``pearson``, the kept ``epoch`` and all ``epochs``. Errors are in minutes or in
        rating points. ``by_texts`` is, for both metrics, the standard error that their mean over
        the seeds has from the choice of the test texts, and ``gain_by_texts`` that of its
        difference to the first arrangement's.

    """
    values: dict[str, Any] = {}
    for task, equal in zip(config.tasks, config.matched, strict=True):
        split = load(task, config)
        values[task] = {
            "counts": {p: len(getattr(split, p)) for p in ("train", "validation", "test")},
            "rivals": _rivals(split),
            "scores": {matched: {} for matched in equal},
        }
        for matched, cell in product(equal, config.cells):
            layouts = {n: found[_job(config, task, cell, n, matched)] for n in config.arrangements}
            values[task]["scores"][matched][cell] = _judged(split.test.targets, layouts)
    return values


def _judged(targets: Array, layouts: dict[str, Any]) -> dict[str, Any]:
    """Put for the answers of each arrangement of a cell how far other test texts would move it.

    The first arrangement is the one that the others are compared with, on the same texts.
    """
    means = {name: resampled(targets, found["answers"]) for name, found in layouts.items()}
    first = next(iter(means.values()))
    judged = {}
    for name, found in layouts.items():
        by_texts = {m: rounded(means[name][m].std()) for m in METRICS}
        gain = {m: rounded((means[name][m] - first[m]).std()) for m in METRICS}
        kept = {key: value for key, value in found.items() if key != "answers"}
        judged[name] = {**kept, "by_texts": by_texts, "gain_by_texts": gain}
    return judged


def resampled(
    targets: ArrayLike, answers: ArrayLike, draws: int = 2000, seed: int = 0
) -> dict[str, Array]:
    """Return what the mean over seeds of each metric would be on other test texts, (draws,).

    Those are drawn with replacement from the N texts that there are (the bootstrap): targets
    (N,), answers (S, N). With the same ``seed`` they are the same texts, so that differences are
    of the same texts too. Pearson's r of answers that are all the same counts as 0.

    >>> targets, answers = [1.0, 2.0, 3.0, 4.0], [[1.5, 2.5, 3.5, 4.5]]
    >>> found = resampled(targets, answers, draws=3)
    >>> found["mae"], found["pearson"].round(6)
    (array([0.5, 0.5, 0.5]), array([1., 1., 1.]))
    """
    t, y = np.asarray(targets, np.float64)[:, None], np.asarray(answers, np.float64).T
    n = len(t)
    share = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), draws) / n
    off = share @ np.abs(y - t)
    t, y = t - t.mean(), y - y.mean(axis=0)  # For the sake of rounding: r does not change.
    mean_t, mean_y = share @ t, share @ y
    spread_t, spread_y = share @ t**2 - mean_t**2, share @ y**2 - mean_y**2
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (share @ (t * y) - mean_t * mean_y) / np.sqrt(spread_t * spread_y)
    return {"mae": off.mean(axis=1), "pearson": np.nan_to_num(r, posinf=0, neginf=0).mean(axis=1)}


def load(task: str, config: Config) -> Splits:
    """Return the texts of a task; raises ``ValueError`` for an unknown one."""
    if task not in TASKS:
        raise ValueError(f"expected a task among {', '.join(TASKS)}, got {task!r}")
    if task == "clock":
        return clock.load(*config.clock_sizes, seed=config.split_seed)
    return ratings.load("tweets", config.split_seed)


def _job(config: Config, task: str, cell: str, arrangement: str, matched: str) -> Job:
    """Return the job whose trainings stand in one place of the result."""
    units = config.units
    if matched == "parameters":
        budget = parameters("LSTM", "one layer", config.embedding, config.units)
        units = units_for(cell, arrangement, config.embedding, budget)
    return task, cell, arrangement, units


def jobs(config: Config) -> list[Job]:
    """Return all jobs once, those with the most layers first."""
    each = {
        _job(config, task, cell, name, matched): None
        for name in reversed(config.arrangements)
        for cell in config.cells[::-1]
        for task, equal in zip(config.tasks, config.matched, strict=True)
        for matched in equal
    }
    return list(each)


class Trained(NamedTuple):
    """The least validation error, its epoch, all epochs, and the answers to the test then."""

    error: float
    epoch: int
    epochs: int
    answers: NDArray[np.floating[Any]]


def learn(config: Config, job: Job) -> dict[str, Any]:
    """Choose a step on the validation texts, then train with every seed and measure the test."""
    from unrolled.experiments.compiled import Learner

    task, cell, arrangement, units = job
    split = load(task, config)
    vocabulary = Vocabulary.fit(split.train.texts)
    parts = (split.train, split.validation, split.test)
    ids = pad(vocabulary.encode([text for part in parts for text in part.texts])).ids
    train, held_out = np.split(ids, [len(split.train)])
    sizes = (len(vocabulary), config.embedding, units)
    updates = config.epochs * len(train) // config.batch
    learner = Learner(lambda: build(cell, arrangement, *sizes), ids.shape[1], updates)

    def trained(rate: float, seed: int) -> Trained:
        best, epochs = Trained(np.inf, 0, 0, np.empty(0)), repeat(rate, config.epochs)
        stages = learner.epochs(
            train, split.train.targets, held_out, epochs, batch=config.batch, seed=seed
        )
        for epoch, answers in enumerate(stages, 1):
            validated, tested = np.split(answers, [len(split.validation)])
            # Not a number is never better: a rate at which the training got out of hand.
            sound = np.isfinite(validated).all()
            error = metrics.mae(split.validation.targets, validated) if sound else np.inf
            best = best._replace(epochs=epoch)
            if error < best.error:
                best = Trained(error, epoch, epoch, tested)
            elif epoch - best.epoch >= config.patience:
                break
        return best

    rate, tried = search(
        lambda rates: [[trained(rate, config.trial_seed).error] for rate in rates],
        config.rates, config.first,
    )  # fmt: skip
    if rate is None:
        raise ValueError(f"expected rates beyond the best of all that may be tried, got {tried}")
    runs = [trained(rate, seed) for seed in config.seeds]
    scores = [metrics.all_metrics(split.test.targets, run.answers) for run in runs]
    return {
        "units": units,
        "parameters": parameters(cell, arrangement, config.embedding, units),
        "rate": rate,
        "search": {rate: rounded(error) for rate, (error,) in tried.items()},
        "epoch": [run.epoch for run in runs],
        "epochs": [run.epochs for run in runs],
        **{name: [rounded(score[name]) for score in scores] for name in METRICS},
        "answers": [rounded(run.answers) for run in runs],
    }


def _rivals(split: Splits) -> dict[str, dict[str, float | None]]:
    """Return the test metrics of what reads nothing and of what counts."""
    texts, targets = split.train.texts, split.train.targets
    fitted = {
        "constant": baselines.constant(texts, targets),
        "word_ridge": baselines.word_ridge(texts, targets),
        "word_and_pair_ridge": baselines.word_ridge(texts, targets, ngrams=2),
    }
    found = {}
    for name, model in fitted.items():
        scores = metrics.all_metrics(split.test.targets, model.predict(split.test.texts))
        found[name] = {metric: rounded(scores[metric]) for metric in METRICS}
    return found


EXPERIMENT = Experiment(
    "arrangements", CONFIG, QUICK, jobs, learn, gather,
    ratings=lambda config: {"tweets"} & {*config.tasks},
)  # fmt: skip
