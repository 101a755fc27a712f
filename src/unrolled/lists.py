"""Lists of texts or of names, in any form with an order: tables, mappings and sets have none.

A value that stands for a missing one (None, NaN, NaT, pandas' ``NA``, what a mask hides) is no
name: the error gives its index.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np


def as_texts(texts: Any, name: str = "texts", *, filled: bool = False) -> list[str]:
    """Return ``texts`` as a list of strings; raises as :func:`each_text`, and for no text at all.

    >>> as_texts(("six o'clock",))
    ["six o'clock"]
    """
    found = list(each_text(texts, name, filled=filled))
    if not found:
        raise ValueError(f"{name}: expected at least one text, got none")
    return found


def each_text(texts: Any, name: str = "texts", *, filled: bool = False) -> Iterator[str]:
    """Yield strings as they come.

    Raises
    ------
    TypeError
        If ``texts`` is one bare string, is no list, column or generator (a table, a mapping and a
        set are none), or holds something that is no string.
    ValueError
        Where all must be ``filled``, for a text with nothing but white space.

    """
    for index, text in enumerate(_listed(texts, name, "strings")):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise TypeError(f"{name}: expected only strings, got {kind} at index {index}")
        if filled and (not text or text.isspace()):
            raise ValueError(f"{name}: expected a text, got {text[:40]!r:.40} at index {index}")
        yield str(text)


def as_names(values: Any, name: str) -> list[str]:
    """Return the names of groups or rows as strings; numbers may be names.

    Raises ``TypeError`` for what is no list, and ``ValueError`` for a name that is missing or
    nothing but white space.

    >>> as_names([7, "b"], "groups")
    ['7', 'b']
    >>> as_names(["a", None], "groups")
    Traceback (most recent call last):
    ValueError: groups: expected a name for each, got None at index 1
    """
    found = []
    for index, value in enumerate(_listed(values, name, "names")):
        if is_missing(value) or not str(value).strip():
            raise ValueError(
                f"{name}: expected a name for each, got {value!r:.40} at index {index}"
            )
        found.append(str(value))
    return found


def is_missing(value: Any) -> bool:
    """Tell whether a value stands for one that is missing: None, NaN, NaT, NA, a masked one.

    >>> [is_missing(value) for value in (None, np.nan, np.datetime64("NaT", "s"), 0, "")]
    [True, True, True, False, False]
    """
    if value is None or value is np.ma.masked:
        return True
    try:
        return bool(value != value)  # NaN and NaT alone differ from themselves.
    except (TypeError, ValueError):  # pandas' NA has no truth value, an array has many.
        return type(value).__name__ == "NAType"


def refuse_named(values: Any, name: str, of: str) -> None:
    """Raise ``TypeError`` for what is iterated by names or in no order: a mapping, a table, a set.

    >>> refuse_named({"said": ["six"]}, "texts", "strings")
    Traceback (most recent call last):
    TypeError: texts: expected a list of strings, got dict
    """
    kind = type(values).__name__
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        bare = "one bare " if isinstance(values, str | bytes) else ""
        raise TypeError(f"{name}: expected a list of {of}, got {bare}{kind}")
    if isinstance(values, Mapping | set | frozenset):
        raise TypeError(f"{name}: expected a list of {of}, got {kind}")
    if hasattr(values, "columns"):
        raise TypeError(f"{name}: expected a list of {of}, got {kind}; take one column of it")


def _listed(values: Any, name: str, of: str) -> Iterator[Any]:
    """Yield the items of a list, a column or a generator; raises as :func:`refuse_named`."""
    refuse_named(values, name, of)
    shape = getattr(values, "shape", (None,))
    if len(shape) != 1:
        kind = type(values).__name__
        raise TypeError(f"{name}: expected a list of {of}, got {kind} of shape {tuple(shape)}")
    for value in values:
        # A scalar of Arrow is not a Python string.
        yield value.as_py() if hasattr(value, "as_py") else value
