"""Times taken in turns, so that a slow moment of the machine falls on all contestants alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def clocked(act: Callable[[], Any]) -> Callable[[], float]:
    """Return a function that does what ``act`` does and returns the seconds it took.

    >>> clocked(lambda: None)() >= 0
    True
    """

    def run() -> float:
        start = time.perf_counter()
        act()
        return time.perf_counter() - start

    return run


def take_turns(
    contestants: Mapping[str, Callable[[], float]], turns: int, warm_up: int = 1
) -> dict[str, list[float]]:
    """Return what each contestant says at each of its turns, taken one after another.

    The first ``warm_up`` turns, in which libraries compile, do not count.

    >>> take_turns({"one": lambda: 1.0, "two": lambda: 2.0}, turns=3)
    {'one': [1.0, 1.0, 1.0], 'two': [2.0, 2.0, 2.0]}
    """
    said: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(warm_up + turns):
        for name, contestant in contestants.items():
            value = contestant()
            if turn >= warm_up:
                said[name].append(value)
    return said


def medians(contestants: Mapping[str, Callable[[], Any]], turns: int) -> dict[str, float]:
    """Return each contestant's median seconds over ``turns`` turns, after one to warm up.

    >>> sorted(medians({"one": lambda: None, "two": lambda: None}, turns=3))
    ['one', 'two']
    """
    clocks = {name: clocked(act) for name, act in contestants.items()}
    return {name: statistics.median(times) for name, times in take_turns(clocks, turns).items()}
