"""What :mod:`unrolled.experiments.speed.text` found, as tables for people and for the book.

``python -m unrolled.experiments.speed.tables`` measures and prints them.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments import named
from unrolled.figures.tables import table as markdown
from unrolled.text.ratings import DataUnavailable

#: What the contestants are called in a table.
NAMES = {
    "note": "the note's script",
    "counting": "our counting part alone",
    "reading": "our reading part alone",
    "reader": "our reader",
    "torch": "our reader, in PyTorch",
}
PARTS = ("training", "prediction")
Values = dict[str, Any]
Numbers = NDArray[np.float64]
#: Looks, each with its ``seconds`` and its ``r``, see :mod:`.time_to_accuracy`.
Curve = Sequence[dict[str, float]]


def seconds_to(curves: Sequence[Curve], r: float) -> list[float]:
    """Return for each learning curve the seconds until r is reached, infinite where it never is.

    >>> seconds_to([[{"seconds": 1, "r": 0.2}, {"seconds": 2, "r": 0.8}]], 0.5)
    [2]
    """
    return [next((at["seconds"] for at in curve if at["r"] >= r), inf) for curve in curves]


def levels(*contestants: Sequence[Curve], least: float = 0.5) -> Numbers:
    """Return the r from ``least`` on, 0.01 apart, that all curves reach after their first look.

    What the first look finds was reached at an unknown time before it, and nobody would stop
    before the answers are as good as ``least``.

    Raises ``ValueError`` where there is no such r.

    >>> levels([[{"seconds": 1, "r": 0.5}, {"seconds": 2, "r": 0.54}]]).tolist()
    [0.51, 0.52, 0.53, 0.54]
    """
    curves = [curve for curves in contestants for curve in curves]
    seen = max(curve[0]["r"] for curve in curves)
    top = min(max(at["r"] for at in curve) for curve in curves)
    hundredths = np.arange(max(np.floor(100 * seen + 1e-9) + 1, 100 * least), 100 * top + 1e-9)
    if not len(hundredths):
        raise ValueError(
            f"expected r that all reach, got first looks up to {seen}, tops from {top}"
        )
    return hundredths / 100


def race(values: Values) -> str:
    """Return how high r comes, and the seconds until the least and the highest that all reach."""
    found = values["race"]
    ends = levels(found["note"], found["reading"])[[0, -1]]
    rows = []
    for name in ("note", "reading", "counting"):
        best = [max(at["r"] for at in curve) for curve in found[name]]
        rows.append(
            [NAMES[name], _between(best, 3)]
            + [_between(seconds_to(found[name], r), 1) for r in ends]
        )
    return markdown(["", "highest r", *(f"seconds until r = {r:.2f}" for r in ends)], rows)


def throughput(values: Values) -> str:
    """Return texts per second in training and in prediction."""
    found = values["throughput"]
    rows = []
    for name in ("note", "torch", "reader"):
        if name not in found["training"]:
            continue
        row = [NAMES[name]]
        for part in PARTS:
            speed = found[part][name]
            row.append(f"{speed:,.0f} ({speed / found[part]['note']:.1f} ×)")
        rows.append(row)
    return markdown(["texts per second", *PARTS], rows)


def portable(values: Values) -> str:
    """Return the first answer of a new process, and a text's share of later calls."""
    found = values["portable"]
    cold = found["cold"]
    rows = [_against("a new process, one answer", cold["portable"], [cold["keras"], None])]
    for size in sorted(map(int, found["calls"])):
        each = found["calls"][str(size)]
        names = "keras predict", "keras predict_on_batch"
        call = f"a call with {size} text{'s' * (size > 1)}, per text"
        rows.append(_against(call, each["portable"], [each[name] for name in names]))
    return markdown(["", "portable", "Keras, `model.predict`", "`model.predict_on_batch`"], rows)


def growth(values: Values) -> str:
    """Return the exponent by which the cost grows with each size."""
    rows = []
    for letter in (letter for letter in "THN" if letter in values["growth"]):
        sizes, slopes = (values["growth"][letter][key] for key in ("sizes", "slopes"))
        names = ("multiply_adds", "fast", "keras")
        rows.append(
            [f"{letter} from {sizes[0]} to {sizes[-1]}", *(f"{slopes[n]:.2f}" for n in names)]
        )
    return markdown(["exponent", "multiply-adds", "ours, fast", "Keras graph"], rows)


def compile_cost(values: Values) -> str:
    """Return the first and a later call for each length of text, in milliseconds."""
    found = values["compile"]
    rows = [
        [
            str(graph["steps"]),
            *(f"{1e3 * each[key]:.1f}" for each in (graph, xla) for key in ("first", "later")),
        ]
        for graph, xla in zip(found["graph"], found["xla"], strict=True)
    ]
    return markdown(["T", "graph, first call", "later, ms", "XLA, first call", "later, ms"], rows)


def mask(values: Values) -> str:
    """Return what a mask costs, in milliseconds."""
    names = {"fast": "ours, fast", "keras": "Keras graph"}
    rows = [
        [shown, *(f"{1e3 * values['mask'][name][key]:.1f}" for key in ("without", "with"))]
        for name, shown in names.items()
    ]
    return markdown(["milliseconds", "no mask", "mask"], rows)


def _between(values: Sequence[float], digits: int) -> str:
    """Return one number, or the least and the greatest of several."""
    return " to ".join(dict.fromkeys(f"{v:.{digits}f}" for v in (min(values), max(values))))


def _against(what: str, ours: float, others: Sequence[float | None]) -> list[str]:
    """Return a row: a time, and those of others with how many times as long they are."""
    row = [what, _time(ours)]
    for other in others:
        row.append("–" if other is None else f"{_time(other)} ({other / ours:.1f} ×)")
    return row


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.5 else f"{1e3 * seconds:.2f} ms"


#: What was measured, by its name among the values: a title and the table.
TABLES = {
    "race": ("seconds until as good", race),
    "throughput": ("throughput", throughput),
    "portable": ("without TensorFlow", portable),
    "growth": ("an LSTM's cost against its sizes", growth),
    "compile": ("compiling", compile_cost),
    "mask": ("masking", mask),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the tables; 2 where the texts cannot be had."""
    parser = argparse.ArgumentParser(prog="unrolled.experiments.speed.tables", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tiny size, on made sentences")
    options = parser.parse_args(arguments)
    experiment = named("text-speed")
    config = experiment.quick if options.quick else experiment.config
    try:
        values = experiment.run(config, tell=partial(print, file=sys.stderr, flush=True))
    except DataUnavailable as error:  # The message says what to do.
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"text regressor, {os.cpu_count()} cores")
    for name, (title, table) in TABLES.items():
        if name in values:
            print(f"\n{title}\n\n{table(values)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
