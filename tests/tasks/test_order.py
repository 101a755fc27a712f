"""Temporal order is what the paper says it is, symbol by symbol."""

import re
from itertools import product

import numpy as np
import pytest

from unrolled.tasks import order

PAPER = {
    "6a": {"XX": "Q", "XY": "R", "YX": "S", "YY": "U"},
    "6b": {
        **{"XXX": "Q", "XXY": "R", "XYX": "S", "XYY": "U"},
        **{"YXX": "V", "YXY": "A", "YYX": "B", "YYY": "C"},
    },
}
PLACES = {"6a": [(10, 20), (50, 60)], "6b": [(10, 20), (33, 43), (66, 76)]}


@pytest.mark.parametrize("form", ["6a", "6b"])
def test_a_sequence_is_the_papers(form):
    """Each rule of section 5.6 is read off the sequences themselves, one by one."""
    made = order.make(600, form, seed=2)
    assert set(made.lengths) == set(range(100, 111))
    assert set(np.unique(made.x)) == set(np.unique(made.targets)) == {0, 1}
    assert (made.x.sum(axis=-1) == (np.arange(110) < made.lengths[:, None])).all()
    seen = [set() for _ in PLACES[form]]
    for text, target in zip(order.read(made), made.targets, strict=True):
        assert re.fullmatch("E[abcdXY]+B", text)
        at = [match.start() for match in re.finditer("[XY]", text)]
        assert len(at) == len(PLACES[form])
        for place, places in zip(at, seen, strict=True):
            places.add(place)
        letters = "".join(text[i] for i in at)
        assert target.sum() == 1
        assert order.CLASSES[form][target.argmax()] == PAPER[form][letters]
    for places, (low, high) in zip(seen, PLACES[form], strict=True):
        assert places == set(range(low, high + 1))


@pytest.mark.parametrize("form", ["6a", "6b"])
def test_classes_and_fillers_are_drawn_evenly(form):
    made = order.make(8000, form, seed=0)
    classes = len(PAPER[form])
    assert classes == len(list(product("XY", repeat=len(PLACES[form]))))
    assert (np.abs(made.targets.mean(axis=0) - 1 / classes) < 0.02).all()
    fillers = made.x[..., 2:6].sum(axis=(0, 1))
    assert (np.abs(fillers / fillers.sum() - 1 / 4) < 0.01).all()


def test_a_seed_fixes_the_sequences_and_a_generator_goes_on():
    one, again, other = (order.make(5, seed=seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(one, again, strict=True))
    assert (one.x[:, :100] != other.x[:, :100]).any()
    rng = np.random.default_rng(1)
    first, second = order.make(5, seed=rng), order.make(5, seed=rng)
    assert (first.x == one.x).all()
    assert (second.x != one.x).any()


def test_an_answer_is_correct_if_every_output_is_within_three_tenths():
    targets = np.eye(4)[[0, 0, 0]]
    answers = np.array([[0.71, 0.29, 0, 0], [0.69, 0, 0, 0], [0.9, 0, 0, 0.31]])
    assert order.correct(answers, targets).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("bad", "error"),
    [({"count": 0}, ValueError), ({"count": "2"}, TypeError), ({"form": "6c"}, ValueError)],
)
def test_what_cannot_be_made_is_refused(bad, error):
    with pytest.raises(error, match=r"expected .* got"):
        order.make(**{"count": 1} | bad)
