"""What is read: three tasks made for memory, sentences that tell the time, tweets, a forecast."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from unrolled import series
from unrolled.activations import Array
from unrolled.experiments.choosing import tasks as choosing
from unrolled.experiments.forecasting.networks import sequences
from unrolled.experiments.forecasting.tasks import TASKS
from unrolled.experiments.training import Loss
from unrolled.tasks import Sequences, order
from unrolled.text import Corpus, Splits, Vocabulary, clock, ratings

#: Names of the tasks whose sequences come fresh, without an end.
ENDLESS = ("adding", "order", "copy")
#: Steps of temporal order that are kept: from the first place of a symbol to the last.
MIDDLE = slice(order.PLACES["6a"][0][0], order.PLACES["6a"][1][1] + 1)
#: Width of a word's vector, words of a clock sentence that are read, size of its vocabulary.
WIDTH, WORDS, VOCABULARY = 16, 16, 300
#: Sentences that judge a search on the clock, and that judge what is reported.
VALIDATION, TEST = 500, 1000


class Task(NamedTuple):
    """What is learnt, and what it is judged by.

    ``draw(rng, count)`` makes sequences to learn from. ``score(outputs, targets)`` says how well
    one network answers (N, K) or (N, T, K), in the unit of the task. ``vocabulary`` is the number
    of ids where the inputs (N, T) are ids. ``texts`` are the splits that sequences were made of.
    """

    draw: Callable[[np.random.Generator, int], Sequences]
    validation: Sequences
    test: Sequences
    features: int
    outputs: int
    loss: Loss
    score: Callable[[Array, Array], float]
    vocabulary: int = 0
    texts: Splits | None = None


def prepared(name: str, size: int, held_out: int) -> Task:
    """Return a task ready to be trained on.

    ``size`` is T of adding, the delay of copy, the sentences of the clock to learn from, the
    split's seed of the tweets, the length of the series; temporal order has one size alone.
    ``held_out`` sequences judge a search, and as many its outcome, where they can be made at will.
    Raises ``ValueError`` for an unknown name.

    >>> prepared("adding", 6, held_out=4).test.x.shape
    (4, 6, 2)
    """
    if name in ENDLESS:
        return _endless(name, size, held_out)
    if name == "clock":
        return _clock(size)
    if name == "tweets":
        return _tweets(size)
    if name == "forecast":
        return _forecast(size)
    raise ValueError(f"expected a task, got {name!r}")


def _endless(name: str, size: int, held_out: int) -> Task:
    task = choosing.prepared(name, size)
    draw = _middle if name == "order" else task.draw
    validation, test = (
        draw(np.random.default_rng(seed), held_out)
        for seed in (choosing.SEARCHED, choosing.REPORTED)
    )
    score = _squared if name == "adding" else task.score
    return Task(
        draw, validation, test, task.features, task.outputs, task.loss, score, task.vocabulary
    )


def _middle(rng: np.random.Generator, count: int) -> Sequences:
    """Make the middle of temporal order: the steps among which both symbols stand."""
    x, targets, _ = order.make(count, "6a", rng)
    kept = x[:, MIDDLE]
    return Sequences(kept, targets, np.full(count, kept.shape[1]))


@cache
def sentences() -> Splits:
    """Return the most sentences that are asked for, of which fewer are the first."""
    return clock.load(train=10_000, validation=VALIDATION, test=TEST)


def _clock(size: int) -> Task:
    """Learn to tell the time from the first ``size`` sentences."""
    whole = sentences()
    train = Corpus(whole.train.texts[:size], whole.train.targets[:size], whole.train.groups[:size])
    score = partial(_mae, float(train.targets.std()))
    return _of_texts(Splits(train, whole.validation, whole.test), VOCABULARY, WORDS, score)


def _tweets(seed: int) -> Task:
    score = choosing.prepared("tweets", seed).score
    splits = ratings.load("tweets", seed)
    return _of_texts(splits, choosing.VOCABULARY, choosing.WORDS, score)


def _of_texts(splits: Splits, size: int, most: int, score: Callable[[Array, Array], float]) -> Task:
    """Learn a number from a text: from its first words, of which so many are known."""
    vocabulary = Vocabulary.fit(splits.train.texts, size)
    mean, scale = splits.train.targets.mean(), splits.train.targets.std()
    train, validation, test = (
        encoded(part, vocabulary, most, mean, scale)
        for part in (splits.train, splits.validation, splits.test)
    )
    draw = partial(_drawn, train)
    return Task(draw, validation, test, WIDTH, 1, "squared", score, size, splits)


def _forecast(size: int) -> Task:
    """Forecast the next value of the made series with gaps, as the page on forecasting does."""
    whole, framing, parts = _framed(size)
    train, validation, test = (sequences(framing.windows(whole, part)) for part in parts)
    score = partial(_rmse, framing.scale)
    return Task(partial(_drawn, train), validation, test, train.x.shape[2], 1, "squared", score)


def _framed(size: int) -> tuple[series.Series, series.Framing, series.Parts]:
    whole, _ = TASKS["made"].load(size)
    parts = series.split(whole)
    steps, gaps = TASKS["made"].steps, TASKS["made"].gaps
    return whole, series.Framing.fit(whole[parts.train], steps, gaps=gaps), parts


def best_forecast(size: int) -> float:
    """Return the RMSE, on the test part, of the best forecast that there can be.

    >>> 0.9 < best_forecast(2000) < 1.3
    True
    """
    _, law = TASKS["made"].load(size)
    if law is None:
        raise ValueError("expected a series with a law, got one without")
    whole, framing, parts = _framed(size)
    at = framing.windows(whole, parts.test).at
    return float(np.sqrt(np.mean((law.forecast(whole, at)[0][:, 0] - whole.values[at]) ** 2)))


def encoded(
    corpus: Corpus, vocabulary: Vocabulary, most: int, mean: float, scale: float
) -> Sequences:
    """Return ids (N, most) and targets (N, 1), less ``mean`` and over ``scale``.

    >>> corpus = Corpus(["ten to six"], np.array([350.0]), ["a"])
    >>> encoded(corpus, Vocabulary.fit(["to to ten"]), 4, 300, 100).x
    array([[3., 2., 1., 0.]])
    """
    rows: Sequence[list[int]] = [ids[:most] for ids in vocabulary.encode(corpus.texts)]
    x = np.zeros((len(rows), most))
    for row, ids in enumerate(rows):
        x[row, : len(ids)] = ids
    return Sequences(x, (corpus.targets - mean)[:, None] / scale, np.array([*map(len, rows)]))


def _drawn(train: Sequences, rng: np.random.Generator, count: int) -> Sequences:
    rows = rng.integers(0, len(train.x), count)
    return Sequences(train.x[rows], train.targets[rows], train.lengths[rows])


def _squared(outputs: Array, targets: Array) -> float:
    return float(np.mean((outputs - targets) ** 2))


def _mae(scale: float, outputs: Array, targets: Array) -> float:
    return float(scale * np.abs(outputs - targets).mean())


def _rmse(scale: float, outputs: Array, targets: Array) -> float:
    return float(scale * np.sqrt(np.mean((outputs - targets) ** 2)))
