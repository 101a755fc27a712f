"""Long experiments that can be interrupted: what is finished is put away, and not done again.

A finished job is a small JSON file in a folder that git does not see.
Its name is a hash of the job and of the code that did it, so new code never takes old values.
"""

import hashlib
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from unrolled.experiments.results import fingerprint

#: Told to a child process before it starts: NumPy and TensorFlow have one thread each, and memory,
#: where the C library is GNU's, is kept for the next array, which saves a quarter of the time.
CHILD = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"),
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
}

Job = TypeVar("Job")


def put_away(keep: Path | None, key: str, make: Callable[[], Any]) -> Any:
    """Return what is on file under ``key``, or make it and put it there, whole or not at all.

    Parameters
    ----------
    keep
        A folder, made where it is not there; with None nothing is put away.
    key
        The name of the file, without its ending.
    make
        Returns values that JSON can hold, infinite ones among them; what comes back has been
        through JSON either way, so that an interrupted experiment and an unbroken one see the same.

    """
    if keep is None:
        return json.loads(json.dumps(make()))
    path = keep / f"{key}.json"
    if not path.exists():
        text = json.dumps(make())
        keep.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=keep, suffix=".part", delete=False, encoding="utf-8"
        ) as part:
            part.write(text)
        Path(part.name).replace(path)
    return json.loads(path.read_text(encoding="utf-8"))


def key_of(job: Any, module: str) -> str:
    """Return a name for what ``module``, as it is today, makes of a job that ``repr`` tells.

    >>> key_of(1, "activations") == key_of(1, "activations")
    True
    >>> key_of(1, "activations") == key_of(2, "activations")
    False
    """
    return _key(job, fingerprint(module))


def _key(job: Any, code: str) -> str:
    return hashlib.sha256(f"{code} {job!r}".encode()).hexdigest()[:32]


def resumable(
    work: Callable[[Job], Any],
    jobs: Sequence[Job],
    module: str,
    workers: int = 1,
    keep: Path | None = None,
    cost: Callable[[Job], float] = lambda _: 1.0,
    tell: Callable[[str], None] = print,
) -> Iterator[tuple[Job, Any]]:
    """Yield every job with what ``work`` makes of it, in the order of ``jobs``; run again, go on.

    Parameters
    ----------
    work
        A function of a module, called with one job; it returns values that JSON can hold, and
        what it raises is raised here.
    jobs
        Each is told apart by its ``repr``. The longest should stand first.
    module
        Whose code does the work, such as ``"experiments.choosing.learning_power"``.
    workers
        How many processes, one thread each; with 1 the work is done in this one.
    keep
        Where finished jobs are put away; with None they are not.
    cost
        How long a job takes, in any unit; the time that is left is reckoned from it.
    tell
        Called with a line on each job: its number, ``str(job)``, and the time left.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     for _ in range(2):
    ...         list(resumable(abs, [-3], "activations", keep=Path(there), tell=print))
      1 of 1: -3: 0 s; 0 min left
    [(-3, 3)]
      1 of 1: -3: on file
    [(-3, 3)]

    """
    code = fingerprint(module)
    keys = [_key(job, code) for job in jobs]
    old = [keep is not None and (keep / f"{key}.json").exists() for key in keys]
    todo = sum(cost(job) for job, known in zip(jobs, old, strict=True) if not known)
    start, done = time.perf_counter(), 0.0
    made = _made(partial(_kept, work, keep), list(zip(jobs, keys, strict=True)), workers)
    for number, (job, known, (value, seconds)) in enumerate(zip(jobs, old, made, strict=True), 1):
        said = "on file"
        if not known:
            done += cost(job)
            left = (time.perf_counter() - start) * (todo - done) / done
            said = f"{seconds:.0f} s; {left / 60:.0f} min left"
        tell(f"  {number} of {len(jobs)}: {job}: {said}")
        yield job, value


def _made(
    work: Callable[[tuple[Job, str]], Any], jobs: list[tuple[Job, str]], workers: int
) -> Iterator[Any]:
    if workers == 1:
        yield from map(work, jobs)
        return
    before = {name: os.environ.get(name) for name in CHILD}
    os.environ.update(CHILD)
    try:
        # A fresh process each: TensorFlow does not outlive a fork.
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            yield from pool.map(work, jobs)
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _kept(work: Callable[[Job], Any], keep: Path | None, job: tuple[Job, str]) -> tuple[Any, float]:
    start = time.perf_counter()
    value = put_away(keep, job[1], lambda: work(job[0]))
    return value, time.perf_counter() - start
