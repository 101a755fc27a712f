"""Shards on the machines of a Ray cluster: whatever dies is asked again, of somebody else."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from unrolled.extras import needed

Item = TypeVar("Item")
Found = TypeVar("Found")
#: How often an item is given to another process where one dies over it.
RETRIES = 5
#: Seconds that an address has to be reached in, and after which is looked whether anybody is there.
_PATIENCE = 10.0
#: Items that wait for each core of the cluster.
_AHEAD = 4
#: What Ray would tell of itself, and what it would do to graphics cards.
_QUIET = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
}


def shared_out(
    act: Callable[[Item], Found],
    items: Sequence[Item],
    address: str,
    lost: Callable[[Item, str], Found],
) -> Iterator[Found]:
    """Yield what ``act`` makes of each item, as they are done, on the cores of a Ray cluster.

    Parameters
    ----------
    act
        Pickled, and sent to every machine once; each process there keeps its copy.
    items
        One task each. Where a process or its machine dies, the task is begun again elsewhere, so
        ``act`` has to be one that can be done twice.
    address
        Of the cluster as ``ray.init`` takes it, or ``"local"`` for this machine's cores.
    lost
        What to yield for an item over which processes died ``RETRIES`` times, and why.

    Raises
    ------
    ImportError
        Where Ray is not installed.
    RuntimeError
        If the cluster is not there, goes away, or has no core left.

    """
    ray = needed("ray", "--ray")
    with _connected(ray, address):
        box, task = ray.put(act), ray.remote(_act_on).options(max_retries=RETRIES)
        left, waiting = iter(items), dict[Any, Item]()
        try:
            while True:
                cores = _cores(ray, address)
                for item in left:
                    waiting[task.remote([box], item)] = item
                    if len(waiting) >= _AHEAD * cores:
                        break
                if not waiting:
                    return
                ready, _ = ray.wait(list(waiting), timeout=_PATIENCE)
                for each in ready:
                    yield _of_task(ray, each, waiting.pop(each), lost)
        except (ray.exceptions.RayError, ConnectionError) as error:
            raise RuntimeError(_gone(address, error)) from None


def _of_task(ray: Any, task: Any, item: Item, lost: Callable[[Item, str], Found]) -> Found:
    errors = ray.exceptions
    died = (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError)
    try:
        found: Found = ray.get(task)
    except died as error:
        return lost(item, f"processes died over it, {_one_line(error)}")
    return found


def _cores(ray: Any, address: str) -> int:
    """Return how many cores the cluster has; raises where there is none, or nothing would end."""
    if not any(node["Alive"] for node in ray.nodes()):
        raise RuntimeError(_gone(address, "no node is alive"))
    cores = int(ray.cluster_resources().get("CPU", 0))
    if cores < 1:
        raise RuntimeError(_gone(address, "no node has a core"))
    return cores


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    """Be connected to a cluster; what Ray does with SIGTERM is undone."""
    _check_answers(address)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    before = signal.getsignal(signal.SIGTERM)
    local = {"include_dashboard": False} if address == "local" else {}
    try:
        try:
            ray.init(address, log_to_driver=False, logging_level="CRITICAL", **local)
        except (ray.exceptions.RayError, ConnectionError, ValueError, RuntimeError) as error:
            raise RuntimeError(_gone(address, error)) from None
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
        yield
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise ``RuntimeError`` where nobody answers at an address: Ray itself asks for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (colon and port.isdigit()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise RuntimeError(_gone(address, error)) from None


def _gone(address: str, error: object) -> str:
    return f"--ray: expected a Ray cluster at {address!r:.100}, got: {_one_line(error)}"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


_kept: dict[Any, Callable[[Any], Any]] = {}


def _act_on(box: list[Any], item: Any) -> Any:
    """Do what is in the box, which a process opens once."""
    import ray

    if box[0] not in _kept:
        _kept.clear()
        _kept[box[0]] = ray.get(box[0])
    return _kept[box[0]](item)
