"""Run all checks on a model, tell what they find, and leave the model as it was."""

import warnings
from collections.abc import Callable, Collection, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.arrays import as_array
from unrolled.checks import as_count, as_numbers, same_length
from unrolled.diagnose import answers, data, reading, settings, training
from unrolled.diagnose.case import Case
from unrolled.diagnose.copies import unchanged
from unrolled.diagnose.findings import HEADINGS, Diagnosis, Finding

Check = Callable[[Case], Finding]
#: Each kind of finding and the function that looks for it.
CHECKS: dict[str, Check] = {
    "baseline": answers.baseline,
    "same-answer": answers.same_answer,
    "scale": answers.scale,
    "nan": training.nan,
    "by-heart": training.by_heart,
    "far": reading.far,
    "data": data.data,
    "shifted": answers.shifted,
    "leak": data.leak,
    "split": data.split,
    "accuracy": settings.accuracy,
    "seed": answers.seed,
    "steps": data.steps,
    "shape": answers.shape,
    "half-read": reading.half_read,
    "mask-lost": reading.mask_lost,
    "batch": reading.batch,
    "slow": settings.slow,
    "stateful-order": settings.stateful_order,
    "stateful-batch": settings.stateful_batch,
}
LEAST = 8


def diagnose(
    model: keras.Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    only: Collection[str] | None = None,
    seed: int = 0,
    tell: Callable[[str], None] | None = print,
) -> Diagnosis:
    """Say what is right and what is wrong with a model of sequences and its data.

    Parameters
    ----------
    model
        A Keras model that takes one array and gives one. It is judged by the loss that it was
        compiled with; one that was not is judged by the squared error, or, for whole numbers, by
        the cross-entropy that its answers suit.
    x
        Rows: numbers (n, T, D), ids (n, T), or n strings, in the order in which they are trained.
    y
        Targets of the rows: (n,), (n, K), (n, T) or (n, T, K).
    only
        The kinds of finding to look for, keys of ``HEADINGS``; all, if it is left out.
    seed
        Seed of the rows that are drawn where there are more than a few hundred.
    tell
        Is given each finding when it is made; ``None`` keeps silent.

    Returns
    -------
    Diagnosis
        One finding for each check, with its numbers and its heading in the book.

    Raises
    ------
    TypeError
        If the model is not Keras's, or rows or targets are no numbers, ids or strings.
    ValueError
        If rows are fewer than 8, hold NaN, or do not fit the targets or the model.

    Notes
    -----
    Nothing of the model changes: a copy is trained, and weights, states, the optimizer and the
    state of random numbers are put back, also after an error or Ctrl-C.

    >>> import keras
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(64, 5, 1)).astype("float32")
    >>> model = keras.Sequential([keras.layers.LSTM(2, return_sequences=True),
    ...                           keras.layers.Dense(1)])
    >>> found = diagnose(model, x, x[:, 0], only=["shape", "steps"])
     1/2  shape           WRONG  a row's target has shape (1,), its answer
                                 (5, 1): the loss compares every answer with
                                 a repeated target
                                 → when-it-does-not-learn.html#fault-shape
     2/2  steps           fine   rows of 5 steps with 1 feature
    1 of 2 checks found something

    """
    checks = _wanted(only)
    _check_model(model)
    rows, kind = _rows(x)
    targets = _targets(y)
    same_length(rows, targets, "x and y")
    if len(rows) < LEAST:
        raise ValueError(f"x: expected at least {LEAST} rows, got {len(rows)}")
    _check_fits(model, rows, kind)
    say = tell or (lambda line: None)
    found = []
    with unchanged(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case = Case(model, rows, targets, kind, as_count(seed, "seed", 0))
        for number, name in enumerate(checks, 1):
            finding = CHECKS[name](case)
            found.append(finding)
            count = f"{number:2}/{len(checks)}  "
            say("\n".join(_indented(count, str(finding))))
    faults = sum(not finding.is_fine for finding in found)
    say(f"{faults or 'none'} of {len(checks)} checks found something")
    return Diagnosis(tuple(found))


def _indented(count: str, text: str) -> list[str]:
    first, *others = text.splitlines()
    return [count + first, *(" " * len(count) + line for line in others)]


def _wanted(only: Collection[str] | None) -> list[str]:
    """Return the kinds to look for, in the order in which they are given or the page's."""
    if only is None:
        return [*HEADINGS]
    if isinstance(only, str):
        raise TypeError(f"only: expected a list of kinds, got str {only!r}")
    unknown = [kind for kind in only if kind not in CHECKS]
    if unknown or not only:
        raise ValueError(f"only: expected some of {', '.join(CHECKS)}, got {[*only]}")
    return [*only]


def _check_model(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise TypeError(f"model: expected a keras.Model, got {type(model).__name__}")
    for name in ("inputs", "outputs"):
        many = getattr(model, name, None) if model.built else None
        if isinstance(many, list) and len(many) != 1:
            raise ValueError(f"model: expected one array of {name}, got {len(many)}")
    if type(model).__name__ not in ("Sequential", "Functional") and not model.built:
        raise ValueError("model: expected one that was called or trained once, got no weights")


def _rows(x: ArrayLike) -> tuple[NDArray[Any], str]:
    """Return rows as an array, and whether they are floats, ids or texts."""
    if isinstance(x, dict) or not (hasattr(x, "shape") or isinstance(x, Sequence)):
        raise TypeError(f"x: expected one array of rows, got {type(x).__name__}")
    try:
        raw = as_array(x, "x")
    except ValueError as error:
        if "masked" in str(error):
            raise
        raise ValueError("x: expected rows of one length, padded, got unequal ones") from None
    if raw.dtype.kind in "UTOS" and raw.ndim == 1:
        if not all(isinstance(one, str) for one in raw.tolist()):
            raise TypeError(f"x: expected numbers, ids or strings, got dtype {raw.dtype}")
        return raw.astype(object), "texts"
    numbers = as_numbers(raw, "x", (2, 3)) if raw.ndim in (2, 3) else None
    if numbers is None:
        raise ValueError(f"x: expected shape (n, T), (n, T, D) or (n,) strings, got {raw.shape}")
    is_ids = raw.ndim == 2 and raw.dtype.kind in "iub"
    if is_ids:
        return raw, "ids"
    return (raw if raw.dtype.kind == "f" else numbers).astype(np.float32), "floats"


def _targets(y: ArrayLike) -> NDArray[Any]:
    if isinstance(y, dict) or not (hasattr(y, "shape") or isinstance(y, Sequence)):
        raise TypeError(f"y: expected one array of targets, got {type(y).__name__}")
    raw = as_array(y, "y")
    numbers = as_numbers(raw, "y", (1, 2, 3))
    return raw if raw.dtype.kind in "iub" else numbers


def _check_fits(model: keras.Model, rows: NDArray[Any], kind: str) -> None:
    """Raise ``ValueError`` unless rows have the shape that a built model takes."""
    shape = getattr(model, "input_shape", None) if model.built else None
    if not isinstance(shape, tuple):
        return
    takes_text = str(getattr(model.inputs[0], "dtype", "")) == "string"
    if takes_text != (kind == "texts"):
        wanted, got = ("strings", "numbers") if takes_text else ("numbers", "strings")
        raise ValueError(f"x: expected {wanted}: the model takes {wanted}, got {got}")
    if takes_text:
        return
    fits = len(shape) == rows.ndim and all(
        wanted in (None, got) for wanted, got in zip(shape[1:], rows.shape[1:], strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if one is None else str(one) for one in shape[1:])
        raise ValueError(f"x: expected shape (n, {wanted}), as the model takes, got {rows.shape}")
