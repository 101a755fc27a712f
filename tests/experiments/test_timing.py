"""Contestants take turns one after another, and the turns that compile do not count."""

import itertools

import pytest

from unrolled.experiments import timing


def test_each_has_its_turn_before_anyone_has_the_next():
    order = []
    clocks = {name: lambda name=name: order.append(name) or float(len(order)) for name in "abc"}
    said = timing.take_turns(clocks, turns=2, warm_up=1)
    assert "".join(order) == "abc" * 3
    assert said == {"a": [4, 7], "b": [5, 8], "c": [6, 9]}


def test_the_middle_turn_counts(monkeypatch):
    """A clock that jumps by 100, 1, 5 and 3 seconds: the first turn warms up, 3 is the median."""
    ends = itertools.accumulate(step for jump in (100, 1, 5, 3) for step in (0, jump))
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(ends))
    assert timing.medians({"one": lambda: None}, turns=3) == {"one": 3}


def test_an_error_is_not_swallowed():
    def fails():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        timing.medians({"one": fails}, turns=1)
