"""Which note: the same notes as samples and as frames, and a model of the mean spectrum to beat."""

from functools import cache
from typing import Any

import numpy as np

from unrolled.experiments.rounding import rounded
from unrolled.experiments.sound.learning import best, learn, losses, reader
from unrolled.series import notes
from unrolled.tasks import Sequences

FORMS = {"samples": notes.as_samples, "frames": notes.as_frames}
#: Seeds of the notes that set the scale, and of those that a search and a report are measured on.
SCALE, SEARCH, TEST = 10_000, 10_001, 10_002


@cache
def scale(form: str, length: int) -> tuple[Any, Any]:
    """Return the mean and the deviation of each feature, (D,) each, of notes of their own."""
    x = FORMS[form](notes.make(256, length, seed=SCALE)).x
    return x.mean(axis=(0, 1)), x.std(axis=(0, 1))


def asked(form: str, length: int, count: int, seed: int | np.random.Generator) -> Sequences:
    """Return scaled notes in one of :data:`FORMS`.

    >>> asked("frames", 200, 5, seed=0).x.shape
    (5, 3, 51)
    """
    made = FORMS[form](notes.make(count, length, seed))
    mean, deviation = scale(form, length)
    return made._replace(x=(made.x - mean) / deviation)


def heard(
    form: str,
    length: int,
    *,
    cell: str,
    budget: int,
    rates: tuple[float, ...],
    search_seeds: tuple[int, ...],
    seeds: tuple[int, ...],
    updates: int,
    batch: int,
    held_out: int,
) -> dict[str, Any]:
    """Choose the rate with seeds of its own, then train for each seed; return the accuracies."""

    def draw(rng: np.random.Generator, count: int) -> Sequences:
        return asked(form, length, count, rng)

    searched, unseen = (asked(form, length, held_out, seed) for seed in (SEARCH, TEST))
    one = reader(cell, "one way", budget, unseen.x.shape[-1])
    members = [(seed, rate) for rate in rates for seed in search_seeds]
    outputs = learn(one, lambda seed: draw, members, searched, updates=updates, batch=batch)
    tried: dict[float, list[float]] = {rate: [] for rate in rates}
    for (_, rate), each in zip(members, losses(outputs, searched.targets), strict=True):
        tried[rate].append(rounded(each.mean()))
    rate = best(tried)
    members = [(seed, rate) for seed in seeds]
    outputs = learn(one, lambda seed: draw, members, unseen, updates=updates, batch=batch)
    right = outputs.argmax(axis=-1) == unseen.targets.argmax(axis=-1)
    return {
        "steps": unseen.x.shape[1],
        "features": unseen.x.shape[2],
        "units": one.units,
        "parameters": one.parameters(unseen.x.shape[2]),
        "rate": rate,
        "search": {str(rate): each for rate, each in tried.items()},
        "scores": rounded(right.mean(axis=1)),
    }


def mean_spectrum(length: int, known: int, held_out: int) -> float:
    """Return how often a logistic regression on the mean of a note's frames is right.

    >>> mean_spectrum(200, known=200, held_out=50) > 0.9
    True
    """
    from sklearn.linear_model import LogisticRegression

    train = asked("frames", length, known, SEARCH)
    test = asked("frames", length, held_out, TEST)
    model = LogisticRegression(max_iter=5000)
    model.fit(train.x.mean(axis=1), train.targets.argmax(axis=1))
    return float(rounded(model.score(test.x.mean(axis=1), test.targets.argmax(axis=1))))
