"""One cell on one task: its search over learning rates, and then its trainings.

The tasks are those of :mod:`unrolled.tasks`, and the rated tweets.
"""

import dataclasses
import math
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.choosing.stacked.network import KINDS, Sizes
from unrolled.experiments.choosing.stacked.training import Member, Plan, Task, train
from unrolled.experiments.rounding import rounded
from unrolled.tasks import Sequences, adding, copy, order
from unrolled.text import Splits, Vocabulary, baselines, metrics, ratings

#: Width of a word's vector, words of a tweet that are read, and the size of the vocabulary.
WIDTH, WORDS, VOCABULARY = 16, 24, 2000
#: Seeds of the sequences that judge a search, and of those that judge what is reported.
SEARCHED, REPORTED = 1_000_001, 1_000_002


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is the same for all cells on all tasks.

    Parameters
    ----------
    rates, search_seeds
        Each cell is trained with every rate and each of these seeds; the rate with the lowest
        median of the final losses is its own.
    seeds
        What is reported: one training each at the cell's own rate.
    batch, clip
        Sequences in a batch, and the norm beyond which a gradient is shortened.
    looks, held_out
        How often a curve is measured after its start, and on how many sequences.

    """

    rates: tuple[float, ...] = (1e-3, 4e-3, 1.6e-2, 6.4e-2)
    search_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = tuple(range(10))
    batch: int = 20
    clip: float = 1.0
    looks: int = 16
    held_out: int = 256


class Job(NamedTuple):
    """A cell of one size on one task: its search, and then its trainings."""

    task: str
    size: int
    steps: int
    kind: str
    units: int
    settings: Settings

    def __str__(self) -> str:
        """Return what is told when it is done."""
        return f"{self.task} {self.size}, {self.kind}, {self.units} units"


def learn(job: Job) -> dict[str, Any]:
    """Search for the cell's rate, then train it once for each seed."""
    settings, task = job.settings, prepared(job.task, job.size)
    sizes = Sizes(job.kind, job.units, task.features, task.outputs, task.vocabulary)
    plan = Plan(job.steps, settings.batch, job.steps // settings.looks, settings.clip)
    tries = [Member(seed, rate) for rate in settings.rates for seed in settings.search_seeds]
    searched = train(sizes, task, tries, plan, held_out(job, "validation"))
    finals = searched.losses[:, -1].reshape(len(settings.rates), -1)
    best = int(np.median(finals, axis=1).argmin())  # The lowest rate, where several are best.
    rate = settings.rates[best]
    members = [Member(seed, rate) for seed in settings.seeds]
    learnt = train(sizes, task, members, plan, held_out(job, "test"))
    return {
        "units": job.units,
        "parameters": KINDS[job.kind].size(task.features, job.units),
        "rate": rate,
        "search": {str(r): rounded(row) for r, row in zip(settings.rates, finals, strict=True)},
        "losses": [rounded(curve) for curve in learnt.losses],
        "scores": rounded(learnt.scores[:, -1]),
    }


def held_out(job: Job, part: str) -> Sequences:
    """Return the sequences that judge a search (``"validation"``) or its outcome (``"test"``)."""
    if job.task == "tweets":
        return _tweets(job.size)[part]
    seed = {"validation": SEARCHED, "test": REPORTED}[part]
    return prepared(job.task, job.size).draw(np.random.default_rng(seed), job.settings.held_out)


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


def ridge(split_seed: int) -> float:
    """Return Pearson's r of a ridge on counted words, which knows nothing of their order."""
    split = _split(split_seed)
    fitted = baselines.word_ridge(split.train.texts, split.train.targets)
    return float(metrics.pearson(split.test.targets, fitted.predict(split.test.texts)))


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
        x = np.zeros((len(encoded), WORDS))
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
