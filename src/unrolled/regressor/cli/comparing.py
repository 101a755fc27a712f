"""What a trained model is held against, and whether it is worth having."""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from unrolled.regressor.examples import Examples, Indices
from unrolled.regressor.tables import Table
from unrolled.text import baselines, metrics

#: The most texts, and letters in them, that a baseline learns from or all are measured on.
MOST_TEXTS, MOST_LETTERS = 20_000, 10_000_000
RIVALS = {
    "constant": baselines.constant,
    "words, ridge": baselines.word_ridge,
    "words and letters, ridge": baselines.word_and_character_ridge,
}
MODEL = "this model"


def thinned(rows: Indices, letters: NDArray[Any]) -> Indices:
    """Return every n-th row, so that not too many texts and letters are left."""
    every = max(len(rows) / MOST_TEXTS, letters[rows].sum() / MOST_LETTERS)
    return rows[:: math.ceil(every)]


def rivals(
    table: Table, examples: Examples, train: Indices, test: Indices, covariates: Any
) -> dict[str, Any]:
    """Return what each baseline answers to the test texts, read once more from the file."""
    wanted = set(train.tolist()) | set(test.tolist())
    texts = {number: row.text for number, row in enumerate(table) if number in wanted}
    if len(texts) < len(wanted):
        raise ValueError(f"{table.name}: expected as many rows as at first, got fewer")
    numbers = examples.targets[train]
    known, asked = [texts[row] for row in train], [texts[row] for row in test]
    answers = {}
    for name, learn in RIVALS.items():
        try:
            answers[name] = learn(known, numbers).predict(asked)
        except ValueError:  # scikit-learn's word for texts without a single word to count.
            continue
    if covariates.width:
        features = covariates.features(examples.cells, len(examples.targets))
        alone = Ridge().fit(features[train], numbers)
        answers["columns, ridge"] = alone.predict(features[test])
        both = baselines.word_and_character_ridge(known, numbers, beside=features[train])
        answers["all of these, ridge"] = both.predict(asked, features[test])
    return answers


class Scores(NamedTuple):
    """What each model's answers are worth: metrics, and their 95 % intervals, by its name."""

    texts: int
    metrics: dict[str, dict[str, float | None]]
    intervals: dict[str, dict[str, tuple[float, float] | None]]

    @property
    def rows(self) -> list[list[str]]:
        """The rows of a table: its head, then two for each model."""
        keys = {"mae": "MAE", "rmse": "RMSE", "pearson": "Pearson r"}
        rows = [["", *keys.values()]]
        for name, scores in self.metrics.items():
            rows.append([name, *(_number(scores[key]) for key in keys)])
            rows.append(["", *(_interval(self.intervals[name][key]) for key in keys)])
        return rows

    def told(self, name: str) -> dict[str, Any]:
        """Return what the file of one model tells of it."""
        between = {key: pair and list(pair) for key, pair in self.intervals[name].items()}
        return {"texts": self.texts, **self.metrics[name], "intervals": between}


def scores(truth: NDArray[Any], answers: dict[str, NDArray[Any]], groups: Any) -> Scores:
    """Measure each model's answers; where there are groups, whole ones are resampled."""
    return Scores(
        len(truth),
        {name: metrics.all_metrics(truth, answer) for name, answer in answers.items()},
        {name: metrics.intervals(truth, answer, groups=groups) for name, answer in answers.items()},
    )


def report(found: Scores) -> str:
    """Return two lines for each model."""
    # Two spaces stand between columns, however wide the numbers are.
    first, *widths = (max(map(len, column)) + 2 for column in zip(*found.rows, strict=True))
    lines = [
        f"\nOn {found.texts} texts that no model has seen, with 95 % intervals:",
        *(name.ljust(first) + "".join(map(str.ljust, row, widths)) for name, *row in found.rows),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def verdict(truth: NDArray[Any], answers: dict[str, NDArray[Any]], groups: Any = None) -> str:
    """Say in a sentence whether the model is worth having.

    It is compared with the baseline of least squared error; texts, or whole groups where there
    are any, are resampled to see whether another sample could have turned the order.
    """
    squares = {name: (np.asarray(answer) - truth) ** 2 for name, answer in answers.items()}
    rival = min((name for name in squares if name != MODEL), key=lambda name: squares[name].mean())
    apart = squares[rival] - squares[MODEL]
    if groups is not None:
        apart = np.bincount(np.unique(groups, return_inverse=True)[1], weights=apart)
    rng = np.random.default_rng(0)
    sums = [apart[rng.integers(len(apart), size=len(apart))].sum() for _ in range(1000)]
    low, high = np.quantile(sums, [0.025, 0.975])
    if len(apart) > 1 and low > 0:
        return f"This model is ahead of the best baseline ({rival})."
    if len(apart) > 1 and high < 0:
        return f"A baseline wins: {rival}. Use that; it is simpler and better here."
    return (
        f"Neither is clearly ahead: this model and the best baseline ({rival}) differ by no more "
        "than chance. The baseline is simpler."
    )


def _number(value: float | None) -> str:
    """Return three digits of a number, as short as can be.

    >>> [_number(value) for value in (7.182, 123456, 1.5e-7, None)]
    ['7.18', '1.23e5', '1.5e-7', '-']
    """
    return "-" if value is None else re.sub(r"e\+?(-?)0*", r"e\1", f"{value:.3g}")


def _interval(between: Sequence[float] | None) -> str:
    return f"[{', '.join(map(_number, between))}]" if between else ""
