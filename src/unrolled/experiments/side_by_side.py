"""Trainings side by side: one process and one thread each, where one alone leaves cores idle."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Job = TypeVar("Job")
Found = TypeVar("Found")


def in_parallel(
    work: Callable[[Job], Found],
    jobs: Sequence[Job],
    workers: int,
    tell: Callable[[str], None] = print,
) -> Iterator[tuple[Job, Found]]:
    """Yield every job with what ``work`` makes of it, in the order of ``jobs``.

    Parameters
    ----------
    work
        A function of a module, called with one job; what it raises is raised here.
    jobs
        The longest should stand first.
    workers
        How many processes; with 1 the work is done in this one.
    tell
        Called with a line on each job that is done: its number, the seconds and ``str(job)``.

    Examples
    --------
    >>> list(in_parallel(abs, [-3, 2], workers=1, tell=lambda line: None))
    [(-3, 3), (2, 2)]

    """
    if workers == 1:
        made = map(_timed, [work] * len(jobs), jobs)
        yield from _told(jobs, made, tell)
        return
    # A fresh process each: TensorFlow does not outlive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        yield from _told(jobs, pool.map(_timed, [work] * len(jobs), jobs), tell)


def _timed(work: Callable[[Job], Found], job: Job) -> tuple[Found, float]:
    start = time.perf_counter()
    return work(job), time.perf_counter() - start


def _told(
    jobs: Sequence[Job], made: Iterator[tuple[Found, float]], tell: Callable[[str], None]
) -> Iterator[tuple[Job, Found]]:
    for number, (job, (found, seconds)) in enumerate(zip(jobs, made, strict=True), 1):
        tell(f"  {number} of {len(jobs)}: {job}: {seconds:.0f} s")
        yield job, found


def _one_thread() -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
