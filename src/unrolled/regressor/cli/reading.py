"""What a trained model answers, and how well; none of it needs TensorFlow or Keras."""

import math
import sys
from array import array
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import numpy as np

from unrolled import files
from unrolled.regressor import portable
from unrolled.regressor.cli.asking import Lines, Questions, asked, blocks
from unrolled.regressor.cli.output import check_writable, note
from unrolled.regressor.examples import Example
from unrolled.regressor.report.gathering import Gathering
from unrolled.regressor.tables import open_table, read_lines, standard_input, told
from unrolled.text import metrics

#: The level of the intervals that ``evaluate`` measures, and the ratios of errors that it takes.
LEVEL, LEAST = 0.9, 9


def load(model: Path) -> Any:
    """Return the model of a file, which may be one for ONNX Runtime; raises as its ``load``."""
    if model.suffix == ".onnx":
        from unrolled.regressor import onnx

        return onnx.load(model)
    return portable.load(model)


def predict(
    model: Path, data: str, kind: Any, no_quotes: bool, text: str | None, out: Path | None,
    empty: str, interval: float | None,
) -> None:  # fmt: skip
    """Write one number for each text, in order, as the texts arrive."""
    if out is not None:
        check_writable(out, model, data)
    elif sys.stdout is None:  # So Python says that there is none.
        raise ValueError("standard output: expected it to be open, got a closed one")
    opened = load(model)
    with ExitStack() as stack:
        beside = tuple(opened.covariates.names)
        is_bare = text is None and kind in (None, "txt") and not no_quotes
        if beside and is_bare and (data == "-" or kind == "txt"):
            raise ValueError(
                f"--text: expected a table with {', '.join(map(repr, beside))} beside the texts, "
                "as the model has learnt from, got texts alone"
            )
        if data == "-" and is_bare:
            name, lines = "standard input", Lines(standard_input())
            rows: Iterable[Example] = read_lines(cast(BinaryIO, lines), name)
        else:
            lines = None
            rows = table = stack.enter_context(
                open_table(
                    data, text=text, beside=beside, kind=kind, quotes=not no_quotes,
                    find={"text": opened.covariates.text},
                )
            )  # fmt: skip
            name = table.name
            if table.found:
                note(told(table.found))
        questions = Questions(rows, name, opened, empty)
        arriving = blocks(questions, pause=lambda: lines is not None and not lines.waiting)
        level = None if interval is None else interval / 100
        if level is not None:
            # Before anything is written: it may have no intervals.
            opened.predict(asked(opened, [Example("?", beside=(None,) * len(beside))]), level)
        answer = Answering(opened, level)
        if out is None:
            answer.write(arriving, sys.stdout)
        else:
            files.write(out, lambda part: answer.write_file(arriving, part))
    questions.tell()
    answer.tell()


class Answering:
    """Writes the answers to blocks of rows, and counts texts in which nothing is known."""

    def __init__(self, model: portable.Model, level: float | None) -> None:
        """Answer with a model, and with intervals of a level unless that is None."""
        self.model, self.level, self.strange = model, level, 0

    def write_file(self, arriving: Iterable[list[Example]], path: str) -> None:
        """Write into a file."""
        with open(path, "w", encoding="utf-8") as file:
            self.write(arriving, file)

    def write(self, arriving: Iterable[list[Example]], out: TextIO) -> None:
        """Write a line for each row."""
        for block in arriving:
            known = [place for place, row in enumerate(block) if row.text.strip()]
            columns = np.full((1 if self.level is None else 3, len(block)), np.nan)
            if known:
                columns[:, known] = self._answers([block[place] for place in known])
            scale = self.model.config.scale
            out.writelines(
                "\t".join(_shown(number, scale) for number in row) + "\n" for row in columns.T
            )
            out.flush()

    def _answers(self, rows: list[Example]) -> Any:
        texts = asked(self.model, rows)
        if self.level is None:
            return self.model.predict(texts)
        *columns, strange = self.model.predict(texts, self.level)
        self.strange += int(strange.sum())
        return columns

    def tell(self) -> None:
        """Say on standard error if there was nothing known in some texts."""
        if self.strange:
            many = f"{self.strange} texts have nothing in them"
            texts = "1 text has nothing in it" if self.strange == 1 else many
            note(f"{texts} that the model has learnt from; no interval holds for such")


def _shown(answer: float, scale: float) -> str:
    """Return the shortest number that is the same in float64, to as many digits as are known.

    What is read and counted is float32, so a ten-millionth of the scale is the last that counts.
    """
    digits = max(8 - math.floor(math.log10(scale)), 0) if scale else None
    return np.format_float_positional(answer, digits, trim="0")


def evaluate(
    model: Path, data: str, kind: Any, no_quotes: bool, text: str | None, target: str | None,
    group: str | None, report: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the number of texts, the metrics, and their intervals as pairs or None.

    Where a page is to be written, it is drawn of the same answers.
    """
    if report is not None:
        from unrolled.regressor.cli import reporting

        reporting.check(report, model, data)
    opened = load(model)
    truth, answers, groups, widths = array("d"), array("d"), array("q"), array("d")
    has_intervals = len(opened.doubt.scores) >= LEAST
    names: dict[str | None, int] = {}
    columns: dict[str, Any] = {"text": text, "target": target, "group": group}
    gathering = None if report is None else Gathering(opened)
    columns |= {"beside": tuple(opened.covariates.names), "kind": kind, "quotes": not no_quotes}
    learnt = opened.about.get("target")
    columns["find"] = {
        "text": opened.covariates.text, "target": learnt if isinstance(learnt, str) else None,
    }  # fmt: skip
    with open_table(data, **columns) as table:
        if table.found:
            note(told(table.found))
        questions = Questions(table, table.name, opened)
        for block in blocks(questions):
            texts = asked(opened, block)
            if has_intervals:
                found = opened.predict(texts, LEVEL)
                answers.extend(found.answers.tolist())
                widths.extend((found.highs - found.lows).tolist())
            else:
                answers.extend(opened.predict(texts).tolist())
            if gathering is not None:
                half = np.divide(widths[-len(block) :], 2) if has_intervals else None
                gathering.take(block, np.asarray(answers[-len(block) :]), half)
            truth.extend(row.target for row in block)
            groups.extend(names.setdefault(row.group, len(names)) for row in block)
    questions.tell()
    # Without a column of groups, every text is one.
    between = metrics.intervals(truth, answers, groups=None if group is None else map(str, groups))
    measured = {
        "texts": len(truth),
        "metrics": metrics.all_metrics(truth, answers),
        "intervals": {name: pair and list(pair) for name, pair in between.items()},
        "interval": _covered(truth, answers, widths) if has_intervals else None,
    }
    if report is not None and gathering is not None:
        reporting.evaluated(report, model, data, gathering.found(), measured)
    return measured


def _covered(truth: Any, answers: Any, widths: Any) -> dict[str, float]:
    """Return how many of the numbers lie in their intervals, and how wide these are."""
    off, half = np.abs(np.subtract(truth, answers)), np.asarray(widths) / 2
    return {
        "level": LEVEL,
        "coverage": float(np.mean(off <= half)),
        "width": float(2 * half.mean()),
    }
