"""Processes of one machine, side by side: the same answers in the same order, or one error."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any, TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")
#: Items that wait for each process, so that none of them ever does.
AHEAD = 2


def cores() -> int:
    """Return how many cores this process may use.

    >>> cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    act: Callable[[Item], Found], items: Iterable[Item], jobs: int, *, at_once: bool = False
) -> Generator[Found, None, None]:
    """Yield what ``act`` makes of each item, in order, by so many processes.

    ``act`` is pickled once for each process, which has a copy of its own. Items are taken a few
    ahead, so that memory is bounded, or ``at_once`` all; with one job everything is done here.
    An error among the items is raised after what comes before it, as ``map`` does it.

    Raises
    ------
    RuntimeError
        If a process is killed, by somebody or for want of memory.

    """
    if jobs == 1:
        yield from map(act, items)
        return
    processes = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, processes, _begin, (act,))
    waiting: deque[Future[Any]] = deque()
    try:
        stop = None
        try:
            for item in items:
                waiting.append(_submitted(pool, item))
                while not at_once and len(waiting) > AHEAD * jobs:
                    yield waiting.popleft().result()
        except ValueError as error:
            stop = error
        while waiting:
            yield waiting.popleft().result()
        if stop:
            raise stop
    except BrokenProcessPool:
        raise RuntimeError(
            f"--jobs: expected {jobs} processes to answer, got one that was killed, perhaps for "
            "want of memory"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, item: Any) -> Future[Any]:
    """Hand an item over, and let a process that begins for it not hear of Ctrl-C."""
    with ctrl_c_waits():
        return pool.submit(_act_on, item)


@contextlib.contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Hold Ctrl-C back; a process that is started here never hears of it, for it inherits that."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_act: Callable[[Any], Any]


def _begin(act: Callable[[Any], Any]) -> None:
    """Keep in a new process what it is to do, and let it end with its parent, however that ends."""
    global _act
    _act = act
    end_with_parent(lambda: os._exit(1))


def end_with_parent(end: Callable[[], None]) -> None:
    """Call a function in this process, which is a child, once its parent is gone."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            end()

    threading.Thread(target=watch, daemon=True).start()


def _act_on(item: Any) -> Any:
    return _act(item)
