"""What texts that were kept apart say of a model, block by block, so that they may be many."""

import heapq
from array import array
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.examples import Example
from unrolled.regressor.pieces import tokens
from unrolled.regressor.portable import Model

#: How many errors and words are shown, and how many letters of a text.
WORST, WORDS, LETTERS = 10, 12, 240
#: The level of the intervals that are taken.
LEVEL = 0.9

Floats = NDArray[np.float64]


class Error(NamedTuple):
    """One text that was answered badly; ``half`` is half its interval, None without one."""

    size: float
    place: int
    text: str
    truth: float
    answer: float
    half: float | None


class Word(NamedTuple):
    """A word or pair, in how many texts it stands, and what it adds to their answers on average."""

    name: str
    texts: int
    adds: float


class Found(NamedTuple):
    """What n texts say: numbers, answers, tokens and half intervals (n,), words, worst errors.

    ``halves`` is None for a model that has no intervals; ``ratios`` says by what to multiply them
    for other levels. ``words`` is None where nothing is counted.
    """

    truth: Floats
    answers: Floats
    lengths: NDArray[np.int64]
    halves: Floats | None
    ratios: dict[float, float]
    words: list[Word] | None
    worst: list[Error]


class Gathering:
    """Takes texts with the answers of a model as they come."""

    def __init__(self, model: Model) -> None:
        """Have no text yet."""
        self._model, counting = model, model.counting
        self._truth, self._answers, self._halves = array("d"), array("d"), array("d")
        self._lengths = array("q")
        self._worst: list[Error] = []
        self._sums, self._counts = np.zeros((2, len(counting.grams)))

    def take(self, rows: Sequence[Example], answers: Floats, halves: Floats | None) -> None:
        """Add rows with their numbers, answers (N,) and half intervals of ``LEVEL`` (N,)."""
        first, model = len(self._truth), self._model
        cut = [list(islice(tokens(row.text), model.config.max_length - 1)) for row in rows]
        self._truth.extend(row.target for row in rows)
        self._answers.extend(answers.tolist())
        self._lengths.extend(map(len, cut))
        if halves is not None:
            self._halves.extend(halves.tolist())
        for n, row in enumerate(rows):
            answer, half = float(answers[n]), None if halves is None else float(halves[n])
            size = abs(answer - row.target)
            # The text is the last that is compared; no two have one place.
            error = Error(size, -first - n, row.text[:LETTERS], row.target, answer, half)
            if len(self._worst) < WORST:
                heapq.heappush(self._worst, error)
            else:
                heapq.heappushpop(self._worst, error)
        if len(model.counting.grams):
            idf, weights = model.counting.table.T
            grams = model.counting.grams
            _, columns, values = grams.weighed(grams.counts(cut), idf)
            self._sums += np.bincount(columns, values * weights[columns], len(grams))
            self._counts += np.bincount(columns, minlength=len(grams))

    def found(self) -> Found:
        """Return what there is."""
        halves = np.array(self._halves) if self._halves else None
        return Found(
            np.array(self._truth), np.array(self._answers), np.array(self._lengths), halves,
            self._ratios() if halves is not None else {}, self._words(),
            sorted(self._worst, reverse=True),
        )  # fmt: skip

    def _ratios(self) -> dict[float, float]:
        """Return how much wider than those of ``LEVEL`` the intervals of other levels are."""
        doubt, found = self._model.doubt, {}
        base = doubt.ratio(LEVEL)
        for level in (0.5, 0.8, LEVEL, 0.95, 0.99):
            try:
                found[level] = doubt.ratio(level) / base if base else 1.0
            except ValueError:  # So few texts were asked that no interval is so sure.
                break
        return found

    def _words(self) -> list[Word] | None:
        """Return the words and pairs that raise and lower answers most, rising.

        Each stands in several texts, if there are many.
        """
        grams, config = self._model.counting.grams, self._model.config
        if not len(grams):
            return None
        words = len(grams.words)
        counts = self._counts[:words]
        least = min(3, 1 + len(self._truth) // 50)
        often = np.flatnonzero(counts >= least)
        adds = config.scale * (1 - config.share) * self._sums[often] / counts[often]
        order = np.argsort(adds, kind="stable")
        kept = order if len(order) <= 2 * WORDS else np.r_[order[:WORDS], order[-WORDS:]]
        names = [grams.words[often[n]] for n in kept]
        each = zip(
            names, counts[often[kept]].astype(int).tolist(), adds[kept].tolist(), strict=True
        )
        return [Word(*one) for one in each]
