"""What the cells learn: three tasks of :mod:`unrolled.tasks`, and the rated tweets."""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.experiments.training import Loss
from unrolled.tasks import Sequences, adding, copy, order
from unrolled.text import Splits, Vocabulary, baselines, metrics, ratings

#: Width of a word's vector, words of a tweet that are read, and the size of the vocabulary.
WIDTH, WORDS, VOCABULARY = 16, 24, 2000
#: Seeds of the sequences that judge a search, and of those that judge what is reported.
SEARCHED, REPORTED = 1_000_001, 1_000_002


class Task(NamedTuple):
    """What is learnt: ``draw(rng, count)`` makes sequences, ``score`` says how well it went.

    ``score(outputs, targets)`` takes what one network answers, (N, K) or (N, T, K).
    ``vocabulary`` says how many ids there are where the inputs (N, T) are ids, and ``features``
    is then the width of a word's vector.
    """

    draw: Callable[[np.random.Generator, int], Sequences]
    features: int
    outputs: int
    loss: Loss
    score: Callable[[Array, Array], float]
    vocabulary: int = 0


def held_out(task: str, size: int, part: str, count: int) -> Sequences:
    """Return the sequences that judge a search (``"validation"``) or its outcome (``"test"``).

    They are ``count``, and all of a part of the tweets.
    """
    if task == "tweets":
        return _tweets(size)[part]
    seed = {"validation": SEARCHED, "test": REPORTED}[part]
    return prepared(task, size).draw(np.random.default_rng(seed), count)


def baseline(task: str, size: int) -> float:
    """Return the loss of a model that has learnt nothing but how often each answer comes.

    >>> baseline("adding", 100) == 1 / 6
    True
    """
    if task == "tweets":
        return float((_tweets(size)["test"].targets ** 2).mean())
    known = {"adding": adding.BASELINE, "order": math.log(4)}
    return known[task] if task in known else copy.baseline(size)


def unlearnt(task: str, size: int, sequences: Sequences) -> float:
    """Return what that model loses on these very sequences.

    The answers of a few hundred spread a little more or less than they do in the long run, and a
    loss of 0.95 of the baseline may be all chance.
    """
    middle = {"adding": 1.0, "tweets": 0.0}
    if task not in middle:
        return baseline(task, size)
    return float(((sequences.targets - middle[task]) ** 2).mean())


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
        return Task(draw, copy.KINDS + 2, copy.KINDS + 1, "entropy", _recalled)
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


def _within(outputs: Array, targets: Array) -> float:
    """Return the share of answers as near as the paper of 1997 asks."""
    return float(adding.correct(outputs, targets).mean())


def _right(outputs: Array, targets: Array) -> float:
    """Return the share of answers whose greatest output is that of the class."""
    return float((outputs.argmax(axis=-1) == targets.argmax(axis=-1)).mean())


def _recalled(outputs: Array, targets: Array) -> float:
    """Return the share of the symbols asked for that are right."""
    return _right(outputs[:, -copy.LENGTH :], targets[:, -copy.LENGTH :])


def _pearson(outputs: Array, targets: Array) -> float:
    """Return Pearson's r, and 0 where all answers are the same."""
    return metrics.all_metrics(targets[:, 0], np.nan_to_num(outputs[:, 0]))["pearson"] or 0.0
