"""Twelve arrangements are what they are called, and no test text has a say in any choice."""

import dataclasses

import numpy as np
import pytest

from unrolled.experiments import compiled
from unrolled.experiments.arrangements import study as arrangements
from unrolled.experiments.arrangements.study import ARRANGEMENTS, CELLS, CONFIG, QUICK
from unrolled.text import Corpus, Splits

# D features, H units: one block of a plain cell has D H + H H + H weights, the LSTM four of them,
# the GRU three and a second bias. Here D = 3 and H = 2.
BY_HAND = {
    ("RNN", "one layer"): 6 + 4 + 2,
    ("RNN", "two stacked"): (6 + 4 + 2) + (4 + 4 + 2),
    ("RNN", "both ways"): 2 * (6 + 4 + 2),
    ("RNN", "both ways, two stacked"): 2 * (6 + 4 + 2) + 2 * (8 + 4 + 2),
    ("GRU", "one layer"): 3 * (6 + 4 + 2 + 2),
    ("GRU", "two stacked"): 3 * (6 + 4 + 2 + 2) + 3 * (4 + 4 + 2 + 2),
    ("GRU", "both ways"): 2 * 3 * (6 + 4 + 2 + 2),
    ("GRU", "both ways, two stacked"): 2 * 3 * (6 + 4 + 2 + 2) + 2 * 3 * (8 + 4 + 2 + 2),
    ("LSTM", "one layer"): 4 * (6 + 4 + 2),
    ("LSTM", "two stacked"): 4 * (6 + 4 + 2) + 4 * (4 + 4 + 2),
    ("LSTM", "both ways"): 2 * 4 * (6 + 4 + 2),
    ("LSTM", "both ways, two stacked"): 2 * 4 * (6 + 4 + 2) + 2 * 4 * (8 + 4 + 2),
}


@pytest.mark.parametrize(("cell", "name"), BY_HAND)
def test_an_arrangement_has_the_weights_that_a_hand_counts_and_keras_too(cell, name):
    expected = BY_HAND[cell, name]
    assert arrangements.parameters(cell, name, features=3, units=2) == expected
    model = arrangements.build(cell, name, size=7, embedding=3, units=2)
    model.build((None, 4))
    readers = model.layers[1:-1]
    assert sum(layer.count_params() for layer in readers) == expected
    assert len(readers) == ARRANGEMENTS[name][0]
    width = 2 * ARRANGEMENTS[name][1]
    assert model.layers[-1].kernel.shape == (width, 1)
    assert model.output_shape == (None, 1)  # one number, and not one at every step


def test_the_list_has_twelve_arrangements():
    assert set(BY_HAND) == {(cell, name) for cell in CELLS for name in ARRANGEMENTS}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_units_fill_the_budget_and_no_more(cell, name):
    units = arrangements.units_for(cell, name, features=32, budget=8320)
    fits, too_many = (arrangements.parameters(cell, name, 32, units + more) for more in (0, 1))
    assert fits <= 8320 < too_many


def test_every_model_is_trained_once_though_it_stands_in_two_tables():
    config = dataclasses.replace(CONFIG, matched=(arrangements.MATCHED, ("parameters",)))
    jobs = arrangements.jobs(config)
    assert len(set(jobs)) == len(jobs) == 12 + 12 + 12 - 1
    twice = {
        arrangements._job(CONFIG, "clock", "LSTM", "one layer", m) for m in ("units", "parameters")
    }
    assert len(twice) == 1


def test_tweets_are_those_of_the_split(monkeypatch):
    asked = []
    monkeypatch.setattr(arrangements.ratings, "load", lambda *what: asked.append(what))
    arrangements.load("tweets", dataclasses.replace(CONFIG, split_seed=7))
    assert asked == [("tweets", 7)]
    with pytest.raises(ValueError, match="a task among clock, tweets, got 'films'"):
        arrangements.load("films", CONFIG)


class FakeLearner:
    """Answers as it was told, in the unit of the targets, and remembers what it was asked."""

    asked: list

    def __init__(self, *ignored):
        """Know nothing yet."""

    def learn(self, ids, targets, held_out, *, learning_rate, seed, **options):
        """Be best on validation in epoch 2, and better with the higher step."""
        self.asked.append((learning_rate, seed, len(ids), len(held_out), options))
        validation = {0.1: [3, 1, 2], 0.2: [2.5, 0.5, 1]}[learning_rate]
        # Two validation texts, both of target 0, then two test texts: in units of scale 1.
        return np.array([[v, v, epoch, -epoch] for epoch, v in enumerate(validation)])


def test_the_step_and_the_epoch_are_chosen_by_validation_and_the_test_only_measures(monkeypatch):
    FakeLearner.asked = []
    monkeypatch.setattr(compiled, "Learner", FakeLearner)
    split = Splits(
        Corpus(["ten", "six"], [-1, 1], ["a", "b"]),  # mean 0, standard deviation 1
        Corpus(["ten", "six"], [0, 0], ["c", "d"]),
        Corpus(["ten", "six"], [3, -1], ["e", "f"]),
    )
    monkeypatch.setattr(arrangements, "load", lambda *_: split)
    config = dataclasses.replace(QUICK, epochs=(3,), rates=((0.1, 0.2),), seeds=(4, 5))
    found = arrangements.learn(config, ("clock", "RNN", "one layer", 2))
    assert [(rate, seed) for rate, seed, *_ in FakeLearner.asked] == [
        (0.1, 99), (0.2, 99), (0.2, 4), (0.2, 5),
    ]  # fmt: skip
    assert all((n, m) == (2, 4) for _, _, n, m, _ in FakeLearner.asked)
    assert FakeLearner.asked[0][-1] == {"epochs": 3, "batch": 32}
    # In epoch 2 the answers to the test are 1 and -1, where 3 and -1 are true.
    assert found == {
        "units": 2, "parameters": 2 * 2 + 2 * 2 + 2, "rate": 0.2, "epoch": [2, 2],
        "mae": [1.0, 1.0], "pearson": [1.0, 1.0],
    }  # fmt: skip
    FakeLearner.asked.clear()
    config = dataclasses.replace(config, rates=((0.1,),))
    arrangements.learn(config, ("clock", "RNN", "one layer", 2))
    assert [(rate, seed) for rate, seed, *_ in FakeLearner.asked] == [(0.1, 4), (0.1, 5)]


def test_every_place_of_the_result_is_filled():
    """From its own job; two layouts that come to the same units share one."""
    config = dataclasses.replace(QUICK, arrangements=("one layer", "both ways"))
    found = {job: {"job": job} for job in arrangements.jobs(config)}
    values = arrangements.gather(config, found)
    assert set(values) == {"clock"}
    assert values["clock"]["counts"] == {"train": 64, "validation": 16, "test": 16}
    assert set(values["clock"]["rivals"]) == {"constant", "word_ridge", "word_and_pair_ridge"}
    # One LSTM of two units on two features has 40 parameters; 2 (2 H + H H + H) with H = 3 is 36.
    units = {
        "parameters": {"one layer": 5, "both ways": 3},
        "units": {"one layer": 2, "both ways": 2},
    }
    for matched, by_name in units.items():
        for name, H in by_name.items():
            place = values["clock"]["scores"][matched]["RNN"][name]
            assert place == {"job": ("clock", "RNN", name, H)}
    assert arrangements.parameters("RNN", "both ways", 2, 3) == 36
