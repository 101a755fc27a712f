"""What a study is, and how it is run: job by job, side by side, and on from where it was stopped.

A finished job is a small JSON file in a folder that git does not see, and is not done again.
The folder's name is a hash of the config and of the whole package, so new code never takes old
values.
"""

import dataclasses
import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from unrolled import files
from unrolled.text import ratings

PACKAGE = Path(__file__).parents[1]
#: Told to a child process before it starts: NumPy, TensorFlow and JAX have one thread each, and
#: memory, where the C library is GNU's, is kept for the next array, which saves a quarter of the
#: time.
CHILD = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
}

Config = TypeVar("Config")
Job = TypeVar("Job", bound=tuple[Any, ...])
Values = dict[str, Any]


class DeviceUnavailable(RuntimeError):  # noqa: N818  (it names a state, not a mistake)
    """What a study measures on is not in this machine."""


@dataclasses.dataclass(frozen=True)
class Experiment(Generic[Config, Job]):
    """A study: what is run, and what comes of it.

    The module of a study is imported to know today's config, so it loads TensorFlow, Keras, JAX
    and PyTorch only inside the functions that need them.

    Parameters
    ----------
    name
        Of the result on file.
    config, quick
        Frozen dataclasses of plain values: what the book shows, and the same path through the
        code in seconds.
    jobs
        Makes the jobs of a config, the longest first: tuples of plain values, by which they are
        told apart and told of.
    work
        Does one job of a config and returns values that JSON can hold, infinite ones among them.
        It is a function of a module, for it is called in other processes.
    gather
        Makes the result's values from a config and what came of each job.
    cost
        About how long a job of a config takes, in any unit; the time that is left is reckoned
        from it.
    steady
        Picks what of the values does not hang on how fast the machine is.
    ratings
        Names the domains of :mod:`unrolled.text.ratings` that a config reads.
    workers
        Processes that work side by side while the result is recorded; 1 for what takes times.
    scripts
        Names what of the values are files of their own beside the result, which the book loads.

    """

    name: str
    config: Config
    quick: Config
    jobs: Callable[[Config], Sequence[Job]]
    work: Callable[[Config, Job], Any]
    gather: Callable[[Config, dict[Job, Any]], Values]
    _: dataclasses.KW_ONLY
    cost: Callable[[Config, Job], float] = lambda config, job: 1.0
    steady: Callable[[Values], Values] = lambda values: values
    ratings: Callable[[Config], Iterable[str]] = lambda config: ()
    workers: int = 2
    scripts: Callable[[Values], dict[str, str]] = lambda values: {}

    def run(
        self,
        config: Config | None = None,
        *,
        workers: int = 1,
        tell: Callable[[str], None] = print,
        keep: Path | None = None,
        ray: str | None = None,
    ) -> Values:
        """Do all jobs and return the values, as JSON gives them back.

        Parameters
        ----------
        config
            The experiment's own where it is None.
        workers
            How many processes, one thread each; with 1 the work is done in this one.
        tell
            Called with a line on each job: its number, its words, and the time left.
        keep
            A folder in which finished jobs are put away, whole or not at all; a run that was
            stopped goes on from there. With None nothing is kept.
        ray
            The address of a Ray cluster whose cores do the work instead of ``workers``. Every
            machine needs this package, the data, and a folder to keep of the same name.

        Raises
        ------
        DataUnavailable
            If ratings are needed and cannot be had, before anything is begun.

        Examples
        --------
        >>> import tempfile
        >>> absolute = Experiment(
        ...     "absolute", (-3, 2), (-3,), lambda config: [(config[0],)],
        ...     work=lambda config, job: abs(job[0]),
        ...     gather=lambda config, found: {"found": list(found.values())},
        ... )
        >>> with tempfile.TemporaryDirectory() as there:
        ...     for _ in range(2):
        ...         absolute.run(keep=Path(there))
          1 of 1: -3: ... s; 0 min left
        {'found': [3]}
          1 of 1: -3: on file
        {'found': [3]}

        """
        config = self.config if config is None else config
        jobs = list(self.jobs(config))
        for domain in self.ratings(config):
            ratings.rows(domain)
        folder = keep and self.folder(config, keep)
        paths = [folder and folder / f"{_digest(repr(job))}.json" for job in jobs]
        on_file = [path is not None and path.exists() for path in paths]
        todo = sum(self.cost(config, j) for j, old in zip(jobs, on_file, strict=True) if not old)
        start, done = time.perf_counter(), 0.0
        places = list(zip(jobs, paths, strict=True))
        found: dict[Job, Any] = {}
        act = partial(_done, self.work, config)
        each = _on_ray(act, places, ray) if ray else _mapped(act, places, workers)
        for job, old, (value, seconds) in zip(jobs, on_file, each, strict=True):
            found[job], said = value, "on file"
            if not old:
                done += self.cost(config, job)
                left = (time.perf_counter() - start) * (todo - done) / done
                said = f"{seconds:.0f} s; {left / 60:.0f} min left"
            tell(f"  {len(found)} of {len(jobs)}: {', '.join(map(str, job))}: {said}")
        values: Values = json.loads(json.dumps(self.gather(config, found)))
        return values

    def folder(self, config: Config, keep: Path) -> Path:
        """Return where the jobs of a config lie below ``keep`` while the code is as it is now."""
        digest = hashlib.sha256()
        for path in sorted(PACKAGE.rglob("*.py")):
            digest.update(path.read_bytes())
        return keep / self.name / _digest(f"{digest.hexdigest()} {config!r}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _mapped(
    act: Callable[[tuple[Job, Path | None]], Any],
    places: Sequence[tuple[Job, Path | None]],
    workers: int,
) -> Iterator[Any]:
    if workers == 1:
        yield from map(act, places)
        return
    before = {name: os.environ.get(name) for name in CHILD}
    os.environ.update(CHILD)
    try:
        # A fresh process each: TensorFlow does not outlive a fork.
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            yield from pool.map(act, places)
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _on_ray(act: Callable[[Any], Any], places: Sequence[Any], address: str) -> Iterator[Any]:
    """Yield what comes of each job, in order, whichever is done first on a Ray cluster."""
    from unrolled.regressor.batches.on_ray import shared_out

    waiting, place = dict[int, Any](), 0
    numbered = partial(_numbered, act)
    for number, value in shared_out(numbered, [*enumerate(places)], address, _lost):
        waiting[number] = value
        while place in waiting:
            yield waiting.pop(place)
            place += 1


def _numbered(act: Callable[[Any], Any], item: tuple[int, Any]) -> tuple[int, Any]:
    os.environ.update(CHILD)
    return item[0], act(item[1])


def _lost(item: tuple[int, Any], why: str) -> tuple[int, Any]:
    raise RuntimeError(f"expected the job {item[1][0]} to be done, got: {why}")


def _done(
    work: Callable[[Config, Job], Any], config: Config, place: tuple[Job, Path | None]
) -> tuple[Any, float]:
    """Do a job, or take it from its file; return the value and the seconds that took.

    The value has been through JSON either way, so that an interrupted experiment and an unbroken
    one see the same.
    """
    start = time.perf_counter()
    job, path = place
    if path is not None and path.exists():
        text = path.read_text(encoding="utf-8")
    else:
        text = json.dumps(work(config, job))
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write(path, lambda part: Path(part).write_text(text, encoding="utf-8"))
    return json.loads(text), time.perf_counter() - start
