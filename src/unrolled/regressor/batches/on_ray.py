"""Shards on the machines of a Ray cluster: whatever dies is asked again, of somebody else."""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from unrolled.extras import is_there
from unrolled.regressor.batches.pool import ctrl_c_waits, end_with_parent

Item = TypeVar("Item")
Found = TypeVar("Found")
#: How often an item is given to another process where one dies over it.
RETRIES = 5
#: Seconds that an address has to be reached in, and after which is looked whether anybody is there.
_PATIENCE = 10.0
#: Items that wait for each core of the cluster.
_AHEAD = 4
#: What Ray would tell others of its use, and what it would do to graphics cards.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


class ClusterError(RuntimeError):
    """A Ray cluster is not there, went away, or has no core."""


def shared_out(
    act: Callable[[Item], Found],
    items: Sequence[Item],
    address: str,
    lost: Callable[[Item, str], Found],
    retries: int = RETRIES,
) -> Generator[Found, None, None]:
    """Yield what ``act`` makes of each item, as they are done, on the cores of a Ray cluster.

    A process of its own speaks with the cluster, for Ray ends the one that does when the cluster's
    head has been away for a minute.

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
        What to yield for an item over which processes died, and why.
    retries
        How often an item is begun again.

    Raises
    ------
    ImportError
        Where Ray is not installed.
    ClusterError
        If the cluster is not there, goes away, or has no core left. What ``act`` raises is raised.

    """
    if not is_there("ray"):
        raise ModuleNotFoundError("No module named 'ray'", name="ray")
    _check_answers(address)
    processes = multiprocessing.get_context("spawn")
    here, there = processes.Pipe(duplex=False)
    speaker = processes.Process(target=_speak, args=(there, act, items, address, lost, retries))
    with ctrl_c_waits():
        speaker.start()
    there.close()
    try:
        while (told := here.recv()) is not None:
            if isinstance(told, Exception):
                raise told
            yield told
    except EOFError:
        raise ClusterError(_gone(address, "it went away")) from None
    finally:
        speaker.terminate()
        speaker.join()


def _speak(there: Any, act: Any, items: Any, address: str, lost: Any, retries: int) -> None:
    """Send what becomes of each item, then None, or what went wrong."""
    end_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    # Ray tells of every process that dies on these; what is lost is told by the results.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ.update(_QUIET)
    import ray

    try:
        dashboard = False if address == "local" else None
        ray.init(address, log_to_driver=False, include_dashboard=dashboard)
        for found in _each(ray, act, items, lost, retries):
            there.send(found)
        there.send(None)
    except (ray.exceptions.RayError, ConnectionError, ValueError, RuntimeError) as error:
        there.send(ClusterError(_gone(address, error)))
    finally:
        ray.shutdown()


def _each(ray: Any, act: Any, items: Any, lost: Any, retries: int) -> Iterator[Any]:
    """Yield what becomes of each item: some wait for each core, so that none of these ever does."""
    box, task = ray.put(act), ray.remote(_act_on).options(max_retries=retries)
    left, waiting = iter(items), dict[Any, Any]()
    while True:
        most = _AHEAD * _cores(ray)
        for item in islice(left, max(most - len(waiting), 0)):
            waiting[task.remote([box], item)] = item
        if not waiting:
            return
        for done in ray.wait(list(waiting), timeout=_PATIENCE)[0]:
            yield _of_task(ray, done, waiting.pop(done), lost)


def _of_task(ray: Any, task: Any, item: Any, lost: Any) -> Any:
    errors = ray.exceptions
    died = (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError)
    try:
        return ray.get(task)
    except died as error:
        return lost(item, f"processes died over it, {_one_line(error)}")
    except errors.RayTaskError as error:
        return error.cause  # What it raised, which is raised again where it was asked for.


def _cores(ray: Any) -> int:
    """Return how many cores the cluster has; raises where there is none, or nothing would end."""
    cores = int(ray.cluster_resources().get("CPU", 0))
    if cores < 1:
        raise RuntimeError("none with a core to work on")
    return cores


def _check_answers(address: str) -> None:
    """Raise ``RuntimeError`` where nobody answers at an address: Ray itself asks for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (colon and port.isdigit()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(_gone(address, error)) from None


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
