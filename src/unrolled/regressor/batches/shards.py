"""From files to files of answers: each whole or not at all, and none done twice.

Every file is a shard: one process reads it and writes one file of answers, row n to row n.
A small file beside the answers, whose name begins with a dot, says what they were made of. While
input, model and options are the same, and nobody has touched the answers, they are not made again.
"""

import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unrolled.regressor.batches.answering import Answering
from unrolled.regressor.batches.asking import Questions, blocks
from unrolled.regressor.examples import Example
from unrolled.regressor.tables import Kind, NoRowsError, TableError, open_table

#: Of what a file says that stands beside answers; another one is not read.
FORMAT = 1


class Shard(NamedTuple):
    """A file of texts, and where its answers go."""

    source: str
    out: str

    @property
    def told(self) -> Path:
        """The file that says what the answers were made of."""
        return Path(self.out).parent / f".{Path(self.out).name}.json"


class Asked(NamedTuple):
    """How texts are read, and what is wanted of them; see ``open_table`` and ``Answering``."""

    model: str
    text: str | None
    kind: Kind | None
    quotes: bool
    empty: str
    level: float | None


class Outcome(NamedTuple):
    """What became of a shard: an error in one line, or how many rows, of which so many strange."""

    shard: Shard
    rows: int = 0
    strange: int = 0
    cut: int = 0
    error: str = ""


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def found(patterns: Sequence[str], out: Path, kind: Kind | None) -> list[Shard]:
    """Return the files that names and patterns lead to, each with the place of its answers.

    Answers lie in ``out`` as their inputs lie below the part of a pattern without a ``*``.
    Parquet is answered in Parquet, everything else in lines of text. Where ``out`` is among what
    a pattern leads to, what lies in it is no input.

    Raises ``ValueError`` for a pattern that leads to nothing, and where answers would lie in the
    place of an input or two in one place.
    """
    places: dict[str, str] = {}
    sources: dict[str, str] = {}
    for pattern in patterns:
        root = _root(pattern)
        names = [pattern] if root is None else sorted(glob.glob(pattern, recursive=True))
        names = [name for name in names if root is None or _is_input(Path(name), root, out)]
        if not names:
            raise ValueError(f"{pattern}: expected a pattern of files that are there, got none")
        for name in names:
            within = os.path.relpath(name, root) if root is not None else os.path.basename(name)
            place = str(out / within)
            is_parquet = kind == "parquet" or (kind is None and name.lower().endswith(".parquet"))
            if not is_parquet:
                place = f"{place.removesuffix('.gz').rpartition('.')[0] or place}.txt"
            sources.setdefault(os.path.realpath(name), name)
            if sources[os.path.realpath(name)] != name:
                continue  # The same file by another name.
            if places.setdefault(place, name) != name:
                raise ValueError(
                    f"--out: expected a place for each, got '{place}' for the answers to both "
                    f"'{places[place]}' and '{name}'"
                )
    for place in places:
        if os.path.realpath(place) in sources:
            raise ValueError(f"--out: expected a folder other than that of the data, got '{out}'")
    return [Shard(name, place) for place, name in places.items()]


def _root(pattern: str) -> str | None:
    """Return the folders before the first ``*`` of a pattern; None for a name."""
    if os.path.exists(pattern) or not glob.has_magic(pattern):
        return None
    parts = pattern.split("/")
    first = next(n for n, part in enumerate(parts) if glob.has_magic(part))
    return "/".join(parts[:first]) or ("/" if pattern.startswith("/") else ".")


def _is_input(path: Path, root: str, out: Path) -> bool:
    """Tell whether a path that a pattern leads to is a file, and none of answers."""
    is_within = Path(root).resolve() in out.resolve().parents
    return path.is_file() and not (is_within and out.resolve() in path.resolve().parents)


class Work:
    """Answers shards; it can be sent to another process, and ``scratch`` is a folder of all."""

    def __init__(self, answering: Answering, asked: Asked, scratch: str) -> None:
        """Have nothing answered yet."""
        self.answering, self.asked, self.scratch = answering, asked, scratch

    def __call__(self, shard: Shard) -> Outcome:
        """Answer a shard, and say what was wrong with it if anything was."""
        try:
            return self._answered(shard)
        except (ValueError, OSError, ImportError) as error:
            return Outcome(shard, error=" ".join(str(error).split()) or type(error).__name__)

    def _answered(self, shard: Shard) -> Outcome:
        before = _state(shard.source)
        rows = strange = cut = 0
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            part, told = Path(folder) / "answers", Path(folder) / "told"
            with _writer(part, shard, self.answering) as write:
                for block in self._blocks(shard):
                    counts = write(block)
                    rows, strange, cut = rows + len(block), strange + counts[0], cut + counts[1]
            if _state(shard.source) != before:
                raise TableError(f"{shard.source}: expected a file that stays, got a changed one")
            os.makedirs(os.path.dirname(shard.out) or ".", exist_ok=True)
            os.replace(part, shard.out)
            made = {"input": before, "asked": self.asked._asdict(), "answers": _state(shard.out)}
            told.write_text(json.dumps({"format": FORMAT, "rows": rows, **made}), encoding="utf-8")
            os.replace(told, shard.told)
        return Outcome(shard, rows, strange, cut)

    def _blocks(self, shard: Shard) -> Iterator[list[Example]]:
        """Yield the rows of a shard; there may be none, as engines leave such files."""
        asked, model = self.asked, self.answering.model
        columns: dict[str, Any] = {"text": asked.text, "beside": tuple(model.covariates.names)}
        try:
            with open_table(shard.source, kind=asked.kind, quotes=asked.quotes, **columns) as table:
                yield from blocks(Questions(table, table.name, model, asked.empty))
        except NoRowsError:
            return


def is_finished(shard: Shard, asked: Asked) -> bool:
    """Tell whether the answers to a shard are there, and made of what is there now.

    A file is taken for the same while its size and the time of its last change are; the model is
    known by its SHA-256.
    """
    try:
        told = json.loads(shard.told.read_text(encoding="utf-8"))
        made = {name: told[name] for name in ("format", "input", "asked", "answers")}
        now = {"input": _state(shard.source), "answers": _state(shard.out)}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return made == {"format": FORMAT, "asked": asked._asdict(), **now}


def _state(path: str) -> list[int]:
    """Return the size of a file, and when it was changed."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise TableError(f"{path}: expected a file, got: {error.strerror}") from None
    return [found.st_size, found.st_mtime_ns]


@contextmanager
def _writer(
    part: Path, shard: Shard, answering: Answering
) -> Iterator[Callable[[list[Example]], tuple[int, int]]]:
    """Open a file of answers; what is yielded writes a block and returns what it counts."""
    if not shard.out.endswith(".parquet"):
        with part.open("w", encoding="utf-8", newline="") as file:

            def write(rows: list[Example]) -> tuple[int, int]:
                found = answering.lines(rows)
                file.write(found.text)
                return found.strange, found.cut

            yield write
        return
    import pyarrow  # type: ignore
    from pyarrow import parquet

    number, fields = pyarrow.float64(), [("answer", pyarrow.float64())]
    if answering.level is not None:
        fields += [("low", number), ("high", number), ("strange", pyarrow.bool_())]
    schema = pyarrow.schema(fields)
    with parquet.ParquetWriter(part, schema) as writer:

        def write_columns(rows: list[Example]) -> tuple[int, int]:
            found = answering.block(rows)
            strange = found.strange | np.isnan(found.columns[0])  # Nothing is known in no text.
            columns = [*found.columns, strange][: len(fields)]
            writer.write_table(pyarrow.table(columns, schema=schema))
            return int(found.strange.sum()), found.cut

        yield write_columns


def lost(shard: Shard, why: str) -> Outcome:
    """Return what became of a shard that nobody lived to answer."""
    return Outcome(shard, error=f"{shard.source}: expected to be answered, got: {why}")
