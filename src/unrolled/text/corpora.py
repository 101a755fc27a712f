"""Texts with their targets, and the split that keeps related texts on one side."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import as_targets, same_length
from unrolled.lists import as_names, as_texts


@dataclass(frozen=True, eq=False)
class Corpus:
    """Texts, one number to predict for each, and the group each belongs to.

    Parameters
    ----------
    texts
        n strings.
    targets
        n finite numbers; kept as a read-only float64 array of shape (n,).
    groups
        n names. Texts that share a group are related (sentences of one document), so a split
        keeps them on one side. Left out, every text is a group of its own.
    ids
        n names, one for each text, by which a row can be found again after a split.
        Left out, the texts are numbered.

    Raises
    ------
    TypeError, ValueError
        If the texts are no strings, the targets are not finite, a name is missing, or the lengths
        differ.

    Examples
    --------
    >>> corpus = Corpus(["ten to six", "six to ten"], [350, 594])
    >>> len(corpus), corpus.targets
    (2, array([350., 594.]))

    """

    texts: list[str]
    targets: NDArray[np.float64]
    groups: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the fields against each other and make the targets read-only."""
        texts = as_texts(self.texts)
        targets = as_targets(self.targets)
        numbered = [str(index) for index in range(len(texts))]
        filled: dict[str, Sized] = {
            "texts": texts,
            "targets": targets,
            "groups": as_names(self.groups, "groups") or numbered,
            "ids": as_names(self.ids, "ids") or numbered,
        }
        targets.flags.writeable = False
        for name, values in filled.items():
            same_length(texts, values, f"texts and {name}")
            # A frozen dataclass can be filled only this way.
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.texts)

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> "Corpus":
        """Return the corpus of these rows, in this order."""
        return Corpus(
            [self.texts[row] for row in rows],
            self.targets[np.asarray(rows, dtype=np.intp)],
            [self.groups[row] for row in rows],
            [self.ids[row] for row in rows],
        )


@dataclass(frozen=True, eq=False)
class Splits:
    """Three corpora that share no group: one to learn from, one to stop by, one to report.

    Raises
    ------
    ValueError
        If a group stands in two of them.

    """

    train: Corpus
    validation: Corpus
    test: Corpus

    def __post_init__(self) -> None:
        """Check that no group is on two sides."""
        sides = [("train", self.train), ("validation", self.validation), ("test", self.test)]
        for index, (name, corpus) in enumerate(sides):
            for other_name, other in sides[index + 1 :]:
                shared = set(corpus.groups) & set(other.groups)
                if shared:
                    raise ValueError(
                        f"expected {name} and {other_name} to share no group, "
                        f"got {len(shared)} shared, such as {min(shared)!r}"
                    )


def split_by_group(
    corpus: Corpus, validation: float = 0.1, test: float = 0.2, seed: int = 0
) -> Splits:
    """Split a corpus at random, whole groups at a time.

    A text that is in the test part is dropped from the other two, and one that is in the
    validation part is dropped from training, so that no test text has been memorised.

    Parameters
    ----------
    corpus
        The texts.
    validation, test
        Shares of the texts, each between 0 and 1 and together below 1. Groups are never cut, so
        a share is met up to the size of one group.
    seed
        Of the shuffle of the groups.

    Raises
    ------
    ValueError
        If a share is out of range or there are too few groups to fill three parts.

    Examples
    --------
    >>> corpus = Corpus(list("abcdefghij"), list(range(10)))
    >>> splits = split_by_group(corpus, seed=1)
    >>> len(splits.train), len(splits.validation), len(splits.test)
    (7, 1, 2)

    """
    numbers: dict[str, int] = {}
    groups = np.array([numbers.setdefault(name, len(numbers)) for name in corpus.groups])
    texts: dict[str, int] = {}
    keys = np.array([texts.setdefault(text, len(texts)) for text in corpus.texts])
    test_rows, validation_rows, train_rows = split_rows(groups, keys, (test, validation), seed)
    return Splits(corpus.take(train_rows), corpus.take(validation_rows), corpus.take(test_rows))


def split_rows(
    groups: NDArray[np.integer],
    keys: NDArray[np.integer],
    shares: Sequence[float],
    seed: int = 0,
) -> list[NDArray[np.intp]]:
    """Return the rows of each share, and last those of the rest, whole groups at a time.

    Parameters
    ----------
    groups
        The group of each row, (n,).
    keys
        Rows with the same key hold the same text, (n,): they stay in the first part that has one.
    shares
        Shares of the rows, each above 0 and together below 1.
    seed
        Of the shuffle of the groups.

    Raises
    ------
    ValueError
        If a share is out of range or there are too few groups to fill all parts.

    Examples
    --------
    >>> split_rows(np.array([0, 0, 1, 2]), np.arange(4), [0.4], seed=0)
    [array([0, 1, 3]), array([2])]

    """
    if not (min(shares) > 0 and sum(shares) < 1):  # Written so that NaN fails too.
        raise ValueError(f"expected shares above 0 that add up to less than 1, got {shares}")
    _, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.intp)  # Groups in their order of appearance.
    rank[np.argsort(first)] = np.arange(len(first))
    sizes = np.bincount(rank[numbers])
    part_of = np.empty(len(sizes), np.intp)
    wanted = [*(share * len(groups) for share in shares), np.inf]
    part, filled = 0, 0
    for group in np.random.default_rng(seed).permutation(len(sizes)):
        if filled >= wanted[part]:
            part, filled = part + 1, 0
        part_of[group] = part
        filled += sizes[group]
    parts, seen = [], np.zeros(0, keys.dtype)
    for number in range(len(wanted)):
        rows = np.flatnonzero(part_of[rank[numbers]] == number)
        rows = rows[~np.isin(keys[rows], seen)]
        seen = np.union1d(seen, keys[rows])
        parts.append(rows)
    if not all(len(rows) for rows in parts):
        different = len(np.unique(keys))
        only = "" if different == len(keys) else f", only {different} of them distinct"
        raise ValueError(
            f"expected enough groups to fill {len(parts)} parts, "
            f"got {len(sizes)} groups of {len(groups)} texts{only}"
        )
    return parts
