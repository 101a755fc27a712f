"""Who is sooner as good as the note's script ever gets? Seconds against Pearson's r.

Every clock starts when the libraries are loaded and the texts lie in memory, and runs through
tokenising, vocabulary, building, tracing and training. It stands still while the validation
texts are looked at, for all alike.
"""

import statistics
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
    look_every: int,
) -> dict[str, Any]:
    """Let the note's script train once, and each part of ours once for each seed.

    Parameters
    ----------
    splits
        Texts to learn from and to look at.
    note
        Arguments of :func:`unrolled.experiments.note_recipe.train`.
    settings
        Of our reading part; the seed is replaced.
    seeds
        One run of either part for each. The first runs before the note's script, the rest after.
    look_every
        Batches between two looks at how good our reader is.

    Returns
    -------
    dict
        ``target``, the highest r of the note's script; its ``note_curve``, epoch by epoch; and by
        name, ``note``, ``counting`` and ``reading``: the median ``seconds`` and ``passes`` until
        r is at the target or above (``None`` if a run never is), these seconds for ``each`` run,
        the highest r of each, ``best``, and the seconds ``best_after``.

    """
    curves: dict[str, list[Curve]] = {"note": [], "counting": [], "reading": []}
    for number, seed in enumerate(seeds):
        curves["counting"].append(counting(splits))
        curves["reading"].append(reading(splits, settings, seed, look_every))
        if number == 0:
            curves["note"].append(script(splits, note))
    (note_curve,) = curves["note"]
    target = highest(note_curve)["r"]
    found: dict[str, Any] = {"target": target, "note_curve": note_curve}
    for name, runs in curves.items():
        first = [reached(curve, target) for curve in runs]
        best = [highest(curve) for curve in runs]
        found[name] = {
            "seconds": _median(first, "seconds"),
            "passes": _median(first, "passes"),
            "each": [at and at["seconds"] for at in first],
            "best": [top["r"] for top in best],
            "best_after": [top["seconds"] for top in best],
        }
    return found


def _median(points: Sequence[Point | None], key: str) -> float | None:
    """Return the middle value of all points, or ``None`` where one is missing."""
    known = [at[key] for at in points if at]
    return statistics.median(known) if len(known) == len(points) else None


def script(splits: Splits, note: dict[str, Any]) -> Curve:
    """Let the note's script learn until its training loss stops it."""
    _, history = note_recipe.train(splits.train, splits.validation, **note)
    return [
        point(record["seconds"], passes, record["validation_r"])
        for passes, record in enumerate(history, 1)
    ]


def counting(splits: Splits) -> Curve:
    """Let the counting part learn; it is ready at one moment and not before."""
    watch = Stopwatch()
    prepared = regressor_parts.prepare(splits.train, splits.validation)
    weights = regressor_parts.counter(prepared)
    seconds = watch.seconds
    answered = weights.answers(prepared.encoded, prepared.validation)
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
        answered = answers(trainee.model, prepared.encoded, prepared.validation)
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


def reached(curve: Curve, target: float) -> Point | None:
    """Return the first point of a curve that is at ``target`` or above.

    >>> curve = [point(1.0, 1, 0.2), point(2.0, 2, 0.8)]
    >>> reached(curve, 0.5)["seconds"], reached(curve, 0.9)
    (2.0, None)
    """
    return next((at for at in curve if at["r"] >= target), None)


def highest(curve: Curve) -> Point:
    """Return the point of a curve with the highest r; the first of several.

    >>> highest([point(1.0, 1, 0.2), point(2.0, 2, 0.8)])
    {'seconds': 2.0, 'passes': 2.0, 'r': 0.8}
    """
    return max(curve, key=lambda at: at["r"])


def point(seconds: float | None, passes: float, r: float | None) -> Point:
    """Return a point of a curve; where there is no correlation, r is 0.

    >>> point(1.0, 1, None)
    {'seconds': 1.0, 'passes': 1.0, 'r': 0.0}
    """
    return {"seconds": float(seconds or 0), "passes": float(passes), "r": float(r or 0)}


def _pearson(splits: Splits, answered: Any) -> float | None:
    return metrics.all_metrics(splits.validation.targets, np.asarray(answered))["pearson"]
