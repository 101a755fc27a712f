"""A beam that leaves nothing out finds what trying everything finds; a narrow one is honest."""

import itertools
from typing import NamedTuple

import numpy as np
import pytest

from unrolled.attention.search import beam, greedy

K, END, START, MOST = 3, 2, 3, 4


class State(NamedTuple):
    """What a made model keeps: the symbols so far as one number."""

    past: np.ndarray


def model(rng):
    """Return a step whose probabilities hang on all symbols before, and those of any sequence."""
    table = np.log(rng.dirichlet(np.full(K, 0.7), size=5 ** (MOST + 1)))

    def step(state, symbols):
        past = state.past * 5 + symbols + 1
        return State(past), table[past % len(table)]

    def log_p(symbols):
        state, total, last = State(np.zeros(1, int)), 0.0, START
        for symbol in symbols:
            state, after = step(state, np.array([last]))
            total, last = total + after[0, symbol], symbol
        return total

    return step, log_p


def everything(log_p):
    """Return all sequences that end within MOST symbols, best first."""
    found = {}
    for length in range(MOST):
        for symbols in itertools.product(range(K - 1), repeat=length):
            found[symbols] = log_p((*symbols, END))
    return sorted(found.items(), key=lambda pair: -pair[1])


def start():
    return State(np.zeros(1, int))


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_what_trying_everything_finds(seed):
    step, log_p = model(np.random.default_rng(seed))
    expected = everything(log_p)
    found = beam(step, start(), START, END, MOST, width=K**MOST)
    assert [one.symbols for one in found] == [symbols for symbols, _ in expected]
    np.testing.assert_allclose(
        [one.log_p for one in found], [total for _, total in expected], rtol=0, atol=1e-12
    )
    assert all(one.ended for one in found)


@pytest.mark.parametrize("seed", range(8))
def test_a_narrow_beam_tells_true_probabilities_and_a_beam_of_one_is_greedy(seed):
    step, log_p = model(np.random.default_rng(seed))
    best = everything(log_p)[0][1]
    for width in (1, 2, 3):
        found = beam(step, start(), START, END, MOST, width=width)
        assert 1 <= len(found) <= width
        assert [one.log_p for one in found] == sorted((one.log_p for one in found), reverse=True)
        for one in found:
            np.testing.assert_allclose(one.log_p, log_p((*one.symbols, *[END] * one.ended)))
            assert not one.ended or one.log_p <= best + 1e-12
    assert beam(step, start(), START, END, MOST, width=1) == [
        greedy(step, start(), START, END, MOST)
    ]


def test_a_beam_finds_what_the_greedy_way_misses():
    """The best first symbol leads nowhere: by hand, 0.5 * 0.4 against 0.4 * 0.9."""
    table = {0: [0.5, 0.4, 0.1], 1: [0.3, 0.3, 0.4], 2: [0.05, 0.05, 0.9]}

    def step(state, symbols):
        past = np.where(symbols == START, 0, symbols + 1)
        return state, np.log([table[int(n)] for n in past])

    found = greedy(step, (), START, END, most=2)
    assert (found.symbols, found.ended) == ((0,), True)
    np.testing.assert_allclose(found.log_p, np.log(0.5 * 0.4))
    best = beam(step, (), START, END, most=2, width=2)[0]
    assert best.symbols == (1,)
    np.testing.assert_allclose(best.log_p, np.log(0.4 * 0.9))


def test_what_does_not_end_is_told():
    def step(state, symbols):
        return state, np.log([[0.5, 0.3, 1e-9]] * len(symbols))

    found = greedy(step, (), START, END, most=3)
    assert (found.symbols, found.ended) == ((0, 0, 0), False)
    best = beam(step, (), START, END, most=3, width=2)
    assert [one.symbols for one in best] == [(0, 0, 0), (0, 0, 1)]
    assert not any(one.ended for one in best)


@pytest.mark.parametrize("sizes", [{"most": 0, "width": 1}, {"most": 1, "width": 0}])
def test_sizes_are_checked(sizes):
    with pytest.raises(ValueError, match="expected at least 1"):
        beam(None, (), START, END, **sizes)
    with pytest.raises(ValueError, match="expected at least 1"):
        greedy(None, (), START, END, most=0)
