"""Sentences that tell the time, made by a seeded grammar.

The target is exact: minutes after twelve on a twelve-hour clock, 0 to 719.
The order of the words decides: "ten to six" is 350, "six to ten" is 594.
A model that only counts words cannot tell the two apart.

Every time is written in words or figures that stand apart. "6:15" is left out on purpose:
a vocabulary of words deletes the colon and meets "615", a new word for each new time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_count
from unrolled.text.corpora import Corpus, Splits

#: Minutes on a twelve-hour clock, hence the number of different targets.
TIMES = 720

_ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty"]
#: Words for 0 to 59; a hyphen joins "twenty-five" as English does.
NUMBERS = _ONES + [f"{ten}-{one}" if one != "zero" else ten for ten in _TENS for one in _ONES[:10]]

#: Sentences that a phrase is put into; the first is the bare phrase.
CARRIERS = (
    "{}",
    "let us meet at {}",
    "the train leaves at {}",
    "it is {} now",
    "wake me at {} please",
    "the shop closes at {} today",
    "she rang the bell at {} sharp",
    "we had tea at {}",
    "the film starts at {} tonight",
    "be there by {} or call me",
    "my watch says {}",
    "by the tower clock it was {} already",
    "dinner will be ready at {}",
    "the last bus came at {}",
    "he fell asleep at {} again",
    "set the alarm for {}",
    "the meeting was moved to {}",
    "at {} the lights went out",
    "around {} it began to rain",
    "they promised to be home by {}",
    "is it {} yet",
)


@dataclass(frozen=True)
class _Phrasing:
    """A way to tell the time: which minutes past the hour it may tell, and the words for them."""

    minutes: range
    words: Callable[[int, int], str]


def _hour(hour: int) -> str:
    return NUMBERS[hour % 12 or 12]


def _count(minutes: int) -> str:
    return f"{NUMBERS[minutes]} minute{'s' if minutes != 1 else ''}"


# The words get the hour that is running (h) and the minutes gone of it (m).
# Before the full hour people name the hour to come and the minutes still missing: h + 1, 60 - m.
_PHRASINGS: dict[str, _Phrasing] = {
    "o'clock": _Phrasing(range(0, 1), lambda h, m: f"{_hour(h)} o'clock"),
    "half past": _Phrasing(range(30, 31), lambda h, m: f"half past {_hour(h)}"),
    "quarter past": _Phrasing(range(15, 16), lambda h, m: f"a quarter past {_hour(h)}"),
    "quarter to": _Phrasing(range(45, 46), lambda h, m: f"a quarter to {_hour(h + 1)}"),
    "past": _Phrasing(range(1, 30), lambda h, m: f"{NUMBERS[m]} past {_hour(h)}"),
    "to": _Phrasing(range(31, 60), lambda h, m: f"{NUMBERS[60 - m]} to {_hour(h + 1)}"),
    "figures past": _Phrasing(range(1, 30), lambda h, m: f"{m} past {h or 12}"),
    "figures to": _Phrasing(range(31, 60), lambda h, m: f"{60 - m} to {h + 1}"),
    "minutes after": _Phrasing(range(1, 60), lambda h, m: f"{_count(m)} after {_hour(h)}"),
    "minutes before": _Phrasing(
        range(1, 60), lambda h, m: f"{_count(60 - m)} before {_hour(h + 1)}"
    ),
    "hour and minute": _Phrasing(
        range(1, 60), lambda h, m: f"{_hour(h)} {'oh ' if m < 10 else ''}{NUMBERS[m]}"
    ),
    "gone by": _Phrasing(range(1, 30), lambda h, m: f"{_hour(h)} gone by {_count(m)}"),
    "short by": _Phrasing(range(31, 60), lambda h, m: f"{_hour(h + 1)} short by {_count(60 - m)}"),
    "from half past": _Phrasing(
        range(31, 45), lambda h, m: f"{_count(m - 30)} after half past {_hour(h)}"
    ),
}


def phrasings() -> tuple[str, ...]:
    """Return the names of the ways to tell the time.

    >>> len(phrasings()) >= 10
    True
    """
    return tuple(_PHRASINGS)


def times(phrasing: str) -> list[int]:
    """Return the times that a phrasing may tell, in minutes after twelve.

    >>> times("half past")[:3]
    [30, 90, 150]

    Raises ``ValueError`` for a name that is not among :func:`phrasings`.
    """
    if phrasing not in _PHRASINGS:
        raise ValueError(f"expected a phrasing among {phrasings()}, got {phrasing!r}")
    return [60 * hour + minute for hour in range(12) for minute in _PHRASINGS[phrasing].minutes]


def tell(minutes: int, phrasing: str) -> str:
    """Put a time into words.

    Parameters
    ----------
    minutes
        Minutes after twelve on a twelve-hour clock, 0 to 719.
    phrasing
        A name among :func:`phrasings`.

    Raises
    ------
    TypeError, ValueError
        If the time is no integer from 0 to 719, or the phrasing cannot tell it.

    Examples
    --------
    >>> tell(350, "to"), tell(594, "to")
    ('ten to six', 'six to ten')
    >>> tell(365, "hour and minute")
    'six oh five'

    """
    minutes = as_count(minutes, "minutes", least=0)
    if minutes >= TIMES:
        raise ValueError(f"minutes: expected 0 to {TIMES - 1}, got {minutes}")
    if minutes not in times(phrasing):
        raise ValueError(f"expected a time that {phrasing!r} may tell, got {minutes} minutes")
    return _PHRASINGS[phrasing].words(*divmod(minutes, 60))


def bare(corpus: Corpus) -> NDArray[np.bool_]:
    """Tell which sentences of such a corpus, (N,), are nothing but the time, as people type it.

    >>> corpus = load(400, 50, 50).train
    >>> each = zip(corpus.texts, bare(corpus))
    >>> [text for text, is_bare in each if is_bare][:2]
    ['twelve thirty-one', 'eleven twenty-six']
    """
    named = (group.split(" ", 1) for group in corpus.groups)
    alone = [tell(int(minutes), phrasing) for minutes, phrasing in named]
    return np.array([text == words for text, words in zip(corpus.texts, alone, strict=True)])


def load(train: int = 4000, validation: int = 500, test: int = 1000, seed: int = 0) -> Splits:
    """Make a corpus of sentences and split it by (time, phrasing).

    A pair that is tested is never trained on and never validated on, in any carrier sentence.
    The groups name the pair, such as ``"350 to"``. No sentence occurs twice.

    Parameters
    ----------
    train, validation, test
        Numbers of sentences, at least 1 each.
    seed
        The same seed gives the same sentences.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer or asks for more than the grammar has.

    Examples
    --------
    >>> splits = load(train=100, validation=10, test=20)
    >>> len(splits.train), len(splits.validation), len(splits.test)
    (100, 10, 20)

    """
    sizes = [
        as_count(n, name)
        for n, name in [(train, "train"), (validation, "validation"), (test, "test")]
    ]
    pairs = [(time, name) for name in phrasings() for time in times(name)]
    rng = np.random.default_rng(seed)
    cuts = np.round(np.cumsum(sizes)[:2] / sum(sizes) * len(pairs)).astype(int)
    parts = np.split(rng.permutation(len(pairs)), cuts)
    return Splits(
        *(
            _sentences(rng, [pairs[i] for i in part], size)
            for part, size in zip(parts, sizes, strict=True)
        )
    )


def _sentences(rng: np.random.Generator, pairs: list[tuple[int, str]], size: int) -> Corpus:
    """Draw ``size`` different sentences about these pairs."""
    if size > len(pairs) * len(CARRIERS):
        raise ValueError(
            f"expected at most {len(pairs) * len(CARRIERS)} sentences in this part, got {size}"
        )
    # By the square root, "half past" with its 12 times is heard often enough to be learnt,
    # and the phrasings with 708 times still make most of the sentences.
    weights = np.repeat([len(times(name)) ** -0.5 for _, name in pairs], len(CARRIERS))
    chosen = rng.choice(len(weights), size, replace=False, p=weights / weights.sum())
    drawn = [(*pairs[i // len(CARRIERS)], CARRIERS[i % len(CARRIERS)]) for i in chosen]
    return Corpus(
        [carrier.format(tell(time, name)) for time, name, carrier in drawn],
        np.array([time for time, _, _ in drawn], dtype=np.float64),
        [f"{time} {name}" for time, name, _ in drawn],
    )
