"""Texts with their targets, and the split that keeps related texts on one side."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unrolled.text.checks import as_float32, as_texts, same_length


@dataclass(frozen=True, eq=False)
class Corpus:
    """Texts, one number to predict for each, and the group each belongs to.

    Parameters
    ----------
    texts
        n strings.
    targets
        n finite numbers; kept as a read-only float32 array of shape (n,).
    groups
        n names. Texts that share a group are related (sentences of one document), so a split
        keeps them on one side. Left out, every text is a group of its own.
    ids
        n names, one for each text, by which a row can be found again after a split.
        Left out, the texts are numbered.

    Raises
    ------
    TypeError, ValueError
        If the texts are no strings, the targets are not finite, or the lengths differ.

    Examples
    --------
    >>> corpus = Corpus(["ten to six", "six to ten"], [350, 594])
    >>> len(corpus), corpus.targets
    (2, array([350., 594.], dtype=float32))

    """

    texts: list[str]
    targets: NDArray[np.float32]
    groups: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the fields against each other and make the targets read-only."""
        texts = as_texts(self.texts)
        targets = as_float32(self.targets)
        numbered = [str(index) for index in range(len(texts))]
        filled: dict[str, Sized] = {
            "texts": texts,
            "targets": targets,
            "groups": [str(group) for group in self.groups] or numbered,
            "ids": [str(name) for name in self.ids] or numbered,
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

    A text that stands in the test part is dropped from the other two, and one that stands in the
    validation part is dropped from training, so that nothing is tested that was learnt by heart.

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
    >>> splits = split_by_group(Corpus(list("abcdefghij"), list(range(10))), seed=1)
    >>> len(splits.train), len(splits.validation), len(splits.test)
    (7, 1, 2)

    """
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise ValueError(
            "expected shares above 0 that add up to less than 1, "
            f"got validation={validation}, test={test}"
        )
    # dict.fromkeys keeps the order of appearance; a set's order would change from run to run.
    names = list(dict.fromkeys(corpus.groups))
    members: dict[str, list[int]] = {name: [] for name in names}
    for row, name in enumerate(corpus.groups):
        members[name].append(row)
    order = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    parts: list[list[int]] = [[], [], []]
    wanted = (test * len(corpus), validation * len(corpus), np.inf)
    part = 0
    for name in order:
        if len(parts[part]) >= wanted[part]:
            part += 1
        parts[part] += members[name]
    test_rows, validation_rows, train_rows = (sorted(rows) for rows in parts)
    tested = {corpus.texts[row] for row in test_rows}
    validation_rows = [row for row in validation_rows if corpus.texts[row] not in tested]
    held_out = tested | {corpus.texts[row] for row in validation_rows}
    train_rows = [row for row in train_rows if corpus.texts[row] not in held_out]
    if not (train_rows and validation_rows and test_rows):
        raise ValueError(
            "expected enough groups to fill train, validation and test, "
            f"got {len(names)} groups of {len(corpus)} texts"
        )
    return Splits(corpus.take(train_rows), corpus.take(validation_rows), corpus.take(test_rows))
