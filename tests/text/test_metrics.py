"""Metrics agree with other people's, and refuse what has no meaning."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from unrolled.text import metrics

TWO_LISTS = [
    *(metrics.mae, metrics.rmse, metrics.r2, metrics.pearson, metrics.all_metrics),
    metrics.intervals,
]
NAMES = ["mae", "rmse", "r2", "pearson"]


@pytest.mark.parametrize("seed", range(4))
def test_agree_with_scikit_learn_and_numpy(seed):
    rng = np.random.default_rng(seed)
    truth, predicted = rng.normal(3, 10, 57), rng.normal(3, 10, 57)
    assert metrics.mae(truth, predicted) == pytest.approx(sk.mean_absolute_error(truth, predicted))
    assert metrics.rmse(truth, predicted) == pytest.approx(
        sk.root_mean_squared_error(truth, predicted)
    )
    assert metrics.r2(truth, predicted) == pytest.approx(sk.r2_score(truth, predicted))
    r = np.corrcoef(truth, predicted)[0, 1]
    assert metrics.pearson(truth, predicted) == pytest.approx(r)
    together = metrics.all_metrics(truth, predicted)
    assert together == {
        "mae": metrics.mae(truth, predicted),
        "rmse": metrics.rmse(truth, predicted),
        "r2": metrics.r2(truth, predicted),
        "pearson": metrics.pearson(truth, predicted),
    }


def test_truth_and_prediction_are_not_interchangeable_in_r2():
    assert metrics.r2([0, 10], [4, 6]) != metrics.r2([4, 6], [0, 10])


def test_pearson_is_right_where_squares_would_underflow():
    assert metrics.pearson([0, 1e-200, 3e-200], [0, 1, 3]) == pytest.approx(1)
    assert metrics.pearson([1, 2, 3], [-1, -2, -3]) == pytest.approx(-1)


@pytest.mark.parametrize("metric", TWO_LISTS)
@pytest.mark.parametrize(
    ("truth", "predicted", "error", "says"),
    [
        ([1, 2], [1, np.nan], ValueError, "predicted: expected finite numbers, got nan"),
        ([np.inf, 2], [1, 2], ValueError, "truth: expected finite numbers, got inf"),
        ([1, 2], [1, 2, 3], ValueError, "expected equal lengths, got 2 and 3"),
        ([1, 2], [[1], [2]], ValueError, r"predicted: expected shape \(n,\).*got shape \(2, 1\)"),
        ([], [], ValueError, "at least one number, got shape"),
        (["a"], [1], TypeError, "truth: expected real numbers"),
    ],
)
def test_bad_lists_are_refused(metric, truth, predicted, error, says):
    with pytest.raises(error, match=says):
        metric(truth, predicted)


def test_a_constant_has_no_correlation():
    with pytest.raises(ValueError, match=r"truth: expected at least two different.*2 times 1.0"):
        metrics.r2([1, 1], [1, 2])
    with pytest.raises(ValueError, match="truth: expected at least two different"):
        metrics.pearson([1, 1], [1, 2])
    with pytest.raises(ValueError, match="predicted: expected at least two different"):
        metrics.pearson([1, 2], [1, 1])
    assert metrics.all_metrics([1, 1], [1, 2])["r2"] is None
    assert metrics.all_metrics([1, 2], [1, 1]) == {
        "mae": 0.5,
        "rmse": pytest.approx(0.5**0.5),
        "r2": pytest.approx(-1),
        "pearson": None,
    }


def by_hand(truth, predicted, groups, level, draws, seed):
    """Draw the groups, measure each resample with the plain metrics, and take percentiles."""
    names = list(dict.fromkeys(groups))
    members = [[row for row, group in enumerate(groups) if group == name] for name in names]
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(draws):
        chosen = rng.integers(len(names), size=len(names))
        rows = [row for group in chosen for row in members[group]]
        scores.append(metrics.all_metrics(truth[rows], predicted[rows]))
    found = {}
    for name in NAMES:
        values = [score[name] for score in scores if score[name] is not None]
        cut = 50 * (1 - level)
        found[name] = tuple(np.percentile(values, [cut, 100 - cut])) if values else None
    return found


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 12),
    documents=st.sampled_from([None, 2, 4]),
    level=st.floats(0.1, 0.99),
)
def test_intervals_are_percentiles_over_the_resamples(seed, n, documents, level):
    rng = np.random.default_rng(seed)
    # Whole numbers from a far zero: some resamples are constant, and rounding has to show.
    truth = rng.integers(0, 3, n) + 1000.0
    predicted = truth + rng.integers(-1, 2, n) * 0.25 - 7
    groups = range(n) if documents is None else [f"d{i}" for i in rng.integers(documents, size=n)]
    expected = by_hand(truth, predicted, groups, level, 40, seed)
    named = None if documents is None else groups
    found = metrics.intervals(truth, predicted, level=level, draws=40, seed=seed, groups=named)
    if len(set(groups)) == 1:
        expected = dict.fromkeys(NAMES)
    assert list(found) == NAMES
    for name in NAMES:
        close = expected[name] and pytest.approx(expected[name], rel=1e-6, abs=1e-9)
        assert found[name] == close, name


def test_two_models_are_asked_the_same_resamples():
    """So a difference of theirs is surer than each by itself."""
    rng = np.random.default_rng(0)
    truth, noise = rng.normal(size=(2, 300))
    groups = [str(n) for n in np.repeat(np.arange(100), 3)]
    one, other = (
        metrics.resampled(truth, truth + size * noise, draws=500, groups=groups)
        for size in (1, 1.1)
    )
    for name in NAMES:
        assert one[name].shape == (500,)
        assert (one[name] - other[name]).std() < one[name].std() / 4
    low, high = metrics.intervals(truth, truth + noise, draws=500, groups=groups)["pearson"]
    assert np.quantile(one["pearson"], [0.025, 0.975]) == pytest.approx([low, high])
    assert np.isnan(metrics.resampled([1, 2], [1, 3], groups=["a", "a"], draws=7)["mae"]).all()


def test_drawing_in_blocks_changes_no_interval(monkeypatch):
    rng = np.random.default_rng(3)
    truth, predicted = rng.normal(size=(2, 30))
    at_once = metrics.intervals(truth, predicted, draws=50)
    monkeypatch.setattr(metrics, "_BLOCK", 7 * 30)
    in_blocks = metrics.intervals(truth, predicted, draws=50)
    for name in NAMES:
        assert in_blocks[name] == pytest.approx(at_once[name])


def test_memory_does_not_grow_with_the_draws(monkeypatch):
    truth, predicted = np.random.default_rng(0).normal(size=(2, 1000))
    monkeypatch.setattr(metrics, "_BLOCK", 20_000)
    tracemalloc.start()
    metrics.intervals(truth, predicted, draws=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6, "the counts of all draws at once take 8e6 bytes"


def test_resamples_that_are_constant_but_for_rounding_do_not_count():
    """With three documents of equal sentences, one draw in nine holds the same document thrice."""
    truth = np.repeat([0.1, 0.23, 0.77], 3)
    predicted = np.repeat([0.3, 0.2, 0.6], 3)
    documents = np.repeat(["a", "b", "c"], 3)
    found = metrics.intervals(truth, predicted, level=0.999, groups=documents)
    expected = by_hand(truth, predicted, documents, 0.999, 1000, 0)
    for name in NAMES:
        assert found[name] == pytest.approx(expected[name])


def test_intervals_hold_the_true_value_about_as_often_as_they_say():
    """Truth and noise are normal, so that every metric of the whole population is known."""
    rng = np.random.default_rng(0)
    noise, held = 0.5, dict.fromkeys(NAMES, 0)
    known = {
        "mae": noise * np.sqrt(2 / np.pi),
        "rmse": noise,
        "r2": 1 - noise**2,
        "pearson": 1 / np.sqrt(1 + noise**2),
    }
    trials = 300
    for trial in range(trials):
        truth = rng.normal(size=120)
        predicted = truth + noise * rng.normal(size=120)
        found = metrics.intervals(truth, predicted, level=0.9, draws=200, seed=trial)
        for name, (low, high) in found.items():
            held[name] += low < known[name] < high
    # Three standard errors of a share of 0.9, and a little for the bootstrap's own bias.
    assert {name: count / trials for name, count in held.items()} == pytest.approx(
        dict.fromkeys(NAMES, 0.9), abs=3 * np.sqrt(0.9 * 0.1 / trials) + 0.02
    )


def test_sentences_of_one_document_count_as_one():
    """Each document errs in one way: five copies of it are no more evidence than one."""
    rng = np.random.default_rng(0)
    truth, predicted = rng.normal(size=(2, 80))
    documents = np.repeat([f"d{i}" for i in range(80)], 5)
    once = metrics.intervals(truth, predicted)
    copied = np.repeat(truth, 5), np.repeat(predicted, 5)
    whole = metrics.intervals(*copied, groups=documents)
    single = metrics.intervals(*copied)
    for name in NAMES:
        assert whole[name] == pytest.approx(once[name])
        assert np.ptp(single[name]) < 0.6 * np.ptp(whole[name])


def test_a_higher_level_is_wider_and_another_seed_draws_other_texts():
    truth, predicted = np.random.default_rng(1).normal(size=(2, 40))
    narrow, wide = (metrics.intervals(truth, predicted, level=level) for level in (0.5, 0.99))
    for name in NAMES:
        assert wide[name][0] < narrow[name][0] < narrow[name][1] < wide[name][1]
    assert metrics.intervals(truth, predicted, level=0.5) == narrow
    assert metrics.intervals(truth, predicted, level=0.5, seed=1) != narrow


def test_a_unit_and_a_far_zero_do_not_move_the_intervals():
    truth, predicted = np.random.default_rng(1).normal(size=(2, 40))
    plain = metrics.intervals(truth, predicted)
    tiny = metrics.intervals(truth * 1e-200, predicted * 1e-200)
    assert tiny["mae"] == pytest.approx(np.array(plain["mae"]) * 1e-200)
    assert tiny["pearson"] == pytest.approx(plain["pearson"])
    far = metrics.intervals(truth + 1e6, predicted + 1e6)
    assert far["r2"] == pytest.approx(plain["r2"], rel=1e-6)
    # One number far from all others; the resamples without it still have their digits.
    truth, predicted = np.append(truth, 1e9), np.append(predicted, 1e9)
    expected = by_hand(truth, predicted, range(41), 0.95, 1000, 0)
    assert metrics.intervals(truth, predicted)["pearson"] == pytest.approx(expected["pearson"])


def test_a_constant_has_no_interval_of_correlation():
    same, varied = [0.1] * 30, np.linspace(0, 1, 30)
    constant_truth = metrics.intervals(same, varied)
    assert constant_truth["r2"] is constant_truth["pearson"] is None
    assert constant_truth["mae"][0] < metrics.mae(same, varied) < constant_truth["mae"][1]
    constant_prediction = metrics.intervals(varied, same)
    assert constant_prediction["pearson"] is None
    assert constant_prediction["r2"][1] < 0


def test_one_text_or_one_document_leaves_nothing_to_draw_from():
    assert metrics.intervals([1], [2]) == dict.fromkeys(NAMES)
    assert metrics.intervals([1, 2], [2, 1], groups=["d", "d"]) == dict.fromkeys(NAMES)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"level": 0}, ValueError, "level: expected a number above 0 and below 1, got 0"),
        ({"level": 1.0}, ValueError, "level: expected a number above 0 and below 1, got 1.0"),
        ({"level": 95}, ValueError, "level: expected a number above 0 and below 1, got 95"),
        ({"level": np.nan}, ValueError, "level: expected a number above 0 and below 1, got nan"),
        ({"draws": 0}, ValueError, "draws: expected at least 1, got 0"),
        ({"draws": 10.0}, TypeError, "draws: expected an integer, got float"),
        ({"seed": -1}, ValueError, "seed: expected at least 0, got -1"),
        ({"groups": ["a"]}, ValueError, "truth and groups: expected equal lengths, got 2 and 1"),
        ({"groups": "ab"}, TypeError, "groups: expected a list of names, got one bare str"),
    ],
)
def test_bad_settings_of_intervals_are_refused(options, error, says):
    with pytest.raises(error, match=says):
        metrics.intervals([1, 2], [2, 1], **options)
