"""What the recipe accepts; each error says what was expected and what arrived."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import as_count, as_float32, as_texts, same_length
from unrolled.text.vocabulary import OOV, words

#: Characters that one text may have. An LSTM takes one step after another, and a book is no text.
LONGEST = 20_000


def pairs(
    texts: Iterable[str], targets: ArrayLike, name: str
) -> tuple[list[str], NDArray[np.float32]]:
    """Return checked texts, and their targets as float32 of shape (n,).

    Raises ``TypeError`` or ``ValueError`` unless there is a list of readable strings (see
    :func:`readable`) with one finite number for each.
    """
    found = readable(texts, f"{name} texts")
    numbers = as_float32(targets, f"{name} targets")
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


def settings(learning_rate: float, **counts: int) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless each setting can be trained with.

    >>> settings(0.001, units=0)
    Traceback (most recent call last):
    ValueError: units: expected at least 1, got 0
    """
    # A vocabulary holds padding and the unknown word before its first word.
    least = {"vocabulary": 3, "patience": 0, "seed": 0}
    for name, value in counts.items():
        as_count(value, name, least.get(name, 1))
    if not 0 < learning_rate < np.inf:
        raise ValueError(f"learning_rate: expected a number above 0, got {learning_rate}")


def regressor(settings: dict[str, Any]) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless a ``TextRegressor`` can be trained so.

    >>> regressor({"units": 0})
    Traceback (most recent call last):
    ValueError: units: expected at least 1, got 0
    """
    least = {"width": 1, "units": 1, "readers": 1, "pieces": 3, "epochs": 1, "batch_size": 1}
    least |= {"patience": 0, "longest": 2, "seed": 0}
    ranges = {"dropout": (0, 1), "validation": (0, 1), "learning_rate": (0, np.inf)}
    ranges["minutes"] = (0, np.inf)
    for name, value in settings.items():
        if name in least:
            as_count(value, name, least[name])
        elif name in ranges and not (name == "minutes" and value is None):
            low, high = ranges[name]
            from_zero = name == "dropout" and value == 0
            if not isinstance(value, int | float | np.number) or not (
                low < value < high or from_zero
            ):
                word = "from" if name == "dropout" else "above"
                raise ValueError(
                    f"{name}: expected a number {word} {low} and below {high}, got {value!r}"
                )
