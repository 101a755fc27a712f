"""What the command line does with a trained model; none of it needs TensorFlow or Keras."""

import contextlib
import queue
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click
import numpy as np

from unrolled import portable
from unrolled.keras_models import files
from unrolled.text import metrics
from unrolled.text.tables import Row, TableError, open_table, read_lines

#: Texts that are answered together; fewer where the next one has not arrived yet.
BLOCK = 256
#: Shades of a terminal's cell, from nothing to full.
SHADES = " ░▒▓█"


def predict(
    model: Path, data: str, kind: Any, text: str | None, out: Path | None, empty: str
) -> None:
    """Write one number for each text, in order, as the texts arrive."""
    reader = portable.load(model)
    with contextlib.ExitStack() as stack:
        if data == "-" and text is None and kind in (None, "txt"):
            name = "standard input"
            rows: Iterable[Row] = read_lines(sys.stdin.buffer, name)
        else:
            table = stack.enter_context(open_table(data, text=text, kind=kind))
            rows, name = table, table.name
        if out is None:
            _answer(reader, rows, name, empty, sys.stdout)
        else:
            files.replace(out, lambda part: _write(reader, rows, name, empty, part))


def _write(reader: portable.Model, rows: Iterable[Row], name: str, empty: str, path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        _answer(reader, rows, name, empty, file)


def _answer(
    reader: portable.Model, rows: Iterable[Row], name: str, empty: str, out: TextIO
) -> None:
    for block in _blocks(rows):
        full = [row.text for row in block if row.text.strip()]
        if len(full) < len(block) and empty == "error":
            first = next(row for row in block if not row.text.strip())
            raise TableError(
                f"{name}, line {first.number}: expected a text, got an empty one; "
                "--empty nan answers it with nan"
            )
        answers = iter(reader.predict(full) if full else [])
        for row in block:
            out.write(f"{next(answers):.7g}\n" if row.text.strip() else "nan\n")
        out.flush()


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield rows together as they arrive: at once where they come slowly, many where fast."""
    waiting: queue.Queue[Row | BaseException | None] = queue.Queue(4 * BLOCK)

    def read() -> None:
        try:
            for row in rows:
                waiting.put(row)
            waiting.put(None)
        except BaseException as error:  # Told where the rows are used.
            waiting.put(error)

    threading.Thread(target=read, daemon=True).start()
    while True:
        block: list[Row] = []
        found = waiting.get()
        while isinstance(found, Row):
            block.append(found)
            if len(block) == BLOCK or waiting.empty():
                break
            found = waiting.get()
        if block:
            yield block
        if isinstance(found, BaseException):
            raise found
        if found is None:
            return


def evaluate(
    model: Path, data: str, kind: Any, text: str, target: str, group: str | None
) -> dict[str, Any]:
    """Return the number of texts, the metrics, and their intervals as pairs or None."""
    reader = portable.load(model)
    truth: list[float] = []
    answers: list[float] = []
    groups: list[str] = []
    with open_table(data, text=text, target=target, group=group, kind=kind) as table:
        for block in _blocks(table):
            for row in block:
                if not row.text.strip():
                    raise TableError(f"{table.name}, line {row.number}: expected a text, got none")
            answers += reader.predict([row.text for row in block]).tolist()
            truth += [row.target for row in block if row.target is not None]
            groups += [row.group for row in block if row.group is not None]
    found = metrics.intervals(truth, answers, groups=groups or None)
    return {
        "texts": len(truth),
        "metrics": metrics.all_metrics(truth, answers),
        "intervals": {name: pair and list(pair) for name, pair in found.items()},
    }


def gates(model: Path, text: str, out: Path | None) -> None:
    """Show the mean of every gate over its units at every token; draw all units into a file."""
    read = portable.load(model).gates(text)
    names = list(read.values)
    left = max(map(len, read.tokens))
    click.echo(" " * left + "".join(f" {name:>11}" for name in names))
    for t, token in enumerate(read.tokens):
        means = [float(np.mean(read.values[name][t])) for name in names]
        cells = (f" {_shade(mean)}{mean:>7.2f}" for mean in means)
        click.echo(token.rjust(left) + "".join(f"{cell:>12}" for cell in cells))
    if out is not None:
        from unrolled import figures

        drawing = figures.gates(read.tokens, read.values).standalone()
        files.replace(out, lambda part: Path(part).write_text(drawing, encoding="utf-8"))
        click.echo(f"wrote {out}")


def _shade(value: float) -> str:
    """Return three cells as dark as a value between -1 and 1 is far from 0."""
    return 3 * SHADES[round(min(abs(value), 1) * (len(SHADES) - 1))]
