"""Sentences that tell one time after another, and these times in digits, sign by sign.

The parts are those of :mod:`unrolled.text.clock`: "let us meet at ten to six and we had tea at
half past one" is to become "5:50 1:30". A longer sentence tells more, so there is more to keep.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.text import Vocabulary, clock

Ids = NDArray[np.integer[Any]]
#: What an answer is written with, by its number; the last one stands before the first sign.
SIGNS = (*"0123456789: ", "end", "start")
END, START = SIGNS.index("end"), SIGNS.index("start")
#: How many signs may be written: all but the start.
WRITTEN = len(SIGNS) - 1
#: The ways to tell the time, with the hour and minutes that are whole fives.
PHRASINGS = ("o'clock", "half past", "quarter past", "quarter to", "past", "to", "hour and minute")
#: The most words that a carrier may have beside the time.
FEW = 4
CARRIERS = tuple(each for each in clock.CARRIERS if len(each.split()) <= FEW + 1)


class Pairs(NamedTuple):
    """Sentences as ids (N, T) with their lengths, and answers as signs (N, K), padded with end.

    ``times`` (N,) tells how many times each sentence tells.
    """

    ids: Ids
    lengths: Ids
    signs: Ids
    times: Ids

    def take(self, rows: Any) -> "Pairs":
        """Return some of them."""
        return Pairs(*(array[rows] for array in self))


def digits(minutes: int) -> str:
    """Return a time as a clock shows it.

    >>> digits(350), digits(5)
    ('5:50', '12:05')
    """
    hour, minute = divmod(minutes, 60)
    return f"{hour or 12}:{minute:02d}"


@cache
def phrases(part: str) -> tuple[tuple[int, str], ...]:
    """Return the pairs (minutes, phrasing) of a part: "test" has every fifth, which no other has.

    >>> len(phrases("train")), len(phrases("test"))
    (240, 60)
    """
    pairs = [(m, name) for name in PHRASINGS for m in clock.times(name) if m % 5 == 0]
    order = np.random.default_rng(0).permutation(len(pairs))
    asked = {int(n) for n in order[: len(pairs) // 5]}
    return tuple(pair for n, pair in enumerate(pairs) if (n in asked) == (part == "test"))


def sentence(rng: np.random.Generator, part: str, times: int) -> tuple[str, str]:
    """Draw a sentence that tells so many times, and its answer.

    >>> sentence(np.random.default_rng(0), "train", 2)
    ('wake me at eight ten please and the train leaves at two fifteen', '8:10 2:15')
    """
    known = phrases(part)
    chosen = [known[n] for n in rng.integers(len(known), size=times)]
    carried = [CARRIERS[n] for n in rng.integers(len(CARRIERS), size=times)]
    told = [c.format(clock.tell(*pair)) for c, pair in zip(carried, chosen, strict=True)]
    return " and ".join(told), " ".join(digits(minutes) for minutes, _ in chosen)


@cache
def vocabulary() -> Vocabulary:
    """Return the words of all sentences there can be."""
    told = [clock.tell(*pair) for part in ("train", "test") for pair in phrases(part)]
    return Vocabulary.fit([*told, *(each.format("and") for each in CARRIERS)])


def pairs(texts: Sequence[str], answers: Sequence[str]) -> Pairs:
    """Return sentences and their answers as numbers."""
    rows = vocabulary().encode(texts)
    written = [[*map(SIGNS.index, answer), END] for answer in answers]
    return Pairs(
        _padded(rows, 0), np.array([len(row) for row in rows]), _padded(written, END),
        np.array([len(answer.split()) for answer in answers]),
    )  # fmt: skip


def draw(seed: int, part: str, count: int, times: Sequence[int]) -> Pairs:
    """Draw ``count`` sentences, which tell each of the numbers of ``times`` equally often.

    >>> draw(0, "test", 4, (1, 2)).times
    array([1, 2, 1, 2])
    """
    rng = np.random.default_rng([seed, 0])
    found = [sentence(rng, part, times[n % len(times)]) for n in range(count)]
    return pairs(*zip(*found, strict=True))


def _padded(rows: Sequence[Sequence[int]], filling: int) -> Ids:
    steps = max(map(len, rows))
    return np.array([[*row, *[filling] * (steps - len(row))] for row in rows], np.int32)


def written(signs: Sequence[int]) -> str:
    """Return signs as text, up to the first end.

    >>> written([5, 10, 5, 0, 12, 12])
    '5:50'
    """
    kept = list(signs)
    return "".join(SIGNS[n] for n in (kept[: kept.index(END)] if END in kept else kept))
