"""What the command line does with a trained model; none of it needs TensorFlow or Keras."""

import html
import math
import sys
import warnings
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import click
import numpy as np

from unrolled import files
from unrolled.regressor import portable
from unrolled.regressor.cli import terminal
from unrolled.regressor.cli.output import check_writable, note, say
from unrolled.regressor.examples import Example
from unrolled.regressor.pieces import tokens
from unrolled.regressor.tables import (
    TableError,
    filled,
    open_table,
    read_lines,
    standard_input,
)
from unrolled.text import metrics

#: The most texts, and letters in them but for the last one's, that are answered together.
BLOCK, LETTERS = 4096, 2**20
#: The most bytes that are taken from standard input at once; fewer if no more have arrived.
CHUNK = 2**16
#: The level of the intervals that ``evaluate`` measures, and the ratios of errors that it takes.
LEVEL, LEAST = 0.9, 9
#: The first letters of what may lie below 0: the candidate, the cell state, the hidden state.
SIGNED = "gch"


class Lines:
    r"""The lines of a stream as they arrive; ``waiting`` tells whether one is here already.

    >>> lines = Lines(BytesIO(b"ten to six\nsix to ten\nsix"))
    >>> lines.readline(100), lines.waiting
    (b'ten to six\n', True)
    >>> lines.readline(100), lines.waiting
    (b'six to ten\n', False)
    >>> lines.readline(100), lines.readline(100)
    (b'six', b'')
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Take nothing yet from a stream that can ``read1``."""
        self._stream: Any = stream
        self._lines, self._rest = BytesIO(), bytearray()
        self.waiting = False

    def readline(self, most: int) -> bytes:
        """Return the next line, or its first ``most`` bytes; nothing at the end."""
        while not self.waiting and len(self._rest) < most:
            chunk = self._stream.read1(CHUNK)
            if not chunk:
                break
            lines, end, rest = chunk.rpartition(b"\n")
            if end:
                self._lines = BytesIO(b"".join([self._rest, lines, end]))
                self._rest.clear()
                self.waiting = True
            self._rest += rest
        if self.waiting:
            line = self._lines.readline(most)
            self.waiting = self._lines.tell() < len(self._lines.getbuffer())
            return line
        line = bytes(self._rest[:most])
        del self._rest[:most]
        return line


class Questions:
    """Rows to be answered: says where a text is empty, and counts those too long to be read whole.

    Raises ``TableError`` at an empty text if that is an error, and at a word for a number.
    """

    def __init__(
        self, rows: Iterable[Example], name: str, model: portable.Model, empty: str = "error"
    ) -> None:
        """Take rows from a source called ``name``, for a model."""
        self.rows = filled(rows, name) if empty == "error" else rows
        self.name, self.covariates = name, model.covariates
        self.max_length = model.config.max_length
        self.cut = 0

    def __iter__(self) -> Iterator[Example]:
        """Yield the rows."""
        for row in self.rows:
            self.cut += is_cut(row.text, self.max_length)
            try:
                self.covariates.check(row.beside)
            except ValueError as error:
                raise TableError(f"{self.name}, line {row.number}, {error}") from None
            yield row

    def tell(self) -> None:
        """Say on standard error if texts were too long."""
        if self.cut:
            texts = "1 text was" if self.cut == 1 else f"{self.cut} texts were"
            note(f"{texts} very long; only the first {self.max_length - 1} tokens were read")


def is_cut(text: str, max_length: int) -> bool:
    """Tell whether a text has more tokens than are read, the sign of its start being one."""
    # A sign unfolds into 18 at most, by Unicode's form NFKC, and one of ASCII into itself.
    most = len(text) * (1 if text.isascii() else 18)
    return most >= max_length and len(list(islice(tokens(text), max_length))) == max_length


def predict(
    model: Path, data: str, kind: Any, no_quotes: bool, text: str | None, out: Path | None,
    empty: str, interval: float | None,
) -> None:  # fmt: skip
    """Write one number for each text, in order, as the texts arrive."""
    if out is not None:
        check_writable(out, model, data)
    elif sys.stdout is None:  # So Python says that there is none.
        raise ValueError("standard output: expected it to be open, got a closed one")
    opened = portable.load(model)
    with ExitStack() as stack:
        beside = tuple(opened.covariates.names)
        is_bare = text is None and kind in (None, "txt") and not no_quotes
        if beside and text is None:
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
                open_table(data, text=text, beside=beside, kind=kind, quotes=not no_quotes)
            )
            name = table.name
        asked = Questions(rows, name, opened, empty)
        blocks = _blocks(asked, pause=lambda: lines is not None and not lines.waiting)
        level = None if interval is None else interval / 100
        if level is not None:
            # Before anything is written: it may have no intervals.
            opened.predict(_asked(opened, [Example("?", beside=(None,) * len(beside))]), level)
        answer = Answering(opened, level)
        if out is None:
            answer.write(blocks, sys.stdout)
        else:
            files.write(out, lambda part: answer.write_file(blocks, part))
    asked.tell()
    answer.tell()


class Answering:
    """Writes the answers to blocks of rows, and counts texts in which nothing is known."""

    def __init__(self, model: portable.Model, level: float | None) -> None:
        """Answer with a model, and with intervals of a level unless that is None."""
        self.model, self.level, self.strange = model, level, 0

    def write_file(self, blocks: Iterable[list[Example]], path: str) -> None:
        """Write into a file."""
        with open(path, "w", encoding="utf-8") as file:
            self.write(blocks, file)

    def write(self, blocks: Iterable[list[Example]], out: TextIO) -> None:
        """Write a line for each row."""
        for block in blocks:
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
        asked = _asked(self.model, rows)
        if self.level is None:
            return self.model.predict(asked)
        *columns, strange = self.model.predict(asked, self.level)
        self.strange += int(strange.sum())
        return columns

    def tell(self) -> None:
        """Say on standard error if there was nothing known in some texts."""
        if self.strange:
            many = f"{self.strange} texts have nothing in them"
            texts = "1 text has nothing in it" if self.strange == 1 else many
            note(f"{texts} that the model has learnt from; no interval holds for such")


def _asked(model: portable.Model, rows: list[Example]) -> Any:
    """Return what a model takes: texts, or a table where columns stand beside them."""
    texts, names = [row.text for row in rows], model.covariates.names
    if not names:
        return texts
    columns = zip(*(row.beside for row in rows), strict=True)
    return {model.covariates.text: texts, **dict(zip(names, map(list, columns), strict=True))}


def _shown(answer: float, scale: float) -> str:
    """Return the shortest number that is the same in float64, to as many digits as are known.

    What is read and counted is float32, so a ten-millionth of the scale is the last that counts.
    """
    digits = max(8 - math.floor(math.log10(scale)), 0) if scale else None
    return np.format_float_positional(answer, digits, trim="0")


def _blocks(
    rows: Iterable[Example], pause: Callable[[], bool] = lambda: False
) -> Iterator[list[Example]]:
    """Yield rows in blocks; one ends early where ``pause()`` says that no row is at hand.

    An error among the rows is raised after those before it.
    """
    block: list[Example] = []
    letters = 0
    try:
        for row in rows:
            block.append(row)
            letters += len(row.text)
            if len(block) == BLOCK or letters >= LETTERS or pause():
                yield block
                block, letters = [], 0
    except TableError:
        if block:
            yield block
        raise
    if block:
        yield block


def evaluate(
    model: Path, data: str, kind: Any, no_quotes: bool, text: str, target: str, group: str | None
) -> dict[str, Any]:
    """Return the number of texts, the metrics, and their intervals as pairs or None."""
    opened = portable.load(model)
    truth, answers, groups, widths = array("d"), array("d"), array("q"), array("d")
    has_intervals = len(opened.doubt.scores) >= LEAST
    names: dict[str | None, int] = {}
    columns: dict[str, Any] = {"text": text, "target": target, "group": group}
    columns |= {"beside": tuple(opened.covariates.names), "kind": kind, "quotes": not no_quotes}
    with open_table(data, **columns) as table:
        asked = Questions(table, table.name, opened)
        for block in _blocks(asked):
            texts = _asked(opened, block)
            if has_intervals:
                found = opened.predict(texts, LEVEL)
                answers.extend(found.answers.tolist())
                widths.extend((found.highs - found.lows).tolist())
            else:
                answers.extend(opened.predict(texts).tolist())
            truth.extend(row.target for row in block)
            groups.extend(names.setdefault(row.group, len(names)) for row in block)
    asked.tell()
    # Without a column of groups, every text is one.
    between = metrics.intervals(truth, answers, groups=None if group is None else map(str, groups))
    return {
        "texts": len(truth),
        "metrics": metrics.all_metrics(truth, answers),
        "intervals": {name: pair and list(pair) for name, pair in between.items()},
        "interval": _covered(truth, answers, widths) if has_intervals else None,
    }


def _covered(truth: Any, answers: Any, widths: Any) -> dict[str, float]:
    """Return how many of the numbers lie in their intervals, and how wide these are."""
    off, half = np.abs(np.subtract(truth, answers)), np.asarray(widths) / 2
    return {
        "level": LEVEL,
        "coverage": float(np.mean(off <= half)),
        "width": float(2 * half.mean()),
    }


def gates(model: Path, text: str, out: Path | None) -> None:
    """Show the mean of every gate over its units at every token; draw a heat map into a file."""
    if out is not None:
        check_writable(out, model)
    try:
        text.encode()
    except UnicodeEncodeError:  # So Python passes bytes on that are none.
        raise ValueError(f"TEXT: expected UTF-8, got {text!r:.60}") from None
    opened = portable.load(model)
    read = opened.gates(text)
    if is_cut(text, opened.config.max_length):
        note(f"the text is very long; only the first {len(read.tokens) - 1} tokens were read")
    words = [terminal.printable(token) for token in read.tokens]
    # What has a sign would come near 0 in a mean, whatever it does.
    means: dict[str, dict[str, Any]] = {}
    for name, values in read.values.items():
        letter, way = name.split()
        shown = f"|{letter}|" if letter in SIGNED else letter
        means.setdefault(way, {})[shown] = np.abs(values).mean(axis=1)
    if out is not None:  # First, for a terminal may fail.
        svg = _drawn(words, read.values)
        files.write(out, lambda part: Path(part).write_text(svg, encoding="utf-8"))
    say(terminal.heat_map(words, means))
    if out is not None:
        say(f"Wrote {click.format_filename(out)}.")


def _drawn(words: list[str], values: dict[str, Any]) -> str:
    """Return an SVG file: every unit where all can be drawn, else a mean over units."""
    from unrolled.figures import gates
    from unrolled.figures.gate_maps import MOST_CELLS

    # A cell state may leave -1 to 1; the hidden state is made of its tanh.
    maps = {
        f"{name}, tanh" if name[0] == "c" else name: np.tanh(array) if name[0] == "c" else array
        for name, array in values.items()
    }
    if sum(array.size for array in maps.values()) > MOST_CELLS:
        note("the units are too many to draw each; a row is their mean, or mean size")
        if len(words) > (most := MOST_CELLS // len(maps)):
            note(f"the tokens are too many to draw each; the first {most} are drawn")
            words = words[:most]
        maps = {
            f"{name}, size" if name[0] in SIGNED else name: np.abs(array[: len(words)]).mean(axis=1)
            for name, array in maps.items()
        }
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        picture = gates(words, maps)
    if told:  # Of signs that the font has not.
        note("the picture's font lacks some signs of the text; boxes stand in their place")
    title, said = html.escape(" ".join(words)), html.escape(picture.alt)
    svg = picture.standalone()
    # Alone it has no page behind it, and nobody who says what it shows.
    svg = svg.replace("<style>", "<style>svg{background:var(--unrolled-surface)}", 1)
    return svg.replace("</style>", f"</style><title>{title}</title><desc>{said}</desc>", 1)
