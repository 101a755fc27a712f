"""Texts with their numbers, encoded: what the text regressor learns from."""

from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.checks import LARGEST
from unrolled.regressor.encoded import LONGEST_TEXT, Encoded, Encoder
from unrolled.text.corpora import split_rows

Rows = NDArray[np.intp]


class Example(NamedTuple):
    """One text, its number, the group it belongs to, if any, and how much it counts.

    ``name`` says in an error which one is meant: "line 7", "text 3".
    """

    text: str
    target: float
    group: str | None = None
    weight: float = 1.0
    name: str = "text"


class Examples(NamedTuple):
    """n encoded texts with ``targets`` and ``weights`` float32 (n,), ``groups`` int (n,)."""

    encoded: Encoded
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    groups: NDArray[np.int64]

    def split(self, *shares: float, seed: int = 0) -> list[Rows]:
        """Return the rows of each share, in this order, and last those of the rest.

        Groups are never cut, and a text that stands in one part is dropped from all later ones.
        A text of weight 0 is in no part.
        Raises ``ValueError`` if a share is out of range or there are too few groups.
        """
        rows = np.flatnonzero(self.weights)
        parts = split_rows(self.groups[rows], self.encoded.keys[rows], shares, seed)
        return [rows[part] for part in parts]


def collect(
    examples: Iterable[Example], *, on_disk: bool = False, longest: int = LONGEST_TEXT
) -> Examples:
    """Encode examples one at a time; they may come from a file larger than memory.

    Parameters
    ----------
    examples
        At least one. One without a group is a group of its own.
    on_disk, longest
        As for :class:`~unrolled.regressor.encoded.Encoder`.

    Raises
    ------
    ValueError
        If there is no example, a text has nothing but white space, a target is not finite or
        beyond 1e15, a weight is not from 0 to 1e15, or all weights are 0.

    Examples
    --------
    >>> found = collect([Example("so late", 1, "a"), Example("so soon", 2, "a")])
    >>> found.encoded.texts, found.targets, found.groups
    (2, array([1., 2.], dtype=float32), array([0, 0]))

    """
    encoder = Encoder(on_disk, longest)
    targets, weights, groups = array("f"), array("f"), array("q")
    names: dict[str, int] = {}
    for number, example in enumerate(examples):
        if not example.text.strip():
            raise ValueError(f"{example.name}: expected a text, got {example.text!r:.40}")
        # Written so that NaN fails too.
        if not abs(example.target) <= LARGEST:
            raise ValueError(
                f"{example.name}: expected a finite target up to {LARGEST:g} in size, "
                f"got {example.target}"
            )
        if not 0 <= example.weight <= LARGEST:
            raise ValueError(
                f"{example.name}: expected a weight from 0 to {LARGEST:g}, got {example.weight}"
            )
        encoder.add(example.text)
        targets.append(example.target)
        weights.append(example.weight)
        # Groups count from 0 as they come; a text without one gets a number of its own below 0.
        group = example.group
        groups.append(-1 - number if group is None else names.setdefault(group, len(names)))
    if not targets:
        raise ValueError("expected at least one text, got none")
    if not any(weights):
        raise ValueError("expected at least one weight above 0, got only zeros")
    return Examples(
        encoder.finish(),
        np.frombuffer(targets, np.float32),
        np.frombuffer(weights, np.float32),
        np.frombuffer(groups, np.int64),
    )
