"""The study of sound: nothing of the test is chosen by, all pay the same, and sums are right."""

import dataclasses

import numpy as np
import pytest

from unrolled.cells import gru, lstm
from unrolled.experiments.sound import learning, pitch, speakers, study
from unrolled.experiments.sound.study import CONFIG, EXPERIMENT, QUICK
from unrolled.series import vowels
from unrolled.tasks import Sequences


def quiet(line):
    """Say nothing."""


@pytest.fixture(scope="module")
def values():
    return EXPERIMENT.run(tell=quiet, config=QUICK)


@pytest.mark.slow
def test_the_quick_form_has_all_that_the_page_reads(values):
    run = values["speakers"]["RNN"]["both ways"]
    assert set(run) == set(study.MASKS)
    truth = values["data"]["truth"]
    assert len(truth) == 370
    for one in run.values():
        assert [len(each) for each in one["answers"]] == [370] * 2
        assert set("".join(one["answers"])) <= set("123456789")
        assert {len(losses) for losses in one["search"].values()} == {QUICK.folds}
    assert np.shape(values["data"]["curves"]) == (3, 4, 5, 9)
    assert study.right([values["baseline"]["answers"]], truth).mean() > 0.9
    assert values["notes"]["samples"]["100"]["steps"] == 100
    assert values["notes"]["frames"]["100"]["steps"] == 1
    assert values["notes"]["mean spectrum"]["100"] > 0.5


def test_a_hidden_mask_changes_the_answers(values):
    run = values["speakers"]["RNN"]["both ways"]
    assert run["mask"]["search"] != run["no mask"]["search"]


@pytest.mark.slow
def test_the_rate_is_chosen_without_the_test(monkeypatch):
    """Whatever the test utterances are, the search sees the same."""
    train, test = speakers.data()
    one = learning.reader("RNN", "one way", 30, 12)
    sizes = {"rates": (0.03, 0.1), "parts": 2, "seeds": (0,), "updates": 2, "batch": 4}
    found = speakers.read(one, True, **sizes)
    monkeypatch.setattr(speakers, "data", lambda: (train, test._replace(x=-test.x)))
    other = speakers.read(one, True, **sizes)
    assert found["search"] == other["search"]
    assert found["answers"] != other["answers"]


def test_folds_are_even_in_every_class_and_do_not_overlap():
    train, _ = speakers.data()
    fold = speakers.folds(train, 3, seed=0)
    counts = [train.targets[fold == part].sum(axis=0) for part in range(3)]
    np.testing.assert_array_equal(counts, np.full((3, 9), 10))
    np.testing.assert_array_equal(fold, speakers.folds(train, 3, seed=0))


def test_a_batch_has_different_utterances_and_their_own_targets(rng):
    x = np.arange(12.0).reshape(4, 3, 1)
    made = Sequences(x, np.eye(4), np.array([1, 2, 3, 3]))
    batch = speakers.drawing(made)(rng, 3)
    which = batch.targets.argmax(axis=1)
    assert len(set(which)) == 3
    np.testing.assert_array_equal(batch.x, x[which])
    np.testing.assert_array_equal(batch.lengths, made.lengths[which])
    assert len(speakers.drawing(made)(rng, 9).x) == 4


@pytest.mark.parametrize("cell", learning.CELLS)
@pytest.mark.parametrize("ways", learning.WAYS)
def test_readers_have_equal_parameters_within_a_few_per_cent(cell, ways):
    budget = lstm.count(12, CONFIG.units)
    one = learning.reader(cell, ways, budget, 12)
    assert abs(one.parameters(12) / budget - 1) < 0.05


@pytest.mark.parametrize("features", [1, 51])
def test_so_have_those_that_hear_samples_and_frames(features):
    budget = gru.count(1, CONFIG.note_units)
    one = learning.reader(CONFIG.note_cell, "one way", budget, features)
    assert abs(one.parameters(features) / budget - 1) < 0.06


def test_notes_that_are_learnt_searched_and_tested_are_different():
    parts = [pitch.asked("samples", 100, 9, seed).x for seed in (pitch.SEARCH, pitch.TEST)]
    assert not np.allclose(*parts)
    assert not {pitch.SEARCH, pitch.TEST, pitch.SCALE} & set(CONFIG.note_seeds)


@pytest.mark.slow
def test_a_network_learns_and_one_that_blows_up_is_the_worst():
    """One step says which of two it is."""

    def draw(rng, count):
        rows = rng.integers(0, 2, count)
        return Sequences(np.eye(2)[rows][:, None], np.eye(2)[rows], np.ones(count, int))

    unseen = draw(np.random.default_rng(9), 20)
    one = learning.Reader("GRU", "both ways", 2)
    members = [(0, 0.1), (0, 1e30)]
    outputs = learning.learn(one, lambda seed: draw, members, unseen, updates=60, batch=8)
    assert (outputs[0].argmax(axis=1) == unseen.targets.argmax(axis=1)).all()
    first, second = learning.losses(outputs, unseen.targets).mean(axis=1)
    assert first < 0.3 < second <= learning.WORST


@pytest.mark.slow
def test_a_seed_learns_from_its_own_source():
    """One source has class 0 alone and the other class 1, and each network answers that."""

    def source(seed):
        def draw(rng, count):
            return Sequences(np.ones((count, 1, 1)), np.eye(2)[[seed] * count], np.ones(count, int))

        return draw

    unseen = source(0)(None, 3)
    one = learning.Reader("RNN", "one way", 1)
    outputs = learning.learn(one, source, [(0, 0.1), (1, 0.1)], unseen, updates=30, batch=2)
    assert outputs.argmax(axis=-1).tolist() == [[0] * 3, [1] * 3]


def test_losses_are_the_cross_entropy_of_softmax(rng):
    outputs, targets = rng.normal(0, 3, (2, 5, 4)), np.eye(4)[rng.integers(0, 4, 5)]
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=-1, keepdims=True)
    expected = -np.log((shares * targets).sum(axis=-1))
    np.testing.assert_allclose(learning.losses(outputs, targets), expected, rtol=1e-12)
    outputs[0, 0, 0], outputs[1, 1, 1] = np.nan, 1e30
    found = learning.losses(outputs, targets)
    assert found[0, 0] == learning.WORST
    assert found.max() == learning.WORST


@pytest.mark.slow
def test_answers_do_not_depend_on_padding_under_a_mask():
    train, test = speakers.data()
    longer = [
        part._replace(x=np.pad(part.x, ((0, 0), (0, 4), (0, 0)), constant_values=5.0))
        for part in (train, test)
    ]
    one = learning.Reader("RNN", "both ways", 2)
    found = [
        learning.learn(
            one, lambda seed, a=a: speakers.drawing(a), [(0, 0.03)], b, updates=3, batch=4
        )
        for a, b in ((train, test), longer)
    ]
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)


def test_speakers_survive_being_written():
    who = np.arange(9)
    np.testing.assert_array_equal(speakers.as_array(speakers.as_text(who)), who)


def test_a_difference_has_the_chance_of_seeds_and_of_utterances(rng):
    """Simulated: both variances add up to that of the mean."""
    ours = rng.random((10, 400)) < rng.uniform(0.6, 1, (10, 1))
    mean, error = study.difference(ours.astype(float))
    assert mean == pytest.approx(ours.mean())
    by_seed = ours.mean(axis=1).std(ddof=1) / np.sqrt(10)
    by_utterance = ours.mean(axis=0).std(ddof=1) / 20
    assert error == pytest.approx(np.hypot(by_seed, by_utterance))
    same = study.difference(ours.astype(float), ours.astype(float))
    assert same[0] == 0


def test_confusions_count_every_utterance_once():
    truth, answers = "112", ["121", "111"]
    table = study.confusion(answers, truth)
    np.testing.assert_array_equal(table[:2, :2], [[1.5, 0.5], [1, 0]])
    assert table.sum() == 3


def test_unmasked_sequences_are_all_as_long_as_the_array():
    train, _ = speakers.data()
    assert set(speakers.unmasked(train).lengths) == {vowels.LONGEST}


def test_every_job_has_a_place():
    jobs = study.jobs(CONFIG)
    assert len(set(jobs)) == len(jobs) == 12 + 6
    short = dataclasses.replace(CONFIG, cells=("GRU",), ways=("one way",), lengths=(100,))
    assert len(study.jobs(short)) == 4
