"""What a trained model answers, and how well; none of it needs TensorFlow or Keras."""

import sys
from array import array
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import numpy as np

from unrolled import files
from unrolled.regressor.batches.answering import Answering, load
from unrolled.regressor.batches.asking import Lines, Questions, asked, blocks, is_cut
from unrolled.regressor.batches.pool import in_order
from unrolled.regressor.cli import sharing
from unrolled.regressor.cli.output import check_writable, note
from unrolled.regressor.examples import Example
from unrolled.regressor.report.gathering import Gathering
from unrolled.regressor.tables import Role, Table, open_table, read_lines, standard_input, told
from unrolled.text import metrics

#: The level of the intervals that ``evaluate`` measures, and the ratios of errors that it takes.
LEVEL, LEAST = 0.9, 9


def predict(
    model: Path, data: tuple[str, ...], kind: Any, no_quotes: bool, text: str | None,
    out: str | None, empty: str, interval: float | None, jobs: int | None, ray: str | None,
) -> None:  # fmt: skip
    """Write one number for each text, in order, as the texts arrive; or a file for each file."""
    level = None if interval is None else interval / 100
    if sharing.are_many(data, out) or ray is not None:
        asked = {"text": text, "kind": kind, "quotes": not no_quotes, "empty": empty}
        sharing.predict(model, data, out, {**asked, "level": level}, jobs, ray)
        return
    name, place = data[0] if data else "-", None if out is None else Path(out)
    if place is not None:
        check_writable(place, model, name)
    elif sys.stdout is None:  # So Python says that there is none.
        raise ValueError("standard output: expected it to be open, got a closed one")
    opened = load(model)
    beside = tuple(opened.covariates.names)
    is_bare = text is None and kind in (None, "txt") and not no_quotes
    if beside and is_bare and (name == "-" or kind == "txt"):
        raise ValueError(
            f"--text: expected a table with {', '.join(map(repr, beside))} beside the texts, "
            "as the model has learnt from, got texts alone"
        )
    answering = Answering(opened, level)
    if name == "-" and is_bare:
        if jobs is not None and jobs > 1:
            raise ValueError(
                "--jobs: expected a file to share out, got lines of standard input, which are "
                "answered as they arrive"
            )
        lines = Lines(standard_input())
        name = "standard input"
        rows = Questions(read_lines(cast(BinaryIO, lines), name), name, opened, empty)
        _write(answering, blocks(rows, lambda: not lines.waiting), 1, place)
        return
    with open_for(opened, name, text, kind, no_quotes) as table:
        jobs = jobs or sharing.jobs_for(table.path.stat().st_size)
        _write(answering, blocks(Questions(table, table.name, opened, empty)), jobs, place)


def open_for(
    model: Any, name: str, text: str | None, kind: Any, no_quotes: bool,
    find: Mapping[Role, str | None] | None = None, **columns: str | None,
) -> Table:  # fmt: skip
    """Open a table that has what a model reads, and say which columns were found."""
    table = open_table(
        name, text=text, beside=tuple(model.covariates.names), kind=kind, quotes=not no_quotes,
        find={"text": model.covariates.text, **(find or {})}, **columns,
    )  # fmt: skip
    if table.found:
        note(told(table.found))
    return table


def _write(
    answering: Answering, arriving: Iterable[list[Example]], jobs: int, place: Path | None
) -> None:
    """Write the answers to blocks into a file, or as they come; say last what was strange."""
    strange = cut = 0

    def write(out: TextIO) -> None:
        nonlocal strange, cut
        with closing(in_order(answering.lines, arriving, jobs)) as answered:
            for block in sharing.shown(answered, place is not None):
                out.write(block.text)
                out.flush()
                strange, cut = strange + block.strange, cut + block.cut

    def write_file(part: str) -> None:
        with open(part, "w", encoding="utf-8") as file:
            write(file)

    if place is None:
        write(sys.stdout)
    else:
        files.write(place, write_file)
    sharing.tell(answering.model, strange, cut)


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
    cut, has_intervals = 0, len(opened.doubt.scores) >= LEAST
    names: dict[str | None, int] = {}
    gathering = None if report is None else Gathering(opened)
    learnt = opened.about.get("target")
    find: dict[Role, str | None] = {"target": learnt if isinstance(learnt, str) else None}
    columns = {"target": target, "group": group}
    with open_for(opened, data, text, kind, no_quotes, find, **columns) as table:
        for block in blocks(Questions(table, table.name, opened)):
            cut += sum(is_cut(row.text, opened.config.max_length) for row in block)
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
    sharing.tell(opened, 0, cut)
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
