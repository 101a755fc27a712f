"""The comparison is fair, and its baselines are exact."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from unrolled.cells import lstm
from unrolled.experiments import results
from unrolled.experiments.choosing import study, tasks
from unrolled.experiments.choosing.cells import KINDS, units_for
from unrolled.experiments.choosing.study import CONFIG, EXPERIMENT, QUICK
from unrolled.experiments.choosing.tasks import prepared
from unrolled.experiments.training import init_network
from unrolled.text import ratings

RECORDED = Path(__file__).parents[2] / "book" / "results"


def quiet(line):
    """Say nothing."""


@pytest.mark.parametrize("form", ["values", "quick"])
def test_each_cell_has_its_search_its_curves_and_its_scores(form):
    """In what is recorded; ``test_results`` shows that the code still gives its quick form."""
    config = {"values": CONFIG, "quick": QUICK}[form]
    recorded = results.read(RECORDED, EXPERIMENT.name)[form]
    assert set(recorded) == {f"{name}-{size}" for name, size, _ in config.tasks}
    for name, task in recorded.items():
        equal = {"parameters", "units"} if name in config.equal_units else {"parameters"}
        assert set(task["runs"]) == equal
        for cells in task["runs"].values():
            assert set(cells) == set(config.kinds)
            for cell in cells.values():
                assert {len(finals) for finals in cell["search"].values()} == {
                    len(config.search_seeds)
                }
                tried = [rate for rate in config.rates if str(rate) in cell["search"]]
                assert {*config.first} <= {*tried}
                if cell["rate"] is None:
                    assert not {"losses", "scores"} & {*cell}
                    assert tried == [*config.rates]
                    continue
                assert np.shape(cell["losses"]) == (len(config.seeds), len(task["steps"]))
                assert np.shape(cell["scores"]) == (len(config.seeds),)
                at = config.rates.index(cell["rate"])
                assert 0 < at < len(config.rates) - 1 or len(config.rates) == 1
                assert {*config.rates[max(at - 1, 0) : at + 2]} <= {*tried}


def test_what_is_equal_is_equal():
    places = study._places(CONFIG)
    for task in CONFIG.equal_units:
        by_size, by_units = (
            {kind: places[task, equal, kind] for kind in KINDS} for equal in ("parameters", "units")
        )
        assert {units for *_, units in by_units.values()} == {CONFIG.units}
        assert by_size["LSTM, bias 1"] == by_units["LSTM, bias 1"]
        assert by_size["RNN"][-1] > by_units["RNN"][-1]
    assert set(study.jobs(CONFIG)) == set(places.values())


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("features", [2, 8, 10, 16])
def test_equal_budgets_are_equal_within_a_few_per_cent(name, features, rng):
    kind, budget = KINDS[name], lstm.count(features, 16)
    units = units_for(kind.parameters, budget, features)
    assert abs(kind.parameters(features, units) / budget - 1) < 0.04
    network = init_network(kind.init, rng, features, units, 1)
    assert sum(part.size for part in network.cell) == kind.parameters(features, units)


def test_search_and_report_share_no_seed_and_no_sequence():
    assert not set(CONFIG.seeds) & set(CONFIG.search_seeds)
    assert len(CONFIG.seeds) >= 10
    searched, reported = (
        tasks.held_out("adding", 50, part, CONFIG.held_out) for part in ("validation", "test")
    )
    assert not np.isin(searched.targets, reported.targets).any()
    assert len(reported.targets) == CONFIG.held_out


@pytest.mark.parametrize(
    ("name", "size", "constant"),
    [
        # The best constant answer of each, as outputs: the mean, or the shares of the classes.
        ("adding", 20, lambda steps: np.ones(1)),
        ("order", 100, lambda steps: np.full(4, 0.25)),
        ("copy", 7, lambda steps: np.where(steps < 17, [1] + [0] * 8, [0] + [1 / 8] * 8)),
    ],
)
def test_the_baseline_is_what_answers_without_memory_get(name, size, constant):
    """Simulated on many sequences."""
    task = prepared(name, size)
    targets = task.draw(np.random.default_rng(0), 20_000).targets
    answers = np.broadcast_to(constant(np.arange(targets.shape[1])[:, None]), targets.shape)
    losses = {
        "squared": lambda: np.mean((answers - targets) ** 2),
        "entropy": lambda: -np.log((answers * targets).sum(axis=-1)).mean(),
    }
    assert losses[task.loss]() == pytest.approx(tasks.baseline(name, size), rel=0.02)


def test_baselines_are_the_exact_numbers():
    assert tasks.baseline("adding", 200) == 1 / 6
    assert tasks.baseline("order", 100) == pytest.approx(np.log(4))
    assert tasks.baseline("copy", 30) == pytest.approx(10 * np.log(8) / 50)


def test_scores_count_right_answers():
    adding, order, copy = (prepared(name, 5).score for name in ("adding", "order", "copy"))
    assert adding(np.array([[0.5], [0.7]]), np.array([[0.53], [0.75]])) == 0.5
    assert order(np.eye(4)[[2, 3]], np.eye(4)[[2, 1]]) == 0.5
    targets = np.zeros((1, 25, 9))
    targets[..., 0] = 1
    answers = targets.copy()
    answers[:, :15] = 0  # What is said before the end does not count.
    answers[:, 20:, 1] = 2
    assert copy(answers, targets) == 0.5


def test_the_score_of_tweets_is_pearsons_r(rng):
    outputs, targets = rng.random((9, 1)), rng.random((9, 1))
    score = prepared("tweets", 0).score
    assert score(outputs, targets) == pytest.approx(np.corrcoef(outputs.T, targets.T)[0, 1])
    assert score(np.full((9, 1), np.nan), targets) == 0, "a network that has blown up"


def test_a_network_that_has_blown_up_has_the_worst_loss():
    unseen = tasks.held_out("adding", 5, "test", 8)
    found = study.learn(KINDS["GRU, before"], 1, prepared("adding", 5), [(0, 1e30), (1, 1e-2)],
                        unseen, steps=4, looks=2, batch=4)  # fmt: skip
    assert found.losses[0, -1] == study.WORST > found.losses[1, -1]


@pytest.fixture
def scripted(monkeypatch):
    """Let final losses, as shares of the baseline, hang on the rate; return what was asked for."""
    asked = []

    def use(shares):
        def learn(kind, units, task, members, unseen, *, steps, looks, **rest):
            asked.append([rate for _, rate in members])
            nothing = tasks.unlearnt("adding", 5, unseen)
            finals = np.array([shares[rate][i % len(shares[rate])] for i, (_, rate) in
                               enumerate(members)]) * nothing  # fmt: skip
            return study.Learnt(np.stack([finals] * (looks + 1), axis=1), finals)

        monkeypatch.setattr(study, "learn", learn)
        config = dataclasses.replace(
            QUICK, rates=(0.1, 0.2, 0.4, 0.8), first=(0.2,), search_seeds=(7, 8), learnt=0.95
        )
        return study.work(config, ("adding", 5, 4, "GRU, before", 1)), asked

    return use


def test_a_search_goes_on_until_its_best_rate_lies_inside(scripted):
    shares = {0.1: [0.9], 0.2: [0.8], 0.4: [0.3], 0.8: [0.7]}
    found, asked = scripted(shares)
    assert found["rate"] == 0.4
    assert asked == [[0.2] * 2, [0.1, 0.1, 0.4, 0.4], [0.8] * 2, [0.4] * 2]
    assert list(found["search"]) == ["0.1", "0.2", "0.4", "0.8"]


def test_one_trial_that_has_learnt_counts_and_a_blown_up_one_only_as_nothing(scripted):
    found, _ = scripted({0.1: [1, 1], 0.2: [0.96, 0.96], 0.4: [0.1, 6000], 0.8: [1, 1]})
    assert found["rate"] == 0.4


def test_where_no_rate_has_learnt_none_is_chosen_and_nothing_is_reported(scripted):
    found, asked = scripted({rate: [0.96, 1.2] for rate in (0.1, 0.2, 0.4, 0.8)})
    assert found["rate"] is None
    assert set(found) == {"units", "parameters", "rate", "search"}
    assert sorted({rate for rates in asked for rate in rates}) == [0.1, 0.2, 0.4, 0.8]


def test_nothing_learnt_is_measured_on_the_same_sequences():
    """There the best constant may get less than the baseline, and that is no learning."""
    for name, size, middle in (("adding", 5, 1.0), ("order", 100, None), ("copy", 3, None)):
        unseen = tasks.held_out(name, size, "validation", 64)
        found = tasks.unlearnt(name, size, unseen)
        if middle is None:
            assert found == tasks.baseline(name, size)
        else:
            assert found == pytest.approx(np.mean((unseen.targets - middle) ** 2))
            assert found != tasks.baseline(name, size)


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
    for cached in (tasks._split, tasks._tweets):
        cached.cache_clear()
    yield
    for cached in (tasks._split, tasks._tweets):
        cached.cache_clear()


@pytest.mark.slow
def test_tweets_are_learnt_from_and_measured_against_a_ridge(made_up):
    config = dataclasses.replace(
        QUICK,
        tasks=(("tweets", 0, 60),),
        kinds=("GRU, after",),
        units=8,
        rates=(3e-2,),
        first=(3e-2,),
    )
    task = EXPERIMENT.run(config, tell=quiet)["tweets-0"]
    cell = task["runs"]["parameters"]["GRU, after"]
    assert min(cell["scores"]) > 0.7
    assert np.median([curve[-1] for curve in cell["losses"]]) < task["baseline"] / 2
    assert -1 <= task["ridge"] <= 1


def test_tweets_are_cut_at_their_end_and_unknown_words_are_known_as_such(made_up):
    parts = tasks._tweets(0)
    train = parts["train"]
    assert train.x.shape == (len(train.x), tasks.WORDS)
    assert train.lengths.max() == tasks.WORDS
    assert train.targets.mean() == pytest.approx(0, abs=1e-6)
    assert train.targets.std() == pytest.approx(1)
    short = train.x[train.lengths < tasks.WORDS]
    assert (short[:, -1] == 0).all()
    assert (train.x.max(axis=1) < tasks.VOCABULARY).all()
    assert (parts["test"].x == 1).any()


def test_no_seed_and_unknown_tasks_are_refused():
    for missing in ({"seeds": ()}, {"search_seeds": ()}):
        with pytest.raises(ValueError, match="at least one seed"):
            EXPERIMENT.run(dataclasses.replace(QUICK, **missing), tell=quiet)
    with pytest.raises(ValueError, match="got 'sorting'"):
        prepared("sorting", 1)
