"""What a user's values must be, checked once, where they enter: sizes, numbers, lists of texts.

Every error says what was expected and what arrived: ``TypeError`` for a value of the wrong kind,
``ValueError`` for one of the right kind that cannot be used.
"""

from collections.abc import Iterable, Iterator, Sized
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: The largest target, up or down: its square and sums of many squares still fit float32.
LARGEST = 1e15

_SHAPES = {0: "()", 1: "(n,)", 2: "(m, n)"}


def as_count(value: Any, name: str, least: int = 1) -> int:
    """Return ``value`` as an ``int`` of at least ``least``.

    Raises ``TypeError`` for what is no integer, ``True`` among it, and ``ValueError`` for what is
    too small.

    >>> as_count(np.int64(3), "units")
    3
    >>> as_count(0, "units")
    Traceback (most recent call last):
    ValueError: units: expected at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__} {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return int(value)


def check_counts(least: int = 1, **values: Any) -> None:
    """Raise as :func:`as_count` unless every value is an integer of at least ``least``.

    >>> check_counts(units=4, features=2.0)
    Traceback (most recent call last):
    TypeError: features: expected an integer, got float 2.0
    """
    for name, value in values.items():
        as_count(value, name, least)


def as_number(
    value: Any, name: str, above: float = 0, below: float = np.inf, *, closed: bool = False
) -> float:
    """Return ``value`` as a ``float`` above one bound (or on it, if ``closed``) and below another.

    Raises ``TypeError`` for what is no real number, and ``ValueError`` for one out of bounds.

    >>> as_number(0, "dropout", below=1, closed=True)
    0.0
    >>> as_number(0, "alpha")
    Traceback (most recent call last):
    ValueError: alpha: expected a number above 0, got 0
    """
    bounds = f"{'from' if closed else 'above'} {above:g}"
    bounds += f" and below {below:g}" if below < np.inf else ""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a number {bounds}, got {type(value).__name__} {value!r}")
    number = float(value)
    # Written so that NaN fails too.
    if not (above < number < below or (closed and number == above)):
        raise ValueError(f"{name}: expected a number {bounds}, got {value}")
    return number


def unmasked(value: Any, name: str) -> None:
    """Raise ``ValueError`` where a masked array, or a list that holds one, hides entries.

    NumPy drops a mask without a word, and what it hid would be computed with.

    >>> unmasked(np.ma.array([1.0, 2.0], mask=[False, True]), "x")
    Traceback (most recent call last):
    ...
    ValueError: x: expected no masked entries, got 1; give each a number, as .filled(0) does, or \
leave its row out; steps that do not count belong in mask=
    """
    if isinstance(value, list | tuple):
        for item in value:
            if not isinstance(item, Real):
                unmasked(item, name)
    elif hides := np.count_nonzero(np.ma.getmask(value)):
        raise ValueError(
            f"{name}: expected no masked entries, got {hides}; give each a number, as .filled(0) "
            "does, or leave its row out; steps that do not count belong in mask="
        )


def as_array(value: Any, name: str) -> NDArray[Any]:
    """Return ``value`` as an array of NumPy, of any type and shape.

    Raises ``ValueError`` for masked entries, and ``TypeError`` for a tensor that NumPy cannot
    read: on a device, without data, in a type of its own, or part of another library's gradient.
    Both say what to do.

    >>> as_array([1, 2], "x")
    array([1, 2])
    """
    unmasked(value, name)
    try:
        return np.asarray(value)
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"{name}: expected an array, got {_unread(value, error)}") from error


def _unread(value: Any, error: Exception) -> str:
    """Return what it is that NumPy cannot read, and how a tensor of PyTorch becomes an array."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    if not hasattr(value, "is_meta"):
        return f"{type(value).__name__}: {error}"
    grad = " that requires grad" if value.requires_grad else ""
    said = f"a tensor of {value.dtype} on {value.device}{grad}"
    if value.is_meta:
        return f"{said}, which has a shape but no numbers; load them onto another device first"
    dense = "" if str(value.layout) == "torch.strided" else ".to_dense()"
    wider = ".float()" if "float" in str(value.dtype) and value.dtype.itemsize < 4 else ""
    return f"{said}; pass tensor.detach().cpu(){dense}{wider}.numpy()"


def not_real(dtype: np.dtype[Any]) -> str:
    """Return the name of a type that does not do, with what to do where it is not NumPy's.

    >>> not_real(np.dtype(complex))
    'complex128'
    """
    own = "" if dtype.type.__module__ == "numpy" else "; pass it as .astype(np.float32)"
    return f"{dtype}{own}"


def as_numbers(
    values: ArrayLike, name: str = "targets", axes: tuple[int, ...] = (1,)
) -> NDArray[np.float64]:
    """Return ``values`` as a float64 array with one of these numbers of axes, none of them empty.

    Raises
    ------
    TypeError
        If a value is no real number.
    ValueError
        If the array is empty, has another number of axes, or holds NaN or infinity.

    >>> as_numbers([350, 605])
    array([350., 605.])

    """
    shapes = " or ".join(_SHAPES[n] for n in axes)
    try:
        raw = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name}: expected shape {shapes}, got rows of unlike lengths") from None
    if raw.dtype.kind not in "iufb":
        raise TypeError(f"{name}: expected real numbers, got dtype {raw.dtype}: {values!r:.60}")
    numbers = raw.astype(np.float64)
    if numbers.ndim not in axes or not numbers.size:
        raise ValueError(
            f"{name}: expected shape {shapes} and at least one number, got shape {numbers.shape}"
        )
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        where = ", ".join(map(str, bad[0]))
        raise ValueError(
            f"{name}: expected finite numbers, got {numbers[tuple(bad[0])]} at index {where}"
        )
    return numbers


def as_float32(
    values: ArrayLike, name: str = "targets", least: float = -LARGEST
) -> NDArray[np.float32]:
    """Return ``values`` as a float32 array of shape (n,), in which a network computes.

    Raises as :func:`as_numbers`, and ``ValueError`` for a number below ``least`` or one whose
    square would overflow.

    >>> as_float32([350, 605])
    array([350., 605.], dtype=float32)
    """
    numbers = as_numbers(values, name)
    bad = np.flatnonzero(~((least <= numbers) & (numbers <= LARGEST)))
    if len(bad):
        raise ValueError(
            f"{name}: expected numbers from {least:g} to {LARGEST:g}, "
            f"got {numbers[bad[0]]:g} at index {bad[0]}"
        )
    return numbers.astype(np.float32)


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
        If ``texts`` is one bare string, is not a sequence, or holds something that is no string.
    ValueError
        Where all must be ``filled``, for a text with nothing but white space.

    """
    kind = type(texts).__name__
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        bare = "one bare " if isinstance(texts, str | bytes) else ""
        raise TypeError(f"{name}: expected a list of strings, got {bare}{kind}")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise TypeError(f"{name}: expected only strings, got {kind} at index {index}")
        if filled and not text.strip():
            raise ValueError(f"{name}: expected a text, got {text!r:.40} at index {index}")
        yield str(text)


def same_length(first: Sized, second: Sized, names: str) -> None:
    """Raise ``ValueError`` unless both have the same number of items."""
    if len(first) != len(second):
        raise ValueError(f"{names}: expected equal lengths, got {len(first)} and {len(second)}")
