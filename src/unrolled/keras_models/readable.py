"""Texts that the recipe can read: each has a word, and a number beside it where it is to learn."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import as_targets, same_length
from unrolled.lists import as_texts
from unrolled.text.vocabulary import OOV, words

#: Characters that one text may have. An LSTM takes one step after another, and a book is no text.
LONGEST = 20_000


def pairs(
    texts: Iterable[str], targets: ArrayLike, name: str
) -> tuple[list[str], NDArray[np.float64]]:
    """Return checked texts, and their targets as float64 of shape (n,).

    Raises ``TypeError`` or ``ValueError`` unless there is a list of readable strings (see
    :func:`readable`) with one finite number for each.
    """
    found = readable(texts, f"{name} texts")
    numbers = as_targets(targets, f"{name} targets")
    same_length(found, numbers, f"{name} texts and targets")
    return found, numbers


def readable(texts: Iterable[str], name: str = "texts") -> list[str]:
    """Return the texts as a list if each has a word and none is too long.

    A text without a word would be all padding: nothing to read, and an error on some GPUs.

    >>> readable(["ten to six"])
    ['ten to six']
    """
    found = as_texts(texts, name)
    for index, text in enumerate(found):
        if len(text) > LONGEST:
            raise ValueError(
                f"{name}: expected at most {LONGEST} characters, "
                f"got {len(text)} at index {index}: {text:.20}..."
            )
        if not words(text):
            raise ValueError(
                f"{name}: expected at least one word in each, got {text!r:.40} at index {index}"
            )
    return found


def known(model: Any, texts: Iterable[str]) -> list[str]:
    """Return the texts if each is readable and has a word from the model's vocabulary.

    A number for a text of unknown words alone would mean nothing, so none is given.
    """
    found = readable(texts)
    ids = np.asarray(model.layers[0](found))
    lost = np.flatnonzero((ids <= OOV).all(axis=1))
    if len(lost):
        raise ValueError(
            "texts: expected at least one known word in each, "
            f"got only unknown words at index {lost[0]}: {found[lost[0]]!r:.60}"
        )
    return found
