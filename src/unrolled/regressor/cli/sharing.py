"""How ``predict`` shares its work out: over the cores, over files, over a cluster."""

import glob
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from unrolled.regressor import portable
from unrolled.regressor.batches.answering import Answering, load
from unrolled.regressor.batches.pool import cores, in_order
from unrolled.regressor.cli.output import note, say
from unrolled.regressor.tables import NoRowsError, TableError, open_table, told

#: The bytes of a file from which on it is worth the start of other processes.
LARGE = 4 * 2**20

Item = TypeVar("Item")


def jobs_for(size: int) -> int:
    """Return how many processes answer so many bytes, where nobody says.

    >>> jobs_for(1000)
    1
    """
    return cores() if size >= LARGE else 1


def are_many(data: Sequence[str], out: str | None) -> bool:
    """Tell whether files are to be answered into a folder: several, a pattern, or such an --out."""
    is_pattern = any(glob.has_magic(name) and not os.path.exists(name) for name in data)
    is_folder = out is not None and (os.path.isdir(out) or out.endswith(("/", os.sep)))
    return len(data) > 1 or is_pattern or is_folder


def tell(model: portable.Model, strange: int, cut: int) -> None:
    """Say on standard error if texts were too long, or had nothing known in them."""
    if cut:
        texts = "1 text was" if cut == 1 else f"{cut} texts were"
        most = model.config.max_length - 1
        note(f"{texts} very long; only the first {most} tokens were read")
    if strange:
        many = f"{strange} texts have nothing in them"
        texts = "1 text has nothing in it" if strange == 1 else many
        note(f"{texts} that the model has learnt from; no interval holds for such")


def predict(
    model: Path, data: Sequence[str], out: str | None, asked: dict[str, Any], jobs: int | None,
    ray: str | None,
) -> None:  # fmt: skip
    """Answer each file into a folder; raise ``ValueError`` at the end if there was a bad one."""
    from unrolled.regressor.batches.shards import Asked, Work, digest, found, is_finished

    if ray is not None and jobs is not None:
        raise ValueError("--jobs, --ray: expected one of them, got both")
    if out is None:
        raise ValueError("--out: expected a folder for the answers to several files, got none")
    folder = _folder(out)
    answering = Answering(load(model), asked["level"])
    shards = found(data, folder, asked["kind"])
    if asked["text"] is None:
        asked["text"] = _text_of(shards, answering.model, asked)
    known = Asked(digest(model), **asked)
    left = [shard for shard in shards if not is_finished(shard, known)]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".answering-") as scratch:
        work = Work(answering, known, scratch)
        outcomes = list(shown(_outcomes(work, left, jobs, ray), True, len(left)))
    bad = [outcome for outcome in outcomes if outcome.error]
    strange, cut = (sum(outcome[place] for outcome in outcomes) for place in (2, 3))
    tell(answering.model, strange, cut)
    if bad:
        names = ", ".join(f"'{outcome.shard.source}'" for outcome in bad[1:])
        more = f"; nor could be answered: {names}" if names else ""
        raise ValueError(
            f"{bad[0].error}{more}; all others of {len(shards)} files are answered in '{folder}'"
        )
    rows = sum(outcome.rows for outcome in outcomes)
    before = f"; {len(shards) - len(left)} were finished before" if len(left) < len(shards) else ""
    say(f"Answered {rows} texts of {len(left)} files into {folder}{before}.")


def _text_of(shards: Sequence[Any], model: Any, asked: dict[str, Any]) -> str | None:
    """Return the column of texts in the first file that has one: all have to have the same.

    Raises ``TableError`` where no file has one.
    """
    columns = {"beside": tuple(model.covariates.names), "kind": asked["kind"]}
    columns |= {"quotes": asked["quotes"], "find": {"text": model.covariates.text}}
    errors = []
    for shard in shards:
        try:
            with open_table(shard.source, text=None, **columns) as table:
                if table.found:
                    note(told(table.found))
                return table.columns.text
        except NoRowsError:  # It has nothing to answer, either.
            continue
        except (TableError, OSError) as error:  # Another may be sound.
            errors.append(error)
    if errors:
        raise errors[0]
    return None


def _outcomes(work: Any, left: Sequence[Any], jobs: int | None, ray: str | None) -> Iterator[Any]:
    """Return what becomes of each shard, on a cluster or on this machine."""
    if ray is not None and left:
        from unrolled.regressor.batches.on_ray import shared_out
        from unrolled.regressor.batches.shards import lost

        return shared_out(work, left, ray, lost)
    size = sum(os.path.getsize(shard.source) for shard in left if os.path.exists(shard.source))
    jobs = min(jobs or jobs_for(size), max(len(left), 1))
    return in_order(work, left, jobs, at_once=True)


def _folder(out: str) -> Path:
    """Return a folder, made if its own folder is there."""
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--out: expected a folder for several files, got a file at '{folder}'")
    try:
        folder.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"--out: expected to be able to write in '{folder}', got: {error.strerror}"
        ) from None
    return folder


def shown(each: Iterable[Item], wanted: bool, total: int | None = None) -> Iterator[Item]:
    """Yield what comes, under a bar where a terminal shows one that is wanted."""
    if not (wanted and sys.stderr is not None and sys.stderr.isatty()):
        yield from each
        return
    try:
        from tqdm import tqdm
    except ImportError:  # It comes with what learns.
        yield from each
        return
    unit = "block" if total is None else "file"
    yield from tqdm(each, total=total, unit=unit, dynamic_ncols=True, leave=False)
