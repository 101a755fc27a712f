"""Who is sooner how good? Seconds against Pearson's r, from every look on the way.

Every clock starts when the libraries are loaded and the texts lie in memory, and runs through
tokenising, vocabulary, building, tracing and training. It stands still while the validation
texts are looked at, for all alike.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.experiments import note_recipe
from unrolled.experiments.speed import regressor_parts
from unrolled.regressor.training import answers
from unrolled.text import Splits, metrics

#: Points of a learning curve: ``seconds`` on the clock, ``passes`` over the training texts, and
#: ``r`` on the validation texts.
Point = dict[str, float]
Curve = list[Point]


class Stopwatch:
    """Seconds since the start, without those that are left out.

    >>> watch = Stopwatch()
    >>> watch.leave_out(60)
    >>> watch.seconds < 0
    True
    """

    def __init__(self) -> None:
        """Start."""
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """What the watch shows."""
        return time.perf_counter() - self._start

    def leave_out(self, seconds: float) -> None:
        """Set the watch back."""
        self._start += seconds


def run(
    splits: Splits,
    note: dict[str, Any],
    settings: dict[str, Any],
    seeds: Sequence[int],
    looks: tuple[int, int],
) -> dict[str, list[Curve]]:
    """Let all learn once for each seed, in turns, so that no drift of the machine favours one.

    Parameters
    ----------
    splits
        Texts to learn from and to look at.
    note
        Arguments of :func:`unrolled.experiments.note_recipe.train`; the seed is replaced.
    settings
        Of our reading part; the seed is replaced.
    seeds
        One run of each for each.
    looks
        Batches between two looks at how good the note's script is, and our reader.

    Returns
    -------
    dict
        The learning curves of ``note``, ``counting`` and ``reading``, one for each seed.

    """
    curves: dict[str, list[Curve]] = {"note": [], "counting": [], "reading": []}
    for seed in seeds:
        curves["counting"].append(counting(splits))
        curves["reading"].append(reading(splits, settings, seed, looks[1]))
        curves["note"].append(script(splits, note, seed, looks[0]))
    return curves


def script(splits: Splits, note: dict[str, Any], seed: int, look_every: int) -> Curve:
    """Let the note's script learn."""
    _, history = note_recipe.train(
        splits.train, splits.validation, **note, seed=seed, look_every=look_every
    )
    return [
        point(record["seconds"], record["passes"] or 0, record["validation_r"])
        for record in history
    ]


def counting(splits: Splits) -> Curve:
    """Let the counting part learn; it is ready at one moment and not before."""
    watch = Stopwatch()
    prepared = regressor_parts.prepare(splits.train, splits.validation)
    weights = regressor_parts.counter(prepared)
    seconds = watch.seconds
    answered = weights.answers(prepared.encoded.texts.words(prepared.validation))
    return [point(seconds, 1, _pearson(splits, answered))]


def reading(splits: Splits, settings: dict[str, Any], seed: int, look_every: int) -> Curve:
    """Let the reading part learn until its own validation stops it."""
    watch = Stopwatch()
    prepared = regressor_parts.prepare(splits.train, splits.validation)
    trainee = regressor_parts.reader(prepared, settings, seed)
    curve: Curve = []
    batches, begun = 0, 0.0

    def look(_: float) -> None:
        nonlocal batches
        batches += 1
        if batches % look_every:
            return
        seconds, paused = watch.seconds, time.perf_counter()
        answered = answers(trainee.network.model, prepared.encoded, prepared.validation)
        curve.append(point(seconds, batches / trainee.steps, _pearson(splits, answered)))
        watch.leave_out(time.perf_counter() - paused)

    def over(epoch: dict[str, float]) -> None:
        # What is more than the epoch's own seconds is the trainee's own look at the validation.
        watch.leave_out(time.perf_counter() - begun - epoch["seconds"])

    while not trainee.done:
        begun = time.perf_counter()
        trainee.go_on(look)
        over(trainee.history[-1])
    return curve


def point(seconds: float | None, passes: float, r: float | None) -> Point:
    """Return a point of a curve; where there is no correlation, r is 0.

    >>> point(1.0, 1, None)
    {'seconds': 1.0, 'passes': 1.0, 'r': 0.0}
    """
    return {"seconds": float(seconds or 0), "passes": float(passes), "r": float(r or 0)}


def _pearson(splits: Splits, answered: Any) -> float | None:
    return metrics.all_metrics(splits.validation.targets, np.asarray(answered))["pearson"]
