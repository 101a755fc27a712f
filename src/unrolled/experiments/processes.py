"""Jobs of plain NumPy side by side, a thread each, in the order in which they were given.

:mod:`unrolled.experiments.side_by_side` does the same for jobs that train with TensorFlow; here
no process loads more than NumPy, and the number of its threads stands in the environment before
it does.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Job = TypeVar("Job")
Found = TypeVar("Found")
#: Where the libraries under NumPy look for the number of their threads, once, when they load.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def spread(
    work: Callable[[Job], Found],
    jobs: Sequence[Job],
    workers: int,
    tell: Callable[[str], None] = print,
) -> Iterator[tuple[Job, Found]]:
    """Yield each job with what ``work`` returns for it, in order, as they are done.

    Parameters
    ----------
    work
        A function of a module: other processes have to find it by its name.
    jobs
        What it is called with, one at a time.
    workers
        How many processes; with 1 the work is done in this one.
    tell
        Called with a line on each job that is done: its number, ``str(job)`` and the seconds
        that are left if the others take as long.

    Examples
    --------
    >>> list(spread(abs, [-3, 2], workers=1, tell=lambda line: None))
    [(-3, 3), (2, 2)]

    """
    start = time.perf_counter()

    def told(made: Iterator[Found]) -> Iterator[tuple[Job, Found]]:
        for number, (job, found) in enumerate(zip(jobs, made, strict=True), 1):
            left = (time.perf_counter() - start) * (len(jobs) - number) / number
            tell(f"  {number} of {len(jobs)}: {job}: {left:.0f} s left")
            yield job, found

    if workers == 1:
        yield from told(map(work, jobs))
        return
    with (
        _one_thread_each(),
        ProcessPoolExecutor(workers, get_context("spawn")) as pool,
    ):
        yield from told(pool.map(work, jobs))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start here inherit that NumPy may use one thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
