"""What RNN, IRNN, LSTM and GRU learn under equal budgets: four tasks, a search, ten seeds.

Each cell gets the same search over learning rates, on seeds of its own; what is reported comes
from other seeds, at the rate that did best, and from sequences that no search has seen.
"""

import dataclasses
import math
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.cells import lstm
from unrolled.experiments.resume import resumable
from unrolled.experiments.stacked.network import KINDS, Sizes, units_for
from unrolled.experiments.stacked.training import Learnt, Member, Plan, Task, train
from unrolled.tasks import Sequences, adding, copy, order
from unrolled.text import Splits, Vocabulary, baselines, metrics, ratings

#: Width of a word's vector, words of a tweet that are read, and the size of the vocabulary.
WIDTH, WORDS, VOCABULARY = 16, 24, 2000
#: Seeds of the sequences that judge a search, and of those that judge what is reported.
SEARCHED, REPORTED = 1_000_001, 1_000_002


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, how, and how often.

    Parameters
    ----------
    tasks
        Name, size and training steps of each; the size is T of adding and of copy, and the
        text's split seed for tweets.
    kinds
        Names in :data:`unrolled.experiments.stacked.network.KINDS`.
    units
        Of the LSTM. The other cells get as many units as come nearest to its parameters.
    equal_units
        Names of tasks on which all cells are trained with ``units`` units too.
    rates, search_seeds
        Each cell is trained with every rate and each of these seeds; the rate with the lowest
        median of the final losses is its own.
    seeds
        What is reported: one training each at the cell's own rate.
    batch, clip
        Sequences in a batch, and the norm beyond which a gradient is shortened.
    looks, held_out
        How often a curve is measured after its start, and on how many sequences.
    workers
        Processes that train side by side, each with one thread; 1 trains in this process.

    """

    tasks: tuple[tuple[str, int, int], ...] = (
        ("adding", 200, 1500),
        ("adding", 100, 1500),
        ("adding", 50, 1000),
        ("order", 100, 1000),
        ("copy", 30, 1500),
        ("copy", 10, 1500),
        ("copy", 3, 1500),
        ("tweets", 0, 400),
    )
    kinds: tuple[str, ...] = tuple(KINDS)
    units: int = 16
    equal_units: tuple[str, ...] = ("adding-100", "copy-3", "order-100")
    rates: tuple[float, ...] = (3e-3, 1e-2, 3e-2)
    search_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = tuple(range(10))
    batch: int = 20
    clip: float = 1.0
    looks: int = 20
    held_out: int = 256
    workers: int = 2


CONFIG = Config()
#: The same path through the code, in seconds.
QUICK = Config(
    tasks=(("adding", 5, 4), ("order", 100, 2), ("copy", 1, 2), ("tweets", 0, 2)),
    units=3, rates=(1e-3, 1e-2), search_seeds=(100,), seeds=(0, 1), batch=4, looks=2,
    equal_units=("adding-5",), held_out=8, workers=1,
)  # fmt: skip


class Job(NamedTuple):
    """A cell of one size on one task: its search, and then its trainings."""

    task: str
    size: int
    steps: int
    kind: str
    units: int
    config: Config

    def __str__(self) -> str:
        """Return what is told when it is done."""
        return f"{self.task} {self.size}, {self.kind}, {self.units} units"


def run(
    config: Config, tell: Callable[[str], None] = print, folder: Path | None = None
) -> dict[str, Any]:
    """Search and train every cell on every task.

    Parameters
    ----------
    config
        See :class:`Config`.
    tell
        Called with a line on every cell that is done.
    folder
        Where finished cells are put away until all are.

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
    if not config.seeds or not config.search_seeds:
        raise ValueError(f"expected at least one seed of each sort, got {config}")
    places = _places(config)
    jobs = sorted(set(places.values()), key=lambda job: (-_cost(job), str(job)))
    found = dict(
        resumable(
            learn, jobs, "experiments.learning_power", config.workers, folder, _cost, tell
        )
    )
    values: dict[str, Any] = {}
    for (name, equal, kind), job in places.items():
        each = values.setdefault(name, {**_about(job), "runs": {}})
        each["runs"].setdefault(equal, {})[kind] = found[job]
    return values


def _places(config: Config) -> dict[tuple[str, str, str], Job]:
    """Return by task, that which is equal, and cell the job whose outcome stands there."""
    # A job knows nothing of the others, so that one more task leaves what is on file as it is.
    alike = dataclasses.replace(config, tasks=(), kinds=(), equal_units=(), units=0, workers=1)
    places = {}
    for task, size, steps in config.tasks:
        name = f"{task}-{size}"
        features = prepared(task, size).features
        budget = lstm.count(features, config.units)
        for kind in config.kinds:
            fair = units_for(KINDS[kind].count, budget, features)
            job = Job(task, size, steps, kind, fair, alike)
            places[name, "parameters", kind] = job
            if name in config.equal_units:
                places[name, "units", kind] = job._replace(units=config.units)
    return places


def _cost(job: Job) -> float:
    """Return about how long a job takes, in no unit."""
    length = {"adding": job.size, "order": 110, "copy": job.size + 20, "tweets": WORDS}[job.task]
    gates = {"RNN": 1, "IRNN": 1}.get(job.kind, 3)
    return length * job.steps * (gates * job.units + 40)


def learn(job: Job) -> dict[str, Any]:
    """Search for the cell's rate, then train it once for each seed."""
    config, task = job.config, prepared(job.task, job.size)
    sizes = Sizes(job.kind, job.units, task.features, task.outputs, task.vocabulary)
    plan = Plan(job.steps, config.batch, job.steps // config.looks, config.clip)
    tries = [Member(seed, rate) for rate in config.rates for seed in config.search_seeds]
    searched = train(sizes, task, tries, plan, held_out(job, "validation"))
    finals = searched.losses[:, -1].reshape(len(config.rates), -1)
    best = int(np.median(finals, axis=1).argmin())  # The lowest rate, where several are best.
    rate = config.rates[best]
    members = [Member(seed, rate) for seed in config.seeds]
    learnt: Learnt = train(sizes, task, members, plan, held_out(job, "test"))
    return {
        "units": job.units,
        "parameters": KINDS[job.kind].count(task.features, job.units),
        "rate": rate,
        "search": {str(r): _short(row) for r, row in zip(config.rates, finals, strict=True)},
        "losses": [_short(curve) for curve in learnt.losses],
        "scores": _short(learnt.scores[:, -1]),
    }


def _short(values: Array) -> list[float]:
    """Return numbers with the four digits that are kept."""
    return [float(f"{value:.4g}") for value in values]


def held_out(job: Job, part: str) -> Sequences:
    """Return the sequences that judge a search (``"validation"``) or its outcome (``"test"``)."""
    if job.task == "tweets":
        return _tweets(job.size)[part]
    seed = {"validation": SEARCHED, "test": REPORTED}[part]
    return prepared(job.task, job.size).draw(np.random.default_rng(seed), job.config.held_out)


def _about(job: Job) -> dict[str, Any]:
    """Return what is known of a task before anything is trained."""
    every = job.steps // job.config.looks
    about: dict[str, Any] = {
        "baseline": baseline(job.task, job.size),
        "steps": list(range(0, job.steps + 1, every)),
    }
    if job.task == "tweets":
        split = _split(job.size)
        ridge = baselines.word_ridge(split.train.texts, split.train.targets)
        r = metrics.pearson(split.test.targets, ridge.predict(split.test.texts))
        about["ridge"] = float(f"{r:.4g}")
    return about


def baseline(task: str, size: int) -> float:
    """Return the loss of a model that has learnt nothing but how often each answer comes.

    >>> baseline("adding", 100) == 1 / 6
    True
    """
    if task == "tweets":
        return float((_tweets(size)["test"].targets ** 2).mean())
    known = {"adding": adding.BASELINE, "order": math.log(4)}
    return known[task] if task in known else copy.baseline(size)


@cache
def prepared(task: str, size: int) -> Task:
    """Return a task ready to be trained on.

    Raises ``ValueError`` for an unknown name.
    """
    if task == "adding":
        return Task(partial(_adding, size), 2, 1, "squared", _within)
    if task == "order":
        return Task(_order, len(order.SYMBOLS), 4, "entropy", _right)
    if task == "copy":
        draw = partial(_copy, size)
        return Task(draw, copy.KINDS + 2, copy.KINDS + 1, "entropy", _recalled, every=True)
    if task == "tweets":
        return Task(partial(_drawn, size), WIDTH, 1, "squared", _pearson, vocabulary=VOCABULARY)
    raise ValueError(f"expected adding, order, copy or tweets, got {task!r}")


def _adding(size: int, rng: np.random.Generator, count: int) -> Sequences:
    return adding.modern(count, size, rng)


def _order(rng: np.random.Generator, count: int) -> Sequences:
    return order.make(count, "6a", rng)


def _copy(size: int, rng: np.random.Generator, count: int) -> Sequences:
    return copy.make(count, size, rng)


def _drawn(split_seed: int, rng: np.random.Generator, count: int) -> Sequences:
    """Draw tweets, with replacement, from those for training."""
    train = _tweets(split_seed)["train"]
    rows = rng.integers(0, len(train.x), count)
    return Sequences(train.x[rows], train.targets[rows], train.lengths[rows])


@cache
def _split(split_seed: int) -> Splits:
    return ratings.load("tweets", split_seed)


@cache
def _tweets(split_seed: int) -> dict[str, Sequences]:
    """Return each part's ids (N, WORDS) and targets, less their mean and over their scale."""
    split = _split(split_seed)
    vocabulary = Vocabulary.fit(split.train.texts, VOCABULARY)
    mean, scale = split.train.targets.mean(), split.train.targets.std()
    parts = {}
    for part in ("train", "validation", "test"):
        corpus = getattr(split, part)
        encoded = [ids[:WORDS] for ids in vocabulary.encode(corpus.texts)]
        x = np.zeros((len(encoded), WORDS), np.int64)
        for row, ids in enumerate(encoded):
            x[row, : len(ids)] = ids
        lengths = np.array([len(ids) for ids in encoded])
        parts[part] = Sequences(x, ((corpus.targets - mean) / scale)[:, None], lengths)
    return parts


def _within(outputs: Array, targets: Array) -> Array:
    """Return the share of answers as near as the paper of 1997 asks."""
    share: Array = (np.abs(outputs - targets) < adding.TOLERANCE).mean(axis=(0, 2, 3))
    return share


def _right(outputs: Array, targets: Array) -> Array:
    """Return the share of answers whose greatest output is that of the class."""
    share: Array = (outputs.argmax(axis=2) == targets.argmax(axis=2)).mean(axis=(0, 2))
    return share


def _recalled(outputs: Array, targets: Array) -> Array:
    """Return the share of the symbols asked for that are right."""
    return _right(outputs[-copy.LENGTH :], targets[-copy.LENGTH :])


def _pearson(outputs: Array, targets: Array) -> Array:
    """Return Pearson's r of each member's answers."""
    a = outputs - outputs.mean(axis=3, keepdims=True)
    b = targets - targets.mean(axis=3, keepdims=True)
    r: Array = (a * b).sum(axis=3) / np.sqrt((a * a).sum(axis=3) * (b * b).sum(axis=3))
    return r[0, :, 0]
