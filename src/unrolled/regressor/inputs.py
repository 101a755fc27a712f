"""What a user gives to be learnt from, checked: parameters, texts, numbers, groups, columns."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import (
    PrecisionWarning,
    as_count,
    as_number,
    as_targets,
    as_weights,
    same_length,
)
from unrolled.lists import as_names, as_texts
from unrolled.regressor import columns
from unrolled.regressor.columns import Texts
from unrolled.regressor.examples import Example, Examples, collect
from unrolled.text import metrics


def checked(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of ``TextRegressor`` if they can be trained with.

    A number of NumPy's, as a grid has them, is made one of Python's.
    """
    params = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in params.items()
    }
    least = {name: 1 for name in ("embedding_dim", "units", "epochs", "batch_size")}
    least |= {"vocabulary_size": 3, "max_length": 2, "patience": 0, "random_state": 0}
    least |= {"readers": 0, "folds": 1}
    for name, lowest in least.items():
        as_count(params[name], name, lowest)
    if not isinstance(params["refit"], bool):
        raise TypeError(f"refit: expected True or False, got {params['refit']!r:.60}")
    if not params["refit"] and params["folds"] > 1:
        raise ValueError(
            f"refit: expected True with more than one fold, got folds={params['folds']}"
        )
    params["columns"] = list(params["columns"])
    _check_names(params["text"], params["columns"])
    as_number(params["dropout"], "dropout", below=1, closed=True)
    as_number(params["learning_rate"], "learning_rate")
    if params["minutes"] is not None:
        as_number(params["minutes"], "minutes")
    return params


def examples(
    params: Mapping[str, Any],
    X: Texts,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    groups: Sequence[Any] | None,
    also: tuple[Iterable[str], ArrayLike] | None,
) -> tuple[Examples, int]:
    """Return all examples, and from which on they only teach; see ``TextRegressor.fit``."""
    text, names = params["text"], params["columns"]
    texts, cells = columns.apart(X, text, names)
    targets = as_targets(y, "y")
    same_length(texts, targets, "X and y")
    weights = np.ones(len(texts))
    if sample_weight is not None:
        weights = as_weights(sample_weight, "sample_weight")
    same_length(texts, weights, "X and sample_weight")
    grouped = [None] * len(texts) if groups is None else as_names(groups, "groups")
    same_length(texts, grouped, "X and groups")
    each = [column.cells for column in cells.values()]
    beside = zip(*each, strict=True) if each else repeat(())
    table = zip(texts, targets, grouped, weights, repeat(0), beside, strict=False)
    rows = chain((Example(*row) for row in table), _also(also))
    data = collect(rows, max_length=params["max_length"], text=text, beside=names)
    return data, len(texts)


def _check_names(text: Any, columns: list[Any]) -> None:
    for name in [*([] if text is None else [text]), *columns]:
        if not isinstance(name, str):
            raise TypeError(f"text, columns: expected the names of columns, got {name!r:.60}")
    if columns and text is None:
        raise ValueError("text: expected the name of the column of texts, got none beside columns")
    if len({text, *columns}) <= len(columns):
        raise ValueError(f"columns: expected each name once, got {[text, *columns]!r:.100}")


def _also(also: tuple[Iterable[str], ArrayLike] | None) -> list[Example]:
    """Return what only teaches, checked as ``X`` and ``y`` are."""
    if also is None:
        return []
    if not isinstance(also, tuple) or len(also) != 2:
        raise TypeError(f"also: expected two, texts and numbers, got {also!r:.60}")
    texts, targets = (
        as_texts(also[0], "also, texts", filled=True),
        as_targets(also[1], "also, numbers"),
    )
    same_length(texts, targets, "also, texts and numbers")
    return [Example(text, float(target)) for text, target in zip(texts, targets, strict=True)]


def tell_lost(targets: NDArray[np.float64]) -> None:
    """Warn where float32 leaves less than half of the different targets, taken from their mean."""
    mean, scale = metrics.mean_and_deviation(targets, np.ones(len(targets)))
    learnt = ((targets - mean) / scale).astype(np.float32)
    had, left = len(np.unique(targets)), len(np.unique(learnt))
    if 2 * left <= had:
        warnings.warn(
            f"y: expected targets that lie about as far apart, got {had} different ones, of which "
            f"{left} are left in float32, so far off are the farthest; take those out, or learn "
            "the logarithm",
            PrecisionWarning,
            stacklevel=3,
        )
