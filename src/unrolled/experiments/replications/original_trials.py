"""Trials as the paper of 1997 made them: learn online, stop when it is solved, then test."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.activations import Array
from unrolled.experiments.replications.original_lstm import (
    Params,
    Sizes,
    answers,
    init,
    learn,
)
from unrolled.tasks import Sequences, adding, order

#: How many of the latest sequences the criterion looks at.
LATEST = 2000
#: Shares of the latest sequences answered correctly whose first time is kept beside the criterion.
SHARES = (0.9, 0.99, 1.0)
#: How many sequences are made and learnt from at once.
CHUNK = 500


@dataclasses.dataclass(frozen=True)
class Setup:
    """One of the paper's experiments.

    ``mean_below`` is what the mean error has to fall below, ``most`` after how many sequences a
    trial is given up.
    """

    task: order.Form | int
    sizes: Sizes
    input_gates: tuple[float, ...]
    rate: float
    mean_below: float
    most: int

    def make(self, count: int, seed: int | np.random.Generator) -> Sequences:
        """Return sequences of the task: ``"6a"``, ``"6b"``, or the T of an adding problem.

        >>> ADDING.make(3, seed=0).x.shape
        (3, 110, 2)
        """
        if isinstance(self.task, int):
            return adding.original(count, self.task, seed)
        return order.make(count, self.task, seed)

    def correct(self, outputs: Array, targets: Array) -> NDArray[np.bool_]:
        """Return which answers (..., K) the paper counts as correct."""
        judge = adding.correct if isinstance(self.task, int) else order.correct
        return judge(outputs, targets)


ADDING = Setup(100, Sizes(2, 2, 2, 1), (-3.0, -6.0), 0.5, 0.01, 200_000)
ORDER_6A = Setup("6a", Sizes(8, 2, 2, 4), (-2.0, -4.0), 0.5, 0.1, 200_000)
ORDER_6B = Setup("6b", Sizes(8, 3, 2, 8), (-2.0, -4.0, -6.0), 0.1, 0.1, 1_000_000)


def solved(
    errors: Array,
    correct: NDArray[np.bool_],
    mean_below: float,
    latest: int = LATEST,
    share: float = 1.0,
) -> int | None:
    """Return after how many sequences the criterion is first met, or None where it never is.

    The paper's is met when the ``latest`` sequences were all answered correctly and their mean
    error is below ``mean_below``.

    Parameters
    ----------
    errors, correct
        (n,) each, in the order in which the sequences were learnt from.
    mean_below
        What the mean of ``latest`` errors has to be below.
    latest
        How many sequences back the criterion looks.
    share
        How many of them have to be correct; all, in the paper.

    Examples
    --------
    >>> errors, right = np.array([0.9, 0.1, 0.0, 0.0]), np.array([False, True, True, True])
    >>> solved(errors, right, mean_below=0.1, latest=2)
    3

    """
    if len(errors) < latest:
        return None
    windows = np.lib.stride_tricks.sliding_window_view
    means, hits = windows(errors, latest).mean(axis=1), windows(correct, latest).mean(axis=1)
    met = np.flatnonzero((means < mean_below) & (hits >= share))
    return int(met[0]) + latest if len(met) else None


def train(
    setup: Setup,
    seeds: Sequence[int],
    chunk: int = CHUNK,
    latest: int = LATEST,
    tell: Callable[[str], None] = print,
) -> tuple[Params, list[dict[str, Any]]]:
    """Run one trial for each seed, all of them side by side.

    A trial stops to learn at the very sequence at which :func:`solved` is met.

    Parameters
    ----------
    setup
        See :class:`Setup`.
    seeds
        One trial each, which neither sees nor disturbs the others.
    chunk
        How many sequences are made and learnt from at once.
    latest
        See :func:`solved`.
    tell
        Called with a line now and then.

    Returns
    -------
    params, trials
        The weights at the end, and for each trial ``sequences`` until it was solved or None,
        ``shares``, by each of :data:`SHARES` the sequences until so many of the latest were
        correct, whatever their mean error, or None, and ``curve``, the mean error of every
        chunk; after the end it is that of weights that no longer change.

    """
    each = [init(setup.sizes, setup.input_gates, seed) for seed in seeds]
    params = Params(*map(np.stack, zip(*each, strict=True)))
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    errors = np.zeros((0, len(seeds)))
    right = np.zeros((0, len(seeds)), dtype=bool)
    trials: list[dict[str, Any]] = [
        {"sequences": None, "shares": dict.fromkeys(map(str, SHARES)), "curve": []} for _ in seeds
    ]
    for done in range(0, setup.most, chunk):
        sequences = drawn(setup, chunk, rngs)
        rates = np.full((chunk, len(seeds)), setup.rate)
        rates[:, [trial["sequences"] is not None for trial in trials]] = 0
        learnt, outputs = learn(params, sequences, rates)
        stopped = False
        errors = np.concatenate([errors, np.abs(outputs - sequences.targets).mean(axis=-1)])
        right = np.concatenate([right, setup.correct(outputs, sequences.targets)])
        before = done + chunk - len(errors)
        for number, trial in enumerate(trials):
            trial["curve"].append(float(errors[-chunk:, number].mean()))
            history = errors[:, number], right[:, number]
            for share in SHARES:
                if trial["shares"][str(share)] is None:
                    at = solved(*history, np.inf, latest, share)
                    trial["shares"][str(share)] = at and before + at
            if trial["sequences"] is None:
                at = solved(*history, setup.mean_below, latest)
                if at is not None:
                    trial["sequences"] = before + at
                    rates[before + at - done :, number] = 0
                    stopped = True
        if stopped:  # Learn again from this chunk, and from nothing after the end of a trial.
            learnt, _ = learn(params, sequences, rates)
        params = learnt
        errors, right = errors[-latest + 1 :], right[-latest + 1 :]
        left = sum(trial["sequences"] is None for trial in trials)
        if done // 20_000 != (done + chunk) // 20_000:
            tell(f"  {setup.task}: {done + chunk:,} sequences, {left} of {len(seeds)} trials left")
        if not left:
            break
    return params, trials


def drawn(setup: Setup, count: int, rngs: Sequence[np.random.Generator]) -> Sequences:
    """Draw sequences for each trial from its own generator; the trials are the second axis."""
    made = [setup.make(count, rng) for rng in rngs]
    return Sequences(*(np.stack(arrays, axis=1) for arrays in zip(*made, strict=True)))


def on_unseen(setup: Setup, params: Params, count: int, seed: int) -> list[dict[str, float]]:
    """Test every trial's weights on the same unseen sequences.

    Returns for each ``wrong``, how many were not answered correctly, ``wrong_at_ends``, how many
    of these have targets within 0.1 of 0 or 1 alone, and ``error``, the mean.
    """
    sequences = setup.make(count, seed)
    at_ends = (np.abs(sequences.targets - 0.5) > 0.4).all(axis=-1)
    found = []
    for outputs in answers(params, sequences):
        wrong = ~setup.correct(outputs, sequences.targets)
        found.append(
            {
                "wrong": int(wrong.sum()),
                "wrong_at_ends": int((wrong & at_ends).sum()),
                "error": float(np.abs(outputs - sequences.targets).mean()),
            }
        )
    return found
