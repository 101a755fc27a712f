"""The comparison is fair, its baselines are exact, and an interruption changes nothing."""

import dataclasses
import json

import numpy as np
import pytest

from unrolled.cells import lstm
from unrolled.experiments import resume
from unrolled.experiments.choosing import contest, learning_power
from unrolled.experiments.choosing.contest import Job, prepared
from unrolled.experiments.choosing.learning_power import CONFIG, QUICK
from unrolled.experiments.choosing.stacked.training import lost, stack
from unrolled.text import ratings

TOYS = dataclasses.replace(QUICK, tasks=QUICK.tasks[:3], kinds=("RNN", "LSTM, bias 1"))


def quiet(line):
    """Say nothing."""


def through_json(values):
    return json.loads(json.dumps(values, allow_nan=False))


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    return learning_power.run(TOYS, quiet, tmp_path_factory.mktemp("unbroken"))


def test_each_cell_has_its_search_its_curves_and_its_scores(unbroken):
    assert through_json(unbroken) == unbroken
    assert list(unbroken) == ["adding-5", "order-100", "copy-1"]
    for name, task in unbroken.items():
        equal = {"parameters", "units"} if name == "adding-5" else {"parameters"}
        assert set(task["runs"]) == equal
        for cells in task["runs"].values():
            assert list(cells) == list(TOYS.kinds)
            for cell in cells.values():
                assert np.shape(cell["losses"]) == (len(TOYS.settings.seeds), len(task["steps"]))
                assert np.shape(cell["scores"]) == (len(TOYS.settings.seeds),)
                medians = {rate: np.median(finals) for rate, finals in cell["search"].items()}
                assert cell["rate"] == float(min(medians, key=medians.get))
                assert {len(finals) for finals in cell["search"].values()} == {1}


def test_what_is_equal_is_equal(unbroken):
    by_size, by_units = (unbroken["adding-5"]["runs"][equal] for equal in ("parameters", "units"))
    assert {cell["units"] for cell in by_units.values()} == {QUICK.units}
    assert by_size["LSTM, bias 1"] == by_units["LSTM, bias 1"]
    assert by_size["LSTM, bias 1"]["parameters"] == lstm.count(2, QUICK.units)
    assert by_size["RNN"]["units"] > by_units["RNN"]["units"]


def test_an_interrupted_run_gives_the_values_of_an_unbroken_one(tmp_path, monkeypatch, unbroken):
    learn, begun = learning_power.learn, []

    def stopped(job):
        begun.append(job)
        if len(begun) == 4:
            raise KeyboardInterrupt
        return learn(job)

    monkeypatch.setattr(learning_power, "learn", stopped)
    with pytest.raises(KeyboardInterrupt):
        learning_power.run(TOYS, quiet, tmp_path)
    assert learning_power.run(TOYS, quiet, tmp_path) == unbroken
    assert len(begun) == len(set(begun)) + 1  # only the one that was broken off, twice


def test_one_more_task_leaves_what_is_on_file_as_it_is(tmp_path, monkeypatch):
    few = dataclasses.replace(TOYS, tasks=TOYS.tasks[:1])
    learning_power.run(few, quiet, tmp_path)
    told = []
    learning_power.run(dataclasses.replace(few, tasks=TOYS.tasks[:2]), told.append, tmp_path)
    assert sum("on file" in line for line in told) == 3


def test_what_is_on_file_depends_on_the_contest_and_not_on_the_list_of_contests(tmp_path):
    few = dataclasses.replace(TOYS, tasks=TOYS.tasks[1:2], kinds=("RNN",))
    learning_power.run(few, quiet, tmp_path)
    (job,) = set(learning_power._places(few).values())
    (kept,) = tmp_path.iterdir()
    assert kept.stem == resume.key_of(job, "experiments.choosing.contest")


def test_search_and_report_share_no_seed_and_no_sequence():
    assert not set(CONFIG.settings.seeds) & set(CONFIG.settings.search_seeds)
    assert len(CONFIG.settings.seeds) >= 10
    job = Job("adding", 50, 1, "RNN", 4, CONFIG.settings)
    searched, reported = (contest.held_out(job, part) for part in ("validation", "test"))
    assert not np.isin(searched.targets, reported.targets).any()
    assert len(reported.targets) == CONFIG.settings.held_out


@pytest.mark.parametrize(
    ("task", "size", "constant"),
    [
        # The best constant answer of each, as outputs: the mean, or the logs of the shares.
        ("adding", 20, lambda steps: np.ones((1, 1))),
        ("order", 100, lambda steps: np.zeros((1, 4))),
        ("copy", 7, lambda steps: np.where(steps < 17, [[0] + [-99] * 8], [[-99] + [0] * 8])),
    ],
)
def test_the_baseline_is_what_answers_without_memory_get(task, size, constant):
    """Simulated with the experiment's own loss, on many sequences."""
    ready = prepared(task, size)
    drawn = stack([ready.draw(np.random.default_rng(0), 20_000)])
    steps = np.arange(len(drawn.targets))[:, None]
    answers = np.broadcast_to(constant(steps)[:, None, :, None], drawn.targets.shape)
    loss, _ = lost(ready, answers.astype("float64"), drawn.targets)
    assert loss[0] == pytest.approx(contest.baseline(task, size), rel=0.02)


def test_baselines_are_the_exact_numbers():
    assert contest.baseline("adding", 200) == 1 / 6
    assert contest.baseline("order", 100) == pytest.approx(np.log(4))
    assert contest.baseline("copy", 30) == pytest.approx(10 * np.log(8) / 50)


def test_scores_count_right_answers():
    adding, order, copy = (prepared(name, 5).score for name in ("adding", "order", "copy"))
    assert adding(np.array([[[[0.5, 0.7]]]]), np.array([[[[0.53, 0.75]]]])) == 0.5
    classes = np.eye(4)[[2, 1]].T[None, None]
    assert order(np.eye(4)[[2, 3]].T[None, None], classes) == 0.5
    targets = np.zeros((25, 1, 9, 1))
    targets[:, :, 0] = 1
    answers = targets.copy()
    answers[:15] = 0  # What is said before the end does not count.
    answers[20:, :, 1] = 2
    assert copy(answers, targets) == 0.5


def test_pearsons_r_is_that_of_numpy(rng):
    outputs, targets = rng.random((1, 2, 1, 9)), rng.random((1, 1, 1, 9))
    found = prepared("tweets", 0).score(outputs, targets)
    expected = [np.corrcoef(outputs[0, s, 0], targets[0, 0, 0])[0, 1] for s in range(2)]
    np.testing.assert_allclose(found, expected)


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Write tweets of our own in the archive's format; the last word decides."""
    folder = tmp_path / ratings.FOLDER
    folder.mkdir()
    moods = {"splendid": 3, "plain": 0, "dreadful": -3}
    truth, listed = [], []
    for number in range(120):
        mood = list(moods)[number % 3]
        text = "so " * (number % 30) + f"the thing{number} was {mood}"
        truth.append(f"{number}\t{moods[mood]}\t{text}\r\n")
        listed.append(f"{number}\t{moods[mood]}\t0.5\t[{moods[mood]}]\r\n")
    (folder / "tweets_GroundTruth.txt").write_bytes("".join(truth).encode())
    (folder / "tweets_anonDataRatings.txt").write_bytes("".join(listed).encode())
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    for cached in (contest._split, contest._tweets):
        cached.cache_clear()
    yield
    for cached in (contest._split, contest._tweets):
        cached.cache_clear()


def test_tweets_are_learnt_from_and_measured_against_a_ridge(made_up, tmp_path):
    config = dataclasses.replace(
        QUICK,
        tasks=(("tweets", 0, 60),),
        kinds=("GRU, after",),
        units=8,
        settings=dataclasses.replace(QUICK.settings, rates=(3e-2,)),
    )
    task = learning_power.run(config, quiet, tmp_path / "kept")["tweets-0"]
    cell = task["runs"]["parameters"]["GRU, after"]
    assert min(cell["scores"]) > 0.7
    assert np.median([curve[-1] for curve in cell["losses"]]) < task["baseline"] / 2
    assert -1 <= task["ridge"] <= 1


def test_tweets_are_cut_at_their_end_and_unknown_words_are_known_as_such(made_up):
    parts = contest._tweets(0)
    train = parts["train"]
    assert train.x.shape == (len(train.x), contest.WORDS)
    assert train.lengths.max() == contest.WORDS
    assert train.targets.mean() == pytest.approx(0, abs=1e-6)
    assert train.targets.std() == pytest.approx(1)
    short = train.x[train.lengths < contest.WORDS]
    assert (short[:, -1] == 0).all()
    assert (train.x.max(axis=1) < contest.VOCABULARY).all()
    assert (parts["test"].x == 1).any()


def test_no_seed_and_unknown_tasks_are_refused():
    for missing in ({"seeds": ()}, {"search_seeds": ()}):
        settings = dataclasses.replace(QUICK.settings, **missing)
        with pytest.raises(ValueError, match="at least one seed"):
            learning_power.run(dataclasses.replace(QUICK, settings=settings), quiet)
    with pytest.raises(ValueError, match="got 'sorting'"):
        prepared("sorting", 1)
