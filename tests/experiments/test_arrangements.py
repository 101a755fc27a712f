"""Twelve arrangements are what they are called, and no test text has a say in any choice."""

import dataclasses
from typing import ClassVar

import numpy as np
import pytest

from unrolled.experiments import compiled
from unrolled.experiments.arrangements import models
from unrolled.experiments.arrangements import study as arrangements
from unrolled.experiments.arrangements.models import ARRANGEMENTS, CELLS
from unrolled.experiments.arrangements.study import CONFIG, QUICK
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
    assert models.parameters(cell, name, features=3, units=2) == expected
    model = models.build(cell, name, size=7, embedding=3, units=2)
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
    units = models.units_for(cell, name, features=32, budget=8320)
    fits, too_many = (models.parameters(cell, name, 32, units + more) for more in (0, 1))
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
    # The validation error after each epoch; what is asked for beyond is a fault.
    errors: ClassVar = {0.1: [3, 1, 2, 2], 0.2: [2.5, 0.5, 1, 0.5], 0.4: [9, 3, 2, 1, 0.8, 0.7]}

    def __init__(self, *ignored):
        """Know nothing yet."""

    def epochs(self, ids, targets, held_out, rates, *, batch, seed):
        """Yield the error of two validation texts, then the epoch for two test texts."""
        self.asked.append((seed, len(ids), len(held_out), batch, []))
        for epoch, rate in enumerate(rates):
            self.asked[-1][-1].append(rate)
            v = self.errors[rate][epoch]
            # The targets are 0, and the test's 3 and -1.
            yield np.array([v, v, epoch, -epoch])


@pytest.fixture
def learner(monkeypatch):
    """Let a task have two texts in each part, and nobody learn from them."""
    FakeLearner.asked = []
    monkeypatch.setattr(compiled, "Learner", FakeLearner)
    split = Splits(
        Corpus(["ten", "six"], [-1, 1], ["a", "b"]),
        Corpus(["ten", "six"], [0, 0], ["c", "d"]),
        Corpus(["ten", "six"], [3, -1], ["e", "f"]),
    )
    monkeypatch.setattr(arrangements, "load", lambda *_: split)
    return FakeLearner


RATES = dataclasses.replace(
    QUICK, epochs=6, patience=2, rates=(0.1, 0.2, 0.4), first=(0.1,), seeds=(4, 5)
)


def test_the_step_and_the_epoch_are_chosen_by_validation_and_the_test_only_measures(learner):
    found = arrangements.learn(RATES, ("clock", "RNN", "one layer", 2))
    # 0.2 is better than 0.1, so 0.4 is tried too; a training ends two epochs after its best.
    assert learner.asked == [
        (99, 2, 4, 32, [0.1] * 4), (99, 2, 4, 32, [0.2] * 4), (99, 2, 4, 32, [0.4] * 6),
        (4, 2, 4, 32, [0.2] * 4), (5, 2, 4, 32, [0.2] * 4),
    ]  # fmt: skip
    # In epoch 2 the answers to the test are 1 and -1, where 3 and -1 are true.
    assert found == {
        "units": 2, "parameters": 2 * 2 + 2 * 2 + 2, "rate": 0.2, "epoch": [2, 2],
        "search": {"0.1": 1.0, "0.2": 0.5, "0.4": 0.7}, "epochs": [4, 4],
        "mae": [1.0, 1.0], "pearson": [1.0, 1.0], "answers": [[1.0, -1.0], [1.0, -1.0]],
    }  # fmt: skip


def test_a_training_that_gets_better_and_better_ends_at_the_bound_and_says_so(learner):
    config = dataclasses.replace(RATES, rates=(0.4,), first=(0.4,))
    found = arrangements.learn(config, ("clock", "RNN", "one layer", 2))
    assert found["epoch"] == found["epochs"] == [6, 6]


def test_a_rate_at_which_training_gets_out_of_hand_is_a_bad_one(learner, monkeypatch):
    errors = {0.1: [3, 1, 2, 2], 0.2: [2, 0.5, 1, 1], 0.4: [np.nan] * 6}
    monkeypatch.setattr(FakeLearner, "errors", errors)
    found = arrangements.learn(RATES, ("clock", "RNN", "one layer", 2))
    assert found["rate"] == 0.2
    assert found["search"] == {"0.1": 1.0, "0.2": 0.5, "0.4": None}
    assert learner.asked[2] == (99, 2, 4, 32, [0.4] * 2)


def test_a_best_rate_at_the_end_of_all_is_told(learner):
    config = dataclasses.replace(RATES, rates=(0.1, 0.2))
    with pytest.raises(ValueError, match="expected rates beyond the best of all that may be tried"):
        arrangements.learn(config, ("clock", "RNN", "one layer", 2))


def test_what_other_texts_would_do_is_what_other_texts_do(rng):
    """The bootstrap's standard error is the spread over many tests that are really drawn."""

    def drawn(texts):
        targets = rng.normal(size=texts)
        return targets, targets + rng.normal(size=(3, texts)) * [[0.5], [0.6], [0.7]]

    many = {m: [] for m in arrangements.METRICS}
    for _ in range(400):
        targets, answers = drawn(200)
        many["mae"].append(np.abs(answers - targets).mean())
        many["pearson"].append(np.mean([np.corrcoef(targets, a)[0, 1] for a in answers]))
    found = arrangements.resampled(*drawn(200))
    for metric, values in many.items():
        assert found[metric].shape == (2000,)
        assert found[metric].std() == pytest.approx(np.std(values), rel=0.35)
    targets, answers = drawn(50)
    same, flat = (arrangements.resampled(targets, a) for a in (answers, np.ones((2, 50))))
    assert not flat["pearson"].any()
    np.testing.assert_array_equal(same["mae"], arrangements.resampled(targets, answers)["mae"])


def test_every_place_of_the_result_is_filled():
    """From its own job; two layouts that come to the same units share one, and no answer stays."""
    config = dataclasses.replace(QUICK, arrangements=("one layer", "both ways"))
    jobs = arrangements.jobs(config)
    answers = {job: np.arange(16.0)[None] * (1 + job[-1]) for job in jobs}
    found = {job: {"job": job, "answers": answers[job]} for job in jobs}
    values = arrangements.gather(config, found)
    assert set(values) == {"clock"}
    assert values["clock"]["counts"] == {"train": 64, "validation": 16, "test": 16}
    assert set(values["clock"]["rivals"]) == {"constant", "word_ridge", "word_and_pair_ridge"}
    # One LSTM of two units on two features has 40 parameters; 2 (2 H + H H + H) with H = 3 is 36.
    units = {
        "parameters": {"one layer": 5, "both ways": 3},
        "units": {"one layer": 2, "both ways": 2},
    }
    targets = arrangements.load("clock", config).test.targets
    for matched, by_name in units.items():
        for name, H in by_name.items():
            place = values["clock"]["scores"][matched]["RNN"][name]
            assert set(place) == {"job", "by_texts", "gain_by_texts"}
            job = "clock", "RNN", name, H
            assert place["job"] == job
            own = arrangements.resampled(targets, answers[job])["mae"].std()
            assert place["by_texts"]["mae"] == pytest.approx(own, rel=1e-3)
            # Where both have the same units they answer alike here, and no text tells them apart.
            alike = name == "one layer" or matched == "units"
            assert (place["gain_by_texts"]["mae"] == 0) == alike
    assert models.parameters("RNN", "both ways", 2, 3) == 36
