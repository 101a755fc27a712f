"""Japanese Vowels: networks that read frames, and a model of their mean and spread to beat."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.rounding import rounded
from unrolled.experiments.sound.learning import Draw, Reader, best, learn, losses
from unrolled.series import vowels
from unrolled.tasks import Sequences

#: Where the curves of the picture are read: shares of an utterance.
PLACES = tuple(np.linspace(0, 1, 9).tolist())


@cache
def data() -> tuple[Sequences, Sequences]:
    """Return the scaled utterances, to learn from and to test on."""
    train, test = vowels.scaled(*vowels.japanese_vowels())
    return train, test


def unmasked(sequences: Sequences) -> Sequences:
    """Return sequences that all claim to be as long as the array: padding is read as frames.

    >>> made = Sequences(np.zeros((2, 5, 1)), np.ones((2, 1)), np.array([3, 4]))
    >>> unmasked(made).lengths
    array([5, 5])
    """
    return sequences._replace(lengths=np.full(len(sequences.x), sequences.x.shape[1]))


def rows(sequences: Sequences, chosen: NDArray[Any]) -> Sequences:
    """Return some of the sequences, by their numbers or by a mask.

    >>> made = Sequences(np.zeros((2, 5, 1)), np.ones((2, 1)), np.array([3, 4]))
    >>> rows(made, np.array([1])).lengths
    array([4])
    """
    return Sequences(*(part[chosen] for part in sequences))


def folds(sequences: Sequences, count: int, seed: int) -> NDArray[np.int64]:
    """Return a fold for each sequence, (N,), with each class spread evenly over them.

    >>> made = Sequences(np.zeros((4, 1, 1)), np.eye(2)[[0, 0, 1, 1]], np.ones(4, int))
    >>> sorted(folds(made, 2, seed=0)[:2])
    [np.int64(0), np.int64(1)]
    """
    rng = np.random.default_rng(seed)
    found = np.zeros(len(sequences.x), np.int64)
    for column in sequences.targets.T:
        own = np.flatnonzero(column)
        found[own] = rng.permutation(np.arange(len(own)) % count)
    return found


def drawing(sequences: Sequences) -> Draw:
    """Return what draws so many different ones of the sequences, N at most."""

    def draw(rng: np.random.Generator, count: int) -> Sequences:
        chosen = rng.choice(len(sequences.x), min(count, len(sequences.x)), replace=False)
        return rows(sequences, chosen)

    return draw


def read(
    one: Reader,
    masked: bool,
    *,
    rates: tuple[float, ...],
    parts: int,
    seeds: tuple[int, ...],
    updates: int,
    batch: int,
) -> dict[str, Any]:
    """Choose the rate by folds of the training part, then train on all of it for each seed."""
    train, test = data() if masked else tuple(map(unmasked, data()))
    fold = folds(train, parts, seed=0)
    first = 1000  # The folds have seeds that no report has.

    def without(seed: int) -> Draw:
        return drawing(rows(train, fold != seed - first))

    members = [(first + part, rate) for part in range(parts) for rate in rates]
    outputs = learn(one, without, members, train, updates=updates, batch=batch)
    tried: dict[float, list[float]] = {rate: [] for rate in rates}
    for (seed, rate), each in zip(members, losses(outputs, train.targets), strict=True):
        tried[rate].append(rounded(each[fold == seed - first].mean()))
    rate = best(tried)
    members = [(seed, rate) for seed in seeds]
    everything = drawing(train)
    outputs = learn(one, lambda seed: everything, members, test, updates=updates, batch=batch)
    return {
        "units": one.units,
        "parameters": one.parameters(train.x.shape[-1]),
        "rate": rate,
        "search": {str(rate): each for rate, each in tried.items()},
        "answers": [as_text(each) for each in outputs.argmax(axis=-1)],
    }


def counted(strengths: tuple[float, ...], parts: int) -> dict[str, Any]:
    """Return what a logistic regression on the frames' means and deviations answers.

    Its penalty is chosen like a network's rate, on the same folds.
    """
    from sklearn.linear_model import LogisticRegression

    train, test = data()
    known, asked = vowels.summary(train), vowels.summary(test)
    truth, fold = train.targets.argmax(axis=1), folds(train, parts, seed=0)
    tried: dict[float, list[float]] = {strength: [] for strength in strengths}
    for strength in strengths:
        model = LogisticRegression(C=strength, max_iter=5000)
        for part in range(parts):
            model.fit(known[fold != part], truth[fold != part])
            shares = model.predict_proba(known[fold == part])
            right = shares[np.arange(len(shares)), truth[fold == part]]
            tried[strength].append(rounded(-np.log(right).mean()))
    chosen = best(tried)
    model = LogisticRegression(C=chosen, max_iter=5000)
    answers = as_text(model.fit(known, truth).predict(asked))
    search = {str(strength): each for strength, each in tried.items()}
    return {"strength": chosen, "search": search, "answers": answers}


def about() -> dict[str, Any]:
    """Return what a page tells of the data: who speaks, how long, and what curves look like.

    ``curves`` has for each of the first three speakers and first four coefficients the quantiles
    0, ¼, ½, ¾ and 1 over the training utterances, at :data:`PLACES`.
    """
    train, test = vowels.japanese_vowels()
    spoken = train.targets.argmax(axis=1)
    along = np.array([
        [np.interp(np.array(PLACES) * (n - 1), np.arange(n), x[:n, k]) for k in range(4)]
        for x, n in zip(train.x, train.lengths, strict=True)
    ])  # fmt: skip
    shares = np.linspace(0, 1, 5)
    quantiles = [np.quantile(along[spoken == who], shares, axis=0) for who in range(3)]
    return {
        "truth": as_text(test.targets.argmax(axis=1)),
        "lengths": {
            name: [int(part.lengths.min()), float(np.median(part.lengths)), int(part.lengths.max())]
            for name, part in (("train", train), ("test", test))
        },
        "padding": rounded(1 - test.lengths.mean() / vowels.LONGEST),
        "curves": [rounded(each.transpose(1, 0, 2)) for each in quantiles],
    }


def as_text(speakers: NDArray[Any]) -> str:
    """Return speakers 0 to 8 as a digit each, 1 to 9: a line of a result in place of hundreds.

    >>> as_text(np.array([0, 8])), as_array("19")
    ('19', array([0, 8]))
    """
    return "".join(str(int(speaker) + 1) for speaker in speakers)


def as_array(text: str) -> NDArray[np.int64]:
    """Return what :func:`as_text` wrote as speakers 0 to 8, (n,)."""
    return np.array([int(digit) - 1 for digit in text])
