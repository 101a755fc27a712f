"""The demonstration learns to tell the time and answers sentences until they end."""

import functools
import re
import signal

import pytest

from unrolled.regressor import TextRegressor
from unrolled.regressor.cli import fitting
from unrolled.regressor.ensemble import Bar
from unrolled.text import clock


@pytest.fixture
def small(eager, monkeypatch):
    """Let the demonstration make a small model of few sentences."""
    sizes = {"embedding_dim": 8, "units": 4}
    monkeypatch.setattr(fitting, "_regressor", lambda **given: TextRegressor(**given | sizes))
    monkeypatch.setattr(fitting, "SENTENCES", 200)
    few = functools.partial(clock.load, validation=20, test=20)
    monkeypatch.setattr(fitting.clock, "load", few)


def test_sentences_are_answered_in_order_until_an_empty_line(run, small):
    asked = b"six o'clock\n\xf0\x9f\x99\x82 \xff\nsix o'clock\n\nnever read\n"
    done = run("demo", "--epochs", "1", stdin=asked)
    assert done.code == 0
    *_, last, first, second, third = done.out.splitlines()
    assert last == "An empty line ends."
    assert re.fullmatch(r"    ([1-9]|1[0-2]):[0-5]\d", first)
    assert first == third
    assert re.fullmatch(r"    \d+:\d\d", second)


def test_the_end_of_the_input_ends_it_even_at_once(run, small):
    done = run("demo", "--epochs", "1")
    assert done.code == 0
    assert "An empty line ends." in done.out.splitlines()[-1]


def test_ctrl_c_while_it_learns_ends_it(run, small, monkeypatch):
    monkeypatch.setattr(Bar, "on_batch", lambda *_: signal.raise_signal(signal.SIGINT))
    done = run("demo", "--epochs", "1")
    assert done.code == 130
    assert done.out == ""
    assert done.err.splitlines()[-1] == "unrolled: interrupted"
